"""A case between its rows and the engine: read it, ask the rules, keep what they answer."""

from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property
from http import HTTPStatus
from typing import Any, Final, TypeVar
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

import certification as engine
from app import history
from app.audits import models as rows
from app.audits import models_life as life
from app.audits.values import (
    Aftermath,
    answer_value,
    case_value,
    correction_value,
    criteria_of,
    declaration_value,
    finding_value,
    parts_of,
    plan_json,
)
from app.db import Base
from app.errors import Faulty, Missing, Refusal
from app.organisations.models import Membership, Organisation, Person, Site
from app.permissions import Actor, Role
from certification import State

ROLE_OF: Final = {
    Role.PRODUCER: engine.Role.APPLICANT,
    Role.AUDITOR: engine.Role.AUDITOR,
    Role.PEER: engine.Role.PEER,
    Role.DECISION_MAKER: engine.Role.DECISION_MAKER,
    Role.PROGRAMME: engine.Role.SCHEME_MANAGER,
    Role.APPEAL: engine.Role.APPEAL_PANEL,
}
PLATFORM: Final = engine.Actor(person=UUID(int=0), roles=frozenset({engine.Role.SYSTEM}))
"""The platform itself, as the engine knows it; rows and history name nobody."""

OfCase = TypeVar("OfCase", bound=Base)

# A role, or having worked on the case, is in the way: told as "not yours to do" instead of "not now".
_NOT_YOURS: Final = {
    "not-your-role",
    "not-your-organisation",
    "not-on-team",
    "not-lead",
    "independence-took-part",
    "independence-decided",
}
# The field of a form or request that a refusal of the engine speaks of.
_FIELD: Final = {
    "reasons-too-short": "reasons",
    "answer-not-applicable": "value",
    "criterion-unknown": "criterion",
    "verdict-not-open": "verdict",
    "outcome-not-open": "outcome",
    "conditions-wanted": "conditions",
    "conditions-not-here": "conditions",
    "audit-plan-days": "ends",
    "correction-due": "due",
    "correction-no-nonconformity": "criterion",
    "certificate-scope": "sites",
}


@dataclass
class Ruled(Refusal):
    """The engine's "no", with its sentence as a template too: pages say it in the reader's language."""

    template: str = ""


@contextmanager
def ruled(**fields: str) -> Iterator[None]:
    """Turns a refusal of the engine into ours. `fields`: usual name of a field -> its name here."""
    try:
        yield
    except engine.Refusal as no:
        field = str(no.facts["field"]) if no.code == "answer-too-long" else _FIELD.get(no.code)
        if field is not None:
            raise Faulty(fields={fields.get(field, field): no.sentence}) from no
        raise Ruled(
            no.sentence,
            facts=no.facts,
            code=no.code,
            title="The rules of certification say no",
            status=HTTPStatus.FORBIDDEN if no.code in _NOT_YOURS else HTTPStatus.CONFLICT,
            template=no.template,
        ) from no


@dataclass
class Kept:
    """A case as the rows have it (`row`) and as the engine reads it (`case`, `dossier`)."""

    row: rows.Case
    organisation: Organisation
    case: engine.Case
    dossier: engine.Dossier
    certificate: rows.Certificate | None

    @cached_property
    def standard(self) -> engine.Standard:
        return engine.standard(self.row.standard)

    def criterion(self, criterion_id: str) -> engine.Criterion:
        """One that applies to this organisation. Missing: it does not, or is not in the standard."""
        found = next((each for each in self.dossier.criteria if each.id == criterion_id), None)
        if found is None:
            raise Missing
        return found


def engine_actor(actor: Actor) -> engine.Actor:
    """The actor as the engine knows people: with every organisation it belongs to, not only today's."""
    return engine.Actor(
        person=actor.person_id,
        roles=frozenset(ROLE_OF[role] for role in actor.roles if role in ROLE_OF),
        organisations=frozenset(each.id for each in actor.organisations) | {actor.organisation_id},
    )


def engine_person(session: Session, person_id: UUID) -> engine.Actor:
    """Anybody, by the memberships that are current. Missing: nobody."""
    found = session.execute(
        select(Membership.organisation_id, Membership.role).where(
            Membership.person_id == person_id, Membership.ended_at.is_(None)
        ),
    ).all()
    if not found:
        raise Missing
    return engine.Actor(
        person=person_id,
        roles=frozenset(ROLE_OF[Role(role)] for _, role in found if Role(role) in ROLE_OF),
        organisations=frozenset(organisation_id for organisation_id, _ in found),
    )


def newest_case(session: Session, organisation_id: UUID) -> rows.Case | None:
    return session.scalars(
        select(rows.Case)
        .where(rows.Case.organisation_id == organisation_id)
        .order_by(rows.Case.opened_at.desc(), rows.Case.id.desc())
        .limit(1)
    ).one_or_none()


def load(session: Session, case_id: UUID, *, lock: bool = False, altered: tuple[str, ...] = ()) -> Kept:
    """Everything that the rules look at. Missing: no such case.

    `lock`: nobody else changes it meanwhile, and what was read of it before is read again.
    """
    wanted = (
        select(rows.Case, Organisation, rows.Certificate)
        .join(Organisation, Organisation.id == rows.Case.organisation_id)
        .outerjoin(rows.Certificate, rows.Certificate.case_id == rows.Case.id)
        .where(rows.Case.id == case_id)
    )
    if lock:
        wanted = wanted.with_for_update(of=rows.Case)
    fresh = {"populate_existing": lock}
    found = session.execute(wanted, execution_options=fresh).one_or_none()
    if found is None:
        raise Missing
    row, organisation = found[0], found[1]
    certificate: rows.Certificate | None = found[2]  # joined from the left: there may be none

    def of_case(kind: type[OfCase], *order: Any) -> Sequence[OfCase]:
        query = select(kind).filter_by(case_id=case_id).order_by(*order)
        return session.scalars(query, execution_options=fresh).all()

    decisions = of_case(rows.Decision, rows.Decision.at, rows.Decision.id)
    after = aftermath_of(session, case_id) if decisions else Aftermath()
    case = case_value(row, of_case(rows.Assignment), decisions, after)
    corrections = of_case(rows.CorrectiveAction, rows.CorrectiveAction.opened_at, rows.CorrectiveAction.id)
    dossier = engine.Dossier(
        criteria=criteria_of(row, organisation),
        parts=_parts(session, row, organisation),
        answers={each.criterion: answer_value(each) for each in of_case(rows.Answer)},
        findings={each.criterion: finding_value(each) for each in of_case(rows.Finding)},
        corrections=tuple(correction_value(each) for each in corrections),
        declarations=declarations_about(session, row.organisation_id),
        past_leads=_past_leads(session, row),
        in_scheme_since=row.accepted_on,
        altered_evidence=altered,
        certificate=certificate.value if certificate else None,
    )
    return Kept(row, organisation, case, dossier, certificate)


def _parts(session: Session, row: rows.Case, organisation: Organisation) -> frozenset[engine.ApplicationPart]:
    if row.state != State.APPLIED:
        return frozenset()
    sites = session.scalar(select(func.count()).where(Site.organisation_id == organisation.id)) or 0
    return parts_of(row.application, organisation, sites)


def _past_leads(session: Session, row: rows.Case) -> tuple[UUID, ...]:
    """Lead auditors of the organisation's earlier cycles that came to a certificate, newest first."""
    if row.cycle == 1:
        return ()
    return tuple(
        session.scalars(
            select(rows.Assignment.person_id)
            .join(rows.Case, rows.Case.id == rows.Assignment.case_id)
            .join(rows.Certificate, rows.Certificate.case_id == rows.Case.id)
            .where(rows.Case.organisation_id == row.organisation_id, rows.Case.id != row.id)
            .where(rows.Assignment.lead)
            .order_by(rows.Case.cycle.desc(), rows.Assignment.since.desc())
        )
    )


def declarations_about(session: Session, organisation_id: UUID) -> tuple[engine.Declaration, ...]:
    found = session.scalars(
        select(rows.Declaration).filter_by(organisation_id=organisation_id).order_by(rows.Declaration.at)
    )
    return tuple(declaration_value(each) for each in found)


def aftermath_of(session: Session, case_id: UUID) -> Aftermath:
    found: list[tuple[life.Appeal, life.Panellist | None]] = [
        (appeal, member)
        for appeal, member in session.execute(
            select(life.Appeal, life.Panellist)
            .outerjoin(life.Panellist, life.Panellist.appeal_id == life.Appeal.id)
            .where(life.Appeal.case_id == case_id)
            .order_by(life.Appeal.at, life.Appeal.id),
            execution_options={"populate_existing": True},
        )
    ]
    appeals: dict[UUID, tuple[life.Appeal, set[UUID]]] = {}
    for appeal, member in found:
        _, panel = appeals.setdefault(appeal.id, (appeal, set()))
        if member is not None and member.ended_at is None:
            panel.add(member.person_id)
    reviewers = session.scalars(
        select(life.Review.settled_by).where(
            life.Review.case_id == case_id, life.Review.settled_by.is_not(None)
        )
    )
    return Aftermath(
        appeals=[(appeal, frozenset(panel)) for appeal, panel in appeals.values()],
        panellists=frozenset(member.person_id for _, member in found if member is not None),
        reviewers=frozenset(each for each in reviewers if each is not None),
    )


def due_of(case: engine.Case, dossier: engine.Dossier, now: datetime) -> date:
    """When somebody should have taken the next step."""
    if case.state in (State.AUDIT_PLANNED, State.SURVEILLANCE) and case.plan:
        return case.plan.ends
    waiting = [each.due for each in dossier.corrections if each.verified_by is None]
    if case.state is State.CORRECTING and waiting:
        return min(waiting)
    if dossier.certificate and case.state not in engine.DEADLINES.stages:
        return dossier.certificate.valid_until
    return engine.DEADLINES.stage_ends(case.state, now.date())


def keep(
    session: Session,
    kept: Kept,
    case: engine.Case,
    event: engine.Event,
    actor: Actor | None,
    *,
    now: datetime,
    peers: Collection[UUID] = (),
) -> None:
    """Write what an action changed, and its line in the history, in this transaction.

    `actor` None: the platform itself. `peers`: those who join the team as peers and not as auditors.
    """
    row, before = kept.row, kept.case
    _need_no_other(session, row, before.state, case.state)
    row.state = case.state
    row.evaluators = sorted(case.evaluators)
    row.under_review = case.under_review
    if case.plan != before.plan:
        row.plan = plan_json(case.plan)
    recommended = case.recommendation
    row.recommended_outcome = recommended.outcome if recommended else None
    row.recommended_reasons = recommended.reasons if recommended else None
    row.recommended_by = recommended.by if recommended else None
    row.recommended_at = recommended.at if recommended else None
    if case.decision and not case.decision.overturned and case.decision != before.decision:
        session.add(
            rows.Decision(
                case_id=row.id,
                outcome=case.decision.outcome,
                reasons=case.decision.reasons,
                conditions=list(case.decision.conditions),
                before=case.decision.before,
                person_id=case.decision.by,
                at=case.decision.at,
            )
        )
    _keep_team(session, before, case, peers, now=now)
    kept.case = case
    if case.state != before.state:
        row.due_on = due_of(case, kept.dossier, now)
    record(session, row, event, actor, now=now)
    session.flush()


def _need_no_other(session: Session, row: rows.Case, before: State, after: State) -> None:
    """A case that goes back on the road: the organisation must not have begun another one since."""
    if after not in rows.UNDECIDED or before in rows.UNDECIDED:
        return
    other = select(rows.Case.id).where(
        rows.Case.organisation_id == row.organisation_id,
        rows.Case.id != row.id,
        rows.Case.state.in_(rows.UNDECIDED),
    )
    if session.scalar(other.limit(1)) is not None:
        raise Refusal(
            "The organisation has begun another case since. One of the two has to be taken back first.",
            code="another-case-open",
            title="Two cases at once",
        )


def record(
    session: Session, row: rows.Case, event: engine.Event, actor: Actor | None, *, now: datetime
) -> None:
    """The engine's line in the history: its sentence as a template and the facts that fill it."""
    history.record(
        session,
        row,
        event.action,
        now=now,
        **(actor.who if actor else {}),
        template=event.template,
        values={name: list(fact) if isinstance(fact, tuple) else fact for name, fact in event.facts.items()},
        before=event.before,
        after=event.after,
    )


def _keep_team(
    session: Session, before: engine.Case, case: engine.Case, peers: Collection[UUID], *, now: datetime
) -> None:
    if (before.team, before.lead) == (case.team, case.lead):
        return
    current = session.scalars(
        select(rows.Assignment).where(
            rows.Assignment.case_id == case.id,
            rows.Assignment.ended_at.is_(None),
            rows.Assignment.part != rows.Part.DECISION_MAKER,
        )
    ).all()
    known = {each.person_id: each for each in current}
    for person_id, assignment in known.items():
        if person_id not in case.team:
            assignment.ended_at = now
        elif person_id != case.lead:
            assignment.lead = False
    session.flush()  # the old lead steps down first: the database allows one at a time
    if case.lead in known:
        known[case.lead].lead = True
    session.add_all(
        rows.Assignment(
            case_id=case.id,
            person_id=person_id,
            part=rows.Part.PEER if person_id in peers else rows.Part.AUDITOR,
            lead=person_id == case.lead,
            since=now,
        )
        for person_id in case.team - known.keys()
    )


def names_of(session: Session, person_ids: Collection[UUID]) -> dict[UUID, str]:
    found = session.execute(select(Person.id, Person.name).where(Person.id.in_(person_ids)))
    return {row.id: row.name for row in found}

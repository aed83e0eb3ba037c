"""What a producer does: apply, assess itself, hand in, answer nonconformities, take back."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Final
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

import certification as engine
from app import history, mail
from app.audits import models as rows
from app.audits.kept import Kept, due_of, engine_actor, keep, load, newest_case, record, ruled
from app.audits.values import correction_value, parts_of
from app.db import uuid7
from app.errors import Faulty, Missing, Refusal
from app.organisations import service as organisations
from app.organisations.models import Organisation, Person, Site
from app.permissions import Actor, Role
from certification import Action, ApplicationPart, State
from certification.criteria import NoStandardInForce

WRITTEN_PARTS: Final = (
    ApplicationPart.LEGAL_IDENTITY,
    ApplicationPart.MISSION,
    ApplicationPart.ACCOUNTS,
    ApplicationPart.REFERENCES,
)
"""The parts of an application that are written; the others are known from the organisation's description."""

SCHEME: Final = "fairhaul"
LONGEST_PART: Final = 4_000
OVER: Final = frozenset({State.REFUSED, State.RETRACTED, State.WITHDRAWN, State.LAPSED})
HOLDING: Final = (State.CERTIFIED, State.SURVEILLANCE, State.SUSPENDED)
ANSWERABLE: Final = frozenset({State.APPLIED, State.PROVISIONAL})


@dataclass(frozen=True, slots=True)
class Application:
    """What is written in an application. `supply_tiers`: steps between raw material and sale that others do;
    `outside_percent`: share of production by value that others do. Both set how closely it is looked at.
    """

    parts: Mapping[ApplicationPart, str]
    supply_tiers: int = 0
    outside_percent: int = 0
    standard: str = ""  # its key, counts when the case is opened; empty: the version in force


def own_case(session: Session, actor: Actor, *, lock: bool = False) -> Kept | None:
    """The newest case of the actor's organisation; None before it has applied."""
    row = newest_case(session, actor.organisation_id)
    return load(session, row.id, lock=lock) if row else None


def need_case(session: Session, actor: Actor, *, lock: bool = True) -> Kept:
    kept = own_case(session, actor, lock=lock)
    if kept is None:
        raise Refusal(
            "Apply first: accept the code of practice and fill in the application.",
            code="not-applied",
            title="Apply first",
        )
    return kept


def missing_parts(
    session: Session, organisation: Organisation, row: rows.Case | None
) -> set[ApplicationPart]:
    """What the application still lacks."""
    sites = (
        session.scalar(select(func.count()).select_from(Site).where(Site.organisation_id == organisation.id))
        or 0
    )
    return set(ApplicationPart) - parts_of(row.application if row else {}, organisation, sites)


def save_application(session: Session, actor: Actor, said: Application, *, now: datetime) -> Kept:
    """Store what is written; the first time, that opens the case on the standard in force today."""
    too_long = {
        part.value: f"Use at most {LONGEST_PART} characters; this has {len(words)}."
        for part, words in said.parts.items()
        if len(words) > LONGEST_PART
    }
    if too_long:
        raise Faulty(fields=too_long)
    organisation = locked(session, actor)
    row = newest_case(session, organisation.id)
    if row is not None and row.state not in OVER and row.state != State.APPLIED:
        raise Refusal(
            "The application was accepted and can no longer be changed. Write to the programme manager.",
            code="application-closed",
            title="Accepted already",
        )
    if row is None or row.state in OVER:
        row = open_case(session, actor, organisation, said.standard, now=now)
    lacking = missing_parts(session, organisation, row)
    row.application = {part.value: said.parts.get(part, "").strip() for part in WRITTEN_PARTS}
    row.supply_tiers, row.outside_percent = said.supply_tiers, said.outside_percent
    history.record(session, row, "application saved", now=now, **actor.who)
    session.flush()
    if lacking and not missing_parts(session, organisation, row):
        _tell_managers(
            session,
            f"An application to look at: {organisation.name}",
            f"{organisation.name} has completed its application. It stands in the queue.",
            now=now,
        )
    return load(session, row.id)


def holding_case(session: Session, organisation_id: UUID) -> rows.Case | None:
    """The case whose certificate is in force or suspended."""
    return session.scalars(
        select(rows.Case)
        .where(rows.Case.organisation_id == organisation_id, rows.Case.state.in_(HOLDING))
        .order_by(rows.Case.opened_at.desc())
        .limit(1)
    ).one_or_none()


def locked(session: Session, actor: Actor) -> Organisation:
    """The actor's organisation, one at a time: two first saves do not open two cases."""
    return session.scalars(select(Organisation).filter_by(id=actor.organisation_id).with_for_update()).one()


def standards_open(on: date) -> list[engine.Standard]:
    """What a new case may begin with: of each scheme the version in force and the one that it replaces while
    the transition lasts. The platform's own scheme first.
    """
    schemes = sorted({each.scheme for each in engine.standards()}, key=lambda each: (each != SCHEME, each))
    found: list[engine.Standard] = []
    for scheme in schemes:
        with suppress(NoStandardInForce):
            found.extend(engine.choices(on, scheme))
    return found


def open_case(
    session: Session,
    actor: Actor,
    organisation: Organisation,
    wanted: str,
    *,
    now: datetime,
) -> rows.Case:
    """A case on the standard `wanted`, or on the one in force: the next cycle where a certificate is held.

    Faulty: a standard that may not be chosen today.
    """
    before = holding_case(session, organisation.id)
    possible = standards_open(now.date())
    standard = next((each for each in possible if each.key == wanted), None)
    if wanted and standard is None:
        raise Faulty(fields={"standard": "Choose a standard from the list."})
    standard = standard or engine.standard_for(now.date())
    signed = frozenset({ApplicationPart.CODE_OF_PRACTICE}) if organisation.code_accepted_at else frozenset()
    dossier = engine.Dossier(parts=signed)
    with ruled():
        case, event = engine.apply(
            engine_actor(actor),
            dossier,
            id=uuid7(now),
            organisation=organisation.id,
            standard=standard.key,
            kind=engine.CaseKind.RENEWAL if before else engine.CaseKind.INITIAL,
            cycle=before.cycle + 1 if before else 1,
            now=now,
        )
    row = rows.Case(
        id=case.id,
        organisation_id=case.organisation,
        standard=case.standard,
        kind=case.kind,
        cycle=case.cycle,
        state=case.state,
        opened_at=now,
        due_on=due_of(case, dossier, now),
        application={},
        evaluators=[],
    )
    session.add(row)
    session.flush()
    record(session, row, event, actor, now=now)
    return row


def save_answers(session: Session, actor: Actor, said: Mapping[str, engine.Answer], *, now: datetime) -> Kept:
    """Store answers by criterion, as far as they go; what is missing is asked for at the end.

    Faulty, with fields like `1.2/value`: an answer that could not be kept. Missing: a criterion that does
    not apply here.
    """
    kept = need_case(session, actor)
    need_answerable(kept)
    faults: dict[str, str] = {}
    for criterion_id, answer in said.items():
        criterion = kept.criterion(criterion_id)
        try:
            with ruled():
                engine.check_answer(criterion, answer)
        except Faulty as refusal:
            faults |= {f"{criterion_id}/{name}": words for name, words in refusal.fields.items()}
    if faults:
        raise Faulty(fields=faults)
    known = {
        each.criterion: each for each in session.scalars(select(rows.Answer).filter_by(case_id=kept.row.id))
    }
    changed = []
    for criterion_id, answer in said.items():
        if kept.dossier.answers.get(criterion_id) == answer:
            continue
        changed.append(criterion_id)
        row = known.get(criterion_id)
        if row is None:
            row = rows.Answer(case_id=kept.row.id, criterion=criterion_id)
            session.add(row)
        row.value, row.note = answer.value, answer.note
        row.plan, row.reason = answer.plan, answer.reason
        row.answered_by, row.answered_at = actor.person_id, now
    if changed:
        history.record(session, kept.row, "answered", now=now, **actor.who, criteria=changed)
    session.flush()
    kept.dossier = replace(kept.dossier, answers={**kept.dossier.answers, **said})
    return kept


def need_answerable(kept: Kept) -> None:
    if kept.case.state not in ANSWERABLE:
        raise Refusal(
            "The self-assessment was handed in and can no longer be changed. "
            "The auditor can give it back if something is wrong.",
            code="assessment-closed",
            title="Handed in already",
        )


def submit(session: Session, actor: Actor, *, now: datetime) -> Kept:
    """Hand the self-assessment in. From here on the criteria that apply are fixed."""
    kept = need_case(session, actor)
    with ruled():
        case, event = engine.submit(kept.case, engine_actor(actor), kept.dossier, now=now)
    kept.row.criteria = [each.id for each in kept.dossier.criteria]
    keep(session, kept, case, event, actor, now=now)
    _tell_managers(
        session,
        f"To be audited: {kept.organisation.name}",
        f"{kept.organisation.name} has handed in its self-assessment. Assign an auditor in the queue.",
        now=now,
    )
    return kept


def retract(session: Session, actor: Actor, reasons: str, *, now: datetime) -> Kept:
    kept = need_case(session, actor)
    with ruled():
        case, event = engine.retract(kept.case, engine_actor(actor), kept.dossier, reasons=reasons, now=now)
    keep(session, kept, case, event, actor, now=now)
    return kept


@dataclass(frozen=True, slots=True)
class Correction:
    """An organisation's answer to a nonconformity: why it happened, what changes, by when."""

    criterion: str
    cause: str
    correction: str
    due: date


def open_correction(session: Session, actor: Actor, said: Correction, *, now: datetime) -> UUID:
    """Write a corrective action; gives its id."""
    kept = need_case(session, actor)
    cause_then_correction = {"cause": said.cause, "correction": said.correction}
    faults = _too_short(cause_then_correction)
    if faults:
        raise Faulty(fields=faults)
    with ruled():
        made, event = engine.open_correction(
            kept.case,
            engine_actor(actor),
            kept.dossier,
            id=uuid7(now),
            criterion=said.criterion,
            cause=said.cause,
            correction=said.correction,
            due=said.due,
            now=now,
        )
    session.add(
        rows.CorrectiveAction(
            id=made.id,
            case_id=kept.row.id,
            criterion=made.criterion,
            cause=made.cause,
            correction=made.correction,
            due=made.due,
            opened_by=made.opened_by,
            opened_at=made.opened_at,
        )
    )
    record(session, kept.row, event, actor, now=now)
    session.flush()
    return made.id


def _too_short(words: Mapping[str, str]) -> dict[str, str]:
    """Faults of texts that the engine will call too short without saying which of them it is."""
    least = engine.RULES.reasons_length
    return {
        name: f"Say it in at least {least} characters."
        for name, said in words.items()
        if len(" ".join(said.split())) < least
    }


def offer_proof(session: Session, actor: Actor, correction_id: UUID, proof: str, *, now: datetime) -> None:
    """Say what shows that it is corrected; files are linked to the criterion as evidence."""
    kept = need_case(session, actor)
    row = correction_row(session, kept, correction_id)
    with ruled(reasons="proof"):
        offered, event = engine.offer_proof(
            kept.case,
            engine_actor(actor),
            kept.dossier,
            correction=correction_value(row),
            proof=proof,
            now=now,
        )
    row.proof = offered.proof
    record(session, kept.row, event, actor, now=now)
    for person_id in kept.case.team:
        person = session.get_one(Person, person_id)
        mail.write(
            session,
            person.email,
            f"Proof to look at: {kept.organisation.name}, criterion {row.criterion}",
            f"{kept.organisation.name} says what shows that criterion {row.criterion} is corrected.",
            now=now,
        )


def correction_row(session: Session, kept: Kept, correction_id: UUID) -> rows.CorrectiveAction:
    row = session.get(rows.CorrectiveAction, correction_id)
    if row is None or row.case_id != kept.row.id:
        raise Missing
    return row


def may_now(kept: Kept, actor: Actor, action: Action, now: datetime) -> engine.Permission:
    return engine.may(kept.case, action, engine_actor(actor), kept.dossier, now=now)


def _tell_managers(session: Session, subject: str, body: str, *, now: datetime) -> None:
    tell_role(session, Role.PROGRAMME, subject, body, now=now)


def tell_role(session: Session, role: Role, subject: str, body: str, *, now: datetime) -> None:
    """Write to everybody who has a role, once each."""
    for email in sorted({person.email for person, _ in organisations.people_with(session, role)}):
        mail.write(session, email, subject, body, now=now)

"""What the programme manager and the auditors do: accept, assign, review, plan, judge, verify, recommend."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

import certification as engine
from app import history, mail
from app.audits import evidence, peers
from app.audits import models as rows
from app.audits.application import correction_row, tell_role
from app.audits.kept import Kept, Ruled, engine_actor, engine_person, keep, load, record, ruled
from app.audits.sight import need_sight
from app.audits.values import correction_value, finding_value
from app.errors import Faulty, Refusal
from app.files import Store
from app.organisations import service as organisations
from app.organisations.models import Person
from app.permissions import Actor, Role
from certification.conditions import TookPart
from certification.independence import may_not_be_assigned

_CANNOT_DECIDE: Final = "This person cannot decide this case"

Step = Callable[..., tuple[engine.Case, engine.Event]]


def seen(session: Session, actor: Actor, case_id: UUID, *, lock: bool = False) -> Kept:
    """A case that the actor may read in the console. Missing: not there, or not theirs to see."""
    need_sight(session, actor, case_id)
    return load(session, case_id, lock=lock)


def act(
    session: Session,
    actor: Actor,
    case_id: UUID,
    step: Step,
    *,
    now: datetime,
    field: str = "reasons",
    **said: Any,
) -> Kept:
    """One action of the engine on a case. `field`: what the words it asks for are called here."""
    kept = seen(session, actor, case_id, lock=True)
    with ruled(reasons=field):
        case, event = step(kept.case, engine_actor(actor), kept.dossier, now=now, **said)
    keep(session, kept, case, event, actor, now=now)
    return kept


def accept(session: Session, actor: Actor, case_id: UUID, *, now: datetime) -> Kept:
    """Take a complete application; from today "within N months" counts."""
    kept = act(session, actor, case_id, engine.accept, now=now)
    kept.row.accepted_on = kept.row.accepted_on or now.date()
    _tell(
        session,
        kept,
        "Your application is accepted",
        "Your application is accepted. Answer the self-assessment, add evidence and hand it in.",
        now=now,
    )
    return kept


def reopen(session: Session, actor: Actor, case_id: UUID, reasons: str, *, now: datetime) -> Kept:
    """Give the self-assessment back, with what is wrong."""
    kept = act(session, actor, case_id, engine.reopen, now=now, reasons=reasons)
    kept.row.criteria = None
    _tell(session, kept, "Your self-assessment is given back", reasons, now=now)
    return kept


def assign(
    session: Session,
    actor: Actor,
    case_id: UUID,
    person_id: UUID,
    part: rows.Part,
    *,
    lead: bool,
    now: datetime,
) -> Kept:
    """Put somebody on a case. A conflict of interest refuses it, and says which."""
    person = session.get(Person, person_id)
    if person is None:
        raise Faulty(fields={"person_id": "Choose a person from the list."})
    if part is rows.Part.DECISION_MAKER:
        kept = _assign_decider(session, actor, case_id, person, now=now)
    else:
        member = engine_person(session, person_id)
        if part is rows.Part.PEER:
            peers.need_peer(session, person_id, now=now)
        kept = seen(session, actor, case_id, lock=True)
        with ruled():
            case, event = engine.assign(
                kept.case, engine_actor(actor), kept.dossier, person=member, lead=lead, now=now
            )
        joins_as_peer = {person_id} if part is rows.Part.PEER else ()
        keep(session, kept, case, event, actor, now=now, peers=joins_as_peer)
    mail.write(
        session,
        person.email,
        f"A case for you: {kept.organisation.name}",
        f"You are assigned to the case of {kept.organisation.name} as {part}. It stands in your queue.",
        now=now,
    )
    return kept


def _assign_decider(session: Session, actor: Actor, case_id: UUID, person: Person, *, now: datetime) -> Kept:
    """Whose turn it is to decide. The engine asks again at the decision itself."""
    kept = seen(session, actor, case_id, lock=True)
    candidate = engine_person(session, person.id)
    if engine.Role.DECISION_MAKER not in candidate.roles:
        raise Faulty(fields={"person_id": "Choose a decision maker from the list."})
    tie = may_not_be_assigned(
        candidate,
        kept.case.organisation,
        kept.dossier.declarations,
        past_leads=(),
        on=now.date(),
        rules=engine.RULES,
        lead=False,
    )
    if tie:
        raise Ruled(tie.sentence, facts=tie.facts, code=tie.code, title=_CANNOT_DECIDE, template=tie.template)
    if person.id in engine.took_part(kept.case, kept.dossier):
        raise Refusal(
            "This person took part in the evaluation of this case, so somebody else must decide.",
            code=TookPart.code,
            title=_CANNOT_DECIDE,
        )
    for earlier in session.scalars(
        select(rows.Assignment).filter_by(case_id=case_id, part=rows.Part.DECISION_MAKER, ended_at=None)
    ):
        earlier.ended_at = now
    session.flush()
    session.add(
        rows.Assignment(
            case_id=case_id, person_id=person.id, part=rows.Part.DECISION_MAKER, lead=False, since=now
        )
    )
    history.record(session, kept.row, "decision maker assigned", now=now, **actor.who, person=person.id)
    session.flush()
    return kept


def release(
    session: Session, actor: Actor, case_id: UUID, person_id: UUID, reasons: str, *, now: datetime
) -> Kept:
    return act(session, actor, case_id, engine.release, now=now, person=person_id, reasons=reasons)


def desk_review(session: Session, actor: Actor, case_id: UUID, summary: str, *, now: datetime) -> Kept:
    return act(session, actor, case_id, engine.desk_review, now=now, field="summary", summary=summary)


@dataclass(frozen=True, slots=True)
class Judgement:
    criterion: str
    verdict: engine.Verdict
    facts: str


def judge(session: Session, actor: Actor, case_id: UUID, said: Judgement, *, now: datetime) -> engine.Finding:
    """A finding on one criterion, in the place of the one before."""
    return judge_each(session, actor, case_id, [said], now=now)[0]


def judge_each(
    session: Session, actor: Actor, case_id: UUID, said: Iterable[Judgement], *, now: datetime
) -> list[engine.Finding]:
    """Findings in their order, as one after the other; the case is read once."""
    kept = seen(session, actor, case_id, lock=True)
    known = {
        each.criterion: each for each in session.scalars(select(rows.Finding).filter_by(case_id=case_id))
    }
    return [_judge(session, actor, kept, known, each, now=now) for each in said]


def _judge(
    session: Session,
    actor: Actor,
    kept: Kept,
    known: dict[str, rows.Finding],
    said: Judgement,
    *,
    now: datetime,
) -> engine.Finding:
    with ruled(reasons="facts"):
        case, finding, event = engine.judge(
            kept.case,
            engine_actor(actor),
            kept.dossier,
            criterion=said.criterion,
            verdict=said.verdict,
            facts=said.facts,
            now=now,
        )
    row = known.get(said.criterion)
    if row is not None and (row.verdict, row.facts, row.person_id) == (
        finding.verdict,
        finding.facts,
        finding.by,
    ):
        return finding_value(row)  # said again: the finding keeps its date, and so the answers to it
    if row is None:
        row = known[said.criterion] = rows.Finding(case_id=kept.row.id, criterion=said.criterion)
        session.add(row)
    row.verdict, row.facts = finding.verdict, finding.facts
    row.person_id, row.at = finding.by, finding.at
    kept.dossier = replace(kept.dossier, findings={**kept.dossier.findings, said.criterion: finding})
    keep(session, kept, case, event, actor, now=now)
    return finding


def conclude_audit(session: Session, actor: Actor, case_id: UUID, *, now: datetime) -> Kept:
    kept = act(session, actor, case_id, engine.conclude_audit, now=now)
    open_ones = engine.unanswered(kept.dossier.findings, kept.dossier.corrections)
    _tell(
        session,
        kept,
        "Your audit is concluded",
        "The findings stand on your certification page."
        + (
            f" Write a corrective action for each nonconformity: criteria {', '.join(open_ones)}."
            if open_ones
            else ""
        ),
        now=now,
    )
    return kept


def request_corrections(session: Session, actor: Actor, case_id: UUID, *, now: datetime) -> Kept:
    kept = act(session, actor, case_id, engine.request_corrections, now=now)
    _tell(
        session,
        kept,
        "Your corrective actions are agreed",
        "Carry them out, and say on your certification page what shows it.",
        now=now,
    )
    return kept


def verify_correction(
    session: Session,
    actor: Actor,
    case_id: UUID,
    correction_id: UUID,
    *,
    accepted: bool,
    note: str,
    now: datetime,
) -> None:
    kept = seen(session, actor, case_id, lock=True)
    row = correction_row(session, kept, correction_id)
    with ruled(reasons="note"):
        judged, event = engine.verify_correction(
            kept.case,
            engine_actor(actor),
            kept.dossier,
            correction=correction_value(row),
            accepted=accepted,
            note=note,
            now=now,
        )
    row.proof, row.verified_by, row.verified_at = judged.proof, judged.verified_by, judged.verified_at
    record(session, kept.row, event, actor, now=now)
    session.flush()
    word = "verified" if accepted else "sent back"
    _tell(session, kept, f"Corrective action for {row.criterion} {word}", note, now=now)


def extend_correction(
    session: Session,
    actor: Actor,
    case_id: UUID,
    correction_id: UUID,
    *,
    due: date,
    reasons: str,
    now: datetime,
) -> None:
    kept = seen(session, actor, case_id, lock=True)
    row = correction_row(session, kept, correction_id)
    with ruled():
        extended, event = engine.extend_correction(
            kept.case,
            engine_actor(actor),
            kept.dossier,
            correction=correction_value(row),
            due=due,
            reasons=reasons,
            now=now,
        )
    row.due = extended.due
    record(session, kept.row, event, actor, now=now)
    session.flush()


def recommend(
    session: Session,
    store: Store,
    actor: Actor,
    case_id: UUID,
    *,
    outcome: engine.Outcome,
    reasons: str,
    now: datetime,
) -> Kept:
    """The lead auditor's word to whoever decides. Every file is hashed again first."""
    need_sight(session, actor, case_id)
    kept = load(session, case_id, lock=True, altered=evidence.altered(session, store, case_id))
    with ruled():
        case, event = engine.recommend(
            kept.case, engine_actor(actor), kept.dossier, outcome=outcome, reasons=reasons, now=now
        )
    keep(session, kept, case, event, actor, now=now)
    subject = f"To be decided: {kept.organisation.name}"
    body = f"The audit of {kept.organisation.name} is reported. The case stands in the decision queue."
    decider = session.scalars(
        select(Person)
        .join(rows.Assignment, rows.Assignment.person_id == Person.id)
        .where(rows.Assignment.case_id == case_id, rows.Assignment.ended_at.is_(None))
        .where(rows.Assignment.part == rows.Part.DECISION_MAKER)
    ).one_or_none()
    if decider:
        mail.write(session, decider.email, subject, body, now=now)
    else:
        tell_role(session, Role.DECISION_MAKER, subject, body, now=now)
    return kept


def send_back(session: Session, actor: Actor, case_id: UUID, reasons: str, *, now: datetime) -> Kept:
    """From whoever decides back to the audit, with questions."""
    kept = act(session, actor, case_id, engine.send_back, now=now, reasons=reasons)
    for person_id in kept.case.team:
        mail.write(
            session,
            session.get_one(Person, person_id).email,
            f"Sent back: {kept.organisation.name}",
            reasons,
            now=now,
        )
    return kept


def _tell(session: Session, kept: Kept, subject: str, body: str, *, now: datetime) -> None:
    organisations.tell(session, kept.organisation.id, subject, body, now=now)

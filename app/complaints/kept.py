"""From rows to what the rules see, and back; steps and quiet history."""

from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from app import history
from app.audits.models import Assignment, Case, Decision, Declaration, Finding
from app.complaints import models as rows
from app.db import uuid7
from app.errors import Missing, Refusal
from app.organisations.models import Kind, Membership, Organisation
from governance import complaints as engine
from governance.refusal import Refusal as No


def refused(no: No) -> Refusal:
    """What a rule said, as what a page or a program is told."""
    return Refusal(no.sentence, facts=no.facts, code=no.code)


def midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)


def day_id(day: date) -> UUID:
    """An id that tells the day and no more: the moment could tell who wrote."""
    return uuid7(midnight(day))


def load(session: Session, complaint_id: UUID, *, lock: bool = True) -> rows.Complaint:
    wanted = select(rows.Complaint).filter_by(id=complaint_id)
    row = session.scalars(wanted.with_for_update() if lock else wanted).one_or_none()
    if row is None:
        raise Missing
    return row


def handlers(session: Session, row: rows.Complaint) -> list[rows.ComplaintAssignment]:
    return list(
        session.scalars(
            select(rows.ComplaintAssignment)
            .filter_by(complaint_id=row.id)
            .order_by(rows.ComplaintAssignment.since, rows.ComplaintAssignment.id)
        )
    )


def redress_of(session: Session, row: rows.Complaint) -> list[rows.ComplaintRedress]:
    """What is owed, in the order in which it was ordered."""
    return list(
        session.scalars(
            select(rows.ComplaintRedress)
            .filter_by(complaint_id=row.id, dropped_on=None)
            .order_by(rows.ComplaintRedress.id)
        )
    )


def value(session: Session, row: rows.Complaint) -> engine.Complaint:
    people = handlers(session, row)
    return engine.Complaint(
        state=engine.State(row.state),
        since=row.since,
        respondent=row.respondent_id,
        heard=row.heard,
        redress=tuple(
            engine.Redress(each.due_on, each.proof, each.verified_on is not None)
            for each in redress_of(session, row)
        ),
        appealed=row.appealed_on,
        appeals=row.appeals,
        handlers=frozenset(each.person_id for each in people),
        current=frozenset(
            (each.person_id, engine.Part(each.part)) for each in people if each.ended_at is None
        ),
    )


def subjects(session: Session, row: rows.Complaint) -> set[UUID]:
    """The organisations that it is about, as far as is known."""
    found = {each for each in (row.organisation_id, row.respondent_id) if each}
    if row.about == engine.About.PLATFORM:
        found |= set(session.scalars(select(Organisation.id).filter_by(kind=Kind.PLATFORM)))
    return found


def ties(
    session: Session, person: UUID, row: rows.Complaint, *, now: datetime, deadlines: engine.Deadlines
) -> engine.Ties:
    """What ties a person to the matter: memberships, declarations, a part in the certification."""
    about = subjects(session, row)
    since = now - timedelta(days=365 * deadlines.interest_years)
    mine = session.scalars(
        select(Membership.organisation_id).where(
            Membership.person_id == person,
            (Membership.ended_at.is_(None)) | (Membership.ended_at > since),
        )
    )
    declared = session.scalars(
        select(Declaration).where(Declaration.person_id == person, Declaration.organisation_id.in_(about))
    ).all()
    kinds = {
        str(each["kind"])
        for declaration in declared
        for each in declaration.interests
        if each.get("until") is None
        or each["kind"] != "trade"
        or date.fromisoformat(each["until"]) > since.date()
    }
    return engine.Ties(
        person=person,
        organisations=frozenset(mine),
        interests=tuple(sorted(kinds)),
        declared={each.organisation_id for each in declared} >= about,
        took_part=_took_part(session, person, row.organisation_id),
    )


def _took_part(session: Session, person: UUID, organisation_id: UUID | None) -> bool:
    if organisation_id is None:
        return False
    cases = select(Case.id).filter_by(organisation_id=organisation_id)
    parts = (
        select(Assignment.id).where(Assignment.case_id.in_(cases), Assignment.person_id == person),
        select(Finding.id).where(Finding.case_id.in_(cases), Finding.person_id == person),
        select(Decision.id).where(Decision.case_id.in_(cases), Decision.person_id == person),
        cases.where(or_(Case.recommended_by == person, Case.evaluators.contains([person]))),
    )
    return any(session.scalar(each.limit(1)) is not None for each in parts)


def take_step(
    session: Session,
    row: rows.Complaint,
    action: engine.Action,
    actor: tuple[UUID | None, engine.Part],
    *,
    words: str = "",
    respondent: UUID | None = None,
    now: datetime,
    deadlines: engine.Deadlines,
) -> engine.Complaint:
    """Ask the rules, store the stage, write it down. What a complainant does is told by its week alone."""
    try:
        made, step = engine.take(
            value(session, row),
            action,
            actor,
            words=words,
            respondent=respondent,
            on=now.date(),
            deadlines=deadlines,
        )
    except No as no:
        raise refused(no) from no
    by_complainant = actor[1] is engine.Part.COMPLAINANT
    was_due = row.due_on
    row.state, row.since, row.respondent_id, row.heard = (
        made.state,
        made.since,
        made.respondent,
        made.heard,
    )
    row.appealed_on, row.appeals = made.appealed, made.appeals
    row.due_on = engine.due(made, deadlines)
    if made.state in {engine.State.CLOSED, engine.State.WITHDRAWN}:
        row.closed_on = engine.public_day(now.date()) if by_complainant else now.date()
        row.contact = ""  # nobody needs it any more
    on = engine.public_day(now.date()) if by_complainant else now.date()
    said = "" if action is engine.Action.APPEAL else step.words
    write_step(session, row, action, said, on=on, was_due=was_due, person_id=actor[0])
    record(session, row, f"complaint: {action}", now=now, person_id=actor[0])
    return made


def write_step(
    session: Session,
    row: rows.Complaint,
    action: str,
    words: str,
    *,
    on: date,
    was_due: date | None,
    person_id: UUID | None = None,
) -> None:
    count = session.scalar(
        select(func.count()).select_from(rows.ComplaintStep).filter_by(complaint_id=row.id)
    )
    session.flush()  # the trigger looks at who handles it
    session.add(
        rows.ComplaintStep(
            id=day_id(on),
            complaint_id=row.id,
            position=(count or 0) + 1,
            action=action,
            state=row.state,
            words=words,
            on=on,
            due_on=was_due,
            person_id=person_id,
        )
    )
    session.flush()


def record(
    session: Session,
    row: rows.Complaint,
    action: str,
    *,
    now: datetime,
    person_id: UUID | None = None,
) -> None:
    """The history. Of who complained, it has neither the person nor the moment: the week's first day."""
    if person_id:
        history.record(session, row, action, now=now, person_id=person_id)
        return
    day = engine.public_day(now.date())
    session.add(
        history.Happening(
            id=day_id(day),
            at=midnight(day),
            subject_kind="complaint",
            subject_id=row.id,
            action=action,
            facts={},
        )
    )

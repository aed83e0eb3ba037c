"""What an ombudsperson does: take a complaint, hear both sides, decide, follow the redress."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app import files, history
from app.audits.models import Case, Certificate, Decision, Declaration
from app.complaints import answering, telling
from app.complaints import models as rows
from app.complaints.kept import handlers, load, redress_of, refused, subjects, take_step, ties, value
from app.complaints.messages import COMPLAINANT, SUBJECT, Attached, conversation, file_of, say
from app.db import uuid7
from app.errors import Faulty, Missing, Refusal
from app.organisations.models import Kind, Membership, Organisation
from app.permissions import Actor, Role
from certification.rules import InterestKind
from governance import complaints as engine
from governance.refusal import Refusal as No

Part = engine.Part


@dataclass(frozen=True, slots=True)
class Desk:
    """How a complaint stands for one ombudsperson. `part` None: it is not theirs to read."""

    row: rows.Complaint
    part: engine.Part | None
    cannot_take: No | None
    handler: bool  # somebody has it
    subjects: tuple[Organisation, ...]


def desk(
    session: Session, actor: Actor, row: rows.Complaint, *, now: datetime, deadlines: engine.Deadlines
) -> Desk:
    seen = value(session, row)
    mine = {part for person, part in seen.current if person == actor.person_id}
    part = Part.APPEAL if Part.APPEAL in mine else Part.OMBUDSPERSON if mine else None
    wanted = Part.APPEAL if row.appealed_on else Part.OMBUDSPERSON
    about = subjects(session, row)
    no = engine.may_take(
        seen,
        ties(session, actor.person_id, row, now=now, deadlines=deadlines),
        about,
        part=wanted,
        named=bool(about),
    )
    found = session.scalars(
        select(Organisation).where(Organisation.id.in_(about)).order_by(Organisation.name)
    )
    return Desk(row, part, no, any(each[1] is wanted for each in seen.current), tuple(found))


def declare(
    session: Session,
    actor: Actor,
    complaint_id: UUID,
    interest: InterestKind | None,
    *,
    now: datetime,
) -> None:
    """Say of whom the complaint is about that there is no interest, or which. It counts from now on."""
    row = load(session, complaint_id)
    about = subjects(session, row)
    if not about:
        raise Refusal(
            "It is not known yet whom the complaint is about, so there is nothing to declare.",
            code="nobody-named",
        )
    _declare(session, actor, about, interest, now=now)


def _declare(
    session: Session,
    actor: Actor,
    about: Iterable[UUID],
    interest: InterestKind | None,
    *,
    now: datetime,
) -> None:
    for organisation_id in sorted(about):
        said = Declaration(
            person_id=actor.person_id,
            organisation_id=organisation_id,
            interests=[{"kind": interest.value, "until": None, "note": ""}] if interest else [],
            at=now,
        )
        session.add(said)
        session.flush()
        history.record(session, said, "declared", now=now, **actor.who, organisation=organisation_id)


def take(
    session: Session,
    actor: Actor,
    complaint_id: UUID,
    *,
    now: datetime,
    deadlines: engine.Deadlines,
) -> rows.Complaint:
    """Take a complaint, or the appeal in it. Refusal: a tie to the matter, or somebody has it."""
    row = load(session, complaint_id)
    known = desk(session, actor, row, now=now, deadlines=deadlines)
    if known.cannot_take:
        raise refused(known.cannot_take)
    if known.handler:
        raise Refusal("Somebody else has taken this.", code="complaint-taken")
    if row.state in {engine.State.CLOSED, engine.State.WITHDRAWN}:
        raise Refusal("The complaint is closed.", code="complaint-closed")
    _assign(session, row, actor.person_id, Part.APPEAL if row.appealed_on else Part.OMBUDSPERSON, now=now)
    history.record(session, row, "complaint: taken", now=now, **actor.who)
    if row.state == engine.State.RECEIVED:
        _step(session, actor, row, engine.Action.ACKNOWLEDGE, "", now=now, deadlines=deadlines)
    return row


def _assign(
    session: Session, row: rows.Complaint, person_id: UUID, part: engine.Part, *, now: datetime
) -> None:
    session.add(
        rows.ComplaintAssignment(
            id=uuid7(now), complaint_id=row.id, person_id=person_id, part=part, since=now, ended_at=None
        )
    )
    session.flush()


def release(session: Session, actor: Actor, complaint_id: UUID, *, now: datetime) -> rows.Complaint:
    """Give a complaint back to the queue; who had it before stays known."""
    row, _part = _mine(session, actor, complaint_id)
    for each in handlers(session, row):
        if each.person_id == actor.person_id and each.ended_at is None:
            each.ended_at = now
    session.flush()
    history.record(session, row, "complaint: given back", now=now, **actor.who)
    return row


def _mine(session: Session, actor: Actor, complaint_id: UUID) -> tuple[rows.Complaint, engine.Part]:
    row = load(session, complaint_id)
    for each in handlers(session, row):
        if each.person_id == actor.person_id and each.ended_at is None:
            return row, Part(each.part)
    raise Refusal("Take the complaint first: only who handles it can do this.", code="complaint-not-yours")


def _step(
    session: Session,
    actor: Actor,
    row: rows.Complaint,
    action: engine.Action,
    words: str,
    *,
    respondent: UUID | None = None,
    now: datetime,
    deadlines: engine.Deadlines,
) -> engine.Complaint:
    part = Part.APPEAL if action in {engine.Action.UPHOLD, engine.Action.OVERTURN} else Part.OMBUDSPERSON
    return take_step(
        session,
        row,
        action,
        (actor.person_id, part),
        words=words,
        respondent=respondent,
        now=now,
        deadlines=deadlines,
    )


def need_own_words(session: Session, row: rows.Complaint, proposed: str) -> None:
    """Faulty at `words`: a text that others read repeats what only the complainant said."""
    said = [row.whom, row.what_happened, row.wish, row.grounds]
    said += [
        each.message.words for each in conversation(session, row.id, COMPLAINANT) if each.message.incoming
    ]
    try:
        engine.need_own_words(said, row.contact, proposed)
    except No as no:
        raise Faulty(fields={"words": no.sentence}) from no


@dataclass(frozen=True, slots=True)
class Admission:
    """Whom it is about, as typed (a name, a slug or a certificate number); the platform needs none.

    `no_interest`: who admits it declares to have no interest in the organisations that are now named.
    """

    whom: str
    summary: str
    no_interest: bool = False


def admit(
    session: Session,
    actor: Actor,
    complaint_id: UUID,
    said: Admission,
    *,
    now: datetime,
    deadlines: engine.Deadlines,
) -> rows.Complaint:
    """Open the examination: the summary is public, and the organisation is asked to answer."""
    row, _part = _mine(session, actor, complaint_id)
    try:
        engine.need_words(said.summary)
    except No as no:
        raise Faulty(fields={"summary": no.sentence}) from no
    need_own_words(session, row, said.summary)
    if row.about == engine.About.PLATFORM:
        respondent = session.scalars(
            select(Organisation).filter_by(kind=Kind.PLATFORM).order_by(Organisation.created_at)
        ).first()
        if respondent is None:
            raise Refusal("No organisation runs the platform yet, so nobody can answer.", code="no-platform")
    else:
        respondent = named(session, said.whom)
        row.organisation_id = respondent.id
        if row.about == engine.About.DECISION:
            row.decision_id, respondent = _decided(session, respondent)
    row.summary = said.summary.strip()
    row.admitted_on = now.date()
    with session.no_autoflush:
        row.respondent_id = respondent.id
        _no_tie(session, actor, row, no_interest=said.no_interest, now=now, deadlines=deadlines)
    _step(
        session,
        actor,
        row,
        engine.Action.ADMIT,
        said.summary,
        respondent=respondent.id,
        now=now,
        deadlines=deadlines,
    )
    telling.admitted(session, row, deadlines=deadlines, now=now)
    return row


def _no_tie(
    session: Session,
    actor: Actor,
    row: rows.Complaint,
    *,
    no_interest: bool,
    now: datetime,
    deadlines: engine.Deadlines,
) -> None:
    """Now that it is named: the same rule again, before the database looks too."""
    about = subjects(session, row)
    known = ties(session, actor.person_id, row, now=now, deadlines=deadlines)
    no = engine.conflict(known, about, named=not no_interest)
    if no:
        raise refused(no)
    if not known.declared:
        _declare(session, actor, about, None, now=now)


def named(session: Session, whom: str) -> Organisation:
    """The organisation that somebody means. Faulty: none, or several."""
    typed = " ".join(whom.replace("\0", "").split())
    by_number = session.scalars(
        select(Organisation).join(Certificate).where(Certificate.number == typed)
    ).one_or_none()
    if by_number:
        return by_number
    found = session.scalars(
        select(Organisation)
        .where((Organisation.slug == typed) | (Organisation.name.ilike(_literal(typed), escape="\\")))
        .limit(2)
    ).all()
    if not typed or not found:
        raise Faulty(fields={"whom": "Enter the name as the registry has it, or the certificate number."})
    if len(found) > 1:
        raise Faulty(fields={"whom": "Several organisations have this name. Enter the certificate number."})
    return found[0]


def _literal(typed: str) -> str:
    return typed.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


def _decided(session: Session, organisation: Organisation) -> tuple[UUID, Organisation]:
    """The latest decision on an organisation, and the body whose person made it: that body answers."""
    decision = session.scalars(
        select(Decision)
        .join(Case, Case.id == Decision.case_id)
        .where(Case.organisation_id == organisation.id)
        .order_by(Decision.at.desc(), Decision.id.desc())
    ).first()
    body = (
        session.scalars(
            select(Organisation)
            .join(Membership, Membership.organisation_id == Organisation.id)
            .where(Membership.person_id == decision.person_id, Membership.role == Role.DECISION_MAKER)
            .order_by(Membership.ended_at.is_not(None), Membership.since)
        ).first()
        if decision
        else None
    )
    if decision is None or body is None:
        raise Faulty(fields={"whom": "There is no decision on this organisation."})
    return decision.id, body


def step(
    session: Session,
    actor: Actor,
    complaint_id: UUID,
    action: engine.Action,
    words: str,
    *,
    outcome: engine.Outcome | None = None,
    now: datetime,
    deadlines: engine.Deadlines,
) -> rows.Complaint:
    """Refuse, examine, answer, confirm the redress, close; and the two results of an appeal."""
    if action in {
        engine.Action.ADMIT,
        engine.Action.ACKNOWLEDGE,
        engine.Action.APPEAL,
        engine.Action.WITHDRAW,
    }:
        raise Refusal("This step is taken in another way.", code="complaint-other-step")
    row, _part = _mine(session, actor, complaint_id)
    need_own_words(session, row, words)
    if action is engine.Action.ANSWER:
        if outcome is None:
            raise Faulty(fields={"outcome": "Choose the outcome."})
        row.outcome = outcome
    made = _step(session, actor, row, action, words, now=now, deadlines=deadlines)
    if action is engine.Action.OVERTURN:
        _begin_again(session, actor, row, now=now)
    if action is engine.Action.ANSWER:
        telling.answered(session, row, now=now)
    if made.state in {engine.State.CLOSED, engine.State.REFUSED, engine.State.ANSWERED}:
        telling.log_outcome(session, row, made.state, now=now)
    return row


def _begin_again(session: Session, actor: Actor, row: rows.Complaint, *, now: datetime) -> None:
    """The result is void: who decided the appeal goes on, and whoever had the complaint has it no more."""
    for owed in redress_of(session, row):
        owed.dropped_on = now.date()
    for each in handlers(session, row):
        if each.ended_at is None:
            each.ended_at = now
    row.outcome, row.respondent_id, row.admitted_on, row.summary = None, None, None, ""
    session.flush()
    _assign(session, row, actor.person_id, Part.OMBUDSPERSON, now=now)


def order(
    session: Session,
    actor: Actor,
    complaint_id: UUID,
    *,
    what: str,
    who: str,
    due: date,
    now: datetime,
    deadlines: engine.Deadlines,
) -> rows.ComplaintRedress:
    """Order a redress, with the answer: what, who, by when."""
    row, part = _mine(session, actor, complaint_id)
    writing = row.state in {engine.State.EXAMINED, engine.State.ANSWERED} and row.appealed_on is None
    if not writing or part is not Part.OMBUDSPERSON:
        raise Refusal("A redress is ordered while the answer is written.", code="redress-not-now")
    if due <= now.date():
        raise Faulty(fields={"due": "Enter a day after today."})
    if len(what.strip()) < engine.REASONS_LENGTH:
        raise Faulty(fields={"what": f"Say it in at least {engine.REASONS_LENGTH} characters."})
    need_own_words(session, row, f"{what}\n{who}")
    owed = rows.ComplaintRedress(
        id=uuid7(now), complaint_id=row.id, what=what.strip(), who=who.strip(), due_on=due
    )
    session.add(owed)
    session.flush()
    row.due_on = engine.due(value(session, row), deadlines)
    history.record(session, row, "complaint: redress ordered", now=now, **actor.who, redress=owed.id)
    if row.respondent_id:
        telling.ordered(session, row, owed, now=now)
    return owed


def verify(
    session: Session,
    actor: Actor,
    complaint_id: UUID,
    redress_id: UUID,
    proof: str,
    *,
    now: datetime,
    deadlines: engine.Deadlines,
) -> rows.ComplaintRedress:
    """Confirm that a redress was done. `proof`: what shows it; empty: what the organisation wrote."""
    row, part = _mine(session, actor, complaint_id)
    owed = answering.redress(session, row, redress_id)
    if part is not Part.OMBUDSPERSON or owed.verified_on:
        raise Refusal("This is verified already.", code="redress-verified")
    if proof.strip():
        need_own_words(session, row, proof)
        owed.proof, owed.proof_on = proof.strip(), now.date()
    if not owed.proof:
        raise Faulty(fields={"proof": "Say what shows that it was done."})
    owed.verified_by, owed.verified_on = actor.person_id, now.date()
    session.flush()
    row.due_on = engine.due(value(session, row), deadlines)
    history.record(session, row, "complaint: redress verified", now=now, **actor.who, redress=owed.id)
    return owed


def write(
    session: Session,
    store: files.Store,
    actor: Actor,
    complaint_id: UUID,
    side: str,
    words: str,
    attached: Attached | None,
    *,
    limit: int,
    now: datetime,
) -> rows.Complaint:
    """Write to the complainant, or to the organisation: to that one in words that give nobody away."""
    row, _part = _mine(session, actor, complaint_id)
    if side == SUBJECT:
        if row.respondent_id is None:
            raise Refusal("Nobody answers to this complaint yet: admit it first.", code="nobody-named")
        need_own_words(session, row, words)
    say(
        session,
        store,
        row,
        side,
        words,
        incoming=False,
        person_id=actor.person_id,
        attached=attached,
        limit=limit,
        now=now,
    )
    if side == SUBJECT:
        telling.written(session, row, now=now)
    return row


def file_for(
    session: Session, actor: Actor, complaint_id: UUID, file_id: UUID, *, now: datetime
) -> rows.ComplaintFile:
    """A file of either side, for who handles the complaint; that it was opened is written down."""
    row, _part = _mine_or_missing(session, actor, complaint_id)
    found = file_of(session, row.id, file_id, [COMPLAINANT, SUBJECT])
    if found is None:
        raise Missing
    history.record(session, row, "complaint: file opened", now=now, **actor.who, file=found.id)
    return found


def _mine_or_missing(
    session: Session, actor: Actor, complaint_id: UUID
) -> tuple[rows.Complaint, engine.Part]:
    try:
        return _mine(session, actor, complaint_id)
    except Refusal as no:
        raise Missing from no


def queue(session: Session, actor: Actor, *, now: datetime, deadlines: engine.Deadlines) -> list[Desk]:
    """Complaints that are not at their end, the one due first on top."""
    open_ = session.scalars(
        select(rows.Complaint)
        .where(rows.Complaint.state.in_([*engine.OPEN, engine.State.REFUSED]))
        .order_by(rows.Complaint.due_on.asc().nulls_last(), rows.Complaint.number)
        .limit(200)
    ).all()
    return [desk(session, actor, each, now=now, deadlines=deadlines) for each in open_]

"""What the organisation that a complaint is about does: read the summary, answer, show redress, appeal.

It never learns who complained, nor reads what they wrote.
"""

from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app import files, history
from app.complaints import models as rows
from app.complaints.kept import load, take_step
from app.complaints.messages import SUBJECT, Attached, file_of, say
from app.errors import Faulty, Missing, Refusal
from app.permissions import Actor
from governance import complaints as engine


def about_us(session: Session, actor: Actor) -> list[rows.Complaint]:
    """Admitted complaints that the actor's organisation answers to, the newest first."""
    return list(
        session.scalars(
            select(rows.Complaint)
            .filter_by(respondent_id=actor.organisation_id)
            .order_by(rows.Complaint.year.desc(), rows.Complaint.sequence.desc())
        )
    )


def one(session: Session, actor: Actor, complaint_id: UUID, *, lock: bool = False) -> rows.Complaint:
    row = load(session, complaint_id, lock=lock)
    if row.respondent_id != actor.organisation_id:
        raise Missing
    return row


def answer(
    session: Session,
    store: files.Store,
    actor: Actor,
    complaint_id: UUID,
    words: str,
    attached: Attached | None,
    *,
    limit: int,
    now: datetime,
) -> rows.Complaint:
    """Say how the organisation sees it. The first time counts as its statement."""
    row = one(session, actor, complaint_id, lock=True)
    say(
        session,
        store,
        row,
        SUBJECT,
        words,
        incoming=True,
        person_id=actor.person_id,
        attached=attached,
        limit=limit,
        now=now,
    )
    row.heard = True
    return row


def offer_proof(
    session: Session, actor: Actor, complaint_id: UUID, redress_id: UUID, proof: str, *, now: datetime
) -> rows.ComplaintRedress:
    """Say what shows that it was done. Public once it is verified."""
    row = one(session, actor, complaint_id, lock=True)
    owed = redress(session, row, redress_id)
    if len(proof.strip()) < engine.REASONS_LENGTH:
        raise Faulty(fields={"proof": f"Say it in at least {engine.REASONS_LENGTH} characters."})
    if owed.verified_on:
        raise Refusal("This is verified already.", code="redress-verified")
    owed.proof, owed.proof_on = proof.strip(), now.date()
    history.record(session, row, "complaint: proof of redress", now=now, **actor.who, redress=owed.id)
    return owed


def redress(session: Session, row: rows.Complaint, redress_id: UUID) -> rows.ComplaintRedress:
    owed = session.get(rows.ComplaintRedress, redress_id)
    if owed is None or owed.complaint_id != row.id or owed.dropped_on:
        raise Missing
    return owed


def appeal(
    session: Session,
    actor: Actor,
    complaint_id: UUID,
    grounds: str,
    *,
    now: datetime,
    deadlines: engine.Deadlines,
) -> rows.Complaint:
    row = one(session, actor, complaint_id, lock=True)
    take_step(
        session,
        row,
        engine.Action.APPEAL,
        (actor.person_id, engine.Part.SUBJECT),
        words=grounds,
        now=now,
        deadlines=deadlines,
    )
    row.grounds = grounds.strip()
    return row


def file_for(session: Session, actor: Actor, complaint_id: UUID, file_id: UUID) -> rows.ComplaintFile:
    row = one(session, actor, complaint_id)
    found = file_of(session, row.id, file_id, [SUBJECT])
    if found is None:
        raise Missing
    return found

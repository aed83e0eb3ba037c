"""Letters about complaints: to organisations and to ombudspersons, by number alone. Complainants get none.

A letter in somebody's mailbox, or in our list of letters, would say that they complained.
"""

from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from app import mail
from app.complaints import models as rows
from app.complaints.kept import handlers, redress_of
from app.organisations.models import Person
from app.organisations.service import people_with, tell
from app.permissions import Role
from app.tlog import service as tlog
from governance import complaints as engine


def admitted(session: Session, row: rows.Complaint, *, deadlines: engine.Deadlines, now: datetime) -> None:
    """Ask the organisation to answer."""
    assert row.respondent_id
    until = now.date() + timedelta(days=deadlines.statement)
    tell(
        session,
        row.respondent_id,
        f"Complaint {row.number}: please answer",
        f"A complaint about your organisation was admitted. Its number is {row.number}.\n"
        f"Read the summary and answer until {until.isoformat()}: sign in and open /complaints-about-us\n"
        "Nobody has decided yet who is right. You are not told who complained; do not try to find out.",
        now=now,
    )


def answered(session: Session, row: rows.Complaint, *, now: datetime) -> None:
    if row.respondent_id:
        tell(
            session,
            row.respondent_id,
            f"Complaint {row.number}: the result",
            f"The result of complaint {row.number} is published: /complaints/{row.number}\n"
            "What you owe, and how to appeal, stands on /complaints-about-us",
            now=now,
        )


def ordered(session: Session, row: rows.Complaint, owed: rows.ComplaintRedress, *, now: datetime) -> None:
    assert row.respondent_id
    tell(
        session,
        row.respondent_id,
        f"Complaint {row.number}: something to do until {owed.due_on.isoformat()}",
        f"{owed.what}\n\nWho: {owed.who}\nUntil: {owed.due_on.isoformat()}\n"
        "Say on /complaints-about-us what shows that it was done.",
        now=now,
    )


def written(session: Session, row: rows.Complaint, *, now: datetime) -> None:
    if row.respondent_id:
        tell(
            session,
            row.respondent_id,
            f"Complaint {row.number}: a message from the ombudsperson",
            "Sign in and read it on /complaints-about-us",
            now=now,
        )


def remind(session: Session, row: rows.Complaint, *, deadlines: engine.Deadlines, now: datetime) -> bool:
    """Tell who handles it (or every ombudsperson, where nobody does) that a step is due; whether it was told.

    On the day after it came in, `remind_before` days before the step is due, on the day, and weekly after it.
    """
    if row.due_on is None:
        return False
    left = (row.due_on - now.date()).days
    fresh = row.state == engine.State.RECEIVED and (now.date() - row.filed_on).days == 1
    if not (fresh or left in {deadlines.remind_before, 0} or (left < 0 and left % 7 == 0)):
        return False
    current = [each.person_id for each in handlers(session, row) if each.ended_at is None]
    people = (
        [session.get_one(Person, each) for each in current]
        if current
        else [person for person, _ in people_with(session, Role.OMBUDSPERSON)]
    )
    words = (
        "A new complaint waits to be acknowledged"
        if fresh
        else f"The next step is {-left} days late"
        if left < 0
        else f"The next step is due on {row.due_on.isoformat()}"
    )
    for person in people:
        mail.write(session, person.email, f"Complaint {row.number}", f"{words}.\n/ombudsperson", now=now)
    return bool(people)


def remind_redress(session: Session, row: rows.Complaint, *, before: int, now: datetime) -> int:
    """Tell the organisation what it owes soon or late; how often that was told."""
    told = 0
    for owed in redress_of(session, row):
        left = (owed.due_on - now.date()).days
        if owed.verified_on or owed.proof or not (left in {before, 0} or (left < 0 and left % 7 == 0)):
            continue
        if row.respondent_id:
            ordered(session, row, owed, now=now)
            told += 1
    return told


def log_outcome(session: Session, row: rows.Complaint, state: engine.State, *, now: datetime) -> None:
    """The outcome, for the log that nobody can rewrite: what the register says, and nothing more."""
    tlog.append(
        session,
        "complaint.decided",
        row,
        {"complaint": row.number, "state": state.value, "outcome": row.outcome or ""},
        now=now,
    )

"""What the person who complains does: file, come back with the code, answer, withdraw, appeal.

No function here takes who asks: there is nothing to keep.
"""

import hashlib
import re
import secrets
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from app import files
from app.complaints import models as rows
from app.complaints.kept import day_id, load, record, take_step, write_step
from app.complaints.messages import COMPLAINANT, Attached, file_of, say
from app.errors import Faulty, Missing, Refusal
from app.organisations.models import Organisation
from governance import complaints as engine

RELATIONS: Final = ("worker", "maker", "buyer", "neighbour", "organisation", "other", "unsaid")
LONGEST: Final = 10_000
NOBODY: Final = (None, engine.Part.COMPLAINANT)


@dataclass(frozen=True, slots=True)
class Filing:
    """What somebody complains of. All but `about` and `what_happened` may be empty."""

    about: engine.About
    what_happened: str
    whom: str = ""
    organisation_id: UUID | None = None
    wish: str = ""
    relation: str = "unsaid"
    contact: str = ""


def new_ticket() -> str:
    """256 bits from which a receipt code is made. A form carries it, so that a repeated submit files once."""
    return secrets.token_hex(32)


def code_of(ticket: str) -> str:
    """The receipt code of a ticket. Faulty: not a ticket of ours."""
    if not re.fullmatch(r"[0-9a-f]{64}", ticket):
        raise Faulty(fields={"ticket": "Open the form again and send it from there."})
    return engine.receipt(bytes.fromhex(ticket))


def file(
    session: Session,
    filing: Filing,
    *,
    ticket: str,
    now: datetime,
    deadlines: engine.Deadlines,
    repeat: bytes | None = None,
) -> tuple[rows.Complaint, str]:
    """File a complaint; give it and its receipt code. The same ticket again: the same complaint and code.

    `repeat`: of a program's key and body; where that was filed before, a Refusal, because the code was shown.
    """
    code = code_of(ticket)
    hashed = engine.receipt_hash(code)
    found = session.scalars(select(rows.Complaint).filter_by(code_hash=hashed)).one_or_none()
    if found:
        return found, code
    if not filing.what_happened.strip():
        raise Faulty(fields={"what_happened": "Tell us what happened."})
    session.execute(text("SELECT pg_advisory_xact_lock(hashtext('complaint number'))"))
    kept = hashlib.sha256(repeat).digest() if repeat else None
    if kept and session.scalar(select(rows.Complaint.id).filter_by(repeat_hash=kept)):
        raise Refusal(
            "This was filed before. Its receipt code was shown once, with the first reply.",
            code="shown-once",
            title="Done before",
        )
    on = now.date()
    last = session.scalar(select(func.max(rows.Complaint.sequence)).filter_by(year=on.year)) or 0
    row = rows.Complaint(
        id=day_id(on),
        number=f"C-{on.year}-{last + 1:04d}",
        year=on.year,
        sequence=last + 1,
        code_hash=hashed,
        repeat_hash=kept,
        filed_on=on,
        about=filing.about,
        whom=filing.whom,
        what_happened=filing.what_happened,
        wish=filing.wish,
        relation=filing.relation,
        contact=filing.contact,
        organisation_id=filing.organisation_id,
        state=engine.State.RECEIVED,
        since=on,
    )
    row.due_on = engine.due(engine.Complaint(engine.State.RECEIVED, on), deadlines)
    session.add(row)
    session.flush()
    write_step(session, row, "file", "", on=engine.public_day(on), was_due=None)
    record(session, row, "complaint: filed", now=now)
    return row, code


def organisation_by(session: Session, slug: str) -> Organisation | None:
    return session.scalars(select(Organisation).filter_by(slug=slug.replace("\0", ""))).one_or_none()


def by_code(session: Session, code: str, *, lock: bool = False) -> rows.Complaint:
    """The complaint of a receipt code, however it was typed. Missing: there is none."""
    found = session.scalar(select(rows.Complaint.id).filter_by(code_hash=engine.receipt_hash(code)))
    if found is None:
        raise Missing(
            "No complaint has this code. Look at each sign again. "
            "Spaces, dashes and small letters do not matter."
        )
    return load(session, found, lock=lock)


def answer(
    session: Session,
    store: files.Store,
    code: str,
    words: str,
    attached: Attached | None,
    *,
    limit: int,
    now: datetime,
) -> rows.Complaint:
    """Write to the ombudsperson."""
    row = by_code(session, code, lock=True)
    say(
        session,
        store,
        row,
        COMPLAINANT,
        words,
        incoming=True,
        person_id=None,
        attached=attached,
        limit=limit,
        now=now,
    )
    return row


def withdraw(session: Session, code: str, *, now: datetime, deadlines: engine.Deadlines) -> rows.Complaint:
    row = by_code(session, code, lock=True)
    take_step(session, row, engine.Action.WITHDRAW, NOBODY, now=now, deadlines=deadlines)
    return row


def appeal(
    session: Session, code: str, grounds: str, *, now: datetime, deadlines: engine.Deadlines
) -> rows.Complaint:
    """Ask that another ombudsperson looks at the result."""
    row = by_code(session, code, lock=True)
    take_step(session, row, engine.Action.APPEAL, NOBODY, words=grounds, now=now, deadlines=deadlines)
    row.grounds = grounds.strip()
    return row


def file_for(session: Session, code: str, file_id: UUID) -> rows.ComplaintFile:
    row = by_code(session, code)
    found = file_of(session, row.id, file_id, [COMPLAINANT])
    if found is None:
        raise Missing
    return found

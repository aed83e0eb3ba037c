"""Confidential messages and files, between the ombudsperson and one side; the other side never sees them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import BinaryIO, Final
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app import files
from app.complaints import models as rows
from app.complaints.kept import day_id, record
from app.errors import Faulty, Refusal
from governance import complaints as engine

LONGEST: Final = 10_000
MOST_FILES: Final = 30
MOST_MESSAGES: Final = 200
COMPLAINANT: Final = str(engine.Part.COMPLAINANT)
SUBJECT: Final = str(engine.Part.SUBJECT)
CLOSED: Final = frozenset({engine.State.CLOSED, engine.State.WITHDRAWN})


@dataclass(frozen=True, slots=True)
class Attached:
    """A file that comes with a message."""

    name: str
    source: BinaryIO


@dataclass(frozen=True, slots=True)
class Said:
    message: rows.ComplaintMessage
    files: Sequence[rows.ComplaintFile]


def conversation(session: Session, complaint_id: UUID, side: str) -> list[Said]:
    """What was said with one side, the oldest first."""
    messages = session.scalars(
        select(rows.ComplaintMessage)
        .filter_by(complaint_id=complaint_id, side=side)
        .order_by(rows.ComplaintMessage.position)
    ).all()
    attached: dict[UUID, list[rows.ComplaintFile]] = {}
    for each in session.scalars(
        select(rows.ComplaintFile)
        .where(rows.ComplaintFile.message_id.in_([each.id for each in messages]))
        .order_by(rows.ComplaintFile.id)
    ):
        attached.setdefault(each.message_id, []).append(each)
    return [Said(each, attached.get(each.id, [])) for each in messages]


def say(
    session: Session,
    store: files.Store,
    row: rows.Complaint,
    side: str,
    words: str,
    *,
    incoming: bool,
    person_id: UUID | None,
    attached: Attached | None,
    limit: int,
    now: datetime,
) -> rows.ComplaintMessage:
    """Add a message. Faulty: it is empty, or its file cannot be taken."""
    words = words.strip()
    if not words and attached is None:
        raise Faulty(fields={"words": "Write something, or add a file."})
    if len(words) > LONGEST:
        raise Faulty(fields={"words": f"Use at most {LONGEST} characters; this has {len(words)}."})
    if row.state in CLOSED:
        raise Refusal("The complaint is closed, so nothing can be added.", code="complaint-closed")
    count = session.scalar(
        select(func.count()).select_from(rows.ComplaintMessage).filter_by(complaint_id=row.id)
    )
    if (count or 0) >= MOST_MESSAGES:
        raise Refusal("This complaint holds no more messages.", code="complaint-full")
    message = rows.ComplaintMessage(
        id=day_id(now.date()),
        complaint_id=row.id,
        position=(count or 0) + 1,
        side=side,
        incoming=incoming,
        words=words,
        on=now.date(),
        person_id=person_id,
    )
    session.add(message)
    session.flush()
    if attached:
        _attach(session, store, row, message, attached, limit, now)
    record(session, row, "complaint: message", now=now, person_id=person_id)
    return message


def _attach(
    session: Session,
    store: files.Store,
    row: rows.Complaint,
    message: rows.ComplaintMessage,
    attached: Attached,
    limit: int,
    now: datetime,
) -> None:
    count = session.scalar(
        select(func.count())
        .select_from(rows.ComplaintFile)
        .join(rows.ComplaintMessage)
        .where(rows.ComplaintMessage.complaint_id == row.id)
    )
    if (count or 0) >= MOST_FILES:
        raise Faulty(fields={"file": f"A complaint holds at most {MOST_FILES} files."})
    measured = files.measure(attached.source, limit)
    files.keep(store, attached.source, measured.sha256)
    session.add(
        rows.ComplaintFile(
            id=day_id(now.date()),
            message_id=message.id,
            name=files.safe_name(attached.name),
            media_type=files.sniff(measured.head),
            size=measured.size,
            sha256=measured.sha256,
        )
    )
    session.flush()


def file_of(
    session: Session, complaint_id: UUID, file_id: UUID, sides: Sequence[str]
) -> rows.ComplaintFile | None:
    """A file of that complaint which one of these sides may see."""
    return session.scalars(
        select(rows.ComplaintFile)
        .join(rows.ComplaintMessage)
        .where(
            rows.ComplaintFile.id == file_id,
            rows.ComplaintMessage.complaint_id == complaint_id,
            rows.ComplaintMessage.side.in_(sides),
        )
    ).one_or_none()

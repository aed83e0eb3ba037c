"""Uploads that resume: bytes are kept as they come, and become evidence once all are there and checked.

Nothing waits for a slow sender: each piece is an object in the store and a row, taken in a transaction of its
own if it begins where the kept bytes end. Of two senders at once one is told that the other was first.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from http import HTTPStatus
from tempfile import TemporaryFile
from typing import IO, Final
from uuid import UUID

import obstore
from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from app import files, history, jobs
from app.audits import evidence, models
from app.audits import models_uploads as rows
from app.audits.application import need_case
from app.audits.evidence import About, File
from app.db import Sessions, uuid7
from app.errors import Faulty, Missing, Refusal
from app.permissions import Actor

KEPT_FOR: Final = timedelta(days=7)
"""After its last byte came, what arrived of an upload is thrown away."""
PIECE: Final = files.CHUNK
MOST_OPEN: Final = 20
MOST_PARTS: Final = 2_000


@dataclass(frozen=True, slots=True)
class Progress:
    """How far an upload is. `evidence`: it is whole, checked and kept."""

    id: UUID
    name: str
    size: int
    received: int
    sha256: str | None
    expires_at: datetime
    evidence: UUID | None

    @property
    def percent(self) -> int:
        return self.received * 100 // self.size


@dataclass
class Elsewhere(Refusal):
    """The bytes do not go on where the kept ones end."""

    detail: str = (
        "This does not go on where the kept bytes end: ask for the offset with HEAD and go on there."
    )
    code: str = "wrong-offset"
    title: str = "Wrong offset"


def _progress(row: rows.Upload) -> Progress:
    return Progress(row.id, row.name, row.size, row.received, row.sha256, row.expires_at, row.evidence_id)


def start(session: Session, actor: Actor, about: About, *, size: int, limit: int, now: datetime) -> Progress:
    """Announce a file of `size` bytes. All that can be refused beforehand is refused here."""
    kept = need_case(session, actor)
    if size <= 0:
        raise Faulty(fields={"file": files.EMPTY})
    if size > limit:
        raise Faulty(
            fields={"file": files.too_large(limit)},
            status=HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
            code="too-large",
        )
    evidence.check(session, kept, about, now=now)
    waiting = select(func.count()).where(
        rows.Upload.case_id == kept.row.id, rows.Upload.evidence_id.is_(None), rows.Upload.expires_at > now
    )
    if (session.scalar(waiting) or 0) >= MOST_OPEN:
        raise Refusal(
            f"{MOST_OPEN} uploads of your organisation are not finished. Finish or drop some of them first.",
            code="too-many-uploads",
            title="Too many at once",
        )
    row = rows.Upload(
        id=uuid7(now),
        case_id=kept.row.id,
        person_id=actor.person_id,
        name=files.safe_name(about.name),
        size=size,
        received=0,
        sha256=about.sha256,
        criteria=sorted(set(about.criteria)),
        valid_until=about.valid_until,
        replaces_id=about.replaces,
        started_at=now,
        expires_at=now + KEPT_FOR,
    )
    session.add(row)
    session.flush()
    history.record(session, row, "upload begun", now=now, **actor.who, name=row.name, size=size)
    return _progress(row)


def look(session: Session, actor: Actor, upload_id: UUID, *, now: datetime) -> Progress:
    """Missing: not there, another organisation's, or too old."""
    return _progress(_own(session, actor, upload_id, now=now))


def _own(session: Session, actor: Actor, upload_id: UUID, *, now: datetime) -> rows.Upload:
    row = session.scalars(
        select(rows.Upload)
        .join(models.Case, models.Case.id == rows.Upload.case_id)
        .where(models.Case.organisation_id == actor.organisation_id)
        .where(rows.Upload.id == upload_id, rows.Upload.expires_at > now)
    ).one_or_none()
    if row is None:
        raise Missing
    return row


def unfinished(session: Session, case_id: UUID, *, now: datetime) -> Sequence[Progress]:
    """What of a case is still on its way, the newest first."""
    found = session.scalars(
        select(rows.Upload)
        .where(rows.Upload.case_id == case_id, rows.Upload.evidence_id.is_(None))
        .where(rows.Upload.expires_at > now)
        .order_by(rows.Upload.id.desc())
    )
    return [_progress(each) for each in found]


def drop(session: Session, actor: Actor, upload_id: UUID, *, now: datetime) -> None:
    """Give an upload up. Evidence that came of it stays."""
    row = _own(session, actor, upload_id, now=now)
    history.record(session, row, "upload dropped", now=now, **actor.who, name=row.name)
    _forget(session, row.id)


def _forget(session: Session, upload_id: UUID) -> None:
    session.execute(delete(rows.Upload).where(rows.Upload.id == upload_id))
    jobs.enqueue(session, "forget_upload_parts", upload_id=str(upload_id))


def folder(upload_id: UUID) -> str:
    return f"parts/{upload_id}"


def keep_piece(
    sessions: Sessions, store: files.Store, upload_id: UUID, *, at: int, piece: bytes, now: datetime
) -> None:
    """Keep bytes that begin at `at`, not the last ones; committed when this returns.

    Elsewhere: the kept bytes end somewhere else by now.
    """
    place = f"{folder(upload_id)}/{at:012d}-{uuid7(now).hex}"
    obstore.put(store, place, piece)
    try:
        with sessions.begin() as session:
            _append(
                session, rows.UploadPart(upload_id=upload_id, start=at, size=len(piece), place=place), now
            )
    except BaseException:
        obstore.delete(store, place)
        raise


def _append(session: Session, part: rows.UploadPart, now: datetime) -> None:
    count = select(func.count()).where(rows.UploadPart.upload_id == part.upload_id)
    if (session.scalar(count) or 0) >= MOST_PARTS:
        raise Refusal(
            "This file came in too many small pieces. Drop the upload and send larger ones.",
            code="too-many-pieces",
            title="Too many pieces",
        )
    end = part.start + part.size
    taken = session.scalar(
        update(rows.Upload)
        .where(rows.Upload.id == part.upload_id, rows.Upload.received == part.start, rows.Upload.size > end)
        .values(received=end, expires_at=now + KEPT_FOR)
        .returning(rows.Upload.id)
    )
    if taken is None:
        raise Elsewhere
    session.add(part)


def finish(
    session: Session,
    store: files.Store,
    actor: Actor,
    upload_id: UUID,
    *,
    at: int,
    last: bytes,
    limit: int,
    scanner: str | None,
    now: datetime,
) -> File:
    """The last bytes are there: put the file together, hash it, look at it, keep it, in this transaction.

    Until this is committed the last bytes do not count as received, so an upload is never done before it is
    checked, and a crash here costs the sender one piece.
    """
    row = session.scalars(
        select(rows.Upload)
        .filter_by(id=upload_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one_or_none()
    if row is None or row.received != at or at + len(last) != row.size:
        raise Elsewhere
    with TemporaryFile() as whole:
        _assemble(session, store, upload_id, whole)
        whole.write(last)
        whole.seek(0)
        kept = evidence.add(
            session,
            store,
            actor,
            whole,
            About(row.name, row.criteria, row.valid_until, row.replaces_id, row.sha256),
            limit=limit,
            scanner=scanner,
            now=now,
        )
    row.received, row.evidence_id = row.size, kept.id
    session.execute(delete(rows.UploadPart).where(rows.UploadPart.upload_id == upload_id))
    jobs.enqueue(session, "forget_upload_parts", upload_id=str(upload_id))
    session.flush()
    return kept


def _assemble(session: Session, store: files.Store, upload_id: UUID, whole: IO[bytes]) -> None:
    parts = session.scalars(
        select(rows.UploadPart).filter_by(upload_id=upload_id).order_by(rows.UploadPart.start)
    )
    for part in parts:
        whole.write(obstore.get(store, part.place).bytes())


def give_up(sessions: Sessions, upload_id: UUID) -> None:
    """What arrived can never be kept: not what was sent, or not safe. Committed when this returns."""
    with sessions.begin() as session:
        _forget(session, upload_id)


def forget_old(session: Session, *, now: datetime) -> int:
    """Remove uploads that nobody goes on with, and those that are done; gives how many."""
    old = session.scalars(select(rows.Upload.id).where(rows.Upload.expires_at <= now)).all()
    for upload_id in old:
        _forget(session, upload_id)
    return len(old)

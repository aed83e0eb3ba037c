"""Giving entries their places, and signing a head over them: one at a time, and only over what is well."""

from datetime import datetime
from typing import Final

from sqlalchemy import func, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app.settings import Settings
from app.tlog import checking, service
from app.tlog.keys import signer
from app.tlog.models import LogCheckpoint, LogEntry, LogTile
from app.tlog.standards import enter_standards
from governance.log.checkpoints import Checkpoint
from governance.log.notes import sign
from governance.log.tiles import HEIGHT, WIDTH, grown

SEQUENCING: Final = 7_203_002
"""Advisory lock: one process gives places at a time. Events never wait for it."""


def waiting(session: Session) -> bool:
    """Whether there is anything to sign."""
    return session.scalars(select(LogEntry.id).filter_by(index=None).limit(1)).first() is not None


def sign_head(session: Session, settings: Settings, *, now: datetime) -> LogCheckpoint | None:
    """Put what waits into the tree, hash all of it again from the rows, and sign the new head.

    None: something is not as it was entered. Then no place is given and nothing is signed; what was found is
    kept, logged and mailed (`checking.remember`).
    """
    session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": SEQUENCING})
    enter_standards(session, now=now)
    key = signer(session, settings)
    with session.begin_nested() as placed:
        _give_places(session)
        report = checking.examine(session, key.verifier)
        if report.faults:
            placed.rollback()
    checking.remember(session, report, now=now)
    if report.faults:
        session.expire_all()
        return None
    last = service.head(session)
    if last is not None and last.size == report.size:
        return last
    note = sign(Checkpoint(key.name, report.size, report.root).text, [key])
    row = LogCheckpoint(size=report.size, root=report.root, note=str(note), signed_at=now)
    session.add(row)
    session.flush()
    return row


def _give_places(session: Session) -> None:
    """What waits goes behind what is there, in the order of its time; the tiles grow by it."""
    highest = session.scalar(select(func.max(LogEntry.index)))
    size = 0 if highest is None else highest + 1
    rows = session.scalars(
        select(LogEntry).filter_by(index=None).order_by(LogEntry.at, LogEntry.arrived).with_for_update()
    ).all()
    for index, row in enumerate(rows, start=size):
        row.index = index
    session.flush()
    last, level = {}, 0
    while size >> (HEIGHT * level):
        last[level] = service.tile(session, level, (size >> (HEIGHT * level)) // WIDTH)
        level += 1
    made = [
        {"level": level, "number": number, "hashes": hashes}
        for level, number, hashes in grown(size, [row.leaf for row in rows], last)
    ]
    if made:
        adding = insert(LogTile)
        session.execute(
            adding.on_conflict_do_update(
                index_elements=["level", "number"], set_={"hashes": adding.excluded.hashes}
            ),
            made,
        )
        session.expire_all()

"""The whole log, hashed again from its rows; and the alarm when something is not as it was signed."""

from collections.abc import Iterator
from datetime import datetime

import structlog
from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from app import mail
from app.organisations.service import people_with
from app.permissions import Role
from app.tlog.models import LogCheck, LogCheckpoint, LogEntry, LogStatement, LogTile
from governance.log.checking import Held, Report, check
from governance.log.notes import Verifier

log = structlog.get_logger()
AT_ONCE = 5_000


def examine(session: Session, key: Verifier) -> Report:
    """Read every row and hash it again. Nothing is written."""
    session.flush()
    tiles = {
        (level, number): hashes
        for level, number, hashes in session.execute(select(LogTile.level, LogTile.number, LogTile.hashes))
    }
    heads = session.scalars(select(LogCheckpoint.note).order_by(LogCheckpoint.size)).all()
    entries = select(
        LogEntry.index, LogEntry.entry, LogEntry.leaf, LogStatement.statement, LogStatement.salt
    ).join(LogStatement, LogStatement.entry_id == LogEntry.id, isouter=True)
    return check(
        _held(session, entries.where(LogEntry.index.is_not(None)).order_by(LogEntry.index)),
        lambda level, number: tiles.get((level, number), b""),
        heads,
        key,
        waiting=_held(session, entries.where(LogEntry.index.is_(None))),
    )


def _held(session: Session, wanted: Select[int | None, bytes, bytes, str, bytes]) -> Iterator[Held]:
    for index, entry, leaf, statement, salt in session.execute(
        wanted.execution_options(yield_per=AT_ONCE, stream_results=True)
    ):
        yield Held(index or 0, entry, leaf, statement, salt)


def latest(session: Session) -> LogCheck | None:
    return session.scalars(select(LogCheck).order_by(LogCheck.at.desc(), LogCheck.id.desc()).limit(1)).first()


def remember(session: Session, report: Report, *, now: datetime) -> LogCheck:
    """Keep what a check found. Faults are logged each time, and mailed to the operators when they are new."""
    before = latest(session)
    row = LogCheck(at=now, size=report.size, faults=list(report.faults))
    session.add(row)
    session.flush()
    if not report.faults:
        return row
    log.error("transparency log", faults=report.faults)
    if before is None or before.faults != row.faults:
        body = "No checkpoint is signed until this is mended:\n\n" + "\n".join(report.faults) + "\n"
        for person, _organisation in people_with(session, Role.OPERATOR):
            mail.write(session, person.email, "The transparency log was changed", body, now=now)
    return row

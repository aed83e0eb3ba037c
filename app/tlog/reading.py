"""What pages and programs ask of the log."""

from collections.abc import Sequence

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.tlog import service
from app.tlog.models import LogCosignature, LogEntry, LogStatement, LogWitness
from governance.log.tiles import WIDTH, Tile, bundle

Told = tuple[LogEntry, LogStatement | None]


def entries(
    session: Session, *, before: int | None = None, kind: str = "", most: int = 30
) -> tuple[list[Told], int | None]:
    """Signed entries, the newest first, and from where to ask on; None: that was all."""
    head = service.head(session)
    size = head.size if head else 0
    wanted = (
        select(LogEntry, LogStatement)
        .join(LogStatement, LogStatement.entry_id == LogEntry.id, isouter=True)
        .where(LogEntry.index < (size if before is None else min(before, size)))
        .order_by(LogEntry.index.desc())
        .limit(most + 1)
    )
    if kind:
        wanted = wanted.where(LogEntry.kind == kind)
    found: list[Told] = [(row, said) for row, said in session.execute(wanted)]
    return found[:most], (found[most - 1][0].index if len(found) > most else None)


def waiting(session: Session) -> int:
    return session.scalar(select(func.count()).select_from(LogEntry).where(LogEntry.index.is_(None))) or 0


def witnesses(session: Session) -> Sequence[tuple[LogWitness, int | None]]:
    """Each listed witness, with the largest size that it signed."""
    rows = session.execute(
        select(LogWitness, func.max(LogCosignature.size))
        .join(LogCosignature, LogCosignature.witness_id == LogWitness.id, isouter=True)
        .where(LogWitness.ended_at.is_(None))
        .group_by(LogWitness.id)
        .order_by(LogWitness.since, LogWitness.id)
    )
    return [(witness, size) for witness, size in rows]


def served(session: Session, wanted: Tile) -> bytes | None:
    """The bytes of a tile or bundle; None: the newest checkpoint has not all of it."""
    head = service.head(session)
    if head is None or not wanted.within(head.size):
        return None
    if wanted.level is not None:
        return service.tile(session, wanted.level, wanted.number)[: wanted.width * 32]
    first = wanted.number * WIDTH
    rows = session.scalars(
        select(LogEntry.entry)
        .where(LogEntry.index >= first, LogEntry.index < first + wanted.width)
        .order_by(LogEntry.index)
    )
    return bundle(list(rows))

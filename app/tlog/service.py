"""What other slices do with the log: enter an event, erase what an entry says, ask for proofs.

An entry is written in the transaction of its event, without a place. Places are given when the log is signed
(`app.tlog.signing`), so no event waits for another one, and the order has no gap.
"""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Protocol
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from app import history
from app.db import uuid7
from app.errors import Faulty, Missing, Refusal
from app.settings import Settings
from app.tlog.keys import signer
from app.tlog.models import LogCheckpoint, LogCosignature, LogEntry, LogStatement, LogTile, LogWitness
from governance.log import bundles
from governance.log.notes import Verifier
from governance.log.statements import ERASED, SALT_BYTES, Entry, canonical, commitment
from governance.log.tiles import nodes_in
from governance.log.tree import inclusion_proof, leaf_hash

LARGEST_STATEMENT: Final = 32_000


class Row(Protocol):
    """Anything with an id that is a row of a table."""

    id: Any


@dataclass(frozen=True, slots=True)
class Subject:
    """What an entry is about, where that is no row."""

    kind: str
    id: UUID


def append(
    session: Session, kind: str, subject: Row | Subject, statement: Mapping[str, Any], *, now: datetime
) -> LogEntry:
    """Enter an event, in the transaction of the event itself.

    `kind`: two words with a dot ("certificate.granted"); it is public for ever. `statement`: what anybody
    may read, as JSON without fractions; name people only where that is public anyway, for it can be erased
    but not unread. `kind` and `at` are added to it.
    """
    said = canonical({"kind": kind, "at": now.isoformat(timespec="seconds"), **statement})
    if len(said) > LARGEST_STATEMENT:
        raise ValueError("a statement is a page at most: enter the hash of what is longer")
    salt = secrets.token_bytes(SALT_BYTES)
    data = Entry(kind, commitment(salt, said)).to_bytes()
    about = subject.kind if isinstance(subject, Subject) else type(subject).__name__.lower()
    row = LogEntry(
        id=uuid7(),
        kind=kind,
        subject_kind=about,
        subject_id=subject.id,
        entry=data,
        leaf=leaf_hash(data),
        at=now,
    )
    session.add_all((row, LogStatement(entry_id=row.id, statement=said, salt=salt)))
    session.flush()
    return row


def erase(
    session: Session, index: int, reason: str, *, now: datetime, person_id: UUID | None = None
) -> LogEntry:
    """Forget what an entry says. The log stays valid, and says that it was erased, and why.

    Gives the entry that says so. Faulty: no reason. Missing: no such entry. Refusal: it says that another
    one was erased, or was erased before.
    """
    reason = " ".join(reason.split())
    if not reason:
        raise Faulty(fields={"reason": "Say why, without naming anybody: it is public."})
    row = session.scalars(select(LogEntry).filter_by(index=index).with_for_update()).one_or_none()
    if row is None:
        raise Missing
    if row.kind == ERASED:
        raise Refusal("That something was erased is never erased.", code="never-erased")
    if session.get(LogStatement, row.id) is None:
        raise Refusal("It was erased before.", code="erased-before")
    told = append(session, ERASED, row, {"entry": index, "reason": reason[:500]}, now=now)
    session.execute(delete(LogStatement).where(LogStatement.entry_id == row.id))
    history.record(session, row, "statement erased", now=now, person_id=person_id, index=index, reason=reason)
    return told


def erase_about(session: Session, subject: Row | Subject, reason: str, *, now: datetime) -> int:
    """Forget what every entry about a subject says; how many. For those who have a right to be forgotten."""
    about = subject.kind if isinstance(subject, Subject) else type(subject).__name__.lower()
    wanted = (
        select(LogEntry.index)
        .join(LogStatement, LogStatement.entry_id == LogEntry.id)
        .where(
            LogEntry.subject_kind == about,
            LogEntry.subject_id == subject.id,
            LogEntry.kind != ERASED,
            LogEntry.index.is_not(None),
        )
        .order_by(LogEntry.index)
    )
    indexes = [index for index in session.scalars(wanted) if index is not None]
    for index in indexes:
        erase(session, index, reason, now=now)
    return len(indexes)


def entries_about(session: Session, *subjects: Row | Subject) -> Sequence[LogEntry]:
    """The entries about these, oldest first; `index` is None until the log was signed over them."""
    kinds = [each.kind if isinstance(each, Subject) else type(each).__name__.lower() for each in subjects]
    return session.scalars(
        select(LogEntry)
        .where(LogEntry.subject_kind.in_(kinds), LogEntry.subject_id.in_([each.id for each in subjects]))
        .order_by(LogEntry.at, LogEntry.arrived)
    ).all()


def head(session: Session) -> LogCheckpoint | None:
    """The newest signed checkpoint."""
    return session.scalars(select(LogCheckpoint).order_by(LogCheckpoint.size.desc()).limit(1)).first()


def witnesses(session: Session) -> Sequence[LogWitness]:
    return session.scalars(select(LogWitness).filter_by(ended_at=None).order_by(LogWitness.since)).all()


def cosigned(session: Session, checkpoint: LogCheckpoint) -> Sequence[tuple[LogWitness, LogCosignature]]:
    """Who of the witnesses signed a checkpoint too."""
    rows = session.execute(
        select(LogWitness, LogCosignature)
        .join(LogCosignature, LogCosignature.witness_id == LogWitness.id)
        .where(LogCosignature.size == checkpoint.size)
        .order_by(LogCosignature.cosigned_at, LogWitness.id)
    )
    return [(witness, line) for witness, line in rows]


def note_of(session: Session, checkpoint: LogCheckpoint) -> str:
    """A checkpoint with our signature and the witnesses'."""
    return checkpoint.note + "".join(line.line for _, line in cosigned(session, checkpoint))


def tile(session: Session, level: int, number: int) -> bytes:
    row = session.get(LogTile, (level, number))
    return row.hashes if row else b""


@dataclass(frozen=True, slots=True)
class Found:
    """An entry with what proves it; `statement` None: erased."""

    row: LogEntry
    index: int
    statement: LogStatement | None
    proof: bundles.Proof
    checkpoint: LogCheckpoint


def find(session: Session, index: int) -> Found:
    """Missing: no such entry below the newest checkpoint."""
    checkpoint = head(session)
    row = session.scalars(select(LogEntry).filter_by(index=index)).one_or_none()
    if checkpoint is None or row is None or index >= checkpoint.size:
        raise Missing
    hashes = inclusion_proof(index, checkpoint.size, nodes_in(lambda *place: tile(session, *place)))
    proof = bundles.Proof(index, tuple(hashes), note_of(session, checkpoint))
    return Found(row, index, session.get(LogStatement, row.id), proof, checkpoint)


def bundle(session: Session, settings: Settings, found: Found) -> dict[str, Any]:
    """The file that proves an entry without us (fairhaul-log-proof/1)."""
    return bundles.make(
        entry=found.row.entry,
        statement=found.statement.statement if found.statement else None,
        salt=found.statement.salt if found.statement else None,
        proof=found.proof,
        log_key=signer(session, settings).verifier,
        witness_keys=[Verifier.read(each.key) for each, _ in cosigned(session, found.checkpoint)],
    )

"""The transparency log: what was entered, what it says, its hashes, its signed heads, who watches it."""

import json
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Identity, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from app.db import Base, Id


class LogEntry(Base):
    """A leaf. Written with the event; its place in the order is given when the log is signed next."""

    __tablename__ = "log_entry"
    __table_args__ = (
        Index("ix_log_entry_subject", "subject_kind", "subject_id"),
        Index("ix_log_entry_waiting", "at", "arrived", postgresql_where=text('"index" IS NULL')),
        CheckConstraint('"index" >= 0', name="index"),
    )

    id: Mapped[Id]
    index: Mapped[int | None] = mapped_column(BigInteger, unique=True)
    arrived: Mapped[int] = mapped_column(BigInteger, Identity(always=True))  # orders what has one time
    kind: Mapped[str]
    subject_kind: Mapped[str]
    subject_id: Mapped[UUID]
    entry: Mapped[bytes]  # the public leaf: governance.log.statements.Entry
    leaf: Mapped[bytes]  # its hash
    at: Mapped[datetime]


class LogStatement(Base):
    """What an entry says, and the salt of its commitment. Both go when a statement is erased."""

    __tablename__ = "log_statement"

    entry_id: Mapped[UUID] = mapped_column(ForeignKey("log_entry.id"), primary_key=True)
    statement: Mapped[str]  # canonical JSON, to the byte
    salt: Mapped[bytes]

    def as_json(self) -> dict[str, Any]:
        """What it says; as text alone where somebody changed it so that it is no JSON any more."""
        try:
            said = json.loads(self.statement)
        except ValueError:
            said = None
        return said if isinstance(said, dict) else {"changed": self.statement}


class LogTile(Base):
    """Up to 256 consecutive hashes of one level of the tree; it only grows."""

    __tablename__ = "log_tile"

    level: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    hashes: Mapped[bytes]


class LogCheckpoint(Base):
    """A signed head. There is one for each size that was ever published."""

    __tablename__ = "log_checkpoint"

    size: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    root: Mapped[bytes]
    note: Mapped[str]  # with our signature alone
    signed_at: Mapped[datetime]


class LogWitness(Base):
    """Somebody who checks that the log only grows, and signs that it did."""

    __tablename__ = "log_witness"
    __table_args__ = (
        Index("uq_log_witness_key", "key", unique=True, postgresql_where=text("ended_at IS NULL")),
    )

    id: Mapped[Id]
    key: Mapped[str]  # verifier key of C2SP tlog-cosignature; its name is in it
    run_by: Mapped[str]
    address: Mapped[str]  # where checkpoints are sent to (C2SP tlog-witness); empty: it comes by itself
    since: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    added_by: Mapped[UUID] = mapped_column(ForeignKey("person.id"))

    @property
    def name(self) -> str:
        return self.key.partition("+")[0]


class LogCosignature(Base):
    """What a witness signed on a checkpoint."""

    __tablename__ = "log_cosignature"

    size: Mapped[int] = mapped_column(
        BigInteger, ForeignKey("log_checkpoint.size"), primary_key=True, autoincrement=False
    )
    witness_id: Mapped[UUID] = mapped_column(ForeignKey("log_witness.id"), primary_key=True)
    line: Mapped[str]
    cosigned_at: Mapped[datetime]


class LogCheck(Base):
    """Once everything was hashed again: what was found. `faults` empty: all was well."""

    __tablename__ = "log_check"

    id: Mapped[Id]
    at: Mapped[datetime] = mapped_column(index=True)
    size: Mapped[int] = mapped_column(BigInteger)
    faults: Mapped[list[str]]

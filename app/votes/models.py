"""Votes: who is a member, what is voted on, the roll, the box, the board.

The box has no rows: its envelopes are one sorted value, so that neither a row's place nor its transaction
tells which member put which envelope in.
"""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app.db import Base, Id


class MemberAdmission(Base):
    """A buyer, hub or civil society organisation that was admitted as a full member."""

    __tablename__ = "member_admission"
    __table_args__ = (
        Index(
            "uq_member_admission_current",
            "organisation_id",
            unique=True,
            postgresql_where=text("ended_on IS NULL"),
        ),
    )

    id: Mapped[Id]
    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"))
    admitted_on: Mapped[date]
    ended_on: Mapped[date | None]


class Vote(Base):
    __tablename__ = "vote"
    __table_args__ = (
        CheckConstraint("closes_on >= opens_on", name="days"),
        CheckConstraint("seats >= 1", name="seats"),
        CheckConstraint("quorum_percent BETWEEN 1 AND 100", name="quorum"),
        CheckConstraint("state IN ('draft', 'open', 'counted')", name="state"),
    )

    id: Mapped[Id]
    slug: Mapped[str] = mapped_column(unique=True)
    title: Mapped[str]
    question: Mapped[str]
    body: Mapped[str]  # "general meeting", or a region's board
    kind: Mapped[str]
    options: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)
    seats: Mapped[int]
    majority: Mapped[str]
    quorum_percent: Mapped[int]
    term_months: Mapped[int | None]  # of those elected
    opens_on: Mapped[date]  # the day on which the roll is fixed
    closes_on: Mapped[date]  # the last day, UTC
    state: Mapped[str]
    created_at: Mapped[datetime]
    counted_at: Mapped[datetime | None]


class VoteRoll(Base):
    """A member that may vote, and whether it did: no time, and not what."""

    __tablename__ = "vote_roll"

    vote_id: Mapped[UUID] = mapped_column(ForeignKey("vote.id"), primary_key=True)
    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"), primary_key=True)
    region: Mapped[str]  # as it was when the roll was fixed
    voted: Mapped[bool] = mapped_column(default=False)


class VoteBox(Base):
    """The sealed envelopes, sorted. Emptied, and its key destroyed, when it is counted."""

    __tablename__ = "vote_box"

    vote_id: Mapped[UUID] = mapped_column(ForeignKey("vote.id"), primary_key=True)
    public_key: Mapped[bytes]
    sealed_key: Mapped[bytes | None]
    envelopes: Mapped[list[bytes]] = mapped_column(ARRAY(LargeBinary), default=list)


class VoteResult(Base):
    """The published board, to the byte (governance.ballots.write)."""

    __tablename__ = "vote_result"

    vote_id: Mapped[UUID] = mapped_column(ForeignKey("vote.id"), primary_key=True)
    board: Mapped[str]
    digest: Mapped[str]

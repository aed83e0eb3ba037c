"""Standing orders and volume commitments: what a buyer wants of every pool to come, within its own limits."""

from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.db import Base, Id, Minor


class StandingKind(StrEnum):
    STANDING = "standing order"
    COMMITMENT = "commitment"  # an amount over a period, which the maker is told and may count on


class StandingState(StrEnum):
    ACTIVE = "active"
    PAUSED = "paused"
    ENDED = "ended"


class Standing(Base):
    """Goods of one offer for one hub: in every pool toward it, within the buyer's limits."""

    __tablename__ = "standing"
    __table_args__ = (
        CheckConstraint("kind IN ('standing order', 'commitment')", name="kind"),
        CheckConstraint("state IN ('active', 'paused', 'ended')", name="state"),
        CheckConstraint("1 <= least AND least <= most AND unit_most > 0", name="limits"),
        CheckConstraint("amount IS NULL OR amount > 0", name="amount"),
        CheckConstraint(
            "kind <> 'commitment' OR (amount IS NOT NULL AND until_on IS NOT NULL)", name="commitment"
        ),
        CheckConstraint("until_on IS NULL OR until_on >= from_on", name="period"),
        Index("ix_standing_state_hub_id", "state", "hub_id"),
    )

    id: Mapped[Id]
    kind: Mapped[str]
    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"), index=True)
    person_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"))  # in whose name it joins
    offer_id: Mapped[UUID] = mapped_column(ForeignKey("offer.id"), index=True)
    hub_id: Mapped[UUID] = mapped_column(ForeignKey("hub.id"))
    least: Mapped[int]  # pieces of one pool
    most: Mapped[int]
    unit_most: Mapped[Minor]  # of one piece at the hub: goods, shipping and duty in the worst case
    currency: Mapped[str]
    amount: Mapped[int | None] = mapped_column(BigInteger)  # of goods, ex works, in all pools together
    from_on: Mapped[date]
    until_on: Mapped[date | None]  # the last day on which it may enter a pool
    stays_if_extended: Mapped[bool]
    state: Mapped[str] = mapped_column(default=StandingState.ACTIVE)
    made_at: Mapped[datetime]
    version: Mapped[int] = mapped_column(default=1)


class StandingEntry(Base):
    """What became of a standing order in one pool: an order, or why not."""

    __tablename__ = "standing_entry"
    __table_args__ = (UniqueConstraint("standing_id", "pool_id"),)

    id: Mapped[Id]
    standing_id: Mapped[UUID] = mapped_column(ForeignKey("standing.id"))
    pool_id: Mapped[UUID] = mapped_column(ForeignKey("pool.id"), index=True)
    order_id: Mapped[UUID | None] = mapped_column(ForeignKey("order.id"))
    words: Mapped[str]  # why it has not entered; empty: it has
    at: Mapped[datetime]

"""What came of an ordered pool, and what is paid back for what did not come, or came damaged."""

from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.db import Base, Id, Minor


class Bearer(StrEnum):
    """Who bears a refund."""

    MAKER = "maker"  # fewer sent, a fault in the goods or their packing
    CARRIER = "carrier"  # lost or damaged on the way
    HUB = "hub"  # lost or damaged while the hub had them


class Count(Base):
    """How many pieces of one offer came to the hub of a pool: the last word of those who counted."""

    __tablename__ = "delivery_count"
    __table_args__ = (
        UniqueConstraint("pool_id", "offer_id"),
        CheckConstraint("received BETWEEN 0 AND ordered", name="received"),
        CheckConstraint("(received < ordered) = (borne_by IS NOT NULL)", name="bearer"),
        CheckConstraint("borne_by IN ('maker', 'carrier', 'hub')", name="borne_by"),
    )

    id: Mapped[Id]
    pool_id: Mapped[UUID] = mapped_column(ForeignKey("pool.id"))
    offer_id: Mapped[UUID] = mapped_column(ForeignKey("offer.id"))
    ordered: Mapped[int]
    received: Mapped[int]
    borne_by: Mapped[str | None]  # Bearer, of what is missing
    words: Mapped[str]  # what the hub saw
    counted_at: Mapped[datetime]
    counted_by: Mapped[UUID] = mapped_column(ForeignKey("person.id"))


class ClaimState(StrEnum):
    FILED = "filed"
    ACCEPTED = "accepted"  # refunded
    REFUSED = "refused"
    ESCALATED = "escalated"  # refused, or not answered in time: the ombudsperson has it


class Claim(Base):
    """A buyer says that pieces came damaged; the maker or the hub refunds them or says why not."""

    __tablename__ = "claim"
    __table_args__ = (
        CheckConstraint("pieces > 0", name="pieces"),
        CheckConstraint("state IN ('filed', 'accepted', 'refused', 'escalated')", name="state"),
        CheckConstraint("borne_by IN ('maker', 'carrier', 'hub')", name="borne_by"),
        CheckConstraint("(state = 'accepted') = (borne_by IS NOT NULL)", name="accepted"),
        CheckConstraint("(state = 'escalated') = (complaint IS NOT NULL)", name="complaint"),
    )

    id: Mapped[Id]
    number: Mapped[str] = mapped_column(unique=True)
    order_id: Mapped[UUID] = mapped_column(ForeignKey("order.id"), index=True)
    order_line_id: Mapped[UUID] = mapped_column(ForeignKey("order_line.id"), index=True)
    pieces: Mapped[int]
    words: Mapped[str]  # what is damaged, and how
    state: Mapped[str] = mapped_column(default=ClaimState.FILED)
    filed_at: Mapped[datetime]
    filed_by: Mapped[UUID] = mapped_column(ForeignKey("person.id"))
    answer_by: Mapped[date]
    answered_at: Mapped[datetime | None]
    answered_by: Mapped[UUID | None] = mapped_column(ForeignKey("person.id"))
    answer: Mapped[str] = mapped_column(default="", server_default="")
    borne_by: Mapped[str | None]  # Bearer
    complaint: Mapped[str | None]  # number of the complaint that it became


class ClaimPhoto(Base):
    """A picture of damage, made small and without its place. The bytes are in `app.files`."""

    __tablename__ = "claim_photo"
    __table_args__ = (UniqueConstraint("claim_id", "sha256"),)

    id: Mapped[Id]
    claim_id: Mapped[UUID] = mapped_column(ForeignKey("claim.id"), index=True)
    sha256: Mapped[str]
    added_at: Mapped[datetime]


class Refund(Base):
    """What a buyer is paid back for pieces of one line, at its own prices, and who bears it."""

    __tablename__ = "refund"
    __table_args__ = (
        CheckConstraint("pieces > 0", name="pieces"),
        CheckConstraint(
            "goods >= 0 AND shipping >= 0 AND duty >= 0 AND amount = goods + shipping + duty", name="amount"
        ),
        CheckConstraint("borne_by IN ('maker', 'carrier', 'hub')", name="borne_by"),
        CheckConstraint("(count_id IS NULL) <> (claim_id IS NULL)", name="cause"),
        UniqueConstraint("order_line_id", "count_id"),
    )

    id: Mapped[Id]
    order_line_id: Mapped[UUID] = mapped_column(ForeignKey("order_line.id"), index=True)
    count_id: Mapped[UUID | None] = mapped_column(ForeignKey("delivery_count.id"))
    claim_id: Mapped[UUID | None] = mapped_column(ForeignKey("claim.id"), unique=True)
    pieces: Mapped[int]
    goods: Mapped[Minor]
    shipping: Mapped[Minor]
    duty: Mapped[Minor]
    amount: Mapped[Minor]
    currency: Mapped[str]
    borne_by: Mapped[str]  # Bearer
    made_at: Mapped[datetime]

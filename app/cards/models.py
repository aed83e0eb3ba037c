"""Cards at Stripe: which is saved, what is asked before it is asked, what became of it. No card number."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from app.db import Base, Id, Minor


class Card(Base):
    """An organisation as Stripe's customer, and the card that is charged while it is away."""

    __tablename__ = "card"

    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"), primary_key=True)
    customer: Mapped[str] = mapped_column(default="")
    method: Mapped[str] = mapped_column(default="")
    brand: Mapped[str] = mapped_column(default="")
    last4: Mapped[str] = mapped_column(default="")
    expires: Mapped[str] = mapped_column(default="")
    saved_at: Mapped[datetime | None]


class CardPaymentState(StrEnum):
    ASKED = "asked"
    TO_AUTHENTICATE = "to authenticate"  # the bank wants to hear its holder
    DECLINED = "declined"
    HELD = "held"  # kept aside by the bank: nothing is taken yet
    PAID = "paid"
    RELEASED = "released"  # what was held is let go
    BY_TRANSFER = "by transfer"  # after all
    GIVEN_UP = "given up"  # not mended in time


WAITING = (CardPaymentState.TO_AUTHENTICATE, CardPaymentState.DECLINED)


class CardPayment(Base):
    """How an order is collected by card: the most that it accepted is held before its pool is charged, then
    its charge is taken of it.
    """

    __tablename__ = "card_payment"
    __table_args__ = (
        CheckConstraint("amount > 0", name="amount"),
        CheckConstraint(
            "state IN ('asked', 'to authenticate', 'declined', 'paid', 'given up', 'held', 'released', "
            "'by transfer')",
            name="state",
        ),
        CheckConstraint("state <> 'paid' OR intent <> ''", name="intent"),
    )

    order_id: Mapped[UUID] = mapped_column(ForeignKey("order.id"), primary_key=True)
    amount: Mapped[Minor]  # to be held, and then to be taken
    currency: Mapped[str]
    state: Mapped[str] = mapped_column(default=CardPaymentState.ASKED)
    intent: Mapped[str] = mapped_column(
        default="", index=True
    )  # PaymentIntent that paid or holds, or was refused last
    code: Mapped[str] = mapped_column(default="")  # why it was refused, in Stripe's word
    mend_by: Mapped[datetime | None]


class Purpose(StrEnum):
    SAVE_CARD = "save card"
    HOLD = "hold"
    PAGE_TO_HOLD = "page to hold"
    TAKE = "take"  # of what is held
    LET_GO = "let go"
    CHARGE = "charge"
    PAGE_TO_PAY = "page to pay"
    REFUND = "refund"


PAGES_FOR_ORDERS = (Purpose.PAGE_TO_HOLD, Purpose.PAGE_TO_PAY)


class CallState(StrEnum):
    STORED = "stored"
    SENT = "sent"  # it may or may not have been done
    OPEN = "open"  # a hosted page that its holder has not finished
    DONE = "done"
    REFUSED = "refused"


class CardCall(Base):
    """Something asked of Stripe, stored before it is asked; its id is the idempotency key."""

    __tablename__ = "card_call"
    __table_args__ = (
        CheckConstraint("state IN ('stored', 'sent', 'open', 'done', 'refused')", name="state"),
        CheckConstraint("amount >= 0", name="amount"),
        Index("uq_card_call_payout", "payout_id", unique=True, postgresql_where=text("state <> 'refused'")),
    )

    id: Mapped[Id]
    purpose: Mapped[str]
    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"), index=True)
    order_id: Mapped[UUID | None] = mapped_column(ForeignKey("order.id"), index=True)
    payout_id: Mapped[UUID | None] = mapped_column(ForeignKey("payout.id"))
    amount: Mapped[int] = mapped_column(BigInteger, default=0)
    currency: Mapped[str]
    subject: Mapped[str] = mapped_column(default="")  # the saved card, or the payment to change
    state: Mapped[str] = mapped_column(default=CallState.STORED)
    tries: Mapped[int] = mapped_column(default=0)
    answer: Mapped[str] = mapped_column(default="")  # id of what Stripe made
    url: Mapped[str] = mapped_column(default="")  # of a hosted page
    words: Mapped[str] = mapped_column(default="")
    made_at: Mapped[datetime]
    next_at: Mapped[datetime | None] = mapped_column(index=True)  # when to ask (again); None: it has ended


class CardDispute(Base):
    """A bank takes a payment back; as Stripe had it when it was last asked."""

    __tablename__ = "card_dispute"

    id: Mapped[str] = mapped_column(primary_key=True)
    order_id: Mapped[UUID] = mapped_column(ForeignKey("order.id"), index=True)
    amount: Mapped[Minor]
    currency: Mapped[str]
    reason: Mapped[str]
    status: Mapped[str]
    answer_by: Mapped[datetime | None]
    opened_at: Mapped[datetime]


class StripeEvent(Base):
    """An event that Stripe told, once. Only its object is believed: its state is fetched."""

    __tablename__ = "stripe_event"

    id: Mapped[str] = mapped_column(primary_key=True)
    kind: Mapped[str]
    object_id: Mapped[str]
    received_at: Mapped[datetime] = mapped_column(index=True)
    handled_at: Mapped[datetime | None]

"""Payouts on their way: where each payee is paid, batches that two persons release, what became of each."""

from datetime import date, datetime
from enum import StrEnum
from typing import Final
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from app.db import Base, Id, Minor


class Rail(StrEnum):
    """How a payee is paid."""

    BANK = "bank"
    STRIPE = "stripe"
    MOBILE = "mobile money"
    CASH = "cash"


BY_HAND: Final = (Rail.MOBILE, Rail.CASH)
"""No bank tells what became of these: the payee does."""


class PayoutDetails(Base):
    """Where a payee is paid: an organisation's own, or, entered by an operator, those of a carrier or customs
    office that is none. Never changed: new ones are added, and count from `usable_from` on.
    """

    __tablename__ = "payout_details"
    __table_args__ = (
        CheckConstraint("(organisation_id IS NULL) <> (account_id IS NULL)", name="whose"),
        CheckConstraint("rail IN ('bank', 'stripe', 'mobile money', 'cash')", name="rail"),
        CheckConstraint("confirmed_by IS NULL OR confirmed_by <> made_by", name="second_person"),
        CheckConstraint("(confirmed_by IS NULL) = (confirmed_at IS NULL)", name="confirmed"),
    )

    id: Mapped[Id]
    organisation_id: Mapped[UUID | None] = mapped_column(ForeignKey("organisation.id"), index=True)
    account_id: Mapped[UUID | None] = mapped_column(ForeignKey("account.id"), index=True)
    rail: Mapped[str]
    holder: Mapped[str]  # as the bank, the provider or the paper of identity writes it
    iban: Mapped[str] = mapped_column(default="")
    account_number: Mapped[str] = mapped_column(default="")  # where there is no IBAN
    bic: Mapped[str] = mapped_column(default="")
    country: Mapped[str] = mapped_column(default="")  # of the bank or the provider
    phone: Mapped[str] = mapped_column(default="")  # E.164
    provider: Mapped[str] = mapped_column(default="")
    place: Mapped[str] = mapped_column(default="")
    stripe_account: Mapped[str] = mapped_column(default="")
    made_at: Mapped[datetime]
    made_by: Mapped[UUID] = mapped_column(ForeignKey("person.id"))
    usable_from: Mapped[datetime]
    confirmed_at: Mapped[datetime | None]
    confirmed_by: Mapped[UUID | None] = mapped_column(ForeignKey("person.id"))
    ended_at: Mapped[datetime | None]  # taken back: the ones before count again


class AccountState(StrEnum):
    """How an account at Stripe stands that was opened from here."""

    ASKED = "asked"  # it is being made
    DETAILS = "details"  # Stripe asks for details: until then nothing can be paid to it
    CHECKING = "checking"  # it has them, and looks at them
    READY = "ready"
    REFUSED = "refused"


class StripeAccount(Base):
    """An organisation's account at Stripe, to be paid there. What it enters there we never see."""

    __tablename__ = "stripe_account"
    __table_args__ = (
        CheckConstraint("state IN ('asked', 'details', 'checking', 'ready', 'refused')", name="state"),
        CheckConstraint("state <> 'ready' OR account <> ''", name="account"),
    )

    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"), primary_key=True)
    country: Mapped[str]
    account: Mapped[str] = mapped_column(default="", index=True)  # acct_...
    state: Mapped[str] = mapped_column(default=AccountState.ASKED)
    words: Mapped[str] = mapped_column(default="")  # why Stripe refused, in its words
    wants_page: Mapped[bool] = mapped_column(default=False)
    page: Mapped[str] = mapped_column(
        default=""
    )  # where details are entered; good for minutes, and one visit
    page_until: Mapped[datetime | None]
    tries: Mapped[int] = mapped_column(default=0)
    next_at: Mapped[datetime | None] = mapped_column(index=True)  # when to ask Stripe (again)
    asked_at: Mapped[datetime]
    asked_by: Mapped[UUID] = mapped_column(ForeignKey("person.id"))


class BatchState(StrEnum):
    PROPOSED = "proposed"
    RELEASED = "released"
    REFUSED = "refused"


class PayoutBatch(Base):
    """Payouts of one rail and currency that one person proposes and another releases or refuses."""

    __tablename__ = "payout_batch"
    __table_args__ = (
        CheckConstraint("state IN ('proposed', 'released', 'refused')", name="state"),
        CheckConstraint("released_by IS NULL OR released_by <> proposed_by", name="two_persons"),
        CheckConstraint("(state = 'released') = (released_by IS NOT NULL)", name="released"),
        CheckConstraint("(state = 'refused') = (refused_by IS NOT NULL)", name="refused"),
        CheckConstraint("state <> 'refused' OR refused_because <> ''", name="reason"),
        CheckConstraint("total > 0", name="total"),
    )

    id: Mapped[Id]
    number: Mapped[str] = mapped_column(unique=True)
    rail: Mapped[str]
    currency: Mapped[str]
    total: Mapped[Minor]
    pay_on: Mapped[date]
    state: Mapped[str] = mapped_column(default=BatchState.PROPOSED)
    proposed_at: Mapped[datetime]
    proposed_by: Mapped[UUID] = mapped_column(ForeignKey("person.id"))
    released_at: Mapped[datetime | None]
    released_by: Mapped[UUID | None] = mapped_column(ForeignKey("person.id"))
    refused_at: Mapped[datetime | None]
    refused_by: Mapped[UUID | None] = mapped_column(ForeignKey("person.id"))
    refused_because: Mapped[str] = mapped_column(default="")
    file: Mapped[str | None]  # pain.001 of a released batch of bank transfers


class InstructionState(StrEnum):
    PROPOSED = "proposed"
    RELEASED = "released"
    SENT = "sent"  # it has left; nobody has said yet that it came
    CONFIRMED = "confirmed"
    DISPUTED = "disputed"  # the payee says that it did not come
    REFUSED = "refused"  # with its batch
    FAILED = "failed"  # it did not go, or never came: owed again
    RETURNED = "returned"  # it came back: owed again


LIVE: Final = (
    InstructionState.PROPOSED,
    InstructionState.RELEASED,
    InstructionState.SENT,
    InstructionState.DISPUTED,
    InstructionState.CONFIRMED,
)
ON_ITS_WAY: Final = (InstructionState.SENT, InstructionState.DISPUTED)


class PayoutInstruction(Base):
    """One try to pay one payout. At most one of a payout is live; its reference is on the transfer."""

    __tablename__ = "payout_instruction"
    __table_args__ = (
        Index(
            "uq_payout_instruction_live",
            "payout_id",
            unique=True,
            postgresql_where=text("state IN ('proposed', 'released', 'sent', 'disputed', 'confirmed')"),
        ),
        CheckConstraint(
            "state IN ('proposed', 'released', 'sent', 'confirmed', 'disputed', 'refused', 'failed', "
            "'returned')",
            name="state",
        ),
        CheckConstraint("amount > 0", name="amount"),
        CheckConstraint("state NOT IN ('failed', 'returned', 'disputed') OR words <> ''", name="reason"),
    )

    id: Mapped[Id]
    batch_id: Mapped[UUID] = mapped_column(ForeignKey("payout_batch.id"), index=True)
    payout_id: Mapped[UUID] = mapped_column(ForeignKey("payout.id"), index=True)
    details_id: Mapped[UUID] = mapped_column(ForeignKey("payout_details.id"))
    reference: Mapped[str] = mapped_column(unique=True)
    amount: Mapped[Minor]
    currency: Mapped[str]
    state: Mapped[str] = mapped_column(default=InstructionState.PROPOSED)
    sent_on: Mapped[date | None]
    receipt: Mapped[str] = mapped_column(
        default=""
    )  # number of the transfer, or of the paper that was signed
    words: Mapped[str] = mapped_column(default="")  # why it failed, came back or is disputed
    transfer: Mapped[str] = mapped_column(default="", index=True)  # Stripe's id
    tries: Mapped[int] = mapped_column(default=0)
    next_at: Mapped[datetime | None] = mapped_column(index=True)  # when to ask Stripe (again)
    ended_at: Mapped[datetime | None]


class PayoutMatch(Base):
    """A line of a bank statement that told of payouts; its key is the same whenever it is told again."""

    __tablename__ = "payout_match"

    key: Mapped[str] = mapped_column(primary_key=True)
    batch_id: Mapped[UUID | None] = mapped_column(ForeignKey("payout_batch.id"))
    instruction_id: Mapped[UUID | None] = mapped_column(ForeignKey("payout_instruction.id"))
    words: Mapped[str]
    matched_at: Mapped[datetime]

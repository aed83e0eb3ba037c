"""Double entry. Entries and postings are only ever added; the database itself refuses an unbalanced one."""

from datetime import date, datetime
from enum import StrEnum
from typing import Final
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.db import Base, Id, Minor


class AccountKind(StrEnum):
    """Whose money, or what it is for. Debits are positive: what is owed to us, what the bank holds."""

    BANK = "bank"
    BUYER = "buyer"  # receivable
    PRODUCER = "producer"  # payable: goods and small-order fees, direct shipments
    CARRIER = "carrier"  # payable: freight and sums per shipment
    CUSTOMS = "customs"  # payable: customs entries
    DUTY = "duty"  # payable: duty and import taxes that are paid for the buyers
    HUB = "hub"  # payable: handling at a hub, and the last miles from it
    WAITING = "waiting"  # payable: storage and finance while goods wait
    CARD = "card"  # what the card processor holds for us
    FEE = "fee"  # cost: what the card processor keeps
    EXCHANGE = "exchange"  # cost: what it exchanged, in both currencies
    DISPUTE = "dispute"  # cost until it is won: what a bank took back
    SURPLUS = "surplus"  # payable: what came in twice and is sent back
    REFUND = "refund"  # payable: what a buyer gets back for goods that did not come, or came damaged
    RECOURSE = "recourse"  # receivable: what who bears a refund owes, being paid already
    TRANSIT = "transit"  # payable: payouts that have left, until somebody says that they came


PAYEES: Final = (
    AccountKind.PRODUCER,
    AccountKind.CARRIER,
    AccountKind.CUSTOMS,
    AccountKind.DUTY,
    AccountKind.HUB,
    AccountKind.WAITING,
    AccountKind.REFUND,
)
"""Who is paid from a pool."""


class Cause(StrEnum):
    """Why an entry was made."""

    CHARGE = "charge"
    PAYMENT = "payment"
    PAYOUT = "payout"
    RETURN = "return"  # a payout did not come, or came back
    CANCELLATION = "cancellation"
    REFUND = "refund"  # of goods that did not come, or came damaged
    REBATE = "rebate"  # a pool travels with others, for less than it was charged
    SURPLUS = "surplus"  # came in twice, or was sent back for that
    EXCHANGE = "exchange"  # a bank exchanged money into a maker's currency
    DISPUTE = "dispute"


PAID_OUT: Final = (Cause.PAYOUT, Cause.RETURN)
"""Causes that move what a payee is owed to the payee; all others say what it is owed."""


class Account(Base):
    """Money of one holder in one currency: an organisation's, or a carrier's or customs office's by name."""

    __tablename__ = "account"
    __table_args__ = (
        UniqueConstraint("kind", "organisation_id", "holder", "currency", postgresql_nulls_not_distinct=True),
    )

    id: Mapped[Id]
    kind: Mapped[str]
    organisation_id: Mapped[UUID | None] = mapped_column(ForeignKey("organisation.id"), index=True)
    holder: Mapped[str]  # name of who holds it
    currency: Mapped[str]


class Entry(Base):
    """One thing that happened to money. `key` makes it happen once."""

    __tablename__ = "entry"

    id: Mapped[Id]
    at: Mapped[datetime]
    key: Mapped[str] = mapped_column(unique=True)
    cause: Mapped[str]  # Cause
    words: Mapped[str]
    pool_id: Mapped[UUID | None] = mapped_column(ForeignKey("pool.id"), index=True)
    order_id: Mapped[UUID | None] = mapped_column(ForeignKey("order.id"), index=True)
    person_id: Mapped[UUID | None] = mapped_column(ForeignKey("person.id"))


class Posting(Base):
    __tablename__ = "posting"
    __table_args__ = (CheckConstraint("amount <> 0", name="amount"),)

    id: Mapped[Id]
    entry_id: Mapped[UUID] = mapped_column(ForeignKey("entry.id"), index=True)
    account_id: Mapped[UUID] = mapped_column(ForeignKey("account.id"), index=True)
    amount: Mapped[int] = mapped_column(BigInteger)  # debit positive, credit negative
    currency: Mapped[str]


class Way(StrEnum):
    BANK_TRANSFER = "bank transfer"
    CARD = "card"


class Payment(Base):
    """What came in for an order, by bank transfer or card: the whole charge, once."""

    __tablename__ = "payment"
    __table_args__ = (
        CheckConstraint("amount > 0", name="amount"),
        CheckConstraint("(way = 'card') = (booked_by IS NULL)", name="who"),
    )

    id: Mapped[Id]
    order_id: Mapped[UUID] = mapped_column(ForeignKey("order.id"), unique=True)
    way: Mapped[str] = mapped_column(default=Way.BANK_TRANSFER, server_default="bank transfer")
    reference: Mapped[str]
    amount: Mapped[Minor]
    currency: Mapped[str]
    received_on: Mapped[date]
    bank_reference: Mapped[str]  # of the line on the bank statement, or the card payment; may be empty
    booked_at: Mapped[datetime]
    booked_by: Mapped[UUID | None] = mapped_column(ForeignKey("person.id"))  # None: by card


class BankMatch(Base):
    """A line of a bank statement that was booked. Its key is the same whenever the line is told again."""

    __tablename__ = "bank_match"

    key: Mapped[str] = mapped_column(primary_key=True)
    payment_id: Mapped[UUID] = mapped_column(ForeignKey("payment.id"), unique=True)
    words: Mapped[str]  # what was written with the transfer
    matched_at: Mapped[datetime]


class Part(StrEnum):
    """Which part of what a payee is owed from a pool."""

    WHOLE = "whole"
    ADVANCE = "advance"  # half, asked for by the maker once everybody has paid
    BALANCE = "balance"  # the rest of it


class Payout(Base):
    """What a producer, a carrier or customs is owed from one pool (or a buyer of a cancelled one), and when
    it was paid. Advance and balance sum to what was owed as a whole.
    """

    __tablename__ = "payout"
    __table_args__ = (
        UniqueConstraint("pool_id", "account_id", "part"),
        CheckConstraint("amount > 0", name="amount"),
        CheckConstraint("part IN ('whole', 'advance', 'balance')", name="part"),
    )

    id: Mapped[Id]
    pool_id: Mapped[UUID] = mapped_column(ForeignKey("pool.id"), index=True)
    account_id: Mapped[UUID] = mapped_column(ForeignKey("account.id"), index=True)
    part: Mapped[str] = mapped_column(default=Part.WHOLE, server_default="whole")
    payee: Mapped[str]
    amount: Mapped[Minor]
    currency: Mapped[str]
    due_on: Mapped[date]
    awaits: Mapped[bool] = mapped_column(default=False, server_default="false")
    """The goods are not handed over yet: `due_on` is when they should be."""
    asked_at: Mapped[datetime | None]  # an advance: when the maker asked for it
    paid_on: Mapped[date | None]
    rail: Mapped[str] = mapped_column(default="", server_default="")  # by which way it was paid
    reference: Mapped[str] = mapped_column(default="")  # of the bank transfer, or what else names it

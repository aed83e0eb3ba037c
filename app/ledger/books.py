"""What is open and what was paid: reading the ledger for those whose money it is."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.cards.models import CardDispute
from app.ledger.models import PAID_OUT, PAYEES, Account, Entry, Payment, Payout, Posting
from app.organisations.models import Organisation
from app.trade.models import Charge, Order, OrderState, Pool

MOST_ROWS: Final = 500


@dataclass(frozen=True, slots=True)
class Receivable:
    """A charge, with who owes it."""

    charge: Charge
    order: Order
    pool: Pool
    buyer: Organisation


@dataclass(frozen=True, slots=True)
class Owed:
    """A payout, with the pool it comes from."""

    payout: Payout
    pool: Pool
    kind: str


def charges(
    session: Session,
    *,
    organisation_id: UUID | None = None,
    pool_id: UUID | None = None,
    unpaid: bool = False,
) -> list[Receivable]:
    """Charges, the first to be due first: all, a buyer's, a pool's, or those still to come in."""
    wanted = (
        select(Charge, Order, Pool, Organisation)
        .join(Order, Order.id == Charge.order_id)
        .join(Pool, Pool.id == Order.pool_id)
        .join(Organisation, Organisation.id == Order.organisation_id)
        .order_by(Charge.due_on, Order.number)
        .limit(MOST_ROWS)
    )
    if organisation_id:
        wanted = wanted.where(Order.organisation_id == organisation_id)
    if pool_id:
        wanted = wanted.where(Order.pool_id == pool_id)
    if unpaid:
        wanted = wanted.where(Charge.paid_at.is_(None), Order.state != OrderState.CANCELLED)
    return [Receivable(*row) for row in session.execute(wanted)]


def payouts(
    session: Session,
    *,
    organisation_id: UUID | None = None,
    unpaid: bool = False,
    pool_id: UUID | None = None,
) -> list[Owed]:
    """Payouts, the first to be due first: all, one organisation's, one pool's, or those still to be made."""
    wanted = (
        select(Payout, Pool, Account.kind)
        .join(Pool, Pool.id == Payout.pool_id)
        .join(Account, Account.id == Payout.account_id)
        .order_by(Payout.due_on, Payout.id)
        .limit(MOST_ROWS)
    )
    if organisation_id:
        wanted = wanted.where(Account.organisation_id == organisation_id)
    if unpaid:
        wanted = wanted.where(Payout.paid_on.is_(None))
    if pool_id:
        wanted = wanted.where(Payout.pool_id == pool_id)
    return [Owed(*row) for row in session.execute(wanted)]


def payments(session: Session) -> list[tuple[Payment, Order]]:
    """Payments that came in, the newest first."""
    wanted = (
        select(Payment, Order)
        .join(Order, Order.id == Payment.order_id)
        .order_by(Payment.booked_at.desc(), Payment.id)
        .limit(MOST_ROWS)
    )
    return [(payment, order) for payment, order in session.execute(wanted)]


def disputes(session: Session) -> list[tuple[CardDispute, Order, Pool]]:
    """Card payments that a bank takes back, the newest first."""
    wanted = (
        select(CardDispute, Order, Pool)
        .join(Order, Order.id == CardDispute.order_id)
        .join(Pool, Pool.id == Order.pool_id)
        .order_by(CardDispute.opened_at.desc(), CardDispute.id)
        .limit(MOST_ROWS)
    )
    return [(dispute, order, pool) for dispute, order, pool in session.execute(wanted)]


@dataclass(frozen=True, slots=True)
class Line:
    """One posting of a pool, as a person reads it."""

    at: datetime
    cause: str
    words: str
    account: str
    kind: str
    amount: int


def journal(session: Session, pool_id: UUID) -> list[Line]:
    """Every posting of a pool, in the order in which it was made, with the holder of its account."""
    rows = session.execute(
        select(Entry, Posting, Account, Organisation.name)
        .join(Posting, Posting.entry_id == Entry.id)
        .join(Account, Account.id == Posting.account_id)
        .join(Organisation, Organisation.id == Account.organisation_id, isouter=True)
        .where(Entry.pool_id == pool_id)
        .order_by(Entry.at, Entry.id, Posting.amount.desc(), Posting.id),
    )
    return [
        Line(entry.at, entry.cause, entry.words, name or to.holder, to.kind, posting.amount)
        for entry, posting, to, name in rows
    ]


@dataclass(frozen=True, slots=True)
class Flow:
    """What went, or is to go, to one payee of a pool."""

    payee: str
    kind: str
    amount: int
    due_on: date | None
    paid_on: date | None


def flows(session: Session, pool_id: UUID) -> list[Flow]:
    """Where a pool's money goes, the largest first; without a due day until it is confirmed. A pool that was
    called off leaves nothing.
    """
    found = {owed.payout.account_id: owed.payout for owed in payouts(session, pool_id=pool_id)}
    sums: dict[UUID, int] = {}
    names: dict[UUID, tuple[str, str]] = {}
    rows = session.execute(
        select(Account, Posting.amount, Organisation.name)
        .join(Posting, Posting.account_id == Account.id)
        .join(Entry, Entry.id == Posting.entry_id)
        .join(Organisation, Organisation.id == Account.organisation_id, isouter=True)
        .where(
            Entry.pool_id == pool_id,
            Account.kind.in_(PAYEES),
            Entry.cause.not_in(PAID_OUT),
        ),
    )
    for account, amount, name in rows:
        sums[account.id] = sums.get(account.id, 0) - amount
        names[account.id] = (name or account.holder, account.kind)
    return sorted(
        (
            Flow(
                payee=found[key].payee if key in found else names[key][0],
                kind=names[key][1],
                amount=amount,
                due_on=found[key].due_on if key in found else None,
                paid_on=found[key].paid_on if key in found else None,
            )
            for key, amount in sums.items()
            if amount
        ),
        key=lambda flow: (-flow.amount, flow.payee),
    )

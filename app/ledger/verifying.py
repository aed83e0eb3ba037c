"""What could be wrong with the books, each as a question to the database."""

from collections.abc import Iterator

from sqlalchemy import ColumnElement, Select, and_, case, func, or_, select
from sqlalchemy.orm import Session

from app.cards.models import CallState, CardCall, CardPayment, CardPaymentState, Purpose
from app.ledger.models import (
    PAID_OUT,
    PAYEES,
    Account,
    AccountKind,
    Cause,
    Entry,
    Payment,
    Payout,
    Posting,
    Way,
)
from app.payouts.models import ON_ITS_WAY, InstructionState, PayoutBatch, PayoutInstruction
from app.trade.models import Charge, Order, OrderState, Pool, PoolState


def faults(session: Session) -> list[str]:
    """Every disagreement, in words that name the row."""
    return [
        *_unbalanced(session),
        *_charges(session),
        *_payments(session),
        *_payouts(session),
        *_instructions(session),
        *_cards(session),
    ]


def _unbalanced(session: Session) -> Iterator[str]:
    for currency, off in session.execute(
        select(Posting.currency, func.sum(Posting.amount))
        .group_by(Posting.currency)
        .having(func.sum(Posting.amount) != 0),
    ):
        yield f"{currency}: all postings sum to {off}, not 0"
    for key, currency, off in session.execute(
        select(Entry.key, Posting.currency, func.sum(Posting.amount))
        .join(Posting, Posting.entry_id == Entry.id)
        .group_by(Entry.id, Posting.currency)
        .having(func.sum(Posting.amount) != 0),
    ):
        yield f"entry {key} is off by {off} {currency}"
    for key, count in session.execute(
        select(Entry.key, func.count(Posting.id))
        .join(Posting, Posting.entry_id == Entry.id, isouter=True)
        .group_by(Entry.id)
        .having(func.count(Posting.id) < 2),
    ):
        yield f"entry {key} has {count} postings"
    for key, posted, kept in session.execute(
        select(Entry.key, Posting.currency, Account.currency)
        .join(Posting, Posting.entry_id == Entry.id)
        .join(Account, Account.id == Posting.account_id)
        .where(Posting.currency != Account.currency),
    ):
        yield f"entry {key} posts {posted} to an account in {kept}"


def _charges(session: Session) -> Iterator[str]:
    """A buyer owes its charge until it is paid, nothing once the pool is called off."""
    on_buyers = (
        select(
            Entry.order_id,
            func.sum(case((Entry.cause == Cause.CHARGE, Posting.amount), else_=0)).label("charged"),
            func.sum(Posting.amount).label("open"),
        )
        .join(Posting, Posting.entry_id == Entry.id)
        .join(Account, and_(Account.id == Posting.account_id, Account.kind == AccountKind.BUYER))
        .group_by(Entry.order_id)
        .subquery()
    )
    rows = session.execute(
        select(
            Order.number,
            Order.state,
            Charge.total,
            Charge.paid_at,
            on_buyers.c.charged,
            on_buyers.c.open,
            _gone(),
        )
        .select_from(Order)
        .join(Charge, Charge.order_id == Order.id, isouter=True)
        .join(on_buyers, on_buyers.c.order_id == Order.id, isouter=True)
        .join(
            Account,
            and_(
                Account.kind == AccountKind.BUYER,
                Account.organisation_id == Order.organisation_id,
                Account.currency == Charge.currency,
            ),
            isouter=True,
        )
        .join(Payout, and_(Payout.account_id == Account.id, Payout.pool_id == Order.pool_id), isouter=True)
        .where((Charge.order_id.is_not(None)) | (on_buyers.c.order_id.is_not(None))),
    )
    for number, state, total, paid_at, charged, left, refunded in rows:
        if total is None:
            yield f"order {number} has postings of {charged} but no charge"
            continue
        if charged != total:
            yield f"order {number} is charged {total}, its entry says {charged}"
        called_off = state == OrderState.CANCELLED
        paid = total if paid_at and not (called_off and refunded) else 0
        expected = (0 if called_off else total) - paid
        if left != expected:
            yield f"order {number} should leave {expected} open, the ledger has {left}"


def _payments(session: Session) -> Iterator[str]:
    for number, amount, total, paid_at, entries in session.execute(
        select(Order.number, Payment.amount, Charge.total, Charge.paid_at, func.count(Entry.id))
        .join(Order, Order.id == Payment.order_id)
        .join(Charge, Charge.order_id == Order.id, isouter=True)
        .join(Entry, and_(Entry.order_id == Order.id, Entry.cause == Cause.PAYMENT), isouter=True)
        .group_by(Order.number, Payment.amount, Charge.total, Charge.paid_at),
    ):
        if amount != total:
            yield f"order {number} was paid {amount}, its charge is {total}"
        if paid_at is None:
            yield f"order {number} has a payment but its charge is open"
        if entries != 1:
            yield f"the payment of order {number} has {entries} entries"
    unpaid: Select[str] = (
        select(Order.number)
        .join(Charge, Charge.order_id == Order.id)
        .join(Payment, Payment.order_id == Order.id, isouter=True)
        .where(Charge.paid_at.is_not(None), Payment.id.is_(None))
    )
    for number in session.scalars(unpaid):
        yield f"order {number} is marked paid without a payment"
    stray = (
        select(Entry.key)
        .join(Payment, Payment.order_id == Entry.order_id, isouter=True)
        .where(Entry.cause == Cause.PAYMENT, Payment.id.is_(None))
    )
    for key in session.scalars(stray):
        yield f"entry {key} has no payment"


def _cards(session: Session) -> Iterator[str]:
    """What is marked as paid by card has its payment, what came in twice is on its way back."""
    for number in session.scalars(
        select(Order.number)
        .join(CardPayment, CardPayment.order_id == Order.id)
        .join(
            Payment,
            and_(
                Payment.order_id == Order.id,
                Payment.way == Way.CARD,
                Payment.bank_reference == CardPayment.intent,
                Payment.amount == CardPayment.amount,
            ),
            isouter=True,
        )
        .where(CardPayment.state == CardPaymentState.PAID, Payment.id.is_(None))
    ):
        yield f"order {number} is marked paid by card without that payment"
    asked = (
        select(CardCall.order_id, func.sum(CardCall.amount).label("amount"))
        .where(
            CardCall.purpose == Purpose.REFUND,
            CardCall.payout_id.is_(None),
            CardCall.state != CallState.DONE,
        )
        .group_by(CardCall.order_id)
        .subquery()
    )
    for number, left, amount in session.execute(
        select(Order.number, -func.sum(Posting.amount), func.coalesce(asked.c.amount, 0))
        .join(Entry, Entry.order_id == Order.id)
        .join(Posting, Posting.entry_id == Entry.id)
        .join(Account, and_(Account.id == Posting.account_id, Account.kind == AccountKind.SURPLUS))
        .join(asked, asked.c.order_id == Order.id, isouter=True)
        .group_by(Order.number, asked.c.amount)
        .having(-func.sum(Posting.amount) != func.coalesce(asked.c.amount, 0))
    ):
        yield f"{left} of order {number} came in twice, {amount} of it is asked to be sent back"


def _payouts(session: Session) -> Iterator[str]:
    """Once a pool is confirmed, each of its payables has a payout of the same amount, and is 0 when paid."""
    balances = (
        select(
            Entry.pool_id,
            Account.id.label("account_id"),
            func.sum(case((Entry.cause.in_(PAID_OUT), 0), else_=-Posting.amount)).label("owed"),
            func.sum(case((Entry.cause.in_(PAID_OUT), Posting.amount), else_=0)).label("paid"),
        )
        .join(Posting, Posting.entry_id == Entry.id)
        .join(Account, Account.id == Posting.account_id)
        .where(Account.kind.in_(PAYEES))
        .group_by(Entry.pool_id, Account.id)
        .subquery()
    )
    written = (
        select(
            Payout.pool_id,
            Payout.account_id,
            func.sum(Payout.amount).label("amount"),
            func.sum(case((_gone(), Payout.amount), else_=0)).label("gone"),
        )
        .group_by(Payout.pool_id, Payout.account_id)
        .subquery()
    )
    settled_states = [PoolState.CONFIRMED, PoolState.IN_TRANSIT, PoolState.ARRIVED, PoolState.SETTLED]
    for pool, state, owed, paid, amount, gone in session.execute(
        select(Pool.number, Pool.state, balances.c.owed, balances.c.paid, written.c.amount, written.c.gone)
        .join(Pool, Pool.id == balances.c.pool_id)
        .join(
            written,
            and_(written.c.pool_id == balances.c.pool_id, written.c.account_id == balances.c.account_id),
            isouter=True,
        ),
    ):
        if amount is None:
            if owed and state in settled_states:
                yield f"pool {pool} owes {owed} without a payout"
            elif paid:
                yield f"pool {pool} paid {paid} without a payout"
        elif owed != amount:
            yield f"pool {pool} owes {owed}, its payouts say {amount}"
        elif paid != gone:
            yield f"pool {pool} paid {paid} of {amount}, {gone} is marked as paid or on its way"
    stray = (
        select(Pool.number, Payout.amount)
        .join(Pool, Pool.id == Payout.pool_id)
        .where(
            Payout.paid_on.is_not(None),
            ~select(Entry.id).where(Entry.key == func.concat("payout:", Payout.id)).exists(),
            ~select(PayoutInstruction.id)
            .where(
                PayoutInstruction.payout_id == Payout.id,
                PayoutInstruction.state == InstructionState.CONFIRMED,
            )
            .exists(),
        )
    )
    for pool, amount in session.execute(stray):
        yield f"a payout of {amount} of pool {pool} is marked paid without an entry"


def _gone() -> ColumnElement[bool]:
    """Whether a payout has left us: paid, or on its way."""
    return or_(
        Payout.paid_on.is_not(None),
        select(PayoutInstruction.id)
        .where(PayoutInstruction.payout_id == Payout.id, PayoutInstruction.state.in_(ON_ITS_WAY))
        .exists(),
    )


def _instructions(session: Session) -> Iterator[str]:
    """What has left stands in the books, released by two persons; what is on its way, as on its way."""
    for reference, state, released_by, proposed_by, unbooked in session.execute(
        select(
            PayoutInstruction.reference,
            PayoutInstruction.state,
            PayoutBatch.released_by,
            PayoutBatch.proposed_by,
            Entry.id.is_(None),
        )
        .join(PayoutBatch, PayoutBatch.id == PayoutInstruction.batch_id)
        .join(Entry, Entry.key == func.concat("payout:", PayoutInstruction.id), isouter=True)
    ):
        left = state in {*ON_ITS_WAY, InstructionState.CONFIRMED, InstructionState.RETURNED}
        if left and unbooked:
            yield f"payout {reference} is {state} without an entry"
        if left and (released_by is None or released_by == proposed_by):
            yield f"payout {reference} was not released by two persons"
    waiting = (
        select(PayoutInstruction.currency, func.sum(PayoutInstruction.amount).label("amount"))
        .where(PayoutInstruction.state.in_(ON_ITS_WAY))
        .group_by(PayoutInstruction.currency)
        .subquery()
    )
    for currency, held, amount in session.execute(
        select(Posting.currency, -func.sum(Posting.amount), func.coalesce(waiting.c.amount, 0))
        .join(Account, and_(Account.id == Posting.account_id, Account.kind == AccountKind.TRANSIT))
        .join(waiting, waiting.c.currency == Posting.currency, isouter=True)
        .group_by(Posting.currency, waiting.c.amount)
        .having(-func.sum(Posting.amount) != func.coalesce(waiting.c.amount, 0))
    ):
        yield f"{held} {currency} stand as on their way, {amount} are"

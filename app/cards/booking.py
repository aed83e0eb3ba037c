"""What Stripe says became of a payment, refund or dispute, into the ledger: each once, in any order."""

from datetime import UTC, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from app import history
from app.cards import refunding, service, telling
from app.cards.models import CallState, CardCall, CardDispute, CardPayment, CardPaymentState
from app.cards.service import PROCESSOR
from app.db import uuid7
from app.errors import Refusal
from app.ledger import service as ledger
from app.ledger.models import Account, AccountKind, Cause, Entry, Payment, Payout, Way
from app.organisations.models import Organisation
from app.stripe_gateway import Disputed, Moved, Paid, Returned
from app.trade import settling
from app.trade.models import Charge, Order, OrderState, Pool
from app.trade.quoting import get_pool


def held(session: Session, moved: Moved, amount: int, currency: str) -> list[tuple[Account, int]]:
    """Postings of what the processor holds more (or less) for `amount` of `currency`: what is left of it, its
    fee, and the exchange where it settles in another currency. They sum to `amount`.
    """

    def account(kind: AccountKind, of: str) -> Account:
        return ledger.account(session, kind, of, holder=PROCESSOR)

    settled = [
        (account(AccountKind.CARD, moved.currency), moved.net),
        (account(AccountKind.FEE, moved.currency), moved.fee),
    ]
    if moved.currency == currency:
        return settled
    return [
        *settled,
        (account(AccountKind.EXCHANGE, moved.currency), -moved.amount),
        (account(AccountKind.EXCHANGE, currency), amount),
    ]


def buyer_account(session: Session, order: Order, currency: str) -> Account:
    buyer = session.get_one(Organisation, order.organisation_id)
    return ledger.account(session, AccountKind.BUYER, currency, holder=buyer.name, organisation_id=buyer.id)


def order_of(session: Session, number: str) -> Order | None:
    return session.scalars(select(Order).filter_by(number=number)).one_or_none()


def paid(session: Session, found: Paid, *, now: datetime) -> bool:
    """Book a payment that succeeded; False: Stripe has not settled it yet, ask again. One of a charge that is
    paid already is sent back; one of a cancelled order too, as any payment of it.
    """
    order = order_of(session, found.order)
    if order is None or not found.succeeded:
        return True
    if found.moved is None:
        return False
    pool = get_pool(session, order.pool_id, lock=True)
    session.refresh(order, with_for_update=True)
    charge = session.get_one(Charge, order.id, with_for_update=True)
    if booked(session, found.id):
        return True
    money = held(session, found.moved, found.received, found.currency)
    if charge.paid_at or (found.received, found.currency) != (charge.total, charge.currency):
        ledger.post(
            session,
            key=f"surplus:{found.id}",
            cause=Cause.SURPLUS,
            words=f"Card payment of order {order.number} that is not owed",
            postings=[*money, (refunding.surplus(session, found.currency), -found.received)],
            now=now,
            pool_id=pool.id,
            order_id=order.id,
        )
        refunding.refund_surplus(
            session, order, payment=found.id, amount=found.received, currency=found.currency, now=now
        )
        history.record(session, order, "paid twice", now=now, amount=found.received)
        return True
    session.add(
        Payment(
            id=uuid7(now),
            order_id=order.id,
            way=Way.CARD,
            reference=charge.reference,
            amount=found.received,
            currency=found.currency,
            received_on=now.date(),
            bank_reference=found.id,
            booked_at=now,
            booked_by=None,
        )
    )
    session.flush()
    buyer = session.get_one(Organisation, order.organisation_id)
    ledger.post(
        session,
        key=f"payment:{order.id}",
        cause=Cause.PAYMENT,
        words=f"Card payment of order {order.number} by {buyer.name}",
        postings=[*money, (buyer_account(session, order, found.currency), -found.received)],
        now=now,
        pool_id=pool.id,
        order_id=order.id,
    )
    charge.paid_at = now
    collected = session.get(CardPayment, order.id)
    if collected:
        collected.state, collected.intent, collected.code = CardPaymentState.PAID, found.id, ""
        collected.amount = found.received
    history.record(session, order, "paid by card", now=now, amount=found.received)
    if order.state == OrderState.CANCELLED:
        ledger.owe(
            session,
            pool.id,
            [(buyer_account(session, order, found.currency), found.received, buyer.name, now.date())],
            now=now,
        )
    else:
        went_on(session, pool, order, now=now)
    return True


def went_on(session: Session, pool: Pool, order: Order, *, now: datetime) -> None:
    """The pool is confirmed if this was the last payment. What keeps it from that does not undo the payment:
    the hub is told, and `confirm_paid` tries again.
    """
    try:
        with session.begin_nested():
            settling.order_paid(session, pool, order, now=now)
    except Refusal as refusal:
        if order.state != OrderState.LEFT:
            order.state = OrderState.PAID
        telling.not_confirmed(session, pool, refusal.detail, now=now)


def confirm_paid(session: Session, *, now: datetime) -> int:
    """Confirm the pools of which everything is paid; how many."""
    done = 0
    for pool_id in service.fully_paid(session):
        pool = get_pool(session, pool_id, lock=True)
        try:
            with session.begin_nested():
                settling.confirm(session, pool, now=now)
        except Refusal:
            continue  # the hub was told when the last payment came
        done += 1
    return done


def booked(session: Session, payment: str) -> bool:
    """Whether a PaymentIntent is in the books."""
    return (
        session.scalars(select(Payment.id).filter_by(way=Way.CARD, bank_reference=payment)).first()
        or session.scalars(select(Entry.id).filter_by(key=f"surplus:{payment}")).first()
    ) is not None


def returned(session: Session, call: CardCall, found: Returned, *, now: datetime) -> bool:
    """Book a refund that we asked for, as it is now; False: not settled yet, ask again. It may fail after it
    succeeded: the money is back at Stripe then, and owed again. The pool's row and the call's are held.
    """
    if call.state == CallState.REFUSED:
        return True
    if found.status in {"failed", "canceled"}:
        if call.state == CallState.DONE and not _came_back(session, call, found, now=now):
            return False
        refunding.not_taken(session, call, f"refund {found.status}", now=now)
        return True
    if call.state == CallState.DONE:
        return True
    if found.moved is None:
        return False
    assert call.order_id is not None
    order = session.get_one(Order, call.order_id)
    payout = session.get(Payout, call.payout_id, with_for_update=True) if call.payout_id else None
    to = session.get_one(Account, payout.account_id) if payout else refunding.surplus(session, found.currency)
    ledger.post(
        session,
        key=f"payout:{payout.id}" if payout else f"refund:{call.id}",
        cause=Cause.PAYOUT if payout else Cause.SURPLUS,
        words=f"Refund of order {order.number} to the card",
        postings=[(to, found.amount), *held(session, found.moved, -found.amount, found.currency)],
        now=now,
        pool_id=order.pool_id,
        order_id=service.order_in_books(to, order),
    )
    call.state, call.answer, call.next_at = CallState.DONE, found.id, None
    if payout:
        payout.paid_on, payout.rail, payout.reference = now.date(), refunding.BY_CARD, found.id
        session.flush()
        history.record(session, payout, "refunded to the card", now=now, amount=found.amount)
        settling.settle_if_done(session, session.get_one(Pool, order.pool_id), now=now)
    return True


def _came_back(session: Session, call: CardCall, found: Returned, *, now: datetime) -> bool:
    """A refund that was booked failed: Stripe has put the money back into its balance
    (https://docs.stripe.com/refunds#failed-refunds). False: it has not yet.
    """
    if found.back is None:
        return False
    assert call.order_id is not None
    order = session.get_one(Order, call.order_id)
    payout = session.get(Payout, call.payout_id, with_for_update=True) if call.payout_id else None
    to = session.get_one(Account, payout.account_id) if payout else refunding.surplus(session, found.currency)
    ledger.post(
        session,
        key=f"payout-back:{payout.id}" if payout else f"refund-back:{call.id}",
        cause=Cause.RETURN if payout else Cause.SURPLUS,
        words=f"Refund of order {order.number}: the card did not take it",
        postings=[(to, -found.amount), *held(session, found.back, found.amount, found.currency)],
        now=now,
        pool_id=order.pool_id,
        order_id=service.order_in_books(to, order),
    )
    if payout:
        payout.paid_on, payout.rail, payout.reference = None, "", ""
        session.flush()
        settling.unsettle(session, session.get_one(Pool, order.pool_id), now=now)
    return True


def disputed(session: Session, found: Disputed, *, now: datetime) -> None:
    """Keep a dispute as it is now, and book each of its moves once."""
    order = session.scalars(
        select(Order)
        .where(
            Order.id.in_(select(Payment.order_id).filter_by(way=Way.CARD, bank_reference=found.payment))
            | Order.id.in_(select(Entry.order_id).where(Entry.key == f"surplus:{found.payment}"))
        )
        .order_by(Order.id)
    ).first()
    if order is None:
        return
    get_pool(session, order.pool_id, lock=True)
    kept = session.get(CardDispute, found.id)
    first = kept is None
    if kept is None:
        kept = CardDispute(id=found.id, order_id=order.id, opened_at=now)
        session.add(kept)
    kept.amount, kept.currency = found.amount, found.currency
    kept.reason, kept.status = found.reason, found.status
    kept.answer_by = datetime.fromtimestamp(found.answer_by, UTC) if found.answer_by else None
    for moved in found.moves:
        amount = found.amount if moved.amount > 0 else -found.amount
        ledger.post(
            session,
            key=f"dispute:{moved.id}",
            cause=Cause.DISPUTE,
            words=f"Dispute of the card payment of order {order.number}",
            postings=[
                *held(session, moved, amount, found.currency),
                (ledger.account(session, AccountKind.DISPUTE, found.currency, holder=PROCESSOR), -amount),
            ],
            now=now,
            pool_id=order.pool_id,
            order_id=order.id,
        )
    session.flush()
    if first:
        history.record(session, order, "card payment disputed", now=now, reason=found.reason)
        telling.disputed(session, order, kept, now=now)
    if found.status == "lost":
        refunding.taken_back(session, kept, now=now)

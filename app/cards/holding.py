"""Cards are held for the most that was accepted before a pool is charged; then its charge is taken, or
nothing. So where a card fails nobody has been charged yet. Nothing here talks to Stripe.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import ColumnElement, and_, or_, select
from sqlalchemy.orm import Session

from app import history, jobs
from app.cards import service, telling
from app.cards.models import WAITING, Card, CardCall, CardPayment, CardPaymentState, Purpose
from app.errors import Refusal
from app.permissions import Actor
from app.stripe_gateway import Paid
from app.trade.models import Charge, Order, OrderState, Pool, PoolState
from app.trade.ordering import own_order
from app.trade.quoting import get_pool

UNSETTLED: Final = (CardPaymentState.ASKED, *WAITING)
"""A pool waits for these before it is charged."""


def taken() -> bool:
    """Whether cards are taken here at all."""
    settings = jobs.around.settings
    return settings is not None and settings.stripe_key is not None


def most_of(order: Order) -> int:
    """What an order may be charged at most, in minor units."""
    return order.leaving_charge if order.state == OrderState.LEFT else order.most


def owing() -> ColumnElement[bool]:
    """Orders that pay something if their pool is planned."""
    return or_(
        Order.state.in_([OrderState.JOINED, OrderState.PLANNED]),
        and_(Order.state == OrderState.LEFT, Order.leaving_charge > 0),
    )


def ask_for(session: Session, pool: Pool, *, now: datetime) -> None:
    """Ask for a hold of the worst case of each order whose buyer has saved a card. The pool's row is held."""
    rows = session.execute(
        select(Order, Card)
        .join(Card, Card.organisation_id == Order.organisation_id)
        .join(CardPayment, CardPayment.order_id == Order.id, isouter=True)
        .where(
            Order.pool_id == pool.id,
            owing(),
            Card.method != "",
            or_(CardPayment.order_id.is_(None), CardPayment.state == CardPaymentState.RELEASED),
        )
        .order_by(Order.id)
    ).all()
    for order, card in rows:
        amount = most_of(order)
        if not amount:
            continue
        kept = session.get(CardPayment, order.id) or CardPayment(order_id=order.id, currency=pool.currency)
        kept.amount, kept.state, kept.intent, kept.code = amount, CardPaymentState.ASKED, "", ""
        kept.mend_by = None
        session.add(kept)
        session.flush()
        _ask(session, Purpose.HOLD, order, kept, subject=card.method, now=now)
        history.record(session, order, "card to be held", now=now, amount=amount)


def unsettled(session: Session, pool_id: UUID) -> Sequence[CardPayment]:
    """Cards of a pool that were asked for and are neither held nor given up."""
    return session.scalars(
        select(CardPayment)
        .join(Order, Order.id == CardPayment.order_id)
        .where(Order.pool_id == pool_id, owing(), CardPayment.state.in_(UNSETTLED))
        .order_by(CardPayment.order_id)
    ).all()


def held(session: Session, call: CardCall, found: Paid, *, now: datetime) -> None:
    """A bank keeps an amount aside. It is kept while it is wanted, and let go at once where it is not: the
    order is called off, paid another way, or held already. The pool's row is held.
    """
    from app.trade import closing

    assert call.order_id is not None
    order = session.get_one(Order, call.order_id)
    session.refresh(order)
    payment = session.get(CardPayment, order.id, with_for_update=True)
    if payment and payment.state == CardPaymentState.HELD and payment.intent == found.id:
        return
    owes = session.scalar(select(Order.id).where(Order.id == order.id, owing())) is not None
    if payment is None or payment.state not in UNSETTLED or not owes:
        let_go(session, order, found.id, amount=found.amount, currency=found.currency, now=now)
        return
    payment.state, payment.intent, payment.code = CardPaymentState.HELD, found.id, ""
    payment.amount = found.amount
    history.record(session, order, "card held", now=now, amount=found.amount)
    session.flush()
    closing.ask_for_steps(session, order.pool_id)


def take_held(session: Session, *, now: datetime, pool_id: UUID | None = None) -> int:
    """Ask to take the charges of what is held; how many. Never above what is held."""
    asked = select(CardCall.id).where(
        CardCall.order_id == CardPayment.order_id,
        CardCall.purpose == Purpose.TAKE,
        CardCall.subject == CardPayment.intent,
    )
    wanted = (
        select(CardPayment, Charge, Order)
        .join(Charge, Charge.order_id == CardPayment.order_id)
        .join(Order, Order.id == CardPayment.order_id)
        .where(
            CardPayment.state == CardPaymentState.HELD,
            Charge.paid_at.is_(None),
            Charge.total > 0,
            Order.state.in_([OrderState.PLANNED, OrderState.LEFT]),
            ~asked.exists(),
        )
        .order_by(CardPayment.order_id)
        .with_for_update(of=CardPayment, skip_locked=True)
    )
    if pool_id:
        wanted = wanted.where(Order.pool_id == pool_id)
    rows = session.execute(wanted).all()
    for payment, charge, order in rows:
        if charge.total > min(payment.amount, most_of(order)):
            raise ValueError(f"order {order.number} is charged more than is held, or than its buyer accepted")
        payment.amount = charge.total
        _ask(session, Purpose.TAKE, order, payment, subject=payment.intent, now=now)
        history.record(session, order, "card to be charged", now=now, amount=charge.total)
    return len(rows)


def let_unwanted_go(session: Session, *, now: datetime) -> int:
    """Let go what is held for orders that do not pay any more, or not by this card; how many."""
    rows = session.execute(
        select(CardPayment, Order)
        .join(Order, Order.id == CardPayment.order_id)
        .join(Pool, Pool.id == Order.pool_id)
        .join(Charge, Charge.order_id == Order.id, isouter=True)
        .where(
            CardPayment.state.in_([CardPaymentState.HELD, *WAITING]),
            or_(~owing(), Pool.state == PoolState.OPEN, Charge.paid_at.is_not(None), Charge.total == 0),
        )
        .order_by(CardPayment.order_id)
        .with_for_update(of=CardPayment, skip_locked=True)
    ).all()
    for payment, order in rows:
        if payment.state == CardPaymentState.HELD:
            let_go(session, order, payment.intent, amount=payment.amount, currency=payment.currency, now=now)
        payment.state = CardPaymentState.RELEASED
    return len(rows)


def let_go(session: Session, order: Order, intent: str, *, amount: int, currency: str, now: datetime) -> None:
    """Ask once to let go what a payment holds."""
    if session.scalars(select(CardCall.id).filter_by(purpose=Purpose.LET_GO, subject=intent)).first():
        return
    service.call(
        session,
        Purpose.LET_GO,
        order.organisation_id,
        order_id=order.id,
        amount=amount,
        currency=currency,
        subject=intent,
        now=now,
    )
    history.record(session, order, "card to be let go", now=now, amount=amount)


def lapsed(session: Session, order: Order, intent: str, *, now: datetime) -> None:
    """A bank let go what it held before it was taken (it keeps it for some days): ask it again. The pool's
    row is held.
    """
    payment = session.get(CardPayment, order.id, with_for_update=True)
    if payment is None or payment.state != CardPaymentState.HELD or payment.intent != intent:
        return
    history.record(session, order, "hold of card lapsed", now=now)
    _again(session, order, payment, now=now)


def try_again(session: Session, organisation_id: UUID, *, now: datetime) -> None:
    """Another card was saved: what the last one was declined for is asked of this one."""
    rows = session.execute(
        select(CardPayment, Order)
        .join(Order, Order.id == CardPayment.order_id)
        .join(Charge, Charge.order_id == Order.id, isouter=True)
        .where(
            Order.organisation_id == organisation_id,
            owing(),
            Charge.paid_at.is_(None),
            CardPayment.state.in_(WAITING),
        )
        .order_by(CardPayment.order_id)
        .with_for_update(of=CardPayment)
    ).all()
    for payment, order in rows:
        _again(session, order, payment, now=now)


def _again(session: Session, order: Order, payment: CardPayment, *, now: datetime) -> None:
    """Ask the saved card for what it is to hold or to pay; without one it is a transfer."""
    card = service.card_of(session, order.organisation_id)
    if card is None:
        to_transfer(session, order, payment, now=now)
        return
    charge = session.get(Charge, order.id)
    payment.amount = charge.total if charge else most_of(order)
    payment.state, payment.intent = CardPaymentState.ASKED, ""
    purpose = Purpose.CHARGE if charge else Purpose.HOLD
    _ask(session, purpose, order, payment, subject=card.method, now=now)


def not_payable(session: Session, order: Order, *, now: datetime) -> None:
    """The amount cannot be written in the units of cards: a transfer can. The pool's row is held."""
    payment = session.get(CardPayment, order.id, with_for_update=True)
    if payment is None or payment.state not in {*UNSETTLED, CardPaymentState.HELD}:
        return
    if payment.state == CardPaymentState.HELD:
        let_go(session, order, payment.intent, amount=payment.amount, currency=payment.currency, now=now)
    to_transfer(session, order, payment, now=now)


def pay_by_transfer(session: Session, actor: Actor, order_id: UUID, *, now: datetime) -> Order:
    """The buyer pays by transfer instead of mending its card. Missing: another one's order. Refusal: no card
    of it waits to be mended.
    """
    order, pool = own_order(session, actor, order_id)
    get_pool(session, pool.id, lock=True)
    payment = session.get(CardPayment, order.id, with_for_update=True)
    if payment is None or payment.state not in WAITING:
        raise Refusal("No card of this order waits for you.", code="nothing-to-mend")
    to_transfer(session, order, payment, now=now, **actor.who)
    return order


def to_transfer(session: Session, order: Order, payment: CardPayment, *, now: datetime, **who: UUID) -> None:
    from app.trade import closing

    payment.state = CardPaymentState.BY_TRANSFER
    history.record(session, order, "pays by transfer", now=now, **who)
    session.flush()
    charge = session.get(Charge, order.id)
    if charge is None:
        closing.ask_for_steps(session, order.pool_id)
    elif not who:
        telling.by_transfer(session, order, charge, now=now)


def _ask(
    session: Session, purpose: Purpose, order: Order, payment: CardPayment, *, subject: str, now: datetime
) -> None:
    service.call(
        session,
        purpose,
        order.organisation_id,
        order_id=order.id,
        amount=payment.amount,
        currency=payment.currency,
        subject=subject,
        now=now,
    )

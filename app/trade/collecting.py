"""Between the split of a pool and its charges: cards are held, and a pool whose card fails is tested again
without that order.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app import history
from app.cards import holding
from app.cards.models import CardPayment, CardPaymentState
from app.trade import closing
from app.trade.models import Order, OrderState, Pool, PoolState, StepState
from app.trade.ordering import give_back_stock
from app.trade.pooling import wishes_in
from app.trade.telling import WORDS

Takes = Callable[[Session, Pool, datetime], bool]
TAKES_ON: Final[list[Takes]] = []
"""Asked in turn when what is left of a pool, after a card failed, cannot be paid within the quotes, before it
is called off: True if the pool goes on in another way, as by an extension that its buyers consented to. The
pool's row is held, nobody has been charged, and what is held is let go once the pool is open again.
"""


def hold(session: Session, pool: Pool, _made: None, now: datetime) -> str:
    """Step: each saved card holds the worst case of its order. NotYet: a bank or buyer has not answered."""
    if not holding.taken():
        return "Everybody pays by bank transfer."
    holding.ask_for(session, pool, now=now)
    if words := waits_for(session, pool.id):
        raise closing.NotYet(words)
    states = list(
        session.scalars(
            select(CardPayment.state)
            .join(Order, Order.id == CardPayment.order_id)
            .where(Order.pool_id == pool.id, holding.owing())
        )
    )
    cards = states.count(CardPaymentState.HELD)
    return f"Cards held: {cards}. Nothing is taken yet." if cards else "Everybody pays by bank transfer."


def waits_for(session: Session, pool_id: UUID) -> str:
    """What the step `cards` still waits for; nothing: empty."""
    cards = holding.unsettled(session, pool_id) if holding.taken() else []
    if not cards:
        return ""
    dates = [each.mend_by for each in cards if each.mend_by]
    until = f" Their buyers have time until {WORDS.day(max(dates))}." if dates else ""
    return f"Cards that are not held yet: {len(cards)}.{until}"


def plan_without(session: Session, pool: Pool, order: Order, *, now: datetime) -> bool:
    """Take an order out of a closing pool whose row is held, and plan the rest again: nobody above its quote.

    False: its charges are made, and nothing is done. The order pays nothing: neither goods nor, if it left
    before, what it would have owed.
    """
    if pool.state != PoolState.CLOSING:
        return False
    if order.state == OrderState.LEFT:
        order.leaving_charge = 0
    else:
        give_back_stock(session, order.id)
        order.state = OrderState.CANCELLED
    order.version += 1
    history.record(session, order, "taken out", now=now, pool=pool.id)
    history.record(session, pool, "goes on without an order", now=now, order=order.number)
    session.flush()
    if not wishes_in(session, pool):
        from app.trade.service import call_off

        call_off(session, pool, "The cards of its buyers could not be charged.", now=now, who={})
        return True
    for step in closing.steps_of(session, pool.id):
        step.state = StepState.WAITING
    session.flush()
    closing.ask_for_steps(session, pool.id)
    return True


def lost_an_order(session: Session, pool: Pool) -> bool:
    """Whether a closing pool goes on without an order whose card failed."""
    return (
        session.scalars(
            select(CardPayment.order_id)
            .join(Order, Order.id == CardPayment.order_id)
            .where(Order.pool_id == pool.id, CardPayment.state == CardPaymentState.GIVEN_UP)
        ).first()
        is not None
    )


def _may_come_back(session: Session, pool: Pool, now: datetime) -> None:
    """Whose card failed has left a pool that is open again: it may join anew, with another card."""
    for payment, order in session.execute(
        select(CardPayment, Order)
        .join(Order, Order.id == CardPayment.order_id)
        .where(Order.pool_id == pool.id, CardPayment.state == CardPaymentState.GIVEN_UP)
        .order_by(Order.id)
    ):
        payment.state = CardPaymentState.RELEASED
        if order.state == OrderState.CANCELLED:
            order.state, order.left_at = OrderState.LEFT, now
            history.record(session, order, "left", now=now, charge=0)


def missed(session: Session, pool: Pool, over: int, now: datetime) -> str:
    """The rest of a pool, tested again without an order, costs more than the quotes pay: it goes on in
    another way, or is called off, and everybody pays 0.
    """
    from app.trade.service import call_off

    for takes in TAKES_ON:
        if takes(session, pool, now):
            _may_come_back(session, pool, now)
            return "What is left costs more than was promised. The pool goes on for longer."
    amount = WORDS.money(over, pool.currency)
    call_off(
        session,
        pool,
        "A buyer's card could not be charged. Without that order the others would pay "
        f"{amount} more than they were promised, and nobody is asked for that.",
        now=now,
        who={},
    )
    return f"Without the order whose card failed {amount} is missing: the pool is cancelled, nobody pays."

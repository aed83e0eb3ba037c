"""A pool that misses a minimum is extended once, for those of its buyers who consent; the others leave at no
cost.
"""

from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from app import history
from app.errors import Refusal
from app.permissions import Actor
from app.trade import telling
from app.trade.models import Order, OrderLine, OrderState, Pool, PoolPlan, PoolState, PoolStep, StepState
from app.trade.ordering import let_go, own_order
from app.trade.pooling import IN_POOL
from app.trade.quoting import get_pool

MOST_DAYS: Final = 60


def can(session: Session, pool: Pool) -> bool:
    """It may be extended, was not before, and not everybody in it has said no."""
    if not pool.extension_days or pool.extended_at:
        return False
    return any(order.stays_if_extended is not False for order in _orders(session, pool))


def extend(session: Session, pool: Pool, because: str, *, now: datetime) -> str:
    """Open a closing pool, whose row is held, again for its days of extension: everything is that much later.

    Who said no leaves for nothing now; who has not said may leave for nothing, and does so when the pool
    closes again without a yes.
    """
    more = timedelta(days=pool.extension_days)
    pool.state, pool.closed_at, pool.extended_at, pool.reminded = PoolState.OPEN, None, now, 0
    pool.closes_at = max(pool.closes_at, now) + more
    pool.latest_arrival_on += more
    pool.kept = []  # goods are ready later, and what they were to leave with may have left
    stored = session.get(PoolPlan, pool.id)
    if stored is not None:
        session.delete(stored)
    session.execute(delete(PoolStep).where(PoolStep.pool_id == pool.id, PoolStep.state == StepState.WAITING))
    stay = go = 0
    for order in _orders(session, pool):
        if order.stays_if_extended is False:
            let_go(session, order, now=now, who={})
            telling.left_at_extension(session, pool, order, because, now)
            go += 1
            continue
        stay += 1
        order.needed_by += more
        order.free_to_leave = order.free_to_leave or order.stays_if_extended is None
        for line in session.scalars(select(OrderLine).filter_by(order_id=order.id)):
            line.ready_on += more
        telling.extended(session, pool, order, because, now)
    session.flush()
    telling.hub_extended(session, pool, because, now)
    history.record(session, pool, "extended", now=now, until=pool.closes_at, stay=stay, left=go)
    until = telling.WORDS.day(pool.closes_at)
    return f"Extended until {until}. Orders that stay: {stay}. Orders that left at no cost: {go}."


def takes(session: Session, pool: Pool, now: datetime) -> bool:
    """A listener of `collecting.TAKES_ON`: what is left after a card failed may fill up in an extension."""
    if not can(session, pool):
        return False
    extend(session, pool, "a buyer's card could not be charged", now=now)
    return True


def let_silent_go(session: Session, pool: Pool, *, now: datetime) -> int:
    """In an extended pool that closes, who has not said yes leaves for nothing; how many. The row is held."""
    if pool.extended_at is None:
        return 0
    silent = [order for order in _orders(session, pool) if order.stays_if_extended is None]
    for order in silent:
        let_go(session, order, now=now, who={})
        telling.left_without_word(session, pool, order, now)
    return len(silent)


def say(session: Session, actor: Actor, order_id: UUID, *, stays: bool, now: datetime) -> Order:
    """Whether the order stays in an extension of its pool. No, in a pool that is extended and was not agreed
    to: it leaves for nothing.

    Missing: another buyer's. Refusal: it left, the pool is closed or is never extended, or it agreed before.
    """
    order, pool = own_order(session, actor, order_id)
    pool = get_pool(session, pool.id, lock=True)
    session.refresh(order, with_for_update=True)
    if order.state == OrderState.LEFT:
        raise Refusal("You left this pool: there is nothing to say any more.", code="order-left")
    if order.state != OrderState.JOINED or pool.state != PoolState.OPEN or now >= pool.closes_at:
        raise Refusal("This pool is closed: it is too late to say.", code="pool-closed")
    if not pool.extension_days:
        raise Refusal("This pool is never extended.", code="never-extended")
    if pool.extended_at and order.stays_if_extended and not stays:
        raise Refusal(
            "You agreed to the extension. You can still leave the pool, on the page of your order.",
            code="agreed-already",
        )
    order.stays_if_extended = stays
    order.version += 1
    history.record(session, order, "said to extension", now=now, **actor.who, stays=stays)
    if pool.extended_at:
        order.free_to_leave = order.free_to_leave and not stays
        if not stays:
            let_go(session, order, now=now, who=actor.who)
    session.flush()
    return order


def _orders(session: Session, pool: Pool) -> list[Order]:
    return list(
        session.scalars(
            select(Order)
            .where(Order.pool_id == pool.id, Order.state.in_(IN_POOL))
            .order_by(Order.joined_at, Order.id)
        )
    )

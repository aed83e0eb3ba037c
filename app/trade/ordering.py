"""Use cases of buyers: join, change, leave."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from app import history
from app.catalogue.models import Offer
from app.db import uuid7
from app.errors import Missing, Refusal
from app.permissions import Actor
from app.trade import telling
from app.trade.models import Order, OrderLine, OrderState, Pool
from app.trade.numbers import number_of
from app.trade.pooling import Goods, Lane, Wish, lane_of, problem_of, wishes_in
from app.trade.promises import keep, leaving, quotes_of
from app.trade.quoting import (
    Promised,
    Wanted,
    current_order,
    get_pool,
    lines_of,
    promised,
    refuse_unless_open,
)
from app.trade.sources import Sources


def join(
    session: Session,
    actor: Actor,
    pool_id: UUID,
    wanted: Wanted,
    *,
    now: datetime,
    at_most: int | None = None,
) -> Order:
    """Join a pool with an order. Nothing is charged before the pool closes.

    `at_most`: the worst case that the buyer saw; if it has risen since, nothing is done. Refusal: closed,
    joined already, not enough room. Faulty: see `wish_of`.
    """
    pool = get_pool(session, pool_id, lock=True)
    refuse_unless_open(pool, now)
    if found := current_order(session, pool.id, actor.organisation_id):
        raise Refusal(
            "Your organisation has an order in this pool. Change that one instead.",
            code="joined-already",
            title="You are in this pool already",
            facts={"order_id": found.id},
        )
    _refuse_back(session, pool, actor)
    lock_offers(session, set(wanted.quantities))
    order_id = uuid7(now)
    number = number_of("O", order_id)
    made = promised(session, pool, wanted, now, key=number)
    _refuse_risen(made, at_most)
    order = Order(
        id=order_id,
        number=number,
        pool_id=pool.id,
        organisation_id=actor.organisation_id,
        state=OrderState.JOINED,
        needed_by=made.wish.needed_by,
        goods=made.goods,
        alone=made.alone,
        quote=made.price,
        duty=made.duty,
        terms=terms_of(session, made, now),
        joined_at=now,
        joined_by=actor.person_id,
        version=1,
        stays_if_extended=wanted.stays_if_extended if pool.extended_at is None else True,
    )
    session.add(order)
    session.flush()
    _add_lines(session, order, made.wish, now)
    _take_stock(session, {}, wanted.quantities)
    keep(session, pool, made.promise.quotes, made.promise.problem, made.promise.plan)
    history.record(
        session, order, "joined", now=now, **actor.who, pool=pool.id, goods=made.goods, most=made.most
    )
    return order


def own_order(session: Session, actor: Actor, order_id: UUID) -> tuple[Order, Pool]:
    """Missing: there is none, or it is another buyer's."""
    order = session.get(Order, order_id)
    if order is None or order.organisation_id != actor.organisation_id:
        raise Missing
    return order, session.get_one(Pool, order.pool_id)


def own_open_order(session: Session, actor: Actor, order_id: UUID, now: datetime) -> tuple[Order, Pool]:
    """The order and its pool, both locked, while it can still be changed."""
    order, pool = own_order(session, actor, order_id)
    pool = get_pool(session, pool.id, lock=True)
    session.refresh(order, with_for_update=True)
    refuse_unless_open(pool, now)
    if order.state != OrderState.JOINED:
        raise Refusal("You left this pool. Join again with a new order.", code="order-left")
    return order, pool


def change(
    session: Session,
    actor: Actor,
    order_id: UUID,
    wanted: Wanted,
    *,
    now: datetime,
    at_most: int | None = None,
) -> Order:
    """Ask for other goods or another date instead. The worst case is quoted anew; see `join` for refusals."""
    order, pool = own_open_order(session, actor, order_id, now)
    before = {line.offer_id: line.quantity for line in lines_of(session, order.id)}
    lock_offers(session, set(wanted.quantities) | set(before))
    made = promised(session, pool, wanted, now, replaces=order)
    _refuse_risen(made, at_most)
    session.execute(delete(OrderLine).where(OrderLine.order_id == order.id))
    _add_lines(session, order, made.wish, now)
    order.needed_by, order.goods, order.alone = made.wish.needed_by, made.goods, made.alone
    order.quote, order.duty = made.price, made.duty
    order.terms = terms_of(session, made, now)
    order.version += 1
    if pool.extended_at:  # who orders anew stays
        order.stays_if_extended, order.free_to_leave = True, False
    elif wanted.stays_if_extended is not None:
        order.stays_if_extended = wanted.stays_if_extended
    _take_stock(session, before, wanted.quantities)
    keep(session, pool, made.promise.quotes, made.promise.problem, made.promise.plan)
    history.record(session, order, "changed", now=now, **actor.who, goods=made.goods, most=made.most)
    return order


def leave(
    session: Session, actor: Actor, order_id: UUID, *, now: datetime, at_most: int | None = None
) -> Order:
    """Leave a pool before it closes; what was kept for the order is free again.

    It costs what the others, whose quotes stand, cannot pay without it: at most its own quote, and nothing if
    the pool fails. What even that does not pay makes the pool fail at closing, unless somebody joins: the hub
    is told. `at_most`: what the buyer saw; Refusal: it is more now.
    """
    order, pool = own_open_order(session, actor, order_id, now)
    lane, wishes = _standing(session, pool, now)
    quotes = quotes_of(session, pool)
    made, plan = leaving(lane, wishes, quotes, order.number)
    charge = 0 if order.free_to_leave else made.charge
    if at_most is not None and charge > at_most:
        raise Refusal(
            "Somebody joined, changed or left while you were looking, and leaving costs more now. "
            "Look at the new figure and decide again.",
            code="price-changed",
            title="A price changed",
            facts={"charge": charge, "at_most": at_most},
        )
    order.state, order.left_at, order.leaving_charge = OrderState.LEFT, now, charge
    order.version += 1
    session.flush()
    give_back_stock(session, order.id)
    staying = [wish for wish in wishes if wish.key != order.number]
    uncovered = made.uncovered + made.charge - charge
    after = made.quotes if made.quotes and not uncovered else quotes_of(session, pool)
    pool.kept = []
    if staying:
        keep(session, pool, after, problem_of(lane, staying), plan)
    if uncovered:
        telling.short(session, pool, uncovered, now)
    history.record(session, order, "left", now=now, **actor.who, charge=charge, uncovered=uncovered)
    return order


def leaving_costs(session: Session, order: Order, pool: Pool, now: datetime) -> int:
    """What leaving would cost now, if the pool is planned."""
    lane, wishes = _standing(session, pool, now)
    made, _plan = leaving(lane, wishes, quotes_of(session, pool), order.number)
    return 0 if order.free_to_leave else made.charge


def _standing(session: Session, pool: Pool, now: datetime) -> tuple[Lane, list[Wish]]:
    wishes = wishes_in(session, pool)
    until = max(wish.needed_by for wish in wishes)
    return lane_of(session, pool, until=until, today=now.date()), wishes


def _refuse_back(session: Session, pool: Pool, actor: Actor) -> None:
    """Refusal: it left with a charge, which pays for what the others were promised."""
    owing = session.scalars(
        select(Order).where(
            Order.pool_id == pool.id,
            Order.organisation_id == actor.organisation_id,
            Order.state == OrderState.LEFT,
            Order.leaving_charge > 0,
        )
    ).first()
    if owing is not None:
        raise Refusal(
            "Your organisation left this pool and pays its part of it. Join another pool.",
            code="left-with-charge",
            title="You left this pool",
            facts={"order_id": owing.id},
        )


def let_go(session: Session, order: Order, *, now: datetime, who: Mapping[str, UUID]) -> None:
    """An order of a pool whose row is held leaves for nothing; what was kept for it is free again."""
    give_back_stock(session, order.id)
    order.state, order.left_at, order.leaving_charge = OrderState.LEFT, now, 0
    order.version += 1
    session.flush()
    history.record(session, order, "left", now=now, **who, charge=0)


def give_back_stock(session: Session, order_id: UUID) -> None:
    """What an order had taken can be ordered again."""
    before = {line.offer_id: line.quantity for line in lines_of(session, order_id)}
    lock_offers(session, set(before))
    _take_stock(session, before, {})


def terms_of(session: Session, made: Promised, now: datetime) -> dict[str, Any]:
    """What the buyer accepts, and where each amount comes from: it never changes."""
    sources, alone = Sources(session, made), made.alone_parts
    return {
        "producers": [maker.to_dict() for maker in made.wish.makers.values()],
        "goods": sources.goods(),
        "alone": [part.to_dict() | {"source": sources.of(part, alone)} for part in alone],
        "duties": [each.to_dict() for each in made.duties],
        "duty_alone": made.duty_alone,
        "rates": [
            {"base": rate.base, "rate": str(rate.value), "day": rate.day.isoformat(), "source": rate.source}
            for rate in made.wish.rates.values()
        ],
        "cases": [
            {"offer": str(offer.id), "case_size": offer.case_size, "least_quantity": offer.least_quantity}
            for offer in session.scalars(
                select(Offer).where(Offer.id.in_([goods.offer_id for goods in made.wish.goods]))
            )
        ],
        "quote": made.price,
        "quoted_at": now.isoformat(),
        "buyers": len(made.others) + 1,
        "currency": made.currency,
    }


def _refuse_risen(made: Promised, at_most: int | None) -> None:
    if at_most is not None and made.most > at_most:
        raise Refusal(
            "A price changed while you were looking, and the most you could be charged rose. "
            "Look at the new figures and decide again.",
            code="price-changed",
            title="A price changed",
            facts={"most": made.most, "at_most": at_most},
        )


def _add_lines(session: Session, order: Order, wish: Wish, now: datetime) -> None:
    session.add_all(
        OrderLine(
            order_id=order.id,
            value=goods.value,
            **{name: getattr(goods, name) for name in Goods.__slots__ if name != "id"},
            id=uuid7(now),
        )
        for goods in wish.goods
    )
    session.flush()


def lock_offers(session: Session, ids: set[UUID]) -> dict[UUID, Offer]:
    """Hold the offers' rows, in one order for everybody, so that nobody waits in a ring."""
    rows = session.scalars(
        select(Offer)
        .where(Offer.id.in_(ids))
        .order_by(Offer.id)
        .with_for_update()
        .execution_options(populate_existing=True),
    )
    return {offer.id: offer for offer in rows}


def _take_stock(session: Session, before: Mapping[UUID, int], after: Mapping[UUID, int]) -> None:
    """Count stock down by what is newly ordered, and up by what is not any more. The rows are held."""
    for offer in session.scalars(select(Offer).where(Offer.id.in_(set(before) | set(after)))):
        if offer.stock is not None:
            offer.stock += before.get(offer.id, 0) - after.get(offer.id, 0)
    session.flush()

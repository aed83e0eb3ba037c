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
from app.shipping.models import Service
from app.trade.itemising import Part
from app.trade.models import Order, OrderLine, OrderState, Pool
from app.trade.numbers import number_of
from app.trade.pooling import Goods, Wish
from app.trade.quoting import (
    Wanted,
    WorstCase,
    current_order,
    get_pool,
    lines_of,
    refuse_unless_open,
    worst_case,
)


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
    _lock_offers(session, set(wanted.quantities))
    made = worst_case(session, pool, wanted, now)
    _refuse_risen(made, at_most)
    order_id = uuid7(now)
    order = Order(
        id=order_id,
        number=number_of("O", order_id),
        pool_id=pool.id,
        organisation_id=actor.organisation_id,
        state=OrderState.JOINED,
        needed_by=made.wish.needed_by,
        goods=made.goods,
        alone=made.alone,
        terms=terms_of(session, made),
        joined_at=now,
        joined_by=actor.person_id,
        version=1,
    )
    session.add(order)
    session.flush()
    _add_lines(session, order, made.wish, now)
    _take_stock(session, {}, wanted.quantities)
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


def _own_open_order(session: Session, actor: Actor, order_id: UUID, now: datetime) -> tuple[Order, Pool]:
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
    order, pool = _own_open_order(session, actor, order_id, now)
    before = {line.offer_id: line.quantity for line in lines_of(session, order.id)}
    _lock_offers(session, set(wanted.quantities) | set(before))
    made = worst_case(session, pool, wanted, now, replaces=order)
    _refuse_risen(made, at_most)
    session.execute(delete(OrderLine).where(OrderLine.order_id == order.id))
    _add_lines(session, order, made.wish, now)
    order.needed_by, order.goods, order.alone = made.wish.needed_by, made.goods, made.alone
    order.terms = terms_of(session, made)
    order.version += 1
    _take_stock(session, before, wanted.quantities)
    history.record(session, order, "changed", now=now, **actor.who, goods=made.goods, most=made.most)
    return order


def leave(session: Session, actor: Actor, order_id: UUID, *, now: datetime) -> Order:
    """Leave a pool before it closes. It costs nothing, and what was kept for the order is free again."""
    order, _pool = _own_open_order(session, actor, order_id, now)
    order.state, order.left_at = OrderState.LEFT, now
    order.version += 1
    give_back_stock(session, order.id)
    history.record(session, order, "left", now=now, **actor.who)
    return order


def give_back_stock(session: Session, order_id: UUID) -> None:
    """What an order had taken can be ordered again."""
    before = {line.offer_id: line.quantity for line in lines_of(session, order_id)}
    _lock_offers(session, set(before))
    _take_stock(session, before, {})


def terms_of(session: Session, made: WorstCase) -> dict[str, Any]:
    """What the buyer accepts: each maker's terms, and where each amount of the worst case comes from."""
    codes = {part.payee.key for part in made.alone_parts}
    cards = {card.code: card for card in session.scalars(select(Service).where(Service.code.in_(codes)))}
    makers = {maker.slug: maker for maker in made.wish.makers.values()}

    def source(part: Part) -> str:
        if part.payee.key in makers:
            maker = makers[part.payee.key]
            return f"terms of {maker.name}, stated {maker.stated_at[:10]}"
        if part.payee.key in cards:
            card = cards[part.payee.key]
            return f"rate card {card.code} of {card.carrier}, valid {card.valid_from} to {card.valid_until}"
        return f"the pool's rules, {part.item} at {part.payee.key}"

    return {
        "producers": [maker.to_dict() for maker in made.wish.makers.values()],
        "alone": [part.to_dict() | {"source": source(part)} for part in made.alone_parts],
        "currency": made.currency,
    }


def _refuse_risen(made: WorstCase, at_most: int | None) -> None:
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


def _lock_offers(session: Session, ids: set[UUID]) -> None:
    """Hold the offers' rows, in one order for everybody, so that nobody waits in a ring."""
    session.scalars(
        select(Offer)
        .where(Offer.id.in_(ids))
        .order_by(Offer.id)
        .with_for_update()
        .execution_options(populate_existing=True),
    ).all()


def _take_stock(session: Session, before: Mapping[UUID, int], after: Mapping[UUID, int]) -> None:
    """Count stock down by what is newly ordered, and up by what is not any more. The rows are held."""
    for offer in session.scalars(select(Offer).where(Offer.id.in_(set(before) | set(after)))):
        if offer.stock is not None:
            offer.stock += before.get(offer.id, 0) - after.get(offer.id, 0)
    session.flush()

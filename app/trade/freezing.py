"""A maker that may not sell any more: its lines freeze at once, and nothing is made, shipped or charged for
them.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app import history
from app.catalogue.models import Offer
from app.errors import Faulty, Refusal
from app.organisations.models import Organisation
from app.permissions import Actor
from app.trade import closing, telling
from app.trade.duties import accepted, due_in_all
from app.trade.models import Order, OrderLine, OrderState, Pool, PoolState, PoolStep, StepState
from app.trade.pooling import IN_POOL, Lane, Wish, lane_of, wishes_in
from app.trade.promises import Promise, keep, requoted
from app.trade.quoting import get_pool, lines_of, worst_case_of

LONGEST_REASON: Final = 500


def follow(session: Session, organisation_id: UUID, *, certified: bool, reasons: str, now: datetime) -> None:
    """A listener of `app.audits.standing`: freeze the maker's lines in pools that are not charged yet.

    Of pools that are charged and not confirmed the hub is told: it cancels them, or hears the maker first.
    """
    if certified:
        return
    pools = session.scalars(
        select(Pool.id)
        .join(Order, Order.pool_id == Pool.id)
        .join(OrderLine, OrderLine.order_id == Order.id)
        .where(
            OrderLine.producer_id == organisation_id,
            OrderLine.frozen_because.is_(None),
            Order.state.in_(IN_POOL),
            Pool.state.in_([PoolState.OPEN, PoolState.CLOSING, PoolState.PLANNED]),
        )
        .distinct()
        .order_by(Pool.id)
    ).all()
    maker = session.get_one(Organisation, organisation_id)
    for pool_id in pools:
        pool = get_pool(session, pool_id, lock=True)
        if pool.state == PoolState.PLANNED:
            telling.maker_lost(session, pool, maker.name, reasons, now)
        elif pool.state in {PoolState.OPEN, PoolState.CLOSING}:
            freeze_lines(session, pool, [maker], now=now, who={})


def freeze_lines(
    session: Session, pool: Pool, makers: Sequence[Organisation], *, now: datetime, who: Mapping[str, UUID]
) -> None:
    """Take the goods of these makers out of a pool whose row is held, and quote the rest anew.

    Nobody's quote rises where the old ones pay for what is left. Where they do not, and the pool is open,
    quotes are made anew, never above the cost alone, and whoever pays more than before may leave for
    nothing. In a closing pool they stand, and the step that cannot keep them says so.
    """
    names = ", ".join(sorted(maker.name for maker in makers))
    because = f"{names} may not sell at the moment"
    lines = session.scalars(
        select(OrderLine)
        .join(Order, Order.id == OrderLine.order_id)
        .where(
            Order.pool_id == pool.id,
            Order.state.in_(IN_POOL),
            OrderLine.producer_id.in_([maker.id for maker in makers]),
            OrderLine.frozen_because.is_(None),
        )
        .order_by(OrderLine.id)
    ).all()
    if not lines:
        return
    for line in lines:
        line.frozen_because = because
    give_back(session, lines)
    session.flush()
    touched = {line.order_id for line in lines}
    let_go_empty(session, touched, now=now, who=who)
    wishes = wishes_in(session, pool)
    touched_numbers = set(session.scalars(select(Order.number).where(Order.id.in_(touched))))
    if wishes:
        _quote_rest(session, pool, wishes, touched_numbers, now)
    else:
        pool.kept = []
    session.flush()
    history.record(session, pool, "lines frozen", now=now, **who, makers=names, lines=len(lines))
    for order in session.scalars(select(Order).where(Order.id.in_(touched)).order_by(Order.id)):
        history.record(session, order, "lines frozen", now=now, **who, makers=names, goods=order.goods)
        telling.frozen(session, pool, order, because, now)


def give_back(session: Session, lines: Sequence[OrderLine]) -> None:
    """The pieces of these lines can be ordered again."""
    pieces = {line.offer_id: 0 for line in lines}
    for line in lines:
        pieces[line.offer_id] += line.quantity
    for offer in session.scalars(
        select(Offer).where(Offer.id.in_(pieces)).order_by(Offer.id).with_for_update()
    ):
        if offer.stock is not None:
            offer.stock += pieces[offer.id]


def let_go_empty(session: Session, orders: set[UUID], *, now: datetime, who: Mapping[str, UUID]) -> None:
    """Orders of which nothing is left leave, for nothing."""
    for order in session.scalars(select(Order).where(Order.id.in_(orders)).with_for_update()):
        left = session.scalars(select(OrderLine).filter_by(order_id=order.id, frozen_because=None)).all()
        order.goods = sum(line.value for line in left)
        order.duty = min(order.duty, due_in_all(accepted(order.terms), left, order.quote))
        order.version += 1
        if not left:
            order.state, order.left_at = OrderState.LEFT, now
            history.record(session, order, "left", now=now, **who, charge=0)
    session.flush()


def _quote_rest(session: Session, pool: Pool, wishes: list[Wish], touched: set[str], now: datetime) -> None:
    until = max(wish.needed_by for wish in wishes)
    lane = lane_of(session, pool, until=until, today=min(now.date(), pool.closes_at.date()))
    orders = {
        order.number: order
        for order in session.scalars(
            select(Order).where(Order.pool_id == pool.id, Order.number.in_([wish.key for wish in wishes]))
        )
    }
    for wish in wishes:
        if wish.key in touched:
            _alone_anew(lane, wish, wishes, orders[wish.key])
    alone = {number: order.alone for number, order in orders.items()}
    session.flush()
    if pool.state != PoolState.OPEN:
        closing.plan_again(session, pool, now)
        return
    _requote(session, lane, wishes, orders, alone, now)


def _alone_anew(lane: Lane, wish: Wish, wishes: Sequence[Wish], order: Order) -> None:
    """What the rest of an order costs alone; never more than the whole did."""
    worst = worst_case_of(lane, wish, wishes)
    if worst.alone <= order.alone:
        sources = {part["key"]: part["source"] for part in order.terms["alone"]}
        parts = [
            part.to_dict() | {"source": sources.get(part.payee.key, "the terms and rate cards accepted")}
            for part in worst.alone_parts
        ]
        order.terms = order.terms | {"alone": parts}
        order.alone = worst.alone
    order.quote = min(order.quote, order.alone)


def _requote(
    session: Session,
    lane: Lane,
    wishes: list[Wish],
    orders: Mapping[str, Order],
    alone: Mapping[str, int],
    now: datetime,
) -> None:
    pool = lane.pool
    covered = sum(order.leaving_charge for order in closing.leavers_of(session, pool))
    made: Promise = requoted(lane, wishes, alone, covered)
    before = {number: order.quote for number, order in orders.items()}
    total = made.quotes.total
    if sum(before.values()) + covered >= total:
        pool.kept = []
        keep(session, pool, made.quotes, made.problem, made.plan)
        for number, order in orders.items():
            order.quote = before[number]
        return
    keep(session, pool, made.quotes, made.problem, made.plan)
    for number, order in orders.items():
        if order.quote > before[number]:
            order.free_to_leave = True
            order.duty = due_in_all(accepted(order.terms), lines_of(session, order.id), order.quote)
            telling.quote_rose(session, pool, order, before[number], now)


def override(session: Session, actor: Actor, pool_id: UUID, because: str, *, now: datetime) -> Pool:
    """Go on, for a reason, without the goods of makers that are not certified any more.

    The one failure that a person may override: what buyers were promised, no one may. Faulty: no reason.
    Refusal: another step failed, or none.
    """
    from app.trade.service import own_pool

    pool = own_pool(session, actor, pool_id, lock=True)
    if not because.strip():
        raise Faulty(fields={"because": "Enter the reason. It is kept with the step."})
    if len(because) > LONGEST_REASON:
        raise Faulty(fields={"because": f"Use at most {LONGEST_REASON} characters."})
    step = session.scalars(
        select(PoolStep).filter_by(pool_id=pool.id, state=StepState.FAILED).with_for_update()
    ).one_or_none()
    gone = closing.uncertified_in(session, pool, now)
    if step is None or step.name != "lock" or not gone:
        raise Refusal(
            "Only a pool that waits for a maker's certificate can go on without that maker. What buyers were "
            "promised is never overridden.",
            code="cannot-override",
            title="This cannot be overridden",
        )
    freeze_lines(session, pool, gone, now=now, who=actor.who)
    step.state, step.overridden_because = StepState.WAITING, because.strip()
    history.record(session, pool, f"step {step.name} overridden", now=now, **actor.who, because=because)
    closing.ask_for_steps(session, pool.id)
    return pool

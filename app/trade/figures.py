"""What a pool's page says: minimums, room, the price as buyers join, the road, and one's own order."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.audits.models import Certificate
from app.audits.service import latest_certificates
from app.exchange.service import NoRate
from app.organisations.models import Organisation
from app.trade.itemising import Item, Part, by_item
from app.trade.models import Charge, Order, OrderState, Pool, PoolPlan, PoolState
from app.trade.pooling import (
    POINT_SECONDS,
    Lane,
    MakerTerms,
    Wish,
    lane_of,
    planned_now,
    pooled_now,
    problem_of,
    wishes_in,
)
from app.trade.quoting import Quote, Trip, offers_in, rate_into, standing_quote, trips_of
from logistics import InvalidInput, QuotesCannotBeKept

MOST_POINTS: Final = 10
POINTS_OF_MANY: Final = 5
"""Points of the curve of a pool with more buyers than `MOST_POINTS`: each is a plan to be made."""
SHARED_UP_TO: Final = 40
"""Buyers up to whom the curve is one order's own share; above, the average, which costs less to compute."""


@dataclass(frozen=True, slots=True)
class MakerFigures:
    """How far one producer's minimum is reached, and by which right it sells."""

    maker: MakerTerms
    ordered: int
    place: str
    country: str
    certificate: Certificate | None

    @property
    def missing(self) -> int:
        return max(self.maker.minimum_order - self.ordered, 0)

    @property
    def scale(self) -> int:
        """Where the bar ends: some room over the greater of the two."""
        return max(self.maker.minimum_order, self.ordered, 1) * 5 // 4


@dataclass(frozen=True, slots=True)
class Point:
    """What one order's shipping costs with so many buyers."""

    buyers: int
    amount: int
    today: bool


@dataclass(frozen=True, slots=True)
class Comparison:
    """One row of an order: an item alone and in the pool."""

    item: Item
    alone: int
    pooled: int


@dataclass(frozen=True, slots=True)
class PoolFigures:
    """Everything that a pool's page shows beside its own row."""

    lane: Lane
    makers: tuple[MakerFigures, ...]
    buyers: int
    value: int
    weight_g: int
    volume_cm3: int
    total: int | None  # shipping of all orders, as the pool stands or as it was planned
    alone: int  # the same, each alone
    curve: tuple[Point, ...]
    curve_alone: int
    departs_on: date | None
    arrives_on: date | None
    planned: bool
    own: Order | None
    own_charge: Charge | None
    own_quote: Quote | None


def figures_of(session: Session, pool: Pool, organisation_id: UUID | None, now: datetime) -> PoolFigures:
    """For a page. `organisation_id`: who looks, to show its own order; never anybody else's."""
    wishes = wishes_in(session, pool)
    own, charge = _own(session, pool, organisation_id)
    until = max([pool.latest_arrival_on, *(wish.needed_by for wish in wishes)])
    today = now.date() if pool.state == PoolState.OPEN else pool.closes_at.date()
    lane = lane_of(session, pool, until=until, today=today)
    stored = session.get(PoolPlan, pool.id) if pool.closed_at else None
    mine = next((wish for wish in wishes if own and wish.key == own.number), None)
    total, trips = _standing(session, lane, wishes, stored)
    curve = _curve(lane, wishes, mine) if pool.state == PoolState.OPEN else ()
    alone = [wish.alone or 0 for wish in wishes]
    leaving = [trip.departs_on for trip in trips if trip.departs_on]
    arriving = [trip.arrives_on for trip in trips if trip.arrives_on]
    return PoolFigures(
        lane=lane,
        makers=_makers(session, pool, wishes, now.date()),
        buyers=len(wishes),
        value=sum(wish.value for wish in wishes),
        weight_g=sum(wish.weight_g for wish in wishes),
        volume_cm3=sum(wish.volume_cm3 for wish in wishes),
        total=total,
        alone=sum(alone),
        curve=curve,
        curve_alone=(mine.alone or 0) if mine else _rounded(sum(alone), len(alone)),
        departs_on=min(leaving, default=None),
        arrives_on=max(arriving, default=None),
        own=own,
        planned=stored is not None and stored.plan is not None,
        own_charge=charge if pool.closed_at else None,
        own_quote=standing_quote(lane, wishes, own)
        if own and mine and pool.state == PoolState.OPEN
        else None,
    )


def _own(
    session: Session, pool: Pool, organisation_id: UUID | None
) -> tuple[Order, Charge | None] | tuple[None, None]:
    """The order of who looks, if it is in the pool, and its charge."""
    row = session.execute(
        select(Order, Charge)
        .outerjoin(Charge, Charge.order_id == Order.id)
        .where(
            Order.pool_id == pool.id,
            Order.organisation_id == organisation_id,
            Order.state != OrderState.LEFT,
        )
    ).one_or_none()
    return (row[0], row[1]) if row else (None, None)


def _standing(
    session: Session, lane: Lane, wishes: Sequence[Wish], stored: PoolPlan | None
) -> tuple[int | None, tuple[Trip, ...]]:
    """The total and the trips: as planned, else as the pool would be planned now."""
    if not wishes:
        return None, ()
    if stored is not None and stored.plan is not None:
        from app.planning.travelling import travels

        problem, planned, given_back = travels(session, stored)
        total = (stored.total or 0) - given_back
    else:
        try:
            problem = problem_of(lane, wishes)
            planned = planned_now(problem)
        except InvalidInput:
            return None, ()
        total = planned.total
    trips = [trip for wish in wishes for trip in trips_of(problem, planned.assignments, wish.key)]
    return total, tuple(trips)


def _curve(lane: Lane, wishes: Sequence[Wish], mine: Wish | None) -> tuple[Point, ...]:
    """What one order costs with 1, 2, ... buyers: the viewer's own where it has one, else the average."""
    ordered = [mine, *(wish for wish in wishes if wish is not mine)] if mine else list(wishes)
    points: list[Point] = []
    for count in _counts(len(ordered)):
        problem = problem_of(lane, ordered[:count])
        try:
            if mine and count <= SHARED_UP_TO:
                quotes = tuple((wish.key, wish.alone or 0) for wish in ordered[:count])
                amount = pooled_now(problem, quotes, POINT_SECONDS).sharing.amounts[mine.key]
            else:
                amount = _rounded(planned_now(problem, POINT_SECONDS).total, count)
        except (InvalidInput, QuotesCannotBeKept):
            continue
        points.append(Point(count, amount, count == len(ordered)))
    return tuple(points)


def _counts(buyers: int) -> list[int]:
    """A few numbers of buyers, the first and the last among them."""
    if buyers <= MOST_POINTS:
        return list(range(1, buyers + 1))
    last = POINTS_OF_MANY - 1
    return [1 + (buyers - 1) * at // last for at in range(POINTS_OF_MANY)]


def _rounded(total: int, parts: int) -> int:
    return (2 * total + parts) // (2 * parts) if parts else 0


def _makers(session: Session, pool: Pool, wishes: Sequence[Wish], today: date) -> tuple[MakerFigures, ...]:
    """Producers with orders first, then those whose offers can be ordered."""
    terms: dict[UUID, MakerTerms] = {}
    ordered: dict[UUID, int] = {}
    for wish in wishes:
        terms = {**wish.makers, **terms}
        for goods in wish.goods:
            ordered[goods.producer_id] = ordered.get(goods.producer_id, 0) + goods.value
    organisations: dict[UUID, Organisation] = {}
    if pool.state == PoolState.OPEN:
        for _offer, said, maker in offers_in(session, pool, today):
            if maker.id not in terms:
                try:
                    rate = rate_into(session, said.currency, pool, today)
                except NoRate:
                    continue  # what cannot be exchanged cannot be ordered yet
                terms[maker.id] = MakerTerms.of(said, maker, rate)
            organisations[maker.id] = maker
    missing = set(terms) - set(organisations)
    if missing:
        rows = session.scalars(select(Organisation).where(Organisation.id.in_(missing)))
        organisations |= {row.id: row for row in rows}
    certificates = latest_certificates(session, set(terms))
    found = [
        MakerFigures(
            maker=maker,
            ordered=ordered.get(maker.id, 0),
            place=organisations[maker.id].place,
            country=organisations[maker.id].country,
            certificate=certificates.get(maker.id),
        )
        for maker in terms.values()
    ]
    return tuple(sorted(found, key=lambda each: (-each.ordered, each.maker.name)))


def comparison(
    goods: int, alone: Sequence[Part], pooled: Sequence[Part], duty: tuple[int, int] | None = None
) -> list[Comparison]:
    """An order item by item. Shipping from the maker's door and freight in a pool stand in one row.

    `duty`: alone and pooled; it has a row even where it is 0, unless it was never asked for.
    """
    sides = [by_item(alone), by_item(pooled)]
    for side in sides:
        side[Item.FREIGHT] = side.get(Item.FREIGHT, 0) + side.pop(Item.DIRECT, 0)
    if duty is not None:
        sides[0][Item.DUTY], sides[1][Item.DUTY] = duty
    rows = [Comparison(Item.GOODS, goods, goods)]
    rows += [
        Comparison(item, sides[0].get(item, 0), sides[1].get(item, 0))
        for item in Item
        if item != Item.GOODS
        and (any(side.get(item) for side in sides) or (item == Item.DUTY and duty is not None))
    ]
    return rows


def charge_comparison(charge: Charge) -> list[Comparison]:
    """The same for an order that is charged."""
    alone, pooled = ([Part.from_dict(part) for part in charge.items[side]] for side in ("alone", "pooled"))
    duties = charge.items.get("duties")
    duty = (charge.items.get("duty_alone", 0), charge.duty) if duties else None
    return comparison(charge.goods, alone, pooled, duty)


def quote_comparison(made: Quote) -> list[Comparison]:
    """The same for a quote, in its pool as it stands."""
    duty = (made.duty_alone, made.duty_pooled) if made.duties else None
    return comparison(made.goods, made.alone_parts, made.pooled_parts, duty)


def trips_in_plan(session: Session, order: Order) -> tuple[Trip, ...]:
    """How an order's consignments travel, once its pool is planned."""
    from app.planning.travelling import travels

    stored = session.get(PoolPlan, order.pool_id)
    if stored is None or stored.plan is None:
        return ()
    problem, planned, _ = travels(session, stored)
    return trips_of(problem, planned.assignments, order.number)


def left_of(closes_at: datetime, now: datetime) -> timedelta:
    """Time until a pool closes, never below 0."""
    return max(closes_at - now, timedelta())

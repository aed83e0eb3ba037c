"""What a producer prepares, by pool and order."""

from dataclasses import dataclass, field
from datetime import date
from typing import Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.organisations.models import Organisation
from app.planning.travelling import travels
from app.shipping.models import Hub
from app.trade.models import Order, OrderLine, Pool, PoolPlan
from app.trade.pooling import IN_POOL, MakerTerms
from app.trade.quoting import Trip, trips_of
from logistics.customs import (
    UnknownDestination,
    cited_tariff,
    destination_of,
    papers_for,
    tidy,
    within_union,
)

MOST_LINES: Final = 2000


@dataclass
class ToPrepare:
    """A producer's goods in one pool, by the day on which they are to be ready."""

    pool: Pool
    destination: Hub
    terms: MakerTerms
    country: str  # of the maker
    lines: list[tuple[OrderLine, str]] = field(default_factory=list)  # with the order's number
    trips: dict[str, Trip] = field(default_factory=dict)  # by order's number, once the pool is planned
    programmes: tuple[str, ...] = ()  # of preference, which name the maker's country and hold at arrival

    @property
    def papers(self) -> list[str]:
        """What these goods need on this lane, in plain words; none within one customs territory."""
        try:
            into = destination_of(self.destination.country)
        except UnknownDestination:
            return []
        found: dict[str, None] = {}
        for line, _number in self.lines:
            if within_union(self.country, self.destination.country):
                continue
            papers = papers_for(into, tidy(line.hs_code), wants_proof=bool(self.programmes))
            found |= dict.fromkeys(papers)
        return list(found)

    @property
    def value(self) -> int:
        return sum(line.value for line, _ in self.lines)


def to_prepare(session: Session, producer_id: UUID) -> list[ToPrepare]:
    """The newest pools first. Buyers are known by the numbers of their orders."""
    rows = session.execute(
        select(OrderLine, Order, Pool, Hub)
        .join(Order, Order.id == OrderLine.order_id)
        .join(Pool, Pool.id == Order.pool_id)
        .join(Hub, Hub.id == Pool.hub_id)
        .where(
            OrderLine.producer_id == producer_id, Order.state.in_(IN_POOL), OrderLine.frozen_because.is_(None)
        )
        .order_by(Pool.closes_at.desc(), OrderLine.ready_on, Order.number, OrderLine.title)
        .limit(MOST_LINES),
    )
    country = session.get_one(Organisation, producer_id).country
    pools: dict[UUID, ToPrepare] = {}
    for line, order, pool, hub in rows:
        if pool.id not in pools:
            own = (MakerTerms.from_dict(stored) for stored in order.terms["producers"])
            pools[pool.id] = ToPrepare(
                pool,
                hub,
                next(terms for terms in own if terms.id == producer_id),
                country,
                programmes=_programmes(hub.country, country, pool.latest_arrival_on),
            )
        pools[pool.id].lines.append((line, order.number))
    for stored in session.scalars(select(PoolPlan).where(PoolPlan.pool_id.in_(pools))):
        if stored.plan is None:
            continue
        shown = pools[stored.pool_id]
        problem, planned, _ = travels(session, stored)
        shown.trips = {
            number: trip
            for number in {number for _, number in shown.lines}
            for trip in trips_of(problem, planned.assignments, number)
            if trip.producer == shown.terms.slug
        }
    return list(pools.values())


def _programmes(to: str, origin: str, on: date) -> tuple[str, ...]:
    """Names of the preferences that goods of a country may have there on a day."""
    try:
        into = destination_of(to)
    except UnknownDestination:
        return ()
    return tuple(each.name for each in cited_tariff().programmes_for(into, origin) if each.holds(on))

"""A pool as the engine sees it: from rows to a pooling problem, to a plan and its split."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction
from functools import lru_cache
from itertools import groupby
from typing import Any, Final, Self
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.catalogue.models import Terms
from app.exchange.service import Rate
from app.organisations.models import Organisation
from app.shipping.models import Hub, Sailing, Service
from app.shipping.service import usable_sailings
from app.trade.models import Order, OrderLine, OrderState, Pool
from logistics import Plan, Problem, Sharing, StandAlone, plan, share, stand_alone

IN_POOL: Final = (OrderState.JOINED, OrderState.PLANNED, OrderState.PAID, OrderState.DELIVERED)
PAGE_SECONDS: Final = 0.25
"""What a page may search for one figure; the plan itself is made by a job that takes its time."""
POINT_SECONDS: Final = 0.03
"""The same for one point of a curve."""


@dataclass(frozen=True, slots=True)
class MakerTerms:
    """A producer's terms as an order accepted them, in minor units of the pool's currency."""

    id: UUID
    slug: str
    name: str
    minimum_order: int
    small_order_fee: int
    direct_customs: int
    direct_shipping: int
    stated_at: str  # ISO 8601
    currency: str = ""  # the maker's own, where it is not the pool's
    rate: str = ""  # units of the pool's currency for one of the maker's, as a fraction
    rate_day: str = ""
    rate_source: str = ""

    @property
    def direct(self) -> int:
        """Shipping one consignment alone."""
        return self.direct_customs + self.direct_shipping

    @classmethod
    def of(cls, terms: Terms, maker: Organisation, rate: Rate | None = None) -> Self:
        """`rate`: into the pool's currency, where the maker states its terms in another. Every amount is
        rounded up: the maker gets no less than it asks for.
        """

        def here(amount: int) -> int:
            return rate.convert(amount, "up") if rate else amount

        return cls(
            maker.id,
            maker.slug,
            maker.name,
            here(terms.minimum_order),
            here(terms.small_order_fee),
            here(terms.direct_customs),
            here(terms.direct_shipping),
            terms.updated_at.isoformat(),
            terms.currency if rate else "",
            str(rate.value) if rate else "",
            rate.day.isoformat() if rate else "",
            rate.source if rate else "",
        )

    def in_own(self, amount: int, currency: str) -> int:
        """`amount` of the pool's `currency` in the maker's own, rounded up."""
        back = Rate(currency, self.currency, 1 / Fraction(self.rate), date.min, self.rate_source)
        return back.convert(amount, "up")

    @classmethod
    def from_dict(cls, stored: Mapping[str, Any]) -> Self:
        return cls(**{**stored, "id": UUID(stored["id"])})

    def to_dict(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in self.__slots__ if name != "id"} | {"id": str(self.id)}


@dataclass(frozen=True, slots=True)
class Goods:
    """Some pieces of one offer, weighed and priced: an order line before or after it is stored."""

    offer_id: UUID
    producer_id: UUID
    title: str
    unit: str
    quantity: int
    unit_price: int
    weight_g: int
    volume_cm3: int
    hs_code: str
    cargo_class: str
    ready_on: date
    id: UUID | None = None
    sold_in: str | None = None  # the maker's own currency, where it is not the pool's
    sold_at: int | None = None  # the unit price in it
    least: int | None = None  # of a range, of which `quantity` is the most until the pool closes
    most: int | None = None

    @property
    def value(self) -> int:
        """Ex works."""
        return self.quantity * self.unit_price

    @classmethod
    def of(cls, line: OrderLine) -> Self:
        return cls(**{name: getattr(line, name) for name in cls.__slots__})


@dataclass(frozen=True, slots=True)
class Wish:
    """One order as values: `key` stands for the buyer in the problem."""

    key: str
    needed_by: date
    goods: tuple[Goods, ...]
    makers: Mapping[UUID, MakerTerms]
    most: int | None = None  # of shipping, as promised
    alone: int | None = None  # of shipping, as accepted
    rates: Mapping[str, Rate] = field(default_factory=dict)  # of a new order, by the maker's currency

    @property
    def value(self) -> int:
        return sum(each.value for each in self.goods)

    @property
    def weight_g(self) -> int:
        return sum(each.weight_g for each in self.goods)

    @property
    def volume_cm3(self) -> int:
        return sum(each.volume_cm3 for each in self.goods)

    @classmethod
    def of(cls, order: Order, lines: Sequence[OrderLine]) -> Self:
        makers = [MakerTerms.from_dict(stored) for stored in order.terms["producers"]]
        return cls(
            order.number,
            order.needed_by,
            tuple(Goods.of(line) for line in lines),
            {maker.id: maker for maker in makers},
            order.quote,
            order.alone,
        )

    def consignments(self) -> list["Consignment"]:
        """The goods of one producer in one cargo class travel as one."""

        def place(goods: Goods) -> tuple[str, str]:
            return self.makers[goods.producer_id].slug, goods.cargo_class

        return [
            Consignment(f"{self.key}.{number}", self, tuple(goods))
            for number, (_, goods) in enumerate(groupby(sorted(self.goods, key=place), key=place), start=1)
        ]


@dataclass(frozen=True, slots=True)
class Consignment:
    """A line of the pooling problem."""

    id: str
    wish: Wish
    goods: tuple[Goods, ...]

    @property
    def maker(self) -> MakerTerms:
        return self.wish.makers[self.goods[0].producer_id]

    @property
    def value(self) -> int:
        return sum(each.value for each in self.goods)

    @property
    def ready_on(self) -> date:
        return max(each.ready_on for each in self.goods)

    def line(self, start: date, destination: str) -> dict[str, Any]:
        """As a member of a problem's `lines`."""
        return {
            "id": self.id,
            "buyer": self.wish.key,
            "producer": self.maker.slug,
            "destination": destination,
            "class": self.goods[0].cargo_class,
            "value": self.value,
            "weight_g": sum(each.weight_g for each in self.goods),
            "volume_cm3": sum(each.volume_cm3 for each in self.goods),
            "ready": (self.ready_on - start).days,
            "due": (self.wish.needed_by - start).days,
            "direct_cost": self.maker.direct,
        }


@dataclass(frozen=True, slots=True)
class Lane:
    """A pool's way, and what can be booked on it."""

    pool: Pool
    origin: Hub
    destination: Hub
    sailings: tuple[tuple[Service, Sailing], ...]

    @property
    def start(self) -> date:
        """Day 0. Not moved by closing earlier: what was promised at joining holds."""
        return self.pool.closes_at.date()

    @property
    def fixed(self) -> dict[str, Mapping[str, Mapping[str, int]]]:
        """What the fixed sums of each rate card are for, by its code."""
        return {row.code: row.fixed for row, _ in self.sailings}

    def carrier(self, service: str) -> str:
        """The carrier's name, by the code of its service."""
        return next((row.carrier for row, _ in self.sailings if row.code == service), service)


def lane_of(session: Session, pool: Pool, *, until: date, today: date) -> Lane:
    """The departures that goods of the pool could still take, to arrive on `until` at the latest."""
    start = max(pool.closes_at.date(), today)
    sailings = usable_sailings(
        session, pool.origin_id, pool.hub_id, from_day=start, until_day=until, currency=pool.currency
    )
    ends = session.scalars(select(Hub).where(Hub.id.in_([pool.origin_id, pool.hub_id])))
    hubs = {hub.id: hub for hub in ends}
    return Lane(pool, hubs[pool.origin_id], hubs[pool.hub_id], tuple(sailings))


def wishes_in(session: Session, pool: Pool, *, without: UUID | None = None) -> list[Wish]:
    """The orders in a pool, the first to join first."""
    orders = session.scalars(
        select(Order)
        .where(Order.pool_id == pool.id, Order.state.in_(IN_POOL))
        .order_by(Order.joined_at, Order.id),
    ).all()
    lines = session.scalars(
        select(OrderLine)
        .where(OrderLine.order_id.in_([order.id for order in orders]), OrderLine.frozen_because.is_(None))
        .order_by(OrderLine.id),
    ).all()
    by_order: dict[UUID, list[OrderLine]] = {order.id: [] for order in orders}
    for line in lines:
        by_order[line.order_id].append(line)
    return [Wish.of(order, by_order[order.id]) for order in orders if order.id != without]


def problem_of(lane: Lane, wishes: Iterable[Wish]) -> Problem:
    """The pooling problem of these orders on this lane, by way of its published form.

    A producer's terms are those that the first order with its goods accepted: they hold for the pool.
    """
    wishes = list(wishes)
    makers: dict[UUID, MakerTerms] = {}
    for wish in wishes:
        makers = {**wish.makers, **makers}
    used = {goods.producer_id for wish in wishes for goods in wish.goods}
    by_service: dict[str, list[tuple[Service, Sailing]]] = {}
    for service, sailing in lane.sailings:
        by_service.setdefault(service.code, []).append((service, sailing))
    hubs = (lane.origin, lane.destination)
    return Problem.from_dict(
        {
            "format": "fairhaul-pooling/1",
            "name": lane.pool.number,
            "currency": lane.pool.currency,
            "start": lane.start.isoformat(),
            "wait_cost_ppm_per_day": lane.pool.wait_cost_ppm_per_day,
            "hubs": [{"id": hub.code, "name": hub.name} for hub in hubs],
            "producers": [
                {
                    "id": maker.slug,
                    "name": maker.name,
                    "hub": lane.origin.code,
                    "minimum_order": maker.minimum_order,
                    "small_order_fee": maker.small_order_fee,
                }
                for maker in sorted(makers.values(), key=lambda maker: maker.slug)
                if maker.id in used
            ],
            "services": [_service(lane, by_service[code]) for code in sorted(by_service)],
            "lines": [
                consignment.line(lane.start, lane.destination.code)
                for wish in wishes
                for consignment in wish.consignments()
            ],
        }
    )


def _service(lane: Lane, rows: list[tuple[Service, Sailing]]) -> dict[str, Any]:
    service = rows[0][0]
    return {
        "id": service.code,
        "mode": service.mode,
        "origin": lane.origin.code,
        "destination": lane.destination.code,
        "classes": list(service.classes),
        "departures": [_departure(sailing, lane.start) for _, sailing in rows],
        "tariff": service.tariff,
    }


def _departure(sailing: Sailing, start: date) -> dict[str, int]:
    limits = {"capacity_g": sailing.capacity_g, "capacity_cm3": sailing.capacity_cm3}
    return {
        "day": (sailing.departs_on - start).days,
        "arrives": (sailing.arrives_on - start).days,
    } | {name: limit for name, limit in limits.items() if limit is not None}


@dataclass(frozen=True, slots=True)
class Pooled:
    """A problem planned and split for a page: what each would pay if the pool closed now."""

    plan: Plan
    sharing: Sharing


@lru_cache(maxsize=512)
def planned_now(problem: Problem, seconds: float = PAGE_SECONDS) -> Plan:
    """A quick plan. The same problem is planned once: a pool's figures change with its orders alone."""
    return plan(problem, seconds=seconds, bound_seconds=0.0)


@lru_cache(maxsize=512)
def pooled_now(
    problem: Problem, quotes: tuple[tuple[str, int], ...], seconds: float = PAGE_SECONDS
) -> Pooled:
    """A quick plan and its split, nobody above its quote."""
    planned = planned_now(problem, seconds)
    return Pooled(planned, share(problem, planned, quotes=dict(quotes), alone=planned.alone, seconds=seconds))


@lru_cache(maxsize=512)
def alone_now(problem: Problem) -> StandAlone:
    """The cheapest way of a problem with one buyer."""
    (only,) = stand_alone(problem).values()
    return only

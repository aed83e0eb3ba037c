"""What a buyer's orders of one year came to: goods, makers, money, savings and emissions.

Counted are orders that are paid, in the year (UTC) in which their pool closed. Every amount is of a charge;
amounts of different currencies are never added.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from fractions import Fraction
from typing import Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.organisations.models import Organisation
from app.planning.models import OrderRebate
from app.shipping.journeys import journey
from app.shipping.models import ShipmentLine
from app.stories.emissions import of_shipment
from app.trade.models import Charge, Order, OrderLine, OrderState, Pool
from logistics.emissions import LegEmissions

COUNTED: Final = (OrderState.PAID, OrderState.DELIVERED)


@dataclass(frozen=True, slots=True)
class Bought:
    """One line of a paid order. `co2e_g` None: it travelled in no shipment that is known here."""

    order: str
    pool: str
    closed_on: date
    maker: str
    country: str
    title: str
    hs_code: str
    quantity: int
    unit: str
    weight_g: int
    volume_cm3: int
    value: int
    currency: str
    co2e_g: int | None


@dataclass(frozen=True, slots=True)
class Money:
    """All charges in one currency, in minor units."""

    currency: str
    goods: int  # ex works: what makers ask for them
    shipping: int  # as charged, less what came back because the pool travelled with others
    duty: int  # as charged, less what customs did not ask
    alone: int  # shipping and duty of the same orders alone

    @property
    def paid(self) -> int:
        return self.goods + self.shipping + self.duty

    @property
    def saved(self) -> int:
        """By pooling, against each order alone."""
        return self.alone - self.shipping - self.duty

    @property
    def share(self) -> Fraction:
        """Of what was paid, the part that is the makers' own price."""
        return Fraction(self.goods, self.paid) if self.paid else Fraction(0)


@dataclass(frozen=True, slots=True)
class Maker:
    """What was bought from one maker in one currency."""

    name: str
    slug: str
    country: str
    orders: int
    weight_g: int
    value: int
    currency: str


@dataclass(frozen=True, slots=True)
class Buying:
    """The report. `years`: in which there is something, the newest first."""

    organisation: str
    year: int
    years: tuple[int, ...]
    orders: int
    pools: int
    lines: tuple[Bought, ...] = ()
    money: tuple[Money, ...] = ()
    makers: tuple[Maker, ...] = ()
    legs: tuple[LegEmissions, ...] = field(default=())
    latest: datetime | None = None  # when the newest of it was charged or paid

    @property
    def weight_g(self) -> int:
        return sum(line.weight_g for line in self.lines)

    @property
    def volume_cm3(self) -> int:
        return sum(line.volume_cm3 for line in self.lines)

    @property
    def co2e_g(self) -> int:
        return sum(line.co2e_g or 0 for line in self.lines)

    @property
    def unknown_g(self) -> int:
        """Weight of goods whose emissions are not known: makers sent them directly, or they wait."""
        return sum(line.weight_g for line in self.lines if line.co2e_g is None)


def buying(session: Session, organisation_id: UUID, year: int | None, *, today: date) -> Buying:
    """`year` None: the newest in which there is something, else this one."""
    rows = session.execute(
        select(Order, Charge, Pool)
        .join(Charge, Charge.order_id == Order.id)
        .join(Pool, Pool.id == Order.pool_id)
        .where(
            Order.organisation_id == organisation_id,
            Order.state.in_(COUNTED),
            Pool.closed_at.is_not(None),
        )
        .order_by(Pool.closed_at, Order.id)
    ).all()
    by_year: dict[int, list[tuple[Order, Charge, Pool]]] = {}
    for order, charge, pool in rows:
        by_year.setdefault(_closed(pool).year, []).append((order, charge, pool))
    years = tuple(sorted(by_year, reverse=True))
    wanted = year or (years[0] if years else today.year)
    name = session.get_one(Organisation, organisation_id).name
    found = by_year.get(wanted, [])
    if not found:
        return Buying(name, wanted, years, 0, 0)
    grams, legs = _emissions(session, [order.id for order, _, _ in found])
    lines = _lines(session, found, grams)
    paid = [charge.paid_at for _, charge, _ in found if charge.paid_at]
    return Buying(
        organisation=name,
        year=wanted,
        years=years,
        orders=len(found),
        pools=len({pool.id for _, _, pool in found}),
        lines=tuple(bought for _, bought in lines),
        money=_money(session, [charge for _, charge, _ in found]),
        makers=_makers(lines),
        legs=legs,
        latest=max(paid, default=None),
    )


def _closed(pool: Pool) -> datetime:
    assert pool.closed_at is not None
    return pool.closed_at


def _emissions(session: Session, orders: Sequence[UUID]) -> tuple[dict[UUID, int], tuple[LegEmissions, ...]]:
    """Grams of CO2e of each order line that travelled in a shipment, and the legs of those shipments."""
    shipments = session.scalars(
        select(ShipmentLine.shipment_id)
        .join(OrderLine, OrderLine.id == ShipmentLine.order_line_id)
        .where(OrderLine.order_id.in_(orders))
        .distinct()
        .order_by(ShipmentLine.shipment_id)
    ).all()
    grams: dict[UUID, int] = {}
    legs: list[LegEmissions] = []
    for shipment in shipments:
        made = of_shipment(session, journey(session, shipment))
        if made is None:
            continue
        shares = made.made.shares
        legs += made.made.legs
        for line, order in made.lines:
            if order.id in set(orders):
                grams[line.id] = grams.get(line.id, 0) + shares[str(line.id)]
    return grams, tuple(legs)


def _lines(
    session: Session, found: Sequence[tuple[Order, Charge, Pool]], grams: Mapping[UUID, int]
) -> list[tuple[Organisation, Bought]]:
    """With the maker of each; the first order first."""
    of = {order.id: (order, charge, pool) for order, charge, pool in found}
    rows = session.execute(
        select(OrderLine, Organisation)
        .join(Organisation, Organisation.id == OrderLine.producer_id)
        .where(OrderLine.order_id.in_(of), OrderLine.frozen_because.is_(None))
        .order_by(OrderLine.order_id, OrderLine.title, OrderLine.id)
    )
    made: list[tuple[Organisation, Bought]] = []
    for line, maker in rows:
        order, charge, pool = of[line.order_id]
        bought = Bought(
            order=order.number,
            pool=pool.number,
            closed_on=_closed(pool).date(),
            maker=maker.name,
            country=maker.country,
            title=line.title,
            hs_code=line.hs_code,
            quantity=line.quantity,
            unit=line.unit,
            weight_g=line.weight_g,
            volume_cm3=line.volume_cm3,
            value=line.value,
            currency=charge.currency,
            co2e_g=grams.get(line.id),
        )
        made.append((maker, bought))
    return made


def _money(session: Session, charges: Sequence[Charge]) -> tuple[Money, ...]:
    """By currency, the greatest first."""
    came_back = select(OrderRebate).where(OrderRebate.order_id.in_([charge.order_id for charge in charges]))
    rebates = {each.order_id: each.amount for each in session.scalars(came_back)}
    sums: dict[str, Money] = {}
    for charge in charges:
        duty = charge.duty if charge.duty_assessed is None else charge.duty_assessed
        before = sums.get(charge.currency, Money(charge.currency, 0, 0, 0, 0))
        sums[charge.currency] = Money(
            charge.currency,
            before.goods + charge.goods,
            before.shipping + charge.shipping - rebates.get(charge.order_id, 0),
            before.duty + duty,
            before.alone + charge.alone + charge.items.get("duty_alone", 0),
        )
    return tuple(sorted(sums.values(), key=lambda each: (-each.paid, each.currency)))


def _makers(lines: Sequence[tuple[Organisation, Bought]]) -> tuple[Maker, ...]:
    """By maker and currency, the greatest first."""
    sums: dict[tuple[str, str], tuple[Organisation, set[str], int, int]] = {}
    for maker, bought in lines:
        _, orders, weight, value = sums.get((maker.slug, bought.currency), (maker, set[str](), 0, 0))
        sums[maker.slug, bought.currency] = (
            maker,
            orders | {bought.order},
            weight + bought.weight_g,
            value + bought.value,
        )
    found = [
        Maker(maker.name, maker.slug, maker.country, len(orders), weight, value, currency)
        for (_, currency), (maker, orders, weight, value) in sums.items()
    ]
    return tuple(sorted(found, key=lambda each: (each.currency, -each.value, each.slug)))

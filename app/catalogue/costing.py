"""The price calculator: what goods cost their maker, the floor that follows, and a price not below it."""

from dataclasses import dataclass, fields, replace
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction
from typing import Final
from uuid import UUID

from sqlalchemy.orm import Session

from app import history
from app.catalogue.models import Costing, Offer
from app.catalogue.service import CURRENCIES, LARGEST_AMOUNT, LARGEST_COUNT, Stale, own_offer, too_low
from app.errors import Faulty
from app.exchange import service as exchange
from app.exchange.service import Rate
from app.permissions import Actor
from certification.fair_price import PPM, Costs, Floor, PriceParts, floor, parts

LOCAL_CURRENCIES: Final = (
    *CURRENCIES,
    *("BDT", "BOB", "BRL", "COP", "ETB", "GHS", "GTQ", "HNL", "IDR", "INR", "KES", "KHR", "LKR", "MAD"),
    *("MGA", "MXN", "MZN", "NIO", "NPR", "PEN", "PHP", "PKR", "PYG", "RWF", "THB", "TZS", "UGX", "VND"),
    *("XAF", "XOF", "ZAR", "ZMW"),
)
"""What makers pay their costs in."""
LONGEST_SOURCE: Final = 200
MOST_MINUTES: Final = 1_000_000
LARGEST_COST: Final = 10**13


@dataclass(frozen=True, slots=True)
class CostingSaid:
    """What a maker says of one batch; amounts in minor units of `currency`."""

    currency: str
    units: int
    materials: int
    minutes: int
    hourly_wage: int
    living_wage: int
    living_wage_source: str
    overheads: int
    reserve_ppm: int
    premium: int = 0

    def costs(self) -> Costs:
        return Costs(
            units=self.units,
            materials=self.materials,
            minutes=self.minutes,
            hourly_wage=self.hourly_wage,
            living_wage=self.living_wage,
            overheads=self.overheads,
            reserve_ppm=self.reserve_ppm,
            premium=self.premium,
        )


@dataclass(frozen=True, slots=True)
class WorkedOut:
    """A costing with its floor, in the maker's currency and in that of the price."""

    said: CostingSaid
    made: Floor
    rate: Rate
    floor: int  # of one unit, in the currency of the price

    @property
    def below_living_wage(self) -> bool:
        return self.said.costs().below_living_wage


def work_out(session: Session, said: CostingSaid, currency: str, on: date) -> WorkedOut:
    """Faulty: a cost is out of bounds. NoRate: the currencies differ and no exchange rate is known."""
    check(said)
    made = floor(said.costs())
    if made.each < 1:
        raise Faulty(fields={"materials": "Enter what it costs to make: nothing costs nothing."})
    rate = exchange.rate(session, said.currency, currency, on)
    return WorkedOut(said, made, rate, max(rate.convert(made.each, "up"), 1))


def save(
    session: Session,
    actor: Actor,
    offer_id: UUID,
    said: CostingSaid,
    *,
    price: int,
    version: int,
    now: datetime,
) -> WorkedOut:
    """Keep the costing of an offer, and its price from now on.

    Faulty: the price is below the floor, or a cost is out of bounds. Stale: `version` is not the newest.
    """
    offer = own_offer(session, actor, offer_id, lock=True)
    if offer.version != version:
        raise Stale(facts={"version": offer.version})
    worked = work_out(session, said, offer.currency, now.date())
    if not 1 <= price <= LARGEST_AMOUNT:
        raise Faulty(fields={"price": f"Enter a number from 1 to {LARGEST_AMOUNT}."})
    if price < worked.floor:
        raise Faulty(fields={"price": too_low(worked.floor, offer.currency)})
    row = session.get(Costing, offer_id)
    if row is None:
        row = Costing(offer_id=offer_id)
        session.add(row)
    for each in fields(said):
        setattr(row, each.name, getattr(said, each.name))
    row.rate = Decimal(worked.rate.value.numerator) / Decimal(worked.rate.value.denominator)
    row.rate_day, row.rate_source, row.updated_at = worked.rate.day, worked.rate.source, now
    before = offer.price
    offer.price, offer.floor = price, worked.floor
    offer.version += 1
    offer.updated_at = now
    session.flush()
    history.record(
        session,
        offer,
        "priced",
        now=now,
        **actor.who,
        before=before,
        price=price,
        floor=worked.floor,
        currency=offer.currency,
    )
    return worked


def kept(session: Session, offer: Offer) -> WorkedOut | None:
    """The costing of an offer as it was saved; None: its maker never worked it out."""
    row = session.get(Costing, offer.id)
    if row is None or offer.floor is None:
        return None
    said = CostingSaid(**{each.name: getattr(row, each.name) for each in fields(CostingSaid)})
    rate = Rate(row.currency, offer.currency, Fraction(row.rate), row.rate_day, row.rate_source)
    return WorkedOut(said, floor(said.costs()), rate, offer.floor)


def price_parts(session: Session, offer: Offer) -> PriceParts | None:
    """What the price of one unit goes to, in minor units of its currency; None: never worked out."""
    worked = kept(session, offer)
    if worked is None or offer.price < worked.floor:
        return None
    return cut(worked, offer.price)


def cut(worked: WorkedOut, price: int) -> PriceParts:
    """`price` cut in proportion to the costs, though these may be in another currency."""
    premium = min(worked.rate.convert(worked.made.premium), worked.floor)
    # As if the batch were one unit that costs the converted floor: its rounding is shared by the parts.
    return parts(replace(worked.made, premium=premium), price, least=worked.floor)


def check(said: CostingSaid) -> None:
    """Faulty: names each field that is empty or out of bounds."""
    faults: dict[str, str] = {}
    if said.currency not in LOCAL_CURRENCIES:
        faults["currency"] = "Choose the currency in which you pay your costs."
    for name, number, least, most in (
        ("units", said.units, 1, LARGEST_COUNT),
        ("materials", said.materials, 0, LARGEST_COST),
        ("minutes", said.minutes, 0, MOST_MINUTES),
        ("hourly_wage", said.hourly_wage, 0, LARGEST_COST),
        ("living_wage", said.living_wage, 1, LARGEST_COST),
        ("overheads", said.overheads, 0, LARGEST_COST),
        ("reserve_ppm", said.reserve_ppm, 0, PPM),
        ("premium", said.premium, 0, LARGEST_COST),
    ):
        if not least <= number <= most:
            faults[name] = f"Enter a number from {least} to {most}."
    if not said.living_wage_source.strip():
        faults["living_wage_source"] = "Say where the living wage is from, and of which year."
    elif len(said.living_wage_source) > LONGEST_SOURCE:
        faults["living_wage_source"] = f"Use at most {LONGEST_SOURCE} characters."
    if faults:
        raise Faulty(fields=faults)

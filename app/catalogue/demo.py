"""The demo's prices: every kind of goods gets the costs of a batch, with a floor below its price."""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final

from sqlalchemy.orm import Session

from app.catalogue import costing
from app.catalogue.models import Offer
from app.exchange import service as exchange
from app.exchange.published import Published
from app.permissions import Actor

SOURCE: Final = "Demo rates, made up"
RATES: Final = {
    "USD": "1.1",
    "GBP": "0.85",
    "CHF": "0.95",
    "JPY": "165",
    "CAD": "1.5",
    "AUD": "1.65",
    "VND": "28000",
    "INR": "95",
    "KES": "140",
    "GTQ": "8.5",
    "ETB": "140",
    "PEN": "4.1",
}
BATCH: Final = 20
# What a batch of twenty costs, in hundredths of its selling price
MATERIALS, OVERHEADS, LABOUR = 28, 11, 38
HOURLY_WAGE, LIVING_WAGE = 390, 350


def rates(session: Session, *, now: datetime) -> None:
    """Rates of the last four months, all the same: a demo has no market."""
    days = [(now - timedelta(days=back)).date() for back in range(0, 127, 7)]
    exchange.keep(
        session,
        [Published(day, "EUR", code, Decimal(rate)) for day in days for code, rate in RATES.items()],
        SOURCE,
        now=now,
    )


def price(session: Session, actor: Actor, offer: Offer, *, now: datetime) -> None:
    takings = BATCH * offer.price
    costing.save(
        session,
        actor,
        offer.id,
        costing.CostingSaid(
            currency=offer.currency,
            units=BATCH,
            materials=takings * MATERIALS // 100,
            minutes=takings
            * LABOUR
            // 100
            * 60
            // HOURLY_WAGE
            // 15
            * 15,  # people count quarters of an hour
            hourly_wage=HOURLY_WAGE,
            living_wage=LIVING_WAGE,
            living_wage_source="Demo figure, made up",
            overheads=takings * OVERHEADS // 100,
            reserve_ppm=100_000,
        ),
        price=offer.price,
        version=offer.version,
        now=now,
    )

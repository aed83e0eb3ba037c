"""JSON routes of exchange rates."""

from datetime import date
from typing import Annotated

from fastapi import Depends, Query
from pydantic import BaseModel, ConfigDict, Field

from app.exchange import buying, service
from app.permissions import Actor, Anybody, Needs
from app.routes import api_router
from app.transaction import Db, Now

router = api_router("exchange rates")
PUBLIC = [Depends(Anybody())]
Treasurer = Annotated[Actor, Depends(Needs("payout.make"))]
Code = Annotated[str, Query(pattern="^[A-Z]{3}$", examples=["USD"])]


class RateOut(BaseModel):
    base: str = Field(examples=["EUR"])
    currency: str = Field(examples=["USD"])
    rate: str = Field(description="units of currency for one unit of base", examples=["1.0823"])
    day: date
    source: str
    age_days: int


class RatesOut(BaseModel):
    rates: list[RateOut]


@router.get("/exchange-rates", summary="The newest published rates", dependencies=PUBLIC)
def rates(db: Db, now: Now) -> RatesOut:
    return RatesOut(
        rates=[
            RateOut(
                base=each.base,
                currency=each.currency,
                rate=format(each.rate.normalize(), "f"),
                day=each.day,
                source=each.source,
                age_days=(now.date() - each.day).days,
            )
            for each in service.latest(db)
        ]
    )


@router.get("/exchange-rates/between", summary="What one currency is worth in another", dependencies=PUBLIC)
def between(db: Db, now: Now, *, base: Code, currency: Code) -> RateOut:
    found = service.rate(db, base, currency, now.date())
    return RateOut(
        base=base,
        currency=currency,
        rate=f"{float(found.value):.10g}",
        day=found.day,
        source=found.source,
        age_days=found.age(now.date()),
    )

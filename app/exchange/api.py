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


class PositionOut(BaseModel):
    """Minor units."""

    currency: str = Field(examples=["VND"])
    kept: int = Field(description="paid by buyers and not exchanged yet")
    wanted: int = Field(description="owed to makers and not bought yet")


class BoughtIn(BaseModel):
    model_config = ConfigDict(extra="forbid")
    sold: int = Field(ge=1, le=buying.LARGEST, description="minor units", examples=[51_000])
    sold_in: str = Field(pattern="^[A-Z]{3}$", examples=["USD"])
    bought: int = Field(ge=1, le=buying.LARGEST, description="minor units", examples=[12_750_000])
    bought_in: str = Field(pattern="^[A-Z]{3}$", examples=["VND"])
    on: date
    reference: str = Field(min_length=1, max_length=buying.LONGEST_REFERENCE, examples=["FX 2026-114"])


@router.get("/exchange-rates/bought", summary="What is kept and wanted of each currency")
def positions(db: Db, _actor: Treasurer) -> list[PositionOut]:
    return _positions(db)


@router.post("/exchange-rates/bought", status_code=201, summary="Book that a bank exchanged money")
def bought(wish: BoughtIn, db: Db, now: Now, actor: Treasurer) -> list[PositionOut]:
    buying.book(db, actor, buying.BoughtSaid(**wish.model_dump()), now=now)
    return _positions(db)


def _positions(db: Db) -> list[PositionOut]:
    return [
        PositionOut(currency=each.currency, kept=each.kept, wanted=each.wanted)
        for each in buying.positions(db)
    ]

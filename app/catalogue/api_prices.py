"""JSON routes of costings: what goods cost their maker, and the floor that follows."""

from datetime import date
from typing import Annotated, Self
from uuid import UUID

from fastapi import Depends, Response
from pydantic import BaseModel, Field

from app.catalogue import costing, service
from app.catalogue.costing import CostingSaid, WorkedOut
from app.catalogue.models import Offer
from app.catalogue.schemas import Given
from app.catalogue.versioned import Version, etag, newest
from app.errors import Missing
from app.permissions import Actor, Needs
from app.routes import api_router
from app.transaction import Db, Now
from certification.fair_price import PPM, PriceParts

router = api_router("catalogue")

Reader = Annotated[Actor, Depends(Needs("offer.read-own"))]
Writer = Annotated[Actor, Depends(Needs("offer.write"))]
Cost = Annotated[int, Field(strict=True, ge=0, le=costing.LARGEST_COST)]


class CostingIn(Given):
    """What one batch costs; amounts in minor units of `currency`, the price in those of the offer."""

    currency: str = Field(pattern="^[A-Z]{3}$", examples=["USD"])
    units: Annotated[int, Field(strict=True, ge=1, le=service.LARGEST_COUNT)] = Field(examples=[20])
    materials: Cost = Field(examples=[6000])
    minutes: Annotated[int, Field(strict=True, ge=0, le=costing.MOST_MINUTES)] = Field(examples=[600])
    hourly_wage: Cost = Field(examples=[350])
    living_wage: Annotated[int, Field(strict=True, ge=1, le=costing.LARGEST_COST)] = Field(
        description="of an hour, where the work is done", examples=[320]
    )
    living_wage_source: str = Field(
        min_length=1, max_length=costing.LONGEST_SOURCE, examples=["Benchmark of 2026"]
    )
    overheads: Cost = Field(examples=[2000])
    reserve_ppm: Annotated[int, Field(strict=True, ge=0, le=PPM)] = Field(
        description="millionths of the costs above", examples=[100000]
    )
    premium: Cost = Field(0, description="for one unit, where the scheme has one", examples=[0])
    price: Annotated[int, Field(strict=True, ge=1, le=service.LARGEST_AMOUNT)] = Field(examples=[1200])


class PartsOut(BaseModel):
    """One unit's price, in minor units of its currency; the parts sum to it."""

    materials: int
    labour: int
    overheads: int
    reserve: int
    premium: int
    above: int = Field(description="above the floor")

    @classmethod
    def of(cls, cut: PriceParts) -> Self:
        return cls(**{name: getattr(cut, name) for name in cls.model_fields})


class CostingOut(BaseModel):
    currency: str
    units: int
    materials: int
    minutes: int
    hourly_wage: int
    living_wage: int
    living_wage_source: str
    overheads: int
    reserve_ppm: int
    premium: int
    floor: int = Field(description="the least price of one, in minor units of the offer's currency")
    below_living_wage: bool
    exchange_rate_day: date
    exchange_rate_source: str
    price: int
    parts: PartsOut


@router.get("/offers/{offer_id}/costing", summary="What one of your offers costs to make")
def read_costing(offer_id: UUID, actor: Reader, db: Db) -> CostingOut:
    offer = service.own_offer(db, actor, offer_id)
    worked = costing.kept(db, offer)
    if worked is None:
        raise Missing("You have not worked out what this costs to make. PUT it here.")
    return _shown(worked, offer)


@router.put("/offers/{offer_id}/costing", summary="Work out the floor, and set the price (If-Match wanted)")
def save_costing(
    offer_id: UUID, wish: CostingIn, actor: Writer, *, db: Db, now: Now, version: Version, reply: Response
) -> CostingOut:
    said = CostingSaid(**wish.model_dump(exclude={"price"}))
    with newest():
        worked = costing.save(db, actor, offer_id, said, price=wish.price, version=version, now=now)
    offer = service.own_offer(db, actor, offer_id)
    reply.headers["ETag"] = etag(offer.version)
    return _shown(worked, offer)


def _shown(worked: WorkedOut, offer: Offer) -> CostingOut:
    said = {name: getattr(worked.said, name) for name in CostingSaid.__slots__}
    return CostingOut(
        **said,
        floor=worked.floor,
        below_living_wage=worked.below_living_wage,
        exchange_rate_day=worked.rate.day,
        exchange_rate_source=worked.rate.source,
        price=offer.price,
        parts=PartsOut.of(costing.cut(worked, max(offer.price, worked.floor))),
    )

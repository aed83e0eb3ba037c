"""JSON routes of a shipment's papers: the data of each, what is missing, and packing."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import Depends
from pydantic import BaseModel, ConfigDict, Field

from app.permissions import Actor, Needs
from app.routes import api_router
from app.shipping import packing, papers_drawn, papers_held
from app.shipping.papers_drawn import Paper
from app.transaction import Db, Now

router = api_router("papers")
Concerned = Annotated[Actor, Depends(Needs("shipment.read-own"))]
Packer = Annotated[Actor, Depends(Needs("shipment.pack"))]
Member = Annotated[Actor, Depends(Needs("organisation.describe"))]


class GapOut(BaseModel):
    house: str = Field(description="number of the house bill", examples=["S-2026-0001-1-H01"])
    what: str
    who: str


class PapersOut(BaseModel):
    shipment: str
    currency: str
    papers: dict[str, list[dict[str, Any]]] = Field(
        description="by kind: rows as printed, and `totals` with the value in minor units, weights in g"
    )
    missing: list[GapOut]


class PackingIn(BaseModel):
    model_config = ConfigDict(extra="forbid")
    packages: int = Field(ge=1, le=packing.MOST_PACKAGES, examples=[2])
    net_g: int = Field(ge=1, le=packing.MOST_GRAMS, examples=[6000])
    gross_g: int = Field(ge=1, le=packing.MOST_GRAMS, examples=[7000])
    marks: str = Field(default="", max_length=packing.LONGEST_MARKS)
    criterion: str = Field(default="", max_length=10, examples=["P"])
    measures: tuple[int, int, int] | None = Field(
        default=None,
        description="of one package, outside, in mm: length, width, height",
        examples=[[400, 300, 300]],
    )
    turnable: bool = Field(default=False, description="whether it may lie on any side")
    stackable: bool = Field(default=True, description="whether others may stand on it")


class PackingOut(PackingIn):
    order_line_id: UUID


class IdentityIn(BaseModel):
    model_config = ConfigDict(extra="forbid")
    address: str = Field(
        default="", max_length=packing.LONGEST_ADDRESS, examples=["1 Demo Road\nAddis Ababa"]
    )
    eori: str = Field(default="", max_length=17, examples=["NL123456789"])
    rex: str = Field(default="", max_length=35, examples=["ETREX123"])


@router.get("/shipments/{shipment_id}/papers", summary="What the papers say, and what is missing")
def papers(shipment_id: UUID, db: Db, now: Now, actor: Concerned) -> PapersOut:
    held = papers_held.papers_of(db, actor, shipment_id, today=now.date())
    return PapersOut(
        shipment=held.journey.shipment.number,
        currency=held.currency,
        papers={each: papers_drawn.data_of(held, each) for each in Paper},
        missing=[GapOut(house=each.house, what=each.what, who=each.who) for each in papers_held.gaps(held)],
    )


@router.put("/shipments/{shipment_id}/packing/{order_line_id}", summary="State how one line is packed")
def pack(
    shipment_id: UUID, order_line_id: UUID, wish: PackingIn, db: Db, now: Now, actor: Packer
) -> PackingOut:
    said = packing.PackingSaid(**wish.model_dump())
    row = packing.pack(db, actor, shipment_id, order_line_id, said, now=now)
    return PackingOut(order_line_id=row.order_line_id, **wish.model_dump())


@router.put("/customs-identity", summary="Say what customs know your organisation by")
def identity(wish: IdentityIn, db: Db, now: Now, actor: Member) -> IdentityIn:
    row = packing.name_at_customs(db, actor, **wish.model_dump(), now=now)
    return IdentityIn(address=row.address, eori=row.eori, rex=row.rex)

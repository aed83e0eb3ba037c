"""Lots and stories of the API."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from app.stories.lots import LotSaid


class LotIn(BaseModel):
    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "number": "2026-03-A",
                    "quantity": 40,
                    "net_g": 8000,
                    "produced_from": "2025-12-01",
                    "produced_to": "2025-12-20",
                }
            ]
        },
    )

    number: str = Field("", max_length=40, description="as it stands on the goods; empty: ours")
    quantity: int | None = Field(None, description="units of the goods")
    net_g: int | None = Field(None, description="grams without packing")
    produced_from: date | None = None
    produced_to: date | None = None
    scientific_name: str = Field("", max_length=120)
    plot_file_id: UUID | None = Field(None, description="plots on which it grew; buyers of the lot get them")
    shipment_id: UUID | None = None

    def said(self) -> LotSaid:
        return LotSaid(**self.model_dump(include=set(LotIn.model_fields)))


class NewLotIn(LotIn):
    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [{"offer_id": "019b0000-0000-7000-8000-000000000000", "number": "2026-03-A"}]
        },
    )

    offer_id: UUID


class LotOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    id: UUID
    code: str = Field(description="ours, for links: /lots/{code}")
    number: str = Field(description="the producer's (GS1: AI 10)")
    offer_id: UUID
    title: str
    unit: str
    hs_code: str
    quantity: int | None
    net_g: int | None
    produced_from: date | None
    produced_to: date | None
    scientific_name: str
    plot_file_id: UUID | None
    shipment_id: UUID | None
    made_at: datetime
    version: int


class LotsOut(BaseModel):
    lots: list[LotOut]


class CarriedOut(BaseModel):
    code: str
    number: str
    title: str
    maker: str
    quantity: int | None


class CarriedLotsOut(BaseModel):
    lots: list[CarriedOut]


class GtinIn(BaseModel):
    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"gtin": "4006381333931"}]})

    gtin: str | None = Field(max_length=40, description="8, 12, 13 or 14 figures; null: it has none")


class GtinOut(BaseModel):
    offer_id: UUID
    gtin: str | None = Field(description="14 figures, zeros in front")


class HappeningOut(BaseModel):
    step: str
    at: datetime
    place: str
    event_hash: str = Field(description="by the EPCIS event hash algorithm")


class StoryCertificateOut(BaseModel):
    number: str
    status: str
    holds: bool = Field(description="today")
    held_when_made: bool
    log_entries: list[int] = Field(description="places in the transparency log")


class StoryPriceOut(BaseModel):
    currency: str
    total: int = Field(description="of one unit at the shop's door, minor units: the average of the lot")
    parts: dict[str, int] = Field(description="by item; they sum to the total")


class StoryOut(BaseModel):
    code: str
    number: str
    address: str = Field(description="what the code on the goods says")
    gtin: str | None
    goods: str
    maker: str
    maker_slug: str
    country: str
    certificate: StoryCertificateOut | None
    happenings: list[HappeningOut]
    price: StoryPriceOut | None
    emitted_g: int | None = Field(description="grams CO2e of the whole lot between the hubs, well to wheel")


class EmissionsOut(BaseModel):
    shipment_id: UUID
    emissions: dict[str, Any] = Field(
        description="grams of CO2e; each leg with distance, factor, source and formula"
    )
    great_circle_m: int
    orders: dict[str, int] = Field(description="number of an order -> its grams; only those you may see")


class WantingOut(BaseModel):
    who: str = Field(description="maker or buyer")
    what: str


class DueDiligenceOut(BaseModel):
    lot: str
    wanting: list[WantingOut] = Field(description="empty: the package can be had")
    commodity: str | None = Field(description="of annex I, by the HS code")
    net_g: int | None = Field(description="of what is yours")

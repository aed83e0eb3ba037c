"""Parcels and loads as JSON."""

from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field


class ParcelOut(BaseModel):
    number: int
    name: str = Field(examples=["P001"])
    order: str
    consignee: str
    goods: str
    sides_mm: tuple[int, int, int] = Field(description="outside: length, width, height")
    weight_g: int
    turnable: bool
    stackable: bool
    estimated: bool = Field(description="nobody stated its measures")
    sscc: str | None = Field(description="on its label, once it has one")
    seen_at: list[str] = Field(description="steps of the road")


class ParcelsOut(BaseModel):
    parcels: list[ParcelOut]


class LoadingIn(BaseModel):
    model_config = ConfigDict(extra="forbid")

    containers: dict[str, int] = Field(description="how many of each type", examples=[{"20GP": 1}])


class LoadingOut(BaseModel):
    state: str
    done_per_cent: int
    asked_at: datetime
    ended_at: datetime | None
    stale: bool = Field(description="parcels were measured anew since")
    loading: dict[str, Any] | None = Field(description="containers with their steps, and what is left out")
    faults: list[str] = Field(description="what the independent check found")
    words: str


class ScanIn(BaseModel):
    model_config = ConfigDict(extra="forbid")

    code: str = Field(
        max_length=2000,
        description="an element string, a GS1 Digital Link, or what is printed under a barcode",
        examples=["(00) 395201230000000012"],
    )


class ScanOut(BaseModel):
    shipment_id: UUID
    shipment: str
    parcel: int | None = Field(description="its number; null: the label of the whole shipment")
    step: str | None = Field(description="what the shipment comes to next; null: it is handed over")
    seen: int
    count: int
    missing: list[int]

"""What the API takes and gives for hubs, services, sailings and shipments."""

from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Any, Literal, Self, TypeAlias
from uuid import UUID

from pydantic import Field

from app.catalogue.models import CargoClass
from app.catalogue.schemas import Given, Shown
from app.shipping.models import Milestone
from app.shipping.rate_cards import LONGEST_NAME
from app.shipping.rhythm import Every
from app.shipping.service import LONGEST_NOTE
from app.shipping.tariffs import LARGEST_QUANTITY, BreakTariff, ContainerTariff
from app.shipping.words import days_late

Capacity: TypeAlias = Annotated[int, Field(strict=True, ge=1, le=LARGEST_QUANTITY)] | None

SEA_TARIFF = {
    "per_shipment": 4500,
    "per_consignee": 500,
    "less_than_container": {"per_wm": 9200, "minimum": 1000000},
}


class Step(StrEnum):
    """Milestones as addresses name them."""

    COLLECTED = "collected"
    EXPORT_CLEARED = "export-cleared"
    DEPARTED = "departed"
    ARRIVED = "arrived"
    IMPORT_CLEARED = "import-cleared"
    HANDED_OVER = "handed-over"


class HubOut(Shown):
    id: UUID
    code: str = Field(description="UN/LOCODE")
    name: str
    country: str
    latitude: Decimal
    longitude: Decimal
    version: int


class HubsOut(Shown):
    hubs: list[HubOut]


class HubIn(Given):
    """A place that your organisation runs. Its country is in its code."""

    code: str = Field(description="UN/LOCODE", max_length=5, examples=["NLRTM"])
    name: str = Field(max_length=80, examples=["Rotterdam"])
    latitude: Decimal = Field(ge=-90, le=90, max_digits=7, decimal_places=5, examples=["51.92000"])
    longitude: Decimal = Field(ge=-180, le=180, max_digits=8, decimal_places=5, examples=["4.48000"])


class ServiceIn(Given):
    """A carrier's service on a lane. `tariff` has the form of a pooling problem, in minor units."""

    code: str = Field(max_length=30, examples=["SEA-SGN-RTM"])
    carrier: str = Field(min_length=1, max_length=LONGEST_NAME, examples=["Example Ocean Line"])
    mode: Literal["sea", "air", "road", "rail"] = Field(examples=["sea"])
    origin_id: UUID
    destination_id: UUID
    classes: list[CargoClass] = Field(min_length=1, max_length=len(CargoClass), examples=[["ambient"]])
    currency: str = Field(pattern="^[A-Z]{3}$", examples=["USD"])
    tariff: dict[str, Any] = Field(
        examples=[SEA_TARIFF],
        json_schema_extra={"anyOf": [ContainerTariff.model_json_schema(), BreakTariff.model_json_schema()]},
    )
    valid_from: date = Field(examples=["2026-01-01"])
    valid_until: date = Field(description="the last day on which it holds", examples=["2026-06-30"])


class ServiceOut(Shown):
    id: UUID
    code: str
    carrier: str
    mode: str
    origin_id: UUID
    destination_id: UUID
    classes: list[str]
    currency: str
    tariff: dict[str, Any]
    fixed: dict[str, dict[str, int]] = Field(description="what the tariff's fixed sums are for")
    valid_from: date
    valid_until: date
    version: int


class ServicesOut(Shown):
    services: list[ServiceOut]


class ServiceVersionOut(Shown):
    """What a rate card was before it was changed. Plans and orders keep the tariff they were priced by."""

    version: int
    carrier: str
    mode: str
    classes: list[str]
    currency: str
    tariff: dict[str, Any]
    fixed: dict[str, dict[str, int]]
    valid_from: date
    valid_until: date
    replaced_at: datetime


class ServiceVersionsOut(Shown):
    versions: list[ServiceVersionOut]


class SailingIn(Given):
    departs_on: date = Field(examples=["2026-02-02"])
    arrives_on: date = Field(examples=["2026-03-12"])
    vessel: str = Field("", max_length=LONGEST_NAME, examples=["Example Star"])
    capacity_g: Capacity = Field(None, description="null: as much as comes")
    capacity_cm3: Capacity = None


class SailingOut(Shown):
    id: UUID
    departs_on: date
    arrives_on: date
    vessel: str
    capacity_g: int | None
    capacity_cm3: int | None
    version: int


class SailingsOut(Shown):
    sailings: list[SailingOut]


class RhythmIn(Given):
    """Sailings that come round: every second Tuesday, 38 days on the way."""

    every: Every = Field(examples=["2 weeks"])
    weekday: int = Field(ge=0, le=6, description="Monday is 0", examples=[1])
    since: date = Field(examples=["2026-02-01"])
    until: date = Field(description="the last day that counts", examples=["2026-04-30"])
    transit_days: int = Field(ge=0, le=180, examples=[38])
    vessel: str = Field("", max_length=LONGEST_NAME)
    capacity_g: Capacity = None
    capacity_cm3: Capacity = None


class TableChangeOut(Shown):
    row: int = Field(description="as the spreadsheet counts, from 1")
    title: str
    what: Literal["new", "changed", "removed"]


class TableLookOut(Shown):
    """What a table changes; `same` rows say what is stored."""

    changes: list[TableChangeOut]
    same: int


class EndingCardOut(Shown):
    code: str
    valid_until: date
    days: int = Field(description="until its last day; below 0: it is over, and no plan uses it")


class EndingCardsOut(Shown):
    cards: list[EndingCardOut]


class MilestoneOut(Shown):
    kind: str
    planned_on: date
    expected_on: date
    actual_on: date | None
    days_late: int = Field(description="behind the plan, by what happened or is expected; below 0: ahead")
    note: str

    @classmethod
    def of(cls, row: Milestone) -> Self:
        return cls(
            kind=row.kind,
            planned_on=row.planned_on,
            expected_on=row.expected_on,
            actual_on=row.actual_on,
            days_late=days_late(row),
            note=row.note,
        )


class GoodsLineOut(Shown):
    title: str
    quantity: int
    unit: str
    weight_g: int
    volume_cm3: int
    hs_code: str


class ConsignmentOut(Shown):
    """The goods of one producer to one buyer."""

    order: str
    buyer: str
    maker: str
    weight_g: int
    volume_cm3: int
    goods: list[GoodsLineOut]


class ShipmentCardOut(Shown):
    id: UUID
    number: str
    pool_id: UUID
    origin: str
    destination: str
    carrier: str
    vessel: str
    departs_on: date
    arrives_on: date
    weight_g: int
    volume_cm3: int
    booked_at: datetime
    milestones: list[MilestoneOut]


class ShipmentsOut(Shown):
    shipments: list[ShipmentCardOut]


class ShipmentOut(ShipmentCardOut):
    """With the consignments that the caller may see: a hub all, a buyer and a producer their own."""

    consignments: list[ConsignmentOut]


class ReportIn(Given):
    actual_on: date = Field(examples=["2026-01-29"])
    note: str = Field("", max_length=LONGEST_NOTE)


class ExpectationIn(Given):
    expected_on: date = Field(examples=["2026-03-15"])
    note: str = Field(
        min_length=1, max_length=LONGEST_NOTE, description="why", examples=["The port is congested."]
    )


class UndoIn(Given):
    reason: str = Field(min_length=1, max_length=LONGEST_NOTE, examples=["Entered for the wrong shipment."])

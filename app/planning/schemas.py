"""What the API takes and gives for planning."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from pydantic import Field

from app.catalogue.schemas import Given, Shown


class DeskIn(Given):
    weekday: int = Field(ge=0, le=6, description="when all is planned anew; Monday is 0", examples=[0])
    stability: int = Field(
        ge=0,
        le=10**9,
        description="what moving one consignment to another day has to save, in minor units",
        examples=[500],
    )


class DeskOut(Shown):
    hub_id: UUID
    weekday: int
    stability: int
    version: int


class OptionOut(Shown):
    """Another departure for a pool's goods. `difference` of what all paid pools cost, in minor units."""

    service: str
    departs_on: date
    arrives_on: date
    difference: int
    days: int = Field(description="later than planned; below 0: sooner")
    within: bool = Field(description="of what the buyers were charged: else it cannot be chosen")


class PlannedPoolOut(Shown):
    """A pool by itself and in the plan of all."""

    pool_id: UUID
    number: str
    ready: bool = Field(description="paid: it can be booked")
    own: int = Field(description="what it costs by its own plan")
    share: int | None = Field(None, description="what it costs booked with the other paid pools")
    departs_before: date | None
    departs: date | None = None
    options: list[OptionOut] = Field(default_factory=list)


class PlanningOut(Shown):
    """All pools from a hub in one currency, planned together; amounts in minor units."""

    currency: str
    made_at: datetime | None
    words: str
    busy: bool = Field(description="a newer plan is being made")
    before: int | None = Field(description="what they cost each by itself")
    total: int | None
    pools: list[PlannedPoolOut]


class PlanningsOut(Shown):
    plannings: list[PlanningOut]


class AskIn(Given):
    book: bool = Field(False, description="book what is paid, with the plan that is made now")


class AskedOut(Shown):
    asked: int


class ChoiceIn(Given):
    service: str = Field(max_length=30, examples=["SEA-SGN-RTM"])
    departs_on: date = Field(examples=["2026-03-03"])
    reason: str = Field(min_length=1, max_length=500, examples=["A second pool is paid by then."])


class ChoiceOut(Shown):
    pool_id: UUID
    service: str
    departs_on: date
    difference: int
    days: int
    reason: str


class LackOut(Shown):
    what: str
    who: str
    stops: bool = Field(description="it cannot be booked without")


class LacksOut(Shown):
    lacks: list[LackOut]


class ConsolidationOut(Shown):
    """Pools that were booked together. The documents are those of a pool: anybody can compute it again."""

    id: UUID
    number: str
    currency: str
    before: int
    total: int
    made_at: datetime
    problem: dict[str, Any]
    quotes: dict[str, Any]
    plan: dict[str, Any]
    sharing: dict[str, Any]

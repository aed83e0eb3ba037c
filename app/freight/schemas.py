"""What the API takes and gives for carriers and their quotes."""

from datetime import date, datetime
from typing import Any, Literal
from uuid import UUID

from pydantic import Field

from app.catalogue.models import CargoClass
from app.catalogue.schemas import Given, Shown
from app.shipping.tariffs import Size


class CarrierIn(Given):
    """A carrier that answers the protocol of docs/carrier-quotes.md. `secret` empty: it stays as it is."""

    name: str = Field(max_length=80, examples=["Example Ocean Line"])
    url: str = Field(max_length=500, examples=["https://quotes.example.org/fairhaul"])
    signing: Literal["bearer", "hmac"] = Field(examples=["hmac"])
    secret: str = Field("", max_length=500, examples=["for-examples-only-0123456789"])
    active: bool = True


class CarrierOut(Shown):
    id: UUID
    name: str
    url: str
    signing: str
    active: bool


class CarriersOut(Shown):
    carriers: list[CarrierOut]


class QuestionIn(Given):
    """A load to ask carriers about."""

    origin_id: UUID
    destination_id: UUID
    weight_g: Size = Field(examples=[850000])
    volume_cm3: Size = Field(examples=[4200000])
    consignees: int = Field(1, ge=1, le=1000)
    cargo_class: CargoClass = Field(examples=["ambient"])
    currency: str = Field(pattern="^[A-Z]{3}$", examples=["USD"])
    ready_on: date = Field(examples=["2026-02-01"])
    due_on: date = Field(examples=["2026-05-01"])
    carriers: list[UUID] = Field(min_length=1, max_length=30)


class AnswerOut(Shown):
    carrier_id: UUID
    state: str
    status: int | None = Field(description="of HTTP")
    words: str = Field(description="why there is nothing usable")
    answered_at: datetime | None


class FreightQuoteOut(Shown):
    id: UUID
    carrier_id: UUID
    reference: str
    mode: str
    currency: str
    tariff: dict[str, Any]
    cost: int = Field(description="of the load that was asked for, by the tariff, in minor units")
    transit_days: int
    valid_from: date
    valid_until: date
    departures: list[date]
    notes: str
    service_id: UUID | None = Field(description="the rate card that it became")


class QuestionOut(Shown):
    id: UUID
    origin_id: UUID
    destination_id: UUID
    weight_g: int
    volume_cm3: int
    consignees: int
    cargo_class: str
    currency: str
    ready_on: date
    due_on: date
    asked_at: datetime


class QuestionWithQuotesOut(QuestionOut):
    """With who answered what, the cheapest quote first."""

    answers: list[AnswerOut]
    quotes: list[FreightQuoteOut]


class QuestionsOut(Shown):
    questions: list[QuestionOut]


class AcceptIn(Given):
    code: str = Field(max_length=30, description="of the new rate card", examples=["SEA-SGN-RTM-3"])


class AcceptedOut(Shown):
    service_id: UUID

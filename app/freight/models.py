"""Carriers that can be asked, what they were asked, and what each of them answered."""

from datetime import date, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, UniqueConstraint
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app.db import Base, CubicCentimetres, Grams, Id, Minor


class Signing(StrEnum):
    """How a carrier knows that a request is ours."""

    BEARER = "bearer"
    HMAC = "hmac"


class Carrier(Base):
    """A freight partner of one hub, and the address that quotes for it. The secret is sealed
    (app.credentials.sealing) and never shown again.
    """

    __tablename__ = "carrier"
    __table_args__ = (
        UniqueConstraint("organisation_id", "name"),
        CheckConstraint("signing IN ('bearer', 'hmac')", name="signing"),
    )

    id: Mapped[Id]
    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"))
    name: Mapped[str]
    url: Mapped[str]
    signing: Mapped[str]
    sealed: Mapped[bytes]
    active: Mapped[bool] = mapped_column(default=True)
    made_at: Mapped[datetime]
    made_by: Mapped[UUID] = mapped_column(ForeignKey("person.id"))


class QuoteRequest(Base):
    """A load on a lane that carriers were asked to quote for."""

    __tablename__ = "quote_request"
    __table_args__ = (CheckConstraint("weight_g > 0 AND volume_cm3 > 0 AND due_on > ready_on", name="load"),)

    id: Mapped[Id]
    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"), index=True)
    origin_id: Mapped[UUID] = mapped_column(ForeignKey("hub.id"))
    destination_id: Mapped[UUID] = mapped_column(ForeignKey("hub.id"))
    weight_g: Mapped[Grams]
    volume_cm3: Mapped[CubicCentimetres]
    consignees: Mapped[int]
    cargo_class: Mapped[str]
    currency: Mapped[str]
    ready_on: Mapped[date]
    due_on: Mapped[date]
    asked_at: Mapped[datetime]
    asked_by: Mapped[UUID] = mapped_column(ForeignKey("person.id"))


class AnswerState(StrEnum):
    WAITING = "waiting"
    ANSWERED = "answered"
    FAILED = "failed"


class CarrierAnswer(Base):
    """What one carrier said to one request. `words`: why there is nothing usable."""

    __tablename__ = "carrier_answer"
    __table_args__ = (
        UniqueConstraint("request_id", "carrier_id"),
        CheckConstraint("state IN ('waiting', 'answered', 'failed')", name="state"),
    )

    id: Mapped[Id]
    request_id: Mapped[UUID] = mapped_column(ForeignKey("quote_request.id"))
    carrier_id: Mapped[UUID] = mapped_column(ForeignKey("carrier.id"), index=True)
    state: Mapped[str] = mapped_column(default=AnswerState.WAITING)
    status: Mapped[int | None]  # of HTTP
    milliseconds: Mapped[int | None]
    words: Mapped[str] = mapped_column(default="")
    answered_at: Mapped[datetime | None]


class FreightQuote(Base):
    """One offer within an answer. `tariff` has the form of a pooling problem; `cost` is ours, of the load
    that was asked for, by that tariff.
    """

    __tablename__ = "freight_quote"
    __table_args__ = (
        UniqueConstraint("answer_id", "number"),
        CheckConstraint("valid_from <= valid_until AND cost >= 0 AND transit_days >= 0", name="quote"),
        CheckConstraint("(service_id IS NULL) = (accepted_at IS NULL)", name="accepted"),
    )

    id: Mapped[Id]
    answer_id: Mapped[UUID] = mapped_column(ForeignKey("carrier_answer.id"))
    number: Mapped[int]  # within the answer, from 1
    reference: Mapped[str]  # the carrier's own
    mode: Mapped[str]
    currency: Mapped[str]
    tariff: Mapped[dict[str, Any]]
    transit_days: Mapped[int]
    valid_from: Mapped[date]
    valid_until: Mapped[date]
    departures: Mapped[list[Any]] = mapped_column(JSONB)  # days that it names, ISO 8601
    notes: Mapped[str]
    cost: Mapped[Minor]
    service_id: Mapped[UUID | None] = mapped_column(ForeignKey("service.id"), index=True)
    accepted_at: Mapped[datetime | None]
    accepted_by: Mapped[UUID | None] = mapped_column(ForeignKey("person.id"))

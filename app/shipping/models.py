"""Hubs, carriers' services and sailings, and shipments with their milestones."""

from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Numeric, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.db import Base, CubicCentimetres, Grams, Id


class Hub(Base):
    """Where goods are consolidated or split."""

    __tablename__ = "hub"

    id: Mapped[Id]
    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"), index=True)
    code: Mapped[str] = mapped_column(unique=True)  # UN/LOCODE
    name: Mapped[str]
    country: Mapped[str]
    latitude: Mapped[Decimal] = mapped_column(Numeric(8, 5))
    longitude: Mapped[Decimal] = mapped_column(Numeric(8, 5))
    version: Mapped[int] = mapped_column(default=1, server_default="1")


class Service(Base):
    """A carrier's lane with its rate card. `tariff` has the form of contracts/pooling-problem."""

    __tablename__ = "service"
    __table_args__ = (CheckConstraint("valid_from <= valid_until", name="validity"),)

    id: Mapped[Id]
    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"))  # the hub that keeps it
    code: Mapped[str] = mapped_column(unique=True)
    carrier: Mapped[str]
    mode: Mapped[str]  # sea, air, road, rail
    origin_id: Mapped[UUID] = mapped_column(ForeignKey("hub.id"), index=True)
    destination_id: Mapped[UUID] = mapped_column(ForeignKey("hub.id"), index=True)
    classes: Mapped[list[str]]
    currency: Mapped[str]
    tariff: Mapped[dict[str, Any]]
    fixed: Mapped[dict[str, Any]] = mapped_column(default=dict, server_default="{}")
    """What its sums per shipment and per consignee are for: `{"per_shipment": {"inland": 2000}, ...}`."""
    valid_from: Mapped[date]
    valid_until: Mapped[date]
    version: Mapped[int] = mapped_column(default=1)


class Sailing(Base):
    """One departure of a service, by whatever vehicle."""

    __tablename__ = "sailing"
    __table_args__ = (
        UniqueConstraint("service_id", "departs_on"),
        CheckConstraint("arrives_on >= departs_on", name="dates"),
    )

    id: Mapped[Id]
    service_id: Mapped[UUID] = mapped_column(ForeignKey("service.id"))
    vessel: Mapped[str] = mapped_column(default="")
    departs_on: Mapped[date] = mapped_column(index=True)
    arrives_on: Mapped[date]
    capacity_g: Mapped[Grams | None]
    capacity_cm3: Mapped[CubicCentimetres | None]
    version: Mapped[int] = mapped_column(default=1, server_default="1")


class MilestoneKind(StrEnum):
    """The road of a shipment, in order."""

    COLLECTED = "collected"
    EXPORT_CLEARED = "export cleared"
    DEPARTED = "departed"
    ARRIVED = "arrived"
    IMPORT_CLEARED = "import cleared"
    HANDED_OVER = "handed over"


class Shipment(Base):
    """What travels on one booking: the consignments of a pool on one sailing."""

    __tablename__ = "shipment"

    id: Mapped[Id]
    pool_id: Mapped[UUID] = mapped_column(ForeignKey("pool.id"), index=True)
    sailing_id: Mapped[UUID] = mapped_column(ForeignKey("sailing.id"))
    number: Mapped[str] = mapped_column(unique=True)
    weight_g: Mapped[Grams]
    volume_cm3: Mapped[CubicCentimetres]
    cost: Mapped[dict[str, Any]]  # itemised, as the planner priced it
    booked_at: Mapped[datetime]


class ShipmentLine(Base):
    """Which goods of which order travel in a shipment: a buyer and a producer see their own."""

    __tablename__ = "shipment_line"

    shipment_id: Mapped[UUID] = mapped_column(ForeignKey("shipment.id"), primary_key=True)
    order_line_id: Mapped[UUID] = mapped_column(ForeignKey("order_line.id"), primary_key=True, index=True)


class Milestone(Base):
    """One step of a shipment's road: `planned_on` never changes, `expected_on` follows what is known;
    `announced_on` is what a hub said of it before it came.
    """

    __tablename__ = "milestone"
    __table_args__ = (UniqueConstraint("shipment_id", "kind"),)

    id: Mapped[Id]
    shipment_id: Mapped[UUID] = mapped_column(ForeignKey("shipment.id"))
    kind: Mapped[str]
    position: Mapped[int]
    planned_on: Mapped[date]
    expected_on: Mapped[date]
    announced_on: Mapped[date | None]
    actual_on: Mapped[date | None]
    note: Mapped[str] = mapped_column(default="")
    set_by: Mapped[UUID | None] = mapped_column(ForeignKey("person.id"))
    set_at: Mapped[datetime | None]

"""The parcels of a shipment, where each was seen, and how they are loaded."""

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, UniqueConstraint
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app.db import Base, Id


class ParcelRow(Base):
    """One package of an order line in a shipment. Its measures are those of the line's packing; `epc` is its
    name: an SSCC as a GS1 Digital Link, or a URN where the shipment's first hub has no GS1 prefix.
    """

    __tablename__ = "parcel"
    __table_args__ = (
        UniqueConstraint("shipment_id", "number"),
        UniqueConstraint("order_line_id", "shipment_id", "position"),
        CheckConstraint("number >= 1 AND position >= 1", name="counted"),
    )

    id: Mapped[Id]
    shipment_id: Mapped[UUID] = mapped_column(ForeignKey("shipment.id"))
    order_line_id: Mapped[UUID] = mapped_column(ForeignKey("order_line.id"))
    number: Mapped[int]  # within the shipment
    position: Mapped[int]  # within the line
    epc: Mapped[str] = mapped_column(unique=True)
    made_at: Mapped[datetime]


class ParcelScan(Base):
    """A parcel was seen at a step of the road: once each."""

    __tablename__ = "parcel_scan"

    parcel_id: Mapped[UUID] = mapped_column(ForeignKey("parcel.id"), primary_key=True)
    kind: Mapped[str] = mapped_column(primary_key=True)  # a milestone
    at: Mapped[datetime]
    person_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"))
    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"))


class PlanState(StrEnum):
    ASKED = "asked"
    WORKING = "working"
    DONE = "done"
    FAILED = "failed"


class LoadingPlan(Base):
    """How a shipment's parcels are loaded: what was asked for, and what came of it."""

    __tablename__ = "loading_plan"
    __table_args__ = (
        CheckConstraint("state IN ('asked', 'working', 'done', 'failed')", name="state"),
        CheckConstraint("done BETWEEN 0 AND 100", name="done"),
        CheckConstraint("(state = 'done') = (result IS NOT NULL)", name="result"),
    )

    shipment_id: Mapped[UUID] = mapped_column(ForeignKey("shipment.id"), primary_key=True)
    holds: Mapped[list[Any]] = mapped_column(JSONB)  # types of containers, in the order they are filled
    parcels: Mapped[list[Any]] = mapped_column(JSONB)  # as they were measured when it was asked for
    state: Mapped[str] = mapped_column(default=PlanState.ASKED)
    done: Mapped[int] = mapped_column(default=0)  # per cent
    attempt: Mapped[int] = mapped_column(default=1)  # an answer to an earlier question is not kept
    result: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    words: Mapped[str] = mapped_column(default="")  # why it failed
    asked_by: Mapped[UUID] = mapped_column(ForeignKey("person.id"))
    asked_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]

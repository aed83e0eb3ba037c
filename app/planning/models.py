"""Weekly planning of an origin hub: who keeps it, what was computed, what a person chose, what was booked."""

from datetime import date, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app.db import Base, Id, Minor


class PlanningDesk(Base):
    """An origin hub whose pools are planned together: they are booked from there, not each by itself."""

    __tablename__ = "planning_desk"
    __table_args__ = (
        CheckConstraint("weekday BETWEEN 0 AND 6", name="weekday"),
        CheckConstraint("stability >= 0", name="stability"),
    )

    hub_id: Mapped[UUID] = mapped_column(ForeignKey("hub.id"), primary_key=True)
    weekday: Mapped[int]  # Monday is 0: when all is planned anew
    stability: Mapped[Minor]
    """What moving one consignment to another day than the one that was told has to save, in minor units."""
    since: Mapped[datetime]
    kept_by: Mapped[UUID] = mapped_column(ForeignKey("person.id"))
    version: Mapped[int] = mapped_column(default=1)


class RunState(StrEnum):
    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


class PlanningRun(Base):
    """One planning of the pools of an origin in one currency that wait at one cost. The newest one counts."""

    __tablename__ = "planning_run"
    __table_args__ = (
        CheckConstraint("state IN ('waiting', 'running', 'done', 'failed')", name="state"),
        Index("ix_planning_run_origin", "origin_id", "currency", "wait_cost_ppm_per_day", "asked_at"),
    )

    id: Mapped[Id]
    origin_id: Mapped[UUID] = mapped_column(ForeignKey("hub.id"))
    currency: Mapped[str]
    wait_cost_ppm_per_day: Mapped[int]
    state: Mapped[str] = mapped_column(default=RunState.WAITING)
    because: Mapped[str]
    book: Mapped[bool] = mapped_column(default=False)  # book what waits, not only look
    asked_by: Mapped[UUID | None] = mapped_column(ForeignKey("person.id"))
    asked_at: Mapped[datetime]
    started_at: Mapped[datetime | None]
    made_at: Mapped[datetime | None]
    problem: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    plan: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    found: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    """By pool: its cost by its own plan and in this one, its days, and what else it could do."""
    words: Mapped[str] = mapped_column(default="")  # why it failed


class PoolChoice(Base):
    """A person's word on when the goods of a paid pool sail, with the figures that were shown."""

    __tablename__ = "pool_choice"

    pool_id: Mapped[UUID] = mapped_column(ForeignKey("pool.id"), primary_key=True)
    run_id: Mapped[UUID] = mapped_column(ForeignKey("planning_run.id"), index=True)
    service: Mapped[str]  # code
    departs_on: Mapped[date]
    difference: Mapped[int]  # of the total, in minor units; below 0: it costs less
    days: Mapped[int]  # later than planned; below 0: sooner
    reason: Mapped[str]
    chosen_at: Mapped[datetime]
    chosen_by: Mapped[UUID] = mapped_column(ForeignKey("person.id"))


class Consolidation(Base):
    """Pools that were booked together: the documents of contracts/, from which anybody can compute it again.
    Orders have their numbers in them, never names.
    """

    __tablename__ = "consolidation"
    __table_args__ = (CheckConstraint("total <= before", name="never_dearer"),)

    id: Mapped[Id]
    number: Mapped[str] = mapped_column(unique=True)
    origin_id: Mapped[UUID] = mapped_column(ForeignKey("hub.id"), index=True)
    currency: Mapped[str]
    problem: Mapped[dict[str, Any]]
    quotes: Mapped[dict[str, Any]]  # order number -> what its shipping was charged
    plan: Mapped[dict[str, Any]]
    sharing: Mapped[dict[str, Any]]
    total: Mapped[Minor]
    before: Mapped[Minor]  # what the pools cost each by its own plan
    made_at: Mapped[datetime]


class PoolBooking(Base):
    """A paid pool that waits at a planning desk, and how it was booked from there; by itself, where no
    consolidation is named.
    """

    __tablename__ = "pool_booking"
    __table_args__ = (
        CheckConstraint("booked_at IS NOT NULL OR (consolidation_id IS NULL AND rebate = 0)", name="booked"),
    )

    pool_id: Mapped[UUID] = mapped_column(ForeignKey("pool.id"), primary_key=True)
    waits_since: Mapped[datetime]
    book_by: Mapped[date] = mapped_column(index=True)  # after it, the first sailing of its own plan is lost
    consolidation_id: Mapped[UUID | None] = mapped_column(ForeignKey("consolidation.id"), index=True)
    rebate: Mapped[Minor] = mapped_column(default=0)
    words: Mapped[str] = mapped_column(default="")  # what keeps it from being booked
    booked_at: Mapped[datetime | None]
    booked_by: Mapped[UUID | None] = mapped_column(ForeignKey("person.id"))  # None: it could wait no longer


class OrderRebate(Base):
    """What an order gets back because its pool travelled with others, and how its days changed."""

    __tablename__ = "order_rebate"
    __table_args__ = (CheckConstraint("amount BETWEEN 0 AND charged", name="only_falls"),)

    order_id: Mapped[UUID] = mapped_column(ForeignKey("order.id"), primary_key=True)
    consolidation_id: Mapped[UUID] = mapped_column(ForeignKey("consolidation.id"), index=True)
    charged: Mapped[Minor]  # of shipping
    amount: Mapped[Minor]
    departs_before: Mapped[date | None]
    departs_on: Mapped[date | None]
    arrives_before: Mapped[date | None]
    arrives_on: Mapped[date | None]

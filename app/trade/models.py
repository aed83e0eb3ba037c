"""Pools, the orders in them, how they were planned and what each order pays."""

from datetime import date, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app.db import Base, CubicCentimetres, Grams, Id, Minor


class PoolState(StrEnum):
    OPEN = "open"
    CLOSING = "closing"
    PLANNED = "planned"  # planned and split: buyers are asked to pay
    CONFIRMED = "confirmed"  # everybody has paid
    IN_TRANSIT = "in transit"
    ARRIVED = "arrived"
    SETTLED = "settled"  # producers, carriers and hubs are paid
    CANCELLED = "cancelled"


class OrderState(StrEnum):
    JOINED = "joined"
    LEFT = "left"
    PLANNED = "planned"  # its charge is final; to be paid
    PAID = "paid"
    DELIVERED = "delivered"
    CANCELLED = "cancelled"


class StepState(StrEnum):
    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


class Pool(Base):
    """Orders on one lane toward one hub and closing date, filled together."""

    __tablename__ = "pool"
    __table_args__ = (
        CheckConstraint("wait_cost_ppm_per_day >= 0", name="waiting"),
        CheckConstraint("extension_days BETWEEN 0 AND 60", name="extension"),
        CheckConstraint("capacity_g IS NULL OR capacity_g > 0", name="capacity_weight"),
        CheckConstraint("capacity_cm3 IS NULL OR capacity_cm3 > 0", name="capacity_volume"),
        Index("ix_pool_state_closes", "state", "closes_at"),
    )

    id: Mapped[Id]
    number: Mapped[str] = mapped_column(unique=True)
    title: Mapped[str]
    origin_id: Mapped[UUID] = mapped_column(ForeignKey("hub.id"))
    hub_id: Mapped[UUID] = mapped_column(ForeignKey("hub.id"), index=True)
    currency: Mapped[str]
    state: Mapped[str] = mapped_column(default=PoolState.OPEN)
    opened_at: Mapped[datetime]
    closes_at: Mapped[datetime]
    latest_arrival_on: Mapped[date]  # what an order without a wish of its own is due
    wait_cost_ppm_per_day: Mapped[int]
    capacity_g: Mapped[Grams | None]
    capacity_cm3: Mapped[CubicCentimetres | None]
    closed_at: Mapped[datetime | None]
    cancelled_because: Mapped[str | None]
    shares_cases: Mapped[bool] = mapped_column(default=False, server_default="false")
    """The hub opens cases: buyers fill them, and reach the least quantity of an offer, together."""
    needs_minimum: Mapped[bool] = mapped_column(default=False, server_default="false")
    """It goes ahead only with the makers' minimum orders reached; else below them for the small-order fee."""
    extension_days: Mapped[int] = mapped_column(default=0, server_default="0")
    """For how long it is extended, once, if a minimum is missed; 0: it is not."""
    extended_at: Mapped[datetime | None]
    opened_by: Mapped[UUID] = mapped_column(ForeignKey("person.id"))
    kept: Mapped[list[Any]] = mapped_column(JSONB, default=list, server_default="[]")
    """Of the plan that the quotes pay for: `{"line", "service", "day"}` each; the line alone if direct."""
    invitation: Mapped[str | None] = mapped_column(unique=True)  # of the link that shows it without sign-in
    reminded: Mapped[int] = mapped_column(default=0, server_default="0")  # how many of the reminders went out


class Order(Base):
    """What one buyer wants from one pool, with the terms it accepted: they never change after joining."""

    __tablename__ = "order"
    __table_args__ = (
        Index(
            "uq_order_pool_buyer",
            "pool_id",
            "organisation_id",
            unique=True,
            postgresql_where=text("state <> 'left'"),
        ),
        CheckConstraint("goods >= 0 AND alone >= 0", name="amounts"),
        CheckConstraint("quote BETWEEN 0 AND alone", name="quote"),
        CheckConstraint("duty >= 0", name="duty"),
        CheckConstraint("leaving_charge BETWEEN 0 AND alone", name="leaving_charge"),
    )

    id: Mapped[Id]
    number: Mapped[str] = mapped_column(unique=True)
    pool_id: Mapped[UUID] = mapped_column(ForeignKey("pool.id"))
    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"), index=True)
    state: Mapped[str] = mapped_column(default=OrderState.JOINED)
    needed_by: Mapped[date]
    goods: Mapped[Minor]  # ex works
    alone: Mapped[Minor]  # shipping the same order alone
    quote: Mapped[int] = mapped_column(
        BigInteger, default=lambda context: context.get_current_parameters()["alone"]
    )
    """With `goods` and `duty` the most that it can be charged: made at joining, it only falls."""
    duty: Mapped[Minor] = mapped_column(default=0, server_default="0")
    """The most import duty, at the rates that are due without a proof of origin; it only falls."""
    leaving_charge: Mapped[Minor] = mapped_column(default=0, server_default="0")
    """What it owes for having left: the others' quotes pay the rest. Nothing if the pool fails."""
    free_to_leave: Mapped[bool] = mapped_column(default=False, server_default="false")
    """It may leave for nothing: its quote had to rise, or the pool was extended and it has not said yes."""
    stays_if_extended: Mapped[bool | None]
    """What the buyer said to an extension of the pool; None: nothing yet."""
    delivered_at: Mapped[datetime | None]
    terms: Mapped[dict[str, Any]]  # what was accepted: each producer's terms, items of `alone`, dates
    joined_at: Mapped[datetime]
    joined_by: Mapped[UUID] = mapped_column(ForeignKey("person.id"))
    left_at: Mapped[datetime | None]
    version: Mapped[int] = mapped_column(default=1)

    @property
    def most(self) -> int:
        """The most that it can be charged: goods, shipping as promised, and duty."""
        return self.goods + self.quote + self.duty


class OrderLine(Base):
    __tablename__ = "order_line"
    __table_args__ = (
        UniqueConstraint("order_id", "offer_id"),
        CheckConstraint("quantity > 0 AND value >= 0 AND weight_g > 0 AND volume_cm3 > 0", name="positive"),
        CheckConstraint("(sold_in IS NULL) = (sold_at IS NULL)", name="sold"),
        CheckConstraint(
            "(least IS NULL) = (most IS NULL) AND (least IS NULL OR least BETWEEN 1 AND most) "
            "AND (most IS NULL OR quantity <= most)",
            name="range",
        ),
    )

    id: Mapped[Id]
    order_id: Mapped[UUID] = mapped_column(ForeignKey("order.id"))
    offer_id: Mapped[UUID] = mapped_column(ForeignKey("offer.id"), index=True)
    producer_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"), index=True)
    title: Mapped[str]
    unit: Mapped[str]
    quantity: Mapped[int]
    """Of a range the most, until the pool closes; then what the order gets."""
    least: Mapped[int | None]  # of a range; both None: exactly `quantity`
    most: Mapped[int | None]
    why: Mapped[str | None]  # logistics.ranges.Why: why it gets so many, once the pool is closed
    unit_price: Mapped[Minor]  # in the pool's currency
    value: Mapped[Minor]
    sold_in: Mapped[str | None]  # the maker's own currency, where it is another than the pool's
    sold_at: Mapped[int | None] = mapped_column(BigInteger)  # the unit price in it
    weight_g: Mapped[Grams]
    volume_cm3: Mapped[CubicCentimetres]
    hs_code: Mapped[str]
    cargo_class: Mapped[str]
    ready_on: Mapped[date]
    frozen_because: Mapped[str | None]  # its maker may not sell any more: not made, shipped or charged


class PoolStep(Base):
    """One step of a pool's road after closing: seen, retried and overridden by people."""

    __tablename__ = "pool_step"
    __table_args__ = (UniqueConstraint("pool_id", "round", "name"),)

    id: Mapped[Id]
    pool_id: Mapped[UUID] = mapped_column(ForeignKey("pool.id"))
    round: Mapped[int] = mapped_column(default=1, server_default="1")  # 2: after an extension
    name: Mapped[str]
    position: Mapped[int]
    state: Mapped[str] = mapped_column(default=StepState.WAITING)
    attempt: Mapped[int] = mapped_column(default=0)
    key: Mapped[str] = mapped_column(unique=True)  # idempotency key of what the step does outside
    started_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    words: Mapped[str] = mapped_column(default="")  # what it did, or why it failed
    overridden_because: Mapped[str | None]  # a person's reason to go on in spite of a failure


class PoolPlan(Base):
    """How a closed pool travels and is split: the documents of contracts/, from which anybody can compute it
    again. Orders have their numbers in them, never names. `plan` and `sharing` are empty until their steps
    are done.
    """

    __tablename__ = "pool_plan"

    pool_id: Mapped[UUID] = mapped_column(ForeignKey("pool.id"), primary_key=True)
    problem: Mapped[dict[str, Any]]
    quotes: Mapped[dict[str, Any]]  # order number -> the most that its shipping may cost
    leavers: Mapped[dict[str, Any]] = mapped_column(default=dict, server_default="{}")
    """Number of an order that left -> what it owes of the total."""
    plan: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    sharing: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    total: Mapped[Minor | None]
    stand_alone_total: Mapped[Minor | None]
    made_at: Mapped[datetime]


class AskState(StrEnum):
    ASKED = "asked"
    ACCEPTED = "accepted"  # the hub has opened a pool
    DECLINED = "declined"


class PoolAsk(Base):
    """Buyers ask a hub for a pool: from where, by when; others support it, the hub accepts or declines."""

    __tablename__ = "pool_ask"
    __table_args__ = (
        CheckConstraint("(state = 'declined') = (declined_because IS NOT NULL)", name="reason"),
        CheckConstraint("(state = 'accepted') = (pool_id IS NOT NULL)", name="pool"),
    )

    id: Mapped[Id]
    origin_id: Mapped[UUID] = mapped_column(ForeignKey("hub.id"))
    hub_id: Mapped[UUID] = mapped_column(ForeignKey("hub.id"), index=True)
    currency: Mapped[str]
    wanted_by: Mapped[date]  # when the goods should have arrived
    words: Mapped[str]  # what is wanted, from which makers
    state: Mapped[str] = mapped_column(default=AskState.ASKED)
    asked_at: Mapped[datetime]
    asked_by: Mapped[UUID] = mapped_column(ForeignKey("person.id"))
    answered_at: Mapped[datetime | None]
    declined_because: Mapped[str | None]
    pool_id: Mapped[UUID | None] = mapped_column(ForeignKey("pool.id"))


class PoolAskSupport(Base):
    """A buyer that would order; who asked is the first one."""

    __tablename__ = "pool_ask_support"

    ask_id: Mapped[UUID] = mapped_column(ForeignKey("pool_ask.id"), primary_key=True)
    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"), primary_key=True)
    at: Mapped[datetime]


class Charge(Base):
    """What one order pays: goods, what it alone causes, and its share of the rest. Exact to the cent."""

    __tablename__ = "charge"
    __table_args__ = (
        CheckConstraint("direct + joint = shipping", name="sum"),
        CheckConstraint("shipping >= 0 AND shipping <= alone", name="never_more_than_alone"),
        CheckConstraint("goods + shipping + duty = total", name="total"),
        CheckConstraint("duty >= 0 AND coalesce(duty_assessed, 0) BETWEEN 0 AND duty", name="duty"),
    )

    order_id: Mapped[UUID] = mapped_column(ForeignKey("order.id"), primary_key=True)
    reference: Mapped[str] = mapped_column(unique=True)  # what the buyer writes on the bank transfer
    currency: Mapped[str]
    goods: Mapped[Minor]
    direct: Mapped[Minor]  # what it alone causes: customs entry, waiting, a direct shipment
    joint: Mapped[Minor]  # its share of freight, handling and small-order fees
    shipping: Mapped[Minor]
    duty: Mapped[Minor] = mapped_column(default=0, server_default="0")  # of its own goods, never shared
    duty_assessed: Mapped[int | None] = mapped_column(BigInteger)  # what customs asked in the end, if less
    total: Mapped[Minor]
    alone: Mapped[Minor]  # what `shipping` was quoted alone
    items: Mapped[dict[str, Any]]
    """{"alone": [...], "pooled": [...]}: each its item, payee and amount; "duties": of each line of goods."""
    due_on: Mapped[date]
    paid_at: Mapped[datetime | None]

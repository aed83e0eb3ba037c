"""Addresses of other systems, what they were told, and each try to tell it."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.db import Base, Id


class WebhookState(StrEnum):
    ENABLED = "enabled"
    DISABLED = "disabled"  # by its owner, or after failing for days
    REMOVED = "removed"  # kept for its log


class Webhook(Base):
    """One address that an organisation wants to be told at. Secrets are sealed (app.credentials.sealing)."""

    __tablename__ = "webhook"
    __table_args__ = (CheckConstraint("state IN ('enabled', 'disabled', 'removed')", name="state"),)

    id: Mapped[Id]
    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"), index=True)
    url: Mapped[str]
    words: Mapped[str]  # what it is for, in its owner's words
    types: Mapped[list[str]]  # of events; none: it is told one thing alone, like a subscribed query
    state: Mapped[str] = mapped_column(default=WebhookState.ENABLED)
    sealed: Mapped[bytes]
    sealed_before: Mapped[bytes | None]  # the secret before the last change, which signs too for a while
    before_until: Mapped[datetime | None]
    failing_since: Mapped[datetime | None]  # nothing but failures since then
    disabled_because: Mapped[str] = mapped_column(default="")
    made_at: Mapped[datetime]


class WebhookMessage(Base):
    """One thing that happened, as it is told. `webhook-id` is its id; `body` is sent as it stands."""

    __tablename__ = "webhook_message"

    id: Mapped[Id]
    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"), index=True)
    type: Mapped[str]
    body: Mapped[str]
    at: Mapped[datetime]


class DeliveryState(StrEnum):
    WAITING = "waiting"
    DELIVERED = "delivered"
    GIVEN_UP = "given up"


class WebhookDelivery(Base):
    """One message to one address. `next_at` is empty when it has ended."""

    __tablename__ = "webhook_delivery"
    __table_args__ = (
        UniqueConstraint("webhook_id", "message_id"),
        CheckConstraint("state IN ('waiting', 'delivered', 'given up')", name="state"),
        CheckConstraint("(next_at IS NOT NULL) = (state = 'waiting')", name="next_at"),
        Index("ix_webhook_delivery_webhook_made", "webhook_id", "made_at"),
    )

    id: Mapped[Id]
    webhook_id: Mapped[UUID] = mapped_column(ForeignKey("webhook.id"))
    message_id: Mapped[UUID] = mapped_column(ForeignKey("webhook_message.id"), index=True)
    state: Mapped[str] = mapped_column(default=DeliveryState.WAITING)
    tries: Mapped[int] = mapped_column(default=0)  # since it was last begun, by a message or a replay
    made_at: Mapped[datetime]
    next_at: Mapped[datetime | None]


class WebhookTry(Base):
    """One request, and what came back. `status` is empty where no answer came."""

    __tablename__ = "webhook_try"

    id: Mapped[Id]
    delivery_id: Mapped[UUID] = mapped_column(ForeignKey("webhook_delivery.id"), index=True)
    at: Mapped[datetime]
    status: Mapped[int | None]
    words: Mapped[str]  # why it failed, or the beginning of the answer
    milliseconds: Mapped[int]

"""Webhooks as JSON."""

from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field


class EventTypeOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    name: str
    words: str
    example: dict[str, Any]


class EventTypesOut(BaseModel):
    types: list[EventTypeOut]


class WebhookIn(BaseModel):
    model_config = ConfigDict(extra="forbid")

    url: str = Field(max_length=600, examples=["https://example.org/hooks/fairhaul"])
    words: str = Field(default="", max_length=200, examples=["Stock system"])
    types: list[str] = Field(max_length=50, examples=[["shipment.milestone", "shipment.late"]])


class SwitchIn(BaseModel):
    model_config = ConfigDict(extra="forbid")

    enabled: bool


class WebhookOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    id: UUID
    url: str
    words: str
    types: list[str]
    state: str
    failing_since: datetime | None
    disabled_because: str
    made_at: datetime


class WebhooksOut(BaseModel):
    webhooks: list[WebhookOut]


class SecretOut(BaseModel):
    secret: str = Field(examples=["whsec_..."])


class TryOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    at: datetime
    status: int | None
    words: str
    milliseconds: int


class DeliveryOut(BaseModel):
    id: UUID
    webhook_id: UUID
    message_id: str = Field(description="the header webhook-id")
    type: str
    body: str = Field(description="as it was sent")
    state: str
    made_at: datetime
    next_at: datetime | None
    tries: list[TryOut]


class DeliveriesOut(BaseModel):
    deliveries: list[DeliveryOut]


class ReplayedOut(BaseModel):
    replayed: int

"""JSON routes of webhooks."""

from typing import Annotated
from uuid import UUID

from fastapi import Depends, Query, Request, Response

from app.permissions import Actor, Anybody, Needs
from app.routes import api_router
from app.settings import Settings
from app.transaction import Db, Now
from app.webhooks import service
from app.webhooks.models import WebhookDelivery, WebhookMessage, WebhookTry
from app.webhooks.schemas import (
    DeliveriesOut,
    DeliveryOut,
    EventTypeOut,
    EventTypesOut,
    ReplayedOut,
    SecretOut,
    SwitchIn,
    TryOut,
    WebhookIn,
    WebhookOut,
    WebhooksOut,
)
from app.webhooks.types import EVENT_TYPES

router = api_router("webhooks")

Owner = Annotated[Actor, Depends(Needs("webhook.own"))]


def _settings(request: Request) -> Settings:
    settings: Settings = request.app.state.settings
    return settings


Config = Annotated[Settings, Depends(_settings)]


@router.get("/webhook-types", summary="What you can be told", dependencies=[Depends(Anybody())])
def types() -> EventTypesOut:
    return EventTypesOut(types=[EventTypeOut.model_validate(each) for each in EVENT_TYPES.values()])


@router.get("/webhooks", summary="Your addresses")
def webhooks(actor: Owner, db: Db) -> WebhooksOut:
    found = service.webhooks_of(db, actor.organisation_id)
    return WebhooksOut(webhooks=[WebhookOut.model_validate(each) for each in found])


@router.post("/webhooks", status_code=201, summary="Be told at an address")
def add(wish: WebhookIn, actor: Owner, db: Db, now: Now, *, config: Config, reply: Response) -> WebhookOut:
    made = service.add(db, actor, config, service.Said(**wish.model_dump()), now=now)
    reply.headers["Location"] = f"/api/webhooks/{made.id}"
    return WebhookOut.model_validate(made)


@router.get("/webhooks/{webhook_id}", summary="One address")
def read(webhook_id: UUID, actor: Owner, db: Db) -> WebhookOut:
    return WebhookOut.model_validate(service.own(db, actor, webhook_id))


@router.put("/webhooks/{webhook_id}", summary="Change an address, or what it is told")
def change(
    webhook_id: UUID, wish: WebhookIn, actor: Owner, *, db: Db, now: Now, config: Config
) -> WebhookOut:
    said = service.Said(**wish.model_dump())
    return WebhookOut.model_validate(service.change(db, actor, config, webhook_id, said, now=now))


@router.delete("/webhooks/{webhook_id}", status_code=204, summary="Tell it nothing any more")
def remove(webhook_id: UUID, actor: Owner, db: Db, now: Now) -> None:
    service.remove(db, actor, webhook_id, now=now)


@router.put("/webhooks/{webhook_id}/state", summary="Switch it off, or on again")
def switch(webhook_id: UUID, wish: SwitchIn, actor: Owner, *, db: Db, now: Now) -> WebhookOut:
    return WebhookOut.model_validate(service.switch(db, actor, webhook_id, on=wish.enabled, now=now))


@router.get("/webhooks/{webhook_id}/secret", summary="The secret that signs what it is told")
def secret(webhook_id: UUID, actor: Owner, db: Db, config: Config) -> SecretOut:
    return SecretOut(secret=service.secret_of(db, actor, config, webhook_id))


@router.post("/webhooks/{webhook_id}/secret", summary="A new secret; the old one signs for a day more")
def rotate(webhook_id: UUID, actor: Owner, db: Db, now: Now, config: Config) -> WebhookOut:
    return WebhookOut.model_validate(service.rotate(db, actor, config, webhook_id, now=now))


@router.post("/webhooks/{webhook_id}/test", status_code=201, summary="Send a first message")
def try_out(webhook_id: UUID, actor: Owner, db: Db, now: Now) -> DeliveryOut:
    made = service.try_out(db, actor, webhook_id, now=now)
    return _shown(made, db.get_one(WebhookMessage, made.message_id), [])


@router.get("/webhooks/{webhook_id}/deliveries", summary="What it was told, the last first")
def deliveries(
    webhook_id: UUID,
    actor: Owner,
    db: Db,
    *,
    limit: Annotated[int, Query(ge=1, le=100)] = 30,
    page: Annotated[int, Query(ge=1, le=10_000)] = 1,
) -> DeliveriesOut:
    webhook = service.own(db, actor, webhook_id)
    found = service.deliveries_of(db, webhook, limit=limit, offset=(page - 1) * limit)
    tries = service.tries_of(db, [delivery.id for delivery, _ in found])
    return DeliveriesOut(
        deliveries=[_shown(delivery, message, tries[delivery.id]) for delivery, message in found]
    )


@router.post("/webhooks/{webhook_id}/replay", summary="Send all again that did not arrive")
def replay_missed(webhook_id: UUID, actor: Owner, db: Db, now: Now) -> ReplayedOut:
    return ReplayedOut(replayed=service.replay_missed(db, actor, webhook_id, now=now))


@router.post("/webhook-deliveries/{webhook_delivery_id}/replay", summary="Send one message again")
def replay(webhook_delivery_id: UUID, actor: Owner, db: Db, now: Now) -> DeliveryOut:
    made = service.replay(db, actor, webhook_delivery_id, now=now)
    return _shown(made, db.get_one(WebhookMessage, made.message_id), service.tries_of(db, [made.id])[made.id])


def _shown(delivery: WebhookDelivery, message: WebhookMessage, tries: list[WebhookTry]) -> DeliveryOut:
    return DeliveryOut(
        id=delivery.id,
        webhook_id=delivery.webhook_id,
        message_id=service.sent_id(message),
        type=message.type,
        body=message.body,
        state=delivery.state,
        made_at=delivery.made_at,
        next_at=delivery.next_at,
        tries=[TryOut.model_validate(each) for each in tries],
    )

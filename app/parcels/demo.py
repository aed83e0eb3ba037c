"""The demonstration's parcels: measured, named and loaded; and another system that hears of it all."""

import json
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.epcis import capturing, naming
from app.parcels import loading
from app.parcels.measured import parcels_of
from app.parcels.naming import name_parcels
from app.permissions import Actor
from app.settings import Settings
from app.webhooks import service as webhooks
from app.webhooks.models import DeliveryState, WebhookDelivery
from app.webhooks.sending import Answer
from app.webhooks.types import EVENT_TYPES
from logistics.epcis.vocabulary import CONTEXT
from logistics.loading import check_loading, load

PREFIXES: Final = {"hub-saigon": "9520123", "hub-callao": "9520124", "hub-mombasa": "9520125"}
"""By account. GS1 keeps numbers from 952 for examples."""
GLN: Final = "9520123000011"
ADDRESS: Final = "https://stock.shop-leiden.example/hooks/fairhaul"
STATES: Final = ((503, "Demo: under maintenance"), (200, "Demo: thank you"))
QUICK: Final = 20
"""Iterations: the demonstration's loads are small."""


def identify(session: Session, hub: Actor, prefix: str, *, now: datetime) -> None:
    """The hub has a GS1 prefix, so that its parcels have an SSCC."""
    naming.set_identity(session, hub, company_prefix=prefix, gln=None, now=now)


def listen(session: Session, buyer: Actor, settings: Settings, *, now: datetime) -> None:
    """A buyer's stock system is told everything."""
    said = webhooks.Said(ADDRESS, "Demo stock system", list(EVENT_TYPES))
    webhooks.add(session, buyer, settings, said, now=now)


def handle(session: Session, hub: Actor, shipment_id: UUID, *, now: datetime) -> None:
    """Labels for the parcels, and a loading plan."""
    name_parcels(session, hub, shipment_id, now=now)
    found = loading.own_load(session, hub, shipment_id)
    parcels = [each.as_parcel() for each in parcels_of(session, shipment_id)]
    row = loading.ask(session, hub, shipment_id, loading.guess(found, parcels), now=now)
    asked = loading.begin(session, shipment_id, row.attempt)
    assert asked is not None
    made = load(*asked, iterations=QUICK)
    loading.keep(session, shipment_id, row.attempt, made, check_loading(*asked, made).faults, now=now)


def capture(session: Session, maker: Actor, *, now: datetime) -> None:
    """A maker's own system sends what it made, as EPCIS."""
    at = now - timedelta(hours=3)
    event: dict[str, Any] = {
        "type": "ObjectEvent",
        "eventID": "urn:uuid:00000000-0000-4000-8000-00000000d390",
        "eventTime": at.isoformat(timespec="milliseconds"),
        "eventTimeZoneOffset": "+00:00",
        "action": "ADD",
        "bizStep": "commissioning",
        "disposition": "active",
        "quantityList": [{"epcClass": "https://id.gs1.org/01/09520123456788/10/DEMO-7", "quantity": 120}],
        "readPoint": {"id": f"https://id.gs1.org/414/{GLN}"},
    }
    capturing.capture(
        session,
        maker,
        {
            "@context": [CONTEXT],
            "type": "EPCISDocument",
            "schemaVersion": "2.0",
            "creationDate": at.isoformat(timespec="milliseconds"),
            "epcisBody": {"eventList": [json.loads(json.dumps(event))]},
        },
        now=now,
    )


def answer_all(session: Session, *, now: datetime) -> None:
    """What waits to be told is answered as that system would: busy once, then in order."""
    waiting: Sequence[WebhookDelivery] = session.scalars(
        select(WebhookDelivery)
        .filter_by(state=DeliveryState.WAITING)
        .order_by(WebhookDelivery.made_at, WebhookDelivery.id)
    ).all()
    for number, each in enumerate(waiting):
        for status, words in STATES if number == 0 else STATES[1:]:
            at = min(each.next_at or now, now)
            webhooks.end(session, each.id, Answer(status, words, 40 + 7 * number), now=at)

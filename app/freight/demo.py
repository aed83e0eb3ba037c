"""The demo's carriers: two that a hub asked about a load, and what they answered."""

import json
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy.orm import Session

from app.freight import protocol, service
from app.freight.models import Signing
from app.freight.service import CarrierSaid, QuestionSaid
from app.permissions import Actor
from app.settings import Settings
from app.webhooks.sending import Reply

SECRET: Final = "a-demo-secret-that-opens-nothing"  # noqa: S105 - of carriers that do not exist
DAY: Final = timedelta(days=1)
OFFERS: Final[dict[str, list[dict[str, Any]]]] = {
    "Demo Ocean Line": [
        {
            "reference": "DEMO-118",
            "mode": "sea",
            "tariff": {
                "per_shipment": 5200,
                "per_consignee": 600,
                "less_than_container": {"per_wm": 11_900, "minimum": 1_000_000},
            },
            "transit_days": 24,
            "notes": "Demo quote. Terminal handling at both ends is in it.",
        }
    ],
    "Demo Swift Freight": [
        {
            "reference": "DEMO-7",
            "mode": "air",
            "tariff": {
                "per_shipment": 3000,
                "per_consignee": 400,
                "volumetric_divisor": 6000,
                "minimum_charge": 9000,
                "breaks": [{"from_g": 0, "per_kg": 610}, {"from_g": 100_000, "per_kg": 455}],
            },
            "transit_days": 3,
        }
    ],
}


def play(
    session: Session, keeper: Actor, origin: UUID, destination: UUID, settings: Settings, *, now: datetime
) -> None:
    """A hub asks two carriers; both answer, and a third does not."""
    carriers = {
        name: service.add_carrier(
            session,
            keeper,
            settings,
            CarrierSaid(name, f"https://quotes.example.org/{number}", Signing.HMAC, SECRET),
            now=now - 20 * DAY,
        ).id
        for number, name in enumerate([*OFFERS, "Demo Slow Lines"], start=1)
    }
    today = now.date()
    asked = service.ask(
        session,
        keeper,
        QuestionSaid(
            origin,
            destination,
            weight_g=420_000,
            volume_cm3=3_100_000,
            consignees=5,
            cargo_class="ambient",
            currency="USD",
            ready_on=today + 6 * DAY,
            due_on=today + 60 * DAY,
            carriers=set(carriers.values()),
        ),
        now=now - 2 * DAY,
    )
    names = {carrier: name for name, carrier in carriers.items()}
    for answer in service.answers_of(session, asked.id):
        offers = OFFERS.get(names[answer.carrier_id])
        reply = Reply(None, {}, b"", "No answer within 20 seconds.", 20_000)
        if offers is not None:
            validity = {
                "currency": "USD",
                "valid_from": today.isoformat(),
                "valid_until": (today + 75 * DAY).isoformat(),
                "departures": [(today + number * DAY).isoformat() for number in (10, 24, 38)],
            }
            body = {
                "format": protocol.ANSWER,
                "id": str(answer.id),
                "offers": [each | validity for each in offers],
            }
            reply = Reply(200, {}, json.dumps(body).encode(), "", 640)
        service.end(session, answer.id, reply, now=now - 2 * DAY)

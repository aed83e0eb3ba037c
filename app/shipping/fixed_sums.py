"""What the fixed sums of a rate card are for: a quote names inland transport, insurance, handling and the
last mile where a card does.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy.orm import Session

from app import history
from app.errors import Faulty
from app.language import language
from app.permissions import Actor
from app.shipping.models import Service
from app.shipping.rate_cards import own_service

PARTS: Final = {"per_shipment": ("inland", "insurance"), "per_consignee": ("handling", "last_mile")}
"""Sum of the tariff -> names of what it may be for. The rest is freight, or the customs entry."""


@dataclass(frozen=True, slots=True)
class FixedSaid:
    """Minor units of the card's currency; together never more than the sum that they are a part of."""

    inland: int = 0
    insurance: int = 0
    handling: int = 0
    last_mile: int = 0


def said_in(service: Service) -> FixedSaid:
    return FixedSaid(**{name: amount for said in service.fixed.values() for name, amount in said.items()})


def say(session: Session, actor: Actor, service_id: UUID, said: FixedSaid, *, now: datetime) -> Service:
    """For a card that the actor keeps. Faulty: the parts are more than their sum. What is booked stays."""
    service = own_service(session, actor, service_id, write=True)
    faults: dict[str, str] = {}
    for whole, names in PARTS.items():
        total, parts = service.tariff.get(whole, 0), sum(getattr(said, name) for name in names)
        if parts > total:
            words = language("en").money(total, service.currency)
            faults[names[0]] = f"Together these are more than {words}, of which they are a part."
    if faults:
        raise Faulty(fields=faults)
    service.fixed = {
        whole: {name: getattr(said, name) for name in names if getattr(said, name)}
        for whole, names in PARTS.items()
    }
    session.flush()
    history.record(session, service, "fixed sums named", now=now, **actor.who, fixed=service.fixed)
    return service

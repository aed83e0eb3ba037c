"""The demonstration's names at customs, and how the goods of a shipment are packed. All of it is made up."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from app.organisations.models import Kind, Organisation
from app.permissions import Actor
from app.shipping import packing

GRAMS_A_BOX = 12_000
TARE_PERCENT = 8


def name_all(session: Session, actors: Iterable[Actor], *, now: datetime) -> None:
    """Each actor's organisation gets an address, and a buyer in the EU an EORI number. Nobody is a registered
    exporter, so that the list of what is missing has something in it.
    """
    for number, actor in enumerate(actors, start=1):
        own = session.get_one(Organisation, actor.organisation_id)
        buys = own.kind == Kind.BUYER
        packing.name_at_customs(
            session,
            actor,
            address=f"{number} Demo Street\n{own.place}",
            eori=f"{own.country}{number:09d}" if buys else "",
            rex="",
            now=now,
        )


def pack_all(session: Session, keeper: Actor, shipment_id: UUID, *, now: datetime) -> None:
    """The hub weighs and counts what came in."""
    for line in packing.packable(session, keeper, shipment_id):
        gross = line.weight_g
        packing.pack(
            session,
            keeper,
            shipment_id,
            line.id,
            packing.PackingSaid(
                packages=-(-gross // GRAMS_A_BOX),
                net_g=gross * (100 - TARE_PERCENT) // 100,
                gross_g=gross,
                marks=f"DEMO {line.id.hex[-4:].upper()}",
                criterion="P",
            ),
            now=now,
        )

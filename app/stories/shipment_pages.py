"""Of a shipment, for everybody who has a part in it: the lots in it, and what it emits, by order."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import Depends, Request
from fastapi.responses import Response
from sqlalchemy import select

from app.errors import Missing
from app.organisations.models import Organisation
from app.pages import language_of, page
from app.permissions import Actor, Needs
from app.routes import page_router
from app.shipping import listing
from app.shipping.journeys import Journey
from app.shipping.words import mode_name
from app.stories import emissions, lots
from app.transaction import Db

router = page_router()

Concerned = Annotated[Actor, Depends(Needs("shipment.read-own"))]


@router.get("/shipments/{shipment_id}/emissions")
def emitted(request: Request, shipment_id: UUID, db: Db, actor: Concerned) -> Response:
    found = listing.own_journey(db, actor, shipment_id)
    made = emissions.of_shipment(db, found)
    if made is None:
        raise Missing("No goods are entered for this shipment, so nothing can be reckoned.")
    lang, leg = language_of(request), made.made.legs[0]
    return page(
        request,
        "stories/emissions.html",
        journey=found,
        made=made,
        leg=leg,
        mode=mode_name(leg.leg.mode, lang),
        orders=_orders(db, actor, found, made),
    )


@router.get("/shipments/{shipment_id}/lots")
def lots_in(request: Request, shipment_id: UUID, db: Db, actor: Concerned) -> Response:
    found = listing.own_journey(db, actor, shipment_id)
    return page(request, "stories/lots_in.html", journey=found, rows=lots.in_shipment(db, actor, found))


def _orders(db: Db, actor: Actor, found: Journey, made: emissions.ShipmentEmissions) -> list[dict[str, Any]]:
    """The orders that the actor may see: a hub all, a buyer its own, a maker its goods in each."""
    shares = made.made.shares
    everything = listing.sees_all(actor, found)
    rows: dict[UUID, dict[str, Any]] = {}
    for line, order in made.lines:
        mine = actor.organisation_id in {order.organisation_id, line.producer_id}
        if not everything and not mine:
            continue
        row = rows.setdefault(
            order.id, {"number": order.number, "buyer": order.organisation_id, "grams": 0, "units": 0}
        )
        row["grams"] += shares[str(line.id)]
        row["units"] += emissions.units_of(line)
    names = {
        row.id: row.name
        for row in db.execute(
            select(Organisation.id, Organisation.name).where(
                Organisation.id.in_({row["buyer"] for row in rows.values()})
            )
        )
    }
    for row in rows.values():
        row["buyer"] = names[row["buyer"]]
    return sorted(rows.values(), key=lambda row: (row["buyer"], row["number"]))

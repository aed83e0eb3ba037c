"""JSON routes of hubs, carriers' services and sailings, and shipments."""

from typing import Annotated
from uuid import UUID

from fastapi import Depends, Query, Response
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.catalogue.versioned import Version, etag, newest
from app.permissions import Actor, Anybody, Needs
from app.routes import api_router
from app.shipping import customs_api, fixed_pages, listing, papers_api, rate_cards, rate_cards_api, service
from app.shipping.journeys import Journey, milestones_of
from app.shipping.models import Hub, Milestone, MilestoneKind, Service
from app.shipping.rate_cards import SailingSaid, ServiceSaid
from app.shipping.schemas import (
    ConsignmentOut,
    ExpectationIn,
    GoodsLineOut,
    HubOut,
    HubsOut,
    MilestoneOut,
    ReportIn,
    SailingIn,
    SailingOut,
    SailingsOut,
    ServiceIn,
    ServiceOut,
    ServicesOut,
    ShipmentCardOut,
    ShipmentOut,
    ShipmentsOut,
    Step,
    UndoIn,
)
from app.transaction import Db, Now

router = api_router("shipping")
router.include_router(customs_api.router)
router.include_router(fixed_pages.api)
router.include_router(papers_api.router)
router.include_router(rate_cards_api.router)

CardReader = Annotated[Actor, Depends(Needs("rate-card.read"))]
CardWriter = Annotated[Actor, Depends(Needs("rate-card.write"))]
Concerned = Annotated[Actor, Depends(Needs("shipment.read-own"))]
Reporter = Annotated[Actor, Depends(Needs("milestone.set"))]


@router.get("/hubs", summary="All hubs", dependencies=[Depends(Anybody())])
def hubs(db: Db) -> HubsOut:
    return HubsOut(hubs=[HubOut.model_validate(hub) for hub in db.scalars(select(Hub).order_by(Hub.name))])


@router.get("/services", summary="Services that you keep, or that touch your hubs")
def services(actor: CardReader, db: Db) -> ServicesOut:
    found = db.scalars(select(Service).where(rate_cards.readable(actor)).order_by(Service.code))
    return ServicesOut(services=[ServiceOut.model_validate(each) for each in found])


@router.post("/services", status_code=201, summary="Enter a carrier's service with its rate card")
def add_service(wish: ServiceIn, actor: CardWriter, db: Db, now: Now, reply: Response) -> ServiceOut:
    made = rate_cards.add_service(db, actor, ServiceSaid(**wish.model_dump()), now=now)
    reply.headers["Location"] = f"/api/services/{made.id}"
    return _service(made, reply)


@router.get("/services/{service_id}", summary="One service")
def read_service(service_id: UUID, actor: CardReader, db: Db, reply: Response) -> ServiceOut:
    return _service(rate_cards.own_service(db, actor, service_id), reply)


@router.put("/services/{service_id}", summary="Change a rate card (If-Match wanted)")
def change_service(
    service_id: UUID,
    wish: ServiceIn,
    actor: CardWriter,
    *,
    db: Db,
    now: Now,
    version: Version,
    reply: Response,
) -> ServiceOut:
    said = ServiceSaid(**wish.model_dump())
    with newest():
        changed = rate_cards.change_service(db, actor, service_id, said, version=version, now=now)
    return _service(changed, reply)


@router.get("/services/{service_id}/sailings", summary="Its departures, the first first")
def sailings(service_id: UUID, actor: CardReader, db: Db) -> SailingsOut:
    found = rate_cards.sailings_of(db, rate_cards.own_service(db, actor, service_id).id)
    return SailingsOut(sailings=[SailingOut.model_validate(each) for each in found])


@router.post("/services/{service_id}/sailings", status_code=201, summary="Enter a departure")
def add_sailing(service_id: UUID, wish: SailingIn, actor: CardWriter, db: Db, now: Now) -> SailingOut:
    made = rate_cards.add_sailing(db, actor, service_id, SailingSaid(**wish.model_dump()), now=now)
    return SailingOut.model_validate(made)


@router.delete(
    "/services/{service_id}/sailings/{sailing_id}", status_code=204, summary="Take a departure out"
)
def remove_sailing(service_id: UUID, sailing_id: UUID, actor: CardWriter, db: Db, now: Now) -> None:
    rate_cards.remove_sailing(db, actor, service_id, sailing_id, now=now)


@router.get("/shipments", summary="Shipments that concern you, the latest departure first")
def shipments(
    actor: Concerned,
    db: Db,
    *,
    limit: Annotated[int, Query(ge=1, le=100)] = 30,
    page: Annotated[int, Query(ge=1, le=10_000)] = 1,
) -> ShipmentsOut:
    found = listing.own_journeys(db, actor, limit=limit, offset=(page - 1) * limit)
    roads = listing.milestones_by_shipment(db, [each.shipment.id for each in found])
    cards = [ShipmentCardOut.model_validate(_card(each, roads[each.shipment.id])) for each in found]
    return ShipmentsOut(shipments=cards)


@router.get("/shipments/{shipment_id}", summary="One shipment: its road and what of its load is yours to see")
def shipment(shipment_id: UUID, actor: Concerned, db: Db) -> ShipmentOut:
    return _shipment(db, actor, listing.own_journey(db, actor, shipment_id))


@router.put("/shipments/{shipment_id}/milestones/{kind}", summary="Report that it has come so far")
def set_milestone(
    shipment_id: UUID, kind: Step, wish: ReportIn, actor: Reporter, *, db: Db, now: Now
) -> ShipmentOut:
    found = service.set_milestone(
        db, actor, shipment_id, _kind(kind), actual_on=wish.actual_on, note=wish.note, now=now
    )
    return _shipment(db, actor, found)


@router.put("/shipments/{shipment_id}/milestones/{kind}/expected", summary="Say when it is expected now")
def announce(
    shipment_id: UUID, kind: Step, wish: ExpectationIn, actor: Reporter, *, db: Db, now: Now
) -> ShipmentOut:
    found = service.announce_milestone(
        db, actor, shipment_id, _kind(kind), expected_on=wish.expected_on, note=wish.note, now=now
    )
    return _shipment(db, actor, found)


@router.post("/shipments/{shipment_id}/milestones/{kind}/undo", summary="Take a wrong report back")
def undo(shipment_id: UUID, kind: Step, wish: UndoIn, actor: Reporter, *, db: Db, now: Now) -> ShipmentOut:
    found = service.undo_milestone(db, actor, shipment_id, _kind(kind), reason=wish.reason, now=now)
    return _shipment(db, actor, found)


def _kind(step: Step) -> MilestoneKind:
    return MilestoneKind[step.name]


def _service(row: Service, reply: Response) -> ServiceOut:
    reply.headers["ETag"] = etag(row.version)
    return ServiceOut.model_validate(row)


def _card(found: Journey, road: list[Milestone]) -> dict[str, object]:
    return {
        "id": found.shipment.id,
        "number": found.shipment.number,
        "pool_id": found.pool.id,
        "origin": found.origin.code,
        "destination": found.destination.code,
        "carrier": found.service.carrier,
        "vessel": found.sailing.vessel,
        "departs_on": found.sailing.departs_on,
        "arrives_on": found.sailing.arrives_on,
        "weight_g": found.shipment.weight_g,
        "volume_cm3": found.shipment.volume_cm3,
        "booked_at": found.shipment.booked_at,
        "milestones": [MilestoneOut.of(each) for each in road],
    }


def _shipment(db: Session, actor: Actor, found: Journey) -> ShipmentOut:
    return ShipmentOut.model_validate(
        _card(found, milestones_of(db, found.shipment.id))
        | {
            "consignments": [
                ConsignmentOut(
                    order=each.order.number,
                    buyer=each.buyer.name,
                    maker=each.maker.name,
                    weight_g=each.weight_g,
                    volume_cm3=each.volume_cm3,
                    goods=[GoodsLineOut.model_validate(line) for line in each.lines],
                )
                for each in listing.consignments_of(db, actor, found)
            ],
        },
    )

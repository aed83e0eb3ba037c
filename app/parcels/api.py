"""JSON routes of parcels: measured, named, loaded, scanned."""

from typing import Annotated
from uuid import UUID

from fastapi import Depends
from sqlalchemy.orm import Session

from app.errors import Missing
from app.parcels import loading, naming, scanning
from app.parcels.schemas import LoadingIn, LoadingOut, ParcelOut, ParcelsOut, ScanIn, ScanOut
from app.permissions import Actor, Needs
from app.routes import api_router
from app.transaction import Db, Now

router = api_router("parcels")

Packer = Annotated[Actor, Depends(Needs("shipment.pack"))]
Reporter = Annotated[Actor, Depends(Needs("milestone.set"))]


@router.get("/shipments/{shipment_id}/parcels", summary="The parcels that are yours to pack")
def parcels(shipment_id: UUID, actor: Packer, db: Db) -> ParcelsOut:
    return _parcels(db, actor, shipment_id)


@router.post("/shipments/{shipment_id}/parcels", summary="Give every parcel its name")
def name(shipment_id: UUID, actor: Packer, db: Db, now: Now) -> ParcelsOut:
    naming.name_parcels(db, actor, shipment_id, now=now)
    return _parcels(db, actor, shipment_id)


@router.get("/shipments/{shipment_id}/loading", summary="How it is loaded")
def read_loading(shipment_id: UUID, actor: Reporter, db: Db) -> LoadingOut:
    loading.own_load(db, actor, shipment_id)
    return _loading(db, shipment_id)


@router.post("/shipments/{shipment_id}/loading", status_code=202, summary="Have it planned by a job")
def ask_loading(shipment_id: UUID, wish: LoadingIn, actor: Reporter, db: Db, now: Now) -> LoadingOut:
    loading.ask(db, actor, shipment_id, wish.containers, now=now)
    return _loading(db, shipment_id)


@router.post("/scans", status_code=201, summary="A label was seen at the step that comes next")
def scan(wish: ScanIn, actor: Reporter, db: Db, now: Now) -> ScanOut:
    seen = scanning.scan(db, actor, wish.code, now=now)
    return ScanOut(
        shipment_id=seen.journey.shipment.id,
        shipment=seen.journey.shipment.number,
        parcel=seen.parcel.number if seen.parcel else None,
        step=seen.step,
        seen=seen.seen,
        count=seen.count,
        missing=seen.missing,
    )


def _parcels(db: Session, actor: Actor, shipment_id: UUID) -> ParcelsOut:
    _found, theirs = naming.own_parcels(db, actor, shipment_id)
    rows = naming.names_of(db, shipment_id)
    seen = naming.seen_at(db, [row.id for row in rows.values()])
    made = []
    for each in theirs:
        row = rows.get((each.line_id, each.position))
        made.append(
            ParcelOut(
                number=each.number,
                name=each.name,
                order=each.order,
                consignee=each.consignee,
                goods=each.title,
                sides_mm=each.sides,
                weight_g=each.weight_g,
                turnable=each.turnable,
                stackable=each.stackable,
                estimated=each.estimated,
                sscc=naming.sscc_of(row) if row else None,
                seen_at=sorted(seen[row.id]) if row else [],
            )
        )
    return ParcelsOut(parcels=made)


def _loading(db: Session, shipment_id: UUID) -> LoadingOut:
    kept = loading.plan_of(db, shipment_id)
    if kept is None:
        raise Missing
    return LoadingOut(
        state=kept.row.state,
        done_per_cent=kept.row.done,
        asked_at=kept.row.asked_at,
        ended_at=kept.row.ended_at,
        stale=kept.stale,
        loading=kept.row.result["loading"] if kept.row.result else None,
        faults=kept.faults,
        words=kept.row.words,
    )

"""Lots, stories, emissions and due diligence for programs."""

from typing import Annotated
from uuid import UUID

from fastapi import Depends, Query, Request
from fastapi.responses import Response

from app.catalogue.versioned import Version, etag
from app.permissions import Actor, Anybody, Needs
from app.routes import api_router
from app.serving import attached
from app.shipping import listing
from app.stories import due_diligence, emissions, lots, telling
from app.stories.models import Lot
from app.stories.schemas import (
    CarriedLotsOut,
    CarriedOut,
    DueDiligenceOut,
    EmissionsOut,
    GtinIn,
    GtinOut,
    HappeningOut,
    LotIn,
    LotOut,
    LotsOut,
    NewLotIn,
    StoryCertificateOut,
    StoryOut,
    StoryPriceOut,
    WantingOut,
)
from app.transaction import Db, Now
from logistics.due_diligence import commodity_of

router = api_router("lots")

Visitor = Annotated[Actor | None, Depends(Anybody())]
Reader = Annotated[Actor, Depends(Needs("offer.read-own"))]
Writer = Annotated[Actor, Depends(Needs("offer.write"))]
Concerned = Annotated[Actor, Depends(Needs("shipment.read-own"))]
Diligent = Annotated[Actor, Depends(Needs("due-diligence.read"))]


@router.get("/stories/{code}", summary="The story of a lot, by the code of its link")
def story(request: Request, code: str, _visitor: Visitor, db: Db, now: Now) -> StoryOut:
    told = telling.story(db, request.app.state.settings, telling.by_code(db, code), now=now)
    proof = told.proof
    return StoryOut(
        code=told.lot.code,
        number=told.lot.number,
        address=told.address,
        gtin=told.gtin,
        goods=told.lot.title,
        maker=told.maker.name,
        maker_slug=told.maker.slug,
        country=told.maker.country,
        certificate=StoryCertificateOut(
            number=proof.certificate.number,
            status=proof.certificate.status,
            holds=proof.holds,
            held_when_made=proof.held_then,
            log_entries=[row.index for row in proof.entries if row.index is not None],
        )
        if proof
        else None,
        happenings=[
            HappeningOut(step=each.kind, at=each.at, place=each.hub.name, event_hash=each.hash)
            for each in told.happenings
        ],
        price=StoryPriceOut(
            currency=told.price.currency,
            total=told.price.total,
            parts={str(item): amount for item, amount in told.price.parts.items()},
        )
        if told.price
        else None,
        emitted_g=told.emitted_g,
    )


@router.get("/lots", summary="Your lots, newest first")
def own_lots(actor: Reader, db: Db, limit: Annotated[int, Query(ge=1, le=200)] = 50) -> LotsOut:
    return LotsOut(lots=[LotOut.model_validate(lot) for lot in lots.owned(db, actor, limit=limit)])


@router.post("/lots", status_code=201, summary="Make a lot of your goods")
def add(wish: NewLotIn, actor: Writer, reply: Response, *, db: Db, now: Now) -> LotOut:
    made = lots.add(db, actor, wish.offer_id, wish.said(), now=now)
    reply.headers["Location"] = f"/api/lots/{made.id}"
    return _out(made, reply)


@router.get("/lots/{lot_id}", summary="One of your lots")
def one(lot_id: UUID, actor: Reader, reply: Response, db: Db) -> LotOut:
    return _out(lots.own(db, actor, lot_id), reply)


@router.put("/lots/{lot_id}", summary="Say what is to be known of a lot (If-Match wanted)")
def change(
    lot_id: UUID,
    wish: LotIn,
    actor: Writer,
    reply: Response,
    *,
    version: Version,
    db: Db,
    now: Now,
) -> LotOut:
    return _out(lots.change(db, actor, lot_id, wish.said(), now=now, version=version), reply)


@router.put("/offers/{offer_id}/gtin", summary="Say which GTIN your goods have")
def name_item(offer_id: UUID, wish: GtinIn, actor: Writer, *, db: Db, now: Now) -> GtinOut:
    item = lots.name_item(db, actor, offer_id, wish.gtin or "", now=now)
    return GtinOut(offer_id=offer_id, gtin=item.gtin if item else None)


@router.get("/shipments/{shipment_id}/lots", summary="Lots of a shipment: those that you may see")
def lots_in(shipment_id: UUID, actor: Concerned, db: Db) -> CarriedLotsOut:
    found = listing.own_journey(db, actor, shipment_id)
    return CarriedLotsOut(
        lots=[
            CarriedOut(
                code=each.lot.code,
                number=each.lot.number,
                title=each.lot.title,
                maker=each.maker.name,
                quantity=each.lot.quantity,
            )
            for each in lots.in_shipment(db, actor, found)
        ]
    )


@router.get("/shipments/{shipment_id}/emissions", summary="What a shipment emits, and each order's share")
def emitted(shipment_id: UUID, actor: Concerned, db: Db) -> EmissionsOut:
    found = listing.own_journey(db, actor, shipment_id)
    made = emissions.of_shipment(db, found)
    everything = listing.sees_all(actor, found)
    told = made.made.to_dict() if made else {}
    shares = told.pop("shares_g", {})
    assert isinstance(shares, dict)
    orders: dict[str, int] = {}
    for line, order in made.lines if made else ():
        if everything or actor.organisation_id in {order.organisation_id, line.producer_id}:
            orders[order.number] = orders.get(order.number, 0) + shares[str(line.id)]
    return EmissionsOut(
        shipment_id=shipment_id,
        emissions=told,
        great_circle_m=made.great_circle_m if made else 0,
        orders=orders,
    )


@router.get("/lots/{lot_id}/due-diligence", summary="What a due diligence package of a lot still lacks")
def wanting(lot_id: UUID, actor: Diligent, db: Db) -> DueDiligenceOut:
    lot = due_diligence.seen_lot(db, actor, lot_id)
    return DueDiligenceOut(
        lot=lot.code,
        wanting=[WantingOut(who=each.who, what=each.what) for each in due_diligence.wanting(db, actor, lot)],
        commodity=commodity_of(lot.hs_code),
        net_g=due_diligence.net_mass(db, actor, lot),
    )


@router.get("/lots/{lot_id}/due-diligence/package", summary="The package, with every plot")
def package(request: Request, lot_id: UUID, actor: Diligent, *, db: Db, now: Now) -> Response:
    lot, text = due_diligence.made(db, request.app.state.store, actor, lot_id, now=now)
    return attached(text.encode(), f"due-diligence-{lot.code}.json", "application/json")


def _out(lot: Lot, reply: Response) -> LotOut:
    reply.headers["ETag"] = etag(lot.version)
    return LotOut.model_validate(lot)

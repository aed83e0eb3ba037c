"""JSON routes of standing orders and commitments."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import Depends
from fastapi.responses import Response
from sqlalchemy.orm import Session

from app.permissions import Actor, Needs
from app.routes import api_router
from app.standing import schemas, service
from app.standing.models import StandingState
from app.transaction import Db, Now

router = api_router("standing orders")

Buyer = Annotated[Actor, Depends(Needs("standing.own"))]
Maker = Annotated[Actor, Depends(Needs("standing.read"))]


@router.get("/standing-orders", summary="Your standing orders and commitments, with how far they have come")
def standing_orders(db: Db, actor: Buyer) -> list[schemas.StandingOut]:
    return [
        schemas.StandingOut(**_fields(each, own=True))
        for each in service.progress(db, buyer=actor.organisation_id)
    ]


@router.post("/standing-orders", status_code=201, summary="Begin a standing order or a commitment")
def make(
    wish: schemas.StandingIn, response: Response, db: Db, now: Now, actor: Buyer
) -> schemas.StandingDetailOut:
    made = service.make(db, actor, service.StandingSaid(**wish.model_dump()), now=now)
    response.headers["Location"] = f"/api/standing-orders/{made.id}"
    return _detail(db, actor, made.id)


@router.get("/standing-orders/{standing_id}", summary="One standing order, and what became of it by pool")
def standing_order(standing_id: UUID, db: Db, actor: Buyer) -> schemas.StandingDetailOut:
    return _detail(db, actor, standing_id)


@router.put("/standing-orders/{standing_id}/state", summary="Pause, go on with, or end a standing order")
def set_state(
    standing_id: UUID, wish: schemas.StateIn, db: Db, now: Now, actor: Buyer
) -> schemas.StandingDetailOut:
    service.set_state(db, actor, standing_id, StandingState(wish.state), now=now)
    return _detail(db, actor, standing_id)


@router.get("/commitments", summary="What buyers have committed to order from you")
def commitments(db: Db, actor: Maker) -> list[schemas.StandingOut]:
    return [
        schemas.StandingOut(**_fields(each, own=False))
        for each in service.progress(db, maker=actor.organisation_id)
    ]


def _detail(db: Session, actor: Actor, standing_id: UUID) -> schemas.StandingDetailOut:
    found = service.own(db, actor, standing_id)
    (each,) = service.progress(db, only=found.id)
    return schemas.StandingDetailOut(
        **_fields(each, own=True),
        entries=[
            schemas.EntryOut(
                pool_id=pool.id, pool=pool.number, order_id=entry.order_id, words=entry.words, at=entry.at
            )
            for entry, pool, _order in service.entries(db, found.id)
        ],
    )


def _fields(each: service.Progress, *, own: bool) -> dict[str, Any]:
    row = each.standing
    names = "id kind state offer_id least most currency from_on until_on amount"
    return {name: getattr(row, name) for name in names.split()} | {
        "unit_most": row.unit_most if own else None,
        "buyer": each.buyer.name,
        "title": each.offer.title,
        "hub": each.hub.code,
        "fulfilled": each.fulfilled,
        "in_pools": each.in_pools,
        "remaining": each.remaining,
        "pieces": each.pieces,
    }

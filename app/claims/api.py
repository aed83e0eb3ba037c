"""JSON routes of what came, and of claims."""

from typing import Annotated
from uuid import UUID

from fastapi import Depends, File, Request, UploadFile
from fastapi.responses import Response
from sqlalchemy.orm import Session

from app.claims import counting, schemas, service
from app.claims.models import Claim, Refund
from app.claims.showing import picture
from app.permissions import Actor, Needs
from app.routes import api_router
from app.trade.service import own_pool
from app.transaction import Db, Now

router = api_router("claims")

Counter = Annotated[Actor, Depends(Needs("delivery.count"))]
Buyer = Annotated[Actor, Depends(Needs("claim.file"))]
Reader = Annotated[Actor, Depends(Needs("claim.read"))]
Answerer = Annotated[Actor, Depends(Needs("claim.answer"))]


@router.get("/pools/{pool_id}/received", summary="What was ordered and what came, by offer")
def received(pool_id: UUID, db: Db, actor: Counter) -> list[schemas.CountOut]:
    return [_count_out(each) for each in counting.came(db, own_pool(db, actor, pool_id))]


@router.post("/pools/{pool_id}/received", status_code=201, summary="Say how many pieces of an offer came")
def count(pool_id: UUID, wish: schemas.CountIn, db: Db, now: Now, actor: Counter) -> schemas.CountOut:
    counting.count(
        db,
        actor,
        pool_id,
        wish.offer_id,
        received=wish.received,
        borne_by=wish.borne_by,
        words=wish.words,
        now=now,
    )
    rows = counting.came(db, own_pool(db, actor, pool_id))
    return _count_out(next(each for each in rows if each.offer_id == wish.offer_id))


def _count_out(each: counting.Came) -> schemas.CountOut:
    count = each.count
    got = each.shares(count.received if count else each.ordered)
    return schemas.CountOut(
        offer_id=each.offer_id,
        title=each.title,
        unit=each.unit,
        ordered=each.ordered,
        received=count.received if count else None,
        borne_by=count.borne_by if count else None,
        words=count.words if count else "",
        counted_at=count.counted_at if count else None,
        shares=[
            schemas.ShareOut(order=order.number, ordered=line.quantity, gets=got[order.number])
            for line, order in each.lines
        ],
    )


@router.post("/orders/{order_id}/claims", status_code=201, summary="Claim for goods that came damaged")
def file(
    order_id: UUID, wish: schemas.ClaimIn, response: Response, db: Db, now: Now, actor: Buyer
) -> schemas.ClaimOut:
    made = service.file(db, actor, order_id, wish.line_id, pieces=wish.pieces, words=wish.words, now=now)
    response.headers["Location"] = f"/api/claims/{made.id}"
    return _claim_out(db, actor, made)


@router.get("/claims", summary="Claims that you filed or answer, the newest first")
def claims(db: Db, actor: Reader) -> list[schemas.ClaimOut]:
    return [_out(db, actor, each) for each in service.listed(db, actor)]


@router.get("/claims/{claim_id}", summary="One claim")
def claim(claim_id: UUID, db: Db, actor: Reader) -> schemas.ClaimOut:
    return _out(db, actor, service.seen(db, actor, claim_id))


@router.post("/claims/{claim_id}/photos", status_code=201, summary="Add a picture of the damage")
def add_photo(
    claim_id: UUID,
    request: Request,
    file: Annotated[UploadFile, File()],
    *,
    db: Db,
    now: Now,
    actor: Buyer,
) -> schemas.PhotoOut:
    made = service.add_photo(db, request.app.state.store, actor, claim_id, file.file, now=now)
    return schemas.PhotoOut(id=made.id)


@router.get(
    "/claims/{claim_id}/photos/{damage_id}",
    summary="A picture of the damage",
    response_class=Response,
    responses={200: {"content": {"image/jpeg": {}}}},
)
def photo(request: Request, claim_id: UUID, damage_id: UUID, db: Db, actor: Reader) -> Response:
    return picture(request.app.state.store, service.photo(db, actor, claim_id, damage_id))


@router.post("/claims/{claim_id}/accept", summary="Pay back what came damaged")
def accept(claim_id: UUID, wish: schemas.AcceptIn, db: Db, now: Now, actor: Answerer) -> schemas.ClaimOut:
    made = service.accept(db, actor, claim_id, borne_by=wish.borne_by, words=wish.words, now=now)
    return _claim_out(db, actor, made)


@router.post("/claims/{claim_id}/refuse", summary="Say why a claim is not paid")
def refuse(claim_id: UUID, wish: schemas.RefuseIn, db: Db, now: Now, actor: Answerer) -> schemas.ClaimOut:
    return _claim_out(db, actor, service.refuse(db, actor, claim_id, words=wish.words, now=now))


@router.post("/claims/{claim_id}/escalate", summary="Take a claim to the ombudsperson")
def escalate(claim_id: UUID, request: Request, db: Db, now: Now, actor: Buyer) -> schemas.EscalatedOut:
    deadlines = request.app.state.settings.complaint_deadlines
    made, code = service.escalate(db, actor, claim_id, deadlines=deadlines, now=now)
    return schemas.EscalatedOut(claim=_claim_out(db, actor, made), complaint=made.complaint or "", code=code)


def _claim_out(db: Session, actor: Actor, made: Claim) -> schemas.ClaimOut:
    return _out(db, actor, service.seen(db, actor, made.id))


def _out(db: Session, actor: Actor, found: service.Told) -> schemas.ClaimOut:
    claim = found.claim
    own = "id number pieces words state filed_at answer_by answered_at answer complaint"
    mine = found.order.organisation_id == actor.organisation_id
    return schemas.ClaimOut(
        **{name: getattr(claim, name) for name in own.split()},
        order_id=found.order.id if mine else None,
        line_id=found.line.id,
        title=found.line.title,
        photos=[each.id for each in service.photos(db, claim.id)],
        refund=_refund_out(found.refund) if found.refund else None,
    )


def _refund_out(refund: Refund) -> schemas.RefundOut:
    return schemas.RefundOut(**{name: getattr(refund, name) for name in schemas.RefundOut.model_fields})

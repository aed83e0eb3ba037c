"""JSON routes of cards: what the pages can do."""

from typing import Annotated
from uuid import UUID

from fastapi import Depends, Request, Response
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.cards import holding, schemas, service
from app.cards.models import CardCall, CardDispute, Purpose
from app.cards.showing import standing
from app.permissions import Actor, Needs
from app.routes import api_router
from app.trade.models import Charge, Order, Pool
from app.trade.ordering import own_order
from app.transaction import Db, Now

router = api_router("money")

Buyer = Annotated[Actor, Depends(Needs("card.use"))]
Operator = Annotated[Actor, Depends(Needs("money.read"))]


@router.get("/card", summary="Your organisation's saved card")
def card(request: Request, db: Db, now: Now, actor: Buyer) -> schemas.CardOut:
    found = service.card_of(db, actor.organisation_id)
    wish = service.latest_page(db, actor.organisation_id, Purpose.SAVE_CARD)
    return schemas.CardOut(
        taken=request.app.state.settings.stripe_key is not None,
        card=schemas.SavedCardOut(
            brand=found.brand, last4=found.last4, expires=found.expires, saved_at=found.saved_at
        )
        if found
        else None,
        page=_page(wish) if wish and service.usable(wish, now) else None,
    )


@router.post("/card/page", status_code=201, summary="Ask for a page where a card is saved")
def save(request: Request, response: Response, db: Db, now: Now, actor: Buyer) -> schemas.HostedPageOut:
    """One that is open is given again. `GET /api/card` has its address a few seconds later."""
    made = service.ask_to_save(db, actor, request.app.state.settings, now=now)
    response.headers["Location"] = "/api/card"
    return _page(made)


@router.delete("/card", status_code=204, summary="Pay by bank transfer from now on")
def forget(db: Db, now: Now, actor: Buyer) -> None:
    service.forget_card(db, actor, now=now)


@router.get("/orders/{order_id}/payment", summary="How an order is paid")
def paying(request: Request, order_id: UUID, db: Db, now: Now, actor: Buyer) -> schemas.PayingOut:
    order, pool = own_order(db, actor, order_id)
    return _paying(request, db, order, pool, now)


@router.post(
    "/orders/{order_id}/payment/page",
    status_code=201,
    summary="Ask for a page where a refused card is mended, or a charge paid",
)
def pay(
    request: Request, order_id: UUID, response: Response, db: Db, now: Now, actor: Buyer
) -> schemas.HostedPageOut:
    """One that is open is given again. `GET /api/orders/{order_id}/payment` has its address a few seconds
    later.
    """
    made = service.ask_to_pay(db, actor, request.app.state.settings, order_id, now=now)
    response.headers["Location"] = f"/api/orders/{order_id}/payment"
    return _page(made)


@router.post("/orders/{order_id}/payment/transfer", summary="Pay by bank transfer instead of a refused card")
def transfer(request: Request, order_id: UUID, db: Db, now: Now, actor: Buyer) -> schemas.PayingOut:
    order = holding.pay_by_transfer(db, actor, order_id, now=now)
    return _paying(request, db, order, db.get_one(Pool, order.pool_id), now)


@router.get("/disputes", summary="Card payments that banks take back")
def disputes(db: Db, _actor: Operator) -> list[schemas.DisputeOut]:
    rows = db.execute(
        select(CardDispute, Order.number)
        .join(Order, Order.id == CardDispute.order_id)
        .order_by(CardDispute.opened_at.desc(), CardDispute.id)
    )
    own = "id order_id amount currency reason status answer_by"
    return [
        schemas.DisputeOut(**{name: getattr(each, name) for name in own.split()}, order=number)
        for each, number in rows
    ]


def _page(call: CardCall) -> schemas.HostedPageOut:
    return schemas.HostedPageOut(state=call.state, url=call.url, made_at=call.made_at)


def _paying(request: Request, db: Session, order: Order, pool: Pool, now: Now) -> schemas.PayingOut:
    found = standing(db, order, pool, request.app.state.settings)
    charge = db.get(Charge, order.id)
    wish = service.page_of(db, order)
    return schemas.PayingOut(
        order_id=order.id,
        stage=found.stage,
        amount=found.amount,
        currency=found.currency,
        exact=charge is not None,
        card=found.card,
        mend_by=found.mend_by,
        reference=charge.reference if charge else None,
        page=_page(wish) if wish and service.usable(wish, now) else None,
    )

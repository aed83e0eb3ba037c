"""Pages of cards, and the address where Stripe tells its events."""

from typing import Annotated
from uuid import UUID

from fastapi import Depends, Header, Request
from fastapi.responses import PlainTextResponse, Response

from app.cards import holding, service
from app.cards.models import CallState, CardPayment, CardPaymentState, Purpose
from app.cards.showing import standing
from app.errors import Missing
from app.pages import go, page
from app.permissions import Actor, Anybody, Needs
from app.routes import page_router
from app.stripe_gateway import Forged, read_event
from app.trade.models import Charge
from app.trade.numbers import printed
from app.trade.ordering import own_order
from app.transaction import Db, Now

router = page_router()

Buyer = Annotated[Actor, Depends(Needs("card.use"))]
Stripe = Annotated[Actor | None, Depends(Anybody("card.event"))]


async def body_of(request: Request) -> bytes:
    """As it was sent: the signature is over its bytes."""
    return await request.body()


@router.get("/card")
def card_page(
    request: Request, db: Db, now: Now, actor: Buyer, done: str = "", order: UUID | None = None
) -> Response:
    """`order`: where the buyer came from, to go back to."""
    back = own_order(db, actor, order)[0] if order else None
    wish = service.latest_page(db, actor.organisation_id, Purpose.SAVE_CARD)
    return page(
        request,
        "cards/card.html",
        taken=request.app.state.settings.stripe_key is not None,
        card=service.card_of(db, actor.organisation_id),
        wish=wish if service.usable(wish, now) else None,
        done=bool(done),
        days=request.app.state.settings.card_days,
        order=back,
    )


@router.post("/card")
def save(request: Request, db: Db, now: Now, actor: Buyer) -> Response:
    service.ask_to_save(db, actor, request.app.state.settings, now=now)
    return go("/card")


@router.post("/card/forget")
def forget(db: Db, now: Now, actor: Buyer) -> Response:
    service.forget_card(db, actor, now=now)
    return go("/card", "card-forgotten")


@router.get("/orders/{order_id}/card")
def order_card(request: Request, order_id: UUID, db: Db, now: Now, actor: Buyer, done: str = "") -> Response:
    order, pool = own_order(db, actor, order_id)
    charge = db.get(Charge, order.id)
    settings = request.app.state.settings
    payment = db.get(CardPayment, order.id)
    wish = service.page_of(db, order)
    if wish and wish.purpose != (Purpose.PAGE_TO_PAY if charge else Purpose.PAGE_TO_HOLD):
        wish = None
    return page(
        request,
        "cards/order.html",
        taken=settings.stripe_key is not None,
        order=order,
        pool=pool,
        charge=charge,
        reference=printed(charge.reference) if charge else "",
        paying=standing(db, order, pool, settings),
        late=payment is not None and payment.state == CardPaymentState.GIVEN_UP,
        wish=wish if service.usable(wish, now) else None,
        refused=wish if wish and wish.state == CallState.REFUSED else None,
        done=bool(done),
    )


@router.post("/orders/{order_id}/card")
def pay(request: Request, order_id: UUID, db: Db, now: Now, actor: Buyer) -> Response:
    service.ask_to_pay(db, actor, request.app.state.settings, order_id, now=now)
    return go(f"/orders/{order_id}/card")


@router.post("/orders/{order_id}/card/transfer")
def transfer(order_id: UUID, db: Db, now: Now, actor: Buyer) -> Response:
    holding.pay_by_transfer(db, actor, order_id, now=now)
    return go(f"/orders/{order_id}", "by-transfer")


@router.post("/stripe/events")
def event(
    request: Request,
    db: Db,
    now: Now,
    _actor: Stripe,
    body: Annotated[bytes, Depends(body_of)],
    stripe_signature: Annotated[str, Header()] = "",
) -> Response:
    """Stripe's events, each once. A forged or old one is refused with 400."""
    secret = request.app.state.settings.stripe_webhook_secret
    if secret is None:
        raise Missing
    try:
        told = read_event(body, stripe_signature, secret=secret.get_secret_value(), now=now)
    except Forged:
        return PlainTextResponse("no good signature", 400)
    service.take_event(db, told, now=now)
    return PlainTextResponse("kept")

"""Pages of standing orders and commitments."""

from typing import Annotated
from uuid import UUID

from fastapi import Depends, Request
from fastapi.responses import Response
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.catalogue.models import Offer, OfferState
from app.catalogue.service import CURRENCIES
from app.errors import Faulty, Refusal
from app.forms import Form
from app.organisations.models import Organisation
from app.pages import go, language_of, page
from app.permissions import Actor, Needs
from app.routes import page_router
from app.shipping.models import Hub
from app.standing import service
from app.standing.models import StandingKind, StandingState
from app.standing.words import kinds, states
from app.transaction import Db, Now

router = page_router()

FormData = Annotated[Form, Depends(Form.read)]
Buyer = Annotated[Actor, Depends(Needs("standing.own"))]
Maker = Annotated[Actor, Depends(Needs("standing.read"))]
MOST_OFFERS = 300


@router.get("/standing-orders")
def standing_orders(request: Request, db: Db, actor: Buyer) -> Response:
    _ = language_of(request).text
    return page(
        request,
        "standing/list.html",
        rows=service.progress(db, buyer=actor.organisation_id),
        states=states(_),
        kinds=kinds(_),
    )


@router.get("/standing-orders/new")
def new(request: Request, db: Db, now: Now, _actor: Buyer, offer: str = "") -> Response:
    form = Form.empty(
        kind=StandingKind.STANDING, currency="USD", from_on=now.date(), offer_id=offer, stays="yes"
    )
    return _new(request, db, form)


def _new(request: Request, db: Session, form: Form, status: int = 200) -> Response:
    offers = db.execute(
        select(Offer, Organisation.name)
        .join(Organisation, Organisation.id == Offer.organisation_id)
        .where(Offer.state == OfferState.LISTED)
        .order_by(Organisation.name, Offer.title, Offer.id)
        .limit(MOST_OFFERS)
    ).all()
    return page(
        request,
        "standing/new.html",
        status=status,
        form=form,
        offers=[(str(offer.id), f"{offer.title} ({name})") for offer, name in offers],
        hubs=[(str(hub.id), hub.name) for hub in db.scalars(select(Hub).order_by(Hub.name))],
        currencies=[(code, code) for code in CURRENCIES],
    )


@router.post("/standing-orders/new")
def make(request: Request, form: FormData, db: Db, now: Now, actor: Buyer) -> Response:
    _ = language_of(request).text
    kind = form.choice("kind", [*StandingKind], _("Choose one of the two."))
    offer_id = _id(form, "offer_id", _("Choose the goods."))
    hub_id = _id(form, "hub_id", _("Choose the hub that the goods should come to."))
    most = form.integer("most", _("Enter how many pieces of one pool at most."))
    least = form.integer("least") if form.raw("least") else None
    currency = form.choice("currency", CURRENCIES, _("Choose a currency."))
    money = currency or "USD"
    unit_most = form.money("unit_most", money, _("Enter the most that one piece may cost, all in."), least=1)
    amount = form.money("amount", money, least=1) if form.raw("amount") else None
    from_on = form.day("from_on", _("Enter the first day."))
    until_on = form.day("until_on")
    try:
        form.check()
        assert from_on is not None
        assert offer_id is not None
        assert hub_id is not None
        made = service.make(
            db,
            actor,
            service.StandingSaid(
                kind=StandingKind(kind),
                offer_id=offer_id,
                hub_id=hub_id,
                most=most,
                least=least,
                unit_most=unit_most,
                currency=currency,
                from_on=from_on,
                until_on=until_on,
                amount=amount,
                stays_if_extended=form.raw("stays") == "yes",
            ),
            now=now,
        )
    except Faulty as refusal:
        form.take(refusal)
        return _new(request, db, form, 422)
    return go(f"/standing-orders/{made.id}", "saved")


def _id(form: Form, name: str, missing: str) -> UUID | None:
    try:
        return UUID(form.raw(name))
    except ValueError:
        form.fault(name, missing)
        return None


@router.get("/standing-orders/{standing_id}")
def standing_order(request: Request, standing_id: UUID, db: Db, actor: Buyer) -> Response:
    found = service.own(db, actor, standing_id)
    (each,) = service.progress(db, only=found.id)
    _ = language_of(request).text
    return page(
        request,
        "standing/one.html",
        each=each,
        standing=each.standing,
        entries=service.entries(db, found.id),
        states=states(_),
        kinds=kinds(_),
    )


@router.post("/standing-orders/{standing_id}/state")
def set_state(standing_id: UUID, form: FormData, db: Db, now: Now, actor: Buyer) -> Response:
    wanted = form.raw("state")
    if wanted not in set(StandingState):
        service.own(db, actor, standing_id)
        raise Faulty(fields={"state": "Say whether it is active, paused or ended."})
    try:
        service.set_state(db, actor, standing_id, StandingState(wanted), now=now)
    except Refusal as refusal:
        if refusal.code != "ended":
            raise
        return go(f"/standing-orders/{standing_id}")
    return go(f"/standing-orders/{standing_id}", "saved")


@router.get("/commitments")
def commitments(request: Request, db: Db, actor: Maker) -> Response:
    return page(
        request,
        "standing/commitments.html",
        rows=service.progress(db, maker=actor.organisation_id),
        states=states(language_of(request).text),
    )

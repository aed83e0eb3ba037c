"""What anybody reads of a lot: its story, its credentials, its code; and the Digital Links that lead here."""

from typing import Annotated

from fastapi import Depends, Query, Request
from fastapi.responses import JSONResponse, RedirectResponse, Response

from app.audits.service import certificate_of
from app.catalogue import photos
from app.catalogue.models import Offer, OfferState
from app.credentials.serving import Form, cached
from app.errors import Missing
from app.organisations.models import Organisation
from app.pages import page
from app.permissions import Actor, Anybody
from app.routes import page_router
from app.settings import Settings
from app.stories import links, passports, pictures, producer_pages, serving, shipment_pages, telling
from app.stories.models import TradeItem
from app.transaction import Db, Now

router = page_router()
router.include_router(producer_pages.router)
router.include_router(shipment_pages.router)

Visitor = Annotated[Actor | None, Depends(Anybody())]
LinkType = Annotated[str, Query(alias="linkType")]


@router.get("/lots/{code}")
def lot(
    request: Request, code: str, _visitor: Visitor, *, db: Db, now: Now, wanted: LinkType = ""
) -> Response:
    """The story, or by the Accept header another form; `linkType`: where a link of that type leads."""
    return serving.reply(request, db, telling.by_code(db, code), now=now, wanted=wanted)


@router.get("/01/{gtin}/10/{number}")
def digital_link(
    request: Request,
    gtin: str,
    number: str,
    _visitor: Visitor,
    *,
    db: Db,
    now: Now,
    wanted: LinkType = "",
) -> Response:
    """The same by a GS1 Digital Link, as it stands in the code on the goods."""
    return serving.reply(request, db, telling.by_digital_link(db, gtin, number), now=now, wanted=wanted)


@router.get("/01/{gtin}")
def goods(gtin: str, _visitor: Visitor, db: Db, now: Now) -> Response:
    """Goods without their lot: their page, or their maker's where they are not offered any more."""
    offer = db.get_one(Offer, telling.item_of(db, gtin).offer_id)
    maker = db.get_one(Organisation, offer.organisation_id)
    if offer.state == OfferState.LISTED and certificate_of(db, maker.id, now) is not None:
        return RedirectResponse(f"/goods/{offer.id}", 307)
    return RedirectResponse(f"/makers/{maker.slug}", 307)


@router.get("/.well-known/gs1resolver")
def resolver(request: Request, _visitor: Visitor) -> Response:
    return JSONResponse(
        links.resolver(request.app.state.settings.address), headers={"Access-Control-Allow-Origin": "*"}
    )


@router.get("/lots/{code}/passport.json")
def passport_json(request: Request, code: str, _visitor: Visitor, db: Db, now: Now) -> Response:
    return _passport(request, db, now, code, Form.JSON)


@router.get("/lots/{code}/passport.jwt")
def passport_token(request: Request, code: str, _visitor: Visitor, db: Db, now: Now) -> Response:
    return _passport(request, db, now, code, Form.TOKEN)


@router.get("/lots/{code}/events.json")
def events_json(request: Request, code: str, _visitor: Visitor, db: Db, now: Now) -> Response:
    return _events(request, db, now, code, Form.JSON)


@router.get("/lots/{code}/events.jwt")
def events_token(request: Request, code: str, _visitor: Visitor, db: Db, now: Now) -> Response:
    return _events(request, db, now, code, Form.TOKEN)


@router.get("/lots/{code}/picture")
def picture(request: Request, code: str, _visitor: Visitor, db: Db) -> Response:
    """The first photograph of the goods, made small."""
    found = telling.by_code(db, code)
    photo = photos.first_of(db, [found.offer_id]).get(found.offer_id)
    if photo is None:
        raise Missing
    return cached(request, pictures.small(request.app.state.store, photo.sha256), "image/webp")


@router.get("/lots/{code}/qr.svg")
def code_svg(request: Request, code: str, _visitor: Visitor, db: Db) -> Response:
    return cached(request, pictures.qr_svg(_address(request, db, code)), "image/svg+xml")


@router.get("/lots/{code}/qr.png")
def code_png(request: Request, code: str, _visitor: Visitor, db: Db) -> Response:
    return cached(request, pictures.qr_png(_address(request, db, code)), "image/png")


@router.get("/lots/{code}/label")
def label(request: Request, code: str, _visitor: Visitor, db: Db) -> Response:
    """A label to be printed: the code, what it is, and who made it."""
    found = telling.by_code(db, code)
    item = db.get(TradeItem, found.offer_id)
    return page(
        request,
        "stories/label.html",
        lot=found,
        maker=db.get_one(Organisation, found.organisation_id),
        gtin=item.gtin if item else None,
        address=telling.link_of(request.app.state.settings, found, item),
    )


def _passport(request: Request, db: Db, now: Now, code: str, form: Form) -> Response:
    settings: Settings = request.app.state.settings
    told = telling.story(db, settings, telling.by_code(db, code), now=now)
    return serving.in_form(request, passports.passport_of(db, settings, told, now=now), form)


def _events(request: Request, db: Db, now: Now, code: str, form: Form) -> Response:
    settings: Settings = request.app.state.settings
    told = telling.story(db, settings, telling.by_code(db, code), now=now)
    return serving.in_form(request, passports.events_of(db, settings, told, now=now), form)


def _address(request: Request, db: Db, code: str) -> str:
    found = telling.by_code(db, code)
    return telling.link_of(request.app.state.settings, found, db.get(TradeItem, found.offer_id))

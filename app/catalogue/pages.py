"""Pages of a producer's own offers and terms; what buyers see is in `public_pages`."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import Depends, Request
from fastapi.responses import Response
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.audits.service import certified
from app.catalogue import photo_pages, photos, price_pages, public_pages, service, sheet_pages
from app.catalogue.listing import terms_with_hub
from app.catalogue.models import CargoClass, Offer, OfferState, Terms
from app.catalogue.typed import FIELD_OF, Words, offer_fields, offer_said, terms_fields, terms_said
from app.errors import Faulty, Refusal
from app.forms import Form
from app.language import Language
from app.pages import go, language_of, page
from app.permissions import Actor, Needs
from app.routes import page_router
from app.shipping.models import Hub
from app.transaction import Db, Now

router = page_router()
router.include_router(public_pages.router)
router.include_router(price_pages.router)
router.include_router(photo_pages.router)
router.include_router(sheet_pages.router)

FormData = Annotated[Form, Depends(Form.read)]
Reader = Annotated[Actor, Depends(Needs("offer.read-own"))]
Writer = Annotated[Actor, Depends(Needs("offer.write"))]


@router.get("/offers")
def own_offers(request: Request, db: Db, now: Now, actor: Reader) -> Response:
    offers = db.scalars(
        select(Offer)
        .where(Offer.organisation_id == actor.organisation_id)
        .order_by(Offer.state, Offer.title, Offer.id),
    ).all()
    return page(
        request,
        "catalogue/offers.html",
        offers=offers,
        photos=photos.first_of(db, [offer.id for offer in offers]),
        listed=OfferState.LISTED,
        terms=terms_with_hub(db, actor.organisation_id),
        certified=bool(certified(db, {actor.organisation_id}, now)),
    )


@router.get("/offers/terms")
def terms_page(request: Request, db: Db, actor: Reader) -> Response:
    terms = db.get(Terms, actor.organisation_id)
    return _terms(request, db, Form.empty(**terms_fields(terms)) if terms else Form.empty(version=""))


@router.post("/offers/terms")
def state_terms(request: Request, form: FormData, db: Db, now: Now, actor: Writer) -> Response:
    said = terms_said(form, language_of(request).text)
    if said is None or form.errors:
        return _terms(request, db, form, 422)
    try:
        service.save_terms(db, actor, said, version=_version(form), now=now)
    except Faulty as refusal:
        form.take(refusal)
        return _terms(request, db, form, 422)
    except service.Stale as refusal:
        newest = db.get_one(Terms, actor.organisation_id)
        return _terms(request, db, _renewed(form, newest.version, refusal), 409, terms_fields(newest))
    return go("/offers", "saved")


def _terms(
    request: Request, db: Session, form: Form, status: int = 200, newest: dict[str, object] | None = None
) -> Response:
    lang = language_of(request)
    hubs = {
        str(hub.id): f"{hub.name}, {lang.country(hub.country)}"
        for hub in db.scalars(select(Hub).order_by(Hub.name))
    }
    return page(
        request,
        "catalogue/terms.html",
        status=status,
        form=form,
        hubs=list(hubs.items()),
        currencies=[
            (code, f"{code}, {lang.locale.currencies.get(code, code)}") for code in service.CURRENCIES
        ],
        differences=_differences(form, newest, _term_labels(lang.text), hubs),
    )


@router.get("/offers/new")
def new_offer(request: Request, db: Db, actor: Writer, like: str = "") -> Response:
    terms = db.get(Terms, actor.organisation_id)
    if terms is None:
        return go("/offers/terms")
    if known := _id(like):
        offer = service.own_offer(db, actor, known)
        copied = offer_fields(offer) | {"variant": "", "reference": "", "stock": ""}
        return _offer(request, Form.empty(**copied, variant_of=offer.id), terms.currency)
    start = Form.empty(cargo_class=CargoClass.AMBIENT, least_quantity=1, case_size=1)
    return _offer(request, start, terms.currency)


@router.post("/offers/new")
def add_offer(request: Request, form: FormData, db: Db, now: Now, actor: Writer) -> Response:
    currency = service.currency_of(db, actor)
    said = offer_said(form, currency, language_of(request).text)
    try:
        form.check()
        service.add_offer(db, actor, said, now=now, variant_of=_id(form.raw("variant_of")))
    except Refusal as refusal:
        return _offer(request, _told(form, refusal), currency, int(refusal.status))
    return go("/offers", "offer-saved")


@router.get("/offers/{offer_id}/edit")
def offer_page(request: Request, offer_id: UUID, db: Db, actor: Writer) -> Response:
    offer = service.own_offer(db, actor, offer_id)
    currency = service.currency_of(db, actor)
    shown = offer_fields(offer)
    if currency != offer.currency:
        shown["price"] = ""
    return _offer(request, Form.empty(**shown), currency, offer=offer)


@router.post("/offers/{offer_id}/edit")
def change_offer(
    request: Request, offer_id: UUID, *, form: FormData, db: Db, now: Now, actor: Writer
) -> Response:
    offer = service.own_offer(db, actor, offer_id)
    currency = service.currency_of(db, actor)
    said = offer_said(form, currency, language_of(request).text)
    try:
        form.check()
        service.change_offer(db, actor, offer_id, said, version=_version(form) or 0, now=now)
    except service.Stale as refusal:
        renewed = _renewed(form, offer.version, refusal)
        return _offer(request, renewed, currency, 409, offer=offer, newest=offer_fields(offer))
    except Refusal as refusal:
        return _offer(request, _told(form, refusal), currency, int(refusal.status), offer=offer)
    return go("/offers", "offer-saved")


@router.post("/offers/{offer_id}/withdraw")
def withdraw_offer(offer_id: UUID, db: Db, now: Now, actor: Writer) -> Response:
    service.withdraw_offer(db, actor, offer_id, now=now)
    return go("/offers", "offer-withdrawn")


@router.post("/offers/{offer_id}/list")
def list_offer(offer_id: UUID, db: Db, now: Now, actor: Writer) -> Response:
    service.list_offer(db, actor, offer_id, now=now)
    return go("/offers", "offer-saved")


def _offer(
    request: Request,
    form: Form,
    currency: str,
    status: int = 200,
    *,
    offer: Offer | None = None,
    newest: dict[str, object] | None = None,
) -> Response:
    lang = language_of(request)
    return page(
        request,
        "catalogue/offer_form.html",
        status=status,
        form=form,
        currency=currency,
        offer=offer,
        variant_of=form.raw("variant_of"),
        listed=OfferState.LISTED,
        pictures=[(name, picture_name(name, lang)) for name in service.pictures()],
        differences=_differences(form, newest, _offer_labels(lang.text)),
    )


def picture_name(file: str, lang: Language) -> str:
    """A picture's file as people call it: lacquer-bowls.svg is "Lacquer bowls"."""
    words = file.removesuffix(".svg").replace("-", " ")
    return lang.text(words[:1].upper() + words[1:])


def _id(typed: str) -> UUID | None:
    try:
        return UUID(typed)
    except ValueError:
        return None


def _version(form: Form) -> int | None:
    """The version that the form was made from; None: there was nothing, or it cannot be read."""
    typed = form.raw("version")
    return int(typed) if typed.isdecimal() and len(typed) < 10 else None


def _told(form: Form, refusal: Refusal) -> Form:
    """The form with what a use case said, at the fields as the page names them."""
    if isinstance(refusal, Faulty):
        form.take(Faulty(fields={FIELD_OF.get(name, name): words for name, words in refusal.fields.items()}))
    else:
        form.fault("", refusal.detail)
    return form


def _renewed(form: Form, version: int, refusal: Refusal) -> Form:
    """The form as it was typed, on top of the newest version: saving again is a choice then."""
    form.values["version"] = str(version)
    form.fault("", refusal.detail)
    return form


def _differences(
    form: Form, newest: dict[str, object] | None, labels: dict[str, str], names: dict[str, str] | None = None
) -> list[tuple[str, str, str]]:
    """(field, typed, newest) where somebody else saved something else meanwhile."""
    told: list[tuple[str, str, str]] = []
    for name, label in labels.items() if newest else ():
        saved: Any = newest[name] if newest else None
        typed, kept = form.raw(name), "" if saved is None else str(saved)
        if typed != kept:
            told.append((label, (names or {}).get(typed, typed), (names or {}).get(kept, kept)))
    return told


def _offer_labels(_: Words) -> dict[str, str]:
    return {
        "title": _("What is it?"),
        "story": _("Its story"),
        "unit": _("One of it is called"),
        "price": _("Price ex works, each"),
        "weight": _("Weight, packed"),
        "litres": _("Volume, packed"),
        "hs_code": _("HS code"),
        "cargo_class": _("How it must travel"),
        "lead_days": _("Days until it is ready"),
        "stock": _("In stock"),
        "least_quantity": _("Least quantity"),
        "case_size": _("Case size"),
        "picture": _("Picture"),
        "variant": _("Size, colour or kind"),
        "reference": _("Your own code for it"),
    }


def _term_labels(_: Words) -> dict[str, str]:
    return {
        "hub_id": _("Where your goods are collected"),
        "currency": _("Currency of your prices"),
        "minimum_order": _("Minimum order value"),
        "small_order_fee": _("Small-order fee"),
        "direct_customs": _("Customs papers of one direct shipment"),
        "direct_shipping": _("Shipping of one direct shipment"),
    }

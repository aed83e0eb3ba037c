"""Pages of rate cards: services with their tariffs in plain words, and the sailings of each."""

from datetime import timedelta
from typing import Annotated, Any, Final
from uuid import UUID

from fastapi import Depends, Request
from fastapi.responses import Response
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.catalogue.models import CargoClass
from app.catalogue.service import CURRENCIES, Stale
from app.errors import Faulty, Missing, Refusal
from app.forms import Form
from app.language import Language
from app.pages import go, language_of, page
from app.permissions import Actor, Needs
from app.routes import page_router
from app.shipping import expiry, hub_pages, rate_card_sheet_pages, rate_cards, timetable_pages
from app.shipping.models import Hub, Sailing, Service, Shipment
from app.shipping.typed import (
    AIR_DIVISOR,
    BY_CONTAINER,
    BY_WEIGHT,
    rows_of,
    sailing_said,
    service_fields,
    service_said,
    show_stored,
    typed_version,
)
from app.shipping.words import (
    SAMPLE_LOAD,
    class_name,
    fixed_words,
    mode_name,
    sample_cost,
    tariff_words,
    validity,
)
from app.transaction import Db, Now
from logistics.problem import MODES

router = page_router()
router.include_router(rate_card_sheet_pages.router)
router.include_router(timetable_pages.router)
router.include_router(hub_pages.router)

FormData = Annotated[Form, Depends(Form.read)]
Reader = Annotated[Actor, Depends(Needs("rate-card.read"))]
Writer = Annotated[Actor, Depends(Needs("rate-card.write"))]

# Where the page's field is called otherwise than the service's or the sailing's.
FIELD_OF: Final = {"capacity_g": "capacity_kg", "capacity_cm3": "capacity_m3"}


@router.get("/rate-cards")
def all_cards(request: Request, db: Db, now: Now, actor: Reader) -> Response:
    lang = language_of(request)
    found = db.scalars(
        select(Service).where(rate_cards.readable(actor)).order_by(Service.valid_until.desc(), Service.code)
    ).all()
    hubs = _hubs(db)
    ahead: dict[UUID, list[Sailing]] = {each.id: [] for each in found}
    for sailing in db.scalars(
        select(Sailing)
        .where(Sailing.service_id.in_(ahead), Sailing.departs_on >= now.date())
        .order_by(Sailing.departs_on),
    ):
        ahead[sailing.service_id].append(sailing)
    cards = [
        {
            "service": each,
            "lane": f"{hubs[each.origin_id].name} – {hubs[each.destination_id].name}",
            "mode": mode_name(each.mode, lang),
            "words": tariff_words(each, lang),
            "next": [lang.day(sailing.departs_on) for sailing in ahead[each.id][:3]],
            "validity": validity(each, now.date(), ahead[each.id], lang),
            "own": each.organisation_id == actor.organisation_id,
        }
        for each in found
    ]
    ending = expiry.ending(db, actor.organisation_id, now.date())
    return page(request, "shipping/rate_cards.html", cards=cards, ending=ending)


@router.get("/rate-cards/new")
def new_card(
    request: Request, db: Db, now: Now, actor: Writer, *, by: str = "", after: UUID | None = None
) -> Response:
    """`after`: the card that this one goes on from."""
    if after is not None:
        return _form(request, db, _next_form(_own(db, actor, after)), actor)
    if by not in {BY_CONTAINER, BY_WEIGHT}:
        return page(request, "shipping/rate_card_kind.html")
    form = Form.empty(
        by=by,
        currency="USD",
        mode="sea" if by == BY_CONTAINER else "air",
        valid_from=now.date(),
        per_shipment="0",
        per_consignee="0",
        minimum_wm="1" if by == BY_CONTAINER else "",
        volumetric_divisor=AIR_DIVISOR,
        minimum_charge="0",
        break0_kg="0",
    )
    form.put_list("classes", [CargoClass.AMBIENT])
    return _form(request, db, form, actor)


def _next_form(service: Service) -> Form:
    """A card that begins when another ends, with the same lane and rates to change."""
    stem, _, number = service.code.rpartition("-")
    fields = service_fields(service)
    fields["code"] = (
        f"{stem}-{int(number) + 1}"
        if stem and number.isdecimal() and len(number) < 3
        else f"{service.code}-2"
    )
    start = service.valid_until + timedelta(days=1)
    fields |= {"valid_from": start, "valid_until": start + (service.valid_until - service.valid_from)}
    form = Form.empty(**fields)
    form.put_list("classes", service.classes)
    return form


@router.post("/rate-cards/new")
def add_card(request: Request, form: FormData, db: Db, now: Now, actor: Writer) -> Response:
    said = service_said(form, language_of(request).text)
    if said is None:
        return _form(request, db, form, actor, status=422)
    try:
        made = rate_cards.add_service(db, actor, said, now=now)
    except Faulty as refusal:
        form.take(refusal)
        return _form(request, db, form, actor, status=422)
    return go(f"/rate-cards/{made.id}", "saved")


@router.get("/rate-cards/{service_id}")
def card(request: Request, service_id: UUID, db: Db, actor: Reader) -> Response:
    return _card(request, db, actor, service_id, form=Form.empty())


@router.get("/rate-cards/{service_id}/edit")
def edit_card(request: Request, service_id: UUID, db: Db, actor: Writer) -> Response:
    service = _own(db, actor, service_id)
    form = Form.empty(**service_fields(service))
    form.put_list("classes", service.classes)
    return _form(request, db, form, actor, service=service)


@router.post("/rate-cards/{service_id}/edit")
def change_card(
    request: Request, service_id: UUID, *, form: FormData, db: Db, now: Now, actor: Writer
) -> Response:
    service = _own(db, actor, service_id)
    for name in ("code", "origin_id", "destination_id"):  # shown, not asked again
        form.values[name] = str(getattr(service, name))
    form.values["by"] = str(service_fields(service)["by"])  # a card never changes its kind
    said = service_said(form, language_of(request).text)
    if said is None:
        return _form(request, db, form, actor, service=service, status=422)
    try:
        rate_cards.change_service(db, actor, service_id, said, version=typed_version(form), now=now)
    except Faulty as refusal:
        form.take(refusal)
        return _form(request, db, form, actor, service=service, status=422)
    except Stale as refusal:
        form.fault("", refusal.detail)
        _show_stored(form, service, language_of(request))
        return _form(request, db, form, actor, service=service, status=409)
    return go(f"/rate-cards/{service_id}", "saved")


@router.post("/rate-cards/{service_id}/sailings")
def add_sailing(
    request: Request, service_id: UUID, *, form: FormData, db: Db, now: Now, actor: Writer
) -> Response:
    _own(db, actor, service_id)
    said = sailing_said(form, language_of(request).text)
    if said is None:
        return _card(request, db, actor, service_id, form=form, status=422)
    try:
        rate_cards.add_sailing(db, actor, service_id, said, now=now)
    except Faulty as refusal:
        form.take(Faulty(fields={FIELD_OF.get(name, name): words for name, words in refusal.fields.items()}))
        return _card(request, db, actor, service_id, form=form, status=422)
    return go(f"/rate-cards/{service_id}", "saved")


@router.post("/rate-cards/{service_id}/sailings/{sailing_id}/remove")
def remove_sailing(
    request: Request, service_id: UUID, sailing_id: UUID, *, db: Db, now: Now, actor: Writer
) -> Response:
    try:
        rate_cards.remove_sailing(db, actor, service_id, sailing_id, now=now)
    except Missing:
        raise
    except Refusal as refusal:
        form = Form.empty()
        form.fault("", refusal.detail)
        return _card(request, db, actor, service_id, form=form, status=int(refusal.status))
    return go(f"/rate-cards/{service_id}", "saved")


def _show_stored(form: Form, service: Service, lang: Language) -> None:
    """What is stored now, where it is another than what was typed."""
    _ = lang.text
    if form.raw("mode") != service.mode:
        form.fault("mode", _("Stored now: {value}.").format(value=mode_name(service.mode, lang)))
    if set(form.lists.get("classes", [])) != set(service.classes):
        names = ", ".join(class_name(each, lang) for each in service.classes)
        form.fault("classes", _("Stored now: {value}.").format(value=names))
    show_stored(form, service_fields(service), lang)


def _own(db: Session, actor: Actor, service_id: UUID) -> Service:
    service = rate_cards.own_service(db, actor, service_id)
    if service.organisation_id != actor.organisation_id:
        raise Missing
    return service


def _hubs(db: Session) -> dict[UUID, Hub]:
    return {hub.id: hub for hub in db.scalars(select(Hub).order_by(Hub.name))}


def _card(
    request: Request, db: Session, actor: Actor, service_id: UUID, *, form: Form, status: int = 200
) -> Response:
    lang = language_of(request)
    service = rate_cards.own_service(db, actor, service_id)
    today = request.state.now.date()
    sailings = rate_cards.sailings_of(db, service_id, since=today)
    booked = set(
        db.scalars(select(Shipment.sailing_id).where(Shipment.sailing_id.in_([each.id for each in sailings])))
    )
    hubs = _hubs(db)
    weight, volume = SAMPLE_LOAD
    return page(
        request,
        "shipping/rate_card.html",
        status=status,
        form=form,
        service=service,
        origin=hubs[service.origin_id],
        destination=hubs[service.destination_id],
        mode=mode_name(service.mode, lang),
        classes=[class_name(each, lang) for each in service.classes],
        words=tariff_words(service, lang) + fixed_words(service.fixed, service.currency, lang),
        sample={"weight": weight, "volume": volume, "cost": sample_cost(service)},
        validity=validity(service, today, sailings, lang),
        sailings=sailings,
        booked=booked,
        own=service.organisation_id == actor.organisation_id,
        today=today,
        versions=[
            (each, tariff_words(each, lang) + fixed_words(each.fixed, each.currency, lang))
            for each in rate_cards.versions_of(db, service_id)
        ],
    )


def _kind(form: Form) -> str:
    """How the card counts: as it says, or by the rows that are filled, so that none of them is lost."""
    if form.raw("by") in {BY_CONTAINER, BY_WEIGHT}:
        return form.raw("by")
    return BY_WEIGHT if any(name.startswith("break") for name in form.values) else BY_CONTAINER


def _form(
    request: Request,
    db: Session,
    form: Form,
    actor: Actor,
    *,
    service: Service | None = None,
    status: int = 200,
) -> Response:
    lang = language_of(request)
    wanted: Any = select(Hub).order_by(Hub.name)
    hubs = [(str(hub.id), f"{hub.name}, {lang.country(hub.country)}") for hub in db.scalars(wanted)]
    own_hubs = db.scalars(select(Hub).filter_by(organisation_id=actor.organisation_id)).all()
    return page(
        request,
        "shipping/rate_card_form.html",
        status=status,
        form=form,
        service=service,
        by=_kind(form),
        by_weight=_kind(form) == BY_WEIGHT,
        hubs=hubs,
        own_hubs=[hub.name for hub in own_hubs],
        lane=f"{dict(hubs)[str(service.origin_id)]} – {dict(hubs)[str(service.destination_id)]}"
        if service
        else "",
        modes=[(mode, mode_name(mode, lang)) for mode in MODES],
        classes=[(str(each), class_name(each, lang)) for each in CargoClass],
        currencies=[(code, f"{code}, {lang.locale.currencies.get(code, code)}") for code in CURRENCIES],
        boxes=rows_of(form, "box"),
        breaks=rows_of(form, "break"),
    )

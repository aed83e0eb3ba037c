"""A producer's lots: a list, what is said of each, their GTINs; and the due diligence package for who may."""

from dataclasses import replace
from typing import Annotated
from uuid import UUID

from fastapi import Depends, Request
from fastapi.responses import Response
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.catalogue.models import Offer
from app.errors import Faulty, Missing, Refusal
from app.forms import Form
from app.language import Language
from app.organisations.models import Organisation
from app.pages import go, language_of, page
from app.permissions import Actor, Needs
from app.plots import service as plots
from app.routes import page_router
from app.serving import attached
from app.shipping.models import Shipment
from app.stories import due_diligence, lots
from app.stories.lots import MOST_GRAMS, MOST_UNITS, LotSaid
from app.stories.models import Lot, TradeItem
from app.stories.telling import link_of
from app.transaction import Db, Now
from logistics.due_diligence import commodity_of

router = page_router()

FormData = Annotated[Form, Depends(Form.read)]
Reader = Annotated[Actor, Depends(Needs("offer.read-own"))]
Writer = Annotated[Actor, Depends(Needs("offer.write"))]
Diligent = Annotated[Actor, Depends(Needs("due-diligence.read"))]


@router.get("/our-lots")
def our_lots(request: Request, db: Db, actor: Reader) -> Response:
    return _list(request, db, actor, Form.empty())


@router.post("/our-lots")
def add(request: Request, *, form: FormData, db: Db, now: Now, actor: Writer) -> Response:
    _ = language_of(request).text
    own = {str(offer.id): offer for offer in _offers(db, actor)}
    chosen = form.choice("offer", set(own), _("Choose the goods."))
    number = form.text("number", most=1_000)
    quantity = _quantity(form)
    try:
        form.check()
        said = LotSaid(number=number, quantity=quantity)
        made = lots.add(db, actor, own[chosen].id, said, now=now)
    except Faulty as refusal:
        form.take(refusal)
        return _list(request, db, actor, form, status=422)
    return go(f"/our-lots/{made.id}", "saved")


@router.get("/our-lots/{lot_id}")
def one(request: Request, lot_id: UUID, db: Db, actor: Reader) -> Response:
    lot = lots.own(db, actor, lot_id)
    return _one(request, db, actor, lot, _form(db, lot))


@router.post("/our-lots/{lot_id}")
def change(request: Request, lot_id: UUID, *, form: FormData, db: Db, now: Now, actor: Writer) -> Response:
    lot = lots.own(db, actor, lot_id)
    said = _said(form, language_of(request), actor, db, lot)
    try:
        form.check()
        lots.change(db, actor, lot_id, said, now=now)
    except Faulty as refusal:
        form.take(refusal)
        db.rollback()
        return _one(request, db, actor, lots.own(db, actor, lot_id), form, status=422)
    return go(f"/our-lots/{lot_id}", "saved")


@router.post("/our-lots/{lot_id}/gtin")
def name_item(request: Request, lot_id: UUID, *, form: FormData, db: Db, now: Now, actor: Writer) -> Response:
    lot = lots.own(db, actor, lot_id)
    typed = form.text("gtin", most=40)
    try:
        form.check()
        lots.name_item(db, actor, lot.offer_id, typed, now=now)
    except Faulty as refusal:
        form.take(refusal)
        shown = _form(db, lot)
        shown.errors = form.errors
        shown.values["gtin"] = form.values.get("gtin", "")
        return _one(request, db, actor, lot, shown, status=422)
    return go(f"/our-lots/{lot_id}", "saved")


@router.get("/lots/{lot_id}/due-diligence")
def package_page(request: Request, lot_id: UUID, db: Db, actor: Diligent) -> Response:
    return _package(request, db, actor, lot_id, Form.empty())


@router.get("/lots/{lot_id}/due-diligence/{kind}")
def package(request: Request, lot_id: UUID, kind: str, *, db: Db, now: Now, actor: Diligent) -> Response:
    """`kind`: zip or json."""
    if kind not in ("zip", "json"):
        raise Missing
    try:
        lot, text = due_diligence.made(db, request.app.state.store, actor, lot_id, now=now)
    except Missing:
        raise
    except Refusal as refusal:
        form = Form.empty()
        form.fault("", refusal.detail)
        return _package(request, db, actor, lot_id, form, status=int(refusal.status))
    if kind == "json":
        return attached(text.encode(), f"due-diligence-{lot.code}.json", "application/json")
    return attached(due_diligence.as_zip(text), f"due-diligence-{lot.code}.zip", "application/zip")


def _package(
    request: Request, db: Session, actor: Actor, lot_id: UUID, form: Form, *, status: int = 200
) -> Response:
    lot = due_diligence.seen_lot(db, actor, lot_id)
    return page(
        request,
        "stories/due_diligence.html",
        status=status,
        form=form,
        lot=lot,
        maker=db.get_one(Organisation, lot.organisation_id),
        own=lot.organisation_id == actor.organisation_id,
        wanting=due_diligence.wanting(db, actor, lot),
        net=due_diligence.net_mass(db, actor, lot),
        commodity=commodity_of(lot.hs_code),
    )


def _list(request: Request, db: Session, actor: Actor, form: Form, *, status: int = 200) -> Response:
    found = lots.owned(db, actor)
    shipments = {
        row.id: row
        for row in db.scalars(select(Shipment).where(Shipment.id.in_({lot.shipment_id for lot in found})))
    }
    return page(
        request,
        "stories/our_lots.html",
        status=status,
        form=form,
        rows=[(lot, shipments.get(lot.shipment_id) if lot.shipment_id else None) for lot in found],
        offers=[(str(offer.id), offer.title) for offer in _offers(db, actor)],
    )


def _one(request: Request, db: Session, actor: Actor, lot: Lot, form: Form, *, status: int = 200) -> Response:
    item = db.get(TradeItem, lot.offer_id)
    free = lots.shipments_for(db, actor, lot.offer_id, but=lot.id)
    fixed = lot.shipment_id is not None and lots.has_left(db, lot.shipment_id)
    return page(
        request,
        "stories/our_lot.html",
        status=status,
        form=form,
        lot=lot,
        item=item,
        address=link_of(request.app.state.settings, lot, item),
        shipment=db.get(Shipment, lot.shipment_id) if lot.shipment_id else None,
        fixed=fixed,
        shipments=[(str(each.id), each.number) for each in free],
        plot_files=[(str(each.id), each.name) for each in plots.owned(db, actor)],
        commodity=commodity_of(lot.hs_code),
        wanting=due_diligence.wanting(db, actor, lot),
    )


def _form(db: Session, lot: Lot) -> Form:
    item = db.get(TradeItem, lot.offer_id)
    return Form.empty(
        number=lot.number,
        quantity=lot.quantity,
        net=f"{lot.net_g / 1000:.3f}".rstrip("0").rstrip(".") if lot.net_g else None,
        produced_from=lot.produced_from,
        produced_to=lot.produced_to,
        scientific_name=lot.scientific_name,
        plot_file_id=lot.plot_file_id,
        shipment_id=lot.shipment_id,
        gtin=item.gtin if item else None,
    )


def _said(form: Form, lang: Language, actor: Actor, db: Session, lot: Lot) -> LotSaid:
    """What was typed; its faults are left in the form."""
    _ = lang.text
    files = {str(each.id): each.id for each in plots.owned(db, actor)}
    free = {str(each.id): each.id for each in lots.shipments_for(db, actor, lot.offer_id, but=lot.id)}
    said = LotSaid(
        number=form.text("number", most=1_000),
        quantity=_quantity(form),
        produced_from=form.day("produced_from"),
        produced_to=form.day("produced_to"),
        scientific_name=form.text("scientific_name", most=lots.LONGEST_NAME),
        shipment_id=lot.shipment_id,
    )
    if form.raw("net"):
        grams = form.measure("net", "", to_base=1000, unit="kg", most=MOST_GRAMS)
        said = replace(said, net_g=grams or None)
    if chosen := form.raw("plot_file_id"):
        if chosen not in files:
            form.fault("plot_file_id", _("Choose one of your files of plots."))
        said = replace(said, plot_file_id=files.get(chosen))
    if "shipment_id" in form.values:
        wanted = form.raw("shipment_id")
        if wanted and wanted not in free:
            form.fault("shipment_id", _("Choose a shipment that carries these goods."))
        said = replace(said, shipment_id=free.get(wanted) if wanted else None)
    return said


def _quantity(form: Form) -> int | None:
    return form.integer("quantity", least=1, most=MOST_UNITS) or None if form.raw("quantity") else None


def _offers(db: Session, actor: Actor) -> list[Offer]:
    return list(
        db.scalars(select(Offer).filter_by(organisation_id=actor.organisation_id).order_by(Offer.title))
    )

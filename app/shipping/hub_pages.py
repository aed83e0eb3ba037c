"""Pages for hubs that one runs."""

from decimal import Decimal, InvalidOperation
from typing import Annotated, Any
from uuid import UUID

from fastapi import Depends, Request
from fastapi.responses import Response

from app.catalogue.service import Stale
from app.errors import Faulty
from app.forms import Form
from app.language import Language
from app.pages import go, language_of, page
from app.permissions import Actor, Needs
from app.routes import page_router
from app.shipping import hubs_kept
from app.shipping.hubs_kept import HubSaid
from app.shipping.models import Hub
from app.shipping.typed import show_stored, typed_version
from app.transaction import Db, Now

router = page_router()

FormData = Annotated[Form, Depends(Form.read)]
Writer = Annotated[Actor, Depends(Needs("rate-card.write"))]


@router.get("/hubs/new")
def new_hub(request: Request, _actor: Writer) -> Response:
    return _form(request, Form.empty())


@router.post("/hubs/new")
def add_hub(request: Request, form: FormData, db: Db, now: Now, actor: Writer) -> Response:
    said = _said(form, language_of(request))
    if said is None:
        return _form(request, form, status=422)
    try:
        hubs_kept.add_hub(db, actor, said, now=now)
    except Faulty as refusal:
        form.take(refusal)
        return _form(request, form, status=422)
    return go("/hubs", "saved")


@router.get("/hubs/{hub_id}/edit")
def edit_hub(request: Request, hub_id: UUID, db: Db, actor: Writer) -> Response:
    hub = hubs_kept.own_hub(db, actor, hub_id)
    return _form(request, Form.empty(**_fields(hub)), hub=hub)


@router.post("/hubs/{hub_id}/edit")
def change_hub(request: Request, hub_id: UUID, form: FormData, db: Db, now: Now, actor: Writer) -> Response:
    hub = hubs_kept.own_hub(db, actor, hub_id)
    form.values["code"] = hub.code  # shown, not asked again
    said = _said(form, language_of(request))
    if said is None:
        return _form(request, form, hub=hub, status=422)
    try:
        hubs_kept.change_hub(db, actor, hub_id, said, version=typed_version(form), now=now)
    except Faulty as refusal:
        form.take(refusal)
        return _form(request, form, hub=hub, status=422)
    except Stale as refusal:
        form.fault("", refusal.detail)
        show_stored(form, _fields(hub), language_of(request))
        return _form(request, form, hub=hub, status=409)
    return go("/hubs", "saved")


def _fields(hub: Hub) -> dict[str, Any]:
    return {name: getattr(hub, name) for name in ("code", "name", "latitude", "longitude", "version")}


def _said(form: Form, lang: Language) -> HubSaid | None:
    _ = lang.text
    code = form.text("code", _("Enter the UN/LOCODE of the place, like NLRTM."), most=5).upper()
    name = form.text("name", _("Enter the name of the place."), most=hubs_kept.LONGEST_NAME)
    latitude = _degrees(form, "latitude", _("Enter degrees, like 51.92."))
    longitude = _degrees(form, "longitude", _("Enter degrees, like 4.48."))
    if form.errors or latitude is None or longitude is None:
        return None
    return HubSaid(code, name, latitude, longitude)


def _degrees(form: Form, name: str, missing: str) -> Decimal | None:
    try:
        value = Decimal(form.raw(name).replace(",", "."))
    except InvalidOperation:
        form.fault(name, missing)
        return None
    if not value.is_finite() or abs(value) > 180:
        form.fault(name, missing)
        return None
    return round(value, 5)


def _form(request: Request, form: Form, *, hub: Hub | None = None, status: int = 200) -> Response:
    return page(request, "shipping/hub_form.html", status=status, form=form, hub=hub)

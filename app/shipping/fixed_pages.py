"""The page and the JSON routes of what a rate card's fixed sums are for."""

from typing import Annotated
from uuid import UUID

from fastapi import Depends, Request
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict, Field

from app.catalogue.service import Stale
from app.catalogue.typed import plain_amount
from app.catalogue.versioned import Version, etag, newest
from app.errors import Faulty, Missing
from app.forms import Form
from app.pages import go, language_of, page
from app.permissions import Actor, Needs
from app.routes import api_router, page_router
from app.shipping.fixed_sums import NAMES, FixedSaid, said_in
from app.shipping.models import Service
from app.shipping.rate_cards import own_service, say_fixed
from app.shipping.tariffs import LARGEST_AMOUNT
from app.shipping.typed import show_stored, typed_version
from app.transaction import Db, Now

router = page_router()
api = api_router("shipping")
FormData = Annotated[Form, Depends(Form.read)]
Keeper = Annotated[Actor, Depends(Needs("rate-card.write"))]


class FixedIO(BaseModel):
    """Minor units of the card's currency."""

    model_config = ConfigDict(extra="forbid")
    inland: int = Field(0, ge=0, le=LARGEST_AMOUNT, description="of the sum per shipment")
    insurance: int = Field(0, ge=0, le=LARGEST_AMOUNT, description="of the sum per shipment")
    handling: int = Field(0, ge=0, le=LARGEST_AMOUNT, description="of the sum per consignee")
    last_mile: int = Field(0, ge=0, le=LARGEST_AMOUNT, description="of the sum per consignee")


@router.get("/rate-cards/{service_id}/sums")
def sums(request: Request, service_id: UUID, db: Db, actor: Keeper) -> Response:
    service = _own(db, actor, service_id)
    return _page(request, service, Form.empty(**_fields(service)))


@router.post("/rate-cards/{service_id}/sums")
def say_sums(request: Request, service_id: UUID, form: FormData, db: Db, now: Now, actor: Keeper) -> Response:
    service = _own(db, actor, service_id)
    amounts = {name: form.money(name, service.currency) if form.raw(name) else 0 for name in NAMES}
    try:
        form.check()
        say_fixed(db, actor, service_id, FixedSaid(**amounts), version=typed_version(form), now=now)
    except Faulty as refusal:
        form.take(refusal)
        return _page(request, service, form, 422)
    except Stale as refusal:
        form.fault("", refusal.detail)
        show_stored(form, _fields(service), language_of(request))
        return _page(request, service, form, 409)
    return go(f"/rate-cards/{service_id}", "saved")


@api.get("/services/{service_id}/fixed-sums", summary="What a rate card's fixed sums are for")
def read_by_program(service_id: UUID, db: Db, actor: Keeper, reply: Response) -> FixedIO:
    return _told(_own(db, actor, service_id), reply)


@api.put(
    "/services/{service_id}/fixed-sums", summary="Say what a rate card's fixed sums are for (If-Match wanted)"
)
def say_by_program(
    service_id: UUID, wish: FixedIO, actor: Keeper, *, db: Db, now: Now, version: Version, reply: Response
) -> FixedIO:
    with newest():
        made = say_fixed(db, actor, service_id, FixedSaid(**wish.model_dump()), version=version, now=now)
    return _told(made, reply)


def _told(service: Service, reply: Response) -> FixedIO:
    reply.headers["ETag"] = etag(service.version)
    said = said_in(service.fixed)
    return FixedIO(**{name: getattr(said, name) for name in NAMES})


def _fields(service: Service) -> dict[str, str]:
    said = said_in(service.fixed)
    amounts = {name: getattr(said, name) for name in NAMES}
    shown = {
        name: plain_amount(amount, service.currency) if amount else "" for name, amount in amounts.items()
    }
    return shown | {"version": str(service.version)}


def _own(db: Db, actor: Actor, service_id: UUID) -> Service:
    service = own_service(db, actor, service_id)
    if service.organisation_id != actor.organisation_id:
        raise Missing
    return service


def _page(request: Request, service: Service, form: Form, status: int = 200) -> Response:
    return page(request, "shipping/fixed_sums.html", status=status, service=service, form=form)

"""The page and the JSON routes of what a rate card's fixed sums are for."""

from typing import Annotated
from uuid import UUID

from fastapi import Depends, Request
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict, Field

from app.errors import Faulty, Missing
from app.forms import Form
from app.language import major
from app.pages import go, page
from app.permissions import Actor, Needs
from app.routes import api_router, page_router
from app.shipping import fixed_sums
from app.shipping.fixed_sums import PARTS, FixedSaid
from app.shipping.models import Service
from app.shipping.rate_cards import own_service
from app.shipping.tariffs import LARGEST_AMOUNT
from app.transaction import Db, Now

router = page_router()
api = api_router("shipping")
FormData = Annotated[Form, Depends(Form.read)]
Keeper = Annotated[Actor, Depends(Needs("rate-card.write"))]
NAMES = tuple(name for names in PARTS.values() for name in names)


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
    said = fixed_sums.said_in(service)
    amounts = {name: getattr(said, name) for name in NAMES}
    form = Form.empty(
        **{name: str(major(amount, service.currency)) if amount else "" for name, amount in amounts.items()}
    )
    return _page(request, service, form)


@router.post("/rate-cards/{service_id}/sums")
def say_sums(request: Request, service_id: UUID, form: FormData, db: Db, now: Now, actor: Keeper) -> Response:
    service = _own(db, actor, service_id)
    amounts = {name: form.money(name, service.currency) if form.raw(name) else 0 for name in NAMES}
    try:
        form.check()
        fixed_sums.say(db, actor, service_id, FixedSaid(**amounts), now=now)
    except Faulty as refusal:
        form.take(refusal)
        return _page(request, service, form, 422)
    return go(f"/rate-cards/{service_id}", "saved")


@api.put("/services/{service_id}/fixed-sums", summary="Say what a rate card's fixed sums are for")
def say_by_program(service_id: UUID, wish: FixedIO, db: Db, now: Now, actor: Keeper) -> FixedIO:
    made = fixed_sums.say(db, actor, service_id, FixedSaid(**wish.model_dump()), now=now)
    said = fixed_sums.said_in(made)
    return FixedIO(**{name: getattr(said, name) for name in NAMES})


def _own(db: Db, actor: Actor, service_id: UUID) -> Service:
    service = own_service(db, actor, service_id)
    if service.organisation_id != actor.organisation_id:
        raise Missing
    return service


def _page(request: Request, service: Service, form: Form, status: int = 200) -> Response:
    return page(request, "shipping/fixed_sums.html", status=status, service=service, form=form)

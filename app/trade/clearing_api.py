"""JSON routes of the duty that customs asked."""

from typing import Annotated
from uuid import UUID

from fastapi import Depends
from pydantic import BaseModel, ConfigDict, Field

from app.permissions import Actor, Needs
from app.routes import api_router
from app.trade import clearing
from app.trade.models import Charge
from app.trade.service import own_pool
from app.transaction import Db, Now

router = api_router("trade")
Hub = Annotated[Actor, Depends(Needs("milestone.set"))]


class AskedIn(BaseModel):
    model_config = ConfigDict(extra="forbid")
    asked: int = Field(ge=0, le=10**12, description="minor units of the charge", examples=[0])


class AskedOut(BaseModel):
    order_id: UUID
    currency: str
    duty: int = Field(description="as charged, without a proof of origin", examples=[1844])
    asked: int | None = Field(description="by customs; null: not entered yet", examples=[0])


@router.get("/pools/{pool_id}/duties", summary="The duty of each order, as charged and as customs asked")
def duties(pool_id: UUID, db: Db, actor: Hub) -> list[AskedOut]:
    return [_out(charge) for _, charge, _ in clearing.to_assess(db, own_pool(db, actor, pool_id))]


@router.put("/orders/{order_id}/duty", summary="Say what customs asked for an order; less is paid back")
def assess(order_id: UUID, wish: AskedIn, db: Db, now: Now, actor: Hub) -> AskedOut:
    return _out(clearing.assess(db, actor, order_id, wish.asked, now=now))


def _out(charge: Charge) -> AskedOut:
    return AskedOut(
        order_id=charge.order_id, currency=charge.currency, duty=charge.duty, asked=charge.duty_assessed
    )

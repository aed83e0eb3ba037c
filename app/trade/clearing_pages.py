"""The page on which a hub says what customs asked for each order of a pool."""

from typing import Annotated
from uuid import UUID

from fastapi import Depends, Request
from fastapi.responses import Response
from sqlalchemy.orm import Session

from app.errors import Faulty, Missing, Refusal
from app.forms import Form
from app.pages import go, page
from app.permissions import Actor, Needs
from app.routes import page_router
from app.trade import clearing
from app.trade.models import Charge, Pool
from app.trade.service import own_pool
from app.transaction import Db, Now

router = page_router()
FormData = Annotated[Form, Depends(Form.read)]
Hub = Annotated[Actor, Depends(Needs("milestone.set"))]


@router.get("/pools/{pool_id}/duties")
def duties(request: Request, pool_id: UUID, db: Db, actor: Hub) -> Response:
    return _page(request, db, own_pool(db, actor, pool_id), Form.empty())


@router.post("/pools/{pool_id}/duties/{order_id}")
def assess(
    request: Request, pool_id: UUID, order_id: UUID, form: FormData, db: Db, now: Now, actor: Hub
) -> Response:
    pool, charge = own_pool(db, actor, pool_id), db.get(Charge, order_id)
    if charge is None:
        raise Missing
    name = f"asked-{order_id}"
    asked = form.money(name, charge.currency, "Enter what customs asked. Nothing: 0.")
    try:
        form.check()
        clearing.assess(db, actor, order_id, asked, now=now)
    except Faulty as refusal:
        for words in refusal.fields.values():
            form.fault(name, words)
        return _page(request, db, pool, form, 422)
    except Refusal as refusal:
        form.fault("", refusal.detail)
        return _page(request, db, pool, form, int(refusal.status))
    return go(f"/pools/{pool_id}/duties", "saved")


def _page(request: Request, db: Session, pool: Pool, form: Form, status: int = 200) -> Response:
    return page(
        request,
        "trade/duties_asked.html",
        status=status,
        pool=pool,
        rows=clearing.to_assess(db, pool),
        can=pool.state in clearing.CLEARED,
        form=form,
    )

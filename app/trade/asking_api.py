"""JSON routes of pools that are asked for, and of invitations."""

from typing import Annotated
from uuid import UUID

from fastapi import Depends, Request
from fastapi.responses import Response
from sqlalchemy.orm import Session

from app.permissions import Actor, Anybody, Needs
from app.routes import api_router
from app.shipping.models import Hub
from app.trade import asking, inviting, schemas
from app.trade.asking_pages import asks
from app.trade.models import PoolAsk
from app.transaction import Db, Now

router = api_router("trade")

Visitor = Annotated[Actor | None, Depends(Anybody())]
Buyer = Annotated[Actor, Depends(Needs("order.join"))]
Opener = Annotated[Actor, Depends(Needs("pool.open"))]
Member = Annotated[Actor, Depends(Needs("pool.invite"))]


def _out(asked: PoolAsk, origin: Hub, destination: Hub, buyers: int) -> schemas.AskOut:
    own = "id currency wanted_by words state declined_because pool_id"
    return schemas.AskOut(
        **{name: getattr(asked, name) for name in own.split()},
        origin=origin.code,
        destination=destination.code,
        buyers=buyers,
    )


def _one(db: Session, asked: PoolAsk) -> schemas.AskOut:
    ends = db.get_one(Hub, asked.origin_id), db.get_one(Hub, asked.hub_id)
    return _out(asked, *ends, asking.supporters(db, asked.id))


@router.get("/pool-asks", summary="Pools that buyers ask for, the newest first")
def list_asks(db: Db, _actor: Visitor) -> list[schemas.AskOut]:
    return [_out(*row) for row in asks(db)]


@router.post("/pool-asks", status_code=201, summary="Ask a hub for a pool; nothing is ordered")
def ask(wish: schemas.AskIn, response: Response, db: Db, now: Now, actor: Buyer) -> schemas.AskOut:
    made = asking.ask(db, actor, asking.AskSaid(**wish.model_dump()), now=now)
    response.headers["Location"] = f"/api/pool-asks/{made.id}"
    return _one(db, made)


@router.get("/pool-asks/{ask_id}", summary="A pool that buyers ask for")
def one_ask(ask_id: UUID, db: Db, _actor: Visitor) -> schemas.AskOut:
    return _one(db, asking.get_ask(db, ask_id))


@router.post("/pool-asks/{ask_id}/support", summary="Say that you would order too; twice is once")
def support(ask_id: UUID, db: Db, now: Now, actor: Buyer) -> schemas.AskOut:
    return _one(db, asking.support(db, actor, ask_id, now=now))


@router.post("/pool-asks/{ask_id}/accept", summary="Open the pool that is asked for; all are told")
def accept(ask_id: UUID, wish: schemas.AcceptIn, db: Db, now: Now, actor: Opener) -> schemas.AskOut:
    asking.accept(db, actor, ask_id, title=wish.title, closes_at=wish.closes_at, now=now)
    return _one(db, asking.get_ask(db, ask_id))


@router.post("/pool-asks/{ask_id}/decline", summary="Say why there will be no pool; all are told")
def decline(ask_id: UUID, wish: schemas.CancelIn, db: Db, now: Now, actor: Opener) -> schemas.AskOut:
    return _one(db, asking.decline(db, actor, ask_id, wish.because, now=now))


@router.post("/pools/{pool_id}/invitation", summary="The link by which a pool is shown without sign-in")
def invite(request: Request, pool_id: UUID, db: Db, now: Now, actor: Member) -> schemas.InvitationOut:
    word = inviting.invitation(db, actor, pool_id, now=now)
    return schemas.InvitationOut(link=f"{request.app.state.settings.address}/invited/{word}")

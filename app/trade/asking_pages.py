"""Pages of pools that are asked for, and the page behind an invitation."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import Depends, Request
from fastapi.responses import Response
from sqlalchemy import func, select
from sqlalchemy.orm import Session, aliased

from app.catalogue.service import CURRENCIES
from app.errors import Faulty
from app.forms import Form
from app.pages import go, language_of, page
from app.permissions import Actor, Anybody, Needs
from app.routes import page_router
from app.shipping.models import Hub
from app.trade import asking, inviting
from app.trade.models import AskState, PoolAsk, PoolAskSupport
from app.trade.typed import moment
from app.transaction import Db, Now

router = page_router()

FormData = Annotated[Form, Depends(Form.read)]
Visitor = Annotated[Actor | None, Depends(Anybody())]
Buyer = Annotated[Actor, Depends(Needs("order.join"))]
Opener = Annotated[Actor, Depends(Needs("pool.open"))]
Member = Annotated[Actor, Depends(Needs("pool.invite"))]
MOST_ROWS = 100


def asks(session: Session) -> list[tuple[PoolAsk, Hub, Hub, int]]:
    """What is asked for and what was answered, the newest first, with how many buyers want it."""
    origin, destination = aliased(Hub), aliased(Hub)
    rows = session.execute(
        select(PoolAsk, origin, destination, func.count(PoolAskSupport.organisation_id))
        .join(origin, origin.id == PoolAsk.origin_id)
        .join(destination, destination.id == PoolAsk.hub_id)
        .join(PoolAskSupport, PoolAskSupport.ask_id == PoolAsk.id)
        .group_by(PoolAsk.id, origin.id, destination.id)
        .order_by(PoolAsk.asked_at.desc(), PoolAsk.id)
        .limit(MOST_ROWS)
    )
    return [(each, one, two, count) for each, one, two, count in rows]


@router.get("/pool-asks")
def list_asks(request: Request, db: Db, _actor: Visitor) -> Response:
    return page(request, "trade/asks.html", rows=asks(db))


@router.get("/pool-asks/new")
def new_ask(request: Request, db: Db, _actor: Buyer) -> Response:
    return _new(request, db, Form.empty(currency="USD"))


def _new(request: Request, db: Session, form: Form, status: int = 200) -> Response:
    hubs = db.scalars(select(Hub).order_by(Hub.name)).all()
    return page(
        request,
        "trade/new_ask.html",
        status=status,
        form=form,
        hubs=[(str(each.id), f"{each.name} ({each.code})") for each in hubs],
        currencies=[(code, code) for code in CURRENCIES],
    )


@router.post("/pool-asks/new")
def ask(request: Request, form: FormData, db: Db, now: Now, actor: Buyer) -> Response:
    _ = language_of(request).text
    hubs = {str(each) for each in db.scalars(select(Hub.id))}
    origin = form.choice("origin_id", hubs, _("Choose the hub where the makers bring their goods."))
    to = form.choice("hub_id", hubs, _("Choose the hub that the goods should come to."))
    currency = form.choice("currency", CURRENCIES, _("Choose a currency."))
    by = form.day("wanted_by", _("Enter the day by which the goods should arrive."))
    words = form.text(
        "words",
        _("Say what you would order, so that others know whether to join."),
        most=asking.LONGEST_WORDS,
    )
    try:
        form.check()
        assert by is not None
        made = asking.ask(db, actor, asking.AskSaid(UUID(origin), UUID(to), currency, by, words), now=now)
    except Faulty as refusal:
        form.take(refusal)
        return _new(request, db, form, 422)
    return go(f"/pool-asks/{made.id}", "saved")


@router.get("/pool-asks/{ask_id}")
def one_ask(request: Request, ask_id: UUID, db: Db, actor: Visitor) -> Response:
    return _one(request, db, asking.get_ask(db, ask_id), actor, Form.empty())


def _one(
    request: Request, db: Session, asked: PoolAsk, actor: Actor | None, form: Form, status: int = 200
) -> Response:
    hub = db.get_one(Hub, asked.hub_id)
    shown: dict[str, Any] = {
        "ask": asked,
        "origin": db.get_one(Hub, asked.origin_id),
        "hub": hub,
        "count": asking.supporters(db, asked.id),
        "mine": bool(actor and db.get(PoolAskSupport, (asked.id, actor.organisation_id))),
        "own": bool(actor and hub.organisation_id == actor.organisation_id),
        "waiting": asked.state == AskState.ASKED,
    }
    return page(request, "trade/ask.html", status=status, form=form, **shown)


@router.post("/pool-asks/{ask_id}/support")
def support(ask_id: UUID, db: Db, now: Now, actor: Buyer) -> Response:
    asking.support(db, actor, ask_id, now=now)
    return go(f"/pool-asks/{ask_id}", "saved")


@router.post("/pool-asks/{ask_id}/accept")
def accept(request: Request, ask_id: UUID, form: FormData, db: Db, now: Now, actor: Opener) -> Response:
    asking.own_ask(db, actor, ask_id)
    _ = language_of(request).text
    title = form.text(
        "title", _("Enter what the pool is for, like “Lacquerware and baskets, to Rotterdam”."), most=120
    )
    closes_at = moment(form, "closes_at", _("Enter the day and time at which the pool closes."))
    try:
        form.check()
        assert closes_at is not None
        made = asking.accept(db, actor, ask_id, title=title, closes_at=closes_at, now=now)
    except Faulty as refusal:
        for name, words in refusal.fields.items():
            form.fault(name if name in {"title", "closes_at"} else "", words)
        return _one(request, db, asking.get_ask(db, ask_id), actor, form, 422)
    return go(f"/pools/{made.id}", "pool-opened")


@router.post("/pool-asks/{ask_id}/decline")
def decline(request: Request, ask_id: UUID, form: FormData, db: Db, now: Now, actor: Opener) -> Response:
    asking.own_ask(db, actor, ask_id)
    _ = language_of(request).text
    because = form.text(
        "because", _("Enter the reason. Those who asked will read it."), most=asking.LONGEST_WORDS
    )
    try:
        form.check()
        asking.decline(db, actor, ask_id, because, now=now)
    except Faulty as refusal:
        form.take(refusal)
        return _one(request, db, asking.get_ask(db, ask_id), actor, form, 422)
    return go(f"/pool-asks/{ask_id}", "saved")


@router.post("/pools/{pool_id}/invitation")
def invite(request: Request, pool_id: UUID, db: Db, now: Now, actor: Member) -> Response:
    word = inviting.invitation(db, actor, pool_id, now=now)
    address = f"{request.app.state.settings.address}/invited/{word}"
    return page(request, "trade/invite.html", pool_id=pool_id, address=address)


@router.get("/invited/{slug}")
def invited(slug: str, db: Db, _actor: Visitor) -> Response:
    """The pool behind a link, without sign-in. `slug`: its secret word."""
    return go(f"/pools/{inviting.invited_to(db, slug).id}", "invited")

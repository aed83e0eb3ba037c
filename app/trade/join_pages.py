"""Pages on which a buyer joins a pool or changes its order: choose, check, done."""

from collections.abc import Callable
from typing import Annotated, Final
from urllib.parse import urlencode
from uuid import UUID

from fastapi import Depends, Request
from fastapi.responses import Response
from sqlalchemy.orm import Session

from app.errors import Faulty, Refusal
from app.forms import Form
from app.pages import go, language_of, page
from app.permissions import Actor, Needs
from app.routes import page_router
from app.trade import basket, extending, figures, ordering, words
from app.trade.cases import cases_in
from app.trade.duties import shown_for
from app.trade.models import Order, OrderState, Pool, PoolState
from app.trade.quoting import current_order, get_pool, lines_of, offers_in, quote, refuse_unless_open
from app.trade.sources import Sources
from app.transaction import Db, Now
from logistics.customs.faults import CODES as CUSTOMS_FAULTS

router = page_router()

FormData = Annotated[Form, Depends(Form.read)]
Buyer = Annotated[Actor, Depends(Needs("order.join"))]
MISSING_RATES: Final = frozenset({"no-rate", "no-rate-card", "no-exchange-rate", *CUSTOMS_FAULTS})
"""Refusals that name a rate which is not known: other goods can still be ordered."""


@router.get("/pools/{pool_id}/join")
def choose(request: Request, pool_id: UUID, db: Db, now: Now, actor: Buyer) -> Response:
    pool = get_pool(db, pool_id)
    if order := current_order(db, pool.id, actor.organisation_id):
        return go(f"/orders/{order.id}")
    refuse_unless_open(pool, now)
    return _choose(request, db, pool, basket.typed(request.query_params, language_of(request).text), now)


@router.get("/pools/{pool_id}/join/check")
def check(request: Request, pool_id: UUID, db: Db, now: Now, actor: Buyer) -> Response:
    pool = get_pool(db, pool_id)
    if order := current_order(db, pool.id, actor.organisation_id):
        return go(f"/orders/{order.id}")
    refuse_unless_open(pool, now)
    return _check(request, db, pool, basket.typed(request.query_params, language_of(request).text), now)


@router.post("/pools/{pool_id}/join")
def join(request: Request, pool_id: UUID, form: FormData, db: Db, now: Now, actor: Buyer) -> Response:
    pool = get_pool(db, pool_id)
    return _take(
        request,
        db,
        pool,
        form,
        now,
        lambda wanted, most: ordering.join(db, actor, pool_id, wanted, now=now, at_most=most),
        "joined",
    )


@router.get("/orders/{order_id}/change")
def choose_again(request: Request, order_id: UUID, db: Db, now: Now, actor: Buyer) -> Response:
    order, pool = ordering.own_order(db, actor, order_id)
    refuse_unless_open(pool, now)
    typed = basket.typed(request.query_params, language_of(request).text)
    if not typed.values:
        typed = basket.filled(order, lines_of(db, order.id))
    return _choose(request, db, pool, typed, now, order)


@router.get("/orders/{order_id}/change/check")
def check_again(request: Request, order_id: UUID, db: Db, now: Now, actor: Buyer) -> Response:
    order, pool = ordering.own_order(db, actor, order_id)
    refuse_unless_open(pool, now)
    typed = basket.typed(request.query_params, language_of(request).text)
    return _check(request, db, pool, typed, now, order)


@router.post("/orders/{order_id}/change")
def change(request: Request, order_id: UUID, form: FormData, db: Db, now: Now, actor: Buyer) -> Response:
    order, pool = ordering.own_order(db, actor, order_id)
    return _take(
        request,
        db,
        pool,
        form,
        now,
        lambda wanted, most: ordering.change(db, actor, order_id, wanted, now=now, at_most=most),
        "order-changed",
        order,
    )


@router.get("/orders/{order_id}/leave")
def ask_leave(request: Request, order_id: UUID, db: Db, now: Now, actor: Buyer) -> Response:
    order, pool = ordering.own_open_order(db, actor, order_id, now)
    charge = ordering.leaving_costs(db, order, pool, now)
    return page(request, "trade/leave.html", order=order, pool=pool, charge=charge, form=Form.empty())


@router.post("/orders/{order_id}/leave")
def leave(request: Request, order_id: UUID, form: FormData, db: Db, now: Now, actor: Buyer) -> Response:
    at_most = form.integer("at_most") if form.raw("at_most") else None
    form.check()
    try:
        order = ordering.leave(db, actor, order_id, now=now, at_most=at_most)
    except Refusal as refusal:
        if refusal.code != "price-changed":
            raise
        order, pool = ordering.own_open_order(db, actor, order_id, now)
        charge = ordering.leaving_costs(db, order, pool, now)
        shown = Form.empty()
        shown.fault("", refusal.detail)
        return page(
            request,
            "trade/leave.html",
            status=int(refusal.status),
            order=order,
            pool=pool,
            charge=charge,
            form=shown,
        )
    return go(f"/pools/{order.pool_id}", "order-left")


@router.get("/orders/{order_id}/extension")
def ask_extension(request: Request, order_id: UUID, db: Db, actor: Buyer) -> Response:
    return _extension(request, *ordering.own_order(db, actor, order_id), Form.empty())


def _extension(request: Request, order: Order, pool: Pool, form: Form, status: int = 200) -> Response:
    return page(
        request,
        "trade/extension.html",
        status=status,
        order=order,
        pool=pool,
        form=form,
        can=order.state == OrderState.JOINED and pool.state == PoolState.OPEN and pool.extension_days > 0,
    )


@router.post("/orders/{order_id}/extension")
def say_extension(
    request: Request, order_id: UUID, form: FormData, db: Db, now: Now, actor: Buyer
) -> Response:
    order, pool = ordering.own_order(db, actor, order_id)
    said = form.choice("stays", ("yes", "no"), language_of(request).text("Say yes or no."))
    try:
        form.check()
        made = extending.say(db, actor, order_id, stays=said == "yes", now=now)
    except Faulty:
        return _extension(request, order, pool, form, 422)
    except Refusal as refusal:
        form.fault("", refusal.detail)
        return _extension(request, order, pool, form, int(refusal.status))
    return go(f"/orders/{order_id}", "order-left" if made.state == OrderState.LEFT else "saved")


def _address(pool: Pool, order: Order | None) -> str:
    return f"/orders/{order.id}/change" if order else f"/pools/{pool.id}/join"


def _choose(
    request: Request,
    db: Session,
    pool: Pool,
    form: Form,
    now: Now,
    order: Order | None = None,
    status: int = 200,
) -> Response:
    shelves = basket.shelves(offers_in(db, pool, now.date()))
    basket.name_faults(form, shelves)
    return page(
        request,
        "trade/choose.html",
        status=status,
        form=form,
        pool=pool,
        order=order,
        address=_address(pool, order),
        shelves=shelves,
        cases={each.offer_id: each for each in cases_in(db, pool)},
    )


def _check(
    request: Request,
    db: Session,
    pool: Pool,
    form: Form,
    now: Now,
    order: Order | None = None,
    status: int = 200,
    problem: str = "",
) -> Response:
    """The order alone and in the pool, before it is placed; the first page again where it has faults."""
    lang = language_of(request)
    wanted = basket.wanted(form)
    try:
        form.check()
        made = quote(db, pool, wanted, now, replaces=order)
    except Faulty as refusal:
        basket.take(form, refusal, {offer.id: offer for offer, _, _ in offers_in(db, pool, now.date())})
        return _choose(request, db, pool, form, now, order, 422)
    except Refusal as refusal:
        form.fault("", refusal.detail)
        return _choose(request, db, pool, form, now, order, int(refusal.status))
    shown = Form.empty()
    if problem:
        shown.fault("", problem)
    sources = Sources(db, made)
    fields = basket.fields(made, wanted.stays_if_extended)
    return page(
        request,
        "trade/check.html",
        status=status,
        form=shown,
        pool=pool,
        order=order,
        quote=made,
        rows=figures.quote_comparison(made),
        item_names=words.items(lang.text),
        quote_sources=sources.rows(),
        duties=shown_for(made.duties, made.wish.goods, made.price, made.duty),
        vat=sources.vat(),
        exchanged=sources.exchanged(),
        modes=words.modes(lang.text),
        makers={maker.slug: maker.name for maker in made.wish.makers.values()},
        fields=fields,
        address=_address(pool, order),
        back=f"{_address(pool, order)}?{urlencode({k: v for k, v in fields.items() if k != 'at_most'})}",
    )


def _take(
    request: Request,
    db: Session,
    pool: Pool,
    form: Form,
    now: Now,
    use: Callable[..., Order],
    notice: str,
    order: Order | None = None,
) -> Response:
    """Run the use case. A refusal shows the page again, with everything that was typed."""
    wanted = basket.wanted(form)
    most = form.integer("at_most") if form.raw("at_most") else None
    try:
        form.check()
        made = use(wanted, most)
    except Faulty as refusal:
        basket.take(form, refusal, {offer.id: offer for offer, _, _ in offers_in(db, pool, now.date())})
        return _choose(request, db, pool, form, now, order, 422)
    except Refusal as refusal:
        if refusal.code == "price-changed":
            return _check(request, db, pool, form, now, order, int(refusal.status), refusal.detail)
        if refusal.code == "pool-full" or refusal.code in MISSING_RATES:
            form.fault("", refusal.detail)
            return _choose(request, db, pool, form, now, order, int(refusal.status))
        raise
    return go(f"/orders/{made.id}", notice)

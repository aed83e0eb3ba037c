"""Pages of a hub's operator: its pools, opening, closing and cancelling one, and a closed one's steps."""

from typing import Annotated, Final
from uuid import UUID

from fastapi import Depends, Request
from fastapi.responses import Response
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.catalogue.service import CURRENCIES
from app.errors import Faulty, Missing, Refusal
from app.forms import Form
from app.pages import go, language_of, page
from app.permissions import Actor, Needs, Role
from app.routes import page_router
from app.shipping.models import Hub
from app.trade import closing, extending, freezing, service, settling, words
from app.trade.models import Order, Pool, PoolState, StepState
from app.trade.pooling import IN_POOL
from app.trade.quoting import get_pool
from app.trade.typed import moment
from app.transaction import Db, Now

router = page_router()
alone = page_router(serializable=True)

FormData = Annotated[Form, Depends(Form.read)]
Opener = Annotated[Actor, Depends(Needs("pool.open"))]
Closer = Annotated[Actor, Depends(Needs("pool.close"))]
Watcher = Annotated[Actor, Depends(Needs("pool.steps"))]
MOST_ROWS: Final = 200
CANCELLABLE: Final = (PoolState.OPEN, PoolState.CLOSING, PoolState.PLANNED)


@router.get("/hub")
def hub(request: Request, db: Db, actor: Opener) -> Response:
    hubs = db.scalars(select(Hub).filter_by(organisation_id=actor.organisation_id).order_by(Hub.name)).all()
    rows = db.execute(
        select(Pool, func.count(Order.id), func.coalesce(func.sum(Order.goods), 0))
        .join(Order, (Order.pool_id == Pool.id) & Order.state.in_(IN_POOL), isouter=True)
        .where(Pool.hub_id.in_([each.id for each in hubs]))
        .group_by(Pool.id)
        .order_by(Pool.closes_at.desc(), Pool.id)
        .limit(MOST_ROWS),
    ).all()
    return page(
        request,
        "trade/hub.html",
        hubs=hubs,
        rows=rows,
        states=words.pool_states(language_of(request).text),
    )


@router.get("/hub/pools/new")
def new_pool(request: Request, db: Db, actor: Opener) -> Response:
    return _new_pool(
        request,
        db,
        actor,
        Form.empty(currency="USD", wait_cost_ppm_per_day=300, shares_cases="yes", extension_days=7),
    )


def _new_pool(request: Request, db: Db, actor: Actor, form: Form, status: int = 200) -> Response:
    hubs = db.scalars(select(Hub).order_by(Hub.name)).all()
    return page(
        request,
        "trade/new_pool.html",
        status=status,
        form=form,
        hubs=[(str(each.id), f"{each.name} ({each.code})") for each in hubs],
        own_hubs=[
            (str(each.id), f"{each.name} ({each.code})")
            for each in hubs
            if each.organisation_id == actor.organisation_id
        ],
        currencies=[(code, code) for code in CURRENCIES],
    )


@router.post("/hub/pools/new")
def open_pool(request: Request, form: FormData, db: Db, now: Now, actor: Opener) -> Response:
    _ = language_of(request).text
    title = form.text(
        "title", _("Enter what the pool is for, like “Lacquerware and baskets, to Rotterdam”."), most=120
    )
    hubs = {str(each) for each in db.scalars(select(Hub.id))}
    origin = form.choice("origin_id", hubs, _("Choose the hub where the goods are collected."))
    to = form.choice("hub_id", hubs, _("Choose the hub that the goods come to."))
    currency = form.choice("currency", CURRENCIES, _("Choose a currency."))
    closes_at = moment(form, "closes_at", _("Enter the day and time at which the pool closes."))
    arrival = form.day("latest_arrival_on", _("Enter the day on which the goods must have arrived."))
    waiting = form.integer("wait_cost_ppm_per_day", _("Enter a number; 0 if waiting costs nothing."))
    capacity_g = form.measure("capacity_g", "", to_base=1000, unit="kg")
    capacity_cm3 = form.measure("capacity_cm3", "", to_base=1_000_000, unit="m³")
    extension_days = form.integer("extension_days", most=extending.MOST_DAYS)
    try:
        form.check()
        assert closes_at is not None
        assert arrival is not None
        made = service.open_pool(
            db,
            actor,
            service.PoolSaid(
                title=title,
                origin_id=UUID(origin),
                hub_id=UUID(to),
                currency=currency,
                closes_at=closes_at,
                latest_arrival_on=arrival,
                wait_cost_ppm_per_day=waiting,
                capacity_g=capacity_g or None,
                capacity_cm3=capacity_cm3 or None,
                shares_cases=form.raw("shares_cases") == "yes",
                needs_minimum=form.raw("needs_minimum") == "yes",
                extension_days=extension_days,
            ),
            now=now,
        )
    except Faulty as refusal:
        form.take(refusal)
        return _new_pool(request, db, actor, form, 422)
    return go(f"/pools/{made.id}", "pool-opened")


@router.get("/pools/{pool_id}/close")
def ask_close(request: Request, pool_id: UUID, db: Db, actor: Closer) -> Response:
    pool = service.own_pool(db, actor, pool_id)
    count = db.scalar(select(func.count()).where(Order.pool_id == pool.id, Order.state.in_(IN_POOL)))
    return page(request, "trade/close.html", pool=pool, count=count, open=pool.state == PoolState.OPEN)


@alone.post("/pools/{pool_id}/close")
def close(pool_id: UUID, db: Db, now: Now, actor: Closer) -> Response:
    service.close(db, actor, pool_id, now=now)
    return go(f"/pools/{pool_id}/steps", "pool-closing")


@router.get("/pools/{pool_id}/cancel")
def ask_cancel(request: Request, pool_id: UUID, db: Db, actor: Closer) -> Response:
    return _cancel(request, service.own_pool(db, actor, pool_id), Form.empty())


def _cancel(request: Request, pool: Pool, form: Form, status: int = 200) -> Response:
    return page(
        request, "trade/cancel.html", status=status, pool=pool, form=form, can=pool.state in CANCELLABLE
    )


@router.post("/pools/{pool_id}/cancel")
def cancel(request: Request, pool_id: UUID, form: FormData, db: Db, now: Now, actor: Closer) -> Response:
    _ = language_of(request).text
    because = form.text("because", _("Enter the reason. Buyers and makers will read it."), most=500)
    try:
        form.check()
        service.cancel(db, actor, pool_id, because, now=now)
    except Faulty as refusal:
        form.take(refusal)
        return _cancel(request, service.own_pool(db, actor, pool_id), form, 422)
    return go(f"/pools/{pool_id}", "pool-cancelled")


@router.post("/pools/{pool_id}/delivered")
def delivered(pool_id: UUID, db: Db, now: Now, actor: Closer) -> Response:
    service.delivered_directly(db, actor, pool_id, now=now)
    return go(f"/pools/{pool_id}/steps", "saved")


@router.get("/pools/{pool_id}/steps")
def steps(request: Request, pool_id: UUID, db: Db, actor: Watcher) -> Response:
    pool = get_pool(db, pool_id)
    own = db.get_one(Hub, pool.hub_id).organisation_id == actor.organisation_id
    if not own and Role.OPERATOR not in actor.roles:
        raise Missing
    return _steps(request, db, pool, Form.empty(), own=own)


def _steps(
    request: Request, db: Session, pool: Pool, form: Form, *, own: bool, status: int = 200
) -> Response:
    rows = closing.every_step_of(db, pool.id)
    lang = language_of(request)
    return page(
        request,
        "trade/steps.html",
        status=status,
        form=form,
        pool=pool,
        own=own,
        steps=rows,
        failed=next((step for step in rows if step.state == StepState.FAILED), None),
        names=words.steps(lang.text),
        step_states=words.step_states(lang.text),
        states=words.pool_states(lang.text),
        can_cancel=own and pool.state in CANCELLABLE,
        direct=own and pool.state == PoolState.CONFIRMED and not settling.has_shipments(db, pool.id),
    )


@router.post("/pools/{pool_id}/steps/override")
def override(request: Request, pool_id: UUID, form: FormData, db: Db, now: Now, actor: Closer) -> Response:
    _ = language_of(request).text
    because = form.text("because", _("Enter the reason. It is kept with the step."), most=500)
    try:
        form.check()
        freezing.override(db, actor, pool_id, because, now=now)
    except Faulty as refusal:
        form.take(refusal)
        return _steps(request, db, service.own_pool(db, actor, pool_id), form, own=True, status=422)
    return go(f"/pools/{pool_id}/steps", "pool-closing")


@router.post("/pools/{pool_id}/steps/retry")
def retry(pool_id: UUID, db: Db, now: Now, actor: Closer) -> Response:
    try:
        service.retry_step(db, actor, pool_id, now=now)
    except Refusal as refusal:
        if refusal.code != "nothing-failed":
            raise
        return go(f"/pools/{pool_id}/steps")
    return go(f"/pools/{pool_id}/steps", "pool-closing")


router.include_router(alone)

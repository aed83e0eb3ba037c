"""Pages of pools: the list, a pool, its documents and steps. Orders and the hub have files of their own."""

from typing import Annotated, Any, Final
from uuid import UUID

from fastapi import Depends, Request
from fastapi.responses import Response
from sqlalchemy import func, select
from sqlalchemy.orm import Session, aliased

from app.forms import Form
from app.pages import language_of, page
from app.permissions import Actor, Anybody
from app.routes import page_router
from app.shipping.models import Hub
from app.tlog import service as tlog
from app.trade import figures, words
from app.trade.asking_pages import router as asking_router
from app.trade.cases import cases_in
from app.trade.clearing_pages import router as clearing_router
from app.trade.hub_pages import router as hub_router
from app.trade.join_pages import router as join_router
from app.trade.models import Order, Pool, PoolPlan, PoolState
from app.trade.order_pages import router as order_router
from app.trade.pooling import IN_POOL
from app.trade.quoting import get_pool
from app.transaction import Db, Now

router = page_router()
for part in (join_router, order_router, hub_router, asking_router, clearing_router):
    router.include_router(part)

Visitor = Annotated[Actor | None, Depends(Anybody())]
ROWS: Final = 30
GROUPS: Final = {
    "open": (PoolState.OPEN,),
    "under-way": (
        PoolState.CLOSING,
        PoolState.PLANNED,
        PoolState.CONFIRMED,
        PoolState.IN_TRANSIT,
        PoolState.ARRIVED,
    ),
    "ended": (PoolState.SETTLED, PoolState.CANCELLED),
}


@router.get("/pools")
def pools(
    request: Request,
    db: Db,
    _actor: Visitor,
    to: str = "",
    of: str = "",
    state: str = "open",
    number: int = 1,
) -> Response:
    """`to`, `of`: codes of hubs; `state`: a key of `GROUPS`; `number`: of the page."""
    origin, destination = aliased(Hub), aliased(Hub)
    chosen = state if state in GROUPS else "open"
    number = min(max(number, 1), 1000)
    wanted = (
        select(Pool, origin, destination, func.count(Order.id), func.coalesce(func.sum(Order.goods), 0))
        .join(origin, origin.id == Pool.origin_id)
        .join(destination, destination.id == Pool.hub_id)
        .join(Order, (Order.pool_id == Pool.id) & Order.state.in_(IN_POOL), isouter=True)
        .where(Pool.state.in_(GROUPS[chosen]))
        .group_by(Pool.id, origin.id, destination.id)
        .order_by(Pool.closes_at if chosen == "open" else Pool.closes_at.desc(), Pool.id)
        .offset((number - 1) * ROWS)
        .limit(ROWS + 1)
    )
    if to:
        wanted = wanted.where(destination.code == to)
    if of:
        wanted = wanted.where(origin.code == of)
    rows = db.execute(wanted).all()
    lang = language_of(request)
    hubs = db.scalars(select(Hub).order_by(Hub.name)).all()
    return page(
        request,
        "trade/pools.html",
        form=Form.empty(to=to, of=of, state=chosen),
        rows=rows[:ROWS],
        hubs=[(hub.code, hub.name) for hub in hubs],
        states=words.pool_states(lang.text),
        number=number,
        more=len(rows) > ROWS,
        query=f"to={to}&of={of}&state={chosen}",
    )


@router.get("/pools/{pool_id}")
def pool_page(request: Request, pool_id: UUID, db: Db, now: Now, actor: Visitor) -> Response:
    pool = get_pool(db, pool_id)
    shown = figures.figures_of(db, pool, actor.organisation_id if actor else None, now)
    lang = language_of(request)
    return page(
        request,
        "trade/pool.html",
        pool=pool,
        figures=shown,
        cases=cases_in(db, pool) if pool.state == PoolState.OPEN else [],
        open=pool.state == PoolState.OPEN and now < pool.closes_at,
        days_left=figures.left_of(pool.closes_at, now).days,
        hours_left=int(figures.left_of(pool.closes_at, now).total_seconds() // 3600),
        states=words.pool_states(lang.text),
        item_names=words.items(lang.text),
        comparison=_own_comparison(shown),
        stops=_stops(request, pool, shown),
        hub_of_actor=bool(actor and shown.lane.destination.organisation_id == actor.organisation_id),
    )


def _own_comparison(shown: figures.PoolFigures) -> list[figures.Comparison]:
    if shown.own_charge:
        return figures.charge_comparison(shown.own_charge)
    if shown.own_quote:
        return figures.quote_comparison(shown.own_quote)
    return []


def _stops(request: Request, pool: Pool, shown: figures.PoolFigures) -> list[dict[str, Any]]:
    """The road of a pool as a chart: what is done, what is next, what is to come."""
    lang = language_of(request)
    _ = lang.text
    reached = {
        PoolState.OPEN: 1,
        PoolState.CLOSING: 1,
        PoolState.PLANNED: 2,
        PoolState.CONFIRMED: 2,
        PoolState.IN_TRANSIT: 3,
        PoolState.ARRIVED: 4,
        PoolState.SETTLED: 4,
        PoolState.CANCELLED: 1,
    }[PoolState(pool.state)]
    days = [
        (_("Opened"), pool.opened_at),
        (_("Closes") if pool.closed_at is None else _("Closed"), pool.closed_at or pool.closes_at),
        (_("Leaves %s") % shown.lane.origin.name, shown.departs_on),
        (_("Reaches %s") % shown.lane.destination.name, shown.arrives_on),
    ]
    about = _("about %s") if pool.state == PoolState.OPEN else "%s"
    return [
        {
            "label": label,
            "state": "done" if at < reached else "now" if at == reached else "ahead",
            "planned": (lang.short_day(day) if at < 2 else about % lang.short_day(day)) if day else None,
            "expected": None,
            "actual": lang.short_day(day) if at < reached and at < 2 and day else None,
        }
        for at, (label, day) in enumerate(days)
    ]


@router.get("/pools/{pool_id}/documents")
def documents(request: Request, pool_id: UUID, db: Db, _actor: Visitor) -> Response:
    pool = get_pool(db, pool_id)
    return page(
        request,
        "trade/documents.html",
        pool=pool,
        stored=db.get(PoolPlan, pool.id),
        shares=_shares(db, pool),
        log_entries=tlog.entries_about(db, pool),
    )


def _shares(db: Session, pool: Pool) -> list[dict[str, Any]]:
    stored = db.get(PoolPlan, pool.id)
    if stored is None or stored.sharing is None:
        return []
    rows: list[dict[str, Any]] = stored.sharing["shares"]
    return sorted(rows, key=lambda row: -row["amount"])

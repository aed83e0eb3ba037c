"""Pages of planning: all pools from a hub, what each choice costs, and what was booked together."""

from collections.abc import Mapping
from datetime import date
from typing import Annotated, Any
from uuid import UUID

from fastapi import Depends, Request
from fastapi.responses import JSONResponse, Response
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.catalogue.service import Stale
from app.catalogue.typed import plain_amount
from app.errors import Faulty, Missing, Refusal
from app.forms import Form
from app.language import Language
from app.pages import go, language_of, page
from app.permissions import Actor, Anybody, Needs
from app.planning import choosing, desk
from app.planning.api import found_consolidation
from app.planning.choosing import Planned
from app.planning.desk import DeskSaid
from app.planning.missing import lacks_of
from app.planning.models import OrderRebate, PlanningDesk, PoolBooking
from app.routes import page_router
from app.shipping.hubs_kept import hubs_of, own_hub
from app.shipping.models import Hub, Service
from app.trade.models import Order, Pool
from app.transaction import Db, Now

router = page_router()

FormData = Annotated[Form, Depends(Form.read)]
Planner = Annotated[Actor, Depends(Needs("planning.run"))]
DOCUMENTS = ("problem", "quotes", "plan", "sharing")


@router.get("/planning")
def hubs(request: Request, db: Db, actor: Planner) -> Response:
    rows = [(hub, db.get(PlanningDesk, hub.id)) for hub in hubs_of(db, actor.organisation_id)]
    if len(rows) == 1:
        return go(f"/planning/{rows[0][0].id}")
    return page(request, "planning/hubs.html", rows=rows)


@router.get("/planning/{hub_id}")
def hub(request: Request, hub_id: UUID, db: Db, actor: Planner) -> Response:
    return _hub(request, db, actor, hub_id, Form.empty())


def _hub(
    request: Request, db: Session, actor: Actor, hub_id: UUID, form: Form, *, status: int = 200
) -> Response:
    found = own_hub(db, actor, hub_id)
    kept = db.get(PlanningDesk, hub_id)
    lang = language_of(request)
    if not form.values:
        form = Form.empty(
            weekday=kept.weekday if kept else 0,
            stability=plain_amount(kept.stability, "USD") if kept else "5.00",
            version=kept.version if kept else "",
        )
    groups = choosing.planned_at(db, hub_id) if kept else []
    return page(
        request,
        "planning/hub.html",
        status=status,
        form=form,
        hub=found,
        desk=kept,
        weekdays=[(str(number), lang.locale.days["format"]["wide"][number]) for number in range(7)],
        groups=[_group(each) for each in groups],
        waiting=sum(len(each.waiting) for each in groups),
        booked=_booked(db, hub_id),
    )


def _group(planned: Planned) -> dict[str, Any]:
    """One table: the pools in the order in which they close, with what was found of them."""
    found: Mapping[str, Any] = (planned.run.found if planned.run else None) or {}
    return {
        "currency": planned.group.currency,
        "run": planned.run,
        "busy": planned.busy,
        "before": found.get("before"),
        "total": found.get("total"),
        "ready": found.get("ready"),
        "rows": [
            {
                "pool": pool,
                "waiting": planned.waiting.get(pool.id),
                "choice": planned.choices.get(pool.id),
                "found": _read(found.get("pools", {}).get(str(pool.id))),
            }
            for pool in planned.pools
        ],
    }


def _read(row: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """Days as days."""
    if row is None:
        return None
    days = {
        name: date.fromisoformat(row[name]) if row.get(name) else None
        for name in ("departs", "departs_before")
    }
    return {"share": None, "with": [], "options": []} | dict(row) | days


def _booked(db: Session, hub_id: UUID) -> list[Any]:
    """The newest bookings from here."""
    return list(
        db.execute(
            select(PoolBooking, Pool)
            .join(Pool, Pool.id == PoolBooking.pool_id)
            .where(Pool.origin_id == hub_id, PoolBooking.booked_at.is_not(None))
            .order_by(PoolBooking.booked_at.desc(), Pool.number)
            .limit(10)
        )
    )


@router.post("/planning/{hub_id}/desk")
def keep(request: Request, hub_id: UUID, form: FormData, db: Db, now: Now, actor: Planner) -> Response:
    _ = language_of(request).text
    weekday = form.choice("weekday", {str(each) for each in range(7)}, _("Choose a day of the week."))
    stability = form.money("stability", "USD", _("Enter an amount; 0 if days may change freely."))
    typed = form.raw("version")
    version = int(typed) if typed.isdecimal() and len(typed) < 10 else None
    if form.errors:
        return _hub(request, db, actor, hub_id, form, status=422)
    try:
        desk.keep(db, actor, hub_id, DeskSaid(int(weekday), stability), version=version, now=now)
    except Faulty as refusal:
        form.take(refusal)
        return _hub(request, db, actor, hub_id, form, status=422)
    except Stale as refusal:
        form.fault("", refusal.detail)
        return _hub(request, db, actor, hub_id, form, status=409)
    return go(f"/planning/{hub_id}", "planning-asked")


@router.post("/planning/{hub_id}/give-up")
def give_up(hub_id: UUID, db: Db, now: Now, actor: Planner) -> Response:
    desk.give_up(db, actor, hub_id, now=now)
    return go(f"/planning/{hub_id}", "saved")


@router.post("/planning/{hub_id}/plan")
def plan_now(hub_id: UUID, db: Db, now: Now, actor: Planner) -> Response:
    choosing.plan_now(db, actor, hub_id, book=False, now=now)
    return go(f"/planning/{hub_id}", "planning-asked")


@router.post("/planning/{hub_id}/book")
def book(request: Request, hub_id: UUID, form: FormData, db: Db, now: Now, actor: Planner) -> Response:
    try:
        choosing.plan_now(db, actor, hub_id, book=True, now=now)
    except Missing:
        raise
    except Refusal as refusal:
        form.fault("", refusal.detail)
        return _hub(request, db, actor, hub_id, form, status=int(refusal.status))
    return go(f"/planning/{hub_id}", "booking-asked")


@router.get("/planning/{hub_id}/pools/{pool_id}")
def pool(request: Request, hub_id: UUID, pool_id: UUID, *, db: Db, actor: Planner) -> Response:
    return _pool(request, db, actor, hub_id, pool_id, Form.empty())


def _pool(
    request: Request,
    db: Session,
    actor: Actor,
    hub_id: UUID,
    pool_id: UUID,
    form: Form,
    *,
    status: int = 200,
) -> Response:
    found, waiting = choosing.waiting_pool(db, actor, hub_id, pool_id)
    lang = language_of(request)
    group = next(
        each for each in choosing.planned_at(db, hub_id) if any(row.id == pool_id for row in each.pools)
    )
    row = _read(((group.run.found if group.run else None) or {}).get("pools", {}).get(str(pool_id)))
    options = [_option(db, each, found.currency, lang) for each in (row or {}).get("options", [])]
    return page(
        request,
        "planning/pool.html",
        status=status,
        form=form,
        hub=own_hub(db, actor, hub_id),
        pool=found,
        waiting=waiting,
        found=row,
        busy=group.busy,
        options=options,
        open_options=[(each["value"], each["label"], each["hint"]) for each in options if each["within"]],
        choice=group.choices.get(pool_id),
        lacks=lacks_of(db, found),
    )


def _option(db: Session, option: Mapping[str, Any], currency: str, lang: Language) -> dict[str, Any]:
    """A departure in words: "Tuesday 3 March: 114.20 less, 6 days later"."""
    _ = lang.text
    day = date.fromisoformat(option["departs_on"])
    money = lang.money(abs(option["difference"]), currency)
    cost = (
        _("costs the same")
        if not option["difference"]
        else _("{amount} more").format(amount=money)
        if option["difference"] > 0
        else _("{amount} less").format(amount=money)
    )
    days = abs(option["days"])
    when = (
        lang.texts_by_number("{days} day later", "{days} days later", days)
        if option["days"] > 0
        else lang.texts_by_number("{days} day sooner", "{days} days sooner", days)
    ).format(days=days)
    if not option["days"]:
        when = _("on the same day")
    carrier = db.scalars(select(Service.carrier).filter_by(code=option["service"])).one_or_none() or ""
    arrives = lang.day(date.fromisoformat(option["arrives_on"]))
    return {
        "value": f"{option['service']} {option['departs_on']}",
        "label": f"{lang.weekday(day)}: {cost}, {when}",
        "hint": _("{carrier}, {service}; arrives {day}").format(
            carrier=carrier, service=option["service"], day=arrives
        ),
        "within": option["within"],
    }


@router.post("/planning/{hub_id}/pools/{pool_id}")
def choose(
    request: Request, hub_id: UUID, pool_id: UUID, *, form: FormData, db: Db, now: Now, actor: Planner
) -> Response:
    choosing.waiting_pool(db, actor, hub_id, pool_id)
    _ = language_of(request).text
    reason = form.text("reason", _("Say why, in a few words: it is kept with the pool."), most=500)
    service, _space, day = form.raw("option").partition(" ")
    departs_on = _day(day)
    if departs_on is None:
        form.fault("option", _("Choose one of the departures."))
    if form.errors or departs_on is None:
        return _pool(request, db, actor, hub_id, pool_id, form, status=422)
    try:
        choosing.choose(
            db, actor, hub_id, pool_id, service=service, departs_on=departs_on, reason=reason, now=now
        )
    except Missing:
        raise
    except Faulty as refusal:
        form.take(refusal)
        return _pool(request, db, actor, hub_id, pool_id, form, status=422)
    except Refusal as refusal:
        form.fault("option", refusal.detail)
        return _pool(request, db, actor, hub_id, pool_id, form, status=int(refusal.status))
    return go(f"/planning/{hub_id}", "planning-asked")


def _day(typed: str) -> date | None:
    try:
        return date.fromisoformat(typed)
    except ValueError:
        return None


@router.post("/planning/{hub_id}/pools/{pool_id}/leave-to-plan")
def leave_to_plan(hub_id: UUID, pool_id: UUID, db: Db, now: Now, actor: Planner) -> Response:
    choosing.leave_to_plan(db, actor, hub_id, pool_id, now=now)
    return go(f"/planning/{hub_id}", "planning-asked")


@router.get("/consolidations/{consolidation_id}", dependencies=[Depends(Anybody())])
def consolidation(request: Request, consolidation_id: UUID, db: Db) -> Response:
    made = found_consolidation(db, consolidation_id)
    pools = db.execute(
        select(Pool, PoolBooking)
        .join(PoolBooking, PoolBooking.pool_id == Pool.id)
        .where(PoolBooking.consolidation_id == made.id)
        .order_by(Pool.number)
    ).all()
    orders = db.execute(
        select(Order.number, OrderRebate)
        .join(OrderRebate, OrderRebate.order_id == Order.id)
        .where(OrderRebate.consolidation_id == made.id)
        .order_by(Order.number)
    ).all()
    return page(
        request,
        "planning/consolidation.html",
        made=made,
        origin=db.get_one(Hub, made.origin_id),
        pools=pools,
        orders=orders,
    )


@router.get("/consolidations/{consolidation_id}/{part}.json", dependencies=[Depends(Anybody())])
def document(consolidation_id: UUID, part: str, db: Db) -> Response:
    """The documents of contracts/."""
    if part not in DOCUMENTS:
        raise Missing
    return JSONResponse(getattr(found_consolidation(db, consolidation_id), part))

"""Desks: which origin hubs plan their pools together, and which paid pools wait there to be booked."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app import history, jobs
from app.catalogue.service import Stale
from app.db import uuid7
from app.errors import Faulty, Missing
from app.organisations.service import tell
from app.permissions import Actor
from app.planning.gathering import Group, groups_of, joinable
from app.planning.jobs import plan_origin
from app.planning.models import PlanningDesk, PlanningRun, PoolBooking, RunState
from app.shipping.hubs_kept import own_hub
from app.shipping.models import Hub
from app.shipping.road import DAYS_BEFORE_DEPARTURE
from app.trade.closing import stored_plan
from app.trade.models import Pool, PoolPlan, PoolState
from logistics import Problem, price

MOST_STABILITY: Final = 10**9
PREPARING: Final = timedelta(days=2)
"""Between booking and the day on which the goods are handed to the carrier."""


@dataclass(frozen=True, slots=True)
class DeskSaid:
    """`weekday`: Monday is 0. `stability` in minor units."""

    weekday: int
    stability: int


def keep(
    session: Session, actor: Actor, hub_id: UUID, said: DeskSaid, *, version: int | None, now: datetime
) -> PlanningDesk:
    """Plan the pools of a hub of one's own together from now on, or change how. `version` None: it is new.

    Missing: not the actor's hub. Stale: somebody changed it meanwhile. Faulty: names each field.
    """
    own_hub(session, actor, hub_id, lock=True)
    faults: dict[str, str] = {}
    if not 0 <= said.weekday <= 6:
        faults["weekday"] = "Choose a day of the week."
    if not 0 <= said.stability <= MOST_STABILITY:
        faults["stability"] = "Enter an amount from 0 to 10,000,000."
    if faults:
        raise Faulty(fields=faults)
    desk = session.get(PlanningDesk, hub_id)
    if (desk.version if desk else None) != version:
        raise Stale(facts={"version": desk.version if desk else None})
    if desk is None:
        desk = PlanningDesk(
            hub_id=hub_id, since=now, kept_by=actor.person_id, weekday=0, stability=0, version=0
        )
        session.add(desk)
    desk.weekday, desk.stability = said.weekday, said.stability
    desk.version += 1
    session.flush()
    history.record(
        session,
        session.get_one(Hub, hub_id),
        "plans its pools together",
        now=now,
        **actor.who,
        weekday=said.weekday,
        stability=said.stability,
    )
    for group in groups_of(session, hub_id):
        ask(session, group, because="The hub began to plan its pools together.", now=now)
    return desk


def give_up(session: Session, actor: Actor, hub_id: UUID, *, now: datetime) -> None:
    """Pools of this hub are booked each by itself again; those that wait are booked now. Missing: no desk."""
    hub = own_hub(session, actor, hub_id, lock=True)
    desk = session.get(PlanningDesk, hub_id)
    if desk is None:
        raise Missing
    for group in groups_of(session, hub_id):
        ask(session, group, because="The hub gave its planning up.", book=True, now=now)
    session.delete(desk)
    session.flush()
    history.record(session, hub, "plans its pools no longer together", now=now, **actor.who)


def takes(session: Session, pool: Pool, *, now: datetime) -> bool:
    """Whether a paid pool, whose row is held, waits at a desk instead of being booked at once. It does not
    where its own sailing would be lost, or its cost cannot be split with others'.
    """
    if session.get(PlanningDesk, pool.origin_id) is None:
        return False
    found = session.get(PoolBooking, pool.id)
    if found is not None:
        return found.booked_at is None
    until = last_day(session, pool)
    if until is None or until <= now.date() or not joinable(session, pool):
        return False
    session.add(PoolBooking(pool_id=pool.id, waits_since=now, book_by=until))
    session.flush()
    history.record(session, pool, "paid, waits to be booked", now=now, book_by=until)
    group = Group(pool.origin_id, pool.currency, pool.wait_cost_ppm_per_day)
    ask(session, group, because=f"Pool {pool.number} is paid.", now=now)
    hub = session.get_one(Hub, pool.origin_id)
    body = (
        f"Everybody in pool {pool.number}, {pool.title}, has paid. It can be booked, alone or with others: "
        f'"Planning" shows what each choice costs. If nobody does, it is booked on {until.isoformat()}.\n'
    )
    tell(session, hub.organisation_id, f"Pool {pool.number} waits to be booked", body, now=now)
    return True


def last_day(session: Session, pool: Pool) -> date | None:
    """The last day on which a pool can be booked by its own plan: in time for each of its sailings, and
    before goods that go directly are sent. None: it has no goods.
    """
    stored = session.get_one(PoolPlan, pool.id)
    problem = Problem.from_dict(stored.problem)
    modes = {service.id: service.mode for service in problem.services}
    ready = {line.id: line.ready for line in problem.lines}
    priced = price(problem, stored_plan(stored).assignments)
    days = [
        shipment.day - DAYS_BEFORE_DEPARTURE[modes[shipment.service]][0] - PREPARING.days
        for shipment in priced.shipments
    ]
    days += [ready[line] - 1 for line in priced.direct]
    return problem.start + timedelta(days=min(days)) if days else None


def ask(
    session: Session,
    group: Group,
    *,
    because: str,
    now: datetime,
    book: bool = False,
    person: UUID | None = None,
) -> PlanningRun:
    """Ask for a planning of a group, which a job makes. One that nobody has begun is made once for all who
    asked.
    """
    waiting = session.scalars(
        select(PlanningRun)
        .filter_by(
            origin_id=group.origin_id,
            currency=group.currency,
            wait_cost_ppm_per_day=group.wait_cost_ppm_per_day,
            state=RunState.WAITING,
        )
        .order_by(PlanningRun.asked_at)
        .limit(1)
        .with_for_update(skip_locked=True)
    ).one_or_none()
    if waiting is not None and (waiting.book or not book):
        return waiting
    run = PlanningRun(
        id=uuid7(now),
        origin_id=group.origin_id,
        currency=group.currency,
        wait_cost_ppm_per_day=group.wait_cost_ppm_per_day,
        because=because,
        book=book,
        asked_by=person,
        asked_at=now,
    )
    session.add(run)
    session.flush()
    jobs.enqueue(session, plan_origin.name, lock=group.lock, run_id=str(run.id))
    return run


def ask_weekly(session: Session, *, now: datetime) -> int:
    """Ask for a planning of all that desks of this weekday keep; how many."""
    asked = 0
    for hub_id in session.scalars(select(PlanningDesk.hub_id).where(PlanningDesk.weekday == now.weekday())):
        for group in groups_of(session, hub_id):
            ask(session, group, because="It is the day of the week on which all is planned anew.", now=now)
            asked += 1
    return asked


def ask_due(session: Session, *, now: datetime) -> int:
    """Ask to book the pools that can wait no longer, with those that wait beside them; how many groups. Also
    for runs that nobody has taken: their worker was killed.
    """
    groups: Mapping[Group, None] = dict.fromkeys(
        Group(origin, currency, ppm)
        for origin, currency, ppm in session.execute(
            select(Pool.origin_id, Pool.currency, Pool.wait_cost_ppm_per_day)
            .join(PoolBooking, PoolBooking.pool_id == Pool.id)
            .where(
                PoolBooking.booked_at.is_(None),
                PoolBooking.book_by <= now.date(),
                Pool.state == PoolState.PLANNED,
            )
        )
    )
    for group in groups:
        ask(session, group, because="A pool can wait no longer.", book=True, now=now)
    return len(groups)

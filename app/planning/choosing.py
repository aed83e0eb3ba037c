"""Hold or dispatch: a person's word on when the goods of a paid pool sail, and booking."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app import history
from app.errors import Faulty, Missing, Refusal
from app.permissions import Actor
from app.planning import desk
from app.planning.gathering import Group, groups_of, pools_of, waiting_in
from app.planning.models import PlanningDesk, PlanningRun, PoolBooking, PoolChoice, RunState
from app.shipping.hubs_kept import own_hub
from app.trade.models import Pool, PoolState
from app.trade.quoting import get_pool

LONGEST_REASON: Final = 500


@dataclass(frozen=True, slots=True)
class Planned:
    """A group of pools with its newest plan, if one was made, and what is being made now."""

    group: Group
    run: PlanningRun | None
    busy: PlanningRun | None
    waiting: dict[UUID, PoolBooking]
    pools: list[Pool]
    choices: dict[UUID, PoolChoice]


def planned_at(session: Session, hub_id: UUID) -> list[Planned]:
    """Everything that is not booked yet from a hub."""
    return [_planned(session, group) for group in groups_of(session, hub_id)]


def _planned(session: Session, group: Group) -> Planned:
    runs = (
        select(PlanningRun)
        .filter_by(
            origin_id=group.origin_id,
            currency=group.currency,
            wait_cost_ppm_per_day=group.wait_cost_ppm_per_day,
        )
        .order_by(PlanningRun.asked_at.desc(), PlanningRun.id.desc())
        .limit(1)
    )
    pools = pools_of(session, group)
    waiting = waiting_in(session, [pool.id for pool in pools])
    return Planned(
        group,
        session.scalars(runs.where(PlanningRun.state.in_((RunState.DONE, RunState.FAILED)))).one_or_none(),
        session.scalars(
            runs.where(PlanningRun.state.in_((RunState.WAITING, RunState.RUNNING)))
        ).one_or_none(),
        waiting,
        pools,
        {
            each.pool_id: each
            for each in session.scalars(select(PoolChoice).where(PoolChoice.pool_id.in_(waiting)))
        },
    )


def own_desk(session: Session, actor: Actor, hub_id: UUID) -> PlanningDesk:
    """Missing: not the actor's hub, or it does not plan its pools together."""
    own_hub(session, actor, hub_id)
    found = session.get(PlanningDesk, hub_id)
    if found is None:
        raise Missing
    return found


def plan_now(session: Session, actor: Actor, hub_id: UUID, *, book: bool, now: datetime) -> int:
    """Plan everything from a hub anew; `book`: and book what is paid. How many groups were asked for."""
    own_desk(session, actor, hub_id)
    asked = 0
    for group in groups_of(session, hub_id):
        if book and not waiting_in(session, [pool.id for pool in pools_of(session, group)]):
            continue
        because = "The hub asked to book what is paid." if book else "The hub asked for it."
        desk.ask(
            session, group, because=because, book=book, person=actor.person_id if book else None, now=now
        )
        asked += 1
    if book and not asked:
        raise Refusal("No paid pool waits to be booked.", code="nothing-to-book")
    return asked


def waiting_pool(session: Session, actor: Actor, hub_id: UUID, pool_id: UUID) -> tuple[Pool, PoolBooking]:
    """Missing: it is not from this hub, or does not wait to be booked."""
    own_desk(session, actor, hub_id)
    pool = get_pool(session, pool_id, lock=True)
    booking = session.get(PoolBooking, pool_id)
    if pool.origin_id != hub_id or booking is None or booking.booked_at or pool.state != PoolState.PLANNED:
        raise Missing
    return pool, booking


def choose(
    session: Session,
    actor: Actor,
    hub_id: UUID,
    pool_id: UUID,
    *,
    service: str,
    departs_on: date,
    reason: str,
    now: datetime,
) -> PoolChoice:
    """Let the goods of a paid pool sail on another departure than planned, with the figures that were shown.

    Faulty: no reason, or a departure that was not offered. Refusal: it costs more than the buyers of the paid
    pools were charged, so that nobody would pay for it.
    """
    pool, _booking = waiting_pool(session, actor, hub_id, pool_id)
    if not reason.strip():
        raise Faulty(fields={"reason": "Say why, in a few words: it is kept with the pool."})
    if len(reason) > LONGEST_REASON:
        raise Faulty(fields={"reason": f"Use at most {LONGEST_REASON} characters."})
    run = _planned(session, Group(hub_id, pool.currency, pool.wait_cost_ppm_per_day)).run
    row = (run.found or {}).get("pools", {}).get(str(pool_id), {}) if run else {}
    option = next(
        (
            each
            for each in row.get("options", ())
            if (each["service"], each["departs_on"]) == (service, departs_on.isoformat())
        ),
        None,
    )
    if run is None or option is None:
        raise Faulty(
            fields={"option": "Choose one of the departures in the list. It was planned anew since."}
        )
    if not option["within"]:
        raise Refusal(
            "This costs more than the buyers of the paid pools were charged, and nobody is asked for more.",
            code="not-paid-for",
            title="Nobody pays for it",
        )
    choice = session.get(PoolChoice, pool_id) or PoolChoice(pool_id=pool_id)
    choice.run_id, choice.service, choice.departs_on = run.id, service, departs_on
    choice.difference, choice.days = option["difference"], option["days"]
    choice.reason, choice.chosen_at, choice.chosen_by = reason.strip(), now, actor.person_id
    session.add(choice)
    session.flush()
    history.record(
        session,
        pool,
        "held" if option["days"] > 0 else "dispatched sooner",
        now=now,
        **actor.who,
        departs_on=departs_on,
        difference=option["difference"],
        reason=choice.reason,
    )
    group = Group(hub_id, pool.currency, pool.wait_cost_ppm_per_day)
    desk.ask(session, group, because=f"Another sailing was chosen for pool {pool.number}.", now=now)
    return choice


def leave_to_plan(session: Session, actor: Actor, hub_id: UUID, pool_id: UUID, *, now: datetime) -> None:
    """Take one's word back. Missing: none was given."""
    pool, _booking = waiting_pool(session, actor, hub_id, pool_id)
    choice = session.get(PoolChoice, pool_id)
    if choice is None:
        raise Missing
    session.delete(choice)
    session.flush()
    history.record(session, pool, "left to the plan", now=now, **actor.who)
    group = Group(hub_id, pool.currency, pool.wait_cost_ppm_per_day)
    desk.ask(session, group, because=f"Pool {pool.number} was left to the plan.", now=now)

"""From rows to the pools of an origin that can be planned together."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.planning.joint import Departure, Member, Timetable, places_of
from app.planning.models import PoolBooking
from app.shipping.models import Hub, Sailing, Service, Shipment
from app.trade.charging import own_terms
from app.trade.closing import stored_plan
from app.trade.models import Order, OrderState, Pool, PoolPlan, PoolState
from app.trade.pooling import lane_of, planned_now, problem_of, wishes_in
from logistics import InvalidInput, Problem

LOOKED_AT: Final = (PoolState.OPEN, PoolState.CLOSING, PoolState.PLANNED)
MOST_POOLS: Final = 200


@dataclass(frozen=True, slots=True)
class Group:
    """Pools that can share departures and minimums: from one hub, in one currency, waiting at one cost."""

    origin_id: UUID
    currency: str
    wait_cost_ppm_per_day: int

    @property
    def lock(self) -> str:
        """Jobs with the same lock run one after the other."""
        return f"planning:{self.origin_id}:{self.currency}:{self.wait_cost_ppm_per_day}"


def groups_of(session: Session, origin_id: UUID) -> list[Group]:
    rows = session.execute(
        select(Pool.currency, Pool.wait_cost_ppm_per_day)
        .where(Pool.origin_id == origin_id, Pool.state.in_(LOOKED_AT))
        .distinct()
        .order_by(Pool.currency, Pool.wait_cost_ppm_per_day)
    )
    return [Group(origin_id, currency, ppm) for currency, ppm in rows]


def pools_of(session: Session, group: Group) -> list[Pool]:
    """Those that are not booked, the first to close first."""
    return list(
        session.scalars(
            select(Pool)
            .where(
                Pool.origin_id == group.origin_id,
                Pool.currency == group.currency,
                Pool.wait_cost_ppm_per_day == group.wait_cost_ppm_per_day,
                Pool.state.in_(LOOKED_AT),
            )
            .order_by(Pool.closes_at, Pool.id)
            .limit(MOST_POOLS)
        )
    )


def waiting_in(session: Session, pools: Iterable[UUID]) -> dict[UUID, PoolBooking]:
    """Paid pools that wait to be booked."""
    return {
        each.pool_id: each
        for each in session.scalars(
            select(PoolBooking).where(PoolBooking.pool_id.in_(pools), PoolBooking.booked_at.is_(None))
        )
    }


def joinable(session: Session, pool: Pool) -> bool:
    """Whether a pool's cost can be split together with others': nobody left it with a charge to pay, and no
    maker of it is owed in another currency than its own pool's, whose difference is no buyer's.
    """
    leavers = session.scalar(
        select(func.count()).where(
            Order.pool_id == pool.id, Order.state == OrderState.LEFT, Order.leaving_charge > 0
        )
    )
    return not leavers and not own_terms(wishes_in(session, pool))


def member_of(session: Session, pool: Pool, *, ready: bool, today: date) -> Member | None:
    """A pool as it stands by itself; None: there is nothing to plan yet, or it cannot be joined."""
    if not joinable(session, pool):
        return None
    if pool.state == PoolState.OPEN:
        return _open(session, pool, today)
    stored = session.get(PoolPlan, pool.id)
    if stored is None or stored.plan is None or stored.sharing is None:
        return None
    problem = Problem.from_dict(stored.problem)
    return Member(
        str(pool.id),
        pool.number,
        stored.problem,
        places_of(problem, stored_plan(stored).assignments),
        {each["buyer"]: each["amount"] for each in stored.sharing["shares"]},
        stored.total or 0,
        ready,
    )


def _open(session: Session, pool: Pool, today: date) -> Member | None:
    """An open pool, as it would travel if it closed with those who are in it."""
    wishes = wishes_in(session, pool)
    if not wishes:
        return None
    lane = lane_of(session, pool, until=max(wish.needed_by for wish in wishes), today=today)
    try:
        problem = problem_of(lane, wishes)
        made = planned_now(problem)
    except InvalidInput:
        return None
    caps = {wish.key: wish.most or 0 for wish in wishes}
    places = places_of(problem, made.assignments)
    return Member(str(pool.id), pool.number, problem.to_dict(), places, caps, made.total, ready=False)


def timetables_of(
    session: Session, group: Group, pools: Sequence[Pool], *, today: date, until: date
) -> list[Timetable]:
    """What can be booked for `pools`, with the room that goods of other pools leave."""
    destinations = {pool.hub_id for pool in pools}
    rows = session.execute(
        select(Service, Sailing)
        .join(Sailing, Sailing.service_id == Service.id)
        .where(
            Service.origin_id == group.origin_id,
            Service.destination_id.in_(destinations),
            Service.currency == group.currency,
            Sailing.departs_on >= today,
            Sailing.arrives_on <= until,
            Sailing.departs_on.between(Service.valid_from, Service.valid_until),
        )
        .order_by(Service.code, Sailing.departs_on)
    ).all()
    codes = {
        hub.id: hub.code
        for hub in session.scalars(select(Hub).where(Hub.id.in_([group.origin_id, *destinations])))
    }
    booked = booked_on(session, [sailing.id for _, sailing in rows])
    found: dict[str, tuple[Service, list[Departure]]] = {}
    for service, sailing in rows:
        weight, volume = booked.get(sailing.id, (0, 0))
        found.setdefault(service.code, (service, []))[1].append(
            Departure(
                sailing.departs_on,
                sailing.arrives_on,
                None if sailing.capacity_g is None else sailing.capacity_g - weight,
                None if sailing.capacity_cm3 is None else sailing.capacity_cm3 - volume,
            )
        )
    return [
        Timetable(
            service.code,
            service.mode,
            codes[service.origin_id],
            codes[service.destination_id],
            service.classes,
            service.tariff,
            departures,
        )
        for service, departures in found.values()
    ]


def booked_on(session: Session, sailings: Sequence[UUID]) -> dict[UUID, tuple[int, int]]:
    """What is booked on sailings already, in grams and cm3."""
    rows = session.execute(
        select(Shipment.sailing_id, func.sum(Shipment.weight_g), func.sum(Shipment.volume_cm3))
        .where(Shipment.sailing_id.in_(sailings))
        .group_by(Shipment.sailing_id)
    )
    return {sailing: (int(weight), int(volume)) for sailing, weight, volume in rows}


def latest_of(members: Sequence[Member]) -> date:
    """The last day by which anything is due."""
    return max(
        member.start + timedelta(days=line["due"]) for member in members for line in member.problem["lines"]
    )

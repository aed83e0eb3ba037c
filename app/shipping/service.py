"""Use cases of shipments: which sailings can be used, booking, and the milestones of the road."""

from collections.abc import Collection
from datetime import date, datetime, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from app import history
from app.db import uuid7
from app.epcis import milestones
from app.errors import Faulty, Missing, Refusal
from app.permissions import Actor, Role
from app.shipping import lateness, telling
from app.shipping.journeys import Journey, journey, name_of
from app.shipping.models import Milestone, MilestoneKind, Sailing, Service, Shipment, ShipmentLine
from app.shipping.road import ROAD, Stop, expected_days, last_of, next_of, planned_days
from app.stories import lots
from app.trade.models import Order, OrderLine, OrderState, PoolState

LONGEST_NOTE: Final = 500
LONGEST_DELAY: Final = timedelta(days=366)
FIRST_TO_SEE_A_DAY: Final = timedelta(hours=14)
"""Kiribati is 14 hours ahead of UTC: a day that has begun nowhere yet is in the future."""


def usable_sailings(
    session: Session,
    origin_id: UUID,
    destination_id: UUID,
    *,
    from_day: date,
    until_day: date,
    currency: str,
) -> list[tuple[Service, Sailing]]:
    """Departures on a lane that leave on `from_day` or later and arrive on `until_day` or earlier, whose rate
    card is in `currency` and valid on the day of departure: an expired card is never used. By departure.
    """
    rows = session.execute(
        select(Service, Sailing)
        .join(Sailing, Sailing.service_id == Service.id)
        .where(
            Service.origin_id == origin_id,
            Service.destination_id == destination_id,
            Service.currency == currency,
            Sailing.departs_on >= from_day,
            Sailing.arrives_on <= until_day,
            Sailing.departs_on.between(Service.valid_from, Service.valid_until),
        )
        .order_by(Sailing.departs_on, Service.code, Sailing.id),
    )
    return [(service, sailing) for service, sailing in rows]


def create_shipment(
    session: Session,
    *,
    pool_id: UUID,
    sailing_id: UUID,
    number: str,
    weight_g: int,
    volume_cm3: int,
    cost: dict[str, Any],
    now: datetime,
    lines: Collection[UUID] | None = None,
) -> Shipment:
    """Book a load on a sailing, with its six milestones.

    `cost`: itemised, as the planner priced it. `lines`: the order lines that travel in it; None: all of the
    pool that are still wanted. NoResultFound: there is no such sailing.
    """
    sailing = session.get_one(Sailing, sailing_id)
    service = session.get_one(Service, sailing.service_id)
    shipment = Shipment(
        id=uuid7(now),
        pool_id=pool_id,
        sailing_id=sailing_id,
        number=number,
        weight_g=weight_g,
        volume_cm3=volume_cm3,
        cost=cost,
        booked_at=now,
    )
    session.add(shipment)
    session.flush()
    due = planned_days(service.mode, sailing.departs_on, sailing.arrives_on, now.date())
    road = [
        Milestone(
            id=uuid7(now),
            shipment_id=shipment.id,
            kind=kind,
            position=position,
            planned_on=due[kind],
            expected_on=due[kind],
        )
        for position, kind in enumerate(ROAD)
    ]
    _renew(session, service, sailing.id, road)
    session.add_all(road)
    if lines is None:
        lines = session.scalars(
            select(OrderLine.id)
            .join(Order, Order.id == OrderLine.order_id)
            .where(Order.pool_id == pool_id, Order.state.not_in((OrderState.LEFT, OrderState.CANCELLED))),
        ).all()
    if lines:
        session.execute(
            insert(ShipmentLine),
            [{"shipment_id": shipment.id, "order_line_id": line} for line in lines],
        )
    history.record(session, shipment, "booked", now=now, sailing=sailing.id, number=number)
    session.flush()
    return shipment


def reached(session: Session, pool_id: UUID) -> MilestoneKind | None:
    """The last milestone that all shipments of a pool have come to."""
    roads: dict[UUID, dict[MilestoneKind, Stop]] = {}
    for milestone in session.scalars(
        select(Milestone)
        .join(Shipment, Shipment.id == Milestone.shipment_id)
        .where(Shipment.pool_id == pool_id),
    ):
        roads.setdefault(milestone.shipment_id, {})[MilestoneKind(milestone.kind)] = _stop(milestone)
    return last_of(list(roads.values()))


def set_milestone(
    session: Session,
    actor: Actor,
    shipment_id: UUID,
    kind: MilestoneKind,
    *,
    actual_on: date,
    now: datetime,
    note: str = "",
) -> Journey:
    """Report that a shipment has come so far. The same report again changes nothing.

    Faulty: the day is in the future, or before the milestone that it follows or the booking. Refusal: the
    milestone before it is missing, or this one was reported with another day.
    """
    found, road = _held(session, actor, shipment_id)
    milestone = road[kind]
    if milestone.actual_on == actual_on:
        return found
    if milestone.actual_on is not None:
        raise Refusal(
            f"{name_of(kind)} was reported for {telling.WORDS.day(milestone.actual_on)} already. "
            "Undo that first if it was wrong.",
            code="reported-already",
        )
    wanted = next_of(_stops(road))
    if wanted != kind:
        assert wanted is not None
        raise Refusal(
            f"{name_of(wanted)} comes first. Report it, then {kind}.",
            code="out-of-order",
            facts={"next": wanted},
        )
    before = road[ROAD[milestone.position - 1]].actual_on if milestone.position else None
    soonest = before or found.shipment.booked_at.date()
    _check_day(
        "actual_on", actual_on, soonest, (now + FIRST_TO_SEE_A_DAY).date(), "it cannot lie in the future"
    )
    _check_note(note)
    milestone.actual_on, milestone.note = actual_on, note
    milestone.set_by, milestone.set_at = actor.person_id, now
    _renew(session, found.service, found.sailing.id, road.values())
    session.flush()
    history.record(
        session,
        found.shipment,
        kind,
        now=now,
        **actor.who,
        actual_on=actual_on,
        note=note,
        number=found.shipment.number,
    )
    milestones.reported(session, actor, found, milestone, now=now)
    if kind == MilestoneKind.COLLECTED:
        lots.collected(session, shipment_id, now=now)
    telling.reported(session, actor, found, milestone, road, now=now)
    _moved(session, found, kind, now=now)
    return found


def announce_milestone(
    session: Session,
    actor: Actor,
    shipment_id: UUID,
    kind: MilestoneKind,
    *,
    expected_on: date,
    note: str,
    now: datetime,
) -> Journey:
    """Say when a milestone is expected now, and why; those behind it move along.

    Faulty: no reason, or a day before what has happened or more than a year after what was planned. Refusal:
    it was reported already.
    """
    found, road = _held(session, actor, shipment_id)
    milestone = road[kind]
    if milestone.actual_on is not None:
        raise Refusal(f"{name_of(kind)} was reported already.", code="reported-already")
    come = [each.actual_on for each in road.values() if each.actual_on]
    soonest = max(come, default=found.shipment.booked_at.date())
    _check_day(
        "expected_on", expected_on, soonest, milestone.planned_on + LONGEST_DELAY, "a year late is the most"
    )
    if not note.strip():
        raise Faulty(fields={"note": "Say why, in a few words: buyers and makers read it."})
    _check_note(note)
    milestone.announced_on, milestone.note = expected_on, note
    milestone.set_by, milestone.set_at = actor.person_id, now
    _renew(session, found.service, found.sailing.id, road.values())
    session.flush()
    history.record(
        session,
        found.shipment,
        f"{kind} expected",
        now=now,
        **actor.who,
        expected_on=milestone.expected_on,
        note=note,
    )
    telling.announced(session, actor, found, milestone, road, now=now)
    return found


def undo_milestone(
    session: Session, actor: Actor, shipment_id: UUID, kind: MilestoneKind, *, reason: str, now: datetime
) -> Journey:
    """Take a wrong report back: the last one only, while the pool is not settled."""
    found, road = _held(session, actor, shipment_id)
    milestone = road[kind]
    wanted = next_of(_stops(road))
    last = ROAD[ROAD.index(wanted) - 1] if wanted else ROAD[-1]
    if milestone.actual_on is None or kind != last:
        raise Refusal("Only the last report can be undone.", code="not-the-last")
    if found.pool.state == PoolState.SETTLED:
        raise Refusal("The pool is settled: everybody was paid on this report.", code="settled")
    if not reason.strip():
        raise Faulty(fields={"reason": "Say what was wrong, in a few words."})
    _check_note(reason, "reason")
    was = milestone.actual_on
    milestone.actual_on, milestone.note = None, ""
    milestone.set_by, milestone.set_at = actor.person_id, now
    _renew(session, found.service, found.sailing.id, road.values())
    session.flush()
    history.record(session, found.shipment, f"{kind} undone", now=now, **actor.who, was=was, reason=reason)
    milestones.undone(session, found, milestone, now=now)
    telling.undone(session, actor, found, milestone, reason, now=now)
    _moved(session, found, kind, now=now)
    return found


def _held(
    session: Session, actor: Actor, shipment_id: UUID
) -> tuple[Journey, dict[MilestoneKind, Milestone]]:
    """The shipment, its row held, for a hub at one of its ends; to everybody else it is missing."""
    session.scalars(select(Shipment.id).where(Shipment.id == shipment_id).with_for_update()).one_or_none()
    found = journey(session, shipment_id)
    if Role.HUB not in actor.roles or actor.organisation_id not in found.hubs:
        raise Missing
    rows = session.scalars(
        select(Milestone).filter_by(shipment_id=shipment_id).order_by(Milestone.position),
        execution_options={"populate_existing": True},
    )
    return found, {MilestoneKind(row.kind): row for row in rows}


def _stop(row: Milestone) -> Stop:
    return Stop(row.planned_on, row.announced_on, row.actual_on)


def _stops(road: dict[MilestoneKind, Milestone]) -> dict[MilestoneKind, Stop]:
    return {kind: _stop(row) for kind, row in road.items()}


def _renew(session: Session, service: Service, sailing_id: UUID, rows: Collection[Milestone]) -> None:
    """Bring what is expected up to date with what is known, of the shipment and of its lane."""
    learned = lateness.usual_on_the_way(session, service, but=sailing_id)
    stops = {MilestoneKind(row.kind): _stop(row) for row in rows}
    expected = expected_days(stops, longer=learned.days if learned else 0)
    for row in rows:
        row.expected_on = expected[MilestoneKind(row.kind)]


def _check_day(name: str, day: date, soonest: date, latest: date, too_late: str) -> None:
    if day < soonest:
        raise Faulty(
            fields={name: f"Enter {telling.WORDS.day(soonest)} or later: what comes before it was then."}
        )
    if day > latest:
        raise Faulty(fields={name: f"Enter {telling.WORDS.day(latest)} or earlier: {too_late}."})


def _check_note(note: str, name: str = "note") -> None:
    if len(note) > LONGEST_NOTE:
        raise Faulty(fields={name: f"Use at most {LONGEST_NOTE} characters."})


def _moved(session: Session, found: Journey, kind: MilestoneKind, *, now: datetime) -> None:
    """Let the pool, and what its makers are owed, follow where they are told by this milestone."""
    if kind == MilestoneKind.COLLECTED:
        from app.payouts import advances
        from app.trade.quoting import get_pool

        get_pool(session, found.pool.id, lock=True)
        advances.follow(session, found.pool.id, now=now)
    if kind in {MilestoneKind.DEPARTED, MilestoneKind.ARRIVED, MilestoneKind.HANDED_OVER}:
        from app.trade.service import shipments_moved

        shipments_moved(session, found.pool.id, now=now)

"""Use cases of shipments: which sailings can be used, booking, and the milestones of the road."""

from collections.abc import Collection
from datetime import date, datetime, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from app import history
from app.db import uuid7
from app.shipping.models import (
    Milestone,
    MilestoneKind,
    Sailing,
    Service,
    Shipment,
    ShipmentLine,
)
from app.trade.models import Order, OrderLine, OrderState

ROAD: Final = tuple(MilestoneKind)
ORIGIN_SETS: Final = frozenset(ROAD[: ROAD.index(MilestoneKind.DEPARTED) + 1])
"""What the hub of origin reports; the hub of destination reports the rest. Each sees what it reports on."""

DAYS_BEFORE_DEPARTURE: Final = {
    # collected, export cleared. Sea freight stations stop taking loose cargo about three days before the ship
    # loads; airlines take it until the day before; lorries and trains load what is there.
    "sea": (4, 2),
    "rail": (3, 1),
    "air": (2, 1),
    "road": (1, 0),
}
DAYS_AFTER_ARRIVAL: Final = {
    # import cleared, handed over. A container is unloaded and unpacked first, a pallet from an aircraft or a
    # lorry is not. Entry is filed before arrival, so that clearing itself takes a working day.
    "sea": (3, 5),
    "rail": (2, 4),
    "air": (1, 2),
    "road": (1, 2),
}
LONGEST_NOTE: Final = 500
LONGEST_DELAY: Final = timedelta(days=365)


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


def planned_days(mode: str, departs_on: date, arrives_on: date, booked_on: date) -> dict[MilestoneKind, date]:
    """When each milestone is due, from a sailing's days; nothing is due before the day of booking, except
    where the ship leaves sooner.
    """
    collected, cleared = (timedelta(days=n) for n in DAYS_BEFORE_DEPARTURE[mode])
    entered, handed_over = (timedelta(days=n) for n in DAYS_AFTER_ARRIVAL[mode])
    soonest = min(booked_on, departs_on)
    return {
        MilestoneKind.COLLECTED: max(departs_on - collected, soonest),
        MilestoneKind.EXPORT_CLEARED: max(departs_on - cleared, soonest),
        MilestoneKind.DEPARTED: departs_on,
        MilestoneKind.ARRIVED: arrives_on,
        MilestoneKind.IMPORT_CLEARED: arrives_on + entered,
        MilestoneKind.HANDED_OVER: arrives_on + handed_over,
    }


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
    pool that are still wanted. KeyError or NoResultFound: the caller names what is not there.
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
    session.add_all(
        Milestone(
            id=uuid7(now),
            shipment_id=shipment.id,
            kind=kind,
            position=position,
            planned_on=due[kind],
            expected_on=due[kind],
        )
        for position, kind in enumerate(ROAD)
    )
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

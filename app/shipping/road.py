"""The days of a shipment's road: planned from a sailing, expected from what has happened since. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from app.shipping.models import MilestoneKind

ROAD: Final = tuple(MilestoneKind)

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
TAKE_THEIR_TIME: Final = frozenset(
    {MilestoneKind.ARRIVED, MilestoneKind.IMPORT_CLEARED, MilestoneKind.HANDED_OVER}
)
"""What cannot be hurried: a delay before one of these moves it. Days before departure are slack: a ship
leaves on its day, and a late collection only uses them up."""


@dataclass(frozen=True, slots=True)
class Stop:
    """What is known of one milestone."""

    planned_on: date
    announced_on: date | None = None
    actual_on: date | None = None


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


def expected_days(stops: Mapping[MilestoneKind, Stop], *, longer: int = 0) -> dict[MilestoneKind, date]:
    """When each milestone is expected: the day it came; else what was announced, or what was planned moved by
    the delay before it. Never before the one that it follows, and never earlier than planned unless
    announced: a ship that leaves a day early has promised nothing. `longer`: days that the lane usually takes
    above its plan; they count where nobody said anything else.
    """
    expected: dict[MilestoneKind, date] = {}
    before: date | None = None
    planned_before: date | None = None
    for kind in ROAD:
        stop = stops[kind]
        if stop.actual_on:
            day = stop.actual_on
        elif before is None or planned_before is None:
            day = stop.announced_on or stop.planned_on
        elif stop.announced_on:
            day = max(stop.announced_on, before)
        else:
            time = stop.planned_on - planned_before if kind in TAKE_THEIR_TIME else timedelta(0)
            if kind == MilestoneKind.ARRIVED:
                time += timedelta(days=max(longer, 0))
            day = max(stop.planned_on, before + time)
        expected[kind] = day
        before, planned_before = day, stop.planned_on
    return expected


def next_of(stops: Mapping[MilestoneKind, Stop]) -> MilestoneKind | None:
    """The first milestone that has not come; None: all have."""
    return next((kind for kind in ROAD if stops[kind].actual_on is None), None)


def last_of(roads: Sequence[Mapping[MilestoneKind, Stop]]) -> MilestoneKind | None:
    """The last milestone that every one of `roads` has come to; None: one of them has come to none."""
    come = [sum(stops[kind].actual_on is not None for kind in ROAD) for stops in roads]
    least = min(come, default=0)
    return ROAD[least - 1] if least else None

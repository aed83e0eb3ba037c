"""The days of a road: planned from a sailing, expected from what happened."""

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from app.shipping.models import MilestoneKind
from app.shipping.road import (
    DAYS_AFTER_ARRIVAL,
    DAYS_BEFORE_DEPARTURE,
    ROAD,
    Stop,
    expected_days,
    last_of,
    next_of,
    planned_days,
)
from logistics.problem import MODES

LEAVES, COMES = date(2026, 1, 19), date(2026, 2, 26)
DAY = timedelta(days=1)


def stops(**actual: int) -> dict[MilestoneKind, Stop]:
    """A sea voyage; `departed=3`: that many days after the plan."""
    planned = planned_days("sea", LEAVES, COMES, date(2026, 1, 5))
    return {
        kind: Stop(planned[kind], None, planned[kind] + actual[kind.name.lower()] * DAY)
        if kind.name.lower() in actual
        else Stop(planned[kind])
        for kind in ROAD
    }


def test_every_mode_has_its_days() -> None:
    assert set(DAYS_BEFORE_DEPARTURE) == set(DAYS_AFTER_ARRIVAL) == set(MODES)
    for mode in MODES:
        days = list(planned_days(mode, LEAVES, COMES, date(2026, 1, 1)).values())
        assert days == sorted(days)


def test_a_sea_voyage_is_planned_around_its_sailing() -> None:
    days = planned_days("sea", LEAVES, COMES, date(2026, 1, 5))
    assert [day.isoformat() for day in days.values()] == [
        "2026-01-15",
        "2026-01-17",
        "2026-01-19",
        "2026-02-26",
        "2026-03-01",
        "2026-03-03",
    ]


def test_nothing_is_planned_before_the_booking() -> None:
    days = planned_days("sea", LEAVES, COMES, date(2026, 1, 18))
    assert days[MilestoneKind.COLLECTED] == date(2026, 1, 18)
    late = planned_days("sea", LEAVES, COMES, date(2026, 1, 25))
    assert late[MilestoneKind.COLLECTED] == late[MilestoneKind.DEPARTED] == LEAVES


def late(found: dict[MilestoneKind, date]) -> list[int]:
    planned = planned_days("sea", LEAVES, COMES, date(2026, 1, 5))
    return [(found[kind] - planned[kind]).days for kind in ROAD]


def test_a_late_departure_moves_what_comes_after_it() -> None:
    found = expected_days(stops(collected=0, export_cleared=0, departed=3))
    assert late(found) == [0, 0, 3, 3, 3, 3]


def test_a_late_collection_uses_up_the_days_before_the_ship_leaves() -> None:
    assert late(expected_days(stops(collected=1))) == [1, 0, 0, 0, 0, 0]
    assert late(expected_days(stops(collected=3))) == [3, 1, 0, 0, 0, 0]
    assert late(expected_days(stops(collected=6))) == [6, 4, 2, 2, 2, 2]


def test_leaving_early_promises_nothing() -> None:
    assert late(expected_days(stops(collected=0, export_cleared=0, departed=-1))) == [0, 0, -1, 0, 0, 0]


def test_what_was_announced_counts_and_moves_the_rest() -> None:
    road = stops(collected=0, export_cleared=0, departed=0)
    road[MilestoneKind.ARRIVED] = Stop(COMES, COMES + 5 * DAY)
    assert late(expected_days(road)) == [0, 0, 0, 5, 5, 5]
    road[MilestoneKind.ARRIVED] = Stop(COMES, COMES - 2 * DAY)
    assert late(expected_days(road)) == [0, 0, 0, -2, 0, 0]


@st.composite
def roads(draw: st.DrawFn) -> dict[MilestoneKind, Stop]:
    """Any road on which things happened in their order."""
    mode = draw(st.sampled_from(MODES))
    transit = draw(st.integers(0, 60))
    planned = planned_days(mode, LEAVES, LEAVES + transit * DAY, LEAVES - draw(st.integers(-5, 30)) * DAY)
    come = draw(st.integers(0, len(ROAD)))
    before = LEAVES - 40 * DAY
    found = {}
    for position, kind in enumerate(ROAD):
        said = draw(st.none() | st.integers(-10, 40))
        announced = None if said is None else planned[kind] + said * DAY
        actual = None
        if position < come:
            actual = before = before + draw(st.integers(0, 30)) * DAY
        found[kind] = Stop(planned[kind], announced, actual)
    return found


def test_what_a_lane_usually_takes_longer_counts_until_somebody_says_otherwise() -> None:
    assert late(expected_days(stops(), longer=4)) == [0, 0, 0, 4, 4, 4]
    assert late(expected_days(stops(), longer=-4)) == [0] * 6
    road = stops(collected=0, export_cleared=0, departed=2)
    assert late(expected_days(road, longer=4)) == [0, 0, 2, 6, 6, 6]
    road[MilestoneKind.ARRIVED] = Stop(COMES, COMES + DAY)
    assert late(expected_days(road, longer=4)) == [0, 0, 2, 1, 1, 1]


@given(roads())
def test_expected_days_are_in_order_and_keep_what_happened(road: dict[MilestoneKind, Stop]) -> None:
    found = expected_days(road)
    days = [found[kind] for kind in ROAD]
    assert days == sorted(days)
    assert all(found[kind] == stop.actual_on for kind, stop in road.items() if stop.actual_on)
    silent = [kind for kind, stop in road.items() if not stop.actual_on and not stop.announced_on]
    assert all(found[kind] >= road[kind].planned_on for kind in silent)


@given(st.lists(roads(), min_size=1, max_size=4))
def test_the_last_of_several_is_what_all_have_come_to(many: list[dict[MilestoneKind, Stop]]) -> None:
    last = last_of(many)
    for kind in ROAD:
        everybody = all(road[kind].actual_on for road in many)
        assert everybody == (last is not None and ROAD.index(kind) <= ROAD.index(last))
    assert last_of([]) is None


@given(roads())
def test_the_next_is_the_first_that_has_not_come(road: dict[MilestoneKind, Stop]) -> None:
    wanted = next_of(road)
    come = [kind for kind in ROAD if road[kind].actual_on]
    assert len(come) == (len(ROAD) if wanted is None else ROAD.index(wanted))

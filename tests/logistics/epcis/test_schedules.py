"""When a scheduled query is asked next: the standard's examples, and what must hold of any schedule."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from logistics.epcis.schedules import RANGES, Schedule, ScheduleError

MONDAY = datetime(2026, 1, 5, 12, 30, 15, 250_000, tzinfo=UTC)
MOMENTS = st.timedeltas(timedelta(0), timedelta(days=36_000)).map(lambda after: MONDAY + after)


@st.composite
def written(draw: st.DrawFn, name: str) -> tuple[str, set[int]]:
    """A field of the grammar, and the numbers that it means."""
    least, most = RANGES[name]
    numbers = st.integers(least, most)
    parts, meant = [], set[int]()
    for low, high in draw(st.lists(st.tuples(numbers, numbers), min_size=1, max_size=3)):
        if low > high:
            parts.append(f"{low}")
            meant.add(low)
        else:
            parts.append(f"[{low}-{high}]")
            meant.update(range(low, high + 1))
    return ",".join(parts), meant


FIELDS = st.fixed_dictionaries({}, optional={name: written(name) for name in RANGES}).filter(bool)


def seen(moment: datetime) -> dict[str, int]:
    return {
        "second": moment.second,
        "minute": moment.minute,
        "hour": moment.hour,
        "dayOfMonth": moment.day,
        "month": moment.month,
        "dayOfWeek": moment.isoweekday(),
    }


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"second": "0", "minute": "0"}, "2026-01-05T13:00:00"),  # once an hour, on the hour
        ({"second": "0", "minute": "30", "hour": "2"}, "2026-01-06T02:30:00"),
        ({"hour": "1", "minute": "5"}, "2026-01-06T01:05:00"),  # the one of the REST bindings
        ({"second": "0", "minute": "0", "dayOfWeek": "[6-7]"}, "2026-01-10T00:00:00"),
        ({"second": "0,20,40"}, "2026-01-05T12:30:20"),
        ({"second": "15"}, "2026-01-05T12:31:15"),  # this second is no later one
        ({"dayOfMonth": "29", "month": "2", "hour": "0", "minute": "0"}, "2028-02-29T00:00:00"),
        ({"dayOfMonth": "31", "month": "[1-4]", "hour": "0", "minute": "0"}, "2026-01-31T00:00:00"),
        ({"dayOfMonth": "31", "month": "4"}, None),
    ],
)
def test_the_next_time(fields: dict[str, str], expected: str | None) -> None:
    found = Schedule.read(fields).next_after(MONDAY)
    assert (found and found.isoformat()) == (expected and expected + "+00:00")


def test_a_leap_day_on_a_day_of_the_week_is_found_across_a_year_without_one() -> None:
    wanted = Schedule.read({"dayOfMonth": "29", "month": "2", "dayOfWeek": "1"})
    found = wanted.next_after(datetime(2472, 3, 1, tzinfo=UTC))
    assert found is not None
    assert found.year == 2512  # 2500 has no such day


@given(FIELDS, MOMENTS)
def test_the_next_time_is_later_fits_every_field_and_is_the_next_of_its_day(
    fields: dict[str, tuple[str, set[int]]], moment: datetime
) -> None:
    schedule = Schedule.read({name: text for name, (text, _) in fields.items()})
    found = schedule.next_after(moment)
    if found is None:
        assert "dayOfMonth" in fields
        return
    assert found > moment
    assert schedule.fits(found)
    assert all(seen(found)[name] in meant for name, (_, meant) in fields.items())
    assert "second" in fields or found.second == 0
    assert schedule.next_after(found - timedelta(microseconds=1)) == found
    here = timezone(timedelta(hours=5, minutes=45))
    assert schedule.next_after(moment.astimezone(here)) == found


@given(
    st.fixed_dictionaries({}, optional={name: written(name) for name in ("minute", "hour", "dayOfWeek")}),
    MOMENTS,
)
def test_it_agrees_with_looking_at_every_minute(
    fields: dict[str, tuple[str, set[int]]], moment: datetime
) -> None:
    found = Schedule.read({"second": "0"} | {name: text for name, (text, _) in fields.items()}).next_after(
        moment
    )
    each = moment.replace(second=0, microsecond=0) + timedelta(minutes=1)
    days = 0
    while not all(seen(each)[name] in meant for name, (_, meant) in fields.items()):
        if "dayOfWeek" in fields and each.isoweekday() not in fields["dayOfWeek"][1]:
            each, days = each.replace(hour=0, minute=0) + timedelta(days=1), days + 1  # no minute of it fits
        else:
            each += timedelta(minutes=1)
        assert days < 8
    assert found == each


@pytest.mark.parametrize(
    ("fields", "at_fault"),
    [
        ({}, ""),
        ({"hour": ""}, "hour"),
        ({"hour": "24"}, "hour"),
        ({"hour": "-1"}, "hour"),
        ({"hour": "1-3"}, "hour"),
        ({"hour": "[3-1]"}, "hour"),
        ({"hour": "[1-3"}, "hour"),
        ({"hour": "1,"}, "hour"),
        ({"hour": " 1"}, "hour"),
        ({"hour": "*"}, "hour"),
        (
            {"second": "0/30"},
            "second",
        ),  # of cron; it stands in an example of the bindings, not in the grammar
        ({"hour": "\u0661"}, "hour"),
        ({"hour": "0" * 5000}, "hour"),
        ({"dayOfMonth": "0"}, "dayOfMonth"),
        ({"month": "13"}, "month"),
        ({"dayOfWeek": "0"}, "dayOfWeek"),
        ({"year": "2026"}, "year"),
    ],
)
def test_another_form_is_refused_and_named(fields: dict[str, str], at_fault: str) -> None:
    with pytest.raises(ScheduleError) as refused:
        Schedule.read(fields)
    assert list(refused.value.faults) == [at_fault]

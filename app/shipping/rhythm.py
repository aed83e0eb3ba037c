"""Departures that come round: every so many weeks, or on such a weekday of each month. Pure."""

from datetime import date, timedelta
from enum import StrEnum
from typing import Final


class Every(StrEnum):
    """How often something leaves. Weeks are counted from the first departure."""

    WEEK = "week"
    TWO_WEEKS = "2 weeks"
    THREE_WEEKS = "3 weeks"
    FOUR_WEEKS = "4 weeks"
    FIRST = "first of a month"
    SECOND = "second of a month"
    THIRD = "third of a month"
    FOURTH = "fourth of a month"
    LAST = "last of a month"


WEEKS: Final = {Every.WEEK: 1, Every.TWO_WEEKS: 2, Every.THREE_WEEKS: 3, Every.FOUR_WEEKS: 4}
PLACES: Final = {Every.FIRST: 0, Every.SECOND: 1, Every.THIRD: 2, Every.FOURTH: 3, Every.LAST: -1}
ONE_DAY: Final = timedelta(days=1)


def days_of(every: Every, weekday: int, since: date, until: date) -> list[date]:
    """Each departure from `since` to `until`, both included. `weekday`: Monday is 0."""
    day = since + timedelta(days=(weekday - since.weekday()) % 7)
    if every in WEEKS:
        step = timedelta(weeks=WEEKS[every])
        return [day + number * step for number in range(max((until - day) // step + 1, 0))]
    found = []
    while day <= until:
        if _place_fits(day, PLACES[every]):
            found.append(day)
        day += timedelta(weeks=1)
    return found


def _place_fits(day: date, place: int) -> bool:
    """Whether it is the first, second, ... or last of its weekday in its month."""
    if place < 0:
        return (day + timedelta(weeks=1)).month != day.month
    return (day.day - 1) // 7 == place

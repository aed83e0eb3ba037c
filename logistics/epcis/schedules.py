"""When a subscribed query is asked: the schedules of EPCIS 2.0, section 8.2.5.3, read and reckoned with. UTC.

    field   ::= element ("," element)*
    element ::= number | "[" number "-" number "]"

A moment fits a schedule when it fits every field that is given: unlike cron, a day of the month and a day of
the week are both wanted where both are given. A field left out fits anything, but for the second, which is 0
then: the standard's own example, hour 1 and minute 5, is asked "every morning at 1.05am", not sixty times.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Final, Self

RANGES: Final = {
    "second": (0, 59),
    "minute": (0, 59),
    "hour": (0, 23),
    "dayOfMonth": (1, 31),
    "month": (1, 12),
    "dayOfWeek": (1, 7),
}
"""The least and the most of each field; day 1 of the week is Monday."""
ELEMENT: Final = re.compile(r"([0-9]{1,4})|\[([0-9]{1,4})-([0-9]{1,4})\]")
LOOKS_AHEAD: Final = 41
"""Years. The 29th of February meets each day of the week within 40, also across a year like 2100."""


class ScheduleError(ValueError):
    """`faults`: what is wrong, in words, by the name of the field; empty: of the schedule as a whole."""

    def __init__(self, faults: Mapping[str, str]) -> None:
        super().__init__("; ".join(f"{name}: {words}" if name else words for name, words in faults.items()))
        self.faults = dict(faults)


@dataclass(frozen=True, slots=True)
class Schedule:
    """The numbers that each field allows, in order. `days`: of the month; `weekdays`: 1 is Monday."""

    seconds: tuple[int, ...]
    minutes: tuple[int, ...]
    hours: tuple[int, ...]
    days: tuple[int, ...]
    months: tuple[int, ...]
    weekdays: tuple[int, ...]

    @classmethod
    def read(cls, fields: Mapping[str, str]) -> Self:
        """From the fields as they are sent. ScheduleError: one is unknown or at fault, or there is none."""
        faults = {name: f"Use {', '.join(RANGES)}." for name in fields if name not in RANGES}
        allowed: list[tuple[int, ...]] = []
        for name, (least, most) in RANGES.items():
            try:
                given = fields.get(name, "0" if name == "second" else f"[{least}-{most}]")
                allowed.append(_numbers(given, least, most))
            except ValueError:
                faults[name] = (
                    f"Use numbers from {least} to {most} and ranges like [{least}-{most}], commas between."
                )
        if not fields:
            faults[""] = f"Give at least one of {', '.join(RANGES)}."
        if faults:
            raise ScheduleError(faults)
        return cls(*allowed)

    def fits(self, moment: datetime) -> bool:
        """Whether the query is asked at this second."""
        at = moment.astimezone(UTC)
        return self._day_fits(at.date()) and (
            at.hour in self.hours and at.minute in self.minutes and at.second in self.seconds
        )

    def next_after(self, moment: datetime) -> datetime | None:
        """The first whole second after `moment` that fits. None: there is none, as of a 31st of April."""
        after = moment.astimezone(UTC).replace(microsecond=0) + timedelta(seconds=1)
        for day in self._days_from(after.date()):
            if found := self._time_from(after.time() if day == after.date() else time.min):
                return datetime.combine(day, found, UTC)
        return None

    def _days_from(self, first: date) -> Iterator[date]:
        for year in range(first.year, min(first.year + LOOKS_AHEAD, date.max.year) + 1):
            for month in self.months:
                if (year, month) < (first.year, first.month):
                    continue
                for number in self.days:
                    try:
                        day = date(year, month, number)
                    except ValueError:  # a month is shorter
                        break
                    if day >= first and self._day_fits(day):
                        yield day

    def _day_fits(self, day: date) -> bool:
        return day.month in self.months and day.day in self.days and day.isoweekday() in self.weekdays

    def _time_from(self, least: time) -> time | None:
        for hour in self.hours:
            if hour < least.hour:
                continue
            for minute in self.minutes:
                if (hour, minute) < (least.hour, least.minute):
                    continue
                for second in self.seconds:
                    if time(hour, minute, second) >= least:
                        return time(hour, minute, second)
        return None


def _numbers(text: str, least: int, most: int) -> tuple[int, ...]:
    """ValueError: another form than the grammar's, a number out of range, or a range that runs backwards."""
    found: set[int] = set()
    for element in text.split(","):
        parts = ELEMENT.fullmatch(element)
        if parts is None:
            raise ValueError(element)
        low, high = int(parts[1] or parts[2]), int(parts[1] or parts[3])
        if not least <= low <= high <= most:
            raise ValueError(element)
        found.update(range(low, high + 1))
    return tuple(sorted(found))

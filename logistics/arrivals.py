"""What past sailings of a lane say about the next one: how late it usually is. Pure.

The estimator is the median of the delays in days: half of the sailings came sooner, half later, and one ship
that lay off a port for a month does not move it. The spread is the quartiles, by the nearest rank below and
above: half of the sailings came within it. Below LEAST sailings nothing is said.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

LEAST: Final = 5
"""Sailings below which a lane says nothing."""
MOST: Final = 20
"""The latest ones that count: schedules change."""


@dataclass(frozen=True, slots=True)
class Usual:
    """Days that a lane is usually late, below 0 early; half of its sailings were within low to high."""

    days: int
    low: int
    high: int
    sailings: int


def usual(delays: Sequence[int], *, least: int = LEAST, most: int = MOST) -> Usual | None:
    """`delays`: days of each past sailing behind its plan, the latest first. None: there are too few.

    The median of an even number is the lower of the middle two: no delay is claimed that half did not have.
    """
    known = sorted(delays[:most])
    count = len(known)
    if count < least or not known:
        return None
    return Usual(
        days=known[(count - 1) // 2],
        low=known[(count - 1) // 4],
        high=known[count - 1 - (count - 1) // 4],
        sailings=count,
    )

"""The bound of a part of any size, within a time or a number of steps: `lagrange`, started from a plan.

What the prices' departures take on average is nearly a plan: each line where most of it goes is where a
search for a plan of many lines best begins (the volume algorithm's primal side, Barahona and Anbil 2000).
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from logistics import lagrange
from logistics.fixing import cheaper_options
from logistics.flat import DIRECT, Flat, Int64
from logistics.lagrange import Prices
from logistics.programme import options_of

STEPS = 6_000
"""Steps at most: what more would gain is less than a thousandth."""
SETTLED = 2e-3
"""The step factor at which prices hardly move any more."""
AGAIN = 0.3
"""The step factor with which a climb goes on that was left."""

Left = Callable[[], float]


class Climb:
    """The prices of some lines, of which a plan costs `total`, on their way up."""

    def __init__(self, flat: Flat, lines: Int64, total: int) -> None:
        self.flat, self.lines = flat, lines
        self.terms = lagrange.terms_of(flat, lines)
        m = len(self.terms.line)
        self.prices, self.best = (
            Prices(np.full(len(lines), total / len(lines)), np.zeros(m)) for _ in range(2)
        )
        self.mean = np.zeros(m)
        self.state = np.array([-np.inf, 1.0, 0.0, float(total), 0.0])

    @property
    def bound(self) -> float:
        """A lower bound of what the lines cost, valid whenever it is asked for."""
        return float(self.state[0])

    def go_on(self, *, left: Left | None = None, steps: int = STEPS) -> None:
        """Until the prices hardly move, or `left()` seconds are 0, or for so many steps."""
        if self.state[1] <= SETTLED:
            return
        chunk = max(1, min(50, 2_000_000 // (len(self.terms.line) + 1)))
        done = 0
        while done < steps and self.state[1] > SETTLED and (left is None or done == 0 or left() > 0):
            size = min(chunk, steps - done)
            lagrange.climb(self.terms, self.prices, self.best, self.mean, self.state, size)
            done += chunk

    def toward(self, total: int) -> None:
        """Takes a cheaper plan's cost for its target."""
        if total < self.state[3]:
            self.state[1], self.state[3] = max(self.state[1], AGAIN), float(total)

    def rounded(self) -> Int64:
        """For each line the option on which most of it goes; capacities may be exceeded."""
        options = options_of(self.flat, self.lines)
        own = np.searchsorted(self.lines, self.flat.option_line[options])
        part = np.zeros(len(options))
        part[self.terms.place] = self.mean
        direct = self.flat.option_cell[options] == DIRECT
        part[direct] = (1.0 - np.bincount(own, part, minlength=len(self.lines)))[own[direct]]
        order = np.lexsort((part, own))
        last = np.append(np.flatnonzero(np.diff(own[order])), len(order) - 1)
        found: Int64 = options[order[last]]
        return found

    def cheaper_options(self, total: int) -> Int64:
        """The options that a plan cheaper than `total` could have, line by line."""
        options = options_of(self.flat, self.lines)
        return options[cheaper_options(self.flat, options, self.terms, self.best, total)]


def lagrangean_bound(
    flat: Flat, lines: Int64, total: int, *, left: Left | None = None, steps: int = STEPS
) -> float:
    """A lower bound of the cost of some lines, of which a plan costs `total`."""
    climb = Climb(flat, lines, total)
    climb.go_on(left=left, steps=steps)
    return climb.bound


def narrowed(
    flat: Flat, lines: Int64, total: int, *, left: Left | None = None, steps: int = STEPS
) -> tuple[float, Int64]:
    """The same bound, and the options that a plan cheaper than `total` could have, line by line."""
    climb = Climb(flat, lines, total)
    climb.go_on(left=left, steps=steps)
    return climb.bound, climb.cheaper_options(total)

"""The bound of a part of any size, within a time or a number of steps: `lagrange`, started from a plan."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from logistics import lagrange
from logistics.fixing import cheaper_options
from logistics.flat import Flat, Int64
from logistics.lagrange import Prices
from logistics.programme import options_of

STEPS = 3_000
"""Steps at most: what more would gain is less than a thousandth."""
SETTLED = 1e-3
"""The step factor at which prices hardly move any more."""


def lagrangean_bound(
    flat: Flat,
    lines: Int64,
    total: int,
    *,
    left: Callable[[], float] | None = None,
    steps: int = STEPS,
) -> float:
    """A lower bound of the cost of some lines, of which a plan costs `total`; until `left()` seconds are 0.

    Whenever it ends, what it returns is valid.
    """
    return _climbed(flat, lines, total, left, steps)[0]


def narrowed(
    flat: Flat,
    lines: Int64,
    total: int,
    *,
    left: Callable[[], float] | None = None,
    steps: int = STEPS,
) -> tuple[float, Int64]:
    """The same bound, and the options that a plan cheaper than `total` could have, line by line."""
    bound, terms, prices = _climbed(flat, lines, total, left, steps)
    options = options_of(flat, lines)
    return bound, options[cheaper_options(flat, options, terms, prices, total)]


def _climbed(
    flat: Flat, lines: Int64, total: int, left: Callable[[], float] | None, steps: int
) -> tuple[float, lagrange.Terms, Prices]:
    terms = lagrange.terms_of(flat, lines)
    prices, best = (
        Prices(np.full(len(lines), total / len(lines)), np.zeros(len(terms.line))) for _ in range(2)
    )
    state = np.array([-np.inf, 1.0, 0.0, float(total)])
    chunk = max(1, min(50, 2_000_000 // (len(terms.line) + 1)))
    done = 0
    while done < steps and state[1] > SETTLED and (left is None or done == 0 or left() > 0):
        lagrange.climb(terms, prices, best, state, min(chunk, steps - done))
        done += chunk
    return float(state[0]), terms, best

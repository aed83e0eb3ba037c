"""The cheapest way to a minimum: a knapsack that must be filled, whole items only, at machine speed."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from logistics.compiling import compiled

Floats = NDArray[np.float64]

NODES = 400
"""Steps of the search after which the fractional bound has to do."""


@compiled
def least_cover(value: Floats, cost: Floats, count: int, need: float, most: float, part: Floats) -> float:
    """The least cost of items [count] of a total value of at least `need`; `most` if it is not below that.

    Costs are not negative. `part` becomes 1.0 for each item taken. Depth first, the cheapest a value ahead,
    each node bounded by its fractional rest (Dantzig 1957); after `NODES` steps the fractional optimum is
    returned, which is a lower bound, with its one item taken in part.
    """
    ratio = np.empty(count)
    left = 0.0
    for k in range(count):
        ratio[k] = cost[k] / max(value[k], 1e-9)
        left += value[k]
    if left < need:
        return most
    order = np.argsort(ratio)
    # What a node can still reach is what is neither taken nor passed over.
    rest = np.empty(count + 1)
    rest[count] = 0.0
    for j in range(count - 1, -1, -1):
        rest[j] = rest[j + 1] + value[order[j]]
    relaxed = _fractional(value, cost, order, 0, need, most)
    if relaxed >= most:
        return most
    taken = np.zeros(count)
    best, met, spent = most, 0.0, 0.0
    j = 0
    for _ in range(NODES):
        if met >= need:
            if spent < best:
                best = spent
                for i in range(count):
                    part[order[i]] = taken[i]
        elif (
            met + rest[j] >= need
            and spent + _fractional(value, cost, order, j, need - met, best - spent) < best - 1e-9
        ):
            taken[j] = 1.0
            met += value[order[j]]
            spent += cost[order[j]]
            j += 1
            continue
        # Back to the last item taken, to pass it over.
        j -= 1
        while j >= 0 and taken[j] == 0.0:
            j -= 1
        if j < 0:
            return best
        taken[j] = 0.0
        met -= value[order[j]]
        spent -= cost[order[j]]
        j += 1
    met = 0.0
    for i in range(count):
        k = order[i]
        part[k] = min(1.0, max(0.0, need - met) / max(value[k], 1e-9))
        met += value[k]
    return relaxed


@compiled
def _fractional(
    value: Floats, cost: Floats, order: NDArray[np.int64], first: int, need: float, most: float
) -> float:
    """The least cost of parts of the items from `first` on that reach `need`; `most` if it is not below."""
    spent = 0.0
    for j in range(first, len(order)):
        k = order[j]
        if value[k] >= need:
            spent += cost[k] * need / max(value[k], 1e-9)
            return float(min(most, spent))
        need -= value[k]
        spent += cost[k]
        if spent >= most:
            return most
    return most

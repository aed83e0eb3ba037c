"""Inequalities that hold for every group of a joint cost: it is at least the sum of the group's coefficients.

Coefficients come one buyer after the other: each gets the most that no group of it and earlier ones breaks
(sequence lifting). What groups of earlier ones have reached is kept as a short list of states; where it gets
long, neighbours are merged to the safe side, so that coefficients only get smaller.
"""

from __future__ import annotations

import numpy as np

from logistics.compiling import compiled
from logistics.kernels import Array, load_price
from logistics.separation import Pool

STATES = 48
"""States that are kept, about."""


@compiled
def one_sided(pool: Pool, load: int, amount: int, by_volume: bool) -> int:
    """What a load costs at least that holds so much volume, or weighs so much; it never falls with either."""
    if amount == 0:
        return 0
    weight, volume = (1, amount) if by_volume else (amount, 0)
    return load_price(pool, load, weight, volume)  # type: ignore[arg-type]


@compiled
def _merged(sums: Array, reached: Array, whole: int, into: Array, into_reached: Array) -> int:
    """Writes states `into` fewer, if there are many: of neighbours the first sum stays, with the greatest
    that they reach. Returns how many there are; sums from `whole` up are alike.
    """
    count, last = 0, -1
    for k in range(len(sums)):
        bucket = sums[k] * (STATES - 1) // whole if sums[k] < whole else STATES
        if len(sums) > STATES and bucket == last:
            into_reached[count - 1] = reached[k]
        else:
            into[count], into_reached[count] = sums[k], reached[k]
            count += 1
        last = bucket
    return count


@compiled
def lifted_price(pool: Pool, load: int, amounts: Array, order: Array, by_volume: bool) -> Array:
    """Coefficients of a load's buyers, who bring these volumes (or weights), in this order.

    A state is a sum of volumes and the greatest sum of coefficients of groups with no more volume.
    """
    coefficients = np.zeros(len(amounts), np.int64)
    sums, reached = np.zeros(2 * STATES + 4, np.int64), np.zeros(2 * STATES + 4, np.int64)
    new_sums, new_reached = sums.copy(), reached.copy()
    count = 1
    for b in order:
        best = one_sided(pool, load, amounts[b], by_volume)
        for k in range(1, count):
            best = min(best, one_sided(pool, load, sums[k] + amounts[b], by_volume) - reached[k])
        if best <= 0:
            continue
        coefficients[b] = best
        # Both lists rise in both; what has more volume for no greater sum says nothing.
        old, new, kept = 0, 0, 0
        while old < count or new < count:
            if new >= count or (old < count and sums[old] <= sums[new] + amounts[b]):
                total, worth = sums[old], reached[old]
                old += 1
            else:
                total, worth = sums[new] + amounts[b], reached[new] + best
                new += 1
            if kept == 0 or worth > new_reached[kept - 1]:
                new_sums[kept], new_reached[kept] = total, worth
                kept += 1
        # Nobody is a state by itself: it is never one of those that a buyer is lifted over.
        sums[0], reached[0] = new_sums[0], new_reached[0]
        top = new_sums[kept - 1] + 1
        count = 1 + _merged(new_sums[1:kept], new_reached[1:kept], top, sums[1:], reached[1:])
    return coefficients


@compiled
def lifted_fee(minimum: int, fee: int, values: Array, order: Array) -> Array:
    """Coefficients of a collection's buyers, who order for these values, in this order.

    A state is a sum of values and the greatest sum of coefficients of groups, but for nobody, with no less.
    Coefficients of buyers who lift the others over the minimum are below 0.
    """
    coefficients = np.zeros(len(values), np.int64)
    sums, reached = np.zeros(2 * STATES + 6, np.int64), np.zeros(2 * STATES + 6, np.int64)
    new_sums, new_reached = sums.copy(), reached.copy()
    count = 0
    for b in order:
        best = fee if values[b] < minimum else 0
        for k in range(count):
            best = min(best, (fee if sums[k] + values[b] < minimum else 0) - reached[k])
        coefficients[b] = best
        # Falling sums, rising coefficients; the buyer alone is a state too.
        old, new, kept, alone = 0, 0, 0, True
        while old < count or new < count or alone:
            first = sums[old] if old < count else -1
            second = sums[new] + values[b] if new < count else -1
            if first >= second and first >= (values[b] if alone else -1):
                total, worth = first, reached[old]
                old += 1
            elif second >= (values[b] if alone else -1):
                total, worth = second, reached[new] + best
                new += 1
            else:
                total, worth = values[b], best
                alone = False
            if kept == 0 or worth > new_reached[kept - 1]:
                new_sums[kept], new_reached[kept] = min(total, minimum), worth
                kept += 1
        count = _merged(new_sums[:kept], new_reached[:kept], max(1, minimum), sums, reached)
    return coefficients

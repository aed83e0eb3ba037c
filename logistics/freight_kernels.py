"""The freight of a load in containers at machine speed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from logistics.compiling import compiled

if TYPE_CHECKING:
    from logistics.kernels import Part

Floats = NDArray[np.float64]

MILLION = 1_000_000
FOREVER = 2**62
FEW = 8
"""Counts of a container that are tried one by one."""


@compiled
def mixed_freight(p: Part, tariff: int, w: int, v: int) -> int:
    """Least cost of containers and less-than-container for a load, depth first with a bound."""
    per_wm = p.tariffs[tariff].per_wm
    best = FOREVER
    if per_wm >= 0:
        best = loose_freight(p, tariff, w, v)
    begin, end = p.tariffs[tariff].first, p.tariffs[tariff].end
    if begin == end:
        return best
    # Containers come dearest first: the last is the cheapest, and no mix with one costs less than it.
    if best <= p.steps[end - 1].cost:
        return best
    for box in range(begin, end):
        if most_of(p, box, w, v) > FEW:
            best = freight_of_many(p, tariff, w, v, False, best)
            return freight_of_many(p, tariff, w, v, True, best) if per_wm >= 0 else best
    kinds = end - begin
    left_w = np.empty(kinds + 1, np.int64)
    left_v = np.empty(kinds + 1, np.int64)
    spent = np.empty(kinds + 1, np.int64)
    count = np.empty(kinds + 1, np.int64)
    left_w[0], left_v[0], spent[0] = w, v, 0
    count[0] = most_of(p, begin, w, v)
    k = 0
    while k >= 0:
        n = count[k]
        if n < 0:
            k -= 1
            continue
        count[k] -= 1
        box = begin + k
        rest_w, rest_v = left_w[k] - n * p.steps[box].grams, left_v[k] - n * p.steps[box].cm3
        cost = spent[k] + n * p.steps[box].cost
        if cost >= best:
            continue
        if rest_w <= 0 and rest_v <= 0:
            best = cost
            continue
        if per_wm >= 0:
            best = min(best, cost + loose_freight(p, tariff, rest_w, rest_v))
        if k + 1 < kinds:
            k += 1
            left_w[k], left_v[k], spent[k] = rest_w, rest_v, cost
            count[k] = most_of(p, begin + k, rest_w, rest_v)
    return best


@compiled
def loose_freight(p: Part, tariff: int, w: int, v: int) -> int:
    """Less-than-container for a load."""
    return int((p.tariffs[tariff].per_wm * max(w, v, p.tariffs[tariff].least_wm) + MILLION - 1) // MILLION)


@compiled
def most_of(p: Part, box: int, w: int, v: int) -> int:
    """How many of a container hold all of a load."""
    return int(
        max(
            0,
            (w + p.steps[box].grams - 1) // p.steps[box].grams,
            (v + p.steps[box].cm3 - 1) // p.steps[box].cm3,
        )
    )


@compiled
def freight_of_many(p: Part, tariff: int, w: int, v: int, loose: bool, best: int) -> int:
    """The least of `best` and the cost of any mix for all, or of one whose rest goes loose: of many counts
    only those are tried that a bound says can be cheaper. `tariffs` has the words.
    """
    begin, end = p.tariffs[tariff].first, p.tariffs[tariff].end
    kinds = end - begin
    prices = rest_prices(p, tariff, loose)
    # What goes loose pays for a least load whatever it is: that much of the load is paid by it.
    paid = p.tariffs[tariff].per_wm * p.tariffs[tariff].least_wm // MILLION if loose else 0
    held = p.tariffs[tariff].least_wm if loose else 0
    spent_first, rest_w, rest_v = 0, w, v
    for box in range(begin, end - 1):
        n = lowest_of(
            p, prices[box - begin], box, rest_w - held, rest_v - held, most_of(p, box, rest_w, rest_v)
        )
        spent_first += n * p.steps[box].cost
        rest_w, rest_v = rest_w - n * p.steps[box].grams, rest_v - n * p.steps[box].cm3
    best = last_of(p, tariff, rest_w, rest_v, spent_first, loose, best)
    left_w = np.empty(kinds, np.int64)
    left_v = np.empty(kinds, np.int64)
    spent = np.empty(kinds, np.int64)
    count = np.empty(kinds, np.int64)
    fewest = np.empty(kinds, np.int64)
    left_w[0], left_v[0], spent[0] = w, v, 0
    if kinds == 1:
        return last_of(p, tariff, w, v, 0, loose, best)
    count[0], fewest[0] = counts_of(p, prices[0], begin, w, v, held, best - paid)
    k = 0
    while k >= 0:
        n = count[k]
        if n < fewest[k]:
            k -= 1
            continue
        count[k] -= 1
        box = begin + k
        rest_w, rest_v = left_w[k] - n * p.steps[box].grams, left_v[k] - n * p.steps[box].cm3
        cost = spent[k] + n * p.steps[box].cost
        if cost + paid >= best:
            continue
        if k + 2 == kinds:
            best = last_of(p, tariff, rest_w, rest_v, cost, loose, best)
            continue
        k += 1
        left_w[k], left_v[k], spent[k] = rest_w, rest_v, cost
        count[k], fewest[k] = counts_of(p, prices[k], begin + k, rest_w, rest_v, held, best - paid - cost)
    return best


@compiled
def counts_of(p: Part, corners: Floats, box: int, w: int, v: int, held: int, below: int) -> tuple[int, int]:
    """The most and the fewest of a container that a mix of it and later ones can have to cost less than
    `below`, while `held` of the load is paid for already.
    """
    most = most_of(p, box, w, v)
    if most <= FEW:
        return most, 0
    w, v = w - held, v - held
    limit = below - 1 + 1e-9 * abs(below) + 1e-6
    lowest = lowest_of(p, corners, box, w, v, most)
    if least_with(p, corners, box, lowest, w, v) > limit:
        return -1, 0
    first, high = 0, lowest
    while first < high:
        middle = (first + high) // 2
        if least_with(p, corners, box, middle, w, v) <= limit:
            high = middle
        else:
            first = middle + 1
    last, high = lowest, most
    while last < high:
        middle = (last + high + 1) // 2
        if least_with(p, corners, box, middle, w, v) <= limit:
            last = middle
        else:
            high = middle - 1
    return last, first


@compiled
def last_of(p: Part, tariff: int, w: int, v: int, spent: int, loose: bool, best: int) -> int:
    """The least of `best` and the cost with any count of the last container, beside what is `spent`."""
    box = p.tariffs[tariff].end - 1
    grams, cm3, cost = p.steps[box].grams, p.steps[box].cm3, p.steps[box].cost
    most = most_of(p, box, w, v)
    if not loose:
        return min(best, spent + most * cost)
    # The cost is straight between counts where what the rest pays for changes.
    least = p.tariffs[tariff].least_wm
    for turn in range(5):
        n = most
        if turn == 1:
            n = 0
        elif turn == 2:
            n = (w - least) // grams
        elif turn == 3:
            n = (v - least) // cm3
        elif turn == 4 and grams != cm3:
            n = (w - v) // (grams - cm3)
        for near in range(n, n + 2):
            if 0 <= near <= most:
                rest = loose_freight(p, tariff, w - near * grams, v - near * cm3)
                best = min(best, spent + near * cost + rest)
    return best


@compiled
def rest_prices(p: Part, tariff: int, loose: bool) -> Floats:
    """For each container prices of a gram and a cm3 by which none of the later ones, nor less-than-container
    if it is `loose`, holds more than it costs: the corners of all such prices, and zeros.
    """
    begin, end = p.tariffs[tariff].first, p.tariffs[tariff].end
    kinds = end - begin
    holds = np.empty((kinds + 1, 3))
    found = np.zeros((kinds, 2 + kinds * (kinds + 1) // 2, 2))
    for k in range(kinds):
        size = 0
        for box in range(begin + k + 1, end):
            holds[size, 0], holds[size, 1] = p.steps[box].grams, p.steps[box].cm3
            holds[size, 2] = p.steps[box].cost
            size += 1
        if loose:
            holds[size, 0], holds[size, 1] = 1.0, 1.0
            holds[size, 2] = p.tariffs[tariff].per_wm / MILLION
            size += 1
        if size == 0:
            continue
        found[k, 0, 0] = found[k, 1, 1] = np.inf
        corner = 2
        for i in range(size):
            found[k, 0, 0] = min(found[k, 0, 0], holds[i, 2] / holds[i, 0])
            found[k, 1, 1] = min(found[k, 1, 1], holds[i, 2] / holds[i, 1])
            for j in range(i):
                across = holds[i, 0] * holds[j, 1] - holds[j, 0] * holds[i, 1]
                if across == 0.0:
                    continue
                a_gram = (holds[i, 2] * holds[j, 1] - holds[j, 2] * holds[i, 1]) / across
                a_cm3 = (holds[i, 0] * holds[j, 2] - holds[j, 0] * holds[i, 2]) / across
                held = a_gram > 0.0 and a_cm3 > 0.0
                for m in range(size):
                    held &= a_gram * holds[m, 0] + a_cm3 * holds[m, 1] <= holds[m, 2] * (1.0 + 1e-12)
                if held:
                    found[k, corner, 0], found[k, corner, 1] = a_gram, a_cm3
                    corner += 1
    return found


@compiled
def least_with(p: Part, corners: Floats, box: int, n: int, w: int, v: int) -> float:
    """A lower bound of n containers and what the rest costs: convex in n."""
    rest_w, rest_v = float(w - n * p.steps[box].grams), float(v - n * p.steps[box].cm3)
    rest = 0.0
    for j in range(len(corners)):
        rest = max(rest, corners[j, 0] * rest_w + corners[j, 1] * rest_v)
    return float(n) * p.steps[box].cost + rest


@compiled
def lowest_of(p: Part, corners: Floats, box: int, w: int, v: int, most: int) -> int:
    """The count for which that bound is least."""
    lowest, high = 0, most
    while lowest < high:
        middle = (lowest + high) // 2
        if least_with(p, corners, box, middle, w, v) <= least_with(p, corners, box, middle + 1, w, v):
            high = middle
        else:
            lowest = middle + 1
    return lowest

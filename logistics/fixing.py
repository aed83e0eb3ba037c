"""Which options of a part no plan cheaper than a given one can have, by the prices of its bound.

For prices of `lagrange`, an option forced into its cell and its collection, with its line's other options
left out of theirs, bounds from below every plan that has it. Where that bound reaches the cost of a plan, the
option can be left out of any search for a cheaper one (reduced-cost fixing).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from logistics.compiling import compiled
from logistics.flat import DIRECT, Flat, Int64
from logistics.lagrange import Floats, Prices, Terms, cell_bound, cell_term, collection_term, cover_of


@compiled
def _collection_with(t: Terms, c: int, forced: int, toll: Floats, unused: Floats) -> float:
    """What a collection adds to the bound at least when `forced` is in it."""
    gain, reached = 0.0, 0.0
    for k in range(t.collection_first[c], t.collection_first[c + 1]):
        o = t.collected[k]
        if toll[o] > 0.0 or o == forced:
            gain += toll[o]
            reached += t.value[o]
    need = t.minimum[c] - reached
    cost = 0.0
    if need > 0.0:
        cost = cover_of(t, c, toll, forced, need, t.fee[c], unused)
    return cost - gain


@compiled
def forced_bounds(t: Terms, prices: Prices, bounds: Floats, by_courier: Floats) -> float:
    """Fills `bounds` with a bound of all plans that have an option, `by_courier` of those in which a line
    goes direct; returns the bound of all plans.
    """
    m, n = len(t.line), len(t.direct)
    pay, taken, unused = np.empty(m), np.zeros(m), np.zeros(m)
    toll = prices.toll
    for o in range(m):
        pay[o] = prices.carriage[t.line[o]] - t.cost[o] - toll[o]
    total = 0.0
    for i in range(n):
        total += min(prices.carriage[i], t.direct[i])
        # Forced aboard, a line does not go direct.
        by_courier[i] = max(0.0, prices.carriage[i] - t.direct[i])
    out = np.zeros(n)
    own_out = np.zeros(m)
    for cell in range(len(t.cell_shipment)):
        begin, end = t.cell_first[cell], t.cell_first[cell + 1]
        alone = cell_term(t, cell, pay, taken)
        total += alone
        for o in range(begin, end):
            bounds[o] = max(0.0, cell_bound(t, cell, pay, o)[0] - alone)
            if taken[o] > 0.0:
                kept, pay[o] = pay[o], -1.0
                own_out[o] = max(0.0, cell_term(t, cell, pay, unused) - alone)
                pay[o] = kept
                out[t.line[o]] += own_out[o]
    for c in range(len(t.minimum)):
        alone = collection_term(t, c, toll, unused)
        total += alone
        for k in range(t.collection_first[c], t.collection_first[c + 1]):
            o = t.collected[k]
            bounds[o] += max(0.0, _collection_with(t, c, o, toll, unused) - alone)
    for o in range(m):
        bounds[o] += total + by_courier[t.line[o]] + out[t.line[o]] - own_out[o]
    for i in range(n):
        by_courier[i] = total + out[i] + max(0.0, t.direct[i] - prices.carriage[i])
    return total


def cheaper_options(
    flat: Flat, options: Int64, terms: Terms, prices: Prices, total: int
) -> NDArray[np.bool_]:
    """For each of `options` (those of which `terms` were made) whether a plan below `total` could have it."""
    bounds = np.empty(len(terms.line))
    by_courier = np.empty(len(terms.direct))
    forced_bounds(terms, prices, bounds, by_courier)
    # Plans cost whole units; the margin is for sums of floats.
    limit = total - 1 + 1e-6 * total + 1e-3
    kept = np.zeros(len(options), bool)
    shipped = flat.option_cell[options] != DIRECT
    kept[~shipped] = by_courier[terms.courier] <= limit
    kept[terms.place] = bounds <= limit
    return kept

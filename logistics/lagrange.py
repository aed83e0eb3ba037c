"""A lower bound of a part of any size: each departure and each collection by itself, prices in between.

A Lagrangean relaxation. Line i pays a price v[i] to whatever carries it, and each of its options o pays q[o]
to its collection; both are free of sign. Then each cell takes the set of lines that pays it best, each
collection the set that pays its fee best, and for all prices

    sum v + sum over cells min(0, cost(S) - sum of (v - q - waiting) over S)
          + sum over collections min(0, fee(S) - sum of q over S) + sum over lines min(0, direct - v)

is at most the cost of any plan. A cell's freight is taken by mode (`modes`: loose, each mix of containers,
each break), and within one as the best weighted mean of its floor and its slope; a minimum that must be
reached is a knapsack of whole lines (`covering`). Prices climb by subgradients with momentum and Polyak's
step (Held, Wolfe and Crowder 1974) toward the cost of a plan.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from logistics.compiling import compiled
from logistics.covering import least_cover
from logistics.flat import DIRECT, Flat, Int64
from logistics.modes import UNREACHABLE, Mode, modes_of
from logistics.programme import options_of

Floats = NDArray[np.float64]

GRID = 8
"""Rates that are tried first in each cell."""
REFINED = 6
"""Rates that are tried after them, each for the mode that then is the cheapest."""
MOMENTUM = 0.7
MEMORY = 0.02
"""Weight of the newest step in the mean of what cells take."""
PATIENCE = 50
"""Steps without a better bound after which the step is shortened."""
SHORTER = 0.8
FLOOR, CAP, HEAVY, LOW, LOW_VALUE, LOW_SLOPE, HIGH, HIGH_VALUE, HIGH_SLOPE = range(9)
"""A mode while its best rate is looked for: between which rates it is, the bound and its slope at both."""


class Terms(NamedTuple):
    """A part's shipped options, in the order of their cells and there of their buyers, and what prices them.

    Modes of cell k are rows cell_modes[k]:cell_modes[k + 1] of `modes`: a floor, the grams and cm3 that it
    pays for, a rate a gram, a rate a cm3 beyond. Options of collection c are `collected` at
    collection_first[c]:collection_first[c + 1]. Shipped option o was number place[o] of the options asked
    for; `courier` are the lines that may go direct.
    """

    line: Int64
    cost: Floats
    weight: Floats
    volume: Floats
    value: Floats
    consignee: Int64
    cell_first: Int64
    cell_shipment: Floats
    cell_consignee: Floats
    cell_modes: Int64
    modes: Floats
    collected: Int64
    collection_first: Int64
    minimum: Floats
    fee: Floats
    direct: Floats
    place: Int64
    courier: Int64


class Prices(NamedTuple):
    """What lines pay to be carried, and options to their collection."""

    carriage: Floats
    toll: Floats


@compiled
def _paying(t: Terms, cell: int, pay: Floats, size: Floats, rate: float, forced: int) -> tuple[float, float]:
    """What a cell gains from those that pay more than `rate` times their size and the buyer's sum, and
    their size. Option `forced` (-1 for none) is among them whatever it pays.
    """
    gain, load = 0.0, 0.0
    o, end = t.cell_first[cell], t.cell_first[cell + 1]
    while o < end:
        own, amount, buyer, aboard = -t.cell_consignee[cell], 0.0, t.consignee[o], False
        while o < end and t.consignee[o] == buyer:
            left = pay[o] - rate * size[o]
            if left > 0.0 or o == forced:
                own += left
                amount += size[o]
            aboard |= o == forced
            o += 1
        if own > 0.0 or aboard:
            gain += own
            load += amount
    return gain, load


@compiled
def _take(t: Terms, cell: int, pay: Floats, size: Floats, rate: float, taken: Floats) -> None:
    """Marks those that `_paying` counts."""
    o, end = t.cell_first[cell], t.cell_first[cell + 1]
    while o < end:
        begin, own, buyer = o, -t.cell_consignee[cell], t.consignee[o]
        while o < end and t.consignee[o] == buyer:
            own += max(pay[o] - rate * size[o], 0.0)
            o += 1
        if own > 0.0:
            for k in range(begin, o):
                if pay[k] - rate * size[k] > 0.0:
                    taken[k] += 1.0


@compiled
def _tried(way: Floats, rate: float, gain: float, load: float) -> None:
    """Narrows where the best rate of a mode is by what the cell gains and holds at one."""
    value, slope = way[FLOOR] - rate * way[CAP] - gain, load - way[CAP]
    if slope > 0.0:
        if rate >= way[LOW]:
            way[LOW], way[LOW_VALUE], way[LOW_SLOPE] = rate, value, slope
    elif rate <= way[HIGH]:
        way[HIGH], way[HIGH_VALUE], way[HIGH_SLOPE] = rate, value, slope


@compiled
def _next_rate(way: Floats) -> float:
    """The rate to try next: where the tangents at both ends meet; -1 if there is nothing to gain."""
    if way[HIGH_VALUE] == -np.inf:
        return float(way[HIGH]) if way[LOW] < way[HIGH] else -1.0
    if way[LOW_VALUE] == -np.inf or way[HIGH_SLOPE] == 0.0:
        return -1.0
    wide = way[HIGH] - way[LOW]
    at = way[HIGH_VALUE] - way[LOW_VALUE] - way[HIGH_SLOPE] * wide
    at = min(max(at / (way[LOW_SLOPE] - way[HIGH_SLOPE]), 0.0), wide)
    most = way[LOW_VALUE] + at * way[LOW_SLOPE]
    if most <= max(way[LOW_VALUE], way[HIGH_VALUE]) * (1.0 + 1e-9) + 0.01:
        return -1.0
    return float(way[LOW] + at)


@compiled
def cell_bound(t: Terms, cell: int, pay: Floats, forced: int) -> tuple[float, float, bool]:
    """What a cell adds to the bound at least, and the rate, by weight or not, at which it takes what it does.

    With `forced`, that option is aboard; without (-1), an empty cell adds 0 and its rate is -1. By each mode
    the cost of a load is floor + most of 0 and rate * (load - cap), at least floor + r * (load - cap) for
    each r from 0 to the rate, for which each line is aboard or not by itself. That bound is concave in r.
    """
    shipment = t.cell_shipment[cell]
    most, grams = _paying(t, cell, pay, t.weight, 0.0, forced)
    if forced < 0 and most <= shipment:
        return 0.0, -1.0, True
    _, cm3 = _paying(t, cell, pay, t.volume, 0.0, forced)
    begin, end = t.cell_modes[cell], t.cell_modes[cell + 1]
    ways = np.empty((end - begin, 9))
    steepest = np.zeros(2)
    for m in range(begin, end):
        way = ways[m - begin]
        heavy = t.modes[m, 3] * (grams - t.modes[m, 1]) >= t.modes[m, 4] * (cm3 - t.modes[m, 2])
        by = 1 if heavy else 0
        way[FLOOR], way[HEAVY] = t.modes[m, 0], by
        way[CAP], way[HIGH] = (t.modes[m, 1], t.modes[m, 3]) if heavy else (t.modes[m, 2], t.modes[m, 4])
        way[LOW], way[LOW_VALUE], way[HIGH_VALUE], way[HIGH_SLOPE] = 0.0, -np.inf, -np.inf, 0.0
        steepest[by] = max(steepest[by], way[HIGH])
        _tried(way, 0.0, most, grams if heavy else cm3)
    for heavy in range(2):
        if steepest[heavy] == 0.0:
            continue
        for k in range(1, GRID):
            rate = steepest[heavy] * k / GRID
            open_modes = False
            for m in range(end - begin):
                way = ways[m]
                if way[HEAVY] == heavy and way[LOW] < rate < way[HIGH] and way[HIGH_VALUE] == -np.inf:
                    open_modes = True
            if not open_modes:
                continue
            gain, load = _paying(t, cell, pay, t.weight if heavy else t.volume, rate, forced)
            for m in range(end - begin):
                if ways[m, HEAVY] == heavy and rate <= ways[m, HIGH]:
                    _tried(ways[m], rate, gain, load)
    best, least = 0, 0.0
    for k in range(REFINED + 1):
        best, least = 0, np.inf
        for m in range(end - begin):
            value = max(ways[m, LOW_VALUE], ways[m, HIGH_VALUE])
            if value < least:
                best, least = m, value
        if k == REFINED or (forced < 0 and least + shipment >= 0.0):
            break
        rate = _next_rate(ways[best])
        if rate < 0.0:
            break
        heavy = ways[best, HEAVY] > 0.0
        gain, load = _paying(t, cell, pay, t.weight if heavy else t.volume, rate, forced)
        if rate == ways[best, HIGH] and load > ways[best, CAP]:
            # No rate beyond: the greatest is the best.
            value = ways[best, FLOOR] - rate * ways[best, CAP] - gain
            ways[best, LOW], ways[best, LOW_VALUE] = rate, value
            continue
        _tried(ways[best], rate, gain, load)
    if forced < 0 and least + shipment >= 0.0:
        return 0.0, -1.0, True
    way = ways[best]
    at = way[LOW] if way[LOW_VALUE] >= way[HIGH_VALUE] else way[HIGH]
    return shipment + least, at, way[HEAVY] > 0.0


@compiled
def cell_term(t: Terms, cell: int, pay: Floats, taken: Floats) -> float:
    """What a cell adds to the bound, at most 0; marks what it takes."""
    least, rate, by_weight = cell_bound(t, cell, pay, -1)
    if rate >= 0.0:
        _take(t, cell, pay, t.weight if by_weight else t.volume, rate, taken)
    return least


@compiled
def cover_of(t: Terms, c: int, toll: Floats, forced: int, need: float, most: float, taken: Floats) -> float:
    """The least that options with no toll to gain take for a collection to reach its minimum, of which `need`
    is left; `most` if it is not below. What is taken comes off `taken`. Option `forced` is in already.
    """
    begin, end = t.collection_first[c], t.collection_first[c + 1]
    value, cost, part = np.empty(end - begin), np.empty(end - begin), np.zeros(end - begin)
    option = np.empty(end - begin, np.int64)
    count = 0
    for k in range(begin, end):
        o = t.collected[k]
        if toll[o] <= 0.0 and o != forced:
            value[count], cost[count], option[count] = min(t.value[o], need), -toll[o], o
            count += 1
    cover = least_cover(value, cost, count, need, most, part)
    if cover < most:
        for k in range(count):
            taken[option[k]] -= part[k]
    return cover


@compiled
def collection_term(t: Terms, c: int, toll: Floats, taken: Floats) -> float:
    """What a collection adds to the bound, at most 0; takes what it takes off `taken`."""
    begin, end = t.collection_first[c], t.collection_first[c + 1]
    gain, reached = 0.0, 0.0
    for k in range(begin, end):
        o = t.collected[k]
        if toll[o] > 0.0:
            gain += toll[o]
            reached += t.value[o]
    if gain <= 0.0:
        return 0.0
    need = t.minimum[c] - reached
    cost = 0.0
    if need > 0.0:
        cost = cover_of(t, c, toll, -1, need, min(t.fee[c], gain), taken)
        if cost >= gain:
            return 0.0
    for k in range(begin, end):
        o = t.collected[k]
        if toll[o] > 0.0:
            taken[o] -= 1.0
    return cost - gain


@compiled
def bound_at(t: Terms, prices: Prices, pay: Floats, aboard: Floats, taken: Floats, served: Floats) -> float:
    """The bound of these prices; `aboard` becomes what cells take of each option, `taken` that less what
    collections do, `served` how often each line is taken.
    """
    for o in range(len(t.line)):
        pay[o] = prices.carriage[t.line[o]] - t.cost[o] - prices.toll[o]
        aboard[o] = 0.0
    total = 0.0
    for i in range(len(t.direct)):
        total += min(prices.carriage[i], t.direct[i])
        served[i] = 1.0 if t.direct[i] < prices.carriage[i] else 0.0
    for cell in range(len(t.cell_shipment)):
        total += cell_term(t, cell, pay, aboard)
    for o in range(len(t.line)):
        served[t.line[o]] += aboard[o]
        taken[o] = aboard[o]
    for c in range(len(t.minimum)):
        total += collection_term(t, c, prices.toll, taken)
    return total


@compiled
def climb(t: Terms, prices: Prices, best: Prices, mean: Floats, state: Floats, steps: int) -> None:
    """Up to `steps` steps from `prices`, keeping the `best`, and in `mean` how much of each option cells took
    lately; `state` is (best bound, step factor, steps without a better one, target, steps so far).
    """
    m, n = len(t.line), len(t.direct)
    pay, aboard, taken = np.empty(m), np.empty(m), np.empty(m)
    served = np.empty(n)
    way, way_toll = np.zeros(n), np.zeros(m)
    free = np.zeros(m, np.bool_)
    for k in range(len(t.collected)):
        free[t.collected[k]] = True
    for _ in range(steps):
        bound = bound_at(t, prices, pay, aboard, taken, served)
        state[4] += 1.0
        weight = max(MEMORY, 1.0 / state[4])
        for o in range(m):
            mean[o] += weight * (aboard[o] - mean[o])
        if bound > state[0]:
            state[0], state[2] = bound, 0.0
            best.carriage[:] = prices.carriage
            best.toll[:] = prices.toll
        else:
            state[2] += 1.0
        if state[2] >= PATIENCE:
            state[1] *= SHORTER
            state[2] = 0.0
            prices.carriage[:] = best.carriage
            prices.toll[:] = best.toll
            way[:] = 0.0
            way_toll[:] = 0.0
            bound = bound_at(t, prices, pay, aboard, taken, served)
        norm = 0.0
        for i in range(n):
            way[i] = MOMENTUM * way[i] + 1.0 - served[i]
            norm += way[i] * way[i]
        for o in range(m):
            if free[o]:
                way_toll[o] = MOMENTUM * way_toll[o] + taken[o]
                norm += way_toll[o] * way_toll[o]
        if norm < 1e-12:
            return
        step = state[1] * max(state[3] - bound, 1.0) / norm
        for i in range(n):
            prices.carriage[i] += step * way[i]
        for o in range(m):
            if free[o]:
                prices.toll[o] += step * way_toll[o]


def terms_of(flat: Flat, lines: Int64, among: Int64 | None = None) -> Terms:
    """The arrays of some lines with all their options, or those `among` them, line by line."""
    options = options_of(flat, lines) if among is None else among
    own = np.searchsorted(lines, flat.option_line[options])
    direct = np.full(len(lines), UNREACHABLE)
    by_courier = flat.option_cell[options] == DIRECT
    direct[own[by_courier]] = flat.option_cost[options[by_courier]]
    courier = own[by_courier]
    place = np.flatnonzero(~by_courier)
    options, own = options[place], own[place]
    order = np.lexsort((flat.option_consignee[options], flat.option_cell[options]))
    options, own, place = options[order], own[order], place[order]
    line = lines[own]
    cells, cell_first = np.unique(flat.option_cell[options], return_index=True)
    tariffs = [flat.problem.services[int(s)].tariff for s in flat.cell_service[cells]]
    table: list[Mode] = []
    cell_modes = [0]
    for tariff in tariffs:
        table += modes_of(tariff)
        cell_modes.append(len(table))
    minimum = np.array([p.minimum_order for p in flat.problem.producers], np.float64)
    fee = np.array([p.small_order_fee for p in flat.problem.producers], np.float64)
    maker = flat.producer[line]
    collected = np.flatnonzero((minimum[maker] > 0) & (fee[maker] > 0))
    collected = collected[np.argsort(flat.option_collection[options[collected]], kind="stable")]
    names, collection_first = np.unique(flat.option_collection[options[collected]], return_index=True)
    makers = flat.collection_producer[names]
    return Terms(
        line=own.astype(np.int64),
        cost=flat.option_cost[options].astype(np.float64),
        weight=flat.weight[line].astype(np.float64),
        volume=flat.volume[line].astype(np.float64),
        value=flat.value[line].astype(np.float64),
        consignee=flat.option_consignee[options].astype(np.int64),
        cell_first=np.append(cell_first, len(options)).astype(np.int64),
        cell_shipment=np.array([tariff.per_shipment for tariff in tariffs], np.float64),
        cell_consignee=np.array([tariff.per_consignee for tariff in tariffs], np.float64),
        cell_modes=np.array(cell_modes, np.int64),
        modes=np.array(table, np.float64).reshape(len(table), 5),
        collected=collected.astype(np.int64),
        collection_first=np.append(collection_first, len(collected)).astype(np.int64),
        minimum=minimum[makers],
        fee=fee[makers],
        direct=direct,
        place=place.astype(np.int64),
        courier=courier.astype(np.int64),
    )

"""A lower bound of a part of any size: each departure and each collection by itself, prices in between.

A Lagrangean relaxation. Line i pays a price v[i] to whatever carries it, and each of its options o pays q[o]
to its collection; both are free of sign. Then each cell takes the set of lines that pays it best, each
collection the set that pays its fee best, and for all prices

    sum v + sum over cells min(0, cost(S) - sum of (v - q - waiting) over S)
          + sum over collections min(0, fee(S) - sum of q over S) + sum over lines min(0, direct - v)

is at most the cost of any plan. A cell's freight is taken by mode (loose, containers, each break) as the
greater of a floor and a rate times weight or volume, and a weighted mean of the two bounds it from below; a
minimum that must be reached is taken as a fractional knapsack. Prices climb by subgradients with momentum and
Polyak's step (Held, Wolfe and Crowder 1974) toward the cost of a plan.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from logistics.compiling import compiled
from logistics.flat import DIRECT, Flat, Int64
from logistics.problem import BreakTariff, Tariff
from logistics.programme import options_of
from logistics.tariffs import MILLION

Floats = NDArray[np.float64]

SEARCHES = 6
"""Bisections of the mean between floor and rate, for each mode of a cell."""
MOMENTUM = 0.7
PATIENCE = 50
"""Steps without a better bound after which the step is shortened."""
SHORTER = 0.8
UNREACHABLE = 1e300


class Terms(NamedTuple):
    """A part's shipped options, in the order of their cells and there of their buyers, and what prices them.

    Modes of cell k are rows cell_modes[k]:cell_modes[k + 1] of `modes`: floor, rate a gram, rate a cm3.
    Options of collection c are `collected` at collection_first[c]:collection_first[c + 1]. Shipped option o
    was number place[o] of the options asked for; `courier` are the lines that may go direct.
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
def _paying(t: Terms, cell: int, pay: Floats, size: Floats, rate: float) -> tuple[float, float]:
    """What a cell gains from those that pay more than `rate` times their size and the buyer's sum, and
    their size.
    """
    gain, load = 0.0, 0.0
    o, end = t.cell_first[cell], t.cell_first[cell + 1]
    while o < end:
        own, amount, buyer = -t.cell_consignee[cell], 0.0, t.consignee[o]
        while o < end and t.consignee[o] == buyer:
            left = pay[o] - rate * size[o]
            if left > 0.0:
                own += left
                amount += size[o]
            o += 1
        if own > 0.0:
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
def cell_term(t: Terms, cell: int, pay: Floats, taken: Floats) -> float:
    """What a cell adds to the bound, at most 0; marks what it takes."""
    shipment = t.cell_shipment[cell]
    most, _ = _paying(t, cell, pay, t.weight, 0.0)
    if most <= shipment:
        return 0.0
    grams, cm3 = 0.0, 0.0
    for o in range(t.cell_first[cell], t.cell_first[cell + 1]):
        if pay[o] > 0.0:
            grams += t.weight[o]
            cm3 += t.volume[o]
    least, least_rate, by_weight = 0.0, -1.0, True
    for m in range(t.cell_modes[cell], t.cell_modes[cell + 1]):
        floor = t.modes[m, 0]
        if most <= shipment + floor:
            continue
        heavy = t.modes[m, 1] * grams >= t.modes[m, 2] * cm3
        size, rate = (t.weight, t.modes[m, 1]) if heavy else (t.volume, t.modes[m, 2])
        # bound(s) = shipment + s * floor + least of (1 - s) * rate * load - pay, concave in s.
        low, high = 0.0, 1.0
        bound, at = -np.inf, 0.0
        share = 0.0
        for _ in range(SEARCHES):
            gain, load = _paying(t, cell, pay, size, (1.0 - share) * rate)
            here = shipment + share * floor - gain
            if here > bound:
                bound, at = here, share
            if bound >= least:
                break
            if rate * load < floor:
                low = share
            else:
                high = share
                if share == 0.0:
                    break
            share = (low + high) / 2
        if bound < least:
            least, least_rate, by_weight = bound, (1.0 - at) * rate, heavy
    if least_rate >= 0.0:
        _take(t, cell, pay, t.weight if by_weight else t.volume, least_rate, taken)
    return least


@compiled
def collection_term(t: Terms, c: int, toll: Floats, taken: Floats, ratio: Floats) -> float:
    """What a collection adds to the bound, at most 0; takes what it takes off `taken`."""
    begin, end = t.collection_first[c], t.collection_first[c + 1]
    gain, reached, all_value = 0.0, 0.0, 0.0
    for k in range(begin, end):
        o = t.collected[k]
        all_value += t.value[o]
        if toll[o] > 0.0:
            gain += toll[o]
            reached += t.value[o]
    if gain <= 0.0:
        return 0.0
    need = t.minimum[c] - reached
    cover = UNREACHABLE
    members = np.empty(0, np.int64)
    if need > 0.0 and all_value >= t.minimum[c]:
        count = end - begin
        for k in range(count):
            o = t.collected[begin + k]
            ratio[k] = UNREACHABLE if toll[o] > 0.0 else -toll[o] / max(min(t.value[o], need), 1e-9)
        members = np.argsort(ratio[:count])
        cover, met = 0.0, 0.0
        for j in range(count):
            k = members[j]
            o = t.collected[begin + k]
            step = min(t.value[o], need, need - met)
            cover += ratio[k] * step
            met += step
            if met >= need or cover > t.fee[c]:
                break
    if need > 0.0 and min(cover, t.fee[c]) >= gain:
        return 0.0
    for k in range(begin, end):
        o = t.collected[k]
        if toll[o] > 0.0:
            taken[o] -= 1.0
    if need <= 0.0:
        return -gain
    if t.fee[c] <= cover:
        return float(t.fee[c] - gain)
    met = 0.0
    for j in range(len(members)):
        k = members[j]
        if met >= need:
            break
        o = t.collected[begin + k]
        capped = min(t.value[o], need)
        step = min(capped, need - met)
        if capped > 0.0:
            taken[o] -= step / capped
        met += step
    return cover - gain


@compiled
def bound_at(t: Terms, prices: Prices, pay: Floats, taken: Floats, served: Floats, ratio: Floats) -> float:
    """The bound of these prices; `taken` becomes what cells take of each option less what collections do,
    `served` how often each line is taken.
    """
    for o in range(len(t.line)):
        pay[o] = prices.carriage[t.line[o]] - t.cost[o] - prices.toll[o]
        taken[o] = 0.0
    total = 0.0
    for i in range(len(t.direct)):
        total += min(prices.carriage[i], t.direct[i])
        served[i] = 1.0 if t.direct[i] < prices.carriage[i] else 0.0
    for cell in range(len(t.cell_shipment)):
        total += cell_term(t, cell, pay, taken)
    for o in range(len(t.line)):
        served[t.line[o]] += taken[o]
    for c in range(len(t.minimum)):
        total += collection_term(t, c, prices.toll, taken, ratio)
    return total


@compiled
def climb(t: Terms, prices: Prices, best: Prices, state: Floats, steps: int) -> None:
    """Up to `steps` steps from `prices`, keeping the `best`; `state` is (best bound, step factor, steps
    without a better one, target).
    """
    m, n = len(t.line), len(t.direct)
    pay, taken = np.empty(m), np.empty(m)
    served, ratio = np.empty(n), np.empty(m)
    way, way_toll = np.zeros(n), np.zeros(m)
    free = np.zeros(m, np.bool_)
    for k in range(len(t.collected)):
        free[t.collected[k]] = True
    for _ in range(steps):
        bound = bound_at(t, prices, pay, taken, served, ratio)
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
            bound = bound_at(t, prices, pay, taken, served, ratio)
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


def modes_of(tariff: Tariff) -> list[tuple[float, float, float]]:
    """The ways in which a tariff is paid, as (floor, rate a gram, rate a cm3): the freight of a load by the
    way that it takes is at least each of the three.
    """
    if isinstance(tariff, BreakTariff):
        return [
            (
                max(step.per_kg * step.from_g / 1000, float(tariff.minimum_charge)),
                step.per_kg / 1000,
                step.per_kg / tariff.volumetric_divisor,
            )
            for step in tariff.breaks
        ]
    found = []
    loose = tariff.less_than_container
    rate = loose.per_wm / MILLION if loose else UNREACHABLE
    if loose:
        found.append((rate * loose.minimum, rate, rate))
    if tariff.containers:
        found.append(
            (
                float(min(box.cost for box in tariff.containers)),
                min(rate, *(box.cost / box.weight_g for box in tariff.containers)),
                min(rate, *(box.cost / box.volume_cm3 for box in tariff.containers)),
            )
        )
    return found


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
    table: list[tuple[float, float, float]] = []
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
        modes=np.array(table, np.float64).reshape(len(table), 3),
        collected=collected.astype(np.int64),
        collection_first=np.append(collection_first, len(collected)).astype(np.int64),
        minimum=minimum[makers],
        fee=fee[makers],
        direct=direct,
        place=place.astype(np.int64),
        courier=courier.astype(np.int64),
    )

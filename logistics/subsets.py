"""Least cost of a handful of lines, exactly and in integers, by dynamic programming over their subsets.

Held and Karp's scheme for partitions: best(S) after a day is the least over T within S of what T costs when
it leaves that day plus best(S without T) before it. Cells of one day are joined first, because the day's
collections are priced over all of them. 3^n steps for each cell and day.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache, partial

import numpy as np

from logistics.flat import DIRECT, Flat, Int64
from logistics.vectors import freight_costs

LIMIT = 9
"""Lines that are solved this way before anything else is tried."""
MOST_STEPS = 2_000_000_000
"""Steps, at machine speed some nanoseconds each, that a few lines more are worth where nothing else proves
them.
"""

NEVER = 2**61


@dataclass(frozen=True, slots=True)
class _Pairs:
    """All (S, T within S), sorted by S: `part` is T, `rest` is S without T, S's begin at `starts`."""

    part: Int64
    rest: Int64
    starts: Int64


@lru_cache(maxsize=LIMIT + 1)
def _pairs(n: int) -> _Pairs:
    sets = np.arange(1 << n, dtype=np.int64)
    whole, part = np.nonzero((sets[None, :] & ~sets[:, None]) == 0)
    starts = np.searchsorted(whole, sets)
    return _Pairs(part, whole ^ part, starts)


def _join(pairs: _Pairs, added: Int64, before: Int64) -> tuple[Int64, Int64]:
    """(min, +) convolution over subsets, and the part T that attains it for each S."""
    sums = added[pairs.part] + before[pairs.rest]
    best = np.minimum.reduceat(sums, pairs.starts)
    sizes = np.diff(np.append(pairs.starts, len(sums)))
    hits = np.flatnonzero(sums == np.repeat(best, sizes))
    _, at = np.unique(np.searchsorted(pairs.starts, hits, side="right") - 1, return_index=True)
    return np.minimum(best, NEVER), pairs.part[hits[at]]


def _joiner(n: int) -> Callable[[Int64, Int64], tuple[Int64, Int64]]:
    if n <= LIMIT:
        return partial(_join, _pairs(n))
    # Here and not above, so that a small problem never waits for numba.
    from logistics.exhausting import joined

    return joined


def steps(flat: Flat, lines: Int64) -> int:
    """How many steps `least` takes."""
    spans = [flat.option_cell[int(flat.first[line]) : int(flat.first[line + 1])] for line in lines]
    return int(len(np.unique(np.concatenate(spans))) * 3 ** len(lines))


def _sums(amounts: Int64) -> Int64:
    """The sum of each subset of a few amounts, by subset as a bit mask."""
    sums = np.zeros(1, np.int64)
    for amount in amounts.tolist():
        sums = np.concatenate([sums, sums + amount])
    return sums


def least(flat: Flat, lines: Int64) -> Int64 | None:
    """The chosen option of each of a few `lines` in a least-cost plan of them; None if there is none."""
    n = len(lines)
    join = _joiner(n)
    by_cell: dict[int, dict[int, int]] = {}
    option: dict[tuple[int, int], int] = {}
    direct = np.full(n, NEVER, np.int64)
    for k, line in enumerate(lines.tolist()):
        for o in range(int(flat.first[line]), int(flat.first[line + 1])):
            cell = int(flat.option_cell[o])
            option[k, cell] = o
            if cell == DIRECT:
                direct[k] = flat.option_cost[o]
            else:
                by_cell.setdefault(cell, {})[k] = int(flat.option_cost[o])
    by_day: dict[int, list[int]] = {}
    for cell in sorted(by_cell):
        by_day.setdefault(int(flat.cell_day[cell]), []).append(cell)
    best = np.zeros(1, np.int64)
    for amount in direct.tolist():
        best = np.concatenate([best, np.minimum(best + amount, NEVER)])
    fees = _fees(flat, lines)
    buyers = flat.buyer[lines].astype(np.int64)
    taken: list[tuple[int, list[tuple[int, Int64]], Int64]] = []
    for day in sorted(by_day):
        leaving: Int64 | None = None
        parts: list[tuple[int, Int64]] = []
        for cell in by_day[day]:
            cost = _cell_cost(flat, lines, buyers, cell, by_cell[cell])
            if leaving is None:
                leaving = cost
                parts.append((cell, np.arange(1 << n, dtype=np.int64)))
            else:
                leaving, part = join(cost, leaving)
                parts.append((cell, part))
        assert leaving is not None
        best, part = join(np.minimum(leaving + fees, NEVER), best)
        taken.append((day, parts, part))
    full = (1 << n) - 1
    if best[full] >= NEVER:
        return None
    chosen = np.empty(n, np.int64)
    left = full
    for _, parts, part in reversed(taken):
        today = int(part[left])
        left ^= today
        for cell, by_part in reversed(parts):
            here = int(by_part[today])
            today ^= here
            for k in range(n):
                if here >> k & 1:
                    chosen[k] = option[k, cell]
    for k in range(n):
        if left >> k & 1:
            chosen[k] = option[k, DIRECT]
    return chosen


def _fees(flat: Flat, lines: Int64) -> Int64:
    """Small-order fees of each subset when it leaves on one day."""
    fees = np.zeros(1 << len(lines), np.int64)
    for p in np.unique(flat.producer[lines]).tolist():
        producer = flat.problem.producers[p]
        mine = flat.producer[lines] == p
        values = _sums(np.where(mine, flat.value[lines], 0))
        some = _sums(mine.astype(np.int64)) > 0
        fees += np.where(some & (values < producer.minimum_order), producer.small_order_fee, 0)
    return fees


def _cell_cost(flat: Flat, lines: Int64, buyers: Int64, cell: int, waiting: dict[int, int]) -> Int64:
    """What each subset costs in a cell, `NEVER` where it may not be there; 0 for the empty one."""
    n = len(lines)
    tariff = flat.problem.services[int(flat.cell_service[cell])].tariff
    mine = np.array([k in waiting for k in range(n)])
    sets = np.arange(1 << n, dtype=np.int64)
    allowed = (sets & ~sum(1 << k for k in waiting)) == 0
    weight = _sums(flat.weight[lines])
    volume = _sums(flat.volume[lines])
    allowed &= (weight <= flat.cell_capacity_g[cell]) & (volume <= flat.cell_capacity_cm3[cell])
    inside = sets[allowed]
    cost = np.full(1 << n, NEVER, np.int64)
    consignees = np.zeros(len(inside), np.int64)
    for buyer in np.unique(buyers[mine]).tolist():
        mask = sum(1 << k for k in range(n) if buyers[k] == buyer)
        consignees += (inside & mask) != 0
    cost[inside] = (
        freight_costs(tariff, weight[inside], volume[inside])
        + tariff.per_shipment
        + tariff.per_consignee * consignees
        + _sums(np.array([waiting.get(k, 0) for k in range(n)], np.int64))[inside]
    )
    cost[0] = 0
    return cost

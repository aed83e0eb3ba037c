"""Groups of a few lines by trying every combination of their options, at machine speed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from logistics.compiling import compiled
from logistics.flat import Flat, Int64
from logistics.freight_kernels import FOREVER
from logistics.kernels import NOWHERE, Array, Part, fits, insert, insertion_cost, remove
from logistics.search import begin, tariff_records


@compiled
def ways_of(p: Part, line: int, ways: Array) -> int:
    """The options of a line that could be worth taking: the cheapest that nobody could share, and all others.

    Returns how many; the lines of the part must be nowhere.
    """
    count = 0
    least, private = FOREVER, NOWHERE
    for option in range(p.lines[line].first, p.lines[line].end):
        if not fits(p, line, option):
            continue
        cell = p.options[option].cell
        shared = False
        if cell != NOWHERE:
            k = p.options[option].collection
            shared = p.cells[cell].end - p.cells[cell].first > 1 or (
                p.collections[k].fee > 0 and p.collections[k].end - p.collections[k].first > 1
            )
        if shared:
            ways[count] = option
            count += 1
        else:
            cost = insertion_cost(p, line, option)
            if cost < least:
                least, private = cost, option
    if private != NOWHERE:
        ways[count] = private
        count += 1
    return count


@compiled
def least_of(p: Part, group: Array, chosen: Array) -> int:
    """The least cost of a group of lines that are nowhere, their options in `chosen`; FOREVER if none fits.

    Depth first. What is placed never gets cheaper but by its fees, which a bound therefore leaves out.
    """
    n = len(group)
    most = 0
    for line in group:
        most = max(most, p.lines[line].end - p.lines[line].first)
    ways = np.empty((n, most), np.int64)
    counts = np.empty(n, np.int64)
    at = np.zeros(n, np.int64)
    cost = np.zeros(n + 1, np.int64)
    fees = np.zeros(n + 1, np.int64)
    rest = np.zeros(n + 1, np.int64)
    for k in range(n - 1, -1, -1):
        counts[k] = ways_of(p, group[k], ways[k])
        least = FOREVER
        for j in range(counts[k]):
            least = min(least, p.options[ways[k, j]].cost)
        if least == FOREVER:
            return FOREVER
        rest[k] = rest[k + 1] + least
    best = FOREVER
    depth = 0
    while depth >= 0:
        line = group[depth]
        if p.lines[line].option != NOWHERE:
            remove(p, line)
        if at[depth] == counts[depth]:
            at[depth] = 0
            depth -= 1
            continue
        option = ways[depth, at[depth]]
        at[depth] += 1
        if not fits(p, line, option):
            continue
        here = cost[depth] + insertion_cost(p, line, option)
        fee = fees[depth]
        if p.options[option].cell != NOWHERE:
            fee += p.collections[p.options[option].collection].fee
        if here >= best if depth == n - 1 else here - fee + rest[depth + 1] >= best:
            continue
        insert(p, line, option)
        if depth == n - 1:
            best = here
            for k in range(n):
                chosen[k] = p.lines[group[k]].option
            continue
        depth += 1
        cost[depth], fees[depth] = here, fee
    return best


@compiled
def joined(added: Array, before: Array) -> tuple[Array, Array]:
    """For each set S, as a bit mask, the least of added[T] + before[S without T] over all T within S, and
    that T: the greatest if several have it.
    """
    best = added + before[0]
    part = np.arange(len(added))
    for whole in range(len(added)):
        t = whole
        while t:
            t = (t - 1) & whole
            cost = added[t] + before[whole ^ t]
            if cost < best[whole]:
                best[whole], part[whole] = cost, t
    return best, part


@compiled
def least_of_groups(p: Part, starts: Array, chosen: Array, totals: Array) -> None:
    """`least_of` for each group of consecutive lines starts[k]:starts[k + 1]."""
    for k in range(len(totals)):
        group = np.arange(starts[k], starts[k + 1])
        totals[k] = least_of(p, group, chosen[starts[k] : starts[k + 1]])


def least_of_each(
    flat: Flat, groups: Sequence[Int64], chunk: int
) -> Iterator[tuple[Int64, Int64, int | None]]:
    """Each group with its least plan and cost (None where there is no plan), `chunk` lines at once."""
    tariffs = tariff_records([service.tariff for service in flat.problem.services])
    sizes = np.array([len(group) for group in groups])
    for part in np.split(np.arange(len(groups)), np.flatnonzero(np.diff(np.cumsum(sizes) // chunk)) + 1):
        lines = np.concatenate([groups[k] for k in part.tolist()])
        search = begin(flat, lines, tariffs, 1)
        starts = np.concatenate([[0], np.cumsum(sizes[part])]).astype(np.int64)
        chosen = np.zeros(len(lines), np.int64)
        totals = np.empty(len(part), np.int64)
        least_of_groups(search.part, starts, chosen, totals)
        found = search.options[chosen]
        for j, k in enumerate(part.tolist()):
            total = int(totals[j])
            options = found[starts[j] : starts[j + 1]]
            yield groups[k], options, None if total == FOREVER else total

"""The nucleolus of a small game under 0 <= x <= cap, by the sequence of linear programmes of Maschler, Peleg
and Shapley, with coalitions added as they are violated; and its rounding to integers.

Every coalition's cost is known (2^n integers), so the worst coalition is found by looking at all of them.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from logistics.flat import Int64
from logistics.game import subset_sums
from logistics.highs import INFINITE, Model, Outcome, solve

LIMIT = 15
"""Buyers of a game that is solved this way at most."""

Floats = NDArray[np.float64]
TOLERANCE = 1e-6
BATCH = 8


@dataclass(frozen=True, slots=True)
class Split:
    """Integer amounts of a game's buyers, and the largest excess over proper coalitions with one that has
    it.
    """

    amounts: tuple[int, ...]
    max_excess: int
    coalition: tuple[int, ...]


def nucleolus(costs: Int64, caps: tuple[int, ...], alike: tuple[int, ...]) -> Split:
    """The integer split nearest to the nucleolus of c (by bit mask over n buyers) with 0 <= x <= caps.

    Buyers with the same number in `alike` have the same cap and pay the same, to a unit. The caps must
    reach c of all.
    """
    n = len(caps)
    total = int(costs[-1])
    if sum(caps) < total:
        raise ValueError(f"the caps fall short of the total by {total - sum(caps)}")
    if n == 1:
        return Split((total,), 0, ())
    ties = _ties(alike)
    ideal, least_excess = _ideal(costs, caps, ties)
    # Integers of equal buyers may differ by one, which the ideal's do not: they can do better than it.
    target = -math.inf if ties else math.ceil(least_excess - 1e-4)
    return _rounded(costs, caps, ties, ideal, target)


def _ties(alike: tuple[int, ...]) -> list[tuple[int, int]]:
    """Pairs that pay the same: each buyer with the first one of its kind."""
    first: dict[int, int] = {}
    return [(first[kind], b) for b, kind in enumerate(alike) if first.setdefault(kind, b) != b]


def _members(mask: int, n: int) -> list[int]:
    return [b for b in range(n) if mask >> b & 1]


def _float_sums(x: Floats) -> Floats:
    sums = np.zeros(1)
    for amount in x.tolist():
        sums = np.concatenate([sums, sums + amount])
    return sums


def _ideal(costs: Int64, caps: tuple[int, ...], ties: list[tuple[int, int]]) -> tuple[Floats, float]:
    """The nucleolus as floats and its largest excess."""
    n = len(caps)
    everyone = (1 << n) - 1
    scale = max(1.0, float(costs.max()) / 1000)
    fixed: list[tuple[int, float]] = [(everyone, float(costs[-1]))]
    active = {1 << b for b in range(n)} | {everyone ^ 1 << b for b in range(n)}
    free = ~_in_span([everyone], ties, n)
    free[0] = False
    first_excess: float | None = None
    x = np.zeros(n)
    while free.any():
        active = {mask for mask in active if free[mask]}
        while True:
            outcome, order = _programme(costs, caps, ties, fixed, sorted(active), scale)
            assert outcome.values is not None
            x = np.array(outcome.values[:n]) * scale
            excess = outcome.values[n] * scale
            over = np.where(free, _float_sums(x) - costs, -np.inf)
            worst = np.argsort(-over, kind="stable")[:BATCH]
            added = {int(mask) for mask in worst if over[mask] > excess + TOLERANCE * scale} - active
            if not added:
                break
            active |= added
        if first_excess is None:
            first_excess = excess
        assert outcome.row_duals is not None
        duals = np.abs(outcome.row_duals[len(ties) + len(fixed) :])
        tight = [mask for mask, dual in zip(order, duals, strict=True) if dual > 1e-7]
        if not tight:
            tight = [order[int(np.argmax(duals))]]
        settled = _independent([mask for mask, _ in fixed], tight, ties, n)
        fixed += [(mask, float(costs[mask]) + excess) for mask in settled]
        free &= ~_in_span([mask for mask, _ in fixed], ties, n)
    if first_excess is None:  # equal buyers and the total leave nothing open: the one such split
        outcome, _ = _programme(costs, caps, ties, fixed, sorted(active), scale)
        assert outcome.values is not None
        x = np.array(outcome.values[:n]) * scale
        first_excess = float((_float_sums(x) - costs)[1:-1].max())
    return x, first_excess


def _programme(
    costs: Int64,
    caps: tuple[int, ...],
    ties: list[tuple[int, int]],
    fixed: list[tuple[int, float]],
    active: list[int],
    scale: float,
) -> tuple[Outcome, list[int]]:
    """Least e: x(S) <= c(S) + e for active S, x(S) as fixed for the others; amounts divided by `scale`."""
    n = len(caps)
    model = Model()
    for cap in caps:
        model.column(0.0, cap / scale)
    excess = model.column(1.0, INFINITE, lower=-INFINITE)
    for one, other in ties:
        model.row([(one, 1.0), (other, -1.0)], 0.0, 0.0)
    for k, (mask, amount) in enumerate(fixed):
        # Fixed sums after the first carry the solver's own rounding.
        slack = 0.0 if k == 0 else 1e-9 * max(1.0, abs(amount / scale))
        model.row([(b, 1.0) for b in _members(mask, n)], amount / scale - slack, amount / scale + slack)
    for mask in active:
        model.row([*((b, 1.0) for b in _members(mask, n)), (excess, -1.0)], upper=float(costs[mask]) / scale)
    return solve(model), active


def _vectors(masks: list[int], ties: list[tuple[int, int]], n: int) -> Floats:
    rows = [[mask >> b & 1 for b in range(n)] for mask in masks]
    rows += [[int(b == one) - int(b == other) for b in range(n)] for one, other in ties]
    return np.array(rows, float)


def _independent(fixed: list[int], candidates: list[int], ties: list[tuple[int, int]], n: int) -> list[int]:
    rank = int(np.linalg.matrix_rank(_vectors(fixed, ties, n)))
    kept: list[int] = []
    for mask in candidates:
        if int(np.linalg.matrix_rank(_vectors([*fixed, *kept, mask], ties, n))) > rank:
            kept.append(mask)
            rank += 1
    return kept


def _in_span(masks: list[int], ties: list[tuple[int, int]], n: int) -> NDArray[np.bool_]:
    """For each coalition, whether its excess is settled by those of `masks`."""
    _, sizes, rows = np.linalg.svd(_vectors(masks, ties, n))
    null = rows[int((sizes > 1e-9).sum()) :]
    inside = np.ones(1 << n, bool)
    for direction in null:
        inside &= np.abs(_float_sums(direction)) < 1e-7
    return inside


def worst(costs: Int64, amounts: tuple[int, ...]) -> tuple[int, int]:
    """The largest excess over proper coalitions, and the first coalition (bit mask) that has it."""
    n = len(amounts)
    over = subset_sums(np.array(amounts, np.int64), range(n), n) - costs
    mask = 1 + int(np.argmax(over[1:-1]))
    return int(over[mask]), mask


def _rounded(
    costs: Int64, caps: tuple[int, ...], ties: list[tuple[int, int]], ideal: Floats, target: float
) -> Split:
    n = len(caps)
    # What the solver leaves of an integer (x.9999999) is that integer.
    near = np.round(ideal, 4)
    floor = np.minimum(np.maximum(np.floor(near), 0), caps).astype(np.int64)
    left = int(costs[-1]) - int(floor.sum())
    amounts = floor.tolist()
    order = sorted(range(n), key=lambda b: (-(near[b] - floor[b]), b))
    while left > 0:
        for b in order:
            if left and amounts[b] < caps[b]:
                amounts[b] += 1
                left -= 1
    while left < 0:
        for b in reversed(order):
            if left and amounts[b]:
                amounts[b] -= 1
                left += 1
    split = tuple(int(a) for a in amounts)
    excess, mask = worst(costs, split)
    for reach in range(3):
        if excess <= target:
            break
        better = _integer_split(costs, caps, ties, near, reach)
        if better is not None and worst(costs, better)[0] < excess:
            split = better
            excess, mask = worst(costs, split)
    return Split(split, excess, tuple(_members(mask, n)))


def _integer_split(
    costs: Int64, caps: tuple[int, ...], ties: list[tuple[int, int]], ideal: Floats, reach: int
) -> tuple[int, ...] | None:
    """Integers within `reach` of the ideal's rounding with the least largest excess; the same for equals."""
    n = len(caps)
    low = [max(0, math.floor(v) - reach) for v in ideal.tolist()]
    high = [min(cap, math.ceil(v) + reach) for v, cap in zip(ideal.tolist(), caps, strict=True)]
    base = subset_sums(np.array(low, np.int64), range(n), n) - costs
    active: set[int] = set()
    alike = _closed(ties, n)
    equal = [
        (one, other)
        for one in range(n)
        for other in range(one + 1, n)
        if alike[one] == alike[other] or (caps[one] == caps[other] and _equals(costs, one, other))
    ]
    while True:
        model = Model()
        for b in range(n):
            model.column(0.0, float(high[b] - low[b]), integral=True)
        excess = model.column(1.0, INFINITE, integral=True, lower=-INFINITE)
        rest = float(costs[-1] - sum(low))
        model.row([(b, 1.0) for b in range(n)], rest, rest)
        for one, other in equal:
            model.row([(one, 1.0), (other, -1.0)], low[other] - low[one] - 1, low[other] - low[one] + 1)
        if not active:
            active = {int(m) for m in np.argsort(-base[1:-1], kind="stable")[: 2 * n] + 1}
        for mask in sorted(active):
            model.row([*((b, 1.0) for b in _members(mask, n)), (excess, -1.0)], upper=float(-base[mask]))
        outcome = solve(model, absolute_gap=0.0)
        if outcome.values is None:
            return None
        split = tuple(low[b] + round(outcome.values[b]) for b in range(n))
        over = subset_sums(np.array(split, np.int64), range(n), n) - costs
        most = round(outcome.values[n])
        order = np.argsort(-over[1:-1], kind="stable")[:BATCH] + 1
        added = {int(mask) for mask in order if over[mask] > most} - active
        if not added:
            return split
        active |= added


def _closed(ties: list[tuple[int, int]], n: int) -> list[int]:
    kinds = list(range(n))
    for one, other in ties:
        kinds[other] = one
    return kinds


def _equals(costs: Int64, one: int, other: int) -> bool:
    """Whether two buyers are interchangeable in every coalition."""
    sets = np.arange(len(costs))
    without = sets[(sets >> one & 1 == 0) & (sets >> other & 1 == 0)]
    return bool((costs[without | 1 << one] == costs[without | 1 << other]).all())

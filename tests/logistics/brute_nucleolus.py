"""The nucleolus of a small game under 0 <= x <= cap, in exact fractions, from its definition.

Maschler, Peleg and Shapley's programmes over all coalitions at once, solved by a two-phase simplex method
with Bland's rule. Slow, and it shares nothing with `logistics.nucleolus`.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from fractions import Fraction

import highspy
import numpy as np
from numpy.typing import NDArray

Row = list[Fraction]
Coalition = tuple[int, ...]


def proper_coalitions(n: int) -> list[Coalition]:
    return [group for k in range(1, n) for group in itertools.combinations(range(n), k)]


def _pivot(table: list[list[int]], basis: list[int], row: int, column: int, whole: int) -> int:
    """Entries are integers over `whole`; returns what they are over then (Edmonds' exact division)."""
    own, factor = table[row], table[row][column]
    sign = 1 if factor > 0 else -1
    for i, other in enumerate(table):
        if i != row:
            across = other[column]
            table[i] = [sign * (factor * a - across * b) // whole for a, b in zip(other, own, strict=True)]
    table[row] = [sign * a for a in own]
    basis[row] = column
    return abs(factor)


def _minimise(table: list[list[int]], basis: list[int], columns: int, whole: int) -> int:
    """Table: rows of a feasible basis with their right-hand side last, then the row of reduced costs."""
    while True:
        enters = next((j for j in range(columns) if table[-1][j] < 0), None)
        if enters is None:
            return whole
        ratios = [
            (Fraction(table[i][-1], table[i][enters]), basis[i], i)
            for i in range(len(basis))
            if table[i][enters] > 0
        ]
        assert ratios, "unbounded"
        whole = _pivot(table, basis, min(ratios)[2], enters, whole)


def linear(
    cost: Sequence[int], rows: list[tuple[Sequence[int], str, Fraction]]
) -> tuple[list[Fraction], Row]:
    """Least cost * x with x >= 0 and rows (coefficients, "<=" or "=", right-hand side): x, and the reduced
    costs of the rows' slacks (0 for equations), each in the units of its row.
    """
    n, m = len(cost), len(rows)
    width = n + 2 * m
    table: list[list[int]] = []
    basis = []
    for i, (coefficients, kind, right) in enumerate(rows):
        scale = right.denominator
        row = [scale * a for a in coefficients] + [0] * (2 * m + 1)
        row[n + i] = 1 if kind == "<=" else 0
        row[-1] = right.numerator
        if right < 0:
            row = [-a for a in row]
        row[n + m + i] = 1
        table.append(row)
        basis.append(n + m + i)
    artificial = [0] * (n + m) + [1] * m + [0]
    table.append([a - sum(column) for a, column in zip(artificial, zip(*table, strict=True), strict=True)])
    whole = _minimise(table, basis, n + m, 1)
    assert table[-1][-1] == 0, "infeasible"
    for i in range(m):
        if basis[i] >= n + m:
            column = next((j for j in range(n + m) if table[i][j]), None)
            if column is not None:
                whole = _pivot(table, basis, i, column, whole)
    goal = [whole * a for a in cost] + [0] * (width - n + 1)
    table[-1] = list(goal)
    for i, column in enumerate(basis):
        if goal[column]:
            factor = table[-1][column]
            table[-1] = [a - factor * b // whole for a, b in zip(table[-1], table[i], strict=True)]
    whole = _minimise(table, basis, n + m, whole)
    values = [Fraction(0)] * width
    for i, column in enumerate(basis):
        values[column] = Fraction(table[i][-1], whole)
    return values[:n], [Fraction(a, whole) for a in table[-1][n : n + m]]


def _rank(vectors: list[list[int]]) -> int:
    rows = [[Fraction(a) for a in vector] for vector in vectors]
    rank = 0
    for column in range(len(vectors[0]) if vectors else 0):
        pivot = next((i for i in range(rank, len(rows)) if rows[i][column]), None)
        if pivot is None:
            continue
        rows[rank], rows[pivot] = rows[pivot], rows[rank]
        for i in range(rank + 1, len(rows)):
            factor = rows[i][column] / rows[rank][column]
            rows[i] = [a - factor * b for a, b in zip(rows[i], rows[rank], strict=True)]
        rank += 1
    return rank


def brute_nucleolus(
    costs: dict[Coalition, int], caps: Sequence[int], total: int, equal: list[tuple[int, int]]
) -> tuple[list[Fraction], Fraction]:
    """The nucleolus with equal amounts for the pairs in `equal`, and the least largest excess."""
    n = len(caps)
    vectors = {group: [int(b in group) for b in range(n)] for group in costs}
    shift = max([total, *costs.values()]) + 1  # every excess is above minus this: the bound never binds
    settled: list[tuple[list[int], Fraction]] = [([1] * n, Fraction(total))]
    settled += [([int(b == i) - int(b == j) for b in range(n)], Fraction(0)) for i, j in equal]
    left = list(costs)
    x: list[Fraction] = [Fraction(total)] if n == 1 else []
    while True:
        base = _rank([vector for vector, _ in settled])
        left = [g for g in left if _rank([vector for vector, _ in settled] + [vectors[g]]) > base]
        if not left:
            break
        rows: list[tuple[Sequence[int], str, Fraction]] = [([*v, 0], "=", right) for v, right in settled]
        rows += [([int(b == i) for b in range(n)] + [0], "<=", Fraction(caps[i])) for i in range(n)]
        rows += [([*vectors[g], -1], "<=", Fraction(costs[g] - shift)) for g in left]
        values, slacks = linear([0] * n + [1], rows)
        x, excess = values[:n], values[n] - shift
        # A coalition with a price is at this excess in every optimum.
        priced = [g for g, slack in zip(left, slacks[len(rows) - len(left) :], strict=True) if slack]
        assert priced
        settled += [(vectors[g], costs[g] + excess) for g in priced]
    if not x:
        rows = [(vector, "=", right) for vector, right in settled]
        x, _ = linear([0] * n, rows)
    return x, max(sum((x[b] for b in group), Fraction(0)) - cost for group, cost in costs.items())


def nucleolus_of_all_sets(
    costs: NDArray[np.int64], caps: Sequence[int], equal: list[tuple[int, int]]
) -> tuple[NDArray[np.float64], float]:
    """The same in floating point for up to some 15 buyers: every programme has a row for every set, by HiGHS.

    `costs` by bit mask, of nobody first and of all last. Returns the nucleolus and its largest excess.
    """
    n = len(caps)
    sets = np.arange(1, len(costs) - 1)
    inside = (sets[:, None] >> np.arange(n) & 1).astype(float)
    scale = float(costs.max()) / 1_000
    rows = np.array([[1.0] * n] + [[float(b == i) - float(b == j) for b in range(n)] for i, j in equal])
    values = np.array([costs[-1] / scale] + [0.0] * len(equal))
    while True:
        # What the settled sums leave open: directions in which they stay as they are.
        _, sizes, directions = np.linalg.svd(rows)
        opened = directions[int((sizes > 1e-9).sum()) :]
        left = (np.abs(inside @ opened.T) > 1e-7).any(axis=1)
        if not left.any():
            x = np.linalg.lstsq(rows, values)[0]
            return x * scale, float((inside @ x * scale - costs[1:-1]).max())
        excess, priced = _least_excess(
            inside[left], costs[1:-1][left] / scale, np.array(caps) / scale, rows, values
        )
        for group in np.flatnonzero(left)[priced]:
            wider = np.vstack([rows, inside[group]])
            if np.linalg.matrix_rank(wider) > np.linalg.matrix_rank(rows):
                rows = wider
                values = np.append(values, costs[1 + group] / scale + excess)


def _least_excess(
    inside: NDArray[np.float64],
    costs: NDArray[np.float64],
    caps: NDArray[np.float64],
    rows: NDArray[np.float64],
    values: NDArray[np.float64],
) -> tuple[float, NDArray[np.int64]]:
    """The least e with x(S) - e <= c(S) for all sets of `inside`, and which of them have a price."""
    n = len(caps)
    table = np.vstack([np.pad(rows, ((0, 0), (0, 1))), np.pad(inside, ((0, 0), (0, 1)), constant_values=-1)])
    # Settled sums after the first carry the solver's own rounding.
    slack = np.where(np.arange(len(values)) > 0, 1e-9 * np.maximum(1.0, np.abs(values)), 0.0)
    filled = table != 0
    engine = highspy.Highs()  # type: ignore[no-untyped-call]
    engine.setOptionValue("output_flag", False)
    engine.passModel(
        n + 1,
        len(table),
        int(filled.sum()),
        int(highspy.MatrixFormat.kRowwise),
        int(highspy.ObjSense.kMinimize),
        0.0,
        np.append(np.zeros(n), 1.0),
        np.append(np.zeros(n), -highspy.kHighsInf),
        np.append(caps, highspy.kHighsInf),
        np.concatenate([values - slack, np.full(len(inside), -highspy.kHighsInf)]),
        np.concatenate([values + slack, costs]),
        np.append(0, np.cumsum(filled.sum(axis=1))).astype(np.int32),
        np.nonzero(filled)[1].astype(np.int32),
        table[filled],
        np.zeros(n + 1, np.int32),
    )
    engine.run()
    assert engine.getModelStatus() == highspy.HighsModelStatus.kOptimal
    solution = engine.getSolution()
    priced = np.flatnonzero(np.abs(np.array(solution.row_dual)[len(values) :]) > 1e-7)
    assert len(priced)
    return float(solution.col_value[n]), priced

"""Mixed-integer programmes as flat arrays, and HiGHS behind one door."""

from __future__ import annotations

import math
from array import array
from collections.abc import Sequence
from dataclasses import dataclass, field

import highspy
import numpy as np
from numpy.typing import ArrayLike, NDArray

Columns = NDArray[np.int32]
Floats = NDArray[np.float64]

INFINITE = highspy.kHighsInf
EXACT = 1e-9
"""Tolerance of programmes whose optimum is wanted to the last unit."""
WHOLE = 1e-7
"""Tolerance of integrality then: below the least freight there is, a millionth.

With 1e-9 HiGHS 1.16 missed an optimum.
"""
USUAL = 1e-7
"""Tolerance of the dual values of all others: HiGHS's own."""
THREADS = 1
"""The same everywhere: HiGHS keeps one scheduler a process, and ends without a result when this changes."""


class _QuietHighs(highspy.Highs):
    """HiGHS without its banner, which its constructor prints on standard output while it enables
    callbacks.
    """

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]

    def enableCallbacks(self) -> None:  # noqa: N802 - the library's name
        """Turns output off instead: nothing here calls back."""
        self.setOptionValue("output_flag", False)


def _floats() -> array[float]:
    return array("d")


def _integers() -> array[int]:
    return array("i")


@dataclass(slots=True)
class Model:
    """Columns and rows of a programme that is minimised, row by row, 8 bytes a coefficient and 4 an index."""

    cost: array[float] = field(default_factory=_floats)
    lower: array[float] = field(default_factory=_floats)
    upper: array[float] = field(default_factory=_floats)
    integral: array[int] = field(default_factory=_integers)
    row_lower: array[float] = field(default_factory=_floats)
    row_upper: array[float] = field(default_factory=_floats)
    starts: array[int] = field(default_factory=lambda: array("i", [0]))
    index: array[int] = field(default_factory=_integers)
    coefficient: array[float] = field(default_factory=_floats)
    relaxed: bool = False
    """Whether columns that should be integral may be fractional: a linear relaxation."""
    rounded: bool = False
    """Whether freight is rounded up as in the contract: exact, and much slower to solve."""

    def column(self, cost: float, upper: float = 1.0, *, integral: bool = False, lower: float = 0.0) -> int:
        """Adds a column; returns its number."""
        self.cost.append(cost)
        self.lower.append(lower)
        self.upper.append(upper)
        self.integral.append(integral and not self.relaxed)
        return len(self.cost) - 1

    def columns(self, cost: ArrayLike, *, integral: bool = False) -> Columns:
        """Adds columns between 0 and 1; returns their numbers."""
        costs = np.asarray(cost, np.float64)
        n = len(costs)
        first = len(self.cost)
        self.cost.frombytes(costs.tobytes())
        self.lower.frombytes(np.zeros(n).tobytes())
        self.upper.frombytes(np.ones(n).tobytes())
        self.integral.frombytes(np.full(n, integral and not self.relaxed, np.int32).tobytes())
        return np.arange(first, first + n, dtype=np.int32)

    def row(
        self, terms: Sequence[tuple[int, float]], lower: float = -INFINITE, upper: float = INFINITE
    ) -> None:
        """Adds lower <= sum of terms <= upper."""
        self.row_lower.append(lower)
        self.row_upper.append(upper)
        for column, coefficient in terms:
            self.index.append(column)
            self.coefficient.append(coefficient)
        self.starts.append(len(self.index))

    def long_row(
        self,
        parts: Sequence[tuple[ArrayLike, ArrayLike]],
        lower: float = -INFINITE,
        upper: float = INFINITE,
    ) -> None:
        """Adds lower <= sum over parts of coefficients times columns <= upper."""
        self.row_lower.append(lower)
        self.row_upper.append(upper)
        for columns, coefficients in parts:
            names = np.atleast_1d(np.asarray(columns, np.int32))
            self.index.frombytes(names.tobytes())
            self.coefficient.frombytes(
                np.broadcast_to(np.asarray(coefficients, np.float64), names.shape).tobytes()
            )
        self.starts.append(len(self.index))

    def rows(
        self,
        columns: Sequence[ArrayLike],
        coefficients: Sequence[float],
        lower: float = -INFINITE,
        upper: float = INFINITE,
    ) -> None:
        """Adds a row for each entry of the `columns` (a single one stands for all), all of one pattern."""
        table = np.stack(np.broadcast_arrays(*(np.asarray(c, np.int32) for c in columns)), axis=-1)
        n, wide = table.shape
        self.row_lower.frombytes(np.full(n, lower).tobytes())
        self.row_upper.frombytes(np.full(n, upper).tobytes())
        self.starts.frombytes((self.starts[-1] + wide * np.arange(1, n + 1, dtype=np.int32)).tobytes())
        self.index.frombytes(np.ascontiguousarray(table).tobytes())
        self.coefficient.frombytes(np.tile(np.asarray(coefficients, np.float64), n).tobytes())

    def margin(self, *, exact: bool) -> float:
        """How much `Outcome.bound` may be too high: the dual tolerance times how wide all columns and rows
        are.

        A column without an upper limit counts as wide as the costs of all others together: no optimum that
        is at all worth having pays more for it.
        """
        wide = np.frombuffer(self.upper) - np.frombuffer(self.lower)
        unlimited = wide >= INFINITE
        wide[unlimited] = 0.0
        wide[unlimited] = (np.abs(np.frombuffer(self.cost)) * wide).sum()
        rows = np.abs(np.frombuffer(self.coefficient)) * wide[np.frombuffer(self.index, np.int32)]
        return float(wide.sum() + rows.sum()) * (EXACT if exact else USUAL)

    def give(self, engine: highspy.Highs) -> None:
        """Hands the programme to HiGHS."""
        engine.passModel(
            len(self.cost),
            len(self.row_lower),
            len(self.index),
            int(highspy.MatrixFormat.kRowwise),
            int(highspy.ObjSense.kMinimize),
            0.0,
            np.frombuffer(self.cost, np.float64),
            np.frombuffer(self.lower, np.float64),
            np.frombuffer(self.upper, np.float64),
            np.frombuffer(self.row_lower, np.float64),
            np.frombuffer(self.row_upper, np.float64),
            np.frombuffer(self.starts, np.int32),
            np.frombuffer(self.index, np.int32),
            np.frombuffer(self.coefficient, np.float64),
            np.frombuffer(self.integral, np.int32),
        )


@dataclass(frozen=True, slots=True)
class Outcome:
    """What HiGHS found: column values (None if nothing), its dual bound, whether it proved there is
    nothing.

    `bound` may be above the optimum by at most `margin`. A relaxation's value is that of a basis whose
    reduced costs have the right sign but for the dual tolerance d. A column or row that is wrong by d moves
    the value by at most d times the width of what it can be, so that all of them together move it by at most
    d times the sum of those widths. Primal and integral tolerances only lower the value.
    """

    values: Floats | None
    row_duals: Floats | None
    bound: float
    margin: float
    infeasible: bool
    optimal: bool

    @property
    def proven(self) -> int:
        """The integer below which no solution of integer cost is; 0 if nothing is proven."""
        return math.ceil(self.bound - self.margin) if math.isfinite(self.bound) else 0


def solve(
    model: Model,
    *,
    seconds: float = INFINITE,
    cutoff: float = INFINITE,
    nodes: int | None = None,
    seed: int = 0,
    absolute_gap: float = 0.5,
    exact: bool = False,
    interior: bool = False,
) -> Outcome:
    """Minimises a model; a linear one by an `interior` point method if asked, several times faster when it
    is large. `exact` asks for the least tolerances.

    Only solutions up to a `cutoff` are looked for: where there are no more, the bound is the cutoff.
    """
    engine = _QuietHighs()
    engine.setOptionValue("threads", THREADS)
    engine.setOptionValue("random_seed", seed % 2**31)
    engine.setOptionValue("mip_rel_gap", 0.0)
    engine.setOptionValue("mip_abs_gap", absolute_gap)
    if exact:
        for name in ("primal", "dual"):
            engine.setOptionValue(f"{name}_feasibility_tolerance", EXACT)
        engine.setOptionValue("mip_feasibility_tolerance", WHOLE)
    if seconds < INFINITE:
        engine.setOptionValue("time_limit", max(seconds, 0.01))
    if cutoff < INFINITE:
        engine.setOptionValue("objective_bound", cutoff)
    if nodes is not None:
        engine.setOptionValue("mip_max_nodes", nodes)
    if interior:
        engine.setOptionValue("solver", "ipm")
        engine.setOptionValue("run_crossover", "off")
    model.give(engine)
    engine.run()
    status = engine.getModelStatus()
    if status == highspy.HighsModelStatus.kNotset:
        raise RuntimeError("HiGHS ended without a status: `threads` was changed in this process")
    infeasible = status in (
        highspy.HighsModelStatus.kInfeasible,
        highspy.HighsModelStatus.kUnboundedOrInfeasible,
    )
    info = engine.getInfo()
    found = info.primal_solution_status == highspy.SolutionStatus.kSolutionStatusFeasible
    solution = engine.getSolution()
    mixed = any(model.integral)
    bound = info.mip_dual_bound if mixed else info.objective_function_value
    optimal = status == highspy.HighsModelStatus.kOptimal
    if not mixed and not optimal:
        bound = -INFINITE
    if cutoff < INFINITE and (infeasible or bound > cutoff):
        bound, infeasible, optimal = cutoff, False, True
    if interior:
        bound -= 1e-5 * abs(bound)  # the point is optimal to within 1e-8, and not a vertex
    return Outcome(
        values=np.array(solution.col_value) if found else None,
        row_duals=np.array(solution.row_dual) if found and not mixed else None,
        bound=bound,
        margin=model.margin(exact=exact),
        infeasible=infeasible,
        optimal=optimal,
    )


def rounded_up(bound: float) -> int:
    """The integer below which nothing is, from a lower bound that is a sum of floats.

    Its margin is 1e-9 of it: a sum of n terms in double precision is wrong by at most n * 2**-53 of the sum
    of their absolute values, whose parts are some 1e7 operations at most.
    """
    return math.ceil(bound - 1e-9 * max(1.0, abs(bound)) - 1e-3) if math.isfinite(bound) else 0

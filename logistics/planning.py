"""Plans a problem: independent subproblems one by one, exactly where they are small, always with a bound."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np

from logistics import mip, subsets
from logistics.components import components
from logistics.flat import Flat, Infeasible, Int64, flatten
from logistics.plans import Plan
from logistics.pricing import Assignment, price
from logistics.problem import Problem
from logistics.state import constructed, feasible, total_cost


@dataclass(frozen=True, slots=True)
class Solved:
    """Chosen options of some lines, their cost, and a lower bound of the least cost of these lines."""

    chosen: Int64
    total: int
    lower_bound: int


@dataclass(frozen=True, slots=True)
class StandAlone:
    """The least total found of one buyer's lines with nobody else's; proven least where `exact`."""

    total: int
    exact: bool
    assignments: tuple[Assignment, ...]


def plan(
    problem: Problem,
    *,
    seed: int = 1,
    seconds: float = 10.0,
    bound_seconds: float | None = None,
    iterations: int | None = None,
    fixed: Iterable[Assignment] = (),
    clock: Callable[[], float] = time.monotonic,
) -> Plan:
    """The cheapest plan found, its proven lower bound, and what each buyer would pay alone.

    `seconds` bounds the search, `bound_seconds` (default the same) the bound. Lines in `fixed` stay where
    they are. With `iterations` the same seed gives the same plan. Raises `Infeasible` if there is no plan.
    """
    began = clock()
    flat = flatten(problem, {assignment.line: assignment for assignment in fixed})
    budget = seconds + (seconds if bound_seconds is None else bound_seconds)
    solved = solve_all(flat, seed=seed, deadline=began + budget, iterations=iterations, clock=clock)
    alone = stand_alone(problem, seed=seed, seconds=budget, iterations=iterations, clock=clock)
    assignments = flat.assignments(solved.chosen)
    priced = price(problem, assignments)
    return Plan(
        currency=problem.currency,
        total=priced.total,
        lower_bound=min(solved.lower_bound, priced.total),
        stand_alone_total=sum(one.total for one in alone.values()),
        stand_alone_exact=all(one.exact for one in alone.values()),
        assignments=assignments,
        shipments=priced.shipments,
        collections=priced.collections,
        alone={buyer: one.total for buyer, one in alone.items()},
        seconds=clock() - began,
        seed=seed,
    )


def stand_alone(
    problem: Problem,
    *,
    seed: int = 1,
    seconds: float = 10.0,
    iterations: int | None = None,
    clock: Callable[[], float] = time.monotonic,
) -> dict[str, StandAlone]:
    """For each buyer, the least total of its lines planned with nobody else's.

    Raises `Infeasible` if some buyer's lines cannot be served together.
    """
    deadline = clock() + seconds
    result = {}
    for buyer in problem.buyers():
        flat = flatten(problem.only({buyer}))
        solved = solve_all(flat, seed=seed, deadline=deadline, iterations=iterations, clock=clock)
        exact = solved.total == solved.lower_bound
        result[buyer] = StandAlone(solved.total, exact, flat.assignments(solved.chosen))
    return result


def solve_all(
    flat: Flat, *, seed: int, deadline: float, iterations: int | None, clock: Callable[[], float]
) -> Solved:
    """Solves each independent subproblem, the small ones first."""
    parts = sorted(components(flat), key=len)
    chosen = np.empty(len(flat.weight), np.int64)
    total = bound = 0
    left = sum(len(part) for part in parts)
    for part in parts:
        share = max(deadline - clock(), 0.0) * len(part) / left
        left -= len(part)
        one = _solve(flat, part, seed=seed, seconds=share, iterations=iterations)
        chosen[part] = one.chosen
        total += one.total
        bound += one.lower_bound
    return Solved(chosen, total, bound)


def _solve(flat: Flat, lines: Int64, *, seed: int, seconds: float, iterations: int | None) -> Solved:
    if len(lines) <= subsets.LIMIT:
        exact = subsets.least(flat, lines)
        if exact is None:
            raise _infeasible(flat, lines)
        total = total_cost(flat, exact)
        return Solved(exact, total, total)
    best = constructed(flat, lines)
    programme = mip.lines_model(flat, lines)
    outcome = mip.solve(
        programme.model,
        seconds=seconds if iterations is None else mip.INFINITE,
        nodes=iterations,
        seed=seed,
    )
    if outcome.infeasible:
        raise _infeasible(flat, lines)
    if outcome.values is not None:
        found = programme.chosen(flat, lines, outcome.values)
        if feasible(flat, found) and (best is None or total_cost(flat, found) < total_cost(flat, best)):
            best = found
    if best is None:
        raise _infeasible(flat, lines, proven=False)
    total = total_cost(flat, best)
    return Solved(best, total, min(mip.proven(outcome.bound), total))


def _infeasible(flat: Flat, lines: Int64, *, proven: bool = True) -> Infeasible:
    names = tuple(flat.problem.lines[i].id for i in lines.tolist())
    shown = ", ".join(names[:8]) + (f" and {len(names) - 8} more" if len(names) > 8 else "")
    why = "cannot be" if proven else "were not"
    return Infeasible(
        f"/lines/{int(lines[0])}",
        f"lines {shown} {why} served together: they exceed the capacities of the departures they may take; "
        "give some a direct_cost or a later due day",
        names,
    )

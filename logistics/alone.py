"""What each buyer would pay alone: many problems of a line or a few, all at once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np

from logistics.components import components
from logistics.flat import Flat, Int64, apart
from logistics.pricing import Assignment
from logistics.vectors import single_costs

FEW = 4
"""Lines whose every combination of options is tried, where there are many such groups."""
MANY = 100
"""Groups from which on compiling that search is worth it."""
CHUNK = 20_000
"""Lines at a time, for their memory."""


@dataclass(frozen=True, slots=True)
class StandAlone:
    """The least total found of one buyer's lines with nobody else's; proven least where `exact`."""

    total: int
    exact: bool
    assignments: tuple[Assignment, ...] = field(default=())


@dataclass(frozen=True, slots=True)
class Solved:
    """A group of lines with the chosen options, their cost, and whether it is proven least."""

    lines: Int64
    chosen: Int64
    total: int
    exact: bool


def each_alone(
    flat: Flat, solve: Callable[[Flat, Sequence[Int64]], Sequence[Solved]]
) -> dict[str, StandAlone]:
    """Every buyer's least total; `solve` is for groups that are neither one line nor many small ones.

    `Infeasible` comes from `solve`.
    """
    own = apart(flat)
    single = single_costs(own)
    groups = components(own)
    several = [lines for lines in groups if len(lines) > 1]
    few = [lines for lines in several if len(lines) <= FEW]
    solved = [_one(own, single, lines) for lines in groups if len(lines) == 1]
    if len(few) >= MANY:
        from logistics.exhausting import least_of_each

        tried = least_of_each(own, few, CHUNK)
        several = [lines for lines in several if len(lines) > FEW]
        for lines, chosen, total in tried:
            if total is None:
                several.append(lines)  # whoever solves it says why there is none
            else:
                solved.append(Solved(lines, chosen, total, exact=True))
    solved += solve(own, several)
    buyers = flat.problem.buyers()
    totals = [0] * len(buyers)
    exact = [True] * len(buyers)
    choice = np.empty(len(own.weight), np.int64)
    for one in solved:
        choice[one.lines] = one.chosen
        buyer = int(own.buyer[one.lines[0]])
        totals[buyer] += one.total
        exact[buyer] &= one.exact
    assigned: list[list[Assignment]] = [[] for _ in buyers]
    # The options are numbered as in the whole problem, where they name real departures.
    for line, option in enumerate(choice.tolist()):
        assigned[int(own.buyer[line])].append(flat.assignment(option))
    return {name: StandAlone(totals[b], exact[b], tuple(assigned[b])) for b, name in enumerate(buyers)}


def _one(own: Flat, single: Int64, lines: Int64) -> Solved:
    begin, end = int(own.first[lines[0]]), int(own.first[lines[0] + 1])
    best = begin + int(np.argmin(single[begin:end]))
    return Solved(lines, np.array([best]), int(single[best]), exact=True)

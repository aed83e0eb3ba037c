"""What a planner without a search would do: everybody alone, the first sailing, the best fixed rhythm."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from logistics import Problem
from logistics.flat import DIRECT, Flat
from logistics.highs import solve
from logistics.programme import lines_model
from logistics.state import total_cost


def first_sailing(flat: Flat, every: int = 1, offset: int = 0) -> int:
    """The cost when each line takes the first ship it can, of those in a rhythm; without one, its first
    flight.

    In a rhythm only every `every`-th departure of a service is used, from the one with the index `offset`.
    """
    chosen: NDArray[np.int64] = np.empty(len(flat.weight), np.int64)
    sea = np.array([service.mode == "sea" for service in flat.problem.services])
    for line in range(len(chosen)):
        options = np.arange(flat.first[line], flat.first[line + 1])
        cells = flat.option_cell[options]
        shipped = options[cells != DIRECT]
        cells = cells[cells != DIRECT]
        used = (flat.cell_departure[cells] - offset) % every == 0
        best = None
        for kind in (True, False):
            fitting = shipped[used & (sea[flat.cell_service[cells]] == kind)]
            if len(fitting):
                best = int(fitting[np.argmin(flat.cell_day[flat.option_cell[fitting]])])
                break
        chosen[line] = options[0] if best is None else best
    return total_cost(flat, chosen)


def best_rhythm(flat: Flat, longest: int = 8) -> tuple[int, int]:
    """The least cost over rhythms of 1 to `longest` departures, and that rhythm."""
    costs = {
        (every, offset): first_sailing(flat, every, offset)
        for every in range(1, longest + 1)
        for offset in range(every)
    }
    (every, _), cost = min(costs.items(), key=lambda item: item[1])
    return cost, every


def plain_highs(problem: Problem, flat: Flat, seconds: float) -> tuple[int | None, int]:
    """The plan and the bound of one mixed-integer programme of the whole problem."""
    lines = np.arange(len(problem.lines), dtype=np.int64)
    programme = lines_model(flat, lines)
    outcome = solve(programme.model, seconds=seconds)
    found = None
    if outcome.values is not None:
        found = total_cost(flat, programme.chosen(flat, lines, outcome.values))
    return found, outcome.proven

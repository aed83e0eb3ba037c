"""How often simple ways to split a bill break a promise, beside ours, on pools of ten buyers."""

from __future__ import annotations

import time
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from benchmarks.generator import generate
from logistics import Problem, plan, price, share
from logistics.game import game_of, subset_sums

METHODS = ("by weight", "by value", "by stand-alone cost", "equal parts", "Shapley", "ours")


@dataclass
class Tally:
    """In how many pools somebody pays more than alone, or a group would leave, or somebody is paid."""

    above_alone: int = 0
    group_leaves: int = 0


def measure(pools: int, buyers: int = 10) -> tuple[dict[str, Tally], int, float]:
    """The tallies by method, how many pools were measured, and the seconds our split took on average."""
    tallies = {method: Tally() for method in METHODS}
    measured = 0
    took = 0.0
    seed = 0
    while measured < pools:
        seed += 1
        problem = _pool(seed, buyers)
        made = plan(problem, seconds=1, bound_seconds=1)
        game = game_of(problem, price(problem, made.assignments))
        if len(game.buyers) < 3 or made.total > made.stand_alone_total:
            continue
        measured += 1
        costs = game.all_costs()
        alone = np.array([made.alone[name] for name in game.buyers], float)
        began = time.perf_counter()
        ours = share(problem, made, alone=made.alone)
        took += time.perf_counter() - began
        splits = _simple_splits(problem, game.buyers, costs, alone)
        splits["ours"] = np.array([ours.amounts[name] for name in game.buyers], float)
        for method, split in splits.items():
            tallies[method].above_alone += bool((split > alone + 0.5).any())
            sums = subset_sums(np.round(split * 1000).astype(np.int64), range(len(split)), len(split))
            tallies[method].group_leaves += bool((sums[1:-1] - costs[1:-1] * 1000 > 1_000 * len(split)).any())
    return tallies, measured, took / pools


def _pool(seed: int, buyers: int) -> Problem:
    return generate(6 * buyers, 8, 2, 1, 5, seed=1_000 + seed).only(
        set(generate(6 * buyers, 8, 2, 1, 5, seed=1_000 + seed).buyers()[:buyers])
    )


def _simple_splits(
    problem: Problem, buyers: tuple[str, ...], costs: NDArray[np.int64], alone: NDArray[np.float64]
) -> dict[str, NDArray[np.float64]]:
    total = float(costs[-1])
    weight = np.array([sum(x.weight_g for x in problem.lines if x.buyer == b) for b in buyers], float)
    value = np.array([sum(x.value for x in problem.lines if x.buyer == b) for b in buyers], float)
    return {
        "by weight": total * weight / weight.sum(),
        "by value": total * value / value.sum(),
        "by stand-alone cost": total * alone / alone.sum(),
        "equal parts": np.full(len(buyers), total / len(buyers)),
        "Shapley": _shapley(costs, len(buyers)),
    }


def _shapley(costs: NDArray[np.int64], n: int) -> NDArray[np.float64]:
    """Each buyer's mean marginal cost over all orders (Shapley 1953)."""
    sets = np.arange(1 << n)
    sizes = np.array([mask.bit_count() for mask in sets.tolist()])
    factorial = np.cumprod(np.concatenate([[1.0], np.arange(1, n + 1)]))
    values = np.empty(n)
    for b in range(n):
        without = sets[sets >> b & 1 == 0]
        weight = factorial[sizes[without]] * factorial[n - 1 - sizes[without]] / factorial[n]
        values[b] = (weight * (costs[without | 1 << b] - costs[without])).sum()
    return values

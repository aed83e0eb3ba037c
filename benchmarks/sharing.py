"""How often ways to split a bill break a promise, beside ours; how long ours takes on pools of all sizes."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from benchmarks.generator import generate
from logistics import Problem, plan, price, share
from logistics.game import game_of, subset_sums

METHODS = ("by weight", "by value", "by stand-alone cost", "equal parts", "Shapley", "ours")
SIZES = ((10, 20), (15, 20), (30, 20), (100, 20), (1_000, 1), (10_000, 1))
"""Buyers, and how many pools of so many are split."""
COLOURS = {"somebody pays more than alone": "#c9b79c", "a group would leave": "#1f6f5c"}


@dataclass
class Tally:
    """In how many pools somebody pays more than alone, or a group would leave."""

    above_alone: int = 0
    group_leaves: int = 0


@dataclass
class Size:
    """Pools of one size: the slowest split, the largest gain of total cost, and what is proven.

    `gain` is the largest that was found, `at_most` the largest that is not proven to be impossible (infinite
    where nothing is proven). `proven_core` pools have a proof that no group gains, `proven_empty` that some
    group gains by every split, `proven_least` that no split has a smaller largest gain, to within a unit for
    each buyer.
    """

    buyers: int
    pools: int = 0
    largest_part: int = 0
    seconds: float = 0.0
    slowest: float = 0.0
    gain: float = 0.0
    at_most: float = 0.0
    no_gain_found: int = 0
    proven_core: int = 0
    proven_empty: int = 0
    proven_least: int = 0

    def cells(self) -> list[str]:
        """As a row of a table."""
        return [
            f"{self.buyers:,}",
            str(self.pools),
            f"{self.largest_part:,}",
            f"{self.seconds / max(1, self.pools):.1f} s",
            f"{self.slowest:.1f} s",
            f"{self.gain:.3%}",
            f"{self.at_most:.3%}",
            f"{self.no_gain_found}",
            f"{self.proven_core}",
            f"{self.proven_empty}",
            f"{self.proven_least}",
        ]


HEADER = (
    *("buyers", "pools", "largest part", "seconds", "slowest", "largest gain found", "proven: at most"),
    *("no gain found", "proven: no group gains", "proven: no split without gain"),
    "proven: least largest gain",
)


def measure(pools: int, buyers: int = 10) -> tuple[dict[str, Tally], int, float]:
    """The tallies by method, how many pools were measured, and the seconds our split took on average."""
    tallies = {method: Tally() for method in METHODS}
    measured = 0
    took = 0.0
    seed = 0
    while measured < pools:
        seed += 1
        problem = pool(seed, buyers)
        made = plan(problem, seconds=10, bound_seconds=10)
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


def measure_size(buyers: int, pools: int, *, seconds: float = 15.0, processor: bool = False) -> Size:
    """Our split of pools of one size, each within `seconds` (45 for thousands of buyers).

    `processor` counts them in processor seconds, where other work runs too.
    """
    size = Size(buyers)
    clock = time.process_time if processor else time.perf_counter
    seed = 0
    while size.pools < pools:
        seed += 1
        problem = pool(seed, buyers) if buyers <= 100 else market(buyers)
        made = plan(problem, seconds=3 if buyers <= 100 else 10, bound_seconds=3)
        if made.total > made.stand_alone_total:
            continue
        game = game_of(problem, price(problem, made.assignments))
        size.pools += 1
        size.largest_part = max(size.largest_part, *(len(part) for part in game.components()))
        began = clock()
        within = seconds if buyers <= 100 else 45.0
        split = share(problem, made, alone=made.alone, seconds=within, clock=clock)
        took = clock() - began
        size.seconds += took
        size.slowest = max(size.slowest, took)
        size.gain = max(size.gain, split.max_excess / made.total)
        size.no_gain_found += split.max_excess <= 0
        at_most = split.gain_at_most
        size.at_most = max(size.at_most, math.inf if at_most is None else at_most / made.total)
        size.proven_core += at_most is not None and at_most <= 0
        size.proven_empty += math.ceil(split.least - 1e-3) > 0
        size.proven_least += split.exact or split.within_rounding
    return size


def pool(seed: int, buyers: int) -> Problem:
    """A pool of so many buyers of eight makers at two hubs, towards one hub, over five weeks."""
    whole = generate(6 * buyers, 8, 2, 1, 5, seed=1_000 + seed)
    return whole.only(set(whole.buyers()[:buyers]))


def market(buyers: int) -> Problem:
    """Everything that so many buyers order over twelve weeks, of 200 makers at 20 hubs."""
    return generate(6 * buyers, 200, 20, 10, 12, seed=3)


def sharing_chart(tallies: dict[str, Tally], pools: int) -> str:
    """Bars of how often each way to split breaks each promise, as SVG."""
    wide, high, left = 130, 200, 60
    width = left + wide * len(tallies) + 20
    name = f"How often ways to split a bill break a promise, in {pools} pools of ten buyers"
    frame = f'viewBox="0 0 {width} {high + 90}" font-family="sans-serif" font-size="12"'
    parts = [f'<svg xmlns="http://www.w3.org/2000/svg" {frame} role="img" aria-label="{name}">']
    for step in range(6):
        y = high + 20 - high * step / 5
        parts.append(f'<line x1="{left}" x2="{width - 20}" y1="{y}" y2="{y}" stroke="#ddd"/>')
        parts.append(f'<text x="{left - 8}" y="{y + 4}" text-anchor="end">{step * 20} %</text>')
    for i, (method, tally) in enumerate(tallies.items()):
        x = left + wide * i + 15
        shares = (tally.above_alone / pools, tally.group_leaves / pools)
        for k, (what, often) in enumerate(zip(COLOURS, shares, strict=True)):
            tall = high * often
            bar = f'x="{x + 48 * k}" y="{high + 20 - tall:.1f}" width="44" height="{max(tall, 1):.1f}"'
            parts.append(f'<rect {bar} fill="{COLOURS[what]}"><title>{method}: {what}</title></rect>')
            at = f'x="{x + 48 * k + 22}" y="{high + 14 - tall:.1f}"'
            parts.append(f'<text {at} text-anchor="middle" font-size="11">{often:.1%}</text>')
        parts.append(f'<text x="{x + 46}" y="{high + 38}" text-anchor="middle">{method}</text>')
    for k, (what, colour) in enumerate(COLOURS.items()):
        x = left + 230 * k
        parts.append(f'<rect x="{x}" y="{high + 58}" width="12" height="12" fill="{colour}"/>')
        parts.append(f'<text x="{x + 18}" y="{high + 68}">{what}</text>')
    return "".join([*parts, "</svg>\n"])


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

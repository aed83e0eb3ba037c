"""A least-core point of a game too large to list its coalitions: linear programmes with coalitions added as
found.

The first split is that of the relaxation's prices (`relaxation`), from which no set gains much. The worst
coalition of a split is looked for by that relaxation and by annealing (`separation`), and proven by a
mixed-integer programme where the time allows. Among the points with the least largest excess the one nearest
to equal relative savings is taken.
"""

from __future__ import annotations

import heapq
import math
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from logistics.flat import Int64
from logistics.game import Game
from logistics.highs import INFINITE, Model, solve
from logistics.nucleolus import Split
from logistics.relaxation import Coalition, Floats, Relaxation, worst_rounded
from logistics.separation import add, climbed, cost_with, nobody, pool_of, warmed

ROUNDS = 400
STARTS = 12
"""Coalitions from which a worse one is looked for in a round."""
FLIPS = 60
"""Flips of each search, for each buyer."""
PROVABLE = 400
"""Buyers up to whom the worst coalition is asked of a mixed-integer programme."""
ROUNDED = 60
"""Buyers up to whom freight is rounded up as in the contract for the last proof, which is much slower."""
MOST_FLIPS = 400_000
BACK = 0.3
"""How far a point is drawn back to the best split while that may leave some group a gain."""
PROOF = 2e-3
"""What proofs may be above what they prove: tolerances of the programmes."""
GROUPS = 10
"""Groups that are learned from one fractional one, at most."""
SEARCH = 0.8
"""Part of the time for the search; the rest is for what can be proven of the rounded split."""


@dataclass(frozen=True, slots=True)
class LeastCore:
    """A split, what is proven about it, and whether its search ended by the clock.

    No coalition gains more than `gain_at_most` (infinite where nothing is proven), and no split at all has a
    largest gain below `least`, a bound of the linear programmes.
    """

    split: Split
    gain_at_most: float
    least: float
    timed_out: bool


def least_core(game: Game, caps: tuple[int, ...], *, seconds: float, clock: Callable[[], float]) -> LeastCore:
    """Integer amounts with a largest excess as small as is found within `seconds`.

    0 <= amount <= cap, the sum is c of all, buyers of one kind (`Game.alike`) or in one place differ by at
    most one.
    """
    warmed()
    search = _Search(game, caps, clock, clock() + seconds * SEARCH)
    half, end = search.deadline, search.deadline + seconds * (1 - SEARCH)
    while True:
        search.deadline = half
        search.lowered()
        search.levelled()
        search.deadline = max(end, clock() + seconds * (1 - SEARCH))
        split = _round(search.known.total, caps, search.amounts.tolist(), search.equals)
        before = len(search.known.costs)
        bound = search.judged(split)
        most, coalition = search.known.worst(split)
        near = most <= search.least + len(caps)
        # A programme that ran out of time may have missed what the last one has found.
        if near or clock() > half or len(search.known.costs) == before:
            break
    bound = max(bound, most)
    return LeastCore(
        Split(tuple(split), most, tuple(sorted(coalition))), bound, search.least, search.timed_out
    )


class _Known:
    """Coalitions whose cost is known; a large one is kept by those it leaves out, so that rows stay short."""

    def __init__(self, n: int, total: int) -> None:
        self.n = n
        self.total = total
        self.costs: dict[tuple[bool, Coalition], int] = {}

    def learn(self, s: Coalition, cost: int) -> bool:
        """Adds a proper coalition; whether it is new."""
        if not 0 < len(s) < self.n:
            return False
        large = 2 * len(s) > self.n
        key = (large, frozenset(range(self.n)) - s if large else s)
        if key in self.costs:
            return False
        self.costs[key] = cost
        return True

    def learn_without(self, s: Coalition, cost: int) -> None:
        """Adds everybody who is not in a proper coalition."""
        key = (True, s) if 2 * len(s) < self.n else (False, frozenset(range(self.n)) - s)
        self.costs[key] = cost

    def excess(self, key: tuple[bool, Coalition], amounts: Sequence[float]) -> float:
        """The excess of a known coalition."""
        part = sum(amounts[b] for b in key[1])
        return (self.total - part if key[0] else part) - self.costs[key]

    def members(self, key: tuple[bool, Coalition]) -> Coalition:
        """The coalition of a key."""
        return frozenset(range(self.n)) - key[1] if key[0] else key[1]

    def tightest(self, amounts: Sequence[float], count: int) -> list[Coalition]:
        """The known coalitions with the greatest excess."""
        ranked = [
            (-self.excess(key, amounts), key[0], len(key[1]), tuple(sorted(key[1])), key)
            for key in self.costs
        ]
        return [self.members(entry[-1]) for entry in heapq.nsmallest(count, ranked)]

    def worst(self, split: Sequence[int]) -> tuple[int, Coalition]:
        """The greatest excess among the known coalitions, and one that has it."""
        key = min(self.costs, key=lambda k: (-self.excess(k, split), k[0], len(k[1]), sorted(k[1])))
        return round(self.excess(key, split)), self.members(key)


class _Search:
    """Constraint generation: what is known of a game, and the time that is left."""

    def __init__(
        self, game: Game, caps: tuple[int, ...], clock: Callable[[], float], deadline: float
    ) -> None:
        self.game = game
        self.caps = caps
        self.clock = clock
        self.deadline = deadline
        self.n = len(caps)
        self.pool = pool_of(game)
        self.known = _Known(self.n, game.total())
        self.equals = _equals(game, caps)
        self.round = 0
        self.least = -math.inf
        self.timed_out = False
        self.relaxation = Relaxation(game, self.pool)
        self.amounts: Floats = np.array(caps) * (self.known.total / max(1, sum(caps)))
        """The best split so far."""
        self.bound = math.inf
        """What no coalition gains more than at `amounts`, proven."""
        self.nobody, everybody = nobody(self.pool), nobody(self.pool)
        add(self.pool, everybody, np.arange(self.n))
        groups = {frozenset({b}) for b in range(self.n)} | {
            frozenset(joint.buyers) for joint in game.joints()
        }
        for members in sorted(groups, key=sorted):
            if len(members) < self.n:
                self.known.learn(members, self.cost(members))
                # The price of everybody else, by what they are spared.
                spared = -cost_with(self.pool, everybody, _array(members))
                self.known.learn_without(members, self.known.total - spared)

    def cost(self, members: Coalition) -> int:
        """The price c(S)."""
        return int(cost_with(self.pool, self.nobody, _array(members)))

    def late(self) -> bool:
        """Whether the time is up; it is remembered, because a split that ended so depends on the machine."""
        late = self.clock() > self.deadline
        self.timed_out |= late
        return late

    def margin(self, excess: float) -> float:
        """What counts as worse than `excess`."""
        return excess + max(0.5, 1e-9 * self.known.total)

    def lowered(self) -> None:
        """Takes a point with the least largest excess, as near as the time allows."""
        self.begin()
        stuck = False
        while self.round < ROUNDS and not self.late():
            amounts, excess = _point(self.caps, self.known, self.equals, None)
            if not amounts:
                return
            self.settle(excess)
            self.round += 1
            if self.bound <= self.margin(excess) + PROOF:
                return
            # While some group may gain, points between the best and the programme's: those settle that first.
            back = 0.0 if stuck or self.bound <= 0 else BACK
            point = back * self.amounts + (1 - back) * np.array(amounts)
            fresh, bound = self.separate(point, self.margin(excess))
            if not self.take(point, bound) and not fresh:
                if stuck or not back:
                    return
                stuck = True
            else:
                stuck = False

    def begin(self) -> None:
        """Starts from the relaxation's prices, where they are better than what is there."""
        self.relaxation.exact_together()
        left = self.deadline - self.clock()
        if left > 0 and (priced := self.relaxation.prices(self.caps, self.equals, seconds=left)):
            self.take(*priced)

    def take(self, amounts: Floats, bound: float) -> bool:
        """Keeps a split if its proven bound is less than the best one's; whether it is."""
        better = bound < self.bound
        if better:
            self.amounts, self.bound = amounts, bound
        return better

    def settle(self, excess: float) -> None:
        """Remembers that every split has a coalition with this excess: the optimum over some coalitions."""
        self.least = max(self.least, float(excess) - max(1e-3, 1e-9 * self.known.total))

    def levelled(self) -> None:
        """Takes the point nearest to equal relative savings among those with a largest excess no greater."""
        excess = self.bound
        while math.isfinite(excess) and not self.late() and self.round < ROUNDS:
            levelled, _ = _point(self.caps, self.known, self.equals, excess)
            if not levelled:
                return
            self.round += 1
            amounts = np.array(levelled)
            fresh, bound = self.separate(amounts, self.margin(excess))
            if bound <= self.margin(excess) + PROOF:
                self.amounts, self.bound = amounts, bound
            if not fresh:
                return

    def judged(self, split: list[int]) -> float:
        """A proven bound of every coalition's excess at a split; learns the worst that is found."""
        amounts = np.array(split, np.float64)
        # Rounding gives no coalition more than the units that it adds.
        bound = self.bound + float(np.maximum(amounts - self.amounts, 0.0).sum())
        known = self.known.worst(split)[0]
        if bound + 1e-6 < known + 1:
            return bound
        self._climb(amounts, known + 0.5, FLIPS)
        if self.n > PROVABLE:
            return bound
        bound = min(bound, self.worst(amounts, self.known.worst(split)[0] + 0.5))
        above = self.known.worst(split)[0] + 0.5
        if self.n <= ROUNDED and above + 0.5 <= bound < math.inf and (left := self.left()):
            worst, rounded = worst_rounded(self.game, amounts, above=above, seconds=left)
            if worst is not None:
                self.known.learn(worst, self.cost(worst))
            bound = min(bound, rounded)
        return bound

    def separate(self, amounts: Floats, margin: float) -> tuple[int, float]:
        """Learns coalitions whose excess is above `margin`; how many, and a proven bound of all of them."""
        bound, fresh = math.inf, 0
        while left := self.left():
            relaxed = self.relaxation.bounded(amounts, seconds=left)
            bound = min(bound, relaxed.bound)
            if relaxed.values is None or bound <= margin:
                return 0, bound
            groups = self.relaxation.groups(relaxed.values, amounts, GROUPS)
            near = bool(groups) and groups[0][0] > margin + max(0.0, bound - margin) / 2
            if near or not self.relaxation.strengthened(relaxed.values):
                fresh = sum(self.known.learn(s, self.cost(s)) for over, s in groups if over > margin)
                break
        if fresh:
            return fresh, bound
        if self.n > PROVABLE:
            return self._climb(amounts, margin, FLIPS), bound
        before = len(self.known.costs)
        bound = min(bound, self.worst(amounts, margin))
        return len(self.known.costs) - before, bound

    def _climb(self, x: Floats, margin: float, flips: int) -> int:
        amounts = x.tolist()
        hot = max(1.0, 0.3 * self.known.total / self.n)
        moves = min(flips * self.n, MOST_FLIPS)
        fresh = 0
        starts = self.known.tightest(amounts, STARTS)
        for k, start in enumerate(starts):
            if self.late():
                break
            member = np.zeros(self.n, np.bool_)
            member[sorted(start)] = True
            found, excess = climbed(
                self.pool, member, x, seed=1 + self.round * STARTS + k, moves=moves, hot=hot * 0.6 ** (k % 6)
            )
            if excess > margin:
                fresh += self.known.learn(found, self.cost(found))
        return fresh

    def left(self) -> float:
        """The seconds that are left, 0 where they are too few for a programme."""
        left = self.deadline - self.clock()
        if left < 0.05:
            self.timed_out = True
            return 0.0
        return left

    def worst(self, amounts: Floats, above: float) -> float:
        """Learns the worst coalition `above` an excess; a proven bound of every coalition's excess."""
        left = self.left()
        if not left:
            return math.inf
        worst, bound = self.relaxation.worst(amounts, above=above, seconds=left)
        if worst is not None:
            self.known.learn(worst, self.cost(worst))
        return bound


def _array(members: Coalition) -> Int64:
    return np.fromiter(sorted(members), np.int64, len(members))


def _equals(game: Game, caps: tuple[int, ...]) -> list[list[int]]:
    """Buyers who pay the same: of one kind, or in the same place with the same loads, values and caps."""
    place: defaultdict[int, list[tuple[int, int, int]]] = defaultdict(list)
    for i, load in enumerate(game.loads):
        for b, w, v in zip(load.buyers, load.weight, load.volume, strict=True):
            place[b].append((i, w, v))
    for i, fee in enumerate(game.fees):
        for b, value in zip(fee.buyers, fee.value, strict=True):
            place[b].append((-1 - i, value, 0))
    groups: defaultdict[tuple[object, ...], list[int]] = defaultdict(list)
    first: dict[int, int] = {}
    for b, cap in enumerate(caps):
        leader = first.setdefault(game.alike[b], b)
        groups[cap, game.direct[leader], tuple(place[leader])].append(b)
    return list(groups.values())


def _point(
    caps: tuple[int, ...], known: _Known, equals: list[list[int]], excess: float | None
) -> tuple[list[float], float]:
    """The split with the least largest excess over known coalitions; with an `excess` that is not exceeded,
    the split nearest to equal relative savings (no amounts where there is none).
    """
    total = known.total
    scale = max(1.0, total / 10_000)
    column = {b: g for g, group in enumerate(equals) for b in group}
    model = Model()
    for group in equals:
        model.column(0.0, caps[group[0]] / scale)
    if excess is None:
        largest = model.column(1.0, INFINITE, lower=-INFINITE)
    else:
        largest = model.column(0.0, excess / scale + 1e-7 * max(1.0, abs(excess / scale)), lower=-INFINITE)
    model.row([(g, float(len(group))) for g, group in enumerate(equals)], total / scale, total / scale)
    for (large, s), cost in known.costs.items():
        counts: defaultdict[int, float] = defaultdict(float)
        for b in s:
            counts[column[b]] += 1.0
        if large:
            terms = [(g, -count) for g, count in counts.items()]
            model.row([*terms, (largest, -1.0)], upper=(cost - total) / scale)
        else:
            model.row([*counts.items(), (largest, -1.0)], upper=cost / scale)
    if excess is not None:
        ratio = total / max(1, sum(caps))
        for g, group in enumerate(equals):
            off = model.column(float(len(group)), INFINITE)
            goal = ratio * caps[group[0]] / scale
            model.row([(off, 1.0), (g, -1.0)], -goal)
            model.row([(off, 1.0), (g, 1.0)], goal)
    outcome = solve(model, interior=True)
    if outcome.values is None:
        return [], 0.0
    values = outcome.values
    amounts = [max(0.0, min(float(caps[b]), values[column[b]] * scale)) for b in range(len(caps))]
    return amounts, values[largest] * scale


def _round(total: int, caps: tuple[int, ...], amounts: list[float], equals: list[list[int]]) -> list[int]:
    near = [round(a, 4) for a in amounts]
    split = [min(cap, math.floor(a)) for a, cap in zip(near, caps, strict=True)]
    place = {b: k for group in equals for k, b in enumerate(group)}
    order = sorted(range(len(caps)), key=lambda b: (-(near[b] - split[b]), place[b], b))
    left = total - sum(split)
    while left:
        step = 1 if left > 0 else -1
        for b in order if step > 0 else reversed(order):
            if left and 0 <= split[b] + step <= caps[b]:
                split[b] += step
                left -= step
    return split

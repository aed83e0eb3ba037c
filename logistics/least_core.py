"""A least-core point of a game too large to list its coalitions: linear programmes with coalitions added
as found.

The worst coalition of a split is looked for by flipping buyers in and out, and proven by a mixed-integer
programme where the time allows. Among the points with the least largest excess the one nearest to equal
relative savings is taken.
"""

from __future__ import annotations

import heapq
import math
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Sequence

from logistics.game import Game, Load
from logistics.mip import INFINITE, KILO, Model, add_fee, add_freight, solve
from logistics.nucleolus import Split
from logistics.tariffs import freight_cost

Coalition = frozenset[int]
ROUNDS = 400
STARTS = 24
"""Tight coalitions from which a worse one is looked for in a round."""
PROVABLE = 200
"""Buyers up to whom the worst coalition is asked of a mixed-integer programme."""


def least_core(
    game: Game, caps: tuple[int, ...], *, seconds: float, clock: Callable[[], float]
) -> tuple[Split, bool]:
    """Integer amounts, and whether both the worst coalition and the least largest excess are proven.

    0 <= amount <= cap, the sum is c of all, interchangeable buyers differ by at most one.
    """
    deadline = clock() + seconds
    n = len(caps)
    members = _Members(game)
    known = _Known(n, game.total())
    for b in range(n):
        known.learn(frozenset({b}), members.cost([b]))
        known.learn_without(b, members.marginal(b))
    for joint in game.joints():
        if 1 < len(joint.buyers) < n:
            known.learn(frozenset(joint.buyers), members.cost(joint.buyers))
    equals = _equals(game, caps)
    amounts: list[float] = []
    excess = -math.inf
    proven = False
    for _ in range(ROUNDS):
        amounts, excess = _point(caps, known, equals)
        margin = excess + max(0.5, 1e-9 * known.total)
        fresh = 0
        for start in known.tightest(amounts, STARTS):
            if clock() > deadline:
                break
            found, cost = members.descend(start, amounts, deadline=deadline, clock=clock)
            over = sum(amounts[b] for b in found) - cost
            fresh += over > margin and known.learn(found, cost)
        if not fresh and n <= PROVABLE and clock() < deadline:
            worst, bound = _worst_coalition(game, amounts, seconds=max(0.1, deadline - clock()))
            proven = bound <= margin
            if worst is not None:
                cost = members.cost(worst)
                fresh += sum(amounts[b] for b in worst) - cost > margin and known.learn(worst, cost)
        if not fresh or clock() > deadline:
            break
    split = _round(known.total, caps, amounts, equals)
    floats = [float(a) for a in split]
    for start in known.tightest(floats, STARTS):
        found, cost = members.descend(start, floats, deadline=deadline + 1, clock=clock)
        known.learn(found, cost)
    if n <= PROVABLE:
        worst, bound = _worst_coalition(game, floats, seconds=max(0.5, deadline - clock()))
        if worst is not None:
            known.learn(worst, members.cost(worst))
    else:
        bound = math.inf
    most, coalition = known.worst(split)
    return Split(tuple(split), most, tuple(sorted(coalition))), proven and bound < most + 1


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

    def learn_without(self, b: int, cost: int) -> None:
        """Adds everybody but one."""
        if self.n > 1:
            self.costs[True, frozenset({b})] = cost

    def excess(self, key: tuple[bool, Coalition], amounts: Sequence[float]) -> float:
        """The excess of a known coalition."""
        part = sum(amounts[b] for b in key[1])
        return (self.total - part if key[0] else part) - self.costs[key]

    def members(self, key: tuple[bool, Coalition]) -> Coalition:
        """The coalition of a key."""
        return frozenset(range(self.n)) - key[1] if key[0] else key[1]

    def tightest(self, amounts: list[float], count: int) -> list[Coalition]:
        """The known coalitions with the greatest excess."""
        ranked = [
            (-self.excess(key, amounts), key[0], len(key[1]), tuple(sorted(key[1])), key)
            for key in self.costs
        ]
        return [self.members(entry[-1]) for entry in heapq.nsmallest(count, ranked)]

    def worst(self, split: list[int]) -> tuple[int, Coalition]:
        """The greatest excess among the known coalitions, and one that has it."""
        key = min(self.costs, key=lambda k: (-self.excess(k, split), k[0], len(k[1]), sorted(k[1])))
        return round(self.excess(key, split)), self.members(key)


class _Members:
    """Costs of coalitions from what each buyer brings to each shipment and collection."""

    def __init__(self, game: Game) -> None:
        self.game = game
        self.joints = game.joints()
        self.brings: list[list[tuple[int, int, int]]] = [[] for _ in game.buyers]
        for i, load in enumerate(game.loads):
            for b, w, v in zip(load.buyers, load.weight, load.volume, strict=True):
                self.brings[b].append((i, w, v))
        for i, fee in enumerate(game.fees, len(game.loads)):
            for b, value in zip(fee.buyers, fee.value, strict=True):
                self.brings[b].append((i, value, 1))
        everyone = self._sums(range(len(game.buyers)))
        self.full = {i: (a, c, self._price(i, a, c)) for i, (a, c) in everyone.items()}
        self.total = sum(game.direct) + sum(price for _, _, price in self.full.values())

    def _sums(self, buyers: Iterable[int]) -> dict[int, tuple[int, int]]:
        sums: dict[int, tuple[int, int]] = {}
        for b in buyers:
            for i, first, second in self.brings[b]:
                a, c = sums.get(i, (0, 0))
                sums[i] = (a + first, c + second)
        return sums

    def _price(self, i: int, first: int, second: int) -> int:
        joint = self.joints[i]
        if isinstance(joint, Load):
            return freight_cost(joint.tariff, first, second) + joint.tariff.per_shipment if first else 0
        return joint.amount if second and first < joint.minimum_order else 0

    def cost(self, buyers: Collection[int]) -> int:
        """The price c(S)."""
        sums = self._sums(buyers)
        return sum(self.game.direct[b] for b in buyers) + sum(
            self._price(i, a, c) for i, (a, c) in sums.items()
        )

    def marginal(self, b: int) -> int:
        """The price of everybody but one."""
        less = self.game.direct[b]
        for i, first, second in self.brings[b]:
            a, c, price = self.full[i]
            less += price - self._price(i, a - first, c - second)
        return self.total - less

    def descend(
        self, start: Coalition, amounts: list[float], *, deadline: float, clock: Callable[[], float]
    ) -> tuple[Coalition, int]:
        """A coalition with at least the excess of `start` that no flip of one buyer raises, and its cost."""
        n = len(amounts)
        inside = set(start)
        sums = self._sums(inside)
        prices = {i: self._price(i, a, c) for i, (a, c) in sums.items()}
        cost = sum(self.game.direct[b] for b in inside) + sum(prices.values())
        better = True
        while better and clock() < deadline:
            better = False
            for b in range(n):
                sign = -1 if b in inside else 1
                if not 0 < len(inside) + sign < n:
                    continue
                change = sign * self.game.direct[b]
                new = []
                for i, first, second in self.brings[b]:
                    a, c = sums.get(i, (0, 0))
                    price = self._price(i, a + sign * first, c + sign * second)
                    change += price - prices.get(i, 0)
                    new.append((i, a + sign * first, c + sign * second, price))
                if sign * amounts[b] - change > 1e-6:
                    inside ^= {b}
                    cost += change
                    for i, a, c, price in new:
                        sums[i], prices[i] = (a, c), price
                    better = True
        return frozenset(inside), cost


def _equals(game: Game, caps: tuple[int, ...]) -> list[list[int]]:
    """Buyers in the same place of the game, with the same loads, values and caps."""
    place: defaultdict[int, list[tuple[int, int, int]]] = defaultdict(list)
    for i, load in enumerate(game.loads):
        for b, w, v in zip(load.buyers, load.weight, load.volume, strict=True):
            place[b].append((i, w, v))
    for i, fee in enumerate(game.fees):
        for b, value in zip(fee.buyers, fee.value, strict=True):
            place[b].append((-1 - i, value, 0))
    groups: defaultdict[tuple[object, ...], list[int]] = defaultdict(list)
    for b, cap in enumerate(caps):
        groups[cap, game.direct[b], tuple(place[b])].append(b)
    return list(groups.values())


def _point(caps: tuple[int, ...], known: _Known, equals: list[list[int]]) -> tuple[list[float], float]:
    """The split with the least largest excess over known coalitions, nearest to equal relative savings."""
    total = known.total
    scale = max(1.0, total / 10_000)
    column = {b: g for g, group in enumerate(equals) for b in group}
    excess = 0.0
    values: list[float] = []
    for second in (False, True):
        model = Model()
        for group in equals:
            model.column(0.0, caps[group[0]] / scale)
        if second:
            slack = 1e-7 * max(1.0, abs(excess))
            largest = model.column(0.0, excess + slack, lower=-INFINITE)
        else:
            largest = model.column(1.0, INFINITE, lower=-INFINITE)
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
        if second:
            ratio = total / max(1, sum(caps))
            for g, group in enumerate(equals):
                off = model.column(float(len(group)), INFINITE)
                goal = ratio * caps[group[0]] / scale
                model.row([(off, 1.0), (g, -1.0)], -goal)
                model.row([(off, 1.0), (g, 1.0)], goal)
        outcome = solve(model)
        if outcome.values is None:
            break
        values = outcome.values
        if not second:
            excess = values[largest]
    return [
        max(0.0, min(float(caps[b]), values[column[b]] * scale)) for b in range(len(caps))
    ], excess * scale


def _worst_coalition(game: Game, amounts: list[float], *, seconds: float) -> tuple[Coalition | None, float]:
    """The coalition with the greatest excess as a mixed-integer programme finds it, and a proven upper
    bound.
    """
    n = len(amounts)
    model = Model()
    member = [model.column(float(game.direct[b]) - amounts[b], integral=True) for b in range(n)]
    for load in game.loads:
        opened = model.column(float(load.tariff.per_shipment), integral=True)
        for b in load.buyers:
            model.row([(opened, 1.0), (member[b], -1.0)], 0.0)
        weights = [(member[b], w) for b, w in zip(load.buyers, load.weight, strict=True)]
        volumes = [(member[b], v) for b, v in zip(load.buyers, load.volume, strict=True)]
        most = (sum(load.weight), sum(load.volume))
        add_freight(model, load.tariff, opened, weights, volumes, most)
    for fee in game.fees:
        values = [(member[b], value) for b, value in zip(fee.buyers, fee.value, strict=True)]
        add_fee(model, fee.minimum_order, fee.amount, values)
    model.row([(m, 1.0) for m in member], 1.0, float(n - 1))
    outcome = solve(model, seconds=seconds, absolute_gap=0.4)
    bound = -outcome.bound + KILO * 1e-6
    if outcome.values is None:
        return None, bound
    return frozenset(b for b in range(n) if outcome.values[member[b]] > 0.5), bound


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

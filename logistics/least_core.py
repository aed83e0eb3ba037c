"""A least-core point of a game too large to list its coalitions: linear programmes with coalitions added as found.

The worst coalition of a split is looked for by flipping buyers in and out, and proven by a mixed-integer
programme where the time allows. Among the points with the least largest excess the one nearest to equal
relative savings is taken.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Iterable

from logistics.game import Game
from logistics.mip import INFINITE, KILO, Model, add_fee, add_freight, solve
from logistics.nucleolus import Split

Coalition = frozenset[int]
ROUNDS = 60


def least_core(
    game: Game, caps: tuple[int, ...], *, seconds: float, clock: Callable[[], float]
) -> tuple[Split, bool]:
    """Integer amounts, and whether both the worst coalition and the least largest excess are proven.

    0 <= amount <= cap, the sum is c of all, interchangeable buyers differ by at most one.
    """
    deadline = clock() + seconds
    n = len(caps)
    everyone = frozenset(range(n))
    known: dict[Coalition, int] = {}
    _learn(game, known, (frozenset({b}) for b in range(n)))
    _learn(game, known, (everyone - {b} for b in range(n)))
    _learn(game, known, (frozenset(joint.buyers) for joint in game.joints()))
    known.pop(everyone, None)
    equals = _equals(game, caps)
    amounts: list[float] = []
    excess = -math.inf
    proven = False
    for _ in range(ROUNDS):
        amounts, excess = _point(game, caps, known, equals)
        margin = excess + max(0.5, 1e-9 * game.total())
        found = _descend(game, amounts, known)
        better = {s for s in found if sum(amounts[b] for b in s) - game.cost(s) > margin}
        if not better and clock() < deadline:
            worst, bound = _worst_coalition(game, amounts, seconds=max(0.1, deadline - clock()))
            proven = bound <= margin
            if worst is not None and sum(amounts[b] for b in worst) - game.cost(worst) > margin:
                better = {worst}
        if not better or clock() > deadline:
            break
        _learn(game, known, better)
    split = _round(game, caps, amounts, equals)
    over = {s: sum(split[b] for b in s) - cost for s, cost in known.items()}
    floats = [float(a) for a in split]
    for s in _descend(game, floats, known):
        over[s] = sum(split[b] for b in s) - game.cost(s)
    worst, bound = _worst_coalition(game, floats, seconds=max(0.5, deadline - clock()))
    if worst is not None:
        over[worst] = sum(split[b] for b in worst) - game.cost(worst)
    coalition = min(over, key=lambda s: (-over[s], len(s), sorted(s)))
    proven &= bound < over[coalition] + 1
    return Split(tuple(split), over[coalition], tuple(sorted(coalition))), proven


def _learn(game: Game, known: dict[Coalition, int], coalitions: Iterable[Coalition]) -> None:
    for s in coalitions:
        if s and s not in known:
            known[s] = game.cost(s)


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


def _point(
    game: Game, caps: tuple[int, ...], known: dict[Coalition, int], equals: list[list[int]]
) -> tuple[list[float], float]:
    """The split with the least largest excess over known coalitions, nearest to equal relative savings."""
    total = game.total()
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
        for s, cost in known.items():
            counts: defaultdict[int, float] = defaultdict(float)
            for b in s:
                counts[column[b]] += 1.0
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


def _descend(game: Game, amounts: list[float], known: dict[Coalition, int]) -> set[Coalition]:
    """Coalitions that no flip of one buyer makes worse, from the tightest known ones."""
    starts = sorted(known, key=lambda s: (known[s] - sum(amounts[b] for b in s), len(s), sorted(s)))[:12]
    return {_flipped(game, amounts, s) for s in starts} - known.keys()


def _flipped(game: Game, amounts: list[float], start: Coalition) -> Coalition:
    n = len(game.buyers)
    touching: defaultdict[int, list[int]] = defaultdict(list)
    joints = game.joints()
    for i, joint in enumerate(joints):
        for b in joint.buyers:
            touching[b].append(i)
    inside = set(start)
    costs = [joint.cost(frozenset(inside)) for joint in joints]
    better = True
    while better:
        better = False
        for b in range(n):
            sign = -1 if b in inside else 1
            if not 0 < len(inside) + sign < n:
                continue
            changed = frozenset(inside ^ {b})
            new = {i: joints[i].cost(changed) for i in touching[b]}
            gain = sign * (amounts[b] - game.direct[b]) - sum(new[i] - costs[i] for i in new)
            if gain > 1e-6:
                inside ^= {b}
                for i, cost in new.items():
                    costs[i] = cost
                better = True
    return frozenset(inside)


def _worst_coalition(game: Game, amounts: list[float], *, seconds: float) -> tuple[Coalition | None, float]:
    """The coalition with the greatest excess as a mixed-integer programme finds it, and a proven upper bound."""
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


def _round(game: Game, caps: tuple[int, ...], amounts: list[float], equals: list[list[int]]) -> list[int]:
    near = [round(a, 4) for a in amounts]
    split = [min(cap, math.floor(a)) for a, cap in zip(near, caps, strict=True)]
    place = {b: k for group in equals for k, b in enumerate(group)}
    order = sorted(range(len(caps)), key=lambda b: (-(near[b] - split[b]), place[b], b))
    left = game.total() - sum(split)
    while left:
        step = 1 if left > 0 else -1
        for b in order if step > 0 else reversed(order):
            if left and 0 <= split[b] + step <= caps[b]:
                split[b] += step
                left -= step
    return split

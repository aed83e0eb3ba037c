"""Looks for the coalition that gains most by leaving, at machine speed: annealing over who is in it.

One flip of a buyer costs what it touches, its shipments and collections; a block move flips all buyers of one
of them, because a shipment's fixed sum is only saved when the last one is out.
"""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from logistics.compiling import compiled
from logistics.game import Fee, Game, Load
from logistics.kernels import CELL, Array, below, load_price, uniform
from logistics.problem import ContainerTariff, LessThanContainer
from logistics.search import tariff_records

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]


class Pool(NamedTuple):
    """A game as arrays: what each buyer brings to each joint cost, by buyer and by joint cost.

    The joint costs are the loads, priced by their `cells`, and then the fees. `cells`, `tariffs` and `steps`
    are named as in `kernels.Part`, so that loads are priced by the same function.
    """

    cells: Array
    tariffs: Array
    steps: Array
    direct: Array
    begin: Array
    joint: Array
    first: Array
    second: Array
    joint_begin: Array
    joint_buyer: Array
    minimum: Array
    fee: Array


def pool_of(game: Game) -> Pool:
    """The arrays of a game."""
    tariffs = tariff_records([load.tariff for load in game.loads])
    cells = np.zeros(len(game.loads), CELL)
    cells["tariff"] = np.arange(len(game.loads))
    entries = []
    for j, one in enumerate(game.joints()):
        pairs = (one.weight, one.volume) if isinstance(one, Load) else (one.value, (1,) * len(one.buyers))
        entries += [(b, j, first, second) for b, first, second in zip(one.buyers, *pairs, strict=True)]
    by_joint = np.array(entries, np.int64).reshape(-1, 4)
    by_buyer = by_joint[np.argsort(by_joint[:, 0], kind="stable")]
    n, joints = len(game.buyers), len(game.loads) + len(game.fees)
    return Pool(
        cells=cells,
        tariffs=tariffs.tariffs,
        steps=tariffs.steps,
        direct=np.array(game.direct, np.int64),
        begin=np.searchsorted(by_buyer[:, 0], np.arange(n + 1)),
        joint=by_buyer[:, 1].copy(),
        first=by_buyer[:, 2].copy(),
        second=by_buyer[:, 3].copy(),
        joint_begin=np.searchsorted(by_joint[:, 1], np.arange(joints + 1)),
        joint_buyer=by_joint[:, 0].copy(),
        minimum=np.array([fee.minimum_order for fee in game.fees], np.int64),
        fee=np.array([fee.amount for fee in game.fees], np.int64),
    )


class Inside(NamedTuple):
    """Who is in a coalition, and each joint cost's sums and price with them alone."""

    member: Bools
    first: Array
    second: Array
    price: Array


def nobody(pool: Pool) -> Inside:
    """The empty coalition."""
    joints = len(pool.joint_begin) - 1
    sums = [np.zeros(joints, np.int64) for _ in range(3)]
    return Inside(np.zeros(len(pool.direct), np.bool_), *sums)


@compiled
def joint_price(pool: Pool, j: int, first: int, second: int) -> int:
    """A joint cost with sums of weight and volume, or of value and number of buyers."""
    loads = len(pool.cells)
    if j < loads:
        return load_price(pool, j, first, second)  # type: ignore[arg-type]
    short = second > 0 and first < pool.minimum[j - loads]
    return int(pool.fee[j - loads]) if short else 0


@compiled
def flip_gain(pool: Pool, inside: Inside, amounts: Floats, b: int) -> float:
    """By how much the excess rises when a buyer leaves or enters."""
    sign = -1 if inside.member[b] else 1
    change = sign * pool.direct[b]
    for k in range(pool.begin[b], pool.begin[b + 1]):
        j = pool.joint[k]
        change += (
            joint_price(
                pool, j, inside.first[j] + sign * pool.first[k], inside.second[j] + sign * pool.second[k]
            )
            - inside.price[j]
        )
    return float(sign * amounts[b] - change)


@compiled
def flip(pool: Pool, inside: Inside, b: int) -> int:
    """Takes a buyer in or out; returns by how much the cost changes."""
    sign = -1 if inside.member[b] else 1
    change = sign * pool.direct[b]
    for k in range(pool.begin[b], pool.begin[b + 1]):
        j = pool.joint[k]
        inside.first[j] += sign * pool.first[k]
        inside.second[j] += sign * pool.second[k]
        price = joint_price(pool, j, inside.first[j], inside.second[j])
        change += price - inside.price[j]
        inside.price[j] = price
    inside.member[b] = not inside.member[b]
    return int(change)


@compiled
def add(pool: Pool, inside: Inside, buyers: Array) -> int:
    """Takes buyers in who are not; returns what they add to the price."""
    added = 0
    for b in buyers:
        added += flip(pool, inside, b)
    return int(added)


@compiled
def cost_with(pool: Pool, inside: Inside, buyers: Array) -> int:
    """By how much the price of a coalition rises with some more; `inside` is left as it was."""
    added = 0
    for b in buyers:
        added += flip(pool, inside, b)
    for b in buyers:
        flip(pool, inside, b)
    return int(added)


@compiled
def climb(
    pool: Pool, inside: Inside, amounts: Floats, chance: NDArray[np.uint64], moves: int, hot: float
) -> float:
    """Anneals from the coalition `inside` and leaves the best proper one found in it; returns its excess.

    `hot` is the first temperature, in minor units. `moves` counts flips; a block counts its buyers.
    """
    n = len(pool.direct)
    joints = len(pool.joint_begin) - 1
    size = 0
    excess = 0.0
    for b in range(n):
        if inside.member[b]:
            size += 1
            excess += amounts[b] - pool.direct[b]
    for j in range(joints):
        excess -= inside.price[j]
    best = -1e300
    kept = inside.member.copy()
    flipped = np.empty(n, np.int64)
    done = 0
    while done < moves:
        temperature = hot * (1.0 - done / moves) ** 2
        if joints == 0 or uniform(chance) < 0.97:
            b = below(chance, n)
            done += 1
            gain = flip_gain(pool, inside, amounts, b)
            if gain >= 0 or uniform(chance) < np.exp(gain / max(temperature, 1e-9)):
                size += -1 if inside.member[b] else 1
                flip(pool, inside, b)
                excess += gain
        else:
            j = below(chance, joints)
            enter = uniform(chance) < 0.5
            count = 0
            gain = 0.0
            for k in range(pool.joint_begin[j], pool.joint_begin[j + 1]):
                b = pool.joint_buyer[k]
                if inside.member[b] != enter:
                    gain += (amounts[b] if enter else -amounts[b]) - flip(pool, inside, b)
                    flipped[count] = b
                    count += 1
            done += count + 1
            if gain >= 0 or uniform(chance) < np.exp(gain / max(temperature, 1e-9)):
                size += count if enter else -count
                excess += gain
            else:
                for k in range(count):
                    flip(pool, inside, flipped[k])
        if 0 < size < n and excess > best + 1e-7:
            best = excess
            kept[:] = inside.member
    # The last way down: every single flip that still helps.
    if best > -1e300:
        for b in range(n):
            if inside.member[b] != kept[b]:
                flip(pool, inside, b)
        size = int(kept.sum())
        better = True
        while better:
            better = False
            for b in range(n):
                after = size + (-1 if inside.member[b] else 1)
                if 0 < after < n:
                    gain = flip_gain(pool, inside, amounts, b)
                    if gain > 1e-7:
                        flip(pool, inside, b)
                        size = after
                        best += gain
                        better = True
    return best


def climbed(
    pool: Pool, start: Bools, amounts: Floats, *, seed: int, moves: int, hot: float
) -> tuple[frozenset[int], float]:
    """The best proper coalition that annealing from `start` finds, and its excess; empty if it finds none."""
    inside = nobody(pool)
    add(pool, inside, np.flatnonzero(start))
    chance = np.array([0x9E3779B97F4A7C15 ^ (seed * 0x632BE59BD9B4E019 & 2**63 - 1)], np.uint64)
    best = climb(pool, inside, amounts, chance, moves, hot)
    if best == -1e300:
        return frozenset(), best
    return frozenset(np.flatnonzero(inside.member).tolist()), best


@lru_cache(maxsize=1)
def warmed() -> bool:
    """Compiles the functions above, or loads them from the cache, on a game of two buyers."""
    load = Load(ContainerTariff(1, 0, LessThanContainer(1, 1)), (0, 1), (1, 1), (1, 1))
    game = Game(("a", "b"), (0, 0), (load,), (Fee(1, 1, (0, 1), (1, 1)),), (0, 1))
    pool = pool_of(game)
    known = cost_with(pool, nobody(pool), np.array([0])) == 3
    return known and bool(climbed(pool, np.array([True, False]), np.zeros(2), seed=1, moves=9, hot=1.0)[0])

"""The worst group of a split as a programme whose relaxation gets tighter the longer it is used.

Its rows hold whatever the amounts are: inequalities that were added for one split (`lifting`) serve all
later ones. The relaxation alone often proves that no group gains; where it does not, it is solved in
integers. The prices of the row "this buyer is served" are a split that no group can gain much from (Owen
1975, Lai and others 2022), at the cost of one linear programme, for ten thousand buyers too.
"""

from __future__ import annotations

import copy
from array import array
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from logistics.flat import Int64
from logistics.freight_rows import KILO, add_fee, add_freight
from logistics.game import Game, Load
from logistics.highs import INFINITE, Columns, Model, solve
from logistics.lifting import lifted_fee, lifted_price
from logistics.separation import Pool, add, nobody

Floats = NDArray[np.float64]
Coalition = frozenset[int]
SCALE = 1e-3
"""Of added rows, whose coefficients are minor units."""
ROUGH = 1e-3
"""How much of a joint cost an inequality is to add, to be worth a row."""


@dataclass(frozen=True, slots=True)
class _Joint:
    """A joint cost in the programme: the columns that cost something, what they cost, and its buyers."""

    columns: Columns
    costs: Floats
    buyers: Int64
    amounts: tuple[Int64, ...]
    """Of a load, volumes and weights; of a collection, values."""


@dataclass(frozen=True, slots=True)
class Relaxed:
    """A proven bound of every proper group's excess, and who is in the worst fractional group."""

    bound: float
    values: Floats | None


class Relaxation:
    """The programme of a game; it is strengthened as it is used."""

    def __init__(self, game: Game, pool: Pool) -> None:
        self.game = game
        self.pool = pool
        self.n = len(game.buyers)
        self.direct = np.array(game.direct, np.float64)
        self.total = game.total()
        self.seen: set[tuple[int, bytes]] = set()
        self.model, self.proper, spans = _programme(game, rounded=False)
        self.joints = []
        for (begin, end), one in zip(spans, game.joints(), strict=True):
            costs = np.array(self.model.cost[begin:end])
            paid = np.flatnonzero(costs)
            amounts = (one.volume, one.weight) if isinstance(one, Load) else (one.value,)
            self.joints.append(
                _Joint(
                    (paid + begin).astype(np.int32),
                    costs[paid],
                    np.array(one.buyers, np.int64),
                    tuple(np.array(own, np.int64) for own in amounts),
                )
            )

    def bounded(self, amounts: Floats, *, seconds: float = INFINITE) -> Relaxed:
        """The relaxation at a split."""
        self._charge(amounts)
        outcome = solve(self._continuous(), seconds=seconds)
        if outcome.row_duals is None:
            return Relaxed(np.inf, None)
        return Relaxed(self._proven(amounts, outcome.row_duals), outcome.values)

    def strengthened(self, values: Floats) -> int:
        """Adds inequalities that a fractional group breaks; how many."""
        added = 0
        for j, joint in enumerate(self.joints):
            part = values[joint.buyers]
            if len(joint.columns) and part.max() > 1e-6:
                order = np.argsort(-part, kind="stable")
                added += sum(self._lifted(j, k, order, values) for k in range(len(joint.amounts)))
        return added

    def groups(self, values: Floats, amounts: Floats, count: int) -> list[tuple[float, Coalition]]:
        """Of the groups of those who are most in a fractional group, those with the greatest excess."""
        part = values[: self.n]
        order = np.argsort(-part, kind="stable")
        inside = nobody(self.pool)
        excess, found = 0.0, []
        for k, b in enumerate(order[:-1].tolist()):
            excess += amounts[b] - add(self.pool, inside, order[k : k + 1])
            if part[b] > part[order[k + 1]] + 1e-6:
                found.append((excess, k))
        found.sort(key=lambda one: (-one[0], one[1]))
        return [(excess, frozenset(order[: k + 1].tolist())) for excess, k in found[:count]]

    def worst(self, amounts: Floats, *, above: float, seconds: float) -> tuple[Coalition | None, float]:
        """The group with the greatest excess if that is `above` one, as it is found in integers in the time,
        and a proven bound of every group's excess.
        """
        self._charge(amounts)
        outcome = solve(self.model, seconds=seconds, absolute_gap=0.4, cutoff=-above)
        bound = max(above, -outcome.bound + KILO * 1e-6)
        return None if outcome.values is None else _members(outcome.values, self.n), bound

    def prices(
        self, caps: tuple[int, ...], equals: list[list[int]], *, seconds: float = INFINITE
    ) -> tuple[Floats, float] | None:
        """A split within the caps, the same for equals, that no group gains much from, and a proven bound of
        what one gains; None where the time is too short.

        Loads and collections whose relaxation is not exact for all buyers together are strengthened first.
        """
        model = copy.deepcopy(self.model)
        model.integral = array("i", bytes(4 * len(model.integral)))
        model.cost[: self.n] = array("d", self.direct.tolist())
        # Everybody may be served twice, so that a limit on that has no price.
        model.upper = array("d", (2 * np.array(model.upper) + 1).tolist())
        model.row_lower[self.proper], model.row_upper[self.proper] = -INFINITE, INFINITE
        rows = len(model.row_lower)
        for group in equals:
            refused = model.column(float(caps[group[0]]), INFINITE)
            model.long_row([(group, 1.0), ([refused], 1.0)], float(len(group)))
        outcome = solve(model, seconds=seconds, interior=True)
        if outcome.values is None or outcome.row_duals is None:
            return None
        amounts, most = np.zeros(self.n), np.array(caps, np.float64)
        for group, price in zip(equals, outcome.row_duals[rows:], strict=True):
            amounts[group] = price
        amounts = np.clip(amounts, 0.0, most)
        left = self.total - amounts.sum()
        room = most - amounts if left > 0 else amounts
        amounts += left * room / max(room.sum(), 1e-9)
        return amounts, self._proven(amounts, outcome.row_duals[:rows])

    def exact_together(self) -> int:
        """Adds inequalities where the relaxation is below the cost of all buyers together; how many."""
        values = solve(self._together()).values
        if values is None:
            return 0
        added = 0
        for j, (joint, one) in enumerate(zip(self.joints, self.game.joints(), strict=True)):
            short = one.cost(frozenset(one.buyers)) - float(joint.costs @ values[joint.columns])
            if len(joint.columns) and short > 1.0:
                for k, own in enumerate(joint.amounts):
                    for order in (np.argsort(-own, kind="stable"), np.argsort(own, kind="stable")):
                        added += self._lifted(j, k, order, values)
        return added

    def _together(self) -> Model:
        """The relaxation with all buyers in."""
        lower = array("d", self.model.lower)
        lower[: self.n] = array("d", [1.0] * self.n)
        row_upper = array("d", self.model.row_upper)
        row_upper[self.proper] = INFINITE
        return replace(self._continuous(), lower=lower, row_upper=row_upper)

    def _continuous(self) -> Model:
        return replace(self.model, integral=array("i", bytes(4 * len(self.model.integral))))

    def _charge(self, amounts: Floats) -> None:
        self.model.cost[: self.n] = array("d", (self.direct - amounts).tolist())

    def _lifted(self, j: int, k: int, order: Int64, values: Floats) -> int:
        """Adds a joint cost's inequality in an order of its buyers, if a fractional group breaks it."""
        joint = self.joints[j]
        if j < len(self.game.loads):
            coefficients = lifted_price(self.pool, j, joint.amounts[k], order, k == 0)
        else:
            fee = self.game.fees[j - len(self.game.loads)]
            coefficients = lifted_fee(fee.minimum_order, fee.amount, joint.amounts[k], order)
        cost = float(joint.costs @ values[joint.columns])
        if float(coefficients @ values[joint.buyers]) <= cost + max(1.0, ROUGH * cost):
            return 0
        key = (j, coefficients.tobytes())
        if key in self.seen:
            return 0
        self.seen.add(key)
        some = np.flatnonzero(coefficients)
        self.model.long_row(
            [
                (joint.columns, joint.costs * SCALE),
                (joint.buyers[some].astype(np.int32), -coefficients[some] * SCALE),
            ],
            0.0,
        )
        return 1

    def _proven(self, amounts: Floats, prices: Floats) -> float:
        """The bound of every group's excess that row prices prove, whether they are optimal or not."""
        model = self.model
        lower, upper = np.frombuffer(model.row_lower), np.frombuffer(model.row_upper)
        prices = np.where(prices > 0, np.where(lower > -INFINITE, prices, 0.0), prices)
        prices = np.where(prices < 0, np.where(upper < INFINITE, prices, 0.0), prices)
        limit = np.where(prices > 0, lower, np.where(prices < 0, upper, 0.0))
        least = float((prices * limit).sum())
        reduced = np.array(model.cost)
        reduced[: self.n] = self.direct - amounts
        starts = np.frombuffer(model.starts, np.int32)
        weights = np.frombuffer(model.coefficient) * np.repeat(prices, np.diff(starts))
        reduced -= np.bincount(np.frombuffer(model.index, np.int32), weights, len(reduced))
        least += float(
            np.minimum(reduced * np.frombuffer(model.lower), reduced * np.frombuffer(model.upper)).sum()
        )
        return -least + 1e-9 * self.total + 1e-3


def worst_rounded(
    game: Game, amounts: Floats, *, above: float, seconds: float
) -> tuple[Coalition | None, float]:
    """As `Relaxation.worst`, with freight rounded up as in the contract: exact, and much slower."""
    model, _, _ = _programme(game, rounded=True)
    model.cost[: len(amounts)] = array("d", (np.array(game.direct, np.float64) - amounts).tolist())
    outcome = solve(model, seconds=seconds, absolute_gap=0.4, cutoff=-above)
    bound = max(above, -outcome.bound + KILO * 1e-6)
    return None if outcome.values is None else _members(outcome.values, len(amounts)), bound


def _members(values: Floats, n: int) -> Coalition:
    return frozenset(np.flatnonzero(values[:n] > 0.5).tolist())


def _programme(game: Game, *, rounded: bool) -> tuple[Model, int, list[tuple[int, int]]]:
    """The price of a proper group, its buyers the first columns; the row that keeps it proper; the columns of
    each joint cost.
    """
    n = len(game.buyers)
    model = Model(rounded=rounded)
    member = [model.column(0.0, integral=True) for _ in range(n)]
    model.row([(m, 1.0) for m in member], 1.0, float(n - 1))
    spans = []
    for one in game.joints():
        begin = len(model.cost)
        own = [member[b] for b in one.buyers]
        if isinstance(one, Load):
            opened = model.column(float(one.tariff.per_shipment), integral=True)
            for m in own:
                model.row([(opened, 1.0), (m, -1.0)], 0.0)
            weights = list(zip(own, one.weight, strict=True))
            volumes = list(zip(own, one.volume, strict=True))
            add_freight(model, one.tariff, opened, weights, volumes, (sum(one.weight), sum(one.volume)))
        else:
            add_fee(model, one.minimum_order, one.amount, list(zip(own, one.value, strict=True)))
        spans.append((begin, len(model.cost)))
    return model, 0, spans

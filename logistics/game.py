"""The cost allocation game of a plan: c(S) is the price of the plan with the lines of the buyers S alone.

Buyers who share no departure and no collection whose fee could change do not matter to each other: the game
is the sum of its components' games (`contracts/sharing.md`).
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from logistics.flat import Int64
from logistics.pricing import Price
from logistics.problem import Problem, Tariff
from logistics.tariffs import freight_cost
from logistics.vectors import freight_costs


@dataclass(frozen=True, slots=True)
class Load:
    """A shipment seen by a game: weight and volume of each buyer in it, and its tariff."""

    tariff: Tariff
    buyers: tuple[int, ...]
    weight: tuple[int, ...]
    volume: tuple[int, ...]

    def cost(self, inside: frozenset[int]) -> int:
        """Freight and shipment sum with the buyers `inside` alone (consignee sums are each one's own)."""
        weight = sum(w for b, w in zip(self.buyers, self.weight, strict=True) if b in inside)
        volume = sum(v for b, v in zip(self.buyers, self.volume, strict=True) if b in inside)
        return freight_cost(self.tariff, weight, volume) + self.tariff.per_shipment if weight else 0


@dataclass(frozen=True, slots=True)
class Fee:
    """A collection seen by a game: value of each buyer in it, the minimum and the fee below it."""

    minimum_order: int
    amount: int
    buyers: tuple[int, ...]
    value: tuple[int, ...]

    def cost(self, inside: frozenset[int]) -> int:
        """The fee with the buyers `inside` alone."""
        values = [v for b, v in zip(self.buyers, self.value, strict=True) if b in inside]
        return self.amount if values and sum(values) < self.minimum_order else 0


@dataclass(frozen=True, slots=True)
class Game:
    """Buyers 0..n-1 by name, what each causes alone, and the joint costs."""

    buyers: tuple[str, ...]
    direct: tuple[int, ...]
    loads: tuple[Load, ...]
    fees: tuple[Fee, ...]
    alike: tuple[int, ...]
    """A number for each buyer, the same for those who pay the same (to a minor unit) by the contract."""

    def cost(self, inside: frozenset[int]) -> int:
        """The price c(S)."""
        own = sum(self.direct[b] for b in inside)
        touched = sum(load.cost(inside) for load in self.loads)
        return own + touched + sum(fee.cost(inside) for fee in self.fees)

    def joints(self) -> tuple[Load | Fee, ...]:
        """Everything that more than one buyer may cause."""
        return (*self.loads, *self.fees)

    def total(self) -> int:
        """The price of all buyers."""
        return self.cost(frozenset(range(len(self.buyers))))

    def components(self) -> list[tuple[int, ...]]:
        """Buyers who matter to each other, each list in order, by its first member.

        Buyers who must pay the same matter to each other wherever the plan has put their goods.
        """
        leader = list(range(len(self.buyers)))

        def find(b: int) -> int:
            while leader[b] != b:
                leader[b] = leader[leader[b]]
                b = leader[b]
            return b

        for joint in self.joints():
            for b in joint.buyers[1:]:
                one, other = find(joint.buyers[0]), find(b)
                leader[max(one, other)] = min(one, other)
        apart = set(range(len(self.buyers))) - {b for joint in self.joints() for b in joint.buyers}
        first: dict[int, int] = {}
        for b, kind in enumerate(self.alike):
            a = first.setdefault(kind, b)
            if not (a in apart and b in apart and self.direct[a] == self.direct[b]):
                one, other = find(a), find(b)
                leader[max(one, other)] = min(one, other)
        members: defaultdict[int, list[int]] = defaultdict(list)
        for b in range(len(self.buyers)):
            members[find(b)].append(b)
        return [tuple(members[b]) for b in sorted(members)]

    def restricted(self, members: tuple[int, ...]) -> Game:
        """The game of one component, its buyers numbered anew."""
        number = {b: i for i, b in enumerate(members)}
        return Game(
            buyers=tuple(self.buyers[b] for b in members),
            direct=tuple(self.direct[b] for b in members),
            loads=tuple(
                Load(x.tariff, tuple(number[b] for b in x.buyers), x.weight, x.volume)
                for x in self.loads
                if x.buyers[0] in number
            ),
            fees=tuple(
                Fee(x.minimum_order, x.amount, tuple(number[b] for b in x.buyers), x.value)
                for x in self.fees
                if x.buyers[0] in number
            ),
            alike=tuple(self.alike[b] for b in members),
        )

    def all_costs(self) -> Int64:
        """c(S) for every S, a bit mask over the buyers: 2^n integers."""
        n = len(self.buyers)
        costs = subset_sums(np.array(self.direct, np.int64), range(n), n)
        for load in self.loads:
            weight = subset_sums(np.array(load.weight, np.int64), load.buyers, n)
            volume = subset_sums(np.array(load.volume, np.int64), load.buyers, n)
            costs += freight_costs(load.tariff, weight, volume) + np.where(
                weight > 0, load.tariff.per_shipment, 0
            )
        for fee in self.fees:
            value = subset_sums(np.array(fee.value, np.int64), fee.buyers, n)
            some = subset_sums(np.ones(len(fee.buyers), np.int64), fee.buyers, n) > 0
            costs += np.where(some & (value < fee.minimum_order), fee.amount, 0)
        return costs


def subset_sums(amounts: NDArray[np.int64], members: range | tuple[int, ...], n: int) -> Int64:
    """For each S of n as a bit mask, the sum of the amounts of those `members` that are in S."""
    by_member = dict(zip(members, amounts.tolist(), strict=True))
    sums = np.zeros(1, np.int64)
    for b in range(n):
        sums = np.concatenate([sums, sums + by_member.get(b, 0)])
    return sums


def game_of(problem: Problem, priced: Price) -> Game:
    """The game of a priced plan. `direct` holds consignee sums, waiting and direct costs."""
    names = problem.buyers()
    number = {name: i for i, name in enumerate(names)}
    lines = {line.id: line for line in problem.lines}
    tariffs = {service.id: service.tariff for service in problem.services}
    fees_of = {producer.id: producer.small_order_fee for producer in problem.producers}
    direct = [0] * len(names)
    for own in (priced.waiting, priced.direct):
        for name, amount in own.items():
            direct[number[lines[name].buyer]] += amount
    loads, fees = [], []
    for shipment in priced.shipments:
        tariff = tariffs[shipment.service]
        sums: defaultdict[int, list[int]] = defaultdict(lambda: [0, 0])
        for name in shipment.lines:
            line = lines[name]
            sums[number[line.buyer]][0] += line.weight_g
            sums[number[line.buyer]][1] += line.volume_cm3
        for b in sums:
            direct[b] += tariff.per_consignee
        members = tuple(sorted(sums))
        loads.append(
            Load(tariff, members, tuple(sums[b][0] for b in members), tuple(sums[b][1] for b in members))
        )
    for collection in priced.collections:
        if not fees_of[collection.producer] or not collection.minimum_order:
            continue
        values: defaultdict[int, int] = defaultdict(int)
        for name in collection.lines:
            values[number[lines[name].buyer]] += lines[name].value
        members = tuple(sorted(values))
        amount = fees_of[collection.producer]
        fees.append(Fee(collection.minimum_order, amount, members, tuple(values[b] for b in members)))
    # By what they hold and not by name, so that the split does not depend on the order of the input.
    loads.sort(key=lambda load: (load.buyers, load.weight, load.volume, repr(load.tariff)))
    fees.sort(key=lambda fee: (fee.buyers, fee.value, fee.minimum_order, fee.amount))
    return Game(names, tuple(direct), tuple(loads), tuple(fees), _orders(problem, number))


def _orders(problem: Problem, number: dict[str, int]) -> tuple[int, ...]:
    """The same number for buyers who order exactly the same."""
    lines: list[list[tuple[str, str, str, int, int, int, int, int, int]]] = [[] for _ in number]
    for x in problem.lines:
        direct = -1 if x.direct_cost is None else x.direct_cost
        lines[number[x.buyer]].append(
            (
                x.producer,
                x.destination,
                x.cargo_class,
                x.value,
                x.weight_g,
                x.volume_cm3,
                x.ready,
                x.due,
                direct,
            )
        )
    first: dict[tuple[object, ...], int] = {}
    return tuple(first.setdefault(tuple(sorted(own)), b) for b, own in enumerate(lines))

"""A plan that is being changed: what a move of one line costs, from what it touches alone."""

from __future__ import annotations

from collections import Counter

import numpy as np

from logistics.flat import DIRECT, Flat, Int64
from logistics.tariffs import freight_cost


class State:
    """Loads of cells, consignees and collections under the lines placed so far (plain integers)."""

    def __init__(self, flat: Flat) -> None:
        self.flat = flat
        self.option: dict[int, int] = {}
        self._weight: Counter[int] = Counter()
        self._volume: Counter[int] = Counter()
        self._lines: Counter[int] = Counter()
        self._consignee: Counter[int] = Counter()
        self._value: Counter[int] = Counter()
        self._collected: Counter[int] = Counter()
        self._freight: dict[tuple[int, int, int], int] = {}

    def place(self, option: int) -> None:
        """Puts a line that is nowhere on an option."""
        self.option[int(self.flat.option_line[option])] = option
        self._count(option, 1)

    def remove(self, line: int) -> int:
        """Takes a line out; returns the option it had."""
        option = self.option.pop(line)
        self._count(option, -1)
        return option

    def _count(self, option: int, sign: int) -> None:
        flat = self.flat
        cell = int(flat.option_cell[option])
        if cell == DIRECT:
            return
        line = int(flat.option_line[option])
        collection = int(flat.option_collection[option])
        self._weight[cell] += sign * int(flat.weight[line])
        self._volume[cell] += sign * int(flat.volume[line])
        self._lines[cell] += sign
        self._consignee[int(flat.option_consignee[option])] += sign
        self._value[collection] += sign * int(flat.value[line])
        self._collected[collection] += sign

    def fits(self, option: int) -> bool:
        """Whether the cell of an option still has room for its line."""
        flat = self.flat
        cell = int(flat.option_cell[option])
        if cell == DIRECT:
            return True
        line = int(flat.option_line[option])
        return bool(
            self._weight[cell] + int(flat.weight[line]) <= flat.cell_capacity_g[cell]
            and self._volume[cell] + int(flat.volume[line]) <= flat.cell_capacity_cm3[cell]
        )

    def added_cost(self, option: int) -> int:
        """What the total rises by when the line of an option, which is nowhere, is put on it."""
        flat = self.flat
        cell = int(flat.option_cell[option])
        cost = int(flat.option_cost[option])
        if cell == DIRECT:
            return cost
        line = int(flat.option_line[option])
        tariff = flat.problem.services[int(flat.cell_service[cell])].tariff
        weight, volume = self._weight[cell], self._volume[cell]
        cost += self._freight_cost(cell, weight + int(flat.weight[line]), volume + int(flat.volume[line]))
        cost -= self._freight_cost(cell, weight, volume)
        if not self._lines[cell]:
            cost += tariff.per_shipment
        if not self._consignee[int(flat.option_consignee[option])]:
            cost += tariff.per_consignee
        collection = int(flat.option_collection[option])
        producer = flat.problem.producers[int(flat.collection_producer[collection])]
        value = self._value[collection]
        before = bool(self._collected[collection]) and value < producer.minimum_order
        after = value + int(flat.value[line]) < producer.minimum_order
        return cost + (after - before) * producer.small_order_fee

    def _freight_cost(self, cell: int, weight: int, volume: int) -> int:
        if not weight:
            return 0
        service = int(self.flat.cell_service[cell])
        key = (service, weight, volume)
        if key not in self._freight:
            self._freight[key] = freight_cost(self.flat.problem.services[service].tariff, weight, volume)
        return self._freight[key]

    def cheapest(self, line: int) -> int | None:
        """The option that adds least for a line that is nowhere, the first of equals; None if nothing
        fits.
        """
        flat = self.flat
        options = range(int(flat.first[line]), int(flat.first[line + 1]))
        fitting = [o for o in options if self.fits(o)]
        return min(fitting, key=lambda o: (self.added_cost(o), o)) if fitting else None


def total_cost(flat: Flat, chosen: Int64) -> int:
    """The exact cost of chosen options (of some or all lines)."""
    state = State(flat)
    total = 0
    for option in chosen.tolist():
        total += state.added_cost(option)
        state.place(option)
    return total


def feasible(flat: Flat, chosen: Int64) -> bool:
    """Whether chosen options keep every capacity."""
    cells = flat.option_cell[chosen]
    shipped = cells != DIRECT
    lines = flat.option_line[chosen][shipped]
    for amounts, capacity in (
        (flat.weight, flat.cell_capacity_g),
        (flat.volume, flat.cell_capacity_cm3),
    ):
        load = np.zeros(len(capacity), np.int64)
        np.add.at(load, cells[shipped], amounts[lines])
        if (load > capacity).any():
            return False
    return True


def constructed(flat: Flat, lines: Int64) -> Int64 | None:
    """Options for lines, dearest to serve alone first, each where it adds least, then moved while that helps.

    None if some line found no room: that does not prove that there is none.
    """
    state = State(flat)
    for line in sorted(lines.tolist(), key=lambda i: (-int(flat.weight[i]), i)):
        option = state.cheapest(line)
        if option is None:
            return None
        state.place(option)
    better = True
    while better:
        better = False
        for line in lines.tolist():
            old = state.remove(line)
            new = state.cheapest(line)
            assert new is not None
            if state.added_cost(new) < state.added_cost(old):
                better = True
            else:
                new = old
            state.place(new)
    return np.array([state.option[line] for line in lines.tolist()], np.int64)

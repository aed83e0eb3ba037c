"""A part of a problem and its plan as flat integer arrays, and what changes to it cost, at machine speed.

Costs are those of `contracts/pooling-problem.md`, kept cell by cell, so that a change costs what it touches.
All integers are 64 bits wide; the problem's constructor sees to it that no product leaves them. `moves` is
the search on these arrays.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from logistics.compiling import compiled
from logistics.freight_kernels import FOREVER, mixed_freight

Array = NDArray[np.int64]

NOWHERE = -1


class Line(Protocol):
    """A line: its goods, its options first:end (in the order of their cells), the one it has, its list
    neighbours.
    """

    weight: int
    volume: int
    value: int
    first: int
    end: int
    option: int
    cell_next: int
    cell_back: int
    collection_next: int
    collection_back: int


class Option(Protocol):
    """An option: its cell or NOWHERE, waiting or direct cost, and what it touches."""

    cell: int
    cost: int
    collection: int
    consignee: int
    line: int


class Cell(Protocol):
    """A cell: its limits, the options in it (first:end of `cell_options`), and what is in it now."""

    tariff: int
    g_limit: int
    cm3_limit: int
    first: int
    end: int
    grams: int
    cm3: int
    lines: int
    price: int
    head: int


class Collection(Protocol):
    """A collection: its terms, the options in it (first:end of `collection_options`), what is in it now."""

    minimum: int
    fee: int
    first: int
    end: int
    value: int
    lines: int
    head: int


class Tariff(Protocol):
    """A tariff; `per_wm` is BREAKS for one with breaks, NO_LOOSE for one without less-than-container."""

    shipment: int
    consignee: int
    per_wm: int
    least_wm: int
    divisor: int
    least_charge: int
    first: int
    end: int


class Step(Protocol):
    """A container, the dearest first; or a break: `cost` is its rate, `grams` where it begins."""

    cost: int
    grams: int
    cm3: int


def _dtype(record: type) -> np.dtype[Any]:
    return np.dtype([(name, np.int64) for name in record.__annotations__])


LINE, OPTION, CELL = _dtype(Line), _dtype(Option), _dtype(Cell)
COLLECTION, TARIFF, STEP = _dtype(Collection), _dtype(Tariff), _dtype(Step)
BREAKS = -2
NO_LOOSE = -1


class Part(NamedTuple):
    """A part of a problem and its plan, as arrays of the records above; `chance` is the generator's state."""

    lines: Sequence[Line]
    options: Sequence[Option]
    cells: Sequence[Cell]
    collections: Sequence[Collection]
    consignees: Array
    tariffs: Sequence[Tariff]
    steps: Sequence[Step]
    cell_options: Array
    collection_options: Array
    chance: NDArray[np.uint64]


@compiled
def uniform(chance: NDArray[np.uint64]) -> float:
    """The next number in [0, 1) of an xorshift64* generator (Vigna 2016)."""
    x = chance[0]
    x ^= x >> np.uint64(12)
    x ^= x << np.uint64(25)
    x ^= x >> np.uint64(27)
    chance[0] = x
    return float((x * np.uint64(2685821657736338717)) >> np.uint64(11)) / 9007199254740992.0


@compiled
def below(chance: NDArray[np.uint64], n: int) -> int:
    """The next integer in [0, n)."""
    return int(uniform(chance) * n)


@compiled
def load_price(p: Part, cell: int, w: int, v: int) -> int:
    """Freight and shipment sum of a load in a cell; 0 for none."""
    if w == 0:
        return 0
    tariff = p.cells[cell].tariff
    if p.tariffs[tariff].per_wm != BREAKS:
        return p.tariffs[tariff].shipment + mixed_freight(p, tariff, w, v)
    divisor = p.tariffs[tariff].divisor
    charged = max(w, (1000 * v + divisor - 1) // divisor)
    best = FOREVER
    for k in range(p.tariffs[tariff].first, p.tariffs[tariff].end):
        best = min(best, (p.steps[k].cost * max(charged, p.steps[k].grams) + 999) // 1000)
    return p.tariffs[tariff].shipment + max(best, p.tariffs[tariff].least_charge)


@compiled
def fee_of(p: Part, collection: int, value: int, lines: int) -> int:
    """The small-order fee of a collection."""
    return p.collections[collection].fee if lines > 0 and value < p.collections[collection].minimum else 0


@compiled
def fits(p: Part, line: int, option: int) -> bool:
    """Whether a line that is not in the option's cell has room there."""
    cell = p.options[option].cell
    if cell == NOWHERE:
        return True
    return (
        p.cells[cell].grams + p.lines[line].weight <= p.cells[cell].g_limit
        and p.cells[cell].cm3 + p.lines[line].volume <= p.cells[cell].cm3_limit
    )


@compiled
def insertion_cost(p: Part, line: int, option: int) -> int:
    """What putting a line that is nowhere on an option adds."""
    cost = p.options[option].cost
    cell = p.options[option].cell
    if cell == NOWHERE:
        return cost
    cost += (
        load_price(
            p, cell, p.cells[cell].grams + p.lines[line].weight, p.cells[cell].cm3 + p.lines[line].volume
        )
        - p.cells[cell].price
    )
    if p.consignees[p.options[option].consignee] == 0:
        cost += p.tariffs[p.cells[cell].tariff].consignee
    k = p.options[option].collection
    value, lines = p.collections[k].value, p.collections[k].lines
    return cost + fee_of(p, k, value + p.lines[line].value, lines + 1) - fee_of(p, k, value, lines)


@compiled
def insert(p: Part, line: int, option: int) -> int:
    """Puts a line that is nowhere on an option; returns what that adds."""
    cost = insertion_cost(p, line, option)
    p.lines[line].option = option
    cell = p.options[option].cell
    if cell == NOWHERE:
        return cost
    p.cells[cell].grams += p.lines[line].weight
    p.cells[cell].cm3 += p.lines[line].volume
    p.cells[cell].lines += 1
    p.cells[cell].price = load_price(p, cell, p.cells[cell].grams, p.cells[cell].cm3)
    p.consignees[p.options[option].consignee] += 1
    k = p.options[option].collection
    p.collections[k].value += p.lines[line].value
    p.collections[k].lines += 1
    head = p.cells[cell].head
    p.lines[line].cell_next, p.lines[line].cell_back = head, NOWHERE
    if head != NOWHERE:
        p.lines[head].cell_back = line
    p.cells[cell].head = line
    head = p.collections[k].head
    p.lines[line].collection_next, p.lines[line].collection_back = head, NOWHERE
    if head != NOWHERE:
        p.lines[head].collection_back = line
    p.collections[k].head = line
    return cost


@compiled
def remove(p: Part, line: int) -> int:
    """Takes a line out; returns what that saves."""
    option = p.lines[line].option
    p.lines[line].option = NOWHERE
    saved = p.options[option].cost
    cell = p.options[option].cell
    if cell == NOWHERE:
        return saved
    p.cells[cell].grams -= p.lines[line].weight
    p.cells[cell].cm3 -= p.lines[line].volume
    p.cells[cell].lines -= 1
    saved += p.cells[cell].price
    p.cells[cell].price = load_price(p, cell, p.cells[cell].grams, p.cells[cell].cm3)
    saved -= p.cells[cell].price
    pair = p.options[option].consignee
    p.consignees[pair] -= 1
    if p.consignees[pair] == 0:
        saved += p.tariffs[p.cells[cell].tariff].consignee
    k = p.options[option].collection
    saved += fee_of(p, k, p.collections[k].value, p.collections[k].lines)
    p.collections[k].value -= p.lines[line].value
    p.collections[k].lines -= 1
    saved -= fee_of(p, k, p.collections[k].value, p.collections[k].lines)
    after, before = p.lines[line].cell_next, p.lines[line].cell_back
    if before == NOWHERE:
        p.cells[cell].head = after
    else:
        p.lines[before].cell_next = after
    if after != NOWHERE:
        p.lines[after].cell_back = before
    after, before = p.lines[line].collection_next, p.lines[line].collection_back
    if before == NOWHERE:
        p.collections[k].head = after
    else:
        p.lines[before].collection_next = after
    if after != NOWHERE:
        p.lines[after].collection_back = before
    return saved


@compiled
def move_cost(p: Part, line: int, new: int) -> int:
    """What moving a placed line to another option of its own adds."""
    old = p.lines[line].option
    cost = p.options[new].cost - p.options[old].cost
    a, b = p.options[old].cell, p.options[new].cell
    ka, kb = NOWHERE, NOWHERE
    if a != NOWHERE:
        cost += (
            load_price(p, a, p.cells[a].grams - p.lines[line].weight, p.cells[a].cm3 - p.lines[line].volume)
            - p.cells[a].price
        )
        if p.consignees[p.options[old].consignee] == 1:
            cost -= p.tariffs[p.cells[a].tariff].consignee
        ka = p.options[old].collection
    if b != NOWHERE:
        cost += (
            load_price(p, b, p.cells[b].grams + p.lines[line].weight, p.cells[b].cm3 + p.lines[line].volume)
            - p.cells[b].price
        )
        if p.consignees[p.options[new].consignee] == 0:
            cost += p.tariffs[p.cells[b].tariff].consignee
        kb = p.options[new].collection
    if ka != kb:
        amount = p.lines[line].value
        if ka != NOWHERE:
            value, lines = p.collections[ka].value, p.collections[ka].lines
            cost += fee_of(p, ka, value - amount, lines - 1) - fee_of(p, ka, value, lines)
        if kb != NOWHERE:
            value, lines = p.collections[kb].value, p.collections[kb].lines
            cost += fee_of(p, kb, value + amount, lines + 1) - fee_of(p, kb, value, lines)
    return cost

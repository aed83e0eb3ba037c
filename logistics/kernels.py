"""The search at machine speed: numba functions over flat integer arrays.

`Tables` do not change while a part of a problem is searched, `Live` is the plan that is being changed.
Costs are those of `contracts/pooling-problem.md`, kept cell by cell, so that a move costs what it touches.
All integers are 64 bits wide; the problem's constructor sees to it that no product leaves them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from logistics.compiling import compiled

Array = NDArray[np.int64]

MILLION = 1_000_000
FOREVER = 2**62
NOWHERE = -1
BLOCK = 128
"""Lines that a block move takes out at most."""
LOG = 256
"""Lines that a block move changes at most."""


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
def mixed_freight(p: Part, tariff: int, w: int, v: int) -> int:
    """Least cost of containers and less-than-container for a load, depth first with a bound."""
    per_wm = p.tariffs[tariff].per_wm
    best = FOREVER
    if per_wm >= 0:
        best = (per_wm * max(w, v, p.tariffs[tariff].least_wm) + MILLION - 1) // MILLION
    begin, end = p.tariffs[tariff].first, p.tariffs[tariff].end
    if begin == end:
        return best
    # Containers come dearest first: the last is the cheapest, and no mix with one costs less than it.
    if best <= p.steps[end - 1].cost:
        return best
    kinds = end - begin
    left_w = np.empty(kinds + 1, np.int64)
    left_v = np.empty(kinds + 1, np.int64)
    spent = np.empty(kinds + 1, np.int64)
    count = np.empty(kinds + 1, np.int64)
    left_w[0], left_v[0], spent[0] = w, v, 0
    count[0] = max(
        (w + p.steps[begin].grams - 1) // p.steps[begin].grams,
        (v + p.steps[begin].cm3 - 1) // p.steps[begin].cm3,
    )
    k = 0
    while k >= 0:
        n = count[k]
        if n < 0:
            k -= 1
            continue
        count[k] -= 1
        box = begin + k
        rest_w, rest_v = left_w[k] - n * p.steps[box].grams, left_v[k] - n * p.steps[box].cm3
        cost = spent[k] + n * p.steps[box].cost
        if cost >= best:
            continue
        if rest_w <= 0 and rest_v <= 0:
            best = cost
            continue
        if per_wm >= 0:
            loose = cost + (per_wm * max(rest_w, rest_v, p.tariffs[tariff].least_wm) + MILLION - 1) // MILLION
            best = min(best, loose)
        if k + 1 < kinds:
            k += 1
            left_w[k], left_v[k], spent[k] = rest_w, rest_v, cost
            count[k] = max(
                0,
                (rest_w + p.steps[box + 1].grams - 1) // p.steps[box + 1].grams,
                (rest_v + p.steps[box + 1].cm3 - 1) // p.steps[box + 1].cm3,
            )
    return best


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


@compiled
def cheapest_closed(p: Part, line: int) -> int:
    """The option where a line adds least, over all departures."""
    best, chosen = FOREVER, NOWHERE
    for option in range(p.lines[line].first, p.lines[line].end):
        if fits(p, line, option):
            cost = insertion_cost(p, line, option)
            if cost < best:
                best, chosen = cost, option
    return chosen


@compiled
def cheapest(p: Part, line: int, closed: bool, noise: float) -> int:
    """The option where a line that is nowhere adds least, under a relative noise; -1 if it has room nowhere.

    Departures that nothing is on yet are only looked at with `closed`, or if nothing else has room.
    """
    best, chosen = np.inf, NOWHERE
    for option in range(p.lines[line].first, p.lines[line].end):
        cell = p.options[option].cell
        if (not closed and cell != NOWHERE and p.cells[cell].lines == 0) or not fits(p, line, option):
            continue
        cost = float(insertion_cost(p, line, option))
        if noise > 0.0:
            cost *= 1.0 + noise * (uniform(p.chance) - 0.5)
        if cost < best:
            best, chosen = cost, option
    if chosen == NOWHERE and not closed:
        return cheapest_closed(p, line)
    return chosen


@compiled
def option_in_cell(p: Part, line: int, cell: int) -> int:
    """The option of a line in a cell, -1 if it has none: options are in the order of their cells."""
    low, high = p.lines[line].first, p.lines[line].end - 1
    while low <= high:
        middle = (low + high) // 2
        here = p.options[middle].cell
        if here == cell:
            return middle
        if here < cell:
            low = middle + 1
        else:
            high = middle - 1
    return NOWHERE


@compiled
def option_in_collection(p: Part, line: int, collection: int) -> int:
    """The option of a line in a collection, one in an open cell if there is one; -1 if it has none."""
    found = NOWHERE
    for option in range(p.lines[line].first, p.lines[line].end):
        if p.options[option].collection == collection and p.options[option].cell != NOWHERE:
            if p.cells[p.options[option].cell].lines > 0:
                return option
            found = option
    return found


@compiled
def construct(p: Part, order: Array) -> int:
    """Puts each line, in order, where it adds least; returns the cost, -1 if some line has room nowhere."""
    total = 0
    for line in order:
        option = cheapest(p, line, True, 0.0)
        if option == NOWHERE:
            return -1
        total += insert(p, line, option)
    return total


@compiled
def place(p: Part, options: Array) -> int:
    """Puts each line on its option or, where that is full, where it adds least; returns the cost, -1 if some
    line has room nowhere.
    """
    total = 0
    for line in range(len(options)):
        option = options[line] if fits(p, line, options[line]) else cheapest(p, line, True, 0.0)
        if option == NOWHERE:
            return -1
        total += insert(p, line, option)
    return total


@compiled
def accepts(p: Part, change: int, temperature: float) -> bool:
    """Metropolis' rule."""
    if change <= 0:
        return True
    return temperature > 0.0 and uniform(p.chance) < np.exp(-change / temperature)


@compiled
def single_move(p: Part, temperature: float) -> int:
    """A line to a random option, to the cell of a line that could share one, or to a day of its producer."""
    n = len(p.lines)
    line = below(p.chance, n)
    begin, end = p.lines[line].first, p.lines[line].end
    if end - begin < 2:
        return 0
    new = begin + below(p.chance, end - begin)
    if (
        p.options[new].cell != NOWHERE
        and p.cells[p.options[new].cell].lines == 0
        and uniform(p.chance) < 0.85
    ):
        # Mostly to departures that sail anyway: the first open one after the drawn one.
        for ahead in range(1, end - begin):
            option = begin + (new - begin + ahead) % (end - begin)
            if p.options[option].cell == NOWHERE or p.cells[p.options[option].cell].lines > 0:
                new = option
                break
    if new == p.lines[line].option or not fits(p, line, new):
        return 0
    change = move_cost(p, line, new)
    if not accepts(p, change, temperature):
        return 0
    remove(p, line)
    insert(p, line, new)
    return change


@compiled
def block_of(p: Part, kind: int, block: Array) -> int:
    """Fills `block` with lines that share a cell (0), a cell and a buyer (1) or a collection (2); returns
    how many.
    """
    seed = below(p.chance, len(p.lines))
    option = p.lines[seed].option
    cell = p.options[option].cell
    if cell == NOWHERE:
        block[0] = seed
        return 1
    count = 0
    if kind == 2:
        line = p.collections[p.options[option].collection].head
        while line != NOWHERE and count < BLOCK:
            block[count] = line
            count += 1
            line = p.lines[line].collection_next
        return count
    pair = p.options[option].consignee
    line = p.cells[cell].head
    while line != NOWHERE and count < BLOCK:
        if kind == 0 or p.options[p.lines[line].option].consignee == pair:
            block[count] = line
            count += 1
        line = p.lines[line].cell_next
    return count


@compiled
def block_move(p: Part, kind: int, temperature: float, block: Array, before: Array) -> int:
    """Takes a block out and puts it elsewhere: to one other cell or day if drawn so, each line by itself
    if not.

    Lines outside the block then follow to that cell or day where that helps. `block` and `before` are the
    log.
    """
    count = block_of(p, kind, block)
    lead = block[below(p.chance, count)]
    own = p.lines[lead].option
    target = p.lines[lead].first + below(p.chance, p.lines[lead].end - p.lines[lead].first)
    together = p.options[target].cell != NOWHERE and target != own and uniform(p.chance) < 0.7
    target_cell, target_collection = p.options[target].cell, p.options[target].collection
    closed = uniform(p.chance) < 0.1
    change = 0
    for i in range(count):
        line = block[i]
        before[i] = p.lines[line].option
        change -= remove(p, line)
    stuck = False
    for i in range(count):
        j = i + below(p.chance, count - i)
        block[i], block[j] = block[j], block[i]
        before[i], before[j] = before[j], before[i]
        line = block[i]
        new = NOWHERE
        if together:
            if kind == 2:
                new = option_in_collection(p, line, target_collection)
            else:
                new = option_in_cell(p, line, target_cell)
            if new != NOWHERE and not fits(p, line, new):
                new = NOWHERE
        if new == NOWHERE:
            new = cheapest(p, line, closed, 0.1)
        if new == NOWHERE:
            stuck = True
            new = before[i]
        change += insert(p, line, new)
    if together and not stuck:
        if kind == 2:
            begin, end = p.collections[target_collection].first, p.collections[target_collection].end
        else:
            begin, end = p.cells[target_cell].first, p.cells[target_cell].end
        for i in range(begin, end):
            option = p.collection_options[i] if kind == 2 else p.cell_options[i]
            if count == LOG or p.cells[p.options[option].cell].lines == 0:
                continue
            line = p.options[option].line
            if p.lines[line].option != option and fits(p, line, option):
                gain = move_cost(p, line, option)
                if gain < 0:
                    block[count], before[count] = line, p.lines[line].option
                    count += 1
                    remove(p, line)
                    insert(p, line, option)
                    change += gain
    if not stuck and accepts(p, change, temperature):
        return change
    for i in range(count - 1, -1, -1):
        remove(p, block[i])
        insert(p, block[i], before[i])
    return 0


@compiled
def anneal(p: Part, moves: int, blocks: float, hot: float, cold: float) -> int:
    """Tries `moves` moves, a share `blocks` of them with blocks, cooling from `hot` to `cold`; returns the
    change.
    """
    block = np.empty(LOG, np.int64)
    before = np.empty(LOG, np.int64)
    change = 0
    factor = (cold / hot) ** (1.0 / max(moves, 1)) if hot > 0.0 and cold > 0.0 else 1.0
    temperature = hot
    for _ in range(moves):
        if uniform(p.chance) < blocks:
            change += block_move(p, below(p.chance, 3), temperature, block, before)
        else:
            change += single_move(p, temperature)
        temperature *= factor
    return change

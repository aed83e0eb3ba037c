"""The search at machine speed: plans built line by line, then changed at random by the rule of Metropolis."""

from __future__ import annotations

import numpy as np

from logistics.compiling import compiled
from logistics.freight_kernels import FOREVER
from logistics.kernels import (
    NOWHERE,
    Array,
    Part,
    below,
    fits,
    insert,
    insertion_cost,
    move_cost,
    remove,
    uniform,
)

BLOCK = 128
"""Lines that a block move takes out at most."""
LOG = 256
"""Lines that a block move changes at most."""


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

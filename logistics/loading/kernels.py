"""Block building: in the free box nearest to the far end, the block of like parcels that suits it best.

Blocks are valued as by Araya, Guerrero and Nunez (2017, VCS: a new heuristic function for selecting boxes in
the single container loading problem, Computers & Operations Research 82): their volume, the room that they
leave useless, the surface they share with what is there, the number of parcels. A loading is improved by
keeping its beginning and building the rest anew with some chance.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from logistics.compiling import compiled
from logistics.kernels import below, uniform
from logistics.loading.rooms import Array, cut

Real = NDArray[np.float64]

WEIGHT, BEARS, STOP = 0, 1, 2
MOST_SUPPORTS = 12
"""Parcels that one parcel may rest on."""
MOST_CANDIDATES = 6_000
TRIES = 40
"""Blocks that are tried in one free box before it is given up."""
TOLERANCE_G = 1e-3
"""Grams that a pressure may be off by rounding."""
ORDERS = np.array([[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]], np.int64)


class Task(NamedTuple):
    """What is to be loaded, by kind of parcel: `kinds` of WEIGHT, BEARS (-1: anything), STOP; `lies[k, o]`
    its measures in orientation o < `ways[k]`; `reach[a, r]` the longest row of sides within r along axis a.
    """

    kinds: Array
    counts: Array
    lies: Array
    ways: Array
    reach: Array
    least: Array
    hold: Array
    payload: int
    support: int
    presses: bool
    stops: bool


class Work(NamedTuple):
    """Room for one loading: boxes (x0, y0, z0, x1, y1, z1, kind), blocks (kind, orientation, number along,
    across and upward, x, y, z), what presses on each box and what it rests on.
    """

    boxes: Array
    blocks: Array
    left: Array
    rooms: Array
    old: Array
    pressed: Real
    added: Real
    rests_on: Array
    rest_share: Real
    candidates: Array
    values: Real
    chance: NDArray[np.uint64]
    figures: Array


@compiled
def press(t: Task, w: Work, n: int, block: Array, keep: bool) -> bool:
    """Whether everything below bears a block. With `keep` its weight is added to what is pressed on."""
    kind, way = block[0], block[1]
    a, b, z = t.lies[kind, way, 0], t.lies[kind, way, 1], block[7]
    if z == 0:
        return True
    column = float(block[4] * t.kinds[kind, WEIGHT])
    w.added[:n] = 0.0
    for i in range(block[2]):
        for k in range(block[3]):
            x0, y0 = block[5] + i * a, block[6] + k * b
            total = 0
            for j in range(n):
                box = w.boxes[j]
                if box[5] == z:
                    dx, dy = min(x0 + a, box[3]) - max(x0, box[0]), min(y0 + b, box[4]) - max(y0, box[1])
                    if dx > 0 and dy > 0:
                        total += dx * dy
            for j in range(n):
                box = w.boxes[j]
                if box[5] == z:
                    dx, dy = min(x0 + a, box[3]) - max(x0, box[0]), min(y0 + b, box[4]) - max(y0, box[1])
                    if dx > 0 and dy > 0:
                        w.added[j] += column * dx * dy / total
    for j in range(n - 1, -1, -1):
        if w.added[j] > 0.0:
            bears = t.kinds[w.boxes[j, 6], BEARS]
            if not keep and bears >= 0 and w.pressed[j] + w.added[j] > bears + TOLERANCE_G:
                return False
            for s in range(MOST_SUPPORTS):
                below_it = w.rests_on[j, s]
                if below_it < 0:
                    break
                w.added[below_it] += w.added[j] * w.rest_share[j, s]
    if keep:
        w.pressed[:n] += w.added[:n]
    return True


@compiled
def rests(t: Task, w: Work, n: int, block: Array) -> bool:
    """Whether each parcel at the bottom of a block rests on enough, and on few enough."""
    kind, way, z = block[0], block[1], block[7]
    a, b = t.lies[kind, way, 0], t.lies[kind, way, 1]
    if z == 0:
        return True
    for i in range(block[2]):
        for k in range(block[3]):
            x0, y0 = block[5] + i * a, block[6] + k * b
            total, carriers = 0, 0
            for j in range(n):
                box = w.boxes[j]
                if box[5] == z:
                    dx, dy = min(x0 + a, box[3]) - max(x0, box[0]), min(y0 + b, box[4]) - max(y0, box[1])
                    if dx > 0 and dy > 0:
                        total += dx * dy
                        carriers += 1
            if total * 1000 < t.support * a * b or total == 0 or carriers > MOST_SUPPORTS:
                return False
    return True


@compiled
def in_the_way(t: Task, w: Work, n: int, block: Array) -> bool:
    """Whether a block would lie behind or below what is unloaded after it, or would come to carry what hangs
    over.
    """
    kind, way = block[0], block[1]
    x0, y0, z0 = block[5], block[6], block[7]
    x1, y1, z1 = (
        x0 + block[2] * t.lies[kind, way, 0],
        y0 + block[3] * t.lies[kind, way, 1],
        z0 + block[4] * t.lies[kind, way, 2],
    )
    for j in range(n):
        box = w.boxes[j]
        above = box[2] >= z1 and box[0] < x1 and box[3] > x0 and box[1] < y1 and box[4] > y0
        if above and box[2] == z1:
            return True
        if t.kinds[box[6], STOP] != t.kinds[kind, STOP]:
            before = box[0] >= x1 and box[1] < y1 and box[4] > y0 and box[2] < z1 and box[5] > z0
            if above or before:
                return True
    return False


@compiled
def put(t: Task, w: Work, n: int, n_rooms: int, block: Array) -> int:
    """Puts a block in; returns how many free boxes there are then."""
    kind, way = block[0], block[1]
    a, b, c = t.lies[kind, way, 0], t.lies[kind, way, 1], t.lies[kind, way, 2]
    if t.presses:
        press(t, w, n, block, True)
    first = n
    layer = block[2] * block[3]
    for h in range(block[4]):
        for i in range(block[2]):
            for k in range(block[3]):
                x, y, z = block[5] + i * a, block[6] + k * b, block[7] + h * c
                w.boxes[n, 0], w.boxes[n, 1], w.boxes[n, 2] = x, y, z
                w.boxes[n, 3], w.boxes[n, 4], w.boxes[n, 5] = x + a, y + b, z + c
                w.boxes[n, 6] = kind
                if t.presses:
                    w.pressed[n] = float((block[4] - 1 - h) * t.kinds[kind, WEIGHT])
                    w.rests_on[n, :] = -1
                    if h > 0:
                        w.rests_on[n, 0] = n - layer
                        w.rest_share[n, 0] = 1.0
                    elif z > 0:
                        note_rests(w, n, first)
                n += 1
    w.left[kind] -= layer * block[4]
    extent = np.empty(6, np.int64)
    extent[:3] = block[5:8]
    extent[3], extent[4] = block[5] + block[2] * a, block[6] + block[3] * b
    extent[5] = block[7] + block[4] * c
    return cut(w.rooms, n_rooms, w.old, t.least, extent, t.support)


@compiled
def note_rests(w: Work, n: int, first: int) -> None:
    """Notes what box n rests on among the first boxes, by share of the touching area."""
    total, carriers = 0.0, 0
    me = w.boxes[n]
    for j in range(first):
        box = w.boxes[j]
        if box[5] == me[2]:
            dx, dy = min(me[3], box[3]) - max(me[0], box[0]), min(me[4], box[4]) - max(me[1], box[1])
            if dx > 0 and dy > 0:
                w.rests_on[n, carriers] = j
                w.rest_share[n, carriers] = float(dx * dy)
                total += float(dx * dy)
                carriers += 1
    for s in range(carriers):
        w.rest_share[n, s] /= total


@compiled
def value_all(t: Task, w: Work, room: Array, stop: int, spare_g: int, noise: float, sharpness: int) -> int:
    """Values every block of parcels of this stop that fits a free box. Returns how many there are."""
    sx, sy, sz = room[3] - room[0], room[4] - room[1], room[5] - room[2]
    n = 0
    most = np.empty(3, np.int64)
    number = np.empty(3, np.int64)
    for kind in range(len(t.counts)):
        if w.left[kind] == 0 or t.kinds[kind, STOP] != stop:
            continue
        weight, bears = t.kinds[kind, WEIGHT], t.kinds[kind, BEARS]
        count = min(w.left[kind], spare_g // weight)
        if count == 0:
            continue
        for way in range(t.ways[kind]):
            a, b, c = t.lies[kind, way, 0], t.lies[kind, way, 1], t.lies[kind, way, 2]
            if a > sx or b > sy or c > sz:
                continue
            most[0], most[1], most[2] = sx // a, sy // b, sz // c
            if bears >= 0:
                most[2] = min(most[2], bears // weight + 1)
            for o in range(6):
                number[:] = 1
                left = count
                for depth in range(3):
                    axis = ORDERS[o, depth]
                    number[axis] = min(most[axis], left)
                    left //= number[axis]
                    if depth > 0 and number[axis] == 1:
                        continue
                    if n == MOST_CANDIDATES:
                        return n
                    x, y, z = number[0] * a, number[1] * b, number[2] * c
                    used = (
                        (x + t.reach[0, sx - x])
                        * float(y + t.reach[1, sy - y])
                        * (z + t.reach[2, sz - z])
                        / (float(sx) * sy * sz)
                    )
                    xy, yz, xz = float(x) * y, float(y) * z, float(x) * z
                    touch = xy + yz + xz
                    if sx - x < t.least[0]:
                        touch += yz
                    if sy - y < t.least[1]:
                        touch += xz
                    if sz - z < t.least[2]:
                        touch += xy
                    touch /= 2.0 * (xy + yz + xz)
                    value = xy * z * touch * touch / (number[0] * number[1] * number[2]) ** 0.2
                    for _ in range(sharpness):
                        value *= used
                    if noise > 0.0:
                        value *= 1.0 + noise * (2.0 * uniform(w.chance) - 1.0)
                    w.values[n] = value
                    w.candidates[n, 0], w.candidates[n, 1] = kind, way
                    w.candidates[n, 2:5] = number
                    n += 1
    return n


@compiled
def choose(t: Task, w: Work, n: int, room: Array, candidates: int, block: Array) -> bool:
    """The best allowed block for a free box, put into its corner at the far end and the nearer wall."""
    for _ in range(TRIES):
        best, value = -1, 0.0
        for i in range(candidates):
            if w.values[i] > value:
                best, value = i, w.values[i]
        if best < 0:
            return False
        w.values[best] = -1.0
        block[:5] = w.candidates[best]
        block[5], block[6], block[7] = room[0], room[1], room[2]
        if t.hold[1] - room[4] < room[1]:
            block[6] = room[4] - block[3] * t.lies[block[0], block[1], 1]
        if (t.presses or t.support < 1000) and not rests(t, w, n, block):
            continue
        if (t.stops or t.support < 1000) and in_the_way(t, w, n, block):
            continue
        if t.presses and not press(t, w, n, block, False):
            continue
        return True
    return False


@compiled
def build(t: Task, w: Work, kept: int, noise: float, sharpness: int, lean: float) -> int:
    """Loads the container: the first `kept` blocks as they are, the rest anew. Returns the number of blocks;
    `figures` becomes parcels, volume, weight.
    """
    w.left[:] = t.counts
    w.rooms[0, :] = 0
    w.rooms[0, 3:6] = t.hold
    n_rooms, n, weight, volume = 1, 0, 0, 0
    stop = 0
    for kind in range(len(t.counts)):
        if t.counts[kind] > 0:
            stop = max(stop, t.kinds[kind, STOP])
    m = 0
    block = np.empty(8, np.int64)
    while stop > 0:
        if m < kept:
            block[:] = w.blocks[m]
            stop = t.kinds[block[0], STOP]
        else:
            nearest, at = 1e18, -1
            for i in range(n_rooms):
                r = w.rooms[i]
                if r[6] == 0:
                    distance = r[0] + lean * r[2] + min(r[1], t.hold[1] - r[4])
                    if distance < nearest:
                        nearest, at = distance, i
            if at < 0:
                following = 0
                for kind in range(len(t.counts)):
                    if w.left[kind] > 0 and following < t.kinds[kind, STOP] < stop:
                        following = t.kinds[kind, STOP]
                stop = following
                w.rooms[:n_rooms, 6] = 0
                continue
            room = w.rooms[at]
            candidates = value_all(t, w, room, stop, t.payload - weight, noise, sharpness)
            if not choose(t, w, n, room, candidates, block):
                w.rooms[at, 6] = 1
                continue
            w.blocks[m, :] = block
        parcels = block[2] * block[3] * block[4]
        n_rooms = put(t, w, n, n_rooms, block)
        n += parcels
        weight += parcels * t.kinds[block[0], WEIGHT]
        lies = t.lies[block[0], block[1]]
        volume += parcels * lies[0] * lies[1] * lies[2]
        m += 1
    w.figures[0], w.figures[1], w.figures[2] = n, volume, weight
    return m


@compiled
def improve(t: Task, w: Work, state: Array, current: Array, best: Array, iterations: int) -> None:
    """Builds again and again. `state` is: blocks and volume of the current loading, those of the best one,
    iterations made, volume of all parcels; `current` and `best` are their blocks.
    """
    for _ in range(iterations):
        if state[3] == state[5] and state[4] > 0:
            return
        kept, noise, sharpness, lean = 0, 0.0, 2, 1.0
        if state[4] > 0:
            noise = 0.4 * uniform(w.chance) ** 2
            sharpness = 1 + below(w.chance, 4)
            lean = 0.25 * below(w.chance, 7)
            if uniform(w.chance) < 0.85:
                kept = below(w.chance, max(state[0], 1))
                w.blocks[:kept] = current[:kept]
        m = build(t, w, kept, noise, sharpness, lean)
        volume = w.figures[1]
        if state[4] == 0 or volume * 1000 >= state[1] * 999:
            current[:m] = w.blocks[:m]
            state[0], state[1] = m, volume
        if state[4] == 0 or volume > state[3]:
            best[:m] = w.blocks[:m]
            state[2], state[3] = m, volume
        elif below(w.chance, 40) == 0:
            current[: state[2]] = best[: state[2]]
            state[0], state[1] = state[2], state[3]
        state[4] += 1

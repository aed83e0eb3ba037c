"""The free room of a container as maximal boxes that may overlap, at machine speed.

Every free box stands on the floor or on tops that carry all of its base, so that what is put into it is
fully supported. Where less support is asked for, the boxes on top of a block reach over its edge, and the
support of what is put there is measured.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from logistics.compiling import compiled

Array = NDArray[np.int64]

MOST_ROOMS = 1_200
"""Free boxes that are kept; what comes beyond is not used. Rows are x0, y0, z0, x1, y1, z1 and whether
nothing more fits in.
"""


@compiled
def add_room(rooms: Array, n: int, least: Array, x0: int, y0: int, z0: int, x1: int, y1: int, z1: int) -> int:
    """Keeps a free box unless nothing can lie in it or it is part of another. Returns how many there are."""
    if x1 - x0 < least[0] or y1 - y0 < least[1] or z1 - z0 < least[2]:
        return n
    for i in range(n):
        r = rooms[i]
        if r[0] <= x0 and r[1] <= y0 and r[2] <= z0 and r[3] >= x1 and r[4] >= y1 and r[5] >= z1:
            return n
    kept = 0
    for i in range(n):
        r = rooms[i]
        inside = r[0] >= x0 and r[1] >= y0 and r[3] <= x1 and r[4] <= y1 and r[5] <= z1
        if not (inside and r[2] == z0):
            if kept != i:
                rooms[kept, :] = rooms[i, :]
            kept += 1
    if kept == MOST_ROOMS:
        return kept
    rooms[kept, 0], rooms[kept, 1], rooms[kept, 2] = x0, y0, z0
    rooms[kept, 3], rooms[kept, 4], rooms[kept, 5] = x1, y1, z1
    rooms[kept, 6] = 0
    return kept + 1


@compiled
def cut(rooms: Array, n: int, old: Array, least: Array, block: Array, support: int) -> int:
    """Takes a block out of the free room. Returns how many free boxes there are then."""
    bx0, by0, bz0, bx1, by1, bz1 = block[0], block[1], block[2], block[3], block[4], block[5]
    m = 0
    kept = 0
    for i in range(n):
        r = rooms[i]
        if r[0] < bx1 and r[3] > bx0 and r[1] < by1 and r[4] > by0 and r[2] < bz1 and r[5] > bz0:
            old[m, :] = r
            m += 1
        else:
            if kept != i:
                rooms[kept, :] = r
            kept += 1
    n = kept
    for i in range(m):
        x0, y0, z0, x1, y1, z1 = old[i, 0], old[i, 1], old[i, 2], old[i, 3], old[i, 4], old[i, 5]
        n = add_room(rooms, n, least, x0, y0, z0, bx0, y1, z1)
        n = add_room(rooms, n, least, bx1, y0, z0, x1, y1, z1)
        n = add_room(rooms, n, least, x0, y0, z0, x1, by0, z1)
        n = add_room(rooms, n, least, x0, by1, z0, x1, y1, z1)
        if bz0 > z0:
            n = add_room(rooms, n, least, x0, y0, z0, x1, y1, bz0)
        if bz1 < z1:
            tx0, ty0, tx1, ty1 = max(x0, bx0), max(y0, by0), min(x1, bx1), min(y1, by1)
            if support < 1000:
                over_x = (tx1 - tx0) * (1000 - support) // max(support, 1)
                over_y = (ty1 - ty0) * (1000 - support) // max(support, 1)
                tx0, ty0 = max(x0, tx0 - over_x), max(y0, ty0 - over_y)
                tx1, ty1 = min(x1, tx1 + over_x), min(y1, ty1 + over_y)
            n = add_room(rooms, n, least, tx0, ty0, bz1, tx1, ty1, z1)
    return join_tops(rooms, n, old, least, bz1)


@compiled
def join_tops(rooms: Array, n: int, old: Array, least: Array, height: int) -> int:
    """Free boxes that begin at the same height and touch make a wider one. `old` is room for notes."""
    m = 0
    for i in range(n):
        if rooms[i, 2] != height:
            continue
        a = rooms[i]
        for j in range(i):
            if rooms[j, 2] != height or m + 2 > MOST_ROOMS:
                continue
            c = rooms[j]
            top = min(a[5], c[5])
            if a[0] <= c[3] and c[0] <= a[3] and min(a[4], c[4]) > max(a[1], c[1]):
                old[m, 0], old[m, 1], old[m, 2] = min(a[0], c[0]), max(a[1], c[1]), height
                old[m, 3], old[m, 4], old[m, 5] = max(a[3], c[3]), min(a[4], c[4]), top
                m += 1
            if a[1] <= c[4] and c[1] <= a[4] and min(a[3], c[3]) > max(a[0], c[0]):
                old[m, 0], old[m, 1], old[m, 2] = max(a[0], c[0]), min(a[1], c[1]), height
                old[m, 3], old[m, 4], old[m, 5] = min(a[3], c[3]), max(a[4], c[4]), top
                m += 1
    for i in range(m):
        o = old[i]
        n = add_room(rooms, n, least, o[0], o[1], o[2], o[3], o[4], o[5])
    return n

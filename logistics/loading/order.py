"""The order of carrying in: nothing is put behind or below what already stands."""

from __future__ import annotations

import heapq
from collections.abc import Sequence

from logistics.loading.loads import Placement


def before(first: Placement, then: Placement) -> bool:
    """Whether `first` has to be in before `then`: it stands behind or below it, seen from the door."""
    (ax1, ay1, az1), (bx1, by1, bz1) = first.far, then.far
    across = first.y < by1 and then.y < ay1
    behind = ax1 <= then.x and first.z < bz1 and then.z < az1
    under = az1 <= then.z and first.x < bx1 and then.x < ax1
    return across and (behind or under)


def in_order(placements: Sequence[Placement]) -> tuple[Placement, ...]:
    """The parcels as they are carried in: last stop first, then from the far end, from the floor upward.

    Parcels that block each other in a ring cannot be carried in and are not in the answer, nor is what stands
    on or before them.
    """
    follows: list[list[int]] = [[] for _ in placements]
    waits = [0] * len(placements)
    for i, one in enumerate(placements):
        for k, other in enumerate(placements):
            if i != k and before(one, other):
                follows[i].append(k)
                waits[k] += 1

    def rank(i: int) -> tuple[int, int, int, int, int]:
        p = placements[i]
        return (-p.parcel.stop, p.x, p.z, p.y, i)

    ready = [rank(i) for i, count in enumerate(waits) if not count]
    heapq.heapify(ready)
    found = []
    while ready:
        i = heapq.heappop(ready)[-1]
        found.append(placements[i])
        for k in follows[i]:
            waits[k] -= 1
            if not waits[k]:
                heapq.heappush(ready, rank(k))
    return tuple(found)

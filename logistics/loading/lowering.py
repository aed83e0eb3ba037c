"""Loads what fits easily low instead of high: a tower in an empty container falls. Pure."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Final

from logistics.loading.loads import Load, Loading
from logistics.loading.packing import BALANCE, NO_ROOM, PAYLOAD, load
from logistics.loading.parcels import Hold, Parcel

HEIGHTS: Final = (200, 300, 400, 550, 700, 850)
"""Per mille of a container's height that are tried, the lowest first."""


def load_low(
    parcels: Sequence[Parcel],
    holds: Sequence[Hold],
    *,
    support: int = 1000,
    seed: int = 1,
    iterations: int = 300,
    told: Callable[[int], None] | None = None,
) -> Loading:
    """As `load`; then the last container that carries something is loaded again as low as all of it goes in,
    with what was left out because it would have been out of balance up there.
    """
    made = load(parcels, holds, support=support, seed=seed, iterations=iterations, told=told)
    last = max((k for k, each in enumerate(made.loads) if each.placements), default=None)
    if last is None:
        return made
    hold = made.loads[last].hold
    again_in = [left.parcel for left in made.left_out if left.reason == BALANCE]
    others = tuple(left for left in made.left_out if left.reason != BALANCE)
    if any(left.reason in {PAYLOAD, NO_ROOM} for left in others):
        return made  # it is full
    inside = [placement.parcel for placement in made.loads[last].placements] + again_in
    for share in HEIGHTS:
        lower = replace(hold, height=max(hold.height * share // 1000, 1))
        again = load(inside, [lower], support=support, seed=seed, iterations=iterations)
        if not again.left_out and (again_in or _top(again.loads[0]) < _top(made.loads[last])):
            loads = list(made.loads)
            loads[last] = Load(hold, again.loads[0].placements)
            return Loading(tuple(loads), others, made.support)
    return made


def _top(made: Load) -> int:
    return max(placement.far[2] for placement in made.placements)

"""Loads parcels into containers: the blocks of `kernels`, put in order and in balance."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from logistics.form import InvalidInput
from logistics.loading import kernels
from logistics.loading.balance import balanced
from logistics.loading.loads import LeftOut, Load, Loading, Placement
from logistics.loading.order import in_order
from logistics.loading.parcels import Hold, Parcel, distinct
from logistics.loading.rooms import MOST_ROOMS, Array

MOST_PARCELS: Final = 5_000
CHUNK: Final = 10
"""Iterations between two looks at the clock."""

TOO_LARGE = "too large for every container in every orientation allowed"
TOO_HEAVY = "heavier than every container's payload"
PAYLOAD = "the payload of the containers is used up"
NO_ROOM = "no room left that keeps support, stacking weight and order of unloading"
BALANCE = "with it the centre of gravity would be out of bounds"


@dataclass(frozen=True, slots=True)
class Kind:
    """Parcels that are alike but for their id."""

    parcels: tuple[Parcel, ...]

    @property
    def first(self) -> Parcel:
        """Any of them."""
        return self.parcels[0]


def load(
    parcels: Sequence[Parcel],
    holds: Sequence[Hold],
    *,
    support: int = 1000,
    seed: int = 1,
    iterations: int | None = 300,
    seconds: float | None = None,
    told: Callable[[int], None] | None = None,
) -> Loading:
    """Loads the containers one after the other, each as full as it can; the same for the same seed and
    iterations.

    `support` is the share of its base, per mille, that every parcel rests on. Whoever unloads last is loaded
    first. A container is improved for `iterations` or `seconds`, whichever ends first; one of them is given.
    `told` hears how many containers are done.
    Raises `InvalidInput` for ids used twice, too many parcels, or no stopping rule.
    """
    distinct(parcels, holds)
    if len(parcels) > MOST_PARCELS:
        raise InvalidInput("/parcels", f"more than {MOST_PARCELS:,} parcels: split them by container first")
    if not 1 <= support <= 1000:
        raise InvalidInput("/support", f"{support} is no share per mille from 1 to 1000")
    if iterations is None and seconds is None:
        raise InvalidInput("/iterations", "iterations or seconds have to end the search")
    waiting = list(parcels)
    loads: list[Load] = []
    unbalanced: set[str] = set()
    for number, hold in enumerate(holds):
        placed = _fill(waiting, hold, support, seed + number, iterations, seconds)
        kept = in_order(balanced(in_order(placed), hold))
        unbalanced |= {p.parcel.id for p in placed} - {p.parcel.id for p in kept}
        loads.append(Load(hold, kept))
        inside = {placement.parcel.id for placement in kept}
        waiting = [parcel for parcel in waiting if parcel.id not in inside]
        if told:
            told(number + 1)
    return Loading(
        tuple(loads), tuple(LeftOut(parcel, _why(parcel, loads, unbalanced)) for parcel in waiting), support
    )


def _why(parcel: Parcel, loads: Sequence[Load], unbalanced: set[str]) -> str:
    fits = [load for load in loads if _fits(parcel, load.hold)]
    if not fits:
        return TOO_LARGE
    if all(parcel.weight_g > load.hold.payload_g for load in fits):
        return TOO_HEAVY
    if parcel.id in unbalanced:
        return BALANCE
    if all(parcel.weight_g > load.hold.payload_g - load.weight_g for load in fits):
        return PAYLOAD
    return NO_ROOM


def _fits(parcel: Parcel, hold: Hold) -> bool:
    return any(
        all(side <= inside for side, inside in zip(lies, hold.measures, strict=True))
        for lies in parcel.orientations()
    )


def _kinds(parcels: Sequence[Parcel], hold: Hold) -> list[Kind]:
    alike: dict[object, list[Parcel]] = {}
    for parcel in parcels:
        if _fits(parcel, hold) and parcel.weight_g <= hold.payload_g:
            key = (parcel.orientations(), parcel.weight_g, parcel.stop, parcel.bears_g)
            alike.setdefault(key, []).append(parcel)
    return [Kind(tuple(each)) for each in alike.values()]


def _fill(
    parcels: Sequence[Parcel],
    hold: Hold,
    support: int,
    seed: int,
    iterations: int | None,
    seconds: float | None,
) -> list[Placement]:
    kinds = _kinds(parcels, hold)
    if not kinds:
        return []
    task = _task(kinds, hold, support)
    work = _work(task, seed)
    n = int(task.counts.sum())
    current, best = np.zeros((n, 8), np.int64), np.zeros((n, 8), np.int64)
    state = np.zeros(6, np.int64)
    state[5] = sum(len(kind.parcels) * kind.first.volume_mm3 for kind in kinds)
    end = None if seconds is None else time.monotonic() + seconds
    left = iterations if iterations is not None else 2**40
    while True:
        kernels.improve(task, work, state, current, best, min(CHUNK, max(left, 1)))
        left -= CHUNK
        if left <= 0 or state[3] == state[5] or (end is not None and time.monotonic() >= end):
            break
    return _placements(kinds, task, best[: state[2]])


def _task(kinds: Sequence[Kind], hold: Hold, support: int) -> kernels.Task:
    rows = np.array(
        [(k.first.weight_g, -1 if k.first.bears_g is None else k.first.bears_g, k.first.stop) for k in kinds],
        np.int64,
    )
    lies = np.zeros((len(kinds), 6, 3), np.int64)
    ways = np.zeros(len(kinds), np.int64)
    for i, kind in enumerate(kinds):
        found = [
            each
            for each in kind.first.orientations()
            if all(side <= inside for side, inside in zip(each, hold.measures, strict=True))
        ]
        ways[i] = len(found)
        lies[i, : len(found)] = found
    sides = [{int(lies[i, o, axis]) for i in range(len(kinds)) for o in range(ways[i])} for axis in range(3)]
    reach = np.zeros((3, max(hold.measures) + 1), np.int64)
    for axis in range(3):
        reach[axis] = _reach(sides[axis], reach.shape[1])
    return kernels.Task(
        kinds=rows,
        counts=np.array([len(kind.parcels) for kind in kinds], np.int64),
        lies=lies,
        ways=ways,
        reach=reach,
        least=np.array([min(each) for each in sides], np.int64),
        hold=np.array(hold.measures, np.int64),
        payload=hold.payload_g,
        support=support,
        presses=bool((rows[:, kernels.BEARS] >= 0).any()),
        stops=len(set(rows[:, kernels.STOP].tolist())) > 1,
    )


def _reach(sides: set[int], length: int) -> Array:
    """For every length the longest row of sides that is no longer."""
    reached = 1
    whole = (1 << length) - 1
    for side in sides:
        step = side
        while step < length:
            reached |= (reached << step) & whole
            step *= 2
    bits = np.frombuffer(bin(reached)[:1:-1].encode().ljust(length, b"0"), np.uint8) == ord("1")
    longest: Array = np.maximum.accumulate(np.where(bits, np.arange(length), 0))
    return longest


def _work(task: kernels.Task, seed: int) -> kernels.Work:
    n = int(task.counts.sum())
    # Weyl's constant spreads small seeds over all bits; xorshift must not begin at 0.
    start = (seed * 0x9E3779B97F4A7C15 + 0x632BE59BD9B4E019) % 2**64 or 1
    return kernels.Work(
        boxes=np.zeros((n, 7), np.int64),
        blocks=np.zeros((n, 8), np.int64),
        left=np.zeros(len(task.counts), np.int64),
        rooms=np.zeros((MOST_ROOMS, 7), np.int64),
        old=np.zeros((MOST_ROOMS, 7), np.int64),
        pressed=np.zeros(n),
        added=np.zeros(n),
        rests_on=np.full((n, kernels.MOST_SUPPORTS), -1, np.int64),
        rest_share=np.zeros((n, kernels.MOST_SUPPORTS)),
        candidates=np.zeros((kernels.MOST_CANDIDATES, 5), np.int64),
        values=np.zeros(kernels.MOST_CANDIDATES),
        chance=np.array([start], np.uint64),
        figures=np.zeros(3, np.int64),
    )


def _placements(kinds: Sequence[Kind], task: kernels.Task, blocks: Array) -> list[Placement]:
    taken = [0] * len(kinds)
    placements = []
    for kind, way, along, across, up, x, y, z in blocks.tolist():
        a, b, c = task.lies[kind, way].tolist()
        for h in range(up):
            for i in range(along):
                for k in range(across):
                    parcel = kinds[kind].parcels[taken[kind]]
                    taken[kind] += 1
                    placements.append(Placement(parcel, x + i * a, y + k * b, z + h * c, (a, b, c)))
    return placements

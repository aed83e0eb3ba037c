"""Judges a loading from the rules alone, with none of the packing's code and in exact numbers.

It is plain on purpose: every pair of parcels is looked at, pressures are fractions.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import combinations, permutations

from logistics.loading.loads import Load, Loading, Placement
from logistics.loading.parcels import Hold, Parcel

A_THOUSANDTH = Fraction(1, 500)
"""Grams that a pressure may be above what is borne: floating point planned it."""


@dataclass(frozen=True, slots=True)
class LoadingCheck:
    """Every fault found; none means that the loading may be carried out as it is listed."""

    faults: tuple[str, ...]

    @property
    def ok(self) -> bool:
        """Whether nothing is wrong."""
        return not self.faults


def check_loading(
    parcels: Sequence[Parcel], holds: Sequence[Hold], loading: Loading, *, support: int = 1000
) -> LoadingCheck:
    """Judges a loading of these parcels into these containers; `support` is what was asked for."""
    faults: list[str] = []
    asked = {parcel.id: parcel for parcel in parcels}
    told = Counter(p.parcel.id for load in loading.loads for p in load.placements)
    told.update(left.parcel.id for left in loading.left_out)
    faults += [f"parcel {name!r} is neither loaded nor left out" for name in asked if not told[name]]
    faults += [f"parcel {name!r} is told of {n} times" for name, n in told.items() if n > 1]
    faults += [f"parcel {name!r} is not one of ours" for name in told if name not in asked]
    faults += [
        f"parcel {left.parcel.id!r} is left out for no reason" for left in loading.left_out if not left.reason
    ]
    if [load.hold for load in loading.loads] != list(holds):
        faults.append("the containers are not those that were given")
    for load in loading.loads:
        for placement in load.placements:
            if asked.get(placement.parcel.id) != placement.parcel:
                faults.append(f"parcel {placement.parcel.id!r} is not as it was given")
        faults += [f"container {load.hold.id!r}: {fault}" for fault in _faults(load, support)]
    return LoadingCheck(tuple(faults))


def _faults(load: Load, support: int) -> list[str]:
    faults: list[str] = []
    hold, placed = load.hold, load.placements
    for p in placed:
        if not _lies_as_allowed(p):
            faults.append(f"{p.parcel.id!r} may not lie as {p.measures}")
        ends = (p.x + p.measures[0], p.y + p.measures[1], p.z + p.measures[2])
        if min(p.x, p.y, p.z) < 0 or ends[0] > hold.length or ends[1] > hold.width or ends[2] > hold.height:
            faults.append(f"{p.parcel.id!r} reaches out of it")
    for p, q in combinations(placed, 2):
        if all(_shared(p, q, axis) > 0 for axis in range(3)):
            faults.append(f"{p.parcel.id!r} and {q.parcel.id!r} are in the same place")
    weight = sum(p.parcel.weight_g for p in placed)
    if weight > hold.payload_g:
        faults.append(f"it carries {weight} g, {hold.payload_g} g at most")
    faults += _unsupported(placed, support)
    faults += _pressed(placed)
    faults += _out_of_balance(placed, hold)
    faults += _ways(placed)
    return faults


def _lies_as_allowed(p: Placement) -> bool:
    box = p.parcel
    names = ("length", "width", "height")
    sides = (box.length, box.width, box.height)
    return any(
        tuple(sides[i] for i in turn) == p.measures and names[turn[2]] in box.upright
        for turn in permutations(range(3))
    )


def _shared(p: Placement, q: Placement, axis: int) -> int:
    """Millimetres that both have in common along an axis; 0 or less where they only touch or are apart."""
    starts = ((p.x, p.y, p.z)[axis], (q.x, q.y, q.z)[axis])
    return min(starts[0] + p.measures[axis], starts[1] + q.measures[axis]) - max(starts)


def _contact(lower: Placement, upper: Placement) -> int:
    """Square millimetres on which one stands on the other."""
    if lower.z + lower.measures[2] != upper.z:
        return 0
    return max(_shared(lower, upper, 0), 0) * max(_shared(lower, upper, 1), 0)


def _unsupported(placed: Sequence[Placement], support: int) -> list[str]:
    faults = []
    for p in placed:
        if p.z:
            base = p.measures[0] * p.measures[1]
            resting = sum(_contact(q, p) for q in placed if q is not p)
            if resting * 1000 < support * base or not resting:
                faults.append(f"{p.parcel.id!r} rests on {resting} of {base} mm2")
    return faults


def _pressed(placed: Sequence[Placement]) -> list[str]:
    """Weight goes down through the touching areas, in proportion to them, from the highest parcel on."""
    pressure = {p.parcel.id: Fraction(0) for p in placed}
    for p in sorted(placed, key=lambda each: -each.z):
        areas = [(q, _contact(q, p)) for q in placed if q is not p]
        whole = sum(area for _, area in areas)
        for q, area in areas:
            if area:
                pressure[q.parcel.id] += (p.parcel.weight_g + pressure[p.parcel.id]) * Fraction(area, whole)
    return [
        f"{p.parcel.id!r} bears {p.parcel.bears_g} g, {float(pressure[p.parcel.id]):.1f} g press on it"
        for p in placed
        if p.parcel.bears_g is not None and pressure[p.parcel.id] > p.parcel.bears_g + A_THOUSANDTH
    ]


def _out_of_balance(placed: Sequence[Placement], hold: Hold) -> list[str]:
    weight = sum(p.parcel.weight_g for p in placed)
    if not weight:
        return []
    faults = []
    for axis, name, room, (low, high) in (
        (0, "length", hold.length, hold.centre_length),
        (1, "width", hold.width, hold.centre_width),
    ):
        turning = sum(p.parcel.weight_g * (2 * (p.x, p.y)[axis] + p.measures[axis]) for p in placed)
        share = Fraction(1000 * turning, 2 * weight * room)
        if not low <= share <= high:
            faults.append(f"its centre of gravity is at {float(share):.0f} per mille of its {name}")
    return faults


def _ways(placed: Sequence[Placement]) -> list[str]:
    """Carrying in in the order listed, and out by stops: nobody's way to the door is barred."""
    inward = [
        f"{p.parcel.id!r} cannot be carried in past {q.parcel.id!r}"
        for i, p in enumerate(placed)
        for q in placed[:i]
        if _bars(q, p)
    ]
    outward = [
        f"{p.parcel.id!r} cannot be carried out before {q.parcel.id!r}"
        for p in placed
        for q in placed
        if p.parcel.stop < q.parcel.stop and _bars(q, p)
    ]
    return inward + outward


def _bars(q: Placement, p: Placement) -> bool:
    """Whether q stands between p and the door, or above p."""
    if _shared(p, q, 1) <= 0:
        return False
    before = q.x >= p.x + p.measures[0] and _shared(p, q, 2) > 0
    above = q.z >= p.z + p.measures[2] and _shared(p, q, 0) > 0
    return before or above

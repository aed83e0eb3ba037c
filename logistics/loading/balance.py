"""Brings the centre of gravity of a load into its bounds: by moving the load, or leaving parcels out."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from logistics.loading.loads import Placement, centre_of_gravity
from logistics.loading.order import before
from logistics.loading.parcels import Hold


def balanced(placements: Sequence[Placement], hold: Hold) -> tuple[Placement, ...]:
    """The load in bounds. It is moved as one toward the door and across; where that is not enough, the parcel
    is left out that nothing stands on or before and without which the centre lies best.
    """
    kept = list(placements)
    while kept:
        moved = _moved(kept, hold)
        if _distance(moved, hold) == 0:
            return tuple(moved)
        free = [p for p in kept if not any(before(p, other) for other in kept if other is not p)]
        out = min(
            free,
            key=lambda p: (_distance(_moved([q for q in kept if q is not p], hold), hold), p.parcel.id),
        )
        kept.remove(out)
    return ()


def _bounds(hold: Hold) -> tuple[tuple[Fraction, Fraction], tuple[Fraction, Fraction]]:
    (a, b), (c, d) = hold.centre_length, hold.centre_width
    return (
        (Fraction(a * hold.length, 1000), Fraction(b * hold.length, 1000)),
        (Fraction(c * hold.width, 1000), Fraction(d * hold.width, 1000)),
    )


def _distance(placements: Sequence[Placement], hold: Hold) -> Fraction:
    """By how much the centre is out of bounds, both ways together; 0 within."""
    centre = centre_of_gravity(placements)
    if centre is None:
        return Fraction(0)
    return sum(
        (
            max(low - at, at - high, Fraction(0))
            for at, (low, high) in zip(centre, _bounds(hold), strict=True)
        ),
        Fraction(0),
    )


def _moved(placements: Sequence[Placement], hold: Hold) -> list[Placement]:
    """All of it moved by the least whole millimetres that bring the centre nearest to its bounds."""
    centre = centre_of_gravity(placements)
    if centre is None:
        return []
    starts = (min(p.x for p in placements), min(p.y for p in placements))
    ends = (max(p.far[0] for p in placements), max(p.far[1] for p in placements))
    by = []
    for at, (low, high), start, end, room in zip(
        centre, _bounds(hold), starts, ends, hold.measures, strict=False
    ):
        wish = _up(low - at) if at < low else -_up(at - high) if at > high else 0
        by.append(min(max(wish, -start), room - end))
    return [p.moved(by[0], by[1]) for p in placements]


def _up(value: Fraction) -> int:
    return -((-value) // 1)

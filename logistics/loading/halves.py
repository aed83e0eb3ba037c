"""How the weight of a load is spread: what each half carries. Pure."""

from dataclasses import dataclass
from fractions import Fraction

from logistics.loading.loads import Load


@dataclass(frozen=True, slots=True)
class Halves:
    """Per mille of the weight in the half away from the door, and in the left one seen from the door."""

    far: int
    left: int


def halves(load: Load) -> Halves | None:
    """A parcel that stands across the middle counts on both sides, by how much of it is on either.

    None: nothing is loaded.
    """
    weight = load.weight_g
    if not weight:
        return None
    hold = load.hold
    far = left = Fraction(0)
    for p in load.placements:
        far += p.parcel.weight_g * _before(p.x, p.measures[0], hold.length)
        left += p.parcel.weight_g * _before(p.y, p.measures[1], hold.width)
    return Halves(round(1000 * far / weight), round(1000 * left / weight))


def _before(start: int, length: int, whole: int) -> Fraction:
    """The part of a stretch that is before the middle of the whole."""
    inside = min(max(Fraction(whole, 2) - start, Fraction(0)), Fraction(length))
    return inside / length

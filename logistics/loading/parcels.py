"""What is loaded, into what, and by which rules. Lengths are millimetres, weights grams, shares per mille."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from logistics.form import InvalidInput

SIDES: Final = ("length", "width", "height")
"""The sides of a parcel: each names the one that stands upright in two of the six orientations."""
LONGEST_MM: Final = 100_000
HEAVIEST_G: Final = 1_000_000_000

Measures = tuple[int, int, int]
"""Along the container, across it, upward."""


@dataclass(frozen=True, slots=True)
class Parcel:
    """A parcel. `upright`: the sides that may stand upright. `bears_g`: what may press on its top: None is
    any weight, 0 is nothing. `stop`: when its consignee unloads, 1 first.
    """

    id: str
    length: int
    width: int
    height: int
    weight_g: int
    consignee: str = ""
    stop: int = 1
    upright: tuple[str, ...] = ("height",)
    bears_g: int | None = None

    def __post_init__(self) -> None:
        """Refuses a parcel without extent, weight or orientation."""
        if not self.id:
            raise InvalidInput("/id", "a parcel has an id")
        for name in SIDES:
            if not 1 <= getattr(self, name) <= LONGEST_MM:
                raise InvalidInput(f"/{name}", f"{self.id!r}: a side is 1 to {LONGEST_MM:,} mm")
        if not 1 <= self.weight_g <= HEAVIEST_G:
            raise InvalidInput("/weight_g", f"{self.id!r} weighs {self.weight_g} g")
        if not self.upright or not set(self.upright) <= set(SIDES):
            raise InvalidInput("/upright", f"{self.id!r}: one or more of {', '.join(SIDES)}")
        if self.bears_g is not None and not 0 <= self.bears_g <= HEAVIEST_G:
            raise InvalidInput("/bears_g", f"{self.id!r} bears {self.bears_g} g")
        if not 1 <= self.stop <= 1_000:
            raise InvalidInput("/stop", f"{self.id!r}: stops are counted from 1")

    @property
    def volume_mm3(self) -> int:
        """Of the parcel as a box."""
        return self.length * self.width * self.height

    def orientations(self) -> tuple[Measures, ...]:
        """The different ways it may lie, as measures along, across and upward; in a fixed order."""
        sides = {"length": self.length, "width": self.width, "height": self.height}
        found: list[Measures] = []
        for name in SIDES:
            if name in self.upright:
                a, b = (sides[other] for other in SIDES if other != name)
                found += [(a, b, sides[name]), (b, a, sides[name])]
        return tuple(dict.fromkeys(found))


@dataclass(frozen=True, slots=True)
class Hold:
    """One container to load: inner measures, payload, and between which per milles of its length and width
    the load's centre of gravity has to lie. The door is at the far end of the length.
    """

    id: str
    length: int
    width: int
    height: int
    payload_g: int
    centre_length: tuple[int, int] = (0, 1000)
    centre_width: tuple[int, int] = (0, 1000)

    def __post_init__(self) -> None:
        """Refuses a container without room or with bounds that nothing meets."""
        if not self.id:
            raise InvalidInput("/id", "a container has an id")
        for name in SIDES:
            if not 1 <= getattr(self, name) <= LONGEST_MM:
                raise InvalidInput(f"/{name}", f"{self.id!r}: 1 to {LONGEST_MM:,} mm")
        if not 1 <= self.payload_g <= HEAVIEST_G:
            raise InvalidInput("/payload_g", f"{self.id!r} carries {self.payload_g} g")
        for name in ("centre_length", "centre_width"):
            low, high = getattr(self, name)
            if not 0 <= low <= high <= 1000:
                raise InvalidInput(f"/{name}", f"{self.id!r}: per mille, the lower bound first")

    @property
    def volume_mm3(self) -> int:
        """Of its inside."""
        return self.length * self.width * self.height

    @property
    def measures(self) -> Measures:
        """Inside."""
        return (self.length, self.width, self.height)


def distinct(parcels: Iterable[Parcel], holds: Iterable[Hold]) -> None:
    """Raises `InvalidInput` where an id is used twice."""
    for what, ids in (("parcels", [p.id for p in parcels]), ("containers", [h.id for h in holds])):
        if len(set(ids)) < len(ids):
            raise InvalidInput(f"/{what}", f"two {what} have the same id")

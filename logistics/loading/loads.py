"""A loading: where every parcel is, in which step it is carried in, and why one stays outside."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from logistics.loading.parcels import Hold, Measures, Parcel


@dataclass(frozen=True, slots=True)
class Placement:
    """A parcel in a container: its corner nearest to the far end, the left wall and the floor, and how it
    lies.
    """

    parcel: Parcel
    x: int
    y: int
    z: int
    measures: Measures

    @property
    def far(self) -> Measures:
        """The opposite corner."""
        return (self.x + self.measures[0], self.y + self.measures[1], self.z + self.measures[2])

    def moved(self, x: int, y: int) -> Placement:
        """The same, further to the door and the right wall."""
        return Placement(self.parcel, self.x + x, self.y + y, self.z, self.measures)


@dataclass(frozen=True, slots=True)
class Load:
    """A container with its parcels in the order they are carried in."""

    hold: Hold
    placements: tuple[Placement, ...]

    @property
    def weight_g(self) -> int:
        """All parcels together."""
        return sum(placement.parcel.weight_g for placement in self.placements)

    @property
    def volume_mm3(self) -> int:
        """All parcels together."""
        return sum(placement.parcel.volume_mm3 for placement in self.placements)

    @property
    def fill(self) -> float:
        """The part of the room that is filled, 0 to 1."""
        return self.volume_mm3 / self.hold.volume_mm3

    @property
    def centre(self) -> tuple[Fraction, Fraction] | None:
        """The centre of gravity along length and width in millimetres, each parcel's in its middle."""
        return centre_of_gravity(self.placements)

    def to_dict(self) -> dict[str, object]:
        """As JSON: the loading list."""
        centre = self.centre
        return {
            "container": self.hold.id,
            "weight_g": self.weight_g,
            "fill": round(self.fill, 4),
            "centre_mm": None if centre is None else [round(float(part)) for part in centre],
            "steps": [
                {
                    "step": step,
                    "parcel": placement.parcel.id,
                    "consignee": placement.parcel.consignee,
                    "stop": placement.parcel.stop,
                    "corner_mm": [placement.x, placement.y, placement.z],
                    "measures_mm": list(placement.measures),
                    "weight_g": placement.parcel.weight_g,
                }
                for step, placement in enumerate(self.placements, 1)
            ],
        }


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A parcel that stays outside, and why."""

    parcel: Parcel
    reason: str


@dataclass(frozen=True, slots=True)
class Loading:
    """All containers, and what found no place. `support` is the share of its base, per mille, that each
    parcel rests on.
    """

    loads: tuple[Load, ...]
    left_out: tuple[LeftOut, ...]
    support: int

    @classmethod
    def from_dict(cls, told: Mapping[str, Any], parcels: Sequence[Parcel], holds: Sequence[Hold]) -> Loading:
        """What `to_dict` gave, of the same parcels and containers. KeyError: it is of others."""
        by_id = {parcel.id: parcel for parcel in parcels}
        return cls(
            tuple(
                Load(
                    hold,
                    tuple(_placed(step, by_id) for step in each["steps"]),
                )
                for hold, each in zip(holds, told["containers"], strict=True)
            ),
            tuple(LeftOut(by_id[each["parcel"]], each["reason"]) for each in told["left_out"]),
            told["support_per_mille"],
        )

    def to_dict(self) -> dict[str, object]:
        """As JSON."""
        return {
            "support_per_mille": self.support,
            "containers": [load.to_dict() for load in self.loads],
            "left_out": [{"parcel": left.parcel.id, "reason": left.reason} for left in self.left_out],
        }


def _placed(step: Mapping[str, Any], by_id: Mapping[str, Parcel]) -> Placement:
    x, y, z = step["corner_mm"]
    along, across, upward = step["measures_mm"]
    return Placement(by_id[step["parcel"]], x, y, z, (along, across, upward))


def centre_of_gravity(placements: Sequence[Placement]) -> tuple[Fraction, Fraction] | None:
    """Along length and width, in millimetres; None for nothing."""
    weight = sum(p.parcel.weight_g for p in placements)
    if not weight:
        return None
    x = sum(p.parcel.weight_g * (2 * p.x + p.measures[0]) for p in placements)
    y = sum(p.parcel.weight_g * (2 * p.y + p.measures[1]) for p in placements)
    return Fraction(x, 2 * weight), Fraction(y, 2 * weight)

"""Greenhouse gases of a shipment: how far, how heavy, by what, and whose share it is. All sums are exact.

    grams CO2e = grams of goods x metres x milligrams CO2e per tonne-km / 1,000,000,000,000

rounded to a whole gram, half up. Well to wheel: what the vehicle emits (tank to wheel) and what making its
fuel emitted (well to tank). Distances are the route's own length; nothing is added to them. The factor of air
freight has the detours of real flights in it and counts contrails and ozone (radiative forcing).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from logistics.form import InvalidInput

MEAN_EARTH_RADIUS_M = 6_371_008.8
"""(2a + b) / 3 of WGS 84 (Moritz 2000, Geodetic Reference System 1980)."""

DESNZ_2025 = (
    "UK Government GHG Conversion Factors for Company Reporting, full set 2025 "
    "(Department for Energy Security and Net Zero), Freighting goods and WTT delivery vehicles and freight"
)

Position = tuple[float, float]
"""Longitude and latitude in degrees (WGS 84)."""


@dataclass(frozen=True, slots=True)
class Factor:
    """Milligrams of CO2e per tonne and kilometre, where they are published, and in which rows."""

    mode: str
    vehicle: str
    tank_to_wheel: int
    well_to_tank: int
    source: str
    year: int
    rows: tuple[str, str]

    @property
    def well_to_wheel(self) -> int:
        """Both together: what a shipment is charged with."""
        return self.tank_to_wheel + self.well_to_tank


FACTORS: Mapping[str, Factor] = {
    factor.mode: factor
    for factor in (
        Factor(
            "sea",
            "container ship, average",
            16_120,
            3_650,
            DESNZ_2025,
            2025,
            ("27_320_3235_14_1", "28_916_3235_14_1"),
        ),
        Factor(
            "air",
            "freight flight, international, with radiative forcing",
            899_390,
            135_160,
            DESNZ_2025,
            2025,
            ("27_317_3158_14_1", "28_913_3158_14_1"),
        ),
        Factor(
            "road",
            "lorry, all sizes, diesel, average load",
            101_630,
            23_590,
            DESNZ_2025,
            2025,
            ("27_304_3140_14_1", "28_907_3140_14_1"),
        ),
        Factor(
            "rail", "freight train", 27_790, 6_910, DESNZ_2025, 2025, ("27_315_3151_14_1", "28_911_3151_14_1")
        ),
    )
}
"""By mode, as the services of a problem have them."""


def great_circle(start: Position, end: Position) -> float:
    """Metres between two places on the mean sphere (haversine formula, Sinnott 1984)."""
    (a, b), (c, d) = (_radians(start), _radians(end))
    h = math.sin((d - b) / 2) ** 2 + math.cos(b) * math.cos(d) * math.sin((c - a) / 2) ** 2
    return 2 * MEAN_EARTH_RADIUS_M * math.asin(math.sqrt(min(h, 1.0)))


def route_length(route: Sequence[Position]) -> float:
    """Metres along a route of straight pieces, each a great circle."""
    return sum(great_circle(start, end) for start, end in pairwise(route))


def _radians(position: Position) -> Position:
    longitude, latitude = position
    if not (-180 <= longitude <= 180 and -90 <= latitude <= 90):
        raise InvalidInput("", f"{position} is no longitude and latitude in degrees")
    return math.radians(longitude), math.radians(latitude)


@dataclass(frozen=True, slots=True)
class Leg:
    """A part of a journey by one mode. `method` says in words how its metres were found."""

    mode: str
    metres: int
    method: str

    def __post_init__(self) -> None:
        """Refuses a mode without a factor and a distance that is none."""
        if self.mode not in FACTORS:
            raise InvalidInput("/mode", f"{self.mode!r} has no factor: one of {', '.join(FACTORS)}")
        if self.metres < 0:
            raise InvalidInput("/metres", f"{self.metres} m is no distance")


@dataclass(frozen=True, slots=True)
class Consignment:
    """Goods that travel for one consignee."""

    id: str
    weight_g: int
    volume_cm3: int

    def __post_init__(self) -> None:
        """Refuses goods without weight."""
        if self.weight_g <= 0 or self.volume_cm3 < 0:
            raise InvalidInput("/weight_g", f"{self.id!r} weighs {self.weight_g} g, {self.volume_cm3} cm3")

    @property
    def freight_units(self) -> int:
        """Weight or measure, the larger: grams, or cm3 at one tonne a cubic metre."""
        return max(self.weight_g, self.volume_cm3)


@dataclass(frozen=True, slots=True)
class LegEmissions:
    """Grams of CO2e of one leg and of each consignment on it; they sum to `grams`."""

    leg: Leg
    weight_g: int
    grams: int
    shares: Mapping[str, int]

    @property
    def factor(self) -> Factor:
        """What was reckoned with."""
        return FACTORS[self.leg.mode]

    @property
    def formula(self) -> str:
        """The reckoning, with its figures, for anyone to repeat."""
        return (
            f"{self.weight_g / 1000:,.3f} kg x {self.leg.metres / 1000:,.3f} km ({self.leg.method}) "
            f"x {self.factor.well_to_wheel / 1000:,.2f} g CO2e per tonne-km = {self.grams:,} g CO2e"
        )


@dataclass(frozen=True, slots=True)
class Emissions:
    """A journey's emissions, leg by leg."""

    legs: tuple[LegEmissions, ...]

    @property
    def grams(self) -> int:
        """All legs together."""
        return sum(leg.grams for leg in self.legs)

    @property
    def shares(self) -> dict[str, int]:
        """Grams of each consignment over all legs; they sum to `grams`."""
        totals: dict[str, int] = {}
        for leg in self.legs:
            for name, grams in leg.shares.items():
                totals[name] = totals.get(name, 0) + grams
        return totals

    def to_dict(self) -> dict[str, object]:
        """As JSON: every figure with its source."""
        return {
            "co2e_g": self.grams,
            "shares_g": self.shares,
            "shared_by": "weight or measure, the larger (1 t = 1 m3)",
            "legs": [
                {
                    "mode": leg.leg.mode,
                    "metres": leg.leg.metres,
                    "distance": leg.leg.method,
                    "vehicle": leg.factor.vehicle,
                    "mg_co2e_per_tonne_km": leg.factor.well_to_wheel,
                    "source": leg.factor.source,
                    "source_year": leg.factor.year,
                    "source_rows": list(leg.factor.rows),
                    "formula": leg.formula,
                    "co2e_g": leg.grams,
                }
                for leg in self.legs
            ],
        }


def emissions(legs: Sequence[Leg], consignments: Sequence[Consignment]) -> Emissions:
    """What a journey of these goods emits, and whose it is. Raises `InvalidInput` for a name used twice."""
    names = [consignment.id for consignment in consignments]
    if len(set(names)) < len(names):
        raise InvalidInput("/consignments", "two consignments have the same id")
    weight = sum(consignment.weight_g for consignment in consignments)
    found = []
    for leg in legs:
        product = weight * leg.metres * FACTORS[leg.mode].well_to_wheel
        grams = (product + 500_000_000_000) // 1_000_000_000_000
        found.append(LegEmissions(leg, weight, grams, divide(grams, consignments)))
    return Emissions(tuple(found))


def divide(grams: int, consignments: Sequence[Consignment]) -> dict[str, int]:
    """Splits a sum by weight or measure: whole grams that sum to it (largest remainder, then by id)."""
    units = sum(consignment.freight_units for consignment in consignments)
    if not units:
        return {}
    shares = {c.id: grams * c.freight_units // units for c in consignments}
    rest = grams - sum(shares.values())
    order = sorted(consignments, key=lambda c: (-(grams * c.freight_units % units), c.id))
    for consignment in order[:rest]:
        shares[consignment.id] += 1
    return shares

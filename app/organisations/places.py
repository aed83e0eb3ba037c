"""Where a country lies on a map: one point each, for pictures that count by country."""

from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import Final

FILE: Final = Path(__file__).with_name("country_points.csv")  # says where it is from
NEAR: Final = {"XK": "AL"}  # no time zone of its own


@lru_cache(maxsize=1)
def points() -> dict[str, tuple[float, float]]:
    """(longitude, latitude) in degrees by ISO 3166-1 alpha-2 code."""
    found = dict(_read())
    return found | {code: found[near] for code, near in NEAR.items()}


def _read() -> Iterator[tuple[str, tuple[float, float]]]:
    for line in FILE.read_text(encoding="ascii").splitlines():
        if not line.startswith("#"):
            code, longitude, latitude = line.split(",")
            yield code, (float(longitude), float(latitude))

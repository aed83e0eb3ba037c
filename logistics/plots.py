"""Plots of land for the EU deforestation regulation: a GeoJSON file read, judged and written again unchanged.

Regulation (EU) 2023/1115, article 2 (28): latitude and longitude with at least six decimals; plots of more
than four hectares by their outline, smaller ones by a point or an outline. Coordinates are WGS 84 (EPSG:4326)
in GeoJSON's order, longitude first (RFC 7946). Numbers are kept as the text they were written with, so that
no decimal is lost between the grower's file and the statement.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import pairwise
from typing import Any

from shapely import Polygon
from shapely.validation import explain_validity

DECIMALS = 6
POINT_AT_MOST_HA = Decimal(4)
LARGEST_FILE = 25_000_000
"""Bytes of one statement that the EU's information system takes."""
MOST_POSITIONS = 500_000

SEMI_MAJOR_M = 6_378_137.0
ECCENTRICITY = math.sqrt(0.0066943799901413165)
"""Of the WGS 84 ellipsoid."""
LONGEST_PIECE_DEGREES = 0.01
SAME_PLACE_RADIANS = 1e-9
"""All longitudes meet at a pole."""

_CRS_NAMES = frozenset(
    {
        "EPSG:4326",
        "urn:ogc:def:crs:EPSG::4326",
        "urn:ogc:def:crs:OGC:1.3:CRS84",
        "urn:ogc:def:crs:OGC::CRS84",
        "OGC:CRS84",
    }
)


class Written(str):
    """A number of a JSON document, as it was written."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong: `pointer` (JSON pointer, RFC 6901) says where, `reason` what to do."""

    pointer: str
    reason: str

    def __str__(self) -> str:
        return f"{self.pointer or '(the whole file)'}: {self.reason}"


Ring = tuple[tuple[Written, Written], ...]
"""Longitude and latitude of each corner, the first again at the end."""


@dataclass(frozen=True, slots=True)
class Plot:
    """One plot: a point (no `rings`) or an outline. `area_ha` is stated for a point, computed otherwise."""

    pointer: str
    point: tuple[Written, Written] | None
    rings: tuple[Ring, ...]
    area_ha: Decimal
    properties: Mapping[str, Any]

    @property
    def producer(self) -> str | None:
        """`ProducerName`, where the file has it."""
        name = self.properties.get("ProducerName")
        return name if isinstance(name, str) and not isinstance(name, Written) else None


@dataclass(frozen=True, slots=True)
class Checked:
    """A file judged. It may be used only if `faults` is empty."""

    plots: tuple[Plot, ...]
    faults: tuple[Fault, ...]

    @property
    def ok(self) -> bool:
        """Whether nothing is wrong."""
        return not self.faults

    @property
    def area_ha(self) -> Decimal:
        """All plots together."""
        return sum((plot.area_ha for plot in self.plots), Decimal(0))

    def geojson(self) -> str:
        """The plots as one FeatureCollection, every coordinate as it was written."""
        return written({"type": "FeatureCollection", "features": [_feature(plot) for plot in self.plots]})


def check_plots(document: bytes | str) -> Checked:
    """Reads a GeoJSON file and finds every fault in it, each with its place. Raises for none."""
    if len(document) > LARGEST_FILE:
        return Checked((), (Fault("", f"more than {LARGEST_FILE:,} bytes: split the file"),))
    try:
        text = document if isinstance(document, str) else document.decode("utf-8-sig")
        value = json.loads(text, parse_float=Written, parse_int=Written, parse_constant=Written)
    except UnicodeDecodeError as fault:
        return Checked((), (Fault("", f"not UTF-8 at byte {fault.start}: save the file as UTF-8"),))
    except RecursionError:
        return Checked((), (Fault("", "nested too deeply to be GeoJSON"),))
    except ValueError as fault:
        return Checked((), (Fault("", f"not JSON: {' '.join(str(fault).split())[:160]}"),))
    reading = _Reading()
    reading.document(value)
    if not reading.plots and not reading.faults:
        reading.faults.append(Fault("", "there is no plot in this file"))
    return Checked(tuple(reading.plots), tuple(reading.faults))


class _Reading:
    """Walks through a document; keeps what is right and what is wrong."""

    def __init__(self) -> None:
        self.plots: list[Plot] = []
        self.faults: list[Fault] = []
        self.positions = 0

    def wrong(self, pointer: str, reason: str) -> None:
        self.faults.append(Fault(pointer, reason))

    def document(self, value: object) -> None:
        if not isinstance(value, dict):
            self.wrong("", "a GeoJSON file is an object: {...}")
            return
        self.crs(value.get("crs"))
        kind = value.get("type")
        if kind == "FeatureCollection":
            features = value.get("features")
            if not isinstance(features, list):
                self.wrong("/features", "a FeatureCollection has a list of features")
                return
            for k, feature in enumerate(features):
                self.feature(feature, f"/features/{k}")
        elif kind == "Feature":
            self.feature(value, "")
        else:
            self.geometry(value, {}, "")

    def crs(self, value: object) -> None:
        if value is None:
            return
        properties = value.get("properties") if isinstance(value, dict) else None
        name = properties.get("name") if isinstance(properties, dict) else None
        if name not in _CRS_NAMES:
            self.wrong("/crs", "coordinates must be WGS 84 (EPSG:4326): export the file again in it")

    def feature(self, value: object, at: str) -> None:
        if not isinstance(value, dict) or value.get("type") != "Feature":
            self.wrong(at, 'a feature is an object with "type": "Feature"')
            return
        properties = value.get("properties")
        if properties is None:
            properties = {}
        if not isinstance(properties, dict):
            self.wrong(f"{at}/properties", "properties are an object or null")
            return
        country = properties.get("ProducerCountry")
        if country is not None and not (
            isinstance(country, str) and len(country) == 2 and country.isascii() and country.isupper()
        ):
            self.wrong(
                f"{at}/properties/ProducerCountry", "a country is two capital letters (ISO 3166), such as VN"
            )
        self.geometry(value.get("geometry"), properties, f"{at}/geometry")

    def geometry(self, value: object, properties: Mapping[str, Any], at: str) -> None:
        if not isinstance(value, dict):
            self.wrong(at, "a plot has a geometry: a Point or a Polygon")
            return
        kind, coordinates = value.get("type"), value.get("coordinates")
        under = f"{at}/coordinates"
        if kind == "Point":
            self.point(coordinates, properties, under)
        elif kind == "Polygon":
            self.polygon(coordinates, properties, under)
        elif kind in ("MultiPoint", "MultiPolygon"):
            if not isinstance(coordinates, list) or not coordinates:
                self.wrong(under, f"a {kind} has a list of coordinates")
                return
            for k, part in enumerate(coordinates):
                read = self.point if kind == "MultiPoint" else self.polygon
                read(part, properties, f"{under}/{k}")
        else:
            self.wrong(f"{at}/type", f"{_short(kind)} is no plot: a plot is a Point or a Polygon")

    def point(self, value: object, properties: Mapping[str, Any], at: str) -> None:
        position = self.position(value, at)
        area = self.stated_area(properties, at)
        if position is not None and area is not None:
            self.plots.append(Plot(at, position, (), area, properties))

    def stated_area(self, properties: Mapping[str, Any], at: str) -> Decimal | None:
        """Hectares of a point: as stated, or the most that a point may stand for."""
        value = properties.get("Area")
        if value is None:
            return POINT_AT_MOST_HA
        number = _decimal(value) if isinstance(value, Written) else None
        where = f"{at.rpartition('/geometry')[0]}/properties/Area"
        if number is None or number <= 0:
            self.wrong(where, f"Area is the plot's size in hectares, a number above 0, not {_short(value)}")
            return None
        if number > POINT_AT_MOST_HA:
            self.wrong(
                at, f"a plot of {value} ha is above 4 ha: give its outline as a Polygon instead of a point"
            )
            return None
        return number

    def polygon(self, value: object, properties: Mapping[str, Any], at: str) -> None:
        if not isinstance(value, list) or not value:
            self.wrong(at, "a Polygon has a list of rings, the outline first")
            return
        rings = [self.ring(ring, f"{at}/{k}") for k, ring in enumerate(value)]
        whole = tuple(ring for ring in rings if ring is not None)
        if len(whole) < len(rings):
            return
        numbers = [[(float(x), float(y)) for x, y in ring] for ring in whole]
        longitudes = [x for x, _ in numbers[0]]
        if max(longitudes) - min(longitudes) > 180:
            self.wrong(at, "the outline crosses the 180th meridian: cut the plot in two there")
            return
        shape = Polygon(numbers[0], numbers[1:])
        if not shape.is_valid:
            self.wrong(at, _crossing(explain_validity(shape)))
            return
        area = Decimal(round(geodesic_area(numbers))) / 10_000
        if area <= 0:
            self.wrong(at, "the outline has no area")
            return
        self.plots.append(Plot(at, None, whole, area, properties))

    def ring(self, value: object, at: str) -> Ring | None:
        if not isinstance(value, list):
            self.wrong(at, "a ring is a list of positions")
            return None
        before = len(self.faults)
        positions = [self.position(position, f"{at}/{k}") for k, position in enumerate(value)]
        if len(self.faults) > before:
            return None
        ring = tuple(position for position in positions if position is not None)
        corners = {(Decimal(x), Decimal(y)) for x, y in ring}
        if len(ring) < 4 or len(corners) < 3:
            self.wrong(at, "an outline has at least three different corners, the first again at the end")
            return None
        first, last = ring[0], ring[-1]
        if (Decimal(first[0]), Decimal(first[1])) != (Decimal(last[0]), Decimal(last[1])):
            self.wrong(at, f"the outline is not closed: end it with its first position, [{', '.join(first)}]")
            return None
        return ring

    def position(self, value: object, at: str) -> tuple[Written, Written] | None:
        self.positions += 1
        if self.positions == MOST_POSITIONS:
            self.wrong(at, f"more than {MOST_POSITIONS:,} positions: split the file")
        if self.positions >= MOST_POSITIONS:
            return None
        if not isinstance(value, list) or len(value) != 2:
            self.wrong(at, "a position is [longitude, latitude], nothing more")
            return None
        before = len(self.faults)
        for k, (name, limit) in enumerate((("longitude", 180), ("latitude", 90))):
            self.coordinate(value[k], name, limit, f"{at}/{k}")
        return (value[0], value[1]) if len(self.faults) == before else None

    def coordinate(self, value: object, name: str, limit: int, at: str) -> None:
        number = _decimal(value) if isinstance(value, Written) else None
        if number is None or not isinstance(value, Written):
            self.wrong(at, f"the {name} is a number in degrees such as 12.345678, not {_short(value)}")
        elif abs(number) > limit:
            swapped = (
                "; longitude comes first in GeoJSON" if name == "latitude" and abs(number) <= 180 else ""
            )
            self.wrong(at, f"{value} is no {name}: it is between -{limit} and {limit}{swapped}")
        elif len(value.partition(".")[2]) < DECIMALS:
            self.wrong(at, f"{value} has fewer than {DECIMALS} decimals: measure and write at least six")


def _decimal(text: str) -> Decimal | None:
    """The number of a text in plain decimals: no exponent, no infinity, of sensible length."""
    plain = len(text) <= 40 and not set(text) - set("-0123456789.")
    return Decimal(text) if plain else None


def _short(value: object) -> str:
    return json.dumps(value, default=str)[:40]


def _crossing(explanation: str) -> str:
    """Shapely's words for a person with a map."""
    what, _, where = explanation.partition("[")
    place = f" near {where.rstrip(']').replace(' ', ', ')}" if where else ""
    if "Self-intersection" in what:
        return f"the outline crosses or touches itself{place}: put the corners in the order one walks them"
    return f"the rings do not make one plot{place} ({what.strip().lower()})"


def geodesic_area(rings: Sequence[Sequence[tuple[float, float]]]) -> float:
    """Square metres on the WGS 84 ellipsoid of an outline without its holes; degrees, closed rings.

    The plane of the equal-area cylinder (Snyder 1987, Map projections, equations 3-12 and 10-14) keeps areas
    exactly; long edges are first cut on their great circle, so that they lie where the geodesic does.
    """
    outline, *holes = (abs(_ring_area(ring)) for ring in rings)
    return outline - sum(holes)


def _ring_area(ring: Sequence[tuple[float, float]]) -> float:
    """Shoelace formula around the first corner, which keeps small plots exact."""
    x0, y0 = _cylinder(ring[0])
    plane = [(x - x0, y - y0) for x, y in map(_cylinder, _cut(ring))]
    return sum(a * d - c * b for (a, b), (c, d) in pairwise([*plane, plane[0]])) / 2


def _cylinder(position: tuple[float, float]) -> tuple[float, float]:
    longitude, latitude = position
    s = math.sin(math.radians(latitude))
    es = ECCENTRICITY * s
    q = (1 - ECCENTRICITY**2) * (s / (1 - es * es) + math.atanh(es) / ECCENTRICITY)
    return SEMI_MAJOR_M * math.radians(longitude), SEMI_MAJOR_M * q / 2


def _cut(ring: Sequence[tuple[float, float]]) -> Iterator[tuple[float, float]]:
    for start, end in pairwise(ring):
        yield start
        pieces = min(math.ceil(math.dist(start, end) / LONGEST_PIECE_DEGREES), 1000)
        if pieces > 1:
            a, b = _vector(start), _vector(end)
            angle = math.acos(max(-1.0, min(1.0, sum(p * q for p, q in zip(a, b, strict=True)))))
            if angle < SAME_PLACE_RADIANS:
                continue
            for k in range(1, pieces):
                u, v = math.sin((1 - k / pieces) * angle), math.sin(k / pieces * angle)
                x, y, z = (u * p + v * q for p, q in zip(a, b, strict=True))
                yield math.degrees(math.atan2(y, x)), math.degrees(math.atan2(z, math.hypot(x, y)))


def _vector(position: tuple[float, float]) -> tuple[float, float, float]:
    x, y = math.radians(position[0]), math.radians(position[1])
    return math.cos(y) * math.cos(x), math.cos(y) * math.sin(x), math.sin(y)


def _feature(plot: Plot) -> dict[str, Any]:
    kind, coordinates = ("Point", plot.point) if plot.point else ("Polygon", plot.rings)
    properties = dict(plot.properties)
    if plot.point is None:
        properties["Area"] = Written(plot.area_ha)
    return {
        "type": "Feature",
        "properties": properties,
        "geometry": {"type": kind, "coordinates": coordinates},
    }


def written(value: object) -> str:
    """JSON in which a `Written` number stands as it was written; members keep their order."""
    if isinstance(value, Written):
        return str(value)
    if isinstance(value, Mapping):
        members = (f"{json.dumps(name, ensure_ascii=False)}:{written(each)}" for name, each in value.items())
        return "{" + ",".join(members) + "}"
    if isinstance(value, list | tuple):
        return "[" + ",".join(map(written, value)) + "]"
    return json.dumps(value, ensure_ascii=False, allow_nan=False)

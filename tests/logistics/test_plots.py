"""Plots: what the deforestation regulation asks, found fault by fault, and no decimal lost."""

from __future__ import annotations

import hashlib
import json
import math
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from logistics.due_diligence import Lot, package
from logistics.form import InvalidInput
from logistics.plots import check_plots, geodesic_area, written

SQUARE = (
    "[[106.500000,11.900000],[106.510000,11.900000],[106.510000,11.910000],"
    "[106.500000,11.910000],[106.500000,11.900000]]"
)


def polygon(ring: str = SQUARE) -> str:
    return f'{{"type":"Polygon","coordinates":[{ring}]}}'


def feature(geometry: str, properties: str = '{"ProducerName":"Demo grower","ProducerCountry":"VN"}') -> str:
    return f'{{"type":"Feature","properties":{properties},"geometry":{geometry}}}'


def collection(*features: str) -> str:
    return f'{{"type":"FeatureCollection","features":[{",".join(features)}]}}'


def faults(document: str | bytes) -> list[tuple[str, str]]:
    return [(fault.pointer, fault.reason) for fault in check_plots(document).faults]


def test_a_right_file_comes_out_with_its_zeros() -> None:
    point = '{"type":"Point","coordinates":[106.123450,-11.000000]}'
    made = check_plots(collection(feature(polygon()), feature(point, '{"Area":1.250}')))
    assert made.ok
    outline, small = made.plots
    # One hundredth of a degree at 11.905 N: 1,089.6 m by 1,106.3 m on the ellipsoid.
    assert float(outline.area_ha) == pytest.approx(120.53, abs=0.1)
    assert str(small.area_ha) == "1.250"
    assert "[106.123450,-11.000000]" in made.geojson()
    assert SQUARE in made.geojson()
    assert check_plots(made.geojson()).geojson() == made.geojson()


@pytest.mark.parametrize(
    ("document", "pointer", "words"),
    [
        ("[1]", "", "object"),
        ("{", "", "not JSON"),
        (b"\xff\xfe{}", "", "UTF-8"),
        ("[" * 100_000, "", "nested too deeply"),
        (collection(), "", "no plot"),
        ('{"type":"FeatureCollection"}', "/features", "list"),
        (
            '{"type":"LineString","coordinates":[[1.000000,1.000000],[2.000000,2.000000]]}',
            "/type",
            "no plot",
        ),
        (collection(feature("null")), "/features/0/geometry", "Point or a Polygon"),
        (collection("3"), "/features/0", "Feature"),
        (collection(feature(polygon(), "[]")), "/features/0/properties", "object or null"),
        (
            collection(feature(polygon(), '{"ProducerCountry":"Vietnam"}')),
            "/features/0/properties/ProducerCountry",
            "two capital letters",
        ),
        (
            collection(feature('{"type":"Point","coordinates":[106.123450,11.000000]}', '{"Area":4.01}')),
            "/features/0/geometry/coordinates",
            "outline",
        ),
        (
            collection(feature('{"type":"Point","coordinates":[106.123450,11.000000]}', '{"Area":"4"}')),
            "/features/0/properties/Area",
            "hectares",
        ),
        ('{"type":"Point","coordinates":[106.12345,11.000000]}', "/coordinates/0", "fewer than 6"),
        ('{"type":"Point","coordinates":[106,11.000000]}', "/coordinates/0", "fewer than 6"),
        ('{"type":"Point","coordinates":["106.123456",11.000000]}', "/coordinates/0", "number in degrees"),
        ('{"type":"Point","coordinates":[1.0612345e2,11.000000]}', "/coordinates/0", "number in degrees"),
        ('{"type":"Point","coordinates":[NaN,11.000000]}', "/coordinates/0", "number in degrees"),
        ('{"type":"Point","coordinates":[11.123456,106.123456]}', "/coordinates/1", "longitude comes first"),
        ('{"type":"Point","coordinates":[181.123456,11.123456]}', "/coordinates/0", "between -180 and 180"),
        ('{"type":"Point","coordinates":[11.123456,16.123456,3.0]}', "/coordinates", "nothing more"),
        (polygon(SQUARE[:-24] + "]"), "/coordinates/0", "not closed"),
        (polygon("[[1.000000,1.000000],[1.000000,2.000000],[1.000000,1.000000]]"), "/coordinates/0", "three"),
        (
            polygon(
                "[[1.000000,1.000000],[1.010000,1.010000],[1.010000,1.000000],[1.000000,1.010000],[1.000000,1.000000]]"
            ),
            "/coordinates",
            "crosses or touches itself near 1.005, 1.005",
        ),
        (
            polygon(
                "[[179.900000,1.000000],[-179.900000,1.000000],[-179.900000,1.100000],[179.900000,1.000000]]"
            ),
            "/coordinates",
            "180th meridian",
        ),
        (
            '{"type":"Polygon","crs":{"type":"name","properties":{"name":"EPSG:3857"}},"coordinates":['
            + SQUARE
            + "]}",
            "/crs",
            "EPSG:4326",
        ),
    ],
)
def test_each_fault_is_named_at_its_place(document: str | bytes, pointer: str, words: str) -> None:
    assert any(at == pointer and words in reason for at, reason in faults(document)), faults(document)


def test_every_fault_of_a_file_is_found_at_once() -> None:
    bad = '{"type":"Point","coordinates":[1.5,200.000000]}'
    assert [at for at, _ in faults(collection(feature(bad), feature(polygon()), feature(bad)))] == [
        f"/features/{k}/geometry/coordinates/{c}" for k in (0, 2) for c in (0, 1)
    ]


def test_a_hole_is_taken_off_and_parts_are_plots_of_their_own() -> None:
    hole = (
        "[[106.502000,11.902000],[106.504000,11.902000],[106.504000,11.904000],"
        "[106.502000,11.904000],[106.502000,11.902000]]"
    )
    whole = check_plots(polygon()).area_ha
    pierced = check_plots(f'{{"type":"Polygon","coordinates":[{SQUARE},{hole}]}}').area_ha
    assert float(pierced / whole) == pytest.approx(0.96, abs=1e-4)
    two = check_plots(f'{{"type":"MultiPolygon","coordinates":[[{SQUARE}],[{hole}]]}}')
    assert len(two.plots) == 2


def test_areas_of_the_ellipsoid() -> None:
    # An eighth of the earth: 510,065,621.7 km2 / 8 (GRS 80; Moritz 2000).
    eighth = [[(0.0, 0.0), (90.0, 0.0), (90.0, 90.0), (0.0, 90.0), (0.0, 0.0)]]
    assert geodesic_area(eighth) == pytest.approx(510_065_621.7e6 / 8, rel=1e-6)
    # A square metre at the equator, by the radii of curvature there.
    x = math.degrees(1 / 6378137.0)
    y = math.degrees(1 / (6378137.0 * (1 - 0.00669437999014)))
    assert geodesic_area([[(10, 0), (10 + x, 0), (10 + x, y), (10, y), (10, 0)]]) == pytest.approx(
        1, abs=1e-6
    )


@given(
    st.integers(-179_000_000, 178_000_000),
    st.integers(-80_000_000, 80_000_000),
    st.integers(100, 90_000),
    st.integers(100, 90_000),
    st.randoms(use_true_random=False),
)
def test_the_area_is_the_same_from_any_corner_and_either_way_round(
    x: int, y: int, wide: int, high: int, chance: Any
) -> None:
    corners = [(x, y), (x + wide, y), (x + wide, y + high), (x, y + high)]
    turn = chance.randrange(4)
    ring = corners[turn:] + corners[:turn]
    if chance.random() < 0.5:
        ring = ring[::-1]
    text = ",".join(f"[{a / 1e6:.6f},{b / 1e6:.6f}]" for a, b in [*ring, ring[0]])
    made = check_plots(polygon(f"[{text}]"))
    assert made.ok, made.faults
    first = check_plots(
        polygon(f"[{','.join(f'[{a / 1e6:.6f},{b / 1e6:.6f}]' for a, b in [*corners, corners[0]])}]")
    )
    assert abs(made.area_ha - first.area_ha) <= max(first.area_ha / 1_000_000, type(first.area_ha)("0.0002"))
    assert text in made.geojson()


json_values = st.recursive(
    st.none() | st.booleans() | st.floats(allow_nan=False) | st.integers() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(["type", "features", "geometry", "coordinates", "x"]), inner, max_size=4
        )
    ),
    max_leaves=20,
)


@given(json_values)
def test_any_json_is_judged_without_a_crash(value: object) -> None:
    made = check_plots(json.dumps(value))
    assert not made.ok or made.plots


def lot(**changes: Any) -> Lot:
    given_lot = {
        "reference": "LOT-1",
        "operator": "Demo importer",
        "operator_address": "1 Demo street, Rotterdam",
        "operator_eori": None,
        "hs_code": "090111",
        "description": "Coffee, not roasted",
        "scientific_name": "Coffea canephora",
        "net_mass_g": 18_000_000,
        "country": "VN",
        "produced_from": date(2025, 11, 1),
        "produced_to": date(2026, 1, 31),
    }
    return Lot(**(given_lot | changes))


def test_the_package_has_all_that_the_annex_asks() -> None:
    plots = check_plots(collection(feature(polygon())))
    text = package(lot(), plots, made_on=date(2026, 2, 3))
    made = json.loads(text)
    assert made["geojson_sha256"] == hashlib.sha256(plots.geojson().encode()).hexdigest()
    assert text.endswith(f'"geojson":{plots.geojson()}}}')
    assert made["plots"][0]["producer"] == "Demo grower"
    assert made["plots"][0]["area_ha"] == pytest.approx(float(plots.area_ha))
    assert made["goods"]["net_mass_g"] == 18_000_000
    assert made["country_of_production"] == "VN"


def test_no_package_of_doubtful_plots_or_another_country() -> None:
    with pytest.raises(InvalidInput, match="/plots/coordinates/0: 106 has fewer"):
        package(
            lot(),
            check_plots('{"type":"Point","coordinates":[106,11.000000]}'),
            made_on=date(2026, 2, 3),
        )
    with pytest.raises(InvalidInput, match="the plot is in VN"):
        package(lot(country="LA"), check_plots(collection(feature(polygon()))), made_on=date(2026, 2, 3))


@pytest.mark.parametrize(
    "changes",
    [
        {"operator": " "},
        {"hs_code": "9"},
        {"net_mass_g": 0},
        {"country": "Vietnam"},
        {"produced_to": date(2020, 1, 1)},
    ],
)
def test_a_lot_that_says_too_little_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(InvalidInput):
        lot(**changes)


def test_written_numbers_stand_as_they_were() -> None:
    assert written({"a": [1, None, "é"]}) == '{"a":[1,null,"é"]}'

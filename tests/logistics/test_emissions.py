"""Emissions: distances, the formula, and shares that sum to the whole."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from logistics.emissions import (
    FACTORS,
    Consignment,
    Leg,
    divide,
    emissions,
    great_circle,
    route_length,
)
from logistics.form import InvalidInput

places = st.tuples(st.floats(-180, 180), st.floats(-90, 90))
consignments = st.lists(
    st.tuples(st.integers(1, 30_000_000), st.integers(0, 80_000_000)), min_size=1, max_size=12
).map(lambda rows: [Consignment(f"c{i}", weight, volume) for i, (weight, volume) in enumerate(rows)])
legs = st.lists(
    st.builds(Leg, st.sampled_from(sorted(FACTORS)), st.integers(0, 30_000_000), st.just("as given")),
    max_size=5,
)


def test_a_quarter_of_the_equator_and_a_known_air_route() -> None:
    assert great_circle((0, 0), (90, 0)) == pytest.approx(10_007_557, abs=1)
    # Heathrow to Kennedy: 5,540 km in the usual tables of great circles.
    assert great_circle((-0.4614, 51.4775), (-73.7789, 40.6397)) == pytest.approx(5_540_000, rel=0.002)


@given(places, places, places)
def test_distances_are_a_metric_and_a_route_is_never_shorter(
    a: tuple[float, float], b: tuple[float, float], c: tuple[float, float]
) -> None:
    assert great_circle(a, b) == pytest.approx(great_circle(b, a), abs=1e-3)
    assert route_length([a, b, c]) >= great_circle(a, c) - 1e-3
    assert great_circle(a, b) <= 20_015_115


def test_the_formula_with_its_figures() -> None:
    # 10 t over 1,000 km by sea: 10,000 tonne-km at 16.12 + 3.65 g is 197,700 g.
    made = emissions([Leg("sea", 1_000_000, "sea route")], [Consignment("a", 10_000_000, 0)])
    assert made.grams == 197_700
    assert made.legs[0].formula == (
        "10,000.000 kg x 1,000.000 km (sea route) x 19.77 g CO2e per tonne-km = 197,700 g CO2e"
    )
    stated = json.dumps(made.to_dict())
    assert '"source_year": 2025' in stated
    assert "Net Zero" in stated


@given(legs, consignments)
def test_shares_sum_exactly_leg_by_leg_and_over_all(journey: list[Leg], goods: list[Consignment]) -> None:
    made = emissions(journey, goods)
    for leg in made.legs:
        assert sum(leg.shares.values()) == leg.grams
        exact = leg.weight_g * leg.leg.metres * leg.factor.well_to_wheel
        assert abs(leg.grams * 10**12 - exact) * 2 <= 10**12
    assert sum(made.shares.values()) == made.grams


@given(st.integers(0, 10**9), consignments)
def test_a_share_is_within_a_gram_of_its_part_and_the_order_is_no_matter(
    grams: int, goods: list[Consignment]
) -> None:
    shares = divide(grams, goods)
    units = sum(c.freight_units for c in goods)
    for consignment in goods:
        assert abs(shares[consignment.id] * units - grams * consignment.freight_units) < units
    assert divide(grams, goods[::-1]) == shares


def test_what_is_refused() -> None:
    with pytest.raises(InvalidInput, match="no factor"):
        Leg("camel", 1, "guess")
    with pytest.raises(InvalidInput, match="no distance"):
        Leg("sea", -1, "guess")
    with pytest.raises(InvalidInput, match="weighs"):
        Consignment("a", 0, 1)
    with pytest.raises(InvalidInput, match="same id"):
        emissions([], [Consignment("a", 1, 1), Consignment("a", 1, 1)])
    with pytest.raises(InvalidInput, match="no longitude"):
        great_circle((0, 91), (0, 0))

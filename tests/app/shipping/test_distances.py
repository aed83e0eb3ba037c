"""Distances: sea lanes go around the land, great circles do not."""

from __future__ import annotations

import pytest

from app.shipping.distances import leg, sea_route
from logistics.emissions import great_circle, route_length
from logistics.form import InvalidInput

SAIGON, ROTTERDAM, LOS_ANGELES = (106.75, 10.76), (4.14, 51.95), (-118.26, 33.74)


def test_a_sea_route_goes_around_the_land_from_end_to_end() -> None:
    route = sea_route(SAIGON, ROTTERDAM)
    assert (route[0], route[-1]) == (SAIGON, ROTTERDAM)
    # 8,900 to 9,100 nautical miles by Suez in the usual distance tables.
    assert 8_700 * 1_852 < route_length(route) < 9_300 * 1_852
    assert route_length(route) > 1.5 * great_circle(SAIGON, ROTTERDAM)


def test_a_route_over_the_pacific_does_not_go_around_the_world() -> None:
    route = sea_route(SAIGON, LOS_ANGELES)
    assert all(-180 <= longitude <= 180 for longitude, _ in route)
    assert 12_000_000 < route_length(route) < 16_000_000


def test_each_leg_says_how_its_distance_was_found() -> None:
    assert "searoute" in leg("sea", SAIGON, ROTTERDAM).method
    by_air = leg("air", SAIGON, ROTTERDAM)
    assert by_air.method == "great circle"
    assert by_air.metres == round(great_circle(SAIGON, ROTTERDAM))
    with pytest.raises(InvalidInput, match="no mode"):
        leg("camel", SAIGON, ROTTERDAM)

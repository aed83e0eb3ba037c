"""Tariffs: read, refused, stored and told in plain words as the engine prices them."""

from copy import deepcopy
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.errors import Faulty
from app.language import language
from app.shipping.models import Service
from app.shipping.tariffs import engine_tariff, read_tariff, tariff_json
from app.shipping.words import tariff_words
from logistics.problem import Problem
from logistics.tariffs import freight_cost
from tests.app.shipping.conftest import AIR, SEA

AMOUNT = st.integers(0, 10**6)
SIZE = st.integers(10**6, 10**8)
CONTAINERS = st.lists(
    st.builds(
        lambda kind, cost, weight, volume: {
            "type": kind,
            "cost": cost,
            "weight_g": weight,
            "volume_cm3": volume,
        },
        st.sampled_from(["20GP", "40GP", "40HC", "45HC"]),
        AMOUNT,
        SIZE,
        SIZE,
    ),
    min_size=1,
    max_size=3,
    unique_by=lambda each: each["type"],
)
LOOSE = st.fixed_dictionaries({"per_wm": AMOUNT, "minimum": AMOUNT})
SUMS = {"per_shipment": AMOUNT, "per_consignee": AMOUNT}
TARIFFS = (
    st.fixed_dictionaries(SUMS | {"less_than_container": LOOSE}, optional={"containers": CONTAINERS})
    | st.fixed_dictionaries(SUMS | {"containers": CONTAINERS}, optional={"less_than_container": LOOSE})
    | st.fixed_dictionaries(
        SUMS
        | {
            "volumetric_divisor": st.integers(1, 10_000),
            "minimum_charge": AMOUNT,
            "breaks": st.lists(
                st.fixed_dictionaries({"from_g": AMOUNT, "per_kg": AMOUNT}),
                min_size=1,
                max_size=5,
                unique_by=lambda each: each["from_g"],
            ),
        }
    )
)


def problem_with(tariff: dict[str, Any]) -> Problem:
    """The smallest pooling problem that holds the tariff."""
    return Problem.from_dict(
        {
            "format": "fairhaul-pooling/1",
            "currency": "USD",
            "start": "2026-01-05",
            "wait_cost_ppm_per_day": 0,
            "hubs": [{"id": "A"}, {"id": "B"}],
            "producers": [{"id": "p", "hub": "A", "minimum_order": 0, "small_order_fee": 0}],
            "services": [
                {
                    "id": "s",
                    "mode": "sea",
                    "origin": "A",
                    "destination": "B",
                    "classes": ["ambient"],
                    "departures": [{"day": 1, "arrives": 2}],
                    "tariff": tariff,
                }
            ],
            "lines": [
                {
                    "id": "l",
                    "buyer": "b",
                    "producer": "p",
                    "destination": "B",
                    "class": "ambient",
                    "value": 1,
                    "weight_g": 1,
                    "volume_cm3": 1,
                    "ready": 0,
                    "due": 9,
                }
            ],
        }
    )


@given(TARIFFS)
def test_what_is_stored_is_what_the_planner_reads(tariff: dict[str, Any]) -> None:
    read = read_tariff(tariff)
    stored = tariff_json(read)
    assert read_tariff(stored) == read_tariff(tariff_json(read_tariff(stored)))
    planned = problem_with(stored).services[0].tariff
    ours = engine_tariff(read)
    assert freight_cost(planned, 123_456, 987_654) == freight_cost(ours, 123_456, 987_654)
    assert (planned.per_shipment, planned.per_consignee) == (ours.per_shipment, ours.per_consignee)


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"per_shipment": -1}, "/tariff/per_shipment"),
        ({"per_shipment": 4500.5}, "/tariff/per_shipment"),
        ({"per_shipment": "4500"}, "/tariff/per_shipment"),
        ({"per_shipment": True}, "/tariff/per_shipment"),
        ({"per_consignee": 10**20}, "/tariff/per_consignee"),
        ({"surprise": 1}, "/tariff/surprise"),
        ({"less_than_container": {"per_wm": 1}}, "/tariff/less_than_container/minimum"),
        ({"less_than_container": {"per_wm": -1, "minimum": 0}}, "/tariff/less_than_container/per_wm"),
        ({"containers": [SEA["containers"][0] | {"weight_g": 0}]}, "/tariff/containers/0/weight_g"),
        ({"containers": [SEA["containers"][0] | {"type": ""}]}, "/tariff/containers/0/type"),
        ({"containers": SEA["containers"] * 2}, "/tariff"),
    ],
)
def test_a_faulty_sea_tariff_names_the_place(change: dict[str, Any], pointer: str) -> None:
    with pytest.raises(Faulty) as refused:
        read_tariff(deepcopy(SEA) | change)
    assert list(refused.value.fields) == [pointer]


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"breaks": []}, "/tariff/breaks"),
        ({"breaks": [{"from_g": 0, "per_kg": -1}]}, "/tariff/breaks/0/per_kg"),
        ({"breaks": [{"from_g": 5, "per_kg": 1}, {"from_g": 5, "per_kg": 2}]}, "/tariff"),
        ({"volumetric_divisor": 0}, "/tariff/volumetric_divisor"),
        ({"minimum_charge": None}, "/tariff/minimum_charge"),
        ({"containers": []}, "/tariff/containers"),
    ],
)
def test_a_faulty_air_tariff_names_the_place(change: dict[str, Any], pointer: str) -> None:
    with pytest.raises(Faulty) as refused:
        read_tariff(deepcopy(AIR) | change)
    assert list(refused.value.fields) == [pointer]


@pytest.mark.parametrize("value", [None, [], "tariff", {}, {"per_shipment": 0, "per_consignee": 0}])
def test_what_is_no_tariff_is_refused(value: Any) -> None:
    with pytest.raises(Faulty):
        read_tariff(value)


def test_a_tariff_in_plain_words() -> None:
    english = language("en")
    sea = Service(tariff=SEA, currency="USD", valid_until=date(2026, 6, 30))
    assert tariff_words(sea, english) == [
        "USD 92.00 per W/M, at least 1 W/M",
        "USD 1,850.00 per 20GP container, which holds 21,700 kg and 28.00 m³",
        "USD 45.00 per shipment",
        "USD 5.00 per consignee",
    ]
    assert tariff_words(Service(tariff=AIR, currency="USD"), english) == [
        "USD 5.20 per kg",
        "USD 4.30 per kg from 45 kg on",
        "USD 3.65 per kg from 100 kg on",
        "at least USD 85.00",
        "6,000 cubic centimetres count as 1 kg where that is more",
        "USD 45.00 per shipment",
        "USD 5.00 per consignee",
    ]

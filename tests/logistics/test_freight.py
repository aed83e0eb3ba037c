"""What a load costs in containers: by the checker and at machine speed, against every mix there is."""

import dataclasses
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from logistics import Container, ContainerTariff, LessThanContainer
from logistics.game import Game, Load
from logistics.kernels import load_price
from logistics.separation import pool_of
from logistics.tariffs import MILLION, freight, freight_cost
from tests.logistics.problems import sampled


def every_mix(tariff: ContainerTariff, weight: int, volume: int) -> int:
    """The least cost over all counts up to what one kind alone needs."""
    boxes, loose = tariff.containers, tariff.less_than_container
    most = [max(-(-weight // box.weight_g), -(-volume // box.volume_cm3)) for box in boxes]
    counts = np.ix_(*(np.arange(n + 1) for n in most)) if boxes else ()
    cost = sum((n * box.cost for n, box in zip(counts, boxes, strict=True)), np.zeros((), np.int64))
    w = weight - sum((n * box.weight_g for n, box in zip(counts, boxes, strict=True)), np.zeros((), np.int64))
    v = volume - sum(
        (n * box.volume_cm3 for n, box in zip(counts, boxes, strict=True)), np.zeros((), np.int64)
    )
    left = (w > 0) | (v > 0)
    if loose is None:
        return int(np.where(left, 2**62, cost).min())
    rest = -(-loose.per_wm * np.maximum(np.maximum(w, v), loose.minimum) // MILLION)
    return int((cost + np.where(left, rest, 0)).min())


def at_machine_speed(tariff: ContainerTariff, weight: int, volume: int) -> int:
    load = Load(tariff, (0,), (weight,), (volume,))
    return int(load_price(pool_of(Game(("b",), (0,), (load,), (), (0,))), 0, weight, volume))  # type: ignore[arg-type]


def boxes_of(size: int, kinds: int) -> st.SearchStrategy[list[Container]]:
    holds = st.integers(1, size)
    box = st.builds(Container, st.sampled_from(["20GP", "40GP", "40HC"]), st.integers(0, 90), holds, holds)
    return st.lists(box, min_size=1, max_size=kinds)


rates = st.none() | st.builds(LessThanContainer, st.integers(0, 9 * MILLION), st.sampled_from([0, 3, 20, 90]))


@sampled
@given(boxes_of(12, 2), rates, st.integers(1, 300), st.integers(1, 300))
@example([Container("a", 7, 2, 3), Container("b", 5, 3, 1)], None, 200, 201)
@example([Container("a", 0, 1, 1)], LessThanContainer(MILLION, 0), 300, 7)
def test_many_small_boxes_are_the_cheapest_mix(
    boxes: list[Container], loose: LessThanContainer | None, weight: int, volume: int
) -> None:
    tariff = ContainerTariff(0, 0, loose, tuple(boxes))
    least = every_mix(tariff, weight, volume)
    assert freight_cost(tariff, weight, volume) == least
    assert at_machine_speed(tariff, weight, volume) == least


@sampled
@given(boxes_of(9, 3), rates, st.integers(1, 60), st.integers(1, 60))
def test_three_kinds_of_boxes_are_the_cheapest_mix(
    boxes: list[Container], loose: LessThanContainer | None, weight: int, volume: int
) -> None:
    tariff = ContainerTariff(0, 0, loose, tuple(boxes))
    least = every_mix(tariff, weight, volume)
    assert freight_cost(tariff, weight, volume) == least
    assert at_machine_speed(tariff, weight, volume) == least


@pytest.mark.parametrize("loose", [None, LessThanContainer(1_700_000, 500_000)])
def test_millions_of_boxes_are_priced_without_trying_each_count(loose: LessThanContainer | None) -> None:
    boxes = (Container("a", 11, 7, 2), Container("b", 13, 3, 9), Container("c", 19, 9, 10))
    tariff = ContainerTariff(0, 0, loose, boxes)
    weight, volume = 20_000_000, 31_000_000
    cost = freight_cost(tariff, weight, volume)
    assert cost == at_machine_speed(tariff, weight, volume)
    if loose is None:
        counts = {item.name: item.quantity for item in freight(tariff, weight, volume)}
        assert sum(counts.get(box.type, 0) * box.weight_g for box in boxes) >= weight
        assert sum(counts.get(box.type, 0) * box.volume_cm3 for box in boxes) >= volume
        # At these prices of a gram and a cm3 no box holds more than it costs, so that no mix costs less.
        gram, cm3 = Fraction(41, 51), Fraction(60, 51)
        assert all(gram * box.weight_g + cm3 * box.volume_cm3 <= box.cost for box in boxes)
        assert 0 <= cost - (gram * weight + cm3 * volume) < 20
    else:
        assert cost < freight_cost(dataclasses.replace(tariff, less_than_container=None), weight, volume)

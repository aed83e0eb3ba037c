"""The floor covers every cost, pays a living wage, and its parts sum to the price."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from certification.fair_price import PPM, BelowTheFloor, Costs, floor, parts

AMOUNTS = st.integers(0, 10**9)
COSTS = st.builds(
    Costs,
    units=st.integers(1, 10_000),
    materials=AMOUNTS,
    minutes=st.integers(0, 10**6),
    hourly_wage=st.integers(0, 10**6),
    living_wage=st.integers(0, 10**6),
    overheads=AMOUNTS,
    reserve_ppm=st.integers(0, PPM),
    premium=st.integers(0, 10**6),
)


def exact(costs: Costs) -> Fraction:
    """The formula in fractions, without rounding."""
    labour = Fraction(costs.minutes * max(costs.hourly_wage, costs.living_wage), 60)
    caused = costs.materials + labour + costs.overheads
    return caused * (1 + Fraction(costs.reserve_ppm, PPM)) / costs.units + costs.premium


def test_a_bowl() -> None:
    costs = Costs(
        units=20,
        materials=6_000,
        minutes=20 * 60,
        hourly_wage=300,
        living_wage=350,
        overheads=2_000,
        reserve_ppm=100_000,
        premium=30,
    )
    made = floor(costs)
    assert costs.below_living_wage
    assert (made.labour, made.reserve, made.batch) == (7_000, 1_500, 16_500)
    assert made.each == 855
    assert parts(made, 1_200).above == 345


@given(COSTS)
def test_the_floor_covers_the_costs_and_no_more_than_rounding(costs: Costs) -> None:
    least = exact(costs)
    assert least <= floor(costs).each < least + 4  # three roundings up in a batch, one of a unit


@given(COSTS, st.integers(1, 10**6))
def test_more_of_any_cost_never_lowers_the_floor(costs: Costs, more: int) -> None:
    for name in ("materials", "minutes", "hourly_wage", "living_wage", "overheads", "premium"):
        fields = {each: getattr(costs, each) for each in Costs.__slots__}
        fields[name] += more
        assert floor(Costs(**fields)).each >= floor(costs).each


@given(COSTS, st.integers(0, 10**9))
def test_the_parts_of_a_price_sum_to_it(costs: Costs, above: int) -> None:
    made = floor(costs)
    cut = parts(made, made.each + above)
    every = (cut.materials, cut.labour, cut.overheads, cut.reserve, cut.premium, cut.above)
    assert sum(every) == made.each + above
    assert min(every) >= 0
    assert cut.above == above


@given(COSTS)
def test_a_price_below_is_refused(costs: Costs) -> None:
    made = floor(costs)
    with pytest.raises(BelowTheFloor):
        parts(made, made.each - 1)


@pytest.mark.parametrize(
    "wrong", [{"units": 0}, {"materials": -1}, {"reserve_ppm": PPM + 1}, {"premium": -1}, {"minutes": -5}]
)
def test_nonsense_is_refused(wrong: dict[str, int]) -> None:
    good = {"units": 1, "materials": 1, "minutes": 1, "hourly_wage": 1, "living_wage": 1, "overheads": 1}
    with pytest.raises(ValueError, match=r"costs|batch|reserve"):
        Costs(**(good | wrong))

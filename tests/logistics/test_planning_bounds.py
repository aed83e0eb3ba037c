from dataclasses import replace
from datetime import date

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from benchmarks.generator import generate
from logistics import (
    Departure,
    Hub,
    Infeasible,
    LessThanContainer,
    Line,
    Problem,
    Producer,
    Service,
    alone,
    bounding,
    highs,
    plan,
    stand_alone,
)
from logistics.flat import flatten
from logistics.lagrange import Prices, climb, terms_of
from logistics.modes import modes_of
from logistics.problem import ContainerTariff
from logistics.programme import options_of
from logistics.search import annealed, tariff_records
from logistics.state import total_cost
from logistics.tariffs import freight_cost
from tests.logistics.problems import brute_force, few_plans, is_solvable, problems, sampled, tariffs


@sampled
@given(problems(), st.integers(1, 400))
def test_prices_never_bound_above_the_least_total(problem: Problem, steps: int) -> None:
    assume(few_plans(problem))
    assume(is_solvable(problem))
    least = brute_force(problem)
    assert least is not None
    lines = np.arange(len(problem.lines), dtype=np.int64)
    assert highs.rounded_up(bounding.lagrangean_bound(flatten(problem), lines, least, steps=steps)) <= least


@sampled
@given(problems(), st.integers(0, 2**32 - 1), st.floats(0, 20_000))
def test_any_prices_bound_the_least_total(problem: Problem, seed: int, wide: float) -> None:
    assume(few_plans(problem))
    assume(is_solvable(problem))
    least = brute_force(problem)
    assert least is not None
    lines = np.arange(len(problem.lines), dtype=np.int64)
    terms = terms_of(flatten(problem), lines)
    chance = np.random.default_rng(seed)
    prices = Prices(chance.normal(0, wide, len(lines)), chance.normal(0, wide / 4, len(terms.line)))
    # A toll is only for an option whose collection can cost a fee.
    free = np.ones(len(terms.line), bool)
    free[terms.collected] = False
    prices.toll[free] = 0.0
    state = np.array([-np.inf, 1.0, 0.0, float(least), 0.0])
    best = Prices(prices.carriage.copy(), prices.toll.copy())
    climb(terms, prices, best, np.zeros(len(terms.line)), state, 1)
    assert highs.rounded_up(float(state[0])) <= least


@sampled
@given(tariffs, st.integers(1, 60_000), st.integers(1, 60_000))
def test_freight_is_at_least_what_some_way_of_paying_it_says(
    tariff: ContainerTariff, weight: int, volume: int
) -> None:
    least = min(
        floor + max(0, by_weight * (weight - grams), by_volume * (volume - cm3))
        for floor, grams, cm3, by_weight, by_volume in modes_of(tariff)
    )
    assert freight_cost(tariff, weight, volume) >= least - 1e-6


def test_the_bound_of_many_lines_is_near_and_below_a_plan() -> None:
    problem = generate(300, 12, 1, 4, 8)
    flat = flatten(problem)
    lines = np.arange(len(problem.lines), dtype=np.int64)
    tariffs = tariff_records([service.tariff for service in problem.services])
    chosen = annealed(flat, lines, tariffs, seed=1, seconds=1.0, moves=400_000, clock=float)
    assert chosen is not None
    total = total_cost(flat, chosen)
    bound = highs.rounded_up(bounding.lagrangean_bound(flat, lines, total, steps=1_000))
    assert bound <= total <= 1.1 * bound


def test_each_alone_in_bulk_is_the_same_as_one_by_one(monkeypatch: pytest.MonkeyPatch) -> None:
    problem = generate(300, 12, 2, 2, 8)
    # All are proven least long before that, on however busy a machine.
    bulk = {name: (one.total, one.exact) for name, one in stand_alone(problem, seconds=120).items()}
    assert all(exact for _, exact in bulk.values())
    monkeypatch.setattr(alone, "MANY", 1)
    again = stand_alone(problem, seconds=120)
    assert {name: (one.total, one.exact) for name, one in again.items()} == bulk


def test_lines_that_exceed_all_capacity_are_named() -> None:
    call = Departure(3, 9, capacity_g=1_500)
    sea = Service(
        "s", "sea", "A", "B", ("ambient",), (call,), ContainerTariff(0, 0, LessThanContainer(1, 1), ())
    )
    line = Line("one", "b", "p", "B", "ambient", 100, 1_000, 1_000, 0, 20)
    problem = Problem(
        "USD",
        date(2026, 1, 5),
        0,
        (Hub("A"), Hub("B")),
        (Producer("p", "A", 0, 0),),
        (sea,),
        (line, replace(line, id="two"), replace(line, id="third", direct_cost=5)),
    )
    with pytest.raises(Infeasible, match=r"one, two, third.*together.*capacities") as refusal:
        plan(problem)
    assert refusal.value.lines == ("one", "two", "third")


@sampled
@given(problems(lines=5), st.integers(1, 200))
def test_options_are_only_ruled_out_where_no_plan_that_has_them_is_cheaper(
    problem: Problem, steps: int
) -> None:
    assume(few_plans(problem))
    assume(is_solvable(problem))
    least = brute_force(problem)
    assert least is not None
    flat = flatten(problem)
    lines = np.arange(len(problem.lines), dtype=np.int64)
    # What any plan may cost, from the least up, so that some options are ruled out and some are not.
    for limit in (least, least + least // 20 + 1, 2 * least + 1):
        _, kept = bounding.narrowed(flat, lines, limit, steps=steps)
        for option in np.setdiff1d(options_of(flat, lines), kept).tolist():
            with_it = flat.assignment(option)
            try:
                assert plan(problem, fixed=[with_it]).total >= limit
            except Infeasible:
                continue

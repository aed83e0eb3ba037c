from dataclasses import replace

import numpy as np
import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from benchmarks.generator import generate
from logistics import (
    Infeasible,
    Problem,
    bounding,
    check,
    exhausting,
    highs,
    moved,
    plan,
    price,
    stand_alone,
)
from logistics.flat import flatten
from logistics.programme import lines_model
from tests.logistics.problems import (
    EXAMPLES_TRIED,
    brute_force,
    expected,
    few_plans,
    is_solvable,
    one_line,
    problems,
    proven,
    sampled,
)
from tests.logistics.problems import example as instance


@pytest.mark.parametrize("name", ["paper-case", "small-1"])
def test_the_contracts_examples_are_proven_least(name: str) -> None:
    problem = instance(name)
    made = plan(problem)
    assert made.total == made.lower_bound == expected()[name]["least_total"]
    assert made.stand_alone_total == expected()[name]["stand_alone_total"]
    assert made.alone == expected()[name]["alone"]
    assert made.stand_alone_exact
    assert check(problem, made).ok


@pytest.mark.parametrize("name", ["makers-36", "lanes-40", "boxes-20", "limits-14"])
def test_other_small_instances_are_proven_least(name: str) -> None:
    problem = instance(name)
    made = plan(problem)
    assert made.total == made.lower_bound == proven()[name]["least_total"]
    assert made.stand_alone_total == proven()[name]["stand_alone_total"]
    assert check(problem, made).ok


@given(st.lists(st.tuples(st.integers(0, 99), st.integers(0, 99)), min_size=16, max_size=16))
def test_sets_are_joined_alike_at_machine_speed(costs: list[tuple[int, int]]) -> None:
    added, before = (np.array([0, *column[1:]], np.int64) for column in zip(*costs, strict=True))
    best, part = exhausting.joined(added, before)
    least = [min(added[t] + before[whole ^ t] for t in range(16) if t & ~whole == 0) for whole in range(16)]
    assert best.tolist() == least
    assert (added[part] + before[np.arange(16) ^ part] == best).all()
    assert not (part & ~np.arange(16)).any()


@sampled
@given(problems())
def test_a_tiny_problem_is_solved_like_by_brute_force(problem: Problem) -> None:
    assume(few_plans(problem))
    least = brute_force(problem)
    if least is None:
        with pytest.raises(Infeasible):
            plan(problem)
        return
    made = plan(problem)
    assert made.total == made.lower_bound == least
    assert check(problem, made).ok
    assert price(problem, made.assignments).total == made.total


@sampled
@given(problems(lines=6))
def test_fixed_lines_stay_and_the_rest_is_least(problem: Problem) -> None:
    assume(is_solvable(problem))
    made = plan(problem)
    kept = made.assignments[: len(made.assignments) // 2]
    again = plan(problem, fixed=kept)
    assert again.total == made.total
    assert set(kept) <= set(again.assignments)


@sampled
@given(problems(always_direct=True))
def test_a_pool_never_costs_more_than_each_alone_where_capacities_do_not_bind(problem: Problem) -> None:
    roomy = replace(
        problem,
        services=tuple(
            replace(
                service,
                departures=tuple(replace(d, capacity_g=None, capacity_cm3=None) for d in service.departures),
            )
            for service in problem.services
        ),
    )
    assume(few_plans(roomy))
    made = plan(roomy)
    assert made.total <= made.stand_alone_total
    for buyer, alone in stand_alone(roomy).items():
        assert alone.total == brute_force(roomy.only({buyer}))


@sampled
@given(problems(lines=6), st.integers(0, 3_000))
def test_what_moves_from_a_previous_plan_is_worth_its_weight(problem: Problem, weight: int) -> None:
    assume(is_solvable(problem))
    made = plan(problem)
    ready = tuple(replace(line, direct_cost=(line.direct_cost or 9_000) // 2) for line in problem.lines)
    cheaper = replace(problem, lines=ready)
    again = plan(cheaper, previous=made.assignments, stability=weight)
    stayed = price(cheaper, made.assignments).total
    changes = moved(cheaper, made.assignments, again)
    assert again.total + weight * len(changes) <= stayed
    assert again.lower_bound <= again.total
    assert {change.line for change in changes} == {
        old.line for old, new in zip(made.assignments, again.assignments, strict=True) if old != new
    }
    for change in changes:
        assert change.saved is None or change.saved >= weight or len(changes) > 1


def test_the_same_seed_and_moves_give_the_same_plan_on_any_number_of_cores() -> None:
    problem = instance("medium-1")
    few = replace(problem, lines=problem.lines[:200])
    plans = [plan(few, iterations=800, workers=workers) for workers in (1, 2)]
    assert plans[0].assignments == plans[1].assignments
    assert plans[0].lower_bound == plans[1].lower_bound
    assert check(few, plans[0]).ok


def test_a_search_that_begins_where_prices_have_the_lines_is_near_its_bound() -> None:
    problem = instance("medium-1")
    few = replace(problem, lines=problem.lines[:200])
    made = plan(few, iterations=20_000)
    assert check(few, made).ok
    assert made.lower_bound <= made.total <= 1.1 * made.lower_bound


def test_the_bound_of_many_lines_never_exceeds_the_best_known_plan_nor_a_plan_the_best_known_bound() -> None:
    problem = instance("medium-1")
    made = plan(problem, seconds=1, bound_seconds=2)
    assert check(problem, made).ok
    assert made.lower_bound <= 7_288_189
    assert made.total >= 7_271_488


@pytest.mark.parametrize(
    "size",
    [(100, 40, 1, 5, 12, 3), (60, 20, 1, 3, 12, 1)]
    + [(60, 20, 1, 3, 12, seed) for seed in range(2, EXAMPLES_TRIED // 50)],
)
def test_parts_of_up_to_a_hundred_lines_are_proven_least_to_the_last_unit(
    size: tuple[int, int, int, int, int, int],
) -> None:
    problem = generate(*size[:5], seed=size[5])
    made = plan(problem, seconds=1, bound_seconds=120)
    assert made.proven
    assert check(problem, made).ok


@sampled
@given(problems(lines=6))
@example(one_line(total=999_495))
@example(instance("flights-6"))
def test_a_bound_is_never_above_the_least_total(problem: Problem) -> None:
    assume(is_solvable(problem))
    least = plan(problem).total
    flat = flatten(problem)
    lines = np.arange(len(problem.lines), dtype=np.int64)
    assert highs.rounded_up(bounding.lagrangean_bound(flat, lines, least, steps=60)) <= least
    for rounded in (False, True):
        outcome = highs.solve(lines_model(flat, lines, rounded=rounded).model, exact=rounded)
        assert outcome.proven <= least
        assert not rounded or outcome.proven == least

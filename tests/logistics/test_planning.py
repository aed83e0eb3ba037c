from dataclasses import replace

import pytest
from hypothesis import assume, given

from logistics import Infeasible, Problem, check, plan, price, stand_alone
from tests.logistics.problems import brute_force, example, expected, few_plans, problems, sampled


@pytest.mark.parametrize("name", ["paper-case", "small-1"])
def test_the_contracts_examples_are_proven_least(name: str) -> None:
    problem = example(name)
    made = plan(problem)
    assert made.total == made.lower_bound == expected()[name]["least_total"]
    assert made.stand_alone_total == expected()[name]["stand_alone_total"]
    assert made.alone == expected()[name]["alone"]
    assert made.stand_alone_exact
    assert check(problem, made).ok


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
    try:
        made = plan(problem)
    except Infeasible:
        assume(False)
        return
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

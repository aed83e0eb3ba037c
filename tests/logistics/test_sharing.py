import itertools

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from logistics import Infeasible, Plan, Problem, QuotesCannotBeKept, Sharing, plan, price, share
from tests.logistics.problems import example, problems, sampled


def planned(problem: Problem) -> Plan:
    try:
        made = plan(problem)
    except Infeasible:
        assume(False)
        raise
    assume(made.total <= made.stand_alone_total)
    return made


def excess(problem: Problem, made: Plan, split: Sharing, group: tuple[str, ...]) -> int:
    """What a group gains by leaving, by the price of the plan with its lines alone."""
    own = problem.only(group)
    kept = {line.id for line in own.lines}
    alone = price(own, [a for a in made.assignments if a.line in kept]).total
    return sum(split.amounts[buyer] for buyer in group) - alone


def groups(problem: Problem) -> list[tuple[str, ...]]:
    buyers = problem.buyers()
    return [group for k in range(1, len(buyers)) for group in itertools.combinations(buyers, k)]


@sampled
@given(problems(lines=7, buyers=5, always_direct=True))
def test_the_promises_of_a_split(problem: Problem) -> None:
    made = planned(problem)
    split = share(problem, made, alone=made.alone)
    assert sum(split.amounts.values()) == made.total
    for one in split.shares:
        assert 0 <= one.amount <= one.alone
        assert one.amount == one.direct + one.joint
    gains = {group: excess(problem, made, split, group) for group in groups(problem)}
    if gains:
        assert split.max_excess == max(gains.values()) == gains[split.coalition]


@sampled
@given(problems(lines=6, always_direct=True), st.randoms(use_true_random=False))
def test_the_order_of_the_input_does_not_matter(problem: Problem, chance: "object") -> None:
    made = planned(problem)
    lines = list(problem.lines)
    chance.shuffle(lines)  # type: ignore[attr-defined]
    shuffled = Problem(
        problem.currency,
        problem.start,
        problem.wait_cost_ppm_per_day,
        problem.hubs[::-1],
        problem.producers[::-1],
        problem.services,
        tuple(lines),
    )
    assert share(shuffled, made, alone=made.alone).amounts == share(problem, made, alone=made.alone).amounts


@sampled
@given(problems(lines=6, always_direct=True), st.data())
def test_quotes_are_kept_or_refused_with_what_is_missing(problem: Problem, data: st.DataObject) -> None:
    made = planned(problem)
    quotes = {buyer: data.draw(st.integers(0, amount)) for buyer, amount in made.alone.items()}
    if sum(quotes.values()) < made.total:
        with pytest.raises(QuotesCannotBeKept) as refusal:
            share(problem, made, quotes=quotes, alone=made.alone)
        assert refusal.value.short == made.total - sum(quotes.values())
        return
    split = share(problem, made, quotes=quotes, alone=made.alone)
    assert sum(split.amounts.values()) == made.total
    assert all(0 <= split.amounts[buyer] <= quotes[buyer] for buyer in quotes)


def test_equal_buyers_pay_the_same_to_the_minor_unit() -> None:
    problem = example("paper-case")
    twins = tuple(
        type(line)(
            **{name: getattr(problem.lines[0], name) for name in line.__slots__}
            | {"id": line.id, "buyer": line.buyer}
        )
        for line in problem.lines
    )
    equal = Problem(
        problem.currency, problem.start, 0, problem.hubs, problem.producers, problem.services, twins
    )
    made = plan(equal)
    amounts = share(equal, made, alone=made.alone).amounts.values()
    assert max(amounts) - min(amounts) <= 1
    assert sum(amounts) == made.total

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from logistics import (
    Assignment,
    Infeasible,
    InvalidInput,
    NotAffordable,
    Plan,
    Problem,
    Quotes,
    change,
    check,
    join,
    plan,
    quote,
    release,
    share,
    withdraw,
)
from tests.logistics.problems import example, problems, sampled


def roomy(problem: Problem) -> Problem:
    """The problem without capacities, so that the old plan with a newcomer alone is always a plan."""
    return replace(
        problem,
        services=tuple(
            replace(s, departures=tuple(replace(d, capacity_g=None, capacity_cm3=None) for d in s.departures))
            for s in problem.services
        ),
    )


@sampled
@given(problems(lines=6, buyers=5, always_direct=True), st.randoms(use_true_random=False))
def test_joining_never_raises_a_quote_and_always_pays_for_the_plan(
    problem: Problem, chance: "object"
) -> None:
    problem = roomy(problem)
    buyers = list(problem.buyers())
    chance.shuffle(buyers)  # type: ignore[attr-defined]
    quotes = Quotes()
    inside: set[str] = set()
    for buyer in buyers:
        inside.add(buyer)
        made = plan(problem.only(inside))
        before = quotes
        quotes = join(before, buyer, alone=made.alone[buyer], total=made.total)
        assert sum(quotes.prices.values()) == made.total
        assert all(quotes.prices[name] <= price for name, price in before.prices.items())
        assert max(0, made.total - before.total) <= quotes.prices[buyer] <= made.alone[buyer]


def grown(problem: Problem, buyer: str, more: int) -> Problem:
    """The problem with a buyer who orders more: every line of its own weighs and is worth so much more."""
    return replace(
        problem,
        lines=tuple(
            replace(line, value=line.value + more, weight_g=line.weight_g + more)
            if line.buyer == buyer
            else line
            for line in problem.lines
        ),
    )


@sampled
@given(problems(lines=8, buyers=5, always_direct=True), st.data())
def test_joining_changing_and_leaving_raise_nobody_else_and_pay_for_a_real_plan(
    problem: Problem, data: st.DataObject
) -> None:
    """Random sequences on real plans, capacities included; a refusal leaves all as it was."""
    quotes = Quotes()
    assignments: tuple[Assignment, ...] = ()
    for _ in range(8):
        buyer = data.draw(st.sampled_from(problem.buyers()))
        before, inside = quotes, quotes.prices.keys() | {buyer}
        made: Plan | None
        if buyer in quotes.prices and data.draw(st.booleans()):
            released = release(problem.only(inside), quotes, buyer, assignments=assignments)
            left, made = released.withdrawal, released.plan
            total = made.total if made else 0
            assert 0 <= left.charge <= before.prices[buyer]
            assert left.uncovered >= 0
            assert (
                sum(left.prices.values()) + left.charge + min(before.covered, total) + left.uncovered == total
            )
            assert all(left.prices[name] <= before.prices[name] for name in left.prices)
            if left.quotes is None:
                assert left.prices == {name: before.prices[name] for name in left.prices}
                assert left.charge == before.prices[buyer]
                return
            quotes = left.quotes
        else:
            asked = (
                grown(problem, buyer, data.draw(st.integers(0, 4_000))) if buyer in quotes.prices else problem
            )
            try:
                quoted = quote(asked.only(inside), quotes, buyer, assignments=assignments)
            except (NotAffordable, Infeasible):
                assert is_tight(problem) or buyer in before.prices or before.covered
                continue
            problem, quotes, made = asked, quoted.quotes, quoted.plan
            assert quotes.prices[buyer] <= made.alone[buyer]
            if buyer not in before.prices:
                assert quotes.prices[buyer] >= min(made.total - before.total, made.alone[buyer])
        if made is not None:
            assignments = made.assignments
            own = problem.only(quotes.prices.keys())
            assert check(own, made).ok
            assert quotes.total == made.total == sum(quotes.prices.values()) + quotes.covered
            if not quotes.covered:
                split = share(own, made, quotes=quotes.prices, alone=made.alone)
                assert sum(split.amounts.values()) == made.total
                assert all(0 <= split.amounts[name] <= quotes.prices[name] for name in quotes.prices)
        else:
            assignments = ()
            assert quotes == Quotes(0, {}, {}, 0)
        assert all(
            quotes.prices[name] <= before.prices[name]
            for name in quotes.prices.keys() & before.prices.keys() - {buyer}
        )


def is_tight(problem: Problem) -> bool:
    """Whether any departure has a capacity."""
    return any(
        call.capacity_g is not None or call.capacity_cm3 is not None
        for service in problem.services
        for call in service.departures
    )


def test_a_plan_dearer_than_the_old_one_with_the_newcomer_alone_is_refused() -> None:
    quotes = join(Quotes(), "shop", alone=100, total=100)
    with pytest.raises(NotAffordable) as refusal:
        join(quotes, "school", alone=50, total=151)
    assert refusal.value.over == 1


def test_the_savings_of_a_newcomer_lower_the_dearest_first() -> None:
    quotes = join(Quotes(), "shop", alone=1_000, total=1_000)
    quotes = join(quotes, "school", alone=500, total=900)
    assert quotes.prices == {"school": 300, "shop": 600}


def test_what_a_leaver_was_charged_goes_on_paying_for_the_plan() -> None:
    quotes = join(Quotes(), "shop", alone=1_000, total=1_000)
    quotes = join(quotes, "school", alone=1_000, total=1_400)
    assert quotes.prices == {"school": 700, "shop": 700}
    left = withdraw(quotes, "school", total=1_000)
    assert (left.prices, left.charge, left.uncovered) == ({"shop": 700}, 300, 0)
    assert left.quotes == Quotes(1_000, {"shop": 700}, {"shop": 1_000}, covered=300)
    after = join(left.quotes, "museum", alone=1_000, total=1_300)
    assert after.prices == {"museum": 500, "shop": 500}
    assert after.covered == 300


def test_what_the_leaver_cannot_pay_is_covered_by_nobody() -> None:
    quotes = join(Quotes(), "shop", alone=1_000, total=1_000)
    quotes = join(quotes, "school", alone=200, total=600)
    assert quotes.prices == {"school": 100, "shop": 500}
    left = withdraw(quotes, "school", total=1_000)
    assert (left.prices, left.charge, left.uncovered, left.quotes) == ({"shop": 500}, 100, 400, None)


def test_a_buyer_joins_once_and_changes_only_what_it_has() -> None:
    quotes = join(Quotes(), "shop", alone=100, total=100)
    with pytest.raises(ValueError, match="use change"):
        join(quotes, "shop", alone=100, total=100)
    with pytest.raises(ValueError, match="use join"):
        change(quotes, "school", alone=100, total=100)


def test_a_pool_is_quoted_with_the_lines_of_those_who_are_in_it() -> None:
    problem = example("paper-case")
    with pytest.raises(InvalidInput, match="/lines"):
        quote(problem, Quotes(), problem.buyers()[0])


def test_the_papers_case_joins_one_by_one_and_every_quote_falls() -> None:
    problem = example("paper-case")
    quotes, seen = Quotes(), []
    assignments: tuple[Assignment, ...] = ()
    for k, buyer in enumerate(problem.buyers(), 1):
        quoted = quote(problem.only(set(problem.buyers()[:k])), quotes, buyer, assignments=assignments)
        quotes, assignments = quoted.quotes, quoted.plan.assignments
        seen.append(quotes.prices[problem.buyers()[0]])
    assert seen == sorted(seen, reverse=True)
    assert seen[-1] < seen[0]
    assert quotes.total == 18_142

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from logistics import NotAffordable, Problem, Quotes, change, join, plan, withdraw
from tests.logistics.problems import problems, sampled


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


@sampled
@given(problems(lines=6, buyers=5, always_direct=True), st.data())
def test_leaving_and_changing_raise_nobody_else(problem: Problem, data: st.DataObject) -> None:
    problem = roomy(problem)
    quotes = Quotes()
    inside: set[str] = set()
    for _ in range(8):
        buyer = data.draw(st.sampled_from(problem.buyers()))
        before = quotes
        if buyer not in inside:
            inside.add(buyer)
            made = plan(problem.only(inside))
            quotes = join(quotes, buyer, alone=made.alone[buyer], total=made.total)
        elif data.draw(st.booleans()):
            lines = tuple(
                replace(line, value=line.value + data.draw(st.integers(0, 4_000)))
                if line.buyer == buyer
                else line
                for line in problem.lines
            )
            problem = replace(problem, lines=lines)
            made = plan(problem.only(inside))
            others = sum(price for name, price in quotes.prices.items() if name != buyer)
            if made.total > others + made.alone[buyer]:
                with pytest.raises(NotAffordable):
                    change(quotes, buyer, alone=made.alone[buyer], total=made.total)
                return
            quotes = change(quotes, buyer, alone=made.alone[buyer], total=made.total)
        else:
            inside.discard(buyer)
            total = plan(problem.only(inside)).total if inside else 0
            left = withdraw(quotes, buyer, total=total)
            assert 0 <= left.charge <= quotes.prices[buyer]
            assert sum(left.prices.values()) + left.charge + left.uncovered == total
            if left.charge or left.uncovered:
                assert left.prices == {name: quotes.prices[name] for name in left.prices}
                return
            quotes = Quotes(total, left.prices, {name: quotes.alone[name] for name in left.prices})
        assert all(
            quotes.prices[name] <= before.prices[name] for name in inside & before.prices.keys() - {buyer}
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

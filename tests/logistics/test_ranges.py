"""The rule of ranges: what holds for any wishes."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from logistics.ranges import Asked, Range, Why, divide, fill, value

NAMES = ["ant", "bee", "cat", "dog", "elk", "fox"]


@st.composite
def wishes(draw: st.DrawFn, offer: str = "bowl") -> Asked:
    names = draw(st.lists(st.sampled_from(NAMES), min_size=1, max_size=6, unique=True))
    ranges = []
    for name in names:
        least = draw(st.integers(1, 30))
        ranges.append(Range(name, least, least + draw(st.sampled_from([0, 0, 1, 2, 9, 25]))))
    case_size, least_quantity = draw(st.sampled_from([1, 1, 2, 6, 12])), draw(st.sampled_from([1, 1, 10, 48]))
    return Asked(offer, draw(st.integers(1, 5000)), case_size, least_quantity, tuple(ranges))


@st.composite
def makers(draw: st.DrawFn) -> tuple[list[Asked], int]:
    asked = [draw(wishes(name)) for name in ("bowl", "tray", "vase")[: draw(st.integers(1, 3))]]
    return asked, draw(st.sampled_from([0, 1000, 50_000, 200_000, 400_000]))


@given(makers())
def test_nobody_gets_more_than_asked_and_cases_are_full(case: tuple[list[Asked], int]) -> None:
    asked, minimum = case
    for each in asked:
        made = fill(asked, minimum)[each.offer]
        assert sum(made.pieces.values()) == made.total
        assert made.total % each.case_size == 0
        assert made.total == 0 or made.total >= each.least_quantity
        for one in each.ranges:
            got, why = made.pieces[one.buyer], made.why[one.buyer]
            assert 0 <= got <= one.most
            assert (got < one.least) == (why in {Why.CASE_NOT_FULL, Why.QUANTITY_MISSED})
            assert (made.total == 0) == (why == Why.QUANTITY_MISSED)


@given(makers())
def test_less_than_the_least_only_where_no_total_would_do(case: tuple[list[Asked], int]) -> None:
    asked, minimum = case
    filled = fill(asked, minimum)
    for each in asked:
        good = [
            total
            for total in range(each.least, each.most + 1)
            if total % each.case_size == 0 and total >= each.least_quantity
        ]
        total = filled[each.offer].total
        if good:
            assert total in good
        else:
            assert total == each.most_in_cases < each.least
        assert (each.missing > 0) == (each.most_in_cases == 0)


@given(makers())
def test_the_minimum_order_is_reached_where_it_can_be_and_no_case_is_added_for_nothing(
    case: tuple[list[Asked], int],
) -> None:
    asked, minimum = case
    got = {name: made.total for name, made in fill(asked, minimum).items()}
    without = {name: made.total for name, made in fill(asked, 0).items()}
    top = {each.offer: each.most_in_cases for each in asked}
    assert (value(asked, got) >= minimum) == (value(asked, top) >= minimum)
    for each in asked:
        assert got[each.offer] >= without[each.offer]
        if got[each.offer] > without[each.offer]:
            fewer = got | {each.offer: got[each.offer] - each.case_size}
            assert value(asked, fewer) < minimum, "this case was not needed"


@given(makers(), st.randoms(use_true_random=False))
def test_the_order_in_which_wishes_are_told_does_not_matter(
    case: tuple[list[Asked], int], chance: object
) -> None:
    asked, minimum = case
    turned = [
        Asked(each.offer, each.unit_price, each.case_size, each.least_quantity, tuple(reversed(each.ranges)))
        for each in reversed(asked)
    ]
    assert fill(turned, minimum) == fill(asked, minimum)


@given(st.dictionaries(st.sampled_from(NAMES), st.integers(0, 200)), st.integers(0, 1500))
def test_division_is_whole_in_proportion_and_never_above_what_was_ordered(
    ordered: dict[str, int], total: int
) -> None:
    got, whole = divide(total, ordered), sum(ordered.values())
    assert sum(got.values()) == min(total, whole)
    for name, pieces in ordered.items():
        assert 0 <= got[name] <= pieces
        if whole and total < whole:
            assert abs(got[name] * whole - total * pieces) < whole, "within one piece of its part"
    by_order = sorted(ordered, key=lambda name: ordered[name])
    for one, other in pairwise(by_order):
        if ordered[one] < ordered[other]:
            assert got[one] <= got[other], "who ordered more never gets less"


@given(st.dictionaries(st.sampled_from(NAMES), st.integers(0, 60)), st.data())
def test_of_more_that_came_nobody_gets_less_by_more_than_the_rounding(
    ordered: dict[str, int], data: st.DataObject
) -> None:
    """Largest remainders are not monotone to the piece (the Alabama paradox): one piece at the most."""
    whole = sum(ordered.values())
    total = data.draw(st.integers(0, whole))
    before, after = divide(total, ordered), divide(min(total + 1, whole), ordered)
    assert all(after[name] >= before[name] - 1 for name in ordered)


def test_the_range_of_the_rule_book() -> None:
    """Five to seven, and 30 of others: six fill the case."""
    others = tuple(Range(name, 10, 10) for name in ("ant", "bee", "cat"))
    made = fill([Asked("tea", 900, 12, 1, (*others, Range("dog", 5, 7)))], 0)["tea"]
    assert (made.total, made.pieces["dog"], made.why["dog"]) == (36, 6, Why.FILLS_CASES)

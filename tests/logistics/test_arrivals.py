"""The usual delay of a lane: in the middle of what was, and not to be moved by a few wild ships."""

from hypothesis import given
from hypothesis import strategies as st

from logistics.arrivals import LEAST, MOST, Usual, usual

delays = st.lists(st.integers(-30, 200), min_size=LEAST, max_size=MOST)


@given(delays)
def test_it_is_within_what_was_whatever_the_order(some: list[int]) -> None:
    found = usual(some)
    assert found is not None
    assert min(some) <= found.low <= found.days <= found.high <= max(some)
    assert sum(each <= found.days for each in some) * 2 >= len(some)
    assert sum(each >= found.days for each in some) * 2 >= len(some)
    assert sum(found.low <= each <= found.high for each in some) * 2 >= len(some)
    assert usual(sorted(some)) == usual(sorted(some, reverse=True)) == found


@given(delays, st.integers(200, 10_000), st.data())
def test_fewer_than_half_wild_ships_do_not_take_it_out_of_the_others(
    some: list[int], wild: int, data: st.DataObject
) -> None:
    count = data.draw(st.integers(0, (len(some) - 1) // 2))
    found = usual([wild] * count + some[count:])
    assert found is not None
    assert found.days <= max(some[count:])


@given(delays, st.integers(-20, 20))
def test_all_ships_later_by_some_days_make_it_later_by_as_many(some: list[int], more: int) -> None:
    found, moved = usual(some), usual([each + more for each in some])
    assert found is not None
    assert moved == Usual(found.days + more, found.low + more, found.high + more, found.sailings)


def test_too_few_say_nothing_and_old_ones_are_forgotten() -> None:
    assert usual([3] * (LEAST - 1)) is None
    assert usual([], least=0) is None
    assert usual([1] * MOST + [50] * 100) == Usual(1, 1, 1, MOST)
    assert usual([0, 1, 2, 3, 40, 2, 1]) == Usual(2, 1, 3, 7)

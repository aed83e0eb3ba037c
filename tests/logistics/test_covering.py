"""The knapsack that must be filled, against all sets of items."""

from itertools import product

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from logistics import covering
from logistics.covering import least_cover

ITEMS = st.lists(st.tuples(st.integers(1, 40), st.integers(0, 60)), min_size=1, max_size=9)


@given(ITEMS, st.integers(1, 120), st.integers(0, 200))
def test_a_cover_is_the_least_there_is(items: list[tuple[int, int]], need: int, most: int) -> None:
    value, cost = (np.array(column, np.float64) for column in zip(*items, strict=True))
    part = np.zeros(len(items))
    found = least_cover(value, cost, len(items), float(need), float(most), part)
    sets = product((0, 1), repeat=len(items))
    least = min((float(cost @ s) for s in map(np.array, sets) if value @ s >= need), default=float(most))
    assert found == min(least, most)
    if found < most:
        assert value @ part >= need
        assert cost @ part == found
    else:
        assert not part.any()


def test_where_the_search_ends_early_a_cover_costs_no_more_than_the_least() -> None:
    """Subset sums in even numbers for an odd need: no bound rules anything out, and every set is tried."""
    value = np.array([2.0 * (100 + k) for k in range(40)])
    part = np.zeros(40)
    found = least_cover(value, value, 40, 2_501.0, 1e9, part)
    assert covering.NODES < 2**40
    assert found == 2_501.0 < 2_502.0
    assert value @ part == 2_501.0

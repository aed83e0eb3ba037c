"""Pools beyond the nucleolus: constraint generation against all sets, and what it says about itself."""

import dataclasses
import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.sharing import pool
from logistics import Plan, Problem, plan, price, share
from logistics.game import Fee, Game, Load, game_of, subset_sums
from logistics.least_core import least_core
from logistics.lifting import lifted_fee, lifted_price
from logistics.nucleolus import nucleolus
from logistics.problem import Tariff
from logistics.relaxation import Relaxation
from logistics.separation import add, climbed, nobody, pool_of
from tests.logistics.problems import problems, sampled, tariffs
from tests.logistics.test_sharing import planned


def game_with_caps(problem: Problem, made: Plan) -> tuple[Game, tuple[int, ...]]:
    game = game_of(problem, price(problem, made.assignments))
    return game, tuple(made.alone[name] for name in game.buyers)


@sampled
@given(problems(lines=9, buyers=6, always_direct=True), st.integers(0, 63))
def test_a_coalition_is_priced_as_in_the_game_whatever_flips_led_to_it(problem: Problem, mask: int) -> None:
    game, _ = game_with_caps(problem, planned(problem))
    members = [b for b in range(len(game.buyers)) if mask >> b & 1]
    arrays = pool_of(game)
    inside = nobody(arrays)
    total = add(arrays, inside, np.arange(len(game.buyers)))
    assert total == game.total()
    out = [b for b in range(len(game.buyers)) if b not in members]
    assert total + add(arrays, inside, np.array(out, np.int64)) == game.cost(frozenset(members))


@sampled
@given(problems(lines=9, buyers=7, always_direct=True))
def test_constraint_generation_agrees_with_all_sets(problem: Problem) -> None:
    game, caps = game_with_caps(problem, planned(problem))
    if sum(caps) < game.total() or len(caps) < 2:
        return
    game = dataclasses.replace(game, alike=tuple(range(len(caps))))
    found = least_core(game, caps, seconds=60, clock=float)
    exact = nucleolus(game.all_costs(), caps, game.alike)
    amounts = found.split.amounts
    assert sum(amounts) == game.total()
    assert all(0 <= amount <= cap for amount, cap in zip(amounts, caps, strict=True))
    excess = subset_sums(np.array(amounts, np.int64), range(len(caps)), len(caps)) - game.all_costs()
    assert found.split.max_excess == excess[1:-1].max() <= found.gain_at_most
    assert found.least <= exact.max_excess + 1e-6
    assert found.split.max_excess <= exact.max_excess + len(caps)


def assert_at_most(coefficients: np.ndarray, costs: np.ndarray) -> None:
    """No group's coefficients exceed its cost."""
    n = len(coefficients)
    assert (subset_sums(coefficients, range(n), n) <= costs).all()


orders = st.lists(st.integers(1, 9_000), min_size=1, max_size=9)
loads = st.lists(st.integers(1, 400), min_size=1, max_size=7)


@sampled
@given(orders, st.integers(1, 30_000), st.integers(1, 9_000), st.randoms(use_true_random=False))
def test_lifted_parts_of_a_fee_are_never_more_than_the_fee(
    values: list[int], minimum: int, amount: int, chance: "object"
) -> None:
    n = len(values)
    order = list(range(n))
    chance.shuffle(order)  # type: ignore[attr-defined]
    names = tuple(str(b) for b in range(n))
    fee = Fee(minimum, amount, tuple(range(n)), tuple(values))
    costs = Game(names, (0,) * n, (), (fee,), tuple(range(n))).all_costs()
    lifted = lifted_fee(minimum, amount, np.array(values), np.array(order))
    assert_at_most(lifted, costs)
    assert lifted[order[0]] == costs[1 << order[0]]


@sampled
@given(tariffs, loads, loads, st.randoms(use_true_random=False))
def test_lifted_parts_of_a_freight_are_never_more_than_the_freight(
    tariff: Tariff, weights: list[int], volumes: list[int], chance: "object"
) -> None:
    n = min(len(weights), len(volumes))
    order = list(range(n))
    chance.shuffle(order)  # type: ignore[attr-defined]
    load = Load(tariff, tuple(range(n)), tuple(weights[:n]), tuple(volumes[:n]))
    game = Game(tuple(str(b) for b in range(n)), (0,) * n, (load,), (), tuple(range(n)))
    arrays = pool_of(game)
    for by_volume, amounts in ((True, load.volume), (False, load.weight)):
        lifted = lifted_price(arrays, 0, np.array(amounts), np.array(order), by_volume)
        assert (lifted >= 0).all()
        assert_at_most(lifted, game.all_costs())


@sampled
@given(
    problems(lines=9, buyers=6, always_direct=True),
    st.lists(st.lists(st.integers(0, 20_000), min_size=6, max_size=6), min_size=1, max_size=3),
)
def test_the_relaxation_never_says_less_than_a_set_gains(problem: Problem, splits: list[list[int]]) -> None:
    game, caps = game_with_caps(problem, planned(problem))
    n = len(caps)
    if n < 2:
        return
    costs = game.all_costs()
    relaxation = Relaxation(game, pool_of(game))
    for split in splits:
        amounts = np.array(split[:n], float)
        worst = float((subset_sums(np.array(split[:n]), range(n), n) - costs)[1:-1].max())
        for _ in range(3):
            relaxed = relaxation.bounded(amounts)
            assert relaxed.values is not None
            assert relaxed.bound >= worst
            for excess, group in relaxation.groups(relaxed.values, amounts, n):
                assert excess == pytest.approx(sum(amounts[b] for b in group) - game.cost(group))
            relaxation.strengthened(relaxed.values)
        found, bound = relaxation.worst(amounts, above=worst - 1.0, seconds=60)
        assert bound >= worst - 1e-6
        assert found is not None or bound < worst + 1.0
    relaxation.exact_together()
    priced = relaxation.prices(caps, [[b] for b in range(n)])
    if priced is not None and sum(caps) >= costs[-1]:
        amounts, bound = priced
        assert amounts.sum() == pytest.approx(float(costs[-1]), abs=1e-6)
        assert (amounts >= 0).all()
        assert (amounts <= np.array(caps) + 1e-6).all()
        sums = np.zeros(1)
        for amount in amounts:
            sums = np.concatenate([sums, sums + amount])
        assert bound >= (sums - costs)[1:-1].max() - 1e-6


def test_a_larger_pool_is_split_with_its_proof() -> None:
    problem = pool(1, 22)
    made = plan(problem, seconds=1, bound_seconds=0.1)
    split = share(problem, made, alone=made.alone, seconds=20)
    assert sum(split.amounts.values()) == made.total
    assert all(0 <= one.amount <= one.alone for one in split.shares)
    assert split.gain_at_most is not None
    assert split.max_excess <= split.gain_at_most
    assert str(split.gain_at_most) in split.searched
    game = game_of(problem, price(problem, made.assignments))
    group = frozenset(game.buyers.index(name) for name in split.coalition)
    paid = sum(split.amounts[name] for name in split.coalition)
    assert paid - game.cost(group) == split.max_excess
    for one, other in itertools.combinations(range(len(game.buyers)), 2):
        if game.alike[one] == game.alike[other]:
            pair = split.amounts[game.buyers[one]], split.amounts[game.buyers[other]]
            assert abs(pair[0] - pair[1]) <= 1


def test_a_split_without_time_keeps_its_promises_and_claims_nothing() -> None:
    problem = pool(1, 22)
    made = plan(problem, seconds=1, bound_seconds=0.1)
    split = share(problem, made, alone=made.alone, seconds=0)
    assert sum(split.amounts.values()) == made.total
    assert all(0 <= one.amount <= one.alone for one in split.shares)
    assert split.gain_at_most is None
    assert (
        split.searched
        == "constraint generation; the worst set found by annealing, not proven; ended by its time"
    )


def test_annealing_finds_the_worst_of_all_sets() -> None:
    problem = pool(3, 12)
    made = plan(problem, seconds=1, bound_seconds=0.1)
    game, caps = game_with_caps(problem, made)
    n = len(caps)
    amounts = [game.total() * cap / sum(caps) for cap in caps]
    sums = np.zeros(1)
    for amount in amounts:
        sums = np.concatenate([sums, sums + amount])
    worst = float((sums - game.all_costs())[1:-1].max())
    found, excess = climbed(
        pool_of(game), np.zeros(n, np.bool_), np.array(amounts), seed=1, moves=20_000, hot=5_000.0
    )
    assert excess == pytest.approx(worst)
    assert sum(amounts[b] for b in found) - game.cost(found) == pytest.approx(worst)

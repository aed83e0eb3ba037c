"""Pools beyond the nucleolus: constraint generation against all sets, and what it says about itself."""

import dataclasses
import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.sharing import pool
from logistics import Plan, Problem, plan, price, share
from logistics.game import Game, game_of, subset_sums
from logistics.least_core import least_core
from logistics.nucleolus import nucleolus
from logistics.separation import add, climbed, nobody, pool_of
from tests.logistics.problems import problems, sampled
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

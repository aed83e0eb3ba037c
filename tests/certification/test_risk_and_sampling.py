"""Risk levels and the draw of sites and members."""

from dataclasses import fields, replace
from math import isqrt, sqrt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from certification import (
    RISK,
    AuditKind,
    Look,
    RiskConfiguration,
    RiskFactors,
    RiskLevel,
    Unit,
    assess_risk,
    draw,
    redraw_agrees,
    sample_size,
)
from certification.risk import RiskConfigurationFault, RiskFactorFault
from certification.sampling import NoSeed, UnitFault, UnitTwice

SIMPLE = RiskFactors(supply_tiers=1, sites=1, people=8, outside_production_percent=0, labelled_products=5)
NAMES = [one.name for one in fields(RiskFactors)]
LEVELS = list(RiskLevel)
factors = st.builds(
    RiskFactors,
    **{name: st.integers(0, 100 if name == "outside_production_percent" else 400) for name in NAMES},
)


def test_a_small_workshop_is_low_and_looked_at_by_a_peer() -> None:
    risk = assess_risk(SIMPLE)
    assert (risk.level, risk.points, risk.contributions) == (RiskLevel.LOW, 0, ())
    assert risk.look == Look(cycle_years=4, kind=AuditKind.PEER_VISIT, months=24)
    assert risk.configuration == "2026.1"


def test_trouble_shortens_the_cycle() -> None:
    risk = assess_risk(replace(SIMPLE, past_majors=3, upheld_complaints=1, supply_tiers=2))
    assert risk.contributions == (("supply_tiers", 2, 1), ("past_majors", 3, 4), ("upheld_complaints", 1, 2))
    assert risk.level is RiskLevel.HIGH
    assert risk.cycle_years == 2
    assert risk.look.kind is AuditKind.UNANNOUNCED


@given(factors)
def test_contributions_add_up(given_factors: RiskFactors) -> None:
    risk = assess_risk(given_factors)
    assert risk.points == sum(points for _, _, points in risk.contributions)
    assert all(
        getattr(given_factors, name) == value and points > 0 for name, value, points in risk.contributions
    )


@given(factors, st.sampled_from(NAMES), st.integers(1, 300))
def test_more_of_anything_never_lowers_the_risk(given_factors: RiskFactors, name: str, more: int) -> None:
    value = getattr(given_factors, name) + more
    if name == "outside_production_percent":
        value = min(value, 100)
    before, after = assess_risk(given_factors), assess_risk(replace(given_factors, **{name: value}))
    assert LEVELS.index(before.level) <= LEVELS.index(after.level)
    assert before.cycle_years >= after.cycle_years


@pytest.mark.parametrize("name", NAMES)
def test_factors_count_from_nought(name: str) -> None:
    with pytest.raises(RiskFactorFault, match=name):
        replace(SIMPLE, **{name: -1})


def test_more_than_all_production_is_not_outside() -> None:
    with pytest.raises(RiskFactorFault, match="from 0 to 100"):
        replace(SIMPLE, outside_production_percent=101)


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"bands": {}}, "bands for each factor"),
        ({"bands": {**RISK.bands, "sites": ((5, 1), (2, 2))}}, "bands of sites do not rise"),
        ({"bands": {**RISK.bands, "sites": ((2, -1),)}}, "bands of sites do not rise"),
        ({"bands": {**RISK.bands, "sites": ((2, 3), (5, 1))}}, "points of sites fall"),
        ({"normal_from": 7}, "thresholds"),
        ({"normal_from": 0}, "thresholds"),
        ({"looks": {RiskLevel.LOW: RISK.looks[RiskLevel.LOW]}}, "look for each level"),
        (
            {
                "looks": {
                    **RISK.looks,
                    RiskLevel.LOW: Look(cycle_years=2, kind=AuditKind.PEER_VISIT, months=25),
                }
            },
            "outside its cycle",
        ),
    ],
)
def test_a_configuration_holds_together(changes: dict[str, object], fault: str) -> None:
    with pytest.raises(RiskConfigurationFault, match=fault):
        replace(RISK, **changes)  # type: ignore[arg-type]


def test_another_configuration_decides_otherwise() -> None:
    strict = RiskConfiguration(version="2027.1", normal_from=1, high_from=2)
    once = replace(SIMPLE, people=300)
    assert assess_risk(once).level is RiskLevel.LOW
    assert assess_risk(once, strict).level is RiskLevel.HIGH
    assert assess_risk(once, strict).configuration == "2027.1"


# -- sampling

PINNED = ("member-13", "member-16", "member-19", "member-17", "member-8")

unit = st.builds(Unit, id=st.text(max_size=4), weight=st.integers(1, 6), always=st.booleans())
frames = st.lists(unit, max_size=40, unique_by=lambda one: one.id)
seeds = st.text(min_size=1, max_size=8)


@given(st.integers(1, 100_000), st.sampled_from(RiskLevel))
def test_a_sample_is_at_least_the_square_root_and_at_most_all(units: int, level: RiskLevel) -> None:
    size = sample_size(units, level)
    assert sqrt(units) <= size <= units
    if level is RiskLevel.HIGH:
        assert size == min(units, -(-(isqrt(225 * units - 1) + 1) // 10))
        assert size >= min(units, 1.5 * sqrt(units) - 1e-6)
    else:
        assert size == isqrt(units - 1) + 1


@pytest.mark.parametrize(
    ("units", "level", "size"),
    [
        (0, RiskLevel.LOW, 0),
        (1, RiskLevel.HIGH, 1),
        (16, RiskLevel.LOW, 4),
        (17, RiskLevel.NORMAL, 5),
        (100, RiskLevel.HIGH, 15),
        (101, RiskLevel.HIGH, 16),
    ],
)
def test_sample_sizes(units: int, level: RiskLevel, size: int) -> None:
    assert sample_size(units, level) == size


@given(frames, seeds, st.sampled_from(RiskLevel), st.randoms(use_true_random=False))
def test_a_draw_can_be_repeated_in_any_order(
    frame: list[Unit], seed: str, level: RiskLevel, shuffler: object
) -> None:
    sample = draw(frame, seed=seed, level=level)
    shuffled = list(frame)
    shuffler.shuffle(shuffled)  # type: ignore[attr-defined]
    assert draw(shuffled, seed=seed, level=level) == sample
    assert redraw_agrees(sample, shuffled)


@given(frames, seeds, st.sampled_from(RiskLevel))
def test_a_draw_is_large_enough_and_holds_whom_it_must(
    frame: list[Unit], seed: str, level: RiskLevel
) -> None:
    sample = draw(frame, seed=seed, level=level)
    ids = {one.id for one in frame}
    always = {one.id for one in frame if one.always}
    assert set(sample.chosen) <= ids
    assert len(set(sample.chosen)) == len(sample.chosen)
    assert always <= set(sample.chosen)
    others = len(ids) - len(always)
    assert len(sample.chosen) == len(always) + min(others, sample_size(len(ids), level))
    assert len(sample.chosen) ** 2 >= len(ids)


@given(st.lists(unit, min_size=1, max_size=10, unique_by=lambda one: one.id), seeds)
def test_a_changed_list_is_noticed(frame: list[Unit], seed: str) -> None:
    sample = draw(frame, seed=seed, level=RiskLevel.LOW)
    heavier = [replace(frame[0], weight=frame[0].weight + 1), *frame[1:]]
    assert not redraw_agrees(sample, heavier)
    assert not redraw_agrees(sample, frame[1:])
    assert not redraw_agrees(replace(sample, chosen=(*sample.chosen, "made up")), frame)


def test_the_draw_stays_what_it_was() -> None:
    """A recorded draw must come out again in years to come: this one is pinned."""
    frame = [Unit(id=f"member-{number}", weight=1 + number % 3) for number in range(20)]
    sample = draw(frame, seed="2026-05-04/demo", level=RiskLevel.NORMAL)
    assert sample.chosen == PINNED
    assert draw(frame, seed="another", level=RiskLevel.NORMAL).chosen != PINNED


def test_heavier_units_are_drawn_more_often_and_equal_ones_alike() -> None:
    frame = [Unit(id="heavy", weight=5), *(Unit(id=f"light-{number}") for number in range(15))]
    times = dict.fromkeys((one.id for one in frame), 0)
    rounds = 1_500
    for seed in range(rounds):
        for chosen in draw(frame, seed=str(seed), level=RiskLevel.LOW).chosen:
            times[chosen] += 1
    light = [count for name, count in times.items() if name != "heavy"]
    # Four of sixteen: the heavy one comes first with 5/20 and is in with about 0.72; a light one has 0.22.
    assert 0.66 < times["heavy"] / rounds < 0.78
    assert all(0.17 < count / rounds < 0.27 for count in light)


def test_what_cannot_be_drawn_from() -> None:
    with pytest.raises(NoSeed):
        draw([Unit(id="a")], seed="", level=RiskLevel.LOW)
    with pytest.raises(UnitTwice, match="Unit a "):
        draw([Unit(id="a"), Unit(id="b"), Unit(id="a", weight=2)], seed="s", level=RiskLevel.LOW)
    for weight in (0, 101):
        with pytest.raises(UnitFault):
            Unit(id="a", weight=weight)

"""Loading: never invalid, everything told of, and a check that finds what was done to a valid loading."""

from __future__ import annotations

import json
from dataclasses import replace
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.loading import KINDS, checked_fill, instance
from logistics.form import InvalidInput
from logistics.loading import (
    TYPES,
    Hold,
    LeftOut,
    Load,
    Loading,
    Parcel,
    Placement,
    check_loading,
    draw_load,
    halves,
    load,
    load_low,
)
from logistics.loading.packing import BALANCE, NO_ROOM, PAYLOAD, TOO_HEAVY, TOO_LARGE
from logistics.loading.parcels import SIDES

BOX = Hold("box", 1200, 1000, 1000, 1_000_000)

uprights = st.sets(st.sampled_from(SIDES), min_size=1).map(lambda names: tuple(sorted(names)))
kinds = st.builds(
    Parcel,
    st.just("kind"),
    st.integers(80, 700),
    st.integers(80, 700),
    st.integers(80, 1300),
    st.integers(1, 60_000),
    stop=st.integers(1, 3),
    upright=uprights,
    bears_g=st.none() | st.sampled_from([0, 1_000, 40_000, 150_000]),
)
cargo = st.lists(st.tuples(kinds, st.integers(1, 8)), min_size=1, max_size=6).map(
    lambda rows: [
        replace(kind, id=f"{k}.{n}", consignee=f"consignee {kind.stop}")
        for k, (kind, count) in enumerate(rows)
        for n in range(count)
    ]
)
bounds = st.sampled_from([(0, 1000), (400, 600), (480, 520), (0, 300)])
holds = st.lists(
    st.builds(
        Hold,
        st.just("x"),
        st.integers(300, 2000),
        st.integers(300, 1200),
        st.integers(300, 1300),
        st.sampled_from([30_000, 200_000, 5_000_000]),
        bounds,
        bounds,
    ),
    min_size=1,
    max_size=3,
).map(lambda found: [replace(hold, id=f"hold {k}") for k, hold in enumerate(found)])
supports = st.sampled_from([1000, 1000, 800, 550, 1])


@settings(max_examples=40, deadline=None)
@given(cargo, holds, supports, st.integers(0, 2**31), st.integers(1, 12))
def test_a_loading_is_never_invalid_and_tells_of_every_parcel(
    parcels: list[Parcel], containers: list[Hold], support: int, seed: int, iterations: int
) -> None:
    made = load(parcels, containers, support=support, seed=seed, iterations=iterations)
    assert check_loading(parcels, containers, made, support=support).faults == ()
    assert load(parcels, containers, support=support, seed=seed, iterations=iterations) == made
    told = [p.parcel.id for each in made.loads for p in each.placements]
    assert sorted(told + [left.parcel.id for left in made.left_out]) == sorted(p.id for p in parcels)
    assert {left.reason for left in made.left_out} <= {TOO_LARGE, TOO_HEAVY, PAYLOAD, NO_ROOM, BALANCE}


@settings(max_examples=15, deadline=None)
@given(cargo, holds, st.integers(0, 5))
def test_more_iterations_never_fill_the_first_container_less(
    parcels: list[Parcel], containers: list[Hold], seed: int
) -> None:
    free = [replace(containers[0], centre_length=(0, 1000), centre_width=(0, 1000))]
    few, many = (load(parcels, free, seed=seed, iterations=n) for n in (1, 25))
    assert many.loads[0].volume_mm3 >= few.loads[0].volume_mm3


def cubes(n: int, side: int = 500, **given_parcel: object) -> list[Parcel]:
    return [Parcel(f"c{i}", side, side, side, 10_000, **given_parcel) for i in range(n)]  # type: ignore[arg-type]


def test_what_fits_exactly_is_all_loaded_and_the_ninth_has_no_room() -> None:
    cube = replace(BOX, length=1000)
    made = load(cubes(9), [cube])
    assert made.loads[0].fill == 1
    assert [left.reason for left in made.left_out] == [NO_ROOM]
    assert load(cubes(9), [cube, replace(cube, id="second")]).left_out == ()


def test_every_reason_to_stay_outside() -> None:
    long = Parcel("long", 1201, 100, 100, 1, upright=SIDES)
    heavy = Parcel("heavy", 100, 100, 100, 1_000_001)
    made = load([long, heavy], [BOX])
    assert {left.parcel.id: left.reason for left in made.left_out} == {"long": TOO_LARGE, "heavy": TOO_HEAVY}
    (left,) = load(cubes(3), [replace(BOX, payload_g=20_000)]).left_out
    assert left.reason == PAYLOAD
    one_side = Hold("h", 1000, 600, 600, 10**6, centre_length=(900, 1000))
    (left,) = load(cubes(1), [one_side]).left_out
    assert left.reason == BALANCE


def test_what_bears_nothing_has_nothing_on_it_and_limits_are_reached() -> None:
    one_tower = Hold("tower", 500, 500, 2500, 10**6)
    assert len(load(cubes(5, bears_g=0), [one_tower]).loads[0].placements) == 1
    assert len(load(cubes(5, bears_g=20_000), [one_tower]).loads[0].placements) == 3
    assert len(load(cubes(5), [one_tower]).loads[0].placements) == 5


def test_only_orientations_that_are_allowed() -> None:
    low = Hold("low", 1000, 1000, 100, 10**6)
    post = Parcel("post", 100, 100, 900, 1)
    assert load([post], [low]).left_out[0].reason == TOO_LARGE
    assert load([replace(post, upright=("length", "height"))], [low]).left_out == ()


def test_who_unloads_last_is_loaded_first_and_stands_at_the_far_end() -> None:
    parcels = [Parcel(f"p{i}", 500, 500, 500, 5_000, f"stop {i % 3 + 1}", i % 3 + 1) for i in range(24)]
    made = load(parcels, [Hold("h", 3000, 1000, 1000, 10**6)])
    stops = [p.parcel.stop for p in made.loads[0].placements]
    assert stops == sorted(stops, reverse=True)
    assert len(stops) == 24


def test_the_centre_of_gravity_is_brought_between_its_bounds() -> None:
    hold = Hold("h", 6000, 1000, 1000, 10**6, centre_length=(450, 550), centre_width=(450, 550))
    made = load(cubes(6), [hold])
    assert made.left_out == ()
    centre = made.loads[0].centre
    assert centre is not None
    assert 2700 <= centre[0] <= 3300
    assert 450 <= centre[1] <= 550


def test_less_support_lets_a_wide_parcel_stand_on_a_narrow_one() -> None:
    parcels = [
        Parcel("foot", 400, 400, 600, 9_000),
        Parcel("board", 600, 400, 200, 1_000, bears_g=0),
    ]
    hold = Hold("h", 600, 400, 800, 10**6)
    assert len(load(parcels, [hold]).left_out) == 1
    made = load(parcels, [hold], support=600, iterations=20)
    assert made.left_out == ()
    assert check_loading(parcels, [hold], made, support=600).ok
    assert any("rests on" in fault for fault in check_loading(parcels, [hold], made).faults)


def stacked() -> tuple[list[Parcel], Loading]:
    parcels = [
        Parcel(name, 500, 500, 500, 10_000, name, stop, bears_g=10_000) for name, stop in (("a", 2), ("b", 1))
    ]
    low, high = (
        Placement(parcel, 0, 0, z, (500, 500, 500)) for parcel, z in zip(parcels, (0, 500), strict=True)
    )
    return parcels, Loading((Load(BOX, (low, high)),), (), 1000)


def changed(made: Loading, *placements: Placement) -> Loading:
    return replace(made, loads=(replace(made.loads[0], placements=placements),))


def test_the_check_finds_what_is_done_to_a_valid_loading() -> None:
    parcels, made = stacked()
    assert check_loading(parcels, [BOX], made).ok
    low, high = made.loads[0].placements

    def found(loading: Loading, given_parcels: list[Parcel] = parcels, hold: Hold = BOX) -> str:
        return "; ".join(check_loading(given_parcels, [hold], loading).faults)

    assert "reaches out" in found(changed(made, low, replace(high, z=501)))
    assert "rests on 0" in found(changed(made, low, replace(high, z=501)))
    assert "same place" in found(changed(made, low, replace(high, z=499)))
    assert "rests on 249500 of 250000" in found(changed(made, low, high.moved(1, 0)))
    assert "may not lie" in found(changed(made, low, replace(high, measures=(500, 500, 499))))
    assert "neither loaded" in found(changed(made, low))
    assert "told of 2 times" in found(replace(made, left_out=(LeftOut(parcels[0], "why"),)))
    assert "no reason" in found(replace(changed(made, low), left_out=(LeftOut(parcels[1], ""),)))
    assert "not one of ours" in found(made, parcels[:1])
    assert "carried in past" in found(changed(made, high, low))
    weak = [replace(parcels[0], bears_g=9_999), parcels[1]]
    assert "10000.0 g press on it" in found(changed(made, replace(low, parcel=weak[0]), high), weak)
    assert "not as it was given" in found(made, weak)
    late = [parcels[0], replace(parcels[1], stop=3)]
    assert "cannot be carried out before" in found(changed(made, low, replace(high, parcel=late[1])), late)
    for hold, words in (
        (replace(BOX, payload_g=19_999), "20000 g, 19999"),
        (replace(BOX, centre_length=(300, 1000)), "208 per mille of its length"),
        (replace(BOX, centre_width=(300, 1000)), "250 per mille of its width"),
    ):
        assert words in found(replace(made, loads=(replace(made.loads[0], hold=hold),)), hold=hold)
    assert "not those that were given" in found(made, hold=replace(BOX, id="other"))


@pytest.mark.parametrize("support", [1000, 700])
def test_a_shipment_of_three_consignees_is_filled_well(support: int) -> None:
    parcels = [
        Parcel(
            f"{stop}/{i}",
            400 + 50 * (i % 4),
            300 + 40 * (i % 3),
            200 + 30 * (i % 5),
            8_000,
            f"Demo shop {stop}",
            stop,
            bears_g=None if i % 3 else 60_000,
        )
        for stop in (1, 2, 3)
        for i in range(100)
    ]
    hold = Hold("20GP", 5898, 2352, 2393, 21_700_000)
    small = replace(hold, id="part", length=2000)
    made = load(parcels, [small], support=support, iterations=60)
    assert check_loading(parcels, [small], made, support=support).ok
    assert made.loads[0].fill > 0.75


def test_the_picture_is_well_formed_and_tells_consignees_apart_without_colour() -> None:
    _, made = stacked()
    picture = draw_load(made.loads[0])
    tree = ET.fromstring(picture)
    words = [element.text for element in tree.iter("{http://www.w3.org/2000/svg}text")]
    assert words[0] == "box: 2 parcels, 20 kg, 21 % of the room"
    assert {"A: b", "B: a", "1 B", "2 A"} <= set(words)
    assert "style=" not in picture
    broad = ET.fromstring(draw_load(made.loads[0], stages=2, abreast=2))
    (wide, high), (once, tall) = (
        [float(each) for each in drawn.get("viewBox", "").split()[2:]]
        for drawn in (broad, ET.fromstring(draw_load(made.loads[0], stages=2)))
    )
    assert wide == 2 * once
    assert high < tall, "beside each other, not below"
    shown = ET.fromstring(draw_load(Load(replace(BOX, id='<"&'), ())))
    assert shown.get("aria-label") == '<"&: 0 parcels, 0 kg, 0 % of the room'


def test_the_loading_list_is_step_by_step() -> None:
    _, made = stacked()
    steps = json.loads(json.dumps(made.to_dict()))["containers"][0]["steps"]
    assert [step["parcel"] for step in steps] == ["a", "b"]
    assert steps[1]["corner_mm"] == [0, 0, 500]


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: Parcel("", 1, 1, 1, 1),
        lambda: Parcel("a", 0, 1, 1, 1),
        lambda: Parcel("a", 1, 1, 1, 0),
        lambda: Parcel("a", 1, 1, 1, 1, upright=()),
        lambda: Parcel("a", 1, 1, 1, 1, bears_g=-1),
        lambda: Parcel("a", 1, 1, 1, 1, stop=0),
        lambda: Hold("", 1, 1, 1, 1),
        lambda: Hold("a", 1, 0, 1, 1),
        lambda: Hold("a", 1, 1, 1, 0),
        lambda: Hold("a", 1, 1, 1, 1, centre_width=(2, 1)),
        lambda: load(cubes(1) + cubes(1), [BOX]),
        lambda: load(cubes(1), [BOX, BOX]),
        lambda: load(cubes(1), [BOX], support=0),
        lambda: load(cubes(1), [BOX], iterations=None),
    ],
)
def test_nonsense_is_refused(wrong: object) -> None:
    assert callable(wrong)
    with pytest.raises(InvalidInput):
        wrong()


@given(st.lists(st.tuples(st.integers(100, 700), st.integers(100, 700), st.integers(100, 700)), max_size=12))
@settings(max_examples=8)
def test_what_fits_easily_is_loaded_low(sides: list[tuple[int, int, int]]) -> None:
    parcels = [Parcel(f"p{k}", *each, weight_g=1000, upright=SIDES) for k, each in enumerate(sides)]
    holds = [TYPES["PAL"].hold("a"), TYPES["20GP"].hold("b", 9_000)]
    high, low = (f(parcels, holds, iterations=20) for f in (load, load_low))
    assert check_loading(parcels, holds, low).ok
    assert len(low.left_out) <= len(high.left_out)

    def top(made: Loading) -> int:
        last = [each for each in made.loads if each.placements][-1:]
        return max((p.z + p.measures[2] for each in last for p in each.placements), default=0)

    assert len(low.left_out) < len(high.left_out) or top(low) <= top(high)
    assert Loading.from_dict(json.loads(json.dumps(low.to_dict())), parcels, holds) == low
    for each in low.loads:
        found = halves(each)
        assert found is None or (0 <= found.far <= 1000 and 0 <= found.left <= 1000)


def test_the_published_instances_come_out_of_the_published_generator() -> None:
    # The first of thpack1 and the quantities of the first of thpack7 (OR-Library).
    first = instance(KINDS["BR1"], 1)
    measures = [(p.length, p.width, p.height, p.upright) for p in first if p.id.endswith("-0")]
    assert measures == [
        (108, 30, 76, ("width",)),
        (110, 25, 43, ("width", "height")),
        (92, 81, 55, SIDES),
    ]
    counts = [sum(p.id.startswith(f"{kind}-") for p in instance(KINDS["BR7"], 1)) for kind in range(12)]
    assert counts == [10, 6, 5, 5, 6, 4, 7, 6, 5, 5, 4, 8]
    assert len(first) == 40 + 33 + 39


def test_a_published_instance_is_filled_well() -> None:
    hold = Hold("container", 587, 233, 220, 10**6)
    parcels = instance(KINDS["BR4"], 1)
    made = load(parcels, [hold], iterations=200)
    assert check_loading(parcels, [hold], made).ok
    assert made.loads[0].fill > 0.85


def test_a_fill_is_measured_from_the_boxes_and_counts_only_if_its_loading_is_valid() -> None:
    parcels = [Parcel("a", 600, 1000, 1000, 1), Parcel("b", 300, 1000, 500, 1), Parcel("c", 1300, 1, 1, 1)]
    made = load(parcels, [BOX])
    assert checked_fill(parcels, BOX, made) == pytest.approx(62.5)
    (first, *rest) = made.loads[0].placements
    floating = replace(made, loads=(Load(BOX, (replace(first, z=first.z + 1), *rest)),))
    with pytest.raises(ValueError, match=r"container 'box'"):
        checked_fill(parcels, BOX, floating)

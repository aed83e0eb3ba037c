import copy
import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from logistics import InvalidInput, Problem, plan
from logistics.form import LARGEST_FILE
from tests.logistics.problems import EXAMPLES, is_solvable, problems, sampled

SMALL: dict[str, Any] = json.loads((EXAMPLES / "small-1.json").read_text())


def changed(pointer: str, value: object) -> dict[str, Any]:
    form = copy.deepcopy(SMALL)
    *parents, last = pointer.split("/")[1:]
    place: Any = form
    for name in parents:
        place = place[int(name)] if isinstance(place, list) else place[name]
    place[int(last) if isinstance(place, list) else last] = value
    return form


@pytest.mark.parametrize("name", ["paper-case", "small-1", "medium-1"])
def test_reading_and_writing_keep_every_member(name: str) -> None:
    form = json.loads((EXAMPLES / f"{name}.json").read_text())
    assert Problem.from_dict(form).to_dict() == form


@sampled
@given(problems())
def test_what_is_written_is_read_as_equal(problem: Problem) -> None:
    assert Problem.from_json(json.dumps(problem.to_dict())) == problem


@pytest.mark.parametrize(
    ("pointer", "value"),
    [
        ("/format", "fairhaul-pooling/2"),
        ("/currency", "usd"),
        ("/start", "2026-02-30"),
        ("/start", "20260105"),
        ("/wait_cost_ppm_per_day", -1),
        ("/wait_cost_ppm_per_day", True),
        ("/hubs/0/id", ""),
        ("/hubs/1/id", "O00"),
        ("/hubs/0/unlocode", "XX"),
        ("/producers/0/hub", "nowhere"),
        ("/producers/0/minimum_order", "150000"),
        ("/producers/1/id", "P000"),
        ("/services/0/mode", "rocket"),
        ("/services/0/origin", "nowhere"),
        ("/services/0/classes", []),
        ("/services/0/classes/0", 5),
        ("/services/0/departures", []),
        ("/services/0/departures/1/arrives", 6),
        ("/services/0/departures/0/capacity_g", -1),
        ("/services/0/tariff/containers/0/weight_g", 0),
        ("/services/0/tariff/less_than_container/per_wm", 1.5),
        ("/services/1/tariff/breaks", []),
        ("/services/1/tariff/volumetric_divisor", 0),
        ("/services/1/tariff/breaks/0/per_kg", None),
        ("/lines/1/id", "L000000"),
        ("/lines/0/producer", "nobody"),
        ("/lines/0/destination", "nowhere"),
        ("/lines/0/weight_g", 0),
        ("/lines/0/weight_g", 10**30),
        ("/lines/0/value", 2**53),
        ("/lines/0/due", 12),
        ("/lines/0/direct_cost", None),
        ("/lines/0/colour", "red"),
        ("/lines", []),
    ],
)
def test_a_fault_is_named_by_its_pointer(pointer: str, value: object) -> None:
    with pytest.raises(InvalidInput) as fault:
        Problem.from_dict(changed(pointer, value))
    assert fault.value.pointer == pointer
    assert "\n" not in str(fault.value)


def test_a_line_without_an_option_is_named() -> None:
    form = changed("/lines/3/due", 3)
    del form["lines"][3]["direct_cost"]
    with pytest.raises(InvalidInput) as fault:
        plan(Problem.from_dict(form))
    assert fault.value.pointer == "/lines/3"


@pytest.mark.parametrize(
    "document",
    [b"", b"{", b"\xff\xfe\x00", b"[" * 100_000, b'{"format": NaN}', b"[]", b'"x"', b"null", b"\x00"],
)
def test_what_is_not_a_problem_is_refused_as_a_whole(document: bytes) -> None:
    with pytest.raises(InvalidInput):
        Problem.from_json(document)


def test_a_document_too_large_is_not_parsed() -> None:
    with pytest.raises(InvalidInput, match="split it"):
        Problem.from_json(b" " * (LARGEST_FILE + 1))


@st.composite
def pointers(draw: st.DrawFn) -> str:
    """Some place in the small example."""
    place: Any = SMALL
    path = ""
    while isinstance(place, dict | list) and place:
        name = draw(
            st.sampled_from(sorted(place)) if isinstance(place, dict) else st.integers(0, len(place) - 1)
        )
        place = place[name]
        path += f"/{name}"
        if draw(st.integers(0, 3)) == 0:
            break
    return path


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5) | st.just(10**400),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=4), inner, max_size=2),
    max_leaves=4,
)


@sampled
@given(pointers(), values)
def test_anything_put_anywhere_is_read_as_the_schema_says_or_refused_with_a_pointer(
    pointer: str, value: object
) -> None:
    form = changed(pointer, value)
    problem = fault = None
    try:
        problem = Problem.from_dict(form)
    except InvalidInput as refusal:
        fault = refusal
    if problem is not None:
        assert Problem.from_dict(problem.to_dict()) == problem
    if fault is not None:
        assert not fault.pointer or fault.pointer.startswith("/")
        assert "\n" not in str(fault)


@sampled
@given(st.binary(max_size=200) | st.text(max_size=100))
def test_any_bytes_are_refused_and_never_break_the_reader(document: bytes | str) -> None:
    with pytest.raises(InvalidInput):
        Problem.from_json(document)


@sampled
@given(problems())
def test_a_plan_has_the_form_of_its_schema(problem: Problem) -> None:
    schema = json.loads(Path(__file__).with_name("pooling-plan.schema.json").read_text())
    assume(is_solvable(problem))
    made = plan(problem)
    jsonschema.validate(json.loads(json.dumps(made.to_dict())), schema)

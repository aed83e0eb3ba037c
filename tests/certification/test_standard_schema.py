"""The published schema and the reader of standards agree on every file; versions and differences."""

import json
from copy import deepcopy
from datetime import date
from importlib.resources import files
from io import StringIO
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from ruamel.yaml import YAML

from certification import (
    Change,
    StandardFault,
    choices,
    differences,
    load_standard,
    replaced_by,
    standard,
    standard_for,
    standards,
)

FOLDER = files("certification") / "standards"
SCHEMA = Draft202012Validator(json.loads((FOLDER / "schema.json").read_text(encoding="utf-8")))
LOOM = Path(__file__).with_name("loom-2026.1.yaml").read_text(encoding="utf-8")
OLD, NEW = standard("fairhaul-2026.1"), standard("fairhaul-2027.1")


def plain(text: str) -> Any:
    return YAML(typ="safe", pure=True).load(text)


def schema_accepts(document: Any) -> bool:
    """Days are YAML's own type: for JSON they are strings."""
    said = deepcopy(document)
    if isinstance(said, dict) and "effective" in said:
        is_day = type(said["effective"]) is date
        said["effective"] = said["effective"].isoformat() if is_day else 0
    return bool(SCHEMA.is_valid(said))


def reader_accepts(text: str) -> str:
    try:
        load_standard(text, "tried.yaml")
    except StandardFault as fault:
        return fault.fault if fault.line >= 1 else "no line"
    return ""


@pytest.mark.parametrize("text", [LOOM, *((FOLDER / f"{one.key}.yaml").read_text() for one in (OLD, NEW))])
def test_the_schema_accepts_every_standard(text: str) -> None:
    assert list(SCHEMA.iter_errors(json.loads(json.dumps(plain(text), default=str)))) == []


ODD: tuple[Any, ...] = (
    "",
    " ",
    0,
    -1,
    1.5,
    True,
    None,
    [],
    {},
    ["x"],
    "entry",
    "within 0 months",
    "within 120 months",
    "3.1",
    99,
)


def places(value: Any, at: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [at, *(found for key, one in inner for found in places(one, (*at, key)))]


@given(st.integers(0, 2**32 - 1))
def test_schema_and_reader_refuse_the_same(seed: int) -> None:
    """A value is replaced, removed or added anywhere. Only what the schema cannot say may differ."""
    chance = Random(seed)
    document = plain(LOOM)
    where = chance.choice(places(document)[1:])
    parent = document
    for key in where[:-1]:
        parent = parent[key]
    how = chance.randrange(3)
    if how == 0:
        parent[where[-1]] = chance.choice(ODD)
    elif how == 1:
        del parent[where[-1]]
    elif isinstance(parent, dict):
        parent[chance.choice(("colour", "traits", "replaces"))] = chance.choice(ODD)
    out = StringIO()
    YAML(typ="safe", pure=True).dump(document, out)
    fault = reader_accepts(out.getvalue())
    if schema_accepts(document):
        beyond = ("is there twice", "does not begin with", "there is no principle", "has no criteria")
        assert not fault or any(words in fault for words in beyond), fault
    else:
        assert fault
        assert fault != "no line"


def test_the_new_version_comes_with_a_year_of_transition() -> None:
    assert standard_for(date(2026, 12, 31)) == OLD
    assert choices(date(2027, 1, 1)) == (NEW, OLD)
    assert choices(date(2027, 12, 31)) == (NEW, OLD)
    assert choices(date(2028, 1, 1)) == (NEW,)
    assert replaced_by(NEW, standards()) == OLD
    assert replaced_by(OLD, standards()) is None


def test_differences_are_plain() -> None:
    found = {one.criterion: (one.change, one.parts) for one in differences(OLD, NEW)}
    assert found == {
        "2.6": (Change.CHANGED, ("months",)),
        "3.2": (Change.CHANGED, ("text", "verify")),
        "5.8": (Change.ADDED, ()),
        "9.5": (Change.REMOVED, ()),
        "10.10": (Change.ADDED, ()),
    }
    assert differences(NEW, NEW) == ()
    back = {one.criterion: one.change for one in differences(NEW, OLD)}
    assert back["5.8"] is Change.REMOVED
    assert back["9.5"] is Change.ADDED


@pytest.mark.parametrize("known", [OLD, NEW])
def test_what_trade_relies_on_is_in_each_version(known: Any) -> None:
    """Half in advance, without interest for crafts, passed on; cost, floor, living wage."""
    words = {number: [one.text.lower() for one in known.of_principle(number)] for number in (3, 4)}
    trade = (
        "at least half of the value of an order",
        "carries no interest",
        "interest on pre-payment for food",
        "reaches the makers in the same share",
    )
    for principle, wanted in (
        (3, trade),
        (4, ("cost of production", "below its floor price", "living wage")),
    ):
        for phrase in wanted:
            assert any(phrase in text for text in words[principle]), phrase

"""A changed value anywhere is noticed: in the document, in its proof, in the token, in the list."""

import json
from collections.abc import Iterator
from copy import deepcopy
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

import credentials as engine
from credentials import Outcome, Purpose
from tests.credentials.samples import AT, as_file, certificate, did_document, lists, status_list, token

DOCUMENT = certificate()
TOKEN = token()
NEVER = {Outcome.VALID, Outcome.SUSPENDED, Outcome.REVOKED, Outcome.EXPIRED, Outcome.NOT_YET}
"""What is only said of something genuine."""


def check(file: bytes, status: list[bytes] | None = None) -> engine.Verification:
    return engine.verify(
        file, at=AT, did_documents=[did_document()], status_lists=lists() if status is None else status
    )


def paths(value: Any, at: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Of every value in a document, the outermost left out."""
    if at:
        yield at
    if isinstance(value, dict | list):
        for key, inner in value.items() if isinstance(value, dict) else enumerate(value):
            yield from paths(inner, (*at, key))


ALL_PATHS = list(paths(DOCUMENT))


def holder_of(document: Any, path: tuple[Any, ...]) -> Any:
    for step in path[:-1]:
        document = document[step]
    return document


values = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**53) + 1, 2**53 - 1),
    st.text(max_size=8),
    st.lists(st.text(max_size=3), max_size=2),
    st.dictionaries(st.text(max_size=3), st.integers(0, 9), max_size=2),
)


def test_the_control_is_valid() -> None:
    assert check(as_file(DOCUMENT)).outcome is Outcome.VALID
    assert check(TOKEN.encode()).outcome is Outcome.VALID


@given(st.sampled_from(ALL_PATHS), values)
def test_another_value_anywhere(path: tuple[Any, ...], value: Any) -> None:
    changed = deepcopy(DOCUMENT)
    holder = holder_of(changed, path)
    if engine.as_json({"": holder[path[-1]]}) == engine.as_json({"": value}):
        return
    holder[path[-1]] = value
    found = check(as_file(changed))
    assert found.outcome not in NEVER
    assert not found.genuine


@given(st.sampled_from(ALL_PATHS))
def test_a_value_left_out(path: tuple[Any, ...]) -> None:
    changed = deepcopy(DOCUMENT)
    del holder_of(changed, path)[path[-1]]
    assert not check(as_file(changed)).genuine


@given(st.sampled_from([(), *ALL_PATHS]), st.text(max_size=6), values)
def test_a_value_added(path: tuple[Any, ...], name: str, value: Any) -> None:
    changed = deepcopy(DOCUMENT)
    place = holder_of(changed, (*path, "")) if path else changed
    if isinstance(place, list):
        place.append(value)
    elif isinstance(place, dict) and name not in place:
        place[name] = value
    else:
        return
    assert not check(as_file(changed)).genuine


@given(st.data())
def test_another_letter_of_a_text(data: st.DataObject) -> None:
    """Also of the signature, whose text has more letters than bits."""
    texts = [path for path in ALL_PATHS if isinstance(holder_of(DOCUMENT, path)[path[-1]], str)]
    path = data.draw(st.sampled_from(texts))
    changed = deepcopy(DOCUMENT)
    holder = holder_of(changed, path)
    text = holder[path[-1]]
    place = data.draw(st.integers(0, len(text) - 1))
    letter = data.draw(st.characters(codec="utf-8").filter(lambda one: one != text[place]))
    holder[path[-1]] = text[:place] + letter + text[place + 1 :]
    assert not check(as_file(changed)).genuine


@given(st.integers(0, len(TOKEN) - 1), st.integers(0, 255))
def test_another_byte_of_the_token(place: int, byte: int) -> None:
    raw = bytearray(TOKEN.encode())
    if raw[place] == byte:
        return
    raw[place] = byte
    changed = bytes(raw)
    if changed.strip() == TOKEN.encode():
        return
    assert not check(changed).genuine


@given(st.integers(1, 8))
def test_the_last_letters_of_a_token_have_bits_to_spare(step: int) -> None:
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    last = letters[(letters.index(TOKEN[-1]) + step) % 64]
    assert not check((TOKEN[:-1] + last).encode()).genuine


@given(st.sampled_from(list(paths(status_list(Purpose.REVOCATION)))), values)
def test_a_changed_list_counts_for_nothing(path: tuple[Any, ...], value: Any) -> None:
    listed = status_list(Purpose.REVOCATION)
    holder = holder_of(listed, path)
    if holder[path[-1]] == value:
        return
    holder[path[-1]] = value
    found = check(as_file(DOCUMENT), [as_file(status_list(Purpose.SUSPENSION)), as_file(listed)])
    assert found.outcome is Outcome.STATUS_UNKNOWN


def test_a_name_that_stands_twice_is_refused() -> None:
    text = as_file(DOCUMENT).decode()
    twice = text.replace('"name":', '"name": "Certificate of somebody else", "name":', 1)
    assert json.loads(twice) == DOCUMENT  # another reader would take the last one
    assert check(twice.encode()).outcome is Outcome.UNREADABLE


def test_the_form_of_the_json_does_not_matter() -> None:
    packed = json.dumps(DOCUMENT, separators=(",", ":"), sort_keys=True)
    assert check(packed.encode()).outcome is Outcome.VALID

"""Reading JSON forms: every fault is named by its JSON pointer (RFC 6901) and says what to do."""

from __future__ import annotations

import json
import math
import re
from collections import Counter
from collections.abc import Mapping

LARGEST = 2**53 - 1
"""Largest integer that every JSON reader keeps exactly."""

LARGEST_FILE = 100_000_000
"""Bytes of one file that are read; more is cut into jobs by origin first."""


class InvalidInput(ValueError):  # noqa: N818 - it names the thing that is invalid, and reads so
    """A value that a form does not allow: `pointer` says where, `reason` what is wrong and what to do."""

    def __init__(self, pointer: str, reason: str) -> None:
        super().__init__(f"{pointer or '(the whole document)'}: {reason}")
        self.pointer = pointer
        self.reason = reason

    def under(self, parent: str) -> InvalidInput:
        """The same fault, seen from the document that holds the value at `parent`."""
        return type(self)(parent + self.pointer, self.reason)


_LONG = re.compile("[0-9]{19}")
BOM = "\ufeff"


def parse(document: bytes | str) -> object:
    """The JSON value of a document (RFC 8259, without repeated members).

    Raises `InvalidInput` at "" for anything that is not JSON in UTF-8, and at its place for a member that an
    object has twice and for NaN and Infinity.
    """
    if len(document) > LARGEST_FILE:
        raise InvalidInput(
            "", f"more than {LARGEST_FILE:,} bytes, which is all that is read: split it by origin"
        )
    try:
        text = document if isinstance(document, str) else document.decode()
    except UnicodeDecodeError as fault:
        raise InvalidInput("", f"not UTF-8: byte {fault.start} is {document[fault.start]:#04x}") from None
    if text.startswith(BOM):
        raise InvalidInput("", "begins with a byte order mark: save it as UTF-8 without one")
    faults: list[str] = []

    def members(pairs: list[tuple[str, object]]) -> dict[str, object]:
        found = dict(pairs)
        if len(found) < len(pairs):
            counts = Counter(name for name, _ in pairs)
            twice = next(name for name, count in counts.items() if count > 1)
            faults.append(twice)
            return _Twice(found, twice)
        return found

    def constant(name: str) -> float:
        faults.append(name)
        return float(name)

    # Python refuses integers of thousands of digits: here they become one that no form allows.
    whole_numbers = (lambda digits: int(digits[:20])) if _LONG.search(text) else None
    try:
        value: object = json.loads(
            text, parse_constant=constant, parse_int=whole_numbers, object_pairs_hook=members
        )
    except RecursionError:
        raise InvalidInput("", "not JSON of this form: nested too deeply") from None
    except ValueError as fault:
        sentence = " ".join(str(fault).split())[:200]
        raise InvalidInput("", f"not JSON: {sentence}") from None
    if faults:
        _point_out(value, "")
    return value


class _Twice(dict[str, object]):
    """An object that has a member twice."""

    def __init__(self, members: dict[str, object], twice: str) -> None:
        super().__init__(members)
        self.twice = twice


def _point_out(value: object, pointer: str) -> None:
    """Raises `InvalidInput` at the first repeated member, NaN or Infinity."""
    if isinstance(value, float) and not math.isfinite(value):
        raise InvalidInput(pointer, f"{shown(value)} is not a JSON number")
    if isinstance(value, _Twice):
        raise InvalidInput(f"{pointer}/{token(value.twice)}", "is given twice")
    if isinstance(value, dict):
        for name, member in value.items():
            _point_out(member, f"{pointer}/{token(name)}")
    elif isinstance(value, list):
        for i, member in enumerate(value):
            _point_out(member, f"{pointer}/{i}")


def shown(value: object) -> str:
    """A value in a message: short, on one line."""
    text = (
        json.dumps(value, ensure_ascii=True) if isinstance(value, str | int | float) else type(value).__name__
    )
    return text if len(text) <= 40 else text[:37] + "..."


def token(name: str) -> str:
    """A member's name as a token of a JSON pointer."""
    printable = name.encode("unicode_escape").decode("ascii") if not name.isprintable() else name
    return printable.replace("~", "~0").replace("/", "~1")[:80]


def as_object(
    value: object, pointer: str, required: frozenset[str], optional: frozenset[str] = frozenset()
) -> Mapping[str, object]:
    """`value` as an object that has every required member and no unknown one."""
    if not isinstance(value, dict):
        raise InvalidInput(pointer, f"must be an object, not {shown(value)}")
    for name in value:
        if name not in required and name not in optional:
            raise InvalidInput(f"{pointer}/{token(name)}", "is not a member of this form: remove it")
    for name in sorted(required):
        if name not in value:
            raise InvalidInput(f"{pointer}/{name}", "is missing")
    return value


def as_list(value: object, pointer: str, *, least: int = 0) -> list[object]:
    """`value` as a list of at least `least` members."""
    if not isinstance(value, list):
        raise InvalidInput(pointer, f"must be a list, not {shown(value)}")
    if len(value) < least:
        raise InvalidInput(pointer, f"must have at least {least} member{'s' if least > 1 else ''}")
    return value


def whole(value: object, pointer: str) -> object:
    """A number that JSON wrote as 5.0 as the integer it is; everything else unchanged, judged by
    constructors.
    """
    if isinstance(value, float) and value.is_integer() and abs(value) <= LARGEST:
        return int(value)
    if isinstance(value, float):
        raise InvalidInput(pointer, f"must be an integer, not {shown(value)}")
    return value


def require_integer(value: object, pointer: str, least: int = 0) -> None:
    """Refuses anything but an int in [least, 2^53)."""
    if type(value) is not int:
        raise InvalidInput(pointer, f"must be an integer, not {shown(value)}")
    if value < least:
        raise InvalidInput(pointer, f"must be at least {least}, not {shown(value)}")
    if value > LARGEST:
        raise InvalidInput(pointer, f"must be at most {LARGEST}")


def require_text(value: object, pointer: str) -> None:
    """Refuses anything but a non-empty string that can be written as UTF-8."""
    if type(value) is not str:
        raise InvalidInput(pointer, f"must be a string, not {shown(value)}")
    if not value:
        raise InvalidInput(pointer, "must not be empty")
    if not value.isascii():
        try:
            value.encode()
        except UnicodeEncodeError:
            raise InvalidInput(pointer, "has half of a surrogate pair: write whole characters") from None

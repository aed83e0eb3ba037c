"""Reading JSON forms: every fault is named by its JSON pointer (RFC 6901) and says what to do."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import NoReturn

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


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not a JSON number")


def parse(document: bytes | str) -> object:
    """The JSON value of a document. Raises `InvalidInput` at "" for anything that is not JSON."""
    if len(document) > LARGEST_FILE:
        raise InvalidInput(
            "", f"{len(document):,} bytes; at most {LARGEST_FILE:,} are read: split it by origin hub"
        )
    try:
        value: object = json.loads(document, parse_constant=_no_constant)
    except RecursionError:
        raise InvalidInput("", "not JSON of this form: nested too deeply") from None
    except (ValueError, UnicodeDecodeError) as fault:
        sentence = " ".join(str(fault).split())[:200]
        raise InvalidInput("", f"not JSON: {sentence}") from None
    return value


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

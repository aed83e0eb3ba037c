"""What every part shares: the base context, instants as text, JSON that means one thing, and the fault."""

import json
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any, Final, NoReturn

import rfc8785

BASE_CONTEXT: Final = "https://www.w3.org/ns/credentials/v2"
LARGEST_FILE: Final = 5 << 20
"""Bytes of a file that is looked at: a certificate has some thousand, its PDF some hundred thousand."""


class CredentialFault(ValueError):  # noqa: N818 - the fault is in what was given
    """Something is not of the form that the specifications ask for; the message says what."""


def instant(at: datetime) -> str:
    """An aware instant as the data model writes it: UTC, to the second."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def read_instant(text: object) -> datetime:
    """An aware instant. CredentialFault: it is none, or has no zone."""
    try:
        read = datetime.fromisoformat(text)  # type: ignore[arg-type]  # what is no text raises TypeError
    except (TypeError, ValueError) as fault:
        raise CredentialFault("A date is not written as the data model wants it.") from fault
    if read.tzinfo is None:
        raise CredentialFault("A date has no time zone.")
    return read


def read_object(text: str | bytes) -> dict[str, Any]:
    """A JSON object in which no name stands twice. CredentialFault: anything else."""
    try:
        read = json.loads(text, object_pairs_hook=_once, parse_constant=_no_constant)
    except (ValueError, RecursionError) as fault:
        raise CredentialFault("This is not JSON, or a name stands twice in it.") from fault
    if not isinstance(read, dict):
        raise CredentialFault("This is JSON, but not an object.")
    return read


def _once(pairs: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    pairs = list(pairs)
    made = dict(pairs)
    if len(made) != len(pairs):
        raise ValueError("a name stands twice")
    return made


def _no_constant(name: str) -> NoReturn:
    raise ValueError(name)


def canonical(value: Any) -> bytes:
    """The one form of a JSON value (RFC 8785). CredentialFault: a value that has none, like 1e400."""
    try:
        return rfc8785.dumps(value)
    except (rfc8785.CanonicalizationError, ValueError, TypeError, RecursionError) as fault:
        raise CredentialFault("A value in it has no canonical form.") from fault

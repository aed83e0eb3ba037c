"""What an entry says, and how it is held so that it can be forgotten.

The log itself has only a commitment: SHA-256 over a salt of 32 random bytes and the statement as canonical
JSON (RFC 8785). Statement and salt are kept beside the log. Without the salt nobody can tell, not even by
guessing, what a commitment was made of; so to erase both is to erase the statement, and every proof stays
valid. With both, anybody can tell that the statement was not changed.
"""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import rfc8785

FORMAT: Final = "fairhaul-log-entry/1"
SALT_BYTES: Final = 32
KIND: Final = re.compile(r"[a-z][a-z.-]{0,63}", re.ASCII)
ENTRY: Final = re.compile(
    rb'\{"commitment":"([0-9a-f]{64})","format":"' + FORMAT.encode() + rb'","kind":"([a-z][a-z.-]{0,63})"\}'
)
ERASED: Final = "statement.erased"
"""Kind of the entries that say that another one's statement was erased: they are never erased themselves."""


class StatementError(ValueError):
    """A statement, salt or entry is not as it should be; the text says why."""


def canonical(statement: Mapping[str, Any]) -> str:
    """The statement as canonical JSON. StatementError: it is not JSON, or has what RFC 8785 cannot say."""
    try:
        return rfc8785.dumps(dict(statement)).decode()
    except (rfc8785.CanonicalizationError, TypeError, RecursionError) as fault:
        raise StatementError("a statement is a JSON object") from fault


def commitment(salt: bytes, statement: str) -> bytes:
    """32 bytes that fix a canonical statement without showing it."""
    if len(salt) != SALT_BYTES:
        raise StatementError(f"a salt has {SALT_BYTES} bytes")
    return hashlib.sha256(salt + statement.encode()).digest()


@dataclass(frozen=True, slots=True)
class Entry:
    """A leaf of the log: the kind of the event in the open, and the commitment to what happened."""

    kind: str
    commitment: bytes

    def to_bytes(self) -> bytes:
        """Canonical JSON: a kind has no character that would have to be escaped."""
        if not KIND.fullmatch(self.kind):
            raise StatementError("a kind is a word of small letters, dots and hyphens")
        return f'{{"commitment":"{self.commitment.hex()}","format":"{FORMAT}","kind":"{self.kind}"}}'.encode()

    @classmethod
    def read(cls, data: bytes) -> "Entry":
        """StatementError: not an entry of this log, to the byte."""
        match = ENTRY.fullmatch(data)
        if match is None:
            raise StatementError("it is not an entry of a Fairhaul log")
        return cls(match[2].decode(), bytes.fromhex(match[1].decode()))

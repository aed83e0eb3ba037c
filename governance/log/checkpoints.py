"""What a log says of itself: checkpoints (C2SP tlog-checkpoint) and witnesses' cosignatures on them.

A cosignature/v1 (C2SP tlog-cosignature) says: at this time, this was the largest consistent tree of this log
that the witness had seen.
"""

import base64
import binascii
from dataclasses import dataclass
from typing import Final

from governance.log.notes import COSIGNATURE, Note, NoteError, Signature, Signer, Verifier

LARGEST_SIZE: Final = 2**63 - 1
TIMESTAMP_BYTES: Final = 8


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """The head of the log called `origin`: the root over its first `size` entries."""

    origin: str
    size: int
    root: bytes

    @property
    def text(self) -> str:
        return f"{self.origin}\n{self.size}\n{base64.b64encode(self.root).decode()}\n"

    @classmethod
    def read(cls, text: str) -> "Checkpoint":
        """The head in the text of a note; lines after the third are passed over. NoteError: not a head."""
        lines = text.split("\n")
        if len(lines) < 4 or not all(lines[:-1]) or lines[-1]:
            raise NoteError("a checkpoint has three lines or more")
        origin, size, root = lines[:3]
        try:
            decoded = base64.b64decode(root, validate=True)
        except (ValueError, binascii.Error):
            decoded = b""
        number = whole(size)
        if not origin or number is None or len(decoded) != 32 or base64.b64encode(decoded).decode() != root:
            raise NoteError("a checkpoint has an origin, a size and a root hash")
        return cls(origin, number, decoded)


def whole(digits: str) -> int | None:
    """A number from 0 to 2**63 - 1 as these formats write it: ASCII digits, no zeros before it."""
    if not (digits.isascii() and digits.isdigit()) or len(digits) > 19:
        return None
    number = int(digits)
    return number if str(number) == digits and number <= LARGEST_SIZE else None


def opened(document: str, key: Verifier) -> tuple[Checkpoint, Note]:
    """The checkpoint in a note that the log's `key` signed. NoteError: it did not, or it is another log's."""
    note = Note.read(document)
    if not note.signed_by(key):
        raise NoteError(f"the checkpoint is not signed by {key.name}")
    found = Checkpoint.read(note.text)
    if found.origin != key.name:
        raise NoteError(f"the checkpoint is of {found.origin}, not of {key.name}")
    return found, note


def _message(text: str, timestamp: int) -> bytes:
    return f"cosignature/v1\ntime {timestamp}\n{text}".encode()


def cosign(text: str, signer: Signer, timestamp: int) -> Signature:
    """A witness's line for the text of a checkpoint. `timestamp`: POSIX seconds."""
    value = timestamp.to_bytes(TIMESTAMP_BYTES, "big") + signer.bare(_message(text, timestamp))
    return Signature(signer.name, signer.verifier.id, value)


def cosigned_at(text: str, line: Signature, witness: Verifier) -> int | None:
    """When `witness` cosigned the text (POSIX seconds); None where the line is not its own, or false."""
    if witness.kind != COSIGNATURE or not line.by(witness) or len(line.value) != TIMESTAMP_BYTES + 64:
        return None
    timestamp = int.from_bytes(line.value[:TIMESTAMP_BYTES], "big")
    if timestamp > LARGEST_SIZE or not witness.check(_message(text, timestamp), line.value[8:]):
        return None
    return timestamp


def witness_key(text: str) -> Verifier:
    """A witness's key from its text. NoteError: not of the kind that cosigns."""
    key = Verifier.read(text)
    if key.kind != COSIGNATURE:
        raise NoteError("this is a key of a log (type 1); a witness has one of type 4")
    return key

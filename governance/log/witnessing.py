"""What a log says to a witness and is answered: `add-checkpoint` of C2SP tlog-witness, as bytes."""

import base64
import binascii
from dataclasses import dataclass
from typing import Final

from governance.log.checkpoints import cosigned_at, whole
from governance.log.notes import Note, NoteError, Signature, Verifier, read_signatures

MOST_HASHES: Final = 63
SIZE_TYPE: Final = "text/x.tlog.size"


@dataclass(frozen=True, slots=True)
class AddCheckpoint:
    """A checkpoint, and the proof that it follows from the one of size `old` (0: from nothing, no proof)."""

    old: int
    proof: tuple[bytes, ...]
    note: Note

    def body(self) -> bytes:
        lines = [f"old {self.old}", *(base64.b64encode(each).decode() for each in self.proof), "", ""]
        return ("\n".join(lines) + str(self.note)).encode()

    @classmethod
    def read(cls, body: bytes) -> "AddCheckpoint":
        """NoteError: not such a request."""
        try:
            head, gap, document = body.decode().partition("\n\n")
            first, *rest = head.split("\n")
            proof = tuple(base64.b64decode(line, validate=True) for line in rest)
        except (ValueError, binascii.Error) as fault:
            raise NoteError("the request is not text with a proof in base64") from fault
        old = whole(first.removeprefix("old ")) if first.startswith("old ") else None
        if not gap or old is None or len(proof) > MOST_HASHES or any(len(each) != 32 for each in proof):
            raise NoteError("the request has no old size, or a proof that is none")
        return cls(old, proof, Note.read(document))


def cosignatures_in(answer: bytes, text: str, witness: Verifier) -> list[tuple[int, Signature]]:
    """The cosignatures of `witness` on the checkpoint `text` in an answer, each with its time; others are
    passed over. NoteError: the answer is not made of signature lines.
    """
    try:
        lines = answer.decode().split("\n")
    except UnicodeDecodeError as fault:
        raise NoteError("the answer is not text") from fault
    if lines.pop():
        raise NoteError("the answer does not end in a newline")
    found = ((cosigned_at(text, line, witness), line) for line in read_signatures(lines))
    return [(at, line) for at, line in found if at is not None]


def size_in(answer: bytes) -> int | None:
    """The size that a witness is at, from its answer 409; None where it says none."""
    return whole(answer.decode("ascii", "replace").removesuffix("\n"))

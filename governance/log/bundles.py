"""One entry with all that proves it, in one file (fairhaul-log-proof/1), to be checked without us.

{"format": "fairhaul-log-proof/1", "statement": {...} or null, "salt": hex or null, "entry": the leaf as text,
 "proof": a C2SP tlog-proof (index, hashes and the checkpoint with its signatures), "log_key": verifier key,
 "witness_keys": [verifier keys]}; statement and salt are null when they were erased.
"""

import base64
import binascii
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from governance.log.checkpoints import Checkpoint, cosigned_at, opened, whole, witness_key
from governance.log.notes import Note, NoteError, Verifier
from governance.log.statements import Entry, StatementError, canonical, commitment
from governance.log.tree import ProofError, leaf_hash, verify_inclusion

FORMAT: Final = "fairhaul-log-proof/1"
PROOF: Final = "c2sp.org/tlog-proof@v1"
LARGEST: Final = 1 << 20


class BundleError(ValueError):
    """A file does not prove what it says; the text says why."""


@dataclass(frozen=True, slots=True)
class Proof:
    """A C2SP tlog-proof: where an entry is, and the hashes up to the root of a signed checkpoint."""

    index: int
    hashes: tuple[bytes, ...]
    checkpoint: str

    def __str__(self) -> str:
        hashes = "".join(base64.b64encode(each).decode() + "\n" for each in self.hashes)
        return f"{PROOF}\nindex {self.index}\n{hashes}\n{self.checkpoint}"

    @classmethod
    def read(cls, text: str) -> "Proof":
        """BundleError: not a tlog-proof."""
        head, _, checkpoint = text.partition("\n\n")
        lines = head.split("\n")
        if lines[1:] and lines[1].startswith("extra "):  # unauthenticated, and nothing of ours
            del lines[1]
        try:
            index = whole(lines[1].removeprefix("index ")) if lines[1].startswith("index ") else None
            hashes = tuple(base64.b64decode(line, validate=True) for line in lines[2:])
        except (IndexError, ValueError, binascii.Error):
            index, hashes = None, ()
        if lines[0] != PROOF or index is None or any(len(each) != 32 for each in hashes):
            raise BundleError("the proof is not a tlog-proof")
        return cls(index, hashes, checkpoint)


@dataclass(frozen=True, slots=True)
class Proven:
    """What a file proves. `witnesses`: name and POSIX second of each good cosignature by a trusted witness.

    `statement` None: it was erased; the entry is still in the log.
    """

    index: int
    kind: str
    statement: Mapping[str, Any] | None
    checkpoint: Checkpoint
    witnesses: tuple[tuple[str, int], ...]


def make(
    *,
    entry: bytes,
    statement: str | None,
    salt: bytes | None,
    proof: Proof,
    log_key: Verifier,
    witness_keys: Sequence[Verifier],
) -> dict[str, Any]:
    return {
        "format": FORMAT,
        "statement": None if statement is None else json.loads(statement),
        "salt": None if salt is None else salt.hex(),
        "entry": entry.decode(),
        "proof": str(proof),
        "log_key": str(log_key),
        "witness_keys": [str(each) for each in witness_keys],
    }


def keys_in(document: bytes) -> tuple[Verifier, list[Verifier]]:
    """The keys that the file itself names, of the log and of witnesses. They prove nothing until somebody
    has compared them with what the log publishes. BundleError: no such file.
    """
    form = _read(document)
    try:
        return Verifier.read(form["log_key"]), [witness_key(each) for each in form["witness_keys"]]
    except NoteError as fault:
        raise BundleError(f"a key in the file: {fault}") from fault


def prove(document: bytes, log_key: Verifier, witness_keys: Sequence[Verifier] = ()) -> Proven:
    """Check a file against the log's key: statement, entry, path, root, signature. BundleError: it fails."""
    form = _read(document)
    try:
        entry = Entry.read(form["entry"].encode())
        if form["statement"] is not None:
            salt = bytes.fromhex(form["salt"] or "")
            if commitment(salt, canonical(form["statement"])) != entry.commitment:
                raise BundleError("the statement is not the one that was entered")
        proof = Proof.read(form["proof"])
        checkpoint, note = opened(proof.checkpoint, log_key)
        verify_inclusion(
            leaf_hash(form["entry"].encode()), proof.index, checkpoint.size, proof.hashes, checkpoint.root
        )
    except (StatementError, NoteError, ProofError, ValueError) as fault:
        raise BundleError(str(fault)) from fault
    return Proven(
        proof.index, entry.kind, form["statement"], checkpoint, tuple(_witnessed(note, witness_keys))
    )


def _witnessed(note: Note, keys: Sequence[Verifier]) -> list[tuple[str, int]]:
    times = ((key.name, cosigned_at(note.text, line, key)) for key in keys for line in note.signatures)
    return [(name, at) for name, at in times if at is not None]


def _read(document: bytes) -> dict[str, Any]:
    if len(document) > LARGEST:
        raise BundleError("the file is too large to be a proof")
    try:
        form = json.loads(document)
    except (ValueError, RecursionError) as fault:
        raise BundleError("the file is not JSON") from fault
    if not isinstance(form, dict) or form.get("format") != FORMAT:
        raise BundleError(f"the file is not a {FORMAT}")
    kinds: dict[str, tuple[type, ...]] = {
        "statement": (dict, type(None)),
        "salt": (str, type(None)),
        "entry": (str,),
        "proof": (str,),
        "log_key": (str,),
        "witness_keys": (list,),
    }
    for name, kind in kinds.items():
        if not isinstance(form.get(name, ...), kind):
            raise BundleError(f"the file lacks a good “{name}”")
    if not all(isinstance(each, str) for each in form["witness_keys"]):
        raise BundleError("the file lacks good “witness_keys”")
    return form

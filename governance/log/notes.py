"""Signed notes (C2SP signed-note): a text, and below it lines of signatures, each by a named key.

Keys are written as there: a verifier key `<name>+<id in hex>+<base64 of type and public key>`, a signer key
`PRIVATE+KEY+<name>+<id in hex>+<base64 of type and seed>`.
"""

import base64
import binascii
import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

ED25519: Final = 1
COSIGNATURE: Final = 4
MOST_SIGNATURES: Final = 100
LARGEST_NOTE: Final = 100_000
PRIVATE: Final = "PRIVATE+KEY+"
DASH: Final = "\N{EM DASH} "


class NoteError(ValueError):
    """A note, a key or a signature is not as it should be; the text says why."""


def is_name(name: str) -> bool:
    """Whether a key may be called so: not empty, no spaces, no plus."""
    return bool(name) and "+" not in name and name.isprintable() and not any(c.isspace() for c in name)


def key_id(name: str, kind: int, public: bytes) -> bytes:
    return hashlib.sha256(name.encode() + b"\n" + bytes([kind]) + public).digest()[:4]


@dataclass(frozen=True, slots=True)
class Verifier:
    """A public key with its name. `kind`: ED25519 over the text, or COSIGNATURE (see `cosignatures`)."""

    name: str
    kind: int
    public: bytes

    @property
    def id(self) -> bytes:
        return key_id(self.name, self.kind, self.public)

    def __str__(self) -> str:
        material = base64.b64encode(bytes([self.kind]) + self.public).decode()
        return f"{self.name}+{self.id.hex()}+{material}"

    @classmethod
    def read(cls, text: str) -> "Verifier":
        """NoteError: not a key of these kinds, or its id is not its own."""
        try:
            name, number, material = text.strip().split("+", 2)
            decoded = base64.b64decode(material, validate=True)
        except (ValueError, binascii.Error) as fault:
            raise NoteError("a key looks like name+id+base64") from fault
        if not is_name(name) or len(decoded) != 33 or decoded[0] not in {ED25519, COSIGNATURE}:
            raise NoteError("this is not an Ed25519 key of a log (type 1) or a witness (type 4)")
        made = cls(name, decoded[0], decoded[1:])
        if made.id.hex() != number:
            raise NoteError(f"the id of this key is {made.id.hex()}, not {number}")
        return made

    def check(self, message: bytes, signature: bytes) -> bool:
        """Whether the bare Ed25519 signature is this key's over `message`."""
        try:
            Ed25519PublicKey.from_public_bytes(self.public).verify(signature, message)
        except (InvalidSignature, ValueError):
            return False
        return True


@dataclass(frozen=True, slots=True)
class Signer:
    """A private key with its name; never shown by `repr`."""

    name: str
    kind: int
    _seed: bytes

    def __repr__(self) -> str:
        return f"Signer({self.name!r})"

    @property
    def _key(self) -> Ed25519PrivateKey:
        return Ed25519PrivateKey.from_private_bytes(self._seed)

    @property
    def verifier(self) -> Verifier:
        return Verifier(self.name, self.kind, self._key.public_key().public_bytes_raw())

    def bare(self, message: bytes) -> bytes:
        """The Ed25519 signature alone, 64 bytes."""
        return self._key.sign(message)

    def secret(self) -> str:
        """The signer key as text: to be kept, never shown."""
        material = base64.b64encode(bytes([self.kind]) + self._seed).decode()
        return f"{PRIVATE}{self.name}+{self.verifier.id.hex()}+{material}"

    @classmethod
    def from_seed(cls, name: str, seed: bytes, kind: int = ED25519) -> "Signer":
        """`seed`: 32 random bytes. NoteError: a name that no key may have."""
        if not is_name(name) or len(seed) != 32:
            raise NoteError("a key needs a name without spaces or plus, and a seed of 32 bytes")
        return cls(name, kind, seed)

    @classmethod
    def read(cls, text: str) -> "Signer":
        """NoteError: not a signer key of these kinds; the text never holds the key."""
        begin, _, rest = text.strip().partition(PRIVATE)
        name, _, rest = rest.partition("+")
        number, _, material = rest.partition("+")
        try:
            decoded = base64.b64decode(material, validate=True)
        except (ValueError, binascii.Error):
            decoded = b""
        if begin or len(decoded) != 33 or decoded[0] not in {ED25519, COSIGNATURE}:
            raise NoteError("a signer key looks like PRIVATE+KEY+name+id+base64")
        made = cls.from_seed(name, decoded[1:], decoded[0])
        if made.verifier.id.hex() != number:
            raise NoteError("the id of this signer key is not its own")
        return made


@dataclass(frozen=True, slots=True)
class Signature:
    """One line below a note: whose, and what was signed (without the key's id)."""

    name: str
    id: bytes
    value: bytes

    def __str__(self) -> str:
        return f"{DASH}{self.name} {base64.b64encode(self.id + self.value).decode()}\n"

    def by(self, key: Verifier) -> bool:
        """Whether the line claims to be of that key; it may still be false."""
        return (self.name, self.id) == (key.name, key.id)


@dataclass(frozen=True, slots=True)
class Note:
    """`text` ends in a newline."""

    text: str
    signatures: tuple[Signature, ...]

    def __str__(self) -> str:
        return self.text + "\n" + "".join(map(str, self.signatures))

    @classmethod
    def read(cls, document: str) -> "Note":
        """NoteError: not a signed note. Nothing is verified yet: do not use the text."""
        if len(document) > LARGEST_NOTE:
            raise NoteError("the note is too large")
        if any(ord(c) < 0x20 and c != "\n" for c in document):
            raise NoteError("the note has control characters")
        at = document.rfind("\n\n")
        if at < 0 or not document.endswith("\n"):
            raise NoteError("the note has no signatures")
        lines = document[at + 2 :].split("\n")[:-1]
        if not lines or len(lines) > MOST_SIGNATURES:
            raise NoteError("the note has no signatures, or too many")
        return cls(document[: at + 1], read_signatures(lines))

    def signed_by(self, key: Verifier) -> bool:
        """Whether `key` signed the text. NoteError: a signature says so and is false."""
        found = [each for each in self.signatures if each.by(key)]
        if not all(key.check(self.text.encode(), each.value) for each in found):
            raise NoteError(f"the signature of {key.name} is false")
        return bool(found)


def read_signatures(lines: Iterable[str]) -> tuple[Signature, ...]:
    """NoteError: a line is not a signature's."""
    found = []
    for line in lines:
        name, space, value = line.removeprefix(DASH).partition(" ")
        try:
            decoded = base64.b64decode(value, validate=True)
        except (ValueError, binascii.Error):
            decoded = b""
        if not line.startswith(DASH) or not space or not is_name(name) or len(decoded) <= 4:
            raise NoteError("a signature line is not “— name base64”")
        found.append(Signature(name, decoded[:4], decoded[4:]))
    return tuple(found)


def sign(text: str, signers: Sequence[Signer]) -> Note:
    """`text` (ending in a newline) signed by keys of the kind ED25519."""
    if not text.endswith("\n"):
        raise NoteError("the text of a note ends in a newline")
    return Note(
        text,
        tuple(Signature(each.name, each.verifier.id, each.bare(text.encode())) for each in signers),
    )

"""Ed25519 keys in the three forms in which they are written: bytes, multikey text, JWK."""

import base64
from dataclasses import dataclass
from typing import Any, Final, Protocol

import base58
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from credentials.form import CredentialFault

# multicodec ed25519-pub, as a varint; Controlled Identifiers 1.0, section "Multikey"
_PUBLIC_PREFIX: Final = b"\xed\x01"
SIGNATURE_BYTES: Final = 64


@dataclass(frozen=True, slots=True)
class PublicKey:
    raw: bytes  # 32 bytes

    @classmethod
    def from_multibase(cls, text: str) -> "PublicKey":
        """CredentialFault: no Ed25519 key in the Multikey form."""
        decoded = multibase(text)
        if len(decoded) != 34 or not decoded.startswith(_PUBLIC_PREFIX):
            raise CredentialFault("A key is not an Ed25519 key.")
        return cls(decoded[2:])

    @property
    def multibase(self) -> str:
        return "z" + base58.b58encode(_PUBLIC_PREFIX + self.raw).decode()

    @property
    def jwk(self) -> dict[str, Any]:
        """RFC 8037."""
        return {"kty": "OKP", "crv": "Ed25519", "x": base64.urlsafe_b64encode(self.raw).decode().rstrip("=")}

    def agrees(self, signature: bytes, message: bytes) -> bool:
        """Whether the signature is this key's on the message (RFC 8032)."""
        try:
            Ed25519PublicKey.from_public_bytes(self.raw).verify(signature, message)
        except (InvalidSignature, ValueError):
            return False
        return True


class Signer(Protocol):
    """Whatever can sign as one verification method: a key in memory, or one behind a device."""

    @property
    def method(self) -> str:
        """Address of the verification method: a DID, #, and the key's name."""

    def sign(self, message: bytes) -> bytes: ...


@dataclass(frozen=True)
class KeyInMemory:
    """`seed`: the 32 bytes of the private key. Never shown: not even in its own description."""

    method: str
    seed: bytes

    def __repr__(self) -> str:
        return f"KeyInMemory({self.method!r})"

    @property
    def public(self) -> PublicKey:
        return PublicKey(Ed25519PrivateKey.from_private_bytes(self.seed).public_key().public_bytes_raw())

    def sign(self, message: bytes) -> bytes:
        return Ed25519PrivateKey.from_private_bytes(self.seed).sign(message)


def multibase(text: object) -> bytes:
    """Bytes of a text in multibase z (base58btc), the only one that the suite uses."""
    if not isinstance(text, str) or not text.startswith("z") or len(text) > 200:
        raise CredentialFault("A value is not in base58btc.")
    try:
        return base58.b58decode(text[1:])
    except ValueError as fault:
        raise CredentialFault("A value is not in base58btc.") from fault

"""Private keys at rest: sealed with a secret of the environment, bound to the row that keeps them."""

import secrets
from typing import Final
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from app.errors import Refusal

_PURPOSE: Final = b"fairhaul signing key 1"
_NONCE: Final = 12


def seal(secret: str, key_id: UUID, seed: bytes) -> bytes:
    """Nonce and AES-256-GCM of a seed; it opens only with the same secret and for the same row."""
    nonce = secrets.token_bytes(_NONCE)
    return nonce + _cipher(secret).encrypt(nonce, seed, key_id.bytes)


def open_sealed(secret: str, key_id: UUID, sealed: bytes) -> bytes:
    """The seed. Refusal: it was sealed with another secret, or for another row."""
    try:
        return _cipher(secret).decrypt(sealed[:_NONCE], sealed[_NONCE:], key_id.bytes)
    except InvalidTag as fault:
        raise Refusal(
            "The key that signs certificates cannot be opened: SIGNING_SECRET is not the one that sealed it. "
            "Set the old one again, or retire the key with `fairhaul keys rotate`.",
            code="key-sealed",
            title="The signing key cannot be opened",
            status=503,
        ) from fault


def _cipher(secret: str) -> AESGCM:
    return AESGCM(HKDF(algorithm=SHA256(), length=32, salt=None, info=_PURPOSE).derive(secret.encode()))

"""The same credential as a VC-JWT.

W3C Recommendation "Securing Verifiable Credentials using JOSE and COSE".
"""

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from credentials.form import CredentialFault, canonical, read_object
from credentials.keys import PublicKey, Signer

MEDIA_TYPE: Final = "application/vc+jwt"
# What every verifier in use knows; RFC 9864's name "Ed25519" for the same algorithm is accepted when reading.
ALGORITHM: Final = "EdDSA"
_KNOWN: Final = (ALGORITHM, "Ed25519")


def enveloped(document: Mapping[str, Any], signer: Signer) -> str:
    """The document, without a proof inside, as a compact JWS (RFC 7515, RFC 8037)."""
    bare = {name: value for name, value in document.items() if name != "proof"}
    header = {"alg": ALGORITHM, "typ": "vc+jwt", "cty": "vc", "kid": signer.method}
    message = f"{_text(canonical(header))}.{_text(canonical(bare))}"
    return f"{message}.{_text(signer.sign(message.encode()))}"


@dataclass(frozen=True, slots=True)
class Opened:
    """A JWS taken apart. What is in it counts only once `agrees` has said yes."""

    document: dict[str, Any]
    method: str
    message: bytes
    signature: bytes

    def agrees(self, key: PublicKey) -> bool:
        return key.agrees(self.signature, self.message)


def opened(text: str) -> Opened:
    """CredentialFault: no compact JWS with a credential in it.

    Each part must be written in the one way that base64url has for it: the last letter of a signature has
    unused bits, and a changed letter must be noticed.
    """
    parts = text.strip().split(".")
    if len(parts) != 3:
        raise CredentialFault("This is not a signed token.")
    header_bytes, payload, signature = (_bytes(part) for part in parts)
    header = read_object(header_bytes)
    if header.get("alg") not in _KNOWN:
        raise CredentialFault("The token is signed in a way that is not accepted here.")
    if header.get("typ", "vc+jwt") not in ("vc+jwt", MEDIA_TYPE) or "crit" in header:
        raise CredentialFault("The token is not a credential.")
    method = header.get("kid")
    if not isinstance(method, str):
        raise CredentialFault("The token names no key.")
    return Opened(read_object(payload), method, ".".join(parts[:2]).encode(), signature)


def _text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def _bytes(text: str) -> bytes:
    try:
        raw = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except ValueError as fault:
        raise CredentialFault("A part of the token is not base64url.") from fault
    if _text(raw) != text:
        raise CredentialFault("A part of the token is not base64url.")
    return raw


def looks_like(text: str) -> bool:
    """Whether a text is rather a token than JSON."""
    return not text.lstrip().startswith(("{", "[")) and text.count(".") == 2


def as_json(document: Mapping[str, Any]) -> str:
    """The document as people read it: indented, with the letters of every script as they are."""
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"

"""did:web: an identifier that is an address, and the document there that says which keys may sign.

https://w3c-ccg.github.io/did-method-web/ and W3C "Controlled Identifiers v1.0".
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from urllib.parse import quote, unquote, urlsplit

from credentials.form import CredentialFault, instant
from credentials.keys import PublicKey

CONTEXTS: Final = ("https://www.w3.org/ns/did/v1", "https://w3id.org/security/multikey/v1")


def did_of(address: str) -> str:
    """The identifier of a site: `https://example.org` -> `did:web:example.org`, a port as %3A."""
    parts = urlsplit(address)
    path = "".join(f":{quote(part, safe='')}" for part in parts.path.split("/") if part)
    return f"did:web:{quote(parts.netloc, safe='')}{path}"


def address_of(did: str) -> str:
    """Where its document lies. CredentialFault: no did:web."""
    method, _, rest = did.removeprefix("did:").partition(":")
    if not did.startswith("did:") or method != "web" or not rest:
        raise CredentialFault("The issuer has no did:web.")
    host, *path = (unquote(part) for part in rest.split(":"))
    return f"https://{host}/{'/'.join(path) or '.well-known'}/did.json"


@dataclass(frozen=True, slots=True)
class KnownKey:
    """`revoked`: nothing that it signed counts any more. The old work of a key that only retired does."""

    name: str
    public: PublicKey
    revoked: datetime | None = None


def did_document(did: str, keys: Iterable[KnownKey], *, site: str) -> dict[str, Any]:
    """The DID document. A revoked key stays, with the day, and may assert nothing."""
    keys = tuple(keys)
    return {
        "@context": list(CONTEXTS),
        "id": did,
        "verificationMethod": [
            {
                "id": f"{did}#{key.name}",
                "type": "Multikey",
                "controller": did,
                "publicKeyMultibase": key.public.multibase,
                **({"revoked": instant(key.revoked)} if key.revoked else {}),
            }
            for key in keys
        ],
        "assertionMethod": [f"{did}#{key.name}" for key in keys if key.revoked is None],
        "service": [{"id": f"{did}#registry", "type": "LinkedDomains", "serviceEndpoint": site}],
    }


@dataclass(frozen=True, slots=True)
class Method:
    """A key as its controller's document has it."""

    public: PublicKey
    may_assert: bool
    revoked: str | None


def method(document: Mapping[str, Any], address: str) -> Method | None:
    """The key of that address; None: the document does not have it. CredentialFault: it cannot be read."""
    did = document.get("id")
    listed = document.get("verificationMethod")
    if not isinstance(did, str) or not isinstance(listed, list):
        raise CredentialFault("The DID document is not of the form that it should have.")
    for each in listed:
        if not isinstance(each, dict) or each.get("id") not in (address, address.removeprefix(did)):
            continue
        if each.get("controller") != did or each.get("type") != "Multikey":
            continue
        asserting = document.get("assertionMethod")
        revoked = each.get("revoked")
        return Method(
            PublicKey.from_multibase(str(each.get("publicKeyMultibase"))),
            isinstance(asserting, list) and each["id"] in asserting and revoked is None,
            str(revoked) if revoked is not None else None,
        )
    return None

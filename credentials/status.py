"""Bitstring Status List 1.0: a long row of bits, in which each credential has a place.

W3C Recommendation of 15 May 2025, https://www.w3.org/TR/vc-bitstring-status-list/.
"""

import base64
import gzip
import zlib
from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final

from credentials.form import BASE_CONTEXT, CredentialFault, instant

ENTRIES: Final = 131_072
"""The least that the Recommendation allows: among so many, a look-up does not tell whose it is."""
LARGEST: Final = 1 << 24
"""Bytes that a list may unpack to: a list from elsewhere may be a bomb."""


class Purpose(StrEnum):
    SUSPENSION = "suspension"
    REVOCATION = "revocation"


def entry(address: str, purpose: Purpose, place: int) -> dict[str, Any]:
    """What a credential says of where its status stands."""
    return {
        "id": f"{address}#{place}",
        "type": "BitstringStatusListEntry",
        "statusPurpose": purpose.value,
        "statusListIndex": str(place),
        "statusListCredential": address,
    }


def packed(bits: bytes) -> str:
    """Bits as the `encodedList` of a list: gzip, base64url, multibase u. The same bits give the same text."""
    return "u" + base64.urlsafe_b64encode(gzip.compress(bits, mtime=0)).decode().rstrip("=")


def unpacked(text: str) -> bytes:
    """The bits of an `encodedList`. CredentialFault: it is none, or shorter than the least."""
    unzip = zlib.decompressobj(wbits=31)  # gzip
    try:
        bits = unzip.decompress(base64.urlsafe_b64decode(text[1:] + "=" * (-len(text[1:]) % 4)), LARGEST)
    except (ValueError, zlib.error) as fault:
        raise CredentialFault("The status list cannot be unpacked.") from fault
    if not text.startswith("u") or not unzip.eof:
        raise CredentialFault("The status list cannot be unpacked.")
    if len(bits) * 8 < ENTRIES:
        raise CredentialFault("The status list is shorter than the Recommendation allows.")
    return bits


def bit(bits: bytes, place: int) -> bool:
    """Whether a place is set; place 0 is the highest bit of the first byte."""
    return bool(bits[place // 8] >> (7 - place % 8) & 1)


def with_bit(bits: bytes, place: int) -> bytes:
    made = bytearray(bits)
    made[place // 8] |= 1 << (7 - place % 8)
    return bytes(made)


def list_credential(
    *,
    address: str,
    issuer: Mapping[str, Any] | str,
    purpose: Purpose,
    bits: bytes,
    at: datetime,
    lasts: timedelta,
) -> dict[str, Any]:
    """The list as a credential, still to be signed. After `lasts` it must be fetched again."""
    return {
        "@context": [BASE_CONTEXT],
        "id": address,
        "type": ["VerifiableCredential", "BitstringStatusListCredential"],
        "issuer": issuer,
        "validFrom": instant(at),
        "validUntil": instant(at + lasts),
        "credentialSubject": {
            "id": f"{address}#list",
            "type": "BitstringStatusList",
            "statusPurpose": purpose.value,
            "encodedList": packed(bits),
        },
    }

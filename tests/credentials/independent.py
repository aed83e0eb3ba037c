"""A verifier that shares nothing with ours: from the specifications, on libsodium and the standard library.

Data Integrity EdDSA Cryptosuites 1.0 section 3.3, RFC 8785 for what certificates hold (no fractions),
RFC 7515, Bitstring Status List 1.0 section 3.2.
"""

import base64
import gzip
import hashlib
import json
from typing import Any

from nacl.exceptions import BadSignatureError
from nacl.signing import VerifyKey

ALPHABET = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"


class NotGenuineError(Exception):
    pass


def jcs(value: Any) -> str:
    """Names sorted by their UTF-16 code units, text as JSON writes it, no spaces."""
    if isinstance(value, dict):
        ordered = sorted(value, key=lambda name: name.encode("utf-16-be"))
        return "{" + ",".join(f"{jcs(name)}:{jcs(value[name])}" for name in ordered) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(jcs, value)) + "]"
    if isinstance(value, float):
        raise NotGenuineError("no certificate has fractions")
    return json.dumps(value, ensure_ascii=False)


def base58(text: str) -> bytes:
    number = 0
    for letter in text:
        number = number * 58 + ALPHABET.index(letter)
    zeros = len(text) - len(text.lstrip("1"))
    return bytes(zeros) + number.to_bytes((number.bit_length() + 7) // 8, "big")


def key_of(did_document: dict[str, Any], method: str) -> VerifyKey:
    if method not in did_document["assertionMethod"]:
        raise NotGenuineError("the key may not assert")
    found = next(each for each in did_document["verificationMethod"] if each["id"] == method)
    raw = base58(found["publicKeyMultibase"][1:])
    assert found["publicKeyMultibase"][0] == "z"
    assert raw[:2] == b"\xed\x01"
    return VerifyKey(raw[2:])


def check(key: VerifyKey, message: bytes, signature: bytes) -> None:
    try:
        key.verify(message, signature)
    except (BadSignatureError, ValueError) as fault:
        raise NotGenuineError("the signature is not of this key on this") from fault


def from_json(text: str, did_document: dict[str, Any]) -> dict[str, Any]:
    """The document, or NotGenuineError."""
    document: dict[str, Any] = json.loads(text)
    options = document.pop("proof")
    signature = options.pop("proofValue")
    assert options["cryptosuite"] == "eddsa-jcs-2022"
    assert signature[0] == "z"
    message = b"".join(hashlib.sha256(jcs(each).encode()).digest() for each in (options, document))
    check(key_of(did_document, options["verificationMethod"]), message, base58(signature[1:]))
    return document


def part(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def from_token(text: str, did_document: dict[str, Any]) -> dict[str, Any]:
    header, payload, signature = text.split(".")
    told = json.loads(part(header))
    assert told["alg"] == "EdDSA"
    check(key_of(did_document, told["kid"]), f"{header}.{payload}".encode(), part(signature))
    document = json.loads(part(payload))
    assert isinstance(document, dict)
    return document


def is_set(entry: dict[str, Any], listed: dict[str, Any]) -> bool:
    """The status of an entry by the list that it names."""
    assert listed["id"] == entry["statusListCredential"]
    assert listed["credentialSubject"]["statusPurpose"] == entry["statusPurpose"]
    encoded = listed["credentialSubject"]["encodedList"]
    assert encoded[0] == "u"
    bits = gzip.decompress(part(encoded[1:]))
    assert len(bits) * 8 >= 131_072
    index = int(entry["statusListIndex"])
    return format(bits[index // 8], "08b")[index % 8] == "1"

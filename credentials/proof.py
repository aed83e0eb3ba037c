"""Data Integrity proofs of the suite eddsa-jcs-2022: signatures that live in the document that they sign.

W3C Recommendation "Data Integrity EdDSA Cryptosuites v1.0", section 3.3; steps are named as there.
"""

import hashlib
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

import base58

from credentials.form import CredentialFault, canonical, instant
from credentials.keys import SIGNATURE_BYTES, PublicKey, Signer, multibase

SUITE: Final = "eddsa-jcs-2022"


def signed(document: Mapping[str, Any], signer: Signer, *, at: datetime) -> dict[str, Any]:
    """The document with a proof by `signer`. The same document, key and instant give the same proof."""
    options: dict[str, Any] = {
        "type": "DataIntegrityProof",
        "cryptosuite": SUITE,
        "created": instant(at),
        "verificationMethod": signer.method,
        "proofPurpose": "assertionMethod",
    }
    if "@context" in document:
        options["@context"] = document["@context"]
    bare = {name: value for name, value in document.items() if name != "proof"}
    signature = signer.sign(hash_data(bare, options))
    return {**bare, "proof": {**options, "proofValue": "z" + base58.b58encode(signature).decode()}}


def hash_data(document: Mapping[str, Any], options: Mapping[str, Any]) -> bytes:
    """What is signed: the hash of the proof's options, then that of the document, 32 bytes each."""
    return (
        hashlib.sha256(canonical(dict(options))).digest() + hashlib.sha256(canonical(dict(document))).digest()
    )


def method_of(document: Mapping[str, Any]) -> str:
    """Address of the key that the proof names. CredentialFault: there is no proof of this suite."""
    proof = document.get("proof")
    if not isinstance(proof, dict):
        raise CredentialFault("It carries no proof, or several.")
    if proof.get("type") != "DataIntegrityProof" or proof.get("cryptosuite") != SUITE:
        raise CredentialFault(f"Its proof is not of the suite {SUITE}.")
    if proof.get("proofPurpose") != "assertionMethod":
        raise CredentialFault("Its proof was made for something else than to assert.")
    method = proof.get("verificationMethod")
    if not isinstance(method, str):
        raise CredentialFault("Its proof names no key.")
    return method


def agrees(document: Mapping[str, Any], key: PublicKey) -> bool:
    """Whether the proof in the document is by `key` and on exactly this document."""
    options = dict(document["proof"])
    try:
        signature = multibase(options.pop("proofValue", None))
        # The proof speaks the document's language: its context is that of the document.
        if options.get("@context", document.get("@context")) != document.get("@context"):
            return False
        bare = {name: value for name, value in document.items() if name != "proof"}
        message = hash_data(bare, options)
    except CredentialFault:
        return False
    return len(signature) == SIGNATURE_BYTES and key.agrees(signature, message)

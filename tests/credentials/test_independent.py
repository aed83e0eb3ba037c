"""Other people's software accepts our certificates, and refuses them once anything is changed."""

import json
from datetime import timedelta
from typing import Any

import pytest
from joserfc import jws
from joserfc.errors import SecurityWarning
from joserfc.jwk import OKPKey
from openvc import OpenvcError, VerificationPolicy, verify_credential
from openvc.did.did_web import DidWebResolver

from credentials import Purpose
from tests.credentials import independent
from tests.credentials.samples import (
    AT,
    KEY,
    LISTS,
    PLACE,
    as_file,
    certificate,
    did_document,
    status_list,
    token,
)

POLICY = VerificationPolicy(now=AT + timedelta(hours=1), expected_types=["DigitalConformityCredential"])


def resolver() -> DidWebResolver:
    def fetch(address: str) -> dict[str, Any]:
        assert address == "https://fair.example/.well-known/did.json"
        return did_document()

    return DidWebResolver(fetch)


def verified_by_openvc(credential: Any, *places: int) -> Any:
    """By openvc, which resolves the DID and checks the proof, the time, and both lists."""

    def lists(address: str) -> dict[str, Any]:
        purpose = Purpose(address.removeprefix(f"{LISTS}/"))
        return status_list(purpose, *places)

    return verify_credential(credential, policy=POLICY, resolver=resolver(), resolve_status_list=lists)


def test_openvc_accepts_it() -> None:
    assert verified_by_openvc(certificate())


def test_openvc_sees_what_became_of_it() -> None:
    with pytest.raises(OpenvcError, match=r"revoked|suspended|status"):
        verified_by_openvc(certificate(), PLACE)
    assert verified_by_openvc(certificate(), PLACE + 1)


def test_openvc_refuses_a_changed_one() -> None:
    changed = certificate()
    changed["credentialSubject"]["issuedToParty"]["name"] = "Somebody else"
    with pytest.raises(OpenvcError, match="does not verify"):
        verified_by_openvc(changed)


def test_a_verifier_written_from_the_specifications_accepts_both() -> None:
    document = certificate()
    bare = {name: value for name, value in document.items() if name != "proof"}
    assert independent.from_json(as_file(document).decode(), did_document()) == bare
    assert independent.from_token(token(), did_document()) == bare
    for entry in document["credentialStatus"]:
        listed = status_list(Purpose(entry["statusPurpose"]), PLACE)
        independent.from_json(as_file(listed).decode(), did_document())
        assert independent.is_set(entry, listed)
        assert not independent.is_set(entry, status_list(Purpose(entry["statusPurpose"]), PLACE - 1))


def test_it_refuses_changed_ones() -> None:
    with pytest.raises(independent.NotGenuineError):
        independent.from_json(as_file(certificate()).decode().replace("Phú", "Phu"), did_document())
    header, payload, signature = token().split(".")
    with pytest.raises(independent.NotGenuineError):
        independent.from_token(f"{header}.{payload[:-2]}AA.{signature}", did_document())


def test_joserfc_reads_the_token() -> None:
    with pytest.warns(SecurityWarning):  # it would rather have RFC 9864's name of the algorithm
        opened = jws.deserialize_compact(token(), OKPKey.import_key(KEY.public.jwk), algorithms=["EdDSA"])
    assert opened.headers()["typ"] == "vc+jwt"
    assert json.loads(opened.payload)["id"] == certificate()["id"]

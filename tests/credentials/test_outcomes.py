"""What is said of a file, for everything that can be the matter with it."""

import base64
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

import credentials as engine
from credentials import Outcome, Purpose
from tests.credentials.samples import (
    AT,
    DID,
    KEY,
    OTHER_KEY,
    PLACE,
    as_file,
    certificate,
    did_document,
    facts,
    lists,
    status_list,
    token,
)


def outcome(
    file: bytes, *, at: datetime = AT, did: dict[str, Any] | None = None, status: list[bytes] | None = None
) -> Outcome:
    return engine.verify(
        file,
        at=at,
        did_documents=[did or did_document()],
        status_lists=lists() if status is None else status,
    ).outcome


@pytest.mark.parametrize("file", [as_file(certificate()), token().encode()], ids=["json", "token"])
class TestOfBothForms:
    def test_valid(self, file: bytes) -> None:
        assert outcome(file) is Outcome.VALID

    def test_suspended_and_revoked(self, file: bytes) -> None:
        assert outcome(file, status=lists(suspension=PLACE)) is Outcome.SUSPENDED
        assert outcome(file, status=lists(revocation=PLACE)) is Outcome.REVOKED
        assert outcome(file, status=lists(suspension=PLACE, revocation=PLACE)) is Outcome.REVOKED
        assert outcome(file, status=lists(suspension=PLACE + 1, revocation=PLACE - 1)) is Outcome.VALID

    def test_in_time_means_the_whole_last_day(self, file: bytes) -> None:
        last = datetime(2028, 3, 4, 23, 59, 59, tzinfo=UTC)
        assert outcome(file, at=datetime(2026, 3, 4, 23, 59, tzinfo=UTC)) is Outcome.NOT_YET
        assert outcome(file, at=last, status=[]) is Outcome.STATUS_UNKNOWN
        assert outcome(file, at=last + timedelta(seconds=1)) is Outcome.EXPIRED

    def test_without_a_list_of_each_purpose_nobody_knows(self, file: bytes) -> None:
        for kept in Purpose:
            assert outcome(file, status=[as_file(status_list(kept))]) is Outcome.STATUS_UNKNOWN

    def test_one_list_is_enough_to_say_no(self, file: bytes) -> None:
        only = [as_file(status_list(Purpose.REVOCATION, PLACE))]
        assert outcome(file, status=only) is Outcome.REVOKED

    def test_a_list_that_has_run_out_counts_for_nothing(self, file: bytes) -> None:
        assert outcome(file, at=AT + timedelta(days=8)) is Outcome.STATUS_UNKNOWN

    def test_a_key_that_is_not_the_issuers(self, file: bytes) -> None:
        stranger = did_document(engine.KnownKey("key-1", OTHER_KEY.public))
        assert outcome(file, did=stranger) is Outcome.ALTERED  # it names this key, and is not signed by it
        unknown = did_document(engine.KnownKey("key-2", OTHER_KEY.public))
        assert outcome(file, did=unknown) is Outcome.UNKNOWN_KEY
        assert outcome(file, did=did_document() | {"id": "did:web:other.example"}) is Outcome.UNKNOWN_KEY

    def test_a_revoked_key(self, file: bytes) -> None:
        revoked = did_document(engine.KnownKey("key-1", KEY.public, revoked=AT))
        assert outcome(file, did=revoked) is Outcome.REVOKED_KEY

    def test_a_retired_key_stays_good(self, file: bytes) -> None:
        both = did_document(engine.KnownKey("key-1", KEY.public), engine.KnownKey("key-2", OTHER_KEY.public))
        newly_listed = [as_file(status_list(each, key=OTHER_KEY)) for each in Purpose]
        assert outcome(file, did=both, status=newly_listed) is Outcome.VALID


def test_a_list_of_another_issuer_counts_for_nothing() -> None:
    """Also when its signature is good: whoever may write lists may say what they like of their own."""
    other = engine.KeyInMemory("did:web:other.example#key-1", OTHER_KEY.seed)
    theirs = engine.did_document(
        "did:web:other.example",
        [engine.KnownKey("key-1", other.public)],
        site="https://other.example",
    )
    forged = [as_file(status_list(each, key=other, issuer="did:web:other.example")) for each in Purpose]
    found = engine.verify(
        as_file(certificate()), at=AT, did_documents=[did_document(), theirs], status_lists=forged
    )
    assert found.outcome is Outcome.STATUS_UNKNOWN


def test_another_issuers_key_does_not_sign_for_this_one() -> None:
    other = engine.KeyInMemory("did:web:other.example#key-1", OTHER_KEY.seed)
    theirs = engine.did_document(
        "did:web:other.example", [engine.KnownKey("key-1", other.public)], site="https://other.example"
    )
    forged = engine.signed(certificate(), other, at=AT)
    assert engine.issuer_of(forged) == DID
    for file in (as_file(forged), token(other).encode()):
        found = engine.verify(file, at=AT, did_documents=[did_document(), theirs], status_lists=lists())
        assert found.outcome is Outcome.ALTERED


@pytest.mark.parametrize(
    "file",
    [
        b"",
        b"   ",
        b"no",
        b"null",
        b"[]",
        b"{}",
        b"{" * 100_000,
        b"[" * 100_000,
        b'{"a":' * 5_000 + b"1" + b"}" * 5_000,
        b"\xff\xfe\x00",
        b"a.b.c",
        b"..",
        b"%PDF-1.7 and nothing else",
        b"%PDF-1.7\n1 0 obj <</Type /EmbeddedFile /Filter /FlateDecode>> stream\nnonsense\nendstream",
        b'{"proof": []}',
        b'{"proof": {"type": "DataIntegrityProof", "cryptosuite": "eddsa-jcs-2022"}}',
        b'{"issuer": NaN}',
        as_file(certificate() | {"@context": ["https://www.w3.org/2018/credentials/v1"]}),
        as_file(certificate() | {"issuer": 7}),
        as_file(certificate() | {"credentialSubject": "somebody"}),
        as_file(certificate() | {"type": "VerifiableCredential"}),
        b" " * (engine.LARGEST_FILE + 1),
    ],
    ids=lambda file: repr(file[:30]),
)
def test_what_is_no_certificate_is_told_so(file: bytes) -> None:
    found = engine.verify(file, at=AT, did_documents=[did_document()], status_lists=[file])
    assert found.outcome is Outcome.UNREADABLE
    assert found.sentence
    assert not found.genuine


def test_a_number_that_has_no_canonical_form_is_a_change() -> None:
    assert outcome(as_file(certificate() | {"name": 2**70})) is Outcome.ALTERED


def header(**changed: Any) -> bytes:
    """A token of ours under another header."""
    told = {"alg": "EdDSA", "typ": "vc+jwt", "kid": KEY.method} | changed
    _, payload, _ = token().split(".")
    first = base64.urlsafe_b64encode(engine.as_json(told).encode()).decode().rstrip("=")
    signature = base64.urlsafe_b64encode(KEY.sign(f"{first}.{payload}".encode())).decode().rstrip("=")
    return f"{first}.{payload}.{signature}".encode()


@pytest.mark.parametrize(
    "changed",
    [{"alg": "none"}, {"alg": "HS256"}, {"typ": "JWT"}, {"crit": ["b64"]}, {"kid": None}],
    ids=str,
)
def test_a_token_of_another_kind_is_refused_though_signed(changed: dict[str, Any]) -> None:
    assert outcome(header()) is Outcome.VALID
    assert outcome(header(alg="Ed25519")) is Outcome.VALID
    assert outcome(header(**changed)) is Outcome.UNREADABLE


@pytest.mark.parametrize(
    "entry",
    [
        {"statusListIndex": "-1"},
        {"statusListIndex": "131072"},
        {"statusListIndex": "9" * 5000},
        {"statusListIndex": 7},
        {"statusListIndex": "٧"},
        {"statusPurpose": "message"},
        {"statusListCredential": "https://elsewhere.example"},
        {"type": "StatusList2021Entry"},
    ],
    ids=str,
)
def test_a_status_that_cannot_be_told_is_not_taken_for_good(entry: dict[str, Any]) -> None:
    document = engine.credential(facts())
    document["credentialStatus"][0] |= entry
    signed = engine.signed(document, KEY, at=AT)
    assert outcome(as_file(signed)) is Outcome.STATUS_UNKNOWN


def test_one_without_a_status_stands() -> None:
    document = engine.credential(facts())
    del document["credentialStatus"]
    assert outcome(as_file(engine.signed(document, KEY, at=AT)), status=[]) is Outcome.VALID

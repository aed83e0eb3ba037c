"""Status lists, DID documents, keys and attachments, each alone."""

import base64
import gzip
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

import credentials as engine
from credentials import attached, did, status
from tests.credentials.samples import DID, KEY, OTHER_KEY, did_document

places = st.integers(0, engine.ENTRIES - 1)
EMPTY = bytes(engine.ENTRIES // 8)


@given(st.sets(places, max_size=5), places)
def test_a_bit_is_set_where_it_was_set_and_nowhere_else(chosen: set[int], other: int) -> None:
    bits = EMPTY
    for place in chosen:
        bits = status.with_bit(bits, place)
    again = status.unpacked(status.packed(bits))
    assert again == bits
    assert status.bit(again, other) == (other in chosen)
    assert sum(each.bit_count() for each in again) == len(chosen)


def test_place_0_is_the_leftmost_bit() -> None:
    assert status.with_bit(EMPTY, 0)[:2] == b"\x80\x00"
    assert status.with_bit(EMPTY, 8)[:2] == b"\x00\x80"


def test_a_list_is_as_long_as_the_recommendation_asks() -> None:
    assert engine.ENTRIES == 131_072
    assert len(status.unpacked(status.packed(EMPTY))) == 16 * 1024


def packed(raw: bytes) -> str:
    return "u" + base64.urlsafe_b64encode(raw).decode().rstrip("=")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "u",
        "z" + status.packed(EMPTY)[1:],
        status.packed(EMPTY)[:-8],
        packed(b"plain"),
        packed(zlib.compress(EMPTY)),
        packed(gzip.compress(bytes(100), mtime=0)),
        packed(gzip.compress(bytes(status.LARGEST + 1), mtime=0)),
        "u" + "é",
    ],
)
def test_what_is_no_list_is_refused(text: str) -> None:
    """Too short, cut, of another kind, or a bomb."""
    with pytest.raises(engine.CredentialFault):
        status.unpacked(text)


@pytest.mark.parametrize(
    ("site", "identifier", "address"),
    [
        ("https://fair.example", "did:web:fair.example", "https://fair.example/.well-known/did.json"),
        ("http://127.0.0.1:8000", "did:web:127.0.0.1%3A8000", "https://127.0.0.1:8000/.well-known/did.json"),
        (
            "https://a.example/fair/haul",
            "did:web:a.example:fair:haul",
            "https://a.example/fair/haul/did.json",
        ),
    ],
)
def test_an_identifier_and_where_its_document_lies(site: str, identifier: str, address: str) -> None:
    assert engine.did_of(site) == identifier
    assert engine.address_of(identifier) == address


@pytest.mark.parametrize("text", ["", "did:key:z6Mk", "did:web:", "https://fair.example"])
def test_no_did_web(text: str) -> None:
    with pytest.raises(engine.CredentialFault):
        engine.address_of(text)


def test_keys_in_a_did_document() -> None:
    document = did_document(
        engine.KnownKey("key-1", KEY.public),
        engine.KnownKey("key-2", OTHER_KEY.public),
    )
    first = did.method(document, f"{DID}#key-1")
    assert first is not None
    assert first.public == KEY.public
    assert first.may_assert
    assert did.method(document, f"{DID}#key-3") is None
    foreign = document | {
        "verificationMethod": [
            each | {"controller": "did:web:x.example"} for each in document["verificationMethod"]
        ]
    }
    assert did.method(foreign, f"{DID}#key-1") is None
    unasserted = document | {"assertionMethod": []}
    found = did.method(unasserted, f"{DID}#key-1")
    assert found is not None
    assert not found.may_assert


@pytest.mark.parametrize(
    "text", ["", "z", "m6Mk", "z6Mk0", "zQ3shokFTS3brHcDQrn82RUDfCZESWL1ZdCEJwekUDPQiYBme", 7]
)
def test_what_is_no_ed25519_key(text: object) -> None:
    with pytest.raises(engine.CredentialFault):
        engine.PublicKey.from_multibase(text)  # type: ignore[arg-type]


def test_a_key_does_not_show_itself() -> None:
    assert KEY.seed.hex() not in repr(KEY)
    assert repr(KEY.seed) not in repr(KEY)


def pdf(*bodies: bytes, coded: bool = True) -> bytes:
    parts = []
    for number, body in enumerate(bodies, 1):
        raw = zlib.compress(body) if coded else body
        head = b"/Filter /FlateDecode " if coded else b""
        parts.append(
            b"%d 0 obj\n<< /Type /EmbeddedFile %s/Length %d >>\nstream\n%s\nendstream\nendobj\n"
            % (number, head, len(raw), raw)
        )
    return b"%PDF-1.7\n" + b"".join(parts) + b"%%EOF"


@pytest.mark.parametrize("coded", [True, False])
def test_the_attachment_of_a_pdf(coded: bool) -> None:
    assert attached.credential_in(pdf(b"a note", b' {"a": 1}', coded=coded)).strip() == b'{"a": 1}'


def test_a_bomb_in_a_pdf_is_cut_and_many_are_not_all_read() -> None:
    assert [len(each) for each in engine.attachments(pdf(bytes(1 << 24)))] == [1 << 20]
    assert len(engine.attachments(pdf(*[b"{}"] * 50))) == 20


@given(st.binary(max_size=300))
def test_no_pdf_breaks_it(rubbish: bytes) -> None:
    made = pdf(b'{"a": 1}')
    for broken in (rubbish, b"%PDF-" + rubbish, made[:150] + rubbish + made[150:], made[:-40] + rubbish):
        for each in engine.attachments(broken):
            assert len(each) <= 1 << 20

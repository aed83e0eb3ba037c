"""Notes, heads and cosignatures: the examples of the specifications, and what must be refused."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from governance.log import bundles
from governance.log.checkpoints import Checkpoint, cosign, cosigned_at, opened, whole, witness_key
from governance.log.notes import COSIGNATURE, ED25519, Note, NoteError, Signature, Signer, Verifier, sign
from governance.log.statements import StatementError, canonical, commitment
from governance.log.tiles import nodes_in
from governance.log.tree import inclusion_proof
from governance.log.witnessing import AddCheckpoint, cosignatures_in, size_in
from tests.governance.log_of import NAME, SIGNER, log_of

WITNESS = Signer.from_seed("witness.example/one", bytes(32), COSIGNATURE)
EXAMPLE = (
    "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n\n"
    "— example.com/behind-the-sofa "
    "Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=\n"
    "— witness.example.com/w1 jWbPPwAAAABkGFDLEZMHwSRaJNiIDoe9DYn/zXcrtPHeolMI5OWX"
    "EhZCB9dlrDJsX3b2oyin1nPZqhf5nNo0xUe+mbIUBkBIfZ+qnA==\n"
)
"""The example of C2SP tlog-cosignature."""
# The verifier key that C2SP signed-note and golang.org/x/mod/sumdb/note give as their example
PETER = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
PETER_NOTE = (
    "If you think cryptography is the answer to your problem,\n"
    "then you don't know what your problem is.\n\n"
    "— PeterNeumann "
    "x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"
)


def test_the_example_of_the_specification_is_read() -> None:
    note = Note.read(EXAMPLE)
    assert str(note) == EXAMPLE
    head = Checkpoint.read(note.text)
    assert (head.origin, head.size) == ("example.com/behind-the-sofa", 20_852_163)
    assert head.text == note.text
    assert int.from_bytes(note.signatures[1].value[:8], "big") == 1_679_315_147


def test_a_note_that_others_signed_is_verified() -> None:
    assert Note.read(PETER_NOTE).signed_by(Verifier.read(PETER))
    with pytest.raises(NoteError, match="false"):
        Note.read(PETER_NOTE.replace("answer", "Answer")).signed_by(Verifier.read(PETER))


@given(st.binary(min_size=32, max_size=32), st.sampled_from([ED25519, COSIGNATURE]))
def test_keys_are_read_back(seed: bytes, kind: int) -> None:
    signer = Signer.from_seed("log.example/x", seed, kind)
    assert Signer.read(signer.secret()).verifier == Verifier.read(str(signer.verifier)) == signer.verifier
    assert signer.secret().split("+", 4)[4] not in repr(signer)


@pytest.mark.parametrize(
    "text",
    ["", "a+b", "x+00000000+AAAA", f"{SIGNER.verifier}x", str(SIGNER.verifier).replace("log.", "lag.")],
)
def test_what_is_no_key(text: str) -> None:
    with pytest.raises(NoteError):
        Verifier.read(text)
    with pytest.raises(NoteError):
        Signer.read("PRIVATE+KEY+" + text)
    with pytest.raises(NoteError):
        Signer.read(text)


@pytest.mark.parametrize(
    "document",
    [
        "",
        "text\n",
        "text\n\n",
        "text\n\nline\n",
        "text\n\n— name\n",
        "text\n\n— name AAAA\n",
        "t\tx\n\n— n AAAAAAAA\n",
    ],
)
def test_what_is_no_note(document: str) -> None:
    with pytest.raises(NoteError):
        Note.read(document)


@pytest.mark.parametrize(
    "text", ["", "o\n1\n", "o\n01\nAAAA\n", "o\n1\nAAAA\n", f"o\n1\n{'A' * 43}=", f"\n1\n{'A' * 43}=\n"]
)
def test_what_is_no_head(text: str) -> None:
    with pytest.raises(NoteError):
        Checkpoint.read(text)


def test_a_head_of_another_log_is_refused() -> None:
    text = Checkpoint("other.example", 1, bytes(32)).text
    with pytest.raises(NoteError, match=r"of other\.example"):
        opened(str(sign(text, [SIGNER])), SIGNER.verifier)
    with pytest.raises(NoteError, match="not signed"):
        opened(str(sign(text, [SIGNER])), Signer.from_seed(NAME, bytes(32)).verifier)


def test_numbers() -> None:
    assert [whole(each) for each in ("0", "12", str(2**63 - 1))] == [0, 12, 2**63 - 1]
    for wrong in ("", "-1", "01", "1 ", "١", str(2**63), "9" * 30):
        assert whole(wrong) is None


def test_a_cosignature_is_of_one_text_one_time_and_one_key() -> None:
    text = Checkpoint(NAME, 3, bytes(32)).text
    line = cosign(text, WITNESS, 1_700_000_000)
    assert cosigned_at(text, line, WITNESS.verifier) == 1_700_000_000
    assert cosigned_at(text.replace("3", "4"), line, WITNESS.verifier) is None
    later = Signature(line.name, line.id, (1_700_000_001).to_bytes(8, "big") + line.value[8:])
    assert cosigned_at(text, later, WITNESS.verifier) is None
    other = Signer.from_seed(WITNESS.name, bytes(range(32)), COSIGNATURE)
    assert cosigned_at(text, line, other.verifier) is None
    with pytest.raises(NoteError, match="type 4"):
        witness_key(str(SIGNER.verifier))


def test_what_is_said_to_a_witness_is_read_back() -> None:
    log = log_of(5)
    asked = AddCheckpoint(2, (bytes(32), bytes([1] * 32)), Note.read(log.heads[0]))
    assert AddCheckpoint.read(asked.body()) == asked
    assert AddCheckpoint.read(AddCheckpoint(0, (), asked.note).body()).proof == ()
    for wrong in (
        b"",
        b"old 1\n",
        asked.body().replace(b"old 2", b"old 02"),
        asked.body().replace(b"AA", b"A", 1),
    ):
        with pytest.raises(NoteError):
            AddCheckpoint.read(wrong)
    line = cosign(asked.note.text, WITNESS, 5)
    answer = f"{line}{sign(asked.note.text, [SIGNER]).signatures[0]}".encode()
    assert cosignatures_in(answer, asked.note.text, WITNESS.verifier) == [(5, line)]
    for bad in (b"\xff", b"no newline", b"nonsense\n"):
        with pytest.raises(NoteError):
            cosignatures_in(bad, asked.note.text, WITNESS.verifier)
    assert size_in(b"20852163\n") == 20_852_163
    assert size_in(b"go away") is None


def a_bundle(size: int = 9, index: int = 4) -> dict[str, Any]:
    log = log_of(size)
    row, note = log.rows[index], Note.read(log.heads[0])
    cosigned = Note(note.text, (*note.signatures, cosign(note.text, WITNESS, 77)))
    hashes = tuple(inclusion_proof(index, size, nodes_in(log.tile)))
    return bundles.make(
        entry=row.entry,
        statement=row.statement,
        salt=row.salt,
        proof=bundles.Proof(index, hashes, str(cosigned)),
        log_key=SIGNER.verifier,
        witness_keys=[WITNESS.verifier],
    )


@pytest.mark.parametrize(("size", "index"), [(1, 0), (9, 4), (257, 256)])
def test_a_file_proves_its_entry(size: int, index: int) -> None:
    document = json.dumps(a_bundle(size, index)).encode()
    proven = bundles.prove(document, *bundles.keys_in(document))
    assert (proven.index, proven.statement) == (index, {"n": index, "of": "a test"})
    assert proven.checkpoint.size == size
    assert proven.witnesses == ((WITNESS.name, 77),)
    assert bundles.prove(document, SIGNER.verifier).witnesses == ()


def test_a_file_whose_statement_was_erased_still_proves_its_entry() -> None:
    document = json.dumps(a_bundle() | {"statement": None, "salt": None}).encode()
    assert bundles.prove(document, SIGNER.verifier).statement is None


@pytest.mark.parametrize(
    "change",
    [
        {"statement": {"n": 5, "of": "a test"}},
        {"salt": "00" * 32},
        {"salt": None},
        {"salt": "zz"},
        {"entry": "{}"},
        {"proof": "nothing"},
        {"format": "other/1"},
        {"log_key": 3},
        {"witness_keys": [3]},
        {"proof": a_bundle()["proof"].replace("index 4", "index 5")},
        {"proof": a_bundle()["proof"].replace("\n9\n", "\n8\n")},
        {"entry": a_bundle(9, 5)["entry"], "statement": None, "salt": None},
    ],
)
def test_a_file_that_was_changed_proves_nothing(change: dict[str, Any]) -> None:
    with pytest.raises(bundles.BundleError):
        bundles.prove(json.dumps(a_bundle() | change).encode(), SIGNER.verifier)


def test_a_file_signed_by_somebody_else_proves_nothing() -> None:
    other = Signer.from_seed(NAME, bytes(32)).verifier
    with pytest.raises(bundles.BundleError, match="not signed"):
        bundles.prove(json.dumps(a_bundle()).encode(), other)
    for document in (b"", b"[]", b"[" * 100_000, b"x" * (2 << 20)):
        with pytest.raises(bundles.BundleError):
            bundles.prove(document, other)


def test_statements_are_json() -> None:
    assert canonical({"b": 1, "a": [True, None, "ü"]}) == '{"a":[true,null,"ü"],"b":1}'
    for wrong in ({"a": object()}, {"a": float("nan")}, {"a": 2**60}):
        with pytest.raises(StatementError):
            canonical(wrong)
    with pytest.raises(StatementError, match="32 bytes"):
        commitment(b"short", "{}")

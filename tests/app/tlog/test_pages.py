"""The log as people and programs read it."""

import base64
import hashlib

import pytest
from fastapi.testclient import TestClient
from sqlalchemy.orm import Session

from app.organisations.models import Kind
from app.permissions import Role
from app.settings import Settings
from app.tlog import keys, service, signing
from governance.log import bundles
from governance.log.checkpoints import Checkpoint, cosign, opened
from governance.log.notes import COSIGNATURE, Note, Signer, sign
from governance.log.tiles import tiles_of, unbundle
from tests.app.making import Making
from tests.app.tlog.test_signing import ABOUT, STANDARDS, fill, tampered
from tests.conftest import NOON, FixedClock, SignIn
from tests.governance import independent

WITNESS = Signer.from_seed("witness.example/one", bytes(32), COSIGNATURE)


def test_the_whole_log_can_be_computed_again_from_its_files(
    client: TestClient, session: Session, config: Settings
) -> None:
    """By the independent verifier, from the checkpoint and the bundles of entries alone."""
    made = fill(session, config, 300)
    session.commit()
    reply = client.get("/log/checkpoint")
    assert reply.headers["content-type"] == "text/plain; charset=utf-8"
    assert reply.headers["cache-control"] == "public, max-age=5"
    head, _ = opened(reply.text, keys.signer(session, config).verifier)
    entries = [
        entry
        for path in ("000", f"001.p/{made.size - 256}")
        for entry in unbundle(client.get(f"/log/tile/entries/{path}").content)
    ]
    assert len(entries) == head.size
    assert independent.mth(entries) == head.root
    leaves = b"".join(independent.leaf(each) for each in entries)
    for tile in tiles_of(head.size):
        got = client.get(f"/log/tile/{tile.address}")
        assert got.headers["content-type"] == "application/octet-stream"
        assert "immutable" in got.headers["cache-control"]
        assert len(got.content) == 32 * tile.width
        if tile.level == 0:
            assert got.content == leaves[8192 * tile.number :][: 32 * tile.width]


@pytest.mark.parametrize(
    "address",
    ["0/000", "0/000.p/200", "1/000", "0/00", "-1/000", "entries/001", "0/x001/x234/067", "a/b/c/d/e"],
)
def test_what_is_no_tile_of_the_newest_checkpoint(
    client: TestClient, session: Session, config: Settings, address: str
) -> None:
    fill(session, config)
    session.commit()
    assert client.get(f"/log/tile/{address}").status_code == 404


def test_before_anything_is_signed(client: TestClient) -> None:
    assert client.get("/log/checkpoint").status_code == 404
    assert client.get("/log/entries/0").status_code == 404
    assert "The log is empty" in client.get("/log").text
    told = client.get("/api/log").json()
    assert (told["size"], told["checkpoint"], told["faults"]) == (0, None, [])


def test_an_entry_is_shown_with_the_way_to_the_root(
    client: TestClient, session: Session, config: Settings
) -> None:
    made = fill(session, config, 5)
    session.commit()
    found = service.find(session, made.size - 2)
    shown = client.get(f"/log/entries/{found.index}").text
    assert found.row.leaf.hex()[:8] + "…" in shown
    assert made.root.hex()[:8] + "…" in shown
    for each in found.proof.hashes:
        assert each.hex() in shown
    assert "test.done" in client.get("/log").text
    assert client.get(f"/log/entries/{made.size}").status_code == 404
    assert client.get(f"/log/entries/{2**63}").status_code == 404
    for page in ("/log/verify", "/log/witnesses"):
        assert str(keys.signer(session, config).verifier) in client.get(page).text


def test_the_file_of_an_entry_is_enough(client: TestClient, session: Session, config: Settings) -> None:
    made = fill(session, config, 5)
    session.commit()
    for address in ("/log/entries/{}/proof.json", "/api/log/entries/{}/proof"):
        reply = client.get(address.format(made.size - 1))
        assert "attachment" in reply.headers["content-disposition"]
        proven = bundles.prove(reply.content, keys.signer(session, config).verifier)
        assert proven.statement is not None
        assert proven.statement["number"] == 4


def test_pages_of_many_entries(client: TestClient, session: Session, config: Settings) -> None:
    fill(session, config, 40)
    session.commit()
    first = client.get("/log").text
    assert "/log?kind=&amp;before=" in first
    assert first.count('href="/log/entries/') == 30
    api = client.get("/api/log/entries", params={"kind": "test.done"}).json()
    assert [each["statement"]["number"] for each in api["entries"]] == list(range(39, -1, -1))
    texts = client.get("/log", params={"kind": "standard.published"}).text
    assert texts.count('href="/log/entries/') == STANDARDS
    assert "No such entry" in client.get("/log", params={"kind": "vote.counted"}).text
    one = client.get(f"/api/log/entries/{api['entries'][0]['index']}").json()
    assert one == api["entries"][0]
    assert one["leaf_hash"] == hashlib.sha256(b"\0" + one["entry"].encode()).hexdigest()


def test_an_alarm_is_on_the_page_and_in_health(
    client: TestClient, session: Session, config: Settings
) -> None:
    fill(session, config)
    session.commit()
    assert client.get("/health").json()["log"] == "ok"
    row = service.entries_about(session, ABOUT)[2]
    tampered(session, "UPDATE log_statement SET statement = 'not even JSON' WHERE entry_id = :id", id=row.id)
    service.append(session, "test.done", ABOUT, {}, now=NOON)
    assert signing.sign_head(session, config, now=NOON) is None
    session.commit()
    words = f"entry {row.index}: its statement or salt is not what was entered"
    told = client.get("/health").json()
    assert (told["status"], told["log"]) == ("alarm", f"alarm: {words}")
    assert words in client.get("/log").text
    assert words in client.get("/api/log").json()["faults"]
    assert client.get(f"/log/entries/{row.index}").status_code == 200, "a page shows even that"


@pytest.fixture
def operator(make: Making, as_person: SignIn) -> TestClient:
    return as_person(make.person(make.organisation(Kind.PLATFORM), Role.OPERATOR).id)


def test_a_witness_is_listed_signs_and_is_shown(
    client: TestClient, operator: TestClient, session: Session, config: Settings, clock: FixedClock
) -> None:
    fill(session, config)
    session.commit()
    typed = {"key": str(WITNESS.verifier), "run_by": "Demo university", "address": ""}
    assert operator.post("/log/witnesses", data=typed | {"key": "x"}).status_code == 422
    assert operator.post("/log/witnesses", data=typed | {"run_by": ""}).status_code == 422
    assert operator.post("/log/witnesses", data=typed | {"address": "ftp://x"}).status_code == 422
    assert operator.post("/log/witnesses", data=typed).status_code == 303
    assert operator.post("/log/witnesses", data=typed).status_code == 409
    note = Note.read(client.get("/log/checkpoint").text)
    line = cosign(note.text, WITNESS, int(clock.now.timestamp()))
    sent = client.post("/api/log/cosignatures", json={"note": str(Note(note.text, (line,)))})
    assert sent.json() == {"size": Checkpoint.read(note.text).size, "kept": 1}
    again = client.post("/api/log/cosignatures", json={"note": str(Note(note.text, (line,)))})
    assert again.status_code == 200
    assert client.get("/log/checkpoint").text == str(Note(note.text, (*note.signatures, line)))
    for page in ("/log", "/log/entries/0", "/log/witnesses"):
        assert "Demo university" in client.get(page).text
    document = client.get("/log/entries/0/proof.json").content
    proven = bundles.prove(document, *bundles.keys_in(document))
    assert proven.witnesses == ((WITNESS.name, int(clock.now.timestamp())),)
    listed = client.get("/api/log/witnesses").json()["witnesses"]
    assert operator.delete(f"/api/log/witnesses/{listed[0]['id']}").status_code == 204
    assert operator.post(f"/log/witnesses/{listed[0]['id']}/end").status_code == 404
    assert client.get("/api/log/witnesses").json()["witnesses"] == []
    assert str(line) in client.get("/log/checkpoint").text, "what it signed stays"


def test_what_nobody_on_the_list_signed_is_not_kept(
    client: TestClient, operator: TestClient, session: Session, config: Settings
) -> None:
    fill(session, config)
    session.commit()
    note = Note.read(client.get("/log/checkpoint").text)
    own = Note(note.text, (cosign(note.text, WITNESS, 5),))

    def post(document: str) -> int:
        return client.post("/api/log/cosignatures", json={"note": document}).status_code

    assert post(str(own)) == 422, "not on the list"
    told = {"key": str(WITNESS.verifier), "run_by": "Demo", "address": ""}
    assert operator.post("/api/log/witnesses", json=told).status_code == 201
    size = Checkpoint.read(note.text).size
    forged = base64.b64encode(bytes(32)).decode()
    fork = f"{note.text.split(chr(10))[0]}\n{size}\n{forged}\n"
    assert post("nonsense") == 422
    assert post(str(note)) == 422
    assert post(str(Note(note.text, (cosign(fork, WITNESS, 5),)))) == 422
    assert post(str(Note(fork, (cosign(fork, WITNESS, 5),)))) == 409
    larger = fork.replace(f"\n{size}\n", f"\n{size + 1}\n")
    assert post(str(sign(larger, [Signer.from_seed("a", bytes(32))]))) == 404
    assert client.get("/log/checkpoint").text == str(note)
    assert post(str(own)) == 200


def test_the_witness_can_be_downloaded(client: TestClient) -> None:
    reply = client.get("/log/witness.py")
    assert reply.headers["content-type"].startswith("text/plain")
    compile(reply.text, "witness.py", "exec")

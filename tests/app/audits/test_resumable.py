"""Uploads that resume: the protocol, cut lines on a real server, two senders at once."""

import base64
import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID, uuid4

import obstore
import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from httpx2 import Response
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.audits import evidence, jobs_evidence, uploads
from app.audits.demo import Stage, bring_to
from app.audits.models import Evidence
from app.audits.models_uploads import Upload, UploadPart
from app.errors import Refusal
from app.files import Store
from app.organisations.models import Kind
from tests.app.audits.conftest import Cast
from tests.app.making import Making
from tests.conftest import FixedClock

TUS = {"Tus-Resumable": "1.0.0"}
CONTENT = bytes(range(256)) * 1200  # 300 kB that is no picture, archive or program
CREATE = "/api/certification/uploads"


def metadata(**said: str) -> str:
    return ",".join(f"{key} {base64.b64encode(value.encode()).decode()}" for key, value in said.items())


def sha256(held: bytes) -> str:
    return hashlib.sha256(held).hexdigest()


@dataclass
class Sender:
    """A producer's program."""

    browser: TestClient

    def create(self, held: bytes, **said: str) -> Response:
        return self.browser.post(
            CREATE,
            headers=TUS
            | {"Upload-Length": str(len(held)), "Upload-Metadata": metadata(**{"filename": "a.bin"} | said)},
        )

    def begin(self, held: bytes, **said: str) -> str:
        reply = self.create(held, **said)
        assert reply.status_code == 201, reply.text
        return str(reply.headers["location"])

    def send(self, address: str, at: int, piece: bytes, **headers: str) -> Response:
        return self.browser.patch(
            address,
            headers=TUS
            | {"Upload-Offset": str(at), "Content-Type": "application/offset+octet-stream"}
            | headers,
            content=piece,
        )

    def offset(self, address: str) -> int:
        reply = self.browser.head(address, headers=TUS)
        assert reply.status_code == 200
        return int(reply.headers["upload-offset"])

    def file(self, reply: Response) -> bytes:
        evidence = reply.headers["fairhaul-evidence"]
        return bytes(self.browser.get(f"/api/evidence/{evidence}/file").content)


@pytest.fixture
def sender(
    session: Session, store: Store, cast: Cast, clock: FixedClock, as_person: Callable[[UUID], TestClient]
) -> Sender:
    bring_to(session, store, cast.organisation, Stage.ASSESSING, people=cast.people, start=clock.now)
    session.commit()
    clock.now += timedelta(days=20)
    return Sender(as_person(cast.people.producer.person_id))


def parts(store: Store) -> int:
    return sum(len(batch) for batch in obstore.list(store, "parts"))


def test_a_file_in_pieces_is_whole_and_checked(
    sender: Sender, store: Store, run_jobs: Callable[[], list[str]]
) -> None:
    address = sender.begin(CONTENT, criteria="1.1,2.1", sha256=sha256(CONTENT), filename="Minutes.bin")
    assert sender.offset(address) == 0
    for begin, end in ((0, 100_000), (100_000, 100_001), (100_001, 299_000)):
        reply = sender.send(address, begin, CONTENT[begin:end])
        assert (reply.status_code, reply.headers["upload-offset"]) == (204, str(end))
        assert "fairhaul-evidence" not in reply.headers
    assert sender.browser.get("/api/certification/uploads").json()["uploads"][0]["received"] == 299_000
    done = sender.send(address, 299_000, CONTENT[299_000:])
    assert done.status_code == 204
    assert sender.file(done) == CONTENT
    kept = sender.browser.get("/api/certification/evidence").json()["files"][0]
    assert (kept["name"], kept["sha256"], kept["criteria"]) == (
        "Minutes.bin",
        sha256(CONTENT),
        ["1.1", "2.1"],
    )
    assert sender.browser.get(address).json()["evidence_id"] == kept["id"]
    assert sender.browser.get("/api/certification/uploads").json()["uploads"] == []
    assert parts(store) == 3
    assert "forget_upload_parts" in run_jobs()
    assert parts(store) == 0


def test_the_last_reply_may_be_lost(sender: Sender) -> None:
    address = sender.begin(CONTENT)
    first = sender.send(address, 0, CONTENT)
    again = sender.send(address, len(CONTENT), b"")
    assert again.status_code == 204
    assert again.headers["fairhaul-evidence"] == first.headers["fairhaul-evidence"]


def test_large_bodies_are_kept_piece_by_piece(sender: Sender, session: Session) -> None:
    held = bytes(3 * uploads.PIECE + 17)
    address = sender.begin(held)
    assert sender.send(address, 0, held[: 2 * uploads.PIECE + 5]).status_code == 204
    sizes = session.scalars(select(UploadPart.size).order_by(UploadPart.start)).all()
    assert sizes == [uploads.PIECE, uploads.PIECE, 5]
    assert sender.file(sender.send(address, sum(sizes), held[sum(sizes) :])) == held


@pytest.mark.parametrize("at", ["1", "299999", "400000", "0x1", "-1", "", "9" * 30])
def test_a_wrong_offset_is_refused_and_changes_nothing(sender: Sender, at: str) -> None:
    address = sender.begin(CONTENT)
    reply = sender.send(address, 0, CONTENT[:10], **{"Upload-Offset": at})
    assert reply.status_code in {409, 422}
    assert reply.headers["tus-resumable"] == "1.0.0"
    assert sender.offset(address) == 0


def test_more_than_announced_is_refused(sender: Sender) -> None:
    address = sender.begin(CONTENT)
    assert sender.send(address, 0, CONTENT + b"x").status_code == 413
    assert sender.offset(address) == 0


def test_the_wrong_hash_is_not_kept_and_the_upload_is_given_up(sender: Sender, session: Session) -> None:
    before = session.scalar(select(func.count()).select_from(Evidence))
    address = sender.begin(CONTENT, sha256=sha256(b"something else"))
    assert sender.send(address, 0, CONTENT[:1000]).status_code == 204
    reply = sender.send(address, 1000, CONTENT[1000:])
    assert (reply.status_code, reply.json()["type"]) == (460, "/problems/checksum-mismatch")
    assert sender.browser.head(address, headers=TUS).status_code == 404
    assert session.scalar(select(func.count()).select_from(Evidence)) == before


def test_a_piece_with_a_checksum_is_kept_whole_or_not_at_all(sender: Sender) -> None:
    address = sender.begin(CONTENT)
    good = {
        name: f"{name} {base64.b64encode(hashlib.new(name, CONTENT[:1000]).digest()).decode()}"
        for name in ("sha256", "sha1")
    }
    for stated in good.values():
        wrong = sender.send(address, 0, CONTENT[1:1001], **{"Upload-Checksum": stated})
        assert (wrong.status_code, wrong.json()["type"]) == (460, "/problems/piece-differs")
        assert sender.offset(address) == 0
    right = sender.send(address, 0, CONTENT[:1000], **{"Upload-Checksum": good["sha1"]})
    assert (right.status_code, sender.offset(address)) == (204, 1000)
    assert sender.send(address, 1000, b"x", **{"Upload-Checksum": "crc32 AAAA"}).status_code == 400


@pytest.mark.parametrize(
    ("headers", "status", "words"),
    [
        ({"Upload-Length": "0"}, 422, "This file is empty"),
        ({"Upload-Length": str(51 << 20)}, 413, "larger than 50 MB"),
        ({"Upload-Length": "many"}, 422, "how many bytes"),
        ({"Upload-Metadata": "filename ***"}, 422, "base64"),
        ({"Upload-Metadata": metadata(criteria="99.9")}, 422, "not asked of you"),
        ({"Upload-Metadata": metadata(valid_until="soon")}, 422, "Send a day"),
        ({"Upload-Metadata": metadata(valid_until="2020-01-01")}, 422, "is past"),
        ({"Upload-Metadata": metadata(replaces="x")}, 422, "id of one of your files"),
        ({"Upload-Metadata": metadata(replaces=str(uuid4()))}, 422, "one of your files"),
        ({"Upload-Metadata": metadata(sha256="abc")}, 422, "64 hexadecimal"),
        ({"Upload-Metadata": metadata(filename="a\0b")}, 422, "control characters"),
        ({"Tus-Resumable": "0.2.2"}, 412, "1.0.0"),
    ],
)
def test_what_can_be_refused_is_refused_before_a_byte_is_sent(
    sender: Sender, headers: dict[str, str], status: int, words: str
) -> None:
    reply = sender.browser.post(CREATE, headers=TUS | {"Upload-Length": "10"} | headers)
    assert reply.status_code == status
    assert reply.headers["content-type"] == "application/problem+json"
    assert words in reply.text
    assert ("tus-version" in reply.headers) == (status == 412)


def test_bytes_of_another_type_are_refused(sender: Sender) -> None:
    address = sender.begin(CONTENT)
    assert sender.send(address, 0, b"{}", **{"Content-Type": "application/json"}).status_code == 415


def test_a_bomb_is_refused_at_the_end_and_given_up(sender: Sender) -> None:
    program = b"MZ" + bytes(100)
    address = sender.begin(program)
    assert sender.send(address, 0, program).status_code == 422
    assert sender.browser.get(address).status_code == 404


def test_what_is_spoken_is_told(sender: Sender) -> None:
    headers = sender.browser.options(CREATE).headers
    assert headers["tus-extension"] == "creation,checksum,expiration,termination"
    assert headers["tus-max-size"] == str(50 << 20)


def test_an_upload_can_be_dropped(
    sender: Sender, store: Store, run_jobs: Callable[[], list[str]], session: Session
) -> None:
    address = sender.begin(CONTENT)
    sender.send(address, 0, CONTENT[:1000])
    assert parts(store) == 1
    assert sender.browser.delete(address, headers=TUS).status_code == 204
    run_jobs()
    assert parts(store) == 0
    assert sender.browser.delete(address, headers=TUS).status_code == 404
    assert session.scalar(select(func.count()).select_from(UploadPart)) == 0


def test_what_nobody_goes_on_with_is_removed_by_a_job(
    sender: Sender, store: Store, run_jobs: Callable[[], list[str]], clock: FixedClock, session: Session
) -> None:
    old, young = sender.begin(CONTENT), sender.begin(CONTENT)
    sender.send(old, 0, CONTENT[:1000])
    clock.now += uploads.KEPT_FOR - timedelta(seconds=1)
    assert sender.send(young, 0, CONTENT[:1000]).status_code == 204  # its time begins anew
    clock.now += timedelta(seconds=1)
    assert sender.browser.head(old, headers=TUS).status_code == 404
    jobs_evidence.forget_old_uploads(0)
    run_jobs()
    session.expire_all()
    assert session.scalar(select(func.count()).select_from(Upload)) == 1
    assert parts(store) == 1
    assert sender.offset(young) == 1000


def test_another_organisation_finds_nothing(
    sender: Sender, make: Making, as_person: Callable[[UUID], TestClient]
) -> None:
    address = sender.begin(CONTENT)
    other = Sender(as_person(make.member(Kind.PRODUCER)))
    assert other.browser.get(address).status_code == 404
    assert other.send(address, 0, CONTENT).status_code == 404
    assert other.browser.delete(address, headers=TUS).status_code == 404
    assert sender.offset(address) == 0


def test_too_many_at_once_are_refused(sender: Sender) -> None:
    for _ in range(uploads.MOST_OPEN):
        sender.begin(CONTENT)
    reply = sender.create(CONTENT)
    assert (reply.status_code, reply.json()["type"]) == (409, "/problems/too-many-uploads")


def test_too_many_small_pieces_are_refused(sender: Sender, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(uploads, "MOST_PARTS", 3)
    address = sender.begin(CONTENT)
    replies = [sender.send(address, at, CONTENT[at : at + 1]).status_code for at in range(4)]
    assert replies == [204, 204, 204, 409]
    assert sender.offset(address) == 3


def test_a_piece_whose_row_fails_leaves_nothing_in_the_store(
    sender: Sender, app: FastAPI, store: Store, clock: FixedClock
) -> None:
    """The other sender was first: what this one put there is taken away again."""
    upload_id = UUID(sender.begin(CONTENT).rsplit("/", 1)[1])
    keep = {"sessions": app.state.sessions, "store": store, "upload_id": upload_id, "now": clock.now}
    uploads.keep_piece(**keep, at=0, piece=b"first")
    with pytest.raises(uploads.Elsewhere):
        uploads.keep_piece(**keep, at=0, piece=b"second")
    assert parts(store) == 1


def test_a_failure_at_the_end_costs_the_last_piece_alone(
    sender: Sender, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An upload is never done before it is checked and kept: what fails there can be sent again."""
    address = sender.begin(CONTENT, sha256=sha256(CONTENT))
    sender.send(address, 0, CONTENT[:1000])

    def fails(*_arguments: object, **_named: object) -> None:
        raise Refusal("The scanner is silent.", status=503)

    with monkeypatch.context() as patched:
        patched.setattr(evidence, "add", fails)
        assert sender.send(address, 1000, CONTENT[1000:]).status_code == 503
    assert sender.offset(address) == 1000
    assert sender.file(sender.send(address, 1000, CONTENT[1000:])) == CONTENT

"""Uploads over a bad line: a real server on loopback, whose connections are cut at any byte."""

import base64
import hashlib
import random
import socket
import struct
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from threading import Barrier

import httpx
import obstore
import pytest
import uvicorn

from app.audits import uploads
from app.audits.demo import People, Stage, bring_to
from app.db import make_engine, make_sessions
from app.embedded import Server, create_database, drop_database
from app.files import open_store
from app.identity import COOKIE
from app.main import create_app
from app.organisations import service as organisations
from app.organisations.models import Kind
from app.permissions import Role
from app.settings import Settings
from tests.app.audits.conftest import actor_of, describe
from tests.app.making import Making
from tests.conftest import NOON, FixedClock

TUS = {"Tus-Resumable": "1.0.0"}
BYTES = {"Content-Type": "application/offset+octet-stream"}
CREATE = "/api/certification/uploads"
TRIES = 5_000


@dataclass
class Line:
    """A running server, and a producer's program."""

    port: int
    client: httpx.Client
    cookie: str
    data: Path

    def begin(self, held: bytes) -> str:
        stated = hashlib.sha256(held).hexdigest()
        reply = self.client.post(
            CREATE,
            headers=TUS | {"Upload-Length": str(len(held)), "Upload-Metadata": f"sha256 {_base64(stated)}"},
        )
        assert reply.status_code == 201, reply.text
        return reply.headers["location"]

    def offset(self, address: str) -> int:
        return int(self.client.head(address, headers=TUS).headers["upload-offset"])

    def open(self, address: str, at: int, length: int) -> socket.socket:
        """A connection on which a PATCH of `length` bytes is announced."""
        line = socket.create_connection(("127.0.0.1", self.port), 30)
        line.sendall(
            f"PATCH {address} HTTP/1.1\r\nHost: 127.0.0.1:{self.port}\r\nCookie: {self.cookie}\r\n"
            f"Tus-Resumable: 1.0.0\r\nUpload-Offset: {at}\r\nContent-Length: {length}\r\n"
            "Content-Type: application/offset+octet-stream\r\n\r\n".encode()
        )
        return line

    def finish(self, address: str, held: bytes) -> httpx.Response:
        """Go on where the server says, as a client does, until all is there."""
        for _ in range(TRIES):
            at = self.offset(address)
            reply = self.client.patch(
                address, headers=TUS | BYTES | {"Upload-Offset": str(at)}, content=held[at:]
            )
            if reply.status_code != 409:  # what was cut before is still being put away
                return reply
        raise AssertionError("the upload never came to an end")


def _base64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def cut(line: socket.socket) -> None:
    """As a lost signal: no goodbye."""
    line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    line.close()


@pytest.fixture(scope="module")
def line(
    server: Server, worker_id: str, migrated: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Line]:
    name, data = f"cut_lines_{worker_id}", tmp_path_factory.mktemp("cut")
    drop_database(server, name)
    url = create_database(server, name, migrated)
    engine = make_engine(url)
    sessions, config, clock = make_sessions(engine), Settings(data=data, demo=False), FixedClock(NOON)
    with sessions() as session:
        make = Making(session, clock)
        body, organisation = make.organisation(Kind.CERTIFIER), make.organisation(Kind.PRODUCER)
        describe(session, organisation)
        producer = make.person(organisation)
        others = [
            actor_of(session, make.person(body, role).id, body)
            for role in (Role.PROGRAMME, Role.AUDITOR, Role.DECISION_MAKER)
        ]
        people = People(actor_of(session, producer.id, organisation), *others)
        bring_to(session, open_store(config), organisation, Stage.ASSESSING, people=people, start=NOON)
        secret = organisations.start_session(session, producer.id, now=NOON)
        session.commit()
    listening = socket.create_server(("127.0.0.1", 0))
    port = listening.getsockname()[1]
    running = uvicorn.Server(
        uvicorn.Config(create_app(config, sessions, clock), log_config=None, lifespan="off")
    )
    thread = threading.Thread(target=running.run, kwargs={"sockets": [listening]})
    thread.start()
    with httpx.Client(
        base_url=f"http://127.0.0.1:{port}", cookies={COOKIE: secret}, timeout=60, trust_env=False
    ) as client:
        yield Line(port, client, f"{COOKIE}={secret}", data)
    running.should_exit = True
    thread.join(timeout=30)
    listening.close()
    assert not thread.is_alive()
    engine.dispose()
    drop_database(server, name)


def test_what_came_before_the_cut_is_kept_and_it_goes_on_there(line: Line) -> None:
    held = random.Random(1).randbytes(3 * uploads.PIECE + 12_345)
    address = line.begin(held)
    sending = line.open(address, 0, len(held))
    sending.sendall(held[: 2 * uploads.PIECE + 70_000])
    kept = next(at for _ in range(TRIES) if (at := line.offset(address)) >= 2 * uploads.PIECE)
    assert kept == 2 * uploads.PIECE  # while the line is still open
    cut(sending)
    assert line.offset(address) >= kept
    done = line.finish(address, held)
    assert done.status_code == 204
    served = line.client.get(f"/api/evidence/{done.headers['fairhaul-evidence']}/file")
    assert served.content == held


@pytest.mark.parametrize("seed", range(3))
def test_any_number_of_cuts_anywhere_give_the_same_file(line: Line, seed: int) -> None:
    """The file states its hash: the end is only reached when not a byte is lost, doubled or swapped."""
    chance = random.Random(seed)
    held = chance.randbytes(2 * uploads.PIECE + chance.randrange(200_000))
    address = line.begin(held)
    furthest = 0
    for _ in range(8):
        at = line.offset(address)
        assert at >= furthest
        furthest = at
        with closing(line.open(address, at, len(held) - at)) as sending:
            sending.sendall(held[at : at + chance.randrange(len(held) - at)])
            cut(sending)
    done = line.finish(address, held)
    assert done.status_code == 204
    served = line.client.get(f"/api/evidence/{done.headers['fairhaul-evidence']}/file")
    assert hashlib.sha256(served.content).digest() == hashlib.sha256(held).digest()


def test_of_two_senders_at_once_one_is_told(line: Line) -> None:
    held = random.Random(9).randbytes(2 * uploads.PIECE + 5)
    address, ready = line.begin(held), Barrier(2)
    piece = held[: uploads.PIECE + 1000]

    def send(_number: int) -> int:
        ready.wait(timeout=30)
        headers = TUS | BYTES | {"Upload-Offset": "0"}
        return line.client.patch(address, headers=headers, content=piece).status_code

    with ThreadPoolExecutor(2) as threads:
        assert sorted(threads.map(send, range(2))) == [204, 409]
    assert line.offset(address) == len(piece)
    assert line.finish(address, held).status_code == 204


def test_two_senders_of_the_last_bytes_make_one_file(line: Line) -> None:
    held = random.Random(10).randbytes(400_000)
    address, ready = line.begin(held), Barrier(2)
    before = len(line.client.get("/api/certification/evidence").json()["files"])

    def send(_number: int) -> int:
        ready.wait(timeout=30)
        headers = TUS | BYTES | {"Upload-Offset": "0"}
        return line.client.patch(address, headers=headers, content=held).status_code

    with ThreadPoolExecutor(2) as threads:
        assert sorted(threads.map(send, range(2))) == [204, 409]
    assert len(line.client.get("/api/certification/evidence").json()["files"]) == before + 1


def test_a_checked_piece_that_is_cut_leaves_nothing(line: Line) -> None:
    held = random.Random(11).randbytes(300_000)
    address = line.begin(held)
    with closing(socket.create_connection(("127.0.0.1", line.port), 30)) as sending:
        sending.sendall(
            f"PATCH {address} HTTP/1.1\r\nHost: x\r\nCookie: {line.cookie}\r\nTus-Resumable: 1.0.0\r\n"
            f"Upload-Offset: 0\r\nContent-Length: {len(held)}\r\nUpload-Checksum: sha1 AAAA\r\n"
            "Content-Type: application/offset+octet-stream\r\n\r\n".encode()
            + held[:200_000]
        )
        cut(sending)
    assert line.offset(address) == 0
    assert line.finish(address, held).status_code == 204


def test_the_control_a_sender_that_skips_bytes_is_found_by_the_hash(line: Line) -> None:
    held = random.Random(12).randbytes(300_000)
    address = line.begin(held)
    line.client.patch(address, headers=TUS | BYTES | {"Upload-Offset": "0"}, content=held[:1000])
    swapped = held[2000:] + held[1000:2000]
    reply = line.client.patch(address, headers=TUS | BYTES | {"Upload-Offset": "1000"}, content=swapped)
    assert reply.status_code == 460
    assert list(obstore.list(open_store(Settings(data=line.data)), "parts"))  # until the job has run

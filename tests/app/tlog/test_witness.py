"""Witnesses over loopback: they follow a log that grows, and refuse one that forks, whoever asks whom."""

import ast
import base64
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from random import Random

import httpx
import pytest
from fastapi.testclient import TestClient
from sqlalchemy.orm import Session

from app.organisations.models import Kind
from app.permissions import Actor, Role
from app.settings import Settings
from app.tlog import keys, service, signing, witness, witnessing
from governance.log.checkpoints import Checkpoint, cosigned_at, witness_key
from governance.log.notes import Note, sign
from governance.log.tiles import tile_at, tiles_of
from tests.app.making import Making
from tests.app.tlog.test_signing import ABOUT, fill
from tests.conftest import NOON, FixedClock
from tests.governance.log_of import SIGNER, Log, held

LOG_KEY = str(SIGNER.verifier)


@dataclass
class Served:
    """A log of its own on a port, which can be swapped for another one with the same key."""

    log: Log = field(default_factory=Log)
    posted: list[bytes] = field(default_factory=list)
    address: str = ""

    def grow(self, to: int, chance: int = 1) -> None:
        rows = Random(chance)
        for index in range(to):
            each = held(index, rows)
            if index >= len(self.log.rows):
                self.log.add(each)
        self.log.head()

    def answer(self, path: str) -> bytes | None:
        if path == "/log/checkpoint":
            return self.log.heads[-1].encode()
        tile = tile_at(path.removeprefix("/log/tile/"))
        if tile is None or tile.level is None or tile not in set(tiles_of(len(self.log.rows))):
            return None
        return self.log.tile(tile.level, tile.number)[: 32 * tile.width]


@pytest.fixture
def served() -> Iterator[Served]:
    it = Served()

    class Handler(BaseHTTPRequestHandler):
        def reply(self, body: bytes | None) -> None:
            self.send_response(404 if body is None else 200)
            self.send_header("Content-Length", str(len(body or b"")))
            self.end_headers()
            self.wfile.write(body or b"")

        def do_GET(self) -> None:
            self.reply(it.answer(self.path))

        def do_POST(self) -> None:
            it.posted.append(self.rfile.read(int(self.headers["Content-Length"])))
            self.reply(b"{}")

        def log_message(self, *_: object) -> None: ...

    with running(ThreadingHTTPServer(("127.0.0.1", 0), Handler)) as address:
        it.address = address
        yield it


class running:  # noqa: N801 - reads as what it is: `with running(server)`
    """A server in a thread, for as long as the block."""

    def __init__(self, server: ThreadingHTTPServer) -> None:
        self.server, self.thread = server, threading.Thread(target=server.serve_forever, args=(0.01,))

    def __enter__(self) -> str:
        self.thread.start()
        return f"http://127.0.0.1:{self.server.server_address[1]}"

    def __exit__(self, *_: object) -> None:
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()


Command = Callable[..., int]


@pytest.fixture
def command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Command:
    def run(*words: str, name: str = "one") -> int:
        files = ("--key", str(tmp_path / f"{name}.key"), "--state", str(tmp_path / f"{name}.state"))
        return witness.main([*words, *files])

    for name in ("one", "two"):
        assert run("new-key", f"witness.example/{name}", name=name) == 0
    capsys.readouterr()
    return run


def test_two_witnesses_follow_a_log_that_grows_and_refuse_it_when_it_forks(
    served: Served, command: Command, capsys: pytest.CaptureFixture[str]
) -> None:
    keys_of = {}
    for name in ("one", "two"):
        command("show-key", name=name)
        keys_of[name] = witness_key(capsys.readouterr().out)
    for size in (1, 3, 3, 255, 256, 257, 700):
        served.grow(size)
        for name in ("one", "two"):
            assert command("follow", served.address, "--log-key", LOG_KEY, name=name) == 0
            line = Note.read(served.log.heads[-1].split("\n\n")[0] + "\n\n" + capsys.readouterr().out)
            assert cosigned_at(line.text, line.signatures[0], keys_of[name]) is not None
    assert len(served.posted) == 14
    good, served.log = served.log, Log()
    served.grow(800, chance=2)
    for name in ("one", "two"):
        assert command("follow", served.address, "--log-key", LOG_KEY, name=name) == 3
        said = capsys.readouterr()
        assert "do not begin with the 700 signed" in said.err
        assert good.heads[-1] in said.err, "both checkpoints are told: they are the proof"
        assert served.log.heads[-1] in said.err
        assert not said.out
    assert len(served.posted) == 14, "nothing was signed"
    served.log = good
    served.grow(900)
    assert command("follow", served.address, "--log-key", LOG_KEY) == 0, "what it signed before still counts"


def test_a_log_that_goes_back_or_has_two_heads_of_one_size_is_refused(
    served: Served, command: Command, capsys: pytest.CaptureFixture[str]
) -> None:
    served.grow(20)
    assert command("follow", served.address, "--log-key", LOG_KEY) == 0
    for size, words in ((20, "two checkpoints of 20"), (19, "went back from 20 entries to 19")):
        served.log = Log()
        served.grow(size, chance=2)
        assert command("follow", served.address, "--log-key", LOG_KEY) == 3
        assert words in capsys.readouterr().err


def test_a_log_that_others_signed_is_no_log(served: Served, command: Command) -> None:
    served.grow(3)
    other = str(SIGNER.from_seed(SIGNER.name, bytes(32)).verifier)
    with pytest.raises(ValueError, match="not signed by the log"):
        command("follow", served.address, "--log-key", other)


def test_tiles_that_do_not_fit_the_root_are_refused(
    served: Served, command: Command, capsys: pytest.CaptureFixture[str]
) -> None:
    served.grow(300)
    assert command("follow", served.address, "--log-key", LOG_KEY) == 0
    served.grow(600)
    tile = served.log.tiles[0, 1]
    served.log.tiles[0, 1] = bytes([tile[-1] ^ 1]) + tile[1:]
    assert command("follow", served.address, "--log-key", LOG_KEY) == 3
    assert "do not begin with" in capsys.readouterr().err


def test_it_is_one_file_of_the_standard_library_and_cryptography() -> None:
    """And of some 200 lines that say something."""
    source = Path(witness.__file__).read_text("utf-8")
    names = {
        name.partition(".")[0]
        for node in ast.walk(ast.parse(source))
        for name in (
            [each.name for each in node.names]
            if isinstance(node, ast.Import)
            else [node.module or ""]
            if isinstance(node, ast.ImportFrom)
            else []
        )
    }
    assert names - set(sys.stdlib_module_names) == {"cryptography"}
    assert sum(bool(line.strip()) for line in source.splitlines()) < 280


@pytest.fixture
def operator(make: Making) -> Actor:
    person = make.person(make.organisation(Kind.PLATFORM), Role.OPERATOR)
    return Actor(
        person_id=person.id,
        name=person.name,
        email=person.email,
        locale="en",
        organisation_id=make.organisation(Kind.PLATFORM).id,
        organisation_name="Test",
        organisation_kind=Kind.PLATFORM,
        roles=frozenset({Role.OPERATOR}),
    )


def test_our_heads_are_offered_to_witnesses_that_wait_for_them(
    session: Session, config: Settings, operator: Actor, command: Command, tmp_path: Path
) -> None:
    """`serve` of the same file, asked by our client (C2SP tlog-witness): growing, unknown sizes, a fork."""
    fill(session, config)
    log_key = str(keys.signer(session, config).verifier)
    watching = witness.Witness((tmp_path / "one.key").read_text(), log_key, tmp_path / "one.state")
    with running(witness.server(watching, 0)) as address:
        listed = witnessing.add_witness(
            session, operator, key=watching.public_line, run_by="Demo", address=address, now=NOON
        )
        assert witnessing.offer(session, now=NOON) == 1
        assert witnessing.offer(session, now=NOON) == 0, "it has signed this one"
        fill(session, config, 300)
        assert witnessing.offer(session, now=NOON) == 1
        head = service.head(session)
        assert head is not None
        assert service.note_of(session, head).count("witness.example/one") == 1
        # A witness that we think of as new: it says at which size it is, and is asked from there.
        witnessing.end_witness(session, operator, listed.id, now=NOON)
        session.flush()
        witnessing.add_witness(
            session, operator, key=watching.public_line, run_by="Demo", address=address, now=NOON
        )
        fill(session, config, 5)
        assert witnessing.offer(session, now=NOON) == 1
        # A fork: the witness has signed another tree of ours.
        fork = Log()
        before = (tmp_path / "one.state").read_text()
        (tmp_path / "one.state").write_text(_forked(before, fork, session, config))
        fill(session, config, 5)
        assert witnessing.offer(session, now=NOON) == 0
        newest = service.head(session)
        assert newest is not None
        assert service.cosigned(session, newest) == []


def _forked(note: str, fork: Log, session: Session, config: Settings) -> str:
    """A checkpoint of the same size, signed by our key, over other entries."""
    size = Checkpoint.read(Note.read(note).text).size
    chance = Random(3)
    fork.add(*(held(index, chance) for index in range(size)))
    signer = keys.signer(session, config)
    return str(sign(Checkpoint(signer.name, size, fork.root()).text, [signer]))


def test_a_witness_that_does_not_answer_is_asked_again_later(
    session: Session, config: Settings, operator: Actor, command: Command, tmp_path: Path
) -> None:
    fill(session, config)
    watching = witness.Witness((tmp_path / "one.key").read_text(), LOG_KEY, tmp_path / "one.state")
    with running(witness.server(watching, 0)) as address:
        pass
    witnessing.add_witness(
        session, operator, key=watching.public_line, run_by="Demo", address=address, now=NOON
    )
    assert witnessing.offer(session, now=NOON) == 0
    watching = witness.Witness((tmp_path / "one.key").read_text(), LOG_KEY, tmp_path / "one.state")
    with running(witness.server(watching, int(address.rpartition(":")[2]))):
        assert witnessing.offer(session, now=NOON) == 0, "it watches another log: 404"


def _posts(address: str, body: bytes, path: str = "/add-checkpoint") -> tuple[int, bytes]:
    reply = httpx.post(address + path, content=body)
    return reply.status_code, reply.content


def test_a_waiting_witness_answers_as_the_protocol_says(
    served: Served, command: Command, tmp_path: Path
) -> None:
    served.grow(5)
    five = served.log.heads[-1]
    served.grow(9)
    nine = served.log.heads[-1]
    proof = "".join(
        base64.b64encode(each).decode() + "\n" for each in witness.proof_of(5, 0, 9, served.log.node)
    )
    watching = witness.Witness((tmp_path / "one.key").read_text(), LOG_KEY, tmp_path / "one.state")
    other = five.replace("log.example", "lag.example")
    forged = five.replace("\n5\n", "\n6\n", 1)
    with running(witness.server(watching, 0)) as address:
        for body, status in (
            ("nonsense", 400),
            (f"old x\n\n{five}", 400),
            (f"old 0\n\n{other}", 404),
            (f"old 0\n\n{forged}", 403),
            (f"old 6\n\n{five}", 400),
            (f"old 3\n\n{five}", 409),
            (f"old 0\n\n{five}", 200),
            (f"old 0\n\n{nine}", 409),
            (f"old 5\n\n{nine}", 422),
            (f"old 5\n{proof}{'A' * 43}=\n\n{nine}", 422),
            (f"old 5\n{proof}\n{nine}", 200),
            (f"old 9\n\n{nine}", 200),
        ):
            got, said = _posts(address, body.encode())
            assert got == status, body
            if status == 409:
                assert said in {b"0\n", b"5\n"}
        assert _posts(address, b"", "/other")[0] == 404


def test_a_witness_follows_this_application(
    session: Session,
    config: Settings,
    clock: FixedClock,
    command: Command,
    tmp_path: Path,
    client: TestClient,
    operator: Actor,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The same file against our own routes: only its network is replaced by the test's client."""
    fill(session, config)
    log_key = str(keys.signer(session, config).verifier)
    watching = witness.Witness((tmp_path / "one.key").read_text(), log_key, tmp_path / "one.state")
    witnessing.add_witness(session, operator, key=watching.public_line, run_by="Demo", address="", now=NOON)
    session.commit()

    def fetch(address: str, body: bytes | None = None) -> bytes:
        path = address.removeprefix("http://log")
        reply = (
            client.get(path)
            if body is None
            else client.post(path, content=body, headers={"content-type": "application/json"})
        )
        assert reply.status_code == 200, reply.text
        return reply.content

    monkeypatch.setattr(witness, "fetch", fetch)
    for count in (0, 270, 3):
        fill(session, config, count)
        session.commit()
        witness.follow(watching, "http://log", int(clock.now.timestamp()))
        head = service.head(session)
        assert head is not None
        assert [each.run_by for each, _ in service.cosigned(session, head)] == ["Demo"]
    assert signing.waiting(session) is False
    assert service.entries_about(session, ABOUT)

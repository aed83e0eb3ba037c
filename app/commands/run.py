"""`fairhaul run`: everything on one machine, in one terminal."""

import errno
import gc
import http.client
import importlib
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Annotated, Any, Final, Self

import typer

if TYPE_CHECKING:
    from app.embedded import Server
    from app.settings import Settings

LIFELINE: Final = "FAIRHAUL_LIFELINE"
FIRST_PAUSE, LONGEST_PAUSE = 0.5, 30.0
STEADY_SECONDS = 30.0  # who has run for so long is trusted again
STOP_SECONDS = 15.0
READY_SECONDS = 60.0
LOG_BYTES = 10 * 1024 * 1024
UNREADY_DEATHS = 3


class Stopped(BaseException):
    """Ctrl-C or SIGTERM arrived. Not an Exception: no step may take it for a failure of its own."""


class Failed(Exception):  # noqa: N818 - said to a person
    """The start failed; the message says why and what to do."""


def run(
    port: Annotated[int | None, typer.Option(help="Port; default PORT or 8000")] = None,
    host: Annotated[str | None, typer.Option(help="Address to listen on; default HOST or 127.0.0.1")] = None,
    data: Annotated[Path | None, typer.Option(help="Data folder; default DATA or ./data")] = None,
    demo: Annotated[bool | None, typer.Option(help="Load demo organisations; default DEMO or no")] = None,
) -> None:
    """Start all of Fairhaul: database, migrations, demo data, web and worker. Ctrl-C stops all of it.

    With DATABASE_URL set it uses that PostgreSQL (15 to 18), else one of its own in the data folder.

    Example: `fairhaul run --demo --port 8000`
    """
    chosen = {"PORT": port, "HOST": host, "DATA": data, "DEMO": None if demo is None else int(demo)}
    os.environ.update({name: str(value) for name, value in chosen.items() if value is not None})
    try:
        with Signals() as signals:
            _run(signals)
    except Failed as failure:
        typer.echo(str(failure), err=True)
        raise typer.Exit(1) from failure


def child() -> None:
    """Entry of the processes that `run` starts: they load while the database does, and end when `run` does.

    Each inherits the reading end of a pipe that only `run` holds the other end of. A line through it, the
    database's address, says go; its end says that `run` is gone, even by kill -9.
    """
    lifeline = int(os.environ.pop(LIFELINE))
    # Loading makes millions of objects that stay: to look among them for rubbish takes a sixth of it.
    gc.disable()
    importlib.import_module({"serve": "app.main", "worker": "app.worker"}[sys.argv[-1]])
    gc.freeze()
    gc.enable()
    told = b""
    while not told.endswith(b"\n"):
        part = os.read(lifeline, 4096)
        if not part:
            os._exit(1)
        told += part
    os.environ["DATABASE_URL"] = told.decode().strip()

    def watch() -> None:
        os.read(lifeline, 1)
        os._exit(1)

    threading.Thread(target=watch, daemon=True, name="lifeline").start()
    from app.cli import main

    main()


class Signals:
    """Ctrl-C, SIGTERM and a closed terminal. Raised as Stopped inside `interruptible`, else remembered."""

    def __init__(self) -> None:
        self.count = 0
        self._raises = False
        self._before: dict[signal.Signals, Any] = {}
        self._reader, self._writer = os.pipe()
        os.set_blocking(self._reader, False)
        os.set_blocking(self._writer, False)

    def __enter__(self) -> Self:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            # nohup has it ignored, and means it.
            if number != signal.SIGHUP or signal.getsignal(number) != signal.SIG_IGN:
                self._before[number] = signal.signal(number, self._stop)
        # A child's end only has to wake `wait`.
        self._before[signal.SIGCHLD] = signal.signal(signal.SIGCHLD, lambda _number, _frame: None)
        signal.set_wakeup_fd(self._writer, warn_on_full_buffer=False)
        return self

    def __exit__(self, *_: object) -> None:
        signal.set_wakeup_fd(-1)
        for number, handler in self._before.items():
            signal.signal(number, handler)
        os.close(self._reader)
        os.close(self._writer)

    def _stop(self, _number: int, _frame: FrameType | None) -> None:
        self.count += 1
        if self._raises:
            raise Stopped

    @contextmanager
    def interruptible(self) -> Iterator[None]:
        """Let a signal break off what runs inside."""
        if self.count:
            raise Stopped
        self._raises = True
        try:
            yield
        finally:
            self._raises = False

    def wait(self, seconds: float) -> None:
        """Until a signal arrives, a child ends, or `seconds` have passed."""
        import select

        select.select([self._reader], [], [], max(0.0, seconds))
        with suppress(BlockingIOError):
            os.read(self._reader, 4096)


@dataclass
class Child:
    """A process that is started again when it ends; after each early end it waits twice as long."""

    name: str
    command: Sequence[str]
    log: Path
    say: Callable[[str, str], None]
    process: subprocess.Popen[bytes] | None = None
    deaths: int = 0
    _lifeline: int = -1
    _pause: float = FIRST_PAUSE
    _due: float = 0.0
    _since: float = 0.0

    def tend(self, database: str) -> None:
        """Start it when it is due; notice when it has ended."""
        now = time.monotonic()
        if self.process is None:
            if now >= self._due:
                self.start()
                self.go(database)
        elif self.process.poll() is not None:
            self.deaths += 1
            self._pause = FIRST_PAUSE if now - self._since > STEADY_SECONDS else self._pause
            how = _ending(self.process.returncode)
            self.say(self.name, f"{how}; starting it again in {self._pause:g} s (log: {self.log})")
            self._due, self._pause = now + self._pause, min(self._pause * 2, LONGEST_PAUSE)
            self._close()

    def start(self) -> None:
        """Let it load; it waits then for `go`."""
        if self.log.exists() and self.log.stat().st_size > LOG_BYTES:
            self.log.replace(self.log.with_suffix(".log.1"))
        reader, self._lifeline = os.pipe()
        with self.log.open("ab") as output:
            # A session of its own: the terminal's Ctrl-C reaches `run` alone, which stops all in order.
            self.process = subprocess.Popen(  # noqa: S603 - our own command
                self.command,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                env={**os.environ, "PYTHONUNBUFFERED": "1", LIFELINE: str(reader)},
                pass_fds=(reader,),
                start_new_session=True,
            )
        os.close(reader)
        self._since = time.monotonic()

    def go(self, database: str) -> None:
        """Tell it where the database is, for which it waits."""
        with suppress(BrokenPipeError):  # it has ended; `tend` will see that
            os.write(self._lifeline, f"{database}\n".encode())

    def stop(self, signals: Signals) -> None:
        """Ask it to end; make it end after STOP_SECONDS, or at a second Ctrl-C."""
        if self.process is None:
            return
        deadline, asked = time.monotonic() + STOP_SECONDS, signals.count
        self.process.terminate()
        while self.process.poll() is None and time.monotonic() < deadline and signals.count == asked:
            signals.wait(min(0.5, deadline - time.monotonic()))
        with suppress(ProcessLookupError):  # what it started itself ends with it
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        self._close()

    def _close(self) -> None:
        self.process = None
        os.close(self._lifeline)

    def last_lines(self) -> str:
        """The end of its log, where the reason usually is."""
        text = self.log.read_text(encoding="utf-8", errors="replace") if self.log.exists() else ""
        return "\n".join(text.rstrip().splitlines()[-12:])


def _run(signals: Signals) -> None:
    from pydantic import ValidationError

    from app.settings import settings

    settings.cache_clear()
    try:
        config = settings()
    except ValidationError as error:
        faults = "\n".join(f"  {setting_named(each['loc'])}: {each['msg']}" for each in error.errors())
        raise Failed(f"Fairhaul cannot start with these settings:\n{faults}") from error
    _check_port(config.host, config.port)
    folder = _make_folder(config.data)
    os.environ["DATA"] = str(folder)
    server: Server | None = None
    web, worker = _child(folder, "Web", "serve"), _child(folder, "Worker", "worker")
    try:
        web.start()  # loads while the database does
        if config.database_url:
            _say("Database", "the one that DATABASE_URL names")
        else:
            server = _start_database(config.data)
            os.environ["DATABASE_URL"] = server.url
        settings.cache_clear()
        with signals.interruptible():
            _prepare(settings())
        _supervise(web, worker, server, signals, settings())
    except Stopped:
        pass
    finally:
        running = [each for each in (web, worker) if each.process]
        names = [each.name.lower() for each in running] + ["database"] * bool(server)
        if names:
            _say("Stopping", ", ".join(names))
        for each in running:
            each.stop(signals)
        if server and not server.stop():
            _say("Database", "left running: another process uses it")


def setting_named(where: tuple[int | str, ...]) -> str:
    """The environment variable that pydantic's `loc` speaks of."""
    return "_".join(map(str, where)).upper() or "Settings"


def _say(what: str, how: str) -> None:
    with suppress(OSError):  # a closed terminal must not keep the rest from being stopped
        typer.echo(f"{what + ':' if what else '':<12}{how}")
        sys.stdout.flush()


def _check_port(host: str, port: int) -> None:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # The web process of a run that was killed a moment ago may be about to go.
    for last in (False, False, True):
        try:
            socket.create_server((host, port), family=family).close()
        except OSError as error:
            if not last:
                time.sleep(0.3)
                continue
            why = (
                "is taken by another program"
                if error.errno == errno.EADDRINUSE
                else f"cannot be had ({error.strerror})"
            )
            raise Failed(f"Port {port} on {host} {why}. Choose another: make run PORT={port + 1}") from error
        else:
            return


def _make_folder(data: Path) -> Path:
    folder = data.resolve()
    try:
        (folder / "logs").mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise Failed(
            f"The data folder {folder} cannot be made: {error.strerror}. Choose another with DATA="
        ) from error
    return folder


def _start_database(data: Path) -> "Server":
    from app.embedded import ensure_running
    from app.embedded_place import EmbeddedError

    _say("Database", f"starting PostgreSQL in {data / 'database'}")
    try:
        return ensure_running(data, say=lambda line: _say("", line))
    except EmbeddedError as error:
        raise Failed(f"The database does not start: {error}") from error


def _prepare(config: "Settings") -> None:
    """What has to be done before the first request: tables, demo data, a place for files."""
    from sqlalchemy.exc import OperationalError

    from app.commands import database, demonstration
    from app.db import database_url
    from app.files import open_store

    _say("Migrations", "bringing the tables to this version")
    try:
        database.upgrade(database_url(config))
        if config.demo:
            _say("Demo data", "loading what is missing")
            demonstration.fill(config, say=lambda words: _say("", words))
    except OperationalError as error:
        reason = str(error.orig).strip().splitlines()[0]
        raise Failed(f"The database does not answer: {reason}\nCheck DATABASE_URL.") from error
    where = config.storage_url or str(config.data / "evidence")
    _say("Storage", f"files go to {where}")
    try:
        open_store(config)
    except (OSError, ValueError) as error:
        raise Failed(f"Files cannot be kept in {where}: {error}") from error


def _child(folder: Path, name: str, command: str) -> Child:
    program = [sys.executable, "-c", "from app.commands.run import child; child()", command]
    return Child(name, program, folder / "logs" / f"{name.lower()}.log", _say)


def _supervise(
    web: Child, worker: Child, server: "Server | None", signals: Signals, config: "Settings"
) -> None:
    """Keep everything running until a signal comes; say the address once the web answers."""
    database = config.database_url or ""
    _say("Web", f"starting on port {config.port}, log in {web.log}")
    web.go(database)
    began, ready = time.monotonic(), False
    while not signals.count:
        if server:
            _tend_database(server)
        web.tend(database)
        if ready:
            worker.tend(database)
        elif _answers(config.host, config.port):
            ready = True
            _say("Worker", f"starting, log in {worker.log}")
            worker.tend(database)
            _announce(config)
        elif web.deaths >= UNREADY_DEATHS or time.monotonic() - began > READY_SECONDS:
            raise Failed(f"The web process does not answer. Its log ends:\n{web.last_lines()}")
        signals.wait(0.5 if ready else 0.05)


def _tend_database(server: "Server") -> None:
    from app.embedded_place import EmbeddedError

    if server.pid is None:
        _say("Database", "has died; starting it again")
        try:
            server.revive(lambda line: _say("", line))
        except EmbeddedError as error:
            raise Failed(f"The database does not come back: {error}") from error


def _announce(config: "Settings") -> None:
    shown = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(config.host, config.host)  # noqa: S104 - not listened on here
    typer.echo(f"Fairhaul is ready: {config.base_url or f'http://{shown}:{config.port}'}")
    sys.stdout.flush()


def _answers(host: str, port: int) -> bool:
    """Whether a web server replies there, with whatever status."""
    near = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104 - not listened on here
    connection = http.client.HTTPConnection(near, port, timeout=5)
    try:
        connection.request("GET", "/health")
        connection.getresponse().read()
    except OSError:
        return False
    else:
        return True
    finally:
        connection.close()


def _ending(code: int) -> str:
    if code < 0:
        return f"was killed by {signal.Signals(-code).name}"
    return f"ended with code {code}"

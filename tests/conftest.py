"""One embedded server a run, one migrated database a worker, one rolled-back transaction a test."""

import fcntl
import os
import re
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from anyio.from_thread import BlockingPortal, start_blocking_portal
from fastapi import FastAPI
from fastapi.testclient import TestClient
from hypothesis import HealthCheck, settings
from sqlalchemy import Engine, text
from sqlalchemy.orm import Session, sessionmaker
from xdist.scheduler import LoadGroupScheduling  # type: ignore[import-untyped]

from app import jobs
from app.commands.database import upgrade
from app.db import Sessions, make_engine, make_sessions
from app.embedded import Server, create_database, ensure_running
from app.files import open_store
from app.main import create_app
from app.settings import Settings
from tests.app.making import Making
from tests.journeys.running import running

__all__ = ["running"]  # one for browsers and journeys: a fixture is made anew by each file that imports it

# How long an example takes says how busy the machine is, not whether the code is right.
settings.register_profile("quick", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile(
    "thorough", deadline=None, suppress_health_check=[HealthCheck.too_slow], max_examples=10_000
)
settings.load_profile("quick")

NOON = datetime(2026, 1, 5, 12, tzinfo=UTC)


class FixedClock:
    """A clock that tests set."""

    def __init__(self, now: datetime) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now


ONE_WORKER = {
    "tests/browser/": "server",
    "tests/journeys/": "server",
    "tests/app/test_hostile_input": "doors",
}
"""Tests that share what takes long to make: a server with the demo, the keys of every door."""


class Grouped(LoadGroupScheduling):  # type: ignore[misc]
    """Keeps together, when a run has several workers, what would else be made by each of them.

    By paths, as its own marks are lost: pytest-xdist 3.8 writes them where pytest 9.2 no longer reads.
    """

    def _split_scope(self, nodeid: str) -> str:
        return next((group for path, group in ONE_WORKER.items() if nodeid.startswith(path)), nodeid)


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Grouped:
    return Grouped(config, log)


@pytest.fixture(scope="session")
def shared(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Path:
    """A folder for all workers of a run."""
    folder = tmp_path_factory.getbasetemp()
    return folder.parent if worker_id != "master" else folder


@contextmanager
def once(folder: Path, name: str) -> Iterator[bool]:
    """True for the first worker of a run that comes; the others wait until it has left."""
    with (folder / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        made = folder / f"{name}.made"
        yield not made.exists()
        made.touch()


PLENTY = 8 << 30
"""Bytes of memory that are free where the databases are kept in it: a run writes up to half of that."""


@pytest.fixture(scope="session")
def server(shared: Path) -> Iterator[Server]:
    """One server for all workers of a run: the launcher lets them share it."""
    with once(shared, "place") as first:
        if first:
            (shared / "place").write_text(str(in_memory() or shared))
    place = Path((shared / "place").read_text())
    running = ensure_running(place / "postgres", durable=False)
    yield running
    if running.remove() and place != shared:
        shutil.rmtree(place)


def in_memory() -> Path | None:
    """A new folder in memory, where there is plenty: some disks take seconds to delete a database."""
    memory, told = Path("/dev/shm"), Path("/proc/meminfo")
    if not (told.exists() and os.access(memory, os.W_OK)):
        return None
    available = re.search(r"MemAvailable: +(\d+) kB", told.read_text())
    if not available or min(int(available[1]) << 10, shutil.disk_usage(memory).free) < PLENTY:
        return None
    made = Path(tempfile.mkdtemp(prefix="fairhaul-", dir=memory))
    made.chmod(0o711)  # the server's user passes through
    return made


@pytest.fixture(scope="session")
def migrated(server: Server, shared: Path) -> str:
    """Name of a database with the whole schema and no rows, to be copied; nobody stays connected to it."""
    name = "migrated"
    with once(shared, name) as first:
        if first:
            upgrade(create_database(server, name))
    return name


@pytest.fixture(scope="session")
def database(server: Server, worker_id: str, migrated: str) -> str:
    """URL of a database with the whole schema and no rows. It goes with the server."""
    return create_database(server, f"test_{worker_id}", migrated)


@pytest.fixture(scope="session")
def engine(database: str) -> Iterator[Engine]:
    made = make_engine(database)
    yield made
    made.dispose()


@pytest.fixture
def sessions(engine: Engine) -> Iterator[Sessions]:
    """Sessions that all live in one transaction, which is undone after the test: a commit is a savepoint."""
    with engine.connect() as connection:
        outer = connection.begin()
        yield sessionmaker(connection, expire_on_commit=False, join_transaction_mode="create_savepoint")
        outer.rollback()


@pytest.fixture
def session(sessions: Sessions) -> Iterator[Session]:
    with sessions() as made:
        yield made


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(NOON)


@pytest.fixture
def config(tmp_path: Path) -> Settings:
    return Settings(data=tmp_path, demo=False)


@pytest.fixture(scope="session")
def one_app(engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> FastAPI:
    """One application for all tests of a worker: its first request takes most of a second."""
    return create_app(Settings(data=tmp_path_factory.mktemp("app"), demo=False), make_sessions(engine))


@pytest.fixture
def app(one_app: FastAPI, config: Settings, sessions: Sessions, clock: FixedClock) -> Iterator[FastAPI]:
    made, state = one_app, one_app.state
    state.pace = None  # nobody has asked for anything yet
    state.settings, state.sessions, state.clock, state.store = config, sessions, clock, open_store(config)
    jobs.around.sessions, jobs.around.settings, jobs.around.clock = sessions, config, clock
    yield made
    jobs.around.sessions = jobs.around.settings = None


@pytest.fixture(scope="session")
def portal() -> Iterator[BlockingPortal]:
    """One loop for all browsers of a worker: each request began one of its own, and threads for it."""
    with start_blocking_portal() as made:
        yield made


Browser = Callable[[], TestClient]


@pytest.fixture
def new_browser(app: FastAPI, portal: BlockingPortal) -> Browser:
    def make() -> TestClient:
        browser = TestClient(app, base_url="http://127.0.0.1:8000", follow_redirects=False)
        browser.portal = portal
        return browser

    return make


@pytest.fixture
def client(new_browser: Browser) -> TestClient:
    """A browser that nobody has signed in with."""
    return new_browser()


@pytest.fixture
def make(session: Session, clock: FixedClock) -> Making:
    """Makes organisations, people and what else a test starts from."""
    return Making(session, clock)


SignIn = Callable[[UUID], TestClient]


@pytest.fixture
def as_person(new_browser: Browser, session: Session, clock: FixedClock) -> Callable[[UUID], TestClient]:
    """`as_person(person.id)`: a browser that is signed in as that person (of its first organisation)."""
    from app.identity import COOKIE
    from app.organisations import service

    def sign_in(person_id: UUID) -> TestClient:
        secret = service.start_session(session, person_id, now=clock.now)
        session.commit()
        browser = new_browser()
        browser.cookies.set(COOKIE, secret)
        return browser

    return sign_in


@pytest.fixture
def run_jobs(app: FastAPI, sessions: Sessions) -> Callable[[], list[str]]:
    """Runs the jobs that wait, and those that they ask for, in order; gives their names."""

    def run() -> list[str]:
        done: list[str] = []
        while True:
            with sessions.begin() as session:
                row = session.execute(
                    text(
                        "SELECT id, task_name, args FROM procrastinate_jobs WHERE status = 'todo' "
                        "AND (scheduled_at IS NULL OR scheduled_at <= :now) ORDER BY id LIMIT 1",
                    ),
                    {"now": jobs.around.clock()},
                ).one_or_none()
                if row is None:
                    return done
                session.execute(
                    text("UPDATE procrastinate_jobs SET status = 'doing' WHERE id = :id"), {"id": row.id}
                )
            jobs.queue.tasks[row.task_name].func(**row.args)
            with sessions.begin() as session:
                session.execute(
                    text("UPDATE procrastinate_jobs SET status = 'succeeded' WHERE id = :id"), {"id": row.id}
                )
            done.append(row.task_name)

    return run

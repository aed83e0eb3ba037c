"""One embedded server a run, one migrated database a worker, one rolled-back transaction a test."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from hypothesis import HealthCheck, settings
from sqlalchemy import Engine, text
from sqlalchemy.orm import Session, sessionmaker

from app import jobs
from app.commands.database import upgrade
from app.db import Sessions, make_engine, make_sessions
from app.embedded import Server, create_database, drop_database, ensure_running
from app.files import open_store
from app.main import create_app
from app.settings import Settings
from tests.app.making import Making

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


@pytest.hookimpl(tryfirst=True)  # xdist reads the marks in the same hook
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Keep together, when a run has several workers, what would else be made by each of them."""
    for item in items:
        for path, group in ONE_WORKER.items():
            if item.nodeid.startswith(path):
                item.add_marker(pytest.mark.xdist_group(group))


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Iterator[Server]:
    """One server for all workers of a run: the launcher lets them share it."""
    folder = tmp_path_factory.getbasetemp()
    running = ensure_running((folder.parent if worker_id != "master" else folder) / "postgres", durable=False)
    yield running
    running.remove()


@pytest.fixture(scope="session")
def database(server: Server, worker_id: str) -> Iterator[str]:
    """URL of a database with the whole schema and no rows."""
    name = f"test_{worker_id}"
    drop_database(server, name)
    url = create_database(server, name)
    upgrade(url)
    yield url
    drop_database(server, name)


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


@pytest.fixture
def client(app: FastAPI) -> Iterator[TestClient]:
    """A browser that nobody has signed in with."""
    with TestClient(app, base_url="http://127.0.0.1:8000", follow_redirects=False) as browser:
        yield browser


@pytest.fixture
def make(session: Session, clock: FixedClock) -> Making:
    """Makes organisations, people and what else a test starts from."""
    return Making(session, clock)


SignIn = Callable[[UUID], TestClient]


@pytest.fixture
def as_person(app: FastAPI, session: Session, clock: FixedClock) -> Callable[[UUID], TestClient]:
    """`as_person(person.id)`: a browser that is signed in as that person (of its first organisation)."""
    from app.identity import COOKIE
    from app.organisations import service

    def sign_in(person_id: UUID) -> TestClient:
        secret = service.start_session(session, person_id, now=clock.now)
        session.commit()
        browser = TestClient(app, base_url="http://127.0.0.1:8000", follow_redirects=False)
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

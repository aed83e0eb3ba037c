"""The demo as a world to attack: loaded once a run into a database of its own, put back after each test."""

import asyncio
from collections.abc import Coroutine, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from fastapi import FastAPI
from httpx2 import ASGITransport, AsyncClient, Response
from sqlalchemy import Connection, Engine, select
from sqlalchemy.orm import Session, sessionmaker

from app import jobs
from app.db import Sessions, make_engine, make_sessions
from app.demo import cast, story
from app.embedded import Server, create_database
from app.identity import COOKIE, acting
from app.main import create_app
from app.organisations import service as organisations
from app.organisations.models import Membership, Person
from app.permissions import Actor
from app.settings import Settings
from tests.conftest import FixedClock, once

# The demo looks 400 days back, and its standard must be in force then.
TODAY = datetime(2027, 1, 5, 12, tzinfo=UTC)
ADDRESS = "http://127.0.0.1:8000"


class Visitor:
    """A browser that carries nothing from one request to the next, on one loop: a matrix of thousands of
    requests takes half the time that it takes through a thread each.
    """

    def __init__(self, app: FastAPI) -> None:
        self.loop = asyncio.new_event_loop()
        self.browser = AsyncClient(
            transport=ASGITransport(app, raise_app_exceptions=False), base_url=ADDRESS, follow_redirects=False
        )
        # One task for all requests: the threads that work for a task end with it.
        self.asked: asyncio.Queue[tuple[Coroutine[Any, Any, Response], asyncio.Future[Response]]]
        self.asked = asyncio.Queue()
        self.task = self.loop.create_task(self.answer())

    async def answer(self) -> None:
        while True:
            request, reply = await self.asked.get()
            try:
                reply.set_result(await request)
            except Exception as fault:  # noqa: BLE001 - told to who asked
                reply.set_exception(fault)

    def request(self, method: str, address: str, **what: Any) -> Response:
        """The reply; a fault of the application is its 500."""
        self.browser.cookies.clear()
        reply: asyncio.Future[Response] = self.loop.create_future()
        self.asked.put_nowait((self.browser.request(method, address, **what), reply))
        return self.loop.run_until_complete(reply)

    def get(self, address: str, **what: Any) -> Response:
        return self.request("GET", address, **what)

    def post(self, address: str, **what: Any) -> Response:
        return self.request("POST", address, **what)

    def close(self) -> None:
        self.task.cancel()
        self.loop.run_until_complete(asyncio.wait([self.task]))
        self.loop.run_until_complete(self.browser.aclose())
        self.loop.run_until_complete(self.loop.shutdown_default_executor())
        self.loop.close()


@dataclass
class World:
    """The demo, and everybody in it; what a test does to it is undone."""

    app: FastAPI
    sessions: Sessions
    session: Session
    clock: FixedClock
    visitor: Visitor
    connection: Connection

    @contextmanager
    def undone(self) -> Iterator[None]:
        """What is done inside is undone."""
        with self.connection.begin_nested() as point:
            yield
            point.rollback()
        self.session.expire_all()

    def person(self, account: str) -> UUID:
        return self.session.scalars(select(Person.id).filter_by(email=cast.address(account))).one()

    def actor(self, person: UUID) -> Actor:
        organisation = self.session.scalars(select(Membership.organisation_id).filter_by(person_id=person))
        found = acting(self.session, person, organisation.first() or person)
        assert found is not None
        return found

    def cookie(self, person: UUID) -> dict[str, str]:
        """Headers of a browser that is signed in as that person."""
        secret = organisations.start_session(self.session, person, now=self.clock.now)
        self.session.commit()
        return {"cookie": f"{COOKIE}={secret}"}

    def token(self, person: UUID, *scopes: str, revoked: bool = False) -> dict[str, str]:
        """Headers of a program that acts for that person."""
        made, secret = organisations.make_token(
            self.session,
            person_id=person,
            organisation_id=self.actor(person).organisation_id,
            scopes=scopes,
            lifetime=timedelta(days=1),
            now=self.clock.now,
        )
        made.revoked_at = self.clock.now if revoked else None
        self.session.commit()
        return {"authorization": f"Bearer {secret}"}


@pytest.fixture(scope="session")
def demo_data(shared: Path) -> Path:
    """Evidence and papers of the demo, for all workers of a run."""
    folder = shared / "demo"
    folder.mkdir(exist_ok=True)
    return folder


@pytest.fixture(scope="session")
def demo_template(server: Server, shared: Path, demo_data: Path, migrated: str) -> str:
    """Name of a database with the demo in it, to be copied; nobody stays connected to it.

    The first worker that wants it makes it, the others wait. It goes with the server.
    """
    name = "demo_template"
    with once(shared, name) as first:
        if first:
            engine = make_engine(create_database(server, name, migrated))
            assert story.load(make_sessions(engine), Settings(data=demo_data, demo=False), now=TODAY)
            engine.dispose()
    return name


@pytest.fixture(scope="session")
def demo_engine(server: Server, worker_id: str, demo_template: str) -> Iterator[Engine]:
    """The database whose changes are undone after each test. It goes with the server."""
    engine = make_engine(create_database(server, f"demo_{worker_id}", demo_template))
    yield engine
    engine.dispose()


@pytest.fixture(scope="session")
def demo_app(demo_engine: Engine, demo_data: Path) -> FastAPI:
    """One application for all these tests: to make it takes a second."""
    return create_app(Settings(data=demo_data, demo=False), make_sessions(demo_engine))


@contextmanager
def entered(engine: Engine, app: FastAPI, *, keep: bool = False) -> Iterator[World]:
    """The world in one transaction; undone at the end, or kept."""
    clock = FixedClock(TODAY)
    with engine.connect() as connection:
        outer = connection.begin()
        sessions = sessionmaker(connection, expire_on_commit=False, join_transaction_mode="create_savepoint")
        app.state.sessions, app.state.clock = sessions, clock
        jobs.around.sessions, jobs.around.settings = sessions, app.state.settings
        jobs.around.clock = clock
        with sessions() as session, closing(Visitor(app)) as visitor:
            yield World(app, sessions, session, clock, visitor, connection)
        jobs.around.sessions = jobs.around.settings = None
        if keep:
            outer.commit()
        else:
            outer.rollback()


@pytest.fixture
def world(demo_engine: Engine, demo_app: FastAPI) -> Iterator[World]:
    with entered(demo_engine, demo_app) as made:
        yield made

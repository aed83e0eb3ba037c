"""The same request twice at the same time, on real connections: it happens once."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlalchemy import func, select, text

from app.db import Sessions, make_engine, make_sessions
from app.embedded import Server, create_database, drop_database
from app.main import create_app
from app.organisations.models import Organisation, Person
from app.settings import Settings
from tests.app.making import PASSWORD
from tests.conftest import FixedClock

AT_ONCE = 8
SIGN_UP = {
    "kind": "buyer",
    "organisation": "Test shop",
    "country": "NL",
    "person": "Test Person",
    "email": "shop@example.org",
    "password": PASSWORD,
}


@pytest.fixture
def own(server: Server, worker_id: str, migrated: str) -> Iterator[Sessions]:
    """Sessions on a database of this test's own: each a connection, each commit a commit."""
    name = f"repeats_{worker_id}"
    drop_database(server, name)
    url = create_database(server, name, migrated)
    engine = make_engine(url, pool_size=AT_ONCE + 2)
    yield make_sessions(engine)
    engine.dispose()
    drop_database(server, name)


def at_once(app: FastAPI, headers: dict[str, str]) -> list[int]:
    barrier = Barrier(AT_ONCE)

    def post(_number: int) -> int:
        with TestClient(app) as client:
            barrier.wait()
            return client.post("/api/accounts", json=SIGN_UP, headers=headers).status_code

    with ThreadPoolExecutor(AT_ONCE) as pool:
        return sorted(pool.map(post, range(AT_ONCE)))


def test_one_of_many_equal_requests_does_the_work(own: Sessions, config: Settings, clock: FixedClock) -> None:
    statuses = at_once(create_app(config, own, clock), {"idempotency-key": "the same"})
    assert statuses == [201] + [409] * (AT_ONCE - 1)
    with own() as session:
        assert session.scalar(select(func.count()).select_from(Organisation)) == 1


def test_without_the_key_the_address_still_has_one_account(
    own: Sessions, config: Settings, clock: FixedClock
) -> None:
    """The control: here the database's own constraint is what holds."""
    statuses = at_once(create_app(config, own, clock), {})
    assert statuses.count(201) == 1
    assert all(400 <= status < 500 for status in statuses if status != 201)
    with own() as session:
        assert session.scalar(select(func.count()).select_from(Person)) == 1
        assert session.scalar(text("SELECT count(*) FROM organisation")) == 1

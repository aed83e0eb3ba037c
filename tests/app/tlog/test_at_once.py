"""Many events at once: each is entered, none waits for another, and the order has no gap."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from uuid import uuid4

import pytest
from sqlalchemy import Engine, select, text

from app.db import make_engine, make_sessions
from app.embedded import Server, create_database, drop_database
from app.settings import Settings
from app.tlog import checking, keys, service, signing
from app.tlog.models import LogEntry
from tests.conftest import NOON

WRITERS, EACH = 6, 10


@pytest.fixture(scope="module")
def own(server: Server, worker_id: str, migrated: str) -> Iterator[Engine]:
    """A database of its own: these transactions commit."""
    name = f"log_{worker_id}"
    drop_database(server, name)
    url = create_database(server, name, migrated)
    engine = make_engine(url, pool_size=WRITERS + 2)
    yield engine
    engine.dispose()
    drop_database(server, name)


def test_events_and_signers_at_once_leave_no_gap(own: Engine, tmp_path: Path) -> None:
    sessions, config = make_sessions(own), Settings(data=tmp_path)
    about = service.Subject("test", uuid4())
    done = threading.Event()

    def write(writer: int) -> None:
        for number in range(EACH):
            with sessions() as session:
                service.append(session, "test.many", about, {"writer": writer, "n": number}, now=NOON)
                if number % 5 == 4:
                    session.rollback()  # an event that came to nothing leaves no trace
                else:
                    session.commit()

    def sign() -> int:
        signed = 0
        while not done.is_set():
            with sessions.begin() as session:
                signed += signing.sign_head(session, config, now=NOON) is not None
        return signed

    with ThreadPoolExecutor(WRITERS + 2) as pool:
        signers = [pool.submit(sign) for _ in range(2)]
        for writer in [pool.submit(write, each) for each in range(WRITERS)]:
            writer.result()
        done.set()
        assert sum(each.result() for each in signers) > 0
    with sessions.begin() as session:
        assert signing.sign_head(session, config, now=NOON) is not None
        report = checking.examine(session, keys.signer(session, config).verifier)
        entered = session.scalars(select(LogEntry.index).where(LogEntry.kind == "test.many")).all()
        places = session.scalars(select(LogEntry.index).order_by(LogEntry.index)).all()
    assert report.faults == []
    assert len(entered) == WRITERS * EACH * 4 // 5
    assert places == list(range(report.size))


def test_an_event_does_not_wait_for_one_that_is_not_done(own: Engine) -> None:
    """Two transactions that both entered something: the second commits while the first is still open."""
    sessions, about = make_sessions(own), service.Subject("test", uuid4())
    with sessions() as slow:
        service.append(slow, "test.done", about, {"first": True}, now=NOON)
        with sessions.begin() as quick:
            quick.execute(text("SET LOCAL lock_timeout = '200ms'"))
            service.append(quick, "test.done", about, {"first": False}, now=NOON)
        slow.commit()
    with sessions() as session:
        assert len(service.entries_about(session, about)) == 2


def test_an_event_that_is_undone_is_not_in_the_log(own: Engine, tmp_path: Path) -> None:
    sessions, about = make_sessions(own), service.Subject("test", uuid4())
    with sessions() as session:
        service.append(session, "test.done", about, {}, now=NOON)
        session.rollback()
    with sessions.begin() as session:
        signing.sign_head(session, Settings(data=tmp_path), now=NOON)
        assert service.entries_about(session, about) == []

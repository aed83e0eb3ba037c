"""Work that outlives a request: procrastinate on the same PostgreSQL.

A job is enqueued on the connection of the change that wants it, so both are there or neither. Each task is
registered by the slice that owns it, opens one transaction, and may be run twice: it must find out what is
done already.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import procrastinate
import psycopg
from procrastinate import App, RetryStrategy
from sqlalchemy.orm import Session

from app.db import Clock, Sessions, utc_now
from app.settings import Settings

queue: Final = App(connector=procrastinate.PsycopgConnector())
# Enqueues on a given connection, also within a worker, whose own connector is asynchronous. Never opened.
_enqueuer: Final = App(connector=procrastinate.SyncPsycopgConnector())
RETRY: Final = RetryStrategy(max_attempts=8, exponential_wait=3)


@dataclass
class Surroundings:
    """What tasks need from the process that runs them; set once by `fairhaul worker` (or a test)."""

    sessions: Sessions | None = None
    settings: Settings | None = None
    clock: Clock = utc_now


around: Final = Surroundings()


@contextmanager
def transaction() -> Iterator[tuple[Session, datetime, Settings]]:
    """One transaction of a task: committed when the block ends well."""
    if around.sessions is None or around.settings is None:
        raise RuntimeError("no database was given to the tasks")
    with around.sessions.begin() as session:
        yield session, around.clock(), around.settings


def enqueue(
    session: Session,
    task: str,
    *,
    lock: str | None = None,
    at: datetime | None = None,
    **arguments: str | int,
) -> None:
    """Ask for `task` when this transaction commits. `lock`: no two jobs with the same lock run at once."""
    connection = session.connection().connection.driver_connection
    if not isinstance(connection, psycopg.Connection):
        raise TypeError("jobs need psycopg")
    _enqueuer.configure_task(task, lock=lock, schedule_at=at, connection=connection).defer(**arguments)

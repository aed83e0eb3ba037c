"""Transactions that must not be told apart from ones that ran alone, one after the other: SERIALIZABLE.

PostgreSQL ends one of two that could not have run so (40001); it is tried again from its beginning.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Final, TypeVar

import psycopg
from procrastinate.exceptions import ConnectorException
from sqlalchemy import Engine
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from app import jobs
from app.settings import Settings

TRIES: Final = 6
MET: Final = (OperationalError, ConnectorException)
"""What a statement of ours, or one of the queue's, may end with."""
Made = TypeVar("Made")


def isolate(session: Session) -> None:
    """Make a session's transaction serializable; before its first statement. Within a transaction that others
    began (tests, the demo) it stays as it is.
    """
    if isinstance(session.get_bind(), Engine):
        session.connection(execution_options={"isolation_level": "SERIALIZABLE"})


def could_not_serialize(fault: BaseException) -> bool:
    """Whether a transaction has to be tried again. The queue wraps what its own statements meet."""
    met: BaseException | None = fault.orig if isinstance(fault, OperationalError) else fault
    while met is not None and not isinstance(met, psycopg.errors.SerializationFailure):
        met = met.__cause__
    return met is not None


def serializable(use: Callable[[Session, datetime, Settings], Made]) -> Made:
    """Run `use` in a serializable transaction of a job, again from its beginning where it has to be.

    OperationalError, ConnectorException: after so many tries the queue tries the whole job later.
    """
    tries = 1
    while True:
        try:
            with jobs.transaction() as (session, now, settings):
                isolate(session)
                return use(session, now, settings)
        except MET as fault:
            if tries == TRIES or not could_not_serialize(fault):
                raise
            tries += 1

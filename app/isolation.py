"""Transactions that must not be told apart from ones that ran alone, one after the other: SERIALIZABLE.

PostgreSQL ends one of two that could not have run so (40001); it is tried again from its beginning.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Final, TypeVar

import psycopg
from sqlalchemy import Engine
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from app import jobs
from app.settings import Settings

TRIES: Final = 6
Made = TypeVar("Made")


def isolate(session: Session) -> None:
    """Make a session's transaction serializable; before its first statement. Within a transaction that others
    began (tests, the demo) it stays as it is.
    """
    if isinstance(session.get_bind(), Engine):
        session.connection(execution_options={"isolation_level": "SERIALIZABLE"})


def could_not_serialize(fault: OperationalError) -> bool:
    """Whether a transaction has to be tried again."""
    return isinstance(fault.orig, psycopg.errors.SerializationFailure)


def serializable(use: Callable[[Session, datetime, Settings], Made]) -> Made:
    """Run `use` in a serializable transaction of a job, again from its beginning where it has to be.

    OperationalError: after so many tries the queue tries the whole job later.
    """
    tries = 1
    while True:
        try:
            with jobs.transaction() as (session, now, settings):
                isolate(session)
                return use(session, now, settings)
        except OperationalError as fault:
            if tries == TRIES or not could_not_serialize(fault):
                raise
            tries += 1

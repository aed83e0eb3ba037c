"""A worker that dies by SIGKILL at a statement of its own choosing: no clock decides where."""

import os
import signal
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import create_engine, event

from app import isolation, jobs
from app.db import make_sessions
from app.settings import Settings
from app.trade.jobs import take_pool_steps
from tests.conftest import FixedClock


def work(
    url: str, folder: str, now: datetime, pool_id: str, dies_at: int, dies_after: str, *, autocommit: bool
) -> None:
    """Take a pool's steps and die before statement `dies_at`, or before the one that follows the first that
    begins with `dies_after`. `autocommit`: without the safeguard that a step is one transaction.
    """
    if autocommit:
        setattr(isolation, "isolate", lambda _session: None)  # noqa: B010 - mypy takes no other function
    engine = create_engine(url, isolation_level="AUTOCOMMIT") if autocommit else create_engine(url)
    done = {"statements": 0, "seen": 0}

    def count(_connection: object, _cursor: object, statement: str, *_: Any) -> None:
        done["statements"] += 1
        if done["statements"] == dies_at or done["seen"]:
            os.kill(os.getpid(), signal.SIGKILL)
        if dies_after and statement.startswith(dies_after):
            done["seen"] = 1

    event.listen(engine, "before_cursor_execute", count)
    jobs.around.sessions, jobs.around.settings = make_sessions(engine), Settings(data=Path(folder))
    jobs.around.clock = FixedClock(now)
    take_pool_steps(pool_id)

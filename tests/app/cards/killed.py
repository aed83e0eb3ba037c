"""A worker and a server that die by SIGKILL at a statement of their own choosing: no clock decides where."""

import asyncio
import os
import signal
import socket
from datetime import datetime
from pathlib import Path
from typing import Any
from unittest.mock import patch

import procrastinate
import uvicorn
from pydantic import SecretStr
from sqlalchemy import Engine, event

from app import jobs, worker
from app.db import make_engine, make_sessions
from app.main import create_app
from app.settings import Settings
from tests.app.cards.conftest import SECRET
from tests.conftest import FixedClock


def settings_of(url: str, folder: str, stripe: str) -> Settings:
    return Settings(
        data=Path(folder),
        database_url=url,
        stripe_key=SecretStr("sk_test_fake"),
        stripe_webhook_secret=SecretStr(SECRET),
        stripe_address=stripe,
    )


def mortal(url: str, dies_at: int) -> Engine:
    """An engine that kills its process at point `dies_at`: before a statement, before a commit, or after one,
    when nobody has heard of it yet. 0: it lives.
    """
    engine, done = make_engine(url), [0]

    def count(*_: Any) -> None:
        done[0] += 1
        if done[0] == dies_at:
            os.kill(os.getpid(), signal.SIGKILL)

    event.listen(engine, "before_cursor_execute", count)
    event.listen(engine, "commit", count)
    event.listen(engine, "checkin", count)
    return engine


def work(url: str, folder: str, stripe: str, now: datetime, dies_at: int) -> None:
    """Everything that waits in the queue, by the real worker."""
    jobs.around.clock = FixedClock(now)
    with patch("app.worker.make_engine", lambda *_, **__: mortal(url, dies_at)):
        asyncio.run(worker.work(settings_of(url, folder, stripe), 1, once=True))


def give_back(url: str) -> None:
    """The jobs of workers that died are given to others, as every five minutes."""
    connector = procrastinate.PsycopgConnector(conninfo=url.replace("postgresql+psycopg://", "postgresql://"))

    async def run() -> None:
        with jobs.queue.replace_connector(connector) as queue:
            async with queue.open_async():
                await worker.give_back(queue.job_manager, silent=0)

    asyncio.run(run())


def serve(url: str, folder: str, stripe: str, now: datetime, dies_at: int, listening: socket.socket) -> None:
    """The real server, on a socket that outlives it."""
    app = create_app(settings_of(url, folder, stripe), make_sessions(mortal(url, dies_at)), FixedClock(now))
    config = uvicorn.Config(app, lifespan="off", log_config=None, access_log=False)
    uvicorn.Server(config).run(sockets=[listening])

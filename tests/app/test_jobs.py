"""Jobs are asked for in the transaction of the change that wants them, and done by a real worker."""

import asyncio
from pathlib import Path

from sqlalchemy import text
from sqlalchemy.orm import Session

from app import jobs, mail, worker
from app.db import make_engine, make_sessions
from app.embedded import Server, create_database, drop_database
from app.settings import Settings
from tests.conftest import NOON


def test_a_job_is_there_when_its_change_is_and_not_before(session: Session) -> None:
    count = "SELECT count(*) FROM procrastinate_jobs"
    undone = session.begin_nested()
    mail.write(session, "somebody@example.org", "Test", "Test", now=NOON)
    assert session.scalar(text(count)) == 1
    undone.rollback()
    assert session.scalar(text(count)) == 0
    mail.write(session, "somebody@example.org", "Test", "Test", now=NOON)
    assert session.scalar(text(count)) == 1


def test_a_worker_does_jobs_and_the_jobs_that_they_ask_for(
    server: Server, worker_id: str, migrated: str, tmp_path: Path
) -> None:
    """A task that runs in a worker enqueues another one: both are done before the worker ends."""
    name = f"jobs_{worker_id}"
    drop_database(server, name)
    config = Settings(database_url=create_database(server, name, migrated), data=tmp_path)
    assert config.database_url
    engine = make_engine(config.database_url)
    with make_sessions(engine).begin() as session:
        jobs.enqueue(session, "write_two")
    before = dict(jobs.queue.tasks)
    try:
        jobs.queue.task(name="write_two")(_write_two)
        asyncio.run(worker.work(config, 1, once=True))
    finally:
        jobs.queue.tasks.clear()
        jobs.queue.tasks.update(before)
        jobs.around.sessions = jobs.around.settings = None
    with engine.connect() as connection:
        assert connection.scalar(text("SELECT count(*) FROM mail WHERE sent_at IS NOT NULL")) == 2
    engine.dispose()
    drop_database(server, name)
    assert len(list(config.mail_folder.glob("*.eml"))) == 2


def _write_two() -> None:
    with jobs.transaction() as (session, now, _settings):
        for number in range(2):
            mail.write(session, f"person-{number}@example.org", "Test", "Test", now=now)

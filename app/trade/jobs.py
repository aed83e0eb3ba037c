"""Jobs of trade: closing pools in time, and each step of a closed pool."""

from datetime import datetime
from uuid import UUID

import structlog
from sqlalchemy.orm import Session

from app import jobs
from app.audits import standing
from app.errors import Refusal
from app.isolation import serializable
from app.settings import Settings

log = structlog.get_logger()


def follow_standing(
    session: Session, organisation_id: UUID, *, certified: bool, reasons: str, now: datetime
) -> None:
    """Lines of a maker that may not sell any more freeze with its certificate, in the same transaction."""
    from app.trade import freezing

    freezing.follow(session, organisation_id, certified=certified, reasons=reasons, now=now)


standing.LISTENERS.append(follow_standing)


@jobs.queue.task(name="take_pool_steps", retry=jobs.RETRY)
def take_pool_steps(pool_id: str) -> None:
    """Take the steps of a closed pool, one after the other, each in transactions of its own.

    The engine computes between two transactions, so that nobody waits for it. A step that refuses is marked
    and told. What breaks is tried again by the queue, and by `close_due_pools` if the worker died: done steps
    are not done again.
    """
    while take_pool_step(pool_id):
        pass


def take_pool_step(pool_id: str) -> bool:
    """Take the next step; whether there may be another one."""
    from app.trade import closing

    pool = UUID(pool_id)

    def begin(
        session: Session, now: datetime, _settings: Settings
    ) -> tuple[str | None, closing.Given | None]:
        name = closing.begin(session, pool, now)
        return name, closing.prepare(session, pool, name) if name else None

    name, given = serializable(begin)
    if name is None:
        return False
    try:
        made = closing.compute(name, given)
        serializable(
            lambda session, now, _settings: closing.finish(
                session, pool, name, dict(made) if made is not None else None, now
            )
        )
    except (closing.CannotGoOn, Refusal) as refusal:
        words = str(refusal)
        serializable(lambda session, now, _settings: closing.fail(session, pool, name, words, now))
        return False
    return True


@jobs.queue.periodic(cron="* * * * *")
@jobs.queue.task(name="close_due_pools", queueing_lock="close_due_pools")
def close_due_pools(timestamp: int) -> None:
    """Close the pools whose time has come, and pick up steps that a dead worker left."""
    from app.trade import closing, service

    del timestamp
    closed = serializable(lambda session, now, _settings: service.close_due(session, now=now))
    with jobs.transaction() as (session, now, _settings):
        again = closing.ask_for_stuck(session, now)
    if closed or again:
        log.info("pools", closed=closed, steps_asked_for_again=again)


@jobs.queue.periodic(cron="*/10 * * * *")
@jobs.queue.task(name="remind_of_closing", queueing_lock="remind_of_closing")
def remind_of_closing(timestamp: int) -> None:
    """Remind those in a pool two days and six hours before it closes, once each."""
    from app.trade import inviting

    del timestamp
    with jobs.transaction() as (session, now, _settings):
        reminded = inviting.remind(session, now=now)
    if reminded:
        log.info("reminded of closing", pools=reminded)


@jobs.queue.periodic(cron="20 3 * * *")
@jobs.queue.task(name="verify_ledger", queueing_lock="verify_ledger")
def verify_ledger(timestamp: int) -> None:
    """Prove daily that the books balance; faults are logged and mailed to those who run the platform."""
    from app.ledger import service
    from app.organisations.service import people_with
    from app.permissions import Role

    del timestamp
    with jobs.transaction() as (session, now, _settings):
        report = service.verify(session)
        if not report.faults:
            log.info("ledger verified", entries=report.entries)
            return
        log.error("ledger", faults=report.faults)
        from app import mail

        for person, _organisation in people_with(session, Role.OPERATOR):
            mail.write(
                session, person.email, "The ledger does not agree", "\n".join(report.lines()) + "\n", now=now
            )

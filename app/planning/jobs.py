"""Jobs of planning: one for each origin and currency, which any number of workers share."""

from uuid import UUID

import structlog

from app import jobs

log = structlog.get_logger()


@jobs.queue.task(name="plan_origin", retry=jobs.RETRY)
def plan_origin(run_id: str) -> None:
    """Make one planning. The engine computes between two transactions, so that nobody waits for it; what was
    changed meanwhile is planned again. The queue runs one job of a group at a time; a second one for the same
    run finds it taken.
    """
    from app.planning import planning

    run = UUID(run_id)
    with jobs.transaction() as (session, now, _settings):
        given = planning.begin(session, run, now=now)
    if given is None:
        return
    made = planning.compute(given)
    with jobs.transaction() as (session, now, _settings):
        planning.finish(session, run, given, made, now=now)


@jobs.queue.periodic(cron="30 4 * * *")
@jobs.queue.task(name="plan_weekly", queueing_lock="plan_weekly")
def plan_weekly(timestamp: int) -> None:
    """Plan anew what desks of this weekday keep."""
    from app.planning import desk

    del timestamp
    with jobs.transaction() as (session, now, _settings):
        asked = desk.ask_weekly(session, now=now)
    if asked:
        log.info("weekly planning", groups=asked)


@jobs.queue.periodic(cron="15 * * * *")
@jobs.queue.task(name="book_what_is_due", queueing_lock="book_what_is_due")
def book_what_is_due(timestamp: int) -> None:
    """Book paid pools before their own sailing is lost."""
    from app.planning import desk

    del timestamp
    with jobs.transaction() as (session, now, _settings):
        due = desk.ask_due(session, now=now)
    if due:
        log.info("pools can wait no longer", groups=due)

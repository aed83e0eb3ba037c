"""What the platform does by itself every day: end what has run out, remind of what is due."""

from uuid import UUID

import structlog

from app import jobs

log = structlog.get_logger()


@jobs.queue.periodic(cron="10 0 * * *")
@jobs.queue.task(name="lapse_certificates", queueing_lock="lapse_certificates")
def lapse_certificates(timestamp: int) -> None:
    """The day after its last one a certificate is over, and its case with it."""
    from app.audits import renewal

    del timestamp
    with jobs.transaction() as (session, now, _settings):
        numbers = renewal.lapse_due(session, now=now)
    if numbers:
        log.info("certificates over", numbers=numbers)


@jobs.queue.periodic(cron="30 5 * * *")
@jobs.queue.task(name="remind_of_deadlines", queueing_lock="remind_of_deadlines")
def remind_of_deadlines(timestamp: int) -> None:
    """One job a case, so that one that fails does not keep the others from being told."""
    from app.audits import deadlines

    del timestamp
    with jobs.transaction() as (session, now, _settings):
        for case_id in deadlines.wanted(session, now.date()):
            jobs.enqueue(session, "remind_in_case", lock=f"case {case_id}", case_id=str(case_id))


@jobs.queue.task(name="remind_in_case", retry=jobs.RETRY)
def remind_in_case(case_id: str) -> None:
    from app.audits import deadlines

    with jobs.transaction() as (session, now, _settings):
        deadlines.remind(session, UUID(case_id), now=now)

"""Passports are signed anew soon after a certificate was suspended, withdrawn or reinstated."""

import structlog

from app import jobs
from app.stories import passports

log = structlog.get_logger()


@jobs.queue.periodic(cron="*/5 * * * *")
@jobs.queue.task(name="renew_passports", queueing_lock="renew_passports")
def renew_passports(timestamp: int) -> None:  # noqa: ARG001 - every periodic task gets one
    with jobs.transaction() as (session, now, settings):
        renewed = passports.renew(session, settings, now=now)
    if renewed:
        log.info("renewed", passports=renewed)

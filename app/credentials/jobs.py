"""Certificates are signed soon after they are issued, also when nobody looks at them."""

import structlog

from app import jobs
from app.credentials import service

log = structlog.get_logger()


@jobs.queue.periodic(cron="*/5 * * * *")
@jobs.queue.task(name="sign_certificates", queueing_lock="sign_certificates")
def sign_certificates(timestamp: int) -> None:  # noqa: ARG001 - every periodic task gets one
    with jobs.transaction() as (session, now, settings):
        signed = service.issue_missing(session, settings, now=now)
    if signed:
        log.info("signed", certificates=signed)

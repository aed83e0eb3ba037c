"""Jobs of the log: sign what was entered, hash all of it again each day, send heads to witnesses."""

import structlog

from app import jobs

log = structlog.get_logger()


@jobs.queue.periodic(cron="* * * * *")
@jobs.queue.task(name="sign_log", queueing_lock="sign_log", lock="log")
def sign_log(timestamp: int) -> None:
    """Sign a head over what was entered, and offer it to the witnesses. Nothing entered: nothing is done."""
    from app.tlog import service, signing, witnessing

    del timestamp
    with jobs.transaction() as (session, now, settings):
        if signing.waiting(session) or service.head(session) is None:
            made = signing.sign_head(session, settings, now=now)
            log.info("log", signed=made.size if made else None)
    with jobs.transaction() as (session, now, _settings):
        witnessing.offer(session, now=now)


@jobs.queue.periodic(cron="50 3 * * *")
@jobs.queue.task(name="check_log", queueing_lock="check_log", lock="log")
def check_log(timestamp: int) -> None:
    """Hash everything again, also when nothing was entered."""
    from app.tlog import checking
    from app.tlog.keys import signer

    del timestamp
    with jobs.transaction() as (session, now, settings):
        report = checking.examine(session, signer(session, settings).verifier)
        checking.remember(session, report, now=now)
        log.info("log checked", size=report.size, faults=len(report.faults))

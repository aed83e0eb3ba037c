"""The job that warns of rate cards which end."""

import structlog

from app import jobs

log = structlog.get_logger()


@jobs.queue.periodic(cron="10 5 * * *")
@jobs.queue.task(name="warn_of_ending_cards", queueing_lock="warn_of_ending_cards")
def warn_of_ending_cards(timestamp: int) -> None:
    """Write to hubs 30 days, 7 days and the day after a card of theirs ends."""
    from app.shipping import expiry

    del timestamp
    with jobs.transaction() as (session, now, _settings):
        told = expiry.warn(session, now=now)
    if told:
        log.info("rate cards end", told=told)

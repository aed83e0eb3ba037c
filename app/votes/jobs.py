"""A vote that is over is counted without anybody's pressing anything."""

import structlog

from app import jobs

log = structlog.get_logger()


@jobs.queue.periodic(cron="*/10 * * * *")
@jobs.queue.task(name="count_votes", queueing_lock="count_votes")
def count_votes(timestamp: int) -> None:
    del timestamp
    from app.votes import service

    with jobs.transaction() as (session, now, settings):
        for row in service.due(session, today=now.date()):
            service.count(session, row.slug, settings, now=now)
            log.info("vote counted", vote=row.slug)

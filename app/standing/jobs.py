"""Job: standing orders enter open pools."""

import structlog

from app import jobs

log = structlog.get_logger()


@jobs.queue.periodic(cron="*/10 * * * *")
@jobs.queue.task(name="enter_standing_orders", queueing_lock="enter_standing_orders")
def enter_standing_orders(timestamp: int) -> None:
    """Enter each buyer into each pool in a transaction of its own: one that fails holds up no other."""
    from app.standing import entering

    del timestamp
    with jobs.transaction() as (session, now, _settings):
        ended = entering.end_past(session, now=now)
        waiting = entering.to_enter(session, now=now)
    entered = 0
    for pool_id, buyer_id in waiting:
        with jobs.transaction() as (session, now, _settings):
            entered += entering.enter(session, pool_id, buyer_id, now=now) is not None
    if ended or waiting:
        log.info("standing orders", tried=len(waiting), entered=entered, ended=ended)

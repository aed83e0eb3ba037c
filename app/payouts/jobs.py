"""Jobs of payouts: each transfer at Stripe, and those that a worker left when it died."""

from uuid import UUID

import structlog

from app import jobs

log = structlog.get_logger()


@jobs.queue.task(name="send_transfer", retry=jobs.RETRY)
def send_transfer(instruction_id: str) -> None:
    from app.payouts import sending

    sending.send(UUID(instruction_id))


@jobs.queue.periodic(cron="*/5 * * * *")
@jobs.queue.task(name="send_waiting_transfers", queueing_lock="send_waiting_transfers")
def send_waiting_transfers(timestamp: int) -> None:
    """Ask again for the transfers of which nobody knows yet whether they were made."""
    from app.payouts import sending

    del timestamp
    with jobs.transaction() as (session, now, _settings):
        waiting = sending.waiting(session, now=now)
        for name in waiting:
            jobs.enqueue(session, send_transfer.name, lock=f"payout:{name}", instruction_id=str(name))
    if waiting:
        log.info("transfers", asked_again=len(waiting))

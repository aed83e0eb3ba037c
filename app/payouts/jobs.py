"""Jobs of payouts: each transfer at Stripe, each account that is opened there, and what a worker left when it
died.
"""

from uuid import UUID

import structlog

from app import jobs

log = structlog.get_logger()


@jobs.queue.task(name="send_transfer", retry=jobs.RETRY)
def send_transfer(instruction_id: str) -> None:
    from app.payouts import sending

    sending.send(UUID(instruction_id))


@jobs.queue.task(name="connect_account", retry=jobs.RETRY)
def connect_account(organisation_id: str) -> None:
    from app.payouts import connecting

    connecting.connect(UUID(organisation_id))


@jobs.queue.periodic(cron="*/2 * * * *")
@jobs.queue.task(name="connect_waiting_accounts", queueing_lock="connect_waiting_accounts")
def connect_waiting_accounts(timestamp: int) -> None:
    """Ask again about accounts at Stripe that are being opened."""
    from app.payouts import connecting

    del timestamp
    with jobs.transaction() as (session, now, settings):
        if settings.stripe_key is not None:
            connecting.ask_waiting(session, now=now)


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

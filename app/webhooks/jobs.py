"""The job that makes one request; the next try is a job of its own."""

from uuid import UUID

from app import jobs
from app.webhooks.sending import send


@jobs.queue.task(name="deliver_webhook", retry=jobs.RETRY)
def deliver_webhook(delivery_id: str) -> None:
    """Outside of any transaction; done twice, the same id is told twice, as the specification allows."""
    from app.webhooks import service

    with jobs.transaction() as (session, now, settings):
        due = service.begin(session, settings, UUID(delivery_id), now=now)
    if due is None:
        return
    answer = send(due.url, due.headers, due.body, private=settings.webhook_private_addresses)
    with jobs.transaction() as (session, now, _settings):
        service.end(session, UUID(delivery_id), answer, now=now)

"""The job that asks one carrier."""

from uuid import UUID

from app import jobs
from app.freight.protocol import MOST_BYTES
from app.webhooks.sending import ask


@jobs.queue.task(name="ask_carrier", retry=jobs.RETRY)
def ask_carrier(answer_id: str) -> None:
    """Outside of any transaction. A carrier that does not answer is told to a person, who may ask again; done
    twice, it is the same question with the same id.
    """
    from app.freight import service

    with jobs.transaction() as (session, now, settings):
        asked = service.begin(session, settings, UUID(answer_id), now=now)
    if asked is None:
        return
    private = settings.carrier_private_addresses
    reply = ask(asked.url, asked.headers, asked.body, private=private, most=MOST_BYTES)
    with jobs.transaction() as (session, now, _settings):
        service.end(session, UUID(answer_id), reply, now=now)

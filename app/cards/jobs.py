"""Jobs of cards: each call of Stripe, each event, and every minute what is to be collected."""

from datetime import timedelta
from uuid import UUID

import structlog

from app import jobs

log = structlog.get_logger()
LATE = timedelta(minutes=5)
"""An event that nobody looked at for so long lost its worker."""


@jobs.queue.task(name="ask_stripe", retry=jobs.RETRY)
def ask_stripe(call_id: str) -> None:
    from app.cards import asking

    asking.ask(UUID(call_id))


@jobs.queue.task(name="look_at_event", retry=jobs.RETRY)
def look_at_event(event_id: str) -> None:
    from app.cards import asking

    asking.look_at_event(event_id)


@jobs.queue.periodic(cron="* * * * *")
@jobs.queue.task(name="collect_by_card", queueing_lock="collect_by_card")
def collect_by_card(timestamp: int) -> None:
    """Charge cards, take and let go what is held, refund what is owed back, give up what was not mended, pick
    up what was left: each in a transaction of its own, so that nobody waits in a ring.
    """
    from app.cards import booking, holding, refunding, service

    del timestamp
    with jobs.transaction() as (session, now, settings):
        if settings.stripe_key is None:
            return
        left = service.to_ask(session, now=now)  # before new ones, which ask for themselves
        late = service.late(session, now=now)
        for call_id in left:
            jobs.enqueue(session, ask_stripe.name, lock=f"card-call:{call_id}", call_id=str(call_id))
        for event in service.unhandled_events(session, before=now - LATE):
            jobs.enqueue(session, look_at_event.name, lock=f"stripe:{event.object_id}", event_id=event.id)
    given_up = 0
    for order_id in late:
        with jobs.transaction() as (session, now, _settings):
            given_up += service.give_up(session, order_id, now=now)
    done = {"given_up": given_up}
    for step in (
        service.charge_by_card,
        holding.take_held,
        holding.let_unwanted_go,
        refunding.refund_by_card,
        booking.confirm_paid,
    ):
        with jobs.transaction() as (session, now, _settings):
            done[step.__name__] = step(session, now=now)
    if any(done.values()):
        log.info("cards", **done)

"""The job that sends to subscribers of queries what was captured."""

from sqlalchemy import select

from app import jobs


@jobs.queue.periodic(cron="* * * * *")
@jobs.queue.task(name="answer_subscriptions", queueing_lock="answer_subscriptions")
def answer_subscriptions(timestamp: int) -> None:
    """Each in a transaction of its own, so that a bad one keeps nobody waiting."""
    from app.epcis import subscribing
    from app.epcis.models import Subscription

    del timestamp
    with jobs.transaction() as (session, _now, _settings):
        found = session.scalars(select(Subscription.id).order_by(Subscription.id)).all()
    for each in found:
        while True:
            with jobs.transaction() as (session, now, _settings):
                sent = subscribing.answer(session, each, now=now)
            if sent < subscribing.AT_A_TIME:
                break

"""The job that sends to subscribers of queries what was captured."""

from app import jobs


@jobs.queue.periodic(cron="* * * * *")
@jobs.queue.task(name="answer_subscriptions", queueing_lock="answer_subscriptions")
def answer_subscriptions(timestamp: int) -> None:
    """Each in a transaction of its own, so that a bad one keeps nobody waiting."""
    from app.epcis import subscribing

    del timestamp
    with jobs.transaction() as (session, now, _settings):
        due = subscribing.due(session, now=now)
    for each in due:
        more, again = True, False
        while more:
            with jobs.transaction() as (session, now, _settings):
                more = subscribing.answer(session, each, now=now, again=again)
            again = True

"""Subscriptions of named queries: what is captured and matches is sent to an address, as a webhook.

EPCIS 2.0, section 8.2.5: a stream is asked every minute, a schedule at the times that it names, at most once
a minute; either sends what was captured since it was last asked. One answer makes up for all the times that
pass while nothing runs here. Messages are tried again for days, and signed like all of ours (app.webhooks)
and by GS1-Signature: docs/epcis-subscriptions.md.
"""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import delete, func, insert, or_, select
from sqlalchemy.orm import Session

from app import history
from app.db import uuid7
from app.epcis.faults import EpcisFault
from app.epcis.models import Event, NamedQuery, Subscription, SubscriptionTold
from app.epcis.querying import listed, page_statement, read_query, told
from app.epcis.schemas import SubscriptionIn
from app.errors import Missing
from app.permissions import Actor
from app.settings import Settings
from app.webhooks import service as webhooks
from app.webhooks.models import Webhook, WebhookDelivery, WebhookState, WebhookTry
from app.webhooks.types import QUERY
from logistics.epcis.schedules import Schedule, ScheduleError
from logistics.epcis.vocabulary import CONTEXT

OVERLAP: Final = timedelta(minutes=10)
"""A capture is recorded when it begins and seen when it is committed: no request takes so long."""
EARLIEST: Final = datetime(2000, 1, 1, tzinfo=UTC)
"""Nothing was recorded before, and a look back from the first of all days is none."""
NEVER: Final = datetime(9999, 1, 1, tzinfo=UTC)
AT_A_TIME: Final = 200
MOST: Final = 10
"""Subscriptions of one query."""


def subscribe(
    session: Session, actor: Actor, settings: Settings, name: str, wish: SubscriptionIn, *, now: datetime
) -> Subscription:
    """Send what the query `name` finds from now on. EpcisFault: neither a stream nor a schedule that ever
    comes, or both; or no address to send to.
    """
    schedule = _schedule(wish, now=now)
    if wrong := webhooks.check_url(wish.dest, private=settings.webhook_private_addresses):
        raise EpcisFault(
            wrong,
            fields={"/dest": wrong},
            code="epcisException:InvalidURIException",
            title="No address to send to",
        )
    if len(of_query(session, actor, name)) >= MOST:
        raise EpcisFault.validation({"": f"A query has at most {MOST} subscriptions."})
    secret = wish.signature_token.encode() if wish.signature_token else None
    said = webhooks.Said(wish.dest, f"EPCIS: {name}", ())
    webhook = webhooks.make(session, actor, settings, said, now=now, secret=secret)
    wanted = wish.initial_record_time
    since = max(wanted.replace(tzinfo=wanted.tzinfo or UTC), EARLIEST) if wanted else None
    made = Subscription(
        id=uuid7(now),
        organisation_id=actor.organisation_id,
        query_name=name,
        webhook_id=webhook.id,
        report_if_empty=wish.report_if_empty,
        at=now,
        looked_until=since or now,
        since=since,
        schedule=_given(wish) if schedule else None,
        next_at=schedule.next_after(now) if schedule else None,
    )
    session.add(made)
    session.flush()
    if since is None:
        _mark_known(session, made)
    history.record(session, made, "subscribed", now=now, **actor.who, query=name)
    return made


def of_query(session: Session, actor: Actor, name: str) -> list[Subscription]:
    """The subscriptions of one of the actor's queries, the first made first."""
    return list(
        session.scalars(
            select(Subscription)
            .filter_by(organisation_id=actor.organisation_id, query_name=name)
            .order_by(Subscription.id)
        )
    )


def own(session: Session, actor: Actor, name: str, subscription_id: UUID) -> Subscription:
    """Missing: there is none, or it is another one's."""
    found = session.get(Subscription, subscription_id)
    if found is None or found.organisation_id != actor.organisation_id or found.query_name != name:
        raise Missing
    return found


def unsubscribe(session: Session, actor: Actor, name: str, subscription_id: UUID, *, now: datetime) -> None:
    """Send nothing more. Missing: as for `own`."""
    found = own(session, actor, name, subscription_id)
    webhook = session.get_one(Webhook, found.webhook_id)
    webhook.state = WebhookState.REMOVED
    history.record(session, found, "unsubscribed", now=now, **actor.who, query=name)
    session.delete(found)
    session.flush()


def shown(session: Session, found: Subscription) -> dict[str, Any]:
    """As the standard shows a subscription; its secret is not in it."""
    how = {"stream": True} if found.schedule is None else {"schedule": found.schedule}
    arrived = session.scalar(
        select(func.max(WebhookTry.at))
        .join(WebhookDelivery, WebhookDelivery.id == WebhookTry.delivery_id)
        .where(WebhookDelivery.webhook_id == found.webhook_id, WebhookTry.status.between(200, 299))
    )
    return {
        "subscriptionID": str(found.id),
        "queryName": found.query_name,
        "dest": session.get_one(Webhook, found.webhook_id).url,
        **how,
        "reportIfEmpty": found.report_if_empty,
        **({"initialRecordTime": told(found.since)} if found.since else {}),
        "minRecordTime": told(found.looked_until),
        "createdAt": told(found.at),
        **({"lastNotifiedAt": told(arrived)} if arrived else {}),
    }


def due(session: Session, *, now: datetime) -> list[UUID]:
    """The subscriptions to answer: all streams, and the schedules whose time has come."""
    wanted = select(Subscription.id).where(or_(Subscription.next_at.is_(None), Subscription.next_at <= now))
    return list(session.scalars(wanted.order_by(Subscription.id)))


def answer(session: Session, subscription_id: UUID, *, now: datetime, again: bool = False) -> bool:
    """Send what was captured since the last look and matches. Gives whether there is more: then it is to be
    called `again`, for messages of a size that can be read. Called twice, it sends nothing twice.
    """
    found = session.get(Subscription, subscription_id, with_for_update=True)
    if found is None or (found.next_at is not None and found.next_at > now):
        return False
    webhook = session.get_one(Webhook, found.webhook_id)
    if webhook.state != WebhookState.ENABLED:
        return False
    rows = _fresh(session, found, limit=AT_A_TIME + 1)
    more, rows = len(rows) > AT_A_TIME, rows[:AT_A_TIME]
    if rows or (found.schedule is not None and found.report_if_empty and not again):
        body = json.dumps(_document(found, rows, now), ensure_ascii=False)
        webhooks.tell_one(session, webhook, QUERY, body, now=now)
    if rows:
        _tell(session, found, [row.id for row in rows])
    found.looked_until = rows[-1].record_time if more else max(now, found.looked_until)
    if found.schedule is not None and not more:
        found.next_at = Schedule.read(found.schedule).next_after(now) or NEVER
    old = select(Event.id).where(Event.record_time < found.looked_until - 2 * OVERLAP)
    session.execute(
        delete(SubscriptionTold).where(
            SubscriptionTold.subscription_id == found.id, SubscriptionTold.event_id.in_(old)
        )
    )
    session.flush()
    return more


def _schedule(wish: SubscriptionIn, *, now: datetime) -> Schedule | None:
    """When it is asked; None: it streams. EpcisFault names what is wrong."""
    if wish.stream == (wish.schedule is not None):
        raise _controls({"/stream": "Say true, or leave it out and give a schedule."})
    if wish.schedule is None:
        if wish.report_if_empty:
            raise _controls(
                {"/reportIfEmpty": "A stream is sent as it comes. Leave this out, or give a schedule."}
            )
        return None
    try:
        made = Schedule.read(_given(wish))
    except ScheduleError as bad:
        raise _controls(
            {f"/schedule/{name}".rstrip("/"): words for name, words in bad.faults.items()}
        ) from None
    if made.next_after(now) is None:
        raise _controls({"/schedule": "No such day ever comes."})
    return made


def _given(wish: SubscriptionIn) -> dict[str, str]:
    """The fields of the schedule, as they were sent."""
    return wish.schedule.model_dump(by_alias=True, exclude_none=True) if wish.schedule else {}


def _controls(fields: dict[str, str]) -> EpcisFault:
    return EpcisFault(
        "Say when the query is asked: either stream is true, or there is a schedule with numbers and ranges.",
        fields=fields,
        code="epcisException:SubscriptionControlsException",
        title="Not sent in this way",
    )


def _document(found: Subscription, rows: list[Any], now: datetime) -> dict[str, Any]:
    events = [row.body | {"recordTime": told(row.record_time)} for row in rows]
    return {
        "@context": [CONTEXT],
        "type": "EPCISQueryDocument",
        "schemaVersion": "2.0",
        "creationDate": told(now),
        "epcisBody": {
            "queryResults": {
                "subscriptionID": str(found.id),
                "queryName": found.query_name,
                "resultsBody": {"eventList": events},
            }
        },
    }


def _fresh(session: Session, found: Subscription, *, limit: int) -> list[Any]:
    kept = session.get_one(NamedQuery, (found.organisation_id, found.query_name))
    query = read_query(listed(kept.query))
    already = select(SubscriptionTold.event_id).where(SubscriptionTold.subscription_id == found.id)
    query = replace(
        query,
        conditions=[
            *query.conditions,
            Event.record_time >= max(found.looked_until - OVERLAP, found.since or EARLIEST),
            Event.id.not_in(already),
        ],
        order=Event.record_time,
        ascending=True,
    )
    return list(session.execute(page_statement(found.organisation_id, query, limit=limit)))


def _mark_known(session: Session, found: Subscription) -> None:
    """What was captured just before somebody subscribed is not new."""
    while rows := _fresh(session, found, limit=AT_A_TIME):
        _tell(session, found, [row.id for row in rows])


def _tell(session: Session, found: Subscription, events: list[int]) -> None:
    session.execute(
        insert(SubscriptionTold), [{"subscription_id": found.id, "event_id": each} for each in events]
    )

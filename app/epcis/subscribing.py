"""Subscriptions of named queries: what is captured and matches is sent to an address, as a webhook.

EPCIS 2.0, section 12.8: a stream sends events as they are captured. Messages are tried again for days and
signed like all of ours (app.webhooks); GS1-Signature has the same signature, made with the signatureToken.
"""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import delete, insert, select
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
from app.webhooks.models import Webhook, WebhookState
from app.webhooks.types import QUERY
from logistics.epcis.vocabulary import CONTEXT

OVERLAP: Final = timedelta(minutes=10)
"""A capture is recorded when it begins and seen when it is committed: no request takes so long."""
EARLIEST: Final = datetime(2000, 1, 1, tzinfo=UTC)
"""Nothing was recorded before, and a look back from the first of all days is none."""
AT_A_TIME: Final = 200
MOST: Final = 10
"""Subscriptions of one query."""


def subscribe(
    session: Session, actor: Actor, settings: Settings, name: str, wish: SubscriptionIn, *, now: datetime
) -> Subscription:
    """Send what the query `name` finds from now on. EpcisFault: not as a stream, or no address to send to."""
    if wish.schedule is not None or not wish.stream:
        raise EpcisFault(
            "Events are sent here as they are captured: say stream, and leave schedule out.",
            fields={"/stream": "Say true."},
            code="epcisException:SubscriptionControlsException",
            title="Not sent in this way",
        )
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
    since = wish.initial_record_time
    made = Subscription(
        id=uuid7(now),
        organisation_id=actor.organisation_id,
        query_name=name,
        webhook_id=webhook.id,
        report_if_empty=wish.report_if_empty,
        at=now,
        looked_until=now if since is None else max(since.replace(tzinfo=since.tzinfo or UTC), EARLIEST),
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
    return {
        "subscriptionID": str(found.id),
        "queryName": found.query_name,
        "dest": session.get_one(Webhook, found.webhook_id).url,
        "stream": True,
        "reportIfEmpty": found.report_if_empty,
        "createdAt": told(found.at),
    }


def answer(session: Session, subscription_id: UUID, *, now: datetime) -> int:
    """Send what was captured since the last look and matches; gives how many events."""
    found = session.get(Subscription, subscription_id, with_for_update=True)
    if found is None:
        return 0
    webhook = session.get_one(Webhook, found.webhook_id)
    if webhook.state != WebhookState.ENABLED:
        return 0
    rows = _fresh(session, found)
    if rows:
        document = {
            "@context": [CONTEXT],
            "type": "EPCISQueryDocument",
            "schemaVersion": "2.0",
            "creationDate": told(now),
            "epcisBody": {
                "queryResults": {
                    "subscriptionID": str(found.id),
                    "queryName": found.query_name,
                    "resultsBody": {
                        "eventList": [row.body | {"recordTime": told(row.record_time)} for row in rows]
                    },
                }
            },
        }
        webhooks.tell_one(session, webhook, QUERY, json.dumps(document, ensure_ascii=False), now=now)
        _tell(session, found, [row.id for row in rows])
    full = len(rows) == AT_A_TIME
    found.looked_until = rows[-1].record_time if full else max(now, found.looked_until)
    old = select(Event.id).where(Event.record_time < found.looked_until - 2 * OVERLAP)
    session.execute(
        delete(SubscriptionTold).where(
            SubscriptionTold.subscription_id == found.id, SubscriptionTold.event_id.in_(old)
        )
    )
    session.flush()
    return len(rows)


def _fresh(session: Session, found: Subscription, *, limit: int = AT_A_TIME) -> list[Any]:
    kept = session.get_one(NamedQuery, (found.organisation_id, found.query_name))
    query = read_query(listed(kept.query))
    already = select(SubscriptionTold.event_id).where(SubscriptionTold.subscription_id == found.id)
    query = replace(
        query,
        conditions=[
            *query.conditions,
            Event.record_time >= found.looked_until - OVERLAP,
            Event.id.not_in(already),
        ],
        order=Event.record_time,
        ascending=True,
    )
    return list(session.execute(page_statement(found.organisation_id, query, limit=limit)))


def _mark_known(session: Session, found: Subscription) -> None:
    """What was captured just before somebody subscribed is not new."""
    while rows := _fresh(session, found):
        _tell(session, found, [row.id for row in rows])


def _tell(session: Session, found: Subscription, events: list[int]) -> None:
    session.execute(
        insert(SubscriptionTold), [{"subscription_id": found.id, "event_id": each} for each in events]
    )

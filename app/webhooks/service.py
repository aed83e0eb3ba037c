"""Use cases of webhooks: which addresses there are, what is told, and what became of it."""

import hashlib
import json
import secrets
from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from urllib.parse import urlsplit
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app import history, jobs
from app.credentials.sealing import open_sealed, seal
from app.db import uuid7
from app.errors import Faulty, Missing, Refusal
from app.organisations.service import tell
from app.permissions import Actor
from app.settings import Settings
from app.webhooks import signing
from app.webhooks.jobs import deliver_webhook
from app.webhooks.models import (
    DeliveryState,
    Webhook,
    WebhookDelivery,
    WebhookMessage,
    WebhookState,
    WebhookTry,
)
from app.webhooks.sending import Answer, is_public
from app.webhooks.types import EVENT_TYPES, QUERY, TEST

PAUSES: Final = tuple(
    timedelta(seconds=each) for each in (5, 300, 1800, 7200, 18_000, 36_000, 50_400, 72_000, 86_400)
)
"""Between tries: over three days, as the specification advises."""
GIVES_UP_AFTER: Final = timedelta(days=5)
"""An address that only failed for so long is not asked any more."""
OLD_SECRET_SIGNS: Final = timedelta(days=1)
MOST_WEBHOOKS: Final = 20
LONGEST_URL: Final = 500
LONGEST_WORDS: Final = 100
GONE: Final = 410
MOST_REPLAYED: Final = 500


@dataclass(frozen=True, slots=True)
class Said:
    """What an owner says of an address."""

    url: str
    words: str
    types: Collection[str]


@dataclass(frozen=True, slots=True)
class Sending:
    """One request that is due."""

    url: str
    headers: dict[str, str]
    body: bytes


def webhooks_of(session: Session, organisation_id: UUID) -> list[Webhook]:
    """The addresses of an organisation, those of subscribed queries too; the first made first."""
    return list(
        session.scalars(
            select(Webhook)
            .where(Webhook.organisation_id == organisation_id, Webhook.state != WebhookState.REMOVED)
            .order_by(Webhook.made_at, Webhook.id),
        )
    )


def own(session: Session, actor: Actor, webhook_id: UUID) -> Webhook:
    """Missing: there is none, or it is another one's."""
    found = session.get(Webhook, webhook_id)
    if found is None or found.organisation_id != actor.organisation_id or found.state == WebhookState.REMOVED:
        raise Missing
    return found


def add(session: Session, actor: Actor, settings: Settings, said: Said, *, now: datetime) -> Webhook:
    """Tell an address from now on. Faulty: it cannot be one, or a type of event is unknown."""
    _check(said, private=settings.webhook_private_addresses)
    return make(session, actor, settings, said, now=now)


def make(
    session: Session,
    actor: Actor,
    settings: Settings,
    said: Said,
    *,
    now: datetime,
    secret: bytes | None = None,
) -> Webhook:
    """The row of an address that was checked; `secret` None: one is made. Refusal: there are too many."""
    if len(webhooks_of(session, actor.organisation_id)) >= MOST_WEBHOOKS:
        raise Refusal(f"You have {MOST_WEBHOOKS} addresses. Remove one first.", code="too-many-webhooks")
    made_id = uuid7(now)
    made = Webhook(
        id=made_id,
        organisation_id=actor.organisation_id,
        url=said.url,
        words=said.words,
        types=sorted(said.types),
        sealed=seal(settings.sealing_secret, made_id, secret) if secret else _new_secret(settings, made_id),
        made_at=now,
    )
    session.add(made)
    session.flush()
    history.record(session, made, "added", now=now, **actor.who, url=said.url, types=made.types)
    return made


def change(
    session: Session, actor: Actor, settings: Settings, webhook_id: UUID, said: Said, *, now: datetime
) -> Webhook:
    """Say another address, or other types. Faulty: as for `add`."""
    found = own(session, actor, webhook_id)
    _check(said, private=settings.webhook_private_addresses)
    found.url, found.words, found.types = said.url, said.words, sorted(said.types)
    history.record(session, found, "changed", now=now, **actor.who, url=said.url, types=found.types)
    session.flush()
    return found


def switch(session: Session, actor: Actor, webhook_id: UUID, *, on: bool, now: datetime) -> Webhook:
    """Stop telling it, or begin again; what it missed meanwhile can be replayed."""
    found = own(session, actor, webhook_id)
    found.state = WebhookState.ENABLED if on else WebhookState.DISABLED
    found.failing_since = None
    found.disabled_because = "" if on else "You switched it off."
    history.record(session, found, "enabled" if on else "disabled", now=now, **actor.who)
    session.flush()
    return found


def remove(session: Session, actor: Actor, webhook_id: UUID, *, now: datetime) -> None:
    """It is never told anything again."""
    found = own(session, actor, webhook_id)
    found.state = WebhookState.REMOVED
    history.record(session, found, "removed", now=now, **actor.who)
    session.flush()


def secret_of(session: Session, actor: Actor, settings: Settings, webhook_id: UUID) -> str:
    """`whsec_...`, as its owner copies it."""
    found = own(session, actor, webhook_id)
    return signing.shown(open_sealed(settings.sealing_secret, found.id, found.sealed))


def rotate(session: Session, actor: Actor, settings: Settings, webhook_id: UUID, *, now: datetime) -> Webhook:
    """A new secret. The old one signs beside it for a day, so that nothing is lost on the way."""
    found = own(session, actor, webhook_id)
    found.sealed_before, found.before_until = found.sealed, now + OLD_SECRET_SIGNS
    found.sealed = _new_secret(settings, found.id)
    history.record(session, found, "secret changed", now=now, **actor.who)
    session.flush()
    return found


def emit(session: Session, organisation_id: UUID, kind: str, data: dict[str, Any], now: datetime) -> int:
    """Tell the addresses of an organisation that subscribed to `kind`, when this transaction commits.

    Gives how many. ValueError: the type is unknown, or `data` has other fields than its example in `types`.
    """
    known = EVENT_TYPES.get(kind)
    if known is None or set(data) != set(known.example):
        raise ValueError(f"{kind} with {sorted(data)}")
    listening = session.scalars(
        select(Webhook)
        .where(
            Webhook.organisation_id == organisation_id,
            Webhook.state == WebhookState.ENABLED,
            Webhook.types.contains([kind]),
        )
        .order_by(Webhook.id),
    ).all()
    if listening:
        body = told(kind, data, now)
        message = _message(session, organisation_id, kind, body, now=now)
        for each in listening:
            _deliver(session, each, message, now=now)
    return len(listening)


def told(kind: str, data: dict[str, Any], now: datetime) -> str:
    """A payload: type, timestamp and data."""
    at = now.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return json.dumps({"type": kind, "timestamp": at, "data": data}, ensure_ascii=False, default=str)


def tell_one(
    session: Session,
    webhook: Webhook,
    kind: str,
    body: str,
    *,
    now: datetime,
) -> WebhookDelivery:
    """Send one address something that is for it alone."""
    return _deliver(
        session, webhook, _message(session, webhook.organisation_id, kind, body, now=now), now=now
    )


def try_out(session: Session, actor: Actor, webhook_id: UUID, *, now: datetime) -> WebhookDelivery:
    """Send a first message, to see whether it arrives. Refusal: it is switched off."""
    found = own(session, actor, webhook_id)
    _refuse_disabled(found)
    return tell_one(session, found, TEST, told(TEST, {"webhook_id": str(found.id)}, now), now=now)


def replay(session: Session, actor: Actor, delivery_id: UUID, *, now: datetime) -> WebhookDelivery:
    """Send a message again, with the same id. Missing: not theirs. Refusal: the address is switched off."""
    found = session.get(WebhookDelivery, delivery_id, with_for_update=True)
    if found is None:
        raise Missing
    webhook = own(session, actor, found.webhook_id)
    _refuse_disabled(webhook)
    _begin_again(session, found, now=now)
    history.record(session, webhook, "replayed", now=now, **actor.who, delivery=found.id)
    return found


def replay_missed(session: Session, actor: Actor, webhook_id: UUID, *, now: datetime) -> int:
    """Send all again that was given up, the oldest first; gives how many."""
    webhook = own(session, actor, webhook_id)
    _refuse_disabled(webhook)
    missed = session.scalars(
        select(WebhookDelivery)
        .filter_by(webhook_id=webhook.id, state=DeliveryState.GIVEN_UP)
        .order_by(WebhookDelivery.made_at, WebhookDelivery.id)
        .limit(MOST_REPLAYED)
        .with_for_update(),
    ).all()
    for each in missed:
        _begin_again(session, each, now=now)
    if missed:
        history.record(session, webhook, "replayed", now=now, **actor.who, count=len(missed))
    return len(missed)


def begin(session: Session, settings: Settings, delivery_id: UUID, *, now: datetime) -> Sending | None:
    """The request that is due now. None: it was made, or is not to be made any more."""
    found = session.get(WebhookDelivery, delivery_id)
    if found is None or found.next_at is None or found.next_at > now:
        return None
    webhook = session.get_one(Webhook, found.webhook_id)
    if webhook.state != WebhookState.ENABLED:
        found.state, found.next_at = DeliveryState.GIVEN_UP, None
        return None
    keys = [open_sealed(settings.sealing_secret, webhook.id, webhook.sealed)]
    if webhook.sealed_before and webhook.before_until and webhook.before_until > now:
        keys.append(open_sealed(settings.sealing_secret, webhook.id, webhook.sealed_before))
    message = session.get_one(WebhookMessage, found.message_id)
    body = message.body.encode()
    headers = signing.headers(keys, sent_id(message), now, body)
    if message.type == QUERY:
        headers["GS1-Signature"] = signing.signature_alone(keys[0], body)
    headers |= {"content-type": "application/json", "user-agent": "Fairhaul-Webhooks/1"}
    return Sending(webhook.url, headers, body)


def end(session: Session, delivery_id: UUID, answer: Answer, *, now: datetime) -> None:
    """Write down what came of a request, and when it is made again."""
    found = session.get_one(WebhookDelivery, delivery_id, with_for_update=True)
    webhook = session.get_one(Webhook, found.webhook_id, with_for_update=True)
    session.add(
        WebhookTry(
            id=uuid7(now),
            delivery_id=found.id,
            at=now,
            status=answer.status,
            words=answer.words,
            milliseconds=answer.milliseconds,
        )
    )
    found.tries += 1
    if answer.good:
        found.state, found.next_at, webhook.failing_since = DeliveryState.DELIVERED, None, None
        return
    webhook.failing_since = webhook.failing_since or now
    if found.tries > len(PAUSES) or webhook.state != WebhookState.ENABLED:
        found.state, found.next_at = DeliveryState.GIVEN_UP, None
    else:
        pause = _with_chance(PAUSES[found.tries - 1], found)
        _at(session, found, now + max(pause, timedelta(seconds=answer.retry_after or 0)))
    if answer.status == GONE:
        _disable(session, webhook, "It answered that it is gone (410).", now=now)
    elif now - webhook.failing_since >= GIVES_UP_AFTER:
        _disable(session, webhook, f"Nothing arrived for {GIVES_UP_AFTER.days} days.", now=now)


def sent_id(message: WebhookMessage) -> str:
    """What the header `webhook-id` says: the same at every try."""
    return f"msg_{message.id.hex}"


def deliveries_of(
    session: Session, webhook: Webhook, *, limit: int, offset: int = 0
) -> list[tuple[WebhookDelivery, WebhookMessage]]:
    """What it was told, the last first."""
    rows = session.execute(
        select(WebhookDelivery, WebhookMessage)
        .join(WebhookMessage, WebhookMessage.id == WebhookDelivery.message_id)
        .where(WebhookDelivery.webhook_id == webhook.id)
        .order_by(WebhookDelivery.made_at.desc(), WebhookDelivery.id.desc())
        .limit(limit)
        .offset(offset),
    )
    return [(delivery, message) for delivery, message in rows]


def tries_of(session: Session, delivery_ids: Collection[UUID]) -> dict[UUID, list[WebhookTry]]:
    """Each request of some deliveries, the first first."""
    found: dict[UUID, list[WebhookTry]] = {each: [] for each in delivery_ids}
    for row in session.scalars(
        select(WebhookTry)
        .where(WebhookTry.delivery_id.in_(delivery_ids))
        .order_by(WebhookTry.at, WebhookTry.id),
    ):
        found[row.delivery_id].append(row)
    return found


def missed_by(session: Session, webhook: Webhook) -> int:
    """How many messages were given up."""
    return (
        session.scalar(
            select(func.count()).where(
                WebhookDelivery.webhook_id == webhook.id, WebhookDelivery.state == DeliveryState.GIVEN_UP
            )
        )
        or 0
    )


def check_url(url: str, *, private: bool) -> str:
    """What is wrong with an address, in a sentence; empty: nothing is."""
    try:
        parts = urlsplit(url)
        host, _port = parts.hostname or "", parts.port
    except ValueError:
        return "Enter an address like https://example.org/hooks."
    schemes = {"https", "http"} if private else {"https"}
    printable = url.isascii() and url.isprintable() and " " not in url
    if not (printable and len(url) <= LONGEST_URL and parts.scheme in schemes and host):
        return "Enter an address like https://example.org/hooks."
    if parts.username is not None or parts.password is not None or parts.fragment:
        return "Leave out the name, the password and what follows a #."
    if not private and (_is_private_literal(host) or host.endswith((".localhost", ".local", ".internal"))):
        return "This address is a private one: it cannot be reached from here."
    return ""


def _is_private_literal(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return not is_public(host)
    except ValueError:
        return False


def _check(said: Said, *, private: bool) -> None:
    faults: dict[str, str] = {}
    if wrong := check_url(said.url, private=private):
        faults["url"] = wrong
    if len(said.words) > LONGEST_WORDS:
        faults["words"] = f"Use at most {LONGEST_WORDS} characters."
    if not said.types or not set(said.types) <= set(EVENT_TYPES):
        faults["types"] = "Choose one or more from the list."
    if faults:
        raise Faulty(fields=faults)


def _new_secret(settings: Settings, webhook_id: UUID) -> bytes:
    return seal(settings.sealing_secret, webhook_id, secrets.token_bytes(signing.SECRET_BYTES))


def _message(
    session: Session, organisation_id: UUID, kind: str, body: str, *, now: datetime
) -> WebhookMessage:
    made = WebhookMessage(id=uuid7(now), organisation_id=organisation_id, type=kind, body=body, at=now)
    session.add(made)
    session.flush()
    return made


def _deliver(
    session: Session, webhook: Webhook, message: WebhookMessage, *, now: datetime
) -> WebhookDelivery:
    made = WebhookDelivery(
        id=uuid7(now), webhook_id=webhook.id, message_id=message.id, made_at=now, next_at=now, tries=0
    )
    session.add(made)
    session.flush()
    _at(session, made, now)
    return made


def _begin_again(session: Session, delivery: WebhookDelivery, *, now: datetime) -> None:
    delivery.state, delivery.tries = DeliveryState.WAITING, 0
    _at(session, delivery, now)


def _at(session: Session, delivery: WebhookDelivery, moment: datetime) -> None:
    delivery.next_at = moment
    session.flush()
    jobs.enqueue(
        session,
        deliver_webhook.name,
        lock=f"webhook:{delivery.id}",
        at=moment,
        delivery_id=str(delivery.id),
    )


def _with_chance(pause: timedelta, delivery: WebhookDelivery) -> timedelta:
    """A pause up to a fifth longer, so that what failed together does not come back together."""
    seed = hashlib.sha256(delivery.id.bytes + bytes([delivery.tries % 256])).digest()
    return pause * (1 + seed[0] / 1275)


def _refuse_disabled(webhook: Webhook) -> None:
    if webhook.state != WebhookState.ENABLED:
        raise Refusal("This address is switched off. Switch it on first.", code="webhook-disabled")


def _disable(session: Session, webhook: Webhook, because: str, *, now: datetime) -> None:
    webhook.state, webhook.disabled_because = WebhookState.DISABLED, because
    history.record(session, webhook, "disabled", now=now, because=because)
    body = (
        f"We stopped sending messages to {webhook.url}. {because}\n\n"
        "Put it right, then switch it on again under Webhooks; what it missed can be sent again there.\n"
    )
    tell(session, webhook.organisation_id, "A webhook is switched off", body, now=now)

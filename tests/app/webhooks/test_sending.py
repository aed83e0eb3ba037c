"""Messages to other systems: signed, tried for days, never to a private address. Against a real receiver."""

import base64
import hashlib
import hmac
import json
from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.errors import Faulty, Missing, Refusal
from app.identity import acting
from app.mail import Mail
from app.organisations.models import Kind
from app.permissions import Actor
from app.settings import Settings
from app.webhooks import sending, service, signing
from app.webhooks.models import DeliveryState, Webhook, WebhookDelivery, WebhookState, WebhookTry
from app.webhooks.types import EVENT_TYPES
from tests.app.making import Making
from tests.app.webhooks.receiver import Receiver, receiver
from tests.conftest import FixedClock

__all__ = ["receiver"]
CLOSED = EVENT_TYPES["pool.closed"].example


@pytest.fixture
def config(config: Settings) -> Settings:
    return config.model_copy(update={"webhook_private_addresses": True})


def a_buyer(make: Making, session: Session) -> Actor:
    organisation = make.organisation(Kind.BUYER)
    found = acting(session, make.person(organisation).id, organisation.id)
    assert found is not None
    return found


@pytest.fixture
def actor(make: Making, session: Session) -> Actor:
    return a_buyer(make, session)


def verified(secret: str, headers: dict[str, str], body: bytes) -> bool:
    """As the specification tells a receiver to check it."""
    key = base64.b64decode(secret.removeprefix("whsec_"))
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    wanted = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
    return f"v1,{wanted}" in headers["webhook-signature"].split()


def test_the_published_vector_comes_out() -> None:
    made = signing.signature(
        base64.b64decode("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"),
        "msg_p5jXN8AQM9LWM0D4loKWxJek",
        1614265330,
        b'{"test": 2432232314}',
    )
    assert made == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_a_message_is_signed_tried_again_and_given_up(
    session: Session,
    config: Settings,
    receiver: Receiver,
    actor: Actor,
    clock: FixedClock,
    run_jobs: Callable[[], list[str]],
) -> None:
    said = service.Said(receiver.url, "Stock system", ["pool.closed"])
    hook = service.add(session, actor, config, said, now=clock.now)
    old = service.secret_of(session, actor, config, hook.id)
    assert (
        service.emit(session, actor.organisation_id, "pool.cancelled", CLOSED | {"because": ""}, clock.now)
        == 0
    )
    assert service.emit(session, actor.organisation_id, "pool.closed", CLOSED, clock.now) == 1
    session.commit()
    receiver.answers = [(503, {"retry-after": "600"}), (302, {"location": "http://localhost/"})]
    assert run_jobs() == ["deliver_webhook"]
    clock.now += timedelta(seconds=599)
    assert run_jobs() == []  # as long as it asked for
    clock.now += timedelta(seconds=1)
    service.rotate(session, actor, config, hook.id, now=clock.now)
    new = service.secret_of(session, actor, config, hook.id)
    session.commit()
    assert run_jobs() == ["deliver_webhook"]  # a redirect is a failure, and is not followed
    clock.now += timedelta(minutes=6)
    assert run_jobs() == ["deliver_webhook"]
    assert run_jobs() == []
    delivery = session.scalars(select(WebhookDelivery)).one()
    session.refresh(delivery)
    assert (delivery.state, delivery.next_at) == (DeliveryState.DELIVERED, None)
    assert len({headers["webhook-id"] for headers, _ in receiver.got}) == 1
    assert [each.status for each in session.scalars(select(WebhookTry).order_by(WebhookTry.id))] == [
        503,
        302,
        204,
    ]
    (first, body), _, (last, _) = receiver.got
    assert json.loads(body)["type"] == "pool.closed"
    assert json.loads(body)["data"] == CLOSED
    assert verified(old, first, body)
    assert not verified(old, first, body + b" ")
    assert verified(old, last, body)
    assert verified(new, last, body)  # both sign for a day
    clock.now += timedelta(days=1)

    # Nothing but failures: given up after three days, switched off after five, everybody told once.
    receiver.answers = [(500, {})] * 40
    service.emit(session, actor.organisation_id, "pool.closed", CLOSED, clock.now)
    session.commit()
    began = clock.now
    tries = 0
    while (clock.now - began) < timedelta(days=5):
        tries += len(run_jobs())
        clock.now += timedelta(hours=4)
    assert tries == len(service.PAUSES) + 1
    assert not verified(old, receiver.got[-1][0], receiver.got[-1][1])
    session.refresh(hook)
    assert hook.state == WebhookState.ENABLED
    assert service.missed_by(session, hook) == 1
    service.emit(session, actor.organisation_id, "pool.closed", CLOSED, clock.now)
    session.commit()
    run_jobs()
    session.refresh(hook)
    assert (hook.state, hook.disabled_because) == (WebhookState.DISABLED, "Nothing arrived for 5 days.")
    assert len(session.scalars(select(Mail).filter_by(subject="A webhook is switched off")).all()) == 1
    clock.now += timedelta(minutes=1)
    run_jobs()
    assert service.emit(session, actor.organisation_id, "pool.closed", CLOSED, clock.now) == 0
    with pytest.raises(Refusal, match="switched off"):
        service.replay_missed(session, actor, hook.id, now=clock.now)
    service.switch(session, actor, hook.id, on=True, now=clock.now)
    receiver.answers.clear()
    assert service.replay_missed(session, actor, hook.id, now=clock.now) == 2
    session.commit()
    receiver.got.clear()
    run_jobs()
    assert len(receiver.got) == 2
    assert service.missed_by(session, hook) == 0

    # 410: at once.
    receiver.answers = [(410, {})]
    service.try_out(session, actor, hook.id, now=clock.now)
    session.commit()
    run_jobs()
    session.refresh(hook)
    assert hook.disabled_because == "It answered that it is gone (410)."


def test_a_private_address_is_never_asked(receiver: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    assert sending.send(receiver.url, {}, b"{}").words.startswith("The address is a private one")
    assert receiver.got == []
    assert sending.send(receiver.url, {}, b"{}", private=True).status == 204

    # A name that means a public address first and a private one later: it is asked for once.
    asked: list[str] = []

    def resolve(host: str, port: int, **_: object) -> list[tuple[object, ...]]:
        asked.append(host)
        return [(2, 1, 6, "", (each, port)) for each in ("93.184.215.14", "127.0.0.1")]

    monkeypatch.setattr("app.webhooks.sending.socket.getaddrinfo", resolve)
    assert sending.send(receiver.url, {}, b"{}").words.startswith("The address is a private one")
    assert asked == ["localhost"]


@pytest.mark.parametrize(
    ("address", "public"),
    [
        ("93.184.215.14", True),
        ("2606:2800:21f:cb07:6820:80da:af6b:8b2c", True),
        ("127.0.0.1", False),
        ("10.1.2.3", False),
        ("169.254.169.254", False),  # where clouds keep their secrets
        ("100.64.0.1", False),
        ("0.0.0.0", False),
        ("224.0.0.1", False),
        ("::1", False),
        ("fe80::1%eth0", False),
        ("fd00::1", False),
        ("::ffff:127.0.0.1", False),
        ("64:ff9b::a01:203", False),
        ("2002:a01:203::1", False),
    ],
)
def test_which_addresses_are_public(address: str, public: bool) -> None:
    assert sending.is_public(address) is public


@pytest.mark.parametrize(
    "url",
    [
        "http://example.org/",
        "https://user:secret@example.org/",
        "https://127.0.0.1/",
        "https://[::1]/",
        "https://localhost/",
        "https://db.internal/",
        "https://example.org/#part",
        "https://example.org:999999/",
        "https:///nowhere",
        "ftp://example.org/",
        "https://exa mple.org/",
    ],
)
def test_addresses_that_are_not_taken(
    session: Session, config: Settings, actor: Actor, clock: FixedClock, url: str
) -> None:
    strict = config.model_copy(update={"webhook_private_addresses": False})
    with pytest.raises(Faulty) as refused:
        service.add(session, actor, strict, service.Said(url, "", ["pool.closed"]), now=clock.now)
    assert set(refused.value.fields) == {"url"}


def test_another_ones_is_missing_and_unknown_types_are_refused(
    session: Session, config: Settings, actor: Actor, make: Making, clock: FixedClock
) -> None:
    hook = service.add(
        session, actor, config, service.Said("https://example.org/", "", ["pool.closed"]), now=clock.now
    )
    delivery = service.try_out(session, actor, hook.id, now=clock.now)
    stranger = a_buyer(make, session)
    with pytest.raises(Missing):
        service.own(session, stranger, hook.id)
    with pytest.raises(Missing):
        service.replay(session, stranger, delivery.id, now=clock.now)
    with pytest.raises(ValueError, match="unknown"):
        service.emit(session, actor.organisation_id, "unknown", {}, clock.now)
    with pytest.raises(ValueError, match=r"pool\.closed"):
        service.emit(session, actor.organisation_id, "pool.closed", {}, clock.now)
    service.remove(session, actor, hook.id, now=clock.now)
    assert service.webhooks_of(session, actor.organisation_id) == []
    assert session.scalars(select(Webhook)).one().state == WebhookState.REMOVED

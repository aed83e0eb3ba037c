"""Subscriptions of queries: what is captured and matches arrives at a real receiver, signed, once."""

import base64
import hmac
import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.epcis.jobs import answer_subscriptions
from app.epcis.models import Subscription
from app.organisations.models import Kind
from app.settings import Settings
from app.webhooks.models import Webhook, WebhookState
from app.webhooks.signing import shown
from logistics.epcis.validation import faults_of
from tests.app.epcis.documents import alone, document
from tests.app.making import Making
from tests.app.webhooks.receiver import Receiver, receiver
from tests.app.webhooks.test_sending import verified
from tests.conftest import FixedClock, SignIn

__all__ = ["receiver"]
SECRET = "a secret that both of them know"


@pytest.fixture
def config(config: Settings) -> Settings:
    return config.model_copy(update={"webhook_private_addresses": True})


def test_what_is_captured_and_matches_is_sent_once(
    make: Making,
    as_person: SignIn,
    session: Session,
    clock: FixedClock,
    receiver: Receiver,
    run_jobs: Callable[[], list[str]],
) -> None:
    maker: TestClient = as_person(make.member(Kind.PRODUCER))
    here = "/epcis/queries/packed/subscriptions"
    wish = {"dest": receiver.url, "stream": True, "signatureToken": SECRET}
    assert maker.post(here, json=wish).json()["type"] == "epcisException:NoSuchNameException"
    maker.post("/epcis/capture", json=document())  # before anybody subscribed
    maker.post("/epcis/queries", json={"name": "packed", "query": {"EQ_bizStep": ["packing"]}})
    for odd, said in (
        ({"stream": False}, "epcisException:SubscriptionControlsException"),
        ({"schedule": {"hour": "1"}}, "epcisException:SubscriptionControlsException"),
        ({"reportIfEmpty": True}, "epcisException:SubscriptionControlsException"),
        ({"dest": "nowhere"}, "epcisException:InvalidURIException"),
        ({"signatureToken": "short"}, "epcisException:ValidationException"),
        ({"colour": "red"}, "epcisException:ValidationException"),
    ):
        refused = maker.post(here, json=wish | odd)
        assert (refused.status_code, refused.json()["type"]) == (400, said)
    made = maker.post(here, json=wish)
    assert made.status_code == 201
    assert made.headers["location"] == f"{here}/{made.json()['subscriptionID']}"
    assert maker.get(here).json() == [made.json()] == [maker.get(made.headers["location"]).json()]
    assert SECRET not in made.text

    clock.now += timedelta(seconds=30)
    answer_subscriptions(0)
    run_jobs()
    assert receiver.got == []
    for number, step in enumerate(("packing", "storing", "packing")):
        event = alone("AggregationEvent", eventID=f"urn:demo:event:{number}", bizStep=step)
        assert maker.post("/epcis/capture", json=document(event)).status_code == 202
    for _ in range(3):
        clock.now += timedelta(minutes=9)
        answer_subscriptions(0)
        run_jobs()
    assert len(receiver.got) == 1
    headers, body = receiver.got[0]
    assert verified(shown(SECRET.encode()), headers, body)
    signed = base64.b64encode(hmac.digest(SECRET.encode(), body, "sha256")).decode()
    assert headers["gs1-signature"] == signed  # as its receiver computes it from what arrives, and the token
    told = json.loads(body)
    assert faults_of(told) == {}
    results = told["epcisBody"]["queryResults"]
    assert results["subscriptionID"] == made.json()["subscriptionID"]
    assert [each["eventID"] for each in results["resultsBody"]["eventList"]] == [
        "urn:demo:event:0",
        "urn:demo:event:2",
    ]

    stranger: TestClient = as_person(make.member(Kind.BUYER))
    assert stranger.get(made.headers["location"]).status_code == 404
    assert stranger.delete(made.headers["location"]).status_code == 404
    assert maker.delete(made.headers["location"]).status_code == 204
    assert maker.get(here).json() == []
    session.expire_all()
    assert session.scalars(select(Webhook)).one().state == WebhookState.REMOVED
    maker.post(here, json=wish)
    assert maker.delete("/epcis/queries/packed").status_code == 204
    assert session.scalars(select(Subscription)).all() == []


def subscribed(maker: TestClient, **wish: Any) -> dict[str, Any]:
    """A subscription to what is packed, as it is shown."""
    maker.post("/epcis/queries", json={"name": "packed", "query": {"EQ_bizStep": ["packing"]}})
    made = maker.post("/epcis/queries/packed/subscriptions", json=wish)
    assert made.status_code == 201, made.text
    shown_as: dict[str, Any] = made.json()
    return shown_as


def pack(maker: TestClient, *names: str) -> None:
    events = [
        alone("AggregationEvent", eventID=f"urn:demo:event:{each}", bizStep="packing") for each in names
    ]
    assert maker.post("/epcis/capture", json=document(*events)).status_code == 202


def arrived(receiver: Receiver) -> list[list[str]]:
    """The events of each message."""
    return [
        [
            each["eventID"].removeprefix("urn:demo:event:")
            for each in json.loads(body)["epcisBody"]["queryResults"]["resultsBody"]["eventList"]
        ]
        for _, body in receiver.got
    ]


def test_a_schedule_sends_once_at_each_of_its_times_whatever_was_missed(
    make: Making,
    as_person: SignIn,
    session: Session,
    clock: FixedClock,
    receiver: Receiver,
    run_jobs: Callable[[], list[str]],
) -> None:
    maker: TestClient = as_person(make.member(Kind.PRODUCER))
    wish = {"dest": receiver.url, "schedule": {"minute": "5", "hour": "[13-14]"}, "reportIfEmpty": True}
    made = subscribed(maker, **wish)
    assert (made["schedule"], "stream" in made) == (wish["schedule"], False)
    assert "lastNotifiedAt" not in made

    def at(hour: int, minute: int, day: int = 5) -> list[list[str]]:
        clock.now = clock.now.replace(day=day, hour=hour, minute=minute, second=20)
        answer_subscriptions(0)
        answer_subscriptions(0)  # as after a worker that died when it had done it
        run_jobs()
        session.expire_all()
        return arrived(receiver)

    pack(maker, "1", "2")
    assert at(12, 59) == []
    assert at(13, 5) == [["1", "2"]]
    assert at(13, 6) == [["1", "2"]]
    assert at(14, 5)[1:] == [[]]  # and a word where nothing was found
    pack(maker, "3")
    assert at(16, 0)[2:] == []
    assert at(15, 0, day=8)[2:] == [["3"]]  # the machine stood still for two days
    assert at(13, 4, day=9)[3:] == []
    assert at(13, 7, day=9)[3:] == [[]]
    assert len({headers["webhook-id"] for headers, _ in receiver.got}) == len(receiver.got)
    assert all(faults_of(json.loads(body)) == {} for _, body in receiver.got)
    seen = maker.get(f"/epcis/queries/packed/subscriptions/{made['subscriptionID']}").json()
    assert seen["lastNotifiedAt"] == seen["minRecordTime"] == "2026-01-09T13:07:20.000Z"


def test_a_long_report_comes_in_parts_and_is_never_empty_at_its_end(
    make: Making,
    as_person: SignIn,
    clock: FixedClock,
    receiver: Receiver,
    run_jobs: Callable[[], list[str]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("app.epcis.subscribing.AT_A_TIME", 2)
    maker: TestClient = as_person(make.member(Kind.PRODUCER))
    subscribed(maker, dest=receiver.url, schedule={"minute": "0"}, reportIfEmpty=True)
    pack(maker, "1", "2", "3", "4")
    clock.now += timedelta(hours=1)
    answer_subscriptions(0)
    run_jobs()
    assert arrived(receiver) == [["1", "2"], ["3", "4"]]


def test_it_begins_with_what_was_recorded_at_the_moment_that_is_named(
    make: Making,
    as_person: SignIn,
    clock: FixedClock,
    receiver: Receiver,
    run_jobs: Callable[[], list[str]],
) -> None:
    maker: TestClient = as_person(make.member(Kind.PRODUCER))
    pack(maker, "too-early")
    clock.now += timedelta(minutes=5)
    pack(maker, "first")
    made = subscribed(maker, dest=receiver.url, stream=True, initialRecordTime=clock.now.isoformat())
    assert made["initialRecordTime"] == made["minRecordTime"]
    answer_subscriptions(0)
    run_jobs()
    assert arrived(receiver) == [["first"]]


@pytest.mark.parametrize(
    ("schedule", "place"),
    [
        ({}, "/schedule"),
        ({"hour": "24"}, "/schedule/hour"),
        ({"second": "0/30"}, "/schedule/second"),
        ({"dayOfMonth": "31", "month": "2"}, "/schedule"),
        ({"dayOfWeek": "[5-1]"}, "/schedule/dayOfWeek"),
    ],
)
def test_a_schedule_that_cannot_be_kept_is_refused_where_it_is_wrong(
    make: Making, as_person: SignIn, receiver: Receiver, schedule: dict[str, str], place: str
) -> None:
    maker: TestClient = as_person(make.member(Kind.PRODUCER))
    maker.post("/epcis/queries", json={"name": "packed", "query": {"EQ_bizStep": ["packing"]}})
    wish = {"dest": receiver.url, "schedule": schedule}
    refused = maker.post("/epcis/queries/packed/subscriptions", json=wish)
    assert (refused.status_code, refused.json()["type"]) == (
        400,
        "epcisException:SubscriptionControlsException",
    )
    assert [each["pointer"] for each in refused.json()["errors"]] == [place]

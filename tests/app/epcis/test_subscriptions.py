"""Subscriptions of queries: what is captured and matches arrives at a real receiver, signed, once."""

import json
from collections.abc import Callable
from datetime import timedelta

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
        ({"stream": False, "schedule": {"hour": "1"}}, "epcisException:SubscriptionControlsException"),
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
    assert headers["gs1-signature"] == headers["webhook-signature"]
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

"""Addresses by page and by API: the same rows, nobody else's, and a log of what was told."""

import re
from collections.abc import Callable

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.organisations.models import Kind
from app.settings import Settings
from app.webhooks.models import Webhook, WebhookDelivery
from tests.app.making import Making
from tests.app.webhooks.receiver import Receiver, receiver
from tests.conftest import SignIn

__all__ = ["receiver"]


@pytest.fixture
def config(config: Settings) -> Settings:
    return config.model_copy(update={"webhook_private_addresses": True})


def test_an_address_by_page_and_by_api(
    make: Making,
    as_person: SignIn,
    session: Session,
    receiver: Receiver,
    run_jobs: Callable[[], list[str]],
) -> None:
    shop, stranger = as_person(make.member(Kind.BUYER)), as_person(make.member(Kind.BUYER))
    assert "No address is told anything yet" in shop.get("/webhooks").text
    assert "webhook-signature" in shop.get("/webhooks/events").text
    faulty = shop.post("/webhooks/new", data={"url": "nowhere"})
    assert faulty.status_code == 422
    assert 'value="nowhere"' in faulty.text
    wish = {"url": receiver.url, "words": "Stock", "types": ["pool.closed", "shipment.late"]}
    made = shop.post("/webhooks/new", data=wish)
    assert made.status_code == 303
    here = made.headers["location"]
    hook = session.scalars(select(Webhook)).one()
    assert hook.types == ["pool.closed", "shipment.late"]
    secret = shop.get(f"/api{here}/secret").json()["secret"]
    assert secret in shop.get(here).text

    assert shop.post(f"{here}/test").status_code == 303
    run_jobs()
    session.expire_all()
    assert "arrived" in shop.get(here).text
    told = shop.get(f"/api{here}/deliveries").json()["deliveries"][0]
    assert told["message_id"] == receiver.got[0][0]["webhook-id"]
    assert told["body"].encode() == receiver.got[0][1]
    assert [each["status"] for each in told["tries"]] == [204]
    assert shop.post(f"/webhook-deliveries/{told['id']}/replay").status_code == 303
    run_jobs()
    assert len({headers["webhook-id"] for headers, _ in receiver.got}) == 1
    assert len(receiver.got) == 2

    assert shop.post(f"{here}/secret").status_code == 303
    assert shop.get(f"/api{here}/secret").json()["secret"] != secret
    changed = shop.post(f"{here}/edit", data=wish | {"words": "Warehouse", "types": ["pool.closed"]})
    assert changed.status_code == 303
    listed = shop.get("/webhooks").text
    assert "Warehouse" in listed
    assert re.search(r'class="tag[^"]*"[^>]*>\s*on\s*<', listed), "its state is said in words"
    assert shop.put(f"/api{here}/state", json={"enabled": False}).json()["state"] == "disabled"
    assert "You switched it off." in shop.get(here).text
    assert shop.post(f"{here}/test").status_code == 409
    for reply in (
        stranger.get(here),
        stranger.get(f"/api{here}/secret"),
        stranger.post(f"{here}/on"),
        stranger.post(f"/webhook-deliveries/{told['id']}/replay"),
    ):
        assert reply.status_code == 404
    assert shop.delete(f"/api{here}").status_code == 204
    assert shop.get(here).status_code == 404
    assert session.scalars(select(WebhookDelivery)).one().webhook_id == hook.id
    again = shop.post("/api/webhooks", json=wish)
    assert again.status_code == 201
    assert shop.post("/api/webhooks", json=wish | {"types": ["weather"]}).status_code == 422
    assert [each["id"] for each in shop.get("/api/webhooks").json()["webhooks"]] == [again.json()["id"]]
    assert len(shop.get("/api/webhook-types").json()["types"]) == 8

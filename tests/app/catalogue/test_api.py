"""Terms, offers and the catalogue over the API."""

from collections.abc import Callable
from typing import Any
from uuid import UUID, uuid4

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlalchemy.orm import Session

from app.organisations.models import Kind
from tests.app.catalogue import scene
from tests.app.catalogue.conftest import Market, new_maker
from tests.app.making import Making
from tests.conftest import FixedClock

SignIn = Callable[[UUID], TestClient]

OFFER: dict[str, Any] = {
    "title": "Lacquer bowl, 14 cm",
    "unit": "bowl",
    "price": 1200,
    "weight_g": 700,
    "volume_cm3": 4600,
    "hs_code": "441990",
    "lead_days": 12,
}


def terms(market: Market) -> dict[str, Any]:
    return {
        "hub_id": str(market.hub.id),
        "currency": "USD",
        "minimum_order": 300000,
        "small_order_fee": 10000,
        "direct_customs": 3000,
        "direct_shipping": 7000,
    }


def test_terms_are_put_read_and_changed_on_their_etag(
    session: Session, market: Market, make: Making, as_person: SignIn
) -> None:
    program = as_person(new_maker(session, make, "Test potters").person.id)
    assert program.get("/api/terms").status_code == 404
    first = program.put("/api/terms", json=terms(market))
    assert (first.status_code, first.headers["etag"]) == (200, '"1"')
    assert program.put("/api/terms", json=terms(market)).status_code == 428
    changed = terms(market) | {"minimum_order": 1}
    second = program.put("/api/terms", json=changed, headers={"if-match": '"1"'})
    assert second.json()["minimum_order"] == 1
    stale = program.put("/api/terms", json=terms(market), headers={"if-match": '"1"'})
    assert (stale.status_code, stale.json()["type"]) == (412, "/problems/changed-meanwhile")
    assert program.get("/api/terms").headers["etag"] == '"2"'


def test_an_offer_lives_over_the_api(market: Market, as_person: SignIn, client: TestClient) -> None:
    program = as_person(market.maker.person.id)
    made = program.post("/api/offers", json=OFFER)
    assert made.status_code == 201
    address = made.headers["location"]
    offer = program.get(address)
    assert (offer.json()["currency"], offer.json()["state"], offer.headers["etag"]) == (
        "USD",
        "listed",
        '"1"',
    )
    assert program.put(address, json=OFFER | {"price": 1300}).status_code == 428
    assert program.put(address, json=OFFER, headers={"if-match": '"7"'}).status_code == 412
    assert program.put(address, json=OFFER, headers={"if-match": "*"}).status_code == 412
    changed = program.put(address, json=OFFER | {"price": 1300}, headers={"if-match": '"1"'})
    assert (changed.json()["price"], changed.headers["etag"]) == (1300, '"2"')
    assert program.get("/api/offers").json()["certified"] is True
    public = f"/api/catalogue/{offer.json()['id']}"
    assert client.get(public).json()["maker"]["slug"] == market.maker.organisation.slug
    assert program.delete(address).json()["state"] == "withdrawn"
    assert client.get(public).status_code == 404
    assert program.post(f"{address}/list").json()["state"] == "listed"


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"price": -1}, "/price"),
        ({"price": 12.5}, "/price"),
        ({"price": "1200"}, "/price"),
        ({"price": True}, "/price"),
        ({"price": 10**30}, "/price"),
        ({"title": ""}, "/title"),
        ({"title": " "}, "/title"),
        ({"title": "x" * 121}, "/title"),
        ({"hs_code": "4419.90"}, "/hs_code"),
        ({"cargo_class": "frozen"}, "/cargo_class"),
        ({"weight_g": 0}, "/weight_g"),
        ({"weight_g": 999_000}, "/weight_g"),
        ({"colour": "red"}, "/colour"),
        ({"picture": "../../etc/passwd"}, "/picture"),
    ],
)
def test_each_fault_has_a_pointer(
    market: Market, as_person: SignIn, change: dict[str, Any], pointer: str
) -> None:
    reply = as_person(market.maker.person.id).post("/api/offers", json=OFFER | change)
    assert reply.status_code == 422
    assert [each["pointer"] for each in reply.json()["errors"]] == [pointer]


def test_what_is_missing_has_a_pointer(market: Market, as_person: SignIn) -> None:
    reply = as_person(market.maker.person.id).post("/api/offers", json={})
    assert {each["pointer"] for each in reply.json()["errors"]} == {f"/{name}" for name in OFFER}


def test_a_repeat_with_the_same_key_makes_one_offer(market: Market, as_person: SignIn) -> None:
    program = as_person(market.maker.person.id)
    replies = [program.post("/api/offers", json=OFFER, headers={"idempotency-key": "k1"}) for _ in range(2)]
    assert replies[0].json() == replies[1].json()
    assert len(program.get("/api/offers").json()["offers"]) == 1


def test_others_and_strangers(
    session: Session, market: Market, make: Making, as_person: SignIn, client: TestClient, clock: FixedClock
) -> None:
    offer = scene.offer(session, market.maker.actor, clock.now)
    other = as_person(market.applicant.person.id)
    for call in (other.get, other.delete):
        assert call(f"/api/offers/{offer.id}").status_code == 404
    assert other.get(f"/api/offers/{uuid4()}").status_code == 404
    assert other.get("/api/offers/nonsense").status_code == 404
    assert client.get("/api/offers").status_code == 401
    assert as_person(make.member(Kind.BUYER)).get("/api/offers").status_code == 403


def test_the_catalogue_is_paged_by_cursor(
    session: Session, market: Market, client: TestClient, clock: FixedClock
) -> None:
    for number in range(5):
        scene.offer(session, market.maker.actor, clock.now, title=f"Bowl {number}")
    scene.offer(session, market.applicant.actor, clock.now, title="Bowl of an applicant")
    seen: list[str] = []
    reply = client.get("/api/catalogue", params={"limit": 2, "q": "bowl"})
    seen += [each["offer"]["title"] for each in reply.json()["goods"]]
    while link := reply.links.get("next"):
        reply = client.get(link["url"])
        seen += [each["offer"]["title"] for each in reply.json()["goods"]]
    assert sorted(seen) == [f"Bowl {number}" for number in range(5)]
    assert reply.json()["after"] is None
    bad = client.get("/api/catalogue", params={"after": "nonsense"})
    assert (bad.status_code, bad.json()["errors"][0]["pointer"]) == (422, "/after")
    assert client.get("/api/catalogue", params={"limit": 1000}).status_code == 422


def test_makers_over_the_api(session: Session, market: Market, client: TestClient, clock: FixedClock) -> None:
    scene.offer(session, market.maker.actor, clock.now)
    found = client.get("/api/makers", params={"country": "VN"}).json()
    assert [(each["maker"]["name"], each["offers"]) for each in found["makers"]] == [
        ("Test lacquer workshop", 1)
    ]
    story = client.get(f"/api/makers/{market.maker.organisation.slug}").json()
    assert (story["terms"]["minimum_order"], len(story["offers"])) == (300000, 1)
    assert client.get(f"/api/makers/{market.applicant.organisation.slug}").status_code == 404


def test_the_examples_of_the_document_are_taken(app: FastAPI, market: Market, as_person: SignIn) -> None:
    schemas = app.openapi()["components"]["schemas"]

    def example(name: str) -> dict[str, Any]:
        fields = schemas[name]["properties"]
        return {field: about["examples"][0] for field, about in fields.items() if about.get("examples")}

    program = as_person(market.maker.person.id)
    wish = example("TermsIn") | {"hub_id": str(market.hub.id)}
    assert program.put("/api/terms", json=wish, headers={"if-match": '"1"'}).status_code == 200
    assert program.post("/api/offers", json=example("OfferIn")).status_code == 201

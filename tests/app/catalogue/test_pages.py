"""The pages of offers, terms, makers and goods, as people use them."""

import re
from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import Engine, event, select, update
from sqlalchemy.orm import Session

from app.audits.models import Certificate
from app.catalogue.models import Offer, OfferState, Terms
from app.organisations.models import Kind
from tests.app.catalogue import scene
from tests.app.catalogue.conftest import Market
from tests.app.catalogue.scene import BOWL
from tests.app.making import Making
from tests.conftest import FixedClock

SignIn = Callable[[UUID], TestClient]

TYPED = {
    "title": "Seagrass basket",
    "story": "Plaited in the rainy season.",
    "unit": "basket",
    "price": "15.50",
    "weight": "0.75",
    "length": "30",
    "width": "25.5",
    "height": "20",
    "litres": "",
    "hs_code": "4602.12",
    "cargo_class": "ambient",
    "lead_days": "10",
    "stock": "",
    "least_quantity": "2",
    "case_size": "2",
    "picture": "baskets.svg",
}
TERMS = {
    "hub_id": "",
    "currency": "USD",
    "minimum_order": "3000",
    "small_order_fee": "100",
    "direct_customs": "30",
    "direct_shipping": "70.00",
    "version": "",
}


def value_of(html: str, name: str) -> str | None:
    """What a field of the page shows."""
    found = re.search(rf'<input[^>]*name="{name}"[^>]*?value="([^"]*)"', html)
    return found[1] if found else None


def test_a_producer_states_terms_and_lists_goods(
    session: Session, market: Market, make: Making, as_person: SignIn, client: TestClient
) -> None:
    organisation = make.organisation(Kind.PRODUCER, "Test potters")
    browser = as_person(make.person(organisation).id)
    assert "Your terms come first" in browser.get("/offers").text
    assert browser.get("/offers/new").headers["location"] == "/offers/terms"
    assert browser.get("/offers/terms").status_code == 200
    stated = browser.post("/offers/terms", data=TERMS | {"hub_id": str(market.hub.id)})
    assert (stated.status_code, stated.headers["location"]) == (303, "/offers")
    terms = session.get(Terms, organisation.id)
    assert terms is not None
    assert (terms.minimum_order, terms.direct_shipping) == (300000, 7000)

    saved = browser.post("/offers/new", data=TYPED)
    assert (saved.status_code, saved.headers["location"]) == (303, "/offers")
    offer = session.scalars(select(Offer).where(Offer.organisation_id == organisation.id)).one()
    assert (offer.price, offer.currency, offer.weight_g, offer.volume_cm3) == (1550, "USD", 750, 15300)
    assert (offer.hs_code, offer.stock, offer.least_quantity) == ("460212", None, 2)
    page = browser.get("/offers").text
    assert "Prepare your offers now: they are shown when you are certified" in page
    assert "Waits for your certificate" in page
    assert "Only you see this until you are certified" in browser.get(f"/goods/{offer.id}").text
    assert client.get(f"/goods/{offer.id}", headers={"accept": "text/html"}).status_code == 404


@pytest.mark.parametrize(
    ("field", "typed", "words"),
    [
        ("title", "", "Enter what it is"),
        ("title", "x" * 121, "Use at most 120 characters"),
        ("unit", "", "Enter what one of it is called"),
        ("price", "", "Enter the price of one"),
        ("price", "-3", "Enter 0.01 or more"),
        ("price", "twelve", "Enter an amount in USD"),
        ("price", "12.5055", "USD has 2 decimal places"),
        ("price", "999999999999999999", "Enter"),
        ("weight", "700 g", "Enter a number in kg"),
        ("weight", "-1", "Enter a number in kg above 0"),
        ("weight", "750", "heavier than gold"),
        ("weight", "99999", "Enter at most"),
        ("length", "1e3", "Enter a number in cm"),
        ("width", "", "Enter all three sides"),
        ("height", "0", "Enter a number in cm above 0"),
        ("litres", "2", "The three sides make 15.3 litres"),
        ("hs_code", "12ab", "Enter 6 to 10 figures"),
        ("cargo_class", "frozen", "Choose how it must travel"),
        ("lead_days", "ten", "Enter a whole number"),
        ("lead_days", "", "Enter how many days"),
        ("stock", "-1", "Enter 0 or more"),
        ("least_quantity", "0", "Enter 1 or more"),
        ("case_size", "99999999999", "Enter"),
        ("picture", "nothing.svg", "Choose one of the pictures"),
    ],
)
def test_a_fault_is_named_and_everything_typed_stays(
    session: Session, market: Market, as_person: SignIn, field: str, typed: str, words: str
) -> None:
    browser = as_person(market.maker.person.id)
    reply = browser.post("/offers/new", data=TYPED | {field: typed})
    assert reply.status_code == 422
    assert words in reply.text
    assert "There is a problem" in reply.text
    for name in ("title", "unit", "price", "weight", "hs_code", "lead_days"):
        shown = value_of(reply.text, name)
        assert shown == (typed if name == field else TYPED[name])
    assert TYPED["story"] in reply.text
    assert session.scalars(select(Offer)).all() == []


def test_every_fault_is_told_at_once(market: Market, as_person: SignIn) -> None:
    reply = as_person(market.maker.person.id).post("/offers/new", data={})
    for words in (
        "Enter what it is",
        "Enter the price of one",
        "Enter what one weighs",
        "Enter 6 to 10 figures",
    ):
        assert reply.text.count(words) == 2, "in the summary and at the field"


def test_a_repeated_submit_makes_one_offer(session: Session, market: Market, as_person: SignIn) -> None:
    browser = as_person(market.maker.person.id)
    form_key = value_of(browser.get("/offers/new").text, "form_key")
    for _ in range(2):
        reply = browser.post("/offers/new", data=TYPED | {"form_key": str(form_key)})
        assert reply.status_code == 303
    assert len(session.scalars(select(Offer)).all()) == 1


def test_an_edit_shows_what_is_stored_and_saves_it_unchanged(
    session: Session, market: Market, as_person: SignIn, clock: FixedClock
) -> None:
    offer = scene.offer(session, market.maker.actor, clock.now)
    browser = as_person(market.maker.person.id)
    html = browser.get(f"/offers/{offer.id}/edit").text
    shown = {name: value_of(html, name) for name in ("title", "price", "weight", "litres", "version")}
    assert shown == {
        "title": "Lacquer bowl, 14 cm",
        "price": "12.00",
        "weight": "0.7",
        "litres": "4.6",
        "version": "1",
    }
    again = TYPED | {"length": "", "width": "", "height": "", "version": "1"}
    again |= {name: str(value) for name, value in shown.items()}
    assert browser.post(f"/offers/{offer.id}/edit", data=again).status_code == 303
    session.refresh(offer)
    assert (offer.weight_g, offer.volume_cm3, offer.price) == (BOWL.weight_g, BOWL.volume_cm3, BOWL.price)


def test_a_stale_edit_keeps_what_was_typed_and_shows_what_differs(
    session: Session, market: Market, as_person: SignIn, clock: FixedClock
) -> None:
    offer = scene.offer(session, market.maker.actor, clock.now)
    browser = as_person(market.maker.person.id)
    address = f"/offers/{offer.id}/edit"
    mine = TYPED | {"version": "1"}
    assert browser.post(address, data=mine | {"price": "14"}).status_code == 303
    stale = browser.post(address, data=mine | {"price": "16"})
    assert stale.status_code == 409
    assert "Somebody changed this after you opened it" in stale.text
    assert value_of(stale.text, "price") == "16"
    assert "14.00" in stale.text
    assert value_of(stale.text, "version") == "2"
    assert browser.post(address, data=mine | {"price": "16", "version": "2"}).status_code == 303
    session.refresh(offer)
    assert offer.price == 1600


def test_stale_terms_keep_what_was_typed(session: Session, market: Market, as_person: SignIn) -> None:
    browser = as_person(market.maker.person.id)
    mine = TERMS | {"hub_id": str(market.hub.id), "version": "1"}
    assert browser.post("/offers/terms", data=mine | {"minimum_order": "10"}).status_code == 303
    stale = browser.post("/offers/terms", data=mine | {"minimum_order": "20"})
    assert stale.status_code == 409
    assert value_of(stale.text, "minimum_order") == "20"
    assert "10.00" in stale.text


@pytest.mark.parametrize(
    ("field", "typed", "words"),
    [
        ("hub_id", "", "Choose the hub"),
        ("hub_id", "01234567-89ab-7def-8123-456789abcdef", "Choose the hub"),
        ("hub_id", "x", "Choose the hub"),
        ("currency", "XXX", "Choose the currency"),
        ("minimum_order", "", "Enter the least that you ask for"),
        ("minimum_order", "-1", "Enter 0.00 or more"),
        ("small_order_fee", "ten", "Enter an amount in USD"),
    ],
)
def test_faulty_terms_keep_what_was_typed(
    session: Session, market: Market, as_person: SignIn, field: str, typed: str, words: str
) -> None:
    browser = as_person(market.maker.person.id)
    mine: dict[str, Any] = TERMS | {"hub_id": str(market.hub.id), "version": "1"} | {field: typed}
    reply = browser.post("/offers/terms", data=mine)
    assert reply.status_code == 422
    assert words in reply.text
    assert value_of(reply.text, "direct_shipping") == "70.00"


def test_withdrawn_goods_leave_the_catalogue_and_can_come_back(
    session: Session, market: Market, as_person: SignIn, client: TestClient, clock: FixedClock
) -> None:
    offer = scene.offer(session, market.maker.actor, clock.now)
    browser = as_person(market.maker.person.id)
    as_html = {"accept": "text/html"}
    assert offer.title in client.get("/goods").text
    assert browser.post(f"/offers/{offer.id}/withdraw").status_code == 303
    assert offer.title not in client.get("/goods").text
    assert client.get(f"/goods/{offer.id}", headers=as_html).status_code == 404
    assert browser.post(f"/offers/{offer.id}/list").status_code == 303
    assert client.get(f"/goods/{offer.id}", headers=as_html).status_code == 200


def test_anothers_offer_is_not_there(
    session: Session, market: Market, as_person: SignIn, clock: FixedClock
) -> None:
    offer = scene.offer(session, market.maker.actor, clock.now)
    browser = as_person(market.applicant.person.id)
    assert browser.get(f"/offers/{offer.id}/edit").status_code == 404
    assert browser.post(f"/offers/{offer.id}/edit", data=TYPED).status_code == 404
    assert browser.post(f"/offers/{offer.id}/withdraw").status_code == 404
    assert browser.get("/offers/not-an-id/edit").status_code == 404
    assert session.get_one(Offer, offer.id).state == OfferState.LISTED


def test_a_buyer_has_no_offers(make: Making, as_person: SignIn, client: TestClient) -> None:
    browser = as_person(make.member(Kind.BUYER))
    assert browser.get("/offers").status_code == 403
    assert (
        client.get("/offers", headers={"accept": "text/html"}).headers["location"] == "/sign-in?next=/offers"
    )


def test_the_public_sees_certified_makers_and_their_terms_in_plain_words(
    session: Session, market: Market, client: TestClient, clock: FixedClock
) -> None:
    offer = scene.offer(session, market.maker.actor, clock.now)
    listing = client.get("/makers").text
    assert market.maker.organisation.name in listing
    assert market.applicant.organisation.name not in listing
    page = client.get(f"/makers/{market.maker.organisation.slug}").text
    for words in (
        "The maker asks for USD 3,000.00 in one collection.",
        "A smaller collection costs USD 100.00 more, once.",
        "Goods are collected in Ho Chi Minh City, Vietnam.",
        "one order costs USD 100.00: USD 30.00 for customs papers and USD 70.00 for shipping",
        "/registry/FH-2026-000001-",
    ):
        assert words in page
    one = client.get(f"/goods/{offer.id}").text
    for words in ("USD 12.00", "0.7 kg", "4.6 litres", "441990", "12 days after the pool closes", "Vietnam"):
        assert words in one
    hidden = client.get(f"/makers/{market.applicant.organisation.slug}", headers={"accept": "text/html"})
    assert hidden.status_code == 404


def test_a_maker_whose_certificate_is_suspended_is_told_of_without_goods(
    session: Session, market: Market, client: TestClient, clock: FixedClock
) -> None:
    offer = scene.offer(session, market.maker.actor, clock.now)
    session.execute(update(Certificate).values(status="suspended"))
    session.commit()
    page = client.get(f"/makers/{market.maker.organisation.slug}").text
    assert "The certificate of this maker is suspended" in page
    assert offer.title not in page
    assert client.get(f"/goods/{offer.id}", headers={"accept": "text/html"}).status_code == 404
    assert offer.title not in client.get("/goods").text


def test_a_search_without_a_find_says_what_to_do(market: Market, client: TestClient) -> None:
    for address in ("/makers", "/goods"):
        assert "Try fewer words" in client.get(address, params={"q": "zebra"}).text
        odd = {"q": "%_\x00'\"<b>", "country": "xx!", "product": "cars", "page": "1"}
        assert client.get(address, params=odd).status_code == 200
        assert "<b>" not in client.get(address, params=odd).text
    assert client.get("/goods", params={"page": "0"}).status_code == 422


def test_lists_stay_within_twelve_queries_at_many_products(
    session: Session, market: Market, client: TestClient, clock: FixedClock, engine: Engine
) -> None:
    fields = {name: getattr(BOWL, name) for name in BOWL.__slots__}
    session.add_all(
        Offer(
            organisation_id=market.maker.organisation.id,
            currency="USD",
            created_at=clock.now,
            updated_at=clock.now,
            **fields | {"title": f"Bowl {number}"},
        )
        for number in range(2000)
    )
    session.commit()
    queries: list[str] = []

    def count(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        if statement.lstrip().upper().startswith(("SELECT", "INSERT", "UPDATE", "WITH")):
            queries.append(statement)

    event.listen(engine, "before_cursor_execute", count)
    try:
        for address in (
            "/goods?q=bowl&page=3",
            "/makers?q=bowl",
            f"/makers/{market.maker.organisation.slug}",
        ):
            queries.clear()
            assert client.get(address).status_code == 200
            assert 0 < len(queries) <= 12, (address, queries)
    finally:
        event.remove(engine, "before_cursor_execute", count)

"""A maker works out its floor; nothing is listed below it, by page, by API or in the database."""

import re
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.catalogue import costing, service
from app.catalogue.models import Costing, Offer
from app.exchange import service as exchange
from app.exchange.published import Published
from tests.app.catalogue import scene
from tests.app.catalogue.conftest import Market
from tests.conftest import FixedClock, SignIn

TYPED = {
    "currency": "USD",
    "units": "20",
    "materials": "60",
    "hours": "20",
    "hourly_wage": "3",
    "living_wage": "3.50",
    "living_wage_source": "Benchmark of 2026",
    "overheads": "20",
    "reserve": "10",
    "premium": "0.30",
    "price": "12",
}
GIVEN: dict[str, Any] = {
    "currency": "USD",
    "units": 20,
    "materials": 6000,
    "minutes": 1200,
    "hourly_wage": 300,
    "living_wage": 350,
    "living_wage_source": "Benchmark of 2026",
    "overheads": 2000,
    "reserve_ppm": 100_000,
    "premium": 30,
    "price": 1200,
}


@pytest.fixture
def bowl(session: Session, market: Market, clock: FixedClock) -> Offer:
    return scene.offer(session, market.maker.actor, clock.now)


def test_a_maker_sees_the_floor_first_and_saves_then(
    session: Session, market: Market, bowl: Offer, as_person: SignIn
) -> None:
    browser = as_person(market.maker.person.id)
    address = f"/offers/{bowl.id}/price"
    empty = browser.get(address)
    assert "Work out the floor" in empty.text
    looked = browser.post(address, data=TYPED | {"do": "look", "version": "1"})
    assert looked.status_code == 200
    assert "The floor: USD 8.55 each" in looked.text
    assert "You pay less than the living wage" in looked.text
    assert session.get(Costing, bowl.id) is None
    saved = browser.post(address, data=TYPED | {"do": "save", "version": "1"})
    assert saved.status_code == 303
    session.refresh(bowl)
    assert (bowl.floor, bowl.price, bowl.version) == (855, 1200, 2)
    again = browser.get(address).text
    for name, value in {"hours": "20", "materials": "60.00", "reserve": "10"}.items():
        assert re.search(rf'name="{name}"[^>]*value="{value}"', again)
    shown = browser.get(f"/goods/{bowl.id}").text
    assert "What the price pays for" in shown
    assert "USD 3.45" in shown  # above the floor


@pytest.mark.parametrize(
    ("field", "typed", "words"),
    [
        ("price", "8.54", "The least is USD 8.55 each"),
        ("units", "0", "Enter 1 or more"),
        ("living_wage", "0", "Enter 0.01 or more"),
        ("living_wage_source", "", "Say where the living wage is from"),
        ("hours", "many", "Enter a number in hours"),
        ("currency", "XXX", "Choose the currency"),
        ("reserve", "101", "Enter at most 100"),
        ("materials", "-1", "Enter 0.00 or more"),
    ],
)
def test_a_faulty_costing_keeps_what_was_typed(
    session: Session,
    market: Market,
    bowl: Offer,
    as_person: SignIn,
    field: str,
    typed: str,
    words: str,
) -> None:
    fields = TYPED | {"do": "save", "version": "1", field: typed}
    reply = as_person(market.maker.person.id).post(f"/offers/{bowl.id}/price", data=fields)
    assert reply.status_code == 422
    assert words in reply.text
    for name, value in fields.items():
        if name not in {"currency", "do", "version"} and value:
            assert f'value="{value}"' in reply.text, name
    session.refresh(bowl)
    assert bowl.floor is None


def test_below_the_floor_nothing_is_listed(
    session: Session, market: Market, bowl: Offer, as_person: SignIn, clock: FixedClock
) -> None:
    browser = as_person(market.maker.person.id)
    reply = browser.put(f"/api/offers/{bowl.id}/costing", json=GIVEN, headers={"if-match": '"1"'})
    assert reply.status_code == 200
    told = reply.json()
    assert (told["floor"], told["below_living_wage"], sum(told["parts"].values())) == (855, True, 1200)
    assert browser.get(f"/api/offers/{bowl.id}/costing").json() == told
    session.refresh(bowl)
    fields = {name: getattr(scene.BOWL, name) for name in scene.BOWL.__slots__}
    cheap = service.OfferSaid(**fields | {"price": 854})
    refused = browser.put(f"/api/offers/{bowl.id}", json=fields | {"price": 854}, headers={"if-match": '"2"'})
    assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (422, "/price")
    service.withdraw_offer(session, market.maker.actor, bowl.id, now=clock.now)
    service.change_offer(session, market.maker.actor, bowl.id, cheap, version=bowl.version, now=clock.now)
    back = browser.post(f"/api/offers/{bowl.id}/list")
    assert (back.status_code, back.json()["type"]) == (409, "/problems/below-the-floor")
    with pytest.raises(IntegrityError, match="not_below_the_floor"), session.begin_nested():
        session.execute(text("UPDATE offer SET state = 'listed' WHERE id = :id"), {"id": bowl.id})


def test_costs_in_another_currency_are_turned_and_rounded_up(
    session: Session, market: Market, bowl: Offer, clock: FixedClock
) -> None:
    said = costing.CostingSaid(
        currency="VND",
        units=10,
        materials=500_000,
        minutes=600,
        hourly_wage=30_000,
        living_wage=28_000,
        living_wage_source="Benchmark of 2026",
        overheads=100_000,
        reserve_ppm=0,
    )
    with pytest.raises(exchange.NoRate, match="VND to USD"):
        costing.save(session, market.maker.actor, bowl.id, said, price=1200, version=1, now=clock.now)
    rates = [Published(date(2026, 1, 2), "USD", "VND", Decimal(25_990))]
    exchange.keep(session, rates, "Demo bank", now=clock.now)
    worked = costing.save(session, market.maker.actor, bowl.id, said, price=1200, version=1, now=clock.now)
    assert worked.made.each == 90_000
    assert worked.floor == 347  # 3.4629 dollars, rounded up
    cut = costing.price_parts(session, bowl)
    assert cut is not None
    assert sum(getattr(cut, name) for name in cut.__slots__) == 1200
    assert cut.above == 1200 - 347


def test_an_older_page_does_not_overwrite(
    session: Session, market: Market, bowl: Offer, as_person: SignIn
) -> None:
    browser = as_person(market.maker.person.id)
    address = f"/offers/{bowl.id}/price"
    assert browser.post(address, data=TYPED | {"do": "save", "version": "1"}).status_code == 303
    late = browser.post(address, data=TYPED | {"do": "save", "version": "1", "price": "13"})
    assert late.status_code == 409
    assert 'value="13"' in late.text
    session.refresh(bowl)
    assert bowl.price == 1200


def test_variants_stand_together(
    session: Session, market: Market, bowl: Offer, as_person: SignIn, clock: FixedClock
) -> None:
    browser = as_person(market.maker.person.id)
    form = browser.get(f"/offers/new?like={bowl.id}").text
    assert str(bowl.id) in form
    assert scene.BOWL.title in form
    fields = {name: getattr(scene.BOWL, name) for name in scene.BOWL.__slots__}
    reply = browser.post(
        f"/api/offers?variant_of={bowl.id}", json=fields | {"variant": "24 cm", "price": 2400}
    )
    assert reply.status_code == 201
    page = browser.get(f"/goods/{bowl.id}").text
    assert "Also as" in page
    assert "24 cm" in page
    foreign = scene.offer(session, market.applicant.actor, clock.now)
    stolen = browser.post(f"/api/offers?variant_of={foreign.id}", json=fields)
    assert stolen.status_code == 404
    twice = [browser.post("/api/offers", json=fields | {"reference": "B-1"}) for _ in range(2)]
    assert [each.status_code for each in twice] == [201, 422]
    assert "has this code already" in twice[1].text

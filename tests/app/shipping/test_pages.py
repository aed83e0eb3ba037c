"""Pages of rate cards, sailings, shipments and hubs, as people use them."""

import re
from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.catalogue.models import Offer, OfferState
from app.organisations.models import Kind
from app.shipping.journeys import milestones_of
from app.shipping.models import Sailing, Service
from tests.app.making import Making
from tests.app.shipping.conftest import AIR, SEA, Booked, Lane
from tests.conftest import FixedClock

SignIn = Callable[[UUID], TestClient]

COMMON = {
    "code": "sea-sgn-rtm",
    "carrier": "Test Ocean Line",
    "mode": "sea",
    "classes": ["ambient", "cool"],
    "currency": "USD",
    "valid_from": "2026-01-01",
    "valid_until": "2026-06-30",
    "per_shipment": "45",
    "per_consignee": "5.00",
}
BY_CONTAINER = COMMON | {
    "by": "container",
    "per_wm": "92",
    "minimum_wm": "1",
    "box0_type": "20GP",
    "box0_cost": "1,850.00",
    "box0_kg": "21700",
    "box0_m3": "28",
}
BY_WEIGHT = COMMON | {
    "by": "weight",
    "mode": "air",
    "code": "AIR-SGN-RTM",
    "volumetric_divisor": "6000",
    "minimum_charge": "85",
    "break0_kg": "0",
    "break0_rate": "5.20",
    "break2_kg": "100",
    "break2_rate": "3.65",
    "break1_kg": "45",
    "break1_rate": "4.30",
}


def lane_of(lane: Lane) -> dict[str, str]:
    return {"origin_id": str(lane.origin.id), "destination_id": str(lane.destination.id)}


def value_of(html: str, name: str) -> str | None:
    found = re.search(rf'<input[^>]*name="{name}"[^>]*?value="([^"]*)"', html)
    return found[1] if found else None


@pytest.mark.parametrize(
    ("typed", "tariff", "classes"),
    [(BY_CONTAINER, SEA, ["ambient", "cool"]), (BY_WEIGHT, AIR, ["ambient", "cool"])],
)
def test_a_hub_enters_a_card_reads_it_in_words_and_saves_it_unchanged(
    session: Session,
    lane: Lane,
    as_person: SignIn,
    typed: dict[str, Any],
    tariff: dict[str, Any],
    classes: list[str],
) -> None:
    browser = as_person(lane.saigon.person.id)
    assert "How does the carrier charge freight?" in browser.get("/rate-cards/new").text
    assert browser.get(f"/rate-cards/new?by={typed['by']}").status_code == 200
    saved = browser.post("/rate-cards/new", data=typed | lane_of(lane))
    assert saved.status_code == 303
    service = session.scalars(select(Service)).one()
    assert (service.tariff, service.classes) == (tariff, classes)
    assert service.code == typed["code"].upper()
    page = browser.get(saved.headers["location"]).text
    assert "USD 45.00 per shipment" in page
    assert "No sailing ahead" in page
    assert "USD" in browser.get("/rate-cards").text

    edit = f"/rate-cards/{service.id}/edit"
    html = browser.get(edit).text
    names = set(re.findall(r'name="(\w+)"', html)) - {"form_key"}
    shown: dict[str, Any] = {name: value_of(html, name) or "" for name in names}
    shown |= {"mode": typed["mode"], "classes": classes, "currency": "USD"}
    assert browser.post(edit, data=shown).status_code == 303
    session.refresh(service)
    assert (service.tariff, service.version) == (tariff, 1)


@pytest.mark.parametrize(
    ("base", "field", "typed", "words"),
    [
        (BY_CONTAINER, "code", "", "Enter a code"),
        (BY_CONTAINER, "carrier", "", "Enter the carrier"),
        (BY_CONTAINER, "carrier", "x" * 81, "Use at most 80 characters"),
        (BY_CONTAINER, "origin_id", "", "Choose the hub it leaves from"),
        (
            BY_CONTAINER,
            "destination_id",
            "01234567-89ab-7def-8123-456789abcdef",
            "Choose a hub from the list",
        ),
        (BY_CONTAINER, "valid_until", "30.6.2026", "Enter a date as year-month-day"),
        (BY_CONTAINER, "valid_until", "2025-06-30", "The last day cannot be before the first"),
        (BY_CONTAINER, "per_wm", "-92", "Enter 0.00 or more"),
        (BY_CONTAINER, "per_wm", "", "Enter the rate per W/M"),
        (BY_CONTAINER, "minimum_wm", "one", "Enter a number in W/M"),
        (BY_CONTAINER, "box0_cost", "", "Enter what it costs"),
        (BY_CONTAINER, "box0_kg", "0", "Enter a number in kg above 0"),
        (BY_CONTAINER, "box0_m3", "28 m3", "Enter a number in m³"),
        (BY_CONTAINER, "box1_type", "40GP", "Enter what it holds"),
        (BY_CONTAINER, "per_shipment", "", "Enter an amount; 0 if nothing is charged"),
        (BY_CONTAINER, "per_consignee", "99999999999999999999", "Enter 100000000.00 or less"),
        (BY_CONTAINER, "by", "moon", "Choose how freight is charged"),
        (BY_WEIGHT, "by", "moon", "Choose how freight is charged"),
        (BY_WEIGHT, "break1_kg", "-45", "Enter a number in kg above 0"),
        (BY_WEIGHT, "break1_kg", "100", "Two breaks begin at the same weight"),
        (BY_WEIGHT, "break1_rate", "", "Enter the rate per kg"),
        (BY_WEIGHT, "volumetric_divisor", "0", "Enter 1 or more"),
        (BY_WEIGHT, "minimum_charge", "lots", "Enter an amount in USD"),
    ],
)
def test_a_faulty_card_keeps_what_was_typed(
    session: Session,
    lane: Lane,
    as_person: SignIn,
    base: dict[str, Any],
    field: str,
    typed: str,
    words: str,
) -> None:
    browser = as_person(lane.saigon.person.id)
    reply = browser.post("/rate-cards/new", data=base | lane_of(lane) | {field: typed})
    assert reply.status_code == 422
    assert words in reply.text
    for name in ("per_shipment", "valid_from", "carrier"):
        if name != field:
            assert value_of(reply.text, name) == base[name]
    assert session.scalars(select(Service)).all() == []


def test_an_empty_card_is_told_everything(lane: Lane, as_person: SignIn) -> None:
    reply = as_person(lane.saigon.person.id).post("/rate-cards/new", data={"by": "container"})
    assert reply.status_code == 422
    for words in (
        "Enter a code",
        "Choose at least one kind of cargo",
        "Enter a rate per W/M, a container, or both",
    ):
        assert words in reply.text


def test_a_stale_card_keeps_what_was_typed(session: Session, lane: Lane, as_person: SignIn) -> None:
    service = lane.service()
    browser = as_person(lane.saigon.person.id)
    address = f"/rate-cards/{service.id}/edit"
    mine = BY_CONTAINER | {"version": "1"}
    box = {"box2_type": "45HC", "box2_cost": "4000", "box2_kg": "27000", "box2_m3": "80"}
    theirs = mine | box | {"per_wm": "93", "mode": "rail", "valid_until": "2026-04-30"}
    assert browser.post(address, data=theirs).status_code == 303
    stale = browser.post(address, data=mine | {"per_wm": "94"})
    assert stale.status_code == 409
    assert (value_of(stale.text, "per_wm"), value_of(stale.text, "version")) == ("94", "2")
    for stored in ("93.00", "Rail", "30 April 2026", "45HC", "4000.00"):
        assert f"Stored now: {stored}." in stale.text


def test_sailings_are_added_and_removed(
    session: Session, lane: Lane, as_person: SignIn, clock: FixedClock
) -> None:
    service = lane.service()
    browser = as_person(lane.saigon.person.id)
    address = f"/rate-cards/{service.id}/sailings"
    typed = {
        "departs_on": "2026-01-19",
        "arrives_on": "2026-02-26",
        "vessel": "Test Star",
        "capacity_m3": "12.5",
    }
    for wrong, words in (
        ({"departs_on": ""}, "Enter the day on which it leaves"),
        ({"departs_on": "2026-01-01"}, "This day is over"),
        ({"arrives_on": "2026-01-18"}, "It cannot arrive before it leaves"),
        ({"capacity_m3": "-1"}, "Enter a number in m³ above 0"),
        ({"capacity_m3": "lots"}, "Enter a number in m³"),
    ):
        reply = browser.post(address, data=typed | wrong)
        assert reply.status_code == 422
        assert words in reply.text
        assert value_of(reply.text, "vessel") == "Test Star"
    assert browser.post(address, data=typed).status_code == 303
    again = browser.post(address, data=typed)
    assert "This service leaves on that day already" in again.text
    sailing = session.scalars(select(Sailing)).one()
    assert (sailing.capacity_g, sailing.capacity_cm3) == (None, 12_500_000)
    assert "Test Star" in browser.get(f"/rate-cards/{service.id}").text
    here = f"{address}/{sailing.id}/edit"
    opened = typed | {"version": value_of(browser.get(here).text, "version")}
    assert browser.post(here, data=opened | {"arrives_on": "2026-02-28"}).status_code == 303
    late = browser.post(here, data=opened | {"vessel": "Other Star"})
    assert late.status_code == 409
    assert value_of(late.text, "vessel") == "Other Star"
    assert "Stored now: 28 February 2026." in late.text
    assert "Stored now: Test Star." in late.text
    sure = opened | {"vessel": "Other Star", "version": value_of(late.text, "version")}
    assert browser.post(here, data=sure).status_code == 303
    assert browser.post(f"{address}/{sailing.id}/remove").status_code == 303
    assert session.scalars(select(Sailing)).all() == []


def test_an_expired_card_says_so(lane: Lane, as_person: SignIn, clock: FixedClock) -> None:
    service = lane.service()
    clock.now = clock.now.replace(year=2027)
    browser = as_person(lane.saigon.person.id)
    assert "Expired 5 April 2026" in browser.get("/rate-cards").text
    assert "No plan uses it" in browser.get(f"/rate-cards/{service.id}").text


def test_the_other_end_reads_a_card_and_may_not_change_it(
    lane: Lane, make: Making, as_person: SignIn
) -> None:
    service = lane.service()
    other = as_person(lane.rotterdam.person.id)
    page = other.get(f"/rate-cards/{service.id}")
    assert "The hub at the other end keeps this card" in page.text
    assert other.get(f"/rate-cards/{service.id}/edit").status_code == 404
    assert other.post(f"/rate-cards/{service.id}/sailings", data={}).status_code == 404
    assert as_person(make.member(Kind.HUB)).get(f"/rate-cards/{service.id}").status_code == 404
    assert as_person(make.member(Kind.BUYER)).get("/rate-cards").status_code == 403


def test_a_milestone_in_two_clicks(
    session: Session, booked: Booked, as_person: SignIn, clock: FixedClock
) -> None:
    browser = as_person(booked.lane.saigon.person.id)
    assert booked.shipment.number in browser.get("/shipments").text
    here = f"/shipments/{booked.shipment.id}"
    page = browser.get(here).text
    assert value_of(page, "actual_on") == "2026-01-05", "today, unless told otherwise"
    assert "Next: collected" in page
    reply = browser.post(f"{here}/milestones/collected", data={"actual_on": "2026-01-05"})
    assert (reply.status_code, reply.headers["location"]) == (303, here)
    assert "Next: export cleared" in browser.get(here).text
    assert milestones_of(session, booked.shipment.id)[0].actual_on is not None


@pytest.mark.parametrize(
    ("step", "typed", "status", "words"),
    [
        ("collected", {"actual_on": ""}, 422, "Enter the day on which it happened"),
        ("collected", {"actual_on": "tomorrow"}, 422, "Enter a date as year-month-day"),
        ("collected", {"actual_on": "2026-02-01"}, 422, "it cannot lie in the future"),
        ("collected", {"actual_on": "2026-01-01"}, 422, "Enter 5 January 2026 or later"),
        ("collected", {"actual_on": "2026-01-05", "note": "x" * 501}, 422, "Use at most 500 characters"),
        ("departed", {"actual_on": "2026-01-05"}, 409, "Collected comes first"),
        ("collected/expected", {"expected_on": "2026-01-16", "why": ""}, 422, "Say why"),
        ("collected/expected", {"expected_on": "2031-01-16", "why": "Rain"}, 422, "a year late is the most"),
        ("collected/undo", {"reason": "Oh"}, 409, "Only the last report can be undone"),
    ],
)
def test_a_faulty_report_says_what_to_do(
    session: Session,
    booked: Booked,
    as_person: SignIn,
    step: str,
    typed: dict[str, str],
    status: int,
    words: str,
) -> None:
    reply = as_person(booked.lane.saigon.person.id).post(
        f"/shipments/{booked.shipment.id}/milestones/{step}", data=typed
    )
    assert reply.status_code == status
    assert words in reply.text
    for name, value in typed.items() if step != "collected/undo" else ():  # nothing there to undo, no field
        assert (value_of(reply.text, name) or "") == value
    session.expire_all()
    assert milestones_of(session, booked.shipment.id)[0].actual_on is None


def test_a_buyer_follows_its_goods_and_cannot_report(booked: Booked, make: Making, as_person: SignIn) -> None:
    here = f"/shipments/{booked.shipment.id}"
    hub = as_person(booked.lane.rotterdam.person.id)
    delay = {"expected_on": "2026-01-18", "why": "The road is flooded."}
    assert hub.post(f"{here}/milestones/collected/expected", data=delay).status_code == 303
    buyer = as_person(booked.shop.person.id)
    page = buyer.get(here).text
    for words in ("10 × Lacquer bowl", "late by 3 days", "The road is flooded.", "Yours in it"):
        assert words in page
    for hidden in ("Test co-op Gent", "Set collected", "Who reported what"):
        assert hidden not in page
    assert buyer.post(f"{here}/milestones/collected", data={"actual_on": "2026-01-05"}).status_code == 403
    assert as_person(booked.maker.person.id).get(here).status_code == 200
    for stranger in (make.member(Kind.BUYER), make.member(Kind.HUB), make.member(Kind.PRODUCER)):
        assert as_person(stranger).get(here).status_code == 404
    assert (
        as_person(make.member(Kind.HUB))
        .post(f"{here}/milestones/collected", data={"actual_on": "2026-01-05"})
        .status_code
        == 404
    )
    assert hub.post(f"{here}/milestones/teleported", data={"actual_on": "2026-01-05"}).status_code == 404


def test_hubs_are_public(lane: Lane, client: TestClient) -> None:
    page = client.get("/hubs").text
    assert "Ho Chi Minh City" in page
    assert "VNSGN" in page


def test_who_has_no_shipments_is_told_what_will_stand_there(make: Making, as_person: SignIn) -> None:
    assert "Nothing travels yet" in as_person(make.member(Kind.BUYER)).get("/shipments").text


def test_who_ordered_goods_sees_them_when_they_are_withdrawn(
    session: Session, booked: Booked, as_person: SignIn, client: TestClient
) -> None:
    offer = session.scalars(select(Offer)).one()
    offer.state = OfferState.WITHDRAWN
    session.commit()
    page = as_person(booked.shop.person.id).get(f"/goods/{offer.id}")
    assert "You see them because you ordered them" in page.text
    assert client.get(f"/goods/{offer.id}", headers={"accept": "text/html"}).status_code == 404

"""A lot from its collection to the shop's door, as anybody reads it and as other software checks it."""

import io
from collections.abc import Callable
from datetime import timedelta
from html import escape
from typing import Any
from uuid import UUID

from fastapi.testclient import TestClient
from PIL import Image
from sqlalchemy import select

from app.catalogue import photos
from app.credentials.models import IssuedPassport
from app.files import open_store
from app.organisations.models import Kind
from app.settings import Settings
from app.shipping import service as shipping
from app.shipping.models import MilestoneKind
from app.stories import jobs, lots
from app.stories.pictures import MOST_BYTES
from app.trade.models import OrderLine
from tests.app.making import Making
from tests.app.stories.conftest import MAKER, Sold
from tests.conftest import SignIn

GTIN = "4006381333931"


def test_the_story_is_told_from_what_happened(
    sold: Sold, client: TestClient, as_person: Callable[[UUID], TestClient], config: Settings
) -> None:
    sold.reach(MilestoneKind.COLLECTED)
    lot = sold.lot
    assert (lot.quantity, lot.number, lot.shipment_id) == (20, lot.code, sold.shipment_id)
    reply = client.get(f"/lots/{lot.code}")
    assert reply.status_code == 200
    assert "set-cookie" not in reply.headers
    assert "<script" not in reply.text
    assert escape(MAKER) in reply.text
    assert "<b>Đặng" not in reply.text
    assert "<i>silk" not in reply.text
    assert "Collected: Ho Chi Minh City" in reply.text
    assert "Departed" not in reply.text
    told = client.get(f"/api/stories/{lot.code}").json()
    assert told["price"] is None  # no order is charged yet

    sold.charge()
    sold.clock.now += timedelta(days=20)
    sold.reach(*list(MilestoneKind)[1:])
    told = client.get(f"/api/stories/{lot.code}").json()
    # 24000 goods, 1799 freight, 200 customs and 200 duty of 20 bowls: 1309.95 each
    assert told["price"] == {
        "currency": "USD",
        "total": 1310,
        "parts": {"goods": 1200, "freight and handling": 90, "customs entry": 10, "import duty": 10},
    }
    assert [each["step"] for each in told["happenings"]] == list(MilestoneKind)
    assert len({each["event_hash"] for each in told["happenings"]}) == len(MilestoneKind)
    page = client.get(f"/lots/{lot.code}").text
    assert "USD 13.10" in page
    assert "Handed over: Rotterdam" in page
    for buyer in (sold.booked.shop, sold.booked.co_operative):
        assert escape(buyer.organisation.name) not in page
    label = client.get(f"/lots/{lot.code}/label").text
    assert escape(MAKER) in label
    noise = io.BytesIO()
    Image.effect_noise((800, 600), 90).convert("RGB").save(noise, "JPEG")
    noise.seek(0)
    maker = sold.booked.maker.actor
    photos.add(
        sold.session, open_store(config), maker, lot.offer_id, noise, 'A "bowl" <b>', now=sold.clock.now
    )
    sold.session.commit()
    assert escape('A "bowl" <b>').replace("&quot;", "&#34;") in client.get(f"/lots/{lot.code}").text
    picture = client.get(f"/lots/{lot.code}/picture")
    assert (picture.headers["content-type"], len(picture.content) <= MOST_BYTES) == ("image/webp", True)
    assert client.get(f"/lots/{lot.code}/qr.png").content.startswith(b"\x89PNG")
    assert b"<svg" in client.get(f"/lots/{lot.code}/qr.svg").content

    hub = as_person(sold.booked.lane.rotterdam.person.id)
    shop = as_person(sold.booked.shop.person.id)
    emitted = hub.get(f"/api/shipments/{sold.shipment_id}/emissions").json()
    assert sum(emitted["orders"].values()) == emitted["emissions"]["co2e_g"] == told["emitted_g"]
    leg = emitted["emissions"]["legs"][0]
    assert leg["co2e_g"] == round(14 * leg["metres"] / 1000 * leg["mg_co2e_per_tonne_km"] / 1_000_000)
    assert leg["metres"] > emitted["great_circle_m"] > 9_000_000
    assert list(shop.get(f"/api/shipments/{sold.shipment_id}/emissions").json()["orders"]) == ["O-2026-0001"]
    page = shop.get(f"/shipments/{sold.shipment_id}/emissions").text
    assert sold.booked.shop.organisation.name in page
    assert sold.booked.co_operative.organisation.name not in page
    assert lot.code in shop.get(f"/shipments/{sold.shipment_id}/lots").text


def test_passport_and_events_are_signed_and_follow_what_becomes_of_the_certificate(
    sold: Sold, client: TestClient
) -> None:
    sold.reach(MilestoneKind.COLLECTED, MilestoneKind.EXPORT_CLEARED)
    here = f"/lots/{sold.lot.code}"

    def checked(path: str) -> tuple[bytes, dict[str, Any]]:
        file = client.get(path).content
        return file, check(client, file)

    passport, found = checked(f"{here}/passport.json")
    assert found["outcome"] == "valid"
    claims = found["credential"]["credentialSubject"]["conformityClaim"]
    assert [each["conformance"] for each in claims] == [True, True]
    assert check(client, passport.replace("Đặng".encode(), b"Dang"))["outcome"] == "altered"
    events, seen = checked(f"{here}/events.json")
    steps = [each["bizStep"].rpartition("-")[2] for each in seen["credential"]["credentialSubject"]]
    assert (seen["outcome"], steps) == ("valid", ["commissioning", "packing", "inspecting"])
    for name in ("passport", "events"):
        assert checked(f"{here}/{name}.jwt")[1]["outcome"] == "valid"
    secret = [sold.booked.shop.organisation.name, sold.booked.co_operative.organisation.name, "O-2026-"]
    secret += [str(each) for each in sold.session.scalars(select(OrderLine.id))]
    assert not [each for each in secret if each.encode() in passport + events]
    assert client.get(f"{here}/passport.json").content == passport  # nothing is new, nothing is signed anew

    sold.clock.now += timedelta(days=3)
    sold.withdraw()
    jobs.renew_passports(0)
    assert check(client, passport)["outcome"] == "revoked"
    assert check(client, events)["outcome"] == "valid"
    again = checked(f"{here}/passport.json")[1]
    assert again["credential"]["credentialSubject"]["conformityClaim"][0]["conformance"] is False
    page = client.get(here).text
    assert "The wages were not paid." in page
    assert "It held when this lot was made." in page
    jobs.renew_passports(0)
    assert len(sold.session.scalars(select(IssuedPassport)).all()) == 3

    shipment, hub = sold.shipment_id, sold.booked.lane.saigon.actor
    for kind in (MilestoneKind.EXPORT_CLEARED, MilestoneKind.COLLECTED):
        shipping.undo_milestone(sold.session, hub, shipment, kind, reason="A slip.", now=sold.clock.now)
    sold.session.commit()
    assert client.get(f"{here}/events.json").status_code == 404
    assert "Nothing has been reported of this lot yet." in client.get(here).text


def check(client: TestClient, file: bytes) -> dict[str, Any]:
    """What the site says of a file that somebody sends it."""
    found: dict[str, Any] = client.post("/api/verify", files={"file": ("file", file)}).json()
    return found


def test_a_digital_link_leads_to_the_lot_by_type_and_by_form(
    sold: Sold, client: TestClient, as_person: Callable[[UUID], TestClient]
) -> None:
    sold.reach(MilestoneKind.COLLECTED)
    lot, maker = sold.lot, as_person(sold.booked.maker.person.id)
    here = f"/our-lots/{lot.id}"
    for wrong, words in (
        (GTIN[:-1] + "2", "does not fit"),
        ("9520000123451", "demonstrations"),
        ("2", "8, 12"),
    ):
        reply = maker.post(f"{here}/gtin", data={"gtin": wrong})
        assert reply.status_code == 422
        assert words in reply.text
    assert maker.post(f"{here}/gtin", data={"gtin": GTIN}).status_code == 303
    assert maker.post(here, data={"number": "A 1", "quantity": "20"}).status_code == 422
    assert maker.post(here, data={"number": "A-1", "quantity": "20", "net": "12.5"}).status_code == 303
    link = f"/01/0{GTIN}/10/A-1"
    assert link in maker.get(here).text
    assert client.get(link).text.count("<h1>Lacquer bowl, 14 cm") == 1
    for form in ("application/vc", "application/vc+jwt", "application/linkset+json"):
        assert client.get(link, headers={"accept": form}).headers["content-type"] == form
    assert client.get(link, headers={"accept": "image/png"}).status_code == 406
    members = client.get(link, params={"linkType": "linkset"}).json()["linkset"][0]
    assert members["anchor"].endswith(link)
    for kind, leads in (
        ("gs1:certificationInfo", f"/registry/{sold.certificate.number}"),
        ("https://test.uncefact.org/vocabulary/linkTypes/dte", f"/lots/{lot.code}/events.json"),
    ):
        reply = client.get(link, params={"linkType": kind})
        assert (reply.status_code, reply.headers["location"].partition("8000")[2]) == (307, leads)
    assert client.get(link, params={"linkType": "gs1:recipeInfo"}).status_code == 404
    assert client.get(f"/01/{GTIN}").headers["location"].endswith(f"/goods/{lot.offer_id}")
    assert client.get(f"/01/{GTIN[:-1]}2/10/A-1").status_code == 400
    assert client.get(f"/01/{GTIN}/10/A-2").status_code == 404
    assert "01" in client.get("/.well-known/gs1resolver").json()["supportedPrimaryKeys"]


def test_a_lot_that_its_maker_made_goes_into_the_shipment(
    sold: Sold, client: TestClient, as_person: Callable[[UUID], TestClient]
) -> None:
    maker = as_person(sold.booked.maker.person.id)
    line = sold.session.scalars(select(OrderLine)).first()
    assert line is not None
    made = maker.post("/api/lots", json={"offer_id": str(line.offer_id), "number": "K-7"})
    assert made.status_code == 201
    here = made.headers["location"]
    assert "Nothing has been reported" in client.get(f"/lots/{made.json()['code']}").text
    wish = {"number": "K-7", "quantity": 20, "shipment_id": str(sold.shipment_id)}
    assert maker.put(here, json=wish).status_code == 428
    assert maker.put(here, json=wish, headers={"if-match": made.headers["etag"]}).status_code == 200
    assert maker.put(here, json=wish, headers={"if-match": made.headers["etag"]}).status_code == 412
    sold.reach(MilestoneKind.COLLECTED)
    lots.collected(sold.session, sold.shipment_id, now=sold.clock.now)
    assert sold.lot.number == "K-7"  # the collection made no other one
    left = maker.put(here, json=wish | {"shipment_id": None}, headers={"if-match": '"2"'})
    assert left.status_code == 422
    assert left.json()["errors"][0]["pointer"] == "/shipment_id"
    for wrong in ({"produced_from": "2026-01-01"}, {"number": "K/7"}, {"net_g": -1}):
        assert maker.put(here, json=wish | wrong, headers={"if-match": '"2"'}).status_code == 422


def test_makers_reach_their_lots_from_everywhere(make: Making, as_person: SignIn) -> None:
    for kind, there in ((Kind.PRODUCER, True), (Kind.BUYER, False)):
        assert ('href="/our-lots"' in as_person(make.member(kind)).get("/makers").text) is there

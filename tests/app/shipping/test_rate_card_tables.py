"""Rate cards and sailings as tables, by a rhythm, with their versions, and before they end."""

import csv
import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from io import BytesIO, StringIO
from itertools import pairwise
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import load_workbook
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app import sheets
from app.catalogue.models import CargoClass
from app.catalogue.service import CURRENCIES
from app.language import language
from app.mail import Mail
from app.sheets import Faults, Table
from app.shipping import expiry, rate_card_sheet, rate_cards
from app.shipping.fixed_sums import PARTS, FixedSaid, said_in
from app.shipping.fixed_sums import stored as stored_parts
from app.shipping.models import Hub, Sailing, Service
from app.shipping.models_rate_cards import ServiceVersion
from app.shipping.rhythm import PLACES, WEEKS, Every, days_of
from app.shipping.tariffs import engine_tariff, read_tariff, tariff_json
from logistics.problem import MODES
from logistics.tariffs import freight_cost
from tests.app.shipping.conftest import AIR, SEA, Booked, Lane
from tests.app.shipping.test_tariffs import TARIFFS
from tests.conftest import NOON, FixedClock, SignIn

DAY = timedelta(days=1)
CARDS, SAILINGS = "/rate-cards/tables/cards", "/rate-cards/tables/sailings"
Rows = list[dict[str, str]]


def rows_of(browser: Any, address: str) -> Rows:
    made = browser.get(f"{address}/table.csv")
    assert made.status_code == 200
    return list(csv.DictReader(StringIO(made.content.decode("utf-8-sig"))))


def csv_of(rows: Rows) -> bytes:
    out = StringIO()
    writer = csv.DictWriter(out, list(rows[0]), restval="")
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue().encode()


def sent(browser: Any, address: str, content: bytes) -> Any:
    return browser.post(address, files={"file": ("table", content)})


def stored(browser: Any, address: str, rows: Rows) -> None:
    """Read a table and apply what it would change."""
    shown = sent(browser, address, csv_of(rows))
    assert shown.status_code == 200, shown.text
    word = re.search(r'name="word" value="([0-9a-f]{64})"', shown.text)
    assert word, "it would change nothing"
    done = browser.post(f"{address}/apply", data={"word": word[1]}, follow_redirects=False)
    assert done.status_code == 303, done.text


def test_tables_go_out_come_back_and_change_all_or_nothing(
    lane: Lane, as_person: SignIn, session: Session
) -> None:
    sea = lane.service(carrier="=cmd, Ocean; Line")
    lane.service(code="AIR-SGN-RTM", mode="air", tariff=AIR, classes=["ambient", "cool"])
    lane.sailing(sea, 14, vessel="+Star", capacity_g=1_500_500)
    browser = as_person(lane.saigon.person.id)
    for address in (CARDS, SAILINGS):
        for name in ("csv", "xlsx"):
            made = browser.get(f"{address}/table.{name}").content
            assert "Nothing would change" in sent(browser, address, made).text, (address, name)
    raw = browser.get(f"{CARDS}/table.csv").text
    assert "'=cmd" in raw
    assert "=cmd" not in raw.replace("'=cmd", "")
    sheet = load_workbook(BytesIO(browser.get(f"{CARDS}/table.xlsx").content))["Rate cards"]
    assert {cell.data_type for row in sheet.iter_rows() for cell in row} <= {"s", "inlineStr", "n"}

    rows = {row["Code"]: row for row in rows_of(browser, CARDS)}
    by_sea, by_air = rows["SEA-SGN-RTM"], rows["AIR-SGN-RTM"]
    assert by_sea["Containers: name price kg m3; ..."] == "20GP 1850.00 21700 28"
    assert by_air["By weight: from kg price per kg; ..."] == "0 5.20; 45 4.30; 100 3.65"
    by_sea["Containers: name price kg m3; ..."] = "20GP 1900 21700 28; 40 HC 3100,50 26500 68"
    by_air["By weight: from kg price per kg; ..."] = "0 5.20; 45 x; 45 4"
    by_air["To (UN/LOCODE)"] = "XXXXX"
    new = by_sea | {"Code": "sea-sgn-rtm-2", "id": "", "version": "", "Per W/M": "", "Least W/M": ""}
    refused = sent(browser, CARDS, csv_of([by_sea, by_air, new]))
    assert refused.status_code == 422
    assert "Row 3, column U (By weight: from kg price per kg; ...)" in refused.text
    assert "Row 3, column E (To (UN/LOCODE)): Enter the UN/LOCODE of a hub" in refused.text
    session.expire_all()
    assert len(session.scalars(select(Service)).all()) == 2
    assert session.get_one(Service, sea.id).version == 1

    stored(browser, CARDS, [by_sea, new])
    session.expire_all()
    changed = session.get_one(Service, sea.id)
    assert [box["cost"] for box in changed.tariff["containers"]] == [190_000, 310_050]
    assert changed.tariff["containers"][1]["type"] == "40 HC"
    assert changed.version == 2
    (before,) = rate_cards.versions_of(session, sea.id)
    assert [box["cost"] for box in before.tariff["containers"]] == [185_000]
    assert session.scalars(select(Service).filter_by(code="SEA-SGN-RTM-2")).one().currency == "USD"
    # the same table again is of an old version
    assert "was changed here after you downloaded" in sent(browser, CARDS, csv_of([by_sea])).text
    assert "What it was before" in browser.get(f"/rate-cards/{sea.id}").text


# Also of signs that a table means something by.
NAMES = (
    st.text("40HC ;=+-'\\é", min_size=1, max_size=20).map(lambda typed: " ".join(typed.split())).filter(bool)
)


@st.composite
def cards(draw: st.DrawFn) -> Service:
    """A card as it may be stored, however odd its containers are called."""
    tariff = tariff_json(read_tariff(draw(TARIFFS)))
    if boxes := tariff.get("containers"):
        names = draw(st.lists(NAMES, min_size=len(boxes), max_size=len(boxes), unique=True))
        tariff["containers"] = [box | {"type": name} for box, name in zip(boxes, names, strict=True)]
    parts = {}
    for whole, named in PARTS.items():
        left = tariff[whole]
        for name in named:
            parts[name] = draw(st.integers(0, left))
            left -= parts[name]
    return Service(
        id=UUID(int=7),
        code="SEA-SGN-RTM",
        carrier=draw(NAMES),
        mode=draw(st.sampled_from(MODES)),
        origin_id=UUID(int=1),
        destination_id=UUID(int=2),
        classes=draw(st.lists(st.sampled_from(CargoClass), min_size=1, unique=True)),
        currency=draw(st.sampled_from(CURRENCIES)),
        tariff=tariff,
        fixed=stored_parts(FixedSaid(**parts)),
        valid_from=date(2026, 1, 1),
        valid_until=date(2026, 6, 30),
        version=3,
    )


@given(card=cards(), weight=st.integers(1, 10**8), volume=st.integers(1, 10**9))
def test_a_card_that_goes_out_and_comes_back_asks_the_same_price(
    card: Service, weight: int, volume: int
) -> None:
    english = language("en")
    hubs = {"VNSGN": Hub(id=card.origin_id, code="VNSGN"), "NLRTM": Hub(id=card.destination_id, code="NLRTM")}
    shown = rate_card_sheet.shown(card, {hub.id: code for code, hub in hubs.items()}, english)
    columns = rate_card_sheet.columns(english)
    held = sheets.comma_separated(Table(rate_card_sheet.SHEET, columns, [shown]))
    (row,) = sheets.read(held, rate_card_sheet.SHEET, columns)
    faults = Faults()
    back = rate_card_sheet.read_row(row, hubs, english, faults)
    assert back is not None, faults.fields
    tariff = read_tariff(back.tariff)
    assert tariff_json(tariff) == card.tariff
    load = (weight % 10**6 + 1, volume % 10**7 + 1)
    assert freight_cost(engine_tariff(tariff), *load) == freight_cost(
        engine_tariff(read_tariff(card.tariff)), *load
    )
    assert back.fixed == said_in(card.fixed)
    for name in ("code", "carrier", "mode", "currency", "valid_from", "valid_until", "origin_id"):
        assert getattr(back, name) == getattr(card, name)


def test_what_fixed_sums_are_for_is_in_every_version_and_in_the_table(
    lane: Lane, as_person: SignIn, session: Session
) -> None:
    sea = lane.service(tariff=SEA | {"per_shipment": 4500, "per_consignee": 1500})
    browser = as_person(lane.saigon.person.id)
    here, sums = f"/rate-cards/{sea.id}/sums", f"/api/services/{sea.id}/fixed-sums"
    assert browser.put(sums, json={"inland": 2000}).status_code == 428
    named = browser.put(sums, json={"inland": 2000, "last_mile": 1500}, headers={"if-match": '"1"'})
    assert (named.status_code, named.headers["etag"]) == (200, '"2"')
    assert browser.put(sums, json={"inland": 1}, headers={"if-match": '"1"'}).status_code == 412
    typed = {"inland": "10", "insurance": "5", "handling": "", "last_mile": "15", "version": "1"}
    late = browser.post(here, data=typed)
    assert late.status_code == 409
    assert "Stored now: 20.00." in late.text
    assert browser.post(here, data=typed | {"version": "2", "inland": "50"}).status_code == 422
    assert browser.post(here, data=typed | {"version": "2"}).status_code == 303
    assert browser.get(sums).json() == {"inland": 1000, "insurance": 500, "handling": 0, "last_mile": 1500}

    (row,) = rows_of(browser, CARDS)
    assert row["of it per shipment: inland transport"] == "10.00"
    assert "Nothing would change" in sent(browser, CARDS, csv_of([row])).text
    dear = row | {"of it per shipment: inland transport": "40.01"}
    refused = sent(browser, CARDS, csv_of([dear])).text
    assert "column L (of it per shipment: inland transport): Together these are more than" in refused
    stored(browser, CARDS, [row | {"of it per shipment: inland transport": "", "Per consignee": "15.00"}])
    session.expire_all()
    assert said_in(session.get_one(Service, sea.id).fixed) == FixedSaid(insurance=500, last_mile=1500)
    versions = browser.get(f"/api/services/{sea.id}/versions").json()["versions"]
    assert [each["fixed"].get("per_shipment", {}) for each in versions] == [
        {"inland": 1000, "insurance": 500},
        {"inland": 2000},
        {},
    ]
    page = browser.get(f"/rate-cards/{sea.id}").text
    assert "5.00 of the sum per shipment is for insurance" in page
    assert "20.00 of the sum per shipment is for inland transport" in page, "a version before"

    cheaper = lane.said(tariff=SEA | {"per_shipment": 300, "per_consignee": 1500})
    rate_cards.change_service(session, lane.saigon.actor, sea.id, cheaper, version=4, now=lane.clock.now)
    assert said_in(sea.fixed) == FixedSaid(insurance=300, last_mile=1500), "never more than its sum"


def test_sailings_as_a_table(booked: Booked, as_person: SignIn, session: Session) -> None:
    lane = booked.lane
    service = session.scalars(select(Service)).one()
    other = lane.sailing(service, 21).id
    day = lane.clock.now.date()
    browser = as_person(lane.saigon.person.id)
    full, free = rows_of(browser, SAILINGS)
    free["In the timetable"] = "removed"
    new = dict.fromkeys(free, "") | {
        "Code of the service": "SEA-SGN-RTM",
        "Leaves": (day + 28 * DAY).isoformat(),
        "Arrives": (day + 60 * DAY).isoformat(),
    }
    late = new | {"Leaves": (day + 300 * DAY).isoformat(), "Arrives": (day + 320 * DAY).isoformat()}
    moved = full | {"Leaves": (day + 15 * DAY).isoformat()}
    refused = sent(browser, SAILINGS, csv_of([moved, free, new, late])).text
    assert "Row 2, column B (Leaves): A shipment is booked on it" in refused
    assert "Row 5, column B (Leaves): The rate card holds from" in refused
    stored(browser, SAILINGS, [full | {"Vessel, flight or vehicle": "Other Star"}, free, new])
    session.expire_all()
    left = session.scalars(select(Sailing).order_by(Sailing.departs_on)).all()
    assert [(each.departs_on, each.vessel) for each in left] == [
        (day + 14 * DAY, "Other Star"),
        (day + 28 * DAY, ""),
    ]
    assert other not in {each.id for each in left}
    stale = sent(browser, SAILINGS, csv_of([full | {"Vessel, flight or vehicle": "Third Star"}]))
    assert "This sailing was changed here after you downloaded the table" in stale.text
    program = as_person(lane.rotterdam.person.id)
    assert program.get("/api/rate-card-tables/sailings").text.count("\n") == 1, "another keeps them"
    assert browser.put("/api/rate-card-tables/sailings", content=csv_of([new])).json()["same"] == 1


@given(
    every=st.sampled_from(Every),
    weekday=st.integers(0, 6),
    since=st.dates(date(2026, 1, 1), date(2027, 1, 1)),
    length=st.integers(-3, 200),
)
def test_a_rhythm_leaves_on_its_days(every: Every, weekday: int, since: date, length: int) -> None:
    until = since + length * DAY
    found = days_of(every, weekday, since, until)
    assert found == sorted(set(found))
    assert all(each.weekday() == weekday and since <= each <= until for each in found)
    if every in WEEKS:
        assert all(b - a == WEEKS[every] * 7 * DAY for a, b in pairwise(found))
        assert not found or found[0] - since < 7 * DAY
        return
    for day in found:  # it is that one of its weekday in its month
        month = [
            day.replace(day=1) + n * DAY
            for n in range(31)
            if (day.replace(day=1) + n * DAY).month == day.month
            and (day.replace(day=1) + n * DAY).weekday() == weekday
        ]
        assert month[PLACES[every]] == day


def test_by_rhythm_and_the_next_card(lane: Lane, as_person: SignIn, session: Session) -> None:
    service = lane.service()
    lane.sailing(service, 15)
    start = lane.clock.now.date()  # a Monday
    browser = as_person(lane.saigon.person.id)
    said = {
        "every": "2 weeks",
        "weekday": "1",
        "since": start.isoformat(),
        "until": (start + 400 * DAY).isoformat(),
        "transit_days": "38",
    }
    here = f"/rate-cards/{service.id}/rhythm"
    shown = browser.post(here, data=said)
    assert "6 sailings would be entered" in shown.text
    assert "1 day is in the timetable already" in shown.text
    assert len(session.scalars(select(Sailing)).all()) == 1, "only shown so far"
    assert browser.post(here, data=said | {"confirmed": "yes"}).status_code == 303
    days = session.scalars(select(Sailing.departs_on).order_by(Sailing.departs_on)).all()
    assert days == [start + (1 + 14 * n) * DAY for n in range(7)]
    assert browser.post(here, data=said | {"transit_days": "x"}).status_code == 422
    assert 'value="SEA-SGN-RTM-2"' in browser.get(f"/rate-cards/new?after={service.id}").text
    assert as_person(lane.rotterdam.person.id).post(here, data=said).status_code == 404


def test_keepers_hear_of_a_card_that_ends_once_and_a_dead_card_is_named(
    lane: Lane, session: Session, clock: FixedClock, as_person: SignIn
) -> None:
    service = lane.service()
    mails: Sequence[str] = []
    for days, told in ((59, 0), (60, 1), (61, 1), (83, 2), (90, 2), (91, 3), (92, 3)):
        clock.now = NOON + days * DAY
        expiry.warn(session, now=clock.now)
        session.commit()
        mails = session.scalars(select(Mail.subject).order_by(Mail.created_at)).all()
        assert len(mails) == told, days
    assert "is over" in mails[-1]
    page = as_person(lane.saigon.person.id).get("/rate-cards").text
    assert "1 card needs new rates" in page
    assert "no plan uses it" in page
    dead = expiry.unused_cards(
        session,
        lane.origin.id,
        lane.destination.id,
        currency="USD",
        from_day=clock.now.date(),
        until_day=clock.now.date() + 60 * DAY,
    )
    assert "SEA-SGN-RTM holds from" in expiry.expired_words(dead)
    next_card = lane.said(code="SEA-SGN-RTM-2", valid_from=service.valid_until + DAY)
    next_card = replace(next_card, valid_until=service.valid_until + 100 * DAY)
    rate_cards.add_service(session, lane.saigon.actor, next_card, now=clock.now)
    assert expiry.ending(session, lane.saigon.organisation.id, clock.now.date()) == []


def test_a_version_is_never_rewritten(lane: Lane, session: Session) -> None:
    service = lane.service()
    longer = replace(lane.said(), valid_until=lane.said().valid_until + DAY)
    rate_cards.change_service(session, lane.saigon.actor, service.id, longer, version=1, now=lane.clock.now)
    session.commit()
    with pytest.raises(IntegrityError, match="only added to"):
        session.query(ServiceVersion).update({"carrier": "Another"})
    session.rollback()


def test_hubs_are_kept_by_who_runs_them(lane: Lane, as_person: SignIn, session: Session) -> None:
    browser = as_person(lane.saigon.person.id)
    said = {"code": "vnhph", "name": "Hai Phong", "latitude": "20,85", "longitude": "106.68"}
    assert browser.post("/hubs/new", data=said | {"latitude": "200"}).status_code == 422
    assert browser.post("/hubs/new", data=said | {"code": "QQ999"}).status_code == 422
    assert browser.post("/hubs/new", data=said).status_code == 303
    made = session.scalars(select(Hub).filter_by(code="VNHPH")).one()
    assert (made.country, str(made.latitude)) == ("VN", "20.85000")
    assert browser.post("/hubs/new", data=said).status_code == 422, "it is there already"
    renamed = said | {"name": "Haiphong", "version": "1"}
    assert browser.post(f"/hubs/{made.id}/edit", data=renamed).status_code == 303
    session.expire_all()
    assert made.name == "Haiphong"
    late = browser.post(f"/hubs/{made.id}/edit", data=renamed | {"name": "Hai Phong", "latitude": "20.86"})
    assert late.status_code == 409
    assert "Stored now: Haiphong." in late.text, "what somebody else stored meanwhile"
    assert 'value="Hai Phong"' in late.text, "what was typed"
    assert "Stored now: 20.85000." in late.text
    assert "Stored now: 106" not in late.text, "where both say the same there is nothing to compare"
    assert 'name="version" value="2"' in late.text, "sent once more, it is stored"
    assert as_person(lane.rotterdam.person.id).get(f"/hubs/{made.id}/edit").status_code == 404

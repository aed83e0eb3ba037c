"""Milestones as a table: a look that changes nothing, faults by cell, and all of it or nothing."""

import re

from fastapi.testclient import TestClient
from httpx2 import Response
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.history import Happening
from app.mail import Mail
from app.shipping.journeys import milestones_of
from tests.app.shipping.conftest import Booked
from tests.conftest import FixedClock, SignIn

HEAD = "Shipment,Milestone,Came on,Expected on,Note\n"


def send(browser: TestClient, rows: str) -> Response:
    return browser.post("/shipments/table", files={"file": ("table.csv", (HEAD + rows).encode())})


def test_a_table_of_milestones_is_seen_first_and_then_reported_whole(
    session: Session, booked: Booked, clock: FixedClock, as_person: SignIn
) -> None:
    clock.now = clock.now.replace(month=2)
    hub = as_person(booked.lane.saigon.person.id)
    told = hub.get("/shipments/table/milestones.csv").text
    assert "S-2026-0001-1,Collected,,," in told
    assert hub.get("/shipments/table/milestones.xlsx").content.startswith(b"PK")
    assert hub.get("/shipments/table").status_code == 200

    def happened() -> tuple[int, ...]:
        return tuple(
            session.scalar(select(func.count()).select_from(each)) or 0 for each in (Happening, Mail)
        )

    before = happened()
    faulty = send(
        hub,
        "S-2026-0001-1,Departed,2026-01-19,,\n"
        "S-2026-0001-1,Collected,2026-13-01,,\n"
        "S-2026-9999-1,Collected,2026-01-15,,\n"
        "S-2026-0001-1,Arrived,2026-02-26,2026-02-27,\n"
        "S-2026-0001-1,Arrived,,2026-02-27,\n",
    )
    assert faulty.status_code == 422
    for words in (
        "Row 2, column B (Milestone): Collected comes first",
        "Row 3, column C (Came on): Enter a date",
        "Row 4, column A (Shipment): Enter the number of a shipment",
        "Row 5, column D (Expected on): Enter one day",
        "Row 6, column E (Note): Say why",
    ):
        assert words in faulty.text, words

    unknown = send(hub, "S-2026-0001-1,Left,2026-01-15,,\n")
    assert "Row 2, column B (Milestone)" in unknown.text

    good = (
        "s-2026-0001-1,Export cleared,2026-01-17,,\n"  # in any order
        "S-2026-0001-1,Collected,2026-01-15,,Two pallets\n"
        "S-2026-0001-1,Arrived,,2026-03-01,Storms off the Cape\n"
        "S-2026-0001-1,Departed,,,\n"
    )
    seen = send(hub, good)
    assert seen.status_code == 200
    assert "3 milestones" in seen.text
    assert "1 row without a day" in seen.text
    assert happened() == before
    session.expire_all()
    assert all(each.actual_on is None for each in milestones_of(session, booked.shipment.id))

    word = re.search(r'name="word" value="([0-9a-f]{64})"', seen.text)
    assert word is not None
    assert hub.post("/shipments/table/apply", data={"word": word[1]}).status_code == 303
    session.expire_all()
    road = milestones_of(session, booked.shipment.id)
    assert [str(each.actual_on) for each in road[:3]] == ["2026-01-15", "2026-01-17", "None"]
    assert str(road[3].expected_on) == "2026-03-01"
    again = hub.post("/shipments/table/apply", data={"word": word[1]})
    assert again.status_code in {303, 422}  # the same reports change nothing
    assert as_person(booked.shop.person.id).get("/shipments/table").status_code == 403
    stranger = send(as_person(booked.lane.rotterdam.person.id), "S-2026-0001-1,Departed,2026-01-19,,\n")
    assert stranger.status_code == 200  # the hub at the other end may report too

"""Labels are made, printed and read again; a scan finds the parcel, and a wrong label is refused kindly."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.epcis import naming as epcis_naming
from app.epcis.milestones import unit_of
from app.errors import Faulty
from app.language import language
from app.organisations.models import Kind
from app.parcels import labels, measured, naming, scanning
from app.parcels.models import ParcelRow, ParcelScan
from app.shipping import packing, service
from app.shipping.journeys import journey
from app.shipping.models import MilestoneKind
from app.shipping.packing import PackingSaid
from logistics.epcis.gs1 import check_digit, is_checked
from tests.app.making import Making
from tests.app.shipping.conftest import Booked, side
from tests.conftest import FixedClock, SignIn


def pack(session: Session, booked: Booked, clock: FixedClock, *counts: int) -> None:
    lines = packing.packable(session, booked.lane.saigon.actor, booked.shipment.id)
    for line, count in zip(lines, counts, strict=True):
        said = PackingSaid(count, 6_000, 7_000, "", "", (400, 300, 300))
        packing.pack(session, booked.lane.saigon.actor, booked.shipment.id, line.id, said, now=clock.now)
    session.commit()


def test_labels_with_an_sscc_are_made_scanned_and_lead_to_the_milestone(
    session: Session, booked: Booked, clock: FixedClock, as_person: SignIn
) -> None:
    saigon = booked.lane.saigon
    epcis_naming.set_identity(session, saigon.actor, company_prefix="9520123", gln=None, now=clock.now)
    pack(session, booked, clock, 2, 1)
    hub, here = as_person(saigon.person.id), f"/shipments/{booked.shipment.id}"
    assert "3 parcels have no label yet" in hub.get(f"{here}/parcels").text
    assert hub.get(f"{here}/labels.pdf").status_code == 303
    assert hub.post(f"{here}/parcels").status_code == 303
    assert hub.post(f"{here}/parcels").status_code == 303  # again: nothing new
    rows = session.scalars(select(ParcelRow).order_by(ParcelRow.number)).all()
    digits = [naming.sscc_of(row) or "" for row in rows]
    assert len(set(digits)) == 3
    assert all(is_checked(each) and "9520123" in each for each in digits)
    paper = hub.get(f"{here}/labels.pdf")
    assert paper.content.startswith(b"%PDF")
    maker = as_person(booked.maker.person.id)
    assert maker.get(f"{here}/labels.pdf").content.startswith(b"%PDF")
    assert as_person(booked.shop.person.id).get(f"{here}/parcels").status_code == 403

    # As a scanner sends it, typed, by QR, by its number alone: one parcel, seen once.
    link = naming.link_of(rows[0], booked.shipment, "https://example.org")
    assert link == f"https://example.org/00/{digits[0]}"
    reply = hub.get("/scan")
    for code in (f"]C100{digits[0]}", f"(00) {digits[0]}", link, digits[0], f"00{digits[0]}"):
        reply = hub.post("/scan", data={"code": code})
        assert reply.headers["location"].endswith(f"&parcel={rows[0].id}")
    assert session.scalar(select(func.count()).select_from(ParcelScan)) == 1
    shown = hub.get(reply.headers["location"]).text
    assert "1 of 3 parcels" in shown
    assert "P002, P003" in shown
    assert "Set collected today" in shown
    assert f"(00){digits[0]}" in hub.get(hub.get(f"/00/{digits[0]}").headers["location"]).text

    # The second click: the milestone. Then the same label counts for the next step.
    assert hub.post(f"{here}/milestones/collected", data={"actual_on": "2026-01-05"}).status_code == 303
    session.expire_all()
    seen = scanning.scan(session, saigon.actor, digits[0], now=clock.now)
    assert (seen.step, seen.seen, seen.count) == (MilestoneKind.EXPORT_CLEARED, 1, 3)
    whole = unit_of(session, journey(session, booked.shipment.id)).rsplit("/", 1)[1]
    assert scanning.scan(session, saigon.actor, whole, now=clock.now).parcel is None

    # Fewer packages: labels that stay keep their number.
    pack(session, booked, clock, 1, 1)
    naming.name_parcels(session, saigon.actor, booked.shipment.id, now=clock.now)
    kept = session.scalars(select(ParcelRow).order_by(ParcelRow.number)).all()
    assert [naming.sscc_of(row) for row in kept] == [digits[0], digits[1]]
    assert [row.number for row in kept] == [1, 2]
    session.commit()

    for kind in list(MilestoneKind)[1:]:
        clock.now += timedelta(days=1)
        service.set_milestone(
            session, saigon.actor, booked.shipment.id, kind, actual_on=clock.now.date(), now=clock.now
        )
    assert scanning.scan(session, saigon.actor, digits[0], now=clock.now).step is None


def test_without_a_prefix_labels_have_a_name_of_ours(
    session: Session, booked: Booked, clock: FixedClock, as_person: SignIn, make: Making
) -> None:
    saigon = booked.lane.saigon
    pack(session, booked, clock, 1, 1)
    naming.name_parcels(session, saigon.actor, booked.shipment.id, now=clock.now)
    row = session.scalars(select(ParcelRow).filter_by(number=2)).one()
    assert naming.code_of(row, booked.shipment) == "S-2026-0001-1-P002"
    link = naming.link_of(row, booked.shipment, "https://example.org")
    found = journey(session, booked.shipment.id)
    each = measured.parcels_of(session, booked.shipment.id)[1]
    made = labels.pdf_of(found, [(each, row)], whole=2, address="https://example.org", lang=language("en"))
    assert made.startswith(b"%PDF")
    for code in (link, "s-2026-0001-1-p002"):
        assert scanning.scan(session, saigon.actor, code, now=clock.now).parcel == row
    stranger = side(session, make, Kind.HUB, "Test hub Genoa", "IT")
    for actor, code, why in (
        (stranger.actor, link, "may belong to another hub"),
        (saigon.actor, "S-2026-0001-1-P009", "may belong to another hub"),
        (saigon.actor, "395201230000000012", "may belong to another hub"),
        (saigon.actor, "395201230000000013", "a digit is wrong"),
        (saigon.actor, "(01) 0952123456789" + check_digit("0952123456789"), "is no parcel"),
        (saigon.actor, "hello", "no GS1 label"),
        (saigon.actor, "", "Nothing was scanned"),
    ):
        with pytest.raises(Faulty) as refused:
            scanning.scan(session, actor, code, now=clock.now)
        assert why in refused.value.fields["code"], code
    session.commit()
    reply = as_person(saigon.person.id).post("/scan", data={"code": "hello"})
    assert reply.status_code == 422
    assert 'value="hello"' in reply.text

"""Events as people read them, and documents by a form: whole, or with every fault named."""

import json

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.epcis.models import Capture
from app.shipping import service
from app.shipping.models import MilestoneKind
from tests.app.epcis.documents import document
from tests.app.shipping.conftest import Booked
from tests.conftest import FixedClock, SignIn


def test_events_of_a_shipment_and_documents_are_read(
    session: Session, booked: Booked, clock: FixedClock, as_person: SignIn
) -> None:
    hub, here = booked.lane.saigon, f"/shipments/{booked.shipment.id}/events"
    shop = as_person(booked.shop.person.id)
    assert "Nothing is recorded yet" in shop.get(here).text
    for kind in (MilestoneKind.COLLECTED, MilestoneKind.EXPORT_CLEARED):
        service.set_milestone(
            session, hub.actor, booked.shipment.id, kind, actual_on=clock.now.date(), now=clock.now
        )
    service.undo_milestone(
        session, hub.actor, booked.shipment.id, MilestoneKind.EXPORT_CLEARED, reason="Not yet.", now=clock.now
    )
    session.commit()
    shown = shop.get(here).text
    assert "Packed together" in shown
    assert "the whole shipment, 2 things" in shown
    assert "taken back: it was a mistake" in shown
    assert booked.lane.origin.name in shown

    def send(held: bytes) -> str:
        reply = shop.post("/captures", files={"file": ("events.json", held)})
        assert reply.status_code in {303, 422}
        return reply.text if reply.status_code == 422 else shop.get("/captures").text

    bad = document()
    del bad["epcisBody"]["eventList"][0]["eventTime"]
    assert "/epcisBody/eventList/0" in send(json.dumps(bad).encode())
    assert "This is no JSON" in send(b"{")
    assert "This is no JSON" in send(rb'"\u0000"')
    assert "Choose the document" in send(b"")
    assert session.scalar(select(func.count()).select_from(Capture)) == 0
    assert "5 events" in send(json.dumps(document()).encode())
    assert as_person(booked.maker.person.id).get("/captures").text.count("5 events") == 0

"""Milestones of shipments as EPCIS events: valid, named by GS1 keys where there are some, read by parties."""

from datetime import date
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.epcis.models import Event, Gs1Identity
from app.epcis.querying import find, read_query
from app.organisations.models import Kind
from app.shipping import service
from app.shipping.models import MilestoneKind, ShipmentLine
from app.trade.models import Order, OrderLine
from logistics.epcis.gs1 import is_checked
from logistics.epcis.validation import faults_of
from logistics.epcis.vocabulary import CONTEXT
from tests.app.making import Making
from tests.app.shipping.conftest import Booked
from tests.conftest import FixedClock

UNDERWAY = tuple(MilestoneKind)[:-1]  # handing over settles the pool, which needs more of a world
ROAD = ("commissioning", "packing", "inspecting", "departing", "arriving", "inspecting")


def go(session: Session, booked: Booked, clock: FixedClock, *kinds: MilestoneKind) -> None:
    for day, kind in enumerate(kinds or UNDERWAY, 1):
        clock.now = clock.now.replace(month=3, day=day)
        service.set_milestone(
            session,
            booked.lane.saigon.actor,
            booked.shipment.id,
            kind,
            actual_on=date(2026, 3, day),
            now=clock.now,
        )


def stored(session: Session) -> list[dict[str, Any]]:
    return list(session.scalars(select(Event.body).order_by(Event.id)))


def test_the_whole_road_is_told_in_valid_events(session: Session, booked: Booked, clock: FixedClock) -> None:
    go(session, booked, clock)
    events = stored(session)
    assert tuple(each["bizStep"] for each in events) == ROAD
    assert [faults_of({"@context": CONTEXT} | each) for each in events] == [{}] * len(ROAD)
    lines = session.scalars(select(ShipmentLine.order_line_id).order_by(ShipmentLine.order_line_id))
    assert events[1]["childEPCs"] == [f"urn:uuid:{line}" for line in lines]
    assert {each.get("parentID") or each["epcList"][0] for each in events} == {
        f"urn:uuid:{booked.shipment.id}"
    }


def test_gs1_keys_are_used_where_the_hub_has_a_prefix(
    session: Session,
    booked: Booked,
    clock: FixedClock,
) -> None:
    session.add(
        Gs1Identity(
            organisation_id=booked.lane.saigon.organisation.id,
            company_prefix="9520123",
            gln="9520123456788",
            next_serial=41,
            at=clock.now,
        )
    )
    session.flush()
    go(session, booked, clock)
    events = stored(session)
    unit = events[0]["epcList"][0]
    assert unit.startswith("https://id.gs1.org/00/0952012300000004")
    assert is_checked(unit.removeprefix("https://id.gs1.org/00/"))
    assert (
        events[3]["readPoint"]["id"] == f"https://id.gs1.org/414/9520123456788/254/{booked.lane.origin.code}"
    )
    assert events[3]["sourceList"][0]["source"] == "https://id.gs1.org/417/9520123456788"
    assert events[4]["readPoint"]["id"] == f"urn:uuid:{booked.lane.destination.id}"


def test_a_report_taken_back_is_declared_an_error_and_told_anew(
    session: Session,
    booked: Booked,
    clock: FixedClock,
) -> None:
    go(session, booked, clock, MilestoneKind.COLLECTED)
    service.undo_milestone(
        session,
        booked.lane.saigon.actor,
        booked.shipment.id,
        MilestoneKind.COLLECTED,
        reason="The lorry came empty.",
        now=clock.now,
    )
    told = session.scalars(select(Event).order_by(Event.id)).all()
    assert [each.declares_error for each in told] == [False, False, True, True]
    assert {each.uri for each in told[:2]} == {each.uri for each in told[2:]}
    assert all(each.body["errorDeclaration"]["reason"] == "did_not_occur" for each in told[2:])
    assert all(faults_of({"@context": CONTEXT} | each.body) == {} for each in told)
    go(session, booked, clock, MilestoneKind.COLLECTED)
    assert len(stored(session)) == 6


def test_the_parties_of_a_shipment_read_its_events_and_nobody_else(
    session: Session,
    booked: Booked,
    clock: FixedClock,
    make: Making,
) -> None:
    go(session, booked, clock)
    parties = {booked.lane.saigon.organisation.id, booked.lane.rotterdam.organisation.id}
    parties |= set(
        session.scalars(select(Order.organisation_id).join(OrderLine, OrderLine.order_id == Order.id))
    )
    parties |= set(session.scalars(select(OrderLine.producer_id)))
    query = read_query({})
    for party in parties:
        page = find(session, party, query, limit=5, token=None)
        rest = find(session, party, query, limit=5, token=page.next_token)
        told = [each["bizStep"] for each in page.events + rest.events]
        assert sorted(told) == sorted(ROAD)
    stranger = make.organisation(Kind.BUYER).id
    assert find(session, stranger, query, limit=5, token=None).events == []

"""A lane's past sailings say when the next ship is expected, and why a shipment is late is said."""

from datetime import timedelta

from sqlalchemy.orm import Session

from app.shipping import service
from app.shipping.journeys import milestones_of
from app.shipping.lateness import usual_on_the_way
from app.shipping.models import MilestoneKind, Shipment
from logistics.arrivals import LEAST, Usual
from tests.app.shipping.conftest import Booked, Lane
from tests.conftest import FixedClock, SignIn


def sail(session: Session, lane: Lane, booked: Booked, days: int, longer: int, number: int) -> Shipment:
    """A shipment that left on its day, and took `longer` days more than planned."""
    sailing = lane.sailing(lane.service(code=f"SEA-{number}"), days)
    made = service.create_shipment(
        session,
        pool_id=booked.pool.id,
        sailing_id=sailing.id,
        number=f"S-2026-9{number:03d}-1",
        weight_g=1,
        volume_cm3=1,
        cost={},
        now=lane.clock.now,
        lines=[],
    )
    for each in milestones_of(session, made.id):
        if each.kind == MilestoneKind.DEPARTED:
            each.actual_on = sailing.departs_on
        if each.kind == MilestoneKind.ARRIVED:
            each.actual_on = sailing.arrives_on + timedelta(days=longer)
    session.commit()
    return made


def test_the_next_ship_is_expected_as_late_as_the_lane_usually_is(
    session: Session, booked: Booked, clock: FixedClock, as_person: SignIn
) -> None:
    lane = booked.lane
    later = [0, 3, 4, 5, 90]
    for number, longer in enumerate(later[:-1]):
        sail(session, lane, booked, 3 + number, longer, number)
    fourth = sail(session, lane, booked, 10, later[-1], 9)
    own = lane.service(code="SEA-NEXT")
    assert usual_on_the_way(session, own) == Usual(4, 3, 5, LEAST)
    assert usual_on_the_way(session, own, but=fourth.sailing_id) is None

    sailing = lane.sailing(own, 20)
    made = service.create_shipment(
        session,
        pool_id=booked.pool.id,
        sailing_id=sailing.id,
        number="S-2026-0002-1",
        weight_g=1,
        volume_cm3=1,
        cost={},
        now=clock.now,
    )
    session.commit()
    road = milestones_of(session, made.id)
    assert [(each.expected_on - each.planned_on).days for each in road] == [0, 0, 0, 4, 4, 4]
    hub = as_person(lane.saigon.person.id)
    shown = hub.get(f"/shipments/{made.id}").text
    assert "late by 4 days" in shown
    assert "usually takes 4 days longer than planned" in shown
    assert "half took 3 to 5 days more" in shown
    service.announce_milestone(
        session,
        lane.saigon.actor,
        made.id,
        MilestoneKind.ARRIVED,
        expected_on=sailing.arrives_on + timedelta(days=9),
        note="The canal is closed.",
        now=clock.now,
    )
    session.commit()
    assert "Arrived is expected late by 9 days. The canal is closed." in hub.get(f"/shipments/{made.id}").text

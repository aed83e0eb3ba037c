"""Shipments on the real database: booked, reported in order, announced, undone, and everybody told."""

from collections.abc import Callable
from datetime import date, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.errors import Faulty, Missing, Refusal
from app.history import Happening
from app.mail import Mail
from app.organisations.models import Kind
from app.shipping import listing, service
from app.shipping.journeys import milestones_of
from app.shipping.models import MilestoneKind, ShipmentLine
from app.trade.models import Order, OrderState, PoolState
from tests.app.making import Making
from tests.app.shipping.conftest import Booked, side
from tests.conftest import FixedClock

Report = Callable[..., None]
LEAVES = date(2026, 1, 19)
DAY = timedelta(days=1)


@pytest.fixture
def report(session: Session, booked: Booked, clock: FixedClock) -> Report:
    """`report(kind, day)`: told by Saigon's hub on that day."""

    def tell(kind: MilestoneKind, on: date, note: str = "") -> None:
        clock.now = clock.now.replace(month=on.month, day=on.day)
        service.set_milestone(
            session,
            booked.lane.saigon.actor,
            booked.shipment.id,
            kind,
            actual_on=on,
            note=note,
            now=clock.now,
        )
        session.commit()

    return tell


def expected(session: Session, booked: Booked) -> list[date]:
    return [each.expected_on for each in milestones_of(session, booked.shipment.id)]


def test_a_booking_makes_six_planned_milestones(session: Session, booked: Booked) -> None:
    road = milestones_of(session, booked.shipment.id)
    assert [each.kind for each in road] == list(MilestoneKind)
    assert [each.planned_on for each in road] == [
        date(2026, 1, 15),
        date(2026, 1, 17),
        LEAVES,
        date(2026, 2, 26),
        date(2026, 3, 1),
        date(2026, 3, 3),
    ]
    assert all(each.actual_on is None and each.expected_on == each.planned_on for each in road)


def test_without_lines_a_shipment_takes_all_that_is_wanted_of_its_pool(
    session: Session, booked: Booked, clock: FixedClock
) -> None:
    left = session.scalars(select(Order).filter_by(organisation_id=booked.shop.organisation.id)).one()
    left.state = OrderState.LEFT
    session.flush()
    made = service.create_shipment(
        session,
        pool_id=booked.pool.id,
        sailing_id=booked.shipment.sailing_id,
        number="S-2026-0001-2",
        weight_g=7000,
        volume_cm3=46000,
        cost={},
        now=clock.now,
    )
    assert len(session.scalars(select(ShipmentLine).filter_by(shipment_id=made.id)).all()) == 1


def test_the_whole_road_moves_the_pool_and_delivers_the_orders(
    session: Session, booked: Booked, report: Report
) -> None:
    report(MilestoneKind.COLLECTED, date(2026, 1, 15))
    report(MilestoneKind.EXPORT_CLEARED, date(2026, 1, 17))
    assert booked.pool.state == PoolState.CONFIRMED
    report(MilestoneKind.DEPARTED, date(2026, 1, 19))
    assert booked.pool.state == PoolState.IN_TRANSIT
    report(MilestoneKind.ARRIVED, date(2026, 2, 26))
    assert booked.pool.state == PoolState.ARRIVED
    report(MilestoneKind.IMPORT_CLEARED, date(2026, 2, 28))
    report(MilestoneKind.HANDED_OVER, date(2026, 3, 3))
    orders = session.scalars(select(Order).filter_by(pool_id=booked.pool.id)).all()
    assert {order.state for order in orders} == {OrderState.DELIVERED}
    assert service.reached(session, booked.pool.id) == MilestoneKind.HANDED_OVER
    told = session.scalars(select(Happening).where(Happening.subject_id == booked.shipment.id)).all()
    assert sorted(each.action for each in told) == sorted(["booked", *MilestoneKind])  # all of one moment


def test_a_late_ship_moves_what_is_expected_never_what_was_planned(
    session: Session, booked: Booked, report: Report
) -> None:
    report(MilestoneKind.COLLECTED, date(2026, 1, 16))
    report(MilestoneKind.EXPORT_CLEARED, date(2026, 1, 17))
    report(MilestoneKind.DEPARTED, date(2026, 1, 22))
    road = milestones_of(session, booked.shipment.id)
    assert [(each.expected_on - each.planned_on).days for each in road] == [1, 0, 3, 3, 3, 3]
    assert road[3].planned_on == date(2026, 2, 26)


def test_the_order_of_the_road_is_kept(session: Session, booked: Booked, report: Report) -> None:
    with pytest.raises(Refusal, match="Collected comes first") as refused:
        report(MilestoneKind.DEPARTED, date(2026, 1, 19))
    assert refused.value.code == "out-of-order"


@pytest.mark.parametrize(
    ("on", "words"),
    [
        (date(2026, 1, 4), "5 January 2026 or later"),
        (date(2026, 1, 7), "cannot lie in the future"),
        (date(9999, 1, 1), "cannot lie in the future"),
    ],
)
def test_a_day_that_cannot_be_is_refused(
    session: Session, booked: Booked, clock: FixedClock, on: date, words: str
) -> None:
    with pytest.raises(Faulty) as refused:
        service.set_milestone(
            session,
            booked.lane.saigon.actor,
            booked.shipment.id,
            MilestoneKind.COLLECTED,
            actual_on=on,
            now=clock.now,
        )
    assert words in refused.value.fields["actual_on"]


def test_a_day_that_has_begun_in_the_east_is_not_the_future(
    session: Session, booked: Booked, clock: FixedClock
) -> None:
    tomorrow = clock.now.date() + DAY  # at 12:00 UTC it is 2:00 there
    service.set_milestone(
        session,
        booked.lane.saigon.actor,
        booked.shipment.id,
        MilestoneKind.COLLECTED,
        actual_on=tomorrow,
        now=clock.now,
    )
    assert milestones_of(session, booked.shipment.id)[0].actual_on == tomorrow


def test_a_milestone_is_not_before_the_one_it_follows(booked: Booked, report: Report) -> None:
    report(MilestoneKind.COLLECTED, date(2026, 1, 16))
    with pytest.raises(Faulty) as refused:
        report(MilestoneKind.EXPORT_CLEARED, date(2026, 1, 15))
    assert "16 January 2026 or later" in refused.value.fields["actual_on"]


def test_the_same_report_again_changes_nothing_another_is_refused(
    session: Session, booked: Booked, report: Report
) -> None:
    report(MilestoneKind.COLLECTED, date(2026, 1, 15))
    mails = len(session.scalars(select(Mail)).all())
    report(MilestoneKind.COLLECTED, date(2026, 1, 15))
    assert len(session.scalars(select(Mail)).all()) == mails
    with pytest.raises(Refusal, match="Undo that first"):
        report(MilestoneKind.COLLECTED, date(2026, 1, 16))


def test_everybody_concerned_is_told_once_and_nobody_else(
    session: Session, booked: Booked, make: Making, report: Report
) -> None:
    side(session, make, Kind.BUYER, "Test shop of no concern")
    report(MilestoneKind.COLLECTED, date(2026, 1, 17), "The lorry broke down.")
    mails = session.scalars(select(Mail)).all()
    concerned = (booked.lane.rotterdam, booked.maker, booked.shop, booked.co_operative)
    assert sorted(mail.to for mail in mails) == sorted(each.person.email for each in concerned)
    assert all("late by 2 days" in mail.body and "The lorry broke down." in mail.body for mail in mails)
    assert mails[0].subject == "Shipment S-2026-0001-1: Ho Chi Minh City to Rotterdam"


def test_a_delay_is_announced_with_a_reason_and_moves_the_rest(
    session: Session, booked: Booked, clock: FixedClock
) -> None:
    service.announce_milestone(
        session,
        booked.lane.rotterdam.actor,
        booked.shipment.id,
        MilestoneKind.DEPARTED,
        expected_on=LEAVES + 4 * DAY,
        note="The ship is in dry dock.",
        now=clock.now,
    )
    road = milestones_of(session, booked.shipment.id)
    assert [(each.expected_on - each.planned_on).days for each in road] == [0, 0, 4, 4, 4, 4]
    bodies = {mail.body for mail in session.scalars(select(Mail))}
    assert all("Why: The ship is in dry dock." in body for body in bodies)
    assert bodies


@pytest.mark.parametrize(
    ("on", "note", "field"),
    [
        (LEAVES, "  ", "note"),
        (LEAVES, "x" * 501, "note"),
        (date(2026, 1, 4), "Early", "expected_on"),
        (date(2030, 1, 1), "Late", "expected_on"),
    ],
)
def test_a_faulty_announcement_names_the_field(
    session: Session, booked: Booked, clock: FixedClock, on: date, note: str, field: str
) -> None:
    with pytest.raises(Faulty) as refused:
        service.announce_milestone(
            session,
            booked.lane.saigon.actor,
            booked.shipment.id,
            MilestoneKind.DEPARTED,
            expected_on=on,
            note=note,
            now=clock.now,
        )
    assert list(refused.value.fields) == [field]


def test_the_last_report_can_be_undone_with_a_reason(
    session: Session, booked: Booked, clock: FixedClock, report: Report
) -> None:
    before = expected(session, booked)
    report(MilestoneKind.COLLECTED, date(2026, 1, 15))
    report(MilestoneKind.EXPORT_CLEARED, date(2026, 1, 17))
    report(MilestoneKind.DEPARTED, date(2026, 1, 25))
    actor, shipment_id = booked.lane.saigon.actor, booked.shipment.id

    def undo(kind: MilestoneKind, reason: str = "Another ship") -> None:
        service.undo_milestone(session, actor, shipment_id, kind, reason=reason, now=clock.now)

    with pytest.raises(Refusal, match="Only the last report"):
        undo(MilestoneKind.COLLECTED)
    with pytest.raises(Refusal, match="Only the last report"):
        undo(MilestoneKind.ARRIVED)
    with pytest.raises(Faulty):
        undo(MilestoneKind.DEPARTED, " ")
    undo(MilestoneKind.DEPARTED)
    assert expected(session, booked) == before
    assert booked.pool.state == PoolState.CONFIRMED
    booked.pool.state = PoolState.SETTLED
    session.flush()
    with pytest.raises(Refusal, match="settled"):
        undo(MilestoneKind.EXPORT_CLEARED)


def test_only_the_hubs_at_its_ends_report(
    session: Session, booked: Booked, make: Making, clock: FixedClock
) -> None:
    stranger = side(session, make, Kind.HUB, "Test hub elsewhere", "KE")
    for actor in (stranger.actor, booked.shop.actor, booked.maker.actor):
        with pytest.raises(Missing):
            service.set_milestone(
                session,
                actor,
                booked.shipment.id,
                MilestoneKind.COLLECTED,
                actual_on=clock.now.date(),
                now=clock.now,
            )


def test_each_sees_its_own_consignments(session: Session, booked: Booked, make: Making) -> None:
    def seen(actor_of: object) -> list[tuple[str, str, int]]:
        actor = actor_of.actor  # type: ignore[attr-defined]
        found = listing.own_journey(session, actor, booked.shipment.id)
        rows = listing.consignments_of(session, actor, found)
        return [(each.buyer.name, each.maker.name, each.weight_g) for each in rows]

    both = [
        ("Test co-op Gent", "Test lacquer workshop", 7000),
        ("Test shop Leiden", "Test lacquer workshop", 7000),
    ]
    assert seen(booked.lane.saigon) == seen(booked.lane.rotterdam) == seen(booked.maker) == both
    assert seen(booked.shop) == both[1:]
    for kind in (Kind.BUYER, Kind.HUB, Kind.PRODUCER):
        stranger = side(session, make, kind, f"Test stranger {kind}")
        assert listing.own_journeys(session, stranger.actor, limit=9) == []
        with pytest.raises(Missing):
            listing.own_journey(session, stranger.actor, booked.shipment.id)
    assert len(listing.own_journeys(session, booked.shop.actor, limit=9)) == 1

"""Services, sailings, and which of them a plan may use."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy.orm import Session

from app.catalogue.service import Stale
from app.errors import Faulty, Missing, Refusal
from app.organisations.models import Kind
from app.shipping import rate_cards
from app.shipping.rate_cards import SailingSaid
from app.shipping.service import usable_sailings
from tests.app.making import Making
from tests.app.shipping.conftest import AIR, Booked, Lane, side
from tests.conftest import FixedClock

DAY = timedelta(days=1)


def usable(lane: Lane, *, until: int = 200, currency: str = "USD") -> list[tuple[str, date]]:
    today = lane.clock.now.date()
    found = usable_sailings(
        lane.session,
        lane.origin.id,
        lane.destination.id,
        from_day=today,
        until_day=today + until * DAY,
        currency=currency,
    )
    return [(service.code, sailing.departs_on) for service, sailing in found]


def test_plans_use_sailings_within_the_cards_days_lane_currency_and_time(lane: Lane) -> None:
    today = lane.clock.now.date()
    sea = lane.service()
    air = lane.service(code="AIR-SGN-RTM", mode="air", tariff=AIR)
    lane.service(code="EUR-SGN-RTM", currency="EUR")
    lane.sailing(sea, 14)
    lane.sailing(sea, 60)
    lane.sailing(air, 7)
    assert usable(lane) == [
        ("AIR-SGN-RTM", today + 7 * DAY),
        ("SEA-SGN-RTM", today + 14 * DAY),
        ("SEA-SGN-RTM", today + 60 * DAY),
    ]
    assert usable(lane, until=60) == [("AIR-SGN-RTM", today + 7 * DAY), ("SEA-SGN-RTM", today + 14 * DAY)]
    assert usable(lane, currency="EUR") == []
    shorter = replace(lane.said(), valid_until=today + 30 * DAY)
    rate_cards.change_service(lane.session, lane.saigon.actor, sea.id, shorter, version=1, now=lane.clock.now)
    assert ("SEA-SGN-RTM", today + 60 * DAY) not in usable(lane), "the card has expired by then"


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"code": "lower"}, "code"),
        ({"code": "X" * 31}, "code"),
        ({"carrier": " "}, "carrier"),
        ({"mode": "camel"}, "mode"),
        ({"classes": []}, "classes"),
        ({"classes": ["frozen"]}, "classes"),
        ({"currency": "usd"}, "currency"),
        ({"valid_until": date(2025, 1, 1)}, "valid_until"),
        ({"valid_until": date(2036, 1, 1)}, "valid_until"),
        ({"origin_id": UUID("01234567-89ab-7def-8123-456789abcdef")}, "origin_id"),
        ({"tariff": {}}, "/tariff/per_shipment"),
    ],
)
def test_a_faulty_service_names_the_field(lane: Lane, change: dict[str, Any], field: str) -> None:
    with pytest.raises(Faulty) as refused:
        lane.service(**change)
    assert field in refused.value.fields


def test_a_lane_has_two_ends_one_of_them_ones_own(lane: Lane, session: Session, make: Making) -> None:
    with pytest.raises(Faulty, match="Mend"):
        lane.service(destination_id=lane.origin.id)
    stranger = side(session, make, Kind.HUB, "Test hub elsewhere", "KE")
    with pytest.raises(Faulty) as refused:
        rate_cards.add_service(session, stranger.actor, lane.said(), now=lane.clock.now)
    assert refused.value.fields == {"origin_id": "One end of the lane must be a hub of yours."}


def test_a_code_is_used_once_and_kept(lane: Lane) -> None:
    service = lane.service()
    with pytest.raises(Faulty, match="Mend") as refused:
        lane.service()
    assert list(refused.value.fields) == ["code"]
    with pytest.raises(Faulty) as refused:
        rate_cards.change_service(
            lane.session,
            lane.saigon.actor,
            service.id,
            lane.said(code="SEA-OTHER", origin_id=lane.destination.id),
            version=1,
            now=lane.clock.now,
        )
    assert set(refused.value.fields) == {"code", "origin_id"}


def test_a_card_is_changed_on_its_newest_version_by_who_keeps_it(lane: Lane) -> None:
    service = lane.service()
    dearer = lane.said(tariff=lane.said().tariff | {"per_shipment": 9900})
    with pytest.raises(Missing):
        rate_cards.change_service(
            lane.session, lane.rotterdam.actor, service.id, dearer, version=1, now=lane.clock.now
        )
    changed = rate_cards.change_service(
        lane.session, lane.saigon.actor, service.id, dearer, version=1, now=lane.clock.now
    )
    assert (changed.tariff["per_shipment"], changed.version) == (9900, 2)
    with pytest.raises(Stale):
        rate_cards.change_service(
            lane.session, lane.saigon.actor, service.id, lane.said(), version=1, now=lane.clock.now
        )


def test_the_other_end_reads_a_card_and_a_stranger_does_not(
    lane: Lane, session: Session, make: Making
) -> None:
    service = lane.service()
    assert rate_cards.own_service(session, lane.rotterdam.actor, service.id) is service
    stranger = side(session, make, Kind.HUB, "Test hub elsewhere", "KE")
    with pytest.raises(Missing):
        rate_cards.own_service(session, stranger.actor, service.id)


@pytest.mark.parametrize(
    ("departs", "arrives", "more", "field"),
    [
        (-1, 30, {}, "departs_on"),
        (91, 120, {}, "departs_on"),
        (14, 13, {}, "arrives_on"),
        (14, 400, {}, "arrives_on"),
        (14, 50, {"vessel": "x" * 81}, "vessel"),
        (14, 50, {"capacity_g": 0}, "capacity_g"),
        (14, 50, {"capacity_cm3": -5}, "capacity_cm3"),
        (14, 50, {"capacity_cm3": 10**15}, "capacity_cm3"),
    ],
)
def test_a_faulty_sailing_names_the_field(
    lane: Lane, departs: int, arrives: int, more: dict[str, Any], field: str
) -> None:
    service, today = lane.service(), lane.clock.now.date()
    said = SailingSaid(today + departs * DAY, today + arrives * DAY, **more)
    with pytest.raises(Faulty) as refused:
        rate_cards.add_sailing(lane.session, lane.saigon.actor, service.id, said, now=lane.clock.now)
    assert list(refused.value.fields) == [field]


def test_one_departure_a_day(lane: Lane) -> None:
    service = lane.service()
    lane.sailing(service, 14)
    with pytest.raises(Faulty) as refused:
        lane.sailing(service, 14)
    assert refused.value.fields == {"departs_on": "This service leaves on that day already."}


def test_a_sailing_goes_unless_it_is_booked(lane: Lane, booked: Booked, clock: FixedClock) -> None:
    service = rate_cards.own_service(lane.session, lane.saigon.actor, _service_of(booked))
    spare = lane.sailing(service, 28)
    rate_cards.remove_sailing(lane.session, lane.saigon.actor, service.id, spare.id, now=clock.now)
    with pytest.raises(Refusal, match="booked"):
        rate_cards.remove_sailing(
            lane.session, lane.saigon.actor, service.id, booked.shipment.sailing_id, now=clock.now
        )
    assert [each.id for each in rate_cards.sailings_of(lane.session, service.id)] == [
        booked.shipment.sailing_id
    ]


def _service_of(booked: Booked) -> Any:
    from app.shipping.journeys import journey

    return journey(booked.lane.session, booked.shipment.id).service.id

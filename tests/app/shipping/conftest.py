"""Two hubs, a rate card with a sailing, and a paid pool of two buyers that is booked on it."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy.orm import Session

from app.organisations.models import Kind, Organisation, Person
from app.permissions import Actor
from app.shipping import rate_cards, service
from app.shipping.models import Hub, Sailing, Service, Shipment
from app.shipping.rate_cards import SailingSaid, ServiceSaid
from app.trade.models import Order, OrderLine, OrderState, Pool, PoolPlan, PoolState
from tests.app.catalogue import scene
from tests.app.making import Making
from tests.conftest import FixedClock

SEA: dict[str, Any] = {
    "per_shipment": 4500,
    "per_consignee": 500,
    "less_than_container": {"per_wm": 9200, "minimum": 1000000},
    "containers": [{"type": "20GP", "cost": 185000, "weight_g": 21700000, "volume_cm3": 28000000}],
}
AIR: dict[str, Any] = {
    "per_shipment": 4500,
    "per_consignee": 500,
    "volumetric_divisor": 6000,
    "minimum_charge": 8500,
    "breaks": [
        {"from_g": 0, "per_kg": 520},
        {"from_g": 45000, "per_kg": 430},
        {"from_g": 100000, "per_kg": 365},
    ],
}


@dataclass
class Side:
    organisation: Organisation
    person: Person
    actor: Actor


@dataclass
class Lane:
    origin: Hub
    destination: Hub
    saigon: Side
    rotterdam: Side
    session: Session
    clock: FixedClock

    def said(self, **more: Any) -> ServiceSaid:
        day = self.clock.now.date()
        fields: dict[str, Any] = {
            "code": "SEA-SGN-RTM",
            "carrier": "Test Ocean Line",
            "mode": "sea",
            "origin_id": self.origin.id,
            "destination_id": self.destination.id,
            "classes": ["ambient"],
            "currency": "USD",
            "tariff": SEA,
            "valid_from": day,
            "valid_until": day + timedelta(days=90),
        }
        return ServiceSaid(**fields | more)

    def service(self, **more: Any) -> Service:
        made = rate_cards.add_service(self.session, self.saigon.actor, self.said(**more), now=self.clock.now)
        self.session.commit()
        return made

    def sailing(self, of: Service, days: int, **more: Any) -> Sailing:
        departs_on = self.clock.now.date() + timedelta(days=days)
        said = SailingSaid(departs_on, departs_on + timedelta(days=38), **more)
        made = rate_cards.add_sailing(self.session, self.saigon.actor, of.id, said, now=self.clock.now)
        self.session.commit()
        return made


@dataclass
class Booked:
    lane: Lane
    pool: Pool
    shipment: Shipment
    maker: Side
    shop: Side
    co_operative: Side


def side(session: Session, make: Making, kind: Kind, name: str, country: str = "NL") -> Side:
    organisation = make.organisation(kind, name, country)
    person = make.person(organisation)
    return Side(organisation, person, scene.actor_of(session, person, organisation))


@pytest.fixture
def lane(session: Session, make: Making, clock: FixedClock) -> Lane:
    saigon = side(session, make, Kind.HUB, "Test hub Saigon", "VN")
    rotterdam = side(session, make, Kind.HUB, "Test hub Rotterdam")
    origin = scene.hub(session, saigon.organisation)
    destination = scene.hub(session, rotterdam.organisation, "NLRTM", "Rotterdam")
    return Lane(origin, destination, saigon, rotterdam, session, clock)


@pytest.fixture
def booked(session: Session, make: Making, clock: FixedClock, lane: Lane) -> Booked:
    """Booked on 5 January 2026, on the ship of 19 January that arrives on 26 February."""
    sailing = lane.sailing(lane.service(), 14, capacity_g=5_000_000)
    maker = side(session, make, Kind.PRODUCER, "Test lacquer workshop", "VN")
    shop = side(session, make, Kind.BUYER, "Test shop Leiden")
    co_operative = side(session, make, Kind.BUYER, "Test co-op Gent", "BE")
    scene.terms(session, maker.organisation, lane.origin, clock.now)
    offer = scene.offer(session, maker.actor, clock.now)
    pool = Pool(
        number="P-2026-0001",
        title="Lacquerware to Rotterdam",
        origin_id=lane.origin.id,
        hub_id=lane.destination.id,
        currency="USD",
        state=PoolState.CONFIRMED,
        opened_at=clock.now,
        closes_at=clock.now,
        latest_arrival_on=clock.now.date() + timedelta(days=90),
        wait_cost_ppm_per_day=300,
        opened_by=lane.rotterdam.person.id,
    )
    session.add(pool)
    session.flush()
    session.add(
        PoolPlan(
            pool_id=pool.id,
            problem={},
            quotes={},
            plan={},
            sharing={},
            total=9000,
            stand_alone_total=20000,
            made_at=clock.now,
        )
    )
    lines: list[UUID] = []
    for number, buyer in enumerate((shop, co_operative), start=1):
        order = Order(
            number=f"O-2026-000{number}",
            pool_id=pool.id,
            organisation_id=buyer.organisation.id,
            state=OrderState.PAID,
            needed_by=pool.latest_arrival_on,
            goods=12000,
            alone=10000,
            terms={},
            joined_at=clock.now,
            joined_by=buyer.person.id,
        )
        session.add(order)
        session.flush()
        line = OrderLine(
            order_id=order.id,
            offer_id=offer.id,
            producer_id=maker.organisation.id,
            title=offer.title,
            unit=offer.unit,
            quantity=10,
            unit_price=offer.price,
            value=12000,
            weight_g=7000,
            volume_cm3=46000,
            hs_code=offer.hs_code,
            cargo_class="ambient",
            ready_on=clock.now.date(),
        )
        session.add(line)
        session.flush()
        lines.append(line.id)
    shipment = service.create_shipment(
        session,
        pool_id=pool.id,
        sailing_id=sailing.id,
        number="S-2026-0001-1",
        weight_g=14000,
        volume_cm3=92000,
        cost={"currency": "USD", "total": 14700, "items": []},
        now=clock.now,
        lines=lines,
    )
    session.commit()
    return Booked(lane, pool, shipment, maker, shop, co_operative)

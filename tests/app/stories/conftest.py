"""The booked shipment of the shipping tests, with a certified maker, between two real ports."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from uuid import UUID

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.audits.models import Certificate, CertificateStatusChange
from app.db import uuid7
from app.shipping import service
from app.shipping.models import MilestoneKind
from app.stories.models import Lot
from app.trade.models import Charge, Order
from tests.app.catalogue import scene
from tests.app.shipping.conftest import Booked, booked, lane
from tests.conftest import FixedClock

__all__ = ["booked", "lane"]
MAKER = "Xưởng sơn mài <b>Đặng & con</b> مشغل الأمل"
"""A hostile name in three scripts."""


@dataclass
class Sold:
    """The shipment, its maker's certificate, and how it goes on."""

    booked: Booked
    certificate: Certificate
    session: Session
    clock: FixedClock

    @property
    def shipment_id(self) -> UUID:
        return self.booked.shipment.id

    @property
    def lot(self) -> Lot:
        return self.session.scalars(select(Lot)).one()

    def reach(self, *kinds: MilestoneKind) -> None:
        hub = self.booked.lane.saigon.actor
        for kind in kinds:
            service.set_milestone(
                self.session, hub, self.shipment_id, kind, actual_on=self.clock.now.date(), now=self.clock.now
            )
        self.session.commit()

    def charge(self) -> None:
        """10 bowls of 12.00 each. One order pays 9.01 freight; the other 8.98, 2.00 for the customs entry and
        4.00 duty, of which customs asked 2.00.
        """
        one, other = self.session.scalars(select(Order).order_by(Order.number)).all()
        self._charge(one, {"freight and handling": 901}, duty=0)
        self._charge(other, {"freight and handling": 898, "customs entry": 200}, duty=400)
        self.session.commit()

    def _charge(self, order: Order, parts: dict[str, int], duty: int) -> None:
        shipping = sum(parts.values())
        pooled = [
            {"item": item, "payee": "carrier", "key": "x", "amount": amount} for item, amount in parts.items()
        ]
        duties = [{"offer_id": str(self.lot.offer_id), "amount": duty}]
        self.session.add(
            Charge(
                order_id=order.id,
                reference=f"RF{order.number}",
                currency="USD",
                goods=order.goods,
                direct=0,
                joint=shipping,
                shipping=shipping,
                duty=duty,
                duty_assessed=duty // 2,
                total=order.goods + shipping + duty,
                alone=10_000,
                items={"alone": [], "pooled": pooled, "duties": duties},
                due_on=date(2026, 1, 20),
            )
        )

    def withdraw(self) -> None:
        self.certificate.status = "withdrawn"
        self.session.add(
            CertificateStatusChange(
                id=uuid7(self.clock.now),
                certificate_id=self.certificate.id,
                status="withdrawn",
                reasons="The wages were not paid.",
                at=self.clock.now,
            )
        )
        self.session.commit()


@pytest.fixture
def sold(session: Session, booked: Booked, clock: FixedClock) -> Sold:
    maker, there = booked.maker.organisation, booked.lane.destination
    maker.name, maker.place, maker.about = MAKER, "Hà Nội", "Lacquer & <i>silk</i>."
    there.latitude, there.longitude = Decimal("51.95"), Decimal("4.14")
    certificate = scene.certify(session, maker, booked.lane.rotterdam.person.id, clock.now)
    certificate.standard = "fairhaul-2026.1"
    session.commit()
    return Sold(booked, certificate, session, clock)

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
        """10 bowls of 12.00 each; 9.01 freight for one order, 8.98 freight and 2.00 customs for the other."""
        orders = self.session.scalars(select(Order).order_by(Order.number)).all()
        for order, parts in zip(
            orders,
            ({"freight and handling": 901}, {"freight and handling": 898, "customs entry": 200}),
            strict=True,
        ):
            shipping = sum(parts.values())
            pooled = [
                {"item": item, "payee": "carrier", "key": "x", "amount": amount}
                for item, amount in parts.items()
            ]
            self.session.add(
                Charge(
                    order_id=order.id, reference=f"RF{order.number}", currency="USD", goods=order.goods,
                    direct=0, joint=shipping, shipping=shipping, total=order.goods + shipping, alone=10_000,
                    items={"alone": [], "pooled": pooled}, due_on=date(2026, 1, 20),
                )
            )  # fmt: skip
        self.session.commit()

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

"""A shipment with what it belongs to: its pool, its sailing, and the hubs at both ends."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session, aliased

from app.errors import Missing
from app.shipping.models import Hub, Milestone, MilestoneKind, Sailing, Service, Shipment, ShipmentLine
from app.trade.models import Order, OrderLine, Pool


@dataclass(frozen=True, slots=True)
class Journey:
    """A shipment with its pool, its service and sailing, and the hubs at both ends."""

    shipment: Shipment
    pool: Pool
    sailing: Sailing
    service: Service
    origin: Hub
    destination: Hub

    @property
    def hubs(self) -> frozenset[UUID]:
        """The organisations at both ends. Either may report every milestone: a hub whose partner has no
        account, or is asleep, must not keep buyers waiting for news. The history says who reported.
        """
        return frozenset({self.origin.organisation_id, self.destination.organisation_id})


def journey(session: Session, shipment_id: UUID) -> Journey:
    """Missing: there is no such shipment."""
    origin, destination = aliased(Hub), aliased(Hub)
    row = session.execute(
        select(Shipment, Pool, Sailing, Service, origin, destination)
        .join(Pool, Pool.id == Shipment.pool_id)
        .join(Sailing, Sailing.id == Shipment.sailing_id)
        .join(Service, Service.id == Sailing.service_id)
        .join(origin, origin.id == Service.origin_id)
        .join(destination, destination.id == Service.destination_id)
        .where(Shipment.id == shipment_id),
    ).one_or_none()
    if row is None:
        raise Missing
    return Journey(*row)


def milestones_of(session: Session, shipment_id: UUID) -> list[Milestone]:
    """All six, in the order of the road."""
    return list(
        session.scalars(select(Milestone).filter_by(shipment_id=shipment_id).order_by(Milestone.position)),
    )


def concerned(session: Session, found: Journey) -> frozenset[UUID]:
    """The organisations that want to know: both hubs, and whose goods and orders travel."""
    rows = session.execute(
        select(Order.organisation_id, OrderLine.producer_id)
        .join(OrderLine, OrderLine.order_id == Order.id)
        .join(ShipmentLine, ShipmentLine.order_line_id == OrderLine.id)
        .where(ShipmentLine.shipment_id == found.shipment.id),
    ).all()
    return found.hubs | {each for row in rows for each in row}


def name_of(kind: MilestoneKind) -> str:
    """A milestone at the head of a sentence."""
    return kind[:1].upper() + kind[1:]

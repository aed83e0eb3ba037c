"""Which shipments somebody sees, and what of their load: a hub all, a buyer and a maker their own."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import ColumnElement, Select, exists, or_, select
from sqlalchemy.orm import Session, aliased

from app.errors import Missing
from app.organisations.models import Organisation
from app.permissions import Actor, Role
from app.shipping.journeys import Journey, journey
from app.shipping.models import Hub, Milestone, Sailing, Service, Shipment, ShipmentLine
from app.trade.models import Order, OrderLine, Pool


@dataclass(frozen=True, slots=True)
class Consignment:
    """The goods of one producer to one buyer."""

    order: Order
    buyer: Organisation
    maker: Organisation
    lines: Sequence[OrderLine]

    @property
    def weight_g(self) -> int:
        return sum(line.weight_g for line in self.lines)

    @property
    def volume_cm3(self) -> int:
        return sum(line.volume_cm3 for line in self.lines)


def sees_all(actor: Actor, found: Journey) -> bool:
    """Whether the whole load is theirs to see: the hubs at both ends, and the operator."""
    return Role.OPERATOR in actor.roles or reports_on(actor, found)


def reports_on(actor: Actor, found: Journey) -> bool:
    """Whether the actor sets its milestones."""
    return Role.HUB in actor.roles and actor.organisation_id in found.hubs


def own_journeys(session: Session, actor: Actor, *, limit: int, offset: int = 0) -> list[Journey]:
    """Shipments that concern the actor, the latest departure first."""
    origin, destination = aliased(Hub), aliased(Hub)
    wanted = (
        select(Shipment, Pool, Sailing, Service, origin, destination)
        .join(Pool, Pool.id == Shipment.pool_id)
        .join(Sailing, Sailing.id == Shipment.sailing_id)
        .join(Service, Service.id == Sailing.service_id)
        .join(origin, origin.id == Service.origin_id)
        .join(destination, destination.id == Service.destination_id)
        .order_by(Sailing.departs_on.desc(), Shipment.id.desc())
        .limit(limit)
        .offset(offset)
    )
    if Role.OPERATOR not in actor.roles:
        theirs: list[ColumnElement[bool]] = [Shipment.id.in_(_with_goods_of(actor.organisation_id))]
        if Role.HUB in actor.roles:
            theirs.append(origin.organisation_id == actor.organisation_id)
            theirs.append(destination.organisation_id == actor.organisation_id)
        wanted = wanted.where(or_(*theirs))
    return [Journey(*row) for row in session.execute(wanted)]


def own_journey(session: Session, actor: Actor, shipment_id: UUID) -> Journey:
    """Missing: there is no such shipment, or nothing in it concerns the actor."""
    found = journey(session, shipment_id)
    mine = _with_goods_of(actor.organisation_id).where(ShipmentLine.shipment_id == shipment_id)
    if not sees_all(actor, found) and not session.scalar(select(exists(mine))):
        raise Missing
    return found


def consignments_of(session: Session, actor: Actor, found: Journey) -> list[Consignment]:
    """What of the load the actor may see, by buyer and maker."""
    buyer, maker = aliased(Organisation), aliased(Organisation)
    wanted = (
        select(OrderLine, Order, buyer, maker)
        .join(ShipmentLine, ShipmentLine.order_line_id == OrderLine.id)
        .join(Order, Order.id == OrderLine.order_id)
        .join(buyer, buyer.id == Order.organisation_id)
        .join(maker, maker.id == OrderLine.producer_id)
        .where(ShipmentLine.shipment_id == found.shipment.id)
        .order_by(buyer.name, buyer.id, maker.name, maker.id, OrderLine.title, OrderLine.id)
    )
    if not sees_all(actor, found):
        mine = actor.organisation_id
        wanted = wanted.where(or_(Order.organisation_id == mine, OrderLine.producer_id == mine))
    grouped: dict[tuple[UUID, UUID], tuple[Order, Organisation, Organisation, list[OrderLine]]] = {}
    for line, order, to, by in session.execute(wanted):
        grouped.setdefault((order.id, by.id), (order, to, by, []))[3].append(line)
    return [Consignment(*each) for each in grouped.values()]


def milestones_by_shipment(session: Session, shipments: Sequence[UUID]) -> dict[UUID, list[Milestone]]:
    """All milestones of many shipments, in the order of the road."""
    found: dict[UUID, list[Milestone]] = {each: [] for each in shipments}
    for milestone in session.scalars(
        select(Milestone).where(Milestone.shipment_id.in_(shipments)).order_by(Milestone.position),
    ):
        found[milestone.shipment_id].append(milestone)
    return found


def _with_goods_of(organisation_id: UUID) -> Select[UUID]:
    """Ids of the shipments in which goods from or for an organisation travel."""
    return (
        select(ShipmentLine.shipment_id)
        .join(OrderLine, OrderLine.id == ShipmentLine.order_line_id)
        .join(Order, Order.id == OrderLine.order_id)
        .where(or_(Order.organisation_id == organisation_id, OrderLine.producer_id == organisation_id))
    )

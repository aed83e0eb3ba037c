"""What is missing before a paid pool can be booked, and before its papers are whole."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from app.language import language
from app.organisations.models import Organisation
from app.planning.gathering import booked_on
from app.shipping.models import Hub, Sailing, Service
from app.shipping.models_customs import CustomsIdentity, Packing
from app.trade.closing import stored_plan
from app.trade.models import Order, OrderLine, Pool, PoolPlan
from app.trade.pooling import IN_POOL
from logistics import Problem, price

# Told by the API too: in the first language.
WORDS: Final = language("en")


@dataclass(frozen=True, slots=True)
class Lack:
    """`stops`: it cannot be booked without; else the papers want it. `who` can enter it."""

    what: str
    who: str
    stops: bool


def lacks_of(session: Session, pool: Pool) -> list[Lack]:
    """What stops the booking first."""
    found = [*_sailings(session, pool), *_identities(session, pool), *_packing(session, pool)]
    return sorted(found, key=lambda lack: (not lack.stops, lack.who, lack.what))


def _sailings(session: Session, pool: Pool) -> list[Lack]:
    """Of the pool's own plan: others may carry it all the same."""
    stored = session.get_one(PoolPlan, pool.id)
    problem = Problem.from_dict(stored.problem)
    found = []
    for shipment in price(problem, stored_plan(stored).assignments).shipments:
        day = problem.start + timedelta(days=shipment.day)
        row = session.execute(
            select(Service, Sailing, Hub)
            .join(Sailing, Sailing.service_id == Service.id)
            .join(Hub, Hub.id == Service.origin_id)
            .where(Service.code == shipment.service, Sailing.departs_on == day)
        ).one_or_none()
        if row is None:
            found.append(
                Lack(
                    f"The sailing of {shipment.service} on {WORDS.day(day)} is in the timetable no more.",
                    "hub",
                    True,
                )
            )
            continue
        service, sailing, hub = row
        if not service.valid_from <= day <= service.valid_until:
            found.append(
                Lack(
                    f"The rate card {service.code} does not hold on {WORDS.day(day)} any more.",
                    hub.name,
                    True,
                )
            )
        weight, volume = booked_on(session, [sailing.id]).get(sailing.id, (0, 0))
        full = (sailing.capacity_g is not None and weight + shipment.weight_g > sailing.capacity_g) or (
            sailing.capacity_cm3 is not None and volume + shipment.volume_cm3 > sailing.capacity_cm3
        )
        if full:
            found.append(
                Lack(f"The sailing of {service.code} on {WORDS.day(day)} has no room left.", hub.name, True)
            )
    return found


def _identities(session: Session, pool: Pool) -> list[Lack]:
    """Exporter and importer stand on the commercial invoice with their addresses; the EU wants an EORI."""
    makers = select(OrderLine.producer_id).join(Order).where(_of(pool))
    buyers = select(Order.organisation_id).where(_of(pool))
    wanted = session.scalars(
        select(Organisation).where(Organisation.id.in_(makers.union(buyers))).order_by(Organisation.name)
    ).all()
    named = set(
        session.scalars(
            select(CustomsIdentity.organisation_id).where(
                CustomsIdentity.organisation_id.in_([each.id for each in wanted]),
                CustomsIdentity.address != "",
            )
        )
    )
    return [
        Lack("The address for customs.", each.name, stops=False) for each in wanted if each.id not in named
    ]


def _packing(session: Session, pool: Pool) -> list[Lack]:
    rows = session.execute(
        select(OrderLine.producer_id, Organisation.name, Order.id)
        .join(Order, Order.id == OrderLine.order_id)
        .join(Organisation, Organisation.id == OrderLine.producer_id)
        .join(Packing, Packing.order_line_id == OrderLine.id, isouter=True)
        .where(_of(pool), OrderLine.frozen_because.is_(None), Packing.order_line_id.is_(None))
    ).all()
    makers: dict[UUID, tuple[str, set[UUID]]] = {}
    for maker, name, order in rows:
        makers.setdefault(maker, (name, set()))[1].add(order)
    return [
        Lack(
            WORDS.texts_by_number(
                "How its goods are packed, in {count} order, once it is booked.",
                "How its goods are packed, in {count} orders, once it is booked.",
                len(orders),
            ).format(count=len(orders)),
            name,
            stops=False,
        )
        for name, orders in makers.values()
    ]


def _of(pool: Pool) -> ColumnElement[bool]:
    return (Order.pool_id == pool.id) & Order.state.in_(IN_POOL)

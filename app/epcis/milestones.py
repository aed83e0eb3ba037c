"""Every milestone of a shipment becomes an EPCIS event, in the same transaction."""

from datetime import UTC, datetime, time
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.db import uuid7
from app.epcis.capturing import Source, store
from app.epcis.models import Event, Gs1Identity, Unit
from app.permissions import Actor
from app.shipping.journeys import Journey
from app.shipping.models import Hub, Milestone, ShipmentLine
from logistics.epcis import gs1
from logistics.epcis.handovers import STEPS, Handover, Place, events, with_error


def reported(session: Session, actor: Actor, found: Journey, milestone: Milestone, *, now: datetime) -> None:
    """Store the events of a milestone that was just reported.

    People report days: an event of today happened now, one of an earlier day is told at its noon, UTC.
    """
    assert milestone.actual_on is not None
    noon = datetime.combine(milestone.actual_on, time(12), UTC)
    handover = Handover(
        unit=unit_of(session, found),
        parts=tuple(
            f"urn:uuid:{line}"
            for line in session.scalars(
                select(ShipmentLine.order_line_id)
                .where(ShipmentLine.shipment_id == found.shipment.id)
                .order_by(ShipmentLine.order_line_id),
            )
        ),
        transaction=f"urn:uuid:{found.pool.id}",
        origin=place_of(session, found.origin),
        destination=place_of(session, found.destination),
        at=now if milestone.actual_on >= now.date() else noon,
    )
    ids = [f"urn:uuid:{uuid7(now)}" for _ in STEPS[milestone.kind]]
    source = Source(actor.organisation_id, shipment_id=found.shipment.id)
    store(session, events(milestone.kind, handover, ids), source, now=now)


def undone(session: Session, found: Journey, milestone: Milestone, *, now: datetime) -> None:
    """Declare the events of a milestone that was taken back to be wrong: an event is never removed."""
    there = place_of(session, found.destination if STEPS[milestone.kind][0][-1] else found.origin)
    declared = select(Event.uri).where(Event.shipment_id == found.shipment.id, Event.declares_error)
    wrong = session.scalars(
        select(Event)
        .where(
            Event.shipment_id == found.shipment.id,
            Event.biz_step.in_([row[2] for row in STEPS[milestone.kind]]),
            Event.read_point == gs1.canonical(there.id),
            Event.declares_error.is_(False),
            Event.uri.not_in(declared),
        )
        .order_by(Event.id),
    ).all()
    for event in wrong:
        source = Source(event.organisation_id, shipment_id=event.shipment_id)
        store(
            session,
            [with_error(event.body, declared_at=now, reason="did_not_occur")],
            source,
            now=now,
        )


def unit_of(session: Session, found: Journey) -> str:
    """The shipment's name as a logistic unit: an SSCC where its first hub has a GS1 prefix, else its UUID."""
    known = session.get(Unit, found.shipment.id)
    if known is None:
        known = Unit(shipment_id=found.shipment.id, epc=_new_name(session, found))
        session.add(known)
        session.flush()
    return known.epc


def _new_name(session: Session, found: Journey) -> str:
    identity = session.scalars(
        select(Gs1Identity).filter_by(organisation_id=found.origin.organisation_id).with_for_update(),
    ).one_or_none()
    if identity is None:
        return f"urn:uuid:{found.shipment.id}"
    identity.next_serial += 1
    return gs1.sscc(identity.company_prefix, identity.next_serial - 1)


def place_of(session: Session, hub: Hub) -> Place:
    """A hub by its organisation's GLN, if it has one: the hub's UN/LOCODE tells its places apart."""
    gln = _gln(session, hub.organisation_id)
    if gln is None:
        return Place(f"urn:uuid:{hub.id}", f"urn:uuid:{hub.organisation_id}")
    return Place(f"{gs1.location(gln)}/254/{hub.code}", gs1.party(gln))


def _gln(session: Session, organisation_id: UUID) -> str | None:
    return session.scalars(select(Gs1Identity.gln).filter_by(organisation_id=organisation_id)).one_or_none()

"""Use cases of scanning: a label is seen at the step that its shipment comes to next."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app.errors import Faulty, Missing
from app.parcels import naming
from app.parcels.models import ParcelRow, ParcelScan
from app.permissions import Actor
from app.shipping import listing
from app.shipping.journeys import Journey, milestones_of
from app.shipping.models import MilestoneKind
from logistics.epcis.elements import Unreadable

NOT_YOURS = (
    "No parcel on its way from or to your hub has this label. Check that it is the right one; if it is, its "
    "shipment may belong to another hub."
)


@dataclass(frozen=True, slots=True)
class Seen:
    """A shipment at the step that it comes to next. `parcel` None: the label of the whole was scanned.
    `step` None: it has come to its end. `missing`: numbers of named parcels that were not seen at it.
    """

    journey: Journey
    parcel: ParcelRow | None
    step: MilestoneKind | None
    seen: int
    count: int
    missing: list[int]


def scan(session: Session, actor: Actor, scanned: str, *, now: datetime) -> Seen:
    """Note that a parcel was seen. The same label again changes nothing.

    Faulty, under "code": it is no label of a parcel, or none that the actor's hub handles.
    """
    try:
        named = naming.find(session, scanned)
        shipment_id = named.shipment_id if isinstance(named, ParcelRow) else named
        found = _handled(session, actor, shipment_id)
    except Unreadable as fault:
        raise Faulty(fields={"code": str(fault)}) from fault
    except Missing:
        raise Faulty(fields={"code": NOT_YOURS}) from None
    parcel = named if isinstance(named, ParcelRow) else None
    step = _next(session, shipment_id)
    if parcel and step:
        session.execute(
            insert(ParcelScan)
            .values(
                parcel_id=parcel.id,
                kind=step,
                at=now,
                person_id=actor.person_id,
                organisation_id=actor.organisation_id,
            )
            .on_conflict_do_nothing()
        )
        session.flush()
    return _seen(session, found, parcel, step)


def look(session: Session, actor: Actor, shipment_id: UUID, parcel_id: UUID | None = None) -> Seen:
    """How far a shipment is seen, without a scan. Missing: not handled by the actor's hub."""
    found = _handled(session, actor, shipment_id)
    parcel = session.get(ParcelRow, parcel_id) if parcel_id else None
    if parcel is not None and parcel.shipment_id != shipment_id:
        raise Missing
    return _seen(session, found, parcel, _next(session, shipment_id))


def _handled(session: Session, actor: Actor, shipment_id: UUID) -> Journey:
    found = listing.own_journey(session, actor, shipment_id)
    if not listing.reports_on(actor, found):
        raise Missing
    return found


def _next(session: Session, shipment_id: UUID) -> MilestoneKind | None:
    waiting = (each.kind for each in milestones_of(session, shipment_id) if each.actual_on is None)
    found = next(waiting, None)
    return MilestoneKind(found) if found else None


def _seen(session: Session, found: Journey, parcel: ParcelRow | None, step: MilestoneKind | None) -> Seen:
    rows = session.scalars(
        select(ParcelRow).filter_by(shipment_id=found.shipment.id).order_by(ParcelRow.number)
    ).all()
    seen = naming.seen_at(session, [row.id for row in rows])
    missing = [row.number for row in rows if step not in seen[row.id]] if step else []
    return Seen(found, parcel, step, len(rows) - len(missing), len(rows), missing)

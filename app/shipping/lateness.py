"""Why a shipment is late, and how late its lane usually is."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import and_, select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import Session, aliased

from app.language import Language
from app.shipping.models import Milestone, MilestoneKind, Sailing, Service, Shipment
from app.shipping.words import days_late, late_words, milestone_name
from logistics.arrivals import MOST, Usual, usual


def usual_on_the_way(session: Session, service: Service, *, but: UUID | None = None) -> Usual | None:
    """How many days longer than planned the latest sailings of a lane took, by whatever carrier of the mode.

    A sailing counts once, however many shipments it carried. `but`: a sailing that is not to count.
    """
    left, came = aliased(Milestone), aliased(Milestone)
    sailings = (
        select(
            Sailing.departs_on,
            (came.actual_on - left.actual_on).label("took"),
            (Sailing.arrives_on - Sailing.departs_on).label("planned"),
        )
        .ext(distinct_on(Sailing.departs_on, Sailing.id))
        .join(Service, Service.id == Sailing.service_id)
        .join(Shipment, Shipment.sailing_id == Sailing.id)
        .join(left, and_(left.shipment_id == Shipment.id, left.kind == MilestoneKind.DEPARTED))
        .join(came, and_(came.shipment_id == Shipment.id, came.kind == MilestoneKind.ARRIVED))
        .where(
            Service.origin_id == service.origin_id,
            Service.destination_id == service.destination_id,
            Service.mode == service.mode,
            left.actual_on.is_not(None),
            came.actual_on.is_not(None),
        )
        .order_by(Sailing.departs_on.desc(), Sailing.id, came.actual_on, Shipment.id)
        .limit(MOST)
    )
    if but is not None:
        sailings = sailings.where(Sailing.id != but)
    return usual([row.took - row.planned for row in session.execute(sailings)])


def because(road: Sequence[Milestone], found: Usual | None, lang: Language) -> str | None:
    """The reason of a delay at the end of the road, in a sentence; None: it is not late."""
    _ = lang.text
    if days_late(road[-1]) <= 0:
        return None
    first = next(each for each in road if days_late(each) > 0)
    name, late = milestone_name(first.kind, lang), late_words(days_late(first), lang)
    note = f" {first.note}" if first.note else ""
    if first.actual_on:
        return _("{milestone} came {late}.").format(milestone=name, late=late) + note
    if first.announced_on:
        return _("{milestone} is expected {late}.").format(milestone=name, late=late) + note
    if found and found.days > 0 and first.kind == MilestoneKind.ARRIVED:
        return usual_words(found, lang)
    return _("{milestone} is expected {late}.").format(milestone=name, late=late)


def usual_words(found: Usual, lang: Language) -> str:
    """What the lane's past sailings say, with how many there are and how far they lie apart."""
    _ = lang.text
    if found.days > 0:
        said = lang.texts_by_number(
            "On this lane it usually takes {days} day longer than planned.",
            "On this lane it usually takes {days} days longer than planned.",
            found.days,
        ).format(days=lang.number(found.days))
    else:
        said = _("On this lane it usually comes as planned.")
    spread = _("Of the last {sailings} sailings, half took {low} to {high} days more.").format(
        sailings=lang.number(found.sailings), low=lang.number(found.low), high=lang.number(found.high)
    )
    return f"{said} {spread}"

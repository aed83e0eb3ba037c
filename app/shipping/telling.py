"""What everybody concerned with a shipment is told: people by mail, their systems by webhook."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from app.language import language
from app.organisations.service import tell
from app.permissions import Actor
from app.shipping.journeys import Journey, concerned, name_of
from app.shipping.models import Milestone, MilestoneKind
from app.shipping.road import ROAD
from app.webhooks import service as webhooks

# Mail goes to everybody of an organisation, whose languages differ: it is written in the first one.
WORDS = language("en")

Road = Mapping[MilestoneKind, Milestone]


def reported(
    session: Session, actor: Actor, found: Journey, milestone: Milestone, road: Road, *, now: datetime
) -> None:
    """A milestone came."""
    on = milestone.actual_on or milestone.expected_on
    late = (on - milestone.planned_on).days
    delay = f", late by {late} day{'s' if late > 1 else ''}" if late > 0 else ""
    words = [f"{name_of(MilestoneKind(milestone.kind))} on {WORDS.day(on)}{delay}.", milestone.note]
    if milestone.position < len(ROAD) - 1:
        words.append(_last_stop(road))
    _tell(session, actor, found, words, now=now)
    data = {
        "milestone": milestone.kind,
        "planned_on": milestone.planned_on.isoformat(),
        "actual_on": on.isoformat(),
        "late_days": max(late, 0),
    }
    _emit(session, found, "shipment.milestone", data | _end(road), now=now)


def announced(
    session: Session, actor: Actor, found: Journey, milestone: Milestone, road: Road, *, now: datetime
) -> None:
    """A milestone is expected on another day."""
    words = [
        f"{name_of(MilestoneKind(milestone.kind))} is now expected on {WORDS.day(milestone.expected_on)}.",
        f"It was planned for {WORDS.day(milestone.planned_on)}.",
        f"Why: {milestone.note}",
        _last_stop(road),
    ]
    _tell(session, actor, found, words, now=now)
    late = (milestone.expected_on - milestone.planned_on).days
    if late > 0:
        data = {
            "milestone": milestone.kind,
            "planned_on": milestone.planned_on.isoformat(),
            "expected_on": milestone.expected_on.isoformat(),
            "late_days": late,
            "because": milestone.note,
        }
        _emit(session, found, "shipment.late", data | _end(road), now=now)


def undone(
    session: Session, actor: Actor, found: Journey, milestone: Milestone, reason: str, *, now: datetime
) -> None:
    """A report was wrong."""
    name = name_of(MilestoneKind(milestone.kind))
    _tell(session, actor, found, [f"{name} was reported by mistake and is taken back: {reason}"], now=now)
    data = {"milestone": milestone.kind, "because": reason}
    _emit(session, found, "shipment.milestone_undone", data, now=now)


def _last_stop(road: Road) -> str:
    last = road[MilestoneKind.HANDED_OVER]
    return f"Handing over is expected on {WORDS.day(last.expected_on)}."


def _end(road: Road) -> dict[str, str]:
    return {"handing_over_expected_on": road[MilestoneKind.HANDED_OVER].expected_on.isoformat()}


def _emit(session: Session, found: Journey, kind: str, data: dict[str, Any], *, now: datetime) -> None:
    """The systems of everybody concerned, who reported it too: another system of theirs may not know."""
    data = {"shipment_id": str(found.shipment.id), "number": found.shipment.number} | data
    for organisation_id in sorted(concerned(session, found)):
        webhooks.emit(session, organisation_id, kind, data, now)


def _tell(session: Session, actor: Actor, found: Journey, words: list[str], *, now: datetime) -> None:
    subject = f"Shipment {found.shipment.number}: {found.origin.name} to {found.destination.name}"
    pool = f"Pool {found.pool.number}, {found.pool.title}."
    body = "\n".join([*filter(None, words), "", pool, f"Reported by {actor.organisation_name}.", ""])
    for organisation_id in sorted(concerned(session, found) - {actor.organisation_id}):
        tell(session, organisation_id, subject, body, now=now)

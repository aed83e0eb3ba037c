"""What everybody concerned with a shipment is told by mail."""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy.orm import Session

from app.language import language
from app.organisations.service import tell
from app.permissions import Actor
from app.shipping.journeys import Journey, concerned, name_of
from app.shipping.models import Milestone, MilestoneKind
from app.shipping.road import ROAD

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


def undone(
    session: Session, actor: Actor, found: Journey, milestone: Milestone, reason: str, *, now: datetime
) -> None:
    """A report was wrong."""
    name = name_of(MilestoneKind(milestone.kind))
    _tell(session, actor, found, [f"{name} was reported by mistake and is taken back: {reason}"], now=now)


def _last_stop(road: Road) -> str:
    last = road[MilestoneKind.HANDED_OVER]
    return f"Handing over is expected on {WORDS.day(last.expected_on)}."


def _tell(session: Session, actor: Actor, found: Journey, words: list[str], *, now: datetime) -> None:
    subject = f"Shipment {found.shipment.number}: {found.origin.name} to {found.destination.name}"
    pool = f"Pool {found.pool.number}, {found.pool.title}."
    body = "\n".join([*filter(None, words), "", pool, f"Reported by {actor.organisation_name}.", ""])
    for organisation_id in sorted(concerned(session, found) - {actor.organisation_id}):
        tell(session, organisation_id, subject, body, now=now)

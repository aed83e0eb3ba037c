"""Rate cards that end: who keeps them is warned in time, and a card that is over is named, never used."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import Select, and_, exists, or_, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session, aliased

from app.language import language
from app.organisations.service import tell
from app.shipping.models import Hub, Sailing, Service
from app.shipping.models_rate_cards import ServiceWarning

STEPS: Final = (30, 7, 0)
"""Days before a card's last day when its keepers are written to; 0: it is over."""
LONG_OVER: Final = timedelta(days=90)
"""An end that is no news to anybody any more."""
MOST_NAMED: Final = 3
# Mail goes to everybody of an organisation, whose languages differ: it is written in the first one.
WORDS: Final = language("en")


@dataclass(frozen=True, slots=True)
class Ending:
    """A card without a successor that ends soon or is over. `days`: until its last day; below 0: over."""

    service: Service
    days: int


def ending(session: Session, organisation_id: UUID, today: date) -> list[Ending]:
    """Cards that an organisation keeps and that need a look, the most pressing first."""
    found = session.scalars(_without_successor(today).where(Service.organisation_id == organisation_id))
    return [Ending(service, (service.valid_until - today).days) for service in found]


def _without_successor(today: date) -> Select[Service]:
    """Cards that end within the first step, with no card of the same carrier that goes on from them."""
    later = aliased(Service)
    return (
        select(Service)
        .where(
            Service.valid_until.between(today - LONG_OVER, today + timedelta(days=STEPS[0])),
            ~exists().where(
                later.organisation_id == Service.organisation_id,
                later.carrier == Service.carrier,
                later.mode == Service.mode,
                later.origin_id == Service.origin_id,
                later.destination_id == Service.destination_id,
                later.currency == Service.currency,
                later.valid_from <= Service.valid_until + 1,
                later.valid_until > Service.valid_until,
            ),
        )
        .order_by(Service.valid_until, Service.code)
    )


def warn(session: Session, *, now: datetime) -> int:
    """Write to the keepers of cards that have come to a step toward their end, once for each; how many cards.
    Any number of workers may do this at once.
    """
    today = now.date()
    told = 0
    for service in session.scalars(_without_successor(today)):
        left = (service.valid_until - today).days
        reached = min(each for each in STEPS if 0 < each >= left) if left >= 0 else 0
        taken = session.scalar(
            insert(ServiceWarning)
            .values(service_id=service.id, valid_until=service.valid_until, days=reached, told_at=now)
            .on_conflict_do_nothing()
            .returning(ServiceWarning.service_id)
        )
        if taken:
            _tell(session, service, left, now)
            told += 1
    return told


def _tell(session: Session, service: Service, left: int, now: datetime) -> None:
    ends = session.scalars(select(Hub).where(Hub.id.in_([service.origin_id, service.destination_id])))
    names = {hub.id: hub.name for hub in ends}
    lane = f"{names[service.origin_id]} to {names[service.destination_id]}"
    last = WORDS.day(service.valid_until)
    if left < 0:
        subject = f"Rate card {service.code} is over"
        body = (
            f"The rate card {service.code} of {service.carrier}, {lane}, ended on {last}. "
            "No plan uses it.\n\n"
        )
    else:
        subject = f"Rate card {service.code} ends on {last}"
        body = (
            f"The rate card {service.code} of {service.carrier}, {lane}, holds until {last}. Sailings that "
            "leave later are in no plan.\n\n"
        )
    body += (
        "Ask the carrier for the next rates. Then extend the card, if they stay, or enter the next one: "
        '"Rate cards" has both.\n'
    )
    tell(session, service.organisation_id, subject, body, now=now)


def unused_cards(
    session: Session,
    origin_id: UUID,
    destination_id: UUID,
    *,
    currency: str,
    from_day: date,
    until_day: date,
) -> list[Service]:
    """Cards on a lane that would have a sailing between two days, but do not hold on the day it leaves."""
    return list(
        session.scalars(
            select(Service)
            .where(
                Service.origin_id == origin_id,
                Service.destination_id == destination_id,
                Service.currency == currency,
                or_(
                    exists().where(
                        Sailing.service_id == Service.id,
                        Sailing.departs_on >= from_day,
                        Sailing.arrives_on <= until_day,
                        or_(
                            Sailing.departs_on > Service.valid_until, Sailing.departs_on < Service.valid_from
                        ),
                    ),
                    and_(Service.valid_until < from_day, Service.valid_until >= from_day - LONG_OVER),
                ),
            )
            .order_by(Service.valid_until.desc(), Service.code)
        )
    )


def expired_words(cards: Sequence[Service]) -> str:
    """A sentence that names cards which are not used because they do not hold; empty without any."""
    named = [
        f"{each.code} holds from {WORDS.day(each.valid_from)} to {WORDS.day(each.valid_until)}"
        for each in cards[:MOST_NAMED]
    ]
    if not named:
        return ""
    return "There are rate cards that do not hold then, and so are not used: " + "; ".join(named) + "."

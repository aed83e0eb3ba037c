"""Use cases of sailings beyond one by one: changed, and many at once by a rhythm."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import date, datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from app import history
from app.catalogue.service import Stale
from app.errors import Faulty, Missing, Refusal
from app.permissions import Actor
from app.shipping.models import Sailing, Service, Shipment
from app.shipping.rate_cards import (
    LONGEST_VOYAGE,
    SailingSaid,
    add_sailing,
    check_sailing,
    own_service,
    sailings_of,
)
from app.shipping.rhythm import Every, days_of

MOST_AT_ONCE: Final = 160  # a weekly sailing for three years, which is as long as a card may hold


@dataclass(frozen=True, slots=True)
class Rhythm:
    """Like every second Tuesday from 3 March, 38 days on the way. `weekday`: Monday is 0."""

    every: Every
    weekday: int
    since: date
    until: date
    transit_days: int
    vessel: str = ""
    capacity_g: int | None = None
    capacity_cm3: int | None = None


@dataclass(frozen=True, slots=True)
class Coming:
    """What a rhythm would enter, and the days on which the service leaves already."""

    new: Sequence[SailingSaid]
    there: Sequence[date]


def change_sailing(
    session: Session,
    actor: Actor,
    service_id: UUID,
    sailing_id: UUID,
    said: SailingSaid,
    *,
    version: int,
    now: datetime,
) -> Sailing:
    """Change a departure. Missing: there is none. Stale: `version` is not the newest. Faulty: as for a new
    one. Refusal: goods are booked on it, and more than the vessel's name would change.
    """
    service = own_service(session, actor, service_id, write=True)
    sailing = sailing_of(session, service.id, sailing_id)
    if sailing.version != version:
        raise Stale(facts={"version": sailing.version})
    before = {each.name: getattr(sailing, each.name) for each in fields(SailingSaid)}
    changed = {name: old for name, old in before.items() if old != getattr(said, name)}
    if not changed:
        return sailing
    if changed.keys() - {"vessel"} and is_booked(session, sailing.id):
        raise Refusal(
            "A shipment is booked on this sailing: only the vessel's name can change. Say on the shipment's "
            "page when it is expected now.",
            code="sailing-booked",
        )
    check_sailing(session, service, said, now=now, but=sailing)
    for name in changed:
        setattr(sailing, name, getattr(said, name))
    sailing.version += 1
    session.flush()
    history.record(
        session,
        service,
        "sailing changed",
        now=now,
        **actor.who,
        sailing=sailing.id,
        before={name: None if old is None else str(old) for name, old in changed.items()},
    )
    return sailing


def sailing_of(session: Session, service_id: UUID, sailing_id: UUID) -> Sailing:
    """One departure, as it is stored now. Missing: there is none of this service."""
    wanted = select(Sailing).filter_by(id=sailing_id, service_id=service_id)
    found = session.scalars(wanted.execution_options(populate_existing=True)).one_or_none()
    if found is None:
        raise Missing
    return found


def is_booked(session: Session, sailing_id: UUID) -> bool:
    return bool(session.scalar(select(exists().where(Shipment.sailing_id == sailing_id))))


def coming(session: Session, actor: Actor, service_id: UUID, rhythm: Rhythm, *, now: datetime) -> Coming:
    """What `add_by_rhythm` would enter. Faulty: names each field at fault, or that nothing would leave."""
    service = own_service(session, actor, service_id)
    if service.organisation_id != actor.organisation_id:
        raise Missing
    faults: dict[str, str] = {}
    if not 0 <= rhythm.weekday <= 6:
        faults["weekday"] = "Choose a day of the week."
    if rhythm.until < rhythm.since:
        faults["until"] = "The last day cannot be before the first."
    if not 0 <= rhythm.transit_days <= LONGEST_VOYAGE.days:
        faults["transit_days"] = f"Enter a number of days from 0 to {LONGEST_VOYAGE.days}."
    if faults:
        raise Faulty(fields=faults)
    since = max(rhythm.since, now.date())
    # Weeks are counted from the day that was said, also where some of them are over.
    found = [
        day
        for day in days_of(rhythm.every, rhythm.weekday, rhythm.since, _last(rhythm, service))
        if day >= since
    ]
    if len(found) > MOST_AT_ONCE:
        raise Faulty(fields={"until": f"That is more than {MOST_AT_ONCE} sailings at once. Choose fewer."})
    if not found:
        raise Faulty(
            fields={
                "until": f"Nothing would leave within these days and the card's own, "
                f"{service.valid_from.isoformat()} to {service.valid_until.isoformat()}."
            }
        )
    there = {sailing.departs_on for sailing in sailings_of(session, service.id)}
    transit = timedelta(days=rhythm.transit_days)
    new = [
        SailingSaid(day, day + transit, rhythm.vessel, rhythm.capacity_g, rhythm.capacity_cm3)
        for day in found
        if day not in there and day >= service.valid_from
    ]
    for each in new[:1]:
        check_sailing(session, service, each, now=now)
    return Coming(new, [day for day in found if day in there])


def _last(rhythm: Rhythm, service: Service) -> date:
    return min(rhythm.until, service.valid_until)


def add_by_rhythm(
    session: Session, actor: Actor, service_id: UUID, rhythm: Rhythm, *, now: datetime
) -> list[Sailing]:
    """Enter every departure of a rhythm that is not there yet, all or none."""
    own_service(session, actor, service_id, write=True)
    found = coming(session, actor, service_id, rhythm, now=now)
    return [add_sailing(session, actor, service_id, each, now=now) for each in found.new]

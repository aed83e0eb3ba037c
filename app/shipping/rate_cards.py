"""Use cases of rate cards: carriers' services with their tariffs, and the sailings of each."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import date, datetime, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import exists, or_, select
from sqlalchemy.orm import Session

from app import history
from app.catalogue.models import CargoClass
from app.catalogue.service import CURRENCIES, Stale
from app.db import uuid7
from app.errors import Faulty, Missing, Refusal
from app.permissions import Actor, Role
from app.shipping import fixed_sums
from app.shipping.fixed_sums import FixedSaid, Stored
from app.shipping.models import Hub, Sailing, Service, Shipment
from app.shipping.models_rate_cards import ServiceVersion
from app.shipping.tariffs import LARGEST_QUANTITY, read_tariff, tariff_json
from logistics.problem import MODES

CODE: Final = re.compile(r"[A-Z0-9][A-Z0-9-]{1,29}")
LONGEST_NAME: Final = 80
LONGEST_VALIDITY: Final = timedelta(days=3 * 366)
LONGEST_VOYAGE: Final = timedelta(days=180)
VERSIONED: Final = ("carrier", "mode", "classes", "currency", "tariff", "fixed", "valid_from", "valid_until")
"""What a rate card's versions differ in."""


@dataclass(frozen=True, slots=True)
class ServiceSaid:
    """What a hub enters of a carrier's service. `tariff` in the form of a pooling problem; `fixed`: what its
    fixed sums are for, None as it is.
    """

    code: str
    carrier: str
    mode: str
    origin_id: UUID
    destination_id: UUID
    classes: Sequence[str]
    currency: str
    tariff: dict[str, Any]
    valid_from: date
    valid_until: date
    fixed: FixedSaid | None = None


@dataclass(frozen=True, slots=True)
class SailingSaid:
    """One departure. `vessel` may be empty; no capacity: as much as comes."""

    departs_on: date
    arrives_on: date
    vessel: str = ""
    capacity_g: int | None = None
    capacity_cm3: int | None = None


def readable(actor: Actor) -> Any:
    """Which services an actor may read: its own, and those that touch its hubs; an operator: all."""
    if Role.OPERATOR in actor.roles:
        return Service.id.is_not(None)
    own_hubs = select(Hub.id).where(Hub.organisation_id == actor.organisation_id).scalar_subquery()
    return or_(
        Service.organisation_id == actor.organisation_id,
        Service.origin_id.in_(own_hubs),
        Service.destination_id.in_(own_hubs),
    )


def own_service(session: Session, actor: Actor, service_id: UUID, *, write: bool = False) -> Service:
    """Missing: there is none that the actor may see; with `write`: none that it keeps. It is locked then."""
    wanted = select(Service).where(Service.id == service_id)
    if write:
        wanted = wanted.where(Service.organisation_id == actor.organisation_id).with_for_update()
        wanted = wanted.execution_options(populate_existing=True)
    else:
        wanted = wanted.where(readable(actor))
    found = session.scalars(wanted).one_or_none()
    if found is None:
        raise Missing
    return found


def add_service(session: Session, actor: Actor, said: ServiceSaid, *, now: datetime) -> Service:
    """Enter a carrier's service on a lane that begins or ends at a hub of the actor's organisation.

    Faulty: names each field at fault. Refusal: another service has the code.
    """
    tariff = check_service(session, actor, said)
    if session.scalar(select(exists().where(Service.code == said.code))):
        raise Faulty(fields={"code": "Another service has this code. Choose a different one."})
    service = Service(
        id=uuid7(now), organisation_id=actor.organisation_id, version=1, **_columns(said, tariff, {})
    )
    session.add(service)
    session.flush()
    history.record(session, service, "entered", now=now, **actor.who, tariff=tariff, code=said.code)
    return service


def change_service(
    session: Session, actor: Actor, service_id: UUID, said: ServiceSaid, *, version: int, now: datetime
) -> Service:
    """Change a rate card for what is planned from now on; what is planned keeps the tariff it was priced by.

    Stale: `version` is not the newest. Faulty: as in `add_service`, or another code or lane: they name a
    service in plans, so that another one is another service.
    """
    service = own_service(session, actor, service_id, write=True)
    if service.version != version:
        raise Stale(facts={"version": service.version})
    faults = {
        name: words
        for name, words in (
            ("code", "A service keeps its code. Enter a new service instead."),
            ("origin_id", "A service keeps its lane. Enter a new service instead."),
            ("destination_id", "A service keeps its lane. Enter a new service instead."),
        )
        if getattr(said, name) != getattr(service, name)
    }
    if faults:
        raise Faulty(fields=faults)
    tariff = check_service(session, actor, said)
    _replace(session, actor, service, _columns(said, tariff, service.fixed), now=now)
    return service


def say_fixed(
    session: Session, actor: Actor, service_id: UUID, said: FixedSaid, *, version: int, now: datetime
) -> Service:
    """Say what the fixed sums of a card are for; what is booked stays. Stale: `version` is not the newest.
    Faulty: the parts are more than their sum.
    """
    service = own_service(session, actor, service_id, write=True)
    if service.version != version:
        raise Stale(facts={"version": service.version})
    if faults := fixed_sums.faults_of(said, service.tariff, service.currency):
        raise Faulty(fields=faults)
    if said != fixed_sums.said_in(service.fixed):
        _replace(session, actor, service, {"fixed": fixed_sums.stored(said)}, now=now)
    return service


def _replace(
    session: Session, actor: Actor, service: Service, columns: dict[str, Any], *, now: datetime
) -> None:
    """A new version where any of `columns` is another than it was; the old one is kept."""
    changed = {name: getattr(service, name) for name, new in columns.items() if new != getattr(service, name)}
    if changed:
        session.add(
            ServiceVersion(
                service_id=service.id,
                version=service.version,
                replaced_at=now,
                replaced_by=actor.person_id,
                **{name: getattr(service, name) for name in VERSIONED},
            )
        )
        for name in changed:
            setattr(service, name, columns[name])
        service.version += 1
        session.flush()
        history.record(
            session,
            service,
            "changed",
            now=now,
            **actor.who,
            before={
                name: old if name in {"tariff", "classes", "fixed"} else str(old)
                for name, old in changed.items()
            },
        )


def add_sailing(
    session: Session, actor: Actor, service_id: UUID, said: SailingSaid, *, now: datetime
) -> Sailing:
    """Enter a departure. Faulty: names each field at fault, a second departure on the same day too."""
    service = own_service(session, actor, service_id, write=True)
    check_sailing(session, service, said, now=now)
    sailing = Sailing(
        id=uuid7(now), service_id=service.id, **{each.name: getattr(said, each.name) for each in fields(said)}
    )
    session.add(sailing)
    session.flush()
    history.record(
        session,
        service,
        "sailing entered",
        now=now,
        **actor.who,
        sailing=sailing.id,
        departs_on=said.departs_on,
    )
    return sailing


def check_sailing(
    session: Session, service: Service, said: SailingSaid, *, now: datetime, but: Sailing | None = None
) -> None:
    """Faulty: names each field at fault. `but`: the sailing that is changed to this."""
    faults: dict[str, str] = {}
    if said.departs_on < now.date():
        faults["departs_on"] = "This day is over. Enter the day of a departure to come."
    elif not service.valid_from <= said.departs_on <= service.valid_until:
        faults["departs_on"] = (
            f"The rate card holds from {service.valid_from.isoformat()} to "
            f"{service.valid_until.isoformat()}. Enter a day within that, or extend the card first."
        )
    if said.arrives_on < said.departs_on:
        faults["arrives_on"] = "It cannot arrive before it leaves."
    elif said.arrives_on - said.departs_on > LONGEST_VOYAGE:
        faults["arrives_on"] = "That is more than half a year on the way. Check the day."
    if len(said.vessel) > LONGEST_NAME:
        faults["vessel"] = f"Use at most {LONGEST_NAME} characters."
    for name in ("capacity_g", "capacity_cm3"):
        capacity = getattr(said, name)
        if capacity is not None and not 1 <= capacity <= LARGEST_QUANTITY:
            faults[name] = f"Enter a number from 1 to {LARGEST_QUANTITY}, or nothing."
    taken = select(Sailing.id).filter_by(service_id=service.id, departs_on=said.departs_on)
    other = session.scalars(taken).one_or_none() if not faults else None
    if other is not None and (but is None or other != but.id):
        faults["departs_on"] = "This service leaves on that day already."
    if faults:
        raise Faulty(fields=faults)


def remove_sailing(
    session: Session, actor: Actor, service_id: UUID, sailing_id: UUID, *, now: datetime
) -> None:
    """Take a departure out of the timetable. Refusal: a shipment is booked on it."""
    service = own_service(session, actor, service_id, write=True)
    sailing = session.scalars(select(Sailing).filter_by(id=sailing_id, service_id=service.id)).one_or_none()
    if sailing is None:
        raise Missing
    if session.scalar(select(exists().where(Shipment.sailing_id == sailing.id))):
        raise Refusal("A shipment is booked on this sailing, so it stays.", code="sailing-booked")
    session.delete(sailing)
    session.flush()
    history.record(session, service, "sailing removed", now=now, **actor.who, departs_on=sailing.departs_on)


def sailings_of(session: Session, service_id: UUID, *, since: date | None = None) -> list[Sailing]:
    """By departure; `since`: that leave on that day or later."""
    wanted = select(Sailing).filter_by(service_id=service_id).order_by(Sailing.departs_on)
    return list(session.scalars(wanted.where(Sailing.departs_on >= since) if since else wanted))


def versions_of(session: Session, service_id: UUID) -> list[ServiceVersion]:
    """What a card was before, the newest first. Orders and plans keep the tariff that they were priced by."""
    return list(
        session.scalars(
            select(ServiceVersion).filter_by(service_id=service_id).order_by(ServiceVersion.version.desc())
        )
    )


def _columns(said: ServiceSaid, tariff: dict[str, Any], fixed: Stored) -> dict[str, Any]:
    """`fixed`: what the fixed sums are for by now, which stays where nothing is said of it."""
    said_fields = {each.name: getattr(said, each.name) for each in fields(said)}
    known = fixed_sums.said_in(fixed)
    parts = said.fixed or fixed_sums.fitted(known, tariff)
    return said_fields | {
        "tariff": tariff,
        "fixed": fixed if parts == known else fixed_sums.stored(parts),
        "classes": list(dict.fromkeys(said.classes)),
    }


def check_service(session: Session, actor: Actor, said: ServiceSaid) -> dict[str, Any]:
    """The tariff in its stored form. Faulty: everything that is wrong at once."""
    faults: dict[str, str] = {}
    if not CODE.fullmatch(said.code):
        faults["code"] = "Use 2 to 30 capital letters, figures and hyphens, like SEA-SGN-RTM."
    if not said.carrier.strip() or len(said.carrier) > LONGEST_NAME:
        faults["carrier"] = f"Enter the carrier's name, at most {LONGEST_NAME} characters."
    if said.mode not in MODES:
        faults["mode"] = f"Choose one of {', '.join(MODES)}."
    if not said.classes or not set(said.classes) <= set(CargoClass):
        faults["classes"] = f"Choose at least one of {', '.join(CargoClass)}."
    if said.currency not in CURRENCIES:
        faults["currency"] = f"Choose one of {', '.join(CURRENCIES)}."
    if said.valid_until < said.valid_from:
        faults["valid_until"] = "The last day cannot be before the first."
    elif said.valid_until - said.valid_from > LONGEST_VALIDITY:
        faults["valid_until"] = "A rate card holds for three years at most. Check the day."
    faults |= check_lane(session, actor, said.origin_id, said.destination_id)
    try:
        tariff = tariff_json(read_tariff(said.tariff))
    except Faulty as refusal:
        raise Faulty(fields=faults | dict(refusal.fields)) from None
    if said.fixed is not None:
        faults |= fixed_sums.faults_of(said.fixed, tariff, said.currency)
    if faults:
        raise Faulty(fields=faults)
    return tariff


def check_lane(session: Session, actor: Actor, origin_id: UUID, destination_id: UUID) -> dict[str, str]:
    """What is wrong with a lane, by field: it begins and ends at two hubs, one of them the actor's."""
    hubs = {
        hub.id: hub for hub in session.scalars(select(Hub).where(Hub.id.in_([origin_id, destination_id])))
    }
    faults = {
        name: "Choose a hub from the list."
        for name, hub_id in (("origin_id", origin_id), ("destination_id", destination_id))
        if hub_id not in hubs
    }
    if not faults and len(hubs) == 1:
        faults["destination_id"] = "Choose another hub than the one it leaves from."
    elif not faults and actor.organisation_id not in {hub.organisation_id for hub in hubs.values()}:
        faults["origin_id"] = "One end of the lane must be a hub of yours."
    return faults

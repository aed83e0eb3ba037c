"""Use cases of hubs: an operator of one enters its places and keeps them right."""

import re
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Final
from uuid import UUID

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from app import history
from app.catalogue.service import Stale
from app.db import uuid7
from app.errors import Faulty, Missing
from app.organisations.regions import REGION_OF
from app.permissions import Actor
from app.shipping.models import Hub

LOCODE: Final = re.compile(r"[A-Z]{2}[A-Z2-9]{3}")  # UNECE Recommendation 16: country, then three signs
LONGEST_NAME: Final = 80
MOST_HUBS: Final = 50


@dataclass(frozen=True, slots=True)
class HubSaid:
    """A place where goods come together. `code`: UN/LOCODE, whose first two letters are its country."""

    code: str
    name: str
    latitude: Decimal
    longitude: Decimal


def add_hub(session: Session, actor: Actor, said: HubSaid, *, now: datetime) -> Hub:
    """Enter a place that the actor's organisation runs. Faulty: names each field at fault."""
    faults = _faults(said)
    if "code" not in faults and session.scalar(select(exists().where(Hub.code == said.code))):
        faults["code"] = "There is a hub with this code already. Use it, or enter another place."
    if len(hubs_of(session, actor.organisation_id)) >= MOST_HUBS:
        faults[""] = f"An organisation keeps {MOST_HUBS} hubs at most."
    if faults:
        raise Faulty(fields=faults)
    hub = Hub(
        id=uuid7(now),
        organisation_id=actor.organisation_id,
        code=said.code,
        name=said.name.strip(),
        country=said.code[:2],
        latitude=said.latitude,
        longitude=said.longitude,
    )
    session.add(hub)
    session.flush()
    history.record(session, hub, "entered", now=now, **actor.who, code=hub.code, name=hub.name)
    return hub


def change_hub(
    session: Session, actor: Actor, hub_id: UUID, said: HubSaid, *, version: int, now: datetime
) -> Hub:
    """Change a hub's name or where it is. Missing: it is not the actor's. Stale: `version` is not the newest.
    Faulty: another code, by which plans know it, or a field at fault.
    """
    hub = own_hub(session, actor, hub_id, lock=True)
    if hub.version != version:
        raise Stale(facts={"version": hub.version})
    faults = _faults(said)
    if said.code != hub.code:
        faults["code"] = "A hub keeps its code: plans know it by it. Enter another hub instead."
    if faults:
        raise Faulty(fields=faults)
    before = {"name": hub.name, "latitude": str(hub.latitude), "longitude": str(hub.longitude)}
    hub.name, hub.latitude, hub.longitude = said.name.strip(), said.latitude, said.longitude
    hub.version += 1
    session.flush()
    history.record(session, hub, "changed", now=now, **actor.who, before=before)
    return hub


def own_hub(session: Session, actor: Actor, hub_id: UUID, *, lock: bool = False) -> Hub:
    """Missing: there is none that the actor's organisation runs."""
    wanted = select(Hub).where(Hub.id == hub_id, Hub.organisation_id == actor.organisation_id)
    if lock:
        wanted = wanted.with_for_update().execution_options(populate_existing=True)
    found = session.scalars(wanted).one_or_none()
    if found is None:
        raise Missing
    return found


def hubs_of(session: Session, organisation_id: UUID) -> list[Hub]:
    return list(session.scalars(select(Hub).filter_by(organisation_id=organisation_id).order_by(Hub.name)))


def _faults(said: HubSaid) -> dict[str, str]:
    faults: dict[str, str] = {}
    if not LOCODE.fullmatch(said.code) or said.code[:2] not in REGION_OF:
        faults["code"] = "Enter the UN/LOCODE of the place: the country and three signs, like NLRTM."
    if not said.name.strip() or len(said.name) > LONGEST_NAME:
        faults["name"] = f"Enter the name of the place, at most {LONGEST_NAME} characters."
    if not said.latitude.is_finite() or not -90 <= said.latitude <= 90:
        faults["latitude"] = "Enter degrees from -90 to 90; south of the equator is below 0."
    if not said.longitude.is_finite() or not -180 <= said.longitude <= 180:
        faults["longitude"] = "Enter degrees from -180 to 180; west of Greenwich is below 0."
    return faults

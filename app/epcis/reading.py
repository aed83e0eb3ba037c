"""Events as people read them: what happened, where, to how many things, and whether it was taken back."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.epcis.milestones import place_of
from app.epcis.models import Event, Unit
from app.language import Language
from app.organisations.models import Organisation
from app.shipping.journeys import Journey
from logistics.epcis.gs1 import canonical


@dataclass(frozen=True, slots=True)
class Line:
    """One event. `wrong`: it was declared an error later."""

    at: datetime
    what: str
    where: str
    things: str
    who: str
    wrong: bool
    uri: str


def lines_of(session: Session, found: Journey, lang: Language) -> list[Line]:
    """The events of a shipment, in the order in which they happened; one that was taken back says so."""
    rows = session.execute(
        select(Event, Organisation.name)
        .join(Organisation, Organisation.id == Event.organisation_id)
        .where(Event.shipment_id == found.shipment.id)
        .order_by(Event.event_time, Event.id)
    ).all()
    unit = session.get(Unit, found.shipment.id)
    wrong = {event.uri for event, _name in rows if event.declares_error}
    places = {canonical(place_of(session, hub).id): hub.name for hub in (found.origin, found.destination)}
    return [
        Line(
            event.event_time,
            words(event, lang),
            places.get(event.read_point or "", event.read_point or ""),
            things(event.body, lang, unit.epc if unit else None),
            name,
            event.uri in wrong,
            event.uri,
        )
        for event, name in rows
        if not event.declares_error
    ]


def words(event: Event, lang: Language) -> str:
    """The business step of an event in words; a step of others' own vocabulary as it is."""
    _ = lang.text
    known: Mapping[str, str] = {
        "commissioning": _("Made ready"),
        "packing": _("Packed together"),
        "inspecting": _("Inspected, and cleared by customs"),
        "departing": _("Departed"),
        "arriving": _("Arrived"),
        "unpacking": _("Unpacked"),
        "receiving": _("Received"),
        "shipping": _("Handed to a carrier"),
        "storing": _("Stored"),
        "loading": _("Loaded"),
        "unloading": _("Unloaded"),
    }
    step = event.biz_step or event.kind
    return known.get(step, step.replace("_", " "))


def things(body: Mapping[str, Any], lang: Language, unit: str | None = None) -> str:
    """How many things an event names: units with a number, and kinds of goods. `unit`: the whole shipment."""
    named = [
        each
        for field in ("epcList", "childEPCs", "inputEPCList", "outputEPCList")
        for each in body.get(field, ())
    ]
    whole = unit is not None and unit in [body.get("parentID"), *named]
    numbered = sum(each != unit for each in named)
    kinds = sum(len(body.get(field, ())) for field in ("quantityList", "childQuantityList"))
    parts: list[str] = []
    if whole:
        parts.append(lang.text("the whole shipment"))
    if numbered:
        parts.append(
            lang.texts_by_number("{count} thing", "{count} things", numbered).format(
                count=lang.number(numbered)
            )
        )
    if kinds:
        parts.append(
            lang.texts_by_number("{count} kind of goods", "{count} kinds of goods", kinds).format(
                count=lang.number(kinds)
            )
        )
    return ", ".join(parts)


def captured(session: Session, capture_ids: Sequence[UUID]) -> dict[UUID, list[Event]]:
    """The events that came with some documents, in their order."""
    found: dict[UUID, list[Event]] = {each: [] for each in capture_ids}
    for event in session.scalars(
        select(Event).where(Event.capture_id.in_(capture_ids)).order_by(Event.id).limit(2000)
    ):
        if event.capture_id:
            found[event.capture_id].append(event)
    return found

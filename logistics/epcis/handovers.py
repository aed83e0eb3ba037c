"""The events of a shipment: what each step of its road means in EPCIS."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final, TypeAlias

EventBody: TypeAlias = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Place:
    """Where it happens: the place, and who holds the goods there, both as URIs."""

    id: str
    party: str


@dataclass(frozen=True, slots=True)
class Handover:
    """What an event of a shipment tells. `unit`: the whole of it; `parts`: what is packed in it."""

    unit: str
    parts: tuple[str, ...]
    transaction: str
    origin: Place
    destination: Place
    at: datetime


# For each step: event type (O object, A aggregation), action, business step, disposition, at the destination?
STEPS: Final[dict[str, tuple[tuple[str, str, str, str, bool], ...]]] = {
    "collected": (
        ("O", "ADD", "commissioning", "active", False),
        ("A", "ADD", "packing", "in_progress", False),
    ),
    "export cleared": (("O", "OBSERVE", "inspecting", "conformant", False),),
    "departed": (("O", "OBSERVE", "departing", "in_transit", False),),
    "arrived": (("O", "OBSERVE", "arriving", "in_progress", True),),
    "import cleared": (("O", "OBSERVE", "inspecting", "conformant", True),),
    "handed over": (
        ("A", "DELETE", "unpacking", "in_progress", True),
        ("O", "OBSERVE", "receiving", "in_progress", True),
    ),
}
"""By milestone, in order. What leaves the customs of either end was inspected and found to conform."""


def events(step: str, handover: Handover, ids: list[str]) -> list[EventBody]:
    """The events of one step, each with the next of `ids`. KeyError: there is no such step."""
    return [
        _event(handover, *row, event_id=event_id)
        for row, event_id in zip(STEPS[step], ids[: len(STEPS[step])], strict=True)
        if handover.parts or row[2] != "packing"
    ]


def with_error(event: EventBody, *, declared_at: datetime, reason: str) -> EventBody:
    """The same event, declared to be wrong (EPCIS 2.0, section 7.4.1.2)."""
    return event | {"errorDeclaration": {"declarationTime": _told(declared_at), "reason": reason}}


def _event(
    handover: Handover, kind: str, action: str, step: str, disposition: str, there: bool, *, event_id: str
) -> EventBody:
    here = handover.destination if there else handover.origin
    made: EventBody = {
        "type": "ObjectEvent" if kind == "O" else "AggregationEvent",
        "eventID": event_id,
        "eventTime": _told(handover.at),
        "eventTimeZoneOffset": "+00:00",
        "action": action,
        "bizStep": step,
        "disposition": disposition,
        "readPoint": {"id": here.id},
        "bizTransactionList": [{"bizTransaction": handover.transaction}],
    }
    if kind == "O":
        made["epcList"] = [handover.unit]
    else:
        made |= {"parentID": handover.unit, "childEPCs": list(handover.parts)}
    if step != "departing":  # what has left is nowhere
        made["bizLocation"] = {"id": here.id}
    if step in {"departing", "arriving"}:
        ends = (("source", handover.origin), ("destination", handover.destination))
        for field, place in ends:
            made[f"{field}List"] = [
                {"type": "possessing_party", field: place.party},
                {"type": "location", field: place.id},
            ]
    return made


def _told(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")

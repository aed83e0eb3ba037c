"""Small EPCIS documents of our own wording, and the world that tests ask in."""

from copy import deepcopy
from typing import Any

from logistics.epcis.vocabulary import CONTEXT

UNIT = "https://id.gs1.org/00/095201234567891235"
BASE: dict[str, Any] = {
    "eventTime": "2026-01-04T09:30:00.000+07:00",
    "eventTimeZoneOffset": "+07:00",
    "readPoint": {"id": "urn:epc:id:sgln:9520123.45678.0"},
}
EVENTS: dict[str, dict[str, Any]] = {
    "ObjectEvent": BASE
    | {
        "type": "ObjectEvent",
        "action": "ADD",
        "bizStep": "commissioning",
        "disposition": "active",
        "epcList": ["urn:epc:id:sgtin:9520123.011111.17", "urn:epc:id:sgtin:9520123.011111.18"],
        "ilmd": {"weave:loom": "Demo loom 4"},
    },
    "AggregationEvent": BASE
    | {
        "type": "AggregationEvent",
        "action": "ADD",
        "bizStep": "packing",
        "parentID": "urn:epc:id:sscc:9520123.0456789123",
        "childEPCs": ["urn:epc:id:sgtin:9520123.011111.17"],
        "childQuantityList": [
            {"epcClass": "urn:epc:class:lgtin:9520123.022222.L5", "quantity": 12.5, "uom": "KGM"}
        ],
    },
    "TransactionEvent": BASE
    | {
        "type": "TransactionEvent",
        "action": "ADD",
        "bizStep": "shipping",
        "bizTransactionList": [{"type": "po", "bizTransaction": "urn:demo:order:7"}],
        "epcList": [UNIT],
    },
    "TransformationEvent": BASE
    | {
        "type": "TransformationEvent",
        "bizStep": "creating_class_instance",
        "inputQuantityList": [{"epcClass": "urn:demo:rushes", "quantity": 40, "uom": "KGM"}],
        "outputEPCList": ["urn:demo:basket:1"],
    },
    "AssociationEvent": BASE
    | {
        "type": "AssociationEvent",
        "action": "ADD",
        "bizStep": "assembling",
        "parentID": "urn:demo:crate:9",
        "childEPCs": ["urn:demo:sensor:3"],
        "sensorElementList": [
            {"sensorReport": [{"type": "Temperature", "value": 21.5, "uom": "CEL", "component": "x"}]}
        ],
    },
}


def document(*events: dict[str, Any], **more: Any) -> dict[str, Any]:
    """An EPCISDocument of these events; without: one of each type."""
    return {
        "@context": [CONTEXT, {"weave": "https://weave.example/voc/"}],
        "type": "EPCISDocument",
        "schemaVersion": "2.0",
        "creationDate": "2026-01-05T12:00:00Z",
        "epcisBody": {"eventList": deepcopy(list(events or EVENTS.values()))},
    } | more


def alone(kind: str, **more: Any) -> dict[str, Any]:
    """One event with a context, as POST /epcis/events takes it."""
    return {"@context": CONTEXT} | deepcopy(EVENTS[kind]) | more

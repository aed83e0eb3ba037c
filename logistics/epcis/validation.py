"""Whether a document is EPCIS 2.0: the rules of GS1's JSON schema (EPCIS 2.0, section 10), by JSON pointer.

What the schema takes is taken, what it refuses is refused, its formats (URI, date-time) included. Beyond it,
text that is no Unicode, numbers that JSON does not know and documents nested more than 40 deep are refused.
"""

import math
from collections.abc import Mapping
from typing import Any, Final

from logistics.epcis import vocabulary as words
from logistics.epcis.rules import (
    Faults,
    Rule,
    below,
    either,
    is_uri,
    many,
    matching,
    moment,
    number,
    one_of,
    record,
    text,
    truth,
    uri,
)

DEEPEST: Final = 40
_OWN: Final = ("urn:epcglobal:cbv", "http://ns.gs1.org/cbv/", "https://ns.gs1.org/cbv/")
_VOC: Final = (
    "http://gs1.org/voc/",
    "https://gs1.org/voc/",
    "http://www.gs1.org/voc/",
    "https://www.gs1.org/voc/",
)


def _word(known: frozenset[str], not_below: tuple[str, ...] = _OWN) -> Rule:
    return one_of(known, not_below=not_below)


_offset = matching(r"[+-]((0[0-9]|1[0-3]):[0-5][0-9]|14:00)", "This must be an offset from -14:00 to +14:00.")
_disposition = _word(words.DISPOSITIONS)
_id = record({"id": uri}, ("id",), others="any")
_quantity = record(
    {"epcClass": uri, "quantity": number, "uom": matching(r"[A-Z0-9]{2,3}", "This must be a unit like KGM.")},
    ("epcClass",),
)


def _context(value: Any, at: str, faults: Faults) -> None:
    if isinstance(value, list):
        for place, each in enumerate(value):
            _context_part(each, f"{at}/{place}", faults)
            if each in value[:place]:
                faults.add(f"{at}/{place}", "This stands in the list already.")
    else:
        _context_part(value, at, faults)


def _context_part(value: Any, at: str, faults: Faults) -> None:
    if not isinstance(value, dict) and not is_uri(value):
        faults.add(at, "This must be the address of a JSON-LD context, or one written out.")


def _persistent(value: Any, at: str, faults: Faults) -> None:
    if "set" not in value and "unset" not in value:
        faults.add(at, "Give set or unset.")


_TEXTS: Final = ("stringValue", "uom")
_NUMBERS: Final = ("value", "minValue", "maxValue", "meanValue", "sDev", "percRank", "percValue")
_URIS: Final = (
    "deviceID", "deviceMetadata", "rawData", "dataProcessingMethod", "bizRules", "microorganism",
    "chemicalSubstance", "coordinateReferenceSystem", "uriValue",
)  # fmt: skip
_metadata_fields: Final[dict[str, Rule]] = dict.fromkeys(
    ("time", "startTime", "endTime"), moment
) | dict.fromkeys(("deviceID", "deviceMetadata", "rawData", "dataProcessingMethod", "bizRules"), uri)
_report = record(
    {
        "type": _word(words.MEASUREMENTS, _VOC),
        "exception": _word(words.ALERTS, _VOC),
        "component": _word(words.COMPONENTS),
        "time": moment,
        "booleanValue": truth,
        "hexBinaryValue": matching(r"[A-Fa-f0-9]+", "This must be hexadecimal digits."),
    }
    | dict.fromkeys(_TEXTS, text)
    | dict.fromkeys(_NUMBERS, number)
    | dict.fromkeys(_URIS, uri),
    ("type",),
    others="uri",
)
_sensor = record(
    {"sensorMetadata": record(_metadata_fields, others="uri"), "sensorReport": many(_report, least=1)},
    ("sensorReport",),
    others="uri",
)
_transaction = record({"type": _word(words.BIZ_TRANSACTIONS), "bizTransaction": uri}, ("bizTransaction",))
_EVENT: Final[dict[str, Rule]] = {
    "@context": _context,
    "type": text,
    "eventTime": moment,
    "recordTime": moment,
    "eventTimeZoneOffset": _offset,
    "eventID": uri,
    "certificationInfo": either(many(uri), uri),
    "errorDeclaration": record(
        {"declarationTime": moment, "reason": _word(words.ERROR_REASONS), "correctiveEventIDs": many(uri)},
        ("declarationTime",),
        others="uri",
    ),
}
_WHEN: Final = ("type", "eventTime", "eventTimeZoneOffset")
_WHY_AND_WHERE: Final[dict[str, Rule]] = {
    "bizStep": _word(words.BIZ_STEPS),
    "disposition": _disposition,
    "readPoint": _id,
    "bizLocation": _id,
    "bizTransactionList": many(_transaction),
    "sourceList": many(record({"type": _word(words.PARTIES), "source": uri}, ("type", "source"))),
    "destinationList": many(
        record({"type": _word(words.PARTIES), "destination": uri}, ("type", "destination"))
    ),
    "sensorElementList": many(_sensor),
}
_action: Final = {"action": one_of(words.ACTIONS)}
_ilmd: Final[dict[str, Rule]] = {
    "ilmd": record({}, others="uri"),
    "persistentDisposition": record(
        dict.fromkeys(("set", "unset"), many(_disposition, least=1, unique=True)), more=_persistent
    ),
}
_quantities, _uris = many(_quantity), many(uri)
_epcs = many(uri, unique=True)


def _has(event: Mapping[str, Any], *names: str) -> bool:
    """Whether one of the lists is there and not empty."""
    return any(event.get(name) for name in names)


def _of_objects(event: dict[str, Any], at: str, faults: Faults) -> None:
    sensed = _has(event, "sensorElementList") and "readPoint" in event
    if "epcList" not in event and not _has(event, "quantityList") and not sensed:
        faults.add(at, "Say what was seen: epcList, quantityList, or sensorElementList with a readPoint.")
    if "ilmd" in event and event.get("action") != "ADD":
        faults.add(below(at, "ilmd"), "Only an event with the action ADD can have this.")


def _of_parts(event: dict[str, Any], at: str, faults: Faults) -> None:
    if not _has(event, "childEPCs", "childQuantityList") and event.get("action") != "DELETE":
        faults.add(at, "Say what belongs to the parent: childEPCs or childQuantityList.")


def _of_transactions(event: dict[str, Any], at: str, faults: Faults) -> None:
    if "epcList" not in event and not _has(event, "quantityList") and event.get("action") != "DELETE":
        faults.add(at, "Say what belongs to the transaction: epcList or quantityList.")


def _of_transformations(event: dict[str, Any], at: str, faults: Faults) -> None:
    ins = _has(event, "inputEPCList", "inputQuantityList")
    outs = _has(event, "outputEPCList", "outputQuantityList")
    if not ((ins and outs) or ("transformationID" in event and (ins or outs))):
        faults.add(at, "Say what went in and what came out, or give one of them with a transformationID.")


_parts: Final[dict[str, Rule]] = {"parentID": uri, "childEPCs": _uris, "childQuantityList": _quantities}
_BY_TYPE: Final[dict[str, Rule]] = {
    "ObjectEvent": record(
        _EVENT | _WHY_AND_WHERE | _action | _ilmd | {"epcList": _epcs, "quantityList": _quantities},
        (*_WHEN, "action"),
        others="uri",
        more=_of_objects,
    ),
    "AggregationEvent": record(
        _EVENT | _WHY_AND_WHERE | _action | _parts, (*_WHEN, "action"), others="uri", more=_of_parts
    ),
    "AssociationEvent": record(
        _EVENT | _WHY_AND_WHERE | _action | _parts,
        (*_WHEN, "action", "parentID"),
        others="uri",
        more=_of_parts,
    ),
    "TransactionEvent": record(
        _EVENT
        | _WHY_AND_WHERE
        | _action
        | {
            "bizTransactionList": many(_transaction, least=1),
            "parentID": uri,
            "epcList": _uris,
            "quantityList": _quantities,
        },
        (*_WHEN, "action", "bizTransactionList"),
        others="uri",
        more=_of_transactions,
    ),
    "TransformationEvent": record(
        _EVENT
        | _WHY_AND_WHERE
        | _ilmd
        | {"transformationID": uri}
        | dict.fromkeys(("inputEPCList", "outputEPCList"), _epcs)
        | dict.fromkeys(("inputQuantityList", "outputQuantityList"), _quantities),
        _WHEN,
        others="uri",
        more=_of_transformations,
    ),
}
_extended = record(_EVENT | {"type": uri}, _WHEN, others="any")


def _event(value: Any, at: str, faults: Faults) -> None:
    kind = value.get("type") if isinstance(value, dict) else None
    if isinstance(kind, str):
        _BY_TYPE.get(kind, _extended)(value, at, faults)
    elif isinstance(value, dict):
        faults.add(below(at, "type"), f"Use one of {', '.join(words.EVENT_TYPES)}.")
    else:
        faults.add(at, "This must be an event: an object with a type.")


_attribute_value = either(text, number, record({}, others="any"))
_vocabulary = record(
    {
        "type": uri,
        "vocabularyElementList": many(
            record(
                {
                    "id": uri,
                    "attributes": many(
                        record({"id": uri, "attribute": _attribute_value}, ("id",), others="any")
                    ),
                    "children": _uris,
                },
                ("id",),
                others="any",
            )
        ),
    },
    ("type",),
    others="any",
)
_events = many(_event)
_FILE: Final[dict[str, Rule]] = {
    "@context": _context,
    "id": uri,
    "type": text,
    "schemaVersion": matching(r"[0-9]+(\.[0-9]+)*", "This must be a version like 2.0."),
    "creationDate": moment,
}
_document = record(
    _FILE
    | dict.fromkeys(("instanceIdentifier", "sender", "receiver"), text)
    | {
        "epcisHeader": record(
            {"epcisMasterData": record({"vocabularyList": many(_vocabulary)}, others="any")}, others="uri"
        ),
        "epcisBody": record({"eventList": _events}, ("eventList",), others="any"),
    },
    ("@context", "type", "schemaVersion", "creationDate", "epcisBody"),
    others="uri",
)
_answer = record(
    _FILE
    | {
        "epcisBody": record(
            {
                "queryResults": record(
                    {
                        "queryName": text,
                        "subscriptionID": text,
                        "resultsBody": record(
                            {"eventList": _events, "vocabularyList": many(_vocabulary)},
                            ("eventList",),
                            others="uri",
                        ),
                    },
                    ("queryName", "resultsBody"),
                    others="uri",
                )
            },
            ("queryResults",),
            others="uri",
        )
    },
    ("@context", "type", "epcisBody"),
    others="uri",
)


def faults_of(document: Any) -> dict[str, str]:
    """What is wrong with an EPCISDocument, an EPCISQueryDocument or a single event, by JSON pointer.

    {}: it is valid.
    """
    faults = Faults()
    _storable(document, faults)
    if faults.found:
        return faults.found
    kind = document.get("type") if isinstance(document, dict) else None
    if kind == "EPCISDocument":
        _document(document, "", faults)
    elif kind == "EPCISQueryDocument":
        _answer(document, "", faults)
    else:
        _event(document, "", faults)
        if isinstance(document, dict) and "@context" not in document:
            faults.add("/@context", "Add this field.")
    return faults.found


def events_of(document: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The events of a valid document, in its order."""
    match document["type"]:
        case "EPCISDocument":
            return list(document["epcisBody"]["eventList"])
        case "EPCISQueryDocument":
            return list(document["epcisBody"]["queryResults"]["resultsBody"]["eventList"])
        case _:
            return [dict(document)]


def events_at(document: Mapping[str, Any]) -> str:
    """The JSON pointer of the list that `events_of` gives; "" for a single event."""
    return {
        "EPCISDocument": "/epcisBody/eventList",
        "EPCISQueryDocument": "/epcisBody/queryResults/resultsBody/eventList",
    }.get(document["type"], "")


def _storable(document: Any, faults: Faults) -> None:
    """Refuse what no database keeps and no reader agrees on."""
    waiting: list[tuple[Any, str, int]] = [(document, "", 0)]
    while waiting:
        value, at, depth = waiting.pop()
        if depth > DEEPEST:
            faults.add(at, f"This is nested more than {DEEPEST} deep.")
        elif isinstance(value, str):
            if "\0" in value or any("\ud800" <= letter <= "\udfff" for letter in value):
                faults.add(at, "This is no Unicode text.")
        elif isinstance(value, float) and not math.isfinite(value):
            faults.add(at, "This must be a finite number.")
        elif isinstance(value, dict):
            waiting += [(name, at, depth) for name in value]
            waiting += [(inner, below(at, name), depth + 1) for name, inner in value.items()]
        elif isinstance(value, list):
            waiting += [(inner, f"{at}/{place}", depth + 1) for place, inner in enumerate(value)]

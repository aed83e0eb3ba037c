"""The EPCIS event hash: equal events have the same, however they are written.

The rules are those of CBV 2.0, section 8.9, in the reading of its reference implementation (EPCIS event hash
generator, "ver=CBV2.0"), whose vectors decide where text and vectors differ: the type of a business
transaction, source or destination stands before its identifier, and these lists follow all others, in the
order of their names.
"""

import hashlib
import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, Final

from logistics.epcis.gs1 import canonical
from logistics.epcis.vocabulary import BARE, OLD, PREFIXES, expanded

_EPCS: Final = ("epc", None)
_QUANTITIES: Final = ("quantityElement", ("epcClass", "quantity", "uom"))
_METADATA: Final = (
    "time", "startTime", "endTime", "deviceID", "deviceMetadata", "rawData", "dataProcessingMethod",
    "bizRules",
)  # fmt: skip
_REPORT: Final = (
    "type", "exception", "deviceID", "deviceMetadata", "rawData", "dataProcessingMethod", "time",
    "microorganism", "chemicalSubstance", "value", "component", "stringValue", "booleanValue",
    "hexBinaryValue", "uriValue", "minValue", "maxValue", "meanValue", "sDev", "percRank", "percValue", "uom",
    "coordinateReferenceSystem",
)  # fmt: skip
_LISTS: Final[dict[str, tuple[str, tuple[str, ...] | None]]] = {
    "epcList": _EPCS,
    "inputEPCList": _EPCS,
    "childEPCs": _EPCS,
    "outputEPCList": _EPCS,
    "quantityList": _QUANTITIES,
    "childQuantityList": _QUANTITIES,
    "inputQuantityList": _QUANTITIES,
    "outputQuantityList": _QUANTITIES,
}
_ORDER: Final = (
    "eventTime", "eventTimeZoneOffset", "certificationInfo", "parentID", "epcList", "inputEPCList",
    "childEPCs", "quantityList", "childQuantityList", "inputQuantityList", "outputEPCList",
    "outputQuantityList", "action",
    "transformationID", "bizStep", "disposition", "persistentDisposition", "readPoint", "bizLocation",
    "sensorElementList",
)  # fmt: skip
_TYPED: Final = {
    "bizTransactionList": "bizTransaction",
    "sourceList": "source",
    "destinationList": "destination",
}
_LEFT_OUT: Final = {
    "type",
    "eventID",
    "recordTime",
    "errorDeclaration",
    "@context",
    "comment",
    "rdfs:comment",
    "#text",
}
_NUMBER: Final = re.compile(r"[+-]?[0-9]{1,400}(\.[0-9]{1,400})?([eE][+-]?[0-9]{1,3})?")
_MOMENT: Final = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?(Z|[+-]\d{2}:\d{2})")


def event_hash(event: Mapping[str, Any], context: Any = None) -> str:
    """`ni:///sha-256;...?ver=CBV2.0` (RFC 6920) of a valid event.

    `context`: the @context of the document around it, for the names of its extensions.
    """
    digest = hashlib.sha256(pre_hash(event, context).encode("utf-8")).hexdigest()
    return f"ni:///sha-256;{digest}?ver=CBV2.0"


def pre_hash(event: Mapping[str, Any], context: Any = None) -> str:
    """The text that is hashed."""
    return _Writing(PREFIXES | prefixes(context) | prefixes(event.get("@context"))).event(event)


def prefixes(context: Any) -> dict[str, str]:
    """The prefixes that a JSON-LD context writes out; contexts at other addresses are not read."""
    found: dict[str, str] = {}
    for part in context if isinstance(context, list) else [context]:
        if isinstance(part, dict):
            found |= {name: value for name, value in part.items() if isinstance(value, str)}
    return found


class _Writing:
    """How names and values are written, given the prefixes that are known."""

    def __init__(self, known: Mapping[str, str]) -> None:
        self.known = known

    def event(self, event: Mapping[str, Any]) -> str:
        ordered = [self._field(name, event[name]) for name in _ORDER if name in event]
        rest = [
            self._typed(name, value) if name in _TYPED else self._extension(name, value)
            for name, value in event.items()
            if name not in _ORDER and name not in _LEFT_OUT
        ]
        return f"eventType={self._value('', event['type'])}" + "".join(ordered) + "".join(sorted(rest))

    def _field(self, name: str, value: Any) -> str:
        match name:
            case "certificationInfo" if isinstance(value, list):
                return "".join(sorted(self._plain(name, each) for each in value))
            case "persistentDisposition":
                return name + "".join(
                    "".join(sorted(f"{key}={self._value('disposition', each)}" for each in value[key]))
                    for key in ("set", "unset")
                    if key in value
                )
            case "readPoint" | "bizLocation":
                return name + self._fields(value, ("id",))
            case "sensorElementList":
                return self._list(name, ("sensorElement" + self._sensed(each) for each in value))
            case _ if name in _LISTS:
                item, order = _LISTS[name]
                written = (
                    item + self._fields(each, order) if order else self._plain(item, each) for each in value
                )
                return self._list(name, written)
            case _:
                return self._plain(name, value)

    def _sensed(self, element: Mapping[str, Any]) -> str:
        metadata, reports = element.get("sensorMetadata"), element["sensorReport"]
        written = ""
        if metadata:
            written = "sensorMetadata" + self._fields(metadata, _METADATA)
        written += "".join(sorted("sensorReport" + self._fields(each, _REPORT) for each in reports))
        return written + self._extensions(element, ("sensorMetadata", "sensorReport"))

    def _typed(self, name: str, value: list[Mapping[str, str]]) -> str:
        key = _TYPED[name]
        return self._list(
            name,
            (
                (f"type={self._value(key, each['type'])}" if "type" in each else "")
                + self._plain(key, each[key], "")
                for each in value
            ),
        )

    @staticmethod
    def _list(name: str, items: Iterator[str]) -> str:
        written = sorted(items)
        return name + "".join(written) if written else ""

    def _fields(self, value: Mapping[str, Any], order: tuple[str, ...]) -> str:
        """The fields of a part in the standard's order, then its extensions."""
        regular = "".join(
            self._plain(name, value[name], "measurement" if name == "type" else None)
            for name in order
            if name in value
        )
        return regular + self._extensions(value, order)

    def _extensions(self, value: Mapping[str, Any], known: tuple[str, ...]) -> str:
        return "".join(
            sorted(
                self._extension(name, inner)
                for name, inner in value.items()
                if name not in known and name not in _LEFT_OUT
            )
        )

    def _extension(self, name: str, value: Any) -> str:
        full = self._name(name)
        if isinstance(value, list):
            return "".join(sorted(self._extension(name, each) for each in value))
        if isinstance(value, dict):
            inner = sorted(
                self._extension(key, each) for key, each in value.items() if key not in {"#text", "comment"}
            )
            return full + "".join(inner)
        return self._plain(full, value)

    def _plain(self, name: str, value: Any, field: str | None = None) -> str:
        written = self._value(name if field is None else field, value, timed="time" in name.lower())
        return f"{name}={written}" if written else name

    def _name(self, name: str) -> str:
        """`{namespace}local` of an extension's name, be it a prefix's or a whole address."""
        prefix, colon, local = name.partition(":")
        if not colon:
            return name
        if prefix in self.known:
            return f"{{{self.known[prefix]}}}{local}"
        cut = max(name.rfind("/"), name.rfind("#"), -1 if "/" in name else name.rfind(":")) + 1
        return f"{{{name[:cut]}}}{name[cut:]}" if cut else name

    def _value(self, field: str, value: Any, *, timed: bool = False) -> str:
        if isinstance(value, bool):
            return "true" if value else "false"
        text = str(value).strip() if value is not None else ""
        if timed and (moment := _milliseconds(text)):
            return moment
        if field in BARE:
            text = expanded(field, text)
        if _NUMBER.fullmatch(text):
            return _shortest(text)
        for old, new in OLD.items():
            text = text.replace(old, new)
        prefix, colon, rest = text.partition(":")
        if colon and prefix in self.known:
            text = self.known[prefix] + rest
        return canonical(text)


def _shortest(text: str) -> str:
    """A number without what does not count: no sign +, no leading or trailing zeros, no exponent."""
    written = format(Decimal(text), "f")
    if "." in written:
        written = written.rstrip("0").rstrip(".")
    return "0" if written in {"-0", ""} else written


def _milliseconds(text: str) -> str | None:
    """A moment in UTC with three decimals, rounded half up; None: `text` is none."""
    if not _MOMENT.fullmatch(text):
        return None
    try:
        moment = datetime.fromisoformat(text).astimezone(UTC)
        moment += timedelta(milliseconds=(moment.microsecond + 500) // 1000, microseconds=-moment.microsecond)
    except (ValueError, OverflowError):
        return None
    return moment.isoformat(timespec="milliseconds").removesuffix("+00:00") + "Z"

"""What an event names, as marks that one index finds: a sign for the part that a name plays, then the name.

    e EPC in epcList or childEPCs   p parent   i input   o output
    E I O the trade item of an EPC, so that a pattern of all its numbers finds it
    c class in quantityList or childQuantityList   d input class   f output class
    t<type> business transaction   s<type> source   r<type> destination
    n transformation   + disposition that is set to stay   - and one that is taken away   x corrective event

Names are canonical (logistics.epcis.gs1), so that an EPC URI finds what was captured as a Digital Link.
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from logistics.epcis.gs1 import canonical, class_of
from logistics.epcis.vocabulary import bare

EPCS: Final = {"epcList": "e", "childEPCs": "e", "inputEPCList": "i", "outputEPCList": "o"}
CLASSES: Final = {
    "quantityList": "c",
    "childQuantityList": "c",
    "inputQuantityList": "d",
    "outputQuantityList": "f",
}
TYPED: Final = {
    "bizTransactionList": ("bizTransaction", "t"),
    "sourceList": ("source", "s"),
    "destinationList": ("destination", "r"),
}
NAMES: Final = "epio"
"""Signs of objects."""


def marks_of(event: Mapping[str, Any]) -> list[str]:
    """All marks of a valid event, each once."""
    return sorted(set(_marks(event)))


def names_of(marks: list[str]) -> set[str]:
    """The objects among marks."""
    return {mark[1:] for mark in marks if mark[0] in NAMES}


def typed_mark(sign: str, field: str, kind: str, name: str) -> str:
    """The mark of a business transaction, source or destination of a type."""
    return f"{sign}{bare(field, kind) if kind else ''} {canonical(name)}"


def _marks(event: Mapping[str, Any]) -> Iterator[str]:
    for field, sign in EPCS.items():
        for epc in event.get(field, ()):
            yield sign + canonical(epc)
            if item := class_of(epc):
                yield sign.upper() + item
    if "parentID" in event:
        yield "p" + canonical(event["parentID"])
    for field, sign in CLASSES.items():
        for each in event.get(field, ()):
            yield sign + canonical(each["epcClass"])
            if item := class_of(each["epcClass"]):
                yield sign + item
    for field, (key, sign) in TYPED.items():
        for each in event.get(field, ()):
            yield typed_mark(sign, key, each.get("type", ""), each[key])
    if "transformationID" in event:
        yield "n" + canonical(event["transformationID"])
    persistent = event.get("persistentDisposition", {})
    for key, sign in (("set", "+"), ("unset", "-")):
        for each in persistent.get(key, ()):
            yield sign + bare("disposition", each)
    for each in event.get("errorDeclaration", {}).get("correctiveEventIDs", ()):
        yield "x" + each

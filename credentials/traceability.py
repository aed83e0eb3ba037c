"""What happened to a lot as a UNTP Digital Traceability Event credential, version 0.6.0.

https://test.uncefact.org/vocabulary/untp/dte/untp-dte-schema-0.6.0.json: EPCIS events, each a subject. They
tell of the lot and of the logistic unit that it travels in, and name no buyer and no order.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from credentials.form import BASE_CONTEXT, instant
from credentials.status import Purpose, entry

CONTEXT: Final = "https://test.uncefact.org/vocabulary/untp/dte/0.6.0/"
CBV: Final = "https://ref.gs1.org/cbv/"
ONE: Final = "C62"
"""UN/ECE Recommendation 20: one, a count."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LotEvent:
    """An EPCIS event of the unit. `packs`: it says that the lot is in the unit, or no more."""

    id: str
    at: datetime
    process: str
    action: str
    step: str
    disposition: str
    location: str | None
    packs: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class EventFacts:
    """Everything that the credential says. Addresses are absolute."""

    address: str  # of the lot's story
    product: str  # a Digital Link, or the address
    name: str
    quantity: int | None
    unit: str  # the logistic unit, as a URI
    issuer_did: str
    issuer_name: str
    events: Sequence[LotEvent]  # one at least, in their order
    status_address: str  # of the status list, without the purpose
    place: int


def traceability(facts: EventFacts) -> dict[str, Any]:
    """The credential, still to be signed; valid from its last event on."""
    return {
        "@context": [BASE_CONTEXT, CONTEXT],
        "id": f"{facts.address}/events.json",
        "type": ["DigitalTraceabilityEvent", "VerifiableCredential"],
        "name": f"Events of {facts.name}",
        "issuer": {"type": ["CredentialIssuer"], "id": facts.issuer_did, "name": facts.issuer_name},
        "validFrom": instant(facts.events[-1].at),
        "credentialStatus": [
            entry(f"{facts.status_address}/{Purpose.REVOCATION}", Purpose.REVOCATION, facts.place)
        ],
        "credentialSubject": [_event(facts, each) for each in facts.events],
    }


def _event(facts: EventFacts, event: LotEvent) -> dict[str, Any]:
    made: dict[str, Any] = {
        "type": ["AggregationEvent" if event.packs else "ObjectEvent", "Event"],
        "id": event.id,
        "processType": event.process,
        "eventTime": instant(event.at),
        "action": event.action.lower(),
        "disposition": f"{CBV}Disp-{event.disposition}",
        "bizStep": f"{CBV}BizStep-{event.step}",
    }
    if event.location is not None:
        made["bizLocation"] = event.location
    unit = {"type": ["Item"], "id": facts.unit, "name": "The unit that the lot travels in"}
    if not event.packs:
        return made | {"epcList": [unit]}
    made["parentEPC"] = unit
    if facts.quantity is None:
        made["childEPCList"] = [{"type": ["Item"], "id": facts.product, "name": facts.name}]
    else:
        made["childQuantityList"] = [
            {
                "productId": facts.product,
                "productName": facts.name,
                "quantity": facts.quantity,
                "uom": ONE,
            }
        ]
    return made

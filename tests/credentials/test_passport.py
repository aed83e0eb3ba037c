"""Passports and events of lots: the shape of the published schemas, signed and checked.

https://test.uncefact.org/vocabulary/untp/dpp/untp-dpp-schema-0.6.0.json and dte/untp-dte-schema-0.6.0.json:
they are other people's texts and not kept here.
"""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

import credentials as engine
from credentials import Outcome, Purpose
from tests.credentials.samples import AT, DID, KEY, LISTS, PLACE, SITE, did_document, status_list
from tests.credentials.test_shape import (
    ADDRESS,
    DAY,
    ENTRY,
    MOMENT,
    PARTY,
    STANDARD,
    TEXT,
    TOPICS,
    closed,
    faults,
    kinds,
    several,
)

LOT = f"{SITE}/lots/L-7K3M9QX"
LINK = closed(linkURL=ADDRESS, linkName=TEXT, linkType=TEXT)
MEASURE = closed(value={"type": "number"}, unit={"const": "KGM"})
ITEM = closed(type=kinds("Item"), id={"type": "string", "pattern": "^(https?|urn):"}, name=TEXT)


def head(kind: str, family: str) -> dict[str, Any]:
    return {
        "@context": {
            "const": [
                "https://www.w3.org/ns/credentials/v2",
                f"https://test.uncefact.org/vocabulary/untp/{family}/0.6.0/",
            ]
        },
        "type": kinds(kind, "VerifiableCredential"),
        "id": ADDRESS,
        "issuer": closed(type=kinds("CredentialIssuer"), id={"pattern": "^did:web:"}, name=TEXT),
        "validFrom": {"type": "string", "pattern": MOMENT},
        "credentialStatus": {"type": "array", "items": ENTRY, "minItems": 1, "maxItems": 1},
    }


def whole(properties: dict[str, Any]) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": list(properties)}


PASSPORT = whole(
    head("DigitalProductPassport", "dpp")
    | {
        "credentialSubject": {
            "properties": {
                "type": kinds("ProductPassport"),
                "id": ADDRESS,
                "product": {
                    "properties": {
                        "type": kinds("Product"),
                        "id": ADDRESS,
                        "name": TEXT,
                        "registeredId": TEXT,
                        "idScheme": closed(type=kinds("IdentifierScheme"), id=ADDRESS, name=TEXT),
                        "batchNumber": TEXT,
                        "productImage": LINK,
                        "productCategory": several(
                            closed(
                                type=kinds("Classification"),
                                id=ADDRESS,
                                code=TEXT,
                                name=TEXT,
                                schemeID=ADDRESS,
                                schemeName=TEXT,
                            )
                        ),
                        "furtherInformation": several(LINK),
                        "producedByParty": PARTY,
                        "productionDate": {"type": "string", "pattern": DAY},
                        "countryOfProduction": {"pattern": "^[A-Z]{2}$"},
                        "dimensions": whole({"weight": MEASURE}),
                    },
                    "required": ["id", "name"],
                },
                "granularityLevel": {"enum": ["item", "batch", "model"]},
                "conformityClaim": several(
                    {
                        "properties": {
                            "type": kinds("Claim", "Declaration"),
                            "id": ADDRESS,
                            "referenceStandard": {
                                "type": "object",
                                "properties": STANDARD["properties"],
                                "required": ["issuingParty"],
                                "additionalProperties": False,
                            },
                            "assessmentDate": {"type": "string", "pattern": DAY},
                            "declaredValue": several(closed(metricName=TEXT, metricValue=MEASURE)),
                            "conformance": {"type": "boolean"},
                            "conformityTopic": TOPICS,
                            "conformityEvidence": LINK,
                        },
                        "required": ["id", "conformance", "conformityTopic"],
                    }
                ),
                "traceabilityInformation": several(
                    whole({"valueChainProcess": TEXT, "traceabilityEvent": several(LINK)})
                ),
            },
            "required": ["type", "id", "product", "granularityLevel"],
        }
    }
)
QUANTITY = closed(productId=ADDRESS, productName=TEXT, quantity={"type": "number"}, uom={"const": "C62"})
EVENTS = whole(
    head("DigitalTraceabilityEvent", "dte")
    | {
        "credentialSubject": several(
            {
                "properties": {
                    "type": {"contains": {"const": "Event"}},
                    "id": {"pattern": "^(https?|urn|ni):"},
                    "processType": TEXT,
                    "eventTime": {"type": "string", "pattern": MOMENT},
                    "action": {"enum": ["observe", "add", "delete"]},
                    "disposition": {"pattern": "^https://ref.gs1.org/cbv/Disp-[a-z_]+$"},
                    "bizStep": {"pattern": "^https://ref.gs1.org/cbv/BizStep-[a-z_]+$"},
                    "bizLocation": {"pattern": "^(https?|urn):"},
                    "epcList": several(ITEM),
                    "parentEPC": ITEM,
                    "childEPCList": several(ITEM),
                    "childQuantityList": several(QUANTITY),
                },
                "required": ["type", "id", "eventTime", "action"],
                "additionalProperties": False,
            }
        )
    }
)
FACTS = engine.PassportFacts(
    address=LOT,
    product=f"{SITE}/01/09520000123451/10/A-1",
    issuer_did=DID,
    issuer_name="Fairhaul",
    site=SITE,
    name="Giỏ mây có nắp",
    description="سلة من الخيزران",
    batch="A-1",
    code="L-7K3M9QX",
    gtin="09520000123451",
    hs_code="460212",
    maker_name="Hợp tác xã Đan lát Phú Vinh",
    maker_address=f"{SITE}/registry/organisations/phu-vinh",
    country="VN",
    produced_on=date(2026, 4, 30),
    unit_weight_g=2_600,
    picture=f"{LOT}/picture",
    certified=engine.Certified(
        number="FH-2026-000123-4",
        address=f"{SITE}/registry/FH-2026-000123-4",
        standard_address=f"{SITE}/standards/fairhaul-2026.1",
        standard_title="Fairhaul standard 2026.1",
        standard_since=date(2026, 1, 1),
        assessed_on=date(2026, 2, 20),
        holds=True,
    ),
    transport=engine.Transport(co2e_g=12_345, method="By sea.", source_name="Factors", source_year=2025),
    events=True,
    made_at=AT,
    status_address=LISTS,
    place=PLACE,
)
EVENT = engine.LotEvent(
    id="urn:uuid:019b0000-0000-7000-8000-000000000000",
    at=AT,
    process="Collected",
    action="ADD",
    step="packing",
    disposition="in_progress",
    location="https://id.gs1.org/414/9520000000004/254/VNSGN",
    packs=True,
)
EVENT_FACTS = engine.EventFacts(
    address=LOT,
    product=FACTS.product,
    name=FACTS.name,
    quantity=20,
    unit="https://id.gs1.org/00/095200000000000016",
    issuer_did=DID,
    issuer_name="Fairhaul",
    events=(EVENT, replace(EVENT, step="departing", action="OBSERVE", location=None, packs=False)),
    status_address=LISTS,
    place=PLACE,
)


@pytest.mark.parametrize(
    "changed",
    [
        {},
        {"gtin": None, "product": LOT},
        {"certified": None, "transport": None, "events": False},
        {"produced_on": None, "picture": None, "description": ""},
    ],
    ids=["all", "without a GTIN", "without proof", "with little said"],
)
def test_a_passport_has_the_shape(changed: dict[str, Any]) -> None:
    assert faults(engine.passport(replace(FACTS, **changed)), PASSPORT) == []


@pytest.mark.parametrize("quantity", [20, None])
def test_events_have_the_shape(quantity: int | None) -> None:
    assert faults(engine.traceability(replace(EVENT_FACTS, quantity=quantity)), EVENTS) == []


def test_the_shape_is_not_had_by_anything() -> None:
    """The control: the check finds what a schema would."""
    made = engine.passport(FACTS)
    made["credentialSubject"]["product"]["dimensions"]["weight"]["unit"] = "kg"
    made["credentialSubject"]["conformityClaim"][0].pop("conformance")
    assert len(faults(made, PASSPORT)) == 2


@pytest.mark.parametrize(
    "document", [engine.passport(FACTS), engine.traceability(EVENT_FACTS)], ids=["passport", "events"]
)
def test_they_are_checked_like_a_certificate(document: dict[str, Any]) -> None:
    at = AT + timedelta(days=1)

    def check(file: str, *revoked: int) -> engine.Verification:
        lists = [engine.as_json(status_list(Purpose.REVOCATION, *revoked, at=at)).encode()]
        return engine.verify(file.encode(), at=at, did_documents=[did_document()], status_lists=lists)

    file = engine.as_json(engine.signed(document, KEY, at=AT))
    for form in (file, engine.enveloped(document, KEY)):
        assert check(form).outcome is Outcome.VALID
        assert check(form, PLACE).outcome is Outcome.REVOKED
    assert check(file.replace("Giỏ", "Gio")).outcome is Outcome.ALTERED
    for nothing in ([], ["text"], [{}, 1], "text", None):
        empty = engine.signed(document | {"credentialSubject": nothing}, KEY, at=AT)
        assert check(engine.as_json(empty)).outcome is Outcome.UNREADABLE

"""A lot as a UNTP Digital Product Passport, version 0.6.0, on the data model 2.0.

https://test.uncefact.org/vocabulary/untp/dpp/untp-dpp-schema-0.6.0.json. The same version as the conformity
credential that it leads to.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from credentials.conformity import Topic
from credentials.form import BASE_CONTEXT, instant
from credentials.status import Purpose, entry

CONTEXT: Final = "https://test.uncefact.org/vocabulary/untp/dpp/0.6.0/"
LINK_TYPES: Final = "https://test.uncefact.org/vocabulary/linkTypes/"
"""Of UNTP: dpp, dcc and dte are its credentials."""
KILOGRAM: Final = "KGM"
"""UN/ECE Recommendation 20."""
GTIN_SCHEME: Final = ("https://id.gs1.org/01/", "Global Trade Identification Number (GTIN)")
HS: Final = "https://www.wcoomd.org/en/topics/nomenclature/overview.aspx"


@dataclass(frozen=True, slots=True, kw_only=True)
class Certified:
    """The certificate under which the goods were made. `holds`: today, and when they were made."""

    number: str
    address: str
    standard_address: str
    standard_title: str
    standard_since: date
    assessed_on: date
    holds: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Transport:
    """Greenhouse gases of the whole lot between the hubs, and how they were reckoned."""

    co2e_g: int
    method: str
    source_name: str
    source_year: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PassportFacts:
    """Everything that the passport says. Addresses are absolute."""

    address: str  # of the lot's story; its passport's id ends with passport.json
    product: str  # a Digital Link, or the address
    issuer_did: str
    issuer_name: str
    site: str
    name: str
    description: str
    batch: str
    code: str
    gtin: str | None
    hs_code: str
    maker_name: str
    maker_address: str
    country: str
    produced_on: date | None  # the last day
    unit_weight_g: int
    picture: str | None
    certified: Certified | None
    transport: Transport | None
    events: bool
    made_at: datetime
    status_address: str  # of the status list, without the purpose
    place: int


def passport(facts: PassportFacts) -> dict[str, Any]:
    """The credential, still to be signed."""
    scheme = GTIN_SCHEME if facts.gtin else (f"{facts.site}/lots/", "Lots of Fairhaul")
    product: dict[str, Any] = {
        "type": ["Product"],
        "id": facts.product,
        "name": facts.name,
        "registeredId": f"{facts.gtin}.10.{facts.batch}" if facts.gtin else facts.code,
        "idScheme": {"type": ["IdentifierScheme"], "id": scheme[0], "name": scheme[1]},
        "batchNumber": facts.batch,
        "productCategory": [
            {
                "type": ["Classification"],
                "id": f"{HS}#{facts.hs_code}",
                "code": facts.hs_code,
                "name": f"HS {facts.hs_code}",
                "schemeID": HS,
                "schemeName": "Harmonized System (HS)",
            }
        ],
        "furtherInformation": [
            {"linkURL": facts.address, "linkName": "The story of this lot", "linkType": "text/html"}
        ],
        "producedByParty": {"id": facts.maker_address, "name": facts.maker_name},
        "countryOfProduction": facts.country,
        "dimensions": {"weight": {"value": _kilograms(facts.unit_weight_g), "unit": KILOGRAM}},
    }
    if facts.description:
        product["description"] = facts.description
    if facts.produced_on:
        product["productionDate"] = facts.produced_on.isoformat()
    if facts.picture:
        product["productImage"] = {
            "linkURL": facts.picture,
            "linkName": facts.name,
            "linkType": "image/jpeg",
        }
    subject: dict[str, Any] = {
        "type": ["ProductPassport"],
        "id": f"{facts.address}#passport",
        "product": product,
        "granularityLevel": "batch",
    }
    if claims := _claims(facts):
        subject["conformityClaim"] = claims
    if facts.events:
        subject["traceabilityInformation"] = [
            {
                "valueChainProcess": "Transport from the maker's hub to the buyers' hub",
                "traceabilityEvent": [
                    {
                        "linkURL": f"{facts.address}/events.json",
                        "linkName": "Events of this lot, signed",
                        "linkType": f"{LINK_TYPES}dte",
                    }
                ],
            }
        ]
    return {
        "@context": [BASE_CONTEXT, CONTEXT],
        "id": f"{facts.address}/passport.json",
        "type": ["DigitalProductPassport", "VerifiableCredential"],
        "name": f"{facts.name}, lot {facts.batch}",
        "issuer": {"type": ["CredentialIssuer"], "id": facts.issuer_did, "name": facts.issuer_name},
        "validFrom": instant(facts.made_at),
        "credentialStatus": [
            entry(f"{facts.status_address}/{Purpose.REVOCATION}", Purpose.REVOCATION, facts.place)
        ],
        "credentialSubject": subject,
    }


def _claims(facts: PassportFacts) -> Sequence[dict[str, Any]]:
    claims: list[dict[str, Any]] = []
    party = {"id": facts.site, "name": facts.issuer_name}
    if (certified := facts.certified) is not None:
        claims.append(
            {
                "type": ["Claim", "Declaration"],
                "id": f"{facts.address}#certificate",
                "description": (
                    f"The maker was certified when this lot was made (certificate {certified.number})."
                    if certified.holds
                    else f"Certificate {certified.number} of the maker is not in force for this lot."
                ),
                "referenceStandard": {
                    "type": ["Standard"],
                    "id": certified.standard_address,
                    "name": certified.standard_title,
                    "issuingParty": party,
                    "issueDate": certified.standard_since.isoformat(),
                },
                "assessmentDate": certified.assessed_on.isoformat(),
                "conformance": certified.holds,
                "conformityTopic": Topic.ETHICS.value,
                "conformityEvidence": {
                    "linkURL": f"{certified.address}/certificate.json",
                    "linkName": f"Certificate {certified.number}, signed",
                    "linkType": f"{LINK_TYPES}dcc",
                },
            }
        )
    if (transport := facts.transport) is not None:
        claims.append(
            {
                "type": ["Claim", "Declaration"],
                "id": f"{facts.address}#emissions",
                "description": (
                    f"Transport between the hubs only, not the making of the goods. {transport.method}"
                ),
                "referenceStandard": {
                    "type": ["Standard"],
                    "id": "https://www.gov.uk/government/collections/"
                    "government-conversion-factors-for-company-reporting",
                    "name": transport.source_name,
                    "issuingParty": {
                        "id": "https://www.gov.uk/government/organisations/"
                        "department-for-energy-security-and-net-zero",
                        "name": "Department for Energy Security and Net Zero, United Kingdom",
                    },
                },
                "declaredValue": [
                    {
                        "metricName": "Greenhouse gases of transport, whole lot (CO2e, well to wheel)",
                        "metricValue": {"value": _kilograms(transport.co2e_g), "unit": KILOGRAM},
                    }
                ],
                "conformance": True,
                "conformityTopic": "environment.emissions",
            }
        )
    return claims


def _kilograms(grams: int) -> int | float:
    return grams // 1000 if grams % 1000 == 0 else grams / 1000

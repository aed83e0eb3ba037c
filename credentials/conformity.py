"""A certificate as a UNTP Digital Conformity Credential, version 0.6.0, on the data model 2.0.

https://test.uncefact.org/vocabulary/untp/dcc/untp-dcc-schema-0.6.0.json. Version 0.7.0 allows one status
entry with a number as its index; the Bitstring Status List Recommendation wants text, and we want two
(docs/decisions says more).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from typing import Any, Final

from credentials.form import BASE_CONTEXT, instant
from credentials.status import Purpose, entry

CONTEXT: Final = "https://test.uncefact.org/vocabulary/untp/dcc/0.6.0/"
_ONE: Final = "C62"
"""UN/ECE Recommendation 20: one, a count."""


class Topic(StrEnum):
    """UNTP's topics, those that a fair-trade standard speaks of."""

    COMMUNITY = "social.community"
    LABOUR = "social.labour"
    RIGHTS = "social.rights"
    SAFETY = "social.safety"
    ETHICS = "governance.ethics"
    TRANSPARENCY = "governance.transparency"
    COMPLIANCE = "governance.compliance"
    BIODIVERSITY = "environment.biodiversity"


@dataclass(frozen=True, slots=True, kw_only=True)
class Principle:
    """What was found on one principle: `judged` criteria, of them `conforming` ones."""

    number: int
    title: str
    topic: Topic
    conforming: int
    judged: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """Everything that the credential says. Addresses are absolute."""

    address: str  # of the certificate: its page, and its id
    number: str
    issuer_did: str
    issuer_name: str
    site: str  # address of the issuer's site
    holder_name: str
    holder_address: str
    standard_address: str
    standard_title: str
    standard_since: date
    notice: str
    sites: Sequence[str]
    goods: Sequence[str]
    conditions: Sequence[str]
    principles: Sequence[Principle]
    assessed_on: date
    valid_from: date
    valid_until: date  # the last day on which it holds
    status_address: str  # of the status list, without the purpose
    place: int


def credential(facts: Facts) -> dict[str, Any]:
    """The credential, still to be signed."""
    party = {"id": facts.site, "name": facts.issuer_name}
    holder = {"id": facts.holder_address, "name": facts.holder_name}
    description = [facts.notice, *(f"Condition: {each}" for each in facts.conditions)]
    return {
        "@context": [BASE_CONTEXT, CONTEXT],
        "id": facts.address,
        "type": ["DigitalConformityCredential", "VerifiableCredential"],
        "name": f"Certificate {facts.number}",
        "issuer": {"type": ["CredentialIssuer"], "id": facts.issuer_did, "name": facts.issuer_name},
        "validFrom": _midnight(facts.valid_from),
        "validUntil": _midnight(facts.valid_until + timedelta(days=1)),
        "credentialStatus": [
            entry(f"{facts.status_address}/{purpose}", purpose, facts.place) for purpose in Purpose
        ],
        "credentialSubject": {
            "type": ["ConformityAttestation", "Attestation"],
            "id": f"{facts.address}#attestation",
            "name": f"{facts.holder_name}: {facts.standard_title}",
            "description": " ".join(description),
            "assessorLevel": "3rdParty",
            "assessmentLevel": "Unspecified",
            "attestationType": "certification",
            "issuedToParty": {**holder, "registeredId": facts.number},
            "conformityCertificate": {
                "linkURL": f"{facts.address}/certificate.pdf",
                "linkName": f"Certificate {facts.number} (PDF)",
                "linkType": "application/pdf",
            },
            "scope": {
                "type": ["ConformityAssessmentScheme", "Standard"],
                "id": facts.standard_address,
                "name": facts.standard_title,
                "issuingParty": party,
                "issueDate": facts.standard_since.isoformat(),
            },
            "assessment": [_assessment(facts, each, party, holder) for each in facts.principles],
        },
    }


def _assessment(
    facts: Facts, principle: Principle, party: dict[str, Any], holder: dict[str, Any]
) -> dict[str, Any]:
    return {
        "type": ["ConformityAssessment", "Declaration"],
        "id": f"{facts.address}#principle-{principle.number}",
        "name": f"Principle {principle.number}: {principle.title}",
        "description": (
            f"{principle.conforming} of {principle.judged} criteria in conformity at the audit; "
            "the certificate holds with what was found and corrected."
        ),
        "assessmentDate": facts.assessed_on.isoformat(),
        "referenceStandard": {
            "type": ["Standard"],
            "id": facts.standard_address,
            "name": facts.standard_title,
            "issuingParty": party,
            "issueDate": facts.standard_since.isoformat(),
        },
        "declaredValue": [
            _count("Criteria judged", principle.judged),
            _count("Criteria in conformity", principle.conforming),
        ],
        "conformityTopic": principle.topic.value,
        "conformance": True,
        "assessedProduct": [
            {
                "product": {"id": f"{facts.address}#goods-{place}", "name": name},
            }
            for place, name in enumerate(facts.goods, 1)
        ],
        "assessedFacility": [
            {
                "facility": {"id": f"{facts.address}#site-{place}", "name": name},
            }
            for place, name in enumerate(facts.sites, 1)
        ],
        "assessedOrganisation": holder,
        "auditor": party,
    }


def _count(name: str, value: int) -> dict[str, Any]:
    return {
        "metricName": name,
        "metricValue": {"value": value, "unit": _ONE},
    }


def _midnight(day: date) -> str:
    return instant(datetime.combine(day, time(), UTC))

"""The required shape, as the published schemas have it; they are other people's texts and not kept here.

W3C: https://www.w3.org/2022/credentials/v2/verifiable-credential-schema.json.
UNTP: https://test.uncefact.org/vocabulary/untp/dcc/untp-dcc-schema-0.6.0.json.
"""

import re
from typing import Any
from urllib.parse import urlsplit

from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

import credentials as engine
from credentials import Purpose
from tests.credentials.samples import LISTS, PLACE, certificate, facts, status_list

MOMENT = r"^\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])T([01]\d|2[0-3]):[0-5]\d:[0-5]\dZ$"
DAY = r"^\d{4}-\d{2}-\d{2}$"
URI = r"^(https?://|did:web:)[^\s]+$"


def kinds(*names: str) -> dict[str, Any]:
    return {"type": "array", "allOf": [{"contains": {"const": each}} for each in names]}


def closed(**properties: Any) -> dict[str, Any]:
    """An object of exactly these: where UNTP says additionalProperties false."""
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


def several(of: dict[str, Any]) -> dict[str, Any]:
    return {"type": "array", "items": of, "minItems": 1}


TEXT, ADDRESS = {"type": "string", "minLength": 1}, {"type": "string", "pattern": URI}
PARTY = {
    "type": "object",
    "properties": {"id": ADDRESS, "name": TEXT, "registeredId": TEXT},
    "required": ["id", "name"],
}
TOPICS = {
    "enum": [
        *(f"environment.{each}" for each in ("energy", "emissions", "water", "waste", "deforestation")),
        *(f"social.{each}" for each in ("labour", "rights", "community", "safety")),
        *(f"governance.{each}" for each in ("ethics", "compliance", "transparency")),
        *("environment.biodiversity", "circularity.content", "circularity.design"),
    ]
}
STANDARD = closed(
    type=kinds("Standard"),
    id=ADDRESS,
    name=TEXT,
    issuingParty=PARTY,
    issueDate={"type": "string", "pattern": DAY},
)
MEASURE = closed(value={"type": "number"}, unit={"const": "C62"})
METRIC = closed(metricName=TEXT, metricValue=MEASURE)
ASSESSMENT = {
    "type": "object",
    "properties": {
        "type": kinds("ConformityAssessment", "Declaration"),
        "id": ADDRESS,
        "assessmentDate": {"type": "string", "pattern": DAY},
        "referenceStandard": STANDARD,
        "declaredValue": several(METRIC),
        "conformityTopic": TOPICS,
        "conformance": {"type": "boolean"},
        "assessedProduct": several({"properties": {"product": PARTY}, "required": ["product"]}),
        "assessedFacility": several(
            {
                "properties": {"facility": PARTY},
                "required": ["facility"],
            }
        ),
        "assessedOrganisation": PARTY,
        "auditor": PARTY,
    },
    "required": ["id", "conformance", "conformityTopic"],
}
ENTRY = closed(
    id=ADDRESS,
    type={"const": "BitstringStatusListEntry"},
    statusPurpose={"enum": ["suspension", "revocation"]},
    statusListIndex={"type": "string", "pattern": r"^(0|[1-9]\d*)$"},
    statusListCredential=ADDRESS,
)
PROOF = {
    "type": "object",
    "properties": {
        "type": {"const": "DataIntegrityProof"},
        "cryptosuite": {"const": "eddsa-jcs-2022"},
        "proofPurpose": {"const": "assertionMethod"},
        "verificationMethod": ADDRESS,
        "created": {"type": "string", "pattern": MOMENT},
        "proofValue": {"type": "string", "pattern": "^z[1-9A-HJ-NP-Za-km-z]+$"},
    },
    "required": ["type", "proofPurpose", "verificationMethod", "proofValue"],
}
CREDENTIAL = {
    "type": "object",
    "properties": {
        "@context": {
            "const": [
                "https://www.w3.org/ns/credentials/v2",
                "https://test.uncefact.org/vocabulary/untp/dcc/0.6.0/",
            ]
        },
        "type": kinds("DigitalConformityCredential", "VerifiableCredential"),
        "id": ADDRESS,
        "issuer": closed(type=kinds("CredentialIssuer"), id={"pattern": "^did:web:"}, name=TEXT),
        "validFrom": {"type": "string", "pattern": MOMENT},
        "validUntil": {"type": "string", "pattern": MOMENT},
        "credentialStatus": {"type": "array", "items": ENTRY, "minItems": 2, "maxItems": 2},
        "credentialSubject": {
            "type": "object",
            "properties": {
                "type": kinds("ConformityAttestation", "Attestation"),
                "id": ADDRESS,
                "assessorLevel": {
                    "enum": ["Self", "Commercial", "Buyer", "Membership", "Unspecified", "3rdParty"]
                },
                "assessmentLevel": {
                    "enum": [
                        "GovtApproval",
                        "GlobalMRA",
                        "Accredited",
                        "Verified",
                        "Validated",
                        "Unspecified",
                    ]
                },
                "attestationType": {"const": "certification"},
                "issuedToParty": PARTY,
                "conformityCertificate": closed(linkURL=ADDRESS, linkName=TEXT, linkType=TEXT),
                "scope": {
                    "properties": {"type": kinds("ConformityAssessmentScheme", "Standard")},
                    "required": ["id", "name", "issuingParty"],
                },
                "assessment": several(ASSESSMENT),
            },
            "required": ["id", "assessorLevel", "assessmentLevel", "attestationType", "issuedToParty"],
        },
        "proof": PROOF,
    },
    "required": ["@context", "type", "id", "issuer", "validFrom", "credentialSubject", "credentialStatus"],
}


def faults(document: dict[str, Any], schema: dict[str, Any]) -> list[str]:
    return [
        f"{list(each.absolute_path)}: {each.message}"
        for each in Draft202012Validator(schema).iter_errors(document)
    ]


def test_a_certificate_has_the_shape() -> None:
    assert faults(certificate(), CREDENTIAL) == []


def test_the_shape_is_not_had_by_anything() -> None:
    """The control: the check finds what a schema would."""
    for path, value in (
        (("issuer", "also"), "known"),
        (("credentialSubject", "assessment", 0, "conformityTopic"), "social.fairness"),
        (("credentialStatus", 0, "statusListIndex"), 7),
    ):
        changed = certificate()
        holder: Any = changed
        for step in path[:-1]:
            holder = holder[step]
        holder[path[-1]] = value
        assert faults(changed, CREDENTIAL), path


@given(st.text(min_size=1), st.lists(st.text(min_size=1), min_size=1, max_size=3), st.integers(0, 131_071))
def test_whatever_the_names(name: str, sites: list[str], place: int) -> None:
    document = engine.credential(facts(holder_name=name, sites=sites, place=place))
    assert faults(document, CREDENTIAL) == []


def test_the_words_of_a_certificate() -> None:
    document = certificate()
    subject = document["credentialSubject"]
    assert subject["issuedToParty"]["registeredId"] == "FH-2026-000123-4"
    assert "WFTO" in subject["description"]
    assert "Fire drills twice a year" in subject["description"]
    assert document["validUntil"] == "2028-03-05T00:00:00Z"  # the last day counts to its end
    assert [each["declaredValue"][1]["metricValue"]["value"] for each in subject["assessment"]] == [7, 6]


def test_a_list_has_the_shape_of_the_recommendation() -> None:
    """https://www.w3.org/TR/vc-bitstring-status-list/, section 2.2."""
    for purpose in Purpose:
        listed = status_list(purpose, PLACE)
        assert listed["type"] == ["VerifiableCredential", "BitstringStatusListCredential"]
        assert listed["id"] == f"{LISTS}/{purpose}"
        assert set(listed["credentialSubject"]) == {"id", "type", "statusPurpose", "encodedList"}
        assert listed["credentialSubject"]["type"] == "BitstringStatusList"
        assert re.fullmatch(r"u[A-Za-z0-9_-]+", listed["credentialSubject"]["encodedList"])
        assert faults(listed, {"properties": {"proof": PROOF}, "required": ["proof"]}) == []
    entries = certificate()["credentialStatus"]
    assert {each["statusListCredential"] for each in entries} == {f"{LISTS}/{each}" for each in Purpose}
    assert all(urlsplit(each["id"]).fragment == each["statusListIndex"] for each in entries)

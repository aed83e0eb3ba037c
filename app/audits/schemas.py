"""What programs send about certification. Ids are UUIDs, days ISO dates, times UTC."""

from datetime import date
from typing import Annotated, Any
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from app.audits.models import Part
from certification import AnswerValue, AuditKind, InterestKind, Outcome, Verdict


def _storable(said: str) -> str:
    if "\x00" in said:
        raise ValueError("Leave out the character U+0000.")
    return said


Text = Annotated[str, AfterValidator(_storable)]
Words = Annotated[Text, Field(max_length=4_000)]


def _like(**example: Any) -> ConfigDict:
    """Unknown fields are refused; `example` stands in the documentation."""
    return ConfigDict(extra="forbid", json_schema_extra={"examples": [example]})


class ApplicationIn(BaseModel):
    """The written parts of an application. An empty part is still missing."""

    model_config = _like(
        legal_identity="Demo weavers' co-operative, register of Hanoi, number D-1001",
        mission="Steady work and a fair income for weavers in three villages; adopted in 2019.",
        accounts="Accounts of the last year were approved by the members on 3 March.",
        references="Demo regional association of makers, demo@example.org",
        supply_tiers=1,
        outside_percent=10,
    )

    legal_identity: Words = ""
    mission: Words = ""
    accounts: Words = ""
    references: Words = ""
    supply_tiers: int = Field(
        0, ge=0, le=20, description="steps between raw material and sale that others do"
    )
    outside_percent: int = Field(0, ge=0, le=100, description="share of production by value that others do")
    standard: Text = Field(
        "", max_length=60, description="key of a standard that may be chosen today; empty: the one in force"
    )


class AnswerIn(BaseModel):
    model_config = _like(
        criterion="2.4",
        value="partly",
        note="We tell members the figures at the yearly meeting.",
        plan="From July the figures hang in the workshop.",
        reason="",
    )

    criterion: Text = Field(max_length=10)
    value: AnswerValue
    note: Text = Field("", max_length=5_000)
    plan: Text = Field("", max_length=5_000, description="what will be done and by when, where it is not met")
    reason: Text = Field("", max_length=5_000, description="why it is not applicable")


class AnswersIn(BaseModel):
    """Any number of answers; criteria that are not named keep theirs."""

    model_config = _like(
        answers=[{"criterion": "1.1", "value": "met", "note": "Our statutes say so in article 2."}]
    )

    answers: list[AnswerIn] = Field(min_length=1, max_length=300)


class ReasonsIn(BaseModel):
    model_config = _like(reasons="The pay lists of two villages are missing; add them and hand in again.")

    reasons: Words


class CorrectionIn(BaseModel):
    model_config = _like(
        criterion="2.4",
        cause="Nobody was made responsible for writing the minutes.",
        correction="The secretary writes them and hangs them up within a week.",
        due="2026-09-30",
    )

    criterion: Text = Field(max_length=10)
    cause: Words
    correction: Words
    due: date


class ExpiryIn(BaseModel):
    model_config = _like(valid_until="2027-12-31")

    valid_until: date | None


class ProofIn(BaseModel):
    model_config = _like(proof="Minutes of July and August are uploaded; both hang in the workshop.")

    proof: Words


class AssignmentIn(BaseModel):
    model_config = _like(person_id="019502d0-0000-7000-8000-000000000001", part="auditor", lead=True)

    person_id: UUID
    part: Part
    lead: bool = False


class ReleaseIn(BaseModel):
    model_config = _like(
        person_id="019502d0-0000-7000-8000-000000000001", reasons="On leave until the end of the year."
    )

    person_id: UUID
    reasons: Words


class DeskReviewIn(BaseModel):
    model_config = _like(summary="The papers are complete; pay lists are to be seen on site.")

    summary: Words


class PlanIn(BaseModel):
    """`seed`: sites and members are drawn with it, and anybody can draw again; empty: all are seen."""

    model_config = _like(
        kind="monitoring_audit", starts="2026-05-04", ends="2026-05-06", seed="lottery 2026-05-01"
    )

    kind: AuditKind
    starts: date
    ends: date
    seed: Text = Field("", max_length=200)


class FindingIn(BaseModel):
    model_config = _like(
        verdict="improvement",
        facts="Two of three payments on time; one was 9 days late (bank statement, page 2).",
    )

    verdict: Verdict
    facts: Text = Field("", max_length=4_000)


class VerificationIn(BaseModel):
    model_config = _like(accepted=True, note="The minutes of both months were seen.")

    accepted: bool
    note: Words


class ExtensionIn(BaseModel):
    model_config = _like(due="2026-12-31", reasons="The harvest took all hands until October.")

    due: date
    reasons: Words


class RecommendationIn(BaseModel):
    model_config = _like(outcome="certify", reasons="Practice is sound and what was missing is corrected.")

    outcome: Outcome
    reasons: Words


class DecisionIn(BaseModel):
    model_config = _like(
        outcome="certify_with_conditions",
        reasons="The findings carry the recommendation; one record is still young.",
        conditions=["Send the minutes of the next three meetings."],
    )

    outcome: Outcome
    reasons: Words
    conditions: list[Words] = Field(default=[], max_length=20)


class InterestIn(BaseModel):
    model_config = _like(kind="trade", until="2024-11-30", note="Bought baskets for a shop.")

    kind: InterestKind
    until: date | None = Field(None, description="the day on which it ended; left out: it goes on")
    note: Text = Field("", max_length=500)


class DeclarationIn(BaseModel):
    """No interests: the person declares that there are none."""

    model_config = _like(organisation_id="019502d0-0000-7000-8000-000000000002", interests=[])

    organisation_id: UUID
    interests: list[InterestIn] = Field(max_length=20)

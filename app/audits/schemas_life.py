"""What programs send and get about the life of a certificate: risk, appeals, reviews, renewal, peers."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from app.audits.deadlines import About, Deadline
from app.audits.models_life import RiskAssessment
from app.audits.schemas import InterestIn, Text, Words
from certification import AuditKind, RiskLevel


def _like(**example: Any) -> ConfigDict:
    return ConfigDict(extra="forbid", json_schema_extra={"examples": [example]})


class AppealIn(BaseModel):
    model_config = _like(
        grounds="The pay lists that the decision misses were handed in with the proof of 4 May."
    )

    grounds: Words


class PanelIn(BaseModel):
    """The people who hear an appeal; it takes the place of the panel before."""

    model_config = _like(people=["019502d0-0000-7000-8000-000000000002"])

    people: list[UUID] = Field(min_length=1, max_length=9)


class VerdictIn(BaseModel):
    model_config = _like(
        upheld=False, reasons="The pay lists were in the file and show what members were paid."
    )

    upheld: bool = Field(description="the decision stands; else it falls, and the case goes back")
    reasons: Words


class ConflictIn(BaseModel):
    """Somebody who took part has an interest in the organisation."""

    model_config = _like(
        person_id="019502d0-0000-7000-8000-000000000002",
        interests=[{"kind": "employment", "note": "until 2024"}],
    )

    person_id: UUID
    interests: list[InterestIn] = Field(min_length=1, max_length=10)


class SettlementIn(BaseModel):
    model_config = _like(repeat=True, reasons="What this auditor judged is looked at again by somebody else.")

    repeat: bool = Field(description="the evaluation is repeated by others; else the decision stands")
    reasons: Words


class RenewalIn(BaseModel):
    model_config = _like(standard="")

    standard: Text = Field(
        "", max_length=60, description="key of a standard that may be chosen; empty: in force"
    )


class PeersIn(BaseModel):
    """Whom the organisation would like to be visited by, with why; it takes the place of what was said."""

    model_config = _like(peers={})

    peers: dict[UUID, Text] = Field(default_factory=dict, max_length=5)


class RiskOut(BaseModel):
    """`contributions`: factor, its value and its points; they add up to `points`."""

    configuration: str
    level: RiskLevel
    points: int
    factors: dict[str, int]
    contributions: list[tuple[str, int, int]]
    look: AuditKind
    look_due: date | None
    at: datetime


class DeadlineOut(BaseModel):
    about: About
    due: date
    overdue: bool
    whose: list[str]
    detail: str


class DeadlinesOut(BaseModel):
    deadlines: list[DeadlineOut]


class PeerOut(BaseModel):
    organisation_id: UUID
    organisation: str
    why: str


class PeersOut(BaseModel):
    """`possible`: certified organisations that can be proposed."""

    proposed: list[PeerOut]
    possible: dict[UUID, str]


def risk_out(row: RiskAssessment) -> RiskOut:
    return RiskOut(
        configuration=row.configuration,
        level=RiskLevel(row.level),
        points=row.points,
        factors=row.factors,
        contributions=[(str(name), int(value), int(points)) for name, value, points in row.contributions],
        look=AuditKind(row.look_kind),
        look_due=row.look_due,
        at=row.at,
    )


def deadlines_out(found: list[Deadline], on: date) -> DeadlinesOut:
    return DeadlinesOut(
        deadlines=[
            DeadlineOut(
                about=each.about,
                due=each.due,
                overdue=each.overdue(on),
                whose=sorted(each.who),
                detail=each.detail,
            )
            for each in found
        ]
    )

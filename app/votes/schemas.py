"""What the API takes and gives of votes."""

from datetime import date
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from governance.ballots import LEAST_DAYS, MOST_DAYS, QUORUM_PERCENT, Kind, Majority


class Body(BaseModel):
    model_config = ConfigDict(extra="forbid")


class CandidateIn(Body):
    name: str = Field(min_length=1, max_length=120, examples=["Demo candidate"])
    of: str = Field("", max_length=120, examples=["Demo weavers' co-operative"])


class DraftIn(Body):
    title: str = Field(min_length=3, max_length=120, examples=["Accounts of the year"])
    question: str = Field(min_length=3, max_length=2000, examples=["Does the meeting accept the accounts?"])
    body: str = Field(examples=["general meeting"], description="general meeting, or a region")
    kind: Kind = Field(examples=["motion"])
    candidates: list[CandidateIn] = Field([], max_length=30)
    seats: int = Field(1, ge=1, le=30)
    majority: Majority = Majority.SIMPLE
    quorum_percent: int = Field(QUORUM_PERCENT, ge=1, le=100)
    term_months: int | None = Field(None, ge=1, le=120)
    days: int = Field(14, ge=LEAST_DAYS, le=MOST_DAYS)


class OptionOut(Body):
    key: str
    name: str
    of: str


class TurnoutOut(Body):
    members: int
    voted: int


class ResultOut(Body):
    quorum: int
    reached: bool
    votes: dict[str, int]
    carried: bool | None
    elected: list[str]
    by_lot: list[str]
    turnout: dict[str, TurnoutOut]
    digest: str = Field(description="SHA-256 of the board, as the transparency log says it")


class VoteOut(Body):
    slug: str
    title: str
    question: str
    body: str
    kind: Kind
    options: list[OptionOut]
    seats: int
    majority: Majority
    quorum_percent: int
    term_months: int | None
    opens_on: date
    closes_on: date
    state: str
    members: int = Field(description="on the roll")
    cast: int
    result: ResultOut | None


class VotesOut(Body):
    votes: list[VoteOut]


class StandingOut(Body):
    may_vote: bool
    reason: str | None


Ticket = Annotated[
    str,
    Field(
        pattern="^[0-9a-f]{64}$",
        examples=["5e" * 32],
        description="256 bits of your own chance in hexadecimal; the receipt code is made of it",
    ),
]


class BallotIn(Body):
    choice: list[str] = Field(max_length=64, examples=[["yes"]])
    ticket: Ticket


class ReceiptOut(Body):
    code: str


class ReceiptIn(Body):
    code: str = Field(min_length=4, max_length=60, examples=["KXKM-REV8-G3KA-7G53-V9F2"])


class LookedOut(Body):
    counted: bool
    choice: list[str] | None = Field(description="null: the box is sealed until the end")


class MemberOut(Body):
    slug: str
    name: str
    kind: str
    region: str


class MembersOut(Body):
    members: list[MemberOut]


class AdmissionOut(Body):
    organisation: str
    admitted: bool


BoardOut = dict[str, Any]

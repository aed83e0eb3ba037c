"""What programs send and get about consultations."""

from datetime import date
from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, EmailStr, Field

from app.consultations.commenting import LONGEST
from governance.consultations import State

Words = Annotated[str, Field(min_length=1, max_length=LONGEST, examples=["Give small workshops two years."])]


class Body(BaseModel):
    model_config = ConfigDict(extra="forbid")


class QuestionIn(Body):
    title: str = Field(min_length=3, max_length=120, examples=["Living wage in the next standard"])
    question: str = Field(min_length=3, max_length=1000, examples=["How soon can you pay it?"])
    background: str = Field(
        min_length=3, max_length=50_000, examples=["The draft asks for it within a year."]
    )
    opens_on: date = Field(examples=["2027-02-01"])
    closes_on: date = Field(examples=["2027-03-31"])
    standard_key: str = Field("", max_length=60, examples=["fairhaul-2027.1"])


class CommentIn(Body):
    words: Words
    kind: str = Field(examples=["producer"])
    country: str = Field(pattern="^[A-Z]{2}$", examples=["KE"])
    name: str = Field("", max_length=120)
    email: EmailStr | None = Field(None, description="null: a receipt code is given instead of a mail")


class OwnCommentIn(Body):
    words: Words


class CommentSentOut(Body):
    code: str | None = Field(description="shown once; null: the link is in the mail")


class ProofIn(Body):
    code: str = Field(min_length=4, max_length=60, examples=["KXKM-REV8-G3KA-7G53-V9F2"])


class CommentOut(Body):
    id: UUID
    number: int
    words: str | None = Field(description="null: removed")
    name: str
    kind: str
    country: str
    region: str
    theme: UUID | None
    removed_reason: str


class ThemeOut(Body):
    id: UUID
    title: str
    answer: str | None = Field(description="once all are published")
    changed: str | None
    comments: int


class HeardOut(Body):
    total: int
    by_region: dict[str, int]
    by_kind: dict[str, int]
    missing: list[str] = Field(description="whose voice is not there, or hardly")
    removed: int


class ConsultationOut(Body):
    slug: str
    title: str
    question: str
    background: str
    opens_on: date
    closes_on: date
    state: State
    open_now: bool
    standard_key: str | None
    adopted_on: date | None
    answer_due_on: date
    heard: HeardOut
    themes: list[ThemeOut]
    comments: list[CommentOut]


class ConsultationsOut(Body):
    consultations: list[ConsultationOut]


class ThemeIn(Body):
    title: str = Field(min_length=1, max_length=200, examples=["Time for small workshops"])


class AnswerIn(Body):
    answer: str = Field(min_length=1, max_length=10_000, examples=["You asked for more time. We agree."])
    changed: str = Field(min_length=1, max_length=10_000, examples=["Two years instead of one for micro."])


class SortIn(Body):
    theme_id: UUID


class RemovalIn(Body):
    reason: str = Field(min_length=1, max_length=500, examples=["Advertising for another product."])


class AdoptionIn(Body):
    standard_key: str = Field(max_length=60, examples=["fairhaul-2027.1"])


class AdoptionOut(Body):
    standard_key: str
    adopted_on: date


class OutcomeOut(Body):
    outcome: Literal["confirmed"]
    number: int

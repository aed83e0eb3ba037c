"""What programs send and get about complaints."""

from datetime import date
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from app.complaints.filing import LONGEST
from certification.rules import InterestKind
from governance import complaints as engine

Words = Annotated[str, Field(min_length=1, max_length=LONGEST, examples=["March is still not paid."])]
Code = Annotated[str, Field(min_length=4, max_length=60, examples=["KXKM-REV8-G3KA-7G53-V9F2"])]
Reasons = Annotated[
    str,
    Field(
        min_length=1,
        max_length=LONGEST,
        examples=["Pay for three deliveries of last season is said to be outstanding."],
    ),
]


class Body(BaseModel):
    model_config = ConfigDict(extra="forbid")


class ComplaintIn(Body):
    about: engine.About = Field(examples=["member"])
    what_happened: Words
    whom: str = Field("", max_length=300, examples=["Demo weavers' co-operative"])
    wish: str = Field("", max_length=LONGEST)
    relation: str = Field("unsaid", pattern="^(worker|maker|buyer|neighbour|organisation|other|unsaid)$")
    contact: str = Field("", max_length=500)


class ReceiptOut(Body):
    number: str = Field(examples=["C-2026-0001"])
    code: str = Field(description="shown once; kept nowhere", examples=["KXKM-REV8-G3KA-7G53-V9F2"])


class CodeIn(Body):
    code: Code


class MessageIn(Body):
    code: Code
    words: Words


class AppealIn(Body):
    code: Code
    grounds: Reasons


class FileOut(Body):
    id: UUID
    name: str
    media_type: str
    size: int
    sha256: str


class MessageOut(Body):
    incoming: bool = Field(description="from that side, not to it")
    words: str
    on: date
    files: list[FileOut]


class EntryOut(Body):
    number: str
    about: engine.About
    organisation: str | None = Field(description="named once the complaint is admitted")
    received: date = Field(description="Monday of the week in which it came in")
    state: engine.State
    outcome: engine.Outcome | None
    days: int = Field(description="from that Monday until it was closed, or until today")
    overdue: bool
    appealed: bool


class StageOut(Body):
    action: str
    state: engine.State
    on: date
    words: str
    days_late: int


class RedressOut(Body):
    id: UUID
    what: str
    who: str
    due_on: date
    proof: str = Field(description="public once verified")
    verified_on: date | None


class ToldOut(EntryOut):
    summary: str
    stages: list[StageOut]
    redress: list[RedressOut]
    due_on: date | None


class RegisterOut(Body):
    complaints: list[EntryOut]
    after: int | None = Field(description="send it for the next page")


class YearOut(Body):
    year: int
    received: int
    admitted: int
    refused: int
    upheld: int = Field(description="partly upheld ones too")
    not_upheld: int
    withdrawn: int
    open: int
    overdue: int
    days: int | None = Field(description="median, from the week's Monday to the answer")


class FiguresOut(Body):
    years: list[YearOut]
    deadlines: dict[str, int] = Field(description="Fairhaul's own, in days")


class MineOut(Body):
    complaint: ToldOut
    whom: str
    what_happened: str
    wish: str
    messages: list[MessageOut]


class AboutUsOut(Body):
    id: UUID
    complaint: ToldOut
    heard: bool
    messages: list[MessageOut]


class AboutUsListOut(Body):
    complaints: list[AboutUsOut]


class WordsIn(Body):
    words: Words


class GroundsIn(Body):
    grounds: Reasons


class ProofIn(Body):
    proof: str = Field(max_length=2000, examples=["The transfer of all three payments, seen by two members."])


class DeskOut(Body):
    """`message`s and what the person wrote are there for who handles it; for others empty."""

    id: UUID
    complaint: ToldOut
    part: engine.Part | None
    cannot_take: str | None
    handled: bool
    organisations: list[str]
    whom: str
    what_happened: str
    wish: str
    relation: str
    contact: str
    grounds: str
    with_complainant: list[MessageOut]
    with_subject: list[MessageOut]


class QueueEntryOut(Body):
    id: UUID
    number: str
    state: engine.State
    due_on: date | None
    part: engine.Part | None
    handled: bool


class QueueOut(Body):
    complaints: list[QueueEntryOut]


class DeclarationIn(Body):
    interest: InterestKind | None = Field(None, description="null: none at all")


class AdmissionIn(Body):
    whom: str = Field("", max_length=300, description="name, slug or certificate number")
    summary: Reasons
    no_interest: bool = Field(default=False, description="declares that you have none in those now named")


class StepIn(Body):
    action: engine.Action = Field(examples=["examine"])
    words: str = Field("", max_length=LONGEST, examples=["Both sides were heard, and the lists agree."])
    outcome: engine.Outcome | None = None


class ToSideIn(Body):
    side: engine.Part = Field(examples=["complainant"], description="complainant or subject")
    words: Words


class RedressIn(Body):
    what: Reasons
    who: str = Field(min_length=1, max_length=300, examples=["The board of the co-operative"])
    due_on: date = Field(examples=["2027-03-01"])

"""What programs send and get about documents."""

from datetime import date, datetime

from pydantic import BaseModel, ConfigDict, Field

from app.documents.service import LONGEST, Kind
from governance.documents import Change


class Body(BaseModel):
    model_config = ConfigDict(extra="forbid")


class DocumentIn(Body):
    kind: Kind = Field(examples=["rules"])
    title: str = Field(min_length=2, max_length=120, examples=["Rules of procedure"])


class VersionIn(Body):
    adopted_on: date = Field(examples=["2026-12-01"])
    adopted_by: str = Field(min_length=1, max_length=120, examples=["General meeting"])


class PublicationIn(Body):
    source: str = Field(min_length=1, max_length=LONGEST, examples=["# Rules\n\nEach member has one vote.\n"])
    change: str = Field("", max_length=1000, examples=["The quorum is a third now."])


class VersionOut(Body):
    number: int
    adopted_on: date
    adopted_by: str
    published_at: datetime | None
    days: int = Field(description="from adoption to publication, or so far")
    target_days: int
    late: bool
    change: str
    source: str | None = Field(description="plain text with Markdown's signs; only for one document")
    pdf_sha256: str | None


class DocumentOut(Body):
    slug: str
    title: str
    kind: Kind
    versions: list[VersionOut]


class DocumentsOut(Body):
    documents: list[DocumentOut]


class PieceOut(Body):
    change: Change
    text: str


class ParagraphOut(Body):
    change: Change | None = Field(description="null: changed within")
    pieces: list[PieceOut]


class DifferenceOut(Body):
    old: int
    new: int
    paragraphs: list[ParagraphOut]

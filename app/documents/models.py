"""Governing documents and their versions."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.db import Base, Id


class Document(Base):
    __tablename__ = "document"

    id: Mapped[Id]
    slug: Mapped[str] = mapped_column(unique=True)
    title: Mapped[str]
    kind: Mapped[str]
    created_at: Mapped[datetime]


class DocumentVersion(Base):
    """What was adopted. Known from the day on which it is entered, so that a late text shows; then published.

    A published version is never changed.
    """

    __tablename__ = "document_version"
    __table_args__ = (
        UniqueConstraint("document_id", "number"),
        Index("ix_document_version_published_at", "published_at"),
        CheckConstraint("number >= 1", name="number"),
        CheckConstraint("published_at IS NULL OR source <> ''", name="source"),
        CheckConstraint("(pdf_sha256 IS NULL) = (pdf_size IS NULL)", name="pdf"),
    )

    id: Mapped[Id]
    document_id: Mapped[UUID] = mapped_column(ForeignKey("document.id"))
    number: Mapped[int]
    adopted_on: Mapped[date]
    adopted_by: Mapped[str]  # which body
    entered_at: Mapped[datetime]
    entered_by: Mapped[UUID] = mapped_column(ForeignKey("person.id"))
    published_at: Mapped[datetime | None]
    published_by: Mapped[UUID | None] = mapped_column(ForeignKey("person.id"))
    target_days: Mapped[int]  # as it was when entered
    source: Mapped[str] = mapped_column(default="")
    change: Mapped[str] = mapped_column(default="")
    pdf_sha256: Mapped[str | None]
    pdf_size: Mapped[int | None]

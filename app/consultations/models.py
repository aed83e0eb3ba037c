"""Consultations, the comments of whoever wanted to be heard, and the answers."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.db import Base, Id


class Consultation(Base):
    __tablename__ = "consultation"
    __table_args__ = (
        CheckConstraint("opens_on <= closes_on", name="period"),
        Index("ix_consultation_state_closes", "state", "closes_on"),
    )

    id: Mapped[Id]
    slug: Mapped[str] = mapped_column(unique=True)
    title: Mapped[str]
    question: Mapped[str]
    background: Mapped[str]
    opens_on: Mapped[date]
    closes_on: Mapped[date]  # the last day for comments
    standard_key: Mapped[str | None] = mapped_column(index=True)
    state: Mapped[str]
    published_at: Mapped[datetime | None]
    answered_at: Mapped[datetime | None]
    person_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"))
    reminded: Mapped[int] = mapped_column(default=0)  # reminders sent so far


class ConsultationTheme(Base):
    __tablename__ = "consultation_theme"
    __table_args__ = (UniqueConstraint("consultation_id", "position"),)

    id: Mapped[Id]
    consultation_id: Mapped[UUID] = mapped_column(ForeignKey("consultation.id"))
    position: Mapped[int]
    title: Mapped[str]
    answer: Mapped[str] = mapped_column(default="")
    changed: Mapped[str] = mapped_column(default="")


class ConsultationComment(Base):
    """What somebody said. `state` waiting: not confirmed, seen by nobody; removed: with a public reason."""

    __tablename__ = "consultation_comment"
    __table_args__ = (
        UniqueConstraint("consultation_id", "number"),
        CheckConstraint("state IN ('waiting', 'confirmed', 'removed')", name="state"),
        CheckConstraint("state <> 'removed' OR removed_reason <> ''", name="removed"),
        CheckConstraint("state <> 'confirmed' OR number IS NOT NULL", name="confirmed"),
        Index("ix_consultation_comment_state", "consultation_id", "state"),
    )

    id: Mapped[Id]
    consultation_id: Mapped[UUID] = mapped_column(ForeignKey("consultation.id"))
    number: Mapped[int | None]  # from when it is confirmed
    words: Mapped[str]
    name: Mapped[str]  # as it is shown; empty: without a name
    kind: Mapped[str]
    country: Mapped[str]
    region: Mapped[str]
    organisation_id: Mapped[UUID | None] = mapped_column(ForeignKey("organisation.id"))
    proof_hash: Mapped[bytes | None] = mapped_column(unique=True)  # of the mail's link or the receipt
    theme_id: Mapped[UUID | None] = mapped_column(ForeignKey("consultation_theme.id"), index=True)
    state: Mapped[str]
    removed_reason: Mapped[str] = mapped_column(default="")
    sent_on: Mapped[date]


class StandardAdoption(Base):
    """A standard version is adopted. A trigger wants its consultation answered. Rows are only added."""

    __tablename__ = "standard_adoption"

    id: Mapped[Id]
    standard_key: Mapped[str] = mapped_column(unique=True)
    consultation_id: Mapped[UUID] = mapped_column(ForeignKey("consultation.id"))
    adopted_on: Mapped[date]
    person_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"))

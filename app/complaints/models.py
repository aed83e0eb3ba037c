"""Complaints, and what is said in them. Nothing here says who complained.

Ids and days are of the day, not of the moment; what the person wrote stands in columns that no index covers.
"""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from app.db import Base, Id


class Complaint(Base):
    """One complaint. `code_hash`: of the receipt code, which is shown once and kept nowhere."""

    __tablename__ = "complaint"
    __table_args__ = (
        UniqueConstraint("year", "sequence"),
        Index("ix_complaint_state_due", "state", "due_on"),
        CheckConstraint("(decision_id IS NULL) OR (about = 'decision')", name="decision"),
        CheckConstraint("(admitted_on IS NULL) = (respondent_id IS NULL)", name="respondent"),
        CheckConstraint("admitted_on IS NULL OR summary <> ''", name="summary"),
    )

    id: Mapped[Id]
    number: Mapped[str] = mapped_column(unique=True)
    year: Mapped[int]
    sequence: Mapped[int]
    code_hash: Mapped[bytes] = mapped_column(unique=True)
    repeat_hash: Mapped[bytes | None] = mapped_column(unique=True)  # of a program's Idempotency-Key and body
    filed_on: Mapped[date]
    # what the person said: for the ombudsperson alone
    about: Mapped[str]
    whom: Mapped[str]
    what_happened: Mapped[str]
    wish: Mapped[str]
    relation: Mapped[str]
    contact: Mapped[str]
    # how it stands
    state: Mapped[str]
    since: Mapped[date]
    due_on: Mapped[date | None]
    organisation_id: Mapped[UUID | None] = mapped_column(ForeignKey("organisation.id"), index=True)
    respondent_id: Mapped[UUID | None] = mapped_column(ForeignKey("organisation.id"), index=True)
    decision_id: Mapped[UUID | None] = mapped_column(ForeignKey("decision.id"))
    admitted_on: Mapped[date | None]
    heard: Mapped[bool] = mapped_column(default=False)
    summary: Mapped[str] = mapped_column(default="")  # the ombudsperson's words, public once admitted
    outcome: Mapped[str | None]
    appealed_on: Mapped[date | None]
    appeals: Mapped[int] = mapped_column(default=0)
    grounds: Mapped[str] = mapped_column(default="")  # of the appeal, confidential
    closed_on: Mapped[date | None]


class ComplaintStep(Base):
    """A stage of the public register, with its public words. Rows are only added."""

    __tablename__ = "complaint_step"
    __table_args__ = (Index("ix_complaint_step_complaint", "complaint_id", "position"),)

    id: Mapped[Id]
    complaint_id: Mapped[UUID] = mapped_column(ForeignKey("complaint.id"))
    position: Mapped[int]
    action: Mapped[str]
    state: Mapped[str]
    words: Mapped[str]
    on: Mapped[date]
    due_on: Mapped[date | None]  # the day by which it should have been done
    person_id: Mapped[UUID | None] = mapped_column(ForeignKey("person.id"))


class ComplaintAssignment(Base):
    """Who handles a complaint. A row that has ended still says that the person took part."""

    __tablename__ = "complaint_assignment"
    __table_args__ = (
        Index(
            "uq_complaint_assignment_current",
            "complaint_id",
            "part",
            unique=True,
            postgresql_where=text("ended_at IS NULL"),
        ),
    )

    id: Mapped[Id]
    complaint_id: Mapped[UUID] = mapped_column(ForeignKey("complaint.id"))
    person_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"), index=True)
    part: Mapped[str]
    since: Mapped[datetime]
    ended_at: Mapped[datetime | None]


class ComplaintMessage(Base):
    """A confidential message between the ombudsperson and one side. Rows are only added."""

    __tablename__ = "complaint_message"
    __table_args__ = (
        UniqueConstraint("complaint_id", "position"),
        CheckConstraint("side IN ('complainant', 'subject')", name="side"),
        CheckConstraint("NOT (side = 'complainant' AND incoming AND person_id IS NOT NULL)", name="nobody"),
    )

    id: Mapped[Id]
    complaint_id: Mapped[UUID] = mapped_column(ForeignKey("complaint.id"))
    position: Mapped[int]
    side: Mapped[str]  # with whom
    incoming: Mapped[bool]  # from that side, not to it
    words: Mapped[str]
    on: Mapped[date]
    person_id: Mapped[UUID | None] = mapped_column(ForeignKey("person.id"))


class ComplaintFile(Base):
    """A file of a message. Its contents lie in the store, by their hash."""

    __tablename__ = "complaint_file"
    __table_args__ = (
        CheckConstraint("size > 0", name="size"),
        CheckConstraint("sha256 ~ '^[0-9a-f]{64}$'", name="sha256"),
    )

    id: Mapped[Id]
    message_id: Mapped[UUID] = mapped_column(ForeignKey("complaint_message.id"), index=True)
    name: Mapped[str]
    media_type: Mapped[str]
    size: Mapped[int]
    sha256: Mapped[str]


class ComplaintRedress(Base):
    """What is to be done, by whom, by when; what shows it, and who found it shown. Public."""

    __tablename__ = "complaint_redress"
    __table_args__ = (
        Index("ix_complaint_redress_complaint", "complaint_id"),
        Index("ix_complaint_redress_due", "due_on", postgresql_where=text("verified_on IS NULL")),
        CheckConstraint("(verified_on IS NULL) = (verified_by IS NULL)", name="verified"),
        CheckConstraint("verified_on IS NULL OR proof <> ''", name="proof"),
    )

    id: Mapped[Id]
    complaint_id: Mapped[UUID] = mapped_column(ForeignKey("complaint.id"))
    what: Mapped[str]
    who: Mapped[str]
    due_on: Mapped[date]
    proof: Mapped[str] = mapped_column(default="")
    proof_on: Mapped[date | None]
    verified_by: Mapped[UUID | None] = mapped_column(ForeignKey("person.id"))
    verified_on: Mapped[date | None]
    dropped_on: Mapped[date | None]  # an appeal overturned it

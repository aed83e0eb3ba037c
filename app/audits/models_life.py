"""The life of a case beside its road: risk, appeals, conflicts found later, peers, reminders, hands."""

from datetime import date, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app.db import Base, Id


class Hand(StrEnum):
    """The one thing that a person can do in a case."""

    EVALUATION = "evaluation"
    DECISION = "decision"
    APPEAL = "appeal"


class Participation(Base):
    """What somebody did in a case. Triggers write it at every table that says who acted, and refuse a person
    who would have a second hand in it, whoever asks. Rows are only added, so no later change hides it.
    """

    __tablename__ = "participation"
    __table_args__ = (CheckConstraint("hand IN ('evaluation', 'decision', 'appeal')", name="hand"),)

    case_id: Mapped[UUID] = mapped_column(ForeignKey("certification_case.id"), primary_key=True)
    person_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"), primary_key=True)
    hand: Mapped[str]


class RiskAssessment(Base):
    """How closely an organisation is looked at, from what was known then. Rows are only added."""

    __tablename__ = "risk_assessment"
    __table_args__ = (Index("ix_risk_assessment_case", "case_id", "at"),)

    id: Mapped[Id]
    case_id: Mapped[UUID] = mapped_column(ForeignKey("certification_case.id"))
    configuration: Mapped[str]  # its version
    factors: Mapped[dict[str, int]] = mapped_column(JSONB)
    level: Mapped[str]
    points: Mapped[int]
    contributions: Mapped[list[list[Any]]] = mapped_column(JSONB)  # factor, value, points
    look_kind: Mapped[str]
    look_due: Mapped[date | None]  # None: before there is a certificate
    at: Mapped[datetime]


class Appeal(Base):
    """Of an organisation against a decision, which holds until the appeal is settled."""

    __tablename__ = "appeal"
    __table_args__ = (
        Index("uq_appeal_open", "case_id", unique=True, postgresql_where=text("settled_at IS NULL")),
        CheckConstraint(
            "(settled_at IS NULL) = (settled_by IS NULL) AND (settled_at IS NULL) = (upheld IS NULL)"
            " AND (settled_at IS NULL) = (reasons = '')",
            name="settled",
        ),
    )

    id: Mapped[Id]
    case_id: Mapped[UUID] = mapped_column(ForeignKey("certification_case.id"))
    decision_id: Mapped[UUID] = mapped_column(ForeignKey("decision.id"), unique=True)
    lodged_by: Mapped[UUID] = mapped_column(ForeignKey("person.id"))
    at: Mapped[datetime]
    grounds: Mapped[str]
    settled_by: Mapped[UUID | None] = mapped_column(ForeignKey("person.id"))
    settled_at: Mapped[datetime | None]
    upheld: Mapped[bool | None]
    reasons: Mapped[str] = mapped_column(default="")


class Panellist(Base):
    """A member of the third group. A row that has ended still says that the person was called."""

    __tablename__ = "panellist"
    __table_args__ = (
        Index(
            "uq_panellist_current",
            "appeal_id",
            "person_id",
            unique=True,
            postgresql_where=text("ended_at IS NULL"),
        ),
    )

    id: Mapped[Id]
    appeal_id: Mapped[UUID] = mapped_column(ForeignKey("appeal.id"))
    person_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"), index=True)
    since: Mapped[datetime]
    ended_at: Mapped[datetime | None]


class Review(Base):
    """A conflict of interest of somebody who took part that was found later, and what came of it."""

    __tablename__ = "conflict_review"
    __table_args__ = (
        Index("ix_conflict_review_case", "case_id", "found_at"),
        CheckConstraint(
            "(settled_at IS NULL) = (settled_by IS NULL) AND (settled_at IS NULL) = (repeat IS NULL)",
            name="settled",
        ),
    )

    id: Mapped[Id]
    case_id: Mapped[UUID] = mapped_column(ForeignKey("certification_case.id"))
    declaration_id: Mapped[UUID] = mapped_column(ForeignKey("declaration.id"))
    reported_by: Mapped[UUID] = mapped_column(ForeignKey("person.id"))
    found_at: Mapped[datetime]
    settled_by: Mapped[UUID | None] = mapped_column(ForeignKey("person.id"))
    settled_at: Mapped[datetime | None]
    repeat: Mapped[bool | None]  # the evaluation is repeated by others; else the decision stands
    reasons: Mapped[str] = mapped_column(default="")


class PeerProposal(Base):
    """Another member organisation that a candidate would like to be visited by, and why."""

    __tablename__ = "peer_proposal"
    __table_args__ = (UniqueConstraint("case_id", "organisation_id"),)

    id: Mapped[Id]
    case_id: Mapped[UUID] = mapped_column(ForeignKey("certification_case.id"))
    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"))
    why: Mapped[str]
    proposed_by: Mapped[UUID] = mapped_column(ForeignKey("person.id"))
    at: Mapped[datetime]


class Reminder(Base):
    """That people were told of a deadline; the same one is told once, however often the job runs."""

    __tablename__ = "reminder"
    __table_args__ = (UniqueConstraint("case_id", "about", "about_id", "nudge", "due_on", "for_day"),)

    id: Mapped[Id]
    case_id: Mapped[UUID] = mapped_column(ForeignKey("certification_case.id"))
    about: Mapped[str]
    about_id: Mapped[UUID]  # the case, or its corrective action, appeal or review
    nudge: Mapped[str]
    due_on: Mapped[date]
    for_day: Mapped[date]
    at: Mapped[datetime]

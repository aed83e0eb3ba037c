"""Cases, what is said and found in them, who decided, and the certificates that came of it."""

from datetime import date, datetime
from enum import StrEnum
from typing import Any, Final
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, Uuid, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app.db import Base, Id
from certification import certificate as engine
from certification.case import State

UNDECIDED: Final = (
    State.APPLIED,
    State.PROVISIONAL,
    State.SELF_ASSESSED,
    State.DESK_REVIEWED,
    State.AUDIT_PLANNED,
    State.AUDITED,
    State.CORRECTING,
    State.RECOMMENDED,
    State.DECIDED,
)
"""Where a case stands until its certificate is issued or refused."""


class Part(StrEnum):
    """What somebody is assigned to a case as."""

    AUDITOR = "auditor"
    PEER = "peer"
    DECISION_MAKER = "decision maker"


class Case(Base):
    """One organisation's way through one cycle. What it means is said by `certification`."""

    __tablename__ = "certification_case"
    __table_args__ = (
        Index(
            "uq_certification_case_open",
            "organisation_id",
            unique=True,
            postgresql_where=text(f"state IN ({', '.join(repr(each.value) for each in UNDECIDED)})"),
        ),
        Index("ix_certification_case_state_due", "state", "due_on"),
        Index("ix_certification_case_organisation", "organisation_id", "opened_at"),
        CheckConstraint("cycle >= 1", name="cycle"),
        CheckConstraint("supply_tiers >= 0 AND outside_percent BETWEEN 0 AND 100", name="production"),
        CheckConstraint(
            "(recommended_by IS NULL) = (recommended_outcome IS NULL)"
            " AND (recommended_by IS NULL) = (recommended_at IS NULL)",
            name="recommendation",
        ),
    )

    id: Mapped[Id]
    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"))
    standard: Mapped[str]  # its key; a case stays on the version that it began with
    kind: Mapped[str]
    cycle: Mapped[int]
    state: Mapped[str]
    opened_at: Mapped[datetime]
    accepted_on: Mapped[date | None]  # "within N months" counts from here
    due_on: Mapped[date]  # when somebody should have taken the next step
    application: Mapped[dict[str, str]] = mapped_column(
        JSONB, default=dict
    )  # by certification.ApplicationPart
    supply_tiers: Mapped[int] = mapped_column(default=0)  # steps between raw material and sale done by others
    outside_percent: Mapped[int] = mapped_column(default=0)  # share of production by value done by others
    # Which criteria apply, fixed when the self-assessment is handed in: a later change of the organisation's
    # description does not move the goalposts of an audit.
    criteria: Mapped[list[str] | None]
    plan: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    evaluators: Mapped[list[UUID]] = mapped_column(ARRAY(Uuid), default=list)  # never shrinks
    recommended_outcome: Mapped[str | None]
    recommended_reasons: Mapped[str | None]
    recommended_by: Mapped[UUID | None] = mapped_column(ForeignKey("person.id"))
    recommended_at: Mapped[datetime | None]
    under_review: Mapped[bool] = mapped_column(default=False)


class Answer(Base):
    """What an organisation says of itself on one criterion."""

    __tablename__ = "answer"
    __table_args__ = (UniqueConstraint("case_id", "criterion"),)

    id: Mapped[Id]
    case_id: Mapped[UUID] = mapped_column(ForeignKey("certification_case.id"))
    criterion: Mapped[str]
    value: Mapped[str]
    note: Mapped[str] = mapped_column(default="")
    plan: Mapped[str] = mapped_column(default="")
    reason: Mapped[str] = mapped_column(default="")
    answered_by: Mapped[UUID] = mapped_column(ForeignKey("person.id"))
    answered_at: Mapped[datetime]


class Evidence(Base):
    """A file that shows something. Its contents lie in the store, by their hash."""

    __tablename__ = "evidence"
    __table_args__ = (
        UniqueConstraint("case_id", "sha256"),
        CheckConstraint("size > 0", name="size"),
        CheckConstraint("sha256 ~ '^[0-9a-f]{64}$'", name="sha256"),
        CheckConstraint("replaces_id <> id", name="replaces"),
        Index("ix_evidence_valid_until", "valid_until", postgresql_where=text("valid_until IS NOT NULL")),
    )

    id: Mapped[Id]
    case_id: Mapped[UUID] = mapped_column(ForeignKey("certification_case.id"))
    name: Mapped[str]
    media_type: Mapped[str]  # by its contents, never by its name
    size: Mapped[int]
    sha256: Mapped[str]
    uploaded_by: Mapped[UUID] = mapped_column(ForeignKey("person.id"))
    uploaded_at: Mapped[datetime]
    valid_until: Mapped[date | None]  # the last day on which it shows something
    # Each version is replaced once: they form a chain, and none is overwritten.
    replaces_id: Mapped[UUID | None] = mapped_column(ForeignKey("evidence.id"), unique=True)
    scanned: Mapped[bool] = mapped_column(default=False)  # by a virus scanner, and found clean
    notes: Mapped[list[str]] = mapped_column(default=list)  # what its readers should know: "script"
    public_sha256: Mapped[str | None]  # of the copy that anybody may see; the file itself stays confidential
    altered_at: Mapped[datetime | None]  # when its contents were found not to be those uploaded
    reminded_at: Mapped[datetime | None]  # that it runs out


class EvidenceLink(Base):
    """One file shows something about one criterion; a file may have many."""

    __tablename__ = "evidence_link"

    evidence_id: Mapped[UUID] = mapped_column(ForeignKey("evidence.id"), primary_key=True)
    criterion: Mapped[str] = mapped_column(primary_key=True)


class Declaration(Base):
    """What a person declares about one organisation. No interests: it has none. Rows are only added."""

    __tablename__ = "declaration"
    __table_args__ = (Index("ix_declaration_organisation", "organisation_id", "person_id"),)

    id: Mapped[Id]
    person_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"), index=True)
    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"))
    interests: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)  # kind, until (ISO day or null), note
    at: Mapped[datetime]


class Assignment(Base):
    """Who works on a case. A row that has ended still says that the person took part."""

    __tablename__ = "assignment"
    __table_args__ = (
        Index(
            "uq_assignment_current",
            "case_id",
            "person_id",
            "part",
            unique=True,
            postgresql_where=text("ended_at IS NULL"),
        ),
        Index(
            "uq_assignment_lead", "case_id", unique=True, postgresql_where=text("lead AND ended_at IS NULL")
        ),
        CheckConstraint("NOT lead OR part = 'auditor'", name="lead"),
    )

    id: Mapped[Id]
    case_id: Mapped[UUID] = mapped_column(ForeignKey("certification_case.id"))
    person_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"), index=True)
    part: Mapped[str]
    lead: Mapped[bool]
    since: Mapped[datetime]
    ended_at: Mapped[datetime | None]


class Finding(Base):
    """The verdict on one criterion that stands now; the history has the earlier ones."""

    __tablename__ = "finding"
    __table_args__ = (UniqueConstraint("case_id", "criterion"),)

    id: Mapped[Id]
    case_id: Mapped[UUID] = mapped_column(ForeignKey("certification_case.id"))
    criterion: Mapped[str]
    verdict: Mapped[str]
    facts: Mapped[str]
    person_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"))
    at: Mapped[datetime]


class CorrectiveAction(Base):
    """What is done about a nonconformity, by when, and what shows it."""

    __tablename__ = "corrective_action"
    __table_args__ = (Index("ix_corrective_action_case", "case_id"),)

    id: Mapped[Id]
    case_id: Mapped[UUID] = mapped_column(ForeignKey("certification_case.id"))
    criterion: Mapped[str]
    cause: Mapped[str]
    correction: Mapped[str]
    due: Mapped[date]
    opened_by: Mapped[UUID] = mapped_column(ForeignKey("person.id"))
    opened_at: Mapped[datetime]
    proof: Mapped[str] = mapped_column(default="")
    verified_by: Mapped[UUID | None] = mapped_column(ForeignKey("person.id"))
    verified_at: Mapped[datetime | None]


class Decision(Base):
    """To certify, refuse, suspend, reinstate or withdraw. Rows are only added; the newest counts."""

    __tablename__ = "decision"
    __table_args__ = (Index("ix_decision_case_at", "case_id", "at"),)

    id: Mapped[Id]
    case_id: Mapped[UUID] = mapped_column(ForeignKey("certification_case.id"))
    outcome: Mapped[str]
    reasons: Mapped[str]
    conditions: Mapped[list[str]]
    before: Mapped[str]  # the state in which the case stood
    person_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"))
    at: Mapped[datetime]


class Certificate(Base):
    """On an organisation, with a scope. `status` is what was last decided; days are told by `value`."""

    __tablename__ = "certificate"
    __table_args__ = (
        UniqueConstraint("year", "sequence"),
        CheckConstraint("valid_from <= valid_until", name="validity"),
        Index("ix_certificate_organisation", "organisation_id", "valid_from"),
    )

    id: Mapped[Id]
    number: Mapped[str] = mapped_column(unique=True)
    year: Mapped[int]
    sequence: Mapped[int]
    case_id: Mapped[UUID] = mapped_column(ForeignKey("certification_case.id"), unique=True)
    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"))
    decision_id: Mapped[UUID] = mapped_column(ForeignKey("decision.id"))
    standard: Mapped[str]
    sites: Mapped[list[str]]
    product_categories: Mapped[list[str]]
    conditions: Mapped[list[str]]
    summary: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)  # findings by principle, fit for the public
    valid_from: Mapped[date]
    valid_until: Mapped[date]
    status: Mapped[str]
    issued_at: Mapped[datetime]

    @property
    def value(self) -> engine.Certificate:
        """The same certificate as the engine knows it."""
        return engine.Certificate(
            number=self.number,
            case=self.case_id,
            organisation=self.organisation_id,
            standard=self.standard,
            scope=engine.Scope(sites=tuple(self.sites), product_categories=tuple(self.product_categories)),
            valid_from=self.valid_from,
            valid_until=self.valid_until,
            status=engine.CertificateStatus(self.status),
        )


class CertificateStatusChange(Base):
    """The public history of a certificate, oldest first; `reasons` may be read by anybody."""

    __tablename__ = "certificate_status_change"
    __table_args__ = (Index("ix_certificate_status_change", "certificate_id", "at"),)

    id: Mapped[Id]
    certificate_id: Mapped[UUID] = mapped_column(ForeignKey("certificate.id"))
    status: Mapped[str]
    reasons: Mapped[str]
    at: Mapped[datetime]

"""What happened, who did it, in the same transaction as the change. Rows are only ever added."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, Session, mapped_column

from app.db import Base, Id


class Happening(Base):
    """One change of state. A trigger refuses to change or remove it."""

    __tablename__ = "history"
    __table_args__ = (Index("ix_history_subject", "subject_kind", "subject_id", "at"),)

    id: Mapped[Id]
    at: Mapped[datetime]
    person_id: Mapped[UUID | None] = mapped_column(ForeignKey("person.id"))
    organisation_id: Mapped[UUID | None] = mapped_column(ForeignKey("organisation.id"))
    subject_kind: Mapped[str]
    subject_id: Mapped[UUID]
    action: Mapped[str]
    facts: Mapped[dict[str, Any]]


def record(
    session: Session,
    subject: object,
    action: str,
    *,
    now: datetime,
    person_id: UUID | None = None,
    organisation_id: UUID | None = None,
    **facts: Any,
) -> None:
    """Write that `action` happened to `subject` (a row with an `id`). `facts` must be JSON."""
    session.add(
        Happening(
            at=now,
            person_id=person_id,
            organisation_id=organisation_id,
            subject_kind=type(subject).__name__.lower(),
            subject_id=subject.id,  # type: ignore[attr-defined]
            action=action,
            facts=_plain(facts),
        ),
    )


def _plain(facts: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: value if isinstance(value, (str, int, bool, list, dict, type(None))) else str(value)
        for name, value in facts.items()
    }

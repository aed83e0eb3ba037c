"""What rate cards were before they were changed, and who was warned that one ends."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from app.db import Base


class ServiceVersion(Base):
    """A version of a rate card that a newer one replaced. Rows are only ever added."""

    __tablename__ = "service_version"

    service_id: Mapped[UUID] = mapped_column(ForeignKey("service.id"), primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    carrier: Mapped[str]
    mode: Mapped[str]
    classes: Mapped[list[str]]
    currency: Mapped[str]
    tariff: Mapped[dict[str, Any]]
    fixed: Mapped[dict[str, Any]] = mapped_column(default=dict, server_default="{}")
    valid_from: Mapped[date]
    valid_until: Mapped[date]
    replaced_at: Mapped[datetime]
    replaced_by: Mapped[UUID] = mapped_column(ForeignKey("person.id"))


class ServiceWarning(Base):
    """A mail that told a card's keepers of its end, once for each step toward each end."""

    __tablename__ = "service_warning"

    service_id: Mapped[UUID] = mapped_column(ForeignKey("service.id"), primary_key=True)
    valid_until: Mapped[date] = mapped_column(primary_key=True)
    days: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)  # before the end; 0: it is over
    told_at: Mapped[datetime]

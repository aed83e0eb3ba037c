"""Where a producer's goods grew: files of plots, as they were given."""

from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, Numeric, text
from sqlalchemy.orm import Mapped, mapped_column

from app.db import Base, Id


class PlotFile(Base):
    """A GeoJSON file without a fault (`logistics.plots`). Its bytes are in `app.files`, never public.

    `drawing`: what a small map of it needs, so that a page does not read thousands of plots again.
    """

    __tablename__ = "plot_file"
    __table_args__ = (
        CheckConstraint("plots >= 1 AND area_ha >= 0", name="amounts"),
        Index(
            "uq_plot_file_organisation_sha256",
            "organisation_id",
            "sha256",
            unique=True,
            postgresql_where=text("removed_at IS NULL"),
        ),
    )

    id: Mapped[Id]
    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"))
    name: Mapped[str]
    sha256: Mapped[str]
    plots: Mapped[int]
    area_ha: Mapped[Decimal] = mapped_column(Numeric(16, 4))
    drawing: Mapped[dict[str, Any]]
    added_at: Mapped[datetime]
    added_by: Mapped[UUID] = mapped_column(ForeignKey("person.id"))
    removed_at: Mapped[datetime | None]

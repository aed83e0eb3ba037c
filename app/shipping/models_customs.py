"""Official tariff files, what organisations are called at customs, and how goods are packed."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.db import Base, Grams, Id


class TariffFile(Base):
    """An official file of duties that was read in. It is used from `valid_from` until a later one begins."""

    __tablename__ = "tariff_file"
    __table_args__ = (
        UniqueConstraint("destination", "valid_from"),
        CheckConstraint("destination IN ('US', 'EU', 'GB')", name="destination"),
    )

    id: Mapped[Id]
    destination: Mapped[str]
    form: Mapped[str]  # which official form the file has
    source: Mapped[str]  # who published it, and where
    sha256: Mapped[str]
    valid_from: Mapped[date]
    lines: Mapped[int]
    read_at: Mapped[datetime]


class TariffLine(Base):
    """One rate of a tariff file, as its source writes it."""

    __tablename__ = "tariff_line"
    __table_args__ = (Index("ix_tariff_line_file_code", "file_id", "code"),)

    id: Mapped[Id]
    file_id: Mapped[UUID] = mapped_column(ForeignKey("tariff_file.id", ondelete="CASCADE"))
    code: Mapped[str]  # figures only, without final pairs of zeros beyond six
    programme: Mapped[str] = mapped_column(default="")  # empty: the general duty
    rate: Mapped[str]
    description: Mapped[str] = mapped_column(default="")
    row: Mapped[int]  # of the file
    from_on: Mapped[date | None]
    until_on: Mapped[date | None]


class CustomsIdentity(Base):
    """What customs know an organisation by."""

    __tablename__ = "customs_identity"

    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"), primary_key=True)
    address: Mapped[str] = mapped_column(default="")
    eori: Mapped[str] = mapped_column(default="")
    rex: Mapped[str] = mapped_column(default="")  # number of a registered exporter
    updated_at: Mapped[datetime]


class Packing(Base):
    """How the goods of one order line are packed, and by what they originate."""

    __tablename__ = "packing"
    __table_args__ = (
        CheckConstraint("packages >= 1", name="packages"),
        CheckConstraint("net_g > 0 AND gross_g >= net_g", name="weights"),
        CheckConstraint("num_nulls(length_mm, width_mm, height_mm) IN (0, 3)", name="measured"),
    )

    order_line_id: Mapped[UUID] = mapped_column(ForeignKey("order_line.id"), primary_key=True)
    packages: Mapped[int]
    net_g: Mapped[Grams]
    gross_g: Mapped[Grams]
    marks: Mapped[str] = mapped_column(default="")
    criterion: Mapped[str] = mapped_column(default="")  # P: wholly obtained; W and a heading: worked
    length_mm: Mapped[int | None]  # of one package, outside; empty: not measured
    width_mm: Mapped[int | None]
    height_mm: Mapped[int | None]
    turnable: Mapped[bool] = mapped_column(default=False, server_default="false")  # may lie on any side
    stackable: Mapped[bool] = mapped_column(default=True, server_default="true")
    stated_at: Mapped[datetime]
    stated_by: Mapped[UUID] = mapped_column(ForeignKey("person.id"))

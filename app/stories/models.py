"""Lots: what a producer delivers at one time and can be told apart, and what its goods are called at GS1."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from app.db import Base, Grams, Id


class TradeItem(Base):
    """The GTIN of an offer: only where its maker has one. We invent none."""

    __tablename__ = "trade_item"
    __table_args__ = (CheckConstraint("gtin ~ '^[0-9]{14}$'", name="gtin"),)

    offer_id: Mapped[UUID] = mapped_column(ForeignKey("offer.id"), primary_key=True)
    gtin: Mapped[str] = mapped_column(unique=True)  # 14 figures, zeros in front of shorter ones
    set_at: Mapped[datetime]
    set_by: Mapped[UUID] = mapped_column(ForeignKey("person.id"))


class Lot(Base):
    """A batch of one offer's goods. `code` is ours, for links; `number` is the producer's (GS1: AI 10).

    Made when a shipment is collected, or by the producer before that. `made_by` None: with the collection.
    """

    __tablename__ = "lot"
    __table_args__ = (
        UniqueConstraint("offer_id", "number"),
        Index(
            "uq_lot_shipment_offer",
            "shipment_id",
            "offer_id",
            unique=True,
            postgresql_where=text("shipment_id IS NOT NULL"),
        ),
        Index("ix_lot_organisation", "organisation_id", "made_at"),
        CheckConstraint("quantity IS NULL OR quantity > 0", name="quantity"),
        CheckConstraint("net_g IS NULL OR net_g > 0", name="net"),
        CheckConstraint("produced_to >= produced_from", name="production"),
        CheckConstraint("(produced_from IS NULL) = (produced_to IS NULL)", name="both_days"),
    )

    id: Mapped[Id]
    code: Mapped[str] = mapped_column(unique=True)
    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"))
    offer_id: Mapped[UUID] = mapped_column(ForeignKey("offer.id"), index=True)
    number: Mapped[str]
    shipment_id: Mapped[UUID | None] = mapped_column(ForeignKey("shipment.id"))
    title: Mapped[str]  # of the goods, as they were called then
    unit: Mapped[str]
    hs_code: Mapped[str]
    quantity: Mapped[int | None]
    net_g: Mapped[Grams | None]
    produced_from: Mapped[date | None]
    produced_to: Mapped[date | None]
    scientific_name: Mapped[str] = mapped_column(default="")  # of a plant, where the EU asks for it
    plot_file_id: Mapped[UUID | None] = mapped_column(ForeignKey("plot_file.id"), index=True)
    made_at: Mapped[datetime]
    made_by: Mapped[UUID | None] = mapped_column(ForeignKey("person.id"))
    version: Mapped[int] = mapped_column(default=1)

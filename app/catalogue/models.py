"""What producers offer, and on which terms."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, Computed, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from app.db import Base, CubicCentimetres, Grams, Id, Minor
from app.folding import FOLD


class CargoClass(StrEnum):
    """What may travel together: each service says which classes it takes."""

    AMBIENT = "ambient"
    COOL = "cool"
    DANGEROUS = "dangerous"


class OfferState(StrEnum):
    LISTED = "listed"
    WITHDRAWN = "withdrawn"


class Terms(Base):
    """A producer's terms of sale: where its goods are collected, the least it asks for, and what one small
    order costs when it is shipped directly, alone.
    """

    __tablename__ = "terms"
    __table_args__ = (
        CheckConstraint(
            "minimum_order >= 0 AND small_order_fee >= 0 AND direct_customs >= 0 AND direct_shipping >= 0",
            name="amounts",
        ),
        CheckConstraint("currency ~ '^[A-Z]{3}$'", name="currency"),
    )

    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"), primary_key=True)
    hub_id: Mapped[UUID] = mapped_column(ForeignKey("hub.id"))  # where its goods are collected
    currency: Mapped[str]
    minimum_order: Mapped[Minor]  # ex-works value of one collection
    small_order_fee: Mapped[Minor]  # once for a collection below the minimum
    direct_customs: Mapped[Minor]  # per directly shipped consignment
    direct_shipping: Mapped[Minor]
    version: Mapped[int] = mapped_column(default=1)
    updated_at: Mapped[datetime]


class Offer(Base):
    __tablename__ = "offer"
    __table_args__ = (
        CheckConstraint("price > 0 AND weight_g > 0 AND volume_cm3 > 0", name="positive"),
        CheckConstraint("least_quantity >= 1 AND case_size >= 1 AND lead_days >= 0", name="quantities"),
        CheckConstraint("stock IS NULL OR stock >= 0", name="stock"),
        Index("ix_offer_state_organisation", "state", "organisation_id"),
    )

    id: Mapped[Id]
    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"), index=True)
    title: Mapped[str]
    story: Mapped[str] = mapped_column(default="")
    unit: Mapped[str]  # what one piece is called: "bowl", "kg bag"
    price: Mapped[Minor]  # ex works, for one unit
    currency: Mapped[str]
    weight_g: Mapped[Grams]  # of one unit, packed
    volume_cm3: Mapped[CubicCentimetres]
    hs_code: Mapped[str]  # 6 to 10 figures
    cargo_class: Mapped[str]
    lead_days: Mapped[int]  # from the pool's closing to the goods being ready
    stock: Mapped[int | None]  # what can still be ordered; None: made to order
    least_quantity: Mapped[int] = mapped_column(default=1)
    case_size: Mapped[int] = mapped_column(default=1)  # ordered in multiples of this
    picture: Mapped[str | None]  # file name below static/pictures
    state: Mapped[str] = mapped_column(default=OfferState.LISTED)
    version: Mapped[int] = mapped_column(default=1)
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    words: Mapped[str] = mapped_column(  # what a search looks through
        Computed(FOLD.format("title || ' ' || story || ' ' || unit || ' ' || hs_code"), persisted=True),
        deferred=True,
    )

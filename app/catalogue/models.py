"""What producers offer, and on which terms."""

from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, Computed, ForeignKey, Index, Numeric, UniqueConstraint
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
        CheckConstraint("state <> 'listed' OR floor IS NULL OR price >= floor", name="not_below_the_floor"),
        Index("ix_offer_state_organisation", "state", "organisation_id"),
        UniqueConstraint("organisation_id", "reference"),
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
    family_id: Mapped[UUID | None] = mapped_column(index=True)  # offers that differ only in their variant
    variant: Mapped[str] = mapped_column(default="", server_default="")  # "24 cm", "indigo"
    reference: Mapped[str | None]  # the maker's own code, by which its spreadsheets name the goods
    floor: Mapped[int | None] = mapped_column(BigInteger)  # least price of one unit, from its costing
    state: Mapped[str] = mapped_column(default=OfferState.LISTED)
    version: Mapped[int] = mapped_column(default=1)
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    words: Mapped[str] = mapped_column(  # what a search looks through
        Computed(FOLD.format("title || ' ' || story || ' ' || unit || ' ' || hs_code"), persisted=True),
        deferred=True,
    )


class Costing(Base):
    """What a batch of one offer costs its maker, in the currency in which it pays; see
    `certification.fair_price`. `rate` turned the floor into the currency of the price.
    """

    __tablename__ = "costing"
    __table_args__ = (
        CheckConstraint(
            "units >= 1 AND materials >= 0 AND minutes >= 0 AND hourly_wage >= 0 AND living_wage >= 0 "
            "AND overheads >= 0 AND premium >= 0 AND reserve_ppm BETWEEN 0 AND 1000000",
            name="costs",
        ),
    )

    offer_id: Mapped[UUID] = mapped_column(ForeignKey("offer.id"), primary_key=True)
    currency: Mapped[str]
    units: Mapped[int]
    materials: Mapped[Minor]
    minutes: Mapped[int]
    hourly_wage: Mapped[Minor]
    living_wage: Mapped[Minor]  # of an hour
    living_wage_source: Mapped[str]
    overheads: Mapped[Minor]
    reserve_ppm: Mapped[int]
    premium: Mapped[Minor]  # for one unit
    rate: Mapped[Decimal] = mapped_column(Numeric(24, 10))  # price currency for one of `currency`
    rate_day: Mapped[date]
    rate_source: Mapped[str]
    updated_at: Mapped[datetime]


class Photo(Base):
    """A picture of an offer, made small and without its place. The bytes are in `app.files`."""

    __tablename__ = "photo"
    __table_args__ = (UniqueConstraint("offer_id", "sha256"),)

    id: Mapped[Id]
    offer_id: Mapped[UUID] = mapped_column(ForeignKey("offer.id"), index=True)
    sha256: Mapped[str]
    alt: Mapped[str]  # what it shows, for who cannot see it
    width: Mapped[int]
    height: Mapped[int]
    position: Mapped[int]
    added_at: Mapped[datetime]

"""Exchange rates as a source published them."""

from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import CheckConstraint, Index, Numeric, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.db import Base, Id


class ExchangeRate(Base):
    """On `day`, one unit of `base` was worth `rate` units of `currency`, says `source`. Never changed."""

    __tablename__ = "exchange_rate"
    __table_args__ = (
        CheckConstraint("rate > 0", name="positive"),
        CheckConstraint("base ~ '^[A-Z]{3}$' AND currency ~ '^[A-Z]{3}$' AND base <> currency", name="codes"),
        UniqueConstraint("base", "currency", "day", "source"),
        Index("ix_exchange_rate_currency_day", "currency", "day"),
    )

    id: Mapped[Id]
    base: Mapped[str]
    currency: Mapped[str]
    day: Mapped[date]
    rate: Mapped[Decimal] = mapped_column(Numeric(24, 10))
    source: Mapped[str]
    read_at: Mapped[datetime]

"""What one currency is worth in another, with the source and the day; a missing rate is never a guess."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from fractions import Fraction
from typing import Final, Literal

from sqlalchemy import or_, select
from sqlalchemy.dialects.postgresql import distinct_on, insert
from sqlalchemy.orm import Session

from app.db import uuid7
from app.errors import Refusal
from app.exchange.models import ExchangeRate
from app.exchange.published import Published
from app.language import digits

OLD_DAYS: Final = 5
"""A rate that is older is shown as old: weekends and holidays of a central bank are shorter."""


@dataclass(frozen=True, slots=True)
class Rate:
    """One unit of `base` is worth `value` units of `currency`."""

    base: str
    currency: str
    value: Fraction
    day: date  # the older one, where two rates were crossed
    source: str

    def age(self, on: date) -> int:
        """Days."""
        return (on - self.day).days

    def old(self, on: date) -> bool:
        return self.age(on) > OLD_DAYS

    def convert(self, minor: int, rounding: Literal["half-up", "up"] = "half-up") -> int:
        """Minor units of `currency` for `minor` units of `base`; half up, or always up."""
        exact = Fraction(minor) * self.value * Fraction(10) ** (digits(self.currency) - digits(self.base))
        if rounding == "up":
            return -(-exact.numerator // exact.denominator)
        return int((2 * abs(exact) + 1) // 2) * (1 if exact >= 0 else -1)


@dataclass
class NoRate(Refusal):
    code: str = "no-exchange-rate"
    title: str = "An exchange rate is missing"


def rate(session: Session, base: str, currency: str, on: date) -> Rate:
    """The newest rate known on `on`, crossed over one currency where none was published directly.

    NoRate: there is none, which names the two currencies.
    """
    if base == currency:
        return Rate(base, currency, Fraction(1), on, "same currency")
    wanted = (base, currency)
    rows = session.scalars(
        select(ExchangeRate)
        .ext(distinct_on(ExchangeRate.base, ExchangeRate.currency))
        .where(
            ExchangeRate.day <= on,
            or_(ExchangeRate.base.in_(wanted), ExchangeRate.currency.in_(wanted)),
        )
        .order_by(
            ExchangeRate.base,
            ExchangeRate.currency,
            ExchangeRate.day.desc(),
            ExchangeRate.read_at.desc(),
            ExchangeRate.id.desc(),
        )
    ).all()
    steps = [_step(row) for row in rows] + [_turned(_step(row)) for row in rows]
    direct = [step for step in steps if (step.base, step.currency) == wanted]
    crossed = [
        Rate(base, currency, one.value * two.value, min(one.day, two.day), _both(one, two))
        for one in steps
        if one.base == base
        for two in steps
        if two.base == one.currency and two.currency == currency
    ]
    if not direct and not crossed:
        raise NoRate(
            f"No exchange rate from {base} to {currency} is known on {on.isoformat()}. The operator has to "
            "read in a file of rates, or set where they are asked.",
            facts={"base": base, "currency": currency, "on": on.isoformat()},
        )
    return max(direct or crossed, key=lambda each: (each.day, each.source))


def keep(session: Session, rates: Iterable[Published], source: str, *, now: datetime) -> int:
    """Store what was published; what is known already stays as it was. Gives how many were new."""
    rows = [
        {
            "id": uuid7(now),
            "base": each.base,
            "currency": each.currency,
            "day": each.day,
            "rate": each.rate,
            "source": source,
            "read_at": now,
        }
        for each in rates
    ]
    if not rows:
        return 0
    made = session.scalars(
        insert(ExchangeRate).values(rows).on_conflict_do_nothing().returning(ExchangeRate.id)
    )
    return len(made.all())


def latest(session: Session) -> list[ExchangeRate]:
    """The newest of each pair, by currency."""
    return list(
        session.scalars(
            select(ExchangeRate)
            .ext(distinct_on(ExchangeRate.currency, ExchangeRate.base))
            .order_by(
                ExchangeRate.currency,
                ExchangeRate.base,
                ExchangeRate.day.desc(),
                ExchangeRate.read_at.desc(),
                ExchangeRate.id.desc(),
            )
        )
    )


def _step(row: ExchangeRate) -> Rate:
    return Rate(row.base, row.currency, Fraction(row.rate), row.day, row.source)


def _turned(step: Rate) -> Rate:
    return Rate(step.currency, step.base, 1 / step.value, step.day, step.source)


def _both(one: Rate, two: Rate) -> str:
    return one.source if one.source == two.source else f"{one.source}, {two.source}"

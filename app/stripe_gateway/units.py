"""Amounts in Stripe's units of a currency, and in ours."""

from typing import Final

from app.language import digits

# https://docs.stripe.com/currencies#zero-decimal and #three-decimal; ISK and UGX, which have no decimals, are
# written as if they had two (#special-cases), and so is everything else.
ZERO_DECIMAL: Final = frozenset(
    ["BIF", "CLP", "DJF", "GNF", "JPY", "KMF", "KRW", "MGA", "PYG", "RWF", "VND", "VUV", "XAF", "XOF", "XPF"]
)
THREE_DECIMAL: Final = frozenset(["BHD", "JOD", "KWD", "OMR", "TND"])


class NotPayable(Exception):  # noqa: N818 - a property of the amount
    """The amount cannot be written in Stripe's units of its currency."""


def to_stripe(minor: int, currency: str) -> int:
    """Our minor units (ISO 4217) in Stripe's. NotPayable: a fraction would be lost, or, with three decimals,
    the last figure is not 0.

    >>> to_stripe(1050, "USD"), to_stripe(1050, "JPY"), to_stripe(5120, "KWD"), to_stripe(7, "UGX")
    (1050, 1050, 5120, 700)
    """
    amount, rest = _scaled(minor, _their_digits(currency) - digits(currency))
    if rest or (currency in THREE_DECIMAL and amount % 10):
        raise NotPayable(f"{minor} minor units of {currency} cannot be paid by card to the last figure")
    return amount


def from_stripe(amount: int, currency: str) -> int:
    """Stripe's units in ours; ISO code in any case. NotPayable: a fraction would be lost."""
    code = currency.upper()
    minor, rest = _scaled(amount, digits(code) - _their_digits(code))
    if rest:
        raise NotPayable(f"{amount} of Stripe's units of {code} is no whole amount")
    return minor


def _scaled(amount: int, digits_more: int) -> tuple[int, int]:
    if digits_more >= 0:
        return amount * int(10**digits_more), 0
    return divmod(amount, int(10**-digits_more))


def _their_digits(currency: str) -> int:
    return 0 if currency in ZERO_DECIMAL else 3 if currency in THREE_DECIMAL else 2

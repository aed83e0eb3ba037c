"""The test cards of https://docs.stripe.com/testing that this fake knows, and what a bank does with each."""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Card:
    """`always` asks for authentication at every payment, `set_up` unless it was set up for off-session use
    (https://docs.stripe.com/testing#regulatory-cards). `declines` at any use, `later` once it is attached
    (https://docs.stripe.com/testing#declined-payments). `refunds_fail`: some time after they succeeded
    (https://docs.stripe.com/testing#refunds).
    """

    brand: str = "visa"
    always: bool = False
    set_up: bool = False
    declines: tuple[str, str] | None = None  # code, decline code
    later: tuple[str, str] | None = None
    refunds_fail: bool = False


NUMBERS: Final[dict[str, Card]] = {
    "4242424242424242": Card(),
    "5555555555554444": Card("mastercard"),
    "4000002500003155": Card(set_up=True),
    "4000002760003184": Card(always=True),
    "4000008260003178": Card(always=True, later=("card_declined", "insufficient_funds")),
    "4000000000000002": Card(declines=("card_declined", "generic_decline")),
    "4000000000009995": Card(declines=("card_declined", "insufficient_funds")),
    "4000000000000069": Card(declines=("expired_card", "expired_card")),
    "4000000000000127": Card(declines=("incorrect_cvc", "incorrect_cvc")),
    "4000000000000119": Card(declines=("processing_error", "processing_error")),
    "4000000000000341": Card(later=("card_declined", "generic_decline")),
    "4000000000005126": Card(refunds_fail=True),
}
METHODS: Final = {
    "pm_card_visa": "4242424242424242",
    "pm_card_mastercard": "5555555555554444",
    "pm_card_authenticationRequiredOnSetup": "4000002500003155",
    "pm_card_authenticationRequired": "4000002760003184",
    "pm_card_visa_chargeDeclinedInsufficientFunds": "4000000000009995",
    "pm_card_chargeCustomerFail": "4000000000000341",
}
"""Payment methods by name, for tests without card numbers (https://docs.stripe.com/testing, "Test code")."""

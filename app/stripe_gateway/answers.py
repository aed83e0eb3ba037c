"""What Stripe answers, in our words and minor units."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Moved:
    """What a payment, refund or dispute changed in Stripe's balance, in the currency that it settles in
    (https://docs.stripe.com/api/balance_transactions/object): net = amount - fee, our minor units.
    """

    id: str
    amount: int
    fee: int
    currency: str

    @property
    def net(self) -> int:
        return self.amount - self.fee


@dataclass(frozen=True, slots=True)
class Paid:
    """A PaymentIntent as it is now; amounts in our minor units."""

    id: str
    status: str
    amount: int
    received: int
    currency: str
    call: str
    order: str
    code: str
    decline_code: str
    moved: Moved | None

    @property
    def succeeded(self) -> bool:
        return self.status == "succeeded"

    @property
    def held(self) -> bool:
        """The bank keeps the amount aside, for some days: nothing is taken
        (https://docs.stripe.com/payments/place-a-hold-on-a-payment-method).
        """
        return self.status == "requires_capture"

    @property
    def let_go(self) -> bool:
        """By us, or by the bank when its days were over."""
        return self.status == "canceled"


@dataclass(frozen=True, slots=True)
class HostedPage:
    """A Checkout page (https://docs.stripe.com/api/checkout/sessions/object)."""

    id: str
    url: str
    status: str  # open, complete, expired
    customer: str
    call: str
    order: str
    setup: str  # SetupIntent of a page that saves a card
    payment: str  # PaymentIntent of a page that takes money


@dataclass(frozen=True, slots=True)
class SavedCard:
    method: str
    brand: str
    last4: str
    expires: str  # "12/2034"


@dataclass(frozen=True, slots=True)
class Returned:
    """A refund as it is now (https://docs.stripe.com/api/refunds/object). `back`: of one that failed, what
    came back into Stripe's balance.
    """

    id: str
    status: str
    amount: int
    currency: str
    call: str
    moved: Moved | None
    back: Moved | None


@dataclass(frozen=True, slots=True)
class Transferred:
    """A transfer to a connected account as it is now (https://docs.stripe.com/api/transfers/object)."""

    id: str
    amount: int
    reversed: int  # how much of it was taken back
    currency: str
    call: str
    moved: Moved | None


@dataclass(frozen=True, slots=True)
class Connected:
    """A connected account as it is now (https://docs.stripe.com/api/accounts/object). `submitted`: its holder
    went through all pages once; `due`: what Stripe asks for still.
    """

    id: str
    country: str
    call: str
    transfers: str  # active, pending, inactive
    pays_out: bool
    submitted: bool
    due: tuple[str, ...]
    disabled: str

    @property
    def ready(self) -> bool:
        """We can pay to it, and it can pay on to its holder's bank."""
        return self.transfers == "active" and self.pays_out

    @property
    def refused(self) -> bool:
        return self.disabled.startswith("rejected.")


@dataclass(frozen=True, slots=True)
class ConnectPage:
    """Where the holder of an account enters its details: for one visit, for some minutes
    (https://docs.stripe.com/api/account_links).
    """

    url: str
    until: datetime


@dataclass(frozen=True, slots=True)
class Disputed:
    """A payment that a bank takes back (https://docs.stripe.com/disputes)."""

    id: str
    status: str
    reason: str
    amount: int
    currency: str
    payment: str
    answer_by: int | None  # seconds since 1970
    moves: tuple[Moved, ...]

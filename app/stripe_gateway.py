"""Stripe, as thin typed functions: the only file that imports its library.

Nothing here reads or writes the database, and nobody calls it inside a transaction: the intent is stored and
committed, then a job calls with the intent's id as idempotency key
(https://docs.stripe.com/api/idempotent_requests). The library repeats nothing by itself: whoever is left
without an answer (`Unknown`) asks first what happened.
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

import stripe

from app.language import digits
from app.settings import Settings

SECONDS: Final = 20.0
"""Longest wait for an answer."""
TOLERANCE: Final = 300
"""Seconds that an event's signature is good for (https://docs.stripe.com/webhooks#replay-attacks)."""
CALL: Final = "fairhaul_call"
ORDER: Final = "fairhaul_order"
"""Keys in the metadata of what we make: our call, and the order it is for."""
# https://docs.stripe.com/currencies#zero-decimal and #three-decimal; ISK and UGX, which have no decimals, are
# written as if they had two (#special-cases), and so is everything else.
ZERO_DECIMAL: Final = frozenset(
    ["BIF", "CLP", "DJF", "GNF", "JPY", "KMF", "KRW", "MGA", "PYG", "RWF", "VND", "VUV", "XAF", "XOF", "XPF"]
)
THREE_DECIMAL: Final = frozenset(["BHD", "JOD", "KWD", "OMR", "TND"])


class Unknown(Exception):  # noqa: N818 - not an error: nobody knows yet
    """No answer, or one that does not say whether it was done."""


class Refused(Exception):  # noqa: N818 - Stripe's or the bank's "no"
    """Not done, and known so. `code` and `decline_code` are Stripe's (https://docs.stripe.com/declines/codes);
    `payment` is the PaymentIntent that was refused.
    """

    def __init__(self, words: str, code: str = "", decline_code: str = "", payment: str = "") -> None:
        super().__init__(words)
        self.code, self.decline_code, self.payment = code, decline_code, payment


class NotPayable(Exception):  # noqa: N818 - a property of the amount
    """The amount cannot be written in Stripe's units of its currency."""


class Forged(Exception):  # noqa: N818 - of the caller
    """An event without a good signature, or too old."""


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


@dataclass(frozen=True, slots=True)
class Told:
    """An event, of which only this is believed: the object's state is fetched again."""

    id: str
    kind: str
    object_id: str


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


class Gateway:
    """One account at Stripe. Every function may raise Unknown; those that do something also Refused."""

    def __init__(self, key: str, *, address: str | None = None) -> None:
        self.client = stripe.StripeClient(
            key,
            base_addresses={"api": address} if address else None,
            max_network_retries=0,
            http_client=stripe.RequestsClient(timeout=SECONDS),
        )

    def create_customer(self, key: str, *, name: str, email: str) -> str:
        with _answers():
            made = self.client.v1.customers.create(
                {"name": name, "email": email, "metadata": {CALL: key}}, {"idempotency_key": key}
            )
            return made.id

    def page_to_save_card(
        self, key: str, *, customer: str, currency: str, done_url: str, back_url: str
    ) -> HostedPage:
        """A hosted page that saves a card for charges without the holder: setup mode makes a SetupIntent of
        off-session usage (https://docs.stripe.com/payments/checkout/save-and-reuse).
        """
        with _answers():
            made = self.client.v1.checkout.sessions.create(
                {
                    "mode": "setup",
                    "customer": customer,
                    "currency": currency.lower(),
                    "allowed_payment_method_types": ["card"],
                    "success_url": done_url,
                    "cancel_url": back_url,
                    "metadata": {CALL: key},
                },
                {"idempotency_key": key},
            )
            return _page(made)

    def page_to_pay(
        self,
        key: str,
        *,
        customer: str,
        amount: int,
        currency: str,
        order: str,
        words: str,
        done_url: str,
        back_url: str,
        hold: bool = False,
    ) -> HostedPage:
        """A hosted page where the holder is asked for authentication, or takes another card. `hold`: see
        `charge`.
        """
        with _answers():
            made = self.client.v1.checkout.sessions.create(
                {
                    "mode": "payment",
                    "customer": customer,
                    "allowed_payment_method_types": ["card"],
                    "line_items": [
                        {
                            "quantity": 1,
                            "price_data": {
                                "currency": currency.lower(),
                                "unit_amount": to_stripe(amount, currency),
                                "product_data": {"name": words},
                            },
                        }
                    ],
                    "payment_intent_data": {
                        "metadata": {CALL: key, ORDER: order},
                        "setup_future_usage": "off_session",
                        "capture_method": "manual" if hold else "automatic",
                    },
                    "success_url": done_url,
                    "cancel_url": back_url,
                    "metadata": {CALL: key, ORDER: order},
                },
                {"idempotency_key": key},
            )
            return _page(made)

    def page(self, session: str) -> HostedPage:
        with _answers():
            return _page(self.client.v1.checkout.sessions.retrieve(session))

    def close_page(self, session: str) -> None:
        """Nobody can pay there any more. Refused: it is not open."""
        with _answers():
            self.client.v1.checkout.sessions.expire(session)

    def saved_card(self, setup: str) -> SavedCard | None:
        """The card of a SetupIntent; None: not saved (yet)."""
        with _answers():
            intent = self.client.v1.setup_intents.retrieve(setup, {"expand": ["payment_method"]})
            return _card(intent.payment_method) if intent.status == "succeeded" else None

    def charge(
        self,
        key: str,
        *,
        customer: str,
        method: str,
        amount: int,
        currency: str,
        order: str,
        words: str,
        hold: bool = False,
    ) -> Paid:
        """Charge a saved card while its holder is away
        (https://docs.stripe.com/payments/save-and-reuse#charge-saved-payment-method). Refused: declined, or
        `authentication_required`. `hold`: the bank keeps the amount aside, of which a part is taken later,
        once, or nothing.
        """
        with _answers():
            made = self.client.v1.payment_intents.create(
                {
                    "amount": to_stripe(amount, currency),
                    "currency": currency.lower(),
                    "customer": customer,
                    "payment_method": method,
                    "allowed_payment_method_types": ["card"],
                    "off_session": True,
                    "confirm": True,
                    "capture_method": "manual" if hold else "automatic",
                    "description": words,
                    "metadata": {CALL: key, ORDER: order},
                    "expand": ["latest_charge.balance_transaction"],
                },
                {"idempotency_key": key},
            )
            return _paid(made)

    def payment(self, intent: str) -> Paid:
        with _answers():
            return _paid(
                self.client.v1.payment_intents.retrieve(
                    intent, {"expand": ["latest_charge.balance_transaction"]}
                )
            )

    def payment_of(self, key: str, *, customer: str, since: datetime) -> Paid | None:
        """What became of a charge whose answer was lost: the customer's payment that carries our key. Lists
        are consistent at once, searches are not (https://docs.stripe.com/search#data-freshness).
        """
        with _answers():
            found = self.client.v1.payment_intents.list(
                {
                    "customer": customer,
                    "created": {"gte": int(since.timestamp()) - TOLERANCE},
                    "limit": 100,
                    "expand": ["data.latest_charge.balance_transaction"],
                }
            )
            for each in found.auto_paging_iter():
                if _metadata(each, CALL) == key:
                    return _paid(each)
        return None

    def take(self, key: str, *, payment: str, amount: int, currency: str) -> Paid:
        """Take at most what is held, once; the rest is let go. Refused: it is held no more."""
        with _answers():
            made = self.client.v1.payment_intents.capture(
                payment,
                {
                    "amount_to_capture": to_stripe(amount, currency),
                    "expand": ["latest_charge.balance_transaction"],
                },
                {"idempotency_key": key},
            )
            return _paid(made)

    def let_go(self, key: str, *, payment: str) -> Paid:
        """Take nothing of what is held. Refused: it was taken, or let go before."""
        with _answers():
            return _paid(self.client.v1.payment_intents.cancel(payment, {}, {"idempotency_key": key}))

    def refund(self, key: str, *, payment: str, amount: int, currency: str) -> Returned:
        with _answers():
            made = self.client.v1.refunds.create(
                {
                    "payment_intent": payment,
                    "amount": to_stripe(amount, currency),
                    "metadata": {CALL: key},
                    "expand": ["balance_transaction"],
                },
                {"idempotency_key": key},
            )
            return _returned(made)

    def refund_of(self, key: str, *, payment: str) -> Returned | None:
        """What became of a refund whose answer was lost."""
        with _answers():
            found = self.client.v1.refunds.list(
                {
                    "payment_intent": payment,
                    "limit": 100,
                    "expand": ["data.balance_transaction", "data.failure_balance_transaction"],
                }
            )
            for each in found.auto_paging_iter():
                if _metadata(each, CALL) == key:
                    return _returned(each)
        return None

    def returned(self, refund: str) -> Returned:
        with _answers():
            wished = ["balance_transaction", "failure_balance_transaction"]
            return _returned(self.client.v1.refunds.retrieve(refund, {"expand": wished}))

    def transfer(self, key: str, *, account: str, amount: int, currency: str, words: str) -> Transferred:
        """Move money of ours to a connected account
        (https://docs.stripe.com/connect/separate-charges-and-transfers). Refused: not in its country, not
        able to take transfers, or we hold too little.
        """
        with _answers():
            made = self.client.v1.transfers.create(
                {
                    "amount": to_stripe(amount, currency),
                    "currency": currency.lower(),
                    "destination": account,
                    "description": words,
                    "transfer_group": key,
                    "metadata": {CALL: key},
                    "expand": ["balance_transaction"],
                },
                {"idempotency_key": key},
            )
            return _transferred(made)

    def transfer_of(self, key: str) -> Transferred | None:
        """What became of a transfer whose answer was lost."""
        with _answers():
            found = self.client.v1.transfers.list(
                {"transfer_group": key, "limit": 100, "expand": ["data.balance_transaction"]}
            )
            for each in found.auto_paging_iter():
                if _metadata(each, CALL) == key:
                    return _transferred(each)
        return None

    def transferred(self, name: str) -> Transferred:
        with _answers():
            return _transferred(self.client.v1.transfers.retrieve(name, {"expand": ["balance_transaction"]}))

    def connect(self, key: str, *, country: str, name: str, email: str) -> Connected:
        """Make a connected account that receives transfers; Stripe asks its holder for the details, on its
        own pages (https://docs.stripe.com/connect/design-an-integration). In another country than ours it is
        a recipient of ours alone (https://docs.stripe.com/connect/service-agreement-types). Refused: Stripe
        pays nobody in that country.
        """
        with _answers():
            wanted: stripe.params.AccountCreateParams = {
                "country": country,
                "email": email,
                "business_profile": {"name": name},
                "controller": {
                    "losses": {"payments": "application"},
                    "fees": {"payer": "application"},
                    "stripe_dashboard": {"type": "express"},
                },
                "capabilities": {"transfers": {"requested": True}},
                "metadata": {CALL: key},
            }
            if self.client.v1.accounts.retrieve_current().country != country:
                wanted["tos_acceptance"] = {"service_agreement": "recipient"}
            return _connected(self.client.v1.accounts.create(wanted, {"idempotency_key": key}))

    def connected_by(self, key: str) -> Connected | None:
        """What became of an account whose answer was lost."""
        with _answers():
            for each in self.client.v1.accounts.list({"limit": 100}).auto_paging_iter():
                if _metadata(each, CALL) == key:
                    return _connected(each)
        return None

    def connected(self, account: str) -> Connected:
        with _answers():
            return _connected(self.client.v1.accounts.retrieve(account))

    def page_to_connect(self, *, account: str, done_url: str, again_url: str) -> ConnectPage:
        """A new one each time. `again_url`: where Stripe sends who comes too late, or a second time."""
        with _answers():
            made = self.client.v1.account_links.create(
                {
                    "account": account,
                    "type": "account_onboarding",
                    "return_url": done_url,
                    "refresh_url": again_url,
                }
            )
            return ConnectPage(made.url, datetime.fromtimestamp(made.expires_at, UTC))

    def dispute(self, name: str) -> Disputed:
        with _answers():
            found = self.client.v1.disputes.retrieve(name)
            return Disputed(
                id=found.id,
                status=found.status,
                reason=found.reason,
                amount=from_stripe(found.amount, found.currency),
                currency=found.currency.upper(),
                payment=_id(found.payment_intent),
                answer_by=found.evidence_details.due_by,
                moves=tuple(_moved(each) for each in found.balance_transactions),
            )


def gateway(settings: Settings) -> Gateway | None:
    """The account of the settings; None without a key: then all goes by bank transfer."""
    if settings.stripe_key is None:
        return None
    return Gateway(settings.stripe_key.get_secret_value(), address=settings.stripe_address)


def read_event(payload: bytes, signature: str, *, secret: str, now: datetime) -> Told:
    """Check an event's signature and age. Forged: wrong, missing, or made too long ago or too far ahead."""
    try:
        _verify(payload.decode(), signature, secret.split())
        stamp = int(dict(part.split("=", 1) for part in signature.split(","))["t"])
        read = json.loads(payload)
        told = Told(str(read["id"]), str(read["type"]), str(read["data"]["object"]["id"]))
    except (stripe.SignatureVerificationError, ValueError, KeyError, TypeError) as fault:
        raise Forged("no good signature") from fault
    if abs(now.timestamp() - stamp) > TOLERANCE:
        raise Forged("too old")
    return told


def _verify(payload: str, signature: str, secrets: list[str]) -> None:
    """By any secret: the address of events of connected accounts has one of its own
    (https://docs.stripe.com/connect/webhooks).
    """
    *others, last = secrets
    for secret in others:
        with suppress(stripe.SignatureVerificationError):
            stripe.WebhookSignature.verify_header(payload, signature, secret)
            return
    stripe.WebhookSignature.verify_header(payload, signature, last)


@contextmanager
def _answers() -> Iterator[None]:
    """Stripe's errors (https://docs.stripe.com/api/errors/handling) as ours."""
    try:
        yield
    except stripe.CardError as refusal:
        error = refusal.error
        payment = getattr(getattr(error, "payment_intent", None), "id", "") if error else ""
        raise Refused(
            str(refusal.user_message or refusal),
            code=refusal.code or "",
            decline_code=getattr(error, "decline_code", "") or "",
            payment=payment,
        ) from refusal
    except (stripe.InvalidRequestError, stripe.IdempotencyError) as refusal:
        raise Refused(str(refusal.user_message or refusal), code=refusal.code or "") from refusal
    except stripe.StripeError as fault:
        # no connection, 500, too many at once, a key that is wrong: it may or may not have been done
        raise Unknown(type(fault).__name__) from fault


def _id(value: Any) -> str:
    return value if isinstance(value, str) else value.id if value is not None else ""


def _moved(found: Any) -> Moved:
    currency = found.currency.upper()
    return Moved(found.id, from_stripe(found.amount, currency), from_stripe(found.fee, currency), currency)


def _paid(intent: stripe.PaymentIntent) -> Paid:
    charge: Any = intent.latest_charge
    moved = getattr(charge, "balance_transaction", None)
    currency, error = intent.currency.upper(), intent.last_payment_error
    return Paid(
        id=intent.id,
        status=intent.status,
        amount=from_stripe(intent.amount, currency),
        received=from_stripe(intent.amount_received or 0, currency),
        currency=currency,
        call=_metadata(intent, CALL),
        order=_metadata(intent, ORDER),
        code=(getattr(error, "code", "") or "") if error else "",
        decline_code=(getattr(error, "decline_code", "") or "") if error else "",
        moved=_moved(moved) if moved is not None and not isinstance(moved, str) else None,
    )


def _returned(refund: stripe.Refund) -> Returned:
    moved: Any = refund.balance_transaction
    back: Any = getattr(refund, "failure_balance_transaction", None)
    currency = refund.currency.upper()
    return Returned(
        id=refund.id,
        status=refund.status or "",
        amount=from_stripe(refund.amount, currency),
        currency=currency,
        call=_metadata(refund, CALL),
        moved=_moved(moved) if moved is not None and not isinstance(moved, str) else None,
        back=_moved(back) if back is not None and not isinstance(back, str) else None,
    )


def _transferred(found: stripe.Transfer) -> Transferred:
    moved: Any = found.balance_transaction
    currency = found.currency.upper()
    return Transferred(
        id=found.id,
        amount=from_stripe(found.amount, currency),
        reversed=from_stripe(found.amount_reversed, currency),
        currency=currency,
        call=_metadata(found, CALL),
        moved=_moved(moved) if moved is not None and not isinstance(moved, str) else None,
    )


def _connected(found: stripe.Account) -> Connected:
    asks = found.requirements
    return Connected(
        id=found.id,
        country=found.country or "",
        call=_metadata(found, CALL),
        transfers=getattr(found.capabilities, "transfers", "") or "inactive",
        pays_out=bool(found.payouts_enabled),
        submitted=bool(found.details_submitted),
        due=tuple((asks.currently_due or []) if asks else []),
        disabled=(asks.disabled_reason or "") if asks else "",
    )


def _page(found: Any) -> HostedPage:
    return HostedPage(
        id=found.id,
        url=found.url or "",
        status=found.status or "",
        customer=_id(found.customer),
        call=_metadata(found, CALL),
        order=_metadata(found, ORDER),
        setup=_id(found.setup_intent),
        payment=_id(found.payment_intent),
    )


def _card(method: Any) -> SavedCard:
    card = method.card
    return SavedCard(method.id, card.brand, card.last4, f"{card.exp_month:02d}/{card.exp_year}")


def _metadata(thing: Any, name: str) -> str:
    """Its objects are no dicts."""
    return str(getattr(thing.metadata, name, "") or "") if thing.metadata else ""

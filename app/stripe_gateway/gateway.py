"""One account at Stripe, as thin typed functions."""

from datetime import UTC, datetime
from typing import Final

import stripe

from app.settings import Settings
from app.stripe_gateway import reading
from app.stripe_gateway.answers import (
    Connected,
    ConnectPage,
    Disputed,
    HostedPage,
    Paid,
    Returned,
    SavedCard,
    Transferred,
)
from app.stripe_gateway.errors import answers
from app.stripe_gateway.events import TOLERANCE
from app.stripe_gateway.reading import CALL, ORDER
from app.stripe_gateway.units import from_stripe, to_stripe

SECONDS: Final = 20.0
"""Longest wait for an answer."""


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
        with answers():
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
        with answers():
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
            return reading.page(made)

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
        with answers():
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
            return reading.page(made)

    def page(self, session: str) -> HostedPage:
        with answers():
            return reading.page(self.client.v1.checkout.sessions.retrieve(session))

    def close_page(self, session: str) -> None:
        """Nobody can pay there any more. Refused: it is not open."""
        with answers():
            self.client.v1.checkout.sessions.expire(session)

    def saved_card(self, setup: str) -> SavedCard | None:
        """The card of a SetupIntent; None: not saved (yet)."""
        with answers():
            intent = self.client.v1.setup_intents.retrieve(setup, {"expand": ["payment_method"]})
            return reading.card(intent.payment_method) if intent.status == "succeeded" else None

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
        with answers():
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
            return reading.paid(made)

    def payment(self, intent: str) -> Paid:
        with answers():
            return reading.paid(
                self.client.v1.payment_intents.retrieve(
                    intent, {"expand": ["latest_charge.balance_transaction"]}
                )
            )

    def payment_of(self, key: str, *, customer: str, since: datetime) -> Paid | None:
        """What became of a charge whose answer was lost: the customer's payment that carries our key. Lists
        are consistent at once, searches are not (https://docs.stripe.com/search#data-freshness).
        """
        with answers():
            found = self.client.v1.payment_intents.list(
                {
                    "customer": customer,
                    "created": {"gte": int(since.timestamp()) - TOLERANCE},
                    "limit": 100,
                    "expand": ["data.latest_charge.balance_transaction"],
                }
            )
            for each in found.auto_paging_iter():
                if reading.metadata(each, CALL) == key:
                    return reading.paid(each)
        return None

    def take(self, key: str, *, payment: str, amount: int, currency: str) -> Paid:
        """Take at most what is held, once; the rest is let go. Refused: it is held no more."""
        with answers():
            made = self.client.v1.payment_intents.capture(
                payment,
                {
                    "amount_to_capture": to_stripe(amount, currency),
                    "expand": ["latest_charge.balance_transaction"],
                },
                {"idempotency_key": key},
            )
            return reading.paid(made)

    def let_go(self, key: str, *, payment: str) -> Paid:
        """Take nothing of what is held. Refused: it was taken, or let go before."""
        with answers():
            return reading.paid(self.client.v1.payment_intents.cancel(payment, {}, {"idempotency_key": key}))

    def refund(self, key: str, *, payment: str, amount: int, currency: str) -> Returned:
        with answers():
            made = self.client.v1.refunds.create(
                {
                    "payment_intent": payment,
                    "amount": to_stripe(amount, currency),
                    "metadata": {CALL: key},
                    "expand": ["balance_transaction"],
                },
                {"idempotency_key": key},
            )
            return reading.returned(made)

    def refund_of(self, key: str, *, payment: str) -> Returned | None:
        """What became of a refund whose answer was lost."""
        with answers():
            found = self.client.v1.refunds.list(
                {
                    "payment_intent": payment,
                    "limit": 100,
                    "expand": ["data.balance_transaction", "data.failure_balance_transaction"],
                }
            )
            for each in found.auto_paging_iter():
                if reading.metadata(each, CALL) == key:
                    return reading.returned(each)
        return None

    def returned(self, refund: str) -> Returned:
        with answers():
            wished = ["balance_transaction", "failure_balance_transaction"]
            return reading.returned(self.client.v1.refunds.retrieve(refund, {"expand": wished}))

    def transfer(self, key: str, *, account: str, amount: int, currency: str, words: str) -> Transferred:
        """Move money of ours to a connected account
        (https://docs.stripe.com/connect/separate-charges-and-transfers). Refused: not in its country, not
        able to take transfers, or we hold too little.
        """
        with answers():
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
            return reading.transferred(made)

    def transfer_of(self, key: str) -> Transferred | None:
        """What became of a transfer whose answer was lost."""
        with answers():
            found = self.client.v1.transfers.list(
                {"transfer_group": key, "limit": 100, "expand": ["data.balance_transaction"]}
            )
            for each in found.auto_paging_iter():
                if reading.metadata(each, CALL) == key:
                    return reading.transferred(each)
        return None

    def transferred(self, name: str) -> Transferred:
        with answers():
            return reading.transferred(
                self.client.v1.transfers.retrieve(name, {"expand": ["balance_transaction"]})
            )

    def connect(self, key: str, *, country: str, name: str, email: str) -> Connected:
        """Make a connected account that receives transfers; Stripe asks its holder for the details, on its
        own pages (https://docs.stripe.com/connect/design-an-integration). In another country than ours it is
        a recipient of ours alone (https://docs.stripe.com/connect/service-agreement-types). Refused: Stripe
        pays nobody in that country.
        """
        with answers():
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
            return reading.connected(self.client.v1.accounts.create(wanted, {"idempotency_key": key}))

    def connected_by(self, key: str) -> Connected | None:
        """What became of an account whose answer was lost."""
        with answers():
            for each in self.client.v1.accounts.list({"limit": 100}).auto_paging_iter():
                if reading.metadata(each, CALL) == key:
                    return reading.connected(each)
        return None

    def connected(self, account: str) -> Connected:
        with answers():
            return reading.connected(self.client.v1.accounts.retrieve(account))

    def page_to_connect(self, *, account: str, done_url: str, again_url: str) -> ConnectPage:
        """A new one each time. `again_url`: where Stripe sends who comes too late, or a second time."""
        with answers():
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
        with answers():
            found = self.client.v1.disputes.retrieve(name)
            return Disputed(
                id=found.id,
                status=found.status,
                reason=found.reason,
                amount=from_stripe(found.amount, found.currency),
                currency=found.currency.upper(),
                payment=reading.id_of(found.payment_intent),
                answer_by=found.evidence_details.due_by,
                moves=tuple(filter(None, map(reading.moved, found.balance_transactions))),
            )


def gateway(settings: Settings) -> Gateway | None:
    """The account of the settings; None without a key: then all goes by bank transfer."""
    if settings.stripe_key is None:
        return None
    return Gateway(settings.stripe_key.get_secret_value(), address=settings.stripe_address)

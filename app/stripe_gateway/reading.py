"""The library's objects as ours."""

from typing import Any, Final

import stripe

from app.stripe_gateway.answers import Connected, HostedPage, Moved, Paid, Returned, SavedCard, Transferred
from app.stripe_gateway.units import from_stripe

CALL: Final = "fairhaul_call"
ORDER: Final = "fairhaul_order"
"""Keys in the metadata of what we make: our call, and the order it is for."""


def id_of(value: Any) -> str:
    return value if isinstance(value, str) else value.id if value is not None else ""


def moved(found: Any) -> Moved | None:
    """None: there is no move yet, or it was not asked for and only its name came."""
    if found is None or isinstance(found, str):
        return None
    currency = found.currency.upper()
    return Moved(found.id, from_stripe(found.amount, currency), from_stripe(found.fee, currency), currency)


def paid(intent: stripe.PaymentIntent) -> Paid:
    currency, error = intent.currency.upper(), intent.last_payment_error
    return Paid(
        id=intent.id,
        status=intent.status,
        amount=from_stripe(intent.amount, currency),
        received=from_stripe(intent.amount_received or 0, currency),
        currency=currency,
        call=metadata(intent, CALL),
        order=metadata(intent, ORDER),
        code=(getattr(error, "code", "") or "") if error else "",
        decline_code=(getattr(error, "decline_code", "") or "") if error else "",
        moved=moved(getattr(intent.latest_charge, "balance_transaction", None)),
    )


def returned(refund: stripe.Refund) -> Returned:
    currency = refund.currency.upper()
    return Returned(
        id=refund.id,
        status=refund.status or "",
        amount=from_stripe(refund.amount, currency),
        currency=currency,
        call=metadata(refund, CALL),
        moved=moved(refund.balance_transaction),
        back=moved(getattr(refund, "failure_balance_transaction", None)),
    )


def transferred(found: stripe.Transfer) -> Transferred:
    currency = found.currency.upper()
    return Transferred(
        id=found.id,
        amount=from_stripe(found.amount, currency),
        reversed=from_stripe(found.amount_reversed, currency),
        currency=currency,
        call=metadata(found, CALL),
        moved=moved(found.balance_transaction),
    )


def connected(found: stripe.Account) -> Connected:
    asks = found.requirements
    return Connected(
        id=found.id,
        country=found.country or "",
        call=metadata(found, CALL),
        transfers=getattr(found.capabilities, "transfers", "") or "inactive",
        pays_out=bool(found.payouts_enabled),
        submitted=bool(found.details_submitted),
        due=tuple((asks.currently_due or []) if asks else []),
        disabled=(asks.disabled_reason or "") if asks else "",
    )


def page(found: Any) -> HostedPage:
    return HostedPage(
        id=found.id,
        url=found.url or "",
        status=found.status or "",
        customer=id_of(found.customer),
        call=metadata(found, CALL),
        order=metadata(found, ORDER),
        setup=id_of(found.setup_intent),
        payment=id_of(found.payment_intent),
    )


def card(method: Any) -> SavedCard:
    card = method.card
    return SavedCard(method.id, card.brand, card.last4, f"{card.exp_month:02d}/{card.exp_year}")


def metadata(thing: Any, name: str) -> str:
    """Its objects are no dicts."""
    return str(getattr(thing.metadata, name, "") or "") if thing.metadata else ""

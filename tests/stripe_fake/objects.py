"""What Stripe keeps, and the rules by which it changes: no HTTP here."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from tests.stripe_fake.cards import METHODS, NUMBERS
from tests.stripe_fake.wire import Failure, missing, whole

Given = dict[str, Any]
Thing = dict[str, Any]

THREE_DECIMALS: Final = {"bhd", "jod", "kwd", "omr", "tnd"}
WHOLE_ONLY: Final = {"isk", "ugx"}
FEE_PERCENT, FEE_FIXED = 3, 30
DISPUTE_FEE: Final = 1500
OWN_COUNTRY: Final = "NL"
COUNTRIES: Final = {"NL", "DE", "GB", "US", "CA", "CH"}
"""Some of those that can pay each other across borders (https://docs.stripe.com/connect/cross-border-payouts)."""
ASKED: Final = ("external_account", "individual.first_name", "tos_acceptance.date")
LINK_LIVES: Final = 300
REASONS: Final = {"duplicate", "fraudulent", "requested_by_customer"}


@dataclass
class Account:
    """One Stripe account: every object by id, events in the order in which they happened."""

    clock: Callable[[], datetime]
    settles_in: str | None = None  # currency that charges are converted to, at `rate`
    rate: float = 1.0
    things: dict[str, Thing] = field(default_factory=dict)
    events: list[Thing] = field(default_factory=list)

    def add(self, kind: str, prefix: str, **values: Any) -> Thing:
        made: Thing = {
            "id": f"{prefix}_{len(self.things) + 1:06d}",
            "object": kind,
            "created": int(self.clock().timestamp()),
            "livemode": False,
            "metadata": {},
        } | values
        self.things[made["id"]] = made
        return made

    def get(self, kind: str, name: str | None) -> Thing:
        found = self.things.get(name or "")
        if found is None or found["object"] != kind:
            raise missing(name or "")
        return found

    def tell(self, kind: str, thing: Thing) -> None:
        """An event with the object as it is now (https://docs.stripe.com/api/events)."""
        event = {
            "id": f"evt_{len(self.events) + 1:06d}",
            "object": "event",
            "type": kind,
            "created": int(self.clock().timestamp()),
            "livemode": False,
            "data": {"object": dict(thing)},
        }
        self.events.append(event)

    # --- customers and cards

    def customer(self, given: Given) -> Thing:
        made = self.add(
            "customer", "cus", name=given.get("name"), email=given.get("email"), metadata=_meta(given)
        )
        self.tell("customer.created", made)
        return made

    def payment_method(self, given: Given) -> Thing:
        number = given.get("card", {}).get("number", "")
        return self._method(number)

    def _method(self, number: str) -> Thing:
        card = NUMBERS.get(number.replace(" ", ""))
        if card is None:
            raise Failure("Your card number is incorrect.", 402, "card_error", "incorrect_number")
        return self.add(
            "payment_method",
            "pm",
            type="card",
            customer=None,
            card={"brand": card.brand, "last4": number[-4:], "exp_month": 12, "exp_year": 2034},
            number=number.replace(" ", ""),
            off_session_ready=False,
        )

    def method(self, name: str | None) -> Thing:
        if name in METHODS:
            return self._method(METHODS[name])
        return self.get("payment_method", name)

    def attach(self, method: Thing, customer: str) -> Thing:
        """Cards that decline cannot be attached (https://docs.stripe.com/testing#declined-payments)."""
        self.get("customer", customer)
        declines = NUMBERS[method["number"]].declines
        if declines:
            raise _declined(*declines)
        method["customer"] = customer
        self.tell("payment_method.attached", method)
        return method

    # --- setting up (https://docs.stripe.com/payments/setup-intents)

    def setup_intent(self, given: Given) -> Thing:
        usage = given.get("usage", "off_session")
        if usage not in {"off_session", "on_session"}:
            raise Failure("Invalid usage")
        made = self.add(
            "setup_intent",
            "seti",
            customer=given.get("customer"),
            usage=usage,
            status="requires_payment_method",
            payment_method=None,
            last_setup_error=None,
            metadata=_meta(given),
        )
        self.tell("setup_intent.created", made)
        if given.get("confirm") == "true":
            self.set_up(made, self.method(given.get("payment_method")), authenticated=False)
        return made

    def set_up(self, intent: Thing, method: Thing, *, authenticated: bool) -> None:
        """Succeeded attaches the card to the customer; the bank may want the holder first."""
        card = NUMBERS[method["number"]]
        if card.declines:
            intent["last_setup_error"] = {"code": card.declines[0], "decline_code": card.declines[1]}
            self.tell("setup_intent.setup_failed", intent)
            raise _declined(*card.declines, intent=intent)
        intent["payment_method"] = method["id"]
        if (card.always or card.set_up) and not authenticated:
            intent["status"] = "requires_action"
            self.tell("setup_intent.requires_action", intent)
            return
        method["off_session_ready"] = intent["usage"] == "off_session"
        if intent["customer"]:
            method["customer"] = intent["customer"]
        intent["status"] = "succeeded"
        self.tell("setup_intent.succeeded", intent)

    # --- paying (https://docs.stripe.com/payments/paymentintents/lifecycle)

    def payment_intent(self, given: Given) -> Thing:
        amount, currency = whole(given, "amount"), given.get("currency", "")
        _check_amount(amount, currency)
        if given.get("off_session") == "true" and given.get("confirm") != "true":
            raise Failure("off_session can only be set with confirm=true")
        made = self.add(
            "payment_intent",
            "pi",
            amount=amount,
            amount_received=0,
            amount_capturable=0,
            currency=currency,
            customer=given.get("customer"),
            payment_method=None,
            status="requires_payment_method",
            capture_method=given.get("capture_method", "automatic"),
            last_payment_error=None,
            latest_charge=None,
            metadata=_meta(given),
            description=given.get("description"),
        )
        if made["customer"]:
            self.get("customer", made["customer"])
        self.tell("payment_intent.created", made)
        if given.get("payment_method"):
            made["payment_method"] = self.method(given["payment_method"])["id"]
            made["status"] = "requires_confirmation"
        if given.get("confirm") == "true":
            self.confirm(made, given)
        return made

    def confirm(self, intent: Thing, given: Given, *, authenticated: bool = False) -> Thing:
        """Pay. Off session, what the bank wants authenticated fails with `authentication_required`
        (https://docs.stripe.com/payments/save-and-reuse#charge-saved-payment-method); on session it becomes
        `requires_action`. A decline leaves `requires_payment_method`.
        """
        if intent["status"] not in {"requires_payment_method", "requires_confirmation", "requires_action"}:
            raise _unexpected(intent)
        method = self.method(given.get("payment_method") or intent["payment_method"])
        if method["customer"] and method["customer"] != intent["customer"]:
            raise Failure("The payment method belongs to another customer.")
        intent["payment_method"] = method["id"]
        off_session = given.get("off_session") == "true"
        card = NUMBERS[method["number"]]
        refused = card.declines or (card.later if authenticated or not card.always else None)
        wants = card.always or (card.set_up and not (off_session and method["off_session_ready"]))
        if wants and not authenticated and not card.declines:
            if not off_session:
                intent["status"] = "requires_action"
                self.tell("payment_intent.requires_action", intent)
                return intent
            refused = ("authentication_required", "authentication_required")
        if refused:
            charge = self._charge(intent, method["number"], paid=False)
            intent["status"], intent["latest_charge"] = "requires_payment_method", charge["id"]
            intent["last_payment_error"] = {"code": refused[0], "decline_code": refused[1]}
            intent["payment_method"] = None
            self.tell("payment_intent.payment_failed", intent)
            raise _declined(*refused, intent=intent)
        intent["last_payment_error"] = None
        charge = self._charge(intent, method["number"], paid=True)
        intent["latest_charge"] = charge["id"]
        if intent["capture_method"] == "manual":
            intent["status"], intent["amount_capturable"] = "requires_capture", intent["amount"]
            self.tell("payment_intent.amount_capturable_updated", intent)
        else:
            self._take(intent, charge, intent["amount"])
        return intent

    def capture(self, intent: Thing, given: Given) -> Thing:
        """Once, at most what is held; the rest is let go
        (https://docs.stripe.com/payments/place-a-hold-on-a-payment-method).
        """
        if intent["status"] != "requires_capture":
            raise _unexpected(intent)
        amount = whole(given, "amount_to_capture") if "amount_to_capture" in given else intent["amount"]
        if not 0 < amount <= intent["amount_capturable"]:
            raise Failure("The amount is above what can be captured.", code="amount_too_large")
        intent["amount_capturable"] = 0
        self._take(intent, self.things[intent["latest_charge"]], amount)
        return intent

    def cancel(self, intent: Thing) -> Thing:
        """What is held is let go; a bank does so itself when its days are over
        (https://docs.stripe.com/payments/place-a-hold-on-a-payment-method).
        """
        if intent["status"] in {"succeeded", "canceled", "processing"}:
            raise _unexpected(intent)
        intent["status"], intent["amount_capturable"] = "canceled", 0
        self.tell("payment_intent.canceled", intent)
        return intent

    def _charge(self, intent: Thing, number: str, *, paid: bool) -> Thing:
        return self.add(
            "charge",
            "ch",
            amount=intent["amount"],
            amount_captured=0,
            amount_refunded=0,
            currency=intent["currency"],
            customer=intent["customer"],
            payment_intent=intent["id"],
            paid=paid,
            captured=False,
            refunded=False,
            disputed=False,
            status="succeeded" if paid else "failed",
            balance_transaction=None,
            number=number,
        )

    def _take(self, intent: Thing, charge: Thing, amount: int) -> None:
        charge["captured"], charge["amount_captured"] = True, amount
        charge["balance_transaction"] = self._moved(charge, amount, fee=True)["id"]
        intent["status"], intent["amount_received"] = "succeeded", amount
        self.tell("charge.succeeded", charge)
        self.tell("payment_intent.succeeded", intent)

    def _moved(self, source: Thing, amount: int, *, fee: bool = False, fixed: int = 0) -> Thing:
        """A change of the balance, in the currency of settlement: net = amount - fee
        (https://docs.stripe.com/api/balance_transactions/object).
        """
        currency, settled = source["currency"], amount
        if self.settles_in and self.settles_in != currency:
            settled, currency = round(amount * self.rate), self.settles_in
        costs = (settled * FEE_PERCENT // 100 + FEE_FIXED if fee else 0) + fixed
        step = 100 if currency in WHOLE_ONLY else 10 if currency in THREE_DECIMALS else 1
        costs -= costs % step
        return self.add(
            "balance_transaction",
            "txn",
            amount=settled,
            fee=costs,
            net=settled - costs,
            currency=currency,
            source=source["id"],
        )

    # --- giving back, passing on, disputing

    def refund(self, given: Given) -> Thing:
        """Never above what was captured, in one or several (https://docs.stripe.com/refunds)."""
        name = given.get("charge") or self.get("payment_intent", given.get("payment_intent"))["latest_charge"]
        charge = self.get("charge", name)
        if not charge["captured"]:
            raise Failure("This charge was not captured.", code="charge_not_refundable")
        left = charge["amount_captured"] - charge["amount_refunded"]
        if charge["disputed"]:
            raise Failure("This charge was charged back.", code="charge_disputed")
        if left == 0:
            raise Failure("Charge has already been refunded.", code="charge_already_refunded")
        amount = whole(given, "amount") if "amount" in given else left
        if not 0 < amount <= left:
            raise Failure(f"Refund amount ({amount}) is greater than unrefunded amount on charge ({left})")
        if given.get("reason") not in {None, *REASONS}:
            raise Failure("Invalid reason")
        charge["amount_refunded"] += amount
        charge["refunded"] = charge["amount_refunded"] == charge["amount_captured"]
        made = self.add(
            "refund",
            "re",
            amount=amount,
            currency=charge["currency"],
            charge=charge["id"],
            payment_intent=charge["payment_intent"],
            status="succeeded",
            failure_balance_transaction=None,
            failure_reason=None,
            metadata=_meta(given),
        )
        made["balance_transaction"] = self._moved(made, -amount)["id"]
        self.tell("refund.created", made)
        self.tell("charge.refunded", charge)
        return made

    def fail_refunds(self) -> int:
        """The time comes at which refunds to cards of that kind fail: the bank gives the money back, and it
        is in the balance again (https://docs.stripe.com/refunds#failed-refunds). How many.
        """
        failed = 0
        for refund in [each for each in self.things.values() if each["object"] == "refund"]:
            charge = self.things[refund["charge"]]
            if refund["status"] != "succeeded" or not NUMBERS[charge["number"]].refunds_fail:
                continue
            refund["status"], refund["failure_reason"] = "failed", "expired_or_canceled_card"
            refund["failure_balance_transaction"] = self._moved(refund, refund["amount"])["id"]
            charge["amount_refunded"] -= refund["amount"]
            charge["refunded"] = False
            self.tell("refund.failed", refund)
            failed += 1
        return failed

    def transfer(self, given: Given) -> Thing:
        """To a connected account (https://docs.stripe.com/connect/separate-charges-and-transfers), never
        above the balance (https://docs.stripe.com/error-codes#balance-insufficient).
        """
        amount, currency = whole(given, "amount"), given.get("currency", "")
        _check_amount(amount, currency)
        to = self.things.get(str(given.get("destination", "")))
        if not str(given.get("destination", "")).startswith("acct_"):
            raise Failure("No such destination", code="resource_missing")
        if to and to["capabilities"]["transfers"] != "active":
            raise Failure(
                "Your destination account needs to have at least one of the following capabilities enabled: "
                "transfers",
                code="insufficient_capabilities_for_transfer",
            )
        held = sum(
            each["net"]
            for each in self.things.values()
            if each["object"] == "balance_transaction" and each["currency"] == currency
        )
        if amount > held:
            raise Failure("Insufficient funds in Stripe account.", code="balance_insufficient")
        made = self.add(
            "transfer",
            "tr",
            amount=amount,
            currency=currency,
            amount_reversed=0,
            destination=given["destination"],
            transfer_group=given.get("transfer_group"),
            reversed=False,
            metadata=_meta(given),
        )
        made["balance_transaction"] = self._moved(made, -amount)["id"]
        self.tell("transfer.created", made)
        return made

    # --- connected accounts (https://docs.stripe.com/connect/accounts)

    def connected(self, given: Given) -> Thing:
        """Restricted until its holder has given what is asked for
        (https://docs.stripe.com/connect/handling-api-verification). In another country than the platform's it
        is a recipient (https://docs.stripe.com/connect/service-agreement-types).
        """
        country = given.get("country", OWN_COUNTRY)
        if country not in COUNTRIES:
            raise Failure(f"{country} is not currently supported by Stripe.", code="country_unsupported")
        if country != OWN_COUNTRY and given.get("tos_acceptance", {}).get("service_agreement") != "recipient":
            raise Failure("Cross-border transfers need the recipient service agreement.")
        if given.get("capabilities", {}).get("transfers", {}).get("requested") != "true":
            raise Failure("This fake knows accounts that receive transfers only.")
        return self.add(
            "account",
            "acct",
            country=country,
            email=given.get("email"),
            controller=given.get("controller", {}),
            capabilities={"transfers": "inactive"},
            details_submitted=False,
            charges_enabled=False,
            payouts_enabled=False,
            requirements={"currently_due": list(ASKED), "disabled_reason": "requirements.past_due"},
            metadata=_meta(given),
        )

    def account_link(self, given: Given, address: str) -> Thing:
        """For one visit within minutes (https://docs.stripe.com/api/account_links)."""
        account = self.get("account", given.get("account"))
        if given.get("type") != "account_onboarding" or not (
            given.get("return_url") and given.get("refresh_url")
        ):
            raise Failure("Missing required param: return_url.", code="parameter_missing")
        made = self.add("account_link", "link", account=account["id"], used=False, given=given)
        made["expires_at"] = made["created"] + LINK_LIVES
        made["url"] = f"{address}/setup/{made['id']}"
        return made

    def visit(self, link: Thing) -> str:
        """Where somebody is sent on who comes too late, or a second time; else empty."""
        if link["used"] or link["expires_at"] <= self.clock().timestamp():
            return str(link["given"]["refresh_url"])
        link["used"] = True
        return ""

    def enter(self, link: Thing, missing: list[str]) -> str:
        """The holder enters details and goes back; Stripe looks at them when nothing is missing."""
        account = self.get("account", link["account"])
        account["details_submitted"] = True
        account["capabilities"] = {"transfers": "inactive" if missing else "pending"}
        account["requirements"] = {
            "currently_due": missing,
            "disabled_reason": "requirements.past_due" if missing else "requirements.pending_verification",
        }
        self.tell("account.updated", account)
        return str(link["given"]["return_url"])

    def judge(self, account: Thing, *, asks: list[str] | None = None, rejects: bool = False) -> None:
        """Stripe has looked: it can be paid to, asks for more, or rejects it."""
        good = not (asks or rejects)
        account["capabilities"] = {"transfers": "active" if good else "inactive"}
        account["payouts_enabled"] = good
        reason = "rejected.fraud" if rejects else "requirements.past_due" if asks else None
        account["requirements"] = {"currently_due": asks or [], "disabled_reason": reason}
        self.tell("account.updated", account)

    def take_back(self, transfer: Thing, amount: int) -> None:
        """Of a transfer (https://docs.stripe.com/api/transfer_reversals): `reversed` once all of it is."""
        transfer["amount_reversed"] += amount
        transfer["reversed"] = transfer["amount_reversed"] == transfer["amount"]
        self._moved(transfer, amount)
        self.tell("transfer.reversed", transfer)

    def dispute(self, charge_id: str, reason: str = "fraudulent") -> Thing:
        """A bank takes a payment back, with a fee (https://docs.stripe.com/disputes/how-disputes-work)."""
        charge = self.get("charge", charge_id)
        charge["disputed"] = True
        made = self.add(
            "dispute",
            "du",
            amount=charge["amount_captured"],
            currency=charge["currency"],
            charge=charge["id"],
            payment_intent=charge["payment_intent"],
            reason=reason,
            status="needs_response",
            evidence_details={"due_by": int(self.clock().timestamp()) + 7 * 86400},
            balance_transactions=[],
        )
        taken = self._moved(made, -made["amount"], fixed=DISPUTE_FEE)
        made["balance_transactions"] = [taken]
        self.tell("charge.dispute.created", made)
        return made

    def close_dispute(self, dispute: Thing, *, won: bool) -> Thing:
        dispute["status"] = "won" if won else "lost"
        if won:
            self.things[dispute["charge"]]["disputed"] = False
            back = self._moved(dispute, dispute["amount"])
            dispute["balance_transactions"] = [*dispute["balance_transactions"], back]
        self.tell("charge.dispute.closed", dispute)
        return dispute

    # --- hosted pages (https://docs.stripe.com/payments/checkout/how-checkout-works)

    def session(self, given: Given, address: str) -> Thing:
        """In setup mode it saves a card for later, in payment mode it also takes money; it lives for 24 h
        (https://docs.stripe.com/api/checkout/sessions/create).
        """
        mode = given.get("mode")
        if mode not in {"setup", "payment"}:
            raise Failure("Invalid mode")
        if not given.get("success_url"):
            raise Failure("Missing required param: success_url.", code="parameter_missing")
        items = [item["price_data"] | item for item in given.get("line_items", {}).values()]
        total = sum(whole(item, "unit_amount") * whole(item, "quantity") for item in items)
        currency = items[0]["currency"] if items else given.get("currency")
        if mode == "payment":
            _check_amount(total, currency or "")
        elif not currency and not given.get("allowed_payment_method_types"):
            raise Failure("Missing required param: currency.", code="parameter_missing")
        made = self.add(
            "checkout.session",
            "cs_test",
            mode=mode,
            status="open",
            payment_status="no_payment_required" if mode == "setup" else "unpaid",
            customer=given.get("customer"),
            success_url=given["success_url"],
            cancel_url=given.get("cancel_url"),
            setup_intent=None,
            payment_intent=None,
            amount_total=total if mode == "payment" else None,
            currency=currency,
            expires_at=int(self.clock().timestamp()) + 86400,
            metadata=_meta(given),
            intent_data=given.get("payment_intent_data") or given.get("setup_intent_data") or {},
        )
        made["url"] = f"{address}/c/pay/{made['id']}"
        if mode == "setup":
            wanted = {"customer": made["customer"], "usage": "off_session"} | made["intent_data"]
            made["setup_intent"] = self.setup_intent(wanted)["id"]
        return made

    def open_session(self, name: str) -> Thing:
        found = self.get("checkout.session", name)
        if found["status"] == "open" and found["expires_at"] <= self.clock().timestamp():
            found["status"] = "expired"
            self.tell("checkout.session.expired", found)
        return found

    def play_session(self, session: Thing, number: str, *, authenticated: bool) -> bool:
        """What a person does on the hosted page: True, done; False, the bank asks for authentication.
        Failure: the card is declined, and the page stays open.
        """
        if session["status"] != "open":
            raise Failure("This page is closed.")
        method = self._method(number)
        if session["mode"] == "setup":
            intent = self.things[session["setup_intent"]]
            self.set_up(intent, method, authenticated=authenticated)
        else:
            intent = self._session_payment(session)
            self.confirm(intent, {"payment_method": method["id"]}, authenticated=authenticated)
        if intent["status"] == "requires_action":
            return False
        session["status"] = "complete"
        if session["mode"] == "payment":
            session["payment_status"] = "paid" if intent["status"] == "succeeded" else "unpaid"
            future = session["intent_data"].get("setup_future_usage") == "off_session"
            method["off_session_ready"] = future
            method["customer"] = session["customer"] if future else None
        self.tell("checkout.session.completed", session)
        return True

    def _session_payment(self, session: Thing) -> Thing:
        """Its PaymentIntent is made when the person confirms."""
        if session["payment_intent"] is None:
            wanted = session["intent_data"] | {
                "amount": str(session["amount_total"]),
                "currency": session["currency"],
                "customer": session["customer"],
            }
            session["payment_intent"] = self.payment_intent(wanted)["id"]
        return self.things[session["payment_intent"]]

    def expire(self, session: Thing) -> Thing:
        """https://docs.stripe.com/api/checkout/sessions/expire: open ones alone."""
        if session["status"] != "open":
            raise Failure("Only Checkout Sessions with a status in [open] can be expired.")
        session["status"] = "expired"
        self.tell("checkout.session.expired", session)
        return session


def _meta(given: Given) -> dict[str, str]:
    return dict(given.get("metadata", {}))


def _check_amount(amount: int, currency: str) -> None:
    """https://docs.stripe.com/currencies#three-decimal: the last figure is 0;
    https://docs.stripe.com/currencies#special-cases: ISK and UGX are whole, as if of two decimals.
    """
    if len(currency) != 3 or currency != currency.lower():
        raise Failure(f"Invalid currency: {currency}")
    if amount < 1:
        raise Failure("This value must be greater than or equal to 1.", code="parameter_invalid_integer")
    if (currency in THREE_DECIMALS and amount % 10) or (currency in WHOLE_ONLY and amount % 100):
        raise Failure(f"Invalid amount for {currency}")


def _declined(code: str, decline_code: str, intent: Thing | None = None) -> Failure:
    return Failure(
        "Your card was declined.", 402, "card_error", code, decline_code, dict(intent) if intent else None
    )


def _unexpected(intent: Thing) -> Failure:
    return Failure(
        f"This PaymentIntent's status is {intent['status']}.", code="payment_intent_unexpected_state"
    )

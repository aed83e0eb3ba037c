"""The fake behaves as Stripe's documentation says, seen through the real SDK and our gateway."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import httpx
import pytest
import stripe
from hypothesis import given, settings
from hypothesis import strategies as st

from app.language import digits
from app.stripe_gateway import (
    Forged,
    Gateway,
    NotPayable,
    Refused,
    Unknown,
    from_stripe,
    read_event,
    to_stripe,
)
from tests.stripe_fake import StripeFake, signature

NOON = datetime(2026, 1, 5, 12, tzinfo=UTC)


class Turned:
    now = NOON

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def turned() -> Turned:
    return Turned()


@pytest.fixture
def fake(turned: Turned) -> Iterator[StripeFake]:
    with StripeFake(clock=turned).running() as running:
        yield running


@pytest.fixture
def gateway(fake: StripeFake) -> Gateway:
    return Gateway(fake.key, address=fake.address)


@pytest.fixture
def sdk(fake: StripeFake) -> stripe.StripeClient:
    return stripe.StripeClient(fake.key, base_addresses={"api": fake.address}, max_network_retries=0)


def save(gateway: Gateway, number: str, *, bank: bool = False, name: str = "c") -> tuple[str, str]:
    """A customer and the card that was saved on the hosted page."""
    customer = gateway.create_customer(f"{name}-{number}", name="Test shop", email="shop@example.org")
    page = gateway.page_to_save_card(
        f"p-{name}-{number}",
        customer=customer,
        currency="USD",
        done_url="http://127.0.0.1/done",
        back_url="http://127.0.0.1/back",
    )
    play(page.url, number, bank=bank)
    card = gateway.saved_card(gateway.page(page.id).setup)
    assert card is not None
    return customer, card.method


def play(url: str, number: str, *, bank: bool = False) -> httpx.Response:
    return httpx.post(url, data={"number": number} | ({"bank": "yes"} if bank else {}))


def charge(
    gateway: Gateway, key: str, customer: str, method: str, amount: int = 5000, currency: str = "USD"
) -> str:
    return gateway.charge(
        key,
        customer=customer,
        method=method,
        amount=amount,
        currency=currency,
        order="O-1",
        words="Order O-1",
    ).id


def test_a_saved_card_is_charged_while_its_holder_is_away(gateway: Gateway, fake: StripeFake) -> None:
    customer, method = save(gateway, "4242424242424242")
    paid = gateway.payment(charge(gateway, "k", customer, method))
    assert paid.succeeded
    assert (paid.received, paid.currency, paid.call, paid.order) == (5000, "USD", "k", "O-1")
    assert paid.moved is not None
    assert (paid.moved.amount, paid.moved.fee, paid.moved.net) == (5000, 180, 4820)


@pytest.mark.parametrize(
    ("number", "decline"),
    [("4000000000000341", "generic_decline"), ("4000002760003184", "authentication_required")],
)
def test_cards_that_are_saved_and_then_refused(gateway: Gateway, number: str, decline: str) -> None:
    customer, method = save(gateway, number, bank=True)
    with pytest.raises(Refused) as refusal:
        charge(gateway, "k", customer, method)
    assert refusal.value.decline_code == decline
    assert gateway.payment(refusal.value.payment).status == "requires_payment_method"


def test_the_bank_asks_when_a_card_is_saved_and_never_again(gateway: Gateway) -> None:
    customer = gateway.create_customer("c", name="Test shop", email="shop@example.org")
    page = gateway.page_to_save_card(
        "p", customer=customer, currency="USD", done_url="http://x/", back_url=""
    )
    assert play(page.url, "4000002500003155").status_code == 200
    assert gateway.page(page.id).status == "open"
    assert gateway.saved_card(gateway.page(page.id).setup) is None
    assert play(page.url, "4000002500003155", bank=True).status_code == 303
    card = gateway.saved_card(gateway.page(page.id).setup)
    assert card is not None
    assert card.last4 == "3155"
    assert gateway.payment(charge(gateway, "k", customer, card.method)).succeeded


def test_declined_cards_cannot_be_saved(gateway: Gateway) -> None:
    customer = gateway.create_customer("c", name="Test shop", email="shop@example.org")
    page = gateway.page_to_save_card(
        "p", customer=customer, currency="USD", done_url="http://x/", back_url=""
    )
    reply = play(page.url, "4000000000009995")
    assert "declined" in reply.text
    assert gateway.page(page.id).status == "open"


def test_the_page_to_pay_asks_for_authentication(gateway: Gateway) -> None:
    customer, _method = save(gateway, "4000002760003184", bank=True)
    page = gateway.page_to_pay(
        "pay",
        customer=customer,
        amount=5000,
        currency="USD",
        order="O-1",
        words="Order O-1",
        done_url="http://x/",
        back_url="http://x/",
    )
    assert play(page.url, "4000002760003184").status_code == 200
    assert gateway.payment(gateway.page(page.id).payment).status == "requires_action"
    assert play(page.url, "4000002760003184", bank=True).status_code == 303
    assert gateway.payment(gateway.page(page.id).payment).succeeded
    with pytest.raises(Refused):
        gateway.close_page(page.id)


def test_a_hosted_page_lives_for_a_day(gateway: Gateway, turned: Turned) -> None:
    customer = gateway.create_customer("c", name="Test shop", email="shop@example.org")
    page = gateway.page_to_save_card(
        "p", customer=customer, currency="USD", done_url="http://x/", back_url=""
    )
    turned.now += timedelta(hours=25)
    assert gateway.page(page.id).status == "expired"


def test_a_key_gives_the_first_reply_and_refuses_another_body(
    gateway: Gateway, fake: StripeFake, turned: Turned, sdk: stripe.StripeClient
) -> None:
    customer, method = save(gateway, "4242424242424242")
    first = charge(gateway, "k", customer, method)
    assert charge(gateway, "k", customer, method) == first
    with pytest.raises(Refused, match="same parameters"):
        charge(gateway, "k", customer, method, amount=1)
    with pytest.raises(stripe.IdempotencyError) as refusal:
        sdk.v1.refunds.create({"payment_intent": first}, {"idempotency_key": "k"})
    assert refusal.value.http_status == 400
    turned.now += timedelta(hours=25)
    assert (
        charge(gateway, "k", customer, method) != first
    )  # the key is forgotten: who asks first, does not pay


@pytest.mark.parametrize(
    ("kind", "done"), [("lost", True), ("unheard", False), ("500", False), ("500 after", True)]
)
def test_an_answer_that_does_not_come_is_asked_for(
    gateway: Gateway, fake: StripeFake, kind: str, done: bool
) -> None:
    customer, method = save(gateway, "4242424242424242")
    fake.fail_next("/payment_intents", kind)
    with pytest.raises(Unknown):
        charge(gateway, "k", customer, method)
    found = gateway.payment_of("k", customer=customer, since=NOON)
    assert (found is not None and found.succeeded) == done
    if kind.startswith("500"):
        with pytest.raises(Unknown):
            charge(gateway, "k", customer, method)  # the stored 500
    else:
        charge(gateway, "k", customer, method)
    assert len(fake.all("payment_intent")) == (0 if kind == "500" else 1)


def test_refunds_never_exceed_what_was_captured(gateway: Gateway, fake: StripeFake) -> None:
    customer, method = save(gateway, "4242424242424242")
    intent = charge(gateway, "k", customer, method)
    gateway.refund("r1", payment=intent, amount=2000, currency="USD")
    with pytest.raises(Refused, match="greater than"):
        gateway.refund("r2", payment=intent, amount=3001, currency="USD")
    back = gateway.refund("r3", payment=intent, amount=3000, currency="USD")
    assert back.moved is not None
    assert back.moved.net == -3000
    assert gateway.refund_of("r3", payment=intent) == back
    assert gateway.refund_of("r4", payment=intent) is None
    with pytest.raises(Refused) as refusal:
        gateway.refund("r5", payment=intent, amount=1, currency="USD")
    assert refusal.value.code == "charge_already_refunded"


def test_a_refund_may_fail_days_after_it_succeeded(gateway: Gateway, fake: StripeFake) -> None:
    customer, method = save(gateway, "4000000000005126")
    intent = charge(gateway, "k", customer, method)
    made = gateway.refund("r1", payment=intent, amount=2000, currency="USD")
    assert (made.status, made.back) == ("succeeded", None)
    assert fake.account.fail_refunds() == 1
    assert fake.account.fail_refunds() == 0
    assert fake.account.events[-1]["type"] == "refund.failed"
    failed = gateway.returned(made.id)
    assert failed.status == "failed"
    assert failed.moved is not None
    assert failed.back is not None
    assert failed.moved.net + failed.back.net == 0
    assert gateway.refund("r2", payment=intent, amount=5000, currency="USD").amount == 5000


def test_manual_capture(gateway: Gateway, sdk: stripe.StripeClient, fake: StripeFake) -> None:
    customer, method = save(gateway, "4242424242424242")
    held = sdk.v1.payment_intents.create(
        {
            "amount": 5000,
            "currency": "usd",
            "customer": customer,
            "payment_method": method,
            "confirm": True,
            "capture_method": "manual",
        }
    )
    assert (held.status, held.amount_capturable) == ("requires_capture", 5000)
    with pytest.raises(stripe.InvalidRequestError):
        sdk.v1.refunds.create({"payment_intent": held.id})
    with pytest.raises(stripe.InvalidRequestError):
        sdk.v1.payment_intents.capture(held.id, {"amount_to_capture": 5001})
    taken = sdk.v1.payment_intents.capture(held.id, {"amount_to_capture": 4000})
    assert (taken.status, taken.amount_received) == ("succeeded", 4000)
    with pytest.raises(stripe.InvalidRequestError):
        sdk.v1.refunds.create({"payment_intent": held.id, "amount": 4001})
    with pytest.raises(stripe.InvalidRequestError):
        sdk.v1.payment_intents.cancel(held.id)


@pytest.mark.parametrize(
    ("currency", "held", "taken"),
    [("USD", 5000, 4999), ("JPY", 5000, 4999), ("KWD", 51200, 51190), ("UGX", 50, 49)],
)
def test_of_what_is_held_a_part_is_taken_once(
    gateway: Gateway, fake: StripeFake, currency: str, held: int, taken: int
) -> None:
    customer, method = save(gateway, "4242424242424242")

    def hold(key: str) -> str:
        found = gateway.charge(
            key,
            customer=customer,
            method=method,
            amount=held,
            currency=currency,
            order="O-1",
            words="Order O-1",
            hold=True,
        )
        assert (found.held, found.received, found.moved) == (True, 0, None)
        return found.id

    first, second = hold("a"), hold("b")
    with pytest.raises(Refused):
        gateway.take("more", payment=first, amount=held + 10, currency=currency)
    paid = gateway.take("t", payment=first, amount=taken, currency=currency)
    assert (paid.succeeded, paid.received, paid.moved and paid.moved.amount) == (True, taken, taken)
    assert gateway.take("t", payment=first, amount=taken, currency=currency).received == taken
    for again in ("t2", "t3"):
        with pytest.raises(Refused):
            gateway.take(again, payment=first, amount=10, currency=currency)
    assert gateway.let_go("l", payment=second).let_go
    with pytest.raises(Refused):
        gateway.let_go("l2", payment=first)
    with pytest.raises(Refused):
        gateway.take("t4", payment=second, amount=taken, currency=currency)
    if currency == "KWD":
        with pytest.raises(NotPayable):
            gateway.take("t5", payment=hold("c"), amount=51195, currency=currency)


def test_transfers_need_a_balance(gateway: Gateway, sdk: stripe.StripeClient) -> None:
    customer, method = save(gateway, "4242424242424242")
    charge(gateway, "k", customer, method)
    with pytest.raises(stripe.InvalidRequestError, match="Insufficient"):
        sdk.v1.transfers.create({"amount": 4821, "currency": "usd", "destination": "acct_1"})
    assert (
        sdk.v1.transfers.create({"amount": 4820, "currency": "usd", "destination": "acct_1"}).amount == 4820
    )


def test_disputes_take_the_money_and_give_it_back_when_won(gateway: Gateway, fake: StripeFake) -> None:
    customer, method = save(gateway, "4242424242424242")
    intent = charge(gateway, "k", customer, method)
    opened = fake.account.dispute(fake.all("charge")[0]["id"])
    seen = gateway.dispute(opened["id"])
    assert (seen.status, seen.payment, [each.net for each in seen.moves]) == (
        "needs_response",
        intent,
        [-6500],
    )
    with pytest.raises(Refused):
        gateway.refund("r", payment=intent, amount=1, currency="USD")
    fake.account.close_dispute(opened, won=True)
    assert [each.net for each in gateway.dispute(opened["id"]).moves] == [-6500, 5000]


def test_events_are_listed_and_signed(sdk: stripe.StripeClient, gateway: Gateway, fake: StripeFake) -> None:
    gateway.create_customer("c", name="Test shop", email="shop@example.org")
    (event,) = sdk.v1.events.list().data
    assert event.type == "customer.created"
    payload = b'{"id":"evt_1","type":"customer.created","data":{"object":{"id":"cus_1"}}}'
    good = signature(payload, "whsec_1", NOON)
    assert read_event(payload, good, secret="whsec_1", now=NOON).object_id == "cus_1"
    for wrong in (
        (payload + b" ", good, "whsec_1", NOON),
        (payload, good, "whsec_2", NOON),
        (payload, "", "whsec_1", NOON),
        (payload, "t=1", "whsec_1", NOON),
        (payload, good, "whsec_1", NOON + timedelta(minutes=6)),
        (payload, good.replace("t=", "t=1"), "whsec_1", NOON),
        (b"\xff", signature(b"\xff", "whsec_1", NOON), "whsec_1", NOON),
        (b"[]", signature(b"[]", "whsec_1", NOON), "whsec_1", NOON),
    ):
        with pytest.raises(Forged):
            read_event(wrong[0], wrong[1], secret=wrong[2], now=wrong[3])


def test_a_wrong_key_is_known_to_have_done_nothing_only_by_people(fake: StripeFake) -> None:
    with pytest.raises(Unknown):
        Gateway("sk_test_wrong", address=fake.address).create_customer("c", name="x", email="x@example.org")


@given(
    minor=st.integers(1, 10**11),
    currency=st.sampled_from(["USD", "EUR", "JPY", "VND", "UGX", "ISK", "KWD", "BHD", "MGA", "HUF"]),
)
@settings(max_examples=200)
def test_amounts_keep_their_value_or_are_not_payable(minor: int, currency: str) -> None:
    try:
        theirs = to_stripe(minor, currency)
    except NotPayable:
        assert minor % 10 or digits(currency) < 3
        assert currency in {"KWD", "BHD", "MGA"}
        return
    assert from_stripe(theirs, currency.lower()) == minor
    if currency in {"KWD", "BHD"}:
        assert theirs % 10 == 0
    if currency in {"UGX", "ISK"}:
        assert theirs == minor * 100


def test_amounts_that_stripe_writes_differently(gateway: Gateway, fake: StripeFake) -> None:
    customer, method = save(gateway, "4242424242424242")
    for currency, minor, theirs in (("JPY", 1050, 1050), ("KWD", 5120, 5120), ("UGX", 7, 700)):
        paid = gateway.payment(charge(gateway, currency, customer, method, minor, currency))
        assert (paid.received, fake.all("payment_intent")[-1]["amount"]) == (minor, theirs)
    with pytest.raises(NotPayable):
        charge(gateway, "k", customer, method, 5121, "KWD")

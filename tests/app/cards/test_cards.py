"""Charges by card: nothing lost, nothing twice, whatever Stripe, a bank or a worker does."""

import json
import random
from datetime import timedelta

import pytest
from sqlalchemy import func, select, text

from app.cards import asking
from app.cards.models import Card, CardCall, CardDispute, CardPaymentState, Purpose, StripeEvent
from app.ledger.models import Account, AccountKind, Payment, Payout
from app.mail import Mail
from app.organisations.models import Organisation
from app.settings import Settings
from app.stripe_gateway import Gateway
from app.trade import service as trade
from app.trade.models import OrderState, PoolState
from app.trade.numbers import printed
from tests.app.cards.conftest import ALWAYS, FAILS, GOOD, NO_REFUNDS, SECRET, SET_UP, Till
from tests.stripe_fake import signature


def test_the_whole_case_by_card(till: Till) -> None:
    """One card fails and is replaced, one bank wants its holder; nobody is charged before all are held."""
    till.join(6)
    cards = [GOOD, SET_UP, ALWAYS, FAILS, GOOD, GOOD]
    for buyer, card_number in zip(till.case.buyers, cards, strict=True):
        till.save(buyer, card_number)
    assert till.session.scalar(select(func.count()).select_from(Card).where(Card.last4 != "")) == 6
    till.close()
    till.work()
    assert till.states() == ["held", "held", "to authenticate", "declined", "held", "held"]
    assert [till.payment(number).code for number in (2, 3)] == ["authentication_required", "generic_decline"]
    assert till.pool().state == PoolState.CLOSING
    most = {order.number: [order.most] for order in till.orders}
    assert till.held() == {number: most[number] for number in till.held()}
    assert len(till.held()) == 4
    assert set(till.taken().values()) == {0}
    steps = till.as_person(till.case.market.hub.person_id).get(f"/pools/{till.case.pool.id}/steps").text
    assert "Cards that are not held yet: 2." in steps
    sent = till.session.scalars(select(Mail)).all()
    link = f"http://127.0.0.1:8000/orders/{till.orders[2].id}/card"
    subject = f"Confirm the payment of order {till.orders[2].number}"
    assert [link in mail.body for mail in sent if mail.subject == subject] == [True]
    assert f"Your card was declined for order {till.orders[3].number}" in {mail.subject for mail in sent}
    for number, card, words in ((2, ALWAYS, "wants to hear from you"), (3, GOOD, "declined the card")):
        browser = till.as_person(till.case.buyers[number].person_id)
        path = f"/orders/{till.orders[number].id}/card"
        assert words in browser.get(path).text
        till.mend(number, card)
        till.tell(till.events())
        till.work(1)
        assert ("Your card is ready" if number == 2 else "Paid") in browser.get(path).text
    assert till.pool().state == PoolState.CONFIRMED
    assert till.held() == {}
    assert till.taken() == {order.number: till.charge(at).total for at, order in enumerate(till.orders)}
    assert all(till.charge(at).shipping <= order.quote for at, order in enumerate(till.orders))
    assert till.books() == []
    held = till.balances()
    assert held["card", "USD"] + held["fee", "USD"] == sum(till.taken().values())
    assert held["fee", "USD"] > 0


@pytest.mark.parametrize("seed", range(2))
def test_events_in_any_order_end_in_the_same_state(till: Till, seed: int) -> None:
    dice = random.Random(seed)
    till.join(2)
    till.save(till.case.buyers[0], GOOD)
    till.save(till.case.buyers[1], FAILS)
    till.close()
    till.work(1)
    till.tell_shuffled(dice)
    till.mend(1, GOOD)
    till.tell_shuffled(dice)
    till.run_jobs()
    till.told = 0
    till.tell_shuffled(dice)  # all of it once more, days later even
    till.work(1)
    assert till.states() == [CardPaymentState.PAID] * 2
    assert till.session.scalar(select(func.count()).select_from(Payment)) == 2
    assert till.pool().state == PoolState.CONFIRMED
    assert till.session.scalar(select(func.count()).select_from(StripeEvent)) == len(
        till.stripe.account.events
    )
    assert till.taken() == {order.number: till.charge(at).total for at, order in enumerate(till.orders)}
    assert till.books() == []


def test_forged_and_old_events_are_refused(till: Till) -> None:
    payload = json.dumps(
        {"id": "evt_1", "type": "payment_intent.succeeded", "data": {"object": {"id": "pi_1"}}}
    )
    for body, signed in (
        (payload, signature(payload.encode(), "whsec_other", till.clock.now)),
        (payload, signature(payload.encode(), SECRET, till.clock.now - timedelta(minutes=6))),
        (payload + " ", signature(payload.encode(), SECRET, till.clock.now)),
        (payload, ""),
    ):
        reply = till.visitor.post("/stripe/events", content=body, headers={"stripe-signature": signed})
        assert reply.status_code == 400
    assert till.session.scalars(select(StripeEvent)).all() == []


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/payment_intents", "lost"),
        ("/payment_intents", "unheard"),
        ("/payment_intents", "500"),
        ("/payment_intents", "500 after"),
        ("/capture", "lost"),
        ("/capture", "500"),
    ],
)
def test_a_lost_answer_charges_once(till: Till, path: str, kind: str) -> None:
    till.join(1)
    till.save(till.case.buyers[0], GOOD)
    till.stripe.fail_next(path, kind)
    till.close()
    till.work(3)
    if (path, kind) == ("/payment_intents", "500"):
        assert till.payment().state == CardPaymentState.ASKED  # the key keeps its 500 for a day
        till.clock.now += timedelta(hours=25)
        till.work(2)
    assert till.payment().state == CardPaymentState.PAID
    assert till.taken() == {till.orders[0].number: till.charge().total}
    assert len(till.stripe.all("payment_intent")) == 1
    assert till.books() == []


@pytest.mark.parametrize("hours", [0, 25])
def test_a_worker_that_dies_between_call_and_answer_charges_once(
    till: Till, hours: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    till.join(1)
    till.save(till.case.buyers[0], GOOD)

    class Killed(BaseException):
        pass

    def die(*_: object) -> None:
        raise Killed

    with monkeypatch.context() as broken:
        broken.setattr(asking, "_end", die)
        with pytest.raises(Killed):
            till.close()
    till.session.expire_all()
    assert len(till.held()) == 1
    assert till.payment().state == CardPaymentState.ASKED
    till.session.execute(text("UPDATE procrastinate_jobs SET status = 'todo' WHERE status = 'doing'"))
    till.session.commit()  # as the worker gives stalled jobs to others
    till.clock.now += timedelta(hours=hours, minutes=2)
    till.work(1)
    assert till.payment().state == CardPaymentState.PAID
    assert till.taken() == {till.orders[0].number: till.charge().total}
    assert till.books() == []


def test_without_asking_first_a_day_later_it_would_charge_twice(
    till: Till, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control of the test above: the safeguard taken out. The card is saved once the pool is planned."""
    till.join(1)
    till.close()
    till.save(till.case.buyers[0], GOOD)
    till.stripe.fail_next("/payment_intents", "lost")
    till.work(1)
    monkeypatch.setattr(Gateway, "payment_of", lambda *_, **__: None)
    till.clock.now += timedelta(hours=25)
    till.work(1)
    assert till.taken() == {till.orders[0].number: 2 * till.charge().total}


@pytest.mark.parametrize("card", [GOOD, NO_REFUNDS])
def test_paid_twice_is_sent_back(till: Till, card: str) -> None:
    """By transfer while the page at Stripe is open. What the card does not take is owed, and paid out."""
    till.join(1)
    till.close()
    buyer = till.case.buyers[0]
    till.as_person(buyer.person_id).post(f"/orders/{till.orders[0].id}/card")
    till.run_jobs()
    charge = till.charge()
    transfer = {
        "reference": printed(charge.reference),
        "amount": charge.total,
        "currency": "USD",
        "received_on": till.clock.now.date().isoformat(),
    }
    operator = till.as_person(till.case.market.operator.person_id)
    assert operator.post("/api/payments", json=transfer).status_code == 201
    assert till.play(till.page(Purpose.PAGE_TO_PAY, buyer), card).status_code == 303
    till.tell(till.events())
    till.work(1)
    assert till.taken() == {till.orders[0].number: 0}
    assert till.session.scalar(select(func.count()).select_from(Payment)) == 1
    assert till.balances()["surplus", "USD"] == 0
    assert till.books() == []
    if card == GOOD:
        return
    till.stripe.account.fail_refunds()
    till.tell(till.events() * 2)
    till.work(2)
    assert till.books() == []
    assert till.taken() == {till.orders[0].number: charge.total}
    assert till.balances()["surplus", "USD"] == 0
    refund = select(Payout).join(Account).where(Account.kind == AccountKind.REFUND)
    assert till.session.scalars(refund).one().amount == charge.total
    money = operator.get(f"/api/pools/{till.case.pool.id}/money").json()
    assert (money["reconciles"], money["held"]) == (True, charge.total * 2)


def test_paid_after_the_pool_was_cancelled_is_sent_back(till: Till) -> None:
    till.join(1)
    till.close()
    buyer = till.case.buyers[0]
    till.as_person(buyer.person_id).post(f"/orders/{till.orders[0].id}/card")
    till.run_jobs()
    trade.cancel(till.session, till.case.market.hub, till.case.pool.id, "Called off.", now=till.clock.now)
    till.session.commit()
    assert till.play(till.page(Purpose.PAGE_TO_PAY, buyer), GOOD).status_code == 303
    till.tell(till.events())
    till.work(2)
    assert till.orders[0].state == OrderState.CANCELLED
    assert till.taken() == {till.orders[0].number: 0}
    assert till.books() == []


def test_what_is_being_refunded_is_not_paid_out_again(till: Till) -> None:
    till.join(2)
    till.save(till.case.buyers[0], GOOD)
    till.close()
    till.work(1)
    trade.cancel(till.session, till.case.market.hub, till.case.pool.id, "Called off.", now=till.clock.now)
    till.session.commit()
    till.stripe.fail_next("/refunds", "lost")
    till.work(1)
    payout = till.session.scalars(select(Payout)).one()
    operator = till.as_person(till.case.market.operator.person_id)
    body = {"payouts": [str(payout.id)], "pay_on": till.clock.now.date().isoformat()}
    reply = operator.post("/api/payout-batches", json=body)
    assert (reply.status_code, reply.json()["type"]) == (409, "/problems/not-payable")
    till.work(3)
    assert till.taken()[till.orders[0].number] == 0
    assert till.books() == []


def test_a_dispute_is_booked_and_told_and_given_back_when_won(till: Till) -> None:
    till.join(1)
    till.save(till.case.buyers[0], GOOD)
    till.close()
    till.work(1)
    opened = till.stripe.account.dispute(till.stripe.all("charge")[-1]["id"])
    till.tell(till.events())
    till.work(1)
    assert till.session.scalars(select(CardDispute)).one().status == "needs_response"
    assert till.balances()["dispute", "USD"] == till.charge().total
    assert till.books() == []
    assert "needs_response" in till.as_person(till.case.market.operator.person_id).get("/ledger").text
    till.stripe.account.close_dispute(opened, won=True)
    till.tell(till.events() * 2)
    till.work(1)
    assert till.session.scalars(select(CardDispute)).one().status == "won"
    assert till.balances()["dispute", "USD"] == 0
    assert till.books() == []


def test_a_dispute_of_what_was_refunded(till: Till) -> None:
    """A bank takes back what went back to the card before: the loss stands in the books until it is won."""
    till.join(2)
    till.save(till.case.buyers[0], GOOD)
    till.close()
    till.work(1)
    trade.cancel(till.session, till.case.market.hub, till.case.pool.id, "Called off.", now=till.clock.now)
    till.session.commit()
    till.work(2)
    assert till.taken() == {till.orders[0].number: 0}
    opened = till.stripe.account.dispute(till.stripe.all("charge")[-1]["id"])
    till.tell(till.events() * 2)
    till.work(1)
    assert till.balances()["dispute", "USD"] == till.charge().total
    assert till.books() == []
    till.stripe.account.close_dispute(opened, won=False)
    till.tell(till.events())
    till.work(1)
    assert till.session.scalars(select(CardDispute)).one().status == "lost"
    assert till.balances()["dispute", "USD"] == till.charge().total
    assert till.books() == []


@pytest.mark.parametrize("won", [False, True])
def test_a_refund_that_a_dispute_forestalls(till: Till, won: bool) -> None:
    """Stripe refuses it, and nobody pays beside the bank. Lost, the bank gave it back; won, it is owed."""
    till.join(2)
    till.save(till.case.buyers[0], GOOD)
    till.close()
    till.work(1)
    opened = till.stripe.account.dispute(till.stripe.all("charge")[-1]["id"])
    trade.cancel(till.session, till.case.market.hub, till.case.pool.id, "Called off.", now=till.clock.now)
    till.session.commit()
    till.tell(till.events())
    till.work(3)
    refunds = till.session.scalars(select(CardCall).filter_by(purpose=Purpose.REFUND)).all()
    assert [(each.state, each.words) for each in refunds] == [("refused", "charge_disputed")]
    told = till.session.scalars(select(Mail).filter_by(subject="A refund by card was refused")).all()
    assert ["only if that dispute is won" in each.body for each in told] == [True]
    payout = till.session.scalars(select(Payout)).one()
    assert payout.paid_on is None
    assert till.stripe.all("refund") == []
    assert till.books() == []
    operator = till.as_person(till.case.market.operator.person_id)
    body = {"payouts": [str(payout.id)], "pay_on": till.clock.now.date().isoformat()}
    waits = operator.post("/api/payout-batches", json=body)
    assert "Wait until that is decided" in waits.json()["detail"]
    till.stripe.account.close_dispute(opened, won=won)
    till.tell(till.events() * 2)
    till.work(1)
    payout = till.session.scalars(select(Payout)).one()
    assert (payout.paid_on is None) == won
    assert till.balances()["dispute", "USD"] == 0
    assert till.books() == []
    if won:
        owed = operator.post("/api/payout-batches", json=body)
        assert "where it is to be paid" in owed.json()["detail"]


def test_what_settles_in_another_currency_balances_in_both(till: Till) -> None:
    till.stripe.account.settles_in, till.stripe.account.rate = "eur", 0.9
    till.join(1)
    till.save(till.case.buyers[0], GOOD)
    till.close()
    till.work(1)
    held = till.balances()
    assert held["exchange", "USD"] == till.charge().total
    assert held["card", "EUR"] + held["fee", "EUR"] + held["exchange", "EUR"] == 0
    assert till.books() == []


def test_a_forgotten_card_is_not_charged(till: Till) -> None:
    till.join(1)
    till.save(till.case.buyers[0], GOOD)
    browser = till.as_person(till.case.buyers[0].person_id)
    assert "4242" in browser.get("/card").text
    assert browser.post("/card/forget").status_code == 303
    assert "No card is saved" in browser.get("/card").text
    till.close()
    till.work(1)
    assert till.taken() == {}


def test_one_page_is_made_however_often_it_is_asked_for(till: Till) -> None:
    browser = till.as_person(till.case.buyers[0].person_id)
    for _ in range(3):
        assert browser.post("/card").status_code == 303
    till.run_jobs()
    assert len(till.stripe.all("checkout.session")) == 1
    till.clock.now += timedelta(hours=25)
    till.work(1)
    assert till.session.scalars(select(CardCall.state)).one() == "refused"
    assert browser.post("/card").status_code == 303
    till.run_jobs()
    assert len(till.stripe.all("checkout.session")) == 2
    assert till.session.get_one(Organisation, till.case.buyers[0].organisation_id).name in {
        each["name"] for each in till.stripe.all("customer")
    }


def test_another_ones_order_is_missing_with_and_without_keys(till: Till, config: Settings) -> None:
    till.join(1)
    path = f"/orders/{till.orders[0].id}/card"
    other = till.as_person(till.case.buyers[1].person_id)
    own = till.as_person(till.case.buyers[0].person_id)
    for key in (config.stripe_key, None):
        config.stripe_key = key
        assert [other.get(path).status_code, other.post(path).status_code] == [404, 404]
        assert own.post(path).status_code == 409  # nothing to pay yet; no cards here
    assert "Cards are not taken here" in own.get("/card").text

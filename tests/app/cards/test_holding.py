"""Cards are held before a pool is charged: a card that fails costs nobody else anything."""

import os
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from random import Random
from uuid import UUID

import pytest
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from app import jobs
from app.cards import holding, service
from app.cards.models import CardCall, CardPayment, CardPaymentState, Purpose
from app.errors import Refusal
from app.ledger import service as ledger
from app.ledger.models import Entry, Payout
from app.mail import Mail
from app.settings import Settings
from app.trade import collecting
from app.trade import service as trade
from app.trade.models import Charge, Order, OrderState, Pool, PoolPlan, PoolState, PoolStep, StepState
from tests.app.cards.conftest import ALWAYS, FAILS, GOOD, Till
from tests.app.trade.market import CLOSES

CASES = int(os.environ.get("FAIRHAUL_CARD_CASES", "4"))


def subjects(till: Till) -> list[str]:
    return list(till.session.scalars(select(Mail.subject)))


def closed_with(till: Till, *cards: str) -> None:
    till.join(len(cards))
    for buyer, card in zip(till.case.buyers, cards, strict=False):
        if card:
            till.save(buyer, card)
    till.close()
    till.work(1)


def let_the_window_pass(till: Till, config: Settings) -> None:
    till.clock.now += timedelta(days=config.card_days)
    till.work(2)


def test_a_pool_goes_on_without_the_order_whose_card_failed(till: Till, config: Settings) -> None:
    """Two orders that gain nothing from each other."""
    closed_with(till, GOOD, FAILS)
    stock = till.case.offers[1].stock
    let_the_window_pass(till, config)
    assert till.states() == [CardPaymentState.PAID, CardPaymentState.GIVEN_UP]
    assert [order.state for order in till.orders] == [OrderState.PAID, OrderState.CANCELLED]
    assert till.case.offers[1].stock == (None if stock is None else stock + 1)
    assert till.pool().state == PoolState.CONFIRMED
    assert till.session.get(Charge, till.orders[1].id) is None
    assert till.charge().shipping <= till.orders[0].quote
    assert till.taken() == {till.orders[0].number: till.charge().total, till.orders[1].number: 0}
    assert till.books() == []
    assert f"Your order {till.orders[1].number} is out of the pool" in subjects(till)
    assert f"Pool {till.case.pool.number} is planned without order {till.orders[1].number}" in subjects(till)
    loser = till.as_person(till.case.buyers[1].person_id)
    for path in ("", "/card"):
        assert "out of the pool" in loser.get(f"/orders/{till.orders[1].id}{path}").text
    assert loser.post(f"/orders/{till.orders[1].id}/card").status_code == 409  # too late to pay
    assert "is taken from your card now" in "".join(
        till.session.scalars(select(Mail.body).where(Mail.subject.endswith("is planned")))
    )


def test_a_pool_that_misses_its_minimum_without_it_costs_nobody_anything(
    till: Till, config: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All six carry the maker's minimum. Unless somebody takes the pool on, it is called off."""
    asked: list[str] = []

    def no(_session: Session, pool: Pool, _now: datetime) -> bool:
        asked.append(pool.number)
        return False

    monkeypatch.setattr(collecting, "TAKES_ON", [no])
    closed_with(till, GOOD, GOOD, GOOD, FAILS, GOOD, GOOD)
    assert len(till.held()) == 5
    let_the_window_pass(till, config)
    assert asked == [till.case.pool.number]
    assert till.pool().state == PoolState.CANCELLED
    assert "nobody is asked for that" in (till.pool().cancelled_because or "")
    assert {order.state for order in till.orders} == {OrderState.CANCELLED}
    assert till.held() == {}
    assert set(till.taken().values()) == {0}
    assert till.session.scalars(select(Entry)).all() == []  # no fee of a refund either
    told = [each for each in subjects(till) if each == f"Pool {till.case.pool.number} is cancelled"]
    assert len(told) == 6  # five buyers and the maker
    assert f"Your order {till.orders[3].number} is out of the pool" in subjects(till)


def test_who_takes_a_pool_on_finds_nothing_held(
    till: Till, config: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    def reopen(_session: Session, pool: Pool, _now: datetime) -> bool:
        pool.state = PoolState.OPEN
        return True

    monkeypatch.setattr(collecting, "TAKES_ON", [reopen])
    closed_with(till, GOOD, GOOD, GOOD, FAILS, GOOD, GOOD)
    let_the_window_pass(till, config)
    assert (till.pool().state, till.held()) == (PoolState.OPEN, {})
    assert till.states().count(CardPaymentState.RELEASED) == 6
    assert till.orders[3].state == OrderState.LEFT  # it may join again, with another card
    holding.ask_for(till.session, till.pool(), now=till.clock.now)  # as the step does when it closes again
    till.session.commit()
    till.run_jobs()
    assert len(till.held()) == 5


def test_ways_to_mend_a_card(till: Till) -> None:
    """Another card saved meanwhile is asked by itself; a transfer instead; both tabs at once."""
    closed_with(till, FAILS, FAILS)
    first, second = (till.as_person(buyer.person_id) for buyer in till.case.buyers[:2])
    till.save(till.case.buyers[0], GOOD)
    assert till.states() == [CardPaymentState.HELD, CardPaymentState.DECLINED]
    assert first.post(f"/orders/{till.orders[0].id}/card/transfer").status_code == 409  # it is held
    path = f"/orders/{till.orders[1].id}/card"
    for _tab in range(2):
        assert second.post(path).status_code == 303
    till.run_jobs()
    page = till.page(Purpose.PAGE_TO_HOLD, till.case.buyers[1])
    assert second.post(f"{path}/transfer").status_code == 303  # in the other tab
    assert second.post(f"{path}/transfer").status_code == 409
    assert till.play(page, GOOD).status_code == 303  # and then the card all the same
    till.tell(till.events())
    till.work(3)
    assert till.states() == [CardPaymentState.PAID, CardPaymentState.BY_TRANSFER]
    assert till.held() == {}
    assert till.taken() == {till.orders[0].number: till.charge().total, till.orders[1].number: 0}
    assert "By bank transfer" not in second.get(f"/orders/{till.orders[1].id}").text  # it has its reference
    assert "To be paid" in second.get(f"/orders/{till.orders[1].id}").text
    assert till.pool().state == PoolState.PLANNED
    assert till.books() == []


def test_a_card_is_held_twice_and_taken_once(till: Till) -> None:
    """The page is finished while another card, saved meanwhile, is held too."""
    closed_with(till, ALWAYS)
    path = f"/orders/{till.orders[0].id}/card"
    assert till.as_person(till.case.buyers[0].person_id).post(path).status_code == 303
    till.run_jobs()
    page = till.page(Purpose.PAGE_TO_HOLD, till.case.buyers[0])
    till.save(till.case.buyers[0], GOOD)
    assert till.play(page, ALWAYS).status_code == 303
    assert len(till.stripe.all("payment_intent")) == 3  # refused, held by the new card, held on the page
    till.tell(till.events())
    till.work(3)
    assert till.states() == [CardPaymentState.PAID]
    assert till.taken() == {till.orders[0].number: till.charge().total}
    assert till.held() == {}
    assert till.books() == []


@pytest.mark.parametrize("card", [GOOD, FAILS], ids=["charged again", "fails then"])
def test_a_hold_that_lapses_before_it_is_taken(till: Till, config: Settings, card: str) -> None:
    closed_with(till, GOOD, FAILS)
    (intent,) = [each for each in till.stripe.all("payment_intent") if each["status"] == "requires_capture"]
    till.stripe.account.cancel(intent)  # its days are over
    if card == FAILS:
        till.save(till.case.buyers[0], FAILS)
    till.mend(1, GOOD)
    till.clock.now += timedelta(minutes=6)  # no event comes
    till.work(3)
    assert till.states() == [CardPaymentState.PAID if card == GOOD else CardPaymentState.DECLINED, "paid"]
    if card == FAILS:  # the others have paid: it is too late to plan without it
        let_the_window_pass(till, config)
        assert till.payment().state == CardPaymentState.GIVEN_UP
        assert f"Order {till.orders[0].number} of pool {till.case.pool.number} is not paid" in subjects(till)
        assert till.pool().state == PoolState.PLANNED
        trade.cancel(till.session, till.case.market.hub, till.case.pool.id, "Unpaid.", now=till.clock.now)
        till.session.commit()
        till.work()
        assert all(each.paid_on for each in till.session.scalars(select(Payout)))
        assert set(till.taken().values()) == {0}
    else:
        assert till.pool().state == PoolState.CONFIRMED
    assert till.books() == []


def test_a_pool_that_its_hub_calls_off_lets_everything_go(till: Till) -> None:
    closed_with(till, GOOD, FAILS)
    till.stripe.fail_next("/cancel", "lost")
    trade.cancel(till.session, till.case.market.hub, till.case.pool.id, "Called off.", now=till.clock.now)
    till.session.commit()
    till.work(4)
    assert (till.held(), set(till.taken().values())) == ({}, {0})
    assert till.session.scalars(select(CardCall.state).filter_by(purpose=Purpose.LET_GO)).all() == ["done"]
    assert till.states() == [CardPaymentState.RELEASED] * 2
    till.clock.now += timedelta(days=9)
    till.work(1)
    assert "is out of the pool" not in "".join(subjects(till))


def test_amounts_that_cards_cannot_pay_are_transferred(till: Till, config: Settings) -> None:
    """Three decimals, the last of which is not 0: held for the worst case, and then not payable."""
    till.join(1)
    till.save(till.case.buyers[0], GOOD)
    till.close()
    order, charge = till.orders[0], till.charge()
    assert till.payment().state == CardPaymentState.PAID
    payment = CardPayment(order_id=order.id, amount=1235, currency="KWD", state="declined")
    with pytest.raises(Refusal, match="to the last figure"):
        service.refuse_odd_amount(payment.amount, payment.currency)
    till.session.delete(till.payment())
    till.session.flush()
    charge.paid_at = None
    till.session.add(payment)
    payment.state = CardPaymentState.ASKED
    till.session.flush()
    holding.not_payable(till.session, order, now=till.clock.now)
    assert payment.state == CardPaymentState.BY_TRANSFER
    assert f"Pay order {order.number} by bank transfer" in subjects(till)
    del config


def test_any_cards_may_fail(till: Till, run_jobs: Callable[[], list[str]]) -> None:
    """Many pools, any of whose cards are given up: who stays pays at most its quote, in all the cost of the
    plan; who is out, and everybody in a pool that fails, pays nothing. `FAIRHAUL_CARD_CASES` sets how many.
    """
    dice, session, outcomes = Random(5), till.session, set()
    for case in range(CASES):
        till.clock.now = CLOSES - timedelta(days=3)
        till.case.pool = till.case.market.pool()
        till.join(dice.randint(3, 6) if case % 2 else 2)  # two gain nothing from each other
        most = {order.number: order.most for order in till.orders}
        fails = {order.id for order in till.orders if dice.random() < dice.choice([0.2, 0.5])}
        now = till.clock.now = CLOSES
        trade.close_due(session, now=now)
        session.commit()
        with pytest.MonkeyPatch.context() as cards:
            cards.setattr(holding, "ask_for", partial(declined, fails))
            run_jobs()
            for order in till.orders:
                if order.id in fails:
                    session.expire_all()
                    assert till.pool().state in {PoolState.CLOSING, PoolState.CANCELLED}
                    service.give_up(session, order.id, now=now)
                    session.commit()
                    if dice.random() < 0.5:
                        run_jobs()
            run_jobs()
        session.expire_all()
        pool, staying = till.pool(), [order for order in till.orders if order.id not in fails]
        charges = [session.get(Charge, order.id) for order in till.orders]
        outcomes.add(pool.state)
        assert all(session.get_one(Order, each).state == OrderState.CANCELLED for each in fails)
        if pool.state == PoolState.CANCELLED:
            assert charges == [None] * len(charges)
            continue
        assert pool.state == PoolState.PLANNED
        assert staying
        made = {each.order_id: each for each in charges if each is not None}
        assert made.keys() == {order.id for order in staying}
        assert all(made[order.id].total <= most[order.number] for order in staying)
        plan = session.get_one(PoolPlan, pool.id)
        assert sum(each.shipping for each in made.values()) == plan.total
        steps = session.scalars(select(PoolStep.state).filter_by(pool_id=pool.id)).all()
        assert set(steps) == {StepState.DONE}
        session.execute(delete(CardPayment))
        session.commit()
    assert outcomes == {PoolState.CANCELLED, PoolState.PLANNED}
    report = ledger.verify(session)
    assert report.faults == []
    assert all(each.sum == 0 for each in report.sums)
    jobs.around.clock = till.clock


def declined(fails: set[UUID], session: Session, pool: Pool, *, now: datetime) -> None:
    """What banks say of the cards of `fails`, without a bank."""
    del now
    for order in session.scalars(select(Order).where(Order.pool_id == pool.id, Order.id.in_(fails))):
        if session.get(CardPayment, order.id) is None:
            session.add(
                CardPayment(
                    order_id=order.id,
                    amount=order.most,
                    currency=pool.currency,
                    state=CardPaymentState.DECLINED,
                    mend_by=CLOSES,
                )
            )
    session.flush()

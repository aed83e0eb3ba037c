"""Payments, payouts and the ledger, on pages and over the API."""

from collections.abc import Callable
from datetime import timedelta
from uuid import UUID

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from app.ledger import service
from app.ledger.models import Account, AccountKind, Cause, Entry, Payment, Payout, Posting
from app.trade import service as trade
from app.trade.models import Charge, Order, OrderState, Pool, PoolState
from app.trade.numbers import good_reference, printed, reference_of
from tests.app.making import Making
from tests.app.payouts.paying import pay_all
from tests.app.trade.market import CLOSES, Market, PaperCase, paper_case
from tests.conftest import FixedClock

SignIn = Callable[[UUID], TestClient]
RunJobs = Callable[[], list[str]]


@pytest.fixture
def planned(session: Session, make: Making, run_jobs: RunJobs, clock: FixedClock) -> PaperCase:
    """The paper's case, closed and charged."""
    case = paper_case(Market(session, make))
    case.join_all()
    clock.now = CLOSES
    trade.close_due(session, now=clock.now)
    session.commit()
    run_jobs()
    session.expire_all()
    clock.now += timedelta(days=2)
    return case


def transfer(charge: Charge, **more: str) -> dict[str, str]:
    return {
        "reference": printed(charge.reference),
        "amount": f"{charge.total / 100:.2f}",
        "currency": "USD",
        "received_on": "2026-01-24",
    } | more


def test_wrong_amount_is_refused_and_nothing_is_lost(
    planned: PaperCase, session: Session, as_person: SignIn
) -> None:
    operator = as_person(planned.market.operator.person_id)
    charge = session.scalars(select(Charge)).first()
    assert charge is not None
    for typed, words in (
        ({"amount": f"{charge.total / 100 - 1:.2f}"}, "ask the buyer for the difference"),
        ({"amount": "-5"}, "Enter 0.01 or more"),
        ({"amount": "lots"}, "Enter an amount in USD"),
        ({"currency": "EUR"}, "The charge is in USD."),
        ({"reference": "RF00 NONSENSE"}, "Copy the whole reference"),
        ({"reference": printed(reference_of("O-0000000"))}, "No charge has this reference."),
        ({"received_on": "2026-02-24"}, "today or before"),
        ({"received_on": ""}, "Enter the day on which it came."),
    ):
        reply = operator.post("/ledger/payments", data=transfer(charge, **typed))
        assert reply.status_code == 422, typed
        assert words in reply.text, typed
        assert all(
            f'value="{value}"' in reply.text for name, value in typed.items() if value and name != "currency"
        )
    assert session.scalars(select(Payment)).all() == []
    assert service.verify(session).faults == []


def test_a_repeated_transfer_books_once(planned: PaperCase, session: Session, as_person: SignIn) -> None:
    operator = as_person(planned.market.operator.person_id)
    charge = session.scalars(select(Charge)).first()
    assert charge is not None
    assert printed(charge.reference) in operator.get("/ledger").text
    assert operator.post("/ledger/payments", data=transfer(charge)).status_code == 303
    again = operator.post("/ledger/payments", data=transfer(charge))
    assert again.status_code == 409
    assert "was paid and booked already" in again.text
    assert len(session.scalars(select(Payment)).all()) == 1
    assert service.verify(session).faults == []


def test_the_whole_road_over_the_api(
    planned: PaperCase, session: Session, as_person: SignIn, clock: FixedClock
) -> None:
    operator = as_person(planned.market.operator.person_id)
    for charge in operator.get("/api/charges").json():
        body = {name: charge[name] for name in ("reference", "currency")} | {
            "amount": charge["total"],
            "received_on": "2026-01-24",
        }
        wrong = operator.post("/api/payments", json=body | {"amount": charge["total"] + 1})
        assert wrong.status_code == 422
        assert wrong.json()["errors"][0]["pointer"] == "/amount"
        assert operator.post("/api/payments", json=body).status_code == 201
        assert operator.post("/api/payments", json=body).status_code == 409
        assert operator.get("/api/ledger").json()["ok"]
    session.expire_all()
    assert session.get_one(Pool, planned.pool.id).state == PoolState.CONFIRMED
    producer = as_person(planned.maker.person_id)
    owed = producer.get("/api/money").json()["owed"]
    assert [(each["amount"], each["standing"], each["paid_on"]) for each in owed] == [
        (331000, "awaits hand-over", None)
    ]
    assert "USD 3,310.00" in producer.get("/money").text
    pay_all(session, planned.market, clock.now)
    session.commit()
    (state,) = operator.get("/api/ledger").json()["currencies"]
    assert state == {"currency": "USD", "bank": 0, "receivable": 0, "payable": 0, "costs": 0, "sum": 0}
    assert producer.get("/api/money").json()["owed"][0]["paid_on"] == "2026-01-24"
    money = operator.get(f"/api/ledger/pools/{planned.pool.id}").json()
    assert sum(flow["amount"] for flow in money["flows"]) == sum(each["total"] for each in money["charges"])
    assert sum(line["amount"] for line in money["journal"]) == 0
    for path in ("/ledger", f"/ledger/pools/{planned.pool.id}", "/ledger/verification"):
        assert operator.get(path).status_code == 200


def test_cancelled_after_payment_owes_the_buyer_everything_back(
    planned: PaperCase, session: Session, as_person: SignIn, clock: FixedClock
) -> None:
    operator = as_person(planned.market.operator.person_id)
    order = session.scalars(select(Order).filter_by(organisation_id=planned.buyers[0].organisation_id)).one()
    charge = session.get_one(Charge, order.id)
    assert operator.post("/ledger/payments", data=transfer(charge)).status_code == 303
    trade.cancel(session, planned.market.hub, planned.pool.id, "No ship.", now=clock.now)
    session.commit()
    session.expire_all()
    assert service.verify(session).faults == []
    assert set(session.scalars(select(Order.state))) == {OrderState.CANCELLED}
    payout = session.scalars(select(Payout)).one()
    assert (payout.payee, payout.amount) == ("shop-leiden", charge.total)
    other = session.scalars(select(Charge).where(Charge.order_id != order.id)).first()
    assert other is not None
    late = operator.post("/ledger/payments", data=transfer(other))
    assert late.status_code == 409
    assert "was cancelled and owes nothing" in late.text
    money = operator.get(f"/ledger/pools/{planned.pool.id}").text
    assert "nothing goes to anybody" in money
    buyer = as_person(planned.buyers[0].person_id)
    assert "sent back, the pool was cancelled" in buyer.get("/money").text
    pay_all(session, planned.market, clock.now)
    session.commit()
    session.expire_all()
    report = service.verify(session)
    assert report.faults == []
    assert [(each.bank, each.receivable, each.payable) for each in report.sums] == [(0, 0, 0)]


def test_verify_names_what_is_wrong(planned: PaperCase, session: Session) -> None:
    """The control: each of these would pass unseen if `verify` did not look."""
    charge = session.scalars(select(Charge)).first()
    assert charge is not None
    assert service.verify(session).faults == []

    def found(change: str) -> list[str]:
        with session.begin_nested() as inner:
            session.execute(text(change), {"order": charge.order_id})
            faults = service.verify(session).faults
            inner.rollback()
        return faults

    assert any(
        "is charged" in fault
        for fault in found("UPDATE charge SET goods = goods + 5, total = total + 5 WHERE order_id = :order")
    )
    assert any(
        "without a payment" in fault
        for fault in found("UPDATE charge SET paid_at = now() WHERE order_id = :order")
    )
    assert any(
        "should leave 0 open" in fault
        for fault in found("UPDATE \"order\" SET state = 'cancelled' WHERE id = :order")
    )
    assert any(
        "without a payout" in fault
        for fault in found(
            "UPDATE pool SET state = 'confirmed' WHERE id = (SELECT pool_id FROM \"order\" WHERE id = :order)"
        )
    )
    session.rollback()
    assert service.verify(session).faults == []


def test_an_entry_is_made_once_and_must_balance(session: Session, market: Market) -> None:
    buyer = service.account(
        session, AccountKind.BUYER, "USD", holder="", organisation_id=market.hub.organisation_id
    )
    bank = service.account(session, AccountKind.BANK, "USD", holder="Bank")
    euros = service.account(session, AccountKind.BANK, "EUR", holder="Bank")
    for wrong in ([(buyer, 5), (bank, -4)], [(buyer, 5), (euros, -5)], [(buyer, 0), (bank, 0)], []):
        with pytest.raises(ValueError, match="does not balance"):
            service.post(session, key="k", cause=Cause.CHARGE, words="", postings=wrong, now=market.now)
    made = [
        service.post(
            session,
            key="k",
            cause=Cause.CHARGE,
            words="",
            postings=[(buyer, amount), (bank, -amount)],
            now=market.now,
        )
        for amount in (5, 700)
    ]
    assert made[0].id == made[1].id
    assert sorted(session.scalars(select(Posting.amount))) == [-5, 5]
    assert len(session.scalars(select(Entry)).all()) == 1
    assert service.account(session, AccountKind.BANK, "USD", holder="Bank").id == bank.id
    banks = session.scalars(select(Account).filter_by(kind=AccountKind.BANK, currency="USD")).all()
    assert len(banks) == 1


def test_references_have_check_digits_that_see_every_slip() -> None:
    reference = reference_of("O-7K3M9QX")
    assert good_reference(reference)
    for at in range(4, len(reference)):
        for sign in "0123456789ABCDEFGHJKMNPQRSTVWXYZ":
            if sign != reference[at]:
                assert not good_reference(reference[:at] + sign + reference[at + 1 :])
    for nonsense in ("", "RF", "RF12", "XX" + reference[2:], reference + "!" * 3, "RF" * 20):
        assert not good_reference(nonsense)

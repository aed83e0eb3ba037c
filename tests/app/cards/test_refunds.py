"""What buyers get back goes the way it came, whatever it is for; what a card does not take is owed still."""

from datetime import timedelta

from sqlalchemy import select

from app.cards.models import CardCall, Purpose
from app.claims import counting
from app.claims import service as claims
from app.claims.models import Bearer
from app.ledger import payments
from app.ledger import service as ledger
from app.ledger.models import Account, AccountKind, Cause, Payout
from app.mail import Mail
from app.organisations.models import Organisation
from app.trade import clearing, settling
from app.trade.models import Charge, Order, OrderLine, PoolState
from tests.app.cards.conftest import GOOD, NO_REFUNDS, Till
from tests.app.payouts.paying import second

IBAN = {"rail": "bank", "holder": "Test shop", "iban": "NL91 ABNA 0417 1643 00"}


def three_pay(till: Till) -> None:
    """Two by card, of which one takes no refunds, and one by transfer; each ten vases with duty on them.
    Before the last of them pays, the pool has become cheaper for everybody.
    """
    market, session, case = till.case.market, till.session, till.case
    market.tariff(("691390", "", "10 %"), valid_from="2025-02-01")
    market.rate("USD", "EUR", "0.92")
    vase = market.offer(case.maker, title="Test vase", price=2000, weight_g=300, hs_code="691390")
    till.orders = [market.join(buyer, case.pool, (vase, 10)) for buyer in case.buyers[:3]]
    till.save(case.buyers[0], GOOD)
    till.save(case.buyers[1], NO_REFUNDS)
    till.close()
    till.work(3)
    carrier = session.scalars(select(Account).filter_by(kind=AccountKind.CARRIER)).one()
    for order in till.orders:
        buyer = session.get_one(Organisation, order.organisation_id)
        to = ledger.account(session, AccountKind.BUYER, "USD", holder=buyer.name, organisation_id=buyer.id)
        ledger.post(  # as `planning.rebates` does
            session,
            key=f"rebate:{order.id}",
            cause=Cause.REBATE,
            words="Travels with other pools",
            postings=[(carrier, 100), (to, -100)],
            now=till.clock.now,
            pool_id=case.pool.id,
        )
    charge = till.charge(2)
    payments.receive(
        session,
        market.operator,
        reference=charge.reference,
        amount=charge.total,
        currency="USD",
        received_on=till.clock.now.date(),
        now=till.clock.now,
    )
    session.commit()
    assert till.pool().state == PoolState.CONFIRMED


def test_refunds_follow_the_payment_whatever_they_are_for(till: Till) -> None:
    three_pay(till)
    market, session, case = till.case.market, till.session, till.case
    by_card = [order.organisation_id for order in till.orders[:2]]
    rebates = session.scalars(
        select(Payout)
        .join(Account)
        .where(Account.kind == AccountKind.BUYER, Account.organisation_id.in_(by_card))
    ).all()
    operator = till.as_person(market.operator.person_id)
    body = {"payouts": [str(each.id) for each in rebates], "pay_on": till.clock.now.date().isoformat()}
    assert "sent back to the buyer's card" in operator.post("/api/payout-batches", json=body).json()["detail"]
    line = session.scalars(select(OrderLine).filter_by(order_id=till.orders[0].id)).one()
    counting.count(
        session,
        market.hub,
        case.pool.id,
        line.offer_id,
        received=27,
        borne_by=Bearer.MAKER,
        now=till.clock.now,
    )
    for order in till.orders:
        clearing.assess(session, market.hub, order.id, till.charge().duty // 2, now=till.clock.now)
    settling.moved(session, case.pool, PoolState.ARRIVED, delivered=True, now=till.clock.now)
    claim = claims.file(
        session, case.buyers[0], line.order_id, line.id, pieces=9, words="Broken", now=till.clock.now
    )
    claims.accept(session, case.maker, claim.id, now=till.clock.now)
    session.commit()
    assert "Goes back to your card" in till.as_person(case.buyers[0].person_id).get("/money").text
    assert till.books() == []
    till.stripe.fail_next("/refunds", "lost")
    till.work(5)

    def owed(number: int, *, paid: bool) -> list[Payout]:
        rows = session.scalars(
            select(Payout)
            .join(Account)
            .where(Account.organisation_id == case.buyers[number].organisation_id)
            .order_by(Payout.id)
        )
        return [each for each in rows if (each.paid_on is not None) == paid]

    assert [len(owed(number, paid=True)) for number in range(3)] == [4, 3, 0]
    assert [len(owed(number, paid=False)) for number in range(3)] == [0, 0, 3], "who paid by transfer"
    assert {each.rail for each in owed(0, paid=True)} == {"card"}
    for number in range(2):
        back = sum(each.amount for each in owed(number, paid=True))
        order, charge = till.orders[number], till.charge(number)
        assert 0 < back <= charge.total
        assert till.taken()[order.number] == charge.total - back
    everything = till.charge().goods + till.charge().shipping + till.charge().duty
    assert everything - till.taken()[till.orders[0].number] > 0.9 * till.charge().goods
    assert till.books() == []
    _the_card_takes_none(till)


def _the_card_takes_none(till: Till) -> None:
    """Days later: nothing is lost, and nothing is asked of that card again."""
    session, buyer = till.session, till.case.buyers[1]
    order = till.orders[1]
    browser = till.as_person(buyer.person_id)
    till.clock.now += timedelta(days=2)
    assert till.stripe.account.fail_refunds() == 3
    till.tell(till.events() * 2)
    till.work(3)
    assert till.taken()[order.number] == till.charge(1).total
    assert till.books() == []
    asked = session.scalars(select(CardCall).filter_by(purpose=Purpose.REFUND, order_id=order.id)).all()
    assert [(each.state, each.words) for each in asked] == [("refused", "refund failed")] * 3
    told = session.scalars(select(Mail).where(Mail.subject.startswith("Say where we pay you"))).all()
    assert len(told) == 3
    assert "Say where we pay you" in browser.get("/money").text
    assert browser.post("/payout-details", data=IBAN).status_code == 303
    waiting = session.scalars(
        select(Payout)
        .join(Account)
        .where(Account.organisation_id == buyer.organisation_id, Payout.paid_on.is_(None))
    ).all()
    operator = till.as_person(till.case.market.operator.person_id)
    other = till.as_person(second(till.case.market).person_id)
    session.commit()
    today = till.clock.now.date().isoformat()
    body = {"payouts": [str(each.id) for each in waiting], "pay_on": today}
    (batch,) = operator.post("/api/payout-batches", json=body).json()
    path = f"/api/payout-batches/{batch['id']}"
    assert other.post(f"{path}/release").status_code == 200
    assert operator.post(f"{path}/sending", json={"sent_on": today}).status_code == 200
    for each in batch["instructions"]:
        arrival = {"on": today, "reference": "S 1"}
        done = operator.post(f"/api/payout-instructions/{each['id']}/arrival", json=arrival)
        assert done.status_code == 200
    till.work(1)
    assert till.books() == []
    till.tell(till.events())
    assert len(till.stripe.all("refund")) == 7
    (books,) = ledger.sums(session)
    assert books.sum == 0
    charges = session.scalars(select(Charge).join(Order).where(Order.id == till.orders[2].id)).one()
    at_stripe = sum(each["net"] for each in till.stripe.all("balance_transaction"))
    assert books.bank == at_stripe + charges.total - sum(each.amount for each in waiting)

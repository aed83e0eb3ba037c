"""The paper's own case, through use cases and jobs: 600.00 alone, 181.42 pooled, and where each cent goes."""

from collections.abc import Callable
from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.ledger import payments
from app.ledger import service as ledger
from app.ledger.models import Payout
from app.mail import Mail
from app.shipping.models import Milestone, Shipment
from app.trade import closing, service
from app.trade.models import Charge, Order, OrderState, Pool, PoolPlan, PoolState, PoolStep
from tests.app.payouts.paying import pay_all
from tests.app.trade.market import CLOSES, PaperCase
from tests.conftest import FixedClock

RunJobs = Callable[[], list[str]]


def close(paper: PaperCase, session: Session, run_jobs: RunJobs, clock: FixedClock) -> None:
    clock.now = CLOSES
    assert service.close_due(session, now=clock.now) == 1
    session.commit()
    run_jobs()
    session.expire_all()


def test_six_small_orders_cost_what_the_paper_and_the_engine_say(
    paper: PaperCase, session: Session, run_jobs: RunJobs, clock: FixedClock
) -> None:
    orders = paper.join_all()
    assert [order.alone for order in orders] == [10000] * 6
    close(paper, session, run_jobs, clock)
    steps = session.scalars(select(PoolStep).order_by(PoolStep.position)).all()
    assert [(step.name, step.state, step.attempt) for step in steps] == [
        (name, "done", 1) for name in closing.STEPS
    ], [step.words for step in steps]
    plan = session.get_one(PoolPlan, paper.pool.id)
    assert (plan.total, plan.stand_alone_total) == (18142, 60000)
    charges = session.scalars(select(Charge)).all()
    assert sum(charge.shipping for charge in charges) == 18142
    assert sum(charge.alone for charge in charges) == 60000
    for charge in charges:
        assert charge.shipping <= charge.alone
        for side, total in (("alone", charge.alone), ("pooled", charge.shipping)):
            assert sum(part["amount"] for part in charge.items[side]) == total
    assert session.get_one(Pool, paper.pool.id).state == PoolState.PLANNED
    assert ledger.verify(session).faults == []
    told = session.scalars(select(Mail.subject)).all()
    assert sum("is planned" in subject for subject in told) == 6
    assert sum("Goods to prepare" in subject for subject in told) == 1


def test_alone_is_thirty_customs_and_seventy_shipping(paper: PaperCase) -> None:
    order = paper.join_all()[0]
    assert [(part["item"], part["amount"]) for part in order.terms["alone"]] == [
        ("customs entry", 3000),
        ("direct shipping", 7000),
    ]
    assert "Test craft maker" in order.terms["alone"][0]["source"]


def test_from_payment_to_settled(
    paper: PaperCase, session: Session, run_jobs: RunJobs, clock: FixedClock
) -> None:
    paper.join_all()
    close(paper, session, run_jobs, clock)
    clock.now += timedelta(days=3)
    for charge in session.scalars(select(Charge)).all():
        payments.receive(
            session,
            paper.market.operator,
            reference=charge.reference,
            amount=charge.total,
            currency="USD",
            received_on=clock.now.date(),
            now=clock.now,
        )
        session.commit()
        assert ledger.verify(session).faults == []
    pool = session.get_one(Pool, paper.pool.id)
    assert pool.state == PoolState.CONFIRMED
    shipment = session.scalars(select(Shipment)).one()
    assert (shipment.weight_g, shipment.volume_cm3, shipment.cost["total"]) == (126000, 900000, 16700)
    payouts = {payout.payee: payout.amount for payout in session.scalars(select(Payout))}
    assert payouts == {
        "Test craft maker": 331000,
        "Test sea carrier": 9200 + 4500,
        "Customs entries at Rotterdam": 6 * 500,
        "Storage at Ho Chi Minh City": 18142 - 16700,
    }
    pay_all(session, paper.market, clock.now)
    session.commit()
    assert ledger.verify(session).faults == []
    report = ledger.verify(session)
    assert [(each.bank, each.receivable, each.payable) for each in report.sums] == [(0, 0, 0)]
    assert pool.state == PoolState.CONFIRMED
    for milestone in session.scalars(select(Milestone).order_by(Milestone.position)):
        milestone.actual_on = milestone.actual_on or milestone.planned_on
        session.flush()
        service.shipments_moved(session, pool.id, now=clock.now)
    assert pool.state == PoolState.SETTLED
    assert set(session.scalars(select(Order.state))) == {OrderState.DELIVERED}

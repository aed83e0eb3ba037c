"""Steps that fail, are tried again, or find nothing to do; and pools that nobody ships."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from app.audits.models import Certificate
from app.catalogue.models import Offer
from app.errors import Refusal
from app.ledger import payments
from app.ledger import service as ledger
from app.ledger.models import Payout
from app.mail import Mail
from app.shipping.models import Sailing
from app.trade import closing, service
from app.trade.jobs import close_due_pools, take_pool_steps, verify_ledger
from app.trade.models import Charge, Order, OrderState, Pool, PoolPlan, PoolState, PoolStep
from tests.app.payouts.paying import pay_all
from tests.app.trade.market import CLOSES, Market, PaperCase
from tests.conftest import FixedClock

RunJobs = Callable[[], list[str]]


def states(session: Session) -> dict[str, str]:
    session.expire_all()
    return {step.name: step.state for step in session.scalars(select(PoolStep).order_by(PoolStep.position))}


def close(paper: PaperCase, session: Session, run_jobs: RunJobs) -> None:
    service.close(session, paper.market.hub, paper.pool.id, now=paper.market.now)
    session.commit()
    run_jobs()
    session.expire_all()


def test_the_clock_closes_pools_that_are_due(
    paper: PaperCase, session: Session, run_jobs: RunJobs, clock: FixedClock
) -> None:
    paper.join_all()
    close_due_pools(0)
    assert session.get_one(Pool, paper.pool.id).state == PoolState.OPEN
    clock.now = CLOSES
    close_due_pools(0)
    close_due_pools(0)
    assert run_jobs()[0] == "take_pool_steps"
    session.expire_all()
    assert session.get_one(Pool, paper.pool.id).state == PoolState.PLANNED


def test_a_pool_that_nobody_joined_is_cancelled(
    paper: PaperCase, session: Session, run_jobs: RunJobs
) -> None:
    close(paper, session, run_jobs)
    pool = session.get_one(Pool, paper.pool.id)
    assert (pool.state, pool.cancelled_because) == (PoolState.CANCELLED, "Nobody joined.")
    assert states(session)["plan"] == "waiting"


def test_a_maker_that_lost_its_certificate_stops_the_pool_until_somebody_decides(
    paper: PaperCase, session: Session, run_jobs: RunJobs
) -> None:
    paper.join_all()
    session.execute(update(Certificate).values(status="suspended"))
    session.commit()
    close(paper, session, run_jobs)
    step = session.scalars(select(PoolStep).filter_by(name="lock")).one()
    assert step.state == "failed"
    assert step.words.startswith("No longer certified: Test craft maker.")
    assert "cannot go on" in " ".join(session.scalars(select(Mail.subject)))
    take_pool_steps(str(paper.pool.id))
    assert states(session)["lock"] == "failed", "only a person tries it again"
    session.execute(update(Certificate).values(status="active"))
    service.retry_step(session, paper.market.hub, paper.pool.id, now=paper.market.now)
    session.commit()
    run_jobs()
    assert set(states(session).values()) == {"done"}
    with pytest.raises(Refusal, match="No step of this pool has failed"):
        service.retry_step(session, paper.market.hub, paper.pool.id, now=paper.market.now)


def test_quotes_that_cannot_be_kept_stop_the_pool_and_charge_nobody(
    paper: PaperCase, session: Session, run_jobs: RunJobs
) -> None:
    """A carrier's tariff under which somebody was quoted is gone: nobody pays more than it accepted."""
    cheap = paper.market.service(
        {
            "id": "ferry",
            "mode": "sea",
            "classes": ["ambient"],
            "departures": [{"day": 30, "arrives": 50}],
            "tariff": {
                "per_shipment": 0,
                "per_consignee": 0,
                "less_than_container": {"per_wm": 1, "minimum": 0},
            },
        },
        CLOSES.date(),
    )
    offer = paper.market.offer(paper.maker, price=400_000)
    order = paper.market.join(paper.buyers[0], paper.pool, (offer, 1))
    assert order.alone < 10_000
    session.execute(update(Sailing).where(Sailing.service_id == cheap.id).values(capacity_g=1))
    session.commit()
    close(paper, session, run_jobs)
    step = session.scalars(select(PoolStep).filter_by(name="share")).one()
    assert step.state == "failed"
    assert "cannot be shared within what each buyer accepted" in step.words
    assert session.scalars(select(Charge)).all() == []
    session.execute(update(Sailing).where(Sailing.service_id == cheap.id).values(capacity_g=None))
    service.retry_step(session, paper.market.hub, paper.pool.id, now=paper.market.now)
    session.commit()
    run_jobs()
    assert set(states(session).values()) == {"done"}
    assert session.scalars(select(Charge)).one().shipping <= order.alone


def test_a_step_whose_worker_died_is_taken_again(
    paper: PaperCase, session: Session, run_jobs: RunJobs, clock: FixedClock
) -> None:
    paper.join_all()
    service.close(session, paper.market.hub, paper.pool.id, now=clock.now)
    session.commit()
    assert closing.begin(session, paper.pool.id, clock.now) == "lock", "and then nothing more: killed"
    session.commit()
    assert closing.ask_for_stuck(session, clock.now + timedelta(minutes=4)) == 0
    assert closing.ask_for_stuck(session, clock.now + timedelta(minutes=6)) == 1
    session.commit()
    run_jobs()
    assert set(states(session).values()) == {"done"}
    attempts = session.scalars(select(PoolStep.attempt).order_by(PoolStep.position)).all()
    assert attempts == [2, *[1] * (len(closing.STEPS) - 1)]
    assert len(session.scalars(select(Charge)).all()) == 6


def test_a_cancelled_pool_costs_nothing_gives_stock_back_and_tells_everybody(
    paper: PaperCase, session: Session, run_jobs: RunJobs, clock: FixedClock
) -> None:
    offer = paper.market.offer(paper.maker, stock=9)
    paper.join_all()
    paper.market.join(paper.market.buyer(), paper.pool, (offer, 4))
    close(paper, session, run_jobs)
    service.cancel(session, paper.market.hub, paper.pool.id, "No ship.", now=clock.now)
    session.commit()
    session.expire_all()
    assert session.get_one(Offer, offer.id).stock == 9
    assert set(session.scalars(select(Order.state))) == {OrderState.CANCELLED}
    report = ledger.verify(session)
    assert report.faults == []
    assert [(each.bank, each.receivable, each.payable) for each in report.sums] == [(0, 0, 0)]
    told = session.scalars(select(Mail.to).where(Mail.subject.contains("is cancelled"))).all()
    assert len(told) == len(set(told)) == 8, "seven buyers and the maker"
    with pytest.raises(Refusal, match="cancelled already"):
        service.cancel(session, paper.market.hub, paper.pool.id, "Again.", now=clock.now)
    assert run_jobs().count("take_pool_steps") == 0


def test_orders_that_all_go_directly(
    market: Market, session: Session, run_jobs: RunJobs, clock: FixedClock
) -> None:
    """One small order: the maker ships it, is paid for it, and the hub says when it came."""
    market.service(
        {
            "id": "dear",
            "mode": "air",
            "classes": ["ambient"],
            "departures": [{"day": 40, "arrives": 42}],
            "tariff": {
                "per_shipment": 900_000,
                "per_consignee": 0,
                "volumetric_divisor": 6000,
                "minimum_charge": 0,
                "breaks": [{"from_g": 0, "per_kg": 1}],
            },
        },
        CLOSES.date(),
    )
    maker = market.maker()
    offer = market.offer(maker)
    pool = market.pool()
    market.join(market.buyer(), pool, (offer, 10))
    service.close(session, market.hub, pool.id, now=clock.now)
    session.commit()
    run_jobs()
    session.expire_all()
    charge = session.scalars(select(Charge)).one()
    assert (charge.goods, charge.shipping, charge.direct, charge.joint) == (12_000, 10_000, 10_000, 0)
    with pytest.raises(Refusal, match="Only a confirmed pool"):
        service.delivered_directly(session, market.hub, pool.id, now=clock.now)
    payments.receive(
        session,
        market.operator,
        reference=charge.reference.lower(),
        amount=22_000,
        currency="USD",
        received_on=clock.now.date(),
        now=clock.now,
    )
    payout = session.scalars(select(Payout)).one()
    assert (payout.payee, payout.amount) == ("Test craft maker", 22_000)
    service.delivered_directly(session, market.hub, pool.id, now=clock.now)
    assert session.get_one(Pool, pool.id).state == PoolState.ARRIVED
    pay_all(session, market, clock.now)
    assert session.get_one(Pool, pool.id).state == PoolState.SETTLED
    assert ledger.verify(session).faults == []


def test_closing_earlier_moves_no_promised_date(
    paper: PaperCase, session: Session, run_jobs: RunJobs
) -> None:
    paper.join_all()
    close(paper, session, run_jobs)
    stored = session.get_one(PoolPlan, paper.pool.id)
    assert stored.problem["start"] == CLOSES.date().isoformat()
    assert {line["ready"] for line in stored.problem["lines"]} == {1, 3, 6, 8, 10, 12}


def test_a_pool_closed_late_takes_no_sailing_that_has_left_and_breaks_no_quote(
    paper: PaperCase, session: Session, run_jobs: RunJobs, clock: FixedClock
) -> None:
    paper.join_all()
    clock.now = CLOSES + timedelta(days=22)
    close_due_pools(0)
    run_jobs()
    session.expire_all()
    stored = session.get_one(PoolPlan, paper.pool.id)
    days = [each["day"] for one in stored.problem["services"] for each in one["departures"]]
    assert min(days) > 21
    step = session.scalars(select(PoolStep).filter_by(name="share")).one()
    assert (step.state, session.scalars(select(Charge)).all()) == ("failed", [])
    assert "within what each buyer accepted" in step.words


def test_terms_of_a_maker_hold_for_the_pool_from_its_first_order_on(
    paper: PaperCase, session: Session
) -> None:
    from app.catalogue.models import Terms

    first = paper.market.join(paper.buyers[0], paper.pool, (paper.offers[0], 1))
    session.get_one(Terms, paper.maker.organisation_id).direct_shipping = 99_000
    session.commit()
    second = paper.market.join(paper.buyers[1], paper.pool, (paper.offers[1], 1))
    assert first.terms["producers"] == second.terms["producers"]
    assert second.alone == 10_000


def test_the_daily_proof_writes_to_those_who_run_the_platform(
    paper: PaperCase, session: Session, run_jobs: RunJobs
) -> None:
    paper.join_all()
    close(paper, session, run_jobs)
    verify_ledger(0)
    assert session.scalars(select(Mail).filter_by(subject="The ledger does not agree")).all() == []
    session.execute(update(Charge).values(goods=Charge.goods + 1, total=Charge.total + 1))
    session.commit()
    verify_ledger(0)
    mail = session.scalars(select(Mail).filter_by(subject="The ledger does not agree")).one()
    assert "FAULT" in mail.body

"""Pools of one origin planned and booked together: nobody pays more, everybody is told, workers share."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.ledger import payments
from app.ledger import service as ledger
from app.mail import Mail
from app.planning import desk
from app.planning.desk import DeskSaid
from app.planning.models import Consolidation, OrderRebate, PlanningRun, RunState
from app.shipping.models import Shipment
from app.trade import service
from app.trade.models import Charge, Order, Pool, PoolState
from logistics import Plan, Problem, check, share
from tests.app.making import Making
from tests.app.trade.market import CLOSES, Market
from tests.conftest import FixedClock

RunJobs = Callable[[], list[str]]
DAY = timedelta(days=1)
SEA: dict[str, Any] = {
    "id": "SEA-SGN-RTM",
    "mode": "sea",
    "classes": ["ambient"],
    "departures": [{"day": 7, "arrives": 45}, {"day": 14, "arrives": 52}, {"day": 21, "arrives": 59}],
    "tariff": {
        "per_shipment": 4500,
        "per_consignee": 500,
        "less_than_container": {"per_wm": 9200, "minimum": 1_000_000},
    },
}


class Port:
    """A market whose hub of origin plans together, and pools of it."""

    def __init__(self, session: Session, make: Making, clock: FixedClock, run_jobs: RunJobs) -> None:
        self.session, self.clock, self.run_jobs = session, clock, run_jobs
        self.market = Market(session, make)
        market = self.market
        self.maker = market.maker()
        self.offer = market.offer(self.maker, price=60_000, weight_g=20_000, volume_cm3=150_000, lead_days=3)
        market.service(SEA, CLOSES.date())
        self.saigon = market.make.person(
            session.get_one(type(market.make.organisation()), market.origin.organisation_id)
        )
        from app.organisations.models import Organisation
        from tests.app.catalogue import scene

        self.keeper = scene.actor_of(
            session, self.saigon, session.get_one(Organisation, market.origin.organisation_id)
        )

    def keep(self, stability: int = 100) -> None:
        desk.keep(
            self.session,
            self.keeper,
            self.market.origin.id,
            DeskSaid(0, stability),
            version=None,
            now=self.clock.now,
        )
        self.session.commit()

    def pool(self, buyers: int, **more: Any) -> Pool:
        made = self.market.pool(**more)
        for _ in range(buyers):
            self.market.join(self.market.buyer(), made, (self.offer, 1))
        return made

    def close(self) -> None:
        self.clock.now = CLOSES
        service.close_due(self.session, now=self.clock.now)
        self.session.commit()
        self.run_jobs()
        self.session.expire_all()

    def pay(self, pool: Pool) -> None:
        charges = self.session.scalars(
            select(Charge).join(Order, Order.id == Charge.order_id).where(Order.pool_id == pool.id)
        ).all()
        for charge in charges:
            payments.receive(
                self.session,
                self.market.operator,
                reference=charge.reference,
                amount=charge.total,
                currency="USD",
                received_on=self.clock.now.date(),
                now=self.clock.now,
            )
        self.session.commit()

    def book(self) -> None:
        (group,) = planning_groups(self)
        desk.ask(self.session, group, because="Book.", book=True, person=self.saigon.id, now=self.clock.now)
        self.session.commit()
        self.run_jobs()
        self.session.expire_all()


def planning_groups(port: Port) -> list[Any]:
    return desk.groups_of(port.session, port.market.origin.id)


@pytest.fixture
def port(session: Session, make: Making, clock: FixedClock, run_jobs: RunJobs) -> Port:
    return Port(session, make, clock, run_jobs)


def test_two_pools_become_one_shipment_and_the_difference_goes_back(port: Port, session: Session) -> None:
    port.keep()
    first, second = port.pool(3), port.pool(2)
    port.close()
    port.pay(first)
    assert first.state == PoolState.PLANNED, "paid, and waits at the desk"
    assert session.scalars(select(Shipment)).all() == []
    assert ledger.verify(session).faults == []
    port.run_jobs()
    session.expire_all()
    run = session.scalars(
        select(PlanningRun).order_by(PlanningRun.asked_at.desc(), PlanningRun.id.desc())
    ).first()
    assert run is not None
    assert run.state == RunState.DONE
    assert run.found is not None
    assert run.found["total"] < run.found["before"]
    assert {each["ready"] for each in run.found["pools"].values()} == {True, False}
    port.pay(second)
    port.book()

    made = session.scalars(select(Consolidation)).one()
    assert made.total < made.before
    shipments = session.scalars(select(Shipment)).all()
    assert len(shipments) == 2
    assert len({each.sailing_id for each in shipments}) == 1
    assert {first.state, second.state} == {PoolState.CONFIRMED}
    problem = Problem.from_dict(made.problem)
    planned = Plan.from_json(__import__("json").dumps(made.plan))
    assert check(problem, planned).ok
    # anybody can compute it again from the published documents
    again = share(problem, planned, quotes=made.quotes, alone=made.plan["alone"])
    assert again.to_dict()["shares"] == made.sharing["shares"]
    rebates = {each.order_id: each for each in session.scalars(select(OrderRebate))}
    assert len(rebates) == 5
    assert sum(each.amount for each in rebates.values()) == made.before - made.total
    for charge in session.scalars(select(Charge)):
        rebate = rebates[charge.order_id]
        assert rebate.charged == charge.shipping
        assert 0 <= rebate.amount <= charge.shipping
    assert ledger.verify(session).faults == []
    report = ledger.verify(session)
    assert [(each.receivable, each.sum) for each in report.sums] == [(0, 0)]
    told = session.scalars(select(Mail.body).where(Mail.subject.like("Order % is booked"))).all()
    assert len(told) == sum(1 for each in rebates.values() if each.amount)
    assert all("paid once" in each for each in told)


def test_without_a_desk_a_paid_pool_is_booked_at_once(port: Port) -> None:
    pool = port.pool(2)
    port.close()
    port.pay(pool)
    assert pool.state == PoolState.CONFIRMED


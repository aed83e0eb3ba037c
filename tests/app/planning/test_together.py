"""Pools of one origin planned and booked together: nobody pays more, everybody is told, workers share."""

import json
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.accountability.figures import savings
from app.errors import Refusal
from app.impact.reckoning import buying
from app.ledger import payments
from app.ledger import service as ledger
from app.mail import Mail
from app.organisations.models import Membership, Organisation
from app.planning import choosing, desk, planning
from app.planning.desk import DeskSaid
from app.planning.models import Consolidation, OrderRebate, PlanningRun, PoolBooking, RunState
from app.planning.rebates import rebated
from app.shipping.models import Sailing, Shipment
from app.stories.prices import door_price
from app.trade import service
from app.trade.models import Charge, Order, OrderLine, Pool, PoolState
from logistics import Plan, Problem, check, share
from tests.app.catalogue import scene
from tests.app.making import Making
from tests.app.trade.market import CLOSES, Market
from tests.conftest import FixedClock, SignIn

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
        organisation = session.get_one(Organisation, market.origin.organisation_id)
        self.saigon = market.make.person(organisation)
        self.keeper = scene.actor_of(session, self.saigon, organisation)

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
        choosing.plan_now(self.session, self.keeper, self.market.origin.id, book=True, now=self.clock.now)
        self.session.commit()
        self.run_jobs()
        self.session.expire_all()


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
    planned = Plan.from_json(json.dumps(made.plan))
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
        # what a lot's story tells of the price is what was paid in the end, by item
        assert sum(rebated(session, charge).values()) == rebate.amount
        lines = session.scalars(select(OrderLine).filter_by(order_id=charge.order_id)).all()
        told_price, pieces = door_price(session, lines), sum(line.quantity for line in lines)
        assert told_price is not None
        paid = charge.goods + charge.shipping - rebate.amount + charge.duty
        assert abs(told_price.total - paid / pieces) <= 0.5
    # and so does a buyer's report of its year
    buyers = set(session.scalars(select(Order.organisation_id).where(Order.id.in_(rebates))))
    reports = [buying(session, buyer, None, today=run.asked_at.date()) for buyer in buyers]
    told_shipping = sum(money.shipping for each in reports for money in each.money)
    assert told_shipping == sum(each.charged - each.amount for each in rebates.values())
    # and what the public sees
    public = savings(session)
    assert sum(each.pooled for each in public) == made.total
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


def test_hold_or_send_is_a_persons_choice_with_its_price(
    port: Port, session: Session, as_person: SignIn
) -> None:
    port.keep(stability=0)
    first, second = port.pool(3), port.pool(2)
    port.close()
    port.pay(first)
    port.pay(second)
    port.run_jobs()
    session.expire_all()
    origin = port.market.origin.id
    browser = as_person(port.saigon.id)
    page = browser.get(f"/planning/{origin}").text
    for words in ("Book the 2 paid pools", "With the other paid ones", "Each by itself", "with P-"):
        assert words in page
    here = f"/planning/{origin}/pools/{first.id}"
    shown = browser.get(here).text
    assert "Nobody pays more than it was charged" in shown
    assert "7 days later" in shown
    assert "more" in shown
    assert "The address for customs." in shown
    api = browser.get(f"/api/planning/{origin}").json()["plannings"][0]
    (mine,) = [each for each in api["pools"] if each["pool_id"] == str(first.id)]
    later = next(each for each in mine["options"] if each["within"])
    assert later["days"] == 7
    assert later["difference"] > 0
    choice = {"option": f"{later['service']} {later['departs_on']}"}
    assert browser.post(here, data=choice).status_code == 422, "a reason is wanted"
    assert browser.post(here, data={"option": "SEA-SGN-RTM 2026-01-01", "reason": "x"}).status_code == 422
    assert browser.post(here, data=choice | {"reason": "The workshop is late."}).status_code == 303
    port.book()
    days = session.execute(
        select(Shipment.pool_id, Sailing.departs_on).join(Sailing, Sailing.id == Shipment.sailing_id)
    ).all()
    assert len(days) == 2
    assert dict(days)[first.id].isoformat() == later["departs_on"]
    total = sum(rebate.charged - rebate.amount for rebate in session.scalars(select(OrderRebate)))
    made = session.scalars(select(Consolidation)).one()
    assert made.total == total <= made.before
    assert ledger.verify(session).faults == []
    order = session.scalars(select(Order).filter_by(pool_id=first.id)).first()
    assert order is not None
    buyer = session.get_one(Organisation, order.organisation_id)
    member = session.scalars(select(Membership).filter_by(organisation_id=buyer.id)).first()
    assert member is not None
    shown = as_person(member.person_id).get(f"/orders/{order.id}").text
    assert "goes back to you" in shown
    assert "12 Feb" in shown or "5 Feb" in shown
    told = session.scalars(select(Mail.body).where(Mail.subject.like("Order % is booked"))).all()
    assert any("instead of" in each and "within the day" in each for each in told)
    public = browser.get(f"/consolidations/{made.id}").text
    assert made.number in public
    assert browser.get(f"/consolidations/{made.id}/plan.json").json() == made.plan
    assert browser.get(here).status_code == 404, "it is booked"
    stranger = as_person(port.market.hub.person_id)
    for address in (f"/planning/{origin}", here, f"/api/planning/{origin}"):
        assert stranger.get(address).status_code == 404


def test_what_costs_more_than_was_charged_cannot_be_chosen_nor_booked(port: Port, session: Session) -> None:
    port.keep()
    pool = port.pool(3)
    port.close()
    port.pay(pool)
    port.run_jobs()
    session.expire_all()
    run = session.scalars(select(PlanningRun)).all()[-1]
    assert run.found is not None
    options = run.found["pools"][str(pool.id)]["options"]
    assert options
    assert not any(each["within"] for each in options), "waiting costs, and nobody shares it"
    later = options[0]
    with pytest.raises(Refusal, match="nobody is asked for more"):
        choosing.choose(
            session,
            port.keeper,
            port.market.origin.id,
            pool.id,
            service=later["service"],
            departs_on=date.fromisoformat(later["departs_on"]),
            reason="I want to.",
            now=port.clock.now,
        )
    # the ship of its plan fills up, and the others are dearer: it waits, and the hub is told why
    for sailing in session.scalars(select(Sailing)):
        sailing.capacity_g = 1000
    session.commit()
    port.book()
    booking = session.get_one(PoolBooking, pool.id)
    assert booking.booked_at is None
    assert "more than the buyers were charged" in booking.words
    assert session.scalars(select(Mail.subject).where(Mail.subject.like("%cannot be booked"))).all()
    # room again: on the last day it is booked by itself, by whatever worker comes
    for sailing in session.scalars(select(Sailing)):
        sailing.capacity_g = None
    port.clock.now = datetime.combine(booking.book_by, time(9), UTC)
    assert desk.ask_due(session, now=port.clock.now) == 1
    session.commit()
    port.run_jobs()
    session.expire_all()
    assert pool.state == PoolState.CONFIRMED
    assert booking.consolidation_id is None
    assert session.scalars(select(OrderRebate)).all() == []
    assert ledger.verify(session).faults == []


def test_what_changed_meanwhile_is_planned_again(port: Port, session: Session, sessions: Any) -> None:
    port.keep()
    first, second = port.pool(3), port.pool(2)
    port.close()
    port.pay(first)
    port.run_jobs()
    choosing.plan_now(session, port.keeper, port.market.origin.id, book=True, now=port.clock.now)
    session.commit()
    run = session.scalars(select(PlanningRun).filter_by(book=True)).one()
    given = planning.begin(session, run.id, now=port.clock.now)
    session.commit()
    assert given is not None
    assert planning.begin(session, run.id, now=port.clock.now) is None, "another worker has it"
    made = planning.compute(given)
    port.pay(second)  # while the engine was at it
    planning.finish(session, run.id, given, made, now=port.clock.now)
    session.commit()
    assert run.state == RunState.FAILED
    assert session.scalars(select(Shipment)).all() == []
    port.run_jobs()
    session.expire_all()
    assert {first.state, second.state} == {PoolState.CONFIRMED}
    assert session.scalars(select(Consolidation)).one().total > 0
    planning.finish(session, run.id, given, made, now=port.clock.now)  # a worker that was slow
    session.commit()
    assert len(session.scalars(select(Shipment)).all()) == 2

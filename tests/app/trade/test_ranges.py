"""Orders as ranges, cases that are filled together, minimums that are missed, and what an extension does."""

from collections.abc import Callable
from datetime import timedelta
from uuid import UUID

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.catalogue.models import Offer
from app.errors import Faulty, Refusal
from app.ledger import service as ledger
from app.mail import Mail
from app.permissions import Actor
from app.trade import closing, collecting, extending, ordering, service
from app.trade.cases import cases_in
from app.trade.jobs import take_pool_steps
from app.trade.models import Charge, Order, OrderLine, OrderState, Pool, PoolState
from app.trade.quoting import Wanted, lines_of
from tests.app.trade.market import CLOSES, Market, PaperCase
from tests.conftest import FixedClock


def join(
    market: Market, buyer: Actor, pool: Pool, offer: Offer, most: int, least: int | None = None
) -> Order:
    wanted = Wanted({offer.id: most}, least={offer.id: least} if least else {})
    made = ordering.join(market.session, buyer, pool.id, wanted, now=market.now)
    market.session.commit()
    return made


def close(market: Market, pool: Pool, clock: FixedClock) -> None:
    clock.now = max(pool.closes_at, clock.now)
    service.close_due(market.session, now=clock.now)
    market.session.commit()
    take_pool_steps(str(pool.id))
    market.session.expire_all()


def got(session: Session, order: Order) -> tuple[int, str | None]:
    line = session.scalars(select(OrderLine).filter_by(order_id=order.id)).one()
    return (0 if line.frozen_because else line.quantity), line.why


@pytest.mark.usefixtures("app")
def test_a_range_fills_the_case_and_is_charged_for_what_it_gets(
    paper: PaperCase, clock: FixedClock, session: Session
) -> None:
    market = paper.market
    pool = market.pool(title="Together", shares_cases=True)
    tea = market.offer(
        paper.maker, title="Test tea", price=900, weight_g=120, case_size=12, least_quantity=24, stock=50
    )
    others = [join(market, buyer, pool, tea, 10) for buyer in paper.buyers[:3]]
    ranged = join(market, paper.buyers[3], pool, tea, 7, 5)
    (cases,) = cases_in(session, pool)
    assert (cases.least, cases.most, cases.missing, cases.to_next_case) == (35, 37, 0, 11)
    accepted = ranged.most
    assert ranged.goods == 7 * 900, "the worst case is that of the most"
    assert session.get_one(Offer, tea.id).stock == 50 - 37
    close(market, pool, clock)
    assert pool.state == PoolState.PLANNED, [step.words for step in closing.steps_of(session, pool.id)]
    assert got(session, ranged) == (6, "fills cases")
    assert [got(session, each)[0] for each in others] == [10, 10, 10]
    assert session.get_one(Offer, tea.id).stock == 50 - 36, "what it did not get is free again"
    charge = session.get_one(Charge, ranged.id)
    assert charge.goods == 6 * 900
    assert charge.total <= accepted
    assert ledger.verify(session).faults == []


@pytest.mark.usefixtures("app")
def test_a_range_reaches_the_minimum_order_and_a_case_that_is_not_full_is_left_out_of_all_in_proportion(
    paper: PaperCase, clock: FixedClock, session: Session
) -> None:
    market = paper.market
    maker = market.maker("Second test maker", minimum_order=200_00)
    pool = market.pool(title="Together", shares_cases=True)
    vase = market.offer(maker, title="Test vase", price=1000, weight_g=300)
    tray = market.offer(maker, title="Test tray", price=100, weight_g=300, case_size=10)
    first = join(market, paper.buyers[0], pool, vase, 30, 10)
    trays = [join(market, buyer, pool, tray, 7) for buyer in paper.buyers[1:3]]
    close(market, pool, clock)
    assert pool.state == PoolState.PLANNED, [step.words for step in closing.steps_of(session, pool.id)]
    assert got(session, first) == (19, "reaches minimum"), "190.00 and ten trays make 200.00"
    assert [got(session, each) for each in trays] == [(5, "case not full")] * 2
    assert [session.get_one(Charge, each.id).goods for each in trays] == [500, 500]


@pytest.mark.usefixtures("app")
def test_ranges_that_make_no_sense_are_refused(paper: PaperCase) -> None:
    market, pool = paper.market, paper.pool
    offer = market.offer(paper.maker, case_size=6, least_quantity=12, stock=30)
    for most, least in ((12, 13), (12, -1), (13, 5), (6, 1)):
        with pytest.raises(Faulty):
            join(market, paper.buyers[0], pool, offer, most, least)


@pytest.mark.usefixtures("app")
def test_an_extension_keeps_those_who_consent_and_a_second_miss_costs_nobody(
    paper: PaperCase, clock: FixedClock, session: Session
) -> None:
    market = paper.market
    pool = market.pool(
        title="Small", needs_minimum=True, extension_days=7, latest_arrival_on=CLOSES.date() + timedelta(80)
    )
    yes, no, silent, other = (market.join(buyer, pool, (paper.offers[0], 1)) for buyer in paper.buyers[:4])
    extending.say(session, paper.buyers[0], yes.id, stays=True, now=clock.now)
    extending.say(session, paper.buyers[1], no.id, stays=False, now=clock.now)
    before, most = yes.needed_by, yes.most
    close(market, pool, clock)
    assert (pool.state, pool.closes_at) == (PoolState.OPEN, CLOSES + timedelta(days=7))
    assert (no.state, no.leaving_charge) == (OrderState.LEFT, 0)
    assert (yes.needed_by, yes.most) == (before + timedelta(days=7), most)
    assert [step.name for step in closing.steps_of(session, pool.id)] == ["lock", "fill"]
    asked = session.scalars(select(Mail).where(Mail.subject.contains("do you stay?"))).all()
    assert len(asked) == 2
    assert f"/orders/{silent.id}/extension" in "".join(mail.body for mail in asked)
    with pytest.raises(Refusal, match="left this pool"):
        extending.say(session, paper.buyers[1], no.id, stays=True, now=clock.now)
    with pytest.raises(Refusal, match="agreed"):
        extending.say(session, paper.buyers[0], yes.id, stays=False, now=clock.now)
    extending.say(session, paper.buyers[3], other.id, stays=False, now=clock.now)
    assert (other.state, other.leaving_charge) == (OrderState.LEFT, 0)
    late = market.join(paper.buyers[4], pool, (paper.offers[0], 1))
    assert late.stays_if_extended
    close(market, pool, clock)
    assert silent.state == OrderState.LEFT
    assert pool.state == PoolState.CANCELLED
    assert "minimum" in (pool.cancelled_because or "")
    assert {step.round for step in closing.every_step_of(session, pool.id)} == {1, 2}
    assert {yes.state, late.state} == {OrderState.CANCELLED}
    assert session.scalars(select(Charge)).all() == []


@pytest.mark.usefixtures("app")
def test_an_extended_pool_that_fills_up_goes_ahead_within_what_was_accepted(
    paper: PaperCase, clock: FixedClock, session: Session
) -> None:
    market = paper.market
    pool = market.pool(title="Slow", needs_minimum=True, extension_days=3)
    first = [
        ordering.join(
            session,
            buyer,
            pool.id,
            Wanted({paper.offers[0].id: 1}, stays_if_extended=True),
            now=clock.now,
        )
        for buyer in paper.buyers[:2]
    ]
    accepted = [order.most for order in first]
    close(market, pool, clock)
    assert pool.extended_at is not None
    market.join(paper.buyers[2], pool, (paper.offers[0], 9))
    close(market, pool, clock)
    assert pool.state == PoolState.PLANNED, [step.words for step in closing.steps_of(session, pool.id)]
    for order, most in zip(first, accepted, strict=True):
        assert session.get_one(Charge, order.id).total <= most
    assert ledger.verify(session).faults == []


@pytest.mark.usefixtures("app")
def test_a_pool_that_loses_an_order_by_its_card_is_extended_once_before_it_is_called_off(
    paper: PaperCase, clock: FixedClock, session: Session
) -> None:
    pool = paper.market.pool(title="Cards", extension_days=5)
    order = paper.market.join(paper.buyers[0], pool, (paper.offers[0], 1))
    extending.say(session, paper.buyers[0], order.id, stays=True, now=clock.now)
    service.close(session, paper.market.hub, pool.id, now=clock.now)
    assert "goes on for longer" in collecting.missed(session, pool, 100, clock.now)
    assert (pool.state, order.state) == (PoolState.OPEN, OrderState.JOINED)
    service.close(session, paper.market.hub, pool.id, now=clock.now)
    assert "nobody pays" in collecting.missed(session, pool, 100, clock.now)
    assert (pool.state, order.state) == (PoolState.CANCELLED, OrderState.CANCELLED)


def test_pages_of_ranges_and_extensions(
    paper: PaperCase, clock: FixedClock, session: Session, as_person: Callable[[UUID], TestClient]
) -> None:
    market = paper.market
    hub = as_person(market.hub.person_id)
    opened = hub.post(
        "/hub/pools/new",
        data={
            "title": "Tea together",
            "origin_id": str(market.origin.id),
            "hub_id": str(market.destination.id),
            "currency": "USD",
            "closes_at": "2026-01-22T18:00",
            "latest_arrival_on": "2026-04-22",
            "wait_cost_ppm_per_day": "300",
            "shares_cases": "yes",
            "extension_days": "7",
        },
    )
    assert opened.status_code == 303, opened.text
    pool = session.scalars(select(Pool).filter_by(title="Tea together")).one()
    tea = market.offer(paper.maker, title="Test tea", price=900, weight_g=120, case_size=12)
    buyer = as_person(paper.buyers[0].person_id)
    chosen = f"quantity-{tea.id}=7&least-{tea.id}=5&stays=yes"
    assert "filled together" in buyer.get(f"/pools/{pool.id}/join").text
    turned = buyer.get(f"/pools/{pool.id}/join/check?quantity-{tea.id}=5&least-{tea.id}=7")
    assert turned.status_code == 422
    assert "Test tea: The least of a range" in turned.text
    halved = buyer.get(f"/pools/{pool.id}/join/check?least-{tea.id}=7")
    assert "Enter how many at most, too." in halved.text
    check = buyer.get(f"/pools/{pool.id}/join/check?{chosen}")
    assert "5 to 7" in check.text
    data = dict(pair.split("=") for pair in chosen.split("&"))
    joined = buyer.post(f"/pools/{pool.id}/join", data=data)
    order = session.scalars(select(Order).filter_by(pool_id=pool.id)).one()
    assert joined.headers["location"].startswith(f"/orders/{order.id}")
    assert order.stays_if_extended is True
    again = buyer.post(f"/pools/{pool.id}/join", data=data)  # from a second tab
    assert again.status_code == 409
    assert [(line.least, line.most) for line in lines_of(session, order.id)] == [(5, 7)]
    assert 'value="5"' in buyer.get(f"/orders/{order.id}/change").text
    assert "5 to 7" in buyer.get(f"/orders/{order.id}").text
    assert "5 more" in buyer.get(f"/pools/{pool.id}").text, "pieces that the first case needs"
    assert buyer.get(f"/orders/{order.id}/extension").status_code == 200
    assert buyer.post(f"/orders/{order.id}/extension", data={"stays": "no"}).status_code == 303
    session.expire_all()
    assert not session.get_one(Order, order.id).stays_if_extended
    close(market, pool, clock)
    assert pool.state == PoolState.CANCELLED
    buyer = as_person(paper.buyers[0].person_id)
    late = buyer.post(f"/orders/{order.id}/extension", data={"stays": "yes"})
    assert late.status_code == 409
    assert buyer.get(f"/orders/{order.id}/change").status_code == 409
    assert buyer.get(f"/orders/{order.id}").status_code == 200

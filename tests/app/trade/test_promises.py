"""What was promised is kept: quotes with their sources, makers that may not sell, asks, links, reminders."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from app.audits import standing
from app.audits.models import Certificate
from app.catalogue.models import Offer, Terms
from app.errors import Faulty, Missing, Refusal
from app.ledger import service as ledger
from app.mail import Mail
from app.permissions import Actor
from app.shipping.models import Service
from app.trade import asking, freezing, inviting, ordering, service
from app.trade.asking import AskSaid
from app.trade.models import Charge, Order, OrderState, Pool, PoolPlan, PoolState, PoolStep
from app.trade.quoting import Wanted, quote
from tests.app.trade.market import CLOSES, PAPER, Market, PaperCase
from tests.conftest import FixedClock

RunJobs = Callable[[], list[str]]


def lose_certificate(session: Session, maker: Actor, now: Any) -> None:
    session.execute(
        update(Certificate).filter_by(organisation_id=maker.organisation_id).values(status="suspended")
    )
    standing.announce(session, maker.organisation_id, "Suspended after an audit.", now=now)
    session.commit()
    session.expire_all()


def close(paper: PaperCase, session: Session, run_jobs: RunJobs) -> None:
    service.close(session, paper.market.hub, paper.pool.id, now=paper.market.now)
    session.commit()
    run_jobs()
    session.expire_all()


def test_each_who_joins_lowers_the_quotes_of_the_others(
    paper: PaperCase, session: Session, run_jobs: RunJobs
) -> None:
    seen: list[list[int]] = []
    for buyer, offer, due in zip(paper.buyers, paper.offers, paper.due, strict=True):
        paper.market.join(buyer, paper.pool, (offer, 1), needed_by=due)
        session.expire_all()
        seen.append(list(session.scalars(select(Order.quote).order_by(Order.joined_at, Order.number))))
    totals = [sum(each) for each in seen]
    assert totals[0] == 10_000, "the first one's quote is its cost alone"
    first = [session.scalars(select(Order).filter_by(organisation_id=paper.buyers[0].organisation_id)).one()]
    assert first[0].quote < 10_000
    assert first[0].terms["quote"] == 10_000, "what was accepted is kept beside it"
    close(paper, session, run_jobs)
    assert totals[-1] == session.get_one(PoolPlan, paper.pool.id).total, "six pay what the plan of all costs"


def test_every_amount_of_a_quote_names_its_source(paper: PaperCase, session: Session) -> None:
    order = paper.join_all()[-1]
    assert [line["source"] for line in order.terms["goods"]] == ["price list of Test craft maker"]
    for part in order.terms["alone"]:
        assert part["source"].startswith(("terms of Test craft maker, stated", "rate card"))


def test_a_missing_rate_card_is_named(paper: PaperCase, session: Session, clock: FixedClock) -> None:
    session.execute(update(Service).values(valid_until=CLOSES.date() - timedelta(days=1)))
    session.commit()
    wanted = Wanted({paper.offers[0].id: 1})
    for use in (
        lambda: quote(session, paper.pool, wanted, clock.now),
        lambda: ordering.join(session, paper.buyers[0], paper.pool.id, wanted, now=clock.now),
    ):
        with pytest.raises(Refusal, match="No rate card in USD has a departure") as raised:
            use()
        assert raised.value.code == "no-rate-card"


def test_who_leaves_pays_what_the_others_quotes_lack_and_is_charged_it_once(
    paper: PaperCase, session: Session, run_jobs: RunJobs, clock: FixedClock
) -> None:
    session.get_one(Terms, paper.maker.organisation_id).minimum_order = 0  # so that nobody carries it
    session.commit()
    orders = paper.join_all()
    before = {order.id: order.quote for order in orders}
    leaver, buyer = orders[1], paper.buyers[1]
    shown = ordering.leaving_costs(session, leaver, paper.pool, clock.now)
    assert 0 < shown <= leaver.quote
    with pytest.raises(Refusal, match="costs more now"):
        ordering.leave(session, buyer, leaver.id, now=clock.now, at_most=shown - 1)
    session.rollback()
    ordering.leave(session, buyer, leaver.id, now=clock.now, at_most=shown)
    session.commit()
    with pytest.raises(Refusal, match="left this pool"):
        paper.market.join(buyer, paper.pool, (paper.offers[1], 1))
    session.rollback()
    close(paper, session, run_jobs)
    charges = {charge.order_id: charge for charge in session.scalars(select(Charge))}
    assert charges[leaver.id].total == charges[leaver.id].shipping <= shown
    assert all(charges[each].shipping <= before[each] for each in before)
    assert ledger.verify(session).faults == []
    service.cancel(session, paper.market.hub, paper.pool.id, "No ship.", now=clock.now)
    session.commit()
    report = ledger.verify(session)
    assert report.faults == []
    assert [(each.bank, each.receivable, each.payable) for each in report.sums] == [(0, 0, 0)]


@pytest.fixture
def two_makers(market: Market, session: Session) -> tuple[Pool, list[Actor], list[Offer], list[Actor]]:
    for form in PAPER["services"]:
        market.service(form, CLOSES.date())
    makers = [market.maker("Test maker one"), market.maker("Test maker two")]
    offers = [market.offer(maker, price=30_000, weight_g=9_000, stock=20) for maker in makers]
    return market.pool(), makers, offers, [market.buyer() for _ in range(3)]


def test_lines_of_a_maker_that_may_not_sell_freeze_at_once(
    two_makers: tuple[Pool, list[Actor], list[Offer], list[Actor]],
    market: Market,
    session: Session,
    run_jobs: RunJobs,
    clock: FixedClock,
) -> None:
    pool, makers, offers, buyers = two_makers
    both = market.join(buyers[0], pool, (offers[0], 2), (offers[1], 3))
    only_lost = market.join(buyers[1], pool, (offers[1], 4))
    other = market.join(buyers[2], pool, (offers[0], 5))
    lose_certificate(session, makers[1], clock.now)
    states = {order.id: order.state for order in session.scalars(select(Order))}
    assert states == {both.id: "joined", only_lost.id: "left", other.id: "joined"}
    assert session.get_one(Order, both.id).goods == 60_000
    assert session.get_one(Order, only_lost.id).leaving_charge == 0
    assert session.get_one(Offer, offers[1].id).stock == 20
    told = session.scalars(select(Mail.subject).where(Mail.subject.contains("has changed"))).all()
    assert {f"Your order {each.number} has changed" for each in (both, only_lost)} <= set(told)
    service.close(session, market.hub, pool.id, now=clock.now)
    session.commit()
    run_jobs()
    session.expire_all()
    assert session.get_one(Pool, pool.id).state == PoolState.PLANNED
    charges = {charge.order_id: charge for charge in session.scalars(select(Charge))}
    assert {each: charge.goods for each, charge in charges.items()} == {both.id: 60_000, other.id: 150_000}
    for order_id, charge in charges.items():
        order = session.get_one(Order, order_id)
        assert charge.shipping <= order.quote <= order.alone
        assert sum(part["amount"] for part in charge.items["alone"]) == charge.alone
    assert "Test maker two" not in str([charge.items for charge in charges.values()])
    assert ledger.verify(session).faults == []


def test_a_quote_that_had_to_rise_may_be_left_for_nothing(
    two_makers: tuple[Pool, list[Actor], list[Offer], list[Actor]],
    market: Market,
    session: Session,
    clock: FixedClock,
) -> None:
    pool, makers, offers, buyers = two_makers
    order = market.join(buyers[0], pool, (offers[0], 2))
    for buyer in buyers[1:]:
        market.join(buyer, pool, (offers[1], 6))
    session.expire_all()
    shared = session.get_one(Order, order.id).quote
    lose_certificate(session, makers[1], clock.now)
    raised = session.get_one(Order, order.id)
    assert shared < raised.quote <= raised.alone
    assert raised.free_to_leave
    assert session.scalars(select(Mail.subject).where(Mail.subject.startswith("Your price"))).all()
    assert ordering.leave(session, buyers[0], order.id, now=clock.now).leaving_charge == 0


def test_a_person_goes_on_without_a_maker_for_a_reason(
    two_makers: tuple[Pool, list[Actor], list[Offer], list[Actor]],
    market: Market,
    session: Session,
    run_jobs: RunJobs,
    clock: FixedClock,
) -> None:
    pool, makers, offers, buyers = two_makers
    kept = market.join(buyers[0], pool, (offers[0], 12))
    market.join(buyers[1], pool, (offers[1], 1))
    session.execute(
        update(Certificate)
        .filter_by(organisation_id=makers[1].organisation_id)
        .values(valid_until=clock.now.date() - timedelta(days=1))
    )
    service.close(session, market.hub, pool.id, now=clock.now)
    session.commit()
    with pytest.raises(Refusal, match="never overridden"):
        freezing.override(session, market.hub, pool.id, "Why not?", now=clock.now)
    session.rollback()
    run_jobs()
    with pytest.raises(Faulty):
        freezing.override(session, market.hub, pool.id, " ", now=clock.now)
    with pytest.raises(Missing):
        freezing.override(session, buyers[0], pool.id, "Mine", now=clock.now)
    session.rollback()
    freezing.override(session, market.hub, pool.id, "They agreed by telephone.", now=clock.now)
    session.commit()
    run_jobs()
    session.expire_all()
    step = session.scalars(select(PoolStep).filter_by(name="lock")).one()
    assert (step.state, step.overridden_because) == ("done", "They agreed by telephone.")
    charges = session.scalars(select(Charge)).all()
    assert [(charge.order_id, charge.goods) for charge in charges] == [(kept.id, 360_000)]


def asked(paper: PaperCase, session: Session, now: Any) -> Any:
    market = paper.market
    said = AskSaid(
        market.origin.id, market.destination.id, "USD", CLOSES.date() + timedelta(days=90), "Bowls, 200 kg"
    )
    made = asking.ask(session, paper.buyers[0], said, now=now)
    asking.support(session, paper.buyers[1], made.id, now=now)
    asking.support(session, paper.buyers[1], made.id, now=now)
    session.commit()
    return made


def test_a_pool_that_buyers_ask_for_is_opened_and_all_are_told(
    paper: PaperCase, session: Session, clock: FixedClock
) -> None:
    made = asked(paper, session, clock.now)
    assert asking.supporters(session, made.id) == 2
    with pytest.raises(Missing):
        asking.accept(session, paper.buyers[2], made.id, title="Bowls", closes_at=CLOSES, now=clock.now)
    pool = asking.accept(session, paper.market.hub, made.id, title="Bowls", closes_at=CLOSES, now=clock.now)
    assert (pool.state, made.state, made.pool_id) == (PoolState.OPEN, "accepted", pool.id)
    told = session.scalars(select(Mail).where(Mail.subject.startswith("The pool you asked for"))).all()
    assert len(told) == 2
    with pytest.raises(Refusal, match="answered this already"):
        asking.decline(session, paper.market.hub, made.id, "No.", now=clock.now)


def test_a_hub_declines_with_a_reason(paper: PaperCase, session: Session, clock: FixedClock) -> None:
    made = asked(paper, session, clock.now)
    with pytest.raises(Faulty):
        asking.decline(session, paper.market.hub, made.id, "  ", now=clock.now)
    asking.decline(session, paper.market.hub, made.id, "No ship before May.", now=clock.now)
    bodies = session.scalars(select(Mail.body).where(Mail.subject.startswith("The hub will not"))).all()
    assert [("No ship before May." in body) for body in bodies] == [True, True]
    said = AskSaid(made.hub_id, made.hub_id, "XXX", clock.now.date(), " ")
    with pytest.raises(Faulty) as raised:
        asking.ask(session, paper.buyers[0], said, now=clock.now)
    assert set(raised.value.fields) == {"hub_id", "currency", "wanted_by", "words"}


def test_an_invitation_is_made_once_by_who_is_in_the_pool(
    paper: PaperCase, session: Session, client: Any, clock: FixedClock
) -> None:
    with pytest.raises(Missing):
        inviting.invitation(session, paper.buyers[0], paper.pool.id, now=clock.now)
    paper.market.join(paper.buyers[0], paper.pool, (paper.offers[0], 1))
    word = inviting.invitation(session, paper.buyers[0], paper.pool.id, now=clock.now)
    assert inviting.invitation(session, paper.market.hub, paper.pool.id, now=clock.now) == word
    session.commit()
    assert len(word) >= 20
    reply = client.get(f"/invited/{word}", follow_redirects=False)
    assert (reply.status_code, reply.headers["location"]) == (303, f"/pools/{paper.pool.id}")
    assert client.get("/invited/guess").status_code == 404


def test_reminders_go_out_two_days_and_six_hours_before_once_each(
    paper: PaperCase, session: Session, clock: FixedClock
) -> None:
    paper.join_all()
    moments = (timedelta(days=3), timedelta(days=2), timedelta(days=1), timedelta(hours=6), timedelta())
    counts = [inviting.remind(session, now=CLOSES - before) for before in moments]
    assert counts == [0, 1, 0, 1, 0]
    mails = session.scalars(select(Mail).where(Mail.subject.contains("closes soon"))).all()
    assert len(mails) == 2 * 6
    assert "The most you can be charged is" in mails[0].body
    assert OrderState.JOINED in set(session.scalars(select(Order.state)))

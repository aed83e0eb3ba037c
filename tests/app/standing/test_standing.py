"""Standing orders and commitments: they join pools by themselves, and never pass a limit of their buyer."""

from collections.abc import Callable
from datetime import date, timedelta
from uuid import UUID

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.catalogue.models import Offer
from app.errors import Faulty, Missing
from app.mail import Mail
from app.organisations.models import Membership, Organisation
from app.permissions import Actor
from app.standing import entering, service
from app.standing.jobs import enter_standing_orders
from app.standing.models import Standing, StandingEntry, StandingKind, StandingState
from app.standing.service import StandingSaid
from app.trade import ordering
from app.trade import service as trade
from app.trade.freezing import freeze_lines
from app.trade.models import Order
from tests.app.trade.market import Market, PaperCase
from tests.conftest import FixedClock


@pytest.fixture
def market(paper: PaperCase) -> Market:
    return paper.market


@pytest.fixture
def vase(paper: PaperCase) -> Offer:
    return paper.market.offer(paper.maker, title="Test vase", price=1000, weight_g=300)


def stand(market: Market, buyer: Actor, offer: Offer, **more: object) -> Standing:
    said: dict[str, object] = {
        "kind": StandingKind.STANDING,
        "offer_id": offer.id,
        "hub_id": market.destination.id,
        "most": 20,
        "unit_most": 5000,
        "currency": "USD",
        "from_on": market.now.date(),
    } | more
    made = service.make(market.session, buyer, StandingSaid(**said), now=market.now)  # type: ignore[arg-type]
    market.session.commit()
    return made


def run(market: Market) -> list[Order]:
    enter_standing_orders(0)
    market.session.expire_all()
    return list(market.session.scalars(select(Order).order_by(Order.joined_at, Order.id)))


def why(session: Session, standing: Standing) -> str:
    return session.scalars(select(StandingEntry.words).filter_by(standing_id=standing.id)).one()


@pytest.mark.usefixtures("app")
def test_a_commitment_joins_pool_after_pool_until_its_amount_is_used_up(
    market: Market, paper: PaperCase, vase: Offer, session: Session
) -> None:
    buyer = market.buyer("Test supermarket")
    made = stand(
        market,
        buyer,
        vase,
        kind=StandingKind.COMMITMENT,
        least=2,
        amount=50_000,
        until_on=date(2026, 12, 31),
    )
    for number in range(3):
        market.pool(title=f"Pool {number}")
    orders = run(market)
    assert sorted(order.goods for order in orders) == [10_000, 20_000, 20_000], "one gets what is left"
    (each,) = service.progress(session, buyer=buyer.organisation_id)
    assert (each.fulfilled, each.in_pools, each.remaining, each.pieces) == (0, 50_000, 0, 50)
    assert len(run(market)) == 3, "no pool twice, none above the amount"
    assert "less than your least" in "".join(session.scalars(select(StandingEntry.words)))
    told = session.scalars(select(Mail.subject)).all()
    assert sum("commits to Test vase" in subject for subject in told) == 1
    assert sum("has joined pool" in subject for subject in told) == 3
    most = max(orders, key=lambda order: order.goods)
    ordering.leave(session, buyer, most.id, now=market.now)
    session.commit()
    assert len(run(market)) == 3, "who left a pool is not put back into it"
    (each,) = service.progress(session, buyer=buyer.organisation_id)
    assert each.remaining == 20_000
    service.set_state(session, buyer, made.id, StandingState.PAUSED, now=market.now)
    market.pool(title="While paused")
    assert len(run(market)) == 3
    service.set_state(session, buyer, made.id, StandingState.ACTIVE, now=market.now)
    session.commit()
    assert len(run(market)) == 4
    with pytest.raises(Missing):
        service.set_state(session, market.buyer(), made.id, StandingState.ENDED, now=market.now)


@pytest.mark.usefixtures("app")
def test_it_waits_where_a_piece_could_cost_more_than_its_limit_and_joins_when_the_price_falls(
    market: Market, paper: PaperCase, vase: Offer, session: Session, clock: FixedClock
) -> None:
    buyer = market.buyer()
    dear = stand(market, buyer, vase, most=10, unit_most=1500)
    assert all(order.organisation_id != buyer.organisation_id for order in run(market))
    assert "more than your limit" in why(session, dear)
    paper.join_all()
    clock.now += timedelta(hours=2)
    (order,) = (each for each in run(market) if each.organisation_id == buyer.organisation_id)
    assert order.most <= 10 * 1500
    assert why(session, dear) == ""


@pytest.mark.usefixtures("app")
def test_frozen_closed_own_and_left_pools_and_people_who_left_are_not_joined(
    market: Market, paper: PaperCase, vase: Offer, session: Session, clock: FixedClock
) -> None:
    own = market.buyer()
    market.join(own, paper.pool, (vase, 1))
    has = stand(market, own, vase)
    frozen_maker = market.maker("Maker that stops")
    bowl = market.offer(frozen_maker, title="Frozen bowl", price=2000)
    other = market.buyer()
    waits = stand(market, other, bowl)
    gone = market.buyer()
    left = stand(market, gone, vase)
    for membership in session.scalars(select(Membership).filter_by(person_id=gone.person_id)):
        membership.ended_at = clock.now
    market.join(market.buyer(), paper.pool, (bowl, 1))
    from app.audits.models import Certificate

    for certificate in session.scalars(
        select(Certificate).filter_by(organisation_id=frozen_maker.organisation_id)
    ):
        session.delete(certificate)
    maker = session.get_one(Organisation, frozen_maker.organisation_id)
    freeze_lines(session, paper.pool, [maker], now=clock.now, who={})
    session.commit()
    before = len(session.scalars(select(Order)).all())
    assert len(run(market)) == before
    assert "of your own" in why(session, has)
    assert "not offered" in why(session, waits)
    assert "paused" in why(session, left)
    assert left.state == StandingState.PAUSED
    late = stand(market, market.buyer(), vase)
    trade.close(session, market.hub, paper.pool.id, now=clock.now)
    session.commit()
    assert len(run(market)) == before
    assert entering.enter(session, paper.pool.id, late.organisation_id, now=clock.now) is None


def test_limits_that_make_no_sense_are_refused_and_pages_show_the_rest(
    market: Market,
    paper: PaperCase,
    vase: Offer,
    session: Session,
    as_person: Callable[[UUID], TestClient],
) -> None:
    actor = market.buyer()
    for fault in (
        {"most": 0},
        {"least": 21},
        {"unit_most": 0},
        {"currency": "XXX"},
        {"kind": StandingKind.COMMITMENT},
        {"from_on": date(2026, 1, 1)},
        {"until_on": date(2026, 1, 4)},
        {"amount": 0},
        {"hub_id": vase.id},
    ):
        with pytest.raises(Faulty):
            stand(market, actor, vase, **fault)
    buyer, maker = as_person(actor.person_id), as_person(paper.maker.person_id)
    assert "No standing orders" in buyer.get("/standing-orders").text
    typed = {
        "kind": "commitment",
        "offer_id": str(vase.id),
        "hub_id": str(market.destination.id),
        "most": "20",
        "least": "5",
        "currency": "USD",
        "unit_most": "50.00",
        "amount": "1,000.00",
        "from_on": "2026-01-05",
        "until_on": "2026-12-31",
        "stays": "yes",
    }
    wrong = buyer.post("/standing-orders/new", data=typed | {"least": "50"})
    assert wrong.status_code == 422
    assert 'value="50.00"' in wrong.text, "what was typed stays"
    made = buyer.post("/standing-orders/new", data=typed)
    place = made.headers["location"]
    assert buyer.post("/standing-orders/new", data=typed | {"most": "21"}).status_code == 422, "one is enough"
    run(market)
    shown = buyer.get(place).text
    assert "200.00 of USD" in shown or "200.00 of" in shown
    assert paper.pool.number in shown
    assert buyer.post(f"{place}/state", data={"state": "ended"}).status_code == 303
    assert buyer.post(f"{place}/state", data={"state": "active"}).status_code == 303, "ended stays ended"
    listed = buyer.get("/api/standing-orders").json()
    assert [(row["state"], row["in_pools"], row["remaining"]) for row in listed] == [("ended", 20000, 80000)]
    detail = buyer.get(f"/api{place}").json()
    assert [entry["pool"] for entry in detail["entries"]] == [paper.pool.number]
    assert buyer.put(f"/api{place}/state", json={"state": "active"}).status_code == 409
    told = maker.get("/commitments").text
    assert "1,000.00" in told
    assert "50.00" not in told, "the buyer's own limit of price is not the maker's to know"

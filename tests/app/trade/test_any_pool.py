"""Random small pools through the use cases: whatever is done in whatever order, the promises hold."""

import json
import os
from collections.abc import Callable
from datetime import timedelta
from random import Random
from uuid import UUID

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.catalogue.models import Offer
from app.errors import Faulty, Refusal
from app.ledger import payments
from app.ledger import service as ledger
from app.ledger.models import Payout
from app.mail import Mail
from app.permissions import Actor
from app.trade import ordering, service
from app.trade.models import Charge, Order, OrderLine, OrderState, Pool, PoolPlan, PoolState, PoolStep
from app.trade.quoting import Wanted, quote
from app.trade.sources import Sources
from logistics import Plan, Problem, check
from tests.app.payouts.paying import pay_all
from tests.app.trade.market import CLOSES, PAPER, Market
from tests.conftest import FixedClock

RunJobs = Callable[[], list[str]]


DUTIES = {
    "441990": "Free",
    "460219": "4.7%",
    "040900": "17.3% + 22 EUR/100 kg MIN 0.4 EUR/item",
    "200811": "8%",
}


def make_offers(market: Market, chance: Random) -> list[Offer]:
    offers: list[Offer] = []
    for number in range(chance.randint(1, 3)):
        maker = market.maker(
            f"Test maker {number}",
            minimum_order=chance.choice([0, 50_000, 300_000]),
            small_order_fee=chance.choice([0, 7_001, 10_000]),
            direct_customs=chance.choice([0, 3_000]),
            direct_shipping=chance.choice([0, 7_000, 25_013]),
            currency=chance.choice(["USD", "USD", "VND"]),  # of which one has no smaller unit
        )
        offers += [
            market.offer(
                maker,
                price=chance.randint(1, 9_999),
                weight_g=(weight := chance.randint(1, 9_000)),
                volume_cm3=weight * chance.randint(1, 10),
                lead_days=chance.randint(0, 20),
                case_size=chance.choice([1, 1, 6]),
                least_quantity=chance.choice([1, 1, 12]),
                stock=chance.choice([None, 60]),
                cargo_class=chance.choice(["ambient", "ambient", "cool"]),
                hs_code=chance.choice(list(DUTIES)),
            )
            for _ in range(chance.randint(1, 3))
        ]
    return offers


def some(chance: Random, offers: list[Offer]) -> Wanted:
    chosen = chance.sample(offers, chance.randint(1, len(offers)))
    return Wanted(
        {offer.id: max(offer.least_quantity, offer.case_size) * chance.randint(1, 4) for offer in chosen},
        CLOSES.date() + timedelta(days=chance.randint(20, 120)),
    )


@pytest.mark.parametrize("seed", range(int(os.environ.get("FAIRHAUL_POOLS", "8"))))
def test_promises_hold(
    seed: int, market: Market, session: Session, run_jobs: RunJobs, clock: FixedClock
) -> None:
    chance = Random(seed)
    for form in PAPER["services"]:
        market.service(form, CLOSES.date())
    market.tariff(*((code, "", rate) for code, rate in DUTIES.items()), valid_from="2026-01-01")
    market.rate("USD", "EUR", "0.9")
    market.rate("USD", "VND", "24650.5")
    offers = make_offers(market, chance)
    stock = {offer.id: offer.stock for offer in offers}
    pool = market.pool(wait_cost_ppm_per_day=chance.choice([0, 300, 2_000]))
    orders: dict[UUID, Order] = {}
    buyers: dict[UUID, Actor] = {}
    left: dict[UUID, int] = {}
    refused: list[str] = []
    unforeseen: list[str] = []  # stock is the only limit here
    for _ in range(14):
        deed = chance.choice(["join", "join", "join", "change", "leave"])
        most = {order.id: order.most for order in orders.values()}
        try:
            if deed == "join":
                buyer, wanted = market.buyer(), some(chance, offers)
                seen = quote(session, pool, wanted, clock.now)
                assert seen.pooled <= seen.alone
                assert (
                    seen.pooled + seen.duty_pooled <= seen.price + seen.duty <= seen.alone + seen.duty_alone
                )
                assert sum(row["amount"] for row in Sources(session, seen).rows()) == (
                    seen.goods + seen.pooled + seen.duty_pooled
                )
                order = ordering.join(session, buyer, pool.id, wanted, now=clock.now, at_most=seen.most)
                assert order.most == seen.most
                assert order.quote <= order.alone
                orders[order.id], buyers[order.id] = order, buyer
            elif orders:
                order = chance.choice(list(orders.values()))
                most.pop(order.id)
                if deed == "change":
                    ordering.change(session, buyers[order.id], order.id, some(chance, offers), now=clock.now)
                else:
                    ordering.leave(session, buyers[order.id], order.id, now=clock.now)
                    assert order.leaving_charge <= order.quote
                    left[order.id] = order.leaving_charge
                    del orders[order.id]
            session.commit()
        except Faulty as refusal:
            session.rollback()
            unforeseen += [words for words in refusal.fields.values() if "left" not in words]
        except Refusal as refusal:
            # Smaller than it was, or beside a pool that is short: the others' quotes would not be kept.
            session.rollback()
            refused.append(refusal.code)
        session.expire_all()
        for order_id, before in most.items():
            order = session.get_one(Order, order_id)
            assert order.most <= before, "nobody else's deed raises a quote"
        for offer in offers:
            held = session.scalar(
                select(func.coalesce(func.sum(OrderLine.quantity), 0))
                .join(Order, Order.id == OrderLine.order_id)
                .where(OrderLine.offer_id == offer.id, Order.state != OrderState.LEFT)
            )
            before_all = stock[offer.id]
            if before_all is not None:
                assert session.get_one(Offer, offer.id).stock == before_all - (held or 0)

    assert unforeseen == []
    assert set(refused) <= {"quote-not-affordable"}
    clock.now = CLOSES
    service.close_due(session, now=clock.now)
    session.commit()
    run_jobs()
    session.expire_all()
    assert ledger.verify(session).faults == []
    if not orders:
        assert session.get_one(Pool, pool.id).state == PoolState.CANCELLED
        return
    if session.scalars(select(Mail.id).where(Mail.subject.contains("is short"))).first() and (
        session.scalars(select(PoolStep.state).filter_by(name="share")).one() == "failed"
    ):
        # Who carried a minimum left: it stops, nobody is charged, and called off it costs nobody anything.
        assert session.scalars(select(Charge)).all() == []
        service.cancel(session, market.hub, pool.id, "Too few.", now=clock.now)
        assert session.scalar(select(func.count()).select_from(Charge)) == 0
        return
    assert session.get_one(Pool, pool.id).state == PoolState.PLANNED
    stored = session.get_one(PoolPlan, pool.id)
    assert check(Problem.from_dict(stored.problem), Plan.from_json(json.dumps(stored.plan))).ok
    charges = session.scalars(select(Charge)).all()
    owing = {order_id for order_id, charge in left.items() if charge}
    assert set(orders) <= {charge.order_id for charge in charges} <= set(orders) | owing
    assert sum(charge.shipping for charge in charges) == stored.total
    for charge in charges:
        order = session.get_one(Order, charge.order_id)
        if order.id in left:
            assert 0 < charge.total == charge.shipping <= left[order.id]
        else:
            assert 0 <= charge.shipping <= order.quote <= order.alone
            assert charge.total <= order.most
            assert charge.shipping + charge.duty <= charge.alone + charge.items["duty_alone"]
            assert sum(row["amount"] for row in charge.items["duties"]) == charge.duty
        assert sum(part["amount"] for part in charge.items["pooled"]) == charge.shipping
    for charge in charges:
        payments.receive(
            session,
            market.operator,
            reference=charge.reference,
            amount=charge.total,
            currency="USD",
            received_on=clock.now.date(),
            now=clock.now,
        )
        session.commit()
        assert ledger.verify(session).faults == []
    if session.scalars(select(Payout.id)).first():
        pay_all(session, market, clock.now)
        session.commit()
    report = ledger.verify(session)
    assert report.faults == []
    assert all((each.receivable, each.payable, each.sum) == (0, 0, 0) for each in report.sums)
    paid_out: dict[str, int] = {}
    for payout in session.scalars(select(Payout)):
        paid_out[payout.currency] = paid_out.get(payout.currency, 0) + payout.amount
    kept = {each.currency: each.bank for each in report.sums}  # what is still to be exchanged
    assert paid_out.get("USD", 0) + kept.get("USD", 0) == sum(charge.total for charge in charges)
    own = session.scalars(select(OrderLine).where(OrderLine.sold_in == "VND", OrderLine.order_id.in_(orders)))
    assert (
        paid_out.get("VND", 0)
        == -kept.get("VND", 0)
        >= sum(line.quantity * (line.sold_at or 0) for line in own)
    )


def test_bad_input_is_named_and_changes_nothing(market: Market, session: Session, clock: FixedClock) -> None:
    for form in PAPER["services"]:
        market.service(form, CLOSES.date())
    maker = market.maker()
    offer = market.offer(maker, case_size=6, least_quantity=12, stock=30)
    euros = market.maker("Test maker in euros", currency="EUR")
    market.offer(euros)
    uncertified = market.maker("Test maker without certificate")
    lapsed = market.offer(uncertified)
    from app.audits.models import Certificate

    session.scalars(
        select(Certificate).filter_by(organisation_id=uncertified.organisation_id)
    ).one().valid_until = clock.now.date() - timedelta(days=1)
    session.commit()
    pool, buyer = market.pool(), market.buyer()

    def fault(quantities: dict[UUID, int], **more: object) -> dict[str, str]:
        with pytest.raises(Faulty) as raised:
            ordering.join(session, buyer, pool.id, Wanted(quantities, **more), now=clock.now)  # type: ignore[arg-type]
        session.rollback()
        return dict(raised.value.fields)

    name = f"quantity-{offer.id}"
    assert fault({}) == {"lines": "Enter a quantity for at least one of the goods."}
    assert "above 0" in fault({offer.id: 0})[name]
    assert "above 0" in fault({offer.id: -6})[name]
    assert "1,000,000 or less" in fault({offer.id: 10**9})[name]
    assert "12 or more" in fault({offer.id: 6})[name]
    assert "enter 12 or 18" in fault({offer.id: 13})[name]
    assert "Only 30 left" in fault({offer.id: 36})[name]
    for not_here in (lapsed.id, pool.id):
        assert "not offered in this pool" in fault({not_here: 12})[f"quantity-{not_here}"]
    assert "ready on" in fault({offer.id: 12}, needed_by=CLOSES.date())["needed_by"]
    assert "two years" in fault({offer.id: 12}, needed_by=CLOSES.date() + timedelta(days=9999))["needed_by"]
    assert session.scalar(select(func.count()).select_from(Order)) == 0
    assert session.get_one(Offer, offer.id).stock == 30
    with pytest.raises(Refusal, match="nothing at this address"):
        ordering.join(session, buyer, offer.id, Wanted({offer.id: 12}), now=clock.now)
    session.rollback()
    market.join(buyer, pool, (offer, 12))
    with pytest.raises(Refusal) as twice:
        market.join(buyer, pool, (offer, 12))
    assert twice.value.code == "joined-already"
    session.rollback()
    clock.now = CLOSES
    with pytest.raises(Refusal) as late:
        market.join(market.buyer(), pool, (offer, 12))
    assert late.value.code == "pool-closed"


def test_a_price_that_rose_since_the_buyer_looked_is_not_accepted_unseen(
    market: Market, session: Session, clock: FixedClock
) -> None:
    maker = market.maker()
    for form in PAPER["services"]:
        market.service(form, CLOSES.date())
    offer = market.offer(maker)
    pool, buyer = market.pool(), market.buyer()
    wanted = Wanted({offer.id: 10})
    seen = quote(session, pool, wanted, clock.now)
    offer.price += 1
    session.commit()
    with pytest.raises(Refusal) as risen:
        ordering.join(session, buyer, pool.id, wanted, now=clock.now, at_most=seen.most)
    assert risen.value.code == "price-changed"
    order = ordering.join(session, buyer, pool.id, wanted, now=clock.now)
    offer.price += 100
    session.flush()
    ordering.change(session, buyer, order.id, Wanted({offer.id: 20}), now=clock.now)
    assert order.goods == 20 * (offer.price - 100), "an accepted price does not rise"

"""The landed cost of an order: duty with its source, worst case without a proof, paid back when it was there;
missing rates are named; makers are owed their own price in their own currency.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from fractions import Fraction
from uuid import UUID

import pytest
from fastapi.testclient import TestClient
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.errors import Faulty, Refusal
from app.exchange import buying
from app.exchange.service import Rate
from app.ledger import payments
from app.ledger import service as ledger
from app.ledger.models import Account, AccountKind, Payout
from app.organisations.models import Kind
from app.shipping.models import Service
from app.trade import ordering, service
from app.trade.duties import DutyLine, due_in_all
from app.trade.itemising import Item
from app.trade.models import Charge, OrderLine
from app.trade.quoting import Wanted, quote
from app.trade.sources import Sources
from tests.app.trade.market import CLOSES, PAPER, Market, paper_case
from tests.conftest import FixedClock

RunJobs = Callable[[], list[str]]


def close_and_pay(market: Market, session: Session, run_jobs: RunJobs, clock: FixedClock) -> None:
    clock.now = CLOSES
    service.close_due(session, now=clock.now)
    session.commit()
    run_jobs()
    session.expire_all()
    for charge in session.scalars(select(Charge)).all():
        payments.receive(
            session,
            market.operator,
            reference=charge.reference,
            amount=charge.total,
            currency=charge.currency,
            received_on=clock.now.date(),
            now=clock.now,
        )
    session.commit()
    assert ledger.verify(session).faults == []


def test_duty_is_promised_charged_and_paid_back(
    market: Market,
    session: Session,
    run_jobs: RunJobs,
    clock: FixedClock,
    as_person: Callable[[UUID], TestClient],
) -> None:
    market.tariff(
        ("44199010", "", "4%"),
        ("44199090", "", "2%"),
        ("44199010", "eu-vietnam", "0%"),
        valid_from="2026-01-01",
    )
    market.rate("EUR", "USD", "1.10")
    paper = paper_case(market)
    for card in session.scalars(select(Service)).all():
        card.fixed = {
            "per_shipment": {"inland": 1_000, "insurance": 500},
            "per_consignee": {"handling": 100, "last_mile": 150},
        }
    session.commit()
    offer, buyer = paper.offers[0], paper.buyers[0]
    seen = quote(session, paper.pool, Wanted({offer.id: 1}, paper.due[0]), clock.now)
    (line,) = seen.duties
    assert (line.hs_code, line.rate, line.choices) == ("4419.90.10", "4%", 2), (
        "the dearest line below a short code"
    )
    assert (line.preference, line.preferred_rate) == ("EU-Viet Nam Free Trade Agreement", "0%")
    assert seen.most == seen.goods + seen.price + seen.duty
    worth = Fraction(seen.goods + seen.price) / Fraction("1.10")
    assert abs(seen.duty - worth * Fraction("0.04") * Fraction("1.10")) <= 3, "freight is dutiable in the EU"
    rows = Sources(session, seen).rows()
    assert sum(row["amount"] for row in rows) == seen.goods + seen.pooled + seen.duty_pooled
    (told,) = [row["source"] for row in rows if row["item"] == Item.DUTY]
    for words in ("4419.90.10", "4%", "Test tariff of 2026-01-01", "2 lines", "EUR"):
        assert words in told
    page = as_person(buyer.person_id).get(
        f"/pools/{paper.pool.id}/join/check?quantity-{offer.id}=1&needed_by={paper.due[0]}"
    )
    for words in (
        "Import duty",
        "EU-Viet Nam Free Trade Agreement",
        "Import VAT is not in this price",
        "21 %",
    ):
        assert words in page.text, words

    orders = paper.join_all()
    assert all(order.duty > 0 and order.most == order.goods + order.quote + order.duty for order in orders)
    close_and_pay(market, session, run_jobs, clock)
    charges = [session.get_one(Charge, order.id) for order in orders]
    for order, charge in zip(orders, charges, strict=True):
        assert 0 < charge.duty <= order.duty
        assert charge.total == charge.goods + charge.shipping + charge.duty <= order.most
        assert charge.shipping + charge.duty <= charge.alone + charge.items["duty_alone"]
    items = {part["item"] for charge in charges for part in charge.items["pooled"]}
    assert {Item.INLAND, Item.INSURANCE, Item.HANDLING, Item.LAST_MILE, Item.CUSTOMS, Item.FREIGHT} <= items
    owed = {payout.payee: payout.amount for payout in session.scalars(select(Payout))}
    assert owed["Import duty at Rotterdam"] == sum(charge.duty for charge in charges)
    assert owed["Handling and last mile at Rotterdam"] == 6 * 250
    assert owed["Customs entries at Rotterdam"] == 6 * 250

    hub = as_person(market.hub.person_id)
    first, duty = orders[0], charges[0].duty
    assert str(first.number) in hub.get(f"/pools/{paper.pool.id}/duties").text
    more = hub.put(f"/api/orders/{first.id}/duty", json={"asked": duty + 1})
    assert more.status_code == 422
    assert "is a cost of the hub" in more.text
    field = f"asked-{first.id}"
    assert hub.post(f"/pools/{paper.pool.id}/duties/{first.id}", data={field: "0"}).status_code == 303
    assert hub.put(f"/api/orders/{first.id}/duty", json={"asked": 0}).status_code == 409, "once"
    session.expire_all()
    owed = {payout.payee: payout.amount for payout in session.scalars(select(Payout))}
    assert owed["Import duty at Rotterdam"] == sum(charge.duty for charge in charges) - duty
    assert owed[PAPER["lines"][0]["buyer"]] == duty
    assert ledger.verify(session).faults == []
    other = as_person(market.make.member(Kind.HUB))
    assert other.get(f"/pools/{paper.pool.id}/duties").status_code == 404


def test_what_is_missing_is_named_and_who_adds_it(
    market: Market, session: Session, clock: FixedClock, as_person: Callable[[UUID], TestClient]
) -> None:
    market.tariff(
        ("441990", "", "Free"), ("180690", "", "8.3% + EA"), ("460219", "", "3.7%"), valid_from="2026-01-01"
    )
    cards = [market.service(form, CLOSES.date()) for form in PAPER["services"]]
    maker, buyer, pool = market.maker(), market.buyer(), market.pool()
    ends = [card.valid_until for card in cards]
    for each in cards:
        each.valid_until = CLOSES.date()  # expired before any departure
    session.commit()

    def refused(**offer: object) -> Refusal:
        made = market.offer(maker, **offer)
        with pytest.raises(Refusal) as raised:
            quote(session, pool, Wanted({made.id: 1}), clock.now)
        page = as_person(buyer.person_id).get(f"/pools/{pool.id}/join/check?quantity-{made.id}=1")
        assert page.status_code == int(raised.value.status)
        assert "There is a problem" in page.text, "the goods can be chosen again"
        return raised.value

    card = refused()
    assert (card.code, "rate card" in card.detail) == ("no-rate-card", True)
    for each, end in zip(cards, ends, strict=True):
        each.valid_until = end
    session.commit()
    line = refused(title="Test jewellery", hs_code="711311")
    assert line.code == "tariff-line-missing"
    for words in ("Test jewellery", "711311", "EU", "operator", "official tariff"):
        assert words in line.detail
    assert refused(hs_code="180690").code == "duty-not-computable"
    rate = refused(hs_code="460219")
    assert rate.code == "no-exchange-rate"
    assert "USD to EUR" in rate.detail
    assert "operator" in rate.detail
    market.rate("EUR", "USD", "1.1")
    assert quote(session, pool, Wanted({market.offer(maker, hs_code="460219").id: 1}), clock.now).duty > 0
    expired = market.maker("Test maker of dong", currency="VND")
    foreign = market.offer(expired, price=350_000)
    with pytest.raises(Refusal) as none:
        quote(session, pool, Wanted({foreign.id: 1}), clock.now)
    assert none.value.code == "no-exchange-rate"
    assert "VND to USD" in none.value.detail


@pytest.mark.parametrize(
    ("pool_in", "maker_in", "rate"),
    [("USD", "VND", "25000"), ("JPY", "USD", "0.0065"), ("USD", "KWD", "0.31")],
)
def test_a_maker_is_owed_its_own_price(
    pool_in: str,
    maker_in: str,
    rate: str,
    market: Market,
    session: Session,
    run_jobs: RunJobs,
    clock: FixedClock,
) -> None:
    maker = market.maker(currency=maker_in, minimum_order=0, small_order_fee=0)
    for form in PAPER["services"]:
        market.service(form, CLOSES.date(), currency=pool_in)
    market.rate(pool_in, maker_in, rate)
    offer = market.offer(maker, price=12_345)
    pool = market.pool(currency=pool_in)
    order = ordering.join(session, market.buyer(), pool.id, Wanted({offer.id: 7}), now=clock.now)
    session.commit()
    (line,) = session.scalars(select(OrderLine)).all()
    into = Rate(maker_in, pool_in, 1 / Fraction(rate), clock.now.date(), "")
    assert (line.sold_in, line.sold_at) == (maker_in, 12_345)
    assert line.unit_price == into.convert(12_345, "up")
    assert order.terms["rates"][0]["day"] == "2026-01-05"
    market.rate(pool_in, maker_in, f"1{rate}", day="2026-01-06")
    close_and_pay(market, session, run_jobs, clock)
    charge = session.get_one(Charge, order.id)
    assert charge.goods == 7 * line.unit_price, "what the rate did meanwhile is not the buyer's"
    owed = session.execute(
        select(Account.currency, Payout.amount)
        .join(Account, Account.id == Payout.account_id)
        .where(Account.kind == AccountKind.PRODUCER)
    ).all()
    direct = [part for part in charge.items["pooled"] if part["payee"] == "producer"]
    assert all(currency == maker_in for currency, _ in owed)
    assert sum(amount for _, amount in owed) >= 7 * 12_345
    if not direct:
        assert sum(amount for _, amount in owed) == 7 * 12_345, "to the smallest unit"
    open_now = {each.currency: each for each in buying.positions(session)}
    assert open_now[pool_in].kept > 0
    wanted = open_now[maker_in].wanted
    assert wanted == sum(amount for _, amount in owed)
    said = buying.BoughtSaid(open_now[pool_in].kept, pool_in, wanted, maker_in, clock.now.date(), "FX 1")
    for _ in range(2):
        buying.book(session, market.operator, said, now=clock.now)
    session.commit()
    assert buying.positions(session) == [], "once, and even"
    with pytest.raises(Faulty):
        buying.book(session, market.operator, replace(said, bought_in=pool_in, bought=0), now=clock.now)
    assert ledger.verify(session).faults == []
    assert {each.currency: each.sum for each in ledger.verify(session).sums} == {pool_in: 0, maker_in: 0}


@dataclass(frozen=True)
class Piece:
    offer_id: UUID
    value: int
    weight_g: int
    quantity: int


LINE = DutyLine(
    "01234567-89ab-7def-8123-456789abcdef", "Test", "4419.90", "VN", "NL", "", 1, "", "", "2026-01-01", True,
    "EUR", "USD", "10/11", "2026-01-01", "Test bank",
)  # fmt: skip


@given(
    rate=st.sampled_from(
        ["4%", "17.3%", "0%", "22 EUR/100 kg", "7% + 3 EUR/item MIN 12%", "9% MAX 2 EUR/kg"]
    ),
    currency=st.sampled_from(["JPY", "USD", "KWD"]),
    exchange=st.fractions(min_value=Fraction(1, 30_000), max_value=30_000),
    value=st.integers(0, 10**9),
    shipping=st.tuples(st.integers(0, 10**8), st.integers(0, 10**8)),
    weight=st.integers(1, 10**7),
    pieces=st.integers(1, 10**4),
)
def test_duty_never_rises_as_shipping_falls(
    rate: str,
    currency: str,
    exchange: Fraction,
    value: int,
    shipping: tuple[int, int],
    weight: int,
    pieces: int,
) -> None:
    line = replace(LINE, rate=rate, currency=currency, exchange=str(exchange))
    goods = [Piece(UUID(LINE.offer_id), value, weight, pieces)]
    less, more = (due_in_all([line], goods, each) for each in sorted(shipping))
    assert 0 <= less <= more
    assert min(shipping) + less <= max(shipping) + more

"""What came short and what came damaged: shared by a rule, paid back through the books, answered."""

from collections.abc import Callable
from datetime import timedelta
from io import BytesIO
from uuid import UUID

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from PIL import Image
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.claims import counting, service
from app.claims.models import Bearer, Claim, ClaimState, Refund
from app.errors import Faulty, Missing, Refusal
from app.ledger import payments
from app.ledger import service as ledger
from app.ledger.models import Account, AccountKind, Payout
from app.mail import Mail
from app.trade import service as trade
from app.trade import settling
from app.trade.jobs import take_pool_steps
from app.trade.models import Charge, Order, OrderLine, OrderState, Pool, PoolState
from tests.app.making import Making
from tests.app.trade.market import CLOSES, Market, PaperCase, paper_case
from tests.conftest import FixedClock


@pytest.fixture
def paid(app: FastAPI, session: Session, make: Making, clock: FixedClock) -> PaperCase:
    """Three buyers have paid for 30, 10 and 7 vases of one maker."""
    case = paper_case(Market(session, make))
    market = case.market
    vase = market.offer(case.maker, title="Test vase", price=1000, weight_g=300)
    for buyer, pieces in zip(case.buyers, (30, 10, 7), strict=False):
        market.join(buyer, case.pool, (vase, pieces))
    clock.now = CLOSES
    trade.close(session, market.hub, case.pool.id, now=CLOSES)
    session.commit()
    take_pool_steps(str(case.pool.id))
    session.expire_all()
    for charge in session.scalars(select(Charge)).all():
        payments.receive(
            session,
            market.operator,
            reference=charge.reference,
            amount=charge.total,
            currency="USD",
            received_on=CLOSES.date(),
            now=CLOSES,
        )
    session.commit()
    assert case.pool.state == PoolState.CONFIRMED
    return case


def orders(session: Session, case: PaperCase) -> list[tuple[Order, OrderLine]]:
    rows = session.execute(
        select(Order, OrderLine).join(OrderLine, OrderLine.order_id == Order.id).order_by(-OrderLine.quantity)
    )
    return [(order, line) for order, line in rows]


def deliver(session: Session, pool: Pool, now: FixedClock) -> None:
    settling.moved(session, pool, PoolState.ARRIVED, delivered=True, now=now.now)
    session.commit()


def test_what_is_missing_is_shared_in_proportion_and_paid_back_by_the_maker(
    paid: PaperCase, session: Session
) -> None:
    market, (first, second, third) = paid.market, orders(session, paid)
    offer = first[1].offer_id
    before = session.scalars(
        select(Payout.amount).join(Account).where(Account.organisation_id == paid.maker.organisation_id)
    ).one()
    with pytest.raises(Faulty):
        counting.count(session, market.hub, paid.pool.id, offer, received=48, now=CLOSES)
    with pytest.raises(Faulty):  # nobody said who bears it
        counting.count(session, market.hub, paid.pool.id, offer, received=37, now=CLOSES)
    with pytest.raises(Missing):
        counting.count(
            session, market.actor(market.make.organisation()), paid.pool.id, offer, received=47, now=CLOSES
        )
    counting.count(
        session,
        market.hub,
        paid.pool.id,
        offer,
        received=37,
        borne_by=Bearer.MAKER,
        words="Nine only",
        now=CLOSES,
    )
    session.commit()
    refunds = {each.order_line_id: each for each in session.scalars(select(Refund).order_by(Refund.amount))}
    # 30, 10 and 7 of 37/47: 23.6, 7.9 and 5.5
    assert [refunds[line.id].pieces for _, line in (first, second, third)] == [6, 2, 2]
    for order, line in (first, second, third):
        refund, charge = refunds[line.id], session.get_one(Charge, order.id)
        assert refund.goods == refund.pieces * 1000
        assert refund.shipping == charge.shipping * refund.goods // charge.goods
    back = sum(each.amount for each in refunds.values())
    payouts = session.scalars(
        select(Payout.amount).join(Account).where(Account.organisation_id == paid.maker.organisation_id)
    ).one()
    assert payouts == before - back, "it is taken from what the maker is owed"
    assert (
        sum(session.scalars(select(Payout.amount).join(Account).where(Account.kind == AccountKind.REFUND)))
        == back
    )
    assert ledger.verify(session).faults == []
    told = session.scalars(select(Mail.subject)).all()
    assert sum("back" in each for each in told) == 3
    assert sum("Fewer came" in each for each in told) == 1
    with pytest.raises(Refusal, match="counted before"):
        counting.count(session, market.hub, paid.pool.id, offer, received=47, now=CLOSES)


def test_damage_is_claimed_accepted_by_the_maker_or_taken_to_the_ombudsperson(
    paid: PaperCase, session: Session, app: FastAPI, clock: FixedClock
) -> None:
    market, (first, *_) = paid.market, orders(session, paid)
    (order, line), buyer = first, paid.buyers[0]

    def file(pieces: int) -> Claim:
        return service.file(session, buyer, order.id, line.id, pieces=pieces, words="Cracked", now=clock.now)

    with pytest.raises(Refusal, match="handed over"):
        file(2)
    deliver(session, paid.pool, clock)
    assert order.state == OrderState.DELIVERED
    with pytest.raises(Faulty):
        file(31)
    with pytest.raises(Missing):
        service.file(session, paid.buyers[1], order.id, line.id, pieces=1, words="Not mine", now=clock.now)
    claim = file(2)
    assert service.claimable(session, line) == 28
    with pytest.raises(Missing):
        service.accept(session, buyer, claim.id, now=clock.now)
    with pytest.raises(Faulty):  # a hub cannot burden the maker
        service.accept(session, market.hub, claim.id, borne_by=Bearer.MAKER, now=clock.now)
    service.accept(session, paid.maker, claim.id, now=clock.now)
    assert (claim.state, claim.borne_by) == (ClaimState.ACCEPTED, "maker")
    assert session.scalars(select(Refund.goods)).all() == [2000]
    with pytest.raises(Refusal, match="answered already"):
        service.refuse(session, market.hub, claim.id, words="No", now=clock.now)
    by_carrier = file(1)
    service.accept(session, market.hub, by_carrier.id, borne_by=Bearer.CARRIER, now=clock.now)
    refused = file(3)
    with pytest.raises(Refusal, match="once it is refused"):
        service.escalate(
            session, buyer, refused.id, deadlines=app.state.settings.complaint_deadlines, now=clock.now
        )
    service.refuse(session, paid.maker, refused.id, words="They were whole.", now=clock.now)
    _claim, code = service.escalate(
        session, buyer, refused.id, deadlines=app.state.settings.complaint_deadlines, now=clock.now
    )
    assert code
    assert refused.complaint == "C-2026-0001"
    assert ledger.verify(session).faults == []
    clock.now += service.FILED_WITHIN + timedelta(seconds=1)
    with pytest.raises(Refusal, match="within 14 days"):
        file(1)


def test_who_was_paid_already_owes_what_it_bears(
    paid: PaperCase, session: Session, clock: FixedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    (order, line), *_ = orders(session, paid)

    def paid_out(*_: object, **__: object) -> None:
        raise Refusal("So much is not open any more.", code="paid-out-already")

    monkeypatch.setattr(ledger, "owe_less", paid_out)
    deliver(session, paid.pool, clock)
    claim = service.file(session, paid.buyers[0], order.id, line.id, pieces=30, words="All", now=clock.now)
    service.accept(session, paid.maker, claim.id, now=clock.now)
    session.commit()
    charge = session.get_one(Charge, order.id)
    assert session.scalars(select(Refund.amount)).one() == charge.total, "all of it came damaged"
    (sums,) = ledger.sums(session)
    assert sums.receivable == charge.total
    assert ledger.verify(session).faults == []


def picture() -> BytesIO:
    made = BytesIO()
    Image.new("RGB", (40, 30), "red").save(made, "JPEG")
    made.seek(0)
    return made


def test_the_pages_of_counts_and_claims(
    paid: PaperCase, session: Session, clock: FixedClock, as_person: Callable[[UUID], TestClient]
) -> None:
    market, ((order, line), *_) = paid.market, orders(session, paid)
    hub = as_person(market.hub.person_id)
    address = f"/pools/{paid.pool.id}/received"
    assert "47 ordered (bowl)" in hub.get(address).text
    assert hub.post(address, data={"offer_id": str(line.offer_id), "received": "50"}).status_code == 422
    sent = {"offer_id": str(line.offer_id), "received": "46", "borne_by": "hub", "form_key": "once"}
    assert hub.post(address, data=sent).status_code == 303
    assert hub.post(address, data=sent).status_code == 303, "a double submit is one"
    assert hub.post(address, data=sent | {"form_key": "again"}).status_code == 409
    assert "46 of 47 came" in hub.get(address).text
    deliver(session, paid.pool, clock)
    buyer, maker = as_person(paid.buyers[0].person_id), as_person(paid.maker.person_id)
    page = f"/orders/{order.id}/claims/new"
    assert page in buyer.get(f"/orders/{order.id}").text
    assert "How many pieces?" in buyer.get(page).text
    assert buyer.post(page, data={"line_id": str(line.id), "pieces": "0", "words": "x"}).status_code == 422
    filed = buyer.post(page, data={"line_id": str(line.id), "pieces": "2", "words": "Cracked rim"})
    place = filed.headers["location"]
    assert buyer.post(f"{place}/photos", files={"file": ("a.jpg", picture())}).status_code == 303
    assert buyer.post(f"{place}/photos", files={"file": ("a.txt", b"no")}).status_code == 422
    shown = maker.get(place)
    assert "Cracked rim" in shown.text
    assert str(order.id) not in shown.text, "makers know orders by their numbers"
    source = shown.text.split('<img src="')[1].split('"')[0]
    assert maker.get(source).headers["content-type"] == "image/jpeg"
    assert as_person(paid.buyers[1].person_id).get(source).status_code == 404
    assert maker.post(f"{place}/refuse", data={"words": ""}).status_code == 422
    assert maker.post(f"{place}/refuse", data={"words": "It left whole."}).status_code == 303
    taken = buyer.post(f"{place}/escalate")
    assert "Receipt code" in taken.text
    for person in (buyer, maker, hub):
        assert "With the ombudsperson" in person.get("/claims").text
        assert person.get(f"/api{place}").json()["state"] == "escalated"
    assert hub.get(f"/api{address}").json()[0]["shares"][0]["gets"] >= 6
    clock.now += service.FILED_WITHIN
    buyer = as_person(paid.buyers[0].person_id)
    own = buyer.get(f"/orders/{order.id}").text
    assert page in own, "until the last moment"
    clock.now += timedelta(seconds=1)
    own = buyer.get(f"/orders/{order.id}").text
    assert page not in own
    assert "You can still claim" not in own
    assert "The time for claims was over" in own

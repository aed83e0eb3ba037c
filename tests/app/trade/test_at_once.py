"""Many at once on real connections: nothing is sold twice, a pool closes once, a charge is made once.

These tests have a database of their own, whose rows are committed.
"""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import Path
from threading import Barrier
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from app import jobs
from app.catalogue.models import Offer
from app.db import Sessions, make_engine, make_sessions
from app.embedded import Server, create_database, drop_database
from app.errors import Faulty, Refusal
from app.isolation import MET, could_not_serialize, serializable
from app.ledger import payments
from app.ledger import service as ledger
from app.ledger.models import Payment, Payout
from app.permissions import Actor
from app.settings import Settings
from app.shipping.models import Shipment
from app.trade import closing, ordering, service
from app.trade.jobs import take_pool_steps
from app.trade.models import Charge, Order, OrderState, Pool, PoolPlan, PoolState, PoolStep
from app.trade.quoting import Promised, Wanted, get_pool, promised
from tests.app.making import Making
from tests.app.trade.market import CLOSES, Market, paper_case
from tests.conftest import NOON, FixedClock

AT_ONCE = 8


@pytest.fixture(scope="session")
def template(migrated: str) -> str:
    """Name of a database with the whole schema and no rows, to be copied."""
    return migrated


@pytest.fixture
def real(server: Server, template: str, worker_id: str, tmp_path: Path) -> Iterator[Sessions]:
    """Sessions on connections of their own, in a database that is dropped after the test."""
    name = f"at_once_{worker_id}"
    drop_database(server, name)
    engine = make_engine(create_database(server, name, template), pool_size=AT_ONCE + 2)
    made = make_sessions(engine)
    jobs.around.sessions, jobs.around.settings = made, Settings(data=tmp_path)
    jobs.around.clock = FixedClock(CLOSES)
    yield made
    jobs.around.sessions = jobs.around.settings = None
    engine.dispose()
    drop_database(server, name)


def all_at_once(*uses: Callable[[], object]) -> list[object]:
    """Start every use together; what each gave, or the refusal that it raised."""
    ready = Barrier(len(uses))

    def run(use: Callable[[], object]) -> object:
        ready.wait()
        try:
            return use()
        except Refusal as refusal:
            return refusal

    with ThreadPoolExecutor(len(uses)) as threads:
        return list(threads.map(run, uses))


def joining(
    real: Sessions, buyer: Actor, pool_id: UUID, offer_id: UUID, quantity: int = 1
) -> Callable[[], UUID]:
    def join() -> UUID:
        with real.begin() as session:
            return ordering.join(session, buyer, pool_id, Wanted({offer_id: quantity}), now=NOON).id

    return join


def test_the_last_pieces_are_sold_once(real: Sessions) -> None:
    with real() as session:
        case = paper_case(Market(session, Making(session, FixedClock(NOON))))
        offer = case.market.offer(case.maker, stock=3)
        buyers = [case.market.buyer() for _ in range(AT_ONCE)]
    done = all_at_once(*(joining(real, buyer, case.pool.id, offer.id) for buyer in buyers))
    assert sum(isinstance(each, UUID) for each in done) == 3
    refused = [each for each in done if isinstance(each, Faulty)]
    assert len(refused) == AT_ONCE - 3
    assert all("Nothing of this is left." in each.fields.values() for each in refused)
    with real() as session:
        assert session.get_one(Offer, offer.id).stock == 0


@pytest.mark.parametrize("pools", [1, 2])
def test_control_without_the_locks_the_last_piece_is_sold_twice(
    pools: int, real: Sessions, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In one pool its row is held too; where two pools sell the same piece, only that of the offer is."""
    with real() as session:
        case = paper_case(Market(session, Making(session, FixedClock(NOON))))
        offer = case.market.offer(case.maker, stock=1)
        buyers = [case.market.buyer() for _ in range(2)]
        asked = [case.pool, case.pool if pools == 1 else case.market.pool()]
    both_have_read = Barrier(2)

    def read_then_wait(session: Session, *given: Any, **named: Any) -> Promised:
        made = promised(session, *given, **named)
        # held, so that the session does not read it anew after the other has taken the piece
        session.info["read"] = session.get_one(Offer, offer.id)
        both_have_read.wait(timeout=30)
        return made

    monkeypatch.setattr(ordering, "promised", read_then_wait)
    monkeypatch.setattr(ordering, "lock_offers", lambda *_: {})
    if pools == 1:
        monkeypatch.setattr(ordering, "get_pool", lambda session, pool_id, **_: get_pool(session, pool_id))
    done = all_at_once(
        *(joining(real, buyer, pool.id, offer.id) for buyer, pool in zip(buyers, asked, strict=True))
    )
    assert all(isinstance(each, UUID) for each in done), "the locks are what the other test proves"


def test_capacity_is_never_exceeded(real: Sessions) -> None:
    with real() as session:
        case = paper_case(Market(session, Making(session, FixedClock(NOON))))
        pool = case.market.pool(title="Small pool", capacity_g=60_000)
        buyers = [case.market.buyer() for _ in range(AT_ONCE)]
        offer = case.offers[0]
    done = all_at_once(*(joining(real, buyer, pool.id, offer.id) for buyer in buyers))
    assert sum(isinstance(each, UUID) for each in done) == 3, "18 kg each, room for 60"
    assert {each.code for each in done if isinstance(each, Refusal)} == {"pool-full"}


def test_one_buyer_joins_once_and_a_pool_closes_once(real: Sessions) -> None:
    with real() as session:
        case = paper_case(Market(session, Making(session, FixedClock(NOON))))
        case.join_all()
        late, hub, pool = case.market.buyer(), case.market.hub, case.pool

    def close() -> object:
        with real.begin() as session:
            return service.close(session, hub, pool.id, now=NOON).id

    def close_due() -> object:
        with real.begin() as session:
            return service.close_due(session, now=CLOSES)

    twice = all_at_once(*(joining(real, late, pool.id, case.offers[0].id) for _ in range(4)))
    assert sum(isinstance(each, UUID) for each in twice) == 1
    done = all_at_once(close, close_due, close, close_due, close)
    assert sum(each in (1, pool.id) for each in done) == 1
    with real() as session:
        assert session.scalar(select(func.count()).select_from(PoolStep)) == len(closing.STEPS)
        waiting = text("SELECT count(*) FROM procrastinate_jobs WHERE task_name = 'take_pool_steps'")
        assert session.scalar(waiting) == 1


def test_a_pool_closes_once_however_many_try_in_serializable_transactions(real: Sessions) -> None:
    with real() as session:
        case = paper_case(Market(session, Making(session, FixedClock(NOON))))
        case.join_all()
        hub, pool = case.market.hub, case.pool
    asked: list[str] = []

    def close() -> object:
        def once(session: Session, now: datetime, _settings: Settings) -> object:
            asked.append(session.scalar(text("SHOW transaction_isolation")) or "")
            return service.close(session, hub, pool.id, now=now).id

        return serializable(once)

    done = all_at_once(*[close] * AT_ONCE)
    assert sum(each == pool.id for each in done) == 1
    assert {each.code for each in done if isinstance(each, Refusal)} == {"pool-closed"}
    assert set(asked) == {"serializable"}
    with real() as session:
        assert session.scalar(select(func.count()).select_from(PoolStep)) == len(closing.STEPS)


def test_who_joins_while_the_pool_closes_is_in_or_out_never_between(real: Sessions) -> None:
    with real() as session:
        case = paper_case(Market(session, Making(session, FixedClock(NOON))))
        case.join_all()
        buyers = [case.market.buyer() for _ in range(AT_ONCE - 1)]
        hub, pool, offer = case.market.hub, case.pool, case.offers[0]

    def close() -> object:
        with real.begin() as session:
            return service.close(session, hub, pool.id, now=NOON).id

    done = all_at_once(close, *(joining(real, buyer, pool.id, offer.id) for buyer in buyers))
    joined = sum(isinstance(each, UUID) for each in done[1:])
    assert {each.code for each in done[1:] if isinstance(each, Refusal)} <= {"pool-closed"}
    take_pool_steps(str(pool.id))
    with real() as session:
        plan = session.get_one(PoolPlan, pool.id)
        assert len(plan.quotes) == 6 + joined
        assert session.scalar(select(func.count()).select_from(Charge)) == 6 + joined
        assert ledger.verify(session).faults == []


def as_the_queue(pool_id: str) -> None:
    """What could not be told apart from the others' work in a few tries is tried later."""
    done = False
    while not done:
        try:
            take_pool_steps(pool_id)
            done = True
        except MET as fault:
            if not could_not_serialize(fault):
                raise


def test_a_step_taken_by_many_workers_charges_once(real: Sessions) -> None:
    with real() as session:
        case = paper_case(Market(session, Making(session, FixedClock(NOON))))
        case.join_all()
        service.close(session, case.market.hub, case.pool.id, now=NOON)
        session.commit()
    all_at_once(*[lambda: as_the_queue(str(case.pool.id))] * 4)
    with real() as session:
        assert session.get_one(Pool, case.pool.id).state == PoolState.PLANNED
        assert session.scalar(select(func.count()).select_from(Charge)) == 6
        assert session.scalar(select(func.sum(Charge.shipping))) == 18142
        assert ledger.verify(session).faults == []


def test_last_payments_at_once_confirm_once(real: Sessions) -> None:
    with real() as session:
        case = paper_case(Market(session, Making(session, FixedClock(NOON))))
        case.join_all()
        service.close(session, case.market.hub, case.pool.id, now=NOON)
        session.commit()
        operator = case.market.operator
    take_pool_steps(str(case.pool.id))
    with real() as session:
        charges = session.scalars(select(Charge)).all()

    def paying(charge: Charge) -> Callable[[], object]:
        def pay() -> object:
            with real.begin() as session:
                return payments.receive(
                    session,
                    operator,
                    reference=charge.reference,
                    amount=charge.total,
                    currency="USD",
                    received_on=CLOSES.date(),
                    now=CLOSES,
                ).id

        return pay

    done = all_at_once(*(paying(charge) for charge in charges), paying(charges[0]), paying(charges[1]))
    assert sum(isinstance(each, UUID) for each in done) == 6
    with real() as session:
        assert session.scalar(select(func.count()).select_from(Payment)) == 6
        assert session.scalar(select(func.count()).select_from(Shipment)) == 1
        assert session.scalar(select(func.count()).select_from(Payout)) == 4
        assert session.get_one(Pool, case.pool.id).state == PoolState.CONFIRMED
        assert set(session.scalars(select(Order.state))) == {OrderState.PAID}
        assert ledger.verify(session).faults == []

"""Workers are killed while pools close: nothing is lost or doubled, and the books balance.

`FAIRHAUL_KILLS` sets how many kills there are, `FAIRHAUL_LAST_UNITS` how many pools x buyers want one.
"""

import os
import signal
from collections.abc import Callable, Iterator
from multiprocessing import get_context
from pathlib import Path
from random import Random
from uuid import UUID

import pytest
from psycopg.errors import LockNotAvailable
from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError, OperationalError

from app.catalogue.models import Offer
from app.db import Sessions
from app.errors import Faulty
from app.ledger import service as ledger
from app.ledger.models import Cause, Entry
from app.mail import Mail
from app.trade import service
from app.trade.closing import STEPS
from app.trade.jobs import take_pool_steps
from app.trade.models import Charge, Order, OrderLine, Pool, PoolPlan, PoolState, PoolStep
from app.trade.quoting import get_pool
from tests.app.making import Making
from tests.app.trade import killed, test_at_once
from tests.app.trade.market import CLOSES, Market, PaperCase, paper_case
from tests.app.trade.test_at_once import all_at_once, joining
from tests.conftest import NOON, FixedClock

template, real = test_at_once.template, test_at_once.real
KILLS = int(os.environ.get("FAIRHAUL_KILLS", "8"))
POOLS, BUYERS = (int(each) for each in os.environ.get("FAIRHAUL_LAST_UNITS", "4x8").split("x"))
PARTS = 2 if POOLS >= 100 else 1
"""A long run is two tests, each of half of the pools: for two workers (`-n 2`)."""
MOST_STATEMENTS = 150
"""More than one pool's steps take, so that some workers end well."""
CONTEXT = get_context("forkserver")
CONTEXT.set_forkserver_preload(["tests.app.trade.killed", "app.trade.closing", "app.trade.service"])


@pytest.fixture
def case(real: Sessions) -> Iterator[PaperCase]:
    with real() as session:
        yield paper_case(Market(session, Making(session, FixedClock(NOON))))


def closing_pool(real: Sessions, case: PaperCase) -> UUID:
    """A pool of the paper's six orders that has just closed."""
    case.pool = case.market.pool()
    case.join_all()
    with real.begin() as session:
        service.close(session, case.market.hub, case.pool.id, now=NOON)
    return case.pool.id


def run(
    real: Sessions, folder: Path, pool_id: UUID, at: int = 0, after: str = "", *, autocommit: bool = False
) -> int | None:
    """The exit code of a worker process of our own."""
    url = real.kw["bind"].url.render_as_string(hide_password=False)
    worker = CONTEXT.Process(
        target=killed.work,
        args=(url, str(folder), CLOSES, str(pool_id), at, after),
        kwargs={"autocommit": autocommit},
    )
    worker.start()
    worker.join()
    return worker.exitcode


def test_killed_workers_lose_and_double_nothing(real: Sessions, case: PaperCase, tmp_path: Path) -> None:
    chance, kills, pools = Random(1), 0, []
    while kills < KILLS:
        pool_id = closing_pool(real, case)
        pools.append(pool_id)
        ended = False
        while not ended and kills < KILLS:
            code = run(real, tmp_path, pool_id, chance.randint(1, MOST_STATEMENTS))
            assert code in (0, -signal.SIGKILL)
            kills += code != 0
            ended = code == 0
            with real() as session:
                assert ledger.verify(session).faults == []
    for pool_id in pools:
        take_pool_steps(str(pool_id))
    with real() as session:
        assert set(session.scalars(select(Pool.state).where(Pool.id.in_(pools)))) == {PoolState.PLANNED}
        for pool_id in pools:
            of_pool = select(Charge).join(Order).where(Order.pool_id == pool_id)
            charges = session.scalars(of_pool).all()
            assert len(charges) == 6
            assert sum(each.shipping for each in charges) == session.get_one(PoolPlan, pool_id).total
            entries = select(func.count()).where(Entry.pool_id == pool_id, Entry.cause == Cause.CHARGE)
            assert session.scalar(entries) == 6
        done = select(func.count()).where(PoolStep.state == "done", PoolStep.pool_id.in_(pools))
        assert session.scalar(done) == len(STEPS) * len(pools)
        told = select(func.count()).select_from(Mail).where(Mail.subject.endswith("is planned"))
        assert session.scalar(told) == 6 * len(pools)
        report = ledger.verify(session)
        assert report.faults == []
        assert all(each.sum == 0 for each in report.sums)


@pytest.mark.parametrize("autocommit", [False, True], ids=["one transaction", "control"])
def test_a_worker_killed_between_two_charges(
    autocommit: bool, real: Sessions, case: PaperCase, tmp_path: Path
) -> None:
    """The control: where a step is not one transaction, the same kill leaves a pool that nobody can mend."""
    pool_id = closing_pool(real, case)
    assert run(real, tmp_path, pool_id, after="INSERT INTO charge", autocommit=autocommit) == -signal.SIGKILL
    if autocommit:
        with real() as session:
            assert ledger.verify(session).faults, "half a charge"
        with pytest.raises(IntegrityError):
            take_pool_steps(str(pool_id))
        return
    take_pool_steps(str(pool_id))
    with real() as session:
        assert session.scalar(select(func.count()).select_from(Charge)) == 6
        assert ledger.verify(session).faults == []


def patient(use: Callable[[], object]) -> Callable[[], object]:
    """On a busy machine a lock may take longer than a request waits for it: the buyer asks again."""

    def ask() -> object:
        while True:
            try:
                return use()
            except OperationalError as fault:
                if not isinstance(fault.orig, LockNotAvailable):
                    raise

    return ask


@pytest.mark.parametrize("part", range(PARTS))
def test_last_units_of_many_pools_are_sold_once_each(part: int, real: Sessions, case: PaperCase) -> None:
    """Two pools at a time sell the same goods: half of the buyers ask in the one, half in the other, then
    each in the other one for the next piece. So every pool is asked by every buyer.
    """
    market = case.market
    buyers = [market.buyer() for _ in range(BUYERS)]
    offer = market.offer(case.maker, stock=0)
    sold, pair = 0, list[Pool]()
    for _ in range(part, POOLS // 2, PARTS):
        pair = [market.pool(), market.pool()]
        for turn in range(2):
            with real.begin() as session:
                session.get_one(Offer, offer.id).stock = 1
            uses = [
                patient(joining(real, buyer, pair[(at + turn) % 2].id, offer.id))
                for at, buyer in enumerate(buyers)
            ]
            done = []
            for start in range(0, BUYERS, test_at_once.AT_ONCE):
                done += all_at_once(*uses[start : start + test_at_once.AT_ONCE])
            assert sum(isinstance(each, UUID) for each in done) == 1
            assert sum(isinstance(each, Faulty) for each in done) == BUYERS - 1
            sold += 1
    with real() as session:
        assert session.get_one(Offer, offer.id).stock == 0
        assert session.scalar(select(func.count()).select_from(Order)) == sold
        assert session.scalar(select(func.sum(OrderLine.quantity))) == sold
        assert get_pool(session, pair[0].id).state == PoolState.OPEN

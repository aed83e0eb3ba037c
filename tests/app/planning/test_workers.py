"""Several workers plan and book the same pools at the same moment: each is booked once."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from uuid import UUID

from fastapi import FastAPI
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.ledger import service as ledger
from app.planning import desk, planning
from app.planning.gathering import groups_of
from app.planning.jobs import plan_origin
from app.planning.models import Consolidation, PlanningDesk, PlanningRun, PoolBooking, RunState
from app.shipping.models import Shipment
from app.trade.models import Pool, PoolState
from tests.app.conftest import TODAY
from tests.app.test_at_once import real, session

__all__ = ["real", "session"]  # fixtures: a copy of the demo, whose rows are committed
WORKERS = 4


def test_workers_that_come_at_once_book_each_pool_once(real: FastAPI, session: Session) -> None:
    origin = session.scalars(select(PlanningDesk.hub_id)).one()
    (group,) = groups_of(session, origin)
    waiting = session.scalars(select(PoolBooking.pool_id).filter_by(booked_at=None)).all()
    assert len(waiting) == 2
    runs: list[UUID] = []
    for number in range(WORKERS):  # as if every queue's lock had failed: runs of its own for each worker
        run = desk.ask(session, group, because=f"Worker {number}", book=True, now=TODAY)
        run.state = RunState.RUNNING if number else RunState.WAITING
        runs.append(run.id)
        session.flush()
    for run in session.scalars(select(PlanningRun).where(PlanningRun.id.in_(runs))):
        run.state = RunState.WAITING
    session.commit()
    barrier = Barrier(2 * WORKERS)

    def work(run: UUID) -> None:
        barrier.wait()
        plan_origin(str(run))

    with ThreadPoolExecutor(2 * WORKERS) as pool:
        list(pool.map(work, [*runs, *runs]))
    session.expire_all()
    states = set(session.scalars(select(PlanningRun.state).where(PlanningRun.id.in_(runs))))
    assert states <= {RunState.DONE, RunState.FAILED}, "a run that found all changed is asked for again"
    made = session.scalars(select(Consolidation)).one()
    assert made.total <= made.before
    for pool_id in waiting:
        assert session.get_one(Pool, pool_id).state == PoolState.CONFIRMED
        assert len(session.scalars(select(Shipment).filter_by(pool_id=pool_id)).all()) == 1
        assert session.get_one(PoolBooking, pool_id).consolidation_id == made.id
    assert ledger.verify(session).faults == []
    again = session.scalars(select(PlanningRun).filter_by(state=RunState.WAITING)).first()
    assert again is None or planning.begin(session, again.id, now=TODAY) is not None

"""A pool that is paid, and two operators."""

from collections.abc import Callable, Iterator
from copy import copy
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import Connection, Engine, select
from sqlalchemy.orm import Session, sessionmaker

from app import jobs
from app.db import Sessions
from app.ledger import payments
from app.ledger import service as ledger
from app.ledger.models import Account, AccountKind, Payout
from app.permissions import Actor
from app.settings import Settings
from app.trade import service as trade
from app.trade.jobs import take_pool_steps
from app.trade.models import Charge, Pool
from tests.app.making import Making
from tests.app.payouts.paying import second
from tests.app.trade.market import CLOSES, Market, PaperCase, paper_case
from tests.conftest import NOON, FixedClock

PAID = CLOSES + timedelta(days=1)


@dataclass
class Desk:
    """The paper's case after everybody has paid, and those who pay out."""

    session: Session
    clock: FixedClock
    case: PaperCase
    maker: TestClient
    buyer: TestClient
    first: TestClient
    second: TestClient

    def pool(self) -> Pool:
        self.session.expire_all()
        return self.session.get_one(Pool, self.case.pool.id)

    def owed(self) -> dict[str, Payout]:
        """What the maker is owed, by part."""
        self.session.expire_all()
        rows = self.session.scalars(
            select(Payout).join(Account).where(Account.kind == AccountKind.PRODUCER)
        ).all()
        return {row.part: row for row in rows}

    def books(self) -> list[str]:
        self.session.expire_all()
        return ledger.verify(self.session).faults

    def propose(self, *parts: str) -> dict[str, Any]:
        body = {
            "payouts": [str(self.owed()[part].id) for part in parts],
            "pay_on": self.clock.now.date().isoformat(),
        }
        reply = self.first.post("/api/payout-batches", json=body)
        assert reply.status_code == 201, reply.text
        (made,) = reply.json()
        return dict(made)


@dataclass(frozen=True)
class World:
    """What all tests of a module start from; each undoes what it adds."""

    connection: Connection
    case: PaperCase
    other: Actor


@pytest.fixture(scope="module")
def world(engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """The paper's case after everybody has paid, made once: it takes two seconds."""
    clock, around = FixedClock(NOON), jobs.around
    before = around.sessions, around.settings, around.clock
    with engine.connect() as connection:
        outer = connection.begin()
        sessions = sessions_on(connection)
        around.sessions, around.settings = sessions, Settings(data=tmp_path_factory.mktemp("world"))
        around.clock = clock
        with sessions() as session:
            case = paper_case(Market(session, Making(session, clock)))
            case.join_all()
            clock.now = CLOSES
            trade.close_due(session, now=clock.now)
            session.commit()
            take_pool_steps(str(case.pool.id))
            session.expire_all()
            for charge in session.scalars(select(Charge)).all():
                payments.receive(
                    session,
                    case.market.operator,
                    reference=charge.reference,
                    amount=charge.total,
                    currency=charge.currency,
                    received_on=PAID.date(),
                    now=PAID,
                )
            other = second(case.market)
            session.commit()
        around.sessions, around.settings, around.clock = before
        yield World(connection, case, other)
        outer.rollback()


def sessions_on(connection: Connection) -> Sessions:
    return sessionmaker(connection, expire_on_commit=False, join_transaction_mode="create_savepoint")


@pytest.fixture
def sessions(world: World) -> Iterator[Sessions]:
    point = world.connection.begin_nested()
    yield sessions_on(world.connection)
    point.rollback()


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(PAID)


@pytest.fixture
def desk(
    world: World,
    session: Session,
    make: Making,
    clock: FixedClock,
    as_person: Callable[[UUID], TestClient],
) -> Desk:
    market = copy(world.case.market)
    market.session, market.make = session, make
    case = replace(world.case, market=market)
    people = (case.maker, case.buyers[0], market.operator, world.other)
    return Desk(session, clock, case, *(as_person(each.person_id) for each in people))

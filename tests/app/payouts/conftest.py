"""A pool that is paid, and two operators."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.ledger import payments
from app.ledger import service as ledger
from app.ledger.models import Account, AccountKind, Payout
from app.trade import service as trade
from app.trade.models import Charge, Pool
from tests.app.making import Making
from tests.app.payouts.paying import second
from tests.app.trade.market import CLOSES, Market, PaperCase, paper_case
from tests.conftest import FixedClock


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


@pytest.fixture
def desk(
    session: Session,
    make: Making,
    run_jobs: Callable[[], list[str]],
    clock: FixedClock,
    as_person: Callable[[UUID], TestClient],
) -> Desk:
    case = paper_case(Market(session, make))
    case.join_all()
    clock.now = CLOSES
    trade.close_due(session, now=clock.now)
    session.commit()
    run_jobs()
    session.expire_all()
    clock.now += timedelta(days=1)
    for charge in session.scalars(select(Charge)).all():
        payments.receive(
            session,
            case.market.operator,
            reference=charge.reference,
            amount=charge.total,
            currency=charge.currency,
            received_on=clock.now.date(),
            now=clock.now,
        )
    session.commit()
    people = (case.maker, case.buyers[0], case.market.operator, second(case.market))
    session.commit()
    return Desk(session, clock, case, *(as_person(each.person_id) for each in people))

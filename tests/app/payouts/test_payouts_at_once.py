"""Many at once on real connections: a payout is proposed, released and booked once, whoever is first."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.db import Sessions
from app.errors import Refusal
from app.ledger import payments, reconciling
from app.ledger import service as ledger
from app.ledger.models import Cause, Entry, Payout
from app.payouts import batches, results
from app.payouts.models import InstructionState, PayoutBatch, PayoutInstruction, PayoutMatch
from app.permissions import Actor
from app.settings import Settings
from app.trade import service as trade
from app.trade.jobs import take_pool_steps
from app.trade.models import Charge
from tests.app.ledger.test_statements import camt, entry
from tests.app.making import Making
from tests.app.payouts.paying import NL, give_details, hand_over, second
from tests.app.trade import test_at_once
from tests.app.trade.market import CLOSES, Market, paper_case
from tests.app.trade.test_at_once import all_at_once
from tests.conftest import NOON, FixedClock

template, real = test_at_once.template, test_at_once.real
NOW = CLOSES + timedelta(days=2)


@dataclass
class Paid:
    """A pool that is paid and handed over, and three persons who pay out."""

    real: Sessions
    first: Actor
    other: Actor
    third: Actor
    payouts: list[UUID]

    def at_once(self, *uses: Callable[[Session], object]) -> list[object]:
        def alone(use: Callable[[Session], object]) -> Callable[[], object]:
            def run() -> object:
                with self.real.begin() as session:
                    return use(session)

            return run

        return all_at_once(*(alone(use) for use in uses))

    def propose(self, *payouts: UUID) -> UUID:
        with self.real.begin() as session:
            (made,) = batches.propose(session, self.first, payouts, pay_on=NOW.date(), now=NOW)
            return made.id

    def states(self, batch: UUID) -> tuple[str, set[str]]:
        with self.real() as session:
            own = session.scalars(select(PayoutInstruction.state).filter_by(batch_id=batch))
            return session.get_one(PayoutBatch, batch).state, set(own)

    def faults(self) -> list[str]:
        with self.real() as session:
            return ledger.verify(session).faults


@pytest.fixture
def paid(real: Sessions) -> Paid:
    with real() as session:
        case = paper_case(Market(session, Making(session, FixedClock(NOON))))
        case.join_all()
        trade.close(session, case.market.hub, case.pool.id, now=NOON)
        session.commit()
        first, other, third = case.market.operator, second(case.market), second(case.market)
        session.commit()
    take_pool_steps(str(case.pool.id))
    with real.begin() as session:
        case.market.session = session
        for charge in session.scalars(select(Charge)).all():
            payments.receive(
                session,
                first,
                reference=charge.reference,
                amount=charge.total,
                currency="USD",
                received_on=CLOSES.date(),
                now=NOW,
            )
        hand_over(session, NOW)
        give_details(session, case.market, NL, NOW)
    with real() as session:
        return Paid(real, first, other, third, list(session.scalars(select(Payout.id).order_by(Payout.id))))


def winners(done: list[object]) -> int:
    assert all(each is None or isinstance(each, Refusal | UUID | int) for each in done)
    return sum(not isinstance(each, Refusal) for each in done)


def test_each_happens_once(paid: Paid) -> None:
    one, *rest = paid.payouts

    def propose(session: Session) -> object:
        return batches.propose(session, paid.first, rest, pay_on=NOW.date(), now=NOW)[0].id

    done = paid.at_once(*[propose] * 4)
    assert winners(done) == 1, "two tabs propose the same payouts"
    batch = next(each for each in done if isinstance(each, UUID))

    def release(session: Session, of: UUID = batch, by: Actor = paid.other) -> object:
        return batches.release(session, by, Settings(), of, now=NOW).id

    def release_too(session: Session) -> object:
        return release(session, by=paid.third)

    done = paid.at_once(release, release_too, release, release_too)
    assert winners(done) == 1
    assert {each.code for each in done if isinstance(each, Refusal)} == {"answered-already"}
    assert paid.states(batch) == ("released", {InstructionState.RELEASED})
    _released_or_refused(paid, one)
    _statement_and_send(paid, batch)


def _released_or_refused(paid: Paid, payout: UUID) -> None:
    """Both at once, some times: never a bit of each."""

    def release(session: Session) -> object:
        return batches.release(session, paid.other, Settings(), batch, now=NOW).id

    def refuse(session: Session) -> object:
        return batches.refuse(session, paid.first, batch, "Not today.", now=NOW).id

    for _ in range(3):
        batch = paid.propose(payout)
        done = paid.at_once(release, refuse, release, refuse)
        assert winners(done) == 1
        state, instructions = paid.states(batch)
        assert instructions == {state}
        if state == "released":
            with paid.real.begin() as session:
                (instruction,) = session.scalars(select(PayoutInstruction.id).filter_by(batch_id=batch))
                results.did_not_come(session, paid.first, instruction, "Not sent.", now=NOW)
    assert paid.faults() == []


def _statement_and_send(paid: Paid, batch: UUID) -> None:
    """The bank booked a batch as one: its statement is read twice while somebody says that it was sent."""
    with paid.real() as session:
        row = session.get_one(PayoutBatch, batch)
        total, number = row.total, row.number

    def statement(amount: int) -> bytes:
        words = entry(f"{amount / 100:.2f}", "", "B1", way="DBIT")
        whole = f"<NtryDtls><Btch><PmtInfId>{number}</PmtInfId></Btch></NtryDtls>"
        return camt(words[: words.index("<NtryDtls>")] + whole + "</Ntry>")

    def read(session: Session) -> object:
        return reconciling.apply(session, paid.first, statement(total), now=NOW)

    def send(session: Session) -> object:
        return results.send(session, paid.first, batch, sent_on=NOW.date(), now=NOW).id

    with paid.real() as session:
        (wrong,) = reconciling.look(session, statement(total + 1)).rows
        assert wrong.verdict == "payout wrong"
    done = paid.at_once(read, send, read, send, read)
    assert sorted(each for each in done if isinstance(each, int)) == [0, 0, 1]
    assert not [each for each in done if isinstance(each, Refusal)]
    assert paid.states(batch) == ("released", {InstructionState.CONFIRMED})
    with paid.real() as session:
        (again,) = reconciling.look(session, statement(total)).rows
        assert again.verdict == "duplicate"
        assert session.scalar(select(func.count()).select_from(PayoutMatch)) == 1
        count = len(paid.payouts) - 1
        assert (
            session.scalar(select(func.count()).select_from(Payout).where(Payout.paid_on.is_not(None)))
            == count
        )
        entries = select(func.count()).select_from(Entry).where(Entry.cause == Cause.PAYOUT)
        assert session.scalar(entries) == 2 * count, "left, and came"
    assert paid.faults() == []

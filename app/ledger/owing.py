"""What a payee is owed, was paid, when and by which way, in one list for its page and its programs."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy.orm import Session

from app.cards import refunding
from app.ledger import books
from app.ledger.models import Account, Payout
from app.ledger.schemas import PayoutOut, TryOut
from app.payouts import details
from app.payouts.advances import cannot_ask
from app.payouts.models import LIVE, InstructionState, PayoutBatch, PayoutInstruction
from app.payouts.results import tries_of
from app.trade.models import Pool


class Standing(StrEnum):
    """Where a payout stands, for its payee."""

    AWAITS = "awaits hand-over"
    DUE = "due"
    OVERDUE = "overdue"
    NO_DETAILS = "no payout details"
    PREPARED = "being prepared"
    ON_ITS_WAY = "on its way"
    TO_CARD = "back to the card"
    DISPUTED = "disputed"
    PAID = "paid"


@dataclass(frozen=True, slots=True)
class Row:
    """A payout with its tries, the newest first; `can_ask`: it has an advance."""

    payout: Payout
    pool: Pool
    kind: str
    tries: list[tuple[PayoutInstruction, PayoutBatch]]
    standing: Standing
    days_late: int
    can_ask: bool

    @property
    def rail(self) -> str:
        return self.payout.rail or (self.tries[0][1].rail if self.live else "")

    @property
    def live(self) -> PayoutInstruction | None:
        return next(
            (each for each, _batch in self.tries if each.state in LIVE),
            None,
        )

    @property
    def failed(self) -> PayoutInstruction | None:
        """The last try, where it did not arrive."""
        newest = next((each for each, _batch in self.tries if each.state != InstructionState.REFUSED), None)
        gone = {InstructionState.FAILED, InstructionState.RETURNED}
        return newest if newest and newest.state in gone and not self.payout.paid_on else None


def rows(session: Session, owed: Sequence[books.Owed], *, now: datetime) -> list[Row]:
    """Payouts as their payees see them."""
    tries: dict[UUID, list[tuple[PayoutInstruction, PayoutBatch]]] = {}
    for instruction, batch in tries_of(session, [each.payout.id for each in owed]):
        tries.setdefault(instruction.payout_id, []).append((instruction, batch))
    back = refunding.on_its_way(session, [each.payout.id for each in owed])
    known: dict[UUID, bool] = {}
    made: list[Row] = []
    for each in owed:
        payout = each.payout
        if payout.account_id not in known:
            to = session.get_one(Account, payout.account_id)
            known[payout.account_id] = details.of_account(session, to) is not None
        own = tries.get(payout.id, [])
        standing = (
            Standing.TO_CARD
            if payout.id in back
            else _standing(payout, own, known=known[payout.account_id], today=now.date())
        )
        late = (now.date() - payout.due_on).days if not payout.paid_on and not payout.awaits else 0
        live = any(instruction.state in LIVE for instruction, _batch in own)
        made.append(
            Row(
                payout,
                each.pool,
                each.kind,
                own,
                standing,
                max(late, 0),
                can_ask=not cannot_ask(payout, each.kind, each.pool, live=live),
            )
        )
    return made


@dataclass(frozen=True, slots=True)
class Sums:
    """One currency of what a payee is owed, in minor units."""

    currency: str
    due: int  # among it what is overdue
    overdue: int
    later: int  # at hand-over
    paid: int


def sums(found: Sequence[Row], *, now: datetime) -> list[Sums]:
    """What is due, comes later and was paid, by currency."""
    made: list[Sums] = []
    for currency in sorted({row.payout.currency for row in found}):
        own = [row for row in found if row.payout.currency == currency]
        open_now = [row for row in own if not row.payout.paid_on and not row.payout.awaits]
        made.append(
            Sums(
                currency,
                due=sum(row.payout.amount for row in open_now),
                overdue=sum(row.payout.amount for row in open_now if row.payout.due_on < now.date()),
                later=sum(row.payout.amount for row in own if not row.payout.paid_on and row.payout.awaits),
                paid=sum(row.payout.amount for row in own if row.payout.paid_on),
            )
        )
    return made


def _standing(
    payout: Payout, tries: Sequence[tuple[PayoutInstruction, PayoutBatch]], *, known: bool, today: date
) -> Standing:
    if payout.paid_on:
        return Standing.PAID
    states = {each.state for each, _batch in tries}
    for state, standing in (
        (InstructionState.DISPUTED, Standing.DISPUTED),
        (InstructionState.SENT, Standing.ON_ITS_WAY),
    ):
        if state in states:
            return standing
    if not known and not payout.awaits:
        return Standing.NO_DETAILS
    if states & {InstructionState.PROPOSED, InstructionState.RELEASED}:
        return Standing.OVERDUE if payout.due_on < today else Standing.PREPARED
    if payout.awaits:
        return Standing.AWAITS
    return Standing.OVERDUE if payout.due_on < today else Standing.DUE


def out(session: Session, payout: Payout, *, now: datetime) -> PayoutOut:
    """One payout, for a program."""
    kind = session.get_one(Account, payout.account_id).kind
    return outs(session, [books.Owed(payout, session.get_one(Pool, payout.pool_id), kind)], now=now)[0]


def outs(session: Session, owed: Sequence[books.Owed], *, now: datetime) -> list[PayoutOut]:
    """Payouts, for programs."""
    own = "id pool_id account_id payee part amount currency due_on paid_on reference"
    return [
        PayoutOut(
            **{name: getattr(row.payout, name) for name in own.split()},
            kind=row.kind,
            standing=row.standing,
            days_late=row.days_late,
            rail=row.rail,
            can_ask_advance=row.can_ask,
            tries=[
                TryOut(
                    reference=each.reference,
                    batch=batch.number,
                    rail=batch.rail,
                    state=each.state,
                    sent_on=each.sent_on,
                    words=each.words,
                )
                for each, batch in row.tries
            ],
        )
        for row in rows(session, owed, now=now)
    ]

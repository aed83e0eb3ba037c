"""Lines of a bank statement that tell of payouts: by the reference of a transfer, or the number of a batch
that the bank booked as one.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.ledger.models import Payout
from app.ledger.statements import BankLine
from app.payouts import results
from app.payouts.batches import of_batch
from app.payouts.models import (
    ON_ITS_WAY,
    InstructionState,
    PayoutBatch,
    PayoutInstruction,
    PayoutMatch,
    Rail,
)
from app.permissions import Actor
from app.trade.numbers import good_reference

REFERENCE: Final = re.compile(r"RF\d{2}P[0-9A-Z]{7}")
BATCH: Final = re.compile(r"\bB-[0-9A-HJKMNP-TV-Z]{7}\b")


@dataclass(frozen=True, slots=True)
class Told:
    """What a line says of payouts: they arrived, came back, or something that only people can settle."""

    what: str  # "arrived", "came back", "wrong amount", "known", "given up"
    batch: PayoutBatch
    instructions: tuple[PayoutInstruction, ...]
    payee: str

    @property
    def books(self) -> bool:
        return self.what in {"arrived", "came back"}


def find(session: Session, lines: Sequence[BankLine]) -> list[Told | None]:
    """For each line what it tells of payouts; None: nothing."""
    named = [
        {each for each in REFERENCE.findall("".join(line.text.split()).upper()) if good_reference(each)}
        for line in lines
    ]
    wanted = set().union(*named) if named else set()
    known = {
        instruction.reference: (instruction, batch, payee)
        for instruction, batch, payee in session.execute(
            select(PayoutInstruction, PayoutBatch, Payout.payee)
            .join(PayoutBatch, PayoutBatch.id == PayoutInstruction.batch_id)
            .join(Payout, Payout.id == PayoutInstruction.payout_id)
            .where(PayoutInstruction.reference.in_(wanted), PayoutBatch.rail == Rail.BANK)
        )
    }
    numbers = {each for line in lines for each in BATCH.findall(line.text.upper())}
    batches = {
        batch.number: batch
        for batch in session.scalars(
            select(PayoutBatch).where(PayoutBatch.number.in_(numbers), PayoutBatch.rail == Rail.BANK)
        )
    }
    found: list[Told | None] = []
    for line, references in zip(lines, named, strict=True):
        own = [known[each] for each in sorted(references) if each in known]
        if len(own) == 1:
            instruction, batch, payee = own[0]
            found.append(Told(_one(line, instruction), batch, (instruction,), payee))
            continue
        whole = [batches[each] for each in BATCH.findall(line.text.upper()) if each in batches]
        found.append(_whole(session, line, whole[0]) if len(whole) == 1 and line.amount < 0 else None)
    return found


def _one(line: BankLine, instruction: PayoutInstruction) -> str:
    if (abs(line.amount), line.currency) != (instruction.amount, instruction.currency):
        return "wrong amount"
    state = instruction.state
    if line.amount > 0:
        back = state in {InstructionState.SENT, InstructionState.DISPUTED, InstructionState.CONFIRMED}
        return "came back" if back else "known"
    if state in {InstructionState.RELEASED, *ON_ITS_WAY}:
        return "arrived"
    return "known" if state in {InstructionState.CONFIRMED, InstructionState.RETURNED} else "given up"


def _whole(session: Session, line: BankLine, batch: PayoutBatch) -> Told | None:
    """A batch that the bank booked in one sum."""
    rows = of_batch(session, batch.id)
    instructions = tuple(each for each, _payout, _details in rows)
    states = {each.state for each in instructions}
    if (-line.amount, line.currency) != (batch.total, batch.currency):
        what = "wrong amount"
    elif states == {InstructionState.CONFIRMED}:
        what = "known"
    elif states <= {InstructionState.RELEASED, *ON_ITS_WAY, InstructionState.CONFIRMED}:
        what = "arrived"  # some of it perhaps as its payee said before
    else:
        what = "given up"
    return Told(what, batch, instructions, batch.number)


def hold(session: Session, told: Sequence[Told]) -> None:
    """Hold the batches that lines tell of, in everybody's order: before any pool."""
    session.scalars(
        select(PayoutBatch)
        .where(PayoutBatch.id.in_([each.batch.id for each in told]))
        .order_by(PayoutBatch.id)
        .with_for_update()
    ).all()


def book(session: Session, actor: Actor, told: Told, line: BankLine, key: str, *, now: datetime) -> None:
    """Close the payouts that a line tells of, or open them again."""
    for each in told.instructions:
        if told.what == "came back":
            results.did_not_come(
                session,
                actor,
                each.id,
                f"The bank sent it back: {line.text}"[: results.LONGEST_REASON],
                now=now,
            )
            continue
        if each.state == InstructionState.RELEASED:
            payout = session.get_one(Payout, each.payout_id)
            results.left(
                session, each, payout, sent_on=_sent(line.day, told, now), receipt="", now=now, actor=actor
            )
        results.came(
            session,
            each.id,
            on=line.day,
            reference=line.bank_reference or each.reference,
            now=now,
            actor=actor,
        )
    only = told.instructions[0].id if len(told.instructions) == 1 else None
    session.add(
        PayoutMatch(key=key, batch_id=told.batch.id, instruction_id=only, words=line.text, matched_at=now)
    )


def _sent(day: date, told: Told, now: datetime) -> date:
    """The day on the statement; a bank may date it before the release was noted here."""
    released = told.batch.released_at.date() if told.batch.released_at else day
    return min(max(day, released), now.date())

"""Bank statements against charges: what each line is for, shown first, then booked together or not at all."""

import re
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.errors import Faulty
from app.ledger import payments
from app.ledger.models import BankMatch, Payout
from app.ledger.statements import MOST_LINES, BankLine, Statement, read
from app.payouts import matching, results
from app.payouts.models import PayoutMatch
from app.permissions import Actor
from app.trade.models import Charge, Order, OrderState
from app.trade.numbers import good_reference

REFERENCE: Final = re.compile(r"RF\d{2}O[0-9A-Z]{7}")


class Verdict(StrEnum):
    MATCH = "match"
    WRONG_AMOUNT = "wrong amount"
    UNKNOWN = "unknown"
    SEVERAL = "several"  # names more than one charge
    DUPLICATE = "duplicate"  # the same line was booked before, or stands in the file twice
    PAID_ALREADY = "paid already"  # another payment for a charge that is paid
    CANCELLED = "cancelled"
    OUT = "out"  # went out, and is no payout of ours
    PAYOUT = "payout"  # a payout that arrived
    PAYOUT_BACK = "payout back"  # one that came back
    PAYOUT_WRONG = "payout wrong"  # of another amount
    PAYOUT_GIVEN_UP = "payout given up"  # it left, but is marked as failed or refused: people look


PAYOUTS: Final = {
    "arrived": Verdict.PAYOUT,
    "came back": Verdict.PAYOUT_BACK,
    "wrong amount": Verdict.PAYOUT_WRONG,
    "given up": Verdict.PAYOUT_GIVEN_UP,
    "known": Verdict.DUPLICATE,
}
BOOKED: Final = (Verdict.MATCH, Verdict.PAYOUT, Verdict.PAYOUT_BACK)


@dataclass(frozen=True, slots=True)
class Judged:
    """A line of a statement and what it is."""

    line: BankLine
    key: str
    verdict: Verdict
    order: Order | None = None
    charge: Charge | None = None
    payout: matching.Told | None = None


@dataclass(frozen=True, slots=True)
class Look:
    """What a statement would book. `faults`: (place, sentence) of what cannot be read; then nothing is."""

    rows: list[Judged]
    faults: list[tuple[str, str]]

    @property
    def matches(self) -> list[Judged]:
        return [row for row in self.rows if row.verdict in BOOKED]


def look(session: Session, content: bytes) -> Look:
    """Judge every line; nothing is changed. Faulty: no statement, or too long."""
    statement = _read(content)
    return Look(_judge(session, statement), statement.faults)


def _read(content: bytes) -> Statement:
    statement = read(content)
    if len(statement.lines) > MOST_LINES:
        raise Faulty(fields={"file": f"Use at most {MOST_LINES:,} lines a file."})
    if not statement.lines and not statement.faults:
        raise Faulty(fields={"file": "There is no booked line in this file."})
    return statement


def apply(session: Session, actor: Actor, content: bytes, *, now: datetime) -> int:
    """Book every match, all or none; how many. A statement that was booked before books nothing. Faulty: a
    line cannot be read, or a use case refuses one.
    """
    statement = _read(content)
    if statement.faults:
        raise Faulty(
            fields={f"line-{at}": f"{place}: {words}" for at, (place, words) in enumerate(statement.faults)}
        )
    found = _held(session, statement)
    for row in found.matches:
        if row.payout is not None:
            matching.book(session, actor, row.payout, row.line, row.key, now=now)
            continue
        assert row.charge is not None
        payment = payments.receive(
            session,
            actor,
            reference=row.charge.reference,
            amount=row.line.amount,
            currency=row.line.currency,
            received_on=row.line.day,
            bank_reference=row.line.bank_reference,
            now=now,
        )
        session.add(BankMatch(key=row.key, payment_id=payment.id, words=row.line.text, matched_at=now))
    session.flush()
    return len(found.matches)


def _held(session: Session, statement: Statement) -> Look:
    """What a statement books, judged anew once nobody else can book any of it: what it tells of is held,
    batches before pools.
    """
    first = _judge(session, statement)
    told = [row.payout for row in first if row.payout is not None and row.verdict in BOOKED]
    payouts = [instruction.payout_id for each in told for instruction in each.instructions]
    pools = list(session.scalars(select(Payout.pool_id).where(Payout.id.in_(payouts))))
    pools += [row.order.pool_id for row in first if row.order is not None and row.verdict in BOOKED]
    matching.hold(session, told)
    results.hold_pools(session, pools)
    session.expire_all()
    return Look(_judge(session, statement), [])


def references_in(text: str) -> set[str]:
    """Good references in what was written with a transfer, with or without spaces."""
    squeezed = "".join(text.split()).upper()
    return {found for found in REFERENCE.findall(squeezed) if good_reference(found)}


def _judge(session: Session, statement: Statement) -> list[Judged]:
    keys = statement.keys()
    booked = set(session.scalars(select(BankMatch.key).where(BankMatch.key.in_(keys))))
    booked |= set(session.scalars(select(PayoutMatch.key).where(PayoutMatch.key.in_(keys))))
    payouts = matching.find(session, statement.lines)
    named = [references_in(line.text) for line in statement.lines]
    wanted = set().union(*named) if named else set()
    charges = {
        charge.reference: (charge, order)
        for charge, order in session.execute(
            select(Charge, Order).join(Order, Order.id == Charge.order_id).where(Charge.reference.in_(wanted))
        )
    }
    told: set[str] = (
        set()
    )  # by the bank's reference, or charges and payouts that a line of this file tells of
    rows: list[Judged] = []
    for line, key, references, payout in zip(statement.lines, keys, named, payouts, strict=True):
        known = [charges[each] for each in sorted(references) if each in charges]
        charge, order = known[0] if len(known) == 1 else (None, None)
        own = f"{line.bank_reference} {line.day} {line.amount}" if line.bank_reference else ""
        if key in booked or own in told - {""}:
            verdict = Verdict.DUPLICATE
        elif payout is not None:
            names = {f"{each.reference} {payout.what}" for each in payout.instructions}
            verdict = Verdict.DUPLICATE if names & told else PAYOUTS[payout.what]
            told |= names
        elif line.amount <= 0:
            verdict = Verdict.OUT
        elif len(known) > 1:
            verdict = Verdict.SEVERAL
        elif charge is None or order is None:
            verdict = Verdict.UNKNOWN
        elif order.state == OrderState.CANCELLED:
            verdict = Verdict.CANCELLED
        elif charge.paid_at or charge.reference in told:
            verdict = Verdict.PAID_ALREADY
        elif (line.amount, line.currency) != (charge.total, charge.currency):
            verdict = Verdict.WRONG_AMOUNT
        else:
            verdict = Verdict.MATCH
            told.add(charge.reference)
        told.add(own)
        rows.append(Judged(line, key, verdict, order, charge, payout))
    return rows

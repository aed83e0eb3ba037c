"""Use cases of batches: one person proposes what is to be paid, another one releases or refuses it."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app import history, jobs
from app.cards import refunding
from app.db import uuid7
from app.errors import Faulty, Missing, Refusal
from app.ledger.models import Account, Payout
from app.payouts import connecting, details, pain001
from app.payouts.advances import live_of
from app.payouts.jobs import send_transfer
from app.payouts.models import (
    BatchState,
    InstructionState,
    PayoutBatch,
    PayoutDetails,
    PayoutInstruction,
    Rail,
)
from app.permissions import Actor
from app.settings import Settings
from app.trade.models import Pool
from app.trade.numbers import number_of, reference_of

MOST: Final = 500
"""Payouts of one batch."""
LATEST: Final = timedelta(days=60)
LONGEST_REASON: Final = 500


@dataclass(frozen=True, slots=True)
class Due:
    """A payout that is not paid, and what keeps it from being proposed (empty: nothing does)."""

    payout: Payout
    pool: Pool
    account: Account
    details: PayoutDetails | None
    instruction: PayoutInstruction | None
    why_not: str

    def overdue(self, today: date) -> bool:
        return not self.payout.awaits and self.payout.due_on < today


def due(
    session: Session,
    *,
    now: datetime,
    only: Sequence[UUID] | None = None,
    lock: bool = False,
    cards: bool = True,
) -> list[Due]:
    """Payouts that are not paid, the first to be due first. `cards`: whether cards are reached from here, so
    that what they paid goes back to them.
    """
    wanted = (
        select(Payout, Pool, Account)
        .join(Pool, Pool.id == Payout.pool_id)
        .join(Account, Account.id == Payout.account_id)
        .where(Payout.paid_on.is_(None))
        .order_by(Payout.id if lock else Payout.due_on, Payout.id)
    )
    if only is not None:
        wanted = wanted.where(Payout.id.in_(only))
    if lock:
        wanted = wanted.with_for_update(of=Payout).execution_options(populate_existing=True)
    rows = session.execute(wanted).all()
    ids = [payout.id for payout, _pool, _account in rows]
    live = live_of(session, ids)
    refunds = refunding.on_its_way(session, ids, waiting=cards)
    disputed = refunding.waits_for_bank(session, ids)
    found: list[Due] = []
    for payout, pool, account in rows:
        own = details.of_account(session, account)
        instruction = live.get(payout.id)
        why = _by_card(payout, refunds, disputed) or _why_not(
            payout, own, live=instruction is not None, now=now
        )
        if not why and own is not None and connecting.not_ready(session, own):
            why = "Stripe cannot pay to its account yet: it asks the payee for details."
        found.append(Due(payout, pool, account, own, instruction, why))
    return found


def _by_card(payout: Payout, refunds: Collection[UUID], disputed: Collection[UUID]) -> str:
    if payout.id in refunds:
        return "It is being sent back to the buyer's card."
    if payout.id in disputed:
        return "The buyer's bank is taking its payment back. Wait until that is decided."
    return ""


def _why_not(payout: Payout, own: PayoutDetails | None, *, live: bool, now: datetime) -> str:
    if live:
        return "It is being paid already."
    if payout.awaits:
        return "The goods are not handed over yet."
    if own is None:
        return "Nobody has said where it is to be paid."
    if own.usable_from > now:
        return "Its payout details were changed and wait for a second person."
    return ""


def propose(
    session: Session,
    actor: Actor,
    payouts: Sequence[UUID],
    *,
    pay_on: date,
    now: datetime,
    cards: bool = True,
) -> list[PayoutBatch]:
    """Put payouts into batches, one for each rail and currency.

    Faulty: none, too many, or a day that has passed. Missing: there is no such payout. Refusal: one of them
    cannot be paid now, with the reason.
    """
    if not payouts:
        raise Faulty(fields={"payouts": "Choose at least one payout."})
    if len(payouts) > MOST:
        raise Faulty(fields={"payouts": f"Choose at most {MOST} payouts at once."})
    if not now.date() <= pay_on <= (now + LATEST).date():
        raise Faulty(fields={"pay_on": f"Enter a day from today to {LATEST.days} days ahead."})
    wanted = set(payouts)
    rows = due(session, now=now, only=list(wanted), lock=True, cards=cards)
    if len(rows) < len(wanted):
        paid = session.scalars(select(Payout.id).where(Payout.id.in_(wanted), Payout.paid_on.is_not(None)))
        if paid.first() is None:
            raise Missing
        raise Refusal("One of these is paid already.", code="paid-out-already", title="Paid out already")
    for row in rows:
        if row.why_not:
            raise Refusal(
                f"{row.payout.payee}, pool {row.pool.number}: {row.why_not}",
                code="not-payable",
                title="Not payable now",
                facts={"payout_id": row.payout.id},
            )
    groups: dict[tuple[str, str], list[Due]] = {}
    for row in rows:
        assert row.details is not None
        groups.setdefault((row.details.rail, row.payout.currency), []).append(row)
    return [
        _batch(session, actor, rail, currency, group, pay_on=pay_on, now=now)
        for (rail, currency), group in sorted(groups.items())
    ]


def _batch(
    session: Session,
    actor: Actor,
    rail: str,
    currency: str,
    group: Sequence[Due],
    *,
    pay_on: date,
    now: datetime,
) -> PayoutBatch:
    row = uuid7(now)
    batch = PayoutBatch(
        id=row,
        number=number_of("B", row),
        rail=rail,
        currency=currency,
        total=sum(each.payout.amount for each in group),
        pay_on=pay_on,
        proposed_at=now,
        proposed_by=actor.person_id,
    )
    session.add(batch)
    session.flush()
    for each in group:
        assert each.details is not None
        own = uuid7(now)
        session.add(
            PayoutInstruction(
                id=own,
                batch_id=batch.id,
                payout_id=each.payout.id,
                details_id=each.details.id,
                reference=reference_of(number_of("P", own)),
                amount=each.payout.amount,
                currency=currency,
            )
        )
    session.flush()
    history.record(
        session,
        batch,
        "proposed",
        now=now,
        **actor.who,
        number=batch.number,
        rail=rail,
        total=batch.total,
        payouts=len(group),
    )
    return batch


def release(
    session: Session, actor: Actor, settings: Settings, batch_id: UUID, *, now: datetime
) -> PayoutBatch:
    """A second person releases a batch: a file for the bank is written, transfers at Stripe are asked for.

    Missing: there is none. Refusal: the person who proposed it, it was answered already, or something of it
    has changed since.
    """
    batch = _proposed(session, batch_id)
    if batch.proposed_by == actor.person_id:
        raise Refusal(
            "You proposed this batch. Another person releases it: two pairs of eyes see each payout.",
            code="same-person",
            title="A second person releases",
        )
    instructions = of_batch(session, batch.id)
    for each, payout, own in instructions:
        newest = details.current(session, own.organisation_id, own.account_id)
        if newest is None or newest.id != own.id or payout.awaits:
            what = "The goods are not handed over any more" if payout.awaits else "Its payout details changed"
            raise Refusal(
                f"{payout.payee}: {what.lower()} since this was proposed. Refuse the batch and propose "
                "it anew.",
                code="changed-since",
                title="Changed since it was proposed",
                facts={"instruction_id": each.id},
            )
    if batch.rail == Rail.BANK and settings.payout_account is not None:
        batch.file = pain001.document(
            batch, [(each, own) for each, _payout, own in instructions], settings.payout_account, now=now
        )
    batch.state, batch.released_by, batch.released_at = BatchState.RELEASED, actor.person_id, now
    session.flush()
    for each, _payout, _own in instructions:
        each.state = InstructionState.RELEASED
        if batch.rail == Rail.STRIPE:
            each.next_at = now
            jobs.enqueue(session, send_transfer.name, lock=f"payout:{each.id}", instruction_id=str(each.id))
    session.flush()
    history.record(session, batch, "released", now=now, **actor.who, number=batch.number, total=batch.total)
    return batch


def refuse(session: Session, actor: Actor, batch_id: UUID, because: str, *, now: datetime) -> PayoutBatch:
    """Refuse a batch, or take one's own back: its payouts can be proposed again. Faulty: no reason."""
    batch = _proposed(session, batch_id)
    if not because.strip():
        raise Faulty(fields={"because": "Say why, in a few words: who proposed it reads it."})
    if len(because) > LONGEST_REASON:
        raise Faulty(fields={"because": f"Use at most {LONGEST_REASON} characters."})
    batch.state, batch.refused_by, batch.refused_at = BatchState.REFUSED, actor.person_id, now
    batch.refused_because = because.strip()
    session.flush()
    for each, _payout, _own in of_batch(session, batch.id):
        each.state, each.ended_at = InstructionState.REFUSED, now
    session.flush()
    history.record(session, batch, "refused", now=now, **actor.who, because=batch.refused_because)
    return batch


def of_batch(session: Session, batch_id: UUID) -> list[tuple[PayoutInstruction, Payout, PayoutDetails]]:
    """What a batch pays, to whom and where, by payee."""
    rows = session.execute(
        select(PayoutInstruction, Payout, PayoutDetails)
        .join(Payout, Payout.id == PayoutInstruction.payout_id)
        .join(PayoutDetails, PayoutDetails.id == PayoutInstruction.details_id)
        .where(PayoutInstruction.batch_id == batch_id)
        .order_by(Payout.payee, PayoutInstruction.id)
    )
    return [(instruction, payout, own) for instruction, payout, own in rows]


def to_release(session: Session) -> int:
    """How many batches wait for a second person."""
    return (
        session.scalar(
            select(func.count()).select_from(PayoutBatch).where(PayoutBatch.state == BatchState.PROPOSED)
        )
        or 0
    )


def get_batch(session: Session, batch_id: UUID) -> PayoutBatch:
    found = session.get(PayoutBatch, batch_id)
    if found is None:
        raise Missing
    return found


def _proposed(session: Session, batch_id: UUID) -> PayoutBatch:
    """A batch that waits for an answer, its row held."""
    found = session.get(PayoutBatch, batch_id, with_for_update=True, populate_existing=True)
    if found is None:
        raise Missing
    if found.state != BatchState.PROPOSED:
        raise Refusal(
            f"Batch {found.number} is {found.state} already.",
            code="answered-already",
            title="Answered already",
            facts={"state": found.state},
        )
    return found

"""Use cases of what became of a payout: it left, it came, it did not come, it came back. Each is booked once.

What leaves is owed to nobody any more, but nobody has it yet: it stands in the account of payouts on their
way until a bank statement, the payee, or Stripe says that it came.
"""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app import history
from app.cards.booking import held
from app.errors import Faulty, Missing, Refusal
from app.ledger import service as ledger
from app.ledger.models import Account, AccountKind, Cause, Entry, Payout
from app.payouts import telling
from app.payouts.advances import own
from app.payouts.batches import of_batch
from app.payouts.models import (
    BY_HAND,
    ON_ITS_WAY,
    BatchState,
    InstructionState,
    PayoutBatch,
    PayoutDetails,
    PayoutInstruction,
    Rail,
)
from app.permissions import Actor
from app.stripe_gateway import Moved
from app.trade import settling
from app.trade.models import Order, OrderState, Pool
from app.trade.quoting import get_pool

LONGEST: Final = 140
LONGEST_REASON: Final = 500
HOLDER: Final = "On their way"


def send(
    session: Session,
    actor: Actor,
    batch_id: UUID,
    *,
    sent_on: date,
    receipt: str = "",
    now: datetime,
) -> PayoutBatch:
    """A released batch has left: given to the bank, or handed over. Told again, nothing happens twice.

    Faulty: a day to come, or before the release; mobile money or cash without the number of its receipt.
    Refusal: it is not released, or Stripe sends it.
    """
    batch = session.get(PayoutBatch, batch_id, with_for_update=True, populate_existing=True)
    if batch is None:
        raise Missing
    if batch.state != BatchState.RELEASED or batch.released_at is None:
        raise Refusal("Only a released batch can leave.", code="not-released", facts={"state": batch.state})
    if batch.rail == Rail.STRIPE:
        raise Refusal("Transfers at Stripe are made by themselves.", code="by-itself")
    faults: dict[str, str] = {}
    if not batch.released_at.date() <= sent_on <= now.date():
        faults["sent_on"] = "Enter the day on which it left: after the release, today at the latest."
    if batch.rail in BY_HAND and not receipt.strip():
        faults["receipt"] = "Enter the number of the receipt: the payee compares it."
    if len(receipt) > LONGEST:
        faults["receipt"] = f"Use at most {LONGEST} characters."
    if faults:
        raise Faulty(fields=faults)
    rows = of_batch(session, batch.id)
    hold_pools(session, [payout.pool_id for _each, payout, _details in rows])
    for each, payout, details in rows:
        session.refresh(each, with_for_update=True)
        if each.state != InstructionState.RELEASED:
            continue
        left(session, each, payout, sent_on=sent_on, receipt=receipt.strip(), now=now, actor=actor)
        telling.sent(session, payout, each, details, now=now)
    return batch


def left(
    session: Session,
    instruction: PayoutInstruction,
    payout: Payout,
    *,
    sent_on: date,
    receipt: str,
    now: datetime,
    actor: Actor,
) -> None:
    """A payout has left: it stands with those on their way. Its row is held, and it is released."""
    to = session.get_one(Account, payout.account_id)
    pool = session.get_one(Pool, payout.pool_id)
    instruction.state, instruction.sent_on, instruction.receipt = InstructionState.SENT, sent_on, receipt
    session.flush()
    ledger.post(
        session,
        key=f"payout:{instruction.id}",
        cause=Cause.PAYOUT,
        words=words_of(payout, pool),
        postings=[(to, instruction.amount), (transit(session, payout.currency), -instruction.amount)],
        now=now,
        pool_id=pool.id,
        order_id=_refunded(session, to, pool),
        person_id=actor.person_id,
    )
    history.record(
        session, payout, "sent", now=now, **actor.who, reference=instruction.reference, sent_on=sent_on
    )


def words_of(payout: Payout, pool: Pool) -> str:
    what = {"advance": "Advance", "balance": "Balance"}.get(payout.part, "Payout")
    return f"{what} to {payout.payee} for pool {pool.number}"


def transit(session: Session, currency: str) -> Account:
    return ledger.account(session, AccountKind.TRANSIT, currency, holder=HOLDER)


def _refunded(session: Session, to: Account, pool: Pool) -> UUID | None:
    """The cancelled order that a payout to a buyer gives back."""
    if to.kind != AccountKind.BUYER:
        return None
    return session.scalars(
        select(Order.id).where(
            Order.pool_id == pool.id,
            Order.organisation_id == to.organisation_id,
            Order.state == OrderState.CANCELLED,
        )
    ).one_or_none()


def came(
    session: Session,
    instruction_id: UUID,
    *,
    on: date,
    reference: str = "",
    now: datetime,
    actor: Actor | None = None,
) -> Payout:
    """A payout that left came: it is paid. The last one of a delivered pool settles it. Told again, nothing
    happens. Missing: there is none. Refusal: it has not left, or was given up.
    """
    instruction, payout, pool = _locked(session, instruction_id)
    if instruction.state == InstructionState.CONFIRMED:
        return payout
    if instruction.state not in ON_ITS_WAY:
        raise Refusal(
            f"This payout is {instruction.state}: only what has left can have come.",
            code="not-sent",
            facts={"state": instruction.state},
        )
    instruction.state, instruction.words, instruction.ended_at = InstructionState.CONFIRMED, "", now
    session.flush()
    ledger.post(
        session,
        key=f"payout-came:{instruction.id}",
        cause=Cause.PAYOUT,
        words=f"{words_of(payout, pool)}: arrived",
        postings=[
            (transit(session, payout.currency), instruction.amount),
            (bank(session, payout.currency), -instruction.amount),
        ],
        now=now,
        pool_id=pool.id,
        person_id=actor.person_id if actor else None,
    )
    _paid(session, instruction, payout, pool, on=on, reference=reference, now=now, actor=actor)
    return payout


def confirm(
    session: Session, actor: Actor, instruction_id: UUID, *, on: date, reference: str, now: datetime
) -> Payout:
    """An operator saw on the bank's statement that a payout was carried out. Faulty: a day to come, or no
    reference. Refusal: mobile money or cash, which only the payee confirms.
    """
    found = session.get(PayoutInstruction, instruction_id)
    if found is None:
        raise Missing
    details = session.get_one(PayoutDetails, found.details_id)
    if details.rail in BY_HAND and details.organisation_id:
        raise Refusal(
            "Only the payee can say that it has received mobile money or cash, on its page Money.",
            code="payee-confirms",
            title="The payee confirms",
        )
    faults: dict[str, str] = {}
    if on > now.date() or (found.sent_on and on < found.sent_on):
        faults["on"] = "Enter the day on the statement: after it left, today at the latest."
    if not reference.strip():
        faults["reference"] = "Enter the number of the line on the statement."
    elif len(reference) > LONGEST:
        faults["reference"] = f"Use at most {LONGEST} characters."
    if faults:
        raise Faulty(fields=faults)
    return came(session, instruction_id, on=on, reference=reference, now=now, actor=actor)


def bank(session: Session, currency: str) -> Account:
    return ledger.account(session, AccountKind.BANK, currency, holder="Bank")


def _paid(
    session: Session,
    instruction: PayoutInstruction,
    payout: Payout,
    pool: Pool,
    *,
    on: date,
    reference: str,
    now: datetime,
    actor: Actor | None,
) -> None:
    batch = session.get_one(PayoutBatch, instruction.batch_id)
    payout.paid_on, payout.rail = on, batch.rail
    payout.reference = reference.strip() or instruction.receipt or instruction.reference
    session.flush()
    history.record(session, payout, "paid out", now=now, **(actor.who if actor else {}), amount=payout.amount)
    settling.settle_if_done(session, pool, now=now)


def transferred(
    session: Session, instruction_id: UUID, *, transfer: str, moved: Moved, now: datetime
) -> None:
    """Stripe has moved a payout to the payee's account there: it left and came at once."""
    instruction, payout, pool = _locked(session, instruction_id)
    if instruction.state != InstructionState.RELEASED:
        return
    to = session.get_one(Account, payout.account_id)
    instruction.state, instruction.transfer, instruction.receipt = (
        InstructionState.CONFIRMED,
        transfer,
        transfer,
    )
    instruction.sent_on, instruction.next_at, instruction.ended_at = now.date(), None, now
    session.flush()
    ledger.post(
        session,
        key=f"payout:{instruction.id}",
        cause=Cause.PAYOUT,
        words=words_of(payout, pool),
        postings=[
            (to, instruction.amount),
            *held(session, moved, -instruction.amount, instruction.currency),
        ],
        now=now,
        pool_id=pool.id,
        order_id=_refunded(session, to, pool),
    )
    details = session.get_one(PayoutDetails, instruction.details_id)
    _paid(session, instruction, payout, pool, on=now.date(), reference=transfer, now=now, actor=None)
    telling.sent(session, payout, instruction, details, now=now)


def did_not_come(
    session: Session, actor: Actor | None, instruction_id: UUID, because: str, *, now: datetime
) -> Payout:
    """A payout did not go, never came, or came back: it is owed again, and can be proposed again. Told again,
    nothing happens. Faulty: no reason. Refusal: it is not released.
    """
    if not because.strip():
        raise Faulty(fields={"because": "Say what the bank or the payee says, in a few words."})
    if len(because) > LONGEST_REASON:
        raise Faulty(fields={"because": f"Use at most {LONGEST_REASON} characters."})
    instruction, payout, pool = _locked(session, instruction_id)
    was = InstructionState(instruction.state)
    if actor and session.get_one(PayoutBatch, instruction.batch_id).rail == Rail.STRIPE:
        raise Refusal("Stripe says by itself what becomes of a transfer.", code="by-itself")
    if was in {InstructionState.FAILED, InstructionState.RETURNED}:
        return payout
    if was in {InstructionState.PROPOSED, InstructionState.REFUSED}:
        raise Refusal("This was never released.", code="not-released", facts={"state": was})
    if was == InstructionState.CONFIRMED:
        instruction.state = InstructionState.RETURNED
        payout.paid_on, payout.rail, payout.reference = None, "", ""
    else:
        instruction.state = InstructionState.FAILED
    instruction.words, instruction.ended_at, instruction.next_at = because.strip(), now, None
    session.flush()
    if was != InstructionState.RELEASED:
        _book_back(session, instruction, payout, pool, now=now, actor=actor)
    if was == InstructionState.CONFIRMED:
        settling.unsettle(session, pool, now=now)
    history.record(
        session, payout, "did not come", now=now, **(actor.who if actor else {}), because=because.strip()
    )
    details = session.get_one(PayoutDetails, instruction.details_id)
    telling.came_back(session, payout, instruction, details, now=now)
    return payout


def _book_back(
    session: Session,
    instruction: PayoutInstruction,
    payout: Payout,
    pool: Pool,
    *,
    now: datetime,
    actor: Actor | None,
) -> None:
    """Every posting of the try, the other way round."""
    keys = [f"payout:{instruction.id}", f"payout-came:{instruction.id}"]
    for entry in session.scalars(select(Entry).where(Entry.key.in_(keys)).order_by(Entry.id)):
        ledger.reverse(
            session,
            entry,
            key=entry.key.replace("payout", "payout-back", 1),
            words=f"{words_of(payout, pool)}: did not come. {instruction.words}",
            now=now,
            person_id=actor.person_id if actor else None,
            cause=Cause.RETURN,
        )


def answer(
    session: Session,
    actor: Actor,
    payout_id: UUID,
    *,
    received: bool,
    words: str = "",
    now: datetime,
) -> Payout:
    """The payee says whether it has received mobile money or cash (it may say so of a transfer too).

    Missing: not the actor's. Refusal: nothing is on its way. Faulty: not received, without a word of it.
    """
    payout = own(session, actor, payout_id)
    instruction = session.scalars(
        select(PayoutInstruction)
        .where(PayoutInstruction.payout_id == payout.id, PayoutInstruction.state.in_(ON_ITS_WAY))
        .limit(1)
    ).one_or_none()
    if instruction is None:
        if received and payout.paid_on:
            return payout
        raise Refusal("No money is on its way here that you could answer for.", code="nothing-on-its-way")
    if received:
        return came(session, instruction.id, on=now.date(), now=now, actor=actor)
    if not words.strip():
        raise Faulty(fields={"words": "Say what happened, in a few words: the operators read it."})
    if len(words) > LONGEST_REASON:
        raise Faulty(fields={"words": f"Use at most {LONGEST_REASON} characters."})
    instruction, payout, _pool = _locked(session, instruction.id)
    if instruction.state == InstructionState.SENT:
        instruction.state, instruction.words = InstructionState.DISPUTED, words.strip()
        session.flush()
        history.record(session, payout, "not received", now=now, **actor.who, words=words.strip())
        telling.disputed(session, payout, instruction, now=now)
    return payout


def _locked(session: Session, instruction_id: UUID) -> tuple[PayoutInstruction, Payout, Pool]:
    """An instruction with its payout and pool, held in everybody's order: pool, payout, instruction."""
    instruction = session.get(PayoutInstruction, instruction_id)
    if instruction is None:
        raise Missing
    payout = session.get_one(Payout, instruction.payout_id)
    pool = get_pool(session, payout.pool_id, lock=True)
    session.refresh(payout, with_for_update=True)
    session.refresh(instruction, with_for_update=True)
    return instruction, payout, pool


def hold_pools(session: Session, pools: Sequence[UUID]) -> None:
    """Hold the rows of pools, in one order for everybody; a batch is held before them."""
    session.scalars(select(Pool).where(Pool.id.in_(pools)).order_by(Pool.id).with_for_update()).all()


def tries_of(session: Session, payouts: Sequence[UUID]) -> list[tuple[PayoutInstruction, PayoutBatch]]:
    """Every try to pay these payouts, the newest first."""
    rows = session.execute(
        select(PayoutInstruction, PayoutBatch)
        .join(PayoutBatch, PayoutBatch.id == PayoutInstruction.batch_id)
        .where(PayoutInstruction.payout_id.in_(payouts))
        .order_by(PayoutBatch.proposed_at.desc(), PayoutInstruction.id)
    )
    return [(instruction, batch) for instruction, batch in rows]

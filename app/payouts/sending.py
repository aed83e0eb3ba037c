"""One transfer at Stripe: stored and committed before, asked outside of any transaction, booked after.

A worker may die anywhere between. The next one looks for the transfer before it asks for the same again, with
the same key; so a payee is never paid twice.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app import jobs
from app.payouts import results, telling
from app.payouts.models import InstructionState, PayoutDetails, PayoutInstruction
from app.stripe_gateway import NotPayable, Refused, Transferred, Unknown, gateway

FIRST_PAUSE: Final = timedelta(minutes=1)
LONGEST_PAUSE: Final = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Asked:
    """What a transfer needs, read before it."""

    key: str
    again: bool
    account: str
    amount: int
    currency: str
    reference: str


def send(instruction_id: UUID) -> None:
    """Make one transfer, or find out what became of it."""
    with jobs.transaction() as (session, now, settings):
        stripe = gateway(settings)
        asked = _begin(session, instruction_id, now) if stripe else None
    if stripe is None or asked is None:
        return
    why = ""
    made: Transferred | None = None
    try:
        made = stripe.transfer_of(asked.key) if asked.again else None
        made = made or stripe.transfer(
            asked.key,
            account=asked.account,
            amount=asked.amount,
            currency=asked.currency,
            words=asked.reference,
        )
    except Unknown:
        return  # `send_waiting_transfers` asks later
    except (Refused, NotPayable) as refusal:
        why = f"Stripe says: {refusal}"
    with jobs.transaction() as (session, now, _settings):
        if made is None:
            results.did_not_come(session, None, instruction_id, why[: results.LONGEST_REASON], now=now)
        elif made.moved is not None:
            results.transferred(session, instruction_id, transfer=made.id, moved=made.moved, now=now)


def _begin(session: Session, instruction_id: UUID, now: datetime) -> Asked | None:
    """Say when to ask again if nobody comes back with an answer. None: it is done, or given up."""
    found = session.get(PayoutInstruction, instruction_id, with_for_update=True)
    if found is None or found.state != InstructionState.RELEASED:
        return None
    details = session.get_one(PayoutDetails, found.details_id)
    again = found.tries > 0
    found.tries += 1
    found.next_at = now + min(FIRST_PAUSE * (1 << min(found.tries - 1, 10)), LONGEST_PAUSE)
    return Asked(str(found.id), again, details.stripe_account, found.amount, found.currency, found.reference)


def waiting(session: Session, *, now: datetime) -> list[UUID]:
    """Transfers whose time has come (again)."""
    return list(
        session.scalars(
            select(PayoutInstruction.id)
            .where(PayoutInstruction.state == InstructionState.RELEASED, PayoutInstruction.next_at <= now)
            .order_by(PayoutInstruction.next_at, PayoutInstruction.id)
        )
    )


def look(session: Session, found: Transferred, *, now: datetime) -> None:
    """A transfer as Stripe has it now, after an event: taken back as a whole, it is owed again; in part,
    people look.
    """
    instruction = session.scalars(select(PayoutInstruction).filter_by(transfer=found.id)).one_or_none()
    if instruction is None or not found.reversed:
        return
    if found.reversed == found.amount:
        results.did_not_come(session, None, instruction.id, "Stripe took the transfer back.", now=now)
        return
    telling.operators(
        session,
        "A transfer was taken back in part",
        f"Transfer {found.id}, payout {instruction.reference}: look at it at Stripe.\n",
        now=now,
    )

"""Currencies bought for what makers are owed in their own: until then, and for what is left, the account of
exchange differences stands open in both.
"""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.errors import Faulty
from app.ledger import payments
from app.ledger import service as ledger
from app.ledger.models import Account, AccountKind, Cause, Entry, Posting
from app.permissions import Actor
from app.trade.charging import EXCHANGE

LARGEST: Final = 10**13
LONGEST_REFERENCE: Final = 140


@dataclass(frozen=True, slots=True)
class Position:
    """One currency: what buyers paid in it and is not exchanged yet is kept; what makers are owed in it and
    was not bought yet is wanted. Minor units.
    """

    currency: str
    kept: int
    wanted: int


@dataclass(frozen=True, slots=True)
class BoughtSaid:
    """What a bank exchanged: so much of one currency for so much of another, in minor units."""

    sold: int
    sold_in: str
    bought: int
    bought_in: str
    on: date
    reference: str


def positions(session: Session) -> list[Position]:
    """By currency; without those that are even."""
    rows = session.execute(
        select(Account.currency, func.sum(Posting.amount))
        .join(Posting, Posting.account_id == Account.id)
        .where(Account.kind == AccountKind.EXCHANGE, Account.holder == EXCHANGE)
        .group_by(Account.currency)
        .having(func.sum(Posting.amount) != 0)
        .order_by(Account.currency)
    )
    return [Position(currency, max(-amount, 0), max(amount, 0)) for currency, amount in rows]


def book(session: Session, actor: Actor, said: BoughtSaid, *, now: datetime) -> Entry:
    """Write down that a bank exchanged money. The same reference of the same day is booked once.

    Faulty: the same currency twice, an amount of 0 or less, a day ahead, no reference.
    """
    faults: dict[str, str] = {}
    if said.sold_in == said.bought_in:
        faults["bought_in"] = "Choose another currency than the one that was sold."
    for name in ("sold", "bought"):
        if not 0 < getattr(said, name) <= LARGEST:
            faults[name] = "Enter an amount above 0."
    if said.on > now.date():
        faults["on"] = "This day has not come yet."
    if not said.reference.strip() or len(said.reference) > LONGEST_REFERENCE:
        faults["reference"] = f"Enter the bank's reference, of at most {LONGEST_REFERENCE} characters."
    if faults:
        raise Faulty(fields=faults)

    def account(currency: str) -> Account:
        return ledger.account(session, AccountKind.EXCHANGE, currency, holder=EXCHANGE)

    return ledger.post(
        session,
        key=f"exchange:{said.on.isoformat()}:{said.reference.strip()}",
        cause=Cause.EXCHANGE,
        words=f"Exchanged at the bank on {said.on.isoformat()}, {said.reference.strip()}",
        postings=[
            (payments.bank(session, said.sold_in), -said.sold),
            (account(said.sold_in), said.sold),
            (account(said.bought_in), -said.bought),
            (payments.bank(session, said.bought_in), said.bought),
        ],
        now=now,
        person_id=actor.person_id,
    )

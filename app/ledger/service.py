"""The ledger: accounts, entries that are made once, and the proof that everything agrees."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app import history
from app.db import uuid7
from app.errors import Refusal
from app.ledger.models import PAYEES, Account, AccountKind, Cause, Entry, Part, Payout, Posting


def account(
    session: Session, kind: AccountKind, currency: str, *, holder: str, organisation_id: UUID | None = None
) -> Account:
    """The account of a holder in a currency, opened when it is first used. Organisations keep one whatever
    they are called later: `holder` names only who is no organisation here.
    """
    named = "" if organisation_id else holder
    key = {"kind": kind, "organisation_id": organisation_id, "holder": named, "currency": currency}
    session.execute(insert(Account).values(id=uuid7(), **key).on_conflict_do_nothing())
    return session.scalars(select(Account).filter_by(**key)).one()


def post(
    session: Session,
    *,
    key: str,
    cause: Cause,
    words: str,
    postings: Iterable[tuple[Account, int]],
    now: datetime,
    pool_id: UUID | None = None,
    order_id: UUID | None = None,
    person_id: UUID | None = None,
) -> Entry:
    """Write an entry, once for its `key`: a second call gives the entry that is there.

    Postings are (account, amount in minor units; debit positive); those of one account are summed, zeros left
    out. ValueError: they do not sum to zero in each currency, or fewer than two are left.
    """
    sums: dict[UUID, tuple[Account, int]] = {}
    for to, amount in postings:
        sums[to.id] = (to, sums.get(to.id, (to, 0))[1] + amount)
    kept = [(to, amount) for to, amount in sums.values() if amount]
    off: dict[str, int] = {}
    for to, amount in kept:
        off[to.currency] = off.get(to.currency, 0) + amount
    if any(off.values()) or len(kept) < 2:
        raise ValueError(f"entry {key} does not balance: {off}")
    made = uuid7(now)
    taken = session.scalar(
        insert(Entry)
        .values(
            id=made,
            at=now,
            key=key,
            cause=cause,
            words=words,
            pool_id=pool_id,
            order_id=order_id,
            person_id=person_id,
        )
        .on_conflict_do_nothing(index_elements=["key"])
        .returning(Entry.id),
    )
    entry = session.scalars(select(Entry).filter_by(key=key)).one()
    if taken:
        session.add_all(
            Posting(id=uuid7(now), entry_id=entry.id, account_id=to.id, amount=amount, currency=to.currency)
            for to, amount in kept
        )
        session.flush()
    return entry


def reverse(
    session: Session,
    entry: Entry,
    *,
    key: str,
    words: str,
    now: datetime,
    person_id: UUID | None,
    cause: Cause = Cause.CANCELLATION,
) -> Entry:
    """The same amounts the other way round, for what is called off or did not come."""
    rows = session.execute(
        select(Account, Posting.amount)
        .join(Posting, Posting.account_id == Account.id)
        .where(Posting.entry_id == entry.id),
    )
    return post(
        session,
        key=key,
        cause=cause,
        words=words,
        postings=[(to, -amount) for to, amount in rows],
        now=now,
        pool_id=entry.pool_id,
        order_id=entry.order_id,
        person_id=person_id,
    )


def owed(session: Session, pool_id: UUID) -> list[tuple[Account, int]]:
    """What a pool's entries leave owed to each account, above 0; buyers' too, if it is called off."""
    rows = session.execute(
        select(Account, -func.sum(Posting.amount))
        .join(Posting, Posting.account_id == Account.id)
        .join(Entry, Entry.id == Posting.entry_id)
        .where(Entry.pool_id == pool_id, Account.kind.in_([*PAYEES, AccountKind.BUYER]))
        .group_by(Account.id)
        .having(func.sum(Posting.amount) < 0)
        .order_by(Account.id),
    )
    return [(to, int(amount)) for to, amount in rows]


def owe(
    session: Session, pool_id: UUID, due: Sequence[tuple[Account, int, str, date]], *, now: datetime
) -> list[Payout]:
    """Write down what is to be paid out: (account, amount, name of the payee, due on). Once for each account
    of a pool.
    """
    made: list[Payout] = []
    for to, amount, payee, due_on in due:
        found = session.scalars(
            select(Payout).where(
                Payout.pool_id == pool_id, Payout.account_id == to.id, Payout.part != Part.ADVANCE
            )
        ).one_or_none()
        if found is None:
            found = Payout(
                id=uuid7(now),
                pool_id=pool_id,
                account_id=to.id,
                payee=payee,
                amount=amount,
                currency=to.currency,
                due_on=due_on,
            )
            session.add(found)
            session.flush()
            history.record(session, found, "owed", now=now, amount=amount, payee=payee)
        made.append(found)
    return made


def owe_less(session: Session, pool_id: UUID, to: Account, amount: int, *, now: datetime, words: str) -> None:
    """A payee of a confirmed pool, whose row is held, is owed less by `amount`, which an entry says already:
    its payouts fall, the balance before the advance. Refusal: so much is not open, or on its way.
    """
    from app.payouts.advances import live_of

    rows = session.scalars(
        select(Payout)
        .where(Payout.pool_id == pool_id, Payout.account_id == to.id, Payout.paid_on.is_(None))
        .order_by(Payout.part == Part.ADVANCE, Payout.id)
        .with_for_update()
    ).all()
    live = live_of(session, [row.id for row in rows])
    free = [row for row in rows if row.id not in live]
    if sum(row.amount for row in free) < amount:
        raise Refusal(
            "So much is not open any more: it is paid, or on its way. What is paid already is settled with "
            "the payee outside of the pool.",
            code="paid-out-already",
            title="Paid out already",
        )
    for row in free:
        less = min(row.amount, amount)
        amount -= less
        if not less:
            continue
        history.record(session, row, "owed less", now=now, amount=less, because=words)
        if less == row.amount:
            session.delete(row)
        else:
            row.amount -= less
    session.flush()


@dataclass(frozen=True, slots=True)
class Sums:
    """One currency's state, in minor units."""

    currency: str
    bank: int  # what the bank and the card processor hold
    receivable: int  # what buyers still owe
    payable: int  # what is owed to producers, carriers, customs, warehouses and buyers
    costs: int  # fees of card payments, exchange differences, disputes

    @property
    def sum(self) -> int:
        """0 when the books balance."""
        return self.bank + self.receivable + self.costs - self.payable


@dataclass
class Report:
    """What a verification looked at and found. No `faults`: the books are right."""

    entries: int = 0
    postings: int = 0
    sums: list[Sums] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)

    def to_dict(self) -> dict[str, Any]:
        return {
            "ok": not self.faults,
            "entries": self.entries,
            "postings": self.postings,
            "currencies": [
                {
                    "currency": each.currency,
                    "bank": each.bank,
                    "receivable": each.receivable,
                    "payable": each.payable,
                    "costs": each.costs,
                    "sum": each.sum,
                }
                for each in self.sums
            ],
            "faults": self.faults,
        }

    def lines(self) -> list[str]:
        """For a terminal."""
        told = [f"{self.entries} entries, {self.postings} postings"]
        told += [
            f"{each.currency}: bank {each.bank}, receivable {each.receivable}, payable {each.payable}, "
            f"costs {each.costs}, sum {each.sum} (minor units)"
            for each in self.sums
        ]
        told += [f"FAULT {fault}" for fault in self.faults]
        if not self.faults:
            told.append("The ledger balances, and charges, payments and payouts agree with it.")
        return told


def verify(session: Session) -> Report:
    """Check every entry, every currency, and that charges, payments and payouts agree with the postings."""
    from app.ledger.verifying import faults

    return Report(
        entries=session.scalar(select(func.count()).select_from(Entry)) or 0,
        postings=session.scalar(select(func.count()).select_from(Posting)) or 0,
        sums=sums(session),
        faults=faults(session),
    )


def sums(session: Session) -> list[Sums]:
    """The state of each currency."""
    totals: dict[str, dict[str, int]] = {}
    for kind, currency, amount in session.execute(
        select(Account.kind, Account.currency, func.sum(Posting.amount))
        .join(Posting, Posting.account_id == Account.id)
        .group_by(Account.kind, Account.currency, Account.id),
    ):
        state = totals.setdefault(currency, {"bank": 0, "receivable": 0, "payable": 0, "costs": 0})
        if kind in {AccountKind.BANK, AccountKind.CARD}:
            state["bank"] += int(amount)
        elif kind in {AccountKind.FEE, AccountKind.EXCHANGE, AccountKind.DISPUTE}:
            state["costs"] += int(amount)
        elif kind in {AccountKind.BUYER, AccountKind.RECOURSE} and amount > 0:
            state["receivable"] += int(amount)
        else:
            state["payable"] -= int(amount)
    return [Sums(currency, **state) for currency, state in sorted(totals.items())]

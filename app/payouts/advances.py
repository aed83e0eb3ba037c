"""Half on request, the rest at hand-over: when what a maker is owed is due.

The standard asks for it: at least half of an order within ten days when a maker asks (criterion 3.2), without
interest or fee for crafts (3.3), for food at no more than what the lender pays (3.4), the balance when goods
are handed over (3.8). Here the buyers have paid before anybody can ask, so nobody lends: it costs no maker
anything, whatever it makes.
"""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app import history
from app.db import uuid7
from app.errors import Missing, Refusal
from app.ledger.models import Account, AccountKind, Part, Payout
from app.organisations.models import Organisation
from app.payouts import telling
from app.payouts.models import LIVE, PayoutInstruction
from app.permissions import Actor
from app.shipping.models import Milestone, MilestoneKind, Shipment, ShipmentLine
from app.trade.models import OrderLine, Pool, PoolState
from app.trade.quoting import get_pool

ADVANCE_WITHIN: Final = timedelta(days=10)
"""Criterion 3.2 of the standard."""
ASKED_IN: Final = (PoolState.CONFIRMED, PoolState.IN_TRANSIT)


def half(owed: int) -> int:
    """The advance on what is owed, in minor units: never less than half.

    >>> half(331000), half(7)
    (165500, 4)
    """
    return (owed + 1) // 2


def cannot_ask(payout: Payout, kind: str, pool: Pool, *, live: bool) -> str:
    """Why a payout has no advance to ask for; empty: it has."""
    if kind != AccountKind.PRODUCER or payout.part != Part.WHOLE or payout.paid_on:
        return "There is no advance to ask for here."
    if pool.state not in ASKED_IN or not payout.awaits:
        return "The goods are handed over: all of it is due."
    if live:
        return "All of it is on its way already."
    if payout.amount < 2:
        return "This is too little to be halved."
    return ""


def ask(session: Session, actor: Actor, payout_id: UUID, *, now: datetime) -> Payout:
    """A maker asks for its advance: gives the payout of it, due in ten days. Asked again, the same is given.

    Missing: not the actor's. Refusal: the goods are handed over, or it is being paid.
    """
    found = own(session, actor, payout_id)
    pool = get_pool(session, found.pool_id, lock=True)
    session.refresh(found, with_for_update=True)
    if found.part == Part.BALANCE:
        return session.scalars(
            select(Payout).filter_by(pool_id=pool.id, account_id=found.account_id, part=Part.ADVANCE)
        ).one()
    kind = session.get_one(Account, found.account_id).kind
    if why := cannot_ask(found, kind, pool, live=live_of(session, [found.id]) != {}):
        raise Refusal(why, code="no-advance", title="No advance")
    advance = Payout(
        id=uuid7(now),
        pool_id=pool.id,
        account_id=found.account_id,
        part=Part.ADVANCE,
        payee=found.payee,
        amount=half(found.amount),
        currency=found.currency,
        due_on=(now + ADVANCE_WITHIN).date(),
        asked_at=now,
    )
    found.part, found.amount = Part.BALANCE, found.amount - advance.amount
    session.add(advance)
    session.flush()
    history.record(session, advance, "advance asked for", now=now, **actor.who, amount=advance.amount)
    history.record(session, found, "balance", now=now, **actor.who, amount=found.amount)
    telling.asked(session, pool, advance, now=now)
    return advance


def own(session: Session, actor: Actor, payout_id: UUID) -> Payout:
    """A payout to the actor's organisation. Missing: there is none, or it is another's."""
    found = session.scalars(
        select(Payout)
        .join(Account, Account.id == Payout.account_id)
        .where(Payout.id == payout_id, Account.organisation_id == actor.organisation_id)
    ).one_or_none()
    if found is None:
        raise Missing
    return found


def live_of(session: Session, payouts: Sequence[UUID]) -> dict[UUID, PayoutInstruction]:
    """The tries to pay these payouts that were not refused, failed or sent back."""
    return {
        each.payout_id: each
        for each in session.scalars(
            select(PayoutInstruction).where(
                PayoutInstruction.payout_id.in_(payouts), PayoutInstruction.state.in_(LIVE)
            )
        )
    }


def begin(session: Session, pool: Pool, *, now: datetime) -> None:
    """A pool is confirmed: its makers wait for the hand-over, and are told that half is theirs now."""
    follow(session, pool.id, now=now)
    for payout, organisation in session.execute(
        select(Payout, Organisation)
        .join(Account, Account.id == Payout.account_id)
        .join(Organisation, Organisation.id == Account.organisation_id)
        .where(
            Payout.pool_id == pool.id,
            Account.kind == AccountKind.PRODUCER,
            Payout.awaits,
            Payout.amount > 1,
        )
        .order_by(Payout.id)
    ):
        telling.can_ask(session, pool, payout, organisation, now)


def follow(session: Session, pool_id: UUID, *, now: datetime) -> None:
    """Makers are due when all that they put on ships is collected; until then, expected for that day. Called
    when a pool is confirmed and whenever a collection is reported or undone. Who ships directly is due as it
    was planned.
    """
    collected = _collected(session, pool_id)
    rows = session.execute(
        select(Payout, Account.organisation_id)
        .join(Account, Account.id == Payout.account_id)
        .where(
            Payout.pool_id == pool_id,
            Account.kind == AccountKind.PRODUCER,
            Payout.part != Part.ADVANCE,
            Payout.paid_on.is_(None),
        )
        .order_by(Payout.id)
        .with_for_update(of=Payout)
    )
    for payout, maker in rows:
        if maker not in collected:
            continue
        waits, day = collected[maker]
        if payout.awaits and not waits:
            history.record(session, payout, "due: goods handed over", now=now, on=day)
        payout.awaits, payout.due_on = waits, day
    session.flush()


def _collected(session: Session, pool_id: UUID) -> dict[UUID, tuple[bool, date]]:
    """By maker with goods on shipments of a pool: whether any is still to be collected, and the last day."""
    done = func.coalesce(Milestone.actual_on, Milestone.expected_on)
    rows = session.execute(
        select(OrderLine.producer_id, func.bool_or(Milestone.actual_on.is_(None)), func.max(done))
        .join(ShipmentLine, ShipmentLine.order_line_id == OrderLine.id)
        .join(Shipment, Shipment.id == ShipmentLine.shipment_id)
        .join(Milestone, Milestone.shipment_id == Shipment.id)
        .where(Shipment.pool_id == pool_id, Milestone.kind == MilestoneKind.COLLECTED)
        .group_by(OrderLine.producer_id)
    )
    return {maker: (waits, day) for maker, waits, day in rows}

"""The hub counts what came. What is missing is divided among the buyers by a rule, and paid back.

The rule: whole pieces, in proportion to what each ordered, by largest remainders; of equal remainders who
ordered more comes first, then the first by number of its order. Not who joined first.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app import history
from app.claims.models import Bearer, Count
from app.claims.refunding import pay_back, refunded_pieces
from app.db import uuid7
from app.errors import Faulty, Missing, Refusal
from app.organisations.service import tell
from app.permissions import Actor
from app.trade.models import Order, OrderLine, OrderState, Pool, PoolState
from app.trade.service import own_pool
from logistics.ranges import divide

COUNTED_IN: Final = (PoolState.CONFIRMED, PoolState.IN_TRANSIT, PoolState.ARRIVED, PoolState.SETTLED)
LONGEST_WORDS: Final = 500


@dataclass
class Came:
    """One offer of a pool: what was ordered, and what was counted, if it was."""

    offer_id: UUID
    title: str
    unit: str
    lines: list[tuple[OrderLine, Order]]
    count: Count | None = None

    @property
    def ordered(self) -> int:
        return sum(line.quantity for line, _ in self.lines)

    def shares(self, received: int) -> dict[str, int]:
        """What each order gets of so many, by its number."""
        return divide(received, {order.number: line.quantity for line, order in self.lines})


def came(session: Session, pool: Pool) -> list[Came]:
    """The offers of a pool that was paid for, by title."""
    rows = session.execute(
        select(OrderLine, Order)
        .join(Order, Order.id == OrderLine.order_id)
        .where(
            Order.pool_id == pool.id,
            Order.state.in_([OrderState.PAID, OrderState.DELIVERED]),
            OrderLine.frozen_because.is_(None),
        )
        .order_by(OrderLine.title, OrderLine.offer_id, Order.number)
    )
    found: dict[UUID, Came] = {}
    for line, order in rows:
        found.setdefault(line.offer_id, Came(line.offer_id, line.title, line.unit, [])).lines.append(
            (line, order)
        )
    for count in session.scalars(select(Count).filter_by(pool_id=pool.id)):
        if count.offer_id in found:
            found[count.offer_id].count = count
    return list(found.values())


def count(
    session: Session,
    actor: Actor,
    pool_id: UUID,
    offer_id: UUID,
    *,
    received: int,
    borne_by: Bearer | None = None,
    words: str = "",
    now: datetime,
) -> Count:
    """Say how many pieces of an offer came, once; who misses any is paid back for them, and told.

    `borne_by`: by whom, where pieces are missing. Missing: not a pool of a hub of the actor's, or nothing of
    this offer is in it. Refusal: counted before, or the pool is not paid for. Faulty: each field.
    """
    pool = own_pool(session, actor, pool_id, lock=True)
    if pool.state not in COUNTED_IN:
        raise Refusal(
            "Goods are counted once everybody in the pool has paid.",
            code="not-confirmed",
            facts={"state": pool.state},
        )
    one = next((each for each in came(session, pool) if each.offer_id == offer_id), None)
    if one is None:
        raise Missing
    if one.count is not None:
        raise Refusal(
            f"This was counted before: {one.count.received} of {one.count.ordered}. What is missing after "
            "all, the buyers claim.",
            code="counted-already",
            title="Counted already",
        )
    faults: dict[str, str] = {}
    if not 0 <= received <= one.ordered:
        faults["received"] = f"Enter a number from 0 to {one.ordered}, which is what was ordered."
    elif received < one.ordered and borne_by is None:
        faults["borne_by"] = "Say where the missing pieces were lost: who lost them bears the refund."
    if len(words) > LONGEST_WORDS:
        faults["words"] = f"Use at most {LONGEST_WORDS} characters."
    if faults:
        raise Faulty(fields=faults)
    short = received < one.ordered
    made = Count(
        id=uuid7(now),
        pool_id=pool.id,
        offer_id=offer_id,
        ordered=one.ordered,
        received=received,
        borne_by=borne_by if short else None,
        words=words.strip(),
        counted_at=now,
        counted_by=actor.person_id,
    )
    session.add(made)
    session.flush()
    history.record(session, made, "counted", now=now, **actor.who, ordered=one.ordered, received=received)
    if short and borne_by is not None:
        shares = one.shares(received)
        for line, order in one.lines:
            # What a claim paid back before the count is not paid back twice.
            missing = min(
                line.quantity - shares[order.number], line.quantity - refunded_pieces(session, line.id)
            )
            if missing:
                pay_back(session, pool, line, missing, borne_by, made, now=now, person_id=actor.person_id)
        if borne_by == Bearer.MAKER:
            _tell_maker(session, pool, one, made, now)
    return made


def _tell_maker(session: Session, pool: Pool, one: Came, made: Count, now: datetime) -> None:
    body = (
        f"Of {made.ordered} x {one.title} in the pool {pool.number}, {made.received} came to the hub."
        f"{f' The hub says: {made.words}' if made.words else ''}\n\nThe buyers are paid back for what is "
        "missing, from what you are owed for this pool. If that is wrong, write to the hub, or complain.\n"
    )
    tell(session, one.lines[0][0].producer_id, f"Fewer came than ordered: {one.title}", body, now=now)

"""Standing orders enter open pools, within the limits of their buyer.

Never more pieces of one pool than `most`; never a pool in which a piece could cost more than `unit_most` in
the worst case; never more goods in all than `amount`. A buyer who has an order of its own in a pool, or left
it, is not entered into that pool.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from app import history
from app.catalogue.models import Offer
from app.db import uuid7
from app.errors import Faulty, Refusal
from app.identity import acting
from app.organisations.service import tell
from app.permissions import Role
from app.standing.models import Standing, StandingEntry, StandingState
from app.standing.service import ordered
from app.trade import ordering
from app.trade.models import Order, Pool, PoolState
from app.trade.quoting import Promised, Wanted, get_pool, promised
from app.trade.telling import WORDS

TRIED_AGAIN_AFTER: Final = timedelta(hours=1)
NOTHING_LEFT: Final = "What is left within your limits, or in stock, is less than your least."


def to_enter(session: Session, *, now: datetime) -> list[tuple[UUID, UUID]]:
    """(pool, buyer) of open pools that standing orders have not been entered into, nor tried of late."""
    lately = now - TRIED_AGAIN_AFTER
    done = (
        select(StandingEntry.id)
        .where(
            StandingEntry.standing_id == Standing.id,
            StandingEntry.pool_id == Pool.id,
            StandingEntry.order_id.is_not(None) | (StandingEntry.at > lately),
        )
        .exists()
    )
    rows = session.execute(
        select(Pool.id, Standing.organisation_id, func.min(Pool.closes_at), func.min(Standing.made_at))
        .join(Standing, Standing.hub_id == Pool.hub_id)
        .where(
            Pool.state == PoolState.OPEN,
            Pool.closes_at > now,
            Standing.state == StandingState.ACTIVE,
            Standing.currency == Pool.currency,
            Standing.from_on <= now.date(),
            or_(Standing.until_on.is_(None), Standing.until_on >= now.date()),
            ~done,
        )
        .group_by(Pool.id, Standing.organisation_id)
        .order_by(func.min(Pool.closes_at), func.min(Standing.made_at), Pool.id)
    )
    return [(pool_id, buyer) for pool_id, buyer, _closes, _made in rows]


def enter(session: Session, pool_id: UUID, buyer_id: UUID, *, now: datetime) -> Order | None:
    """Join a pool with the standing orders of a buyer, as one order; None: it does not, and each says why.

    The pool's row and the standing orders are held, so that no limit is passed by two workers.
    """
    pool = get_pool(session, pool_id, lock=True)
    rows = session.scalars(
        select(Standing)
        .where(
            Standing.organisation_id == buyer_id,
            Standing.hub_id == pool.hub_id,
            Standing.currency == pool.currency,
            Standing.state == StandingState.ACTIVE,
            Standing.from_on <= now.date(),
            or_(Standing.until_on.is_(None), Standing.until_on >= now.date()),
        )
        .order_by(Standing.made_at, Standing.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).all()
    if not rows or pool.state != PoolState.OPEN or now >= pool.closes_at:
        return None
    if session.scalars(select(Order.id).filter_by(pool_id=pool.id, organisation_id=buyer_id)).first():
        _why(session, rows, pool, "You have, or had, an order of your own in this pool.", now)
        return None
    actor = acting(session, rows[0].person_id, buyer_id)
    if actor is None or Role.BUYER not in actor.roles:
        for row in rows:
            row.state = StandingState.PAUSED
        _why(session, rows, pool, "Who made it does not order for you any more: it is paused.", now)
        return None
    left = _left(session, rows)
    wanted, waiting = _within(session, pool, rows)
    made: Promised | None = None
    while wanted.quantities:
        try:
            made = promised(session, pool, wanted, now)
        except Faulty as fault:
            wanted, named = _without(rows, wanted, fault)
            waiting |= named
            continue
        except Refusal as refusal:
            waiting |= dict.fromkeys(wanted.quantities, refusal.detail)
            wanted = replace(wanted, quantities={})
            break
        if less := _above(made, left, rows, _cases(session, pool, rows)):
            waiting |= {key: NOTHING_LEFT for key, pieces in less.items() if not pieces}
            wanted = _fewer(wanted, less)
            continue
        dear = _too_dear(rows, made)
        if dear is None:
            break
        waiting[dear] = (
            "A piece could cost more than your limit: it is tried again as others join and the price falls."
        )
        wanted = _less(wanted, dear)
    for row in rows:
        if row.offer_id in waiting:
            _why(session, [row], pool, waiting[row.offer_id], now)
    if not wanted.quantities or made is None:
        return None
    try:
        with session.begin_nested():
            order = ordering.join(session, actor, pool.id, wanted, now=now, at_most=made.most)
    except Refusal as refusal:
        _why(session, [row for row in rows if row.offer_id in wanted.quantities], pool, refusal.detail, now)
        return None
    for row in rows:
        if row.offer_id in wanted.quantities:
            entry = _entry(session, row, pool, now)
            entry.order_id, entry.words = order.id, ""
            history.record(session, row, "entered", now=now, pool=pool.id, order=order.id)
    session.flush()
    tell(
        session,
        buyer_id,
        f"Your standing order has joined pool {pool.number}",
        f"Your standing order has joined the pool {pool.number}, {pool.title}, as order {order.number}: you "
        f"pay at most {WORDS.money(order.most, pool.currency)}. Until {WORDS.day(pool.closes_at)} you can "
        "change the order or leave, on its page. Pause or end the standing order on its own page.\n",
        now=now,
    )
    return order


def _left(session: Session, rows: Sequence[Standing]) -> dict[UUID, int]:
    """By offer: what its limit leaves, in minor units of goods; only where there is a limit."""
    done = ordered(session, [row.id for row in rows])
    return {
        row.offer_id: row.amount - sum(done.get(row.id, (0, 0, 0))[:2])
        for row in rows
        if row.amount is not None
    }


def _within(session: Session, pool: Pool, rows: Sequence[Standing]) -> tuple[Wanted, dict[UUID, str]]:
    """The most that is wanted of each pool and in stock, and why of some it is nothing."""
    offers = {
        offer.id: offer
        for offer in session.scalars(select(Offer).where(Offer.id.in_([row.offer_id for row in rows])))
    }
    quantities: dict[UUID, int] = {}
    least: dict[UUID, int] = {}
    waiting: dict[UUID, str] = {}
    for row in rows:
        offer, most = offers[row.offer_id], row.most
        if offer.stock is not None:
            most = min(most, offer.stock)
        if not pool.shares_cases:
            most = most // offer.case_size * offer.case_size
            most = most if most >= offer.least_quantity else 0
        if most < row.least:
            waiting[row.offer_id] = NOTHING_LEFT
            continue
        quantities[row.offer_id] = most
        if row.least < most:
            least[row.offer_id] = row.least
    stays = all(row.stays_if_extended for row in rows)
    return Wanted(quantities, None, least, stays), waiting


def _cases(session: Session, pool: Pool, rows: Sequence[Standing]) -> dict[UUID, int]:
    """By offer: in multiples of what it is ordered."""
    offers = session.scalars(select(Offer).where(Offer.id.in_([row.offer_id for row in rows])))
    return {offer.id: 1 if pool.shares_cases else offer.case_size for offer in offers}


def _above(
    made: Promised, left: Mapping[UUID, int], rows: Sequence[Standing], cases: Mapping[UUID, int]
) -> dict[UUID, int]:
    """By offer whose goods are worth more than its limit leaves: the pieces that are not; 0: below its least.
    At the buyer's price in the pool's currency, so this is asked once it is known.
    """
    found: dict[UUID, int] = {}
    for goods in made.wish.goods:
        if goods.value > left.get(goods.offer_id, goods.value):
            row = next(row for row in rows if row.offer_id == goods.offer_id)
            pieces = max(left[goods.offer_id], 0) // goods.unit_price
            pieces -= pieces % cases[goods.offer_id]
            found[goods.offer_id] = pieces if pieces >= row.least else 0
    return found


def _fewer(wanted: Wanted, pieces: Mapping[UUID, int]) -> Wanted:
    quantities = {key: pieces.get(key, most) for key, most in wanted.quantities.items()}
    quantities = {key: most for key, most in quantities.items() if most}
    return replace(
        wanted,
        quantities=quantities,
        least={key: few for key, few in wanted.least.items() if few < quantities.get(key, 0)},
    )


def _less(wanted: Wanted, offer_id: UUID) -> Wanted:
    return replace(
        wanted, quantities={key: most for key, most in wanted.quantities.items() if key != offer_id}
    )


def _without(rows: Sequence[Standing], wanted: Wanted, fault: Faulty) -> tuple[Wanted, dict[UUID, str]]:
    """What is left of an order without the goods that cannot be ordered, which are named; else nothing."""
    named = {
        row.offer_id: words
        for row in rows
        for name, words in fault.fields.items()
        if name == f"quantity-{row.offer_id}"
    }
    if not named:
        words = "; ".join(fault.fields.values())
        return replace(wanted, quantities={}), dict.fromkeys(wanted.quantities, words)
    for offer_id in named:
        wanted = _less(wanted, offer_id)
    return wanted, named


def _too_dear(rows: Sequence[Standing], made: Promised) -> UUID | None:
    """The goods of which a piece could cost the most above its limit. Shipping and duty go by value."""
    limits = {row.offer_id: row.unit_most for row in rows}
    over = {
        goods.offer_id: goods.unit_price * made.most - limits[goods.offer_id] * made.goods
        for goods in made.wish.goods
    }
    worst = max(over, key=lambda key: (over[key], str(key)))
    return worst if over[worst] > 0 else None


def _entry(session: Session, row: Standing, pool: Pool, now: datetime) -> StandingEntry:
    found = session.scalars(
        select(StandingEntry).filter_by(standing_id=row.id, pool_id=pool.id)
    ).one_or_none()
    if found is None:
        found = StandingEntry(id=uuid7(now), standing_id=row.id, pool_id=pool.id, words="", at=now)
        session.add(found)
    found.at = now
    return found


def _why(session: Session, rows: Sequence[Standing], pool: Pool, words: str, now: datetime) -> None:
    """Keep why standing orders have not entered a pool; the buyer is told once a pool."""
    for row in rows:
        entry = _entry(session, row, pool, now)
        if not entry.words:
            tell(
                session,
                row.organisation_id,
                f"Your standing order has not joined pool {pool.number}",
                f"Your standing order has not joined the pool {pool.number}, {pool.title}: {words}\n",
                now=now,
            )
        entry.words = words
    session.flush()


def end_past(session: Session, *, now: datetime) -> int:
    """End standing orders whose last day is over, or whose amount is used up, and tell; how many."""
    rows = session.scalars(
        select(Standing)
        .where(Standing.state != StandingState.ENDED, Standing.until_on < now.date())
        .order_by(Standing.id)
        .with_for_update(skip_locked=True)
    ).all()
    done = ordered(session, [row.id for row in rows])
    for row in rows:
        row.state = StandingState.ENDED
        row.version += 1
        charged, in_pools, _pieces = done.get(row.id, (0, 0, 0))
        of = f" of {WORDS.money(row.amount, row.currency)}" if row.amount else ""
        goods = WORDS.money(charged + in_pools, row.currency)
        history.record(session, row, StandingState.ENDED, now=now)
        tell(
            session,
            row.organisation_id,
            f"Your {row.kind} has ended",
            f"Its last day is over. Ordered, ex works: {goods}{of}.\n",
            now=now,
        )
    session.flush()
    return len(rows)

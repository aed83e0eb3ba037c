"""Use cases of a pool: open, close, cancel, and what follows when its shipments move."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app import history
from app.catalogue.service import CURRENCIES
from app.db import uuid7
from app.errors import Faulty, Missing, Refusal
from app.ledger import service as ledger
from app.ledger.models import Entry, Payment
from app.organisations.models import Organisation
from app.permissions import Actor
from app.shipping import expiry
from app.shipping.models import Hub, MilestoneKind
from app.shipping.service import usable_sailings
from app.trade import closing, collecting, extending, settling, telling
from app.trade.models import Order, OrderState, Pool, PoolState
from app.trade.numbers import number_of
from app.trade.ordering import give_back_stock
from app.trade.pooling import IN_POOL
from app.trade.quoting import get_pool

collecting.TAKES_ON.append(extending.takes)

LONGEST_TITLE: Final = 120
LONGEST_REASON: Final = 500
LONGEST_OPEN: Final = timedelta(days=365)
LONGEST_ROAD: Final = timedelta(days=365)
MOST_WAITING: Final = 100_000
"""Parts per million a day; a tenth of the value each day is a slip of the finger."""
LARGEST_CAPACITY: Final = 10**12


@dataclass(frozen=True, slots=True)
class PoolSaid:
    """What a hub says of a pool that it opens; weights in grams, volumes in cm3."""

    title: str
    origin_id: UUID
    hub_id: UUID
    currency: str
    closes_at: datetime
    latest_arrival_on: date
    wait_cost_ppm_per_day: int = 300
    capacity_g: int | None = None
    capacity_cm3: int | None = None
    shares_cases: bool = False
    needs_minimum: bool = False
    extension_days: int = 0


def open_pool(session: Session, actor: Actor, said: PoolSaid, *, now: datetime) -> Pool:
    """Open a pool toward a hub of the actor's organisation. Faulty: each field that cannot be."""
    faults = _faults(session, actor, said, now)
    if faults:
        raise Faulty(fields=faults)
    pool_id = uuid7(now)
    pool = Pool(
        id=pool_id,
        number=number_of("P", pool_id),
        title=said.title.strip(),
        origin_id=said.origin_id,
        hub_id=said.hub_id,
        currency=said.currency,
        state=PoolState.OPEN,
        opened_at=now,
        closes_at=said.closes_at,
        latest_arrival_on=said.latest_arrival_on,
        wait_cost_ppm_per_day=said.wait_cost_ppm_per_day,
        capacity_g=said.capacity_g,
        capacity_cm3=said.capacity_cm3,
        shares_cases=said.shares_cases,
        needs_minimum=said.needs_minimum,
        extension_days=said.extension_days,
        opened_by=actor.person_id,
    )
    session.add(pool)
    session.flush()
    history.record(session, pool, "opened", now=now, **actor.who, closes_at=said.closes_at)
    return pool


def _faults(session: Session, actor: Actor, said: PoolSaid, now: datetime) -> dict[str, str]:
    faults: dict[str, str] = {}
    if not said.title.strip():
        faults["title"] = 'Enter what the pool is for, like "Lacquerware and baskets, to Rotterdam".'
    elif len(said.title) > LONGEST_TITLE:
        faults["title"] = f"Use at most {LONGEST_TITLE} characters."
    hub = session.get(Hub, said.hub_id)
    if hub is None or hub.organisation_id != actor.organisation_id:
        faults["hub_id"] = "Choose one of your own hubs: the goods come to it."
    if session.get(Hub, said.origin_id) is None:
        faults["origin_id"] = "Choose the hub where the goods are collected."
    elif said.origin_id == said.hub_id:
        faults["origin_id"] = "Choose another hub than the one that the goods come to."
    if said.currency not in CURRENCIES:
        faults["currency"] = f"Choose one of {', '.join(CURRENCIES)}."
    if not now < said.closes_at <= now + LONGEST_OPEN:
        faults["closes_at"] = "Choose a time from now on, within a year."
    elif not said.closes_at.date() < said.latest_arrival_on <= said.closes_at.date() + LONGEST_ROAD:
        faults["latest_arrival_on"] = "Choose a day after the pool closes, within a year of it."
    if not 0 <= said.wait_cost_ppm_per_day <= MOST_WAITING:
        faults["wait_cost_ppm_per_day"] = f"Enter a number from 0 to {MOST_WAITING:,}."
    if not 0 <= said.extension_days <= extending.MOST_DAYS:
        faults["extension_days"] = f"Enter a number of days from 0 to {extending.MOST_DAYS}."
    for name, value in (("capacity_g", said.capacity_g), ("capacity_cm3", said.capacity_cm3)):
        if value is not None and not 0 < value <= LARGEST_CAPACITY:
            faults[name] = "Enter a number above 0, or leave it empty for no limit."
    if not faults and not usable_sailings(
        session,
        said.origin_id,
        said.hub_id,
        from_day=said.closes_at.date(),
        until_day=said.latest_arrival_on,
        currency=said.currency,
    ):
        over = expiry.unused_cards(
            session,
            said.origin_id,
            said.hub_id,
            currency=said.currency,
            from_day=said.closes_at.date(),
            until_day=said.latest_arrival_on,
        )
        faults["latest_arrival_on"] = (
            f"No rate card in {said.currency} has a sailing on this lane between these days. "
            "Enter the sailings first, or choose other days. " + expiry.expired_words(over)
        ).strip()
    return faults


def own_pool(session: Session, actor: Actor, pool_id: UUID, *, lock: bool = False) -> Pool:
    """Missing: there is none, or another organisation's hub is its destination."""
    pool = get_pool(session, pool_id, lock=lock)
    if session.get_one(Hub, pool.hub_id).organisation_id != actor.organisation_id:
        raise Missing
    return pool


def close(session: Session, actor: Actor, pool_id: UUID, *, now: datetime) -> Pool:
    """Close a pool by hand. However many try, one does. Refusal: it is not open any more."""
    pool = own_pool(session, actor, pool_id, lock=True)
    if pool.state != PoolState.OPEN:
        raise Refusal(
            "This pool is not open any more: it closes once.", code="pool-closed", facts={"state": pool.state}
        )
    closing.start_closing(session, pool, now=now, who=actor.who)
    return pool


def close_due(session: Session, *, now: datetime) -> int:
    """Close every open pool whose time has come; how many. Pools that another worker holds are left to it."""
    due = session.scalars(
        select(Pool)
        .where(Pool.state == PoolState.OPEN, Pool.closes_at <= now)
        .order_by(Pool.id)
        .with_for_update(skip_locked=True),
    ).all()
    for pool in due:
        closing.start_closing(session, pool, now=now, who={})
    return len(due)


def retry_step(session: Session, actor: Actor, pool_id: UUID, *, now: datetime) -> Pool:
    """Try a failed step again."""
    pool = own_pool(session, actor, pool_id)
    closing.retry(session, pool.id, now=now, who=actor.who)
    return pool


def cancel(session: Session, actor: Actor, pool_id: UUID, because: str, *, now: datetime) -> Pool:
    """Call a pool off: everybody's cost is 0 and everybody is told. Refusal: it is confirmed already."""
    pool = own_pool(session, actor, pool_id, lock=True)
    if not because.strip():
        raise Faulty(fields={"because": "Enter the reason. Buyers and makers will read it."})
    if len(because) > LONGEST_REASON:
        raise Faulty(fields={"because": f"Use at most {LONGEST_REASON} characters."})
    if pool.state not in {PoolState.OPEN, PoolState.CLOSING, PoolState.PLANNED}:
        raise Refusal(
            "Only a pool that is not confirmed yet can be cancelled."
            if pool.state != PoolState.CANCELLED
            else "This pool is cancelled already.",
            code="cannot-cancel",
            facts={"state": pool.state},
        )
    call_off(session, pool, because.strip(), now=now, who=actor.who)
    return pool


def call_off(session: Session, pool: Pool, because: str, *, now: datetime, who: Mapping[str, UUID]) -> None:
    """Cancel a pool whose row is held: orders, charges and stock are undone, payments owed back."""
    buyers, makers = telling.buyers_of(session, pool.id), telling.producers_of(session, pool.id)
    orders = session.scalars(
        select(Order)
        .where(
            Order.pool_id == pool.id,
            Order.state.in_(IN_POOL) | ((Order.state == OrderState.LEFT) & (Order.leaving_charge > 0)),
        )
        .order_by(Order.id)
        .with_for_update()
    ).all()
    for order in orders:
        if order.state != OrderState.LEFT:  # who left has given back what it had
            give_back_stock(session, order.id)
        charged = session.scalars(select(Entry).filter_by(key=f"charge:{order.id}")).one_or_none()
        if charged:
            ledger.reverse(
                session,
                charged,
                key=f"cancel:{order.id}",
                words=f"Order {order.number} called off",
                now=now,
                person_id=who.get("person_id"),
            )
        order.state = OrderState.CANCELLED
        history.record(session, order, "cancelled", now=now, **who, because=because)
    pool.state, pool.cancelled_because = PoolState.CANCELLED, because
    pool.closed_at = pool.closed_at or now
    session.flush()
    _owe_back(session, pool, now)
    history.record(session, pool, "cancelled", now=now, **who, because=because)
    telling.cancelled(session, pool, because, buyers=buyers, makers=makers, now=now)


def _owe_back(session: Session, pool: Pool, now: datetime) -> None:
    """What buyers of a cancelled pool have paid is due to them today."""
    paid = session.scalars(
        select(Payment.id).join(Order, Order.id == Payment.order_id).where(Order.pool_id == pool.id)
    ).first()
    if paid is None:
        return
    back = ledger.owed(session, pool.id)
    names = {
        organisation.id: organisation.name
        for organisation in session.scalars(
            select(Organisation).where(Organisation.id.in_([to.organisation_id for to, _ in back]))
        )
    }
    ledger.owe(
        session,
        pool.id,
        [
            (to, amount, names[to.organisation_id], now.date())
            for to, amount in back
            if to.organisation_id is not None
        ],
        now=now,
    )


# What a pool is when all of its shipments have come so far.
STATE_AT: Final[Mapping[MilestoneKind, PoolState]] = {
    MilestoneKind.DEPARTED: PoolState.IN_TRANSIT,
    MilestoneKind.ARRIVED: PoolState.ARRIVED,
    MilestoneKind.IMPORT_CLEARED: PoolState.ARRIVED,
    MilestoneKind.HANDED_OVER: PoolState.ARRIVED,
}


def shipments_moved(session: Session, pool_id: UUID, *, now: datetime) -> None:
    """Called when a milestone is set or undone: the pool and its orders follow its shipments."""
    from app.shipping.service import reached

    pool = get_pool(session, pool_id, lock=True)
    last = reached(session, pool_id)
    state = STATE_AT.get(last, PoolState.CONFIRMED) if last else PoolState.CONFIRMED
    settling.moved(session, pool, state, delivered=last == MilestoneKind.HANDED_OVER, now=now)


def delivered_directly(session: Session, actor: Actor, pool_id: UUID, *, now: datetime) -> Pool:
    """The hub heard that everything came, in a pool whose makers all ship directly. Refusal: it has
    shipments, whose milestones say it, or it is not confirmed.
    """
    pool = own_pool(session, actor, pool_id, lock=True)
    if pool.state != PoolState.CONFIRMED:
        raise Refusal(
            "Only a confirmed pool can be delivered.", code="not-confirmed", facts={"state": pool.state}
        )
    if settling.has_shipments(session, pool.id):
        raise Refusal("Set the milestones of its shipments: the pool follows them.", code="has-shipments")
    settling.moved(session, pool, PoolState.ARRIVED, delivered=True, now=now)
    return pool

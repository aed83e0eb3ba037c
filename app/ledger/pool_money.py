"""One pool's money from buyers to makers, read from the ledger: the same sums for both ends.

Whoever has a part in a pool sees what all buyers pay together, who receives it, and what of it has arrived.
Names of others are not in it.
"""

import csv
import io
from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Final
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.errors import Missing
from app.language import major
from app.ledger.models import PAID_OUT, PAYEES, Account, AccountKind, Cause, Entry, Part, Payout, Posting
from app.payouts.models import ON_ITS_WAY, PayoutInstruction
from app.permissions import Actor, Role
from app.shipping.models import Hub
from app.trade.models import Charge, Order, OrderLine, OrderState, Pool
from app.trade.quoting import get_pool

GOODS: Final = "goods"
FEES: Final = "maker fees"
KIND_OF: Final = {
    "producer": AccountKind.PRODUCER,
    "carrier": AccountKind.CARRIER,
    "customs": AccountKind.CUSTOMS,
    "warehouse": AccountKind.WAITING,
    "duty": AccountKind.DUTY,
    "hub": AccountKind.HUB,
}
"""Kinds of payees in a charge, by the accounts that are credited."""


@dataclass(frozen=True, slots=True)
class Stream:
    """What goes one way: to makers for goods, to makers for fees, to carriers, ... `own`: of who asks. What
    is owed is paid, on its way, or open.
    """

    name: str
    owed: int
    paid: int
    on_its_way: int
    own: int | None

    @property
    def open(self) -> int:
        return self.owed - self.paid - self.on_its_way


@dataclass
class PoolMoney:
    """Amounts in minor units of the pool's currency. `goods` and `shipping` sum to `charged`, and so do the
    streams: nothing is kept on the way.
    """

    pool: Pool
    buyers: int
    goods: int = 0
    shipping: int = 0
    charged: int = 0
    received: int = 0
    refunded: int = 0
    advance: int = 0  # of what makers are owed: asked for in advance
    streams: list[Stream] = field(default_factory=list)
    own_charge: int | None = None
    own_paid: int = 0
    own_advance: int = 0
    own_owed: int | None = None
    card_costs: dict[str, int] = field(default_factory=dict)  # by currency, borne by the platform
    cancelled: bool = False

    @property
    def gone(self) -> int:
        """What has left for the payees."""
        return sum(each.paid + each.on_its_way for each in self.streams)

    @property
    def held(self) -> int:
        """What came in and waits here for its payees."""
        return self.received - self.refunded - self.gone

    @property
    def reconciles(self) -> bool:
        """Every cent that is charged is owed to somebody."""
        return self.charged == sum(each.owed for each in self.streams)


def of_pool(session: Session, actor: Actor, pool_id: UUID) -> PoolMoney:
    """A pool's money for who has a part in it. Missing: to everybody else there is none."""
    pool = get_pool(session, pool_id)
    buys = session.scalars(
        select(Order).where(Order.pool_id == pool.id, Order.organisation_id == actor.organisation_id)
    ).all()
    sells = session.scalars(
        select(OrderLine.id)
        .join(Order, Order.id == OrderLine.order_id)
        .where(Order.pool_id == pool.id, OrderLine.producer_id == actor.organisation_id)
        .limit(1)
    ).first()
    keeps = session.scalars(
        select(Hub.id).where(
            Hub.id.in_([pool.origin_id, pool.hub_id]), Hub.organisation_id == actor.organisation_id
        )
    ).first()
    if not (buys or sells or keeps or Role.OPERATOR in actor.roles):
        raise Missing
    return _read(session, pool, actor.organisation_id, [order.id for order in buys], sells=sells is not None)


def _read(session: Session, pool: Pool, own: UUID, orders: list[UUID], *, sells: bool) -> PoolMoney:
    charges = session.execute(
        select(Charge, Order.state).join(Order, Order.id == Charge.order_id).where(Order.pool_id == pool.id)
    ).all()
    standing = [charge for charge, state in charges if state != OrderState.CANCELLED]
    found = PoolMoney(
        pool,
        buyers=len(standing),
        goods=sum(charge.goods for charge in standing),
        cancelled=bool(charges) and not standing,
    )
    owed: dict[str, int] = {}
    gone: dict[str, int] = {}
    own_owed = 0
    for kind, cause, holder, currency, amount in session.execute(
        select(Account.kind, Entry.cause, Account.organisation_id, Account.currency, func.sum(Posting.amount))
        .join(Posting, Posting.account_id == Account.id)
        .join(Entry, Entry.id == Posting.entry_id)
        .where(Entry.pool_id == pool.id)
        .group_by(Account.kind, Entry.cause, Account.organisation_id, Account.currency)
    ):
        if kind in PAYEES:
            target = gone if cause in PAID_OUT else owed
            target[kind] = target.get(kind, 0) + (amount if cause in PAID_OUT else -amount)
            if holder == own and cause not in PAID_OUT:
                own_owed -= amount
        elif kind == AccountKind.BUYER:
            _buyers(found, cause, int(amount))
        elif kind in {AccountKind.FEE, AccountKind.EXCHANGE, AccountKind.DISPUTE} and amount:
            found.card_costs[currency] = found.card_costs.get(currency, 0) + int(amount)
    found.shipping = found.charged - found.goods
    on_its_way = {
        kind: int(amount)
        for kind, amount in session.execute(
            select(Account.kind, func.sum(PayoutInstruction.amount))
            .join(Payout, Payout.id == PayoutInstruction.payout_id)
            .join(Account, Account.id == Payout.account_id)
            .where(Payout.pool_id == pool.id, PayoutInstruction.state.in_(ON_ITS_WAY))
            .group_by(Account.kind)
        )
    }
    for holder, amount in session.execute(
        select(Account.organisation_id, func.sum(Payout.amount))
        .join(Account, Account.id == Payout.account_id)
        .where(Payout.pool_id == pool.id, Payout.part == Part.ADVANCE)
        .group_by(Account.organisation_id)
    ):
        found.advance += int(amount)
        found.own_advance += int(amount) if holder == own else 0
    mine = [charge for charge in standing if charge.order_id in orders]
    parts = _own_parts(mine)
    if mine:
        found.own_charge = sum(charge.total for charge in mine)
        found.own_paid = sum(charge.total for charge in mine if charge.paid_at)
    if sells:
        found.own_owed = own_owed
        parts = _maker_parts(session, pool, own, own_owed)
    found.streams = list(_streams(found.goods, owed, gone, on_its_way, parts))
    return found


def _buyers(found: PoolMoney, cause: str, amount: int) -> None:
    if cause == Cause.PAYMENT:
        found.received -= amount
    elif cause in PAID_OUT:
        found.refunded += amount
    else:
        found.charged += amount


def _own_parts(charges: Iterable[Charge]) -> dict[str, int] | None:
    """A buyer's charge by stream; None: it has none."""
    sums: dict[str, int] = {}
    any_charge = False
    for charge in charges:
        any_charge = True
        sums[GOODS] = sums.get(GOODS, 0) + charge.goods
        for part in charge.items["pooled"]:
            kind = KIND_OF.get(part["payee"], part["payee"])
            name = FEES if kind == AccountKind.PRODUCER else str(kind)
            sums[name] = sums.get(name, 0) + part["amount"]
    return sums if any_charge else None


def _maker_parts(session: Session, pool: Pool, own: UUID, owed: int) -> dict[str, int]:
    goods = session.scalar(
        select(func.coalesce(func.sum(OrderLine.value), 0))
        .join(Order, Order.id == OrderLine.order_id)
        .join(Charge, Charge.order_id == Order.id)
        .where(
            Order.pool_id == pool.id,
            Order.state.not_in([OrderState.CANCELLED, OrderState.LEFT]),
            OrderLine.producer_id == own,
            OrderLine.frozen_because.is_(None),
        )
    )
    goods = min(int(goods or 0), owed)
    return {GOODS: goods, FEES: owed - goods}


def _streams(
    goods: int,
    owed: dict[str, int],
    gone: dict[str, int],
    on_its_way: dict[str, int],
    own: dict[str, int] | None,
) -> Iterable[Stream]:
    """The largest part of what makers are owed is goods, paid first; the rest of it stands for itself."""

    def mine(name: str) -> int | None:
        return own.get(name, 0) if own is not None else None

    for kind in PAYEES:
        total, way = owed.get(kind, 0), on_its_way.get(kind, 0)
        paid = gone.get(kind, 0) - way
        if not total and not paid and not way:
            continue
        if kind != AccountKind.PRODUCER:
            yield Stream(kind, total, paid, way, mine(kind))
            continue
        first = min(goods, total)
        paid_first = min(paid, first)
        way_first = min(way, first - paid_first)
        yield Stream(GOODS, first, paid_first, way_first, mine(GOODS))
        if total > first:
            yield Stream(FEES, total - first, paid - paid_first, way - way_first, mine(FEES))


def as_csv(found: PoolMoney) -> str:
    """The table of the page: who pays, who receives, in major units with a point."""
    currency = found.pool.currency

    def plain(minor: int | None) -> Decimal | str:
        return "" if minor is None else major(minor, currency)

    file = io.StringIO()
    rows = csv.writer(file, lineterminator="\r\n")
    rows.writerow(["pool", "side", "part", "currency", "amount", "paid", "on_its_way", "open", "own"])
    number = found.pool.number
    rows.writerow(
        [number, "in", "buyers", currency]
        + [plain(x) for x in (found.charged, found.received, 0, found.charged - found.received)]
        + [plain(found.own_charge)]
    )
    for each in found.streams:
        rows.writerow(
            [number, "out", each.name, currency]
            + [plain(x) for x in (each.owed, each.paid, each.on_its_way, each.open, each.own)]
        )
    return file.getvalue()

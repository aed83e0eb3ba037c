"""One pool's money from buyers to makers, read from the ledger: the same sums for both ends.

Whoever has a part in a pool sees what all buyers pay together, who receives it, and what of it has arrived.
Names of others are not in it.
"""

import csv
import io
from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.errors import Missing
from app.language import major
from app.ledger.models import PAID_OUT, PAYEES, Account, AccountKind, Cause, Entry, Part, Payout, Posting
from app.payouts.models import ON_ITS_WAY, PayoutInstruction
from app.permissions import Actor, Role
from app.shipping.models import Hub
from app.trade.charging import EXCHANGE
from app.trade.models import Charge, Order, OrderLine, OrderState, Pool
from app.trade.quoting import get_pool

GOODS: Final = "goods"
FEES: Final = "maker fees"
EXCHANGED: Final = "exchanged"  # for makers who are owed in a currency of their own
COSTS: Final = (AccountKind.FEE, AccountKind.EXCHANGE, AccountKind.DISPUTE)


@dataclass(frozen=True, slots=True)
class Stream:
    """What goes one way: to makers for goods, to makers for fees, to carriers, ... `own`: of who asks. What
    is owed is paid, on its way, or open. Of what is exchanged, the currencies of its makers say that.
    """

    name: str
    currency: str
    owed: int
    paid: int
    on_its_way: int
    own: int | None

    @property
    def open(self) -> int:
        return self.owed - self.paid - self.on_its_way


@dataclass
class PoolMoney:
    """Amounts in minor units of the pool's currency, `abroad` of its own. `goods`, `shipping` and `duty` sum
    to `charged`; with what is `made_good` so do the streams: nothing is kept on the way.
    """

    pool: Pool
    buyers: int
    goods: int = 0
    goods_at_home: int = 0  # of makers that are owed in the pool's currency
    shipping: int = 0
    duty: int = 0
    charged: int = 0
    received: int = 0
    refunded: int = 0
    made_good: int = 0  # refunds that who caused them bears, beside what is charged
    advance: dict[str, int] = field(default_factory=dict)  # asked for, by currency
    streams: list[Stream] = field(default_factory=list)
    abroad: list[Stream] = field(default_factory=list)  # makers in a currency of their own
    own_charge: int | None = None
    own_paid: int = 0
    own_advance: dict[str, int] = field(default_factory=dict)
    own_owed: dict[str, int] | None = None
    card_costs: dict[str, int] = field(default_factory=dict)  # by currency, borne by the platform
    cancelled: bool = False

    @property
    def gone(self) -> int:
        """What has left for payees in the pool's currency."""
        return sum(each.paid + each.on_its_way for each in self.streams)

    @property
    def held(self) -> int:
        """What came in and waits here for its payees."""
        return self.received - self.refunded - self.gone

    @property
    def reconciles(self) -> bool:
        """Every cent that is charged is owed to somebody."""
        return self.charged + self.made_good == sum(each.owed for each in self.streams)


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
    mine = [charge for charge in standing if charge.order_id in orders]
    home, own_home = _goods_at_home(session, [charge.order_id for charge in standing], own, orders)
    found = PoolMoney(
        pool,
        buyers=len(standing),
        goods=sum(charge.goods for charge in standing),
        goods_at_home=home,
        duty=sum(charge.duty for charge in standing),
        own_charge=sum(charge.total for charge in mine) if mine else None,
        own_paid=sum(charge.total for charge in mine if charge.paid_at),
        own_owed={} if sells else None,
        cancelled=bool(charges) and not standing,
    )
    books = _Books(pool.currency)
    for row in session.execute(
        select(
            Account.kind,
            Account.currency,
            Account.holder,
            Account.organisation_id,
            Entry.cause,
            Entry.order_id,
            func.sum(Posting.amount).label("amount"),
        )
        .join(Posting, Posting.account_id == Account.id)
        .join(Entry, Entry.id == Posting.entry_id)
        .where(Entry.pool_id == pool.id)
        .group_by(
            Account.kind,
            Account.currency,
            Account.holder,
            Account.organisation_id,
            Entry.cause,
            Entry.order_id,
        )
    ):
        books.add(found, row, own=own, orders=orders)
    found.shipping = found.charged - found.goods - found.duty
    for kind, currency, amount in session.execute(
        select(Account.kind, Account.currency, func.sum(PayoutInstruction.amount))
        .join(Payout, Payout.account_id == Account.id)
        .join(PayoutInstruction, PayoutInstruction.payout_id == Payout.id)
        .where(Payout.pool_id == pool.id, PayoutInstruction.state.in_(ON_ITS_WAY))
        .group_by(Account.kind, Account.currency)
    ):
        books.on_its_way[kind, currency] = int(amount)
    for holder, currency, amount in session.execute(
        select(Account.organisation_id, Account.currency, func.sum(Payout.amount))
        .join(Account, Account.id == Payout.account_id)
        .where(Payout.pool_id == pool.id, Payout.part == Part.ADVANCE)
        .group_by(Account.organisation_id, Account.currency)
    ):
        found.advance[currency] = found.advance.get(currency, 0) + int(amount)
        if holder == own:
            found.own_advance[currency] = int(amount)
    has_own = bool(mine) or sells
    found.streams = list(books.streams(home, own_home, has_own=has_own))
    found.abroad = list(books.abroad(has_own=sells))
    return found


def _goods_at_home(session: Session, charged: list[UUID], own: UUID, orders: list[UUID]) -> tuple[int, int]:
    """Value of the goods of makers that are owed in the pool's currency: all, and one's own as buyer or
    maker.
    """
    total = mine = 0
    for maker, order, value in session.execute(
        select(OrderLine.producer_id, OrderLine.order_id, func.sum(OrderLine.value))
        .where(
            OrderLine.order_id.in_(charged),
            OrderLine.frozen_because.is_(None),
            OrderLine.sold_at.is_(None),
        )
        .group_by(OrderLine.producer_id, OrderLine.order_id)
    ):
        total += int(value)
        mine += int(value) if maker == own or order in orders else 0
    return total, mine


class _Books:
    """Sums of a pool's postings on the accounts of its payees, by kind and currency."""

    def __init__(self, currency: str) -> None:
        self.currency = currency
        self.owed: dict[tuple[str, str], int] = {}
        self.gone: dict[tuple[str, str], int] = {}
        self.own: dict[tuple[str, str], int] = {}
        self.on_its_way: dict[tuple[str, str], int] = {}

    def add(self, found: PoolMoney, row: Any, *, own: UUID, orders: list[UUID]) -> None:
        amount, at = int(row.amount), (row.kind, row.currency)
        exchanged = row.kind == AccountKind.EXCHANGE and row.holder == EXCHANGE
        if row.kind == AccountKind.BUYER:
            _buyers(found, row.cause, amount)
        elif row.kind == AccountKind.RECOURSE and row.currency == self.currency:
            found.made_good += amount
        elif row.kind in PAYEES or (exchanged and row.currency == self.currency):
            target, sign = (self.gone, 1) if row.cause in PAID_OUT else (self.owed, -1)
            target[at] = target.get(at, 0) + sign * amount
            if row.cause == Cause.SURPLUS and row.currency == self.currency:  # came in twice, and goes out
                found.made_good -= amount
                found.received -= amount
            if row.cause in PAID_OUT:
                return
            if row.order_id in orders or (row.organisation_id == own and not orders):
                self.own[at] = self.own.get(at, 0) - amount
            if row.organisation_id == own and found.own_owed is not None:
                found.own_owed[row.currency] = found.own_owed.get(row.currency, 0) - amount
        elif row.kind in COSTS and not exchanged and amount:
            found.card_costs[row.currency] = found.card_costs.get(row.currency, 0) + amount

    def _stream(self, name: str, at: tuple[str, str], *, has_own: bool) -> Stream:
        way = self.on_its_way.get(at, 0)
        paid = self.gone.get(at, 0) - way
        own = self.own.get(at, 0) if has_own else None
        return Stream(name, at[1], self.owed.get(at, 0), paid, way, own)

    def streams(self, goods: int, own_goods: int, *, has_own: bool) -> Iterable[Stream]:
        """In the pool's currency. Of what makers are owed, the goods come first."""
        for kind in (*PAYEES, AccountKind.EXCHANGE):
            at = (kind, self.currency)
            each = self._stream(EXCHANGED if kind == AccountKind.EXCHANGE else kind, at, has_own=has_own)
            if not (each.owed or each.paid or each.on_its_way):
                continue
            if kind != AccountKind.PRODUCER:
                yield each
                continue
            first = min(goods, each.owed)
            paid = min(each.paid, first)
            way = min(each.on_its_way, first - paid)
            own = min(own_goods, each.own) if each.own is not None else None
            if first:
                yield Stream(GOODS, self.currency, first, paid, way, own)
            if each.owed > first:
                rest = each.own - own if each.own is not None and own is not None else None
                yield Stream(
                    FEES, self.currency, each.owed - first, each.paid - paid, each.on_its_way - way, rest
                )

    def abroad(self, *, has_own: bool) -> Iterable[Stream]:
        """Makers that are owed in another currency."""
        for kind, currency in sorted(self.owed):
            if kind == AccountKind.PRODUCER and currency != self.currency:
                yield self._stream(GOODS, (kind, currency), has_own=has_own)


def _buyers(found: PoolMoney, cause: str, amount: int) -> None:
    if cause == Cause.PAYMENT:
        found.received -= amount
    elif cause in PAID_OUT:
        found.refunded += amount
    else:
        found.charged += amount


def as_csv(found: PoolMoney) -> str:
    """The table of the page: who pays, who receives, in major units with a point."""
    currency = found.pool.currency

    def plain(minor: int | None, of: str = currency) -> Decimal | str:
        return "" if minor is None else major(minor, of)

    file = io.StringIO()
    rows = csv.writer(file, lineterminator="\r\n")
    rows.writerow(["pool", "side", "part", "currency", "amount", "paid", "on_its_way", "open", "own"])
    number = found.pool.number
    rows.writerow(
        [number, "in", "buyers", currency]
        + [plain(x) for x in (found.charged, found.received, 0, found.charged - found.received)]
        + [plain(found.own_charge)]
    )
    for each in (*found.streams, *found.abroad):
        amounts = (each.owed, each.paid, each.on_its_way, each.open, each.own)
        rows.writerow([number, "out", each.name, each.currency] + [plain(x, each.currency) for x in amounts])
    return file.getvalue()

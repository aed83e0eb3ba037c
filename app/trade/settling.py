"""From paid orders to a settled pool: shipments booked, payouts owed, everything paid."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app import history
from app.errors import Refusal
from app.ledger import service as ledger
from app.ledger.models import Account, AccountKind, Payout
from app.organisations.models import Organisation
from app.payouts import advances
from app.planning import desk
from app.shipping.models import Sailing, Service
from app.shipping.models import Shipment as BookedShipment
from app.shipping.service import create_shipment
from app.tlog import settlements as log
from app.trade import telling
from app.trade.charging import PayeeAccounts, currencies_of, own_accounts
from app.trade.closing import stored_plan
from app.trade.itemising import Payee, PayeeKind
from app.trade.models import Charge, Order, OrderState, Pool, PoolPlan, PoolState
from app.trade.pooling import IN_POOL, wishes_in
from logistics import Price, Problem, Shipment, price


def order_paid(session: Session, pool: Pool, order: Order, *, now: datetime) -> None:
    """An order's charge has come in; the last one confirms the pool, whose row is held."""
    if order.state != OrderState.LEFT:
        order.state = OrderState.PAID
    session.flush()
    waiting = session.scalar(
        select(func.count())
        .select_from(Charge)
        .join(Order, Order.id == Charge.order_id)
        .where(
            Order.pool_id == pool.id,
            Order.state.in_([OrderState.PLANNED, OrderState.LEFT]),
            Charge.paid_at.is_(None),
        )
    )
    if not waiting and pool.state == PoolState.PLANNED and not desk.takes(session, pool, now=now):
        confirm(session, pool, now=now)


@dataclass(frozen=True, slots=True)
class Load:
    """What of a pool travels on one sailing; `lines`: those of the pooling problem."""

    sailing: Sailing
    weight_g: int
    volume_cm3: int
    cost: dict[str, Any]
    lines: Sequence[str]


@dataclass(frozen=True, slots=True)
class Way:
    """How a pool travels, and when each payee is due."""

    loads: Sequence[Load]
    due: Mapping[Payee, date]


def own_way(session: Session, pool: Pool) -> Way:
    """By the pool's own plan. Refusal: a sailing that it uses is not in the timetable any more."""
    stored = session.get_one(PoolPlan, pool.id)
    problem = Problem.from_dict(stored.problem)
    priced = price(problem, stored_plan(stored).assignments)
    loads = [
        Load(
            sailing_of(session, problem, shipment),
            shipment.weight_g,
            shipment.volume_cm3,
            _cost(pool, shipment),
            shipment.lines,
        )
        for shipment in priced.shipments
    ]
    return Way(loads, due_of(problem, priced))


def confirm(session: Session, pool: Pool, *, now: datetime, way: Way | None = None) -> None:
    """Everybody has paid: book each shipment, and write down who is to be paid what, when. `way`: None is the
    pool's own plan.
    """
    way = way or own_way(session, pool)
    wishes = wishes_in(session, pool)
    lines = {
        consignment.id: [goods.id for goods in consignment.goods if goods.id]
        for wish in wishes
        for consignment in wish.consignments()
    }
    for position, load in enumerate(way.loads, start=1):
        create_shipment(
            session,
            pool_id=pool.id,
            sailing_id=load.sailing.id,
            number=f"{pool.number.replace('P-', 'S-')}-{position}",
            weight_g=load.weight_g,
            volume_cm3=load.volume_cm3,
            cost=load.cost,
            now=now,
            lines=[line for name in load.lines for line in lines[name]],
        )
    payees = PayeeAccounts(session, pool)
    own = currencies_of(wishes)
    due = {account.id: on for payee, on in way.due.items() for account in own_accounts(payees, payee, own)}
    owed: list[tuple[Account, int, str, date]] = []
    for to, amount in ledger.owed(session, pool.id):
        if to.kind == AccountKind.BUYER:  # paid more than it costs since it travels with other pools
            assert to.organisation_id is not None
            name = session.get_one(Organisation, to.organisation_id).name
            owed.append((to, amount, name, now.date()))
        else:
            owed.append((to, amount, payees.names[to.id], due[to.id]))
    ledger.owe(session, pool.id, owed, now=now)
    pool.state = PoolState.CONFIRMED
    session.flush()
    advances.begin(session, pool, now=now)
    history.record(session, pool, "confirmed", now=now, shipments=len(way.loads))
    telling.confirmed(session, pool, now)


def sailing_of(session: Session, problem: Problem, shipment: Shipment) -> Sailing:
    departs_on = problem.start + timedelta(days=shipment.day)
    found = session.scalars(
        select(Sailing)
        .join(Service, Service.id == Sailing.service_id)
        .where(Service.code == shipment.service, Sailing.departs_on == departs_on),
    ).one_or_none()
    if found is None:
        raise Refusal(
            f"The sailing of {shipment.service} on {telling.WORDS.day(departs_on)}, which the plan uses, "
            "is not in the timetable any more. Ask the hub to enter it again, then book this payment.",
            code="sailing-gone",
        )
    return found


def _cost(pool: Pool, shipment: Shipment) -> dict[str, Any]:
    return {
        "currency": pool.currency,
        "total": shipment.cost,
        "items": [item.to_dict() for item in shipment.items],
    }


def due_of(problem: Problem, priced: Price) -> dict[Payee, date]:
    """When each payee is due: makers, carriers and warehouses when the last goods leave, customs and hubs
    when they arrive, makers who ship directly (and the duty on that) when the goods are ready.
    """
    services = {service.id: service for service in problem.services}
    hubs = {producer.id: producer.hub for producer in problem.producers}
    lines = {line.id: line for line in problem.lines}
    days: dict[Payee, int] = {}

    def by(payee: Payee, day: int) -> None:
        days[payee] = max(days.get(payee, 0), day)

    for shipment in priced.shipments:
        by(Payee(PayeeKind.CARRIER, shipment.service), shipment.day)
        for kind in (PayeeKind.CUSTOMS, PayeeKind.DUTY, PayeeKind.HUB):
            by(Payee(kind, services[shipment.service].destination), shipment.arrives)
    for collection in priced.collections:
        by(Payee(PayeeKind.PRODUCER, collection.producer), collection.day)
        by(Payee(PayeeKind.WAREHOUSE, hubs[collection.producer]), collection.day)
    for name in priced.direct:
        by(Payee(PayeeKind.PRODUCER, lines[name].producer), lines[name].ready)
        by(Payee(PayeeKind.DUTY, lines[name].destination), lines[name].ready)
    return {payee: problem.start + timedelta(days=day) for payee, day in days.items()}


def moved(session: Session, pool: Pool, reached: PoolState, *, delivered: bool, now: datetime) -> None:
    """Follow what the shipments did; `delivered`: all of them are handed over. The pool's row is held."""
    if pool.state in {PoolState.CONFIRMED, PoolState.IN_TRANSIT, PoolState.ARRIVED} and pool.state != reached:
        pool.state = reached
        history.record(session, pool, reached, now=now)
    wanted, other = (
        (OrderState.DELIVERED, OrderState.PAID) if delivered else (OrderState.PAID, OrderState.DELIVERED)
    )
    for order in session.scalars(select(Order).filter_by(pool_id=pool.id, state=other)):
        order.state = wanted
        order.delivered_at = now if delivered else None
        history.record(session, order, "delivered" if delivered else "delivery undone", now=now)
    session.flush()
    advances.follow(session, pool.id, now=now)
    settle_if_done(session, pool, now=now)


def settle_if_done(session: Session, pool: Pool, *, now: datetime) -> None:
    """Delivered, and everybody paid out: the pool is settled."""
    if pool.state != PoolState.ARRIVED:
        return
    undelivered = session.scalar(
        select(func.count()).where(
            Order.pool_id == pool.id, Order.state.in_(IN_POOL), Order.state != OrderState.DELIVERED
        ),
    )
    unpaid = session.scalar(
        select(func.count()).select_from(Payout).where(Payout.pool_id == pool.id, Payout.paid_on.is_(None))
    )
    if not undelivered and not unpaid:
        pool.state = PoolState.SETTLED
        history.record(session, pool, "settled", now=now)
        log.enter_settled(session, pool, now=now)


def unsettle(session: Session, pool: Pool, *, now: datetime) -> None:
    """A payout came back: the pool, whose row is held, is not settled any more."""
    if pool.state == PoolState.SETTLED:
        pool.state = PoolState.ARRIVED
        history.record(session, pool, "not settled any more: a payout came back", now=now)


def has_shipments(session: Session, pool_id: UUID) -> bool:
    """Whether anything of a pool travels on a booking of its own."""
    return session.scalars(select(BookedShipment.id).filter_by(pool_id=pool_id)).first() is not None

"""After customs: what an order's duty was in the end. Less is paid back to its buyer, more is not asked."""

from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app import history
from app.db import uuid7
from app.errors import Faulty, Missing, Refusal
from app.ledger import service as ledger
from app.ledger.models import Account, AccountKind, Cause
from app.organisations.models import Organisation
from app.organisations.service import tell
from app.permissions import Actor
from app.shipping.models import Hub
from app.trade.charging import PayeeAccounts
from app.trade.itemising import Payee, PayeeKind
from app.trade.models import Charge, Order, OrderLine, OrderState, Pool, PoolState
from app.trade.numbers import number_of
from app.trade.telling import WORDS

CLEARED: Final = (PoolState.CONFIRMED, PoolState.IN_TRANSIT, PoolState.ARRIVED, PoolState.SETTLED)


def to_assess(session: Session, pool: Pool) -> list[tuple[Order, Charge, Organisation]]:
    """Orders of a pool that were charged duty, by number, with their buyers."""
    rows = session.execute(
        select(Order, Charge, Organisation)
        .join(Charge, Charge.order_id == Order.id)
        .join(Organisation, Organisation.id == Order.organisation_id)
        .where(Order.pool_id == pool.id, Order.state != OrderState.CANCELLED, Charge.duty > 0)
        .order_by(Order.number)
    )
    return [(order, charge, buyer) for order, charge, buyer in rows]


def assess(session: Session, actor: Actor, order_id: UUID, asked: int, *, now: datetime) -> Charge:
    """The hub says what customs asked for an order, in minor units of its charge; once.

    Faulty: more than was charged, which nobody is asked for. Refusal: not paid yet, said already, or the duty
    has been paid out as it was charged.
    """
    from app.trade.service import own_pool

    order = session.get(Order, order_id)
    charge = session.get(Charge, order_id)
    if order is None or charge is None:
        raise Missing
    pool = own_pool(session, actor, order.pool_id, lock=True)
    session.refresh(charge, with_for_update=True)
    if pool.state not in CLEARED:
        raise Refusal("Customs ask nothing before the goods were paid and sent.", code="not-confirmed")
    if charge.duty_assessed is not None:
        raise Refusal("What customs asked for this order was entered already.", code="duty-assessed")
    if not 0 <= asked <= charge.duty:
        raise Faulty(
            fields={
                "asked": f"Enter at most {WORDS.money(charge.duty, charge.currency)}, which was charged. "
                "What customs ask above it is not asked of the buyer: it is a cost of the hub."
            }
        )
    charge.duty_assessed = asked
    back = max(charge.duty - asked - _refunded(session, order), 0)
    if back:
        _pay_back(session, pool, order, charge, back, actor, now)
    history.record(session, order, "duty assessed", now=now, **actor.who, asked=asked, back=back)
    return charge


def _refunded(session: Session, order: Order) -> int:
    """Duty that the buyer got back already, for goods that did not come or came damaged."""
    from app.claims.models import Refund

    return (
        session.scalar(
            select(func.sum(Refund.duty))
            .join(OrderLine, OrderLine.id == Refund.order_line_id)
            .where(OrderLine.order_id == order.id)
        )
        or 0
    )


def _pay_back(
    session: Session, pool: Pool, order: Order, charge: Charge, back: int, actor: Actor, now: datetime
) -> None:
    asked, number = charge.duty_assessed or 0, number_of("R", uuid7(now))
    words = f"Refund {number}: duty of order {order.number} that customs did not ask"
    buyer = session.get_one(Organisation, order.organisation_id)
    to = Account(  # of its own, so that each refund is paid out once
        id=uuid7(now),
        kind=AccountKind.REFUND,
        organisation_id=buyer.id,
        holder=number,
        currency=charge.currency,
    )
    session.add(to)
    session.flush()
    hub = session.get_one(Hub, pool.hub_id).code
    customs = PayeeAccounts(session, pool).of(Payee(PayeeKind.DUTY, hub))
    ledger.post(
        session,
        key=f"duty:{order.id}",
        cause=Cause.REFUND,
        words=words,
        postings=[(customs, back), (to, -back)],
        now=now,
        pool_id=pool.id,
        order_id=order.id,
        person_id=actor.person_id,
    )
    ledger.owe_less(session, pool.id, customs, back, now=now, words=words)
    ledger.owe(session, pool.id, [(to, back, buyer.name, now.date())], now=now)
    tell(
        session,
        order.organisation_id,
        f"You get {WORDS.money(back, charge.currency)} of duty back",
        f"Customs asked {WORDS.money(asked, charge.currency)} for your order {order.number}. You had paid "
        f"{WORDS.money(charge.duty, charge.currency)}, as it is due without a proof of origin. "
        f"{WORDS.money(back, charge.currency)} is paid back to you.\n",
        now=now,
    )

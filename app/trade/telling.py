"""What people are told by mail about their pools and orders."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app import jobs
from app.language import language
from app.organisations.service import tell
from app.shipping.models import Hub
from app.trade.models import Charge, Order, OrderLine, OrderState, Pool
from app.trade.numbers import printed
from app.trade.pooling import IN_POOL
from app.webhooks import service as webhooks

# Mail goes to everybody of an organisation, whose languages differ: it is written in the first one.
WORDS = language("en")


def planned(session: Session, pool: Pool, now: datetime) -> str:
    """Tell each buyer its charge beside what it would have paid alone, and each maker what to prepare."""
    rows = session.execute(
        select(Order, Charge)
        .join(Charge, Charge.order_id == Order.id)
        .where(Order.pool_id == pool.id)
        .order_by(Order.id),
    ).all()
    for order, charge in rows:
        if order.left_at:
            owed = WORDS.money(charge.total, charge.currency)
            body = (
                f"The pool {pool.number}, {pool.title}, which you left, is closed and planned.\n\n"
                f"As you were told when you left, you pay {owed}: what the others would otherwise "
                "pay more than they were promised.\n\n"
                f"{_how_to_pay(session, order, charge)}"
            )
            tell(session, order.organisation_id, f"What you owe to pool {pool.number}", body, now=now)
            continue
        alone = WORDS.money(charge.goods + charge.alone, charge.currency)
        body = (
            f"The pool {pool.number}, {pool.title}, is closed and planned.\n\n"
            f"Your order {order.number}: {WORDS.money(charge.total, charge.currency)}.\n"
            f"Alone it would have been {alone}: "
            f"you save {WORDS.money(charge.alone - charge.shipping, charge.currency)}.\n\n"
            f"{_how_to_pay(session, order, charge)}"
            "Your order's page shows every item, alone and in the pool.\n"
        )
        tell(session, order.organisation_id, f"Your order {order.number} is planned", body, now=now)
    makers = producers_of(session, pool.id)
    for maker in makers:
        goods = session.execute(
            select(OrderLine.title, OrderLine.ready_on, func.sum(OrderLine.quantity))
            .join(Order, Order.id == OrderLine.order_id)
            .where(
                Order.pool_id == pool.id,
                Order.state.in_(IN_POOL),
                OrderLine.producer_id == maker,
                OrderLine.frozen_because.is_(None),
            )
            .group_by(OrderLine.title, OrderLine.ready_on)
            .order_by(OrderLine.ready_on, OrderLine.title),
        ).all()
        listed = "\n".join(
            f"- {quantity} x {title}, ready on {WORDS.day(ready_on)}" for title, ready_on, quantity in goods
        )
        body = (
            f"The pool {pool.number}, {pool.title}, is closed. Prepare:\n\n{listed}\n\n"
            'You are told when the buyers have paid. "Orders for us" shows it by consignment.\n'
        )
        tell(session, maker, f"Goods to prepare for pool {pool.number}", body, now=now)
    return f"Told: buyers {len(rows)}, makers {len(makers)}."


def _how_to_pay(session: Session, order: Order, charge: Charge) -> str:
    from app.cards.showing import pays_by_itself

    amount = WORDS.money(charge.total, charge.currency)
    if pays_by_itself(session, order.id):
        return f"{amount} is taken from your card now. You have nothing to do: do not transfer it too.\n"
    by = WORDS.day(charge.due_on)
    return f"Transfer {amount} by {by} with the reference {printed(charge.reference)}.\n"


def step_failed(session: Session, pool: Pool, name: str, words: str, now: datetime) -> None:
    """Tell the hub of destination that somebody has to look."""
    hub = session.get_one(Hub, pool.hub_id)
    body = (
        f'The step "{name}" of pool {pool.number}, {pool.title}, could not be done:\n\n{words}\n\n'
        "Mend what it names and try the step again on the pool's steps page, or cancel the pool.\n"
    )
    tell(session, hub.organisation_id, f"Pool {pool.number} cannot go on", body, now=now)


def short(session: Session, pool: Pool, amount: int, now: datetime) -> None:
    """Tell the hub that a pool cannot keep its quotes any more, unless somebody joins."""
    hub = session.get_one(Hub, pool.hub_id)
    body = (
        f"A buyer who carried a maker's minimum left the pool {pool.number}, {pool.title}. What the others "
        f"were promised is {WORDS.money(amount, pool.currency)} less than the pool costs now, even with "
        "what the leaver pays. Find another buyer before it closes: else it cannot be shared and "
        "nobody pays.\n"
    )
    tell(session, hub.organisation_id, f"Pool {pool.number} is short", body, now=now)


def closes_soon(session: Session, pool: Pool, now: datetime) -> None:
    """Remind the buyers in an open pool."""
    for order in session.scalars(
        select(Order).where(Order.pool_id == pool.id, Order.state.in_(IN_POOL)).order_by(Order.id)
    ):
        most = WORDS.money(order.most, pool.currency)
        body = (
            f"The pool {pool.number}, {pool.title}, closes on {WORDS.day(pool.closes_at)} at "
            f"{pool.closes_at:%H:%M} UTC. Until then you can change your order {order.number} or leave.\n\n"
            f"The most you can be charged is {most}. It falls if others join: send them the pool's link.\n"
        )
        tell(session, order.organisation_id, f"Pool {pool.number} closes soon", body, now=now)


def maker_lost(session: Session, pool: Pool, maker: str, reasons: str, now: datetime) -> None:
    """Tell the hub of a charged pool that one of its makers may not sell any more."""
    hub = session.get_one(Hub, pool.hub_id)
    body = (
        f"{maker} may not sell at the moment: {reasons}\n\n"
        f"Its goods are in the pool {pool.number}, {pool.title}, "
        "whose buyers are asked to pay. Cancel the pool, so that everybody pays 0, or wait for the maker's "
        "answer.\n"
    )
    tell(session, hub.organisation_id, f"A maker in pool {pool.number} may not sell", body, now=now)


def frozen(session: Session, pool: Pool, order: Order, because: str, now: datetime) -> None:
    """Tell a buyer that a part of its order will not be made or charged."""
    rest = (
        "Nothing else was in your order: it is out of the pool, and you pay nothing."
        if order.state == OrderState.LEFT
        else f"The rest of it, {WORDS.money(order.goods, pool.currency)} of goods, stays in the pool: "
        f"you pay at most {WORDS.money(order.most, pool.currency)}."
    )
    body = (
        f"{because}. What you ordered of them in the pool {pool.number}, {pool.title}, is taken out: "
        f"it is not made, shipped or charged.\n\n{rest}\n"
    )
    tell(session, order.organisation_id, f"Your order {order.number} has changed", body, now=now)


def quote_rose(session: Session, pool: Pool, order: Order, before: int, now: datetime) -> None:
    """Tell a buyer that its price could not be kept, and that it may leave for nothing."""
    body = (
        f"A maker in the pool {pool.number}, {pool.title}, may not sell any more. Fewer goods share "
        f"the ship: your price for shipping was at most {WORDS.money(before, pool.currency)} and is now at "
        f"most {WORDS.money(order.quote, pool.currency)}, which is never above your cost alone.\n\n"
        "If that is too much, leave the pool before it closes: you pay nothing.\n"
    )
    tell(session, order.organisation_id, f"Your price in pool {pool.number} has changed", body, now=now)


def extended(session: Session, pool: Pool, order: Order, because: str, now: datetime) -> None:
    """Tell a buyer that stays, or has not said, that its pool is open for longer."""
    asked = order.stays_if_extended is None
    body = (
        f"The pool {pool.number}, {pool.title}, has missed a minimum: {because}.\n\n"
        f"It stays open until {WORDS.day(pool.closes_at)}, {pool.closes_at:%H:%M} UTC, so that others can "
        f"join. Your goods come by {WORDS.day(order.needed_by)} instead, and you still pay at most "
        f"{WORDS.money(order.most, pool.currency)}.\n\n"
    ) + (
        "Do you want to stay? Say yes or no on this page, after signing in:\n"
        f"{_address()}/orders/{order.id}/extension\n\n"
        "No, or no answer until it closes: you leave, and pay 0.\n"
        if asked
        else "You said that you would stay. If the minimum is missed again, what misses it is left out, and "
        "you pay nothing for it.\n"
    )
    subject = f"Pool {pool.number} is extended" + (": do you stay?" if asked else "")
    tell(session, order.organisation_id, subject, body, now=now)


def _address() -> str:
    return jobs.around.settings.address if jobs.around.settings else ""


def left_at_extension(session: Session, pool: Pool, order: Order, because: str, now: datetime) -> None:
    """Tell a buyer that did not want an extension that it is out of the pool."""
    body = (
        f"The pool {pool.number}, {pool.title}, has missed a minimum: {because}.\n\n"
        f"It is extended. You said that you would not wait: your order {order.number} has left the pool, and "
        f"you pay 0. If you would like to join after all, it is open until {WORDS.day(pool.closes_at)}.\n"
    )
    tell(session, order.organisation_id, f"You have left pool {pool.number}", body, now=now)


def left_without_word(session: Session, pool: Pool, order: Order, now: datetime) -> None:
    """Tell a buyer that did not answer that it is out of the pool."""
    body = (
        f"The pool {pool.number}, {pool.title}, was extended, and you did not say that you would stay. It is "
        f"closed now: your order {order.number} has left it, and you pay 0.\n"
    )
    tell(session, order.organisation_id, f"You have left pool {pool.number}", body, now=now)


def hub_extended(session: Session, pool: Pool, because: str, now: datetime) -> None:
    """Tell the hub of destination, and the makers, that a pool is open longer; and everybody's systems."""
    hub = session.get_one(Hub, pool.hub_id)
    body = (
        f"The pool {pool.number}, {pool.title}, has missed a minimum: {because}. It stays open until "
        f"{WORDS.day(pool.closes_at)}, {pool.closes_at:%H:%M} UTC, and everything is that much later.\n"
    )
    for organisation in [hub.organisation_id, *producers_of(session, pool.id)]:
        tell(session, organisation, f"Pool {pool.number} is extended", body, now=now)
    data = {
        "pool_id": str(pool.id),
        "number": pool.number,
        "closes_at": f"{pool.closes_at:%Y-%m-%dT%H:%M:%SZ}",
    }
    for each in {*buyers_of(session, pool.id), *producers_of(session, pool.id), *_hubs(session, pool)}:
        webhooks.emit(session, each, "pool.extended", data, now)


def cancelled(
    session: Session,
    pool: Pool,
    because: str,
    *,
    buyers: Sequence[UUID],
    makers: Sequence[UUID],
    now: datetime,
) -> None:
    """Tell everybody that a pool is called off."""
    subject = f"Pool {pool.number} is cancelled"
    why = f"The pool {pool.number}, {pool.title}, is cancelled. {because}\n\n"
    for buyer in buyers:
        tell(session, buyer, subject, why + "You pay nothing. What you paid already is sent back.\n", now=now)
    for maker in makers:
        tell(session, maker, subject, why + "Nothing has to be prepared for it any more.\n", now=now)
    for each in {*buyers, *makers, *_hubs(session, pool)}:
        data = {"pool_id": str(pool.id), "number": pool.number, "because": because}
        webhooks.emit(session, each, "pool.cancelled", data, now)


def closed(session: Session, pool: Pool, now: datetime) -> None:
    """Everybody's own systems hear that a pool takes no more orders; people are told once it is planned."""
    data = {"pool_id": str(pool.id), "number": pool.number}
    for each in {*buyers_of(session, pool.id), *producers_of(session, pool.id), *_hubs(session, pool)}:
        webhooks.emit(session, each, "pool.closed", data, now)


def _hubs(session: Session, pool: Pool) -> list[UUID]:
    ends = Hub.id.in_([pool.origin_id, pool.hub_id])
    return list(session.scalars(select(Hub.organisation_id).where(ends)))


def confirmed(session: Session, pool: Pool, now: datetime) -> None:
    """Tell makers and buyers that all have paid."""
    body = f"Everybody in pool {pool.number}, {pool.title}, has paid. Its shipments are booked.\n"
    hubs = _hubs(session, pool)
    for organisation in {*producers_of(session, pool.id), *buyers_of(session, pool.id), *hubs}:
        tell(session, organisation, f"Pool {pool.number} is confirmed", body, now=now)


def producers_of(session: Session, pool_id: UUID) -> list[UUID]:
    """Makers with goods in a pool."""
    return list(
        session.scalars(
            select(OrderLine.producer_id)
            .join(Order, Order.id == OrderLine.order_id)
            .where(Order.pool_id == pool_id, Order.state.in_(IN_POOL), OrderLine.frozen_because.is_(None))
            .distinct()
            .order_by(OrderLine.producer_id),
        )
    )


def buyers_of(session: Session, pool_id: UUID) -> list[UUID]:
    """Buyers with an order in a pool."""
    return list(
        session.scalars(
            select(Order.organisation_id)
            .where(Order.pool_id == pool_id, Order.state.in_(IN_POOL))
            .order_by(Order.organisation_id),
        )
    )

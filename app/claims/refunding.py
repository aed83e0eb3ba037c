"""Paying back what did not come, or came damaged: at the buyer's own prices, by whom it is to be borne."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app import history
from app.claims.models import Bearer, Claim, Count, Refund
from app.db import uuid7
from app.errors import Refusal
from app.ledger import service as ledger
from app.ledger.models import Account, AccountKind, Cause
from app.organisations.models import Organisation
from app.organisations.service import tell
from app.planning.models import OrderRebate
from app.shipping.models import Hub, Sailing, Service, Shipment, ShipmentLine
from app.trade.models import Charge, Order, OrderLine, Pool
from app.trade.numbers import number_of
from app.trade.telling import WORDS


def refunded_pieces(session: Session, line_id: UUID) -> int:
    """How many pieces of a line were paid back already."""
    return session.scalar(select(func.sum(Refund.pieces)).filter_by(order_line_id=line_id)) or 0


def parts(session: Session, charge: Charge, line: OrderLine, pieces: int) -> tuple[int, int, int]:
    """Goods, shipping and duty of so many pieces, in minor units: the goods at the buyer's own price, of
    shipping and duty the part that these goods are of its goods, rounded down. What of these the buyer got
    back already, as its pool travelled with others or customs asked less, is not paid back twice.
    """
    goods = pieces * line.unit_price
    if not charge.goods:
        return goods, 0, 0
    rebate = session.scalar(select(OrderRebate.amount).filter_by(order_id=charge.order_id)) or 0
    duty = charge.duty if charge.duty_assessed is None else charge.duty_assessed
    return goods, (charge.shipping - rebate) * goods // charge.goods, duty * goods // charge.goods


def pay_back(
    session: Session,
    pool: Pool,
    line: OrderLine,
    pieces: int,
    borne_by: Bearer,
    cause: Count | Claim,
    *,
    now: datetime,
    person_id: UUID,
) -> Refund:
    """Owe a buyer the price of `pieces` of its line, and take it from who bears it. The pool's row is held.

    It is taken from what that one is still to be paid from the pool; where that is paid already, it stands as
    owed to the platform.
    """
    order = session.get_one(Order, line.order_id)
    charge = session.get_one(Charge, order.id)
    goods, shipping, duty = parts(session, charge, line, pieces)
    refund_id = uuid7(now)
    number = number_of("R", refund_id)
    made = Refund(
        id=refund_id,
        order_line_id=line.id,
        count_id=cause.id if isinstance(cause, Count) else None,
        claim_id=cause.id if isinstance(cause, Claim) else None,
        pieces=pieces,
        goods=goods,
        shipping=shipping,
        duty=duty,
        amount=goods + shipping + duty,
        currency=charge.currency,
        borne_by=borne_by,
        made_at=now,
    )
    session.add(made)
    session.flush()
    words = f"Refund {number}: {pieces} x {line.title} of order {order.number}, borne by the {borne_by}"
    buyer = session.get_one(Organisation, order.organisation_id)
    back = Account(  # of its own, so that each refund is paid out once
        id=uuid7(now),
        kind=AccountKind.REFUND,
        organisation_id=buyer.id,
        holder=number,
        currency=charge.currency,
    )
    session.add(back)
    session.flush()
    if made.amount:
        _take(session, pool, order, line, made, back, words, now, person_id)
        ledger.owe(session, pool.id, [(back, made.amount, buyer.name, now.date())], now=now)
    history.record(session, made, "refunded", now=now, person_id=person_id, amount=made.amount)
    tell(
        session,
        order.organisation_id,
        f"You get {WORDS.money(made.amount, made.currency)} back",
        f"{pieces} x {line.title} of your order {order.number} "
        f"{'did not come' if isinstance(cause, Count) else 'came damaged'}. You get back what you paid for "
        f"them: {WORDS.money(goods, made.currency)} of goods, {WORDS.money(shipping, made.currency)} of "
        f"shipping and {WORDS.money(duty, made.currency)} of duty. The {borne_by} bears it.\n",
        now=now,
    )
    return made


def _take(
    session: Session,
    pool: Pool,
    order: Order,
    line: OrderLine,
    made: Refund,
    back: Account,
    words: str,
    now: datetime,
    person_id: UUID,
) -> None:
    key = f"refund:{made.id}"

    def post(bearer: Account) -> None:
        ledger.post(
            session,
            key=key,
            cause=Cause.REFUND,
            words=words,
            postings=[(bearer, made.amount), (back, -made.amount)],
            now=now,
            pool_id=pool.id,
            order_id=order.id,
            person_id=person_id,
        )

    paid, owing = bearer_accounts(session, pool, line, Bearer(made.borne_by), made.currency)
    try:
        with session.begin_nested():
            post(paid)
            ledger.owe_less(session, pool.id, paid, made.amount, now=now, words=words)
    except Refusal:  # it has been paid: it owes what it bears
        post(owing)


def bearer_accounts(
    session: Session, pool: Pool, line: OrderLine, borne_by: Bearer, currency: str
) -> tuple[Account, Account]:
    """Where a bearer is paid from a pool, and where it owes what it bears and was paid already."""
    if borne_by == Bearer.MAKER:
        kind, organisation_id = AccountKind.PRODUCER, line.producer_id
        holder = session.get_one(Organisation, organisation_id).name
    elif borne_by == Bearer.HUB:
        hub = session.get_one(Hub, pool.hub_id)
        kind, organisation_id, holder = AccountKind.HUB, hub.organisation_id, hub.name
    else:
        carrier = session.scalars(
            select(Service.carrier)
            .join(Sailing, Sailing.service_id == Service.id)
            .join(Shipment, Shipment.sailing_id == Sailing.id)
            .join(ShipmentLine, ShipmentLine.shipment_id == Shipment.id)
            .where(ShipmentLine.order_line_id == line.id)
        ).first()
        if carrier is None:
            raise Refusal("These goods travelled with no carrier of ours.", code="no-carrier")
        return (
            ledger.account(session, AccountKind.CARRIER, currency, holder=carrier),
            ledger.account(session, AccountKind.RECOURSE, currency, holder=carrier),
        )
    return (
        ledger.account(session, kind, currency, holder=holder, organisation_id=organisation_id),
        ledger.account(
            session, AccountKind.RECOURSE, currency, holder=holder, organisation_id=organisation_id
        ),
    )

"""What buyers get back goes the way it came: to the card, up to what was taken from it and not sent back yet.
What cannot go there is a payout like any other. Nothing here talks to Stripe.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import and_, func, select
from sqlalchemy.orm import Session

from app import history
from app.cards import service, telling
from app.cards.models import CallState, CardCall, CardDispute, Purpose
from app.db import uuid7
from app.ledger import service as ledger
from app.ledger.models import Account, AccountKind, Cause, Payment, Payout, Way
from app.organisations.models import Organisation
from app.payouts.models import LIVE, PayoutInstruction
from app.trade.models import Order, Pool
from app.trade.numbers import number_of

BY_CARD: Final = "card"
"""The rail of a payout that went back to a card."""
DISPUTED: Final = "charge_disputed"
"""Stripe's word: the buyer's bank takes the payment back, so nothing of it is sent back beside that."""
DECIDED: Final = ("won", "lost", "warning_closed")
"""States in which a dispute ends (https://docs.stripe.com/api/disputes/object)."""


@dataclass(frozen=True, slots=True)
class Back:
    """A payout to a buyer, and the payment by card that it gives back in whole or in part."""

    payout: Payout
    payment: Payment
    order: Order


def to_card(session: Session, payouts: Sequence[UUID] | None = None, *, lock: bool = False) -> list[Back]:
    """Payouts that go back to a card and were not asked for yet, whatever they are owed for: a pool that was
    called off, goods that did not come or came damaged, duty that customs did not ask, freight that was
    saved. Never more of a payment than is left of it. `lock`: those that nobody else holds.
    """
    wanted = (
        select(Payout, Payment, Order)
        .join(Account, Account.id == Payout.account_id)
        .join(Order, and_(Order.pool_id == Payout.pool_id, Order.organisation_id == Account.organisation_id))
        .join(Payment, and_(Payment.order_id == Order.id, Payment.currency == Payout.currency))
        .where(
            Account.kind.in_([AccountKind.BUYER, AccountKind.REFUND]),
            Payout.paid_on.is_(None),
            Payment.way == Way.CARD,
            Payout.id.not_in(select(CardCall.payout_id).where(CardCall.payout_id.is_not(None))),
            Payout.id.not_in(select(PayoutInstruction.payout_id).where(PayoutInstruction.state.in_(LIVE))),
        )
        .order_by(Payout.id)
    )
    if payouts is not None:
        wanted = wanted.where(Payout.id.in_(payouts))
    if lock:
        wanted = wanted.with_for_update(of=[Payout, Payment], skip_locked=True)
    rows = [Back(*row) for row in session.execute(wanted)]
    left = _left(session, [row.payment for row in rows])
    found: list[Back] = []
    for row in rows:
        if row.payout.amount <= left[row.payment.bank_reference]:
            left[row.payment.bank_reference] -= row.payout.amount
            found.append(row)
    return found


def _left(session: Session, payments: Sequence[Payment]) -> dict[str, int]:
    """What of each payment was not asked to be sent back yet, by PaymentIntent."""
    left = {payment.bank_reference: payment.amount for payment in payments}
    for intent, asked in session.execute(
        select(CardCall.subject, func.sum(CardCall.amount))
        .where(
            CardCall.purpose == Purpose.REFUND,
            CardCall.subject.in_(left),
            CardCall.state != CallState.REFUSED,
        )
        .group_by(CardCall.subject)
    ):
        left[intent] -= int(asked)
    return left


def on_its_way(session: Session, payouts: Sequence[UUID], *, waiting: bool = True) -> set[UUID]:
    """Payouts, of these, that are being sent back to a card; `waiting`: or are about to be."""
    asked = session.scalars(
        select(CardCall.payout_id)
        .join(Payout, Payout.id == CardCall.payout_id)
        .where(
            CardCall.payout_id.in_(payouts),
            CardCall.state != CallState.REFUSED,
            Payout.paid_on.is_(None),
        )
    )
    soon = {row.payout.id for row in to_card(session, payouts)} if waiting else set()
    return soon | {each for each in asked if each}


def refund_by_card(session: Session, *, now: datetime) -> int:
    """Ask for the refunds of what goes back to cards; how many."""
    held = to_card(session, lock=True)
    # Read anew now that they are held: somebody may have proposed one before.
    rows = to_card(session, [row.payout.id for row in held]) if held else []
    for row in rows:
        service.call(
            session,
            Purpose.REFUND,
            row.order.organisation_id,
            order_id=row.order.id,
            payout_id=row.payout.id,
            amount=row.payout.amount,
            currency=row.payout.currency,
            subject=row.payment.bank_reference,
            now=now,
        )
    return len(rows)


def refund_surplus(
    session: Session, order: Order, *, payment: str, amount: int, currency: str, now: datetime
) -> None:
    """Send back what came in by card for a charge that was paid already."""
    service.call(
        session,
        Purpose.REFUND,
        order.organisation_id,
        order_id=order.id,
        amount=amount,
        currency=currency,
        subject=payment,
        now=now,
    )


def not_taken(session: Session, call: CardCall, words: str, *, now: datetime) -> None:
    """A card did not take a refund: it is owed as before, and paid out as to anybody. What came in twice is
    owed from now on. The buyer is told once where to say how it is paid, the operators why; where its bank
    takes the payment back by itself, nobody is to do anything. The pool's row and the call's are held.
    """
    assert call.order_id is not None
    order = session.get_one(Order, call.order_id)
    call.state, call.words, call.next_at = CallState.REFUSED, words, None
    session.flush()
    if call.payout_id is None:
        _owe_surplus(session, call, order, now=now)
    payout = session.get_one(Payout, call.payout_id)
    history.record(session, payout, "card did not take it", now=now, words=words)
    if words == DISPUTED:
        todo = "Its bank takes it back by itself. It is owed again only if that dispute is won."
        for lost in session.scalars(select(CardDispute).filter_by(order_id=order.id, status="lost")):
            taken_back(session, lost, now=now)
    else:
        todo = "It is owed, and paid out once the buyer has said where."
        telling.not_to_card(session, order, payout, now=now)
    telling.operators(
        session, "A refund by card was refused", f"Payment {call.subject}: {words}. {todo}\n", now=now
    )


def _owe_surplus(session: Session, call: CardCall, order: Order, *, now: datetime) -> None:
    number = number_of("R", call.id)
    buyer = session.get_one(Organisation, order.organisation_id)
    to = Account(  # of its own, as each refund has
        id=uuid7(now),
        kind=AccountKind.REFUND,
        organisation_id=buyer.id,
        holder=number,
        currency=call.currency,
    )
    session.add(to)
    session.flush()
    ledger.post(
        session,
        key=f"surplus-owed:{call.id}",
        cause=Cause.SURPLUS,
        words=f"Refund {number}: what came in twice for order {order.number}, which the card did not take",
        postings=[(surplus(session, call.currency), call.amount), (to, -call.amount)],
        now=now,
        pool_id=order.pool_id,
        order_id=order.id,
    )
    (made,) = ledger.owe(session, order.pool_id, [(to, call.amount, buyer.name, now.date())], now=now)
    call.payout_id = made.id
    session.flush()


def surplus(session: Session, currency: str) -> Account:
    return ledger.account(session, AccountKind.SURPLUS, currency, holder=service.PROCESSOR)


def waits_for_bank(session: Session, payouts: Sequence[UUID]) -> set[UUID]:
    """Payouts whose buyer's bank is about to take the payment back: it would have them twice."""
    found = session.scalars(
        select(CardCall.payout_id)
        .join(CardDispute, CardDispute.order_id == CardCall.order_id)
        .where(
            CardCall.payout_id.in_(payouts),
            CardCall.words == DISPUTED,
            CardDispute.status.not_in(DECIDED),
        )
    )
    return {each for each in found if each}


def taken_back(session: Session, dispute: CardDispute, *, now: datetime) -> None:
    """A dispute is lost: what its buyer was still to get back of that payment, its bank gave it. So much of
    the loss is none. The pool's row is held.
    """
    from app.trade import settling

    before = session.scalar(select(func.sum(Payout.amount)).filter_by(rail=BY_CARD, reference=dispute.id))
    left = dispute.amount - int(before or 0)
    for call, payout in session.execute(
        select(CardCall, Payout)
        .join(Payout, Payout.id == CardCall.payout_id)
        .where(
            CardCall.order_id == dispute.order_id,
            CardCall.words == DISPUTED,
            CardCall.state == CallState.REFUSED,
            Payout.paid_on.is_(None),
            Payout.currency == dispute.currency,
            Payout.id.not_in(select(PayoutInstruction.payout_id).where(PayoutInstruction.state.in_(LIVE))),
        )
        .order_by(Payout.id)
        .with_for_update(of=[CardCall, Payout])
    ).all():
        if payout.amount > left:
            continue
        left -= payout.amount
        order = session.get_one(Order, dispute.order_id)
        to = session.get_one(Account, payout.account_id)
        ledger.post(
            session,
            key=f"payout:{payout.id}",
            cause=Cause.PAYOUT,
            words=f"The bank of the buyer of order {order.number} took it back",
            postings=[
                (to, payout.amount),
                (
                    ledger.account(session, AccountKind.DISPUTE, payout.currency, holder=service.PROCESSOR),
                    -payout.amount,
                ),
            ],
            now=now,
            pool_id=payout.pool_id,
            order_id=service.order_in_books(to, order),
        )
        call.state, call.answer = CallState.DONE, dispute.id
        payout.paid_on, payout.rail, payout.reference = now.date(), BY_CARD, dispute.id
        session.flush()
        history.record(session, payout, "taken back by its bank", now=now, amount=payout.amount)
        settling.settle_if_done(session, session.get_one(Pool, payout.pool_id), now=now)

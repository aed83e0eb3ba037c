"""Use cases of bank transfers that come in. What goes out: `app.payouts`."""

from datetime import date, datetime
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from app import history
from app.db import uuid7
from app.errors import Faulty, Refusal
from app.language import language
from app.ledger import service
from app.ledger.models import Account, AccountKind, Cause, Payment
from app.organisations.models import Organisation
from app.permissions import Actor
from app.trade import settling
from app.trade.models import Charge, Order, OrderState
from app.trade.numbers import good_reference, plain_reference
from app.trade.quoting import get_pool

LONGEST_REFERENCE: Final = 140
"""Of a remittance text in a SEPA transfer."""


def bank(session: Session, currency: str) -> Account:
    return service.account(session, AccountKind.BANK, currency, holder="Bank")


def receive(
    session: Session,
    actor: Actor,
    *,
    reference: str,
    amount: int,
    currency: str,
    received_on: date,
    bank_reference: str = "",
    now: datetime,
) -> Payment:
    """Book a bank transfer that came in; the last one of a pool confirms it.

    Faulty: no charge has the reference, or the amount, currency or day is not right. Refusal: it is paid
    already, or its pool was cancelled.
    """
    plain = plain_reference(reference)
    if not good_reference(plain):
        raise Faulty(
            fields={
                "reference": "Copy the whole reference, like RF12 O123 4567. One of its signs is not right."
            }
        )
    charge = session.scalars(select(Charge).filter_by(reference=plain)).one_or_none()
    if charge is None:
        raise Faulty(fields={"reference": "No charge has this reference."})
    order = session.get_one(Order, charge.order_id)
    pool = get_pool(session, order.pool_id, lock=True)
    session.refresh(order, with_for_update=True)
    session.refresh(charge, with_for_update=True)
    if order.state == OrderState.CANCELLED:
        raise Refusal(
            f"Order {order.number} was cancelled and owes nothing. Send the transfer back.",
            code="order-cancelled",
        )
    if charge.paid_at:
        raise Refusal(
            f"Order {order.number} was paid and booked already. If the money came twice, send one back.",
            code="paid-already",
            title="Paid already",
            facts={"order_id": order.id, "paid_at": charge.paid_at},
        )
    faults: dict[str, str] = {}
    if currency != charge.currency:
        faults["currency"] = f"The charge is in {charge.currency}."
    elif amount != charge.total:
        words = language("en")
        faults["amount"] = (
            f"The charge is {words.money(charge.total, charge.currency)}, this is "
            f"{words.money(amount, currency)}. Nothing was booked: "
            "ask the buyer for the difference, or send it back."
        )
    if received_on > now.date():
        faults["received_on"] = "Enter the day on which it came, today or before."
    if len(bank_reference) > LONGEST_REFERENCE:
        faults["bank_reference"] = f"Use at most {LONGEST_REFERENCE} characters."
    if faults:
        raise Faulty(fields=faults)
    buyer = session.get_one(Organisation, order.organisation_id)
    payment = Payment(
        id=uuid7(now),
        order_id=order.id,
        reference=plain,
        amount=amount,
        currency=currency,
        received_on=received_on,
        bank_reference=bank_reference.strip(),
        booked_at=now,
        booked_by=actor.person_id,
    )
    session.add(payment)
    session.flush()
    service.post(
        session,
        key=f"payment:{order.id}",
        cause=Cause.PAYMENT,
        words=f"Payment of order {order.number} by {buyer.name}",
        postings=[
            (bank(session, currency), amount),
            (
                service.account(
                    session, AccountKind.BUYER, currency, holder=buyer.name, organisation_id=buyer.id
                ),
                -amount,
            ),
        ],
        now=now,
        pool_id=pool.id,
        order_id=order.id,
        person_id=actor.person_id,
    )
    charge.paid_at = now
    history.record(session, order, "paid", now=now, **actor.who, amount=amount, received_on=received_on)
    settling.order_paid(session, pool, order, now=now)
    return payment

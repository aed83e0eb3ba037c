"""What buyers, hubs and operators are told by mail about cards."""

from datetime import datetime

from sqlalchemy.orm import Session

from app import mail
from app.cards.models import CardDispute, CardPayment, CardPaymentState
from app.language import language
from app.organisations.service import people_with, tell
from app.permissions import Role
from app.shipping.models import Hub
from app.trade.models import Charge, Order, Pool
from app.trade.numbers import printed

WORDS = language("en")


def refused(session: Session, order: Order, payment: CardPayment, *, now: datetime) -> None:
    """Tell the buyer what to do, and until when."""
    assert payment.mend_by is not None
    amount = WORDS.money(payment.amount, payment.currency)
    asks = payment.state == CardPaymentState.TO_AUTHENTICATE
    why = (
        f"Your bank wants to hear from you before it pays {amount} for your order {order.number}."
        if asks
        else f"Your bank declined {amount} for your order {order.number}."
    )
    todo = "Confirm it" if asks else "Pay with this card once more, or with another one,"
    body = (
        f"{why} Nothing was taken.\n\n{todo} by {WORDS.day(payment.mend_by)}, {payment.mend_by:%H:%M} UTC: "
        f'sign in, open "Money" and choose "Pay by card" beside order {order.number}. A bank transfer with '
        "the reference on your order's page is as good.\n\n"
        "If neither happens, the pool may have to go on without your order.\n"
    )
    title = "Confirm your payment of" if asks else "Your card was declined for"
    tell(session, order.organisation_id, f"{title} order {order.number}", body, now=now)


def given_up(session: Session, order: Order, payment: CardPayment, *, now: datetime) -> None:
    """Tell the buyer and the hub that the time to mend a card is over."""
    pool = session.get_one(Pool, order.pool_id)
    charge = session.get_one(Charge, order.id)
    amount = WORDS.money(payment.amount, payment.currency)
    body = (
        f"{amount} for your order {order.number} could not be taken from your card in time. "
        f"Transfer it with the reference {printed(charge.reference)} now: until it "
        "comes, the hub may call off the pool or plan it anew.\n"
    )
    tell(session, order.organisation_id, f"Order {order.number} is not paid", body, now=now)
    hub = session.get_one(Hub, pool.hub_id)
    body = (
        f"The card of a buyer in pool {pool.number}, {pool.title}, could not be charged, and was not "
        f"mended in time: order {order.number}, {amount}. Ask the buyer for a transfer, or cancel the pool.\n"
    )
    tell(
        session, hub.organisation_id, f"Order {order.number} of pool {pool.number} is not paid", body, now=now
    )


def not_confirmed(session: Session, pool: Pool, why: str, *, now: datetime) -> None:
    """Tell the hub that everybody has paid, and what keeps the pool from being confirmed."""
    hub = session.get_one(Hub, pool.hub_id)
    body = f"Everybody in pool {pool.number}, {pool.title}, has paid, but it cannot be confirmed:\n\n{why}\n"
    tell(session, hub.organisation_id, f"Pool {pool.number} cannot be confirmed", body, now=now)


def operators(session: Session, subject: str, body: str, *, now: datetime) -> None:
    for person, _organisation in people_with(session, Role.OPERATOR):
        mail.write(session, person.email, subject, body, now=now)


def disputed(session: Session, order: Order, dispute: CardDispute, *, now: datetime) -> None:
    """Tell the operators: only they can answer a bank, with Stripe."""
    by = f" Answer at Stripe by {WORDS.day(dispute.answer_by)}." if dispute.answer_by else ""
    operators(
        session,
        f"A bank takes back the payment of order {order.number}",
        f"{WORDS.money(dispute.amount, dispute.currency)}, reason: {dispute.reason}, "
        f"state: {dispute.status}.{by}\n",
        now=now,
    )

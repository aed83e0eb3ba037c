"""What buyers, hubs and operators are told by mail about cards."""

from datetime import datetime

from sqlalchemy.orm import Session

from app import mail
from app.cards.models import CardDispute, CardPayment, CardPaymentState
from app.language import language
from app.ledger.models import Payout
from app.organisations.service import people_with, tell
from app.permissions import Role
from app.shipping.models import Hub
from app.trade.models import Charge, Order, Pool
from app.trade.numbers import printed

WORDS = language("en")


def refused(session: Session, order: Order, payment: CardPayment, address: str, *, now: datetime) -> None:
    """Tell the buyer what to do, where, and until when."""
    assert payment.mend_by is not None
    charged = session.get(Charge, order.id) is not None
    amount = WORDS.money(payment.amount, payment.currency)
    what = amount if charged else f"{amount}, the most that it can cost,"
    asks = payment.state == CardPaymentState.TO_AUTHENTICATE
    why = (
        f"Your bank wants to hear from you before it keeps {what} ready for your order {order.number}."
        if asks
        else f"Your bank declined {what} for your order {order.number}."
    )
    todo = "Confirm it" if asks else "Use this card once more, or another one,"
    rest = (
        "A bank transfer with the reference on your order's page is as good.\n\n"
        if charged
        else "There you can also choose to pay by bank transfer.\n\n"
        "If you do neither, the pool is planned without your order. You pay nothing then.\n"
    )
    body = (
        f"{why} Nothing was taken.\n\n{todo} by {WORDS.day(payment.mend_by)}, {payment.mend_by:%H:%M} UTC:\n"
        f"{address}/orders/{order.id}/card\n\n{rest}"
    )
    title = "Confirm the payment of" if asks else "Your card was declined for"
    tell(session, order.organisation_id, f"{title} order {order.number}", body, now=now)


def given_up(session: Session, order: Order, payment: CardPayment, *, now: datetime) -> None:
    """Tell the buyer and the hub that the time to mend the card of a charged order is over."""
    pool = session.get_one(Pool, order.pool_id)
    charge = session.get_one(Charge, order.id)
    amount = WORDS.money(payment.amount, payment.currency)
    body = (
        f"{amount} for your order {order.number} could not be taken from your card in time. "
        f"Transfer it with the reference {printed(charge.reference)} now: until it "
        "comes, the hub may call off the pool.\n"
    )
    tell(session, order.organisation_id, f"Order {order.number} is not paid", body, now=now)
    body = (
        f"The card of a buyer in pool {pool.number}, {pool.title}, could not be charged, and was not "
        f"mended in time: order {order.number}, {amount}. Ask the buyer for a transfer, or cancel the pool.\n"
    )
    _tell_hub(session, pool, f"Order {order.number} of pool {pool.number} is not paid", body, now=now)


def taken_out(session: Session, pool: Pool, order: Order, payment: CardPayment, *, now: datetime) -> None:
    """Tell the buyer and the hub that a pool goes on without an order."""
    body = (
        f"Your card could not be used for your order {order.number} in time. "
        f"The pool {pool.number}, {pool.title}, is planned without it. "
        "You pay nothing, and nothing was taken from your card.\n"
    )
    tell(session, order.organisation_id, f"Your order {order.number} is out of the pool", body, now=now)
    amount = WORDS.money(payment.amount, payment.currency)
    body = (
        f"The card of a buyer in pool {pool.number}, {pool.title}, was not mended in time: order "
        f"{order.number}, at most {amount}. The pool is planned again without it. Nobody else pays more than "
        "was promised; if that cannot be, the pool is called off, and everybody is told.\n"
    )
    _tell_hub(session, pool, f"Pool {pool.number} is planned without order {order.number}", body, now=now)


def by_transfer(session: Session, order: Order, charge: Charge, *, now: datetime) -> None:
    """Tell the buyer that its card cannot pay, and a transfer can."""
    amount = WORDS.money(charge.total, charge.currency)
    body = (
        f"Your card cannot pay {amount} for your order {order.number}. Nothing was taken. Transfer it by "
        f"{WORDS.day(charge.due_on)} with the reference {printed(charge.reference)}.\n"
    )
    tell(session, order.organisation_id, f"Pay order {order.number} by bank transfer", body, now=now)


def not_to_card(session: Session, order: Order, payout: Payout, *, now: datetime) -> None:
    """Tell the buyer that its card did not take what it gets back, and what to do."""
    amount = WORDS.money(payout.amount, payout.currency)
    body = (
        f"We sent {amount} back to the card that paid your order {order.number}, and its bank did not take "
        "it. It is owed to you as before. Say on your page Money, under Payout details, where we pay you: it "
        "is transferred then.\n"
    )
    tell(session, order.organisation_id, f"Say where we pay you {amount}", body, now=now)


def _tell_hub(session: Session, pool: Pool, subject: str, body: str, *, now: datetime) -> None:
    tell(session, session.get_one(Hub, pool.hub_id).organisation_id, subject, body, now=now)


def not_confirmed(session: Session, pool: Pool, why: str, *, now: datetime) -> None:
    """Tell the hub that everybody has paid, and what keeps the pool from being confirmed."""
    body = f"Everybody in pool {pool.number}, {pool.title}, has paid, but it cannot be confirmed:\n\n{why}\n"
    _tell_hub(session, pool, f"Pool {pool.number} cannot be confirmed", body, now=now)


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

"""How an order is paid, as its buyer sees it: by which card, what the bank said, what to do until when."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final
from uuid import UUID

from sqlalchemy import and_, select
from sqlalchemy.orm import Session

from app.cards import holding, service
from app.cards.models import Card, CardPayment, CardPaymentState
from app.settings import Settings
from app.trade.models import Charge, Order, OrderState, Pool, PoolState


class Stage(StrEnum):
    """Where an order stands between saving a card and paying."""

    NO_CARDS = "no cards"  # not taken here, or not wanted for this order: a transfer
    NO_CARD = "no card"  # one can still be saved
    SAVED = "saved"  # asked once the pool closes
    ASKED = "asked"
    TO_AUTHENTICATE = "to authenticate"
    DECLINED = "declined"
    HELD = "held"  # kept ready: the charge is not made yet
    TAKING = "taking"
    PAID = "paid"
    TRANSFER = "transfer"
    GIVEN_UP = "given up"
    OVER = "over"  # nothing to pay


TO_MEND: Final = (Stage.TO_AUTHENTICATE, Stage.DECLINED)
BY_ITSELF: Final = (Stage.ASKED, Stage.HELD, Stage.TAKING)
"""A transfer of the buyer would pay twice."""


@dataclass(frozen=True, slots=True)
class Standing:
    """`amount` in minor units of `currency`: what is to be held or taken, at most or exactly."""

    stage: Stage
    amount: int
    currency: str
    card: str = ""  # "Visa ···· 4242"
    mend_by: datetime | None = None

    @property
    def to_mend(self) -> bool:
        return self.stage in TO_MEND

    @property
    def by_itself(self) -> bool:
        return self.stage in BY_ITSELF


def standing(session: Session, order: Order, pool: Pool, settings: Settings) -> Standing:
    """How an order is paid."""
    payment, card = _asked_and_saved(session, order)
    charge = session.get(Charge, order.id)
    name = f"{card.brand.capitalize()} ···· {card.last4}" if card else ""
    most = charge.total if charge else payment.amount if payment else holding.most_of(order)
    stage = _stage(order, pool, payment, charge, saved=card is not None, taken=bool(settings.stripe_key))
    return Standing(stage, most, pool.currency, name, payment.mend_by if payment else None)


def _asked_and_saved(session: Session, order: Order) -> tuple[CardPayment | None, Card | None]:
    """What was asked of a card for the order, and the card that its buyer has saved."""
    asked, saved = session.execute(
        select(CardPayment, Card)
        .select_from(Order)
        .outerjoin(CardPayment, CardPayment.order_id == Order.id)
        .outerjoin(Card, and_(Card.organisation_id == Order.organisation_id, Card.method != ""))
        .where(Order.id == order.id)
    ).one()
    return asked, saved


def _stage(
    order: Order,
    pool: Pool,
    payment: CardPayment | None,
    charge: Charge | None,
    *,
    saved: bool,
    taken: bool,
) -> Stage:
    if payment and payment.state == CardPaymentState.GIVEN_UP and not (charge and charge.paid_at):
        return Stage.TRANSFER if charge and order.state != OrderState.CANCELLED else Stage.GIVEN_UP
    owes = order.state != OrderState.LEFT or order.leaving_charge > 0
    if order.state == OrderState.CANCELLED or not owes:
        return Stage.OVER
    if charge and charge.paid_at:
        return Stage.PAID
    if payment is None or payment.state == CardPaymentState.RELEASED:
        if not taken or (pool.state == PoolState.CLOSING and not saved):
            return Stage.NO_CARDS
        if charge:
            return Stage.TRANSFER
        return Stage.SAVED if saved else Stage.NO_CARD
    if payment.state == CardPaymentState.HELD:
        return Stage.TAKING if charge else Stage.HELD
    if payment.state == CardPaymentState.ASKED and charge and not _saved_card_asked(payment):
        return Stage.TRANSFER
    return {
        CardPaymentState.ASKED: Stage.ASKED,
        CardPaymentState.TO_AUTHENTICATE: Stage.TO_AUTHENTICATE,
        CardPaymentState.DECLINED: Stage.DECLINED,
        CardPaymentState.BY_TRANSFER: Stage.TRANSFER,
        CardPaymentState.PAID: Stage.PAID,
    }[CardPaymentState(payment.state)]


def _saved_card_asked(payment: CardPayment) -> bool:
    from sqlalchemy.orm import object_session

    session = object_session(payment)
    return session is not None and service.being_asked(session, payment.order_id)


def pays_by_itself(session: Session, order_id: UUID) -> bool:
    """Whether an order's charge is taken from a card, so that its buyer has nothing to transfer."""
    payment = session.get(CardPayment, order_id)
    return payment is not None and payment.state in {CardPaymentState.HELD, CardPaymentState.PAID}

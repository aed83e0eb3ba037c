"""Use cases of cards: what people ask for, and what is to be collected. Nothing here talks to Stripe."""

from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app import history, jobs
from app.cards.jobs import ask_stripe, look_at_event
from app.cards.models import (
    WAITING,
    CallState,
    Card,
    CardCall,
    CardPayment,
    CardPaymentState,
    Purpose,
    StripeEvent,
)
from app.db import uuid7
from app.errors import Refusal
from app.ledger.models import Account, AccountKind, Payment, Payout, Way
from app.organisations.models import Organisation
from app.permissions import Actor
from app.settings import Settings
from app.stripe_gateway import Told
from app.trade.models import Charge, Order, OrderState, Pool, PoolState
from app.trade.ordering import own_order

PAGE_LIVES: Final = timedelta(hours=23)
"""A hosted page is used for so long; Stripe closes it after 24 hours."""
ANY_CURRENCY: Final = "USD"
"""Of a saved card: Stripe wants one to choose ways to pay by; a card is saved for all."""


def card_of(session: Session, organisation_id: UUID) -> Card | None:
    """The saved card of an organisation."""
    found = session.get(Card, organisation_id)
    return found if found and found.method else None


def ask_to_save(session: Session, actor: Actor, settings: Settings, *, now: datetime) -> CardCall:
    """Ask for a hosted page where the actor's organisation saves a card; one that is open is given again.
    Refusal: no cards are taken here.
    """
    _refuse_without_key(settings)
    open_page = _open_page(session, actor.organisation_id, Purpose.SAVE_CARD, None, now)
    if open_page:
        return open_page
    made = _call(
        session,
        Purpose.SAVE_CARD,
        actor.organisation_id,
        currency=ANY_CURRENCY,
        now=now,
    )
    history.record(session, made, "asked to save a card", now=now, **actor.who)
    return made


def forget_card(session: Session, actor: Actor, *, now: datetime) -> None:
    """Not to be charged by card any more: what is charged from now on is paid by bank transfer."""
    card = card_of(session, actor.organisation_id)
    if card:
        card.method = card.brand = card.last4 = card.expires = ""
        card.saved_at = None
        own = session.get_one(Organisation, actor.organisation_id)
        history.record(session, own, "card forgotten", now=now, **actor.who)


def ask_to_pay(
    session: Session, actor: Actor, settings: Settings, order_id: UUID, *, now: datetime
) -> CardCall:
    """Ask for a hosted page where a charge is paid: its bank asks there, or another card is taken. Missing:
    not the actor's order. Refusal: no cards here, nothing to pay, or paid already.
    """
    order, _pool = own_order(session, actor, order_id)
    _refuse_without_key(settings)
    charge = session.get(Charge, order.id, with_for_update=True)
    if charge is None or order.state == OrderState.CANCELLED:
        raise Refusal("There is nothing to pay for this order.", code="nothing-to-pay")
    if charge.paid_at:
        raise Refusal("This order is paid.", code="paid-already", title="Paid already")
    open_page = _open_page(session, order.organisation_id, Purpose.PAGE_TO_PAY, order.id, now)
    if open_page:
        return open_page
    if session.get(CardPayment, order.id) is None:
        session.add(CardPayment(order_id=order.id, amount=charge.total, currency=charge.currency))
    made = _call(
        session,
        Purpose.PAGE_TO_PAY,
        order.organisation_id,
        order_id=order.id,
        amount=charge.total,
        currency=charge.currency,
        now=now,
    )
    history.record(session, order, "asked to pay by card", now=now, **actor.who, amount=charge.total)
    return made


def take_event(session: Session, told: Told, *, now: datetime) -> bool:
    """Keep an event of Stripe's, and ask for its object to be fetched; False: it was told before."""
    taken = session.scalar(
        insert(StripeEvent)
        .values(id=told.id, kind=told.kind, object_id=told.object_id, received_at=now)
        .on_conflict_do_nothing()
        .returning(StripeEvent.id)
    )
    if taken:
        jobs.enqueue(session, look_at_event.name, lock=f"stripe:{told.object_id}", event_id=told.id)
    return taken is not None


def charge_by_card(session: Session, *, now: datetime) -> int:
    """Ask for the charge of every planned order whose buyer has saved a card; how many. Never above what the
    buyer accepted when it joined.
    """
    rows = session.execute(
        select(Charge, Order, Card)
        .join(Order, Order.id == Charge.order_id)
        .join(Card, Card.organisation_id == Order.organisation_id)
        .join(CardPayment, CardPayment.order_id == Order.id, isouter=True)
        .where(
            Charge.paid_at.is_(None),
            Charge.total > 0,
            Order.state.in_([OrderState.PLANNED, OrderState.LEFT]),
            Card.method != "",
            CardPayment.order_id.is_(None),
        )
        .order_by(Order.id)
        .with_for_update(of=Charge, skip_locked=True)
    ).all()
    for charge, order, card in rows:
        most = order.leaving_charge if order.state == OrderState.LEFT else order.goods + order.quote
        if charge.total > most:
            raise ValueError(f"order {order.number} is charged more than its buyer accepted")
        session.add(CardPayment(order_id=order.id, amount=charge.total, currency=charge.currency))
        session.flush()
        _call(
            session,
            Purpose.CHARGE,
            order.organisation_id,
            order_id=order.id,
            amount=charge.total,
            currency=charge.currency,
            subject=card.method,
            now=now,
        )
        history.record(session, order, "card to be charged", now=now, amount=charge.total)
    return len(rows)


def refund_by_card(session: Session, *, now: datetime) -> int:
    """Ask for refunds of what buyers of cancelled orders had paid by card; how many."""
    called = select(CardCall.payout_id).where(CardCall.payout_id.is_not(None))
    rows = session.execute(
        select(Payout, Payment, Order)
        .join(Account, Account.id == Payout.account_id)
        .join(Order, (Order.pool_id == Payout.pool_id) & (Order.organisation_id == Account.organisation_id))
        .join(Payment, Payment.order_id == Order.id)
        .where(
            Account.kind == AccountKind.BUYER,
            Payout.paid_on.is_(None),
            Payout.amount == Payment.amount,  # anything else is a person's to decide
            Payment.way == Way.CARD,
            Payout.id.not_in(called),
        )
        .order_by(Payout.id)
        .with_for_update(of=Payout, skip_locked=True)
    ).all()
    for payout, payment, order in rows:
        _call(
            session,
            Purpose.REFUND,
            order.organisation_id,
            order_id=order.id,
            payout_id=payout.id,
            amount=payout.amount,
            currency=payout.currency,
            subject=payment.bank_reference,
            now=now,
        )
    return len(rows)


def refund_surplus(
    session: Session, order: Order, *, payment: str, amount: int, currency: str, now: datetime
) -> None:
    """Send back what came in by card for a charge that was paid already."""
    _call(
        session,
        Purpose.REFUND,
        order.organisation_id,
        order_id=order.id,
        amount=amount,
        currency=currency,
        subject=payment,
        now=now,
    )


def refused(
    session: Session, order: Order, *, intent: str, code: str, decline_code: str, now: datetime, days: int
) -> None:
    """A bank said no, or wants to hear the holder: the buyer is told once what to do until when."""
    found = session.get_one(CardPayment, order.id, with_for_update=True)
    if found.state in {CardPaymentState.PAID, CardPaymentState.GIVEN_UP}:
        return
    state = (
        CardPaymentState.TO_AUTHENTICATE
        if "authentication_required" in {code, decline_code}
        else CardPaymentState.DECLINED
    )
    word = decline_code or code
    if (found.state, found.intent, found.code) == (state, intent, word):
        return
    first = found.mend_by is None
    found.state, found.intent, found.code = state, intent, word
    found.mend_by = found.mend_by or now + timedelta(days=days)
    history.record(session, order, f"card {state}", now=now, code=word)
    if first:
        from app.cards.telling import refused as told

        told(session, order, found, now=now)


def give_up(session: Session, *, now: datetime) -> int:
    """Orders whose card was not mended in time: buyer and hub are told that it is a bank transfer now, or a
    pool without this order. How many.
    """
    from app.cards.telling import given_up as told

    late = session.scalars(
        select(CardPayment)
        .where(CardPayment.state.in_(WAITING), CardPayment.mend_by <= now)
        .order_by(CardPayment.order_id)
        .with_for_update(skip_locked=True)
    ).all()
    for payment in late:
        payment.state = CardPaymentState.GIVEN_UP
        order = session.get_one(Order, payment.order_id)
        history.record(session, order, "card given up", now=now, code=payment.code)
        told(session, order, payment, now=now)
    return len(late)


def to_ask(session: Session, *, now: datetime) -> list[UUID]:
    """Calls whose time has come, among them those that a worker left when it died."""
    return list(
        session.scalars(
            select(CardCall.id).where(CardCall.next_at <= now).order_by(CardCall.next_at, CardCall.id)
        )
    )


def unhandled_events(session: Session, *, before: datetime) -> list[StripeEvent]:
    return list(
        session.scalars(
            select(StripeEvent)
            .where(StripeEvent.handled_at.is_(None), StripeEvent.received_at <= before)
            .order_by(StripeEvent.received_at, StripeEvent.id)
        )
    )


def fully_paid(session: Session) -> list[UUID]:
    """Planned pools of which everything is paid: something kept them from being confirmed."""
    unpaid = (
        select(Order.pool_id)
        .join(Charge, Charge.order_id == Order.id)
        .where(Charge.paid_at.is_(None), Order.state != OrderState.CANCELLED)
    )
    paid = select(Order.pool_id).join(Payment, Payment.order_id == Order.id).where(Payment.way == Way.CARD)
    return list(
        session.scalars(
            select(Pool.id)
            .where(Pool.state == PoolState.PLANNED, Pool.id.in_(paid), Pool.id.not_in(unpaid))
            .order_by(Pool.id)
        )
    )


def latest_page(
    session: Session, organisation_id: UUID, purpose: Purpose, order_id: UUID | None = None
) -> CardCall | None:
    """The last hosted page that was asked for."""
    return session.scalars(
        select(CardCall)
        .filter_by(organisation_id=organisation_id, purpose=purpose, order_id=order_id)
        .order_by(CardCall.made_at.desc(), CardCall.id.desc())
        .limit(1)
    ).one_or_none()


def usable(page: CardCall | None, now: datetime) -> bool:
    """Whether a hosted page is there, or about to be."""
    waits = page is not None and page.state in {CallState.STORED, CallState.SENT, CallState.OPEN}
    return waits and page is not None and page.made_at + PAGE_LIVES > now


def lock_card(session: Session, organisation_id: UUID) -> Card:
    """An organisation's row, made when it is first needed, held."""
    session.execute(
        insert(Card)
        .values(organisation_id=organisation_id, customer="", method="", brand="", last4="", expires="")
        .on_conflict_do_nothing()
    )
    return session.get_one(Card, organisation_id, with_for_update=True)


def _call(
    session: Session,
    purpose: Purpose,
    organisation_id: UUID,
    *,
    currency: str,
    now: datetime,
    order_id: UUID | None = None,
    payout_id: UUID | None = None,
    amount: int = 0,
    subject: str = "",
) -> CardCall:
    """Store what is to be asked; a job asks once this is committed."""
    made = CardCall(
        id=uuid7(now),
        purpose=purpose,
        organisation_id=organisation_id,
        order_id=order_id,
        payout_id=payout_id,
        amount=amount,
        currency=currency,
        subject=subject,
        made_at=now,
        next_at=now,
    )
    session.add(made)
    session.flush()
    jobs.enqueue(session, ask_stripe.name, lock=f"card-call:{made.id}", call_id=str(made.id))
    return made


def _open_page(
    session: Session, organisation_id: UUID, purpose: Purpose, order_id: UUID | None, now: datetime
) -> CardCall | None:
    found = latest_page(session, organisation_id, purpose, order_id)
    return found if usable(found, now) else None


def _refuse_without_key(settings: Settings) -> None:
    if settings.stripe_key is None:
        raise Refusal(
            "Cards are not taken here. Pay by bank transfer, with the reference of your order.",
            code="no-cards",
            title="By bank transfer",
        )

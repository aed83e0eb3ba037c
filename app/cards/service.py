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
    PAGES_FOR_ORDERS,
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
from app.ledger.models import Account, AccountKind, Payment, Way
from app.organisations.models import Organisation
from app.permissions import Actor
from app.settings import Settings
from app.stripe_gateway import NotPayable, Told, to_stripe
from app.trade.models import Charge, Order, OrderState, Pool, PoolState
from app.trade.ordering import own_order
from app.trade.quoting import get_pool

PAGE_LIVES: Final = timedelta(hours=23)
"""A hosted page is used for so long; Stripe closes it after 24 hours."""
ANY_CURRENCY: Final = "USD"
"""Of a saved card: Stripe wants one to choose ways to pay by; a card is saved for all."""
PROCESSOR: Final = "Stripe"


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
    made = call(
        session,
        Purpose.SAVE_CARD,
        actor.organisation_id,
        currency=ANY_CURRENCY,
        now=now,
    )
    history.record(session, made, "asked to save a card", now=now, **actor.who)
    return made


def forget_card(session: Session, actor: Actor, *, now: datetime) -> None:
    """Not to be asked for anything any more: what comes from now on is paid by bank transfer."""
    card = card_of(session, actor.organisation_id)
    if card:
        card.method = card.brand = card.last4 = card.expires = ""
        card.saved_at = None
        own = session.get_one(Organisation, actor.organisation_id)
        history.record(session, own, "card forgotten", now=now, **actor.who)


def ask_to_pay(
    session: Session, actor: Actor, settings: Settings, order_id: UUID, *, now: datetime
) -> CardCall:
    """Ask for a hosted page where a charge is paid, or what was refused is held: its bank asks there, or
    another card is taken. Missing: not the actor's order. Refusal: no cards here, nothing to pay, paid
    already, being charged, or no amount of cards.
    """
    order, pool = own_order(session, actor, order_id)
    _refuse_without_key(settings)
    get_pool(session, pool.id, lock=True)
    session.refresh(order)
    charge = session.get(Charge, order.id, with_for_update=True)
    payment = session.get(CardPayment, order.id)
    if order.state == OrderState.CANCELLED or (
        charge is None and (payment is None or payment.state not in WAITING)
    ):
        raise Refusal("There is nothing to pay for this order.", code="nothing-to-pay")
    if charge and charge.paid_at:
        raise Refusal("This order is paid.", code="paid-already", title="Paid already")
    if being_asked(session, order.id):
        raise Refusal(
            "Your saved card is being charged at this moment. Look again in a minute.",
            code="being-charged",
            title="Being charged",
        )
    if charge:
        purpose, amount, currency = Purpose.PAGE_TO_PAY, charge.total, charge.currency
    else:
        assert payment is not None
        purpose, amount, currency = Purpose.PAGE_TO_HOLD, payment.amount, payment.currency
    open_page = _open_page(session, order.organisation_id, purpose, order.id, now)
    if open_page:
        return open_page
    refuse_odd_amount(amount, currency)
    if payment is None:
        session.add(CardPayment(order_id=order.id, amount=amount, currency=currency))
    made = call(
        session,
        purpose,
        order.organisation_id,
        order_id=order.id,
        amount=amount,
        currency=currency,
        now=now,
    )
    history.record(session, order, "asked to pay by card", now=now, **actor.who, amount=amount)
    return made


def being_asked(session: Session, order_id: UUID) -> bool:
    """Whether a saved card is being asked for an order, so that nobody pays twice meanwhile."""
    found = select(CardCall.id).where(
        CardCall.order_id == order_id,
        CardCall.purpose.in_([Purpose.HOLD, Purpose.CHARGE, Purpose.TAKE]),
        CardCall.state.in_([CallState.STORED, CallState.SENT]),
    )
    return session.scalars(found).first() is not None


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
        most = order.leaving_charge if order.state == OrderState.LEFT else order.most
        if charge.total > most:
            raise ValueError(f"order {order.number} is charged more than its buyer accepted")
        session.add(CardPayment(order_id=order.id, amount=charge.total, currency=charge.currency))
        session.flush()
        call(
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


def refused(
    session: Session,
    order: Order,
    *,
    intent: str,
    code: str,
    decline_code: str,
    now: datetime,
    settings: Settings,
) -> None:
    """A bank said no, or wants to hear the holder: the buyer is told once what to do until when."""
    from app.trade import closing

    found = session.get_one(CardPayment, order.id, with_for_update=True)
    if found.state not in {CardPaymentState.ASKED, *WAITING}:
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
    found.mend_by = found.mend_by or now + timedelta(days=settings.card_days)
    history.record(session, order, f"card {state}", now=now, code=word)
    closing.ask_for_steps(session, order.pool_id)  # so that the hub sees it
    if first:
        from app.cards.telling import refused as told

        told(session, order, found, settings.address, now=now)


def late(session: Session, *, now: datetime) -> list[UUID]:
    """Orders whose card was not mended in time."""
    return list(
        session.scalars(
            select(CardPayment.order_id)
            .where(CardPayment.state.in_(WAITING), CardPayment.mend_by <= now)
            .order_by(CardPayment.order_id)
        )
    )


def give_up(session: Session, order_id: UUID, *, now: datetime) -> bool:
    """A card that was not mended in time: its pool is planned again without the order. Once the charges are
    made it is too late for that, and it is a bank transfer now. Buyer and hub are told. False: it was mended.
    """
    from app.cards import telling
    from app.trade.collecting import plan_without

    order = session.get_one(Order, order_id)
    pool = get_pool(session, order.pool_id, lock=True)
    session.refresh(order)
    payment = session.get_one(CardPayment, order.id, with_for_update=True, populate_existing=True)
    if payment.state not in WAITING or payment.mend_by is None or payment.mend_by > now:
        return False
    if order.state == OrderState.CANCELLED or pool.state == PoolState.OPEN:
        payment.state = CardPaymentState.RELEASED  # called off meanwhile, or open again: nobody waits for it
        return False
    payment.state = CardPaymentState.GIVEN_UP
    history.record(session, order, "card given up", now=now, code=payment.code)
    if plan_without(session, pool, order, now=now):
        telling.taken_out(session, pool, order, payment, now=now)
    else:
        telling.given_up(session, order, payment, now=now)
    return True


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


def page_of(session: Session, order: Order) -> CardCall | None:
    """The last hosted page that was asked for to pay an order, or to hold what it may cost."""
    return session.scalars(
        select(CardCall)
        .where(CardCall.order_id == order.id, CardCall.purpose.in_(PAGES_FOR_ORDERS))
        .order_by(CardCall.made_at.desc(), CardCall.id.desc())
        .limit(1)
    ).one_or_none()


def usable(page: CardCall | None, now: datetime) -> bool:
    """Whether a hosted page is there, or about to be."""
    waits = page is not None and page.state in {CallState.STORED, CallState.SENT, CallState.OPEN}
    return waits and page is not None and page.made_at + PAGE_LIVES > now


def order_in_books(to: Account, order: Order) -> UUID | None:
    """The order that an entry of a refund names. What a buyer gets back of an order that stands is of its
    pool: what the order was charged and paid stays as it was told.
    """
    stands = to.kind == AccountKind.BUYER and order.state != OrderState.CANCELLED
    return None if stands else order.id


def lock_card(session: Session, organisation_id: UUID) -> Card:
    """An organisation's row, made when it is first needed, held."""
    session.execute(
        insert(Card)
        .values(organisation_id=organisation_id, customer="", method="", brand="", last4="", expires="")
        .on_conflict_do_nothing()
    )
    return session.get_one(Card, organisation_id, with_for_update=True)


def call(
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


def refuse_odd_amount(amount: int, currency: str) -> None:
    """Refusal: cards cannot pay it to the last figure."""
    try:
        to_stripe(amount, currency)
    except NotPayable as fault:
        raise Refusal(
            "Cards cannot pay this amount to the last figure. Pay it by bank transfer.",
            code="amount-not-payable",
            title="By bank transfer",
        ) from fault


def _refuse_without_key(settings: Settings) -> None:
    if settings.stripe_key is None:
        raise Refusal(
            "Cards are not taken here. Pay by bank transfer, with the reference of your order.",
            code="no-cards",
            title="By bank transfer",
        )

"""One call of Stripe: stored and committed before, asked outside of any transaction, its answer stored after.

A worker may die anywhere between: the call is then `sent`, and the next worker asks what became of it before
it asks for the same again, with the same key.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app import history, jobs
from app.cards import booking, holding, refunding, service
from app.cards.models import CallState, CardCall, CardPayment, CardPaymentState, Purpose, StripeEvent
from app.organisations.models import Organisation
from app.organisations.service import people_of
from app.payouts import connecting, sending
from app.settings import Settings
from app.stripe_gateway import (
    Gateway,
    HostedPage,
    NotPayable,
    Paid,
    Refused,
    Returned,
    SavedCard,
    Unknown,
    gateway,
)
from app.trade.models import Charge, Order, OrderState
from app.trade.quoting import get_pool

FIRST_PAUSE: Final = timedelta(seconds=30)
LONGEST_PAUSE: Final = timedelta(hours=1)
NOT_PAYABLE: Final = "amount_not_payable"
REFUNDS: Final = ("refund.", "charge.refund.")
"""Events of refunds; one that was made may fail days later (https://docs.stripe.com/refunds#failed-refunds)."""
PAGE_PAUSE: Final = timedelta(minutes=5)
"""Between two looks at a hosted page; an event is quicker."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What a call needs, read before it."""

    key: str
    purpose: str
    again: bool
    tries: int
    customer: str
    organisation_id: UUID
    name: str
    email: str
    order: str
    amount: int
    currency: str
    subject: str
    made_at: datetime
    page: str
    done_url: str
    back_url: str


Answer = Paid | Returned | HostedPage | Refused | tuple[HostedPage, SavedCard | Paid | None]


def ask(call_id: UUID) -> None:
    """Take one call further."""
    with jobs.transaction() as (session, now, settings):
        stripe = gateway(settings)
        asked = _begin(session, call_id, settings, now) if stripe else None
    if stripe is None or asked is None:
        return
    try:
        if not asked.customer:
            name = stripe.create_customer(
                f"customer-{asked.organisation_id}", name=asked.name, email=asked.email
            )
            with jobs.transaction() as (session, _now, _settings):
                service.lock_card(session, asked.organisation_id).customer = name
            with jobs.transaction() as (session, now, settings):
                asked = _begin(session, call_id, settings, now)
            assert asked is not None
        answer = _answer(stripe, asked)
    except Unknown as fault:
        with jobs.transaction() as (session, _now, _settings):
            session.get_one(CardCall, call_id).words = str(fault)  # `collect_by_card` asks later
        return
    except Refused as refusal:
        answer = refusal
    except NotPayable as fault:
        answer = Refused(str(fault), code=NOT_PAYABLE)
    with jobs.transaction() as (session, now, settings):
        _end(session, call_id, answer, settings, now)


def _begin(session: Session, call_id: UUID, settings: Settings, now: datetime) -> Asked | None:
    """Mark a call as sent. None: it has ended, or must not be made any more."""
    call = session.get(CardCall, call_id, with_for_update=True)
    if call is None or call.state in {CallState.DONE, CallState.REFUSED}:
        return None
    if call.state == CallState.STORED and not _owed(session, call):
        call.state, call.words, call.next_at = CallState.REFUSED, "not owed any more", None
        return None
    card = service.lock_card(session, call.organisation_id)
    again = call.state == CallState.SENT
    if call.state != CallState.OPEN and card.customer:
        call.state = CallState.SENT
    call.tries += 1
    call.next_at = now + _pause(call.tries)
    buyer = session.get_one(Organisation, call.organisation_id)
    people = people_of(session, call.organisation_id)
    number = session.get_one(Order, call.order_id).number if call.order_id else ""
    saving = call.purpose == Purpose.SAVE_CARD
    back = f"{settings.address}/card" if saving else f"{settings.address}/orders/{call.order_id}/card"
    return Asked(
        key=str(call.id),
        purpose=call.purpose,
        again=again,
        tries=call.tries,
        customer=card.customer,
        organisation_id=buyer.id,
        name=buyer.name,
        email=people[0].email if people else "",
        order=number,
        amount=call.amount,
        currency=call.currency,
        subject=call.subject,
        made_at=call.made_at,
        page=call.answer if call.state == CallState.OPEN else "",
        done_url=f"{back}?done=yes",
        back_url=back,
    )


def _owed(session: Session, call: CardCall) -> bool:
    """Whether a call that was never made is still to be made."""
    if call.purpose in {Purpose.SAVE_CARD, Purpose.REFUND, Purpose.LET_GO}:
        return True
    assert call.order_id is not None
    order = session.get_one(Order, call.order_id)
    charge = session.get(Charge, order.id)
    paid = charge is not None and charge.paid_at is not None
    return not paid and order.state != OrderState.CANCELLED


def _answer(stripe: Gateway, asked: Asked) -> Answer:
    """Ask; what was sent before is looked for first."""
    match asked.purpose:
        case Purpose.CHARGE | Purpose.HOLD:
            found = (
                stripe.payment_of(asked.key, customer=asked.customer, since=asked.made_at)
                if asked.again
                else None
            )
            return found or stripe.charge(
                asked.key,
                customer=asked.customer,
                method=asked.subject,
                amount=asked.amount,
                currency=asked.currency,
                order=asked.order,
                words=f"Order {asked.order}",
                hold=asked.purpose == Purpose.HOLD,
            )
        case Purpose.TAKE | Purpose.LET_GO:
            return _held(stripe, asked)
        case Purpose.REFUND:
            back = stripe.refund_of(asked.key, payment=asked.subject) if asked.again else None
            return back or stripe.refund(
                asked.key, payment=asked.subject, amount=asked.amount, currency=asked.currency
            )
    if asked.page:
        return _look(stripe, asked.page)
    if asked.purpose == Purpose.SAVE_CARD:
        return stripe.page_to_save_card(
            asked.key,
            customer=asked.customer,
            currency=asked.currency,
            done_url=asked.done_url,
            back_url=asked.back_url,
        )
    return stripe.page_to_pay(
        asked.key,
        customer=asked.customer,
        amount=asked.amount,
        currency=asked.currency,
        order=asked.order,
        words=f"Order {asked.order}" if asked.purpose == Purpose.PAGE_TO_PAY else _at_most(asked),
        hold=asked.purpose == Purpose.PAGE_TO_HOLD,
        done_url=asked.done_url,
        back_url=asked.back_url,
    )


def _at_most(asked: Asked) -> str:
    return f"Order {asked.order}: the most that it can cost, held until its pool is planned"


def _held(stripe: Gateway, asked: Asked) -> Paid:
    """Take what is held, or let it go. Either is done once, however often it is asked: so each try has a key
    of its own, which keeps no earlier fault. Refused: it is still held.
    """
    if asked.again and not (found := stripe.payment(asked.subject)).held:
        return found
    key = f"{asked.key}-{asked.tries}"
    try:
        if asked.purpose == Purpose.LET_GO:
            return stripe.let_go(key, payment=asked.subject)
        return stripe.take(key, payment=asked.subject, amount=asked.amount, currency=asked.currency)
    except Refused:
        found = stripe.payment(asked.subject)
        if found.held:
            raise
        return found


def _look(stripe: Gateway, name: str) -> tuple[HostedPage, SavedCard | Paid | None]:
    """A hosted page as it is now, with what it made."""
    page = stripe.page(name)
    if page.status != "complete":
        return page, None
    return page, stripe.saved_card(page.setup) if page.setup else stripe.payment(page.payment)


def _end(session: Session, call_id: UUID, answer: Answer, settings: Settings, now: datetime) -> None:
    call = session.get_one(CardCall, call_id)
    if call.order_id:  # the same order of locks as everybody's: pool, order, charge, call
        get_pool(session, session.get_one(Order, call.order_id).pool_id, lock=True)
    session.refresh(call, with_for_update=True)
    if call.state in {CallState.DONE, CallState.REFUSED}:
        return
    match answer:
        case Refused():
            _was_refused(session, call, answer, settings, now)
        case Paid():
            _was_paid(session, call, answer, settings, now)
        case Returned():
            booking.returned(session, call, answer, now=now)
        case HostedPage():
            call.state, call.answer, call.url = CallState.OPEN, answer.id, answer.url
            call.next_at, call.tries = now + PAGE_PAUSE, 0
        case (page, made):
            _page_looked_at(session, call, page, made, settings, now)


def _page_looked_at(
    session: Session,
    call: CardCall,
    page: HostedPage,
    made: SavedCard | Paid | None,
    settings: Settings,
    now: datetime,
) -> None:
    if isinstance(made, SavedCard):
        card = service.lock_card(session, call.organisation_id)
        card.method, card.brand, card.last4, card.expires = made.method, made.brand, made.last4, made.expires
        card.saved_at = now
        history.record(session, call, "card saved", now=now, last4=made.last4)
        call.state, call.next_at = CallState.DONE, None
        holding.try_again(session, call.organisation_id, now=now)
    elif isinstance(made, Paid):
        _was_paid(session, call, made, settings, now)
    elif page.status == "expired":
        call.state, call.words, call.next_at = CallState.REFUSED, "the page was closed", None
    else:
        call.next_at = now + PAGE_PAUSE


def _was_paid(session: Session, call: CardCall, found: Paid, settings: Settings, now: datetime) -> None:
    if found.succeeded:
        if booking.paid(session, found, now=now):
            call.state, call.answer, call.next_at = CallState.DONE, call.answer or found.id, None
    elif found.held and call.purpose in {Purpose.HOLD, Purpose.PAGE_TO_HOLD}:
        holding.held(session, call, found, now=now)
        call.state, call.answer, call.next_at = CallState.DONE, call.answer or found.id, None
    elif found.let_go:
        call.state, call.answer, call.next_at = CallState.DONE, call.answer or found.id, None
        if call.purpose == Purpose.TAKE:
            call.state, call.words = CallState.REFUSED, "let go before it was taken"
        if call.purpose != Purpose.LET_GO:
            assert call.order_id is not None
            holding.lapsed(session, session.get_one(Order, call.order_id), found.id, now=now)
    elif found.code:
        refusal = Refused(found.code, found.code, found.decline_code, found.id)
        _was_refused(session, call, refusal, settings, now)


def _was_refused(
    session: Session, call: CardCall, refusal: Refused, settings: Settings, now: datetime
) -> None:
    call.state, call.next_at = CallState.REFUSED, None
    call.words, call.answer = refusal.decline_code or refusal.code or str(refusal), refusal.payment
    if refusal.code == NOT_PAYABLE and call.purpose in {Purpose.HOLD, Purpose.CHARGE, Purpose.TAKE}:
        assert call.order_id is not None
        holding.not_payable(session, session.get_one(Order, call.order_id), now=now)
    elif call.purpose in {Purpose.CHARGE, Purpose.HOLD}:
        assert call.order_id is not None
        service.refused(
            session,
            session.get_one(Order, call.order_id),
            intent=refusal.payment,
            code=refusal.code or "refused",
            decline_code=refusal.decline_code,
            now=now,
            settings=settings,
        )
    elif call.purpose == Purpose.REFUND:
        refunding.not_taken(session, call, call.words, now=now)


def _pause(tries: int) -> timedelta:
    return min(FIRST_PAUSE * (1 << min(tries - 1, 12)), LONGEST_PAUSE)


def look_at_event(event_id: str) -> None:
    """Fetch what an event was about, and store its state. Unknown: the queue tries again."""
    with jobs.transaction() as (session, _now, settings):
        event = session.get_one(StripeEvent, event_id)
        kind, name, stripe = event.kind, event.object_id, gateway(settings)
        page = session.scalars(select(CardCall.id).filter_by(answer=name)).first()
    if stripe is None:
        return
    found = None
    try:
        if kind.startswith("payment_intent."):
            found = stripe.payment(name)
        elif kind.startswith("charge.dispute."):
            dispute = stripe.dispute(name)
            with jobs.transaction() as (session, now, _settings):
                booking.disputed(session, dispute, now=now)
        elif kind.startswith(REFUNDS):
            back = stripe.returned(name)
            with jobs.transaction() as (session, now, _settings):
                _refund_seen(session, back, now=now)
        elif kind == "account.updated":
            account = stripe.connected(name)
            with jobs.transaction() as (session, now, _settings):
                connecting.look(session, account, now=now)
        elif kind.startswith("transfer."):
            transfer = stripe.transferred(name)
            with jobs.transaction() as (session, now, _settings):
                sending.look(session, transfer, now=now)
        elif kind.startswith("checkout.session.") and page:
            ask(page)
    except Refused:
        found = None  # not of this account, or gone
    with jobs.transaction() as (session, now, settings):
        if found is not None:
            observed(session, found, settings, now=now)
        session.get_one(StripeEvent, event_id).handled_at = now


def observed(session: Session, found: Paid, settings: Settings, *, now: datetime) -> None:
    """A payment as it is now, whoever asked: its call, if it has one here, ends with it."""
    try:
        call_id = UUID(found.call)
    except ValueError:
        return  # not one of ours
    call = session.get(CardCall, call_id)
    if call is None or call.order_id is None:
        return
    if call.purpose in {Purpose.CHARGE, Purpose.HOLD} or found.succeeded or found.held or found.let_go:
        get_pool(session, session.get_one(Order, call.order_id).pool_id, lock=True)
        session.refresh(call, with_for_update=True)
        if call.state not in {CallState.DONE, CallState.REFUSED}:
            _was_paid(session, call, found, settings, now)
        elif found.succeeded:
            booking.paid(session, found, now=now)
        elif found.let_go:
            holding.lapsed(session, session.get_one(Order, call.order_id), found.id, now=now)


def _refund_seen(session: Session, found: Returned, *, now: datetime) -> None:
    """A refund as it is now. Unknown: it failed, and the money is not back yet."""
    try:
        call = session.get(CardCall, UUID(found.call))
    except ValueError:
        return  # not one of ours
    if call is None or call.order_id is None or call.purpose != Purpose.REFUND:
        return
    get_pool(session, session.get_one(Order, call.order_id).pool_id, lock=True)
    session.refresh(call, with_for_update=True)
    if not booking.returned(session, call, found, now=now) and call.state == CallState.DONE:
        raise Unknown(f"refund {found.id} failed and is not back")


def waiting(session: Session, order_id: UUID) -> CardPayment | None:
    """How an order is collected by card while it is not paid."""
    found = session.get(CardPayment, order_id)
    return found if found and found.state != CardPaymentState.PAID else None

"""A payee opens an account at Stripe from here, to be paid there. Its details are entered at Stripe: we keep
its number, and whether Stripe can pay to it. What is asked of Stripe is stored before, and asked by a job.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app import history, jobs
from app.errors import Faulty, Refusal
from app.organisations.models import Organisation
from app.organisations.regions import REGION_OF
from app.organisations.service import people_of
from app.payouts import telling
from app.payouts.jobs import connect_account
from app.payouts.models import AccountState, PayoutDetails, Rail, StripeAccount
from app.permissions import Actor
from app.settings import Settings
from app.stripe_gateway import Connected, Gateway, Refused, Unknown, gateway

FIRST_PAUSE: Final = timedelta(minutes=2)
LONGEST_PAUSE: Final = timedelta(days=1)
MOST_TRIES: Final = 40
"""Looks at an account that nobody finishes, some weeks; an event of Stripe's, or a click, begins anew."""


def of(session: Session, organisation_id: UUID) -> StripeAccount | None:
    return session.get(StripeAccount, organisation_id)


def ask(session: Session, actor: Actor, settings: Settings, country: str, *, now: datetime) -> StripeAccount:
    """Ask for an account at Stripe, or for a page to go on with it. `country` counts until the account is
    made: Stripe does not change it. Faulty: no country. Refusal: no payouts through Stripe here.
    """
    if settings.stripe_key is None:
        raise Refusal("Nobody is paid through Stripe here. Choose another way.", code="no-stripe")
    session.get_one(Organisation, actor.organisation_id, with_for_update=True)
    found = of(session, actor.organisation_id)
    if found is None or not found.account:
        if country not in REGION_OF:
            raise Faulty(fields={"stripe_country": "Choose the country in which you are registered."})
        if found is None:
            found = StripeAccount(
                organisation_id=actor.organisation_id, asked_at=now, asked_by=actor.person_id
            )
            session.add(found)
        found.country, found.state, found.words = country, AccountState.ASKED, ""
    if found.wants_page:
        return found
    found.wants_page, found.page, found.page_until = True, "", None
    found.tries, found.next_at = 0, now + FIRST_PAUSE
    found.asked_at, found.asked_by = now, actor.person_id
    session.flush()
    own = session.get_one(Organisation, actor.organisation_id)
    history.record(session, own, "account at Stripe asked for", now=now, **actor.who)
    _enqueue(session, found)
    return found


def ready(session: Session, organisation_id: UUID) -> str:
    """The number of the account at Stripe to which an organisation can be paid. Faulty: it has none yet."""
    found = of(session, organisation_id)
    if found is None or found.state != AccountState.READY:
        raise Faulty(
            fields={"stripe_account": "Open your account at Stripe first, and give it what it asks for."}
        )
    return found.account


def not_ready(session: Session, details: PayoutDetails) -> bool:
    """Whether details name an account that was opened from here and cannot be paid to now."""
    if details.rail != Rail.STRIPE or details.organisation_id is None:
        return False
    found = of(session, details.organisation_id)
    return found is not None and found.account == details.stripe_account and found.state != AccountState.READY


@dataclass(frozen=True, slots=True)
class Asked:
    """What an account needs, read before Stripe is asked."""

    key: str
    again: bool
    account: str
    country: str
    name: str
    email: str
    wants_page: bool
    address: str


def connect(organisation_id: UUID) -> None:
    """Make the account if there is none, a page to enter details if one is wanted, and look how it stands."""
    with jobs.transaction() as (session, now, settings):
        stripe = gateway(settings)
        asked = _begin(session, organisation_id, settings, now) if stripe else None
    if stripe is None or asked is None:
        return
    try:
        name = asked.account or _account(stripe, asked)
        if not asked.account:
            with jobs.transaction() as (session, _now, _settings):
                session.get_one(StripeAccount, organisation_id, with_for_update=True).account = name
        made = (
            stripe.page_to_connect(
                account=name,
                done_url=f"{asked.address}?stripe=done",
                again_url=f"{asked.address}?stripe=again",
            )
            if asked.wants_page
            else None
        )
        found = stripe.connected(name)
    except Unknown:
        return  # `connect_waiting_accounts` asks later
    except Refused as refusal:
        with jobs.transaction() as (session, now, _settings):
            row = session.get_one(StripeAccount, organisation_id, with_for_update=True)
            row.wants_page, row.next_at = False, None
            row.words = str(refusal)[:500]
            if not row.account:
                row.state = AccountState.REFUSED
        return
    with jobs.transaction() as (session, now, _settings):
        row = session.get_one(StripeAccount, organisation_id, with_for_update=True)
        if made is not None:
            row.wants_page, row.page, row.page_until = False, made.url, made.until
            row.tries = 0
        seen(session, row, found, now=now)


def _account(stripe: Gateway, asked: Asked) -> str:
    """Made once: whose answer was lost is looked for first."""
    made = stripe.connected_by(asked.key) if asked.again else None
    made = made or stripe.connect(asked.key, country=asked.country, name=asked.name, email=asked.email)
    return made.id


def _begin(session: Session, organisation_id: UUID, settings: Settings, now: datetime) -> Asked | None:
    found = session.get(StripeAccount, organisation_id, with_for_update=True)
    if found is None or (found.state == AccountState.REFUSED and not found.account):
        return None
    again = found.tries > 0
    found.tries += 1
    found.next_at = now + _pause(found.tries)
    own = session.get_one(Organisation, organisation_id)
    people = people_of(session, organisation_id)
    return Asked(
        key=f"account-{organisation_id}-{found.country}",
        again=again,
        account=found.account,
        country=found.country,
        name=own.name,
        email=people[0].email if people else "",
        wants_page=found.wants_page,
        address=f"{settings.address}/payout-details",
    )


def seen(session: Session, row: StripeAccount, found: Connected, *, now: datetime) -> None:
    """An account as Stripe has it now; its people are told when it can be paid to, and when it cannot any
    more. The row is held.
    """
    before = row.state
    row.words = ""
    if found.refused:
        row.state = AccountState.REFUSED
    elif found.ready:
        row.state = AccountState.READY
    elif found.submitted and not found.due:
        row.state = AccountState.CHECKING
    else:
        row.state = AccountState.DETAILS
    waits = row.state in {AccountState.DETAILS, AccountState.CHECKING} and row.tries < MOST_TRIES
    row.next_at = now + _pause(row.tries) if waits else None
    if row.state == AccountState.READY:
        row.page, row.page_until = "", None
    session.flush()
    if row.state != before:
        own = session.get_one(Organisation, row.organisation_id)
        history.record(session, own, "account at Stripe", now=now, state=row.state)
        telling.connected(session, row, before, now=now)


def look(session: Session, found: Connected, *, now: datetime) -> None:
    """The same after an event: of an account that was opened from here, or nothing."""
    row = session.scalars(select(StripeAccount).filter_by(account=found.id).with_for_update()).one_or_none()
    if row is not None:
        row.tries = 0
        seen(session, row, found, now=now)


def waiting(session: Session, *, now: datetime) -> list[StripeAccount]:
    """Accounts whose time has come to be asked about (again)."""
    return list(
        session.scalars(
            select(StripeAccount)
            .where(StripeAccount.next_at <= now)
            .order_by(StripeAccount.next_at, StripeAccount.organisation_id)
        )
    )


def ask_waiting(session: Session, *, now: datetime) -> int:
    found = waiting(session, now=now)
    for row in found:
        _enqueue(session, row)
    return len(found)


def _enqueue(session: Session, row: StripeAccount) -> None:
    name = str(row.organisation_id)
    jobs.enqueue(session, connect_account.name, lock=f"stripe-account:{name}", organisation_id=name)


def _pause(tries: int) -> timedelta:
    return min(FIRST_PAUSE * (1 << min(max(tries - 1, 0), 12)), LONGEST_PAUSE)

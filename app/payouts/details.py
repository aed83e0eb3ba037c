"""Use cases of payout details: where a payee is paid, kept by the payee. What is changed waits."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app import history
from app.db import uuid7
from app.errors import Faulty, Missing, Refusal
from app.ledger.models import PAYEES, Account
from app.organisations.models import Organisation
from app.organisations.regions import REGION_OF
from app.payouts import accounts, connecting, telling
from app.payouts.models import PayoutDetails, Rail
from app.permissions import Actor, Role
from app.settings import Settings

WAITING: Final = timedelta(days=7)
"""How long changed details wait, unless a second person of the payee confirms them: time for the mail that
tells of the change to be read. Who has broken into a mailbox changes an account first.
"""
LONGEST: Final = 70
"""Characters of a name that every bank keeps (SEPA, EPC132-08)."""


@dataclass(frozen=True, slots=True)
class DetailsSaid:
    """What a payee says of where it is paid; what its rail does not need stays empty."""

    rail: str
    holder: str
    iban: str = ""
    account_number: str = ""
    bic: str = ""
    country: str = ""
    phone: str = ""
    provider: str = ""
    place: str = ""
    stripe_account: str = ""


def rails(settings: Settings) -> tuple[Rail, ...]:
    """The ways that are open here: Stripe only where the platform has an account there."""
    return tuple(each for each in Rail if each != Rail.STRIPE or settings.stripe_key is not None)


def current(session: Session, organisation_id: UUID | None, account_id: UUID | None) -> PayoutDetails | None:
    """The newest details that were not taken back; they may still wait."""
    own = (
        PayoutDetails.organisation_id == organisation_id
        if organisation_id
        else PayoutDetails.account_id == account_id
    )
    return session.scalars(
        select(PayoutDetails)
        .where(own, PayoutDetails.ended_at.is_(None))
        .order_by(PayoutDetails.made_at.desc(), PayoutDetails.id.desc())
        .limit(1)
    ).one_or_none()


def of_account(session: Session, account: Account) -> PayoutDetails | None:
    """Where the holder of a ledger account is paid."""
    return current(session, account.organisation_id, account.id)


def keep(
    session: Session, actor: Actor, settings: Settings, said: DetailsSaid, *, now: datetime
) -> PayoutDetails:
    """Keep where the actor's organisation is paid from now on; told again, nothing changes. Faulty: a number
    that cannot be right.
    """
    return _keep(session, actor, settings, said, organisation_id=actor.organisation_id, now=now)


def keep_for(
    session: Session, actor: Actor, settings: Settings, account_id: UUID, said: DetailsSaid, *, now: datetime
) -> PayoutDetails:
    """Keep where somebody is paid who is no organisation here. Missing: no such payee. Refusal: it is one,
    and says so itself.
    """
    to = outsider(session, account_id)
    return _keep(session, actor, settings, said, account_id=to.id, now=now)


def outsider(session: Session, account_id: UUID) -> Account:
    """The account of a payee that is no organisation here. Missing: there is none. Refusal: it is one."""
    found = session.get(Account, account_id)
    if found is None or found.kind not in PAYEES:
        raise Missing
    if found.organisation_id:
        raise Refusal("This payee keeps its payout details itself: ask it.", code="own-details")
    return found


def confirm(session: Session, actor: Actor, details_id: UUID, *, now: datetime) -> PayoutDetails:
    """A second person of the payee says that a change is right: it counts at once. Refusal: the person who
    made it, or it counts already.
    """
    found = _own(session, actor, details_id)
    if found.made_by == actor.person_id:
        raise Refusal(
            "You made this change. Another person of your organisation confirms it, or it counts after "
            f"{WAITING.days} days.",
            code="same-person",
            title="A second person confirms",
        )
    if found.usable_from <= now:
        raise Refusal("These details count already.", code="counts-already")
    found.confirmed_at, found.confirmed_by, found.usable_from = now, actor.person_id, now
    history.record(session, found, "payout details confirmed", now=now, **actor.who)
    return found


def take_back(session: Session, actor: Actor, details_id: UUID, *, now: datetime) -> PayoutDetails:
    """Anybody of the payee stops a change that waits: the details before it count on. Refusal: it counts."""
    found = _own(session, actor, details_id)
    if found.usable_from <= now:
        raise Refusal("These details count already. Enter others in their place.", code="counts-already")
    found.ended_at = now
    history.record(session, found, "payout details taken back", now=now, **actor.who)
    telling.taken_back(session, found, actor.name, now=now)
    return found


def _own(session: Session, actor: Actor, details_id: UUID) -> PayoutDetails:
    """Details of the actor's organisation, or of an outside payee for an operator; their row held."""
    found = session.get(PayoutDetails, details_id, with_for_update=True)
    if found is None or found.ended_at:
        raise Missing
    if found.organisation_id:
        if found.organisation_id != actor.organisation_id:
            raise Missing
    elif Role.OPERATOR not in actor.roles:
        raise Missing
    return found


def _keep(
    session: Session,
    actor: Actor,
    settings: Settings,
    said: DetailsSaid,
    *,
    now: datetime,
    organisation_id: UUID | None = None,
    account_id: UUID | None = None,
) -> PayoutDetails:
    if organisation_id and said.rail == Rail.STRIPE and not said.stripe_account.strip():
        said = replace(said, stripe_account=connecting.ready(session, organisation_id))
    values = checked(said, settings)
    # One change at a time: the second of two tabs sees the first.
    if organisation_id:
        session.get_one(Organisation, organisation_id, with_for_update=True)
    else:
        session.get_one(Account, account_id, with_for_update=True)
    before = current(session, organisation_id, account_id)
    if before and all(getattr(before, name) == value for name, value in values.items()):
        return before
    made = PayoutDetails(
        id=uuid7(now),
        organisation_id=organisation_id,
        account_id=account_id,
        made_at=now,
        made_by=actor.person_id,
        usable_from=now + WAITING if before else now,
        **values,
    )
    session.add(made)
    session.flush()
    words = "payout details changed" if before else "payout details given"
    history.record(session, made, words, now=now, **actor.who, rail=made.rail, ends_in=last_signs(made))
    telling.changed(session, made, before, actor.name, now=now)
    return made


def checked(said: DetailsSaid, settings: Settings) -> dict[str, str]:
    """The columns of what was said. Faulty, by field: what cannot be right."""
    faults: dict[str, str] = {}
    values = dict.fromkeys(
        ("iban", "account_number", "bic", "country", "phone", "provider", "place", "stripe_account"), ""
    )
    if said.rail not in rails(settings):
        raise Faulty(fields={"rail": "Choose how you are paid."})
    holder = " ".join(said.holder.split())
    if not holder:
        faults["holder"] = "Enter the name of who receives the money."
    elif len(holder) > LONGEST:
        faults["holder"] = f"Use at most {LONGEST} characters."
    elif accounts.loses_letters(holder):
        faults["holder"] = "Enter the name in Latin letters, as it stands in the papers of the bank."
    match said.rail:
        case Rail.BANK:
            _check_bank(said, values, faults)
        case Rail.MOBILE:
            values["phone"], values["provider"] = accounts.squeezed(said.phone), said.provider.strip()
            values["country"] = said.country
            if not accounts.good_phone(values["phone"]):
                faults["phone"] = "Enter the number with + and the country code, like +254 712 345678."
            if not values["provider"]:
                faults["provider"] = "Enter the provider, like M-Pesa or MTN MoMo."
        case Rail.CASH:
            values["place"] = said.place.strip()
            if not values["place"]:
                faults["place"] = "Enter the place where you take the money."
        case _:
            values["stripe_account"] = said.stripe_account.strip()
            if not accounts.good_stripe_account(values["stripe_account"]):
                faults["stripe_account"] = "Enter the number of the account at Stripe, like acct_1AbC2dEf."
    if values["country"] and values["country"] not in REGION_OF:
        faults["country"] = "Choose the country."
    for name in ("provider", "place"):
        if len(values[name]) > 2 * LONGEST:
            faults[name] = f"Use at most {2 * LONGEST} characters."
    if faults:
        raise Faulty(fields=faults)
    return {"rail": said.rail, "holder": holder, **values}


def _check_bank(said: DetailsSaid, values: dict[str, str], faults: dict[str, str]) -> None:
    values["iban"], values["bic"] = accounts.squeezed(said.iban), accounts.squeezed(said.bic)
    if values["iban"]:
        if fault := accounts.iban_fault(values["iban"]):
            faults["iban"] = fault
        values["country"] = values["iban"][:2]
    else:
        values["account_number"], values["country"] = accounts.squeezed(said.account_number), said.country
        if not values["account_number"]:
            faults["iban"] = "Enter the IBAN, or where your bank has none, the account number."
        elif not accounts.good_account(values["account_number"]):
            faults["account_number"] = "Enter at most 34 letters and figures."
        if not values["country"]:
            faults["country"] = "Choose the country of the bank."
        elif values["country"] in accounts.IBAN_LENGTHS and values["country"] in accounts.SEPA:
            faults["iban"] = "Banks of this country use IBANs. Enter the IBAN."
        if not values["bic"]:
            faults["bic"] = "Enter the BIC of the bank: without an IBAN it is what finds the bank."
    if values["bic"] and not accounts.good_bic(values["bic"]):
        faults["bic"] = "Enter a BIC of 8 or 11 signs, like BKENKENA or BKENKENAXXX."


def last_signs(found: PayoutDetails) -> str:
    """What tells details from others without showing them."""
    return accounts.hidden(found.iban or found.account_number or found.phone or found.stripe_account)

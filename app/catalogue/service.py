"""Use cases of the catalogue: a producer's terms and offers, and which offers may be pooled."""

import re
from collections.abc import Collection
from dataclasses import dataclass, fields
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Final
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app import history
from app.audits.service import certified
from app.catalogue.models import CargoClass, Offer, OfferState, Terms
from app.db import uuid7
from app.errors import Faulty, Missing, Refusal
from app.language import language
from app.organisations.models import Organisation
from app.permissions import Actor
from app.shipping.models import Hub

CURRENCIES: Final = ("USD", "EUR", "GBP", "CHF", "JPY", "CAD", "AUD")
"""What prices may be stated in: the currencies that buyers' banks and carriers' rate cards deal in."""

LARGEST_AMOUNT: Final = 10**11  # minor units; a price or a fee above this is a slip of the finger
LARGEST_WEIGHT: Final = 1_000_000  # grams of one packed unit
LARGEST_VOLUME: Final = 10_000_000  # cm3 of one packed unit: ten cubic metres
LARGEST_COUNT: Final = 1_000_000
LONGEST_LEAD: Final = 365
LONGEST_TITLE: Final = 120
LONGEST_STORY: Final = 2000
LONGEST_UNIT: Final = 40
LONGEST_VARIANT: Final = 60
LONGEST_REFERENCE: Final = 40
DENSEST: Final = 20  # grams per cm3: gold is 19.3
LIGHTEST: Final = Decimal("0.002")  # packed feathers are about 0.01
# Six figures of the Harmonized System, which has chapters 01 to 97 without 77, and up to four of a country.
HS_CODE: Final = re.compile(r"(0[1-9]|[1-6][0-9]|7[0-689]|8[0-9]|9[0-7])[0-9]{4,8}")
PICTURES: Final = Path(__file__).parent.parent / "static" / "pictures"

HS_WORDS: Final = (
    "Enter 6 to 10 figures that begin with a chapter from 01 to 97, like 441990. Your customs office or "
    "freight agent knows the code."
)
CHANGED_MEANWHILE: Final = (
    "Somebody changed this after you opened it. What you typed is still here: compare it with the newest "
    "version, then save again."
)


@dataclass(frozen=True, slots=True)
class TermsSaid:
    """What a producer says of its terms; amounts in minor units of `currency`."""

    hub_id: UUID
    currency: str
    minimum_order: int
    small_order_fee: int
    direct_customs: int
    direct_shipping: int


@dataclass(frozen=True, slots=True)
class OfferSaid:
    """What a producer says of one kind of goods; `price` in minor units of its terms' currency."""

    title: str
    unit: str
    price: int
    weight_g: int
    volume_cm3: int
    hs_code: str
    cargo_class: str
    lead_days: int
    story: str = ""
    stock: int | None = None
    least_quantity: int = 1
    case_size: int = 1
    picture: str | None = None
    variant: str = ""
    reference: str | None = None


@dataclass
class Stale(Refusal):
    """Somebody else saved in between: the caller's version is not the newest."""

    detail: str = CHANGED_MEANWHILE
    code: str = "changed-meanwhile"
    title: str = "Changed meanwhile"


def terms_of(session: Session, ids: Collection[UUID]) -> dict[UUID, Terms]:
    """The terms of producers, by organisation; who has stated none is left out."""
    found = session.scalars(select(Terms).where(Terms.organisation_id.in_(ids)))
    return {terms.organisation_id: terms for terms in found}


def poolable_offers(
    session: Session, origin_hub_id: UUID, on: date
) -> list[tuple[Offer, Terms, Organisation]]:
    """Listed offers of producers who are certified on that day and whose goods are collected at that hub,
    by the maker's name and then by title.
    """
    rows = session.execute(
        select(Offer, Terms, Organisation)
        .join(Terms, Terms.organisation_id == Offer.organisation_id)
        .join(Organisation, Organisation.id == Offer.organisation_id)
        .where(
            Terms.hub_id == origin_hub_id,
            Offer.state == OfferState.LISTED,
            Offer.currency == Terms.currency,
        )
        .order_by(Organisation.name, Organisation.id, Offer.title, Offer.id),
    ).all()
    good = certified(session, {organisation.id for _, _, organisation in rows}, on)
    return [(offer, terms, maker) for offer, terms, maker in rows if maker.id in good]


def save_terms(
    session: Session, actor: Actor, said: TermsSaid, *, version: int | None, now: datetime
) -> Terms:
    """State or change the terms of the actor's organisation.

    `version`: the one that was read (None: there were none). Stale: it is not the newest any more. Faulty: an
    amount out of bounds, an unknown hub or currency, or another currency while offers are listed in the old.
    """
    session.scalars(select(Organisation).filter_by(id=actor.organisation_id).with_for_update()).one()
    terms = session.get(Terms, actor.organisation_id, populate_existing=True)
    if (terms.version if terms else None) != version:
        raise Stale(facts={"version": terms.version if terms else None})
    faults: dict[str, str] = {}
    if session.get(Hub, said.hub_id) is None:
        faults["hub_id"] = "Choose the hub where your goods are collected."
    if said.currency not in CURRENCIES:
        faults["currency"] = f"Choose one of {', '.join(CURRENCIES)}."
    for name in ("minimum_order", "small_order_fee", "direct_customs", "direct_shipping"):
        if not 0 <= getattr(said, name) <= LARGEST_AMOUNT:
            faults[name] = f"Enter an amount from 0 to {LARGEST_AMOUNT} minor units."
    if terms and said.currency != terms.currency and "currency" not in faults:
        listed = session.scalar(
            select(func.count()).where(
                Offer.organisation_id == terms.organisation_id, Offer.state == OfferState.LISTED
            ),
        )
        if listed:
            faults["currency"] = (
                f"{listed} of your offers are priced in {terms.currency}. Keep the currency, or withdraw "
                "them first."
            )
    if faults:
        raise Faulty(fields=faults)
    if terms is None:
        terms = Terms(organisation_id=actor.organisation_id, version=0)
        session.add(terms)
    for each in fields(said):
        setattr(terms, each.name, getattr(said, each.name))
    terms.version += 1
    terms.updated_at = now
    session.flush()
    maker = session.get_one(Organisation, actor.organisation_id)
    history.record(
        session,
        maker,
        "stated its terms",
        now=now,
        **actor.who,
        terms={each.name: str(getattr(said, each.name)) for each in fields(said)},
    )
    return terms


def own_offer(session: Session, actor: Actor, offer_id: UUID, *, lock: bool = False) -> Offer:
    """Missing: there is none, or it is another producer's."""
    wanted = select(Offer).where(Offer.id == offer_id, Offer.organisation_id == actor.organisation_id)
    if lock:  # what was read before the lock may be old
        wanted = wanted.with_for_update().execution_options(populate_existing=True)
    offer = session.scalars(wanted).one_or_none()
    if offer is None:
        raise Missing
    return offer


def add_offer(
    session: Session, actor: Actor, said: OfferSaid, *, now: datetime, variant_of: UUID | None = None
) -> Offer:
    """List goods, priced in the currency of the producer's terms. Refusal: no terms are stated yet.

    `variant_of`: an offer of the same producer that differs only in its variant.
    """
    currency = currency_of(session, actor)
    check_offer(said)
    _check_reference(session, actor, said.reference)
    family = None
    if variant_of is not None:
        like = own_offer(session, actor, variant_of, lock=True)
        like.family_id = family = like.family_id or like.id
    offer = Offer(
        family_id=family,
        id=uuid7(now),
        organisation_id=actor.organisation_id,
        currency=currency,
        state=OfferState.LISTED,
        version=1,
        created_at=now,
        updated_at=now,
        **{each.name: getattr(said, each.name) for each in fields(said)},
    )
    session.add(offer)
    session.flush()
    history.record(session, offer, "listed", now=now, **actor.who, price=said.price, currency=currency)
    return offer


def change_offer(
    session: Session, actor: Actor, offer_id: UUID, said: OfferSaid, *, version: int, now: datetime
) -> Offer:
    """Change an offer for whoever orders from now on; orders that have it keep their terms.

    Stale: `version` is not the newest.
    """
    offer = own_offer(session, actor, offer_id, lock=True)
    if offer.version != version:
        raise Stale(facts={"version": offer.version})
    check_offer(said)
    currency = currency_of(session, actor)
    if offer.currency == currency:
        check_floor(offer, said.price)
    _check_reference(session, actor, said.reference, offer.id)
    before = {each.name: getattr(offer, each.name) for each in fields(said)}
    changed = {name: old for name, old in before.items() if old != getattr(said, name)}
    for name in changed:
        setattr(offer, name, getattr(said, name))
    if offer.currency != currency:
        changed["currency"], offer.currency = offer.currency, currency
        offer.floor = None  # it was in the other currency: to be worked out again
    if changed:
        offer.version += 1
        offer.updated_at = now
        session.flush()
        history.record(session, offer, "changed", now=now, **actor.who, before=changed)
    return offer


def withdraw_offer(session: Session, actor: Actor, offer_id: UUID, *, now: datetime) -> Offer:
    """Take an offer off the catalogue; again: nothing changes. Orders that have it keep it."""
    return _move(session, actor, offer_id, OfferState.WITHDRAWN, "withdrawn", now=now)


def list_offer(session: Session, actor: Actor, offer_id: UUID, *, now: datetime) -> Offer:
    """Put a withdrawn offer back. Refusal: it is priced in another currency than the terms are by now."""
    offer = own_offer(session, actor, offer_id, lock=True)
    if offer.currency != (currency := currency_of(session, actor)):
        raise Refusal(
            f"This offer is priced in {offer.currency} and your terms are in {currency}. Change its price "
            "first.",
            code="other-currency",
        )
    if offer.floor is not None and offer.price < offer.floor:
        raise Refusal(
            too_low(offer.floor, offer.currency), code="below-the-floor", title="Below what it costs"
        )
    return _move(session, actor, offer_id, OfferState.LISTED, "listed", now=now)


def _move(
    session: Session, actor: Actor, offer_id: UUID, state: OfferState, action: str, *, now: datetime
) -> Offer:
    offer = own_offer(session, actor, offer_id, lock=True)
    if offer.state != state:
        offer.state = state
        offer.version += 1
        offer.updated_at = now
        session.flush()
        history.record(session, offer, action, now=now, **actor.who)
    return offer


def currency_of(session: Session, actor: Actor) -> str:
    """The currency in which the actor's organisation states prices. Refusal: it has stated no terms yet."""
    terms = session.get(Terms, actor.organisation_id)
    if terms is None:
        raise Refusal(
            "State your terms first: where your goods are collected, and the currency of your prices.",
            code="no-terms",
            title="Your terms come first",
        )
    return terms.currency


def _check_reference(session: Session, actor: Actor, reference: str | None, but: UUID | None = None) -> None:
    """Faulty: another offer of this producer has that code already."""
    if reference is None:
        return
    taken = select(Offer.title).where(
        Offer.organisation_id == actor.organisation_id, Offer.reference == reference
    )
    if title := session.scalar(taken.where(Offer.id != but) if but else taken):
        raise Faulty(fields={"reference": f"Your offer {title} has this code already. Choose another one."})


def check_floor(offer: Offer, price: int) -> None:
    """Faulty: `price` is below the floor that the offer's costing gave."""
    if offer.floor is not None and price < offer.floor and offer.state == OfferState.LISTED:
        raise Faulty(fields={"price": too_low(offer.floor, offer.currency)})


def too_low(least: int, currency: str) -> str:
    return (
        f"This is below what the goods cost to make. The least is {language('en').money(least, currency)} "
        "each: ask that or more, or correct the costs."
    )


def pictures() -> list[str]:
    """The drawn pictures that an offer may show, by file name."""
    return sorted(path.name for path in PICTURES.glob("*.svg"))


def check_offer(said: OfferSaid) -> None:
    """Faulty: names each field that is empty, too long or out of bounds."""
    faults: dict[str, str] = {}
    for name, value, most, words in (
        ("title", said.title, LONGEST_TITLE, "Enter what it is, as a buyer would say it."),
        ("unit", said.unit, LONGEST_UNIT, "Enter what one of it is called, like bowl or bag."),
    ):
        if not value.strip():
            faults[name] = words
        elif len(value) > most:
            faults[name] = f"Use at most {most} characters."
    for name, text, most in (
        ("variant", said.variant, LONGEST_VARIANT),
        ("reference", said.reference or "", LONGEST_REFERENCE),
    ):
        if len(text) > most:
            faults[name] = f"Use at most {most} characters."
    if len(said.story) > LONGEST_STORY:
        faults["story"] = f"Use at most {LONGEST_STORY} characters."
    for name, number, least, most in (
        ("price", said.price, 1, LARGEST_AMOUNT),
        ("weight_g", said.weight_g, 1, LARGEST_WEIGHT),
        ("volume_cm3", said.volume_cm3, 1, LARGEST_VOLUME),
        ("lead_days", said.lead_days, 0, LONGEST_LEAD),
        ("least_quantity", said.least_quantity, 1, LARGEST_COUNT),
        ("case_size", said.case_size, 1, LARGEST_COUNT),
        ("stock", said.stock or 0, 0, LARGEST_COUNT),
    ):
        if not least <= number <= most:
            faults[name] = f"Enter a number from {least} to {most}."
    if not HS_CODE.fullmatch(said.hs_code):
        faults["hs_code"] = HS_WORDS
    if not {"weight_g", "volume_cm3"} & faults.keys():
        density = Decimal(said.weight_g) / said.volume_cm3
        if density > DENSEST:
            faults["weight_g"] = "This is heavier than gold of that size. Check the unit of the weight."
        elif density < LIGHTEST:
            faults["volume_cm3"] = "This is too large for its weight. Check the unit of the size."
    if said.cargo_class not in set(CargoClass):
        faults["cargo_class"] = f"Choose one of {', '.join(CargoClass)}."
    if said.picture and said.picture not in pictures():
        faults["picture"] = "Choose one of the pictures."
    if faults:
        raise Faulty(fields=faults)

"""Standing orders and commitments: made, paused and ended by their buyer, and how far they have come."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app import history
from app.catalogue.models import Offer, OfferState
from app.catalogue.service import CURRENCIES
from app.db import uuid7
from app.errors import Faulty, Missing, Refusal
from app.organisations.models import Organisation
from app.organisations.service import tell
from app.permissions import Actor
from app.shipping.models import Hub
from app.standing.models import Standing, StandingEntry, StandingKind, StandingState
from app.trade.models import Order, OrderLine, OrderState, Pool
from app.trade.quantities import MOST_PIECES
from app.trade.telling import WORDS

LONGEST: Final = timedelta(days=3 * 366)
MOST_AMOUNT: Final = 10**12
MOST_OF_ONE: Final = 200
COUNTED: Final = (OrderState.JOINED, OrderState.PLANNED, OrderState.PAID, OrderState.DELIVERED)
FULFILLED: Final = (OrderState.PLANNED, OrderState.PAID, OrderState.DELIVERED)


@dataclass(frozen=True, slots=True)
class StandingSaid:
    """What a buyer says; amounts in minor units of `currency`. `amount`: goods in all pools, ex works."""

    kind: StandingKind
    offer_id: UUID
    hub_id: UUID
    most: int
    unit_most: int
    currency: str
    from_on: date
    least: int | None = None
    until_on: date | None = None
    amount: int | None = None
    stays_if_extended: bool = True


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a standing order has come, in minor units: what was charged, what is in pools, what is left."""

    standing: Standing
    offer: Offer
    maker: Organisation
    hub: Hub
    buyer: Organisation
    fulfilled: int
    in_pools: int
    pieces: int

    @property
    def remaining(self) -> int | None:
        """None: there is no limit."""
        if self.standing.amount is None:
            return None
        return max(self.standing.amount - self.fulfilled - self.in_pools, 0)


def make(session: Session, actor: Actor, said: StandingSaid, *, now: datetime) -> Standing:
    """Begin a standing order; of a commitment the maker is told. Faulty: each field."""
    faults: dict[str, str] = {}
    offer = session.get(Offer, said.offer_id)
    if offer is None or offer.state != OfferState.LISTED:
        faults["offer_id"] = "Choose goods that are offered."
    if session.get(Hub, said.hub_id) is None:
        faults["hub_id"] = "Choose the hub that the goods should come to."
    if not 1 <= said.most <= MOST_PIECES:
        faults["most"] = f"Enter a number from 1 to {MOST_PIECES:,}."
    elif said.least is not None and not 1 <= said.least <= said.most:
        faults["least"] = f"Enter a number from 1 to {said.most:,}, which is the most."
    if said.currency not in CURRENCIES:
        faults["currency"] = f"Choose one of {', '.join(CURRENCIES)}."
    if not 1 <= said.unit_most <= MOST_AMOUNT:
        faults["unit_most"] = "Enter the most that one piece may cost, all in."
    if said.from_on < now.date():
        faults["from_on"] = "Choose today or a later day."
    if said.until_on is None:
        if said.kind == StandingKind.COMMITMENT:
            faults["until_on"] = "Enter the last day of the period."
    elif not said.from_on <= said.until_on <= now.date() + LONGEST:
        faults["until_on"] = "Choose a day after the first one, within three years."
    if said.amount is None:
        if said.kind == StandingKind.COMMITMENT:
            faults["amount"] = "Enter the amount that you commit to."
    elif not 1 <= said.amount <= MOST_AMOUNT:
        faults["amount"] = "Enter an amount above 0."
    live = Standing.state != StandingState.ENDED
    if not faults and session.scalar(
        select(Standing.id).where(
            live,
            Standing.organisation_id == actor.organisation_id,
            Standing.offer_id == said.offer_id,
            Standing.hub_id == said.hub_id,
        )
    ):
        faults["offer_id"] = "You have a standing order for these goods to this hub. End that one first."
    count = session.scalar(
        select(func.count()).where(live, Standing.organisation_id == actor.organisation_id)
    )
    if (count or 0) >= MOST_OF_ONE:
        faults["offer_id"] = f"You have {MOST_OF_ONE} standing orders. End one first."
    if faults or offer is None:
        raise Faulty(fields=faults)
    made = Standing(
        id=uuid7(now),
        kind=said.kind,
        organisation_id=actor.organisation_id,
        person_id=actor.person_id,
        offer_id=said.offer_id,
        hub_id=said.hub_id,
        least=said.least or said.most,
        most=said.most,
        unit_most=said.unit_most,
        currency=said.currency,
        amount=said.amount,
        from_on=said.from_on,
        until_on=said.until_on,
        stays_if_extended=said.stays_if_extended,
        state=StandingState.ACTIVE,
        made_at=now,
        version=1,
    )
    session.add(made)
    session.flush()
    history.record(session, made, "made", now=now, **actor.who, most=said.most, unit_most=said.unit_most)
    if made.kind == StandingKind.COMMITMENT and made.amount and made.until_on:
        tell(
            session,
            offer.organisation_id,
            f"{actor.organisation_name} commits to {offer.title}",
            f"{actor.organisation_name} commits to order {offer.title} for "
            f"{WORDS.money(made.amount, made.currency)} until {WORDS.day(made.until_on)}. It enters pools by "
            "itself, within limits of price that the buyer has set. The page of commitments shows how much "
            "is ordered.\n",
            now=now,
        )
    return made


def own(session: Session, actor: Actor, standing_id: UUID, *, lock: bool = False) -> Standing:
    """Missing: there is none, or it is another buyer's."""
    found = session.get(Standing, standing_id, with_for_update=lock, populate_existing=lock)
    if found is None or found.organisation_id != actor.organisation_id:
        raise Missing
    return found


def set_state(
    session: Session, actor: Actor, standing_id: UUID, state: StandingState, *, now: datetime
) -> Standing:
    """Pause, go on with, or end a standing order; orders that are in pools stay there. Refusal: ended."""
    found = own(session, actor, standing_id, lock=True)
    if found.state == StandingState.ENDED:
        raise Refusal("This standing order has ended. Make a new one.", code="ended")
    if found.state != state:
        found.state = state
        if state == StandingState.ACTIVE:
            found.person_id = actor.person_id
        found.version += 1
        session.flush()
        history.record(session, found, state, now=now, **actor.who)
    return found


def progress(
    session: Session, *, buyer: UUID | None = None, maker: UUID | None = None, only: UUID | None = None
) -> list[Progress]:
    """Standing orders of a buyer, commitments to a maker, or one; those that have ended last."""
    wanted = (
        select(Standing, Offer, Organisation, Hub)
        .join(Offer, Offer.id == Standing.offer_id)
        .join(Organisation, Organisation.id == Offer.organisation_id)
        .join(Hub, Hub.id == Standing.hub_id)
        .order_by(Standing.state == StandingState.ENDED, Standing.made_at.desc(), Standing.id)
        .limit(MOST_OF_ONE)
    )
    if buyer:
        wanted = wanted.where(Standing.organisation_id == buyer)
    if maker:
        wanted = wanted.where(Offer.organisation_id == maker, Standing.kind == StandingKind.COMMITMENT)
    if only:
        wanted = wanted.where(Standing.id == only)
    rows = session.execute(wanted).all()
    done = ordered(session, [standing.id for standing, *_ in rows])
    buyers = {
        each.id: each
        for each in session.scalars(
            select(Organisation).where(Organisation.id.in_({row[0].organisation_id for row in rows}))
        )
    }
    return [
        Progress(
            standing, offer, made_by, hub, buyers[standing.organisation_id], *done.get(standing.id, (0, 0, 0))
        )
        for standing, offer, made_by, hub in rows
    ]


def ordered(session: Session, ids: Sequence[UUID]) -> dict[UUID, tuple[int, int, int]]:
    """By standing order: goods that are charged, goods that are in pools not charged yet, pieces of both."""
    fulfilled = Order.state.in_(FULFILLED)
    rows = session.execute(
        select(
            Standing.id,
            func.coalesce(func.sum(OrderLine.value).filter(fulfilled), 0),
            func.coalesce(func.sum(OrderLine.value).filter(~fulfilled), 0),
            func.coalesce(func.sum(OrderLine.quantity), 0),
        )
        .join(StandingEntry, StandingEntry.standing_id == Standing.id)
        .join(Order, Order.id == StandingEntry.order_id)
        .join(OrderLine, (OrderLine.order_id == Order.id) & (OrderLine.offer_id == Standing.offer_id))
        .where(Standing.id.in_(ids), Order.state.in_(COUNTED), OrderLine.frozen_because.is_(None))
        .group_by(Standing.id)
    )
    return {key: (int(charged), int(waiting), int(pieces)) for key, charged, waiting, pieces in rows}


def entries(session: Session, standing_id: UUID) -> list[tuple[StandingEntry, Pool, Order | None]]:
    """What became of a standing order, pool by pool, the newest first."""
    rows = session.execute(
        select(StandingEntry, Pool, Order)
        .join(Pool, Pool.id == StandingEntry.pool_id)
        .join(Order, Order.id == StandingEntry.order_id, isouter=True)
        .where(StandingEntry.standing_id == standing_id)
        .order_by(StandingEntry.at.desc(), StandingEntry.id)
        .limit(MOST_OF_ONE)
    )
    return [(entry, pool, order) for entry, pool, order in rows]

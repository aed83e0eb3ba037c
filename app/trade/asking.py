"""Buyers ask a hub for a pool, others support it, and the hub opens one or says why not."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app import history
from app.catalogue.service import CURRENCIES
from app.db import uuid7
from app.errors import Faulty, Missing, Refusal
from app.organisations.service import tell
from app.permissions import Actor
from app.shipping.models import Hub
from app.trade import service
from app.trade.models import AskState, Pool, PoolAsk, PoolAskSupport
from app.trade.telling import WORDS

LONGEST_WORDS: Final = 500
LATEST: Final = timedelta(days=365)


@dataclass(frozen=True, slots=True)
class AskSaid:
    """What buyers would like: from where, to where, by when, and what."""

    origin_id: UUID
    hub_id: UUID
    currency: str
    wanted_by: date
    words: str


def ask(session: Session, actor: Actor, said: AskSaid, *, now: datetime) -> PoolAsk:
    """Ask for a pool; the hub is told. Who asks is the first to support it. Faulty: each field."""
    faults: dict[str, str] = {}
    if session.get(Hub, said.origin_id) is None:
        faults["origin_id"] = "Choose the hub where the makers bring their goods."
    hub = session.get(Hub, said.hub_id)
    if hub is None or said.hub_id == said.origin_id:
        faults["hub_id"] = "Choose the hub that the goods should come to."
    if said.currency not in CURRENCIES:
        faults["currency"] = f"Choose one of {', '.join(CURRENCIES)}."
    if not now.date() < said.wanted_by <= now.date() + LATEST:
        faults["wanted_by"] = "Choose a day after today, within a year."
    if not said.words.strip():
        faults["words"] = "Say what you would order, so that others know whether to join."
    elif len(said.words) > LONGEST_WORDS:
        faults["words"] = f"Use at most {LONGEST_WORDS} characters."
    if faults or hub is None:
        raise Faulty(fields=faults)
    made = PoolAsk(
        id=uuid7(now),
        origin_id=said.origin_id,
        hub_id=said.hub_id,
        currency=said.currency,
        wanted_by=said.wanted_by,
        words=said.words.strip(),
        state=AskState.ASKED,
        asked_at=now,
        asked_by=actor.person_id,
    )
    session.add(made)
    session.flush()
    session.add(PoolAskSupport(ask_id=made.id, organisation_id=actor.organisation_id, at=now))
    session.flush()
    history.record(session, made, "asked", now=now, **actor.who)
    tell(
        session,
        hub.organisation_id,
        "Buyers ask for a pool",
        f"Buyers ask for a pool to {hub.name}, to arrive by {WORDS.day(made.wanted_by)}:\n\n{made.words}\n\n"
        "Open one or say why not, on the page of pools that are asked for.\n",
        now=now,
    )
    return made


def get_ask(session: Session, ask_id: UUID, *, lock: bool = False) -> PoolAsk:
    """Missing: there is none."""
    wanted = select(PoolAsk).where(PoolAsk.id == ask_id)
    found = session.scalars(
        wanted.with_for_update().execution_options(populate_existing=True) if lock else wanted
    ).one_or_none()
    if found is None:
        raise Missing
    return found


def _still_asked(session: Session, ask_id: UUID) -> PoolAsk:
    found = get_ask(session, ask_id, lock=True)
    if found.state != AskState.ASKED:
        raise Refusal("The hub has answered this already.", code="answered-already")
    return found


def support(session: Session, actor: Actor, ask_id: UUID, *, now: datetime) -> PoolAsk:
    """Say that one would order too; twice is once. Refusal: answered already."""
    found = _still_asked(session, ask_id)
    if session.get(PoolAskSupport, (found.id, actor.organisation_id)) is None:
        session.add(PoolAskSupport(ask_id=found.id, organisation_id=actor.organisation_id, at=now))
        session.flush()
        history.record(session, found, "supported", now=now, **actor.who)
    return found


def supporters(session: Session, ask_id: UUID) -> int:
    return session.scalar(select(func.count()).where(PoolAskSupport.ask_id == ask_id)) or 0


def accept(
    session: Session, actor: Actor, ask_id: UUID, *, title: str, closes_at: datetime, now: datetime
) -> Pool:
    """Open the pool that was asked for, and tell everybody who did.

    Missing: another organisation's hub is asked. Faulty: as for `service.open_pool`.
    """
    found = own_ask(session, actor, ask_id)
    said = service.PoolSaid(
        title=title,
        origin_id=found.origin_id,
        hub_id=found.hub_id,
        currency=found.currency,
        closes_at=closes_at,
        latest_arrival_on=found.wanted_by,
    )
    pool = service.open_pool(session, actor, said, now=now)
    found.state, found.answered_at, found.pool_id = AskState.ACCEPTED, now, pool.id
    session.flush()
    history.record(session, found, "accepted", now=now, **actor.who, pool=pool.id)
    _tell(
        session,
        found,
        f"The pool you asked for is open: {pool.number}",
        f"The pool {pool.number}, {pool.title}, is open until {WORDS.day(pool.closes_at)}. Join it with your "
        "order: nothing is taken before it closes.\n",
        now,
    )
    return pool


def decline(session: Session, actor: Actor, ask_id: UUID, because: str, *, now: datetime) -> PoolAsk:
    """Say why there will be no pool, and tell everybody who asked. Missing: another hub's."""
    found = own_ask(session, actor, ask_id)
    if not because.strip():
        raise Faulty(fields={"because": "Enter the reason. Those who asked will read it."})
    if len(because) > LONGEST_WORDS:
        raise Faulty(fields={"because": f"Use at most {LONGEST_WORDS} characters."})
    found.state, found.answered_at, found.declined_because = AskState.DECLINED, now, because.strip()
    session.flush()
    history.record(session, found, "declined", now=now, **actor.who, because=found.declined_because)
    _tell(
        session,
        found,
        "The hub will not open the pool you asked for",
        f"You asked for a pool: {found.words}\n\nThe hub says: {found.declined_because}\n",
        now,
    )
    return found


def own_ask(session: Session, actor: Actor, ask_id: UUID) -> PoolAsk:
    """What buyers ask of the actor's hub, held. Missing: another hub's. Refusal: it was answered already."""
    asked = get_ask(session, ask_id)
    if session.get_one(Hub, asked.hub_id).organisation_id != actor.organisation_id:
        raise Missing
    return _still_asked(session, ask_id)


def _tell(session: Session, found: PoolAsk, subject: str, body: str, now: datetime) -> None:
    for organisation_id in session.scalars(
        select(PoolAskSupport.organisation_id).filter_by(ask_id=found.id).order_by(PoolAskSupport.at)
    ):
        tell(session, organisation_id, subject, body, now=now)

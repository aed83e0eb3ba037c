"""Invitations by link, and reminders before a pool closes."""

import secrets
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app import history
from app.errors import Missing, Refusal
from app.permissions import Actor
from app.shipping.models import Hub
from app.trade import telling
from app.trade.models import Pool, PoolState
from app.trade.quoting import current_order, get_pool

REMINDERS: Final = (timedelta(days=2), timedelta(hours=6))
"""How long before a pool closes those in it are reminded."""


def invitation(session: Session, actor: Actor, pool_id: UUID, *, now: datetime) -> str:
    """The secret word of a pool's link, made when it is first wanted, by a buyer in it or its hub.

    Missing: neither. Refusal: the pool is not open.
    """
    pool = get_pool(session, pool_id, lock=True)
    own_hub = session.get_one(Hub, pool.hub_id).organisation_id == actor.organisation_id
    if not own_hub and current_order(session, pool.id, actor.organisation_id) is None:
        raise Missing
    if pool.state != PoolState.OPEN:
        raise Refusal("This pool is closed: nobody can join it any more.", code="pool-closed")
    if pool.invitation is None:
        pool.invitation = secrets.token_urlsafe(16)
        history.record(session, pool, "invitation made", now=now, **actor.who)
    return pool.invitation


def invited_to(session: Session, word: str) -> Pool:
    """Missing: no pool has this link."""
    pool = session.scalars(select(Pool).filter_by(invitation=word)).one_or_none()
    if pool is None:
        raise Missing
    return pool


def remind(session: Session, *, now: datetime) -> int:
    """Write to the buyers of pools that close soon; of how many pools.

    Each reminder goes out once, and one that is overtaken by the next is left out.
    """
    due = session.scalars(
        select(Pool)
        .where(
            Pool.state == PoolState.OPEN,
            Pool.closes_at > now,
            Pool.closes_at <= now + REMINDERS[0],
            Pool.reminded < len(REMINDERS),
        )
        .order_by(Pool.id)
        .with_for_update(skip_locked=True)
    ).all()
    reminded = 0
    for pool in due:
        passed = sum(1 for before in REMINDERS if pool.closes_at - now <= before)
        if passed > pool.reminded:
            pool.reminded = passed
            telling.closes_soon(session, pool, now)
            reminded += 1
    return reminded

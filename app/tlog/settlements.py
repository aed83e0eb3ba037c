"""Settlements in the log: the hashes of the documents from which anybody can compute the split again."""

import hashlib
from datetime import datetime
from typing import Any, Final

import rfc8785
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.tlog import service
from app.trade.models import Charge, Order, Pool, PoolPlan

DOCUMENTS: Final = ("problem", "plan", "quotes", "sharing")


def published(document: dict[str, Any]) -> bytes:
    """A document as it is served: canonical JSON, so that its hash is that of the file."""
    return rfc8785.dumps(document)


def enter_split(session: Session, pool: Pool, *, now: datetime) -> None:
    """The cost of a pool was split and charged."""
    service.append(session, "pool.split", pool, _statement(session, pool), now=now)


def enter_settled(session: Session, pool: Pool, *, now: datetime) -> None:
    """Everything of a pool is delivered and paid out."""
    service.append(session, "pool.settled", pool, _statement(session, pool), now=now)


def _statement(session: Session, pool: Pool) -> dict[str, Any]:
    stored = session.get_one(PoolPlan, pool.id)
    orders, shipping = session.execute(
        select(func.count(), func.sum(Charge.shipping))
        .join(Order, Order.id == Charge.order_id)
        .where(Order.pool_id == pool.id)
    ).one()
    return {
        "pool": pool.number,
        "currency": pool.currency,
        "orders": orders,
        "charged_for_shipping": int(shipping or 0),
        "alone": stored.stand_alone_total,
        "sha256": {name: hashlib.sha256(published(getattr(stored, name))).hexdigest() for name in DOCUMENTS},
    }

"""What a buyer says once its goods are handed over: all of it came. What did not, the hub counts; damage is a
claim.
"""

from collections.abc import Collection
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app import history
from app.errors import Refusal
from app.history import Happening
from app.permissions import Actor
from app.trade.models import Order, OrderState
from app.trade.ordering import own_order

ALL_CAME: Final = "all of it came"


def confirm(session: Session, actor: Actor, order_id: UUID, *, now: datetime) -> datetime:
    """Say that everything of an order came; its maker and the hubs read it. The same again changes nothing.

    Missing: not the actor's order. Refusal: it is not handed over yet.
    """
    order, _pool = own_order(session, actor, order_id)
    session.refresh(order, with_for_update=True)
    if order.state != OrderState.DELIVERED:
        raise Refusal("Your goods have not been handed over yet.", code="not-delivered")
    said = said_of(session, [order.id]).get(order.id)
    if said is not None:
        return said
    history.record(session, order, ALL_CAME, now=now, **actor.who)
    session.flush()
    return now


def said_of(session: Session, orders: Collection[UUID]) -> dict[UUID, datetime]:
    """Order -> when its buyer said that all of it came. What was said before a hand-over that was taken back
    does not count.
    """
    rows = session.execute(
        select(Happening.subject_id, Happening.at)
        .join(Order, Order.id == Happening.subject_id)
        .where(
            Happening.subject_kind == "order",
            Happening.subject_id.in_(orders),
            Happening.action == ALL_CAME,
            Happening.at >= Order.delivered_at,
        )
        .order_by(Happening.at.desc())
    )
    return dict(rows.all())

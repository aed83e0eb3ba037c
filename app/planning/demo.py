"""The demo's planning desk: an origin hub whose paid pools wait to be booked together."""

from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.ledger import payments
from app.permissions import Actor
from app.planning import desk
from app.planning.desk import DeskSaid
from app.planning.jobs import plan_origin
from app.planning.models import PlanningRun, RunState
from app.shipping import timetable
from app.shipping.models import Service
from app.shipping.rhythm import Every
from app.shipping.timetable import Rhythm
from app.trade.models import Charge, Order

DAY: Final = timedelta(days=1)
FIRST: Final = 12
"""Days until the first sailing: long enough for a paid pool to wait for others."""


def sailings(session: Session, keeper: Actor, code: str, *, now: datetime) -> None:
    """A ship every second week, on the service `code`, which `keeper` keeps."""
    service = session.scalars(select(Service).filter_by(code=code)).one()
    since = now.date() + FIRST * DAY
    rhythm = Rhythm(Every.TWO_WEEKS, since.weekday(), since, since + 70 * DAY, 24, "Demo Andes")
    timetable.add_by_rhythm(session, keeper, service.id, rhythm, now=now)


def begin(session: Session, keeper: Actor, hub_id: UUID, *, now: datetime) -> None:
    """The hub of origin plans its pools together."""
    desk.keep(session, keeper, hub_id, DeskSaid(weekday=0, stability=500), version=None, now=now)


def pay(session: Session, operator: Actor, pool_id: UUID, *, now: datetime) -> None:
    """Everybody in a pool pays."""
    charges = session.execute(
        select(Charge, Order).join(Order, Order.id == Charge.order_id).where(Order.pool_id == pool_id)
    )
    for charge, order in charges.all():
        payments.receive(
            session,
            operator,
            reference=charge.reference,
            amount=charge.total,
            currency=charge.currency,
            received_on=now.date(),
            bank_reference=f"DEMO-{order.number}",
            now=now,
        )


def waiting_runs(session: Session) -> list[UUID]:
    return list(session.scalars(select(PlanningRun.id).filter_by(state=RunState.WAITING)))


def plan_all(runs: list[UUID]) -> None:
    """Make the plannings that were asked for, as a worker would."""
    for run in runs:
        plan_origin(str(run))

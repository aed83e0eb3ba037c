"""Figures that the public sees of the platform, read from the rows they speak of."""

from dataclasses import dataclass
from datetime import date, datetime
from statistics import median
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.audits.models import Case, Decision
from app.audits.service import certified
from app.organisations.models import Kind, Organisation
from app.organisations.regions import Region
from app.planning.models import PoolBooking
from app.shipping.models import Hub
from app.trade.models import Charge, Order, Pool, PoolPlan, PoolState


@dataclass(frozen=True, slots=True)
class Saving:
    """What one planned pool saved, in minor units of its currency; `pooled` is without what came back because
    it travelled with other pools.
    """

    pool_id: UUID
    title: str
    hub: str
    currency: str
    alone: int
    pooled: int
    buyers: int
    planned_on: date

    @property
    def saved(self) -> int:
        return self.alone - self.pooled

    @property
    def share(self) -> float:
        """Of what all would have paid alone."""
        return self.saved / self.alone if self.alone else 0.0


@dataclass(frozen=True, slots=True)
class Figures:
    certified: int
    countries: int
    regions: int
    open_pools: int
    savings: tuple[Saving, ...]

    def saved(self) -> dict[str, int]:
        """By currency: currencies are never added up."""
        sums: dict[str, int] = {}
        for each in self.savings:
            sums[each.currency] = sums.get(each.currency, 0) + each.saved
        return sums


def figures(session: Session, now: datetime) -> Figures:
    producers = {
        row.id: row
        for row in session.execute(
            select(Organisation.id, Organisation.country, Organisation.region).filter_by(kind=Kind.PRODUCER),
        )
    }
    good = certified(session, list(producers), now)
    return Figures(
        certified=len(good),
        countries=len({producers[each].country for each in good}),
        regions=len({producers[each].region for each in good}),
        open_pools=session.scalar(select(func.count()).select_from(Pool).filter_by(state=PoolState.OPEN))
        or 0,
        savings=tuple(savings(session)),
    )


def savings(session: Session) -> list[Saving]:
    """Every pool that was planned and not cancelled, the newest first."""
    buyers = (
        select(Order.pool_id, func.count(Charge.order_id).label("buyers"))
        .join(Charge, Charge.order_id == Order.id)
        .group_by(Order.pool_id)
        .subquery()
    )
    rows = session.execute(
        select(PoolPlan, Pool, Hub.name, buyers.c.buyers, func.coalesce(PoolBooking.rebate, 0))
        .join(Pool, Pool.id == PoolPlan.pool_id)
        .join(Hub, Hub.id == Pool.hub_id)
        .join(buyers, buyers.c.pool_id == Pool.id)
        .outerjoin(PoolBooking, PoolBooking.pool_id == Pool.id)
        .where(Pool.state != PoolState.CANCELLED)
        .order_by(PoolPlan.made_at.desc()),
    )
    return [
        Saving(
            pool.id,
            pool.title,
            hub,
            pool.currency,
            plan.stand_alone_total,
            plan.total - back,
            count,
            plan.made_at.date(),
        )
        for plan, pool, hub, count, back in rows
    ]


@dataclass(frozen=True, slots=True)
class Decisions:
    """`days`: median from application to the first decision, None before there is one."""

    outcomes: dict[str, int]
    days: int | None
    waiting: int


def decisions(session: Session) -> Decisions:
    rows = session.execute(
        select(Decision.outcome, func.count()).group_by(Decision.outcome).order_by(Decision.outcome),
    )
    outcomes = {outcome: count for outcome, count in rows if count}
    first = select(Decision.case_id, func.min(Decision.at).label("at")).group_by(Decision.case_id).subquery()
    lengths = [
        (at - opened_at).days
        for at, opened_at in session.execute(
            select(first.c.at, Case.opened_at).join(Case, Case.id == first.c.case_id),
        )
    ]
    waiting = session.scalar(
        select(func.count()).select_from(Case).where(Case.id.not_in(select(first.c.case_id))),
    )
    return Decisions(outcomes, round(median(lengths)) if lengths else None, waiting or 0)


def by_region(session: Session) -> dict[str, tuple[int, int]]:
    """(producers, other organisations) of each region, regions without any included."""
    counts: dict[str, list[int]] = {region: [0, 0] for region in Region}
    for region, kind, count in session.execute(
        select(Organisation.region, Organisation.kind, func.count()).group_by(
            Organisation.region, Organisation.kind
        ),
    ):
        counts[region][0 if kind == Kind.PRODUCER else 1] += count
    return {region: (producers, others) for region, (producers, others) in counts.items()}

"""One planning of an origin's pools: what is read, what the engine makes of it, and what is stored."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app import history
from app.language import language
from app.planning import booking, desk
from app.planning.gathering import (
    Group,
    latest_of,
    member_of,
    pools_of,
    timetables_of,
    waiting_in,
)
from app.planning.joint import (
    Member,
    Option,
    Place,
    Timetable,
    assignments_of,
    joint_problem,
    options_of,
    places_of,
    plan_together,
)
from app.planning.models import PlanningDesk, PlanningRun, PoolChoice, RunState
from app.shipping.models import Hub
from app.trade.models import Pool
from logistics import InvalidInput, Plan, Problem, QuotesCannotBeKept, check, share
from logistics.explaining import moved

# Reasons are mailed: they are written in the first language.
WORDS: Final = language("en")
SECONDS: Final = 6.0
SHARE_SECONDS: Final = 10.0
MOST_WITH_OPTIONS: Final = 10
"""Paid pools for which other departures are reckoned, the first to close first."""
STALE_AFTER: Final = timedelta(minutes=5)
"""A run that was begun so long ago lost its worker: another one begins it again."""


@dataclass(frozen=True, slots=True)
class Given:
    """What the engine needs. Compared with what is there when it is done: equal, or it is planned again."""

    members: tuple[Member, ...]
    timetables: tuple[Timetable, ...]
    chosen: Mapping[str, tuple[str, date]]  # by pool
    stability: int
    today: date
    book: bool

    @property
    def ready(self) -> tuple[Member, ...]:
        return tuple(member for member in self.members if member.ready)


@dataclass(frozen=True, slots=True)
class Booked:
    """Paid pools planned and split together. `sharing` None: they cannot be booked, `words` say why."""

    problem: Problem
    plan: Plan
    sharing: dict[str, Any] | None
    words: str
    options: Mapping[str, Sequence[Option]]
    reasons: Mapping[str, int | None]  # by line that moves: what going back would cost


@dataclass(frozen=True, slots=True)
class Made:
    """What the engine made. `ahead`: everything that is not booked yet, as if it closed as it stands."""

    ahead: tuple[Problem, Plan] | None
    ready: Booked | None
    words: str = ""


def begin(session: Session, run_id: UUID, *, now: datetime) -> Given | None:
    """Take a run and read what it needs; None: another worker has it, or it is done."""
    run = session.scalars(
        select(PlanningRun).where(PlanningRun.id == run_id).with_for_update(skip_locked=True)
    ).one_or_none()
    if run is None or run.state in {RunState.DONE, RunState.FAILED}:
        return None
    if run.state == RunState.RUNNING and run.started_at and run.started_at > now - STALE_AFTER:
        return None
    run.state, run.started_at = RunState.RUNNING, now
    return gather(session, group_of(run), book=run.book, today=now.date())


def group_of(run: PlanningRun) -> Group:
    return Group(run.origin_id, run.currency, run.wait_cost_ppm_per_day)


def gather(session: Session, group: Group, *, book: bool, today: date) -> Given:
    pools = pools_of(session, group)
    waiting = waiting_in(session, [pool.id for pool in pools])
    members = [
        member
        for pool in pools
        if (member := member_of(session, pool, ready=pool.id in waiting, today=today)) is not None
    ]
    desk_row = session.get(PlanningDesk, group.origin_id)
    choices = session.scalars(select(PoolChoice).where(PoolChoice.pool_id.in_(waiting)))
    return Given(
        tuple(members),
        tuple(timetables_of(session, group, pools, today=today, until=latest_of(members)) if members else ()),
        {str(each.pool_id): (each.service, each.departs_on) for each in choices},
        desk_row.stability if desk_row else 0,
        today,
        book,
    )


def compute(given: Given) -> Made:
    """The engine's part, in no transaction."""
    ahead: tuple[Problem, Plan] | None = None
    words = ""
    ready = None
    try:
        if given.members:
            problem = joint_problem(given.members, given.timetables, given.today)
            chosen = _chosen(given, given.members)
            made = plan_together(
                problem, given.members, chosen=chosen, stability=given.stability, seconds=SECONDS
            )
            ahead = (problem, made)
        if given.ready:
            ready = _ready(given)
    except InvalidInput as refusal:
        words = f"The engine refuses these pools: {refusal}"
    return Made(ahead, ready, words)


def _chosen(given: Given, members: Sequence[Member]) -> dict[str, Place]:
    """Where people want the goods of a pool that sail."""
    return {
        line: given.chosen[member.id]
        for member in members
        if member.id in given.chosen
        for line in member.lines
        if member.places.get(line) is not None
    }


def _ready(given: Given) -> Booked:
    members = given.ready
    problem = joint_problem(members, given.timetables, given.today)
    chosen = _chosen(given, members)
    made = plan_together(problem, members, chosen=chosen, stability=given.stability, seconds=SECONDS)
    charged = sum(member.cost for member in members)
    quotes = {order: amount for member in members for order, amount in member.caps.items()}
    previous = assignments_of(
        problem, {line: place for member in members for line, place in member.places.items()}
    )
    reasons = {each.line: each.saved for each in moved(problem, previous, made)}
    options = {
        member.id: options_of(problem, made, members, member, charged=charged, stability=given.stability)
        for member in members[:MOST_WITH_OPTIONS]
    }
    faults = check(problem, made).faults
    if faults:
        return Booked(
            problem, made, None, f"The plan was checked and found wrong: {faults[0]}.", options, reasons
        )
    if made.total > charged:
        return Booked(
            problem,
            made,
            None,
            f"It would cost {WORDS.money(made.total - charged, problem.currency)} more than the buyers were "
            "charged: a sailing is gone or too full, or a rate has risen.",
            options,
            reasons,
        )
    try:
        sharing = share(problem, made, quotes=quotes, alone=made.alone, seconds=SHARE_SECONDS).to_dict()
    except QuotesCannotBeKept as refusal:
        return Booked(problem, made, None, f"It cannot be split: {refusal}.", options, reasons)
    return Booked(problem, made, sharing, "", options, reasons)


def finish(session: Session, run_id: UUID, given: Given, made: Made, *, now: datetime) -> None:
    """Store what was made, and book where that was asked for. Where something changed while the engine was at
    it, all is planned again.
    """
    run = session.scalars(select(PlanningRun).where(PlanningRun.id == run_id).with_for_update()).one()
    if run.state != RunState.RUNNING:
        return
    group = group_of(run)
    if run.book:
        booking.hold(session, [UUID(member.id) for member in given.ready], given.timetables)
        if gather(session, group, book=True, today=given.today) != given:
            run.state, run.made_at = RunState.FAILED, now
            run.words = "Something changed while it was planned. It is planned again."
            desk.ask(session, group, because=run.because, book=True, person=run.asked_by, now=now)
            return
    run.state, run.made_at = (RunState.FAILED if made.words else RunState.DONE), now
    run.words = made.words
    run.found = found_of(session, given, made)
    if made.ahead:
        run.problem, run.plan = made.ahead[0].to_dict(), made.ahead[1].to_dict()
    session.flush()
    if run.book and made.ready is not None:
        booking.book(session, group, given.ready, made.ready, person=run.asked_by, now=now)
        if len(given.members) > len(given.ready):
            desk.ask(session, group, because="Pools were booked.", now=now)
    history.record(
        session,
        session.get_one(Hub, run.origin_id),
        "pools planned together",
        now=now,
        pools=len(given.members),
        ready=len(given.ready),
        booked=run.book,
    )


def found_of(session: Session, given: Given, made: Made) -> dict[str, Any]:
    """What a page shows of a run, by pool."""
    pools = {
        str(pool.id): pool
        for pool in session.scalars(select(Pool).where(Pool.id.in_([UUID(m.id) for m in given.members])))
    }
    rows: dict[str, dict[str, Any]] = {}
    for member in given.members:
        rows[member.id] = {
            "number": member.number,
            "title": pools[member.id].title,
            "ready": member.ready,
            "own": member.cost,
            "departs_before": _first(member.places.values()),
        }
    result: dict[str, Any] = {"pools": rows, "before": sum(member.cost for member in given.members)}
    if made.ahead:
        problem, planned = made.ahead
        result["total"] = planned.total
        result["lower_bound"] = planned.lower_bound
        places = places_of(problem, planned.assignments)
        for member in given.members:
            mine = {places[line] for line in member.lines}
            rows[member.id] |= {
                "departs": _first(places[line] for line in member.lines),
                "with": [
                    other.number
                    for other in given.members
                    if other is not member
                    and any(places[line] in mine for line in other.lines if places[line] is not None)
                ],
            }
    if made.ready is not None:
        ready = made.ready
        amounts = {each["buyer"]: each["amount"] for each in (ready.sharing or {}).get("shares", [])}
        places = places_of(ready.problem, ready.plan.assignments)
        result["ready"] = {
            "total": ready.plan.total,
            "before": sum(member.cost for member in given.ready),
            "words": ready.words,
        }
        for member in given.ready:
            rows[member.id] |= {
                "share": sum(amounts.get(order, 0) for order in member.caps) if amounts else None,
                "departs": _first(places[line] for line in member.lines),
                "options": [
                    {
                        "service": each.service,
                        "departs_on": each.departs_on.isoformat(),
                        "arrives_on": each.arrives_on.isoformat(),
                        "difference": each.difference,
                        "days": each.days,
                        "within": each.within,
                    }
                    for each in ready.options.get(member.id, ())
                ],
            }
    return result


def _first(places: Any) -> str | None:
    """The first day on which something sails."""
    return min((place[1].isoformat() for place in places if place is not None), default=None)

"""Quotes of an open pool, kept in its rows: made at joining, they only fall, and leavers pay what they leave.

The pool's row is held by whoever writes here: quotes of one pool are made one after the other.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.errors import Refusal
from app.language import language
from app.trade.models import Order, OrderState, Pool
from app.trade.pooling import IN_POOL, Lane, Wish, planned_now, problem_of
from logistics import Assignment, Plan, Problem
from logistics.quotes import NotAffordable, Quotes, Withdrawal, join
from logistics.quoting import quote, release

SECONDS: Final = 0.5
"""What a plan may search while the pool's row is held; the earlier plan is there to fall back on."""
WORDS: Final = language("en")
NEWCOMER: Final = "~"
"""Whose number is not known yet; the last by name, so that the split of a last cent does not depend on it."""


@dataclass(frozen=True, slots=True)
class Promise:
    """Everybody's quote once one buyer is in the pool with its wish, and the plan that they pay for."""

    quotes: Quotes
    plan: Plan
    problem: Problem


def quotes_of(session: Session, pool: Pool, *, without: Order | None = None) -> Quotes:
    """The quotes of those in an open pool, with what leavers owe. `without`: as if it had not joined."""
    orders = session.scalars(
        select(Order)
        .where(Order.pool_id == pool.id, Order.state.in_([*IN_POOL, OrderState.LEFT]))
        .order_by(Order.joined_at, Order.id)
    ).all()
    staying = [each for each in orders if each.state != OrderState.LEFT and each is not without]
    covered = sum(each.leaving_charge for each in orders if each.state == OrderState.LEFT)
    prices = {each.number: each.quote for each in staying}
    alone = {each.number: each.alone for each in staying}
    return Quotes(sum(prices.values()) + covered, prices, alone, covered)


def promise(lane: Lane, wish: Wish, others: Sequence[Wish], quotes: Quotes, alone: int) -> Promise:
    """The quotes with `wish`, whose cost alone is `alone`. `quotes` are those of `others` only.

    Refusal: what the others were promised and this buyer's cost alone do not pay for the pool.
    """
    problem = problem_of(lane, [*others, wish])
    try:
        made = quote(problem, quotes, wish.key, assignments=_kept(lane, problem), seconds=SECONDS)
        # The same ratchet on the cost alone that the buyer is shown.
        ratchet = join(quotes, NEWCOMER, alone=alone, total=made.plan.total)
        prices = _named(ratchet.prices, wish.key)
        quoted = Quotes(ratchet.total, prices, _named(ratchet.alone, wish.key), ratchet.covered)
        return Promise(quoted, made.plan, problem)
    except NotAffordable as refusal:
        if refusal.over <= _short(lane, others, quotes):
            return _beside(problem, wish.key, quotes, alone)
        raise Refusal(
            "This order would cost the pool "
            f"{WORDS.money(refusal.over, lane.pool.currency)} more than it costs alone and than the others "
            "were promised: departures are full, or a rate has risen. Order less, or join another pool.",
            code="quote-not-affordable",
            title="The pool cannot take this order",
            facts={"over": refusal.over},
        ) from refusal


def _short(lane: Lane, others: Sequence[Wish], quotes: Quotes) -> int:
    """What a pool costs more than its quotes pay, since somebody left for less than that; else at most 0."""
    if not others:
        return 0
    return planned_now(problem_of(lane, others), SECONDS).total - quotes.total


def _beside(problem: Problem, key: str, quotes: Quotes, alone: int) -> Promise:
    """Who joins a pool that is short pays its cost alone at most, and makes it no shorter."""
    prices, alone_of = quotes.prices | {key: alone}, quotes.alone | {key: alone}
    quoted = Quotes(quotes.total + alone, prices, alone_of, quotes.covered)
    return Promise(quoted, planned_now(problem, SECONDS), problem)


def leaving(
    lane: Lane, wishes: Sequence[Wish], quotes: Quotes, number: str
) -> tuple[Withdrawal, Plan | None]:
    """What follows when the order `number` leaves; `wishes` are of everybody, its own among them."""
    problem = problem_of(lane, wishes)
    made = release(problem, quotes, number, assignments=_kept(lane, problem), seconds=SECONDS)
    return made.withdrawal, made.plan


def _named(amounts: Mapping[str, int], key: str) -> dict[str, int]:
    return {key if name == NEWCOMER else name: amount for name, amount in amounts.items()}


def keep(session: Session, pool: Pool, quotes: Quotes, problem: Problem, plan: Plan | None) -> None:
    """Write the quotes to the orders, and the plan that they pay for to the pool. Nobody's rises here but its
    own.
    """
    for order in session.scalars(
        select(Order).where(Order.pool_id == pool.id, Order.number.in_(quotes.prices))
    ):
        if order.quote != quotes.prices[order.number]:
            order.quote = quotes.prices[order.number]
    pool.kept = stored(problem, plan.assignments) if plan else []
    session.flush()


def stored(problem: Problem, assignments: Iterable[Assignment]) -> list[dict[str, Any]]:
    """Assignments by the day of their departure: timetables grow while a pool is open."""
    services = {service.id: service for service in problem.services}
    return [
        {"line": each.line}
        if each.service is None or each.departure is None
        else {
            "line": each.line,
            "service": each.service,
            "day": services[each.service].departures[each.departure].day,
        }
        for each in assignments
    ]


def _kept(lane: Lane, problem: Problem) -> list[Assignment]:
    return assignments_of(problem, lane.pool.kept)


def assignments_of(problem: Problem, kept: Sequence[Mapping[str, Any]]) -> list[Assignment]:
    """The reverse of `stored`, without what is no line or no departure any more."""
    places = {
        (service.id, departure.day): index
        for service in problem.services
        for index, departure in enumerate(service.departures)
    }
    lines = {line.id for line in problem.lines}
    found: list[Assignment] = []
    for each in kept:
        if each["line"] not in lines:
            continue
        if "service" not in each:
            found.append(Assignment(each["line"]))
        elif (index := places.get((each["service"], each["day"]))) is not None:
            found.append(Assignment(each["line"], each["service"], index))
    return found


def requoted(lane: Lane, wishes: Sequence[Wish], alone: Mapping[str, int], covered: int) -> Promise:
    """Quotes made anew in the order of joining, at most alone, after lines were frozen.

    `covered`: what leavers pay. There is at least one wish.
    """
    made: Promise | None = None
    for count, wish in enumerate(wishes, start=1):
        lane.pool.kept = stored(made.problem, made.plan.assignments) if made else []
        before = made.quotes if made else Quotes(covered, covered=covered)
        made = promise(lane, wish, wishes[: count - 1], before, alone[wish.key])
    assert made is not None
    return made

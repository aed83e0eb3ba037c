"""The step after the orders are locked: how many pieces each order gets, and whether minimums are reached.

The rule is `logistics.ranges`. Orders were quoted, and stock was kept, for the most that they ask for: so
what is chosen here costs nobody more than it accepted.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Final, TypeAlias
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app import history
from app.catalogue.models import Offer
from app.trade import extending, telling
from app.trade.freezing import let_go_empty
from app.trade.models import Order, OrderLine, Pool
from app.trade.ordering import lock_offers
from app.trade.pooling import IN_POOL, MakerTerms, lane_of, planned_now, problem_of, wishes_in
from app.trade.promises import assignments_of
from logistics import Problem, check, price
from logistics.ranges import Asked, Filled, Range, Why, at_most, fill, value

SECONDS: Final = 0.5
"""What a plan may search to see whether the quotes pay for what was chosen."""
Rows: TypeAlias = Sequence[tuple[OrderLine, Order]]


@dataclass
class OfMaker:
    """What is asked for of one maker, and the lines in which it is."""

    terms: MakerTerms
    asked: list[Asked]
    lines: dict[tuple[str, str], OrderLine] = field(default_factory=dict)  # by name of `asked` and order

    @property
    def top(self) -> int:
        """The greatest value that its full cases can have."""
        return value(self.asked, {each.offer: each.most_in_cases for each in self.asked})


@dataclass(frozen=True, slots=True)
class Missed:
    """A minimum that cannot be reached with what is asked for, in words, and the goods that it is about."""

    words: str
    maker: UUID
    offers: tuple[str, ...]  # names of `Asked`


def asked_in(session: Session, pool: Pool) -> list[OfMaker]:
    """What is asked for in a pool, by maker; of each line at most what can still be had of it."""
    rows = session.execute(
        select(OrderLine, Order)
        .join(Order, Order.id == OrderLine.order_id)
        .where(Order.pool_id == pool.id, Order.state.in_(IN_POOL), OrderLine.frozen_because.is_(None))
        .order_by(Order.joined_at, Order.id, OrderLine.id)
    ).all()
    offers = {
        offer.id: offer
        for offer in session.scalars(select(Offer).where(Offer.id.in_({line.offer_id for line, _ in rows})))
    }
    cases = _cases(offers, [order for _, order in rows])
    makers: dict[UUID, OfMaker] = {}
    found: dict[UUID, dict[str, list[tuple[OrderLine, Order]]]] = {}
    for line, order in rows:
        if line.producer_id not in makers:
            terms = (MakerTerms.from_dict(stored) for stored in order.terms["producers"])
            own = next(each for each in terms if each.id == line.producer_id)
            makers[line.producer_id] = OfMaker(own, [])
        name = str(line.offer_id) if pool.shares_cases else str(line.id)
        found.setdefault(line.producer_id, {}).setdefault(name, []).append((line, order))
    for maker_id, by_name in found.items():
        maker = makers[maker_id]
        for name, lines in by_name.items():
            first = lines[0][0]
            alone = not pool.shares_cases and first.least is None  # an exact order has full cases
            case_size, least_quantity = (1, 1) if alone else cases[first.offer_id]
            ranges = tuple(_range(line, order, offers[line.offer_id]) for line, order in lines)
            lowest = min(line.unit_price for line, _ in lines)
            maker.asked.append(Asked(name, lowest, case_size, least_quantity, ranges))
            maker.lines |= {(name, order.number): line for line, order in lines}
    return sorted(makers.values(), key=lambda each: each.terms.slug)


def _cases(offers: Mapping[UUID, Offer], orders: Sequence[Order]) -> dict[UUID, tuple[int, int]]:
    """Case and least quantity by offer: as the first order with its goods accepted them."""
    found: dict[UUID, tuple[int, int]] = {}
    for order in orders:
        stored: list[dict[str, Any]] = order.terms.get("cases", [])
        for each in stored:
            found.setdefault(UUID(each["offer"]), (each["case_size"], each["least_quantity"]))
    return {key: (offer.case_size, offer.least_quantity) for key, offer in offers.items()} | found


def _range(line: OrderLine, order: Order, offer: Offer) -> Range:
    most = line.most or line.quantity
    if line.why and offer.stock is not None:  # it was chosen before, and what it did not get was given back
        most = line.quantity
    return Range(order.number, min(line.least or most, most), most)


def missed_in(pool: Pool, makers: Sequence[OfMaker]) -> list[Missed]:
    """The minimums that a pool misses with what is asked for at most."""
    missed: list[Missed] = []
    for maker in makers:
        for each in maker.asked:
            if each.missing:
                line = next(line for (name, _), line in maker.lines.items() if name == each.offer)
                words = (
                    f"{line.title}: {each.missing} more {'is' if each.missing == 1 else 'are'} needed"
                    f"{_needed(each)}"
                )
                missed.append(Missed(words, maker.terms.id, (each.offer,)))
        if pool.needs_minimum and maker.top < maker.terms.minimum_order:
            short = telling.WORDS.money(maker.terms.minimum_order - maker.top, pool.currency)
            missed.append(
                Missed(
                    f"{maker.terms.name}: {short} more is needed to reach its minimum order",
                    maker.terms.id,
                    tuple(each.offer for each in maker.asked),
                )
            )
    return missed


def _needed(asked: Asked) -> str:
    if asked.most < asked.least_quantity:
        return f" to reach the {asked.least_quantity} that the maker makes at least"
    return f" to fill the first case of {asked.case_size}"


def step(session: Session, pool: Pool, _made: None, now: datetime) -> str:
    """Choose the pieces; a minimum that is missed extends the pool, or leaves its goods out."""
    from app.trade.closing import freeze, leavers_of

    makers = asked_in(session, pool)
    missed = missed_in(pool, makers)
    words = "; ".join(each.words for each in missed)
    if missed and extending.can(session, pool):
        return f"{words}. {extending.extend(session, pool, words, now=now)}"
    out = {name for each in missed for name in each.offers}
    before = {line.id: line.quantity for maker in makers for line in maker.lines.values()}
    covered = sum(order.leaving_charge for order in leavers_of(session, pool))
    changed: list[OrderLine] = []
    paid_for = True
    for choose in (_as_needed, _at_most):
        changed = _apply(session, makers, choose(makers), out, before, words)
        wishes = [wish for wish in wishes_in(session, pool) if wish.goods]
        if not wishes:
            return _call_off(session, pool, f"A minimum was missed: {words}.", now)
        if not changed:
            break
        until = max(wish.needed_by for wish in wishes)
        problem = problem_of(lane_of(session, pool, until=until, today=now.date()), wishes)
        paid_for = _total(problem, pool.kept) <= sum(wish.most or 0 for wish in wishes) + covered
        if paid_for:
            break
    if out and not paid_for:
        because = f"A minimum was missed: {words}. What is left costs more than was promised."
        return _call_off(session, pool, because, now)
    let_go_empty(session, {line.order_id for line in changed}, now=now, who={})
    if changed:
        freeze(session, pool, now)
    return _told(session, pool, makers, changed, words, now)


def _as_needed(makers: Sequence[OfMaker]) -> dict[str, dict[str, Filled]]:
    return {each.terms.slug: fill(each.asked, each.terms.minimum_order) for each in makers}


def _at_most(makers: Sequence[OfMaker]) -> dict[str, dict[str, Filled]]:
    return {each.terms.slug: at_most(each.asked) for each in makers}


def _call_off(session: Session, pool: Pool, because: str, now: datetime) -> str:
    from app.trade.service import call_off

    call_off(session, pool, because, now=now, who={})
    return f"{because} The pool is cancelled, and nobody pays."


def _apply(
    session: Session,
    makers: Sequence[OfMaker],
    made: Mapping[str, Mapping[str, Filled]],
    out: set[str],
    before: Mapping[UUID, int],
    missed: str,
) -> list[OrderLine]:
    """Write the pieces to the lines, and what is not taken back to the stock. The lines that changed."""
    offers = lock_offers(session, {line.offer_id for maker in makers for line in maker.lines.values()})
    changed: list[OrderLine] = []
    for maker in makers:
        for (name, number), line in sorted(maker.lines.items(), key=lambda each: str(each[1].id)):
            filled = made[maker.terms.slug][name]
            got = 0 if name in out else filled.pieces[number]
            why = Why.QUANTITY_MISSED if name in out else filled.why[number]
            offer, had = offers[line.offer_id], line.quantity if not line.frozen_because else 0
            if offer.stock is not None:
                offer.stock += had - got
            if line.most is None and got < before[line.id]:
                line.least = line.most = before[line.id]
            if got != had or line.least:
                changed.append(line)
                line.why = why
            if got:
                line.weight_g, line.volume_cm3 = (
                    each // line.quantity * got for each in (line.weight_g, line.volume_cm3)
                )
                line.quantity, line.value = got, got * line.unit_price
                line.frozen_because = None
            else:
                line.frozen_because = f"A minimum was missed: {missed}" if name in out else "No case was full"
    session.flush()
    return changed


def _total(problem: Problem, kept: Sequence[Mapping[str, Any]]) -> int:
    """What a quick plan costs, or the one that the quotes pay for."""
    made = planned_now(problem, SECONDS)
    assignments = tuple(assignments_of(problem, kept))
    if len(assignments) < len(problem.lines):
        return made.total
    priced = price(problem, assignments)
    held = replace(
        made,
        total=priced.total,
        lower_bound=min(made.lower_bound, priced.total),
        assignments=assignments,
        shipments=priced.shipments,
        collections=priced.collections,
    )
    return held.total if held.total < made.total and check(problem, held).ok else made.total


def _told(
    session: Session,
    pool: Pool,
    makers: Sequence[OfMaker],
    changed: Sequence[OrderLine],
    words: str,
    now: datetime,
) -> str:
    left_out = [line for line in changed if line.frozen_because]
    for order in session.scalars(
        select(Order).where(Order.id.in_({line.order_id for line in left_out})).order_by(Order.id)
    ):
        own = next(line for line in left_out if line.order_id == order.id)
        telling.frozen(session, pool, order, own.frozen_because or "", now)
    ranges = sum(1 for line in changed if not line.frozen_because)
    if changed:
        history.record(session, pool, "pieces chosen", now=now, lines=len(changed), left_out=len(left_out))
    told = [f"Lines whose pieces were chosen: {ranges}." if ranges else "Every order gets what it asked for."]
    if left_out:
        told.append(f"Left out, and not charged: {len(left_out)}{f' ({words})' if words else ''}.")
    reached = [m.terms.name for m in makers if _value(m) >= m.terms.minimum_order > 0]
    if reached:
        told.append(f"Minimum order reached: {', '.join(reached)}.")
    return " ".join(told)


def _value(maker: OfMaker) -> int:
    return sum(line.value for line in maker.lines.values() if not line.frozen_because)

"""What an order would cost: alone, in the pool as it stands, and at most."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.catalogue.models import Offer, Terms
from app.catalogue.service import poolable_offers
from app.errors import Faulty, Missing, Refusal
from app.exchange import service as exchange
from app.exchange.service import Rate
from app.language import language
from app.organisations.models import Organisation
from app.shipping import expiry
from app.trade import quantities
from app.trade.duties import DutyLine, accepted, due_in_all, duties_for, saved_in_all
from app.trade.itemising import Part, costs_of, parts_of
from app.trade.models import Order, OrderLine, OrderState, Pool, PoolState
from app.trade.pooling import (
    Goods,
    Lane,
    MakerTerms,
    Wish,
    alone_now,
    lane_of,
    planned_now,
    pooled_now,
    problem_of,
    wishes_in,
)
from app.trade.promises import Promise, promise, quotes_of
from logistics import Assignment, InvalidInput, Problem, QuotesCannotBeKept, price
from logistics.quotes import Quotes

YOU: Final = "you"
LEFT: Final = ""
MOST_LINES: Final = 200
LONGEST_WAIT: Final = timedelta(days=730)
# Faults are told by the API too: in the first language.
WORDS: Final = language("en")


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a buyer asks for: pieces by offer. `needed_by` None: the pool's latest arrival.

    `least`: of offers of which it would take fewer, down to so many; `quantities` are then the most.
    `stays_if_extended`: whether it stays if the pool misses a minimum and is extended; None: not said yet.
    """

    quantities: Mapping[UUID, int]
    needed_by: date | None = None
    least: Mapping[UUID, int] = field(default_factory=dict)
    stays_if_extended: bool | None = None


@dataclass(frozen=True, slots=True)
class Trip:
    """How one consignment would travel. `service` None: directly from the maker."""

    line: str
    producer: str
    service: str | None
    mode: str
    ready_on: date
    departs_on: date | None
    arrives_on: date | None

    @property
    def waits(self) -> int:
        """Days between being ready and leaving."""
        return (self.departs_on - self.ready_on).days if self.departs_on else 0


@dataclass(frozen=True, slots=True)
class WorstCase:
    """An order and its cost alone, in minor units."""

    wish: Wish
    currency: str
    alone_parts: tuple[Part, ...]
    duties: tuple[DutyLine, ...] = field(default=(), kw_only=True)

    @property
    def goods(self) -> int:
        return self.wish.value

    @property
    def alone(self) -> int:
        """Shipping alone."""
        return sum(part.amount for part in self.alone_parts)

    @property
    def duty_alone(self) -> int:
        """Import duty without a proof of origin, alone."""
        return self.duty_with(self.alone)

    def duty_with(self, shipping: int) -> int:
        """Import duty where the goods bear this much shipping."""
        return due_in_all(self.duties, self.wish.goods, shipping)


@dataclass(frozen=True, slots=True)
class Promised(WorstCase):
    """The same, and what the pool promises with this order in it."""

    lane: Lane
    others: tuple[Wish, ...]
    promise: Promise

    @property
    def price(self) -> int:
        """Shipping at most: who joins later only lowers it."""
        return self.promise.quotes.prices[self.wish.key]

    @property
    def most(self) -> int:
        """The most that can ever be charged: goods, shipping as promised, and the duty of both."""
        return self.goods + self.price + self.duty

    @property
    def duty(self) -> int:
        """Import duty at most: it is what is due without a proof of origin."""
        return self.duty_with(self.price)

    @property
    def proof_saves(self) -> int:
        """What the proofs of origin that are known here would save of it."""
        return saved_in_all(self.duties, self.wish.goods, self.price)


@dataclass(frozen=True, slots=True)
class Quote(Promised):
    """The same, and what it costs in the pool as it stands."""

    pooled_parts: tuple[Part, ...]
    trips: tuple[Trip, ...]
    buyers: int  # with this one

    @property
    def pooled(self) -> int:
        """Shipping in the pool as it stands."""
        return sum(part.amount for part in self.pooled_parts)

    @property
    def duty_pooled(self) -> int:
        """Import duty in the pool as it stands."""
        return min(self.duty_with(self.pooled), self.duty)

    @property
    def saved(self) -> int:
        """Of shipping and duty, against alone."""
        return self.alone + self.duty_alone - self.pooled - self.duty_pooled


def get_pool(session: Session, pool_id: UUID, *, lock: bool = False) -> Pool:
    """Missing: there is none."""
    wanted = select(Pool).where(Pool.id == pool_id)
    pool = session.scalars(
        wanted.with_for_update().execution_options(populate_existing=True) if lock else wanted
    ).one_or_none()
    if pool is None:
        raise Missing
    return pool


def refuse_unless_open(pool: Pool, now: datetime) -> None:
    """Refusal: it is closed, or its closing time is past and the job is about to close it."""
    if pool.state != PoolState.OPEN or now >= pool.closes_at:
        raise Refusal(
            "This pool is closed: orders can no longer join, change or leave. Look for another open pool.",
            code="pool-closed",
            title="The pool is closed",
            facts={"state": pool.state, "closes_at": pool.closes_at},
        )


def offers_in(session: Session, pool: Pool, today: date) -> list[tuple[Offer, Terms, Organisation]]:
    """What can be ordered in a pool: offers of certified makers at its hub of origin, in any currency."""
    return poolable_offers(session, pool.origin_id, today)


def rate_into(session: Session, currency: str, pool: Pool, today: date) -> Rate | None:
    """The rate of the day from a maker's currency into the pool's; None: they are the same.

    NoRate: it is not known, which names both.
    """
    return None if currency == pool.currency else exchange.rate(session, currency, pool.currency, today)


def field_of(offer_id: UUID) -> str:
    """The name under which faults of a quantity are told."""
    return f"quantity-{offer_id}"


def wish_of(
    session: Session,
    pool: Pool,
    wanted: Wanted,
    now: datetime,
    *,
    key: str = YOU,
    own: Sequence[OrderLine] = (),
    others: Sequence[Wish] = (),
) -> Wish:
    """The order as values, with the terms that it would accept.

    `own`: lines of the order that is being changed: their pieces count as available, and a price that was
    accepted does not rise. Faulty: nothing wanted, or a quantity or date that cannot be kept, each named.
    """
    if not wanted.quantities:
        raise Faulty(
            "Choose something to order: enter a quantity for at least one of the goods.",
            fields={"lines": "Enter a quantity for at least one of the goods."},
        )
    if len(wanted.quantities) > MOST_LINES:
        raise Faulty(fields={"lines": f"Order at most {MOST_LINES} different goods at once."})
    known = {offer.id: (offer, terms, maker) for offer, terms, maker in offers_in(session, pool, now.date())}
    had = {line.offer_id: line for line in own}
    agreed: dict[UUID, MakerTerms] = {}
    for other in reversed(others):
        agreed.update(other.makers)
    faults: dict[str, str] = {}
    goods: list[Goods] = []
    makers: dict[UUID, MakerTerms] = {}
    rates: dict[str, Rate] = {}
    for offer_id, quantity in wanted.quantities.items():
        if offer_id not in known:
            faults[field_of(offer_id)] = "This is not offered in this pool. Leave it out."
            continue
        offer, terms, maker = known[offer_id]
        line = had.get(offer_id)
        least = wanted.least.get(offer_id)
        held = line.quantity if line else 0
        fault = quantities.fault(offer, quantity, held, least=least, together=pool.shares_cases)
        if fault:
            faults[field_of(offer_id)] = fault
            continue
        into = {each: rate_into(session, each, pool, now.date()) for each in (offer.currency, terms.currency)}
        rates |= {each: rate for each, rate in into.items() if rate}
        makers[maker.id] = agreed.get(maker.id) or MakerTerms.of(terms, maker, into[terms.currency])
        price = priced(offer, line, into[offer.currency])
        goods.append(
            Goods(
                offer_id=offer.id,
                producer_id=maker.id,
                title=offer.title,
                unit=offer.unit,
                quantity=quantity,
                least=least,
                most=quantity if least else None,
                unit_price=price.unit_price,
                sold_in=price.sold_in,
                sold_at=price.sold_at,
                weight_g=quantity * offer.weight_g,
                volume_cm3=quantity * offer.volume_cm3,
                hs_code=offer.hs_code,
                cargo_class=offer.cargo_class,
                ready_on=pool.closes_at.date() + timedelta(days=offer.lead_days),
            )
        )
    needed_by = wanted.needed_by or pool.latest_arrival_on
    ready = max((each.ready_on for each in goods), default=pool.closes_at.date())
    if needed_by < ready:
        faults["needed_by"] = f"The goods are ready on {WORDS.day(ready)}. Choose a later day."
    elif needed_by > pool.closes_at.date() + LONGEST_WAIT:
        faults["needed_by"] = "Choose a day within two years of the pool's closing."
    if faults:
        raise Faulty(fields=faults)
    return Wish(key, needed_by, tuple(goods), makers, rates=rates)


@dataclass(frozen=True, slots=True)
class Price:
    """Of one piece, in the pool's currency, and in the maker's own where that is another."""

    unit_price: int
    sold_in: str | None = None
    sold_at: int | None = None


def priced(offer: Offer, had: OrderLine | None, rate: Rate | None) -> Price:
    """What a piece costs today; one that was accepted does not rise. Exchanged it is rounded up to the pool's
    smallest unit, so that the maker's price is covered.
    """
    if rate is None:
        return Price(min(offer.price, had.unit_price) if had else offer.price)
    own = min(offer.price, had.sold_at) if had and had.sold_at is not None else offer.price
    here = rate.convert(own, "up")
    return Price(min(here, had.unit_price) if had else here, offer.currency, own)


def refuse_overfull(pool: Pool, wish: Wish, others: Sequence[Wish]) -> None:
    """Refusal: the pool has not that much room, by weight or by volume."""
    for unit, limit, mine, theirs in (
        ("kg", pool.capacity_g, wish.weight_g, sum(other.weight_g for other in others)),
        ("m3", pool.capacity_cm3, wish.volume_cm3, sum(other.volume_cm3 for other in others)),
    ):
        if limit is not None and mine + theirs > limit:
            base = 1000 if unit == "kg" else 1_000_000
            left = max(limit - theirs, 0)
            raise Refusal(
                f"The pool has room for {left / base:g} {unit} more; this order has {mine / base:g} {unit}. "
                "Order less, or look for another pool.",
                code="pool-full",
                title="Not enough room in the pool",
                facts={"unit": unit, "left": left, "wanted": mine},
            )


def worst_case_of(lane: Lane, wish: Wish, others: Sequence[Wish]) -> WorstCase:
    """What the order costs alone, on the producers' terms that hold for the pool. Faulty: too much."""
    own = _problem(lane, [wish])
    alone = alone_now(own)
    costs = costs_of(own, price(own, alone.assignments), customs_of([*others, wish]), lane.fixed)
    return WorstCase(wish, lane.pool.currency, tuple(parts_of(costs, {wish.key: alone.total})[wish.key]))


def promised_for(
    lane: Lane, wish: Wish, others: Sequence[Wish], quotes: Quotes, duties: tuple[DutyLine, ...] = ()
) -> Promised:
    """What the pool promises with the order in it. Faulty: beyond reckoning. Refusal: not affordable."""
    worst = worst_case_of(lane, wish, others)
    _problem(lane, [*others, wish])
    made = promise(lane, wish, others, quotes, worst.alone)
    return Promised(wish, worst.currency, worst.alone_parts, lane, tuple(others), made, duties=duties)


def quote_for(promised: Promised) -> Quote:
    """The same, and what the order costs in the pool as it stands."""
    lane, wish, others, worst = promised.lane, promised.wish, promised.others, promised
    whole = promised.promise.problem
    accepted = tuple(sorted(promised.promise.quotes.prices.items()))
    try:
        pooled = pooled_now(whole, accepted)
    except QuotesCannotBeKept:
        # Somebody left with a charge, or this quick plan is worse than the one that is kept.
        pooled = pooled_now(whole, ())
    costs = costs_of(whole, price(whole, pooled.plan.assignments), customs_of([*others, wish]), lane.fixed)
    amounts = dict(pooled.sharing.amounts)
    over = max(amounts[wish.key] - promised.price, 0)  # what who left pays
    parts = parts_of(costs, amounts | {wish.key: amounts[wish.key] - over} | ({LEFT: over} if over else {}))
    return Quote(
        wish=wish,
        currency=worst.currency,
        alone_parts=worst.alone_parts,
        lane=lane,
        others=others,
        promise=promised.promise,
        pooled_parts=tuple(parts[wish.key]),
        trips=trips_of(whole, pooled.plan.assignments, wish.key),
        buyers=len(others) + 1,
        duties=promised.duties,
    )


def _problem(lane: Lane, wishes: Sequence[Wish]) -> Problem:
    try:
        return problem_of(lane, wishes)
    except InvalidInput as fault:
        raise Faulty(fields={"lines": f"This order cannot be reckoned: {fault.reason}."}) from fault


def customs_of(wishes: Sequence[Wish]) -> dict[str, int]:
    """How much of a direct shipment is customs, by producer, as the first order with its goods accepted."""
    return {maker.slug: maker.direct_customs for wish in reversed(wishes) for maker in wish.makers.values()}


def trips_of(problem: Problem, assignments: Sequence[Assignment], buyer: str) -> tuple[Trip, ...]:
    """How each consignment of a buyer travels, in days of the calendar."""
    services = {service.id: service for service in problem.services}
    lines = {line.id: line for line in problem.lines}

    def day(number: int) -> date:
        return problem.start + timedelta(days=number)

    trips: list[Trip] = []
    for assignment in assignments:
        line = lines[assignment.line]
        if line.buyer != buyer:
            continue
        if assignment.service is None or assignment.departure is None:
            trips.append(Trip(line.id, line.producer, None, "direct", day(line.ready), None, None))
            continue
        service = services[assignment.service]
        departure = service.departures[assignment.departure]
        trips.append(
            Trip(
                line.id,
                line.producer,
                service.id,
                service.mode,
                day(line.ready),
                day(departure.day),
                day(departure.arrives),
            )
        )
    return tuple(sorted(trips, key=lambda trip: trip.line))


def quote(
    session: Session, pool: Pool, wanted: Wanted, now: datetime, *, replaces: Order | None = None
) -> Quote:
    """What a buyer would pay. `replaces`: the order of its own that this would change."""
    return quote_for(promised(session, pool, wanted, now, replaces=replaces))


def promised(
    session: Session,
    pool: Pool,
    wanted: Wanted,
    now: datetime,
    *,
    replaces: Order | None = None,
    key: str = YOU,
) -> Promised:
    """What a buyer would accept, if there is room for it. `key`: the number of its order."""
    others = wishes_in(session, pool, without=replaces.id if replaces else None)
    own = lines_of(session, replaces.id) if replaces else []
    name = replaces.number if replaces else key
    wish = wish_of(session, pool, wanted, now, key=name, own=own, others=others)
    refuse_overfull(pool, wish, others)
    until = max([wish.needed_by, *(other.needed_by for other in others)])
    lane = lane_of(session, pool, until=until, today=now.date())
    _refuse_without_rates(session, lane, max(until, pool.latest_arrival_on))
    duties = duties_for(session, wish, lane.destination, pool.currency, today=now.date())
    return promised_for(lane, wish, others, quotes_of(session, pool, without=replaces), duties)


def standing_quote(lane: Lane, wishes: Sequence[Wish], order: Order) -> Quote:
    """What an order costs in its open pool as it stands, under the quotes that stand."""
    mine = next(wish for wish in wishes if wish.key == order.number)
    prices = {wish.key: wish.most or 0 for wish in wishes}
    alone = {wish.key: wish.alone or 0 for wish in wishes}
    problem = _problem(lane, wishes)
    standing = Promise(Quotes(sum(prices.values()), prices, alone), planned_now(problem), problem)
    parts = tuple(Part.from_dict(part) for part in order.terms["alone"])
    others = tuple(wish for wish in wishes if wish is not mine)
    duties = accepted(order.terms)
    return quote_for(Promised(mine, lane.pool.currency, parts, lane, others, standing, duties=duties))


def _refuse_without_rates(session: Session, lane: Lane, until: date) -> None:
    """Refusal: no rate card has a departure; what is missing is named, never reckoned as 0."""
    if not lane.sailings:
        over = expiry.unused_cards(
            session,
            lane.origin.id,
            lane.destination.id,
            currency=lane.pool.currency,
            from_day=lane.start,
            until_day=until,
        )
        raise Refusal(
            f"No rate card in {lane.pool.currency} has a departure from {lane.origin.name} to "
            f"{lane.destination.name} after the pool closes on {WORDS.day(lane.start)} that arrives by "
            f"{WORDS.day(until)}. Ask the hub to enter one, or choose a later day. "
            f"{expiry.expired_words(over)}".strip(),
            code="no-rate-card",
            title="A rate card is missing",
            facts={"origin": lane.origin.code, "destination": lane.destination.code},
        )


def lines_of(session: Session, order_id: UUID) -> list[OrderLine]:
    """An order's lines, without those that are frozen."""
    return list(
        session.scalars(
            select(OrderLine).filter_by(order_id=order_id, frozen_because=None).order_by(OrderLine.id)
        )
    )


def current_order(session: Session, pool_id: UUID, organisation_id: UUID) -> Order | None:
    """A buyer's order in a pool, if it has not left."""
    return session.scalars(
        select(Order).where(
            Order.pool_id == pool_id,
            Order.organisation_id == organisation_id,
            Order.state != OrderState.LEFT,
        ),
    ).one_or_none()

"""A pool after closing: lock, fill, plan, share, cards, charge, tell. Each step once, seen, and retried."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app import history, jobs
from app.audits.service import certified
from app.db import uuid7
from app.errors import Refusal
from app.ledger import service as ledger
from app.ledger.models import AccountKind, Cause
from app.organisations.models import Organisation
from app.shipping.models import Hub
from app.tlog import settlements as log
from app.trade import extending, telling
from app.trade.charging import (
    PayeeAccounts,
    duties_of,
    duty_parts,
    fixed_of,
    own_terms,
    postings,
)
from app.trade.itemising import costs_of, parts_of
from app.trade.jobs import take_pool_steps
from app.trade.models import Charge, Order, OrderState, Pool, PoolPlan, PoolState, PoolStep, StepState
from app.trade.numbers import reference_of
from app.trade.pooling import lane_of, problem_of, wishes_in
from app.trade.quoting import customs_of, get_pool
from app.trade.splitting import cheapest, split
from logistics import InvalidInput, Plan, Problem, QuotesCannotBeKept, check, price

STEPS: Final = ("lock", "fill", "plan", "share", "cards", "charge", "tell")
PAYMENT_TIME: Final = timedelta(days=7)
ATTEMPT: Final = "attempt"
"""In what the engine made for a step: the attempt that it was made for."""
STUCK_AFTER: Final = timedelta(minutes=5)
"""Steps that nobody took for so long lost their worker: they are asked for again."""


class CannotGoOn(Exception):  # noqa: N818 - it is the step that cannot, in words for the hub
    """A step's own refusal: told on the steps page, tried again when somebody asks."""


class NotYet(Exception):  # noqa: N818 - it is not the step's fault
    """Somebody has to answer first: the step waits, and is asked for again when they have."""


def start_closing(session: Session, pool: Pool, *, now: datetime, who: Mapping[str, UUID]) -> None:
    """Close a pool whose row is held: no order joins, changes or leaves from here on."""
    pool.state, pool.closed_at = PoolState.CLOSING, now
    extending.let_silent_go(session, pool, now=now)
    turn = 1 if pool.extended_at is None else 2
    session.add_all(
        PoolStep(
            id=uuid7(now),
            pool_id=pool.id,
            round=turn,
            name=name,
            position=position,
            state=StepState.WAITING,
            attempt=0,
            key=f"{pool.id}:{name}" if turn == 1 else f"{pool.id}:{name}:{turn}",
        )
        for position, name in enumerate(STEPS)
    )
    history.record(session, pool, "closing", now=now, **who)
    telling.closed(session, pool, now)
    ask_for_steps(session, pool.id)


def ask_for_steps(session: Session, pool_id: UUID) -> None:
    jobs.enqueue(session, take_pool_steps.name, lock=f"pool:{pool_id}", pool_id=str(pool_id))


def steps_of(session: Session, pool_id: UUID) -> list[PoolStep]:
    """The steps of a pool since it closed last."""
    every = every_step_of(session, pool_id)
    return [step for step in every if step.round == every[-1].round]


def every_step_of(session: Session, pool_id: UUID) -> list[PoolStep]:
    """The same, with those before an extension."""
    return list(
        session.scalars(
            select(PoolStep).filter_by(pool_id=pool_id).order_by(PoolStep.round, PoolStep.position)
        )
    )


def _step(session: Session, pool_id: UUID, name: str) -> PoolStep:
    return session.scalars(
        select(PoolStep)
        .filter_by(pool_id=pool_id, name=name)
        .order_by(PoolStep.round.desc())
        .limit(1)
        .execution_options(populate_existing=True)
    ).one()


def begin(session: Session, pool_id: UUID, now: datetime) -> str | None:
    """Mark the next step as running and name it; None: there is nothing to do. A step that was running when
    its worker died is begun again.
    """
    pool = get_pool(session, pool_id, lock=True)
    if pool.state in {PoolState.OPEN, PoolState.CANCELLED}:
        return None
    for step in steps_of(session, pool_id):
        if step.state == StepState.FAILED:
            return None
        if step.state != StepState.DONE:
            if step.name == "cards" and step.attempt and (words := _waits_for(session, pool_id)):
                step.words = words
                return None
            step.state, step.started_at, step.ended_at = StepState.RUNNING, now, None
            step.attempt += 1
            return step.name
    return None


@dataclass(frozen=True, slots=True)
class Given:
    """What the engine needs for a step."""

    problem: dict[str, Any]
    plan: dict[str, Any] | None
    quotes: dict[str, int]
    leavers: dict[str, int]
    kept: list[dict[str, Any]]
    attempt: int


def prepare(session: Session, pool_id: UUID, name: str) -> Given | None:
    """What the engine needs for a step, read before any computing so that no transaction waits for it."""
    if name not in {"plan", "share"}:
        return None
    stored = session.get_one(PoolPlan, pool_id)
    kept = get_pool(session, pool_id).kept
    step = _step(session, pool_id, name)
    return Given(stored.problem, stored.plan, stored.quotes, stored.leavers, kept, step.attempt)


def compute(name: str, given: Given | None) -> dict[str, Any] | None:
    """The engine's part of a step, in no transaction. CannotGoOn: it refuses, with its words."""
    if given is None:
        return None
    planned = given.plan
    problem = Problem.from_dict(given.problem)
    try:
        if name == "plan":
            made = cheapest(problem, given.kept)
            faults = check(problem, made).faults
            if faults:
                raise CannotGoOn(f"The plan was checked and found wrong: {faults[0]}.")
            return made.to_dict() | {"alone": dict(made.alone)} | {ATTEMPT: given.attempt}
        assert planned is not None
        shared = split(problem, _plan(planned), planned["alone"], given.quotes, given.leavers)
        return shared | {ATTEMPT: given.attempt}
    except QuotesCannotBeKept as refusal:
        return {"over": refusal.short, "words": str(refusal), ATTEMPT: given.attempt}
    except InvalidInput as refusal:
        raise CannotGoOn(f"The engine refuses this pool: {refusal}") from refusal


def _plan(stored: dict[str, Any]) -> Plan:
    return Plan.from_json(json.dumps(stored))


def stored_plan(stored: PoolPlan) -> Plan:
    """The plan of a pool that is planned."""
    assert stored.plan is not None
    return _plan(stored.plan)


def finish(session: Session, pool_id: UUID, name: str, made: dict[str, Any] | None, now: datetime) -> None:
    """Store what a step made and mark it done; NotYet leaves it waiting. Done or called off already, or made
    for orders that have changed meanwhile: nothing.
    """
    pool = get_pool(session, pool_id, lock=True)
    step = _step(session, pool_id, name)
    if step.state != StepState.RUNNING or pool.state == PoolState.CANCELLED:
        return
    if made is not None and made.pop(ATTEMPT) != step.attempt:
        return
    try:
        step.words = _DO[name](session, pool, made, now)
    except NotYet as waiting:
        step.state, step.words = StepState.WAITING, str(waiting)
        return
    step.state, step.ended_at = StepState.DONE, now
    history.record(session, pool, f"step {name} done", now=now, attempt=step.attempt, words=step.words)


def fail(session: Session, pool_id: UUID, name: str, words: str, now: datetime) -> None:
    """Keep why a step could not go on, and tell the hub."""
    pool = get_pool(session, pool_id, lock=True)
    step = _step(session, pool_id, name)
    if step.state != StepState.RUNNING:
        return
    step.state, step.ended_at, step.words = StepState.FAILED, now, words
    history.record(session, pool, f"step {name} failed", now=now, attempt=step.attempt, words=words)
    telling.step_failed(session, pool, name, words, now)


def retry(session: Session, pool_id: UUID, *, now: datetime, who: Mapping[str, UUID]) -> None:
    """Try a failed step again. Refusal: none has failed."""
    pool = get_pool(session, pool_id, lock=True)
    failed = [step for step in steps_of(session, pool_id) if step.state == StepState.FAILED]
    if not failed:
        raise Refusal(
            "No step of this pool has failed: there is nothing to try again.", code="nothing-failed"
        )
    failed[0].state = StepState.WAITING
    if failed[0].name == "plan" or failed[0].name == "share":
        # Rate cards and sailings may have been mended since: the problem is made anew.
        freeze(session, pool, now)
        for step in steps_of(session, pool_id):
            if step.name in {"plan", "share"}:
                step.state = StepState.WAITING
    history.record(session, pool, f"step {failed[0].name} to be tried again", now=now, **who)
    ask_for_steps(session, pool_id)


def ask_for_stuck(session: Session, now: datetime) -> int:
    """Ask again for the steps of closed pools that nobody took lately: their worker was killed. How many."""
    lately = now - STUCK_AFTER
    busy = select(PoolStep.pool_id).where(
        (PoolStep.state == StepState.FAILED) | (PoolStep.started_at > lately) | (PoolStep.ended_at > lately)
    )
    stuck = session.scalars(
        select(PoolStep.pool_id)
        .distinct()
        .join(Pool, Pool.id == PoolStep.pool_id)
        .where(
            Pool.state != PoolState.CANCELLED,
            Pool.closed_at < lately,
            PoolStep.state.in_([StepState.WAITING, StepState.RUNNING]),
            PoolStep.pool_id.not_in(busy),
        ),
    ).all()
    again = [pool_id for pool_id in stuck if not _waits_for(session, pool_id)]
    for pool_id in again:
        ask_for_steps(session, pool_id)
    return len(again)


def leavers_of(session: Session, pool: Pool) -> list[Order]:
    """Orders that left and pay a part of what the others were promised."""
    return list(
        session.scalars(
            select(Order)
            .where(Order.pool_id == pool.id, Order.state == OrderState.LEFT, Order.leaving_charge > 0)
            .order_by(Order.id)
        )
    )


def freeze(session: Session, pool: Pool, now: datetime) -> Problem:
    """Write down the problem of a closed pool, and what each buyer accepted at most."""
    wishes = wishes_in(session, pool)
    until = max(wish.needed_by for wish in wishes)
    problem = problem_of(lane_of(session, pool, until=until, today=now.date()), wishes)
    stored = session.get(PoolPlan, pool.id) or PoolPlan(pool_id=pool.id)
    stored.problem = problem.to_dict()
    stored.quotes = {wish.key: wish.most for wish in wishes}
    stored.leavers = {order.number: order.leaving_charge for order in leavers_of(session, pool)}
    stored.plan = stored.sharing = stored.total = stored.stand_alone_total = None
    stored.made_at = now
    session.add(stored)
    session.flush()
    return problem


def uncertified_in(session: Session, pool: Pool, now: datetime) -> list[Organisation]:
    """Makers with goods in a pool that hold no certificate, by name."""
    makers = set(telling.producers_of(session, pool.id))
    gone = makers - certified(session, makers, now.date())
    return list(
        session.scalars(select(Organisation).where(Organisation.id.in_(gone)).order_by(Organisation.name))
    )


def plan_again(session: Session, pool: Pool, now: datetime) -> None:
    """The orders of a closing pool, whose row is held, are not what they were: what was computed is void."""
    steps = {step.name: step for step in steps_of(session, pool.id)}
    if steps["lock"].state != StepState.DONE:
        return
    freeze(session, pool, now)
    for name in ("fill", "plan", "share"):
        steps[name].state = StepState.WAITING
    ask_for_steps(session, pool.id)


def _lock(session: Session, pool: Pool, _made: None, now: datetime) -> str:
    """No order: the pool is called off. A maker that is not certified any more: a person decides."""
    from app.trade.service import call_off

    wishes = wishes_in(session, pool)
    if not wishes:
        call_off(session, pool, "Nobody joined.", now=now, who={})
        return "Nobody joined: the pool is cancelled, and nobody pays."
    gone = uncertified_in(session, pool, now)
    if gone:
        names = ", ".join(maker.name for maker in gone)
        raise CannotGoOn(
            f"No longer certified: {names}. Go on without their goods, try again when that is settled, "
            "or cancel the pool."
        )
    problem = freeze(session, pool, now)
    return f"Orders: {len(wishes)}. Consignments: {len(problem.lines)}. Nothing can be changed any more."


def _fill(session: Session, pool: Pool, made: None, now: datetime) -> str:
    from app.trade import filling

    return filling.step(session, pool, made, now)


def _store_plan(session: Session, pool: Pool, made: dict[str, Any], now: datetime) -> str:
    stored = session.get_one(PoolPlan, pool.id)
    stored.plan, stored.made_at = made, now
    stored.total, stored.stand_alone_total = made["total"], made["stand_alone_total"]
    direct = sum(1 for each in made["assignments"] if "direct" in each)
    words = f"Shipments: {len(made['shipments'])}. Consignments sent directly: {direct}."
    return (
        f"{words} Proven cheapest."
        if made["gap"] == 0
        else f"{words} At most {made['gap']:.1%} above the cheapest."
    )


def _store_sharing(session: Session, pool: Pool, made: dict[str, Any], now: datetime) -> str:
    if "over" in made:
        return _not_paid_for(session, pool, made, now)
    stored = session.get_one(PoolPlan, pool.id)
    stored.sharing, stored.made_at = made, now
    above = [each["buyer"] for each in made["shares"] if each["amount"] > stored.quotes[each["buyer"]]]
    leavers = made.get("leavers", [])
    above += [each["buyer"] for each in leavers if each["amount"] > stored.leavers[each["buyer"]]]
    if above or sum(each["amount"] for each in [*made["shares"], *leavers]) != stored.total:
        raise CannotGoOn(f"The split breaks a promise: above the quote {above}, or not summing to the total.")
    if leavers:
        return (
            f"Orders that share the cost: {len(made['shares'])}, at their quotes or less. "
            f"Orders that left and pay a part: {len(leavers)}."
        )
    stable = (
        "No group would pay less by leaving."
        if made["max_excess"] <= 0
        else "The fairest split that was found."
    )
    return f"Orders that share the cost: {len(made['shares'])}, to the cent. {stable}"


def _not_paid_for(session: Session, pool: Pool, made: dict[str, Any], now: datetime) -> str:
    """The quotes do not pay for the plan. Because a card failed: the pool ends, or goes on in another way.
    Else a person looks at it.
    """
    from app.trade import collecting

    if collecting.lost_an_order(session, pool):
        return collecting.missed(session, pool, made["over"], now)
    if pool.extended_at:
        from app.trade.service import call_off

        because = "Those who stayed for the extension would pay more than they were promised."
        call_off(session, pool, because, now=now, who={})
        return f"{because} The pool is cancelled, and nobody pays."
    raise CannotGoOn(
        f"The cost cannot be shared within what each buyer accepted: {made['words']}. "
        "A rate card or a sailing has changed since they joined."
    )


def _hold(session: Session, pool: Pool, made: None, now: datetime) -> str:
    from app.trade import collecting

    return collecting.hold(session, pool, made, now)


def _waits_for(session: Session, pool_id: UUID) -> str:
    from app.trade import collecting

    return collecting.waits_for(session, pool_id)


def _charge(session: Session, pool: Pool, _made: None, now: datetime) -> str:
    """A charge and a ledger entry for each order; what their cards hold is taken."""
    from app.cards import holding

    stored = session.get_one(PoolPlan, pool.id)
    assert stored.plan is not None
    assert stored.sharing is not None
    problem = Problem.from_dict(stored.problem)
    wishes = {wish.key: wish for wish in wishes_in(session, pool)}
    priced = price(problem, _plan(stored.plan).assignments)
    amounts = {each["buyer"]: each["amount"] for each in stored.sharing["shares"]}
    left = {each["buyer"]: each["amount"] for each in stored.sharing.get("leavers", [])}
    amounts |= left
    costs = costs_of(problem, priced, customs_of(list(wishes.values())), fixed_of(session, problem))
    parts = parts_of(costs, amounts)
    direct = {each["buyer"]: each["direct"] for each in stored.sharing["shares"]}
    accounts = PayeeAccounts(session, pool)
    hub = session.get_one(Hub, pool.hub_id).code
    own = own_terms(list(wishes.values()))
    first = min((shipment.day for shipment in priced.shipments), default=None)
    due_on = now.date() + PAYMENT_TIME
    if first is not None:
        due_on = max(min(due_on, problem.start + timedelta(days=first - 1)), now.date())
    direct |= dict.fromkeys(left, 0)
    orders = session.scalars(
        select(Order).where(Order.pool_id == pool.id, Order.number.in_(amounts)).order_by(Order.id)
    ).all()
    for order in orders:
        amount = amounts[order.number]
        staying = order.number not in left
        if not staying and not amount:
            continue
        wish = wishes[order.number] if staying else None
        value = wish.value if wish else 0
        duties = duties_of(order, wish, amount) if wish else []
        duty = duty_parts(hub, duties)
        charge = Charge(
            order_id=order.id,
            reference=reference_of(order.number),
            currency=pool.currency,
            goods=value,
            direct=direct[order.number],
            joint=amount - direct[order.number],
            shipping=amount,
            duty=sum(part.amount for part in duty),
            total=value + amount + sum(part.amount for part in duty),
            alone=order.alone if staying else amount,  # who left saved nothing
            items={
                "alone": order.terms["alone"] if staying else [],
                "pooled": [part.to_dict() for part in parts[order.number]],
                "duties": duties,
                "duty_alone": order.terms.get("duty_alone", 0) if staying else 0,
            },
            due_on=due_on,
        )
        session.add(charge)
        if staying:
            order.state = OrderState.PLANNED
        buyer = session.get_one(Organisation, order.organisation_id)
        ledger.post(
            session,
            key=f"charge:{order.id}",
            cause=Cause.CHARGE,
            words=f"Charge of order {order.number}",
            postings=[
                (
                    ledger.account(
                        session, AccountKind.BUYER, pool.currency, holder=buyer.name, organisation_id=buyer.id
                    ),
                    charge.total,
                ),
                *postings(accounts, wish, [*parts[order.number], *duty], own),
            ],
            now=now,
            pool_id=pool.id,
            order_id=order.id,
        )
        history.record(session, order, "charged", now=now, total=charge.total, alone=charge.alone)
    pool.state = PoolState.PLANNED
    session.flush()
    log.enter_split(session, pool, now=now)
    holding.take_held(session, now=now, pool_id=pool.id)
    return f"Charges: {len(orders)}, due on {telling.WORDS.day(due_on)}. Each is in the ledger."


def _tell(session: Session, pool: Pool, _made: None, now: datetime) -> str:
    return telling.planned(session, pool, now)


_DO: Final[Mapping[str, Any]] = {
    "lock": _lock,
    "fill": _fill,
    "plan": _store_plan,
    "share": _store_sharing,
    "cards": _hold,
    "charge": _charge,
    "tell": _tell,
}

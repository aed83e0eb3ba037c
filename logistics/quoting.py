"""Quotes of an open pool from its real plans: who joins, changes or leaves, and what becomes of the prices.

The plan that the quotes pay for is kept as something to fall back on: a newcomer can always be served beside
it, unless a departure is full.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from logistics.checking import check
from logistics.form import InvalidInput
from logistics.planning import plan, stand_alone
from logistics.plans import Plan
from logistics.pricing import Assignment, price
from logistics.problem import Problem
from logistics.quotes import Quotes, Withdrawal, change, join, withdraw


@dataclass(frozen=True, slots=True)
class Quoted:
    """The quotes after a buyer has joined or changed, and the plan that they pay for.

    `quotes.prices[buyer]` is the worst case of each buyer: at settlement it pays that or less, whoever joins
    later. `fell_back` says that the earlier plan with the newcomer beside it was cheaper than a new one.
    """

    quotes: Quotes
    plan: Plan
    fell_back: bool


@dataclass(frozen=True, slots=True)
class Released:
    """What a buyer who leaves is charged, the quotes of those who stay, and their plan (None if nobody
    does).
    """

    withdrawal: Withdrawal
    plan: Plan | None


def quote(
    problem: Problem,
    quotes: Quotes,
    buyer: str,
    *,
    assignments: Iterable[Assignment] = (),
    seed: int = 1,
    seconds: float = 2.0,
    iterations: int | None = None,
) -> Quoted:
    """The quotes of an open pool once `buyer` is in it with the lines that it has in `problem`.

    `problem` has the lines of everybody in `quotes` and of `buyer`, who joins, or changes its order if it has
    a quote. `assignments` are those of the plan that `quotes` pay for. Nobody else's quote rises; all sum to
    the new plan's total, less what leavers were charged.

    Raises `NotAffordable` where departures are so full that the newcomer would cost more than alone, and
    `Infeasible` where it cannot be served at all: the pool stays as it is.
    """
    if set(problem.buyers()) != quotes.prices.keys() | {buyer}:
        raise InvalidInput("/lines", "must be those of the buyers with a quote and of the one who is quoted")
    made, fell_back = _cheapest(problem, buyer, assignments, seed, seconds, iterations)
    quoted = change if buyer in quotes.prices else join
    return Quoted(quoted(quotes, buyer, alone=made.alone[buyer], total=made.total), made, fell_back)


def release(
    problem: Problem,
    quotes: Quotes,
    buyer: str,
    *,
    assignments: Iterable[Assignment] = (),
    seed: int = 1,
    seconds: float = 2.0,
    iterations: int | None = None,
) -> Released:
    """What follows when `buyer` leaves an open pool; `problem` has the lines of those who stay and its own.

    Nobody who stays pays more: what the others' quotes do not pay the leaver is charged, up to its own quote.
    Where that is not enough (`withdrawal.uncovered`), the pool has to be planned and quoted anew with
    everybody's consent, or be cancelled.
    """
    staying = [name for name in problem.buyers() if name != buyer]
    if not staying:
        return Released(withdraw(quotes, buyer, total=0), None)
    own = problem.only(staying)
    made, _ = _cheapest(own, None, assignments, seed, seconds, iterations)
    return Released(withdraw(quotes, buyer, total=made.total), made)


def _cheapest(
    problem: Problem,
    newcomer: str | None,
    assignments: Iterable[Assignment],
    seed: int,
    seconds: float,
    iterations: int | None,
) -> tuple[Plan, bool]:
    """A new plan, or the old one with the newcomer's own plan beside it where that costs less."""
    made = plan(problem, seed=seed, seconds=seconds, iterations=iterations)
    others = {line.id for line in problem.lines if line.buyer != newcomer}
    kept = [assignment for assignment in assignments if assignment.line in others]
    if len(kept) < len(others):
        return made, False
    if newcomer is not None:
        own = problem.only({newcomer})
        kept += stand_alone(own, seconds=seconds, seed=seed)[newcomer].assignments
    priced = price(problem, kept)
    beside = replace(
        made,
        total=priced.total,
        lower_bound=min(made.lower_bound, priced.total),
        assignments=tuple(kept),
        shipments=priced.shipments,
        collections=priced.collections,
    )
    if beside.total < made.total and check(problem, beside).ok:
        return beside, True
    return made, False

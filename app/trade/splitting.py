"""How a closed pool is planned and split: never dearer than the plan that the quotes pay for, nobody above
its quote.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from app.trade.itemising import spread
from app.trade.promises import assignments_of
from logistics import Plan, Problem, QuotesCannotBeKept, check, plan, price, share
from logistics.quotes import Quotes, withdraw

PLAN_SECONDS: Final = 20.0
SHARE_SECONDS: Final = 20.0
NOBODY: Final = ""


def cheapest(problem: Problem, kept: Sequence[Mapping[str, Any]]) -> Plan:
    """A new plan, or the one that the quotes pay for where that costs less."""
    made = plan(problem, seconds=PLAN_SECONDS, bound_seconds=PLAN_SECONDS)
    assignments = tuple(assignments_of(problem, kept))
    if len(assignments) < len(problem.lines):
        return made
    priced = price(problem, assignments)
    held = replace(
        made,
        total=priced.total,
        lower_bound=min(made.lower_bound, priced.total),
        assignments=assignments,
        shipments=priced.shipments,
        collections=priced.collections,
    )
    return held if held.total < made.total and check(problem, held).ok else made


def split(
    problem: Problem,
    planned: Plan,
    alone: Mapping[str, int],
    quotes: Mapping[str, int],
    leavers: Mapping[str, int],
) -> dict[str, Any]:
    """Who pays what of a plan, as a document.

    Where leavers pay a part, the others pay their quotes, all lowered together by what is left over: the
    engine's split knows of nobody who is not in the plan. Raises `QuotesCannotBeKept`.
    """
    if not leavers:
        return share(problem, planned, quotes=quotes, alone=alone, seconds=SHARE_SECONDS).to_dict()
    shares = share(problem, planned, alone=alone, seconds=SHARE_SECONDS).shares
    covered = min(sum(leavers.values()), planned.total)
    # One who has no quote leaves: so the ratchet only lowers the quotes to what is to be paid.
    standing = Quotes(
        sum(quotes.values()) + covered,
        {**quotes, NOBODY: 0},
        {each.buyer: max(each.alone, quotes[each.buyer]) for each in shares} | {NOBODY: 0},
        covered,
    )
    lowered = withdraw(standing, NOBODY, total=planned.total)
    if lowered.quotes is None:
        raise QuotesCannotBeKept(lowered.uncovered, tuple(sorted(quotes)))
    direct = {each.buyer: min(each.direct, lowered.prices[each.buyer]) for each in shares}
    return {
        "format": "fairhaul-quotes/1",
        "currency": problem.currency,
        "total": planned.total,
        "method": "quotes",
        "shares": [
            {
                "buyer": each.buyer,
                "amount": lowered.prices[each.buyer],
                "alone": each.alone,
                "direct": direct[each.buyer],
                "joint": lowered.prices[each.buyer] - direct[each.buyer],
            }
            for each in shares
        ],
        "leavers": [
            {"buyer": number, "amount": amount} for number, amount in sorted(spread(covered, leavers).items())
        ],
    }

"""Splits a plan's total among the buyers so that nobody, and no group, would rather leave.

The form and the promises are those of `contracts/sharing.md`.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from logistics.form import InvalidInput, require_integer, shown, token
from logistics.game import Game, game_of
from logistics.least_core import LeastCore, least_core
from logistics.nucleolus import LIMIT, Split, nucleolus
from logistics.planning import stand_alone
from logistics.plans import Plan
from logistics.pricing import price
from logistics.problem import Problem

FORMAT = "fairhaul-sharing/1"
USUALLY, WITH_MANY = 15.0, 45.0
"""Seconds for a split if nothing is said, and with more than `MANY` buyers: the first programme of ten
thousand takes half of them.
"""
MANY = 1_000


class QuotesCannotBeKept(ValueError):  # noqa: N818 - the refusal's sentence
    """What the buyers may be charged at most is less than what the plan costs, by `short` minor units."""

    def __init__(self, short: int, buyers: tuple[str, ...]) -> None:
        names = ", ".join(buyers[:8]) + (" and others" if len(buyers) > 8 else "")
        super().__init__(f"what {names} may be charged at most falls short of the cost by {short}")
        self.short = short
        self.buyers = buyers


@dataclass(frozen=True, slots=True)
class Share:
    """What one buyer pays: `amount` = `direct` (caused by it alone) + `joint` (its part of the rest)."""

    buyer: str
    amount: int
    alone: int
    direct: int

    @property
    def joint(self) -> int:
        """The split part."""
        return self.amount - self.direct

    def to_dict(self) -> dict[str, object]:
        """As a member of `shares`."""
        return {
            "buyer": self.buyer,
            "amount": self.amount,
            "alone": self.alone,
            "direct": self.direct,
            "joint": self.joint,
        }


@dataclass(frozen=True, slots=True)
class Sharing:
    """A split of a plan's total; `coalition` has the largest excess that was found, `searched` says how."""

    currency: str
    total: int
    method: str
    shares: tuple[Share, ...]
    max_excess: int
    coalition: tuple[str, ...]
    searched: str
    exact: bool
    """Whether the largest excess is proven to be the least possible one of integers."""
    gain_at_most: int | None
    """A proven bound of what any coalition gains, at least `max_excess`; None where nothing is proven."""
    least: float
    """A proven bound of the largest excess that every split has; minus infinity where nothing is proven."""

    @property
    def amounts(self) -> dict[str, int]:
        """What each buyer pays."""
        return {share.buyer: share.amount for share in self.shares}

    @property
    def within_rounding(self) -> bool:
        """Whether the largest excess is proven least to within one minor unit for each buyer."""
        return self.gain_at_most is not None and self.gain_at_most - self.least <= len(self.shares)

    def to_dict(self) -> dict[str, object]:
        """The form `fairhaul-sharing/1`."""
        return {
            "format": FORMAT,
            "currency": self.currency,
            "total": self.total,
            "method": self.method,
            "shares": [share.to_dict() for share in self.shares],
            "max_excess": self.max_excess,
            "coalition": list(self.coalition),
            "searched": self.searched,
            "exact": self.exact,
        }


def share(
    problem: Problem,
    plan: Plan,
    *,
    quotes: Mapping[str, int] | None = None,
    alone: Mapping[str, int] | None = None,
    seconds: float | None = None,
    clock: Callable[[], float] = time.monotonic,
) -> Sharing:
    """The split of a plan's total: each component's nucleolus, or a least-core point where it is large.

    `seconds` bounds what large components take: 15 if not said, with more than a thousand buyers 45.
    `alone` spares the stand-alone totals where they are known (`plan.alone`). Raises `InvalidInput` for a
    plan that is not one of this problem, `QuotesCannotBeKept` where the caps do not reach the cost.
    """
    priced = price(problem, plan.assignments)
    if priced.total != plan.total:
        raise InvalidInput(
            "/total", f"states {plan.total}, but the assignments cost {priced.total}: plan again"
        )
    game = game_of(problem, priced)
    if seconds is None:
        seconds = USUALLY if len(game.buyers) <= MANY else WITH_MANY
    if alone is None:
        alone = {buyer: one.total for buyer, one in stand_alone(problem, seconds=seconds).items()}
    alone = _same_for_same_orders(game, alone)
    caps = _caps(game, alone, quotes or {})
    game = replace(game, alike=_kinds(game, caps))
    parts = _affordable(game, caps)
    large = sum(len(part) for part in parts if len(part) > LIMIT)
    solved = []
    for part in parts:
        own = game.restricted(part)
        own_caps = tuple(caps[b] for b in part)
        if len(part) <= LIMIT:
            split = nucleolus(own.all_costs(), own_caps, own.alike)
            solved.append(LeastCore(split, split.max_excess, split.max_excess, timed_out=False))
        else:
            solved.append(least_core(own, own_caps, seconds=seconds * len(part) / large, clock=clock))
    amounts = [0] * len(game.buyers)
    for part, one in zip(parts, solved, strict=True):
        for b, amount in zip(part, one.split.amounts, strict=True):
            amounts[b] = amount
    max_excess, coalition = _worst(parts, [one.split for one in solved])
    at_most = _at_most([one.gain_at_most for one in solved], max_excess)
    least = sum(max(0.0, one.least) for one in solved) if len(parts) > 1 else solved[0].least
    return Sharing(
        currency=problem.currency,
        total=plan.total,
        method=_method(parts),
        shares=tuple(
            Share(name, amounts[b], alone[name], game.direct[b]) for b, name in enumerate(game.buyers)
        ),
        max_excess=max_excess,
        coalition=tuple(sorted(game.buyers[b] for b in coalition)),
        searched=_searched(at_most, least, solved) if large else "all sets",
        exact=not large or at_most == max_excess == math.ceil(least - 1e-3),
        gain_at_most=at_most,
        least=least,
    )


def _same_for_same_orders(game: Game, alone: Mapping[str, int]) -> Mapping[str, int]:
    """A stand-alone plan of one buyer is one of another with the same orders: both have the cheaper."""
    least: dict[int, int] = {}
    for kind, name in zip(game.alike, game.buyers, strict=True):
        if name in alone:
            least[kind] = min(alone[name], least.get(kind, alone[name]))
    return {name: least[kind] for kind, name in zip(game.alike, game.buyers, strict=True) if kind in least}


def _at_most(bounds: list[float], found: int) -> int | None:
    """What a proven bound of each part's largest excess says of all; None where a part has none."""
    together = sum(max(0.0, bound) for bound in bounds) if len(bounds) > 1 else bounds[0]
    return max(found, math.floor(together + 1e-6)) if math.isfinite(together) else None


def _caps(game: Game, alone: Mapping[str, int], quotes: Mapping[str, int]) -> list[int]:
    known = set(game.buyers)
    for name, amount in quotes.items():
        if name not in known:
            raise InvalidInput(f"/{token(name)}", f"{shown(name)} is not a buyer of this problem")
        require_integer(amount, f"/{token(name)}")
    missing = [name for name in game.buyers if name not in alone]
    if missing:
        raise InvalidInput("", f"the stand-alone total of {shown(missing[0])} is missing")
    return [min(alone[name], quotes.get(name, alone[name])) for name in game.buyers]


def _kinds(game: Game, caps: list[int]) -> tuple[int, ...]:
    """Buyers with the same orders pay the same where they may be charged the same at most."""
    first: dict[tuple[int, int], int] = {}
    return tuple(
        first.setdefault((kind, cap), b) for b, (kind, cap) in enumerate(zip(game.alike, caps, strict=True))
    )


def _affordable(game: Game, caps: list[int]) -> list[tuple[int, ...]]:
    """The game's components, each able to pay its own cost; all of them as one where some is not."""
    everyone = tuple(range(len(game.buyers)))
    parts = game.components()
    short = [part for part in parts if sum(caps[b] for b in part) < game.restricted(part).total()]
    if not short:
        return parts
    lacking = game.total() - sum(caps)
    if lacking > 0:
        names = tuple(game.buyers[b] for part in short for b in part)
        raise QuotesCannotBeKept(lacking, names)
    return [everyone]


def _method(parts: list[tuple[int, ...]]) -> str:
    largest = max(len(part) for part in parts)
    if largest <= LIMIT:
        return "nucleolus under 0 <= amount <= cap, rounded to minor units"
    return "least core under 0 <= amount <= cap, nearest to equal relative savings, rounded to minor units"


def _worst(parts: list[tuple[int, ...]], splits: list[Split]) -> tuple[int, tuple[int, ...]]:
    """The largest excess over all proper coalitions of a game that is the sum of its parts' games.

    Each part pays its own cost, so that gains of several parts add up, and a whole part gains nothing.
    """
    found = [
        (split.max_excess, tuple(part[i] for i in split.coalition))
        for part, split in zip(parts, splits, strict=True)
        if split.coalition
    ]
    gains = [one for one in found if one[0] > 0]
    if gains:
        return sum(gain for gain, _ in gains), tuple(b for _, members in gains for b in members)
    if len(parts) > 1:
        return 0, min(parts, key=lambda part: (len(part), part))
    return found[0] if found else (0, ())


def _searched(at_most: int | None, least: float, solved: list[LeastCore]) -> str:
    if at_most is None:
        said = "the worst set found by annealing, not proven"
    else:
        said = f"proven that no set gains more than {at_most}"
    if math.isfinite(least):
        said += f" and that every split has one that gains {math.ceil(least - 1e-3)}"
    ended = "; ended by its time" if any(one.timed_out for one in solved) else ""
    return f"constraint generation; {said}{ended}"

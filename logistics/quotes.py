"""Prices while a pool is open: a ratchet that only lowers what has been promised.

Who joins is quoted between what it adds and what it would pay alone; what it saves lowers the dearest of the
others, measured by their stand-alone cost. So the quotes sum to the plan's total at every join, and
nobody's quote is raised by who comes later (after Furuhata and others, proportional online cost sharing,
2014).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction


class NotAffordable(ValueError):  # noqa: N818 - the refusal's sentence
    """A plan costs more than the quotes and the newcomer's stand-alone cost: keep the old plan and add it
    alone.
    """

    def __init__(self, over: int) -> None:
        super().__init__(f"the plan costs {over} more than the quotes and the newcomer alone would pay")
        self.over = over


@dataclass(frozen=True, slots=True)
class Quotes:
    """What each buyer has been promised to pay at most, its stand-alone cost, and the total that they pay
    for together with what leavers were charged (`covered`).
    """

    total: int = 0
    prices: dict[str, int] = field(default_factory=dict)
    alone: dict[str, int] = field(default_factory=dict)
    covered: int = 0

    def __post_init__(self) -> None:
        if self.covered < 0 or sum(self.prices.values()) + self.covered != self.total:
            raise ValueError("quotes and what leavers were charged sum to the total")
        if any(not 0 <= price <= self.alone.get(buyer, -1) for buyer, price in self.prices.items()):
            raise ValueError("a quote is between 0 and the stand-alone cost")


@dataclass(frozen=True, slots=True)
class Withdrawal:
    """The quotes of those who stay; what the leaver is charged, at most its own quote; what nobody covers.

    `quotes` is what goes on, None where something is `uncovered`.

    `uncovered` above 0 means that the pool cannot go on as planned: it is re-planned or cancelled, never
    paid by those who stay.
    """

    prices: dict[str, int]
    charge: int
    uncovered: int
    quotes: Quotes | None


def join(quotes: Quotes, buyer: str, *, alone: int, total: int) -> Quotes:
    """The quotes after a buyer with a stand-alone cost has joined and the best plan costs `total`.

    Raises `NotAffordable` if that is more than the old plan with the newcomer alone beside it.
    """
    if buyer in quotes.prices:
        raise ValueError(f"{buyer} has a quote: use change")
    return _with(quotes, quotes.prices, buyer, alone, total)


def change(quotes: Quotes, buyer: str, *, alone: int, total: int) -> Quotes:
    """The quotes after a buyer has changed its order: its own quote is made anew, the others' only fall.

    Raises `NotAffordable` if the others' quotes and its new stand-alone cost do not pay for the plan.
    """
    if buyer not in quotes.prices:
        raise ValueError(f"{buyer} has no quote: use join")
    others = {name: price for name, price in quotes.prices.items() if name != buyer}
    return _with(quotes, others, buyer, alone, total)


def withdraw(quotes: Quotes, buyer: str, *, total: int) -> Withdrawal:
    """What follows when a buyer leaves and the plan of those who stay costs `total`."""
    staying = {name: price for name, price in quotes.prices.items() if name != buyer}
    alone = {name: quotes.alone[name] for name in staying}
    covered = min(quotes.covered, total)
    short = total - covered - sum(staying.values())
    if short <= 0:
        lowered = _lowered(staying, alone, total - covered)
        return Withdrawal(lowered, 0, 0, Quotes(total, lowered, alone, covered))
    charge = min(short, quotes.prices[buyer])
    if short > charge:
        return Withdrawal(staying, charge, short - charge, None)
    return Withdrawal(staying, charge, 0, Quotes(total, staying, alone, covered + charge))


def _with(quotes: Quotes, others: dict[str, int], buyer: str, alone: int, total: int) -> Quotes:
    """The others' quotes, lowered by what a buyer with this stand-alone cost saves them, and its own."""
    covered = min(quotes.covered, total)
    over = total - covered - sum(others.values()) - alone
    if over > 0:
        raise NotAffordable(over)
    alone_of = {name: quotes.alone[name] for name in others} | {buyer: alone}
    return Quotes(total, _lowered(others | {buyer: alone}, alone_of, total - covered), alone_of, covered)


def _lowered(prices: dict[str, int], alone: dict[str, int], total: int) -> dict[str, int]:
    """Prices that sum to `total`: the greatest shares of the stand-alone cost come down to one level.

    The level is a fraction `top / below` of each stand-alone cost; all integers, no price is raised.
    """
    names = sorted(prices)
    if sum(prices.values()) == total:
        return {name: prices[name] for name in names}
    # Prices are min(price, level * alone), and their sum grows with the level: find where it reaches `total`.
    by_ratio = sorted(
        (name for name in names if alone[name]), key=lambda n: (Fraction(prices[n], alone[n]), n)
    )
    kept = 0
    level_parts = sum(alone[name] for name in by_ratio)
    level: tuple[int, int] = (0, 1)
    for name in by_ratio:
        # With everybody from here on at this one's ratio, do the prices reach the total?
        if kept * alone[name] + prices[name] * level_parts >= total * alone[name]:
            level = (total - kept, level_parts)
            break
        kept += prices[name]
        level_parts -= alone[name]
    lowered = {n: min(prices[n], alone[n] * level[0] // level[1]) for n in names}
    left = total - sum(lowered.values())
    rest = sorted(names, key=lambda n: (-(alone[n] * level[0] % level[1]), n))
    for name in [n for n in rest if lowered[n] < prices[n]]:
        if left:
            lowered[name] += 1
            left -= 1
    return lowered

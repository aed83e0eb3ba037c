"""How many pieces each buyer gets when orders are ranges and goods come in cases that buyers fill together.

The rule, in the order in which it is applied to the goods of one maker:

1. Everybody gets the least that it asked for.
2. All pieces of one offer together must fill cases, and be as many as the maker makes at least. Where the
   least does not, the total rises to the next number that does, if the most that is asked for reaches it. The
   pieces that are added are shared in proportion to the room of each range, whole, by largest remainders.
3. Where that is not possible, the total falls to the last full case, and what is left out is shared in
   proportion to what each asked for. Where no full case reaches the least that the maker makes, nobody gets
   any.
4. Where the maker's minimum order (by value) is not reached, but is by what is asked for at most, whole cases
   are added: each time those that add the least value, until it is reached. Those that turn out not to be
   needed are taken away again, the dearest first.

Who uses the rule for a pool may find that what was promised does not pay for these pieces: then everybody
gets the most that fills cases (`at_most`).

Nobody gets more than it asked for at most. Less than the least only by rule 3. The same wishes give the same
pieces, in whatever order they are told.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from logistics.form import InvalidInput


class Why(StrEnum):
    """Why a buyer gets what it gets of one offer."""

    AS_ASKED = "as asked"
    LEAST = "least"  # of a range: nothing more was needed
    FILLS_CASES = "fills cases"
    REACHES_QUANTITY = "reaches quantity"  # the least that the maker makes of it
    REACHES_MINIMUM = "reaches minimum"  # the maker's minimum order
    KEEPS_QUOTES = "keeps quotes"  # with fewer, the pool would cost more than what everybody was promised
    CASE_NOT_FULL = "case not full"  # less than asked for: the rest would not fill a case
    QUANTITY_MISSED = (
        "quantity missed"  # none: fewer were asked for than the maker makes, or than fill a case
    )


@dataclass(frozen=True, slots=True)
class Range:
    """What one buyer asks for of one offer: `least` to `most` pieces; equal where it is an exact order."""

    buyer: str
    least: int
    most: int

    def __post_init__(self) -> None:
        if not 1 <= self.least <= self.most:
            raise InvalidInput("/ranges", f"of {self.buyer} must be 1 <= least <= most")


@dataclass(frozen=True, slots=True)
class Asked:
    """All that is asked for of one offer. `least_quantity` and `case_size` hold for all buyers together."""

    offer: str
    unit_price: int
    case_size: int
    least_quantity: int
    ranges: tuple[Range, ...]

    @property
    def least(self) -> int:
        return sum(each.least for each in self.ranges)

    @property
    def most(self) -> int:
        return sum(each.most for each in self.ranges)

    @property
    def most_in_cases(self) -> int:
        """The greatest total that fills cases; 0 if that is fewer than the maker makes."""
        full = self.most // self.case_size * self.case_size
        return full if full >= self.least_quantity else 0

    @property
    def missing(self) -> int:
        """How many pieces have to be asked for in addition, so that anybody gets any; 0: none."""
        wanted = max(self.least_quantity, 1)
        return max(-(-wanted // self.case_size) * self.case_size - self.most, 0)


@dataclass(frozen=True, slots=True)
class Filled:
    """What everybody gets of one offer, and why."""

    offer: str
    total: int
    pieces: Mapping[str, int]  # by buyer
    why: Mapping[str, Why]


def fill(asked: Sequence[Asked], minimum: int) -> dict[str, Filled]:
    """The pieces of each offer of one maker, whose minimum order is `minimum` (0: none)."""
    base = {each.offer: _in_cases(each) for each in asked}
    totals = _raised(asked, base, minimum)
    return {each.offer: _filled(each, base[each.offer], totals[each.offer]) for each in asked}


def at_most(asked: Sequence[Asked]) -> dict[str, Filled]:
    """The greatest totals that fill cases, shared in proportion to the most that each asked for."""
    made: dict[str, Filled] = {}
    for each in asked:
        total = each.most_in_cases
        pieces = divide(total, {one.buyer: one.most for one in each.ranges})
        why = {
            one.buyer: Why.KEEPS_QUOTES
            if one.least < pieces[one.buyer]
            else _why(each, one, pieces[one.buyer], total, total)
            for one in each.ranges
        }
        made[each.offer] = Filled(each.offer, total, pieces, why)
    return made


def value(asked: Sequence[Asked], totals: Mapping[str, int]) -> int:
    """Ex works, of so many pieces of each offer."""
    return sum(each.unit_price * totals[each.offer] for each in asked)


def divide(total: int, ordered: Mapping[str, int]) -> dict[str, int]:
    """`total` whole pieces in proportion to what each ordered, by largest remainders; never above it.

    Of equal remainders the one who ordered more comes first, then the first by name.
    """
    whole = sum(ordered.values())
    if total < 0 or any(pieces < 0 for pieces in ordered.values()):
        raise InvalidInput("/ordered", "must not be negative")
    if total >= whole:
        return dict(ordered)
    got = {name: total * pieces // whole for name, pieces in ordered.items()}
    rest = sorted(ordered, key=lambda name: (-(total * ordered[name] % whole), -ordered[name], name))
    for name in rest[: total - sum(got.values())]:
        got[name] += 1
    return got


def _in_cases(asked: Asked) -> int:
    """The smallest total of full cases that gives everybody its least; else the greatest that there is."""
    wanted = max(asked.least, asked.least_quantity)
    full = -(-wanted // asked.case_size) * asked.case_size
    return full if full <= asked.most else asked.most_in_cases


def _raised(asked: Sequence[Asked], base: Mapping[str, int], minimum: int) -> dict[str, int]:
    """The totals, with whole cases added where they reach the minimum order."""
    totals = dict(base)
    top = {each.offer: each.most_in_cases for each in asked}
    if value(asked, totals) >= minimum or value(asked, top) < minimum:
        return totals
    cheapest_first = sorted(asked, key=lambda each: (each.unit_price * each.case_size, each.offer))
    for each in cheapest_first:
        step = each.unit_price * each.case_size
        room = (top[each.offer] - totals[each.offer]) // each.case_size
        wanted = -(-(minimum - value(asked, totals)) // step)
        totals[each.offer] += max(min(room, wanted), 0) * each.case_size
    for each in reversed(cheapest_first):
        step = each.unit_price * each.case_size
        added = (totals[each.offer] - base[each.offer]) // each.case_size
        spare = (value(asked, totals) - minimum) // step
        totals[each.offer] -= max(min(added, spare), 0) * each.case_size
    return totals


def _filled(asked: Asked, base: int, total: int) -> Filled:
    if total < asked.least:
        pieces = divide(total, {each.buyer: each.least for each in asked.ranges})
    else:
        room = {each.buyer: each.most - each.least for each in asked.ranges}
        more = divide(total - asked.least, room)
        pieces = {each.buyer: each.least + more[each.buyer] for each in asked.ranges}
    why = {each.buyer: _why(asked, each, pieces[each.buyer], base, total) for each in asked.ranges}
    return Filled(asked.offer, total, pieces, why)


def _why(asked: Asked, one: Range, got: int, base: int, total: int) -> Why:
    if got < one.least:
        return Why.CASE_NOT_FULL if total else Why.QUANTITY_MISSED
    if one.least == one.most:
        return Why.AS_ASKED
    if got == one.least:
        return Why.LEAST
    if total > base:
        return Why.REACHES_MINIMUM
    return Why.REACHES_QUANTITY if asked.least < asked.least_quantity else Why.FILLS_CASES

"""The floor under a price, from the maker's own costs (principle 4: price, wage, local living wage).

    floor = (materials + labour + overheads + reserve) / units + premium, rounded up to the minor unit
    labour = time x the wage of an hour, and never less than the living wage of an hour
    reserve = a share of materials, labour and overheads, put aside for tools, bad months, the next order

All amounts are integers in minor units of one currency, for one batch of `units`.
"""

from dataclasses import dataclass
from typing import Final

from certification.refusal import Refusal

PPM: Final = 1_000_000
MOST_RESERVE_PPM: Final = PPM
"""A reserve of more than all costs is a slip."""


class BelowTheFloor(Refusal):
    code = "below-the-floor"
    template = "This price is below what the goods cost to make. The least is {floor} each."


@dataclass(frozen=True, slots=True)
class Costs:
    """What one batch costs to make. ValueError: a negative amount, no units, or a reserve out of bounds."""

    units: int
    materials: int
    minutes: int
    hourly_wage: int
    living_wage: int  # of an hour, in the place where the work is done
    overheads: int
    reserve_ppm: int = 0
    premium: int = 0  # for one unit, where the scheme has one: it goes to the makers' common fund

    def __post_init__(self) -> None:
        if self.units < 1:
            raise ValueError("a batch has at least one unit")
        amounts = (
            self.materials,
            self.minutes,
            self.hourly_wage,
            self.living_wage,
            self.overheads,
            self.premium,
        )
        if min(amounts) < 0:
            raise ValueError("costs are not negative")
        if not 0 <= self.reserve_ppm <= MOST_RESERVE_PPM:
            raise ValueError("a reserve is between nothing and all costs")

    @property
    def wage_counted(self) -> int:
        """Of an hour: what is paid, but never less than the living wage."""
        return max(self.hourly_wage, self.living_wage)

    @property
    def below_living_wage(self) -> bool:
        return self.hourly_wage < self.living_wage


@dataclass(frozen=True, slots=True)
class Floor:
    """The parts of a batch's cost, and the least price of one unit."""

    units: int
    materials: int
    labour: int
    overheads: int
    reserve: int
    premium: int  # for one unit

    @property
    def batch(self) -> int:
        """What the batch costs, without the premium."""
        return self.materials + self.labour + self.overheads + self.reserve

    @property
    def each(self) -> int:
        """The least price of one unit."""
        return _up(self.batch, self.units) + self.premium


def floor(costs: Costs) -> Floor:
    labour = _up(costs.minutes * costs.wage_counted, 60)
    caused = costs.materials + labour + costs.overheads
    reserve = _up(caused * costs.reserve_ppm, PPM)
    return Floor(costs.units, costs.materials, labour, costs.overheads, reserve, costs.premium)


def _up(amount: int, parts: int) -> int:
    """Divided and rounded up: a floor never falls short by a part of a cent."""
    return -(-amount // parts)


@dataclass(frozen=True, slots=True)
class PriceParts:
    """One unit's price, cut so that the parts sum to it exactly."""

    materials: int
    labour: int
    overheads: int
    reserve: int
    premium: int
    above: int  # what the maker keeps above its floor


def parts(made: Floor, price: int, *, least: int | None = None) -> PriceParts:
    """`price` of one unit, cut in proportion to the costs by largest remainders.

    `least`: the floor of one unit where the price is in another currency than the costs; `made.premium` is
    in that of the price then. BelowTheFloor: the price does not cover it.
    """
    least = made.each if least is None else least
    if price < least:
        raise BelowTheFloor(floor=least)
    amounts = (made.materials, made.labour, made.overheads, made.reserve)
    due = least - made.premium
    cut = [due * amount // made.batch for amount in amounts] if made.batch else [due, 0, 0, 0]
    if made.batch:
        order = sorted(range(4), key=lambda at: (-(due * amounts[at] % made.batch), at))
        for at in order[: due - sum(cut)]:
            cut[at] += 1
    materials, labour, overheads, reserve = cut
    return PriceParts(materials, labour, overheads, reserve, made.premium, price - least)

"""The ways in which a tariff is paid: each a floor and a rate beyond a load, a lower bound of the freight."""

from __future__ import annotations

import heapq

from logistics.problem import BreakTariff, ContainerTariff, Tariff
from logistics.tariffs import MILLION

MIXES = 16
"""Mixes of containers that are modes of their own; all dearer ones are one mode."""
STEEP = 20.0
"""What goods beyond full containers cost where nothing goes loose, in times the dearest container's rate."""
UNREACHABLE = 1e300

Mode = tuple[float, float, float, float, float]


def modes_of(tariff: Tariff) -> list[Mode]:
    """The ways in which a tariff is paid, as (floor, grams, cm3, rate a gram, rate a cm3): the freight of a
    load by the way that it takes is at least the floor and the rate times what is beyond the grams, or the
    cm3.
    """
    if isinstance(tariff, BreakTariff):
        return [
            _through_zero(
                max(step.per_kg * step.from_g / 1000, float(tariff.minimum_charge)),
                step.per_kg / 1000,
                step.per_kg / tariff.volumetric_divisor,
            )
            for step in tariff.breaks
        ]
    found = []
    loose = tariff.less_than_container
    beyond = beyond_cm3 = UNREACHABLE
    if loose:
        beyond = beyond_cm3 = loose.per_wm / MILLION
        found.append(_through_zero(beyond * loose.minimum, beyond, beyond))
    if tariff.containers:
        dear = [box.cost / box.weight_g for box in tariff.containers]
        dear_cm3 = [box.cost / box.volume_cm3 for box in tariff.containers]
        if not loose:
            beyond, beyond_cm3 = STEEP * max(dear), STEEP * max(dear_cm3)
        mixes, next_cost = _mixes(tariff)
        found += [(float(cost), float(g), float(cm3), beyond, beyond_cm3) for cost, g, cm3 in mixes]
        found.append(_through_zero(float(next_cost), min(beyond, *dear), min(beyond_cm3, *dear_cm3)))
    return found


def _through_zero(floor: float, by_weight: float, by_volume: float) -> Mode:
    """The mode of a floor and of rates from the first gram."""
    return (
        floor,
        floor / by_weight if by_weight else 0.0,
        floor / by_volume if by_volume else 0.0,
        by_weight,
        by_volume,
    )


def _mixes(tariff: ContainerTariff) -> tuple[list[tuple[int, int, int]], int]:
    """The cheapest mixes of containers as (cost, grams, cm3), without those that a cheaper one outdoes; and
    the cost of the cheapest mix that is not among them.
    """
    boxes = tariff.containers
    waiting = [(box.cost, box.weight_g, box.volume_cm3, k) for k, box in enumerate(boxes)]
    heapq.heapify(waiting)
    kept: list[tuple[int, int, int]] = []
    for _ in range(8 * MIXES):
        if len(kept) == MIXES:
            break
        cost, grams, cm3, last = heapq.heappop(waiting)
        if not any(g >= grams and v >= cm3 for _, g, v in kept):
            kept.append((cost, grams, cm3))
        for k in range(last, len(boxes)):
            box = boxes[k]
            more = (cost + box.cost, grams + box.weight_g, cm3 + box.volume_cm3, k)
            heapq.heappush(waiting, more)
    return kept, waiting[0][0]

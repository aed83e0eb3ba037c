"""What a load costs by a tariff, exactly (`contracts/pooling-problem.md`, freight), and which items make
it up.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import combinations

from logistics.problem import EXACT, BreakTariff, Container, ContainerTariff, LessThanContainer, Tariff

MILLION = 1_000_000
FEW = 8
"""Counts of a container type that are tried one by one; of more, only those that can be cheaper."""


@dataclass(frozen=True, slots=True)
class TariffItem:
    """One item of a tariff that was charged: `name`, how many or how much of it, and its sum in minor units.

    `quantity` counts containers, shipments and consignees; it is millionths of a W/M for
    less-than-container and chargeable grams for a break.
    """

    name: str
    quantity: int
    amount: int

    def to_dict(self) -> dict[str, object]:
        """As a member of a plan's `items`."""
        return {"item": self.name, "quantity": self.quantity, "amount": self.amount}


def freight(tariff: Tariff, weight_g: int, volume_cm3: int) -> tuple[TariffItem, ...]:
    """The cheapest freight of a load, by item: the container mix and the rest, or the break that is paid."""
    if isinstance(tariff, BreakTariff):
        return _by_break(tariff, weight_g, volume_cm3)
    return _by_container(tariff, weight_g, volume_cm3)


def freight_cost(tariff: Tariff, weight_g: int, volume_cm3: int) -> int:
    """The sum of `freight`."""
    return sum(item.amount for item in freight(tariff, weight_g, volume_cm3))


def _by_break(tariff: BreakTariff, weight: int, volume: int) -> tuple[TariffItem, ...]:
    chargeable = max(weight, -(-1000 * volume // tariff.volumetric_divisor))
    cost, step = min(
        (-(-step.per_kg * max(chargeable, step.from_g) // 1000), i) for i, step in enumerate(tariff.breaks)
    )
    if cost < tariff.minimum_charge:
        return (TariffItem("minimum charge", 1, tariff.minimum_charge),)
    paid = tariff.breaks[step]
    name = f"break from {paid.from_g} g at {paid.per_kg} per kg"
    return (TariffItem(name, max(chargeable, paid.from_g), cost),)


def _by_container(tariff: ContainerTariff, weight: int, volume: int) -> tuple[TariffItem, ...]:
    loose = tariff.less_than_container
    # Dearest first: the large boxes that carry most of a big load are counted before the small ones fill up.
    boxes = sorted(tariff.containers, key=lambda box: (-box.cost, box.type))
    full = _mix(boxes, None, weight, volume, EXACT) if boxes else None
    part = loose and _mix(boxes, loose, weight, volume, full[0] if full else EXACT)
    counts = (part or full or (0, ()))[1]
    items = [TariffItem(box.type, n, n * box.cost) for box, n in zip(boxes, counts, strict=False) if n]
    if loose and part:
        w = weight - sum(n * box.weight_g for box, n in zip(boxes, counts, strict=False))
        v = volume - sum(n * box.volume_cm3 for box, n in zip(boxes, counts, strict=False))
        items.append(TariffItem("less than container", max(w, v, loose.minimum), _loose_cost(loose, w, v)))
    return tuple(items)


def _mix(
    boxes: list[Container], loose: LessThanContainer | None, weight: int, volume: int, below: int
) -> tuple[int, tuple[int, ...]] | None:
    """The cheapest mix of boxes for all, or with a rest that goes loose: its cost and counts. None where no
    mix costs less than `below`.
    """
    best_cost, best_counts = min(below, _quick_mix(boxes, loose, weight, volume) + 1), None

    def fill(i: int, w: int, v: int, cost: int, counts: tuple[int, ...]) -> None:
        nonlocal best_cost, best_counts
        held = w <= 0 and v <= 0
        rest = _loose_cost(loose, w, v) if loose else 0 if held else EXACT
        if cost + rest < best_cost:
            best_cost, best_counts = cost + rest, counts
        if i == len(boxes) or held:
            return
        if cost + _least_rest(boxes[i:], loose, w, v) >= best_cost:
            return
        box = boxes[i]
        for n in _counts(boxes[i:], loose, w, v, best_cost - cost):
            fill(i + 1, w - n * box.weight_g, v - n * box.volume_cm3, cost + n * box.cost, (*counts, n))

    fill(0, weight, volume, 0, ())
    return None if best_counts is None else (best_cost, best_counts)


def _loose_cost(loose: LessThanContainer, weight: int, volume: int) -> int:
    return -(-loose.per_wm * max(weight, volume, loose.minimum) // MILLION)


def _most(box: Container, weight: int, volume: int) -> int:
    """How many boxes hold all of it."""
    return max(0, -(-weight // box.weight_g), -(-volume // box.volume_cm3))


def _counts(
    boxes: list[Container], loose: LessThanContainer | None, weight: int, volume: int, below: int
) -> Iterable[int]:
    """How many of the first of `boxes` a mix that costs less than `below` can have, the most first."""
    box = boxes[0]
    most = _most(box, weight, volume)
    if most <= FEW:
        return range(most, -1, -1)
    if len(boxes) == 1:
        # The cost is straight between counts where what the rest pays for changes.
        if loose is None:
            return (most,)
        turns = [(0, 1), (weight - loose.minimum, box.weight_g), (volume - loose.minimum, box.volume_cm3)]
        if box.weight_g != box.volume_cm3:
            turns.append((weight - volume, box.weight_g - box.volume_cm3))
        near = {most, *(n for up, down in turns for n in (up // down, up // down + 1))}
        return sorted((n for n in near if 0 <= n <= most), reverse=True)
    least = _bound(boxes, loose, weight, volume)
    # It first falls, then rises: from its least count outward, to where it is not below any more.
    limit = below - 1 + 1e-9 * below + 1e-6
    lowest = _lowest(least, most)
    if least(lowest) > limit:
        return ()
    first = bisect_left(range(lowest), True, key=lambda n: least(n) <= limit)
    last = lowest + bisect_left(range(lowest + 1, most + 1), True, key=lambda n: least(n) > limit)
    return range(last, first - 1, -1)


def _quick_mix(boxes: list[Container], loose: LessThanContainer | None, weight: int, volume: int) -> int:
    """The cost of a good mix: of each box in turn as many as the bound of the rest asks."""
    best, spent = EXACT, 0
    for i, box in enumerate(boxes):
        if i + 1 < len(boxes):
            counts = [_lowest(_bound(boxes[i:], loose, weight, volume), _most(box, weight, volume))]
        else:
            counts = list(_counts(boxes[i:], loose, weight, volume, EXACT))
        n, w, v = 0, weight, volume
        for n in counts:
            w, v = weight - n * box.weight_g, volume - n * box.volume_cm3
            if loose:
                best = min(best, spent + n * box.cost + _loose_cost(loose, w, v))
            elif w <= 0 and v <= 0:
                best = min(best, spent + n * box.cost)
        spent, weight, volume = spent + n * box.cost, w, v
    return best


def _lowest(least: Callable[[int], float], most: int) -> int:
    """The count up to `most` for which a convex bound is least."""
    return bisect_left(range(most), True, key=lambda n: least(n) <= least(n + 1))


def _bound(
    boxes: list[Container], loose: LessThanContainer | None, weight: int, volume: int
) -> Callable[[int], float]:
    """What n of the first of `boxes` and the rest, some of it loose or none, cost at least: convex in n.

    The rest costs what its grams and cm3 are worth at prices by which nothing holds more than it costs: those
    of the corners of that set (the dual of the linear programme without whole numbers).
    """
    box = boxes[0]
    holds = [(float(b.weight_g), float(b.volume_cm3), float(b.cost)) for b in boxes[1:]]
    paid, least_wm = 0.0, 0
    if loose is not None:
        least_wm = loose.minimum
        holds.append((1.0, 1.0, loose.per_wm / MILLION))
        paid = least_wm * holds[-1][2]
    corners = [(min(c / g for g, _, c in holds), 0.0), (0.0, min(c / v for _, v, c in holds))]
    for (g, v, c), (g2, v2, c2) in combinations(holds, 2):
        across = g * v2 - g2 * v
        if across:
            a_gram, a_cm3 = (c * v2 - c2 * v) / across, (g * c2 - g2 * c) / across
            if min(a_gram, a_cm3) > 0 and all(
                a_gram * g3 + a_cm3 * v3 <= c3 * (1 + 1e-12) for g3, v3, c3 in holds
            ):
                corners.append((a_gram, a_cm3))

    def least(n: int) -> float:
        w, v = weight - least_wm - n * box.weight_g, volume - least_wm - n * box.volume_cm3
        return n * box.cost + paid + max(0.0, *(a_gram * w + a_cm3 * v for a_gram, a_cm3 in corners))

    return least


def _least_rest(boxes: list[Container], loose: LessThanContainer | None, weight: int, volume: int) -> int:
    """A lower bound of what the rest costs: each gram (or cm3) at the best rate any item offers, rounded
    down.
    """
    by_weight = [weight * box.cost // box.weight_g for box in boxes]
    by_volume = [volume * box.cost // box.volume_cm3 for box in boxes]
    if loose is not None:
        by_weight.append(weight * loose.per_wm // MILLION)
        by_volume.append(volume * loose.per_wm // MILLION)
    return max(min(by_weight), min(by_volume), 0)

"""What a load costs by a tariff, exactly (`contracts/pooling-problem.md`, freight), and which items make
it up.
"""

from __future__ import annotations

from dataclasses import dataclass

from logistics.problem import BreakTariff, Container, ContainerTariff, Tariff

MILLION = 1_000_000


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
    best_cost: int | None = None
    best_counts: tuple[int, ...] = ()

    def rest_cost(w: int, v: int) -> int | None:
        if w <= 0 and v <= 0:
            return 0
        return None if loose is None else -(-loose.per_wm * max(w, v, loose.minimum) // MILLION)

    def fill(i: int, w: int, v: int, cost: int, counts: tuple[int, ...]) -> None:
        nonlocal best_cost, best_counts
        rest = rest_cost(w, v)
        if rest is not None and (best_cost is None or cost + rest < best_cost):
            best_cost, best_counts = cost + rest, counts
        if i == len(boxes) or (w <= 0 and v <= 0):
            return
        if best_cost is not None and cost + _least_rest(tariff, boxes[i:], w, v) >= best_cost:
            return
        box = boxes[i]
        most = max(_up(w, box.weight_g), _up(v, box.volume_cm3))
        for n in range(most, -1, -1):
            fill(i + 1, w - n * box.weight_g, v - n * box.volume_cm3, cost + n * box.cost, (*counts, n))

    fill(0, weight, volume, 0, ())
    items = [TariffItem(box.type, n, n * box.cost) for box, n in zip(boxes, best_counts, strict=False) if n]
    w = weight - sum(n * box.weight_g for box, n in zip(boxes, best_counts, strict=False))
    v = volume - sum(n * box.volume_cm3 for box, n in zip(boxes, best_counts, strict=False))
    if w > 0 or v > 0:
        assert loose is not None
        quantity = max(w, v, loose.minimum)
        items.append(TariffItem("less than container", quantity, -(-loose.per_wm * quantity // MILLION)))
    return tuple(items)


def _up(quantity: int, holds: int) -> int:
    return max(0, -(-quantity // holds))


def _least_rest(tariff: ContainerTariff, boxes: list[Container], weight: int, volume: int) -> int:
    """A lower bound of what the rest costs: each gram (or cm3) at the best rate any item offers, rounded
    down.
    """
    loose = tariff.less_than_container
    by_weight = [weight * box.cost // box.weight_g for box in boxes]
    by_volume = [volume * box.cost // box.volume_cm3 for box in boxes]
    if loose is not None:
        by_weight.append(weight * loose.per_wm // MILLION)
        by_volume.append(volume * loose.per_wm // MILLION)
    return max(min(by_weight), min(by_volume), 0)

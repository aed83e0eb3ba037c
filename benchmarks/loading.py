"""Container loading on the published classes BR1 to BR7, generated as the paper says, beside published fills.

`python -m benchmarks.loading [--instances N] [--iterations N]`. Every loading is judged by `check_loading`.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from logistics.loading import Hold, Loading, Parcel, check_loading, load

CONTAINER: Final = (587, 233, 220)
"""Centimetres, as in the paper; the unit does not matter to the fill."""
KINDS: Final = {"BR1": 3, "BR2": 5, "BR3": 8, "BR4": 10, "BR5": 12, "BR6": 15, "BR7": 20}
SMALLEST: Final = (30, 25, 20)
LARGEST: Final = (120, 100, 80)
STABILITY: Final = 2
"""A side may stand upright if it is less than twice the shortest one."""

SOURCE: Final = "Fanslau and Bortfeldt 2010, INFORMS Journal on Computing 22(2), 222-235, full support"
PUBLISHED: Final = dict(zip(KINDS, (94.51, 94.73, 94.74, 94.41, 94.13, 93.85, 93.20), strict=True))
"""Mean per cent of the container's volume over the 100 instances of each class, all boxes fully supported. As
two citations give it, class by class, not as seen in the paper; others have no second citation.
"""


class Published:
    """The paper's random numbers: multiplier 16807, modulus 2^31 - 1 (Lewis, Goodman and Miller 1969)."""

    def __init__(self, seed: int) -> None:
        self.state = seed

    def next(self) -> float:
        """In (0, 1)."""
        self.state = 16807 * self.state % 2147483647
        return self.state / 2147483647


def instance(kinds: int, number: int) -> list[Parcel]:
    """Instance `number` (1 to 100) of a class with so many kinds of boxes: Bischoff and Ratcliff (1995)."""
    chance = Published(2502505 + 100 * (number - 1))
    for _ in range(10):
        chance.next()
    boxes: list[tuple[tuple[int, ...], tuple[str, ...]]] = []
    for _ in range(kinds):
        sides = tuple(
            low + int(chance.next() * (high - low + 1)) for low, high in zip(SMALLEST, LARGEST, strict=True)
        )
        shortest = min(sides)
        upright = tuple(
            name
            for name, side in zip(("length", "width", "height"), sides, strict=True)
            if side < STABILITY * shortest
        )
        boxes.append((sides, upright))
    volumes = [a * b * c for (a, b, c), _ in boxes]
    counts = [1] * kinds
    room = CONTAINER[0] * CONTAINER[1] * CONTAINER[2]
    while True:
        kind = int(chance.next() * kinds)
        if sum(n * v for n, v in zip(counts, volumes, strict=True)) + volumes[kind] > room:
            break
        counts[kind] += 1
    return [
        Parcel(f"{kind}-{n}", sides[0], sides[1], sides[2], 1, upright=upright)
        for kind, ((sides, upright), count) in enumerate(zip(boxes, counts, strict=True))
        for n in range(count)
    ]


@dataclass(frozen=True, slots=True)
class Fill:
    """The mean of a class, and what it took."""

    name: str
    kinds: int
    instances: int
    per_cent: float
    seconds: float


def checked_fill(parcels: list[Parcel], hold: Hold, made: Loading) -> float:
    """Per cent of the container that is filled, counted anew from the boxes. ValueError: the independent
    check finds a fault in the loading, which counts for nothing then.
    """
    check = check_loading(parcels, [hold], made)
    if not check.ok:
        raise ValueError(check.faults[0])
    inside = {placement.parcel.id for placement in made.loads[0].placements}
    volume = sum(each.length * each.width * each.height for each in parcels if each.id in inside)
    return 100 * volume / (hold.length * hold.width * hold.height)


def measure(instances: int, iterations: int) -> Iterator[Fill]:
    """Loads the first instances of each class with full support; a loading that is invalid stops it."""
    hold = Hold("container", *CONTAINER, payload_g=1_000_000)
    load(instance(3, 1), [hold], iterations=1)  # compiles
    for name, kinds in KINDS.items():
        fills, seconds = [], 0.0
        for number in range(1, instances + 1):
            parcels = instance(kinds, number)
            began = time.perf_counter()
            made = load(parcels, [hold], iterations=iterations)
            seconds += time.perf_counter() - began
            try:
                fills.append(checked_fill(parcels, hold, made))
            except ValueError as fault:
                raise ValueError(f"{name}, instance {number}: {fault}") from fault
        yield Fill(name, kinds, instances, sum(fills) / instances, seconds / instances)


def main() -> None:
    """Prints a table of ours and the published means."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.loading", description=__doc__)
    parser.add_argument("--instances", type=int, default=5, help="of each class; the paper loads 100")
    parser.add_argument("--iterations", type=int, default=300, help="of the improvement, for each container")
    asked = parser.parse_args()
    print(f"Each loading of ours passed the independent check. [1] {SOURCE}:")
    print("means over 100 instances, as two citations give them, not as seen in the paper.")
    print("\n| class | kinds of boxes | instances | ours, per cent | seconds each | [1] |")
    print("|" + " --- |" * 6, flush=True)
    for fill in measure(asked.instances, asked.iterations):
        print(
            f"| {fill.name} | {fill.kinds} | {fill.instances} | {fill.per_cent:.2f} "
            f"| {fill.seconds:.2f} | {PUBLISHED[fill.name]:.2f} |",
            flush=True,
        )


if __name__ == "__main__":
    main()

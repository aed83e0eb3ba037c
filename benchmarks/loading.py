"""Container loading on the published classes BR1 to BR7, generated as the paper says, beside published fills.

`python -m benchmarks.loading [--instances N] [--iterations N]`. Every loading is judged by `check_loading`.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from logistics.loading import Hold, Parcel, check_loading, load

CONTAINER: Final = (587, 233, 220)
"""Centimetres, as in the paper; the unit does not matter to the fill."""
KINDS: Final = {"BR1": 3, "BR2": 5, "BR3": 8, "BR4": 10, "BR5": 12, "BR6": 15, "BR7": 20}
SMALLEST: Final = (30, 25, 20)
LARGEST: Final = (120, 100, 80)
STABILITY: Final = 2
"""A side may stand upright if it is less than twice the shortest one."""

PUBLISHED: Final = (
    (
        "Bischoff and Ratcliff 1995, Omega 23(4), 377-390, doi:10.1016/0305-0483(95)00015-G",
        (83.79, 84.44, 83.94, 83.71, 83.80, 82.44, 82.01),
    ),
    (
        "Bortfeldt and Gehring 2001, European Journal of Operational Research 131, 143-161",
        (87.81, 89.40, 90.48, 90.63, 90.73, 90.72, 90.65),
    ),
    (
        "Fanslau and Bortfeldt 2010, INFORMS Journal on Computing 22(2), 222-235, full support",
        (94.51, 94.73, 94.74, 94.41, 94.13, 93.85, 93.20),
    ),
)
"""Mean per cent of the container's volume over the 100 instances of each class, all boxes fully supported.

Unchecked: none was compared with the pages of its paper. The row of Fanslau and Bortfeldt agrees with
a second citation of it, class by class; the other two are as comparisons commonly quote them.
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


def measure(instances: int, iterations: int) -> Iterator[Fill]:
    """Loads the first instances of each class with full support; a loading that is invalid stops it."""
    hold = Hold("container", *CONTAINER, payload_g=1_000_000)
    load(instance(3, 1), [hold], iterations=1)  # compiles
    for name, kinds in KINDS.items():
        fills, began = [], time.perf_counter()
        for number in range(1, instances + 1):
            parcels = instance(kinds, number)
            made = load(parcels, [hold], iterations=iterations)
            check = check_loading(parcels, [hold], made)
            if not check.ok:
                raise ValueError(f"{name}, instance {number}: {check.faults[0]}")
            fills.append(100 * made.loads[0].fill)
        seconds = (time.perf_counter() - began) / instances
        yield Fill(name, kinds, instances, sum(fills) / instances, seconds)


def main() -> None:
    """Prints a table of ours and the published means."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.loading", description=__doc__)
    parser.add_argument("--instances", type=int, default=5, help="of each class; the papers load 100")
    parser.add_argument("--iterations", type=int, default=300, help="of the improvement, for each container")
    asked = parser.parse_args()
    for k, (source, _) in enumerate(PUBLISHED):
        print(f"[{k + 1}] {source}")
    print("Theirs are means over 100 instances, unchecked: as they are quoted, not as seen in the papers.")
    numbers = " | ".join(f"[{k + 1}]" for k in range(len(PUBLISHED)))
    print(f"\n| class | kinds of boxes | instances | ours, per cent | seconds each | {numbers} |")
    print("|" + " --- |" * (5 + len(PUBLISHED)), flush=True)
    for k, fill in enumerate(measure(asked.instances, asked.iterations)):
        beside = " | ".join(f"{means[k]:.2f}" for _, means in PUBLISHED)
        print(
            f"| {fill.name} | {fill.kinds} | {fill.instances} | {fill.per_cent:.2f} "
            f"| {fill.seconds:.2f} | {beside} |",
            flush=True,
        )


if __name__ == "__main__":
    main()

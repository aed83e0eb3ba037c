"""Kernels compiled before they are needed, or loaded from numba's cache.

`python -m logistics.ahead` fills that cache, so that no first plan waits for it.
"""

from __future__ import annotations

from datetime import date
from functools import lru_cache
from multiprocessing import get_context

import numpy as np

from logistics import separation
from logistics.bounding import Climb
from logistics.exhausting import joined, least_of_each
from logistics.flat import Flat, flatten
from logistics.loading import Hold, Parcel, load_low
from logistics.problem import (
    Break,
    BreakTariff,
    Container,
    ContainerTariff,
    Departure,
    Hub,
    LessThanContainer,
    Line,
    Problem,
    Producer,
    Service,
)
from logistics.search import annealed, tariff_records

TOTAL = 100
"""More than a plan of the two lines costs."""


@lru_cache(maxsize=1)
def planning_kernels() -> int:
    """Those of the search and of the prices, by planning two lines; how many options were tried."""
    flat = _two_lines()
    both = np.arange(2)
    tariffs = tariff_records([service.tariff for service in flat.problem.services])
    climb = Climb(flat, both, TOTAL)
    climb.go_on(steps=2)
    for start in (None, climb.rounded()):
        annealed(flat, both, tariffs, seed=1, seconds=0.0, moves=50, clock=float, start=start)
    return len(climb.cheaper_options(TOTAL))


def other_kernels() -> None:
    """Those of small parts and of splits, on two lines."""
    list(least_of_each(_two_lines(), [np.arange(2)], 10))
    joined(np.zeros(2, np.int64), np.zeros(2, np.int64))
    separation.warmed()


def loading_kernels() -> None:
    """Those of packing, by loading two parcels: nearly half of the work, and apart from all others."""
    parcels = [Parcel(f"p{i}", 10, 10, 10, 1) for i in range(2)]
    load_low(parcels, [Hold("h", 100, 100, 100, 100)], iterations=2)


def compile_all() -> None:
    """Runs each kernel once, on two cores."""
    loading = get_context("spawn").Process(target=loading_kernels)
    loading.start()
    planning_kernels()
    other_kernels()
    loading.join()
    if loading.exitcode:
        raise RuntimeError("the kernels of packing could not be compiled; the other process says why")


def _two_lines() -> Flat:
    sea = ContainerTariff(10, 1, LessThanContainer(50, 1), (Container("box", 90, 900, 900),))
    air = BreakTariff(10, 1, 6000, 5, (Break(0, 9), Break(100, 7)))
    departures = (Departure(1, 2), Departure(2, 3))
    services = (
        Service("s", "sea", "h", "h", ("c",), departures, sea),
        Service("a", "air", "h", "h", ("c",), departures, air),
    )
    lines = tuple(Line(f"l{i}", f"b{i}", "p", "h", "c", 5, 9, 9, 0, 9) for i in range(2))
    return flatten(Problem("XXX", date.min, 0, (Hub("h"),), (Producer("p", "h", 9, 3),), services, lines))


if __name__ == "__main__":
    compile_all()

"""The planning table: search and bound beside the baselines, size by size."""

from __future__ import annotations

import resource
import time
from dataclasses import asdict, dataclass

from benchmarks.baselines import best_rhythm, first_sailing, plain_highs
from benchmarks.generator import generate
from logistics import check, plan
from logistics.flat import flatten
from logistics.planning import cores


@dataclass(frozen=True)
class Case:
    """A size, its budgets in seconds, and whether one programme can hold it."""

    lines: int
    producers: int
    origins: int
    destinations: int
    weeks: int
    search: float
    bound: float
    highs: float = 0.0


CASES = (
    Case(1_000, 200, 20, 10, 12, 10, 20, 30),
    Case(1_000, 200, 20, 10, 12, 20, 40),
    Case(1_000, 60, 5, 4, 12, 10, 30, 40),
    Case(10_000, 200, 20, 10, 12, 60, 180),
    Case(100_000, 200, 20, 10, 12, 120, 600),
)


@dataclass(frozen=True)
class Row:
    """What was measured for a case. Costs in minor units."""

    name: str
    lines: int
    alone: int
    first: int
    rhythm: int
    every: int
    highs: int | None
    highs_bound: int | None
    total: int
    bound: int
    seconds: float
    memory_mb: int

    @property
    def gap(self) -> float:
        """Above the own bound."""
        return self.total / self.bound - 1

    def cells(self) -> list[str]:
        """As a row of the printed table."""
        highs = "-" if self.highs is None else f"{self.highs / 100:,.0f}"
        return [
            self.name,
            f"{self.alone / 100:,.0f}",
            f"{self.first / 100:,.0f}",
            f"{self.rhythm / 100:,.0f} (every {self.every})",
            highs,
            f"{self.total / 100:,.0f}",
            f"{self.bound / 100:,.0f}",
            f"{self.gap:.2%}",
            f"{self.total / self.first:.3f}",
            f"{self.bound / self.first:.3f}",
            f"{self.seconds:.0f} s",
            f"{self.memory_mb} MB",
        ]

    def to_dict(self) -> dict[str, object]:
        """For the results file."""
        return asdict(self) | {"gap": self.gap}


HEADER = [
    "lines (producers, origins, destinations, weeks)",
    "each buyer alone",
    "first sailing",
    "best fixed rhythm",
    "plain HiGHS",
    "search",
    "bound",
    "gap",
    "of first sailing",
    "bound of first sailing",
    "time",
    "memory",
]


def processor_seconds() -> float:
    """A clock that only runs while this process does, for a machine that has other work too: all cores
    together count as one.
    """
    return time.process_time() / cores()


def measure(case: Case, seed: int = 1, *, processor: bool = False) -> Row:
    """Plans a case once and checks the plan independently; `processor` seconds or those of the wall."""
    clock = processor_seconds if processor else time.monotonic
    problem = generate(case.lines, case.producers, case.origins, case.destinations, case.weeks, seed=seed)
    began = clock()
    made = plan(problem, seconds=case.search, bound_seconds=case.bound, seed=seed, clock=clock)
    seconds = clock() - began
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    result = check(problem, made)
    if not result.ok:
        raise AssertionError(result.faults[0])
    flat = flatten(problem)
    rhythm, every = best_rhythm(flat, 8 if case.lines <= 10_000 else 3)
    highs, highs_bound = plain_highs(problem, flat, case.highs) if case.highs else (None, None)
    return Row(
        name=f"{case.lines:,} ({case.producers}, {case.origins}, {case.destinations}, {case.weeks})",
        lines=case.lines,
        alone=made.stand_alone_total,
        first=first_sailing(flat),
        rhythm=rhythm,
        every=every,
        highs=highs,
        highs_bound=highs_bound,
        total=made.total,
        bound=made.lower_bound,
        seconds=seconds,
        memory_mb=memory,
    )

"""How time and memory grow with the number of lines, at a fixed number of moves a line.

Each origin is a job of its own, as a desk plans it and as workers would take it: one a core at a time, in
processes of their own. A job builds a plan, tries `MOVES` moves a line and climbs `STEPS` steps of prices; so
sizes are compared at the same moves a line, not at the same budget. A move of a block costs what it holds.
"""

from __future__ import annotations

import math
import resource
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context

from benchmarks.generator import generate
from logistics import Problem
from logistics.ahead import planning_kernels
from logistics.bounding import Climb
from logistics.components import components
from logistics.flat import flatten
from logistics.planning import cores
from logistics.search import annealed, tariff_records
from logistics.state import total_cost

SIZES = (1_000, 10_000, 100_000, 1_000_000)
MOVES, STEPS = 20, 100
HEADER = [
    "lines",
    "jobs",
    "options",
    "processor s",
    "us a line",
    "us a line / log2 n",
    "clock",
    "most memory",
]


@dataclass(frozen=True)
class Job:
    """What one origin took: processor seconds, and the memory of the process that did it."""

    lines: int
    options: int
    seconds: float
    memory_mb: int
    total: int
    bound: float


@dataclass(frozen=True)
class Point:
    """A size, summed over its jobs."""

    lines: int
    jobs: int
    options: int
    seconds: float
    clock: float
    memory_mb: int
    total: int
    bound: float

    @property
    def a_line(self) -> float:
        """Microseconds of a processor for each line."""
        return 1e6 * self.seconds / self.lines

    def cells(self) -> list[str]:
        """As a row of the printed table."""
        return [
            f"{self.lines:,}",
            f"{self.jobs}",
            f"{self.options:,}",
            f"{self.seconds:,.1f}",
            f"{self.a_line:,.0f}",
            f"{self.a_line / math.log2(self.lines):.1f}",
            f"{self.clock:,.0f} s",
            f"{self.memory_mb} MB",
        ]


def jobs_of(problem: Problem) -> Iterator[Problem]:
    """The problem of each origin: its makers, services and lines."""
    hubs = {maker.id: maker.hub for maker in problem.producers}
    lines: dict[str, list[int]] = {}
    for i, line in enumerate(problem.lines):
        lines.setdefault(hubs[line.producer], []).append(i)
    for hub, own in sorted(lines.items()):
        yield Problem(
            currency=problem.currency,
            start=problem.start,
            wait_cost_ppm_per_day=problem.wait_cost_ppm_per_day,
            hubs=problem.hubs,
            producers=tuple(maker for maker in problem.producers if maker.hub == hub),
            services=tuple(service for service in problem.services if service.origin == hub),
            lines=tuple(problem.lines[i] for i in own),
        )


def work(problem: Problem) -> Job:
    """Does one job."""
    planning_kernels()
    began = time.process_time()
    flat = flatten(problem)
    tariffs = tariff_records([service.tariff for service in problem.services])
    total, bound = 0, 0.0
    for lines in components(flat):
        chosen = annealed(
            flat, lines, tariffs, seed=1, seconds=0.0, moves=MOVES * len(lines), clock=time.process_time
        )
        if chosen is None:
            raise AssertionError("the generator's departures have no limits")
        cost = total_cost(flat, chosen)
        climb = Climb(flat, lines, cost)
        climb.go_on(steps=STEPS)
        total, bound = total + cost, bound + climb.bound
    return Job(
        lines=len(problem.lines),
        options=len(flat.option_line),
        seconds=time.process_time() - began,
        memory_mb=resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
        total=total,
        bound=bound,
    )


def measure_curve(lines: int) -> Point:
    """All jobs of a size, the largest first."""
    jobs = sorted(jobs_of(generate(lines, 200, 20, 10, 12)), key=lambda job: -len(job.lines))
    began = time.monotonic()
    with ProcessPoolExecutor(cores(), mp_context=get_context("spawn")) as workers:
        done = list(workers.map(work, jobs))
    return Point(
        lines=lines,
        jobs=len(done),
        options=sum(job.options for job in done),
        seconds=sum(job.seconds for job in done),
        clock=time.monotonic() - began,
        memory_mb=max(job.memory_mb for job in done),
        total=sum(job.total for job in done),
        bound=sum(job.bound for job in done),
    )


def curve_chart(points: list[Point]) -> str:
    """Processor seconds over lines on logarithmic axes, beside n log n from the first size, as SVG."""
    wide, high, left, top = 460, 260, 70, 20
    name = "Processor seconds by number of lines"
    first, last = points[0], points[-1]
    x0, x1 = math.log10(first.lines), max(math.log10(last.lines), math.log10(first.lines) + 1)
    grown = [
        first.seconds * p.lines * math.log(p.lines) / first.lines / math.log(first.lines) for p in points
    ]
    y0 = math.floor(math.log10(min(first.seconds, *grown)))
    y1 = max(
        math.ceil(math.log10(max(p.seconds for p in points) * 1.001)),
        y0 + 1,
        math.ceil(math.log10(max(grown))),
    )

    def at(lines: int, seconds: float) -> str:
        x = left + wide * (math.log10(lines) - x0) / (x1 - x0)
        y = top + high * (1 - (math.log10(seconds) - y0) / (y1 - y0))
        return f"{x:.1f},{y:.1f}"

    frame = f'viewBox="0 0 {left + wide + 90} {top + high + 70}" font-family="sans-serif" font-size="12"'
    parts = [f'<svg xmlns="http://www.w3.org/2000/svg" {frame} role="img" aria-label="{name}">']
    for power in range(y0, y1 + 1):
        y = top + high * (1 - (power - y0) / (y1 - y0))
        parts.append(f'<line x1="{left}" x2="{left + wide}" y1="{y:.1f}" y2="{y:.1f}" stroke="#ddd"/>')
        parts.append(f'<text x="{left - 8}" y="{y + 4:.1f}" text-anchor="end">{10.0**power:,g} s</text>')
    lines = " ".join(at(p.lines, s) for p, s in zip(points, grown, strict=True))
    parts.append(
        f'<polyline points="{lines}" fill="none" stroke="#c9b79c" stroke-dasharray="6 4" stroke-width="2"/>'
    )
    lines = " ".join(at(p.lines, p.seconds) for p in points)
    parts.append(f'<polyline points="{lines}" fill="none" stroke="#1f6f5c" stroke-width="2"/>')
    for p in points:
        along, up = at(p.lines, p.seconds).split(",")
        title = f"<title>{p.seconds:,.1f} s</title>"
        parts.append(f'<circle cx="{along}" cy="{up}" r="4" fill="#1f6f5c">{title}</circle>')
        parts.append(f'<text x="{along}" y="{top + high + 20}" text-anchor="middle">{p.lines:,}</text>')
    parts.append(f'<text x="{left + wide / 2}" y="{top + high + 40}" text-anchor="middle">lines</text>')
    for k, (colour, said) in enumerate((("#1f6f5c", "measured"), ("#c9b79c", "n log n from the first size"))):
        begin = left + 150 * k
        parts.append(f'<rect x="{begin}" y="{top + high + 52}" width="12" height="12" fill="{colour}"/>')
        parts.append(f'<text x="{begin + 18}" y="{top + high + 62}">{said}</text>')
    return "".join([*parts, "</svg>\n"])


def print_curve(largest: int) -> list[Point]:
    """Measures and prints every size up to the largest asked for."""
    print("\n| " + " | ".join(HEADER) + " |\n|" + " --- |" * len(HEADER), flush=True)
    points = []
    for lines in SIZES:
        if lines <= largest:
            points.append(measure_curve(lines))
            print("| " + " | ".join(points[-1].cells()) + " |", flush=True)
    return points

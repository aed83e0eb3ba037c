"""Plans a problem: independent parts side by side, exactly where they are small, always with a lower bound.

A part of a few lines is solved by `subsets`, a middling one as a mixed-integer programme, a large one by
annealing (`search`) and bounded by prices (`lagrange`), then as a programme if it is not too large.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from dataclasses import dataclass, field, replace
from functools import partial

import numpy as np

from logistics import highs, subsets
from logistics.alone import Solved, StandAlone, each_alone
from logistics.components import components
from logistics.flat import Flat, Infeasible, Int64, flatten, weighed
from logistics.plans import Plan
from logistics.pricing import Assignment, price
from logistics.problem import Problem
from logistics.programme import lines_model
from logistics.state import constructed, feasible, total_cost

Report = Callable[[int, int, float], None]

PROGRAMME = 45
"""Lines of a part that is solved as a programme before any search."""
ONE_PROGRAMME = 450
"""Lines of a part that is bounded as a programme too, once prices have bounded it."""
ROUNDED = 40
"""Lines of a part whose freight is rounded as in the contract in a second programme, to prove the last
unit.
"""


@dataclass(slots=True)
class Piece:
    """An independent part of a problem, the best plan of it found so far, and its lower bound."""

    lines: Int64
    chosen: Int64 | None = None
    total: int = 0
    bound: int = 0

    @property
    def done(self) -> bool:
        """Whether the plan is proven least."""
        return self.chosen is not None and self.total <= self.bound

    def offer(self, flat: Flat, chosen: Int64) -> None:
        """Keeps a plan if it is one and cheaper than the best."""
        if feasible(flat, chosen):
            total = total_cost(flat, chosen)
            if self.chosen is None or total < self.total:
                self.chosen, self.total = chosen, total


@dataclass(slots=True)
class Budget:
    """The stopping rule: until `search_end` and `bound_end` of a clock, or a number of moves."""

    search_end: float
    bound_end: float
    iterations: int | None
    clock: Callable[[], float]
    seed: int
    workers: int
    stop: threading.Event = field(default_factory=threading.Event)

    def now(self) -> float:
        """The clock, past every end once somebody has asked to stop."""
        return max(self.bound_end, self.clock()) if self.stop.is_set() else self.clock()

    def left(self) -> float:
        """Seconds until the end."""
        return max(self.bound_end - self.now(), 0.0)


def cores() -> int:
    """The cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def plan(
    problem: Problem,
    *,
    seed: int = 1,
    seconds: float = 10.0,
    bound_seconds: float | None = None,
    iterations: int | None = None,
    fixed: Iterable[Assignment] = (),
    previous: Iterable[Assignment] = (),
    stability: int = 0,
    workers: int | None = None,
    clock: Callable[[], float] = time.monotonic,
    report: Report | None = None,
    stop: threading.Event | None = None,
) -> Plan:
    """The cheapest plan found, its proven lower bound, and what each buyer would pay alone.

    `seconds` bounds the search, `bound_seconds` (default the same) the bound. Lines in `fixed` stay where
    they are; a line leaves its place in `previous` only where that saves more than `stability` minor units a
    line. With `iterations` (moves in all) the same seed gives the same plan, whatever the machine.
    `report` is told total, bound and seconds left; `stop` ends the work with the best plan so far. Raises
    `Infeasible` if there is no plan.
    """
    began = clock()
    booked = {assignment.line: assignment for assignment in fixed}
    flat = flatten(problem, booked)
    budget = Budget(
        search_end=began + seconds,
        bound_end=began + seconds + (seconds if bound_seconds is None else bound_seconds),
        iterations=iterations,
        clock=clock,
        seed=seed,
        workers=workers or cores(),
        stop=stop or threading.Event(),
    )
    free = flat if not booked else flatten(problem)
    alone = _stand_alone(free, budget)
    pieces = solve(flat, budget, report)
    chosen = _joined(pieces, len(problem.lines))
    if stability:
        # The bound above is of the true cost; the plan is of the cost with what moving weighs.
        end = clock() + seconds
        heavier = replace(budget, search_end=end, bound_end=end)
        chosen = _joined(solve(weighed(flat, previous, stability), heavier), len(problem.lines))
    assignments = flat.assignments(chosen)
    priced = price(problem, assignments)
    return Plan(
        currency=problem.currency,
        total=priced.total,
        lower_bound=min(sum(piece.bound for piece in pieces), priced.total),
        stand_alone_total=sum(one.total for one in alone.values()),
        stand_alone_exact=all(one.exact for one in alone.values()),
        assignments=assignments,
        shipments=priced.shipments,
        collections=priced.collections,
        alone={buyer: one.total for buyer, one in alone.items()},
        seconds=clock() - began,
        seed=seed,
    )


def _joined(pieces: list[Piece], lines: int) -> Int64:
    chosen = np.empty(lines, np.int64)
    for piece in pieces:
        assert piece.chosen is not None
        chosen[piece.lines] = piece.chosen
    return chosen


def solve(
    flat: Flat,
    budget: Budget,
    report: Report | None = None,
    pieces: list[Piece] | None = None,
) -> list[Piece]:
    """Every independent part (or those in `pieces`) solved within the budget, several at a time."""
    if pieces is None:
        pieces = [Piece(lines) for lines in components(flat)]

    def told() -> None:
        if report and all(piece.chosen is not None for piece in pieces):
            report(sum(piece.total for piece in pieces), sum(piece.bound for piece in pieces), budget.left())

    crew = Crew(budget, told)
    small = [piece for piece in pieces if len(piece.lines) <= subsets.LIMIT]
    for piece in small:
        _exactly(flat, piece)
    middling = sorted(
        (p for p in pieces if subsets.LIMIT < len(p.lines) <= PROGRAMME), key=lambda p: len(p.lines)
    )
    each = max(budget.bound_end - budget.now(), 0.1) / 2
    crew.run([partial(_programmed, flat, piece, budget, each) for piece in middling])
    large = sorted(
        (piece for piece in pieces if len(piece.lines) > PROGRAMME),
        key=lambda p: (-len(p.lines), int(p.lines[0])),
    )
    if large:
        _search(flat, large, budget, crew)
        told()
        _bound(flat, large, budget, crew)
    if not budget.stop.is_set():
        _prove(flat, pieces, budget)
    told()
    return pieces


class Crew:
    """Runs jobs side by side; once a stop is asked for, jobs that have not begun are dropped."""

    def __init__(self, budget: Budget, told: Callable[[], None]) -> None:
        self.budget = budget
        self.told = told

    def run(self, jobs: Sequence[Callable[[], object]], *, needed: bool = True) -> None:
        """Until all are done, or, for jobs that are not `needed` for a plan, until a stop is asked for."""
        if len(jobs) == 1 and needed:
            jobs[0]()
            return
        pool = ThreadPoolExecutor(self.budget.workers)
        waiting = [pool.submit(job) for job in jobs]
        try:
            open_jobs = set(waiting)
            while open_jobs:
                finished, open_jobs = wait(open_jobs, timeout=0.5, return_when=FIRST_EXCEPTION)
                for job in finished:
                    job.result()
                self.told()
                if self.budget.stop.is_set() and not needed:
                    return
        finally:
            pool.shutdown(wait=needed, cancel_futures=True)


def _exactly(flat: Flat, piece: Piece) -> None:
    chosen = subsets.least(flat, piece.lines)
    if chosen is None:
        raise _infeasible(flat, piece.lines)
    piece.offer(flat, chosen)
    piece.bound = piece.total


def _programmed(flat: Flat, piece: Piece, budget: Budget, seconds: float, *, rounded: bool = False) -> None:
    """Improves the plan and the bound of a part as one programme."""
    if piece.done:
        return
    if piece.chosen is None:
        start = constructed(flat, piece.lines)
        if start is not None:
            piece.offer(flat, start)
    programme = lines_model(flat, piece.lines, rounded=rounded)
    outcome = highs.solve(
        programme.model,
        seconds=seconds if budget.iterations is None else highs.INFINITE,
        nodes=None if budget.iterations is None else max(1, budget.iterations // 100),
        seed=budget.seed,
        start=None if piece.chosen is None else programme.start(piece.chosen),
    )
    if outcome.infeasible and piece.chosen is None:
        raise _infeasible(flat, piece.lines)
    if outcome.values is not None:
        piece.offer(flat, programme.chosen(flat, piece.lines, outcome.values))
    if piece.chosen is None:
        raise _infeasible(flat, piece.lines, proven=False)
    piece.bound = max(piece.bound, min(highs.proven(outcome.bound), piece.total))


def _prove(flat: Flat, pieces: list[Piece], budget: Budget) -> None:
    """Closes what rounding freight up leaves open in small parts, one after the other while there is time."""
    close = [piece for piece in pieces if len(piece.lines) <= ROUNDED and not piece.done]
    end = budget.now() + (budget.bound_end - budget.now()) / 2
    for piece in sorted(close, key=lambda p: (len(p.lines), int(p.lines[0]))):
        left = end - budget.now()
        if left > 0 or budget.iterations is not None:
            _programmed(flat, piece, budget, max(left, 0.05), rounded=True)


def _search(flat: Flat, pieces: list[Piece], budget: Budget, crew: Crew) -> None:
    """Anneals each part for its share of the search budget, by its lines."""
    # Here and not above, so that a small problem never waits for numba; compiling once is not searching.
    from logistics.search import annealed, tariff_records, warmed

    compiling = budget.clock()
    warmed()
    took = budget.clock() - compiling
    budget.search_end += took
    budget.bound_end += took
    tariffs = tariff_records([service.tariff for service in flat.problem.services])
    total = sum(len(piece.lines) for piece in pieces)
    seconds = max(budget.search_end - budget.now(), 0.0)

    def one(piece: Piece) -> None:
        share = len(piece.lines) / total
        chosen = annealed(
            flat,
            piece.lines,
            tariffs,
            seed=budget.seed,
            seconds=min(seconds, seconds * budget.workers * share),
            moves=None if budget.iterations is None else max(1, round(budget.iterations * share)),
            clock=budget.now,
            stopped=budget.stop.is_set,
        )
        if chosen is None:
            _programmed(flat, piece, budget, seconds)
        else:
            piece.offer(flat, chosen)

    crew.run([partial(one, piece) for piece in pieces])


def _bound(flat: Flat, pieces: list[Piece], budget: Budget, crew: Crew) -> None:
    """Bounds each part by prices; then small enough ones as programmes. What one leaves the next have."""
    # Here and not above, so that a small problem never waits for numba.
    from logistics import bounding

    lock = threading.Lock()
    waiting = 0

    def share(lines: int) -> float:
        nonlocal waiting
        with lock:
            left = budget.left()
            seconds = min(left, left * budget.workers * lines / max(waiting, 1))
            waiting -= lines
        return max(seconds, 0.05)

    def priced(piece: Piece) -> None:
        end = budget.now() + share(len(piece.lines))
        bound = bounding.lagrangean_bound(
            flat,
            piece.lines,
            piece.total,
            left=None if budget.iterations is not None else lambda: end - budget.now(),
            steps=bounding.STEPS if budget.iterations is None else max(1, budget.iterations // 10),
        )
        piece.bound = max(piece.bound, min(highs.proven(bound), piece.total))

    def programmed(piece: Piece) -> None:
        _programmed(flat, piece, budget, share(len(piece.lines)))

    waiting = sum(len(piece.lines) for piece in pieces)
    crew.run([partial(priced, piece) for piece in pieces], needed=False)
    small = [piece for piece in reversed(pieces) if len(piece.lines) <= ONE_PROGRAMME and not piece.done]
    waiting = sum(len(piece.lines) for piece in small)
    crew.run([partial(programmed, piece) for piece in small], needed=False)


def stand_alone(
    problem: Problem, *, seconds: float = 10.0, seed: int = 1, clock: Callable[[], float] = time.monotonic
) -> dict[str, StandAlone]:
    """For each buyer, the least total of its lines planned with nobody else's.

    Raises `Infeasible` if some buyer's lines cannot be served together.
    """
    return _stand_alone(
        flatten(problem), Budget(clock() + seconds / 2, clock() + seconds, None, clock, seed, cores())
    )


def _stand_alone(flat: Flat, budget: Budget) -> dict[str, StandAlone]:
    def solved(own: Flat, groups: Sequence[Int64]) -> list[Solved]:
        found = []
        for piece in solve(own, budget, pieces=[Piece(lines) for lines in groups]):
            assert piece.chosen is not None
            found.append(Solved(piece.lines, piece.chosen, piece.total, piece.done))
        return found

    return each_alone(flat, solved)


def _infeasible(flat: Flat, lines: Int64, *, proven: bool = True) -> Infeasible:
    names = tuple(flat.problem.lines[i].id for i in lines.tolist())
    shown = ", ".join(names[:8]) + (f" and {len(names) - 8} more" if len(names) > 8 else "")
    why = "cannot be" if proven else "were not"
    return Infeasible(
        f"/lines/{int(lines[0])}",
        f"lines {shown} {why} served together: they exceed the capacities of the departures they may take; "
        "give some a direct_cost or a later due day",
        names,
    )

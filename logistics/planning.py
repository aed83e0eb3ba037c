"""Plans a problem: independent parts side by side, exactly where they are small, always with a lower bound.

A part of a few lines is solved by `subsets`, a middling one as a mixed-integer programme, a large one by
annealing (`search`) and bounded by prices (`lagrange`), then as a programme of the options that the prices
leave it (`fixing`), if it is not too large.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING

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

if TYPE_CHECKING:
    from logistics.bounding import Climb
    from logistics.search import Tariffs

Report = Callable[[int, int, float], None]

PROGRAMME = 45
"""Lines of a part that is solved as a programme before any search."""
ONE_PROGRAMME = 450
"""Lines of a part that is bounded as a programme too, once prices have bounded it."""
QUICK_PROGRAMME = 150
"""The same where moves are counted: nodes can be limited, but not the work at a programme's first one."""
MOVES_A_NODE = 1_000
BRIEFLY = 1.0
"""Seconds for the programme of a part whose subsets can all be tried: mostly it needs less."""
EXACT = 150
"""Lines of a part whose programme is solved to the last unit."""
TRIES = 8
"""Plans that a programme rules out one by one; if more cost the same but for rounding, one with freight
rounded as in the contract follows.
"""
EAGER = 4.0
"""Times its share that a programme may have: most need little of theirs."""
MOST_LEFT = 0.75
BEFORE_GUIDE, GUIDE = 0.05, 0.3
"""Parts of a search that give the prices a first plan to climb toward, and that are for climbing."""
GUIDE_STEPS = 1_500
CLIMBING = 0.6
"""Part of the time after the first search for prices: the rest is for programmes and searching again."""
SECOND_SEARCH = 0.2
"""Part of the time after prices have bounded parts for searching again, before they become programmes; no
more than the first search had.
"""
NARROWED = 40
"""Lines of a part from which on prices narrow that programme: below, it is quicker without."""


@dataclass(slots=True)
class Piece:
    """An independent part of a problem, the best plan of it found so far, and its lower bound."""

    lines: Int64
    chosen: Int64 | None = None
    total: int = 0
    bound: int = 0
    options: Int64 | None = None
    """Those that a cheaper plan could have, line by line, once prices have ruled out others."""
    climb: Climb | None = None
    """Its prices, once they have begun to climb."""
    settled: bool = False
    """Whether its programme is solved, so that at most what rounding adds is open."""

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
    """The stopping rule: until `search_end` and `bound_end` of a clock, or a number of moves.

    The first search is for `search` seconds.
    """

    search: float
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
        search=seconds,
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
    rest = sorted(
        (piece for piece in pieces if len(piece.lines) > subsets.LIMIT),
        key=lambda p: (len(p.lines), int(p.lines[0])),
    )
    middling = [piece for piece in rest if len(piece.lines) <= PROGRAMME]
    large = [piece for piece in reversed(rest) if len(piece.lines) > PROGRAMME]
    searches = _searches(flat, large, sum(len(piece.lines) for piece in rest), budget) if large else []
    shares = Shares(budget, rest, eager=EAGER)

    def solved(piece: Piece) -> None:
        seconds = shares.take(piece)
        if subsets.steps(flat, piece.lines) > subsets.MOST_STEPS:
            _programmed(flat, piece, budget, seconds)
            return
        _programmed(flat, piece, budget, min(seconds, BRIEFLY))
        if not piece.done:
            _exactly(flat, piece)

    crew.run([*searches, *(partial(solved, piece) for piece in middling)])
    told()
    _bound(flat, [piece for piece in reversed(rest) if not (piece.done or piece.settled)], budget, crew)
    _prove(flat, rest, budget, crew)
    _search_on(flat, rest, budget, crew, again=2, most=budget.left())
    told()
    return pieces


class Shares:
    """Divides the time left among parts by their weights (their lines, if not said): what one leaves, those
    after it have.

    An `eager` part may have several times its share, if no more than `MOST_LEFT` of what is left: where most
    parts leave most of theirs, the few that need more have it.
    """

    def __init__(
        self,
        budget: Budget,
        pieces: Sequence[Piece],
        *,
        eager: float = 1.0,
        weight: Callable[[Piece], int] = lambda piece: len(piece.lines),
    ) -> None:
        self.budget = budget
        self.eager = eager
        self.weights = {id(piece): weight(piece) for piece in pieces}
        self.waiting = sum(self.weights.values())
        self.lock = threading.Lock()

    def take(self, piece: Piece) -> float:
        """Seconds for a part that begins now."""
        with self.lock:
            left = self.budget.left()
            own = self.budget.workers * self.weights[id(piece)] / max(self.waiting, 1)
            seconds = left * min(1.0, max(own, min(self.eager * own, MOST_LEFT)))
            self.waiting -= self.weights[id(piece)]
        return max(seconds, 0.05)


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
    """Improves the plan and the bound of a part as one programme.

    Freight that is not rounded up leaves a few units between the programme's optimum and the plan's total, so
    the optimum alone proves nothing. But each plan that the programme finds is priced exactly, then ruled
    out, and only those below the best total less one unit are looked for: when there are none left, no plan
    costs less.
    """
    if piece.done:
        return
    if piece.chosen is None:
        start = constructed(flat, piece.lines)
        if start is not None:
            piece.offer(flat, start)
    among = None
    if piece.options is not None and piece.chosen is not None:
        # No plan cheaper than the one the options were narrowed by has any other.
        among = np.union1d(piece.options, piece.chosen)
    programme = lines_model(flat, piece.lines, rounded=rounded, among=among)
    exact = len(piece.lines) <= EXACT
    end = budget.now() + seconds
    if piece.chosen is not None:
        programme.exclude(piece.chosen)
    for _ in range(TRIES):
        cutoff = highs.INFINITE
        if piece.chosen is not None:
            cutoff = piece.total - 1 + 2 * programme.model.margin(exact=exact)
        outcome = highs.solve(
            programme.model,
            seconds=max(end - budget.now(), 0.0) if budget.iterations is None else highs.INFINITE,
            cutoff=cutoff,
            nodes=None if budget.iterations is None else max(1, budget.iterations // MOVES_A_NODE),
            seed=budget.seed,
            exact=exact,
        )
        if outcome.infeasible and piece.chosen is None:
            raise _infeasible(flat, piece.lines)
        found = None if outcome.values is None else programme.chosen(flat, piece.lines, outcome.values)
        if found is not None:
            piece.offer(flat, found)
            programme.exclude(found)
        if piece.chosen is None:
            raise _infeasible(flat, piece.lines, proven=False)
        piece.bound = max(piece.bound, min(outcome.proven, piece.total))
        piece.settled = piece.settled or outcome.optimal
        if piece.total <= piece.bound or not outcome.optimal or found is None:
            break


def _prove(flat: Flat, pieces: list[Piece], budget: Budget, crew: Crew) -> None:
    """Closes what rounding freight up leaves open in parts that are solved but for it."""
    close = [p for p in pieces if len(p.lines) <= EXACT and p.settled and not p.done]
    shares = Shares(budget, close, eager=EAGER)

    def proven(piece: Piece) -> None:
        seconds = shares.take(piece)
        if len(piece.lines) > NARROWED:
            _narrow(flat, piece, budget, seconds)
        _programmed(flat, piece, budget, seconds, rounded=True)

    crew.run([partial(proven, piece) for piece in close], needed=False)


def _narrow(flat: Flat, piece: Piece, budget: Budget, seconds: float) -> None:
    """Bounds a part by prices, and rules out options by them."""
    # Here and not above, so that a small problem never waits for numba.
    from logistics import bounding

    _climb(flat, piece, budget, seconds, bounding.STEPS)
    _rule_out(piece)


def _rule_out(piece: Piece) -> None:
    """Keeps, for its programme, the options that a cheaper plan could have by the prices."""
    if piece.climb is not None and len(piece.lines) <= ONE_PROGRAMME and not piece.done:
        piece.options = piece.climb.cheaper_options(piece.total)


def _climb(flat: Flat, piece: Piece, budget: Budget, seconds: float, steps: int) -> None:
    """Raises the prices of a part, and its bound by them."""
    from logistics import bounding

    if piece.climb is None:
        piece.climb = bounding.Climb(flat, piece.lines, piece.total)
    piece.climb.toward(piece.total)
    end = budget.now() + seconds
    piece.climb.go_on(
        left=None if budget.iterations is not None else lambda: end - budget.now(),
        steps=steps if budget.iterations is None else max(1, min(steps, budget.iterations // 10)),
    )
    piece.bound = max(piece.bound, min(highs.rounded_up(piece.climb.bound), piece.total))


def _searches(flat: Flat, pieces: Sequence[Piece], lines: int, budget: Budget) -> list[Callable[[], object]]:
    """Jobs that anneal each part for its share of the search budget, which is for so many lines in all."""
    # Here and not above, so that a small problem never waits for numba; compiling once is not searching.
    from logistics.ahead import planning_kernels
    from logistics.search import tariff_records

    compiling = budget.clock()
    planning_kernels()
    took = budget.clock() - compiling
    budget.search_end += took
    budget.bound_end += took
    tariffs = tariff_records([service.tariff for service in flat.problem.services])
    seconds = max(budget.search_end - budget.now(), 0.0)

    def one(piece: Piece) -> None:
        share = len(piece.lines) / lines
        own = min(seconds, seconds * budget.workers * share)
        moves = None if budget.iterations is None else max(1, round(budget.iterations * share))
        end = budget.now() + own
        if not _anneal(flat, piece, budget, tariffs, BEFORE_GUIDE * own, moves):
            _programmed(flat, piece, budget, seconds)
            return
        _climb(flat, piece, budget, GUIDE * own, GUIDE_STEPS)
        _anneal(flat, piece, budget, tariffs, end - budget.now(), moves)

    return [partial(one, piece) for piece in pieces]


def _anneal(
    flat: Flat,
    piece: Piece,
    budget: Budget,
    tariffs: Tariffs,
    seconds: float,
    moves: int | None = None,
    *,
    again: int = 0,
) -> bool:
    """Searches for a better plan, from where a part's prices would have its lines if it has any."""
    from logistics.search import annealed

    chosen = annealed(
        flat,
        piece.lines,
        tariffs,
        seed=budget.seed + again,
        seconds=seconds,
        moves=moves,
        clock=budget.now,
        stopped=budget.stop.is_set,
        start=None if piece.climb is None else piece.climb.rounded(),
    )
    if chosen is not None:
        piece.offer(flat, chosen)
    return chosen is not None


def _search_on(
    flat: Flat, pieces: Sequence[Piece], budget: Budget, crew: Crew, *, again: int, most: float
) -> None:
    """Searches again for at most `most` seconds, most where most is open, from new prices and with other
    random numbers.
    """
    from logistics.search import tariff_records

    open_ones = [p for p in pieces if p.climb is not None and p.total > p.bound]
    if budget.iterations is not None or not open_ones:
        return
    tariffs = tariff_records([service.tariff for service in flat.problem.services])
    open_ones.sort(key=lambda p: p.bound - p.total)
    sooner = replace(budget, bound_end=budget.now() + min(most, budget.left()))
    shares = Shares(sooner, open_ones, weight=lambda p: p.total - p.bound)

    def searched(piece: Piece) -> None:
        before = piece.total
        _anneal(flat, piece, sooner, tariffs, shares.take(piece), again=again)
        if piece.total < before:
            _rule_out(piece)

    crew.run([partial(searched, piece) for piece in open_ones], needed=False)


def _bound(flat: Flat, pieces: Sequence[Piece], budget: Budget, crew: Crew) -> None:
    """Bounds each part by prices; then small enough ones as programmes of the options that are left."""
    climbing = replace(budget, bound_end=budget.now() + CLIMBING * budget.left())
    shares = Shares(climbing, pieces)

    def narrowed(piece: Piece) -> None:
        _narrow(flat, piece, climbing, shares.take(piece))

    crew.run([partial(narrowed, piece) for piece in pieces], needed=False)
    most = ONE_PROGRAMME if budget.iterations is None else QUICK_PROGRAMME
    again = min(SECOND_SEARCH * budget.left(), budget.search)
    _search_on(flat, [p for p in pieces if len(p.lines) <= most], budget, crew, again=1, most=again)
    # Those that can be solved begin with the longest, so that it is not left for the end; of the others the
    # smallest gain most for their time.
    small = [piece for piece in pieces if len(piece.lines) <= most and not piece.done]
    small.sort(key=lambda p: -len(p.lines) if len(p.lines) <= EXACT else len(p.lines))
    rest = Shares(budget, small, eager=EAGER)

    def programmed(piece: Piece) -> None:
        _programmed(flat, piece, budget, rest.take(piece))

    crew.run([partial(programmed, piece) for piece in small], needed=False)


def stand_alone(
    problem: Problem, *, seconds: float = 10.0, seed: int = 1, clock: Callable[[], float] = time.monotonic
) -> dict[str, StandAlone]:
    """For each buyer, the least total of its lines planned with nobody else's.

    Raises `Infeasible` if some buyer's lines cannot be served together.
    """
    return _stand_alone(
        flatten(problem),
        Budget(seconds / 2, clock() + seconds / 2, clock() + seconds, None, clock, seed, cores()),
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

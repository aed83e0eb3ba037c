"""Random pooling problems, and every plan of a tiny one."""

import itertools
import json
import math
import os
from collections.abc import Iterator
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from logistics import (
    Assignment,
    Break,
    BreakTariff,
    Container,
    ContainerTariff,
    Departure,
    Hub,
    InvalidInput,
    LessThanContainer,
    Line,
    Plan,
    Problem,
    Producer,
    Service,
    check,
    plan,
)

EXAMPLES = Path(__file__).parent / "examples"
EXAMPLES_TRIED = int(os.environ.get("LOGISTICS_EXAMPLES", "40"))
sampled = settings(
    deadline=None,
    max_examples=EXAMPLES_TRIED,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large],
)
"""How often a property is tried; `LOGISTICS_EXAMPLES=10000` for the long run."""

CLASSES = ("ambient", "cool")


@cache
def example(name: str) -> Problem:
    return Problem.from_json((EXAMPLES / f"{name}.json").read_bytes())


@cache
def expected() -> dict[str, Any]:
    figures: dict[str, Any] = json.loads((EXAMPLES / "expected.json").read_text())
    return figures


@cache
def proven() -> dict[str, Any]:
    """Least totals of instances drawn by `benchmarks.generator`: makers whose minimums bite, several lanes,
    loads large enough for containers, departures with little room.
    """
    figures: dict[str, Any] = json.loads((EXAMPLES / "proven.json").read_text())
    return figures


amounts = st.integers(0, 9_000)


@st.composite
def container_tariffs(draw: st.DrawFn) -> ContainerTariff:
    loose = draw(
        st.none()
        | st.builds(LessThanContainer, st.integers(0, 900_000), st.sampled_from([0, 900, 4_000, 20_000]))
    )
    boxes = draw(
        st.lists(
            st.builds(
                Container,
                st.sampled_from(["20GP", "40GP", "40HC", "45HC"]),
                st.integers(0, 6_000),
                st.integers(1, 9_000),
                st.integers(1, 9_000),
            ),
            min_size=0 if loose else 1,
            max_size=3,
        )
    )
    return ContainerTariff(draw(amounts), draw(amounts), loose, tuple(boxes))


break_tariffs = st.builds(
    BreakTariff,
    amounts,
    amounts,
    st.sampled_from([1, 700, 5_000, 6_000]),
    st.integers(0, 3_000),
    st.lists(
        st.builds(Break, st.sampled_from([0, 900, 3_000, 12_000]), st.integers(0, 2_000)),
        min_size=1,
        max_size=4,
    ).map(tuple),
)
tariffs = container_tariffs() | break_tariffs
departures = st.builds(
    lambda day, takes, g, cm3: Departure(day, day + takes, g, cm3),
    st.integers(0, 9),
    st.integers(0, 4),
    st.none() | st.none() | st.integers(0, 20_000),
    st.none() | st.none() | st.integers(0, 20_000),
)


@st.composite
def problems(
    draw: st.DrawFn, lines: int = 5, buyers: int = 4, services: int = 3, always_direct: bool = False
) -> Problem:
    """A problem with at least one line; some lines may have no option and some capacities may not suffice."""
    hubs = tuple(Hub(f"H{i}") for i in range(draw(st.integers(2, 3))))
    names = st.sampled_from([hub.id for hub in hubs])
    makers = tuple(
        Producer(f"P{i}", draw(names), draw(st.integers(0, 9_000)), draw(amounts))
        for i in range(draw(st.integers(1, 3)))
    )
    lanes = []
    for i in range(draw(st.integers(1, services))):
        classes = tuple(draw(st.sets(st.sampled_from(CLASSES), min_size=1)))
        calls = tuple(draw(st.lists(departures, min_size=1, max_size=3)))
        mode = draw(st.sampled_from(["sea", "air", "road", "rail"]))
        lanes.append(Service(f"S{i}", mode, draw(names), draw(names), classes, calls, draw(tariffs)))  # type: ignore[arg-type]
    orders = []
    for i in range(draw(st.integers(1, lines))):
        ready = draw(st.integers(0, 6))
        lane = draw(st.sampled_from(lanes))
        near = [maker.id for maker in makers if maker.hub == lane.origin] or [maker.id for maker in makers]
        direct = st.integers(0, 30_000) if always_direct else st.integers(0, 30_000) | st.none()
        orders.append(
            Line(
                id=f"L{i}",
                buyer=f"B{draw(st.integers(0, buyers - 1))}",
                producer=draw(st.sampled_from(near)),
                destination=lane.destination,
                cargo_class=draw(st.sampled_from(lane.classes)),
                value=draw(st.integers(0, 6_000)),
                weight_g=draw(st.integers(1, 9_000)),
                volume_cm3=draw(st.integers(1, 9_000)),
                ready=ready,
                due=ready + draw(st.integers(0, 12)),
                direct_cost=draw(direct),
            )
        )
    return Problem(
        "USD", date(2026, 1, 5), draw(st.integers(0, 50_000)), hubs, makers, tuple(lanes), tuple(orders)
    )


def one_line(total: int) -> Problem:
    """A problem of one line that costs `total` by air: a large sum to be proven to the last unit."""
    air = Service(
        "air", "air", "A", "B", ("ambient",), (Departure(0, 0),), BreakTariff(0, 0, 1, 0, (Break(0, total),))
    )
    line = Line("L", "B", "P", "B", "ambient", 0, 1_000, 1, 0, 0)
    producers = (Producer("P", "A", 0, 0),)
    return Problem("USD", date(2026, 1, 5), 0, (Hub("A"), Hub("B")), producers, (air,), (line,))


def choices(problem: Problem) -> list[list[Assignment]]:
    """For each line, direct and the departures that go its way in time."""
    hub_of = {maker.id: maker.hub for maker in problem.producers}
    found = []
    for line in problem.lines:
        own = [Assignment(line.id)] if line.direct_cost is not None else []
        own += [
            Assignment(line.id, service.id, i)
            for service in problem.services
            if (service.origin, service.destination) == (hub_of[line.producer], line.destination)
            and line.cargo_class in service.classes
            for i, call in enumerate(service.departures)
            if call.day >= line.ready and call.arrives <= line.due
        ]
        found.append(own)
    return found


def every_plan(problem: Problem) -> Iterator[tuple[Assignment, ...]]:
    """All combinations of choices; the checker says which keep the capacities."""
    return itertools.product(*choices(problem))


def few_plans(problem: Problem, most: int = 4_000) -> bool:
    """Whether all plans can be tried in a test."""
    return math.prod(len(own) for own in choices(problem)) <= most


def is_solvable(problem: Problem) -> bool:
    """Whether the planner finds a plan; that it is right to find none is another test's business."""
    try:
        plan(problem)
    except InvalidInput:
        return False
    return True


def plans_with(problem: Problem, assignments: tuple[Assignment, ...], total: int) -> Plan:
    return Plan(problem.currency, total, 0, 0, True, assignments)


def brute_force(problem: Problem) -> int | None:
    """The least total, by the checker's price of every plan."""
    best: int | None = None
    for assignments in every_plan(problem):
        result = check(problem, plans_with(problem, assignments, 0))
        if all(fault.startswith("the plan states") for fault in result.faults):
            best = result.total if best is None else min(best, result.total)
    return best

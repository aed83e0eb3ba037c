"""Why a line is where it is: what it would cost elsewhere, with everything else staying where it is."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from logistics.flat import DIRECT, flatten
from logistics.form import InvalidInput, shown
from logistics.plans import Plan
from logistics.pricing import Assignment, waiting_cost
from logistics.problem import Problem
from logistics.state import State


@dataclass(frozen=True, slots=True)
class Alternative:
    """Another option of a line: what the plan's total would rise by if the line moved there alone."""

    assignment: Assignment
    mode: str
    day: int | None
    arrives: int | None
    waits: int
    extra: int
    fits: bool

    def to_dict(self) -> dict[str, object]:
        """As JSON members."""
        place = {k: v for k, v in self.assignment.to_dict().items() if k != "line"}
        return place | {
            "mode": self.mode,
            "day": self.day,
            "arrives": self.arrives,
            "waits": self.waits,
            "extra": self.extra,
            "fits": self.fits,
        }


@dataclass(frozen=True, slots=True)
class Explanation:
    """Where a line goes (`extra` 0), what it waits, and all other options, cheapest first."""

    line: str
    here: Alternative
    waiting_cost: int
    others: tuple[Alternative, ...]

    def to_dict(self) -> dict[str, object]:
        """As JSON members."""
        return {
            "line": self.line,
            "here": self.here.to_dict(),
            "waiting_cost": self.waiting_cost,
            "others": [other.to_dict() for other in self.others],
        }


def explain(problem: Problem, plan: Plan, line: str) -> Explanation:
    """Compares the place of a line with its other options. Raises `InvalidInput` for an unknown line or
    plan.
    """
    index = next((i for i, member in enumerate(problem.lines) if member.id == line), None)
    if index is None:
        raise InvalidInput("", f"{shown(line)} is not the id of a line of the problem")
    flat = flatten(problem)
    chosen = flat.chosen(plan.assignments)
    if (chosen < 0).any():
        missing = problem.lines[int((chosen < 0).argmax())].id
        raise InvalidInput("/assignments", f"line {shown(missing)} is not placed")
    state = State(flat)
    for option in chosen.tolist():
        state.place(option)
    here = state.remove(index)
    base = state.added_cost(here)
    member = problem.lines[index]
    alternatives = []
    for option in range(int(flat.first[index]), int(flat.first[index + 1])):
        cell = int(flat.option_cell[option])
        extra, fits = state.added_cost(option) - base, state.fits(option)
        if cell == DIRECT:
            one = Alternative(flat.assignment(option), "direct", None, None, 0, extra, fits)
        else:
            service = problem.services[int(flat.cell_service[cell])]
            departure = service.departures[int(flat.cell_departure[cell])]
            waits = departure.day - member.ready
            one = Alternative(
                flat.assignment(option), service.mode, departure.day, departure.arrives, waits, extra, fits
            )
        alternatives.append((option != here, not fits, extra, option, one))
    alternatives.sort(key=lambda entry: entry[:4])
    place = alternatives[0][4]
    cost = 0 if place.day is None else waiting_cost(problem, member, place.day)
    return Explanation(line, place, cost, tuple(entry[4] for entry in alternatives[1:]))


@dataclass(frozen=True, slots=True)
class Moved:
    """A line that is not where it was; `saved` is what the total would rise by if it alone went back.

    None where it cannot go back: the departure has no room, or is no option of the line any more.
    """

    line: str
    before: Assignment
    after: Assignment
    saved: int | None


def moved(problem: Problem, previous: Iterable[Assignment], plan: Plan) -> tuple[Moved, ...]:
    """What a new plan changed for lines that had a place before, and why."""
    now = {assignment.line: assignment for assignment in plan.assignments}
    flat = flatten(problem)
    index = {line.id: i for i, line in enumerate(problem.lines)}
    state = State(flat)
    for option in flat.chosen(plan.assignments).tolist():
        state.place(option)
    changes = []
    for before in previous:
        after = now.get(before.line)
        if after is None or after == before:
            continue
        line = index[before.line]
        here = state.remove(line)
        saved = None
        for option in range(int(flat.first[line]), int(flat.first[line + 1])):
            if flat.assignment(option) == before and state.fits(option):
                saved = state.added_cost(option) - state.added_cost(here)
        state.place(here)
        changes.append(Moved(before.line, before, after, saved))
    return tuple(changes)

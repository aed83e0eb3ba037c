"""A problem as flat integer arrays, the form in which solvers work on it.

A *cell* is one departure of one service. A line's *options* are the cells it may take, and -1 for direct.
Options, the (producer, day) collections and the (cell, buyer) consignees they touch are numbered without
gaps.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from logistics.form import InvalidInput, shown
from logistics.pricing import PPM, Assignment
from logistics.problem import Line, Problem

Int32 = NDArray[np.int32]
Int64 = NDArray[np.int64]
UNLIMITED = 2**62
DIRECT = -1


class Infeasible(InvalidInput):
    """No plan can serve these lines together: `lines` are their ids, the pointer is that of the first one."""

    def __init__(self, pointer: str, reason: str, lines: tuple[str, ...] = ()) -> None:
        super().__init__(pointer, reason)
        self.lines = lines


@dataclass(frozen=True, slots=True, eq=False)
class Flat:
    """Arrays over lines [n], options [m] (those of line i at first[i]:first[i+1]), cells and collections."""

    problem: Problem
    weight: Int64
    volume: Int64
    value: Int64
    buyer: Int32
    producer: Int32
    first: Int64
    option_line: Int32
    option_cell: Int32
    option_cost: Int64
    option_collection: Int32
    option_consignee: Int32
    cell_service: Int32
    cell_departure: Int32
    cell_day: Int64
    cell_capacity_g: Int64
    cell_capacity_cm3: Int64
    collection_producer: Int32
    collection_day: Int64
    consignees: int

    def assignment(self, option: int) -> Assignment:
        """The assignment that an option stands for."""
        line = self.problem.lines[int(self.option_line[option])].id
        cell = int(self.option_cell[option])
        if cell == DIRECT:
            return Assignment(line)
        service = self.problem.services[int(self.cell_service[cell])]
        return Assignment(line, service.id, int(self.cell_departure[cell]))

    def assignments(self, chosen: Int64) -> tuple[Assignment, ...]:
        """The assignments of one chosen option for each line, in the order of the lines."""
        return tuple(self.assignment(int(option)) for option in chosen)

    def chosen(self, assignments: Iterable[Assignment]) -> Int64:
        """The option of each line that assignments name. Raises `InvalidInput` where it is none."""
        index = {line.id: i for i, line in enumerate(self.problem.lines)}
        service_index = {service.id: i for i, service in enumerate(self.problem.services)}
        starts = np.searchsorted(self.cell_service, np.arange(len(self.problem.services)))
        chosen = np.full(len(self.problem.lines), -1, np.int64)
        for i, assignment in enumerate(assignments):
            line = index.get(assignment.line)
            if line is None:
                raise InvalidInput(
                    f"/assignments/{i}/line", f"{shown(assignment.line)} is not the id of a line"
                )
            cell = DIRECT
            if assignment.service is not None and assignment.departure is not None:
                service = service_index.get(assignment.service)
                if service is None:
                    raise InvalidInput(
                        f"/assignments/{i}/service", f"{shown(assignment.service)} is not the id of a service"
                    )
                cell = int(starts[service]) + assignment.departure
            span = slice(int(self.first[line]), int(self.first[line + 1]))
            matches = np.flatnonzero(self.option_cell[span] == cell)
            if not len(matches) or (
                cell != DIRECT and self.cell_service[cell] != service_index[assignment.service or ""]
            ):
                raise InvalidInput(f"/assignments/{i}", f"is not an option of line {shown(assignment.line)}")
            chosen[line] = span.start + matches[0]
        return chosen


def flatten(problem: Problem, fixed: Mapping[str, Assignment] | None = None) -> Flat:
    """The arrays of a problem; a line in `fixed` keeps that one option.

    Raises `Infeasible` for a line with no option, with the pointer of the line.
    """
    lines = problem.lines
    weight = np.array([line.weight_g for line in lines], np.int64)
    volume = np.array([line.volume_cm3 for line in lines], np.int64)
    value = np.array([line.value for line in lines], np.int64)
    ready = np.array([line.ready for line in lines], np.int64)
    due = np.array([line.due for line in lines], np.int64)
    buyers = {name: i for i, name in enumerate(problem.buyers())}
    producers = {producer.id: i for i, producer in enumerate(problem.producers)}
    cells = _cells(problem)
    pairs_line = [np.flatnonzero(np.array([line.direct_cost is not None for line in lines]))]
    pairs_cell = [np.full(len(pairs_line[0]), DIRECT, np.int64)]
    starts = np.searchsorted(cells["service"], np.arange(len(problem.services) + 1))
    lanes: defaultdict[tuple[str, str, str], list[int]] = defaultdict(list)
    for s, service in enumerate(problem.services):
        for cargo_class in set(service.classes):
            lanes[service.origin, service.destination, cargo_class].append(s)
    for lane, members in _by_lane(problem, producers).items():
        here = np.concatenate(
            [np.arange(starts[s], starts[s + 1]) for s in lanes[lane]] or [np.empty(0, np.int64)]
        )
        for chunk in np.array_split(members, 1 + len(members) * len(here) // 4_000_000):
            fits = (
                (cells["day"][here] >= ready[chunk, None])
                & (cells["arrives"][here] <= due[chunk, None])
                & (cells["capacity_g"][here] >= weight[chunk, None])
                & (cells["capacity_cm3"][here] >= volume[chunk, None])
            )
            row, column = np.nonzero(fits)
            pairs_line.append(chunk[row])
            pairs_cell.append(here[column])
    line = np.concatenate(pairs_line)
    cell = np.concatenate(pairs_cell)
    if fixed:
        keep = _kept(problem, fixed, line, cell, starts)
        line, cell = line[keep], cell[keep]
    order = np.lexsort((cell, line))
    line, cell = line[order], cell[order]
    first = np.searchsorted(line, np.arange(len(lines) + 1))
    for i in np.flatnonzero(np.diff(first) == 0):
        raise Infeasible(
            f"/lines/{i}", _why_none(problem, lines[i], bool(fixed and lines[i].id in fixed)), (lines[i].id,)
        )
    buyer = np.array([buyers[line_.buyer] for line_ in lines], np.int32)
    producer = np.array([producers[line_.producer] for line_ in lines], np.int32)
    days, day_index = np.unique(cells["day"], return_inverse=True)
    shipped = cell != DIRECT
    collection_key = producer[line[shipped]].astype(np.int64) * max(len(days), 1) + day_index[cell[shipped]]
    collection_keys, collection = np.unique(collection_key, return_inverse=True)
    consignee_key = cell[shipped] * len(buyers) + buyer[line[shipped]]
    consignee_keys, consignee = np.unique(consignee_key, return_inverse=True)
    return Flat(
        problem=problem,
        weight=weight,
        volume=volume,
        value=value,
        buyer=buyer,
        producer=producer,
        first=first.astype(np.int64),
        option_line=line.astype(np.int32),
        option_cell=cell.astype(np.int32),
        option_cost=_option_cost(problem, line, cell, cells["day"], value, ready),
        option_collection=_spread(shipped, collection),
        option_consignee=_spread(shipped, consignee),
        cell_service=cells["service"].astype(np.int32),
        cell_departure=cells["departure"].astype(np.int32),
        cell_day=cells["day"],
        cell_capacity_g=cells["capacity_g"],
        cell_capacity_cm3=cells["capacity_cm3"],
        collection_producer=(collection_keys // max(len(days), 1)).astype(np.int32),
        collection_day=days[collection_keys % max(len(days), 1)],
        consignees=len(consignee_keys),
    )


def apart(flat: Flat) -> Flat:
    """The same options with cells and collections of its own for each buyer: everybody planned with nobody
    else.
    """
    shipped = flat.option_cell != DIRECT
    pair = flat.option_consignee[shipped]
    cells = np.zeros(flat.consignees, np.int64)
    cells[pair] = flat.option_cell[shipped]
    line = flat.option_line[shipped]
    buyers = int(flat.buyer.max()) + 1
    key = flat.option_collection[shipped].astype(np.int64) * buyers + flat.buyer[line]
    keys, collection = np.unique(key, return_inverse=True)
    return replace(
        flat,
        option_cell=np.where(shipped, flat.option_consignee, DIRECT).astype(np.int32),
        option_collection=_spread(shipped, collection),
        cell_service=flat.cell_service[cells],
        cell_departure=flat.cell_departure[cells],
        cell_day=flat.cell_day[cells],
        cell_capacity_g=flat.cell_capacity_g[cells],
        cell_capacity_cm3=flat.cell_capacity_cm3[cells],
        collection_producer=flat.collection_producer[keys // buyers],
        collection_day=flat.collection_day[keys // buyers],
    )


def weighed(flat: Flat, previous: Iterable[Assignment], weight: int) -> Flat:
    """The same options, each line's dearer by `weight` but for the one it has in `previous` (if it has
    one).
    """
    cost = flat.option_cost.copy()
    known = {line.id for line in flat.problem.lines}
    kept = [assignment for assignment in previous if assignment.line in known]
    for line, option in enumerate(flat.chosen(kept).tolist()):
        if option >= 0:
            cost[flat.first[line] : flat.first[line + 1]] += weight
            cost[option] -= weight
    return replace(flat, option_cost=cost)


def _cells(problem: Problem) -> dict[str, Int64]:
    rows = [
        (
            s,
            d,
            departure.day,
            departure.arrives,
            UNLIMITED if departure.capacity_g is None else departure.capacity_g,
            UNLIMITED if departure.capacity_cm3 is None else departure.capacity_cm3,
        )
        for s, service in enumerate(problem.services)
        for d, departure in enumerate(service.departures)
    ]
    table = np.array(rows, np.int64).reshape(len(rows), 6)
    names = ("service", "departure", "day", "arrives", "capacity_g", "capacity_cm3")
    return {name: np.ascontiguousarray(table[:, i]) for i, name in enumerate(names)}


def _by_lane(problem: Problem, producers: Mapping[str, int]) -> dict[tuple[str, str, str], Int64]:
    members: defaultdict[tuple[str, str, str], list[int]] = defaultdict(list)
    for i, line in enumerate(problem.lines):
        hub = problem.producers[producers[line.producer]].hub
        members[hub, line.destination, line.cargo_class].append(i)
    return {lane: np.array(indices, np.int64) for lane, indices in members.items()}


def _kept(
    problem: Problem,
    fixed: Mapping[str, Assignment],
    line: Int64,
    cell: Int64,
    starts: NDArray[np.int64],
) -> NDArray[np.bool_]:
    wanted = np.full(len(problem.lines), -2, np.int64)
    service_index = {service.id: i for i, service in enumerate(problem.services)}
    for i, member in enumerate(problem.lines):
        booked = fixed.get(member.id)
        if booked is None:
            continue
        service = service_index.get(booked.service or "")
        if booked.service is None:
            wanted[i] = DIRECT
        elif service is None or not 0 <= (booked.departure or 0) < len(problem.services[service].departures):
            wanted[i] = -3
        else:
            wanted[i] = starts[service] + (booked.departure or 0)
    kept: NDArray[np.bool_] = (wanted[line] == -2) | (wanted[line] == cell)
    return kept


def _option_cost(problem: Problem, line: Int64, cell: Int64, day: Int64, value: Int64, ready: Int64) -> Int64:
    direct = np.array([member.direct_cost or 0 for member in problem.lines], np.int64)
    waited = (
        np.where(cell == DIRECT, 0, day[cell] - ready[line]) if len(day) else np.zeros(len(line), np.int64)
    )
    # Within 64 bits: the problem's constructor refuses greater products.
    waiting = -(-value[line] * problem.wait_cost_ppm_per_day * waited // PPM)
    return np.where(cell == DIRECT, direct[line], waiting)


def _spread(shipped: NDArray[np.bool_], numbers: NDArray[np.int64]) -> Int32:
    spread = np.full(len(shipped), -1, np.int32)
    spread[shipped] = numbers
    return spread


def _why_none(problem: Problem, line: Line, fixed: bool) -> str:
    if fixed:
        return f"line {shown(line.id)} cannot be where it is fixed: free it"
    hub = next(producer.hub for producer in problem.producers if producer.id == line.producer)
    way = [s for s in problem.services if (s.origin, s.destination) == (hub, line.destination)]
    fitting = [s for s in way if line.cargo_class in s.classes]
    if not way:
        why = f"no service goes from {shown(hub)} to {shown(line.destination)}"
    elif not fitting:
        why = (
            f"no service from {shown(hub)} to {shown(line.destination)} takes class {shown(line.cargo_class)}"
        )
    else:
        why = f"no departure that takes it leaves from day {line.ready} and arrives by day {line.due}"
    return f"line {shown(line.id)} has no option: {why}; give it a direct_cost"

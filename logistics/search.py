"""Annealing of one independent part of a problem, on the arrays of `kernels`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from logistics import kernels
from logistics.flat import DIRECT, Flat, Int64
from logistics.kernels import Part
from logistics.moves import anneal, construct, place
from logistics.problem import BreakTariff, Tariff


@dataclass(slots=True)
class Search:
    """A part and its plan. `lines` and `options` map its own to the whole problem's numbers."""

    part: Part
    lines: Int64
    options: Int64
    cost: int

    @property
    def chosen(self) -> Int64:
        """The option of each of the part's lines, numbered as in the whole problem."""
        chosen: Int64 = self.options[np.asarray(self.part.lines)["option"]]
        return chosen


@dataclass(frozen=True, slots=True)
class Tariffs:
    """The records of all services' tariffs, which all parts share."""

    tariffs: NDArray[Any]
    steps: NDArray[Any]


def tariff_records(tariffs: list[Tariff]) -> Tariffs:
    """The tariffs as the kernels read them."""
    steps: list[tuple[int, int, int]] = []
    rows = []
    for tariff in tariffs:
        first = len(steps)
        if isinstance(tariff, BreakTariff):
            steps += [(step.per_kg, step.from_g, 0) for step in tariff.breaks]
            rate = (kernels.BREAKS, 0, tariff.volumetric_divisor, tariff.minimum_charge)
        else:
            boxes = sorted(tariff.containers, key=lambda box: -box.cost)
            steps += [(box.cost, box.weight_g, box.volume_cm3) for box in boxes]
            loose = tariff.less_than_container
            rate = (loose.per_wm, loose.minimum, 1, 0) if loose else (kernels.NO_LOOSE, 0, 1, 0)
        rows.append((tariff.per_shipment, tariff.per_consignee, *rate, first, len(steps)))
    return Tariffs(np.array(rows, kernels.TARIFF), np.array(steps, kernels.STEP))


HOT = 0.5
"""The first temperature, in average costs of a line."""
WARM = 0.1
"""The first temperature of a search that goes on from a plan, likewise."""
COLD = 0.005
"""The last temperature before the final descent, likewise."""
BLOCKS, MOST_BLOCKS = 0.3, 0.5
"""Moves of a block for each departure that sails, to one of a line alone for each line, and their greatest
share: a block takes as much longer as there are lines on a departure.
"""
DESCENT = 0.06
"""Share of the search that only goes down, at the end."""


def annealed(
    flat: Flat,
    lines: Int64,
    tariffs: Tariffs,
    *,
    seed: int,
    seconds: float,
    moves: int | None,
    clock: Callable[[], float],
    stopped: Callable[[], bool] = bool,
    start: Int64 | None = None,
) -> Int64 | None:
    """A good plan's option for each of some lines; None if no order of construction found room for all.

    Cools once over `seconds`, or over `moves`, which makes the result the same on every machine. From
    `start`, options that are nearly a plan, it begins less hot.
    """
    search = begin(flat, lines, tariffs, seed)
    part = search.part
    if start is not None:
        cost = place(part, np.searchsorted(search.options, start))
        return None if cost < 0 else _cooled(search, cost, WARM, seconds, moves, clock, stopped)
    order = np.lexsort((lines, -np.asarray(part.lines)["weight"]))
    cost = construct(part, order)
    for _ in range(20):
        if cost >= 0:
            break
        search = begin(flat, lines, tariffs, seed)
        part = search.part
        order = np.roll(order, 1 + len(order) // 7)
        cost = construct(part, order)
    if cost < 0:
        return None
    return _cooled(search, cost, HOT, seconds, moves, clock, stopped)


def _cooled(
    search: Search,
    cost: int,
    hottest: float,
    seconds: float,
    moves: int | None,
    clock: Callable[[], float],
    stopped: Callable[[], bool],
) -> Int64:
    """The plan after cooling from so many average costs of a line."""
    part = search.part
    began = clock()
    hot = hottest * cost / len(search.lines)
    cold = COLD * cost / len(search.lines)
    sailing = np.count_nonzero(np.asarray(part.cells)["lines"])
    blocks = min(MOST_BLOCKS, BLOCKS * sailing / len(search.lines))
    if moves is not None:
        slow = max(1, round(moves * (1 - DESCENT)))
        anneal(part, slow, blocks, hot, cold)
        anneal(part, max(1, moves - slow), blocks, 0.0, 0.0)
        return search.chosen
    chunk = 50
    while True:
        at = clock()
        done = (at - began) / max(seconds, 1e-9)
        if done >= 1.0 or stopped():
            return search.chosen
        now, then = (hot * (cold / hot) ** min(1.0, x / (1 - DESCENT)) for x in (done, done + 0.01))
        if done > 1 - DESCENT:
            now = then = 0.0
        anneal(part, chunk, blocks, now, then)
        took = max(clock() - at, 1e-6)
        chunk = max(20, round(chunk * min(4.0, max(0.25, 0.01 * seconds / took))))


def begin(flat: Flat, lines: Int64, tariffs: Tariffs, seed: int) -> Search:
    """The records of some lines, with nothing placed."""
    starts, ends = flat.first[lines], flat.first[lines + 1]
    options = np.concatenate([np.arange(a, b) for a, b in zip(starts, ends, strict=True)])
    cells, cell = _renumber(flat.option_cell[options])
    collections, collection = _renumber(flat.option_collection[options])
    consignees, consignee = _renumber(flat.option_consignee[options])
    last = np.cumsum(ends - starts)
    line = np.zeros(len(lines), kernels.LINE)
    line["weight"], line["volume"], line["value"] = flat.weight[lines], flat.volume[lines], flat.value[lines]
    line["first"], line["end"] = last - (ends - starts), last
    for name in ("option", "cell_next", "cell_back", "collection_next", "collection_back"):
        line[name] = kernels.NOWHERE
    option = np.zeros(len(options), kernels.OPTION)
    option["cell"], option["cost"], option["collection"] = cell, flat.option_cost[options], collection
    option["consignee"], option["line"] = consignee, np.repeat(np.arange(len(lines)), ends - starts)
    places = np.zeros(len(cells), kernels.CELL)
    places["tariff"], places["head"] = flat.cell_service[cells], kernels.NOWHERE
    places["g_limit"], places["cm3_limit"] = flat.cell_capacity_g[cells], flat.cell_capacity_cm3[cells]
    places["first"], places["end"], in_cells = _grouped(cell, len(cells))
    collected = np.zeros(len(collections), kernels.COLLECTION)
    producers = [flat.problem.producers[int(p)] for p in flat.collection_producer[collections]]
    collected["minimum"] = [producer.minimum_order for producer in producers]
    collected["fee"] = [producer.small_order_fee for producer in producers]
    collected["head"] = kernels.NOWHERE
    collected["first"], collected["end"], in_collections = _grouped(collection, len(collections))
    state = np.random.SeedSequence([seed, int(lines[0]), len(lines)]).generate_state(1, np.uint64)
    arrays: dict[str, Any] = {
        "lines": line,
        "options": option,
        "cells": places,
        "collections": collected,
        "tariffs": tariffs.tariffs,
        "steps": tariffs.steps,
    }
    part = Part(
        **arrays,
        consignees=np.zeros(len(consignees), np.int64),
        cell_options=in_cells,
        collection_options=in_collections,
        chance=state | np.uint64(1),
    )
    return Search(part, lines, options, 0)


def _grouped(names: Int64, count: int) -> tuple[Int64, Int64, Int64]:
    """Where the members of each name begin and end in the order by name, and that order."""
    order = np.argsort(names, kind="stable")
    bounds = np.searchsorted(names[order], np.arange(count + 1))
    return bounds[:-1], bounds[1:], order


def _renumber(names: NDArray[np.int32]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The distinct names but -1, and their numbers in place of them (-1 stays)."""
    distinct, numbers = np.unique(names, return_inverse=True)
    if len(distinct) and distinct[0] == DIRECT:
        return distinct[1:].astype(np.int64), numbers.astype(np.int64) - 1
    return distinct.astype(np.int64), numbers.astype(np.int64)

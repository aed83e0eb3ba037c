"""A set of lines as a mixed-integer programme, and HiGHS behind one door.

The model is the one of `contracts/pooling-problem.md` with coefficients capped at what a cell can ever hold,
tariff items that can never pay left out, and "minimum met" fixed to 0 where it cannot be. Freight is not
rounded up in it, so that its optimum is a lower bound of the exact one.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field

import highspy
import numpy as np

from logistics.flat import DIRECT, Flat, Int64
from logistics.problem import BreakTariff, ContainerTariff, Tariff
from logistics.tariffs import MILLION

KILO = 1000.0
INFINITE = highspy.kHighsInf
THREADS = 1
"""The same everywhere: HiGHS keeps one scheduler a process, and ends without a result when this changes."""


class _QuietHighs(highspy.Highs):
    """HiGHS without its banner, which its constructor prints on standard output while it enables
    callbacks.
    """

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]

    def enableCallbacks(self) -> None:  # noqa: N802 - the library's name
        """Turns output off instead: nothing here calls back."""
        self.setOptionValue("output_flag", False)


@dataclass(slots=True)
class Model:
    """Columns and rows of a programme that is minimised; rows are (lower, upper, [(column, coefficient)])."""

    cost: list[float] = field(default_factory=list)
    lower: list[float] = field(default_factory=list)
    upper: list[float] = field(default_factory=list)
    integral: list[bool] = field(default_factory=list)
    row_lower: list[float] = field(default_factory=list)
    row_upper: list[float] = field(default_factory=list)
    starts: list[int] = field(default_factory=lambda: [0])
    index: list[int] = field(default_factory=list)
    coefficient: list[float] = field(default_factory=list)
    relaxed: bool = False
    """Whether columns that should be integral may be fractional: a linear relaxation."""
    rounded: bool = False
    """Whether freight is rounded up as in the contract: exact, and much slower to solve."""

    def column(self, cost: float, upper: float = 1.0, *, integral: bool = False, lower: float = 0.0) -> int:
        """Adds a column; returns its number."""
        self.cost.append(cost)
        self.lower.append(lower)
        self.upper.append(upper)
        self.integral.append(integral and not self.relaxed)
        return len(self.cost) - 1

    def row(self, terms: list[tuple[int, float]], lower: float = -INFINITE, upper: float = INFINITE) -> None:
        """Adds lower <= sum of terms <= upper."""
        self.row_lower.append(lower)
        self.row_upper.append(upper)
        for column, coefficient in terms:
            self.index.append(column)
            self.coefficient.append(coefficient)
        self.starts.append(len(self.index))

    def highs(self) -> highspy.HighsLp:
        """The programme as HiGHS takes it."""
        lp = highspy.HighsLp()
        lp.num_col_ = len(self.cost)
        lp.num_row_ = len(self.row_lower)
        lp.col_cost_ = np.array(self.cost)
        lp.col_lower_ = np.array(self.lower)
        lp.col_upper_ = np.array(self.upper)
        lp.row_lower_ = np.array(self.row_lower)
        lp.row_upper_ = np.array(self.row_upper)
        lp.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
        lp.a_matrix_.start_ = np.array(self.starts, np.int32)
        lp.a_matrix_.index_ = np.array(self.index, np.int32)
        lp.a_matrix_.value_ = np.array(self.coefficient)
        if any(self.integral):
            kinds = (highspy.HighsVarType.kContinuous, highspy.HighsVarType.kInteger)
            lp.integrality_ = [kinds[flag] for flag in self.integral]
        return lp


@dataclass(frozen=True, slots=True)
class Outcome:
    """What HiGHS found: column values (None if nothing), its dual bound, whether it proved there is
    nothing.
    """

    values: list[float] | None
    row_duals: list[float] | None
    bound: float
    infeasible: bool
    optimal: bool


def solve(
    model: Model,
    *,
    seconds: float = INFINITE,
    start: dict[int, float] | None = None,
    nodes: int | None = None,
    seed: int = 0,
    absolute_gap: float = 0.9,
    interior: bool = False,
) -> Outcome:
    """Minimises a model; a linear one by an `interior` point method if asked, several times faster when it
    is large.

    The bound is a float: callers round it with a margin for the solver's tolerances.
    """
    engine = _QuietHighs()
    engine.setOptionValue("threads", THREADS)
    engine.setOptionValue("random_seed", seed % 2**31)
    engine.setOptionValue("mip_rel_gap", 0.0)
    engine.setOptionValue("mip_abs_gap", absolute_gap)
    if seconds < INFINITE:
        engine.setOptionValue("time_limit", max(seconds, 0.01))
    if nodes is not None:
        engine.setOptionValue("mip_max_nodes", nodes)
    if interior:
        engine.setOptionValue("solver", "ipm")
        engine.setOptionValue("run_crossover", "off")
    engine.passModel(model.highs())
    if start is not None:
        columns = np.array(sorted(start), np.int32)
        engine.setSolution(len(columns), columns, np.array([start[c] for c in columns.tolist()]))
    engine.run()
    status = engine.getModelStatus()
    if status == highspy.HighsModelStatus.kNotset:
        raise RuntimeError("HiGHS ended without a status: `threads` was changed in this process")
    infeasible = status in (
        highspy.HighsModelStatus.kInfeasible,
        highspy.HighsModelStatus.kUnboundedOrInfeasible,
    )
    info = engine.getInfo()
    found = info.primal_solution_status == highspy.SolutionStatus.kSolutionStatusFeasible
    solution = engine.getSolution()
    mixed = any(model.integral)
    bound = info.mip_dual_bound if mixed else info.objective_function_value
    optimal = status == highspy.HighsModelStatus.kOptimal
    if not mixed and not optimal:
        bound = -INFINITE
    if interior:
        bound -= 1e-5 * abs(bound)  # the point is optimal to within 1e-8, and not a vertex
    return Outcome(
        values=list(solution.col_value) if found else None,
        row_duals=list(solution.row_dual) if found and not mixed else None,
        bound=bound,
        infeasible=infeasible,
        optimal=optimal,
    )


def proven(bound: float) -> int:
    """An integer lower bound from a float one: rounded up, less a margin for the solver's tolerances."""
    return math.ceil(bound - 1e-6 * max(1.0, abs(bound)) - 1e-3) if math.isfinite(bound) else 0


@dataclass(frozen=True, slots=True)
class SharedFee:
    """A block's part in a collection's fee that several blocks share: a valid lower bound of it, summed
    over them.

    A block pays `part` if it has any line in the collection, less min(fee, fee * its value / minimum) where
    the minimum can be `reached`. The parts of a collection sum to at most its fee, so below the minimum
    the sum is at most the fee, and from the minimum on it is at most 0.
    """

    part: float
    fee: float
    minimum: int
    reached: bool


@dataclass(slots=True)
class LinesModel:
    """The programme of some lines, with the column of each of their options."""

    model: Model
    option_column: dict[int, int]
    fee_row: dict[tuple[int, int], int]
    """(collection, block) -> the row whose dual is the block's part in the fee."""

    def start(self, chosen: Int64) -> dict[int, float]:
        """The option columns of a plan, for `solve` to start from."""
        return dict.fromkeys(self.option_column.values(), 0.0) | {
            self.option_column[int(option)]: 1.0 for option in chosen
        }

    def chosen(self, flat: Flat, lines: Int64, values: list[float]) -> Int64:
        """The option with the greatest value for each line."""
        best = []
        for line in lines.tolist():
            options = range(int(flat.first[line]), int(flat.first[line + 1]))
            best.append(max(options, key=lambda o: values[self.option_column[o]]))
        return np.array(best, np.int64)


def lines_model(
    flat: Flat,
    lines: Int64,
    *,
    rounded: bool = False,
    relaxed: bool = False,
    shared: Mapping[int, SharedFee] | None = None,
    block_of: Mapping[int, int] | None = None,
) -> LinesModel:
    """The programme of `lines` alone; the collections in `shared` are shared with lines outside.

    With `block_of` (line -> block), collections that blocks share have a row for each of their blocks.
    """
    model = Model(rounded=rounded, relaxed=relaxed)
    fee_row: dict[tuple[int, int], int] = {}
    columns: dict[int, int] = {}
    by_cell: defaultdict[int, list[tuple[int, int]]] = defaultdict(list)
    by_collection: defaultdict[int, list[tuple[int, int]]] = defaultdict(list)
    for line in lines.tolist():
        options = range(int(flat.first[line]), int(flat.first[line + 1]))
        for o in options:
            x = model.column(float(flat.option_cost[o]), integral=True)
            columns[o] = x
            if flat.option_cell[o] != DIRECT:
                by_cell[int(flat.option_cell[o])].append((line, x))
                by_collection[int(flat.option_collection[o])].append((line, x))
        model.row([(columns[o], 1.0) for o in options], 1.0, 1.0)
    for cell in sorted(by_cell):
        _add_cell(model, flat, cell, by_cell[cell])
    for collection in sorted(by_collection):
        terms = shared.get(collection) if shared else None
        groups = {block_of[line] for line, _ in by_collection[collection]} if block_of else set()
        if len(groups) > 1 and block_of:
            _add_by_block(model, flat, collection, by_collection[collection], block_of, fee_row)
        elif terms is None:
            _add_collection(model, flat, collection, by_collection[collection])
        else:
            _add_shared(model, flat, terms, by_collection[collection])
    return LinesModel(model, columns, fee_row)


def _add_collection(model: Model, flat: Flat, collection: int, members: list[tuple[int, int]]) -> None:
    producer = flat.problem.producers[int(flat.collection_producer[collection])]
    values = [(x, int(flat.value[line])) for line, x in members]
    add_fee(model, producer.minimum_order, producer.small_order_fee, values)


def _add_by_block(
    model: Model,
    flat: Flat,
    collection: int,
    members: list[tuple[int, int]],
    block_of: Mapping[int, int],
    fee_row: dict[tuple[int, int], int],
) -> None:
    producer = flat.problem.producers[int(flat.collection_producer[collection])]
    minimum = producer.minimum_order
    if not producer.small_order_fee or not minimum:
        return
    reach = sum(int(flat.value[line]) for line, _ in members)
    fee = model.column(float(producer.small_order_fee))
    met = model.column(0.0, upper=1.0 if reach >= minimum else 0.0)
    model.row(
        [*((x, min(int(flat.value[line]), minimum) / minimum) for line, x in members), (met, -1.0)], 0.0
    )
    present: dict[int, int] = {}
    for line, x in members:
        b = block_of[line]
        if b not in present:
            present[b] = model.column(0.0)
            fee_row[collection, b] = len(model.row_lower)
            model.row([(fee, 1.0), (met, 1.0), (present[b], -1.0)], 0.0)
        model.row([(present[b], 1.0), (x, -1.0)], 0.0)


def _add_shared(model: Model, flat: Flat, terms: SharedFee, members: list[tuple[int, int]]) -> None:
    if not terms.fee:
        return
    present = model.column(terms.part)
    for _, x in members:
        model.row([(present, 1.0), (x, -1.0)], 0.0)
    if terms.reached:
        met = model.column(-terms.fee)
        values = [(x, min(int(flat.value[line]), terms.minimum) / terms.minimum) for line, x in members]
        model.row([*values, (met, -1.0)], 0.0)


def add_fee(model: Model, minimum: int, amount: int, values: list[tuple[int, int]]) -> None:
    """`amount` if some of the (column, value) are taken and their values sum to less than `minimum`."""
    small = [x for x, value in values if value < minimum]
    if not amount or not small:
        return
    fee = model.column(float(amount))
    if sum(value for _, value in values) < minimum:
        for x in small:
            model.row([(fee, 1.0), (x, -1.0)], 0.0)
        return
    met = model.column(0.0, integral=True)
    for x in small:
        model.row([(fee, 1.0), (met, 1.0), (x, -1.0)], 0.0)
    model.row([*((x, min(value, minimum) / minimum) for x, value in values), (met, -1.0)], 0.0)


def _add_cell(model: Model, flat: Flat, cell: int, members: list[tuple[int, int]]) -> None:
    tariff = flat.problem.services[int(flat.cell_service[cell])].tariff
    weight = sum(int(flat.weight[line]) for line, _ in members)
    volume = sum(int(flat.volume[line]) for line, _ in members)
    for capacity, amounts, most in (
        (int(flat.cell_capacity_g[cell]), flat.weight, weight),
        (int(flat.cell_capacity_cm3[cell]), flat.volume, volume),
    ):
        if most > capacity:
            model.row([(x, float(amounts[line]) / KILO) for line, x in members], upper=capacity / KILO)
    weight = min(weight, int(flat.cell_capacity_g[cell]))
    volume = min(volume, int(flat.cell_capacity_cm3[cell]))
    opened = model.column(float(tariff.per_shipment), integral=True)
    by_buyer: defaultdict[int, list[int]] = defaultdict(list)
    for line, x in members:
        by_buyer[int(flat.buyer[line])].append(x)
    for xs in by_buyer.values():
        if len(xs) == 1:
            model.cost[xs[0]] += tariff.per_consignee
            model.row([(opened, 1.0), (xs[0], -1.0)], 0.0)
            continue
        present = model.column(float(tariff.per_consignee))
        for x in xs:
            model.row([(present, 1.0), (x, -1.0)], 0.0)
        model.row([(opened, 1.0), (present, -1.0)], 0.0)
    weights = [(x, int(flat.weight[line])) for line, x in members]
    volumes = [(x, int(flat.volume[line])) for line, x in members]
    add_freight(model, tariff, opened, weights, volumes, (weight, volume))


def add_freight(
    model: Model,
    tariff: Tariff,
    opened: int,
    weights: list[tuple[int, int]],
    volumes: list[tuple[int, int]],
    most: tuple[int, int],
) -> None:
    """Freight of a load: sums of (column, grams) and (column, cm3), at most `most`; `opened` is 1 if there
    is any.
    """
    in_kilo = [(x, w / KILO) for x, w in weights]
    in_litres = [(x, v / KILO) for x, v in volumes]
    add = _add_breaks if isinstance(tariff, BreakTariff) else _add_containers
    add(model, tariff, opened, in_kilo, in_litres, *most)  # type: ignore[arg-type]


def _add_breaks(
    model: Model,
    tariff: BreakTariff,
    opened: int,
    weights: list[tuple[int, float]],
    volumes: list[tuple[int, float]],
    weight: int,
    volume: int,
) -> None:
    most = max(weight, -(-1000 * volume // tariff.volumetric_divisor))
    steps = [step for step in tariff.breaks if step.from_g < most]
    dearest = min(step.per_kg * max(most, step.from_g) for step in tariff.breaks)
    steps += [step for step in tariff.breaks if step.from_g >= most and step.per_kg * step.from_g <= dearest]
    kept = [
        s for s in steps if not any(_dominates((o.from_g, o.per_kg), (s.from_g, s.per_kg)) for o in steps)
    ]
    kept = list({(s.from_g, s.per_kg): s for s in kept}.values())
    model.cost[opened] += tariff.minimum_charge
    if all(-(-s.per_kg * max(most, s.from_g) // 1000) <= tariff.minimum_charge for s in kept):
        return
    over = model.column(1.0, INFINITE, integral=model.rounded)
    chosen, charged = [], []
    freight = [(over, 1.0), (opened, float(tariff.minimum_charge))]
    for step in kept:
        top = max(most, step.from_g) / KILO
        use = opened if len(kept) == 1 else model.column(0.0, integral=True)
        quantity = model.column(0.0, top)
        chosen.append(use)
        charged.append(quantity)
        model.row([(quantity, 1.0), (use, -top)], upper=0.0)
        if step.from_g:
            model.row([(quantity, 1.0), (use, -step.from_g / KILO)], 0.0)
        freight.append((quantity, -float(step.per_kg)))
    if len(kept) > 1:
        model.row([*((use, 1.0) for use in chosen), (opened, -1.0)], 0.0, 0.0)
    load = [(quantity, 1.0) for quantity in charged]
    model.row(load + [(x, -w) for x, w in weights], 0.0)
    factor = 1000.0 / tariff.volumetric_divisor
    if model.rounded and any(v * factor * KILO % 1 for _, v in volumes):
        whole_grams = model.column(0.0, float(most), integral=True)
        load.append((whole_grams, -1.0 / KILO))
        model.row([(whole_grams, 1.0), *((x, -v * factor * KILO) for x, v in volumes)], 0.0)
        model.row(load, 0.0)
    else:
        model.row(load + [(x, -v * factor) for x, v in volumes], 0.0)
    model.row(freight, 0.0)


def _dominates(other: tuple[int, int], step: tuple[int, int]) -> bool:
    return other != step and other[0] <= step[0] and other[1] <= step[1]


def _add_containers(
    model: Model,
    tariff: ContainerTariff,
    opened: int,
    weights: list[tuple[int, float]],
    volumes: list[tuple[int, float]],
    weight: int,
    volume: int,
) -> None:
    loose = tariff.less_than_container
    boxes = []
    for box in tariff.containers:
        holds_weight, holds_volume = min(box.weight_g, weight), min(box.volume_cm3, volume)
        needless = loose is not None and box.cost * MILLION >= loose.per_wm * max(
            holds_weight, holds_volume, loose.minimum
        )
        if not needless:
            boxes.append((box, holds_weight, holds_volume))
    if loose is not None and not boxes and max(weight, volume) <= loose.minimum:
        model.cost[opened] += -(-loose.per_wm * loose.minimum // MILLION)
        return
    counts = []
    for box, holds_weight, holds_volume in boxes:
        most = max(-(-weight // box.weight_g), -(-volume // box.volume_cm3))
        n = model.column(float(box.cost), float(most), integral=True)
        counts.append((n, holds_weight, holds_volume))
    covering = [(n, 1.0) for n, _, _ in counts]
    rest: list[tuple[int, float]] = []
    if loose is not None:
        most_loose = max(weight, volume, loose.minimum)
        use = opened if not boxes else model.column(0.0, integral=True)
        quantity = model.column(0.0, most_loose / KILO)
        freight = model.column(1.0, INFINITE, integral=model.rounded)
        model.row([(freight, 1.0), (quantity, -loose.per_wm / KILO)], 0.0)
        model.row([(freight, 1.0), (use, -float(-(-loose.per_wm * loose.minimum // MILLION)))], 0.0)
        model.row([(quantity, 1.0), (use, -loose.minimum / KILO)], 0.0)
        model.row([(quantity, 1.0), (use, -most_loose / KILO)], upper=0.0)
        covering.append((use, 1.0))
        rest.append((quantity, 1.0))
    if boxes:
        model.row([*covering, (opened, -1.0)], 0.0)
    model.row(rest + [(n, w / KILO) for n, w, _ in counts] + [(x, -w) for x, w in weights], 0.0)
    model.row(rest + [(n, v / KILO) for n, _, v in counts] + [(x, -v) for x, v in volumes], 0.0)

"""A set of lines as a mixed-integer programme: `contracts/pooling-problem.md` with freight not rounded up."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from logistics.flat import UNLIMITED, Flat, Int64
from logistics.freight_rows import KILO, Load, add_fee, add_load
from logistics.highs import Columns, Floats, Model


@dataclass(slots=True)
class LinesModel:
    """The programme of some lines: column k is option `options[k]`."""

    model: Model
    options: Int64

    def exclude(self, chosen: Int64) -> None:
        """Rules out one plan."""
        taken = np.flatnonzero(np.isin(self.options, chosen))
        self.model.long_row([(taken, 1.0)], upper=len(chosen) - 1.0)

    def chosen(self, flat: Flat, lines: Int64, values: Floats) -> Int64:
        """The option with the greatest value for each line."""
        cuts = _cuts(flat, lines, self.options)
        spans = np.split(values[: len(self.options)], cuts)
        options = np.split(self.options, cuts)
        return np.array(
            [own[int(np.argmax(span))] for own, span in zip(options, spans, strict=True)], np.int64
        )


def _cuts(flat: Flat, lines: Int64, options: Int64) -> Int64:
    """Where the options of each line but the first begin."""
    return np.searchsorted(flat.option_line[options], lines[1:])


def options_of(flat: Flat, lines: Int64) -> Int64:
    """The options of some lines, line by line."""
    counts = flat.first[lines + 1] - flat.first[lines]
    ends = np.cumsum(counts)
    return np.repeat(flat.first[lines] - (ends - counts), counts) + np.arange(int(ends[-1]), dtype=np.int64)


def _grouped(names: Int64) -> list[tuple[int, Int64]]:
    """Each name but -1 with the places where it stands."""
    order = np.argsort(names, kind="stable")
    distinct, starts = np.unique(names[order], return_index=True)
    parts = np.split(order, starts[1:])
    return [(int(name), part) for name, part in zip(distinct, parts, strict=True) if name >= 0]


def lines_model(flat: Flat, lines: Int64, *, rounded: bool = False, among: Int64 | None = None) -> LinesModel:
    """The programme of `lines` alone, with all their options or those `among` them (line by line)."""
    model = Model(rounded=rounded)
    options = options_of(flat, lines) if among is None else among
    columns = model.columns(flat.option_cost[options], integral=True)
    for own in np.split(columns, _cuts(flat, lines, options)):
        model.long_row([(own, 1.0)], 1.0, 1.0)
    line = flat.option_line[options].astype(np.int64)
    for cell, places in _grouped(flat.option_cell[options].astype(np.int64)):
        _add_cell(model, flat, cell, line[places], columns[places])
    for collection, places in _grouped(flat.option_collection[options].astype(np.int64)):
        producer = flat.problem.producers[int(flat.collection_producer[collection])]
        values = list(zip(columns[places].tolist(), flat.value[line[places]].tolist(), strict=True))
        add_fee(model, producer.minimum_order, producer.small_order_fee, values)
    return LinesModel(model, options)


def _add_cell(model: Model, flat: Flat, cell: int, lines: Int64, columns: Columns) -> None:
    tariff = flat.problem.services[int(flat.cell_service[cell])].tariff
    weights, volumes = flat.weight[lines], flat.volume[lines]
    most = []
    for capacity, amounts in (
        (int(flat.cell_capacity_g[cell]), weights),
        (int(flat.cell_capacity_cm3[cell]), volumes),
    ):
        total = int(amounts.sum())
        if capacity < UNLIMITED and total > capacity:
            model.long_row([(columns, amounts / KILO)], upper=capacity / KILO)
        most.append(min(total, capacity))
    opened = model.column(float(tariff.per_shipment), integral=True)
    for _, places in _grouped(flat.buyer[lines].astype(np.int64)):
        own = columns[places]
        if len(own) == 1:
            model.cost[int(own[0])] += tariff.per_consignee
            model.row([(opened, 1.0), (int(own[0]), -1.0)], 0.0)
            continue
        present = model.column(float(tariff.per_consignee))
        model.rows((present, own), (1.0, -1.0), 0.0)
        model.row([(opened, 1.0), (present, -1.0)], 0.0)
    load = Load(columns, weights / KILO, volumes / KILO, (most[0], most[1]))
    add_load(model, tariff, opened, load)

"""Tariffs and small-order fees as columns and rows of a programme.

Coefficients are capped at what a load can ever be, tariff items that can never pay are left out, and "minimum
met" is fixed to 0 where it cannot be. Freight is not rounded up unless the model is `rounded`, so that its
optimum is a lower bound of the exact one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from logistics.highs import Columns, Floats, Model
from logistics.problem import BreakTariff, ContainerTariff, Tariff
from logistics.tariffs import MILLION

KILO = 1000.0


@dataclass(frozen=True, slots=True)
class Load:
    """Columns that are 1 if a member is aboard, its kilograms and litres, the most grams and cm3 of all."""

    columns: Columns
    weight: Floats
    volume: Floats
    most: tuple[int, int]


def add_fee(model: Model, minimum: int, amount: int, values: Sequence[tuple[int, int]]) -> None:
    """`amount` if some of the (column, value) are taken and their values sum to less than `minimum`."""
    columns = np.array([x for x, _ in values], np.int32)
    worth = np.array([value for _, value in values], np.int64)
    small = columns[worth < minimum]
    if not amount or not len(small):
        return
    fee = model.column(float(amount))
    if int(worth.sum()) < minimum:
        model.rows((fee, small), (1.0, -1.0), 0.0)
        return
    met = model.column(0.0, integral=True)
    model.rows((fee, met, small), (1.0, 1.0, -1.0), 0.0)
    model.long_row([(columns, np.minimum(worth, minimum) / minimum), (met, -1.0)], 0.0)


def add_freight(
    model: Model,
    tariff: Tariff,
    opened: int,
    weights: Sequence[tuple[int, int]],
    volumes: Sequence[tuple[int, int]],
    most: tuple[int, int],
) -> None:
    """Freight of a load: sums of (column, grams) and (column, cm3), at most `most`; `opened` is 1 if there
    is any.
    """
    columns = np.array([x for x, _ in weights], np.int32)
    kilos = np.array([w for _, w in weights], np.float64) / KILO
    litres = np.array([v for _, v in volumes], np.float64) / KILO
    add_load(model, tariff, opened, Load(columns, kilos, litres, most))


def add_load(model: Model, tariff: Tariff, opened: int, load: Load) -> None:
    """Freight of a load by its tariff; `opened` is 1 if there is any."""
    if isinstance(tariff, BreakTariff):
        _add_breaks(model, tariff, opened, load)
    else:
        _add_containers(model, tariff, opened, load)


@dataclass(frozen=True, slots=True)
class _Break:
    """A break that could be paid: grams it begins at, grams up to which it can be the cheapest, its rate."""

    begin: int
    top: int
    per_kg: int


def _breaks(tariff: BreakTariff, most: int) -> list[_Break]:
    """The breaks that could be the cheapest for up to `most` grams, in order."""
    best = min(step.per_kg * max(most, step.from_g) for step in tariff.breaks)
    steps = sorted(
        {(s.from_g, s.per_kg) for s in tariff.breaks if s.per_kg * s.from_g <= best or s.from_g < most}
    )
    kept: list[tuple[int, int]] = []
    for begin, rate in steps:
        if not kept or rate < kept[-1][1]:
            kept.append((begin, rate))
    found = []
    for k, (begin, rate) in enumerate(kept):
        top = max(most, begin)
        for later, cheaper in kept[k + 1 :]:
            # From here on paying the later break's weight costs no more.
            top = min(top, max(begin, -(-later * cheaper // max(rate, 1))))
        found.append(_Break(begin, top, rate))
    return found


def _add_breaks(model: Model, tariff: BreakTariff, opened: int, load: Load) -> None:
    weight, volume = load.most
    most = max(weight, -(-1000 * volume // tariff.volumetric_divisor))
    kept = _breaks(tariff, most)
    model.cost[opened] += tariff.minimum_charge
    if all(-(-s.per_kg * max(most, s.begin) // 1000) <= tariff.minimum_charge for s in kept):
        return
    dearest = max(-(-step.per_kg * max(most, step.begin) // 1000) for step in kept)
    over = model.column(1.0, float(dearest), integral=model.rounded)
    freight = [(over, 1.0), (opened, float(tariff.minimum_charge))]
    bulky = load.volume * 1000.0 / tariff.volumetric_divisor
    uses, charged = [], []
    for step in kept:
        # A rounded freight may be a unit less by a break that would be dearer unrounded: no top there.
        top = max(most if model.rounded else step.top, step.begin) / KILO
        use = opened if len(kept) == 1 else model.column(0.0, integral=True)
        quantity = model.column(0.0, top)
        uses.append(use)
        charged.append(quantity)
        model.row([(quantity, 1.0), (use, -top)], upper=0.0)
        if step.begin:
            model.row([(quantity, 1.0), (use, -step.begin / KILO)], 0.0)
        freight.append((quantity, -float(step.per_kg)))
    if len(kept) > 1:
        model.row([*((use, 1.0) for use in uses), (opened, -1.0)], 0.0, 0.0)
    model.row(freight, 0.0)
    if model.rounded and (load.volume * KILO * 1000 % tariff.volumetric_divisor).any():
        whole_grams = model.column(0.0, float(most), integral=True)
        model.long_row([(whole_grams, 1.0), (load.columns, -bulky * KILO)], 0.0)
        model.row([*((q, 1.0) for q in charged), (whole_grams, -1.0 / KILO)], 0.0)
        model.long_row([(charged, 1.0), (load.columns, -load.weight)], 0.0)
        return
    model.long_row([(charged, 1.0), (load.columns, -load.weight)], 0.0)
    model.long_row([(charged, 1.0), (load.columns, -bulky)], 0.0)


def _add_containers(model: Model, tariff: ContainerTariff, opened: int, load: Load) -> None:
    weight, volume = load.most
    loose = tariff.less_than_container
    boxes = []
    for box in tariff.containers:
        holds = (min(box.weight_g, weight), min(box.volume_cm3, volume))
        needless = loose is not None and box.cost * MILLION >= loose.per_wm * max(*holds, loose.minimum)
        if not needless:
            boxes.append((box, *holds))
    if loose is not None and not boxes and max(weight, volume) <= loose.minimum:
        model.cost[opened] += -(-loose.per_wm * loose.minimum // MILLION)
        return
    counts: list[tuple[int, float, float]] = []
    for box, grams, cm3 in boxes:
        most = max(-(-weight // box.weight_g), -(-volume // box.volume_cm3))
        counts.append((model.column(float(box.cost), float(most), integral=True), grams / KILO, cm3 / KILO))
    rest: list[tuple[int, float]] = []
    if loose is not None:
        use = model.column(0.0, integral=True) if boxes else opened
        rest.append((_add_loose(model, tariff, use, max(weight, volume)), 1.0))
        if boxes:
            model.row([*((n, 1.0) for n, _, _ in counts), (use, 1.0), (opened, -1.0)], 0.0)
    elif boxes:
        model.row([*((n, 1.0) for n, _, _ in counts), (opened, -1.0)], 0.0)
    model.long_row([*rest, *((n, w) for n, w, _ in counts), (load.columns, -load.weight)], 0.0)
    model.long_row([*rest, *((n, v) for n, _, v in counts), (load.columns, -load.volume)], 0.0)


def _add_loose(model: Model, tariff: ContainerTariff, use: int, most: int) -> int:
    """The column of the W/M (thousandths) that are paid loose, at least the minimum where `use` is 1."""
    loose = tariff.less_than_container
    assert loose is not None
    most = max(most, loose.minimum)
    quantity = model.column(0.0, most / KILO)
    freight = model.column(1.0, float(-(-loose.per_wm * most // MILLION)), integral=model.rounded)
    model.row([(freight, 1.0), (quantity, -loose.per_wm / KILO)], 0.0)
    model.row([(freight, 1.0), (use, -float(-(-loose.per_wm * loose.minimum // MILLION)))], 0.0)
    model.row([(quantity, 1.0), (use, -loose.minimum / KILO)], 0.0)
    model.row([(quantity, 1.0), (use, -most / KILO)], upper=0.0)
    return quantity

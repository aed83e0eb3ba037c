"""Freight of many loads at once, exactly as `tariffs.freight`, on arrays of grams and cubic centimetres."""

from __future__ import annotations

import itertools
import math

import numpy as np

from logistics.flat import DIRECT, Flat, Int64
from logistics.problem import BreakTariff, ContainerTariff, Tariff
from logistics.tariffs import MILLION, freight_cost

MIXES = 4096
"""Container mixes tried at most for all loads together; beyond, each load is priced by itself."""


def freight_costs(tariff: Tariff, weight: Int64, volume: Int64) -> Int64:
    """Freight of each load; 0 where both weight and volume are 0."""
    if isinstance(tariff, BreakTariff):
        chargeable = np.maximum(weight, -(-1000 * volume // tariff.volumetric_divisor))
        costs = [-(-step.per_kg * np.maximum(chargeable, step.from_g) // 1000) for step in tariff.breaks]
        cost = np.maximum(np.minimum.reduce(costs), tariff.minimum_charge)
    else:
        cost = _by_container(tariff, weight, volume)
    return np.where((weight > 0) | (volume > 0), cost, 0)


def _by_container(tariff: ContainerTariff, weight: Int64, volume: Int64) -> Int64:
    most_weight, most_volume = int(weight.max(initial=0)), int(volume.max(initial=0))
    most = [
        max(-(-most_weight // box.weight_g), -(-most_volume // box.volume_cm3)) for box in tariff.containers
    ]
    if math.prod(n + 1 for n in most) > MIXES:
        pairs = zip(weight.tolist(), volume.tolist(), strict=True)
        return np.array([freight_cost(tariff, w, v) if w or v else 0 for w, v in pairs], np.int64)
    loose = tariff.less_than_container
    best = np.full(weight.shape, np.iinfo(np.int64).max, np.int64)
    for counts in itertools.product(*(range(n + 1) for n in most)):
        boxes = list(zip(counts, tariff.containers, strict=True))
        cost = sum(n * box.cost for n, box in boxes)
        w = weight - sum(n * box.weight_g for n, box in boxes)
        v = volume - sum(n * box.volume_cm3 for n, box in boxes)
        rest = (w > 0) | (v > 0)
        if loose is None:
            best = np.where(rest, best, np.minimum(best, cost))
        else:
            charged = np.maximum(np.maximum(w, v), loose.minimum)
            best = np.minimum(best, cost + np.where(rest, -(-loose.per_wm * charged // MILLION), 0))
    return best


def single_costs(flat: Flat) -> Int64:
    """What each option costs when its line is alone in its cell and its collection."""
    costs = flat.option_cost.copy()
    shipped = np.flatnonzero(flat.option_cell != DIRECT)
    shipped = shipped[np.argsort(flat.cell_service[flat.option_cell[shipped]], kind="stable")]
    line = flat.option_line[shipped]
    service = flat.cell_service[flat.option_cell[shipped]]
    cuts = np.flatnonzero(np.diff(service)) + 1
    for span in np.split(np.arange(len(shipped)), cuts):
        if len(span):
            tariff = flat.problem.services[int(service[span[0]])].tariff
            freight = freight_costs(tariff, flat.weight[line[span]], flat.volume[line[span]])
            costs[shipped[span]] += freight + tariff.per_shipment + tariff.per_consignee
    minimum = np.array([producer.minimum_order for producer in flat.problem.producers], np.int64)
    fee = np.array([producer.small_order_fee for producer in flat.problem.producers], np.int64)
    maker = flat.producer[line]
    costs[shipped] += np.where(flat.value[line] < minimum[maker], fee[maker], 0)
    return costs

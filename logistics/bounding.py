"""A lower bound for a part too large for one programme: blocks of lanes, with the fees they share split
among them.

A Lagrangean decomposition. Lines that could meet in a cell stay in one block; blocks meet only in
collections, whose fees are split (`mip.SharedFee`) by where a good plan has its lines. Each block is a
programme of its own; the sum of their bounds is a bound of the part, whatever the split.
"""

from __future__ import annotations

import math
from collections import defaultdict
from dataclasses import dataclass

import numpy as np

from logistics import mip
from logistics.components import joined
from logistics.flat import DIRECT, Flat, Int64
from logistics.mip import SharedFee

ONE_RELAXATION = 1_500
"""Lines of a part whose linear relaxation is solved as a whole; in a larger one shared fees are left out."""
BY_PROGRAMME = 200
"""Lines of a block that is bounded by its programme; a larger one by its linear relaxation."""
BLOCK = 120
"""Lines that lanes are joined up to; a lane with more is a block by itself."""


@dataclass(frozen=True, slots=True)
class Block:
    """Lines that are bounded together, and the fees they share with others."""

    lines: Int64
    shared: dict[int, SharedFee]


def linear_bound(flat: Flat, lines: Int64, *, seconds: float) -> float:
    """The bound of the linear relaxation of some lines; minus infinity if the time did not suffice."""
    return mip.solve(mip.lines_model(flat, lines, relaxed=True).model, seconds=seconds, interior=True).bound


def blocks(flat: Flat, lines: Int64, *, seconds: float, size: int = BLOCK) -> tuple[list[Block], float]:
    """Cuts a part into blocks; also the bound of its linear relaxation, whose duals split the fees."""
    options = np.concatenate([np.arange(flat.first[line], flat.first[line + 1]) for line in lines])
    options = options[flat.option_cell[options] != DIRECT]
    index = np.searchsorted(lines, flat.option_line[options])
    lane = joined(index, flat.option_cell[options].astype(np.int64), len(lines))
    block = _grouped_lanes(flat, lane, index, options, size)
    names = np.unique(block).tolist()
    if len(lines) > ONE_RELAXATION:
        shared, bound = _no_fees(flat, block, index, options), -math.inf
    else:
        shared, bound = _split_fees(flat, lines, block, index, options, seconds)
    return [Block(lines[block == b], shared.get(b, {})) for b in names], bound


def _grouped_lanes(flat: Flat, lane: Int64, index: Int64, options: Int64, size: int) -> Int64:
    """Joins lanes that share many fees while their lines stay few."""
    label = lane.copy()
    count = np.bincount(lane, minlength=len(lane))
    lanes_of: defaultdict[int, dict[int, int]] = defaultdict(dict)
    for collection, a in zip(flat.option_collection[options].tolist(), lane[index].tolist(), strict=True):
        lanes_of[collection][a] = lanes_of[collection].get(a, 0) + 1
    weight: defaultdict[tuple[int, int], int] = defaultdict(int)
    for collection, lanes in lanes_of.items():
        fee = flat.problem.producers[int(flat.collection_producer[collection])].small_order_fee
        names = sorted(lanes)
        for i, a in enumerate(names):
            for b in names[i + 1 :]:
                weight[a, b] += fee * min(lanes[a], lanes[b])
    leader = {int(a): int(a) for a in np.unique(lane)}
    sizes = {a: int(count[a]) for a in leader}
    for (a, b), amount in sorted(weight.items(), key=lambda entry: (-entry[1], entry[0])):
        while leader[a] != a:
            a = leader[a]  # noqa: PLW2901 - walks up to the leader
        while leader[b] != b:
            b = leader[b]  # noqa: PLW2901 - walks up to the leader
        if a != b and amount and sizes[a] + sizes[b] <= size:
            leader[b] = a
            sizes[a] += sizes[b]
    for a in leader:
        top = a
        while leader[top] != top:
            top = leader[top]
        label[lane == a] = top
    return label


def _no_fees(flat: Flat, block: Int64, index: Int64, options: Int64) -> dict[int, dict[int, SharedFee]]:
    """Shared fees left out: the weakest split, which costs nothing to find."""
    shared: defaultdict[int, dict[int, SharedFee]] = defaultdict(dict)
    blocks_of: defaultdict[int, set[int]] = defaultdict(set)
    for collection, i in zip(flat.option_collection[options].tolist(), index.tolist(), strict=True):
        blocks_of[collection].add(int(block[i]))
    for collection, names in blocks_of.items():
        if len(names) > 1:
            for b in names:
                shared[b][collection] = SharedFee(0.0, 0.0, 1, reached=False)
    return dict(shared)


def _split_fees(
    flat: Flat, lines: Int64, block: Int64, index: Int64, options: Int64, seconds: float
) -> tuple[dict[int, dict[int, SharedFee]], float]:
    """For each block its parts in the fees that it shares: the duals of the part's linear relaxation."""
    values: defaultdict[int, defaultdict[int, int]] = defaultdict(lambda: defaultdict(int))
    for collection, i in zip(flat.option_collection[options].tolist(), index.tolist(), strict=True):
        values[collection][int(block[i])] += int(flat.value[lines[i]])
    block_of = dict(zip(lines.tolist(), block.tolist(), strict=True))
    programme = mip.lines_model(flat, lines, relaxed=True, block_of=block_of)
    outcome = mip.solve(programme.model, seconds=seconds, interior=True)
    shared: defaultdict[int, dict[int, SharedFee]] = defaultdict(dict)
    for (collection, b), row in programme.fee_row.items():
        producer = flat.problem.producers[int(flat.collection_producer[collection])]
        part = max(0.0, outcome.row_duals[row]) if outcome.row_duals else 0.0
        reached = sum(values[collection].values()) >= producer.minimum_order
        shared[b][collection] = SharedFee(part, producer.small_order_fee, producer.minimum_order, reached)
    # A smaller fee is a bound of the fee too: what the duals leave of it would be given away as discount.
    for collection, of_blocks in values.items():
        found = {b: shared[b][collection] for b in of_blocks if collection in shared[b]}
        sum_of_parts = sum(one.part for one in found.values())
        for b, one in found.items():
            scale = min(1.0, one.fee / sum_of_parts) if sum_of_parts else 1.0
            fee = min(float(one.fee), sum_of_parts)
            shared[b][collection] = SharedFee(one.part * scale, fee, one.minimum, one.reached)
    return dict(shared), outcome.bound


def block_bound(flat: Flat, block: Block, *, seconds: float, nodes: int | None, seed: int = 0) -> float:
    """A lower bound of what a block costs with its parts of the shared fees.

    By its programme, else its linear relaxation, else each line's cheapest waiting or direct cost.
    """
    best = -math.inf
    if len(block.lines) <= BY_PROGRAMME:
        programme = mip.lines_model(flat, block.lines, shared=block.shared)
        best = mip.solve(programme.model, seconds=seconds, nodes=nodes, seed=seed).bound
    if not math.isfinite(best):
        relaxed = mip.lines_model(flat, block.lines, shared=block.shared, relaxed=True)
        best = mip.solve(relaxed.model, seconds=seconds, interior=True).bound
    if not math.isfinite(best):
        least = sum(
            int(flat.option_cost[flat.first[i] : flat.first[i + 1]].min()) for i in block.lines.tolist()
        )
        best = least - sum(terms.fee for terms in block.shared.values())
    return best

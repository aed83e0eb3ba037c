"""Independent subproblems: lines that share no cell and no collection whose fee could matter, even at a
distance.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from logistics.flat import DIRECT, Flat, Int64


def joined(left: NDArray[np.integer], right: NDArray[np.integer], count: int) -> Int64:
    """Labels of `count` left nodes, equal where edges (left[i], right[i]) connect them.

    The least label is passed over the edges until nothing changes, halving paths on the way.
    """
    labels = np.arange(count, dtype=np.int64)
    if not len(left):
        return labels
    names, right = np.unique(right, return_inverse=True)
    while True:
        over = np.full(len(names), count, np.int64)
        np.minimum.at(over, right, labels[left])
        new = labels.copy()
        np.minimum.at(new, left, over[right])
        np.minimum.at(new, labels, new.copy())
        new = new[new]
        if np.array_equal(new, labels):
            return labels
        labels = new


def line_edges(flat: Flat) -> tuple[Int64, Int64]:
    """(line, node) pairs: the cells a line may take, and the collections that could cost a fee."""
    shipped = flat.option_cell != DIRECT
    line = flat.option_line[shipped].astype(np.int64)
    cells = flat.option_cell[shipped].astype(np.int64)
    feeing = np.array([p.small_order_fee > 0 and p.minimum_order > 0 for p in flat.problem.producers], bool)
    collection = flat.option_collection[shipped].astype(np.int64)
    costly = feeing[flat.collection_producer[collection]] if len(collection) else np.empty(0, bool)
    nodes = np.concatenate([cells, len(flat.cell_day) + collection[costly]])
    return np.concatenate([line, line[costly]]), nodes


def components(flat: Flat) -> list[Int64]:
    """The lines of each independent subproblem, smallest line first."""
    labels = joined(*line_edges(flat), count=len(flat.weight))
    order = np.argsort(labels, kind="stable")
    cuts = np.flatnonzero(np.diff(labels[order])) + 1
    return [np.sort(part) for part in np.split(order, cuts)]

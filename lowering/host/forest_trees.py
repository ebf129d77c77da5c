"""What the operations of `tf.contrib.tensor_forest` compute: trees that grow from one batch of examples after the other.

Node `n` of a tree has the children `tree[n, 0]` and the one after it; an example goes to the second where its feature
`tree[n, 1]` is above `thresholds[n]`. A leaf (-1) is fertile while it has an accumulator: there, candidates for its
split count the examples that would go to the first child. Column 0 of all sums is a count of examples.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np

from lowering.host.sampling import below

LEAF = -1


def path(data: np.ndarray, tree: np.ndarray, thresholds: np.ndarray) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Level by level, the examples that still go down and the nodes at which they are."""
    rows, nodes = np.arange(len(data)), np.zeros(len(data), np.int64)
    while len(rows):
        yield rows, nodes
        inside = tree[nodes, 0] >= 0
        rows, nodes = rows[inside], nodes[inside]
        nodes = tree[nodes, 0] + (data[rows, tree[nodes, 1]] > thresholds[nodes])


def predictions(data: np.ndarray, tree: np.ndarray, thresholds: np.ndarray, sums: np.ndarray, least: float) -> np.ndarray:
    """The shares of each example's leaf; one of fewer than `least` examples is filled up by its parent's."""
    parent, found = np.full(len(data), -1), np.zeros(len(data), np.int64)
    for rows, nodes in path(data, tree, thresholds):
        parent[rows], found[rows] = np.where(tree[nodes, 0] >= 0, nodes, parent[rows]), nodes
    own, above = sums[found], sums[parent] * (parent >= 0)[:, None]
    wanted = np.clip(least - own[:, :1], 0, above[:, :1])
    whole = own + above * (wanted / np.where(above[:, :1] > 0, above[:, :1], 1))
    return (whole[:, 1:] / np.where(whole[:, :1] > 0, whole[:, :1], 1)).astype(np.float32)


class Stats(NamedTuple):
    """What a batch adds: to all nodes on the ways of its examples, and to the candidates and totals of fertile leaves."""

    node_sums: np.ndarray
    node_squares: np.ndarray
    splits: dict[tuple, Any]
    totals: dict[tuple, Any]
    leaves: np.ndarray


def count(data: np.ndarray, labels: np.ndarray, tree: np.ndarray, thresholds: np.ndarray, node_map: np.ndarray,
          features: np.ndarray, split_thresholds: np.ndarray, columns: int, regression: bool) -> Stats:
    """Counts a batch. Entries are numbers of examples; for regression arrays of two, the sums and the sums of squares."""
    worth = np.concatenate([np.ones((len(data), 1)), labels.reshape(len(data), -1)], 1) if regression else None
    sums = np.zeros((len(tree), columns), np.float32)
    squares = np.zeros((len(tree), columns) if regression else (0,), np.float32)
    leaves = np.zeros(len(data), np.int32)
    for rows, nodes in path(data, tree, thresholds):
        leaves[rows] = nodes
        if worth is not None:
            np.add.at(sums, nodes, worth[rows])
            np.add.at(squares, nodes, worth[rows] ** 2)
        else:
            np.add.at(sums[:, 0], nodes, 1)
            np.add.at(sums, (nodes, labels[rows].astype(np.int64) + 1), 1)
    splits: dict[tuple, Any] = {}
    totals: dict[tuple, Any] = {}
    for row in np.flatnonzero(node_map[leaves] >= 0).tolist():
        slot = int(node_map[leaves[row]])
        used = np.flatnonzero(features[slot] >= 0)
        first = used[data[row, features[slot, used]] <= split_thresholds[slot, used]].tolist()
        value, ends = (1.0, [(int(labels[row]) + 1,), (0,)]) if worth is None else (
            np.array([worth[row], worth[row] ** 2], np.float32), [()])
        for end in ends:
            totals[slot, *end] = totals.get((slot, *end), 0) + value
        for split in first:
            for end in ends:
                splits[slot, split, *end] = splits.get((slot, split, *end), 0) + value
    return Stats(sums, squares, splits, totals, leaves)


def sampled(data: np.ndarray, node_map: np.ndarray, leaves: np.ndarray, features: np.ndarray, thresholds: np.ndarray,
            each: int, words: Iterator[int]) -> dict[int, tuple[np.ndarray, np.ndarray]]:
    """New candidates: where a fertile leaf has room, its examples give `each` of random features at their values."""
    rows: dict[int, list[int]] = {}
    for row in np.flatnonzero(node_map[leaves] >= 0).tolist():
        rows.setdefault(int(node_map[leaves[row]]), []).append(row)
    found: dict[int, tuple[np.ndarray, np.ndarray]] = {}
    for slot in reversed(rows):  # as TensorFlow's hash tables go through them
        own = features[slot].copy(), thresholds[slot].copy()
        room = np.flatnonzero(own[0] < 0).tolist()
        for place, row in zip(room, (row for row in rows[slot] for _ in range(each)), strict=False):
            feature = below(words, data.shape[1])
            own[0][place], own[1][place] = feature, data[row, feature]
        if room:
            found[slot] = own
    return found


def finished(leaves: np.ndarray, node_map: np.ndarray, totals: np.ndarray, samples: float) -> np.ndarray:
    """The fertile leaves that have seen so many examples."""
    leaves = np.unique(leaves)
    slots = node_map[leaves]
    return leaves[(slots >= 0) & (totals[slots, 0] >= samples)].astype(np.int32)


def gini(sums: np.ndarray) -> np.ndarray:
    """The impurity of nodes times their examples, one of each class added."""
    counts = sums[..., 1:] + 1
    total = counts.sum(-1)
    return total - (counts ** 2).sum(-1) / total


def variance(sums: np.ndarray, squares: np.ndarray) -> np.ndarray:
    """The variance of nodes times their examples, over all outputs."""
    number = np.maximum(sums[..., :1], 1e-30)
    return (squares[..., 1:] - sums[..., 1:] ** 2 / number).sum(-1)


def best_splits(slots: np.ndarray, split_sums: np.ndarray, split_squares: np.ndarray, totals: np.ndarray,
                total_squares: np.ndarray, regression: bool) -> np.ndarray:
    """The candidate of each slot whose two parts are purest."""
    first, rest = split_sums[slots], totals[slots][:, None] - split_sums[slots]
    if not regression:
        scores = gini(first) + gini(rest)
    else:
        squares = split_squares[slots]
        scores = variance(first, squares) + variance(rest, total_squares[slots][:, None] - squares)
    return scores.argmin(1).astype(np.int32) if scores.size else np.full(len(slots), -1, np.int32)


class Growth(NamedTuple):
    """The nodes that change, what they become, and the first number that is free after it."""

    nodes: np.ndarray
    tree: np.ndarray
    thresholds: np.ndarray
    depths: np.ndarray
    end: int


def grown(end: int, depths: np.ndarray, slots: np.ndarray, nodes: np.ndarray, best: np.ndarray, features: np.ndarray,
          thresholds: np.ndarray) -> Growth:
    """Splits nodes as long as there is room for two children."""
    changed: list[tuple[int, list[int], float, int]] = []
    for node, slot, split in zip(nodes.tolist(), slots.tolist(), best.tolist(), strict=True):
        if end + 1 >= len(depths):
            break
        depth = int(depths[node])
        changed.append((node, [end, int(features[slot, split])], float(thresholds[slot, split]), depth))
        changed += [(child, [LEAF, LEAF], 0.0, depth + 1) for child in (end, end + 1)]
        end += 2
    columns = list(zip(*changed, strict=True)) or [[]] * 4
    return Growth(np.array(columns[0], np.int32), np.array(columns[1], np.int32).reshape(-1, 2),
                  np.array(columns[2], np.float32), np.array(columns[3], np.int32), end)


class Slots(NamedTuple):
    """Which nodes get which accumulator, which accumulators are empty or new, and the leaves that wait for one."""

    node_map: np.ndarray
    cleared: np.ndarray
    allocated: np.ndarray
    waiting: np.ndarray
    scores: np.ndarray


def slots(done: np.ndarray, waiting: np.ndarray, scores: np.ndarray, end: int, depths: np.ndarray, count: int,
          node_map: np.ndarray, max_depth: int) -> Slots:
    """Gives the accumulators of the leaves that are done, and unused ones, to the waiting leaves of the highest score."""
    children = [child for i in range(len(done)) for child in (end + 2 * i, end + 2 * i + 1) if child < len(depths)]
    queue = [(leaf, score) for leaf, score in [*zip(waiting.tolist(), scores.tolist(), strict=True),
                                               *((child, 1.0) for child in children)]
             if leaf >= 0 and depths[leaf] < max_depth]
    queue.sort(key=lambda entry: -entry[1])
    freed = node_map[done].tolist()
    taken = set(node_map[node_map >= 0].tolist())
    free = [slot for slot in range(count) if slot not in taken] + freed
    given = list(zip((leaf for leaf, _ in queue), free, strict=False))
    updates = [(node, -1) for node in done.tolist()] + given
    allocated = [slot for _, slot in given]
    rest = queue[len(given):] or [(-1, 0.0)]
    return Slots(np.array(updates, np.int32).reshape(-1, 2).T, np.array([s for s in freed if s not in allocated], np.int32),
                 np.array(allocated, np.int32), np.array([leaf for leaf, _ in rest], np.int32),
                 np.array([score for _, score in rest], np.float32))


class State(NamedTuple):
    """A tree in training: what its variables hold, changed in place. Lists of leaves end with -1."""

    tree: np.ndarray
    thresholds: np.ndarray
    depths: np.ndarray
    end: np.ndarray
    waiting: np.ndarray
    scores: np.ndarray
    node_map: np.ndarray
    features: np.ndarray
    split_thresholds: np.ndarray
    node_sums: np.ndarray
    split_sums: np.ndarray
    totals: np.ndarray
    node_squares: np.ndarray
    split_squares: np.ndarray
    total_squares: np.ndarray


def step(data: np.ndarray, labels: np.ndarray, now: State, samples: int, each: int, max_depth: int, regression: bool,
         words: Iterator[int]) -> None:
    """Counts a batch, and splits the leaves that have seen enough."""
    stats = count(data, labels, now.tree, now.thresholds, now.node_map, now.features, now.split_thresholds,
                  now.node_sums.shape[1], regression)
    _count_in(now, stats, regression)
    for slot, (features, thresholds) in sampled(data, now.node_map, stats.leaves, now.features, now.split_thresholds, each,
                                                words).items():
        now.features[slot], now.split_thresholds[slot] = features, thresholds
    done = finished(np.flatnonzero(now.tree[:, 0] == LEAF), now.node_map, now.totals, samples)
    used = now.node_map[done]
    best = best_splits(used, now.split_sums, now.split_squares, now.totals, now.total_squares, regression)
    usable = now.features[used, best] >= 0
    done, used, best = done[usable], used[usable], best[usable]
    growth = grown(int(now.end[0]), now.depths, used, done, best, now.features, now.split_thresholds)
    split = np.isin(done, growth.nodes)
    now.tree[growth.nodes], now.thresholds[growth.nodes], now.depths[growth.nodes] = growth[1:4]
    waiting = now.waiting[now.waiting >= 0]
    scores = variance(now.node_sums[waiting], now.node_squares[waiting]) if regression else gini(now.node_sums[waiting])
    given = slots(done[split], waiting, scores, int(now.end[0]), now.depths[:growth.end], len(now.totals), now.node_map,
                  max_depth)
    now.end[0] = growth.end
    _renew(now, given)


def _count_in(now: State, stats: Stats, regression: bool) -> None:
    now.node_sums[:] += stats.node_sums
    for table, sums, squares in ((stats.splits, now.split_sums, now.split_squares),
                                 (stats.totals, now.totals, now.total_squares)):
        for place, value in table.items():
            if regression:
                sums[place] += value[0]
                squares[place] += value[1]
            else:
                sums[place] += value
    if regression:
        now.node_squares[:] += stats.node_squares


def _renew(now: State, given: Slots) -> None:
    """Hands the accumulators on, empty."""
    now.node_map[given.node_map[0]] = given.node_map[1]
    now.waiting[:], now.scores[:] = -1, 0
    now.waiting[:len(given.waiting)], now.scores[:len(given.waiting)] = given.waiting, given.scores
    both = np.concatenate([given.cleared, given.allocated])
    now.features[both] = -1
    for sums in (now.split_sums, now.split_squares, now.totals, now.total_squares):
        if sums.size:
            sums[both] = 0
    now.totals[given.cleared] = -1

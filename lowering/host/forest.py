"""Rules of the operations of `tf.contrib.tensor_forest`: their inputs checked, their results laid out."""

from __future__ import annotations

import secrets
import threading
from typing import Any

import numpy as np

from lowering.host import forest_trees as trees
from lowering.host.sampling import Stream
from lowering.registry import lowers
from tracer import errors


def _check(holds: Any, message: str) -> None:
    if not holds:
        raise errors.InvalidArgumentError(None, None, message)


def _check_tree(data: np.ndarray, tree: np.ndarray, *parallel: np.ndarray, message: str) -> None:
    _check(data.ndim == 2 or not data.size, "input_data should be two-dimensional")
    _check(tree.ndim == 2, "tree should be two-dimensional")
    _check(all(len(array) == len(tree) for array in parallel), message)


@lowers("TreePredictions", host=True)
def tree_predictions(input_data: Any, tree: Any, tree_thresholds: Any, node_per_class_weights: Any, *,
                     valid_leaf_threshold: float) -> Any:
    _check_tree(input_data, tree, tree_thresholds, node_per_class_weights,
                message="Number of nodes should be the same in tree, tree_thresholds and node_pcw.")
    if not input_data.size:
        return np.zeros((0, node_per_class_weights.shape[1] - 1), np.float32)
    return trees.predictions(input_data, tree, tree_thresholds, node_per_class_weights, valid_leaf_threshold)


@lowers("CountExtremelyRandomStats", host=True)
def count_extremely_random_stats(input_data: Any, input_labels: Any, tree: Any, tree_thresholds: Any,
                                 node_to_accumulator: Any, candidate_split_features: Any,
                                 candidate_split_thresholds: Any, *, num_classes: int, regression: bool) -> Any:
    _check_tree(input_data, tree, tree_thresholds, node_to_accumulator,
                message="Number of nodes should be the same in tree, tree_thresholds, and node_to_accumulator")
    _check(len(input_data) == len(input_labels), "Number of inputs should be the same in input_data and input_labels.")
    _check(candidate_split_features.shape == candidate_split_thresholds.shape,
           "candidate_split_features and candidate_split_thresholds should be the same shape.")
    stats = trees.count(input_data, input_labels, tree, tree_thresholds, node_to_accumulator, candidate_split_features,
                        candidate_split_thresholds, num_classes, regression)
    width = 1 if regression else 2
    splits, totals = _sparse(stats.splits, width + 1, num_classes, regression), _sparse(stats.totals, width, num_classes,
                                                                                        regression)
    return stats.node_sums, stats.node_squares, *splits, *totals, stats.leaves


def _sparse(table: dict[tuple, Any], width: int, columns: int, regression: bool) -> tuple:
    """Places, sums and squares, the newest place first as in TensorFlow's hash tables."""
    places = np.array(list(table)[::-1], np.int32).reshape(-1, width)
    values = np.array(list(table.values())[::-1], np.float32)
    if not regression:
        return places, values, np.zeros(0, np.float32)
    values = values.reshape(-1, 2, columns)
    return places, values[:, 0], values[:, 1]


@lowers("SampleInputs", host=True)
def sample_inputs(input_data: Any, node_to_accumulator: Any, leaves: Any, candidate_split_features: Any,
                  candidate_split_thresholds: Any, *, split_initializations_per_input: int,
                  split_sampling_random_seed: int, session: Any, op: Any) -> Any:
    _check(candidate_split_features.shape == candidate_split_thresholds.shape,
           "split_features and split_thresholds should be the same shape.")
    seed = split_sampling_random_seed  # each run of TensorFlow's kernel draws the same; 0 and less draw otherwise each time
    words = Stream(seed, 0).words() if seed > 0 else _words(session, op, seed)
    found = trees.sampled(input_data, node_to_accumulator, leaves, candidate_split_features, candidate_split_thresholds,
                          split_initializations_per_input, words)
    width = candidate_split_features.shape[1]
    rows = list(found.values())
    return (np.array(list(found), np.int32), np.array([row[0] for row in rows], np.int32).reshape(-1, width),
            np.array([row[1] for row in rows], np.float32).reshape(-1, width))


class _Words:
    """The words of an operation's random stream, for one thread at a time."""

    def __init__(self, seed: int) -> None:
        self._words = Stream(seed if seed > 0 else secrets.randbits(63), 0).words()
        self._lock = threading.Lock()

    def __iter__(self) -> _Words:
        return self

    def __next__(self) -> int:
        with self._lock:
            return next(self._words)


def _words(session: Any, op: Any, seed: int) -> Any:
    return session.state.resource(("forest", op.name), lambda: _Words(seed))


@lowers("FinishedNodes", host=True)
def finished_nodes(leaves: Any, node_to_accumulator: Any, pcw_total_splits: Any, *, num_split_after_samples: int) -> Any:
    _check(leaves.ndim == 1, "leaf_tensor should be one-dimensional")
    _check(node_to_accumulator.ndim == 1, "node_to_accumulator should be one-dimensional")
    return trees.finished(leaves, node_to_accumulator, pcw_total_splits, num_split_after_samples)


@lowers("BestSplits", host=True)
def best_splits(finished_nodes: Any, node_to_accumulator: Any, split_sums: Any, split_squares: Any, accumulator_sums: Any,
                accumulator_squares: Any, *, regression: bool) -> Any:
    _check(len(split_sums) == len(accumulator_sums),
           "Number of accumulators should be the same in split_sums and accumulator_sums.")
    finished = finished_nodes.astype(np.int64)
    return trees.best_splits(node_to_accumulator[finished], split_sums, split_squares, accumulator_sums,
                             accumulator_squares, regression)


@lowers("GrowTree", host=True)
def grow_tree(end_of_tree: Any, tree_depths: Any, node_to_accumulator: Any, finished_nodes: Any, best_splits: Any,
              candidate_split_features: Any, candidate_split_thresholds: Any) -> Any:
    _check(len(finished_nodes) == len(best_splits),
           "Number of finished nodes should be the same in finished and best_splits.")
    finished, best = finished_nodes.astype(np.int64), best_splits.astype(np.int64)
    _check(((best >= 0) & (best < candidate_split_features.shape[1])).all(), "best split not in valid range.")
    growth = trees.grown(int(end_of_tree[0]), tree_depths, node_to_accumulator[finished], finished, best,
                         candidate_split_features, candidate_split_thresholds)
    return growth.nodes, growth.tree, growth.thresholds, growth.depths, np.array([growth.end], np.int32)


@lowers("UpdateFertileSlots", host=True)
def update_fertile_slots(finished: Any, non_fertile_leaves: Any, non_fertile_leaf_scores: Any, end_of_tree: Any,
                         tree_depths: Any, accumulator_sums: Any, node_to_accumulator: Any, *, max_depth: int) -> Any:
    _check(len(non_fertile_leaves) == len(non_fertile_leaf_scores),
           "Number of non fertile leaves should be the same in non_fertile_leaves and non_fertile_leaf_scores.")
    return tuple(trees.slots(finished.astype(np.int64), non_fertile_leaves, non_fertile_leaf_scores, int(end_of_tree[0]),
                             tree_depths, len(accumulator_sums), node_to_accumulator, max_depth))


@lowers("ForestStep", host=True)
def forest_step(input_data: Any, input_labels: Any, chosen: Any, state: list[Any], *, num_split_after_samples: int,
                split_initializations_per_input: int, max_depth: int, random_seed: int, regression: bool, session: Any,
                op: Any) -> Any:
    _check(input_data.ndim == 2, "input_data should be two-dimensional")
    _check(len(input_data) == len(input_labels), "Number of inputs should be the same in input_data and input_labels.")
    after = trees.State(*(array.copy() for array in state))
    trees.step(input_data[chosen], input_labels[chosen], after, num_split_after_samples, split_initializations_per_input,
               max_depth, regression, _words(session, op, random_seed))
    return [list(after)]

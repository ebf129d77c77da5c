"""The operations that let a tree grow. Column 0 of all sums is a number of examples."""

from __future__ import annotations

import sys
from types import ModuleType
from typing import Any

from tracer import opdef
from tracer.declare import op
from tracer.ir import Tensor

TRAINING_OPS_FILE = "_training_ops.so"

_CANDIDATES = "candidate_split_features:int32; candidate_split_thresholds:float32"
for _row in (
    f"CountExtremelyRandomStats\tinput_data:float32; input_labels:float32; tree:int32; tree_thresholds:float32; "
    f"node_to_accumulator:int32; {_CANDIDATES}\tpcw_node_sums_delta:float32; pcw_node_squares_delta:float32; "
    "pcw_splits_indices:int32; pcw_candidate_splits_sums_delta:float32; pcw_candidate_splits_squares_delta:float32; "
    "pcw_totals_indices:int32; pcw_total_splits_sums_delta:float32; pcw_total_splits_squares_delta:float32; "
    "leaves:int32\tnum_classes:int; regression:bool=False\t",
    f"SampleInputs\tinput_data:float32; node_to_accumulator:int32; leaves:int32; {_CANDIDATES}\t"
    "accumulators_to_update:int32; new_split_feature_rows:int32; new_split_threshold_rows:float32\t"
    "split_initializations_per_input:int; split_sampling_random_seed:int\tstateful",
    "FinishedNodes\tleaves:int32; node_to_accumulator:int32; pcw_total_splits:float32\tfinished:int32\t"
    "num_split_after_samples:int\t",
    "BestSplits\tfinished_nodes:int32; node_to_accumulator:int32; split_sums:float32; split_squares:float32; "
    "accumulator_sums:float32; accumulator_squares:float32\tsplit_indices:int32\tregression:bool=False\t",
    f"GrowTree\tend_of_tree:int32; tree_depths:int32; node_to_accumulator:int32; finished_nodes:int32; best_splits:int32; "
    f"{_CANDIDATES}\tnodes_to_update:int32; tree_updates:int32; threshold_updates:float32; depth_updates:int32; "
    "new_end_of_tree:int32\t\t",
    "UpdateFertileSlots\tfinished:int32; non_fertile_leaves:int32; non_fertile_leaf_scores:float32; end_of_tree:int32; "
    "tree_depths:int32; accumulator_sums:float32; node_to_accumulator:int32\tnode_map_updates:int32; "
    "accumulators_cleared:int32; accumulators_allocated:int32; new_nonfertile_leaves:int32; "
    "new_nonfertile_leaf_scores:float32\tmax_depth:int\t",
    "ScatterAddNdim\tinput:Ref(float32); indices:int32; deltas:float32\t\t\t",
    "ForestStep\tinput_data:float32; input_labels:float32; chosen:bool; state:list(T)\tnew_state:list(T)\t"
    "num_split_after_samples:int; split_initializations_per_input:int; max_depth:int; random_seed:int; "
    "regression:bool; T:list(type)\tstateful",
):
    opdef.register(opdef.parse(_row))


def Load(library_base_dir: str = "") -> ModuleType:
    """The operations, as the functions of this module. TensorFlow loads a compiled library here; none is needed."""
    return sys.modules[__name__]


@op("CountExtremelyRandomStats")
def count_extremely_random_stats(
    input_data: Tensor, input_labels: Tensor, tree: Tensor, tree_thresholds: Tensor, node_to_accumulator: Tensor,
    candidate_split_features: Tensor, candidate_split_thresholds: Tensor, num_classes: int, regression: bool = False,
    name: str | None = None,
) -> Any:
    """What a batch adds to the sums of nodes, of candidates for splits, and of accumulators; and its leaves.

    Args:
        input_data, input_labels: the features, a row for each example, and what they should give.
        tree, tree_thresholds: the tree, as for `tree_predictions`.
        node_to_accumulator: the accumulator of each node, -1 for those that have none.
        candidate_split_features, candidate_split_thresholds: for each accumulator its candidates.
        num_classes: the number of columns of the sums.
        regression: whether labels are numbers to add up, and not classes to count.
    """
    splits, width = ((None, 2), (None, num_classes)) if regression else ((None, 3), (None,))
    squares = (None, num_classes) if regression else (0,)
    return [(None, num_classes), squares, splits, width, squares, (None, splits[1] - 1), width, squares, (None,)]


@op("SampleInputs")
def sample_inputs(input_data: Tensor, node_to_accumulator: Tensor, leaves: Tensor, candidate_split_features: Tensor,
                  candidate_split_thresholds: Tensor, split_initializations_per_input: int,
                  split_sampling_random_seed: int, name: str | None = None) -> Any:
    """New candidates for the accumulators that have room: random features of examples, at the examples' values."""
    return [(None,), (None, None), (None, None)]


@op("FinishedNodes")
def finished_nodes(leaves: Tensor, node_to_accumulator: Tensor, pcw_total_splits: Tensor, num_split_after_samples: int,
                   name: str | None = None) -> Any:
    """The leaves whose accumulators have counted enough examples to split."""
    return [(None,)]


@op("BestSplits")
def best_splits(finished_nodes: Tensor, node_to_accumulator: Tensor, split_sums: Tensor, split_squares: Tensor,
                accumulator_sums: Tensor, accumulator_squares: Tensor, regression: bool = False,
                name: str | None = None) -> Any:
    """The candidate of each finished node whose parts are purest, by the Gini impurity or by the variance."""
    return [finished_nodes.sizes]


@op("GrowTree")
def grow_tree(end_of_tree: Tensor, tree_depths: Tensor, node_to_accumulator: Tensor, finished_nodes: Tensor,
              best_splits: Tensor, candidate_split_features: Tensor, candidate_split_thresholds: Tensor,
              name: str | None = None) -> Any:
    """The nodes that change when finished ones are split, what they become, and the first free number after it."""
    return [(None,), (None, 2), (None,), (None,), (1,)]


@op("UpdateFertileSlots")
def update_fertile_slots(finished: Tensor, non_fertile_leaves: Tensor, non_fertile_leaf_scores: Tensor,
                         end_of_tree: Tensor, tree_depths: Tensor, accumulator_sums: Tensor,
                         node_to_accumulator: Tensor, max_depth: int, name: str | None = None) -> Any:
    """Hands accumulators that have become free to the waiting leaves of the highest scores."""
    return [(2, None), (None,), (None,), (None,), (None,)]


@op("ScatterAddNdim")
def scatter_add_ndim(input: Tensor, indices: Tensor, deltas: Tensor, name: str | None = None) -> Any:
    """Adds `deltas` to the variable at places: each row of `indices` holds the first indices of one."""
    return []


@op("ForestStep")
def _forest_step(input_data: Tensor, input_labels: Tensor, chosen: Tensor, state: list[Tensor],
                 num_split_after_samples: int, split_initializations_per_input: int, max_depth: int, random_seed: int,
                 regression: bool, name: str | None = None) -> Any:
    return [tensor.sizes for tensor in state]

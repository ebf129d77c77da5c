"""The operation that asks a tree."""

from __future__ import annotations

import sys
from types import ModuleType
from typing import Any

from tracer import opdef
from tracer.declare import op
from tracer.ir import Tensor

INFERENCE_OPS_FILE = "_inference_ops.so"

opdef.register(opdef.parse(
    "TreePredictions\tinput_data:float32; tree:int32; tree_thresholds:float32; node_per_class_weights:float32\t"
    "predictions:float32\tvalid_leaf_threshold:float\t"))


def Load(library_base_dir: str = "") -> ModuleType:
    """The operations, as the functions of this module. TensorFlow loads a compiled library here; none is needed."""
    return sys.modules[__name__]


@op("TreePredictions")
def tree_predictions(input_data: Tensor, tree: Tensor, tree_thresholds: Tensor, node_per_class_weights: Tensor,
                     valid_leaf_threshold: float, name: str | None = None) -> Any:
    """What a tree says of each example: the shares of the classes in its leaf, or the means of the outputs there.

    Args:
        input_data: the features, a row for each example.
        tree: the first child (-1 for leaves) and the feature of each node.
        tree_thresholds: what the feature must be above, for the second child.
        node_per_class_weights: for each node the number of its examples, and of those of each class.
        valid_leaf_threshold: the number of examples up to which a leaf is filled up by its parent's.
    """
    return [(None, None)]

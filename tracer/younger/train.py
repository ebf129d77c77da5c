"""`tf.train.NAME`: what TensorFlow 0.9 to 0.12 added."""

from __future__ import annotations

import glob
from typing import Any

from tracer import scopes

__all__ = ["assert_global_step", "checkpoint_exists", "get_global_step"]


def get_global_step(graph: Any = None) -> Any:
    """The variable that counts the steps of a graph, or None."""
    graph = scopes.get_default_graph() if graph is None else graph
    found = graph.get_collection("global_step")
    if len(found) > 1:
        raise ValueError("Multiple global step tensors")
    if found:
        step = found[0]
    else:
        try:
            step = graph.as_graph_element("global_step:0")
        except KeyError:
            return None
    assert_global_step(step)
    return step


def assert_global_step(global_step_tensor: Any) -> None:
    """Raises an error unless it counts steps: one whole number."""
    if not global_step_tensor.dtype.base_dtype.is_integer:
        raise TypeError(f"Existing \"global_step\" does not have integer type: {global_step_tensor.dtype}")
    if global_step_tensor.get_shape().ndims != 0:
        raise TypeError(f"Existing \"global_step\" is not scalar: {global_step_tensor.get_shape()}")


def checkpoint_exists(checkpoint_prefix: str) -> bool:
    """Whether there is a checkpoint of this name, in one file, in parts, or with an index."""
    name = glob.escape(checkpoint_prefix)
    return any(glob.glob(name + end) for end in ("", ".index", "-?????-of-?????"))

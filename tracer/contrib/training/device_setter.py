"""A strategy by which `tf.train.replica_device_setter` spreads variables over tasks."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tracer.shapes import TensorShape


class GreedyLoadBalancingStrategy:
    """Chooses for each operation the task with the least load so far.

    >>> strategy = tf.contrib.training.GreedyLoadBalancingStrategy(2, tf.contrib.training.byte_size_load_fn)
    >>> setter = tf.train.replica_device_setter(ps_tasks=2, ps_strategy=strategy)

    Args:
        num_tasks: how many tasks there are.
        load_fn: from an operation to the load it is.
    """

    def __init__(self, num_tasks: int, load_fn: Callable[[Any], float]) -> None:
        self._load_fn = load_fn
        self._loads: list[float] = [0.0] * num_tasks

    def __call__(self, op: Any) -> int:
        """The number of the task for `op`."""
        task = self._loads.index(min(self._loads))
        self._loads[task] += self._load_fn(op)
        return task


def byte_size_load_fn(op: Any) -> int:
    """How many bytes the only output of an operation has. Raises ValueError where its shape is not known."""
    if len(op.outputs) != 1:
        raise ValueError(f"Op {op} must have a single output")
    output = op.outputs[0]
    shape = TensorShape(output.get_shape())
    if not shape.is_fully_defined():
        raise ValueError(f"The shape of {output.name} must be known, not {shape}")
    return (shape.num_elements() or 0) * output.dtype.base_dtype.size

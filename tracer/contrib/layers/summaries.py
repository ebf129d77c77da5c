"""Summaries of tensors, by name and kind."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable
from typing import Any

from tracer import compat, scopes
from tracer.ir import Tensor
from tracer.ops import casting, logic, reduction, summary
from tracer.scopes import GraphKeys
from tracer.static import constant_value

__all__ = [
    "summarize_activation", "summarize_activations", "summarize_biases", "summarize_collection", "summarize_tensor",
    "summarize_tensors", "summarize_variables", "summarize_weights",
]


def _check_unused(tag: str) -> None:
    """Raises ValueError when a summary has the tag."""
    for found in scopes.get_collection(GraphKeys.SUMMARIES):
        used = constant_value(found.op.inputs[0]) if found.op.inputs else None
        if used is not None and used.ndim == 0 and compat.as_bytes(used.item()) == compat.as_bytes(tag):
            raise ValueError(f"Conflict with summary tag: {tag} exists on summary {found} {used.item()}")


def _scalar(tensor: Any, tag: str) -> Tensor:
    _check_unused(tag)
    return summary.scalar_summary(tag, tensor, name=f"{tag}_summary")


def _histogram(tensor: Any, tag: str) -> Tensor:
    _check_unused(tag)
    return summary.histogram_summary(tag, tensor, name=f"{tag}_summary")


def summarize_tensor(tensor: Any, tag: str | None = None) -> Tensor:
    """A summary of `tensor`: of a scalar its value, of anything else a histogram.

    >>> tf.contrib.layers.summarize_tensor(loss).name
    'loss_summary:0'

    Args:
        tensor: a tensor or a variable.
        tag: by default the name of its operation.

    Raises ValueError when a summary has that tag already.
    """
    summarize = _scalar if tensor.get_shape().ndims == 0 else _histogram
    return summarize(tensor, tag or tensor.op.name)


def summarize_activation(op: Tensor) -> Tensor:
    """A histogram of a layer's output; of a relu also how much of it is cut off."""
    name, kind = op.op.name, op.op.type
    if kind in ("Relu", "Softplus", "Relu6"):
        # TensorFlow counts what is less than zero, not the zeros.
        below = logic.less(op, casting.cast(0.0, op.dtype))
        _scalar(reduction.reduce_mean(casting.to_float(below)), f"{name}/zeros")
    if kind == "Relu6":
        above = logic.greater(op, casting.cast(6.0, op.dtype))
        _scalar(reduction.reduce_mean(casting.to_float(above)), f"{name}/sixes")
    return _histogram(op, f"{name}/activation")


def summarize_tensors(tensors: Any, summarizer: Callable[[Any], Tensor] = summarize_tensor) -> list[Tensor]:
    """A summary of each of `tensors`."""
    return [summarizer(tensor) for tensor in tensors]


def summarize_collection(collection: Any, name_filter: str | None = None,
                         summarizer: Callable[[Any], Tensor] = summarize_tensor) -> list[Tensor]:
    """A summary of each tensor of a collection whose name matches the regular expression `name_filter`."""
    tensors = scopes.get_collection(collection)
    return summarize_tensors(
        [item for item in tensors if name_filter is None or re.match(name_filter, item.op.name)], summarizer)


summarize_variables = functools.partial(summarize_collection, GraphKeys.VARIABLES)
summarize_weights = functools.partial(summarize_collection, GraphKeys.WEIGHTS)
summarize_biases = functools.partial(summarize_collection, GraphKeys.BIASES)


def summarize_activations(name_filter: str | None = None,
                          summarizer: Callable[[Any], Tensor] = summarize_activation) -> list[Tensor]:
    """A summary of each tensor of the collection ACTIVATIONS; see `summarize_collection`."""
    return summarize_collection(GraphKeys.ACTIVATIONS, name_filter, summarizer)

"""Operations that only give an array another shape: between host steps they are done there, and no program is run."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from tracer.ir import Operation, Tensor


def _expand(input: Any, dim: Any) -> Any:
    at, sizes = int(np.reshape(dim, -1)[0]), input.shape
    if at < 0:
        at += len(sizes) + 1
    if not 0 <= at <= len(sizes):
        raise ValueError
    return input.reshape((*sizes[:at], 1, *sizes[at:]))


def _squeeze(input: Any, squeeze_dims: Any) -> Any:
    return np.squeeze(input, tuple(squeeze_dims) or None)


def _reshape(tensor: Any, shape: Any) -> Any:
    return np.reshape(tensor, shape)


QUICK: dict[str, Callable[..., Any]] = {
    "ExpandDims": _expand, "Squeeze": _squeeze, "Reshape": _reshape, "Identity": lambda input: input,
}
"""What NumPy does at once. Where it refuses, the operation's own rule says why."""


def quickly(node: Operation, arguments: list[Any], attrs: dict[str, Any]) -> Any:
    """The result of an operation that NumPy does at once; None where it is none, or something is wrong."""
    function = QUICK.get(node.type)
    if function is None:
        return None
    value = arguments[0] if isinstance(arguments[0], np.ndarray) else np.asarray(
        arguments[0], node.outputs[0].dtype.base_dtype.as_numpy_dtype)
    try:
        return function(value, *arguments[1:], **attrs)
    except (ValueError, IndexError, TypeError):
        return None


def find(order: list[Operation], fed: frozenset[Tensor], is_host: Callable[[Operation], bool]) -> frozenset[Operation]:
    """Those of `order` that take what a host step gives, and give it to host steps only: no gradient passes them."""
    candidates = [op for op in order if op.type in QUICK and not is_host(op)
                  and not any(t.dtype.is_ref_dtype for t in (*op.inputs, *op.outputs))]
    if not candidates:
        return frozenset()
    known = set(order)
    found: set[Operation] = set()
    for op in candidates:  # from what host steps give
        sources = [t for t in op.inputs if t.op.type != "Const"]
        if sources and all(t not in fed and (is_host(t.op) or t.op in found) for t in sources):
            found.add(op)
    for op in reversed(candidates):  # to what they take
        readers = [reader for output in op.outputs for reader in output.consumers() if reader in known]
        if op in found and not all(is_host(reader) or reader in found for reader in readers):
            found.discard(op)
    return frozenset(found)

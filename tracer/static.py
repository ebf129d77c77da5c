"""What is known of a tensor's value while the graph is recorded: constants, shapes, and what TensorFlow folds."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from tracer import dtypes, shapes
from tracer.ir import Operation, Tensor


def constant_value(tensor: Any) -> Any:
    """The value of `tensor` when its operation shows it, otherwise None.

    Constants, shapes, sizes and ranks, and `range`, `cast` and `concat` of those are looked through, nothing else: the
    static shapes that a script sees depend on it. That is why a tensor whose value was told can be fed no longer.
    """
    fold = _FOLDS.get(tensor.op.type)
    if fold is None:
        return None
    value = fold(tensor.op)
    if value is not None:
        tensor.graph.prevent_feeding(tensor)
    return value


def constant_sizes(shape: Tensor) -> shapes.Sizes:
    """The sizes that a shape vector holds, as far as they are known; its length still tells the rank.

    Raises ValueError for a size below zero, and when it is no vector.
    """
    (count,) = shapes.rank(shape.sizes, 1)
    value = constant_value(shape)
    if value is not None:
        return shapes.as_shape(value.tolist()).sizes
    elements = known_elements(shape)
    if elements is None:
        return None if count is None else (None,) * count
    return tuple(None if element is None or element < 0 else element for element in elements)


def known_elements(vector: Tensor) -> list[int | None] | None:
    """The elements of a vector of integers, each as far as it is known; None when their number is not.

    0.8 knew all of them or none. Later versions saw the 7 in `tf.pack([n, 7])`, and scripts make layers of what has
    such a shape: where 0.8 refused those, they are made.
    """
    value = constant_value(vector)
    if value is not None:
        return [int(element) for element in np.reshape(value, -1)]
    if vector.sizes is None or len(vector.sizes) != 1:
        return None
    elements = _PARTS.get(vector.op.type, _no_parts)(vector.op)
    (count,) = vector.sizes
    return elements if elements is not None or count is None else [None for _ in range(count)]


def constant_value_as_shape(tensor: Tensor) -> shapes.TensorShape:
    """The shape that the vector `tensor` holds, as far as it is known."""
    return shapes.TensorShape.of(constant_sizes(tensor))


def _constant(op: Operation) -> np.ndarray:
    return op.attrs["value"]


def _shape(op: Operation) -> np.ndarray | None:
    sizes = op.inputs[0].sizes
    return None if sizes is None or None in sizes else np.array(sizes, np.int32)


def _size(op: Operation) -> np.int32 | None:
    count = shapes.product(op.inputs[0].sizes)
    return None if count is None else np.int32(count)


def _rank(op: Operation) -> np.int32 | None:
    sizes = op.inputs[0].sizes
    return None if sizes is None else np.int32(len(sizes))


def _range(op: Operation) -> np.ndarray | None:
    parts = [constant_value(t) for t in op.inputs]
    if any(part is None for part in parts):
        return None
    if not op.outputs[0].dtype.is_integer:
        return None
    start, limit, delta = (int(part) for part in parts)  # type: ignore[arg-type]
    return np.arange(start, limit, delta, dtype=op.outputs[0].dtype.as_numpy_dtype)


def _cast(op: Operation) -> np.ndarray | None:
    value = constant_value(op.inputs[0])
    target: dtypes.DType = op.attrs["DstT"]
    return None if value is None or target is dtypes.string else np.asarray(value).astype(target.array_dtype)


def _concat(op: Operation) -> np.ndarray | None:
    axis = constant_value(op.inputs[0])
    if axis is None:
        return None
    values = []
    for tensor in op.inputs[1:]:
        value = constant_value(tensor)
        if value is None:
            return None
        values.append(value)
    return np.concatenate(values, axis=int(axis))


_FOLDS: dict[str, Callable[[Operation], Any]] = {
    "Cast": _cast, "Concat": _concat, "Const": _constant, "Range": _range, "Rank": _rank, "Shape": _shape,
    "Size": _size,
}


def _no_parts(op: Operation) -> None:
    return None


def _parts_of_shape(op: Operation) -> list[int | None] | None:
    sizes = op.inputs[0].sizes
    return None if sizes is None else list(sizes)


def _parts_of_pack(op: Operation) -> list[int | None]:
    values = [constant_value(part) for part in op.inputs]
    return [None if value is None else int(value) for value in values]


def _parts_of_cast(op: Operation) -> list[int | None] | None:
    whole = op.attrs["DstT"].is_integer and op.inputs[0].dtype.is_integer
    return known_elements(op.inputs[0]) if whole else None


def _parts_of_concat(op: Operation) -> list[int | None] | None:
    parts = [known_elements(part) for part in op.inputs[1:]]
    return None if None in parts else [element for part in parts for element in part or ()]


_PARTS: dict[str, Callable[[Operation], list[int | None] | None]] = {
    "Cast": _parts_of_cast, "Concat": _parts_of_concat, "Pack": _parts_of_pack, "Shape": _parts_of_shape,
}

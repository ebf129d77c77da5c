"""Operations that NumPy does at once: between host steps they are done there, and no program is run.

They only give an array another shape, or they are arithmetic on few numbers, each of which NumPy and XLA round alike.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from tracer import dtypes
from tracer.ir import Operation, Tensor

FEW = 1 << 14
"""To call a program takes longer than arithmetic on so many numbers."""
_REAL = frozenset({dtypes.float32, dtypes.float64})
_NUMBERS = _REAL | {dtypes.uint8, dtypes.uint16, dtypes.int8, dtypes.int16, dtypes.int32, dtypes.int64}


def _expand(input: Any, dim: Any) -> Any:
    at, sizes = int(np.reshape(dim, -1)[0]), input.shape
    if at < 0:
        at += len(sizes) + 1
    if not 0 <= at <= len(sizes):
        raise ValueError
    return input.reshape((*sizes[:at], 1, *sizes[at:]))


def _squeeze(input: Any, squeeze_dims: Any) -> Any:
    return np.squeeze(input, tuple(squeeze_dims) or None)


def _cast(x: Any, DstT: dtypes.DType, **_: Any) -> Any:
    with np.errstate(all="ignore"):
        return x.astype(DstT.as_numpy_dtype)


def _arithmetic(function: Callable[..., Any]) -> Callable[..., Any]:
    def apply(*operands: Any, **_: Any) -> Any:
        with np.errstate(all="ignore"):
            return function(*operands)

    return apply


def _cut(input_: Any, begin: Any, size: Any) -> Any:
    """As `Slice`; an error where it would not be what is asked for."""
    at, sizes = np.reshape(begin, -1).tolist(), np.reshape(size, -1).tolist()
    ends = [whole if n == -1 else start + n for start, n, whole in zip(at, sizes, input_.shape, strict=True)]
    if any(not 0 <= start <= end <= whole for start, end, whole in zip(at, ends, input_.shape, strict=True)):
        raise ValueError
    return input_[tuple(map(slice, at, ends))]


SHAPES: dict[str, Callable[..., Any]] = {
    "ExpandDims": _expand, "Squeeze": _squeeze, "Reshape": np.reshape, "Slice": _cut, "Identity": lambda input: input,
}
_ARITHMETIC: dict[str, Callable[..., Any]] = {
    "Cast": _cast, "Add": _arithmetic(np.add), "Sub": _arithmetic(np.subtract), "Mul": _arithmetic(np.multiply),
    "Div": _arithmetic(np.divide), "Neg": _arithmetic(np.negative), "Square": _arithmetic(np.square),
    "Maximum": _arithmetic(np.maximum), "Minimum": _arithmetic(np.minimum),
}


def quick(node: Operation, attrs: Mapping[str, Any], constants: list[Any]) -> Callable[..., Any] | None:
    """What gives the result of an operation of the arrays it takes; None for what NumPy does not do at once.

    Of the inputs, those in `constants` that are not None are known. Where it raises ValueError, IndexError or TypeError,
    the operation's own rule says why.
    """
    if node.type == "Assign":
        return _fitting(node.outputs[0].sizes if attrs["validate_shape"] else None)
    function = SHAPES.get(node.type) or (_ARITHMETIC[node.type] if _is_alike(node) else None)
    if function is None:
        return None
    first = node.inputs[0]
    if node.type == "ExpandDims" and first.sizes == () and first.dtype is dtypes.string:
        return _in_array
    if node.type == "Squeeze" and attrs["squeeze_dims"] == [0] and constants[0] is None:
        return _of_array
    if node.type == "Reshape" and constants[1] is not None:
        sizes = tuple(np.reshape(constants[1], -1).tolist())
        function = lambda tensor, shape: tensor.reshape(sizes)  # noqa: E731
    kind = first.dtype.base_dtype.as_numpy_dtype

    def call(first: Any, *others: Any) -> Any:
        return function(first if isinstance(first, np.ndarray) else np.asarray(first, kind), *others, **attrs)

    return call


def rows(node: Operation, attrs: Mapping[str, Any], constants: list[Any]) -> Callable[..., Any] | None:
    """As `quick`, for several runs at once: inputs that are no constants, and the result, have their dimension in front."""
    kind = node.type
    if kind == "Identity" or (kind in _ARITHMETIC and _is_alike(node)):
        function = SHAPES.get(kind) or _ARITHMETIC[kind]
        return lambda *given: function(*_beside(given, constants), **attrs)
    if kind not in SHAPES or constants[0] is not None or any(constant is None for constant in constants[1:]):
        return None
    known = [np.reshape(constant, -1).tolist() for constant in constants[1:]]
    if kind == "ExpandDims":
        at = known[0][0] + (known[0][0] >= 0)
        return lambda input, dim: _expand(input, at) if at + input.ndim else _refuse()
    if kind == "Squeeze":
        axes = [axis + (axis >= 0) for axis in attrs["squeeze_dims"]]
        return lambda input: np.squeeze(input, tuple(axes or (i for i, n in enumerate(input.shape) if i and n == 1)))
    if kind == "Reshape":
        return lambda tensor, shape: tensor.reshape(len(tensor), *known[0])
    return lambda input_, begin, size: _cut(input_, [0, *known[0]], [-1, *known[1]])


def _refuse() -> Any:
    raise ValueError


def _beside(given: Sequence[Any], constants: list[Any]) -> list[Any]:
    """Operands of several runs, with ones where their shapes are shorter than those of the others."""
    most = max(np.ndim(value) - (constant is None) for value, constant in zip(given, constants, strict=True))
    return [value if constant is not None or value.ndim > most
            else value.reshape(len(value), *[1] * (most + 1 - value.ndim), *value.shape[1:])
            for value, constant in zip(given, constants, strict=True)]


def _fitting(sizes: tuple[int | None, ...] | None) -> Callable[..., Any]:
    """What gives the value of an `Assign`, whose shape must be `sizes`."""

    def call(ref: Any, value: Any) -> Any:
        shape = np.shape(value)
        if sizes is not None and shape != sizes and (
                len(shape) != len(sizes) or any(a not in (None, b) for a, b in zip(sizes, shape, strict=True))):
            raise ValueError
        return value

    return call


def _in_array(text: Any, dim: Any) -> Any:
    """A single string as a vector."""
    if np.reshape(dim, -1).tolist() not in ([0], [-1]) or isinstance(text, np.ndarray):
        raise ValueError
    result = np.empty(1, object)
    result[0] = text
    return result


def _of_array(input: Any) -> Any:
    """The one row of an array."""
    if input.shape[0] != 1:
        raise ValueError
    return input[0]


def _is_alike(node: Operation) -> bool:
    """Whether it is arithmetic that NumPy and XLA do alike."""
    if node.type not in _ARITHMETIC:
        return False
    given, made = node.inputs[0].dtype.base_dtype, node.outputs[0].dtype.base_dtype
    if node.type == "Cast":
        return made in _REAL and (given in _NUMBERS or given is dtypes.bool)
    return given in (_REAL if node.type == "Div" else _NUMBERS)


def _is_candidate(op: Operation) -> bool:
    if any(t.dtype.is_ref_dtype for t in (*op.inputs, *op.outputs)):
        return False
    if op.type in SHAPES:
        return True
    sizes = op.outputs[0].sizes if _is_alike(op) else None
    return sizes is not None and None not in sizes and math.prod(sizes) <= FEW  # type: ignore[arg-type]


def find(order: list[Operation], fed: frozenset[Tensor], is_host: Callable[[Operation], bool]) -> frozenset[Operation]:
    """Those of `order` that take what a host step gives, and give it to host steps only: no gradient passes them."""
    candidates = [op for op in order if (op.type in SHAPES or op.type in _ARITHMETIC) and not is_host(op)
                  and _is_candidate(op)]
    if not candidates:
        return frozenset()
    known = set(order)
    found: set[Operation] = set()
    for op in candidates:  # from what host steps give
        sources = [t for t in op.inputs if t.op.type != "Const"]
        if all(t not in fed and (is_host(t.op) or t.op in found) for t in sources):
            found.add(op)
    for op in reversed(candidates):  # to what they take
        readers = [reader for output in op.outputs for reader in output.consumers() if reader in known]
        if op in found and not all(is_host(reader) or reader in found for reader in readers):
            found.discard(op)
    return frozenset(found)

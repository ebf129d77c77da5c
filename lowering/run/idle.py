"""Operations that NumPy does at once: between host steps they are done there, and no program is run.

They only give an array another shape, or they are arithmetic on few numbers, each of which NumPy and XLA round alike,
with sums of them: what distorts a picture between a reader and a queue.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from lowering.run import pictures
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
    return x.astype(DstT.array_dtype)


def _reshape(tensor: Any, shape: Any) -> Any:
    """As `Reshape`; NumPy takes any negative size for the one that it finds out."""
    sizes = np.reshape(shape, -1).tolist()
    if np.ndim(shape) != 1 or any(size < -1 for size in sizes):
        raise ValueError
    return tensor.reshape(sizes)


def _cut(input_: Any, begin: Any, size: Any) -> Any:
    """As `Slice`; an error where it would not be what is asked for."""
    if np.ndim(begin) != 1 or np.ndim(size) != 1:
        raise ValueError
    at, sizes = np.reshape(begin, -1).tolist(), np.reshape(size, -1).tolist()
    ends = [whole if n == -1 else start + n for start, n, whole in zip(at, sizes, input_.shape, strict=True)]
    if any(not 0 <= start <= end <= whole for start, end, whole in zip(at, ends, input_.shape, strict=True)):
        raise ValueError
    return input_[tuple(map(slice, at, ends))]


SHAPES: dict[str, Callable[..., Any]] = {
    "ExpandDims": _expand, "Squeeze": _squeeze, "Reshape": _reshape, "Slice": _cut, "Identity": lambda input: input,
    "Transpose": pictures.transposed, "Reverse": pictures.mirrored, "Shape": pictures.shape_of, "Rank": pictures.rank_of,
    "Range": pictures.counted, "Pack": pictures.packed, "All": pictures.along(pictures.every),
}
_ELEMENTS: dict[str, Callable[..., Any]] = {
    "Cast": _cast, "Add": np.add, "Sub": np.subtract, "Mul": np.multiply, "Div": np.divide, "Neg": np.negative,
    "Square": np.square, "Maximum": np.maximum, "Minimum": np.minimum, "Mod": pictures.remainder, "Sqrt": np.sqrt,
    "Rsqrt": pictures.reciprocal_root, "Relu": pictures.rectified, "Less": np.less, "LessEqual": np.less_equal,
    "Greater": np.greater, "GreaterEqual": np.greater_equal, "Equal": np.equal, "NotEqual": np.not_equal,
}
_ARITHMETIC: dict[str, Callable[..., Any]] = {
    **_ELEMENTS, "Mean": pictures.along(pictures.mean), "Prod": pictures.along(pictures.product),
    "AdjustContrastv2": pictures.contrasted,
}
_OF_REAL = frozenset({"Div", "Sqrt", "Rsqrt", "Relu", "Mean", "AdjustContrastv2"})
_BY_ATTRIBUTES = frozenset({"All", "Cast", "Mean", "Pack", "Prod", "Range", "Shape", "Squeeze"})
DRAWN = frozenset({"RandomUniform", "RandomUniformInt"})
"""Few random numbers are drawn for many runs at once: see `lowering.host.philox`."""
MOST_DRAWN = 64
STILL = frozenset({*SHAPES, *_ARITHMETIC, "Assert"})
"""Those that give the same in every run where what they take is the same, or only its shape matters."""


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
    if node.type not in _BY_ATTRIBUTES:
        attrs = {}
    if node.type == "Pack":
        return lambda values: function(values, **attrs)
    first = node.inputs[0]
    if node.type == "ExpandDims" and first.sizes == () and first.dtype is dtypes.string:
        return _in_array
    if node.type == "Squeeze" and attrs["squeeze_dims"] == [0] and constants[0] is None:
        return _of_array
    if node.type == "Reshape" and constants[1] is not None:
        sizes = tuple(np.reshape(constants[1], -1).tolist())
        if np.ndim(constants[1]) == 1 and min(sizes, default=0) >= -1:
            function = lambda tensor, shape: tensor.reshape(sizes)  # noqa: E731
    kind = first.dtype.base_dtype.array_dtype

    def call(first: Any, *others: Any) -> Any:
        return function(first if isinstance(first, np.ndarray) else np.asarray(first, kind), *others, **attrs)

    return call


def bare(node: Operation) -> Callable[..., Any] | None:
    """What gives the result of arithmetic on what NumPy has computed."""
    return _ELEMENTS.get(node.type) if _is_alike(node) and node.type not in _BY_ATTRIBUTES else None


def rows(node: Operation, attrs: Mapping[str, Any], constants: list[Any]) -> Callable[..., Any] | None:
    """As `quick`, for several runs at once: inputs that are no constants, and the result, have their dimension in front."""
    kind = node.type
    if kind == "Identity" or (kind in _ELEMENTS and _is_alike(node)):
        function = SHAPES.get(kind) or _ELEMENTS[kind]
        attrs = attrs if kind in _BY_ATTRIBUTES else {}
        return lambda *given: function(*_beside(given, constants), **attrs)
    if kind == "Pack":
        return lambda *given: pictures.packed_rows(given, constants, **attrs)
    if kind in _BY_ROWS and constants[0] is None and (kind in SHAPES or _is_alike(node)):
        if constants[1] is None:
            return _BY_ROWS[kind]
        return (lambda tensor, dims: pictures.mirrored(tensor, np.append(False, dims))) if kind == "Reverse" else None
    if kind == "Slice" and constants[0] is None and constants[1] is None and constants[2] is not None:
        return lambda input_, begin, size: np.stack([_cut(one, at, size) for one, at in zip(input_, begin, strict=True)])
    if kind in ("All", "Mean", "Prod") and constants[0] is None and constants[1] is not None and (
            kind in SHAPES or _is_alike(node)):
        function = SHAPES.get(kind) or _ARITHMETIC[kind]
        return lambda input, axes: function(input, pictures.axes_in_rows(input, axes), **attrs)
    if kind not in _IN_ROWS or constants[0] is not None or any(constant is None for constant in constants[1:]):
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
    if kind == "Transpose":
        return lambda x, perm: x.transpose(0, *(axis + 1 for axis in known[0]))
    return lambda input_, begin, size: _cut(input_, [0, *known[0]], [-1, *known[1]])


_BY_ROWS: dict[str, Callable[..., Any]] = {
    "Reverse": pictures.mirrored_rows, "AdjustContrastv2": pictures.contrasted_rows}
_IN_ROWS = frozenset({"ExpandDims", "Squeeze", "Reshape", "Transpose", "Slice"})


def _refuse() -> Any:
    raise ValueError


def _beside(given: Sequence[Any], constants: list[Any]) -> list[Any]:
    """Operands of several runs, with ones where their shapes are shorter than those of the others."""
    most = max(np.ndim(value) - (constant is None) for value, constant in zip(given, constants, strict=True))
    return [value if constant is not None or value.ndim > most
            else value.reshape(len(value), *[1] * (most + 1 - value.ndim), *value.shape[1:])
            for value, constant in zip(given, constants, strict=True)]


def size_after(node: Operation, sizes: Mapping[Tensor, tuple[int, ...]], known: Callable[[Tensor], Any]) -> Any:
    """The shape of the result, where it follows from constants and from known `sizes`, whatever a file has to say."""
    given = [sizes.get(t) if (value := known(t)) is None else np.shape(value) for t in node.inputs]
    if node.type in ("Reshape", "Slice") and known(node.inputs[-1]) is not None:
        wanted = np.reshape(known(node.inputs[-1]), -1).tolist()
        return None if -1 in wanted else tuple(wanted)
    if node.type in DRAWN and known(node.inputs[0]) is not None:
        return tuple(np.reshape(known(node.inputs[0]), -1).tolist())
    if node.type == "Transpose" and given[0] is not None and known(node.inputs[1]) is not None:
        return tuple(given[0][axis] for axis in np.reshape(known(node.inputs[1]), -1).tolist())
    if node.type in ("Reverse", "AdjustContrastv2", "Identity"):
        return given[0]
    if node.type in _ELEMENTS and None not in given:
        return np.broadcast_shapes(*given)  # type: ignore[arg-type]
    return None


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
        return given is dtypes.bool or (given in _NUMBERS and (made in _REAL or (given not in _REAL and made in _NUMBERS)))
    return given in (_REAL if node.type in _OF_REAL else _NUMBERS)


def _is_candidate(op: Operation) -> bool:
    if any(t.dtype.is_ref_dtype for t in (*op.inputs, *op.outputs)):
        return False
    if op.type in DRAWN:
        return op.outputs[0].dtype in (dtypes.float32, dtypes.int32) and _are_few(op.outputs[0], MOST_DRAWN)
    if op.type in SHAPES or op.type == "Assert":
        return op.type != "Pack" or op.outputs[0].dtype is not dtypes.string
    return _is_alike(op) and all(_are_few(t) for t in (*op.inputs[:1], *op.outputs))


def _are_few(tensor: Tensor, most: int = FEW) -> bool:
    sizes = tensor.sizes
    return sizes is not None and None not in sizes and math.prod(sizes) <= most  # type: ignore[arg-type]


def find(order: list[Operation], fed: frozenset[Tensor], is_host: Callable[[Operation], bool]) -> frozenset[Operation]:
    """Those of `order` that take what a host step gives, and give it to host steps only: no gradient passes them.

    With them goes what else they take, if nothing but they and host steps wants it.
    """
    candidates = [op for op in order if (op.type in STILL or op.type in DRAWN) and not is_host(op) and _is_candidate(op)]
    if not candidates:
        return frozenset()
    known = set(order)
    found: set[Operation] = set()
    rooted: set[Operation] = set()  # in what host steps give
    for op in candidates:  # from what host steps give
        sources = [t for t in op.inputs if t.op.type != "Const"]
        if all(t not in fed and (is_host(t.op) or t.op in found) for t in sources):
            found.add(op)
            if any(t.op not in found or t.op in rooted for t in sources):
                rooted.add(op)
    after: dict[Operation, list[Operation]] = {}
    for op in order if len(found) > len(rooted) else ():
        for before in op.control_inputs:
            after.setdefault(before, []).append(op)
    for op in reversed(candidates):  # to what they take
        if op not in found:
            continue
        users = [reader for output in op.outputs for reader in output.consumers() if reader in known]
        if op not in rooted:
            users += after.get(op, ())
        if not all(is_host(user) or user in found for user in users) or not (users or op in rooted):
            found.discard(op)
    return frozenset(found)

"""A `TensorArray` in a module: a list while the program is written down, and an array within loops."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from lowering.emit.expressions import Expr, UnquotableError, record
from tracer.ir import Operation


class Items:
    """The elements of an array outside of loops, None where nothing is written; `whole` is the array that they were."""

    def __init__(self, items: list[Any], dtype: Any, whole: Any = None) -> None:
        self.items, self.dtype, self.whole = items, dtype, whole


class Stacked:
    """The elements of an array that a loop carries, as one array. Until `array` is known, it notes what is written."""

    def __init__(self, array: Any) -> None:
        self.array = array
        self.element: Any = None


def is_array(value: Any) -> bool:
    """Whether a value is that of a `TensorArray`."""
    return isinstance(value, (Items, Stacked))


def _call(name: str, *args: Any) -> Any:
    return record("call", f"jnp.{name}", args, {}, getattr(jnp, name))


def stacked(value: Items | Stacked, element: Any) -> Any:
    """All elements as one array; those that are not written yet are zeros like `element`."""
    if isinstance(value, Stacked):
        return value.array
    if value.whole is not None:
        return value.whole
    if all(item is None for item in value.items):
        if element is None:
            raise UnquotableError("nothing is written to its TensorArray")
        return _call("zeros", (len(value.items), *element.shape), np.dtype(element.dtype))
    if all(item is not None for item in value.items):
        return _call("stack", value.items)
    written = {i: item for i, item in enumerate(value.items) if item is not None}
    first = next(iter(written.values()))
    whole = _call("zeros", (len(value.items), *np.shape(first)), np.dtype(first.dtype))
    for i, item in written.items():
        whole = whole.at[i].set(item)
    return whole


def _known(index: Any) -> int:
    if isinstance(index, Expr):
        raise UnquotableError("an index of a TensorArray depends on what only a run knows")
    return int(np.asarray(index))


def _create(op: Operation, trace: Any) -> list[Any]:
    size = trace.read(op.inputs[0])
    if isinstance(size, Expr):
        raise UnquotableError("only a run knows how long it is, and the arrays of JAX are as long as it is compiled for: a "
                              "constant, or the size of a shape, is a length that is known")
    return [Items([None] * _known(size), np.dtype(op.attrs["dtype"].array_dtype))]


def _start(op: Operation, trace: Any) -> list[Any]:
    return [trace.read(op.inputs[0])]


def _write(op: Operation, trace: Any) -> list[Any]:
    _, index, value, flow = (trace.read(t) for t in op.inputs)
    if isinstance(flow, Stacked):
        if flow.array is None:
            flow.element = value
            return [flow]
        return [Stacked(flow.array.at[index].set(value))]
    at = _known(index)
    items = [*flow.items, *[None] * (at + 1 - len(flow.items))]
    items[at] = value
    return [Items(items, flow.dtype)]


def _read(op: Operation, trace: Any) -> list[Any]:
    _, index, flow = (trace.read(t) for t in op.inputs)
    if isinstance(flow, Stacked):
        return [flow.array[index]]
    return [flow.whole[index] if flow.whole is not None else flow.items[_known(index)]]


def _pack(op: Operation, trace: Any) -> list[Any]:
    return [stacked(trace.read(op.inputs[1]), None)]


def _unpack(op: Operation, trace: Any) -> list[Any]:
    value = trace.read(op.inputs[1])
    if not isinstance(value, Expr) or value.kind == "name":  # NumPy's arrays take no index that a loop counts
        value = _call("asarray", value)
    return [Items([value[i] for i in range(value.shape[0])], value.dtype, value)]


def _gather(op: Operation, trace: Any) -> list[Any]:
    return [stacked(trace.read(op.inputs[2]), None)[trace.read(op.inputs[1])]]


def _scatter(op: Operation, trace: Any) -> list[Any]:
    _, indices, value, flow = (trace.read(t) for t in op.inputs)
    value = value if isinstance(value, Expr) else _call("asarray", value)
    if isinstance(flow, Stacked) or isinstance(indices, Expr):
        raise UnquotableError("elements are written to its TensorArray at places that only a run knows")
    places = np.asarray(indices).tolist()
    if places == list(range(len(flow.items))) and all(item is None for item in flow.items):
        return [Items([value[k] for k in places], flow.dtype, value)]
    items = [*flow.items, *[None] * (max(places, default=-1) + 1 - len(flow.items))]
    for k, at in enumerate(places):
        items[at] = value[k]
    return [Items(items, flow.dtype)]


def _concat(op: Operation, trace: Any) -> list[Any]:
    flow = trace.read(op.inputs[1])
    if isinstance(flow, Stacked):
        rows, *rest = flow.array.shape[1:]
        whole = flow.array.reshape((flow.array.shape[0] * rows, *rest))
        return [whole, np.full(flow.array.shape[0], rows, np.int64)]
    return [_call("concatenate", flow.items), np.array([np.shape(item)[0] for item in flow.items], np.int64)]


def _split(op: Operation, trace: Any) -> list[Any]:
    value, lengths = trace.read(op.inputs[1]), trace.read(op.inputs[2])
    if isinstance(lengths, Expr):
        raise UnquotableError("the lengths of a TensorArray's elements depend on what only a run knows")
    ends = np.cumsum(np.asarray(lengths)).tolist()
    return [Items([value[end - int(n):end] for end, n in zip(ends, lengths, strict=True)], value.dtype)]


def _size(op: Operation, trace: Any) -> list[Any]:
    flow = trace.read(op.inputs[1])
    return [np.int32(flow.array.shape[0] if isinstance(flow, Stacked) else len(flow.items))]


def _close(op: Operation, trace: Any) -> list[Any]:
    return []


RULES: dict[str, Callable[[Operation, Any], list[Any]]] = {
    "TensorArray": _create, "TensorArrayStart": _start, "TensorArrayWrite": _write, "TensorArrayRead": _read,
    "TensorArrayPack": _pack, "TensorArrayUnpack": _unpack, "TensorArrayConcat": _concat, "TensorArraySplit": _split,
    "TensorArraySize": _size, "TensorArrayClose": _close, "TensorArrayGather": _gather, "TensorArrayScatter": _scatter}
RULES |= {f"{name}V2": rule for name, rule in RULES.items()}


def outline(value: Any) -> jax.ShapeDtypeStruct:
    """The shape and type of a value."""
    return jax.ShapeDtypeStruct(np.shape(value), np.dtype(value.dtype))

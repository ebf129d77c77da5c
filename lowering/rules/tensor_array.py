"""Rules of `TensorArray`: a flow tensor's value is the elements written so far."""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp
import numpy as np

from lowering.arrays import Elements, Handle, known_index
from lowering.registry import Static, lowers
from tracer import errors

_C_TYPES = {"float32": "float", "float64": "double", "float16": "half"}


@lowers("TensorArray", pure=False)
def tensor_array(size: Static, *, dtype: Any, dynamic_size: bool, clear_after_read: bool,
                 tensor_array_name: str) -> Any:
    return Handle(tensor_array_name, int(size), dtype, dynamic_size, clear_after_read)


@lowers("TensorArrayStart", pure=False)
def start(handle: Handle, flow: Any) -> Any:
    return Elements([None] * handle.size)


def _problem(handle: Handle, text: str) -> errors.InvalidArgumentError:
    return errors.InvalidArgumentError(None, None, f"TensorArray {handle.name}: {text}")


def _named(handle: Handle, text: str) -> Any:
    return lambda index: f"TensorArray {handle.name}: {text.format(index=int(index))}"


def _type_name(dtype: Any) -> str:
    return _C_TYPES.get(dtype.name, dtype.name)


@lowers("TensorArrayWrite", pure=False)
def write(handle: Handle, index: Any, value: Any, flow_in: Elements, *, check: Any) -> Any:
    value = jnp.asarray(value)
    if value.dtype != np.dtype(handle.dtype.as_numpy_dtype):
        raise _problem(handle, f"Could not write to TensorArray index {index} because the value dtype is "
                               f"{_C_TYPES.get(value.dtype.name, value.dtype.name)} but TensorArray dtype is "
                               f"{_type_name(handle.dtype)}.")
    size = flow_in.size
    at = known_index(index)
    outside = f"Tried to write to index {{index}} but array is not resizeable and size is: {size}"
    if at is not None and flow_in.items is not None:
        if at < 0 or (at >= size and not handle.dynamic_size):
            raise _problem(handle, outside.format(index=at))
        items = flow_in.items + [None] * (at + 1 - size)
        if items[at] is not None:
            raise _problem(handle, f"Could not write to TensorArray index {at} because it has already been written to.")
        items[at] = value
        return Elements(items)
    if handle.dynamic_size and at is None:
        check(jnp.asarray(index) < size, _named(
            handle, f"index {{index}} lies beyond the size {size}: in a loop a TensorArray cannot grow; make it with "
                    "its final size"), jnp.asarray(index))
    elements = flow_in.spread(value)
    index = jnp.asarray(index)
    inside = (index >= 0) & (index < size)
    check(inside, _named(handle, outside), index)
    check(~inside | ~elements.written[index], _named(
        handle, "Could not write to TensorArray index {index} because it has already been written to."), index)
    if elements.stacked.shape[1:] != value.shape:
        raise _problem(handle, "Could not write to TensorArray because the value shape is "
                               f"{list(value.shape)} which is incompatible with the other elements' "
                               f"{list(elements.stacked.shape[1:])}.")
    return Elements(None, elements.stacked.at[index].set(value), elements.written.at[index].set(True))


@lowers("TensorArrayRead", pure=False)
def read(handle: Handle, index: Any, flow_in: Elements, *, dtype: Any, check: Any) -> Any:
    if dtype is not handle.dtype:
        raise _problem(handle, f"TensorArray dtype is {_type_name(handle.dtype)} but Op requested dtype "
                               f"{_type_name(dtype)}.")
    size = flow_in.size
    at = known_index(index)
    outside = f"Tried to read from index {{index}} but array size is: {size}"
    unwritten = "Could not read from TensorArray index {index} because it has not yet been written to."
    if at is not None and flow_in.items is not None:
        if not 0 <= at < size:
            raise _problem(handle, outside.format(index=at))
        if flow_in.items[at] is None:
            raise _problem(handle, unwritten.format(index=at))
        return flow_in.items[at]
    elements = flow_in.spread()
    if elements.stacked is None:
        raise _problem(handle, unwritten.format(index=0))
    index = jnp.asarray(index)
    inside = (index >= 0) & (index < size)
    check(inside, _named(handle, outside), index)
    check(~inside | elements.written[index], _named(handle, unwritten), index)
    return elements.stacked[index]


def _all_written(handle: Handle, flow_in: Elements, check: Any) -> Elements:
    unwritten = "Could not read from TensorArray index {index} because it has not yet been written to."
    if flow_in.items is not None:
        missing = next((i for i, item in enumerate(flow_in.items) if item is None), None)
        if missing is not None:
            raise _problem(handle, unwritten.format(index=missing))
    elif flow_in.size:
        check(flow_in.written.all(), _named(handle, unwritten), jnp.argmin(flow_in.written))
    return flow_in


@lowers("TensorArrayPack", pure=False)
def pack(handle: Handle, flow_in: Elements, *, dtype: Any, check: Any, declared: Any) -> Any:
    elements = _all_written(handle, flow_in, check)
    if not elements.size:
        sizes = declared[0] or (0,)
        return jnp.zeros((0, *(0 if s is None else s for s in sizes[1:])), dtype.as_numpy_dtype)
    if elements.items is not None:
        shapes = [jnp.shape(item) for item in elements.items]
        for i, shape in enumerate(shapes):
            if shape != shapes[0]:
                raise _problem(handle, f"TensorArray has inconsistent shapes.  Index 0 has shape: {list(shapes[0])} "
                                       f"but index {i} has shape: {list(shape)}")
    return elements.spread().stacked


@lowers("TensorArrayUnpack", pure=False)
def unpack(handle: Handle, value: Any, flow_in: Elements) -> Any:
    value = jnp.asarray(value)
    if not value.ndim:
        raise _problem(handle, "Input value for unpack must be at least a vector but received shape: []")
    size = flow_in.size
    if value.shape[0] != size and not (handle.dynamic_size and value.shape[0] > size):
        raise _problem(handle, "Input value must have first dimension equal to the array size "
                               f"({value.shape[0]} vs. {size})")
    return Elements(None, value, jnp.ones(value.shape[0], bool))


@lowers("TensorArrayConcat", pure=False)
def concat(handle: Handle, flow_in: Elements, *, dtype: Any, check: Any) -> Any:
    elements = _all_written(handle, flow_in, check)
    items = elements.items if elements.items is not None else list(elements.stacked)
    for i, item in enumerate(items):
        if not jnp.ndim(item):
            raise _problem(handle, f"Concat saw a scalar shape at index {i} but requires at least vectors.")
        if jnp.shape(item)[1:] != jnp.shape(items[0])[1:]:
            raise _problem(handle, "TensorArray has inconsistent shapes.  Index 0 has (excepting dimension 0) shape: "
                                   f"{list(jnp.shape(items[0])[1:])} but index {i} has (excepting dimension 0) shape: "
                                   f"{list(jnp.shape(item)[1:])}")
    return jnp.concatenate(items), np.array([jnp.shape(item)[0] for item in items], np.int64)


@lowers("TensorArraySplit", pure=False)
def split(handle: Handle, value: Any, lengths: Static, flow_in: Elements) -> Any:
    value = jnp.asarray(value)
    if lengths.ndim != 1:
        raise _problem(handle, f"Expected lengths to be a vector, received shape: {list(lengths.shape)}")
    if not value.ndim:
        raise _problem(handle, "Expected value to be at least a vector, but received shape: []")
    if lengths.sum() != value.shape[0]:
        raise _problem(handle, f"Expected sum of lengths to be equal to values.shape[0], but sum of lengths is "
                               f"{lengths.sum()} and value's shape is: {list(value.shape)}")
    if len(lengths) != flow_in.size and not handle.dynamic_size:
        raise _problem(handle, f"TensorArray's size is not equal to the size of lengths ({flow_in.size} vs. "
                               f"{len(lengths)}), and the TensorArray is not marked as dynamically resizeable")
    return Elements(jnp.split(value, np.cumsum(lengths)[:-1]))


@lowers("TensorArraySize", pure=False)
def size(handle: Handle, flow_in: Elements) -> Any:
    return np.array(flow_in.size, np.int32)


@lowers("TensorArrayClose", pure=False)
def close(handle: Handle) -> None:
    return None

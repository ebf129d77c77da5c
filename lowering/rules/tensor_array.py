"""Rules of `TensorArray`: a flow tensor's value is the elements written so far.

Arrays of strings live on the host, as NumPy arrays of objects; everything here takes those as well.
"""

from __future__ import annotations

import dataclasses
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from lowering.interpret import DIFFERENTIATED
from lowering.kernels.arrays import ArrayGrowsError, Elements, Handle, UnwrittenError, known_index
from lowering.registry import Partly, Static, lowers
from tracer import errors

_C_TYPES = {"float32": "float", "float64": "double", "float16": "half"}
_UNWRITTEN = "Could not read from TensorArray index {index} because it has not yet been written to."
_WRITTEN = "Could not write to TensorArray index {index} because it has already been written to."


@lowers("TensorArray", "TensorArrayV2", pure=False, strings=True)
def tensor_array(size: Static, *, dtype: Any, dynamic_size: bool, clear_after_read: bool,
                 tensor_array_name: str, op: Any, temporaries: set | None = None) -> Any:
    if np.ndim(size):
        raise errors.InvalidArgumentError(None, None, "TensorArray size must be scalar, but had shape: "
                                          f"{list(np.shape(size))}")
    name = tensor_array_name or op.name
    if temporaries is not None:
        if ("TensorArray", name) in temporaries:  # an error in 0.8; since 0.11, as here, another array
            name = f"{name}_{op.name}"
        temporaries.add(("TensorArray", name))
    return Handle(name, int(size), dtype, dynamic_size, clear_after_read)


def _once(temporaries: set | None, what: tuple, error: errors.OpError) -> None:
    """Raises `error` the second time that a program says `what`."""
    if temporaries is not None:
        if what in temporaries:
            raise error
        temporaries.add(what)


def _check_open(handle: Handle, temporaries: set | None) -> None:
    if temporaries is not None and ("closed", handle.name) in temporaries:
        raise errors.InvalidArgumentError(None, None, f"TensorArray {handle.name} has already been closed.")


@lowers("TensorArrayStart", pure=False, strings=True)
def start(handle: Handle, flow: Any) -> Any:
    if not isinstance(flow, Elements):
        return Elements([None] * handle.size)
    return flow.zeros() if handle.adds else Elements([None] * flow.size)


@lowers("TensorArrayGrad", "TensorArrayGradV2", pure=False, strings=True)
def grad(handle: Handle, flow_in: Elements, *, source: str) -> Any:
    return dataclasses.replace(handle, name=f"{handle.name}@{source}", size=flow_in.size, dynamic_size=False, adds=True)


def _problem(handle: Handle, text: str) -> errors.InvalidArgumentError:
    return errors.InvalidArgumentError(None, None, f"TensorArray {handle.name}: {text}")


def _named(handle: Handle, text: str) -> Any:
    return lambda index: f"TensorArray {handle.name}: {text.format(index=int(index))}"


def _growing(handle: Handle, size: int) -> Any:
    return lambda index: ArrayGrowsError(None, None, _behind(handle, int(index), size))


def _behind(handle: Handle, index: int, size: int) -> str:
    return (f"TensorArray {handle.name}: Tried to write to index {index}, but within this loop the array has the size "
            f"{size}: make it with its final size")


def _unknown(handle: Handle, at: int | None) -> errors.InvalidArgumentError:
    """Nothing is written where something is read: in a loop that writes later on, an earlier trip may have done so."""
    problem = _problem(handle, _UNWRITTEN.format(index=at or 0))
    return problem if at is not None else UnwrittenError(None, None, problem.message)


def _type_name(dtype: Any) -> str:
    return str(_C_TYPES.get(dtype.name, dtype.name))


def _array(value: Any) -> Any:
    """As a JAX array; strings as they are."""
    return value if isinstance(value, np.ndarray) and value.dtype == object else jnp.asarray(value)


def _check_type(handle: Handle, value: Any) -> None:
    if value.dtype != np.dtype(handle.dtype.array_dtype):
        kind = "string" if value.dtype == object else _C_TYPES.get(value.dtype.name, value.dtype.name)
        raise _problem(handle, f"TensorArray dtype is {_type_name(handle.dtype)} but Op is trying to write dtype "
                               f"{kind}.")


@lowers("TensorArrayWrite", "TensorArrayWriteV2", pure=False, strings=True)
def write(handle: Handle, index: Any, value: Any, flow_in: Elements, *, check: Any, op: Any,
          temporaries: set | None = None) -> Any:
    _check_open(handle, temporaries)
    value = _array(value)
    _check_type(handle, value)
    size = flow_in.size
    at = known_index(index)
    outside = f"Tried to write to index {{index}} but array is not resizeable and size is: {size}"
    if at is not None and flow_in.items is not None:
        if at < 0 or (at >= size and not handle.dynamic_size):
            raise _problem(handle, outside.format(index=at))
        items = flow_in.items + [None] * (at + 1 - size)
        items[at] = _added(handle, at, items[at], value)
        return Elements(items)
    if handle.dynamic_size and at is not None:
        flow_in = flow_in.grown(at + 1)
        size = flow_in.size
    elif handle.dynamic_size and not size:
        raise ArrayGrowsError(None, op, _behind(handle, 0, 0))
    elements = flow_in.spread(value)
    if elements.stacked.shape[1:] != value.shape:
        raise _problem(handle, f"Could not write to TensorArray because the value shape is {list(value.shape)} which "
                               f"is incompatible with the other elements' {list(elements.stacked.shape[1:])}.")
    index = jnp.asarray(index)
    inside = (index >= 0) & (index < size)
    check(inside, _growing(handle, size) if handle.dynamic_size else _named(handle, outside), index)
    if not size:
        return elements
    if handle.adds:
        return Elements(None, elements.stacked.at[index].add(value), elements.written.at[index].set(True))
    check(~inside | ~elements.written[index], _named(handle, _WRITTEN), index)
    differentiated = temporaries is not None and DIFFERENTIATED in temporaries
    stacked = _put(elements.stacked, index, value) if differentiated else elements.stacked.at[index].set(value)
    return Elements(None, stacked, elements.written.at[index].set(True))


@jax.custom_vjp
def _put(rows: Any, index: Any, value: Any) -> Any:
    """`rows` with `value` in the place of one that nothing has been written to: by which nobody asks for a gradient."""
    return rows.at[index].set(value)


def _put_forward(rows: Any, index: Any, value: Any) -> tuple:
    return _put(rows, index, value), index


def _put_back(index: Any, gradient: Any) -> tuple:
    """That of the rows is left as it is: to set the one to zero takes a copy of all, in each round of a loop."""
    return gradient, np.zeros(np.shape(index), jax.dtypes.float0), gradient[index]


_put.defvjp(_put_forward, _put_back)


def _added(handle: Handle, at: int, item: Any, value: Any) -> Any:
    """The element `at` after `value` has been written to it."""
    if item is None:
        return value
    if not handle.adds:
        raise _problem(handle, _WRITTEN.format(index=at))
    _check_sum(handle, at, np.shape(item), np.shape(value))
    return item + value


def _check_sum(handle: Handle, at: int, old: tuple[int, ...], new: tuple[int, ...]) -> None:
    if old != new:
        raise _problem(handle, f"Could not aggregate to TensorArray index {at} because the existing shape is "
                               f"{list(old)} but the new input shape is {list(new)}.")


@lowers("TensorArrayRead", "TensorArrayReadV2", pure=False, strings=True)
def read(handle: Handle, index: Any, flow_in: Elements, *, dtype: Any, check: Any,
         temporaries: set | None = None) -> Any:
    _check_open(handle, temporaries)
    if dtype is not handle.dtype:
        raise _problem(handle, f"TensorArray dtype is {_type_name(handle.dtype)} but Op requested dtype "
                               f"{_type_name(dtype)}.")
    size = flow_in.size
    at = known_index(index)
    outside = f"Tried to read from index {{index}} but array size is: {size}"
    if at is not None and flow_in.items is not None:
        if not 0 <= at < size:
            raise _problem(handle, outside.format(index=at))
        if flow_in.items[at] is None:
            raise _problem(handle, _UNWRITTEN.format(index=at))
        _note_read(handle, at, temporaries)
        return flow_in.items[at]
    if at is not None:
        _note_read(handle, at, temporaries)
    elements = flow_in.spread()
    if elements.stacked is None:
        raise _unknown(handle, at)
    index = jnp.asarray(index)
    inside = (index >= 0) & (index < size)
    check(inside, _named(handle, outside), index)
    if not size:
        return jnp.zeros(elements.stacked.shape[1:], elements.stacked.dtype)
    check(~inside | elements.written[index], _named(handle, _UNWRITTEN), index)
    return elements.stacked[index]


def _note_read(handle: Handle, at: int, temporaries: set | None) -> None:
    """An element can be read once. Told where the index is known; in a loop a second read gives the element again.

    What is computed only to be differentiated may read as often as it likes: TensorFlow's gradients compute none of it.
    """
    if handle.clear_after_read and temporaries is not None and DIFFERENTIATED not in temporaries:
        _once(temporaries, ("read", handle.name, at), _problem(
            handle, f"Could not read index {at} twice because it was cleared after a previous read (perhaps try "
                    "setting clear_after_read = false?)"))


def _all_written(handle: Handle, flow_in: Elements, check: Any) -> Elements:
    if flow_in.items is not None:
        missing = next((i for i, item in enumerate(flow_in.items) if item is None), None)
        if missing is not None:
            raise _problem(handle, _UNWRITTEN.format(index=missing))
    elif flow_in.size:
        check(flow_in.written.all(), _named(handle, _UNWRITTEN), jnp.argmin(flow_in.written))
    return flow_in


@lowers("TensorArrayPack", pure=False, strings=True)
def pack(handle: Handle, flow_in: Elements, *, dtype: Any, check: Any, declared: Any) -> Any:
    elements = _all_written(handle, flow_in, check)
    if not elements.size:
        sizes = declared[0] or (0,)
        return np.zeros((0, *(0 if s is None else s for s in sizes[1:])), dtype.array_dtype)
    if elements.items is None:
        return elements.stacked
    shapes = [np.shape(item) for item in elements.items]
    for i, shape in enumerate(shapes):
        if shape != shapes[0]:
            raise _problem(handle, f"TensorArray has inconsistent shapes.  Index 0 has shape: {list(shapes[0])} "
                                   f"but index {i} has shape: {list(shape)}")
    return (np if handle.dtype.name == "string" else jnp).stack(elements.items)


@lowers("TensorArrayGather", "TensorArrayGatherV2", pure=False, strings=True)
def gather(handle: Handle, indices: Partly, flow_in: Elements, *, dtype: Any, check: Any, declared: Any) -> Any:
    places = _places(indices)
    if places == list(range(flow_in.size)):
        return pack(handle, flow_in, dtype=dtype, check=check, declared=declared)
    size = flow_in.size
    outside = f"Tried to read from index {{index}} but array size is: {size}"
    if places is not None and flow_in.items is not None:
        wrong = next((at for at in places if not 0 <= at < size), None)
        if wrong is not None:
            raise _problem(handle, outside.format(index=wrong))
        missing = next((at for at in places if flow_in.items[at] is None), None)
        if missing is not None:
            raise _problem(handle, _UNWRITTEN.format(index=missing))
        some = Elements([flow_in.items[at] for at in places])
        return pack(handle, some, dtype=dtype, check=check, declared=declared)
    elements = flow_in.spread()
    if elements.stacked is None:
        raise _unknown(handle, None)
    at = jnp.stack([jnp.asarray(index) for index in indices])
    inside = (at >= 0) & (at < size)
    check(inside.all(), _named(handle, outside), at[jnp.argmin(inside)])
    written = elements.written[at] | ~inside
    check(written.all(), _named(handle, _UNWRITTEN), at[jnp.argmin(written)])
    return elements.stacked[at]


def _places(indices: Any) -> list[int] | None:
    """The indices as numbers when all of them are known while tracing."""
    known = [known_index(index) for index in indices]
    return None if None in known else known  # type: ignore[return-value]


@lowers("TensorArrayScatter", "TensorArrayScatterV2", pure=False, strings=True)
def scatter(handle: Handle, indices: Partly, value: Any, flow_in: Elements, *, check: Any, op: Any) -> Any:
    value = _array(value)
    _check_type(handle, value)
    if not value.ndim:
        raise _problem(handle, "Input value for unpack must be at least a vector but received shape: []")
    if value.shape[0] != len(indices):
        raise _problem(handle, "Expected len(indices) == values.shape[0], but saw: "
                               f"{len(indices)} vs. {value.shape[0]}")
    places = _places(indices)
    untouched = flow_in.items is not None and all(item is None for item in flow_in.items)
    if (untouched or handle.adds) and places == list(range(max(flow_in.size, len(indices)))):
        return unpack(handle, value, flow_in)
    for index, row in zip(indices, value, strict=True):
        flow_in = write(handle, index, row, flow_in, check=check, op=op)
    return flow_in


@lowers("TensorArrayUnpack", pure=False, strings=True)
def unpack(handle: Handle, value: Any, flow_in: Elements) -> Any:
    value = _array(value)
    _check_type(handle, value)
    if not value.ndim:
        raise _problem(handle, "Input value for unpack must be at least a vector but received shape: []")
    size = flow_in.size
    if value.shape[0] != size and not (handle.dynamic_size and value.shape[0] > size):
        raise _problem(handle, "Input value must have first dimension equal to the array size "
                               f"({value.shape[0]} vs. {size})")
    if handle.adds:
        return _sum(handle, flow_in, value)
    taken = next((i for i, item in enumerate(flow_in.items or ()) if item is not None), None)
    if taken is not None:
        raise _problem(handle, _WRITTEN.format(index=taken))
    if isinstance(value, np.ndarray):
        return Elements(list(value) if value.ndim > 1 else [np.array(item, object) for item in value])
    return Elements(None, value, jnp.ones(value.shape[0], bool))


def _sum(handle: Handle, flow_in: Elements, rows: Any) -> Elements:
    """The gradients with `rows` added to them."""
    row = jax.ShapeDtypeStruct(rows.shape[1:], rows.dtype)
    for at, item in enumerate(flow_in.items or ()):
        _check_sum(handle, at, row.shape if item is None else np.shape(item), row.shape)
    elements = flow_in.spread(row)
    _check_sum(handle, 0, elements.stacked.shape[1:], row.shape)
    return Elements(None, elements.stacked + rows, jnp.ones(rows.shape[0], bool))


@lowers("TensorArrayConcat", "TensorArrayConcatV2", pure=False, strings=True)
def concat(handle: Handle, flow_in: Elements, *, dtype: Any, check: Any) -> Any:
    elements = _all_written(handle, flow_in, check)
    items = elements.items if elements.items is not None else list(elements.stacked)
    for i, item in enumerate(items):
        if not np.ndim(item):
            raise _problem(handle, f"Concat saw a scalar shape at index {i} but requires at least vectors.")
        if np.shape(item)[1:] != np.shape(items[0])[1:]:
            raise _problem(handle, "TensorArray has inconsistent shapes.  Index 0 has (excepting dimension 0) shape: "
                                   f"{list(np.shape(items[0])[1:])} but index {i} has (excepting dimension 0) shape: "
                                   f"{list(np.shape(item)[1:])}")
    lengths = np.array([np.shape(item)[0] for item in items], np.int64)
    if not items:
        return np.zeros((0,), dtype.array_dtype), lengths
    return (np if handle.dtype.name == "string" else jnp).concatenate(items), lengths


@lowers("TensorArraySplit", "TensorArraySplitV2", pure=False, strings=True)
def split(handle: Handle, value: Any, lengths: Static, flow_in: Elements) -> Any:
    value = _array(value)
    _check_type(handle, value)
    if lengths.ndim != 1:
        raise _problem(handle, f"Expected lengths to be a vector, received shape: {list(lengths.shape)}")
    if not value.ndim:
        raise _problem(handle, "Expected value to be at least a vector, but received shape: []")
    if lengths.sum() != value.shape[0]:
        raise _problem(handle, f"Expected sum of lengths to be equal to values.shape[0], but sum of lengths is "
                               f"{lengths.sum()} and value's shape is: {list(value.shape)}")
    if len(lengths) != flow_in.size and not (handle.dynamic_size and len(lengths) > flow_in.size):
        raise _problem(handle, f"TensorArray's size is not equal to the size of lengths ({flow_in.size} vs. "
                               f"{len(lengths)}), and the TensorArray is not marked as dynamically resizeable")
    pieces = (np if isinstance(value, np.ndarray) else jnp).split(value, np.cumsum(lengths)[:-1])
    if handle.adds:
        before = list(flow_in.stacked) if flow_in.items is None else flow_in.items
        pieces = [_added(handle, at, item, piece) for at, (item, piece) in enumerate(zip(before, pieces, strict=True))]
    return Elements(pieces)


@lowers("TensorArraySize", "TensorArraySizeV2", pure=False, strings=True)
def size(handle: Handle, flow_in: Elements) -> Any:
    return np.array(flow_in.size, np.int32)


@lowers("TensorArrayClose", "TensorArrayCloseV2", pure=False, strings=True)
def close(handle: Handle, *, temporaries: set | None = None) -> None:
    if temporaries is not None:
        temporaries.add(("closed", handle.name))

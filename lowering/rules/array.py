"""Tensors named, measured, reshaped, joined and cut."""

from __future__ import annotations

import math
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from lowering import symbolic
from lowering.registry import Partly, Static, lowers
from tracer.ir import Operation, Tensor


@lowers("Identity", "RefIdentity", "PlaceholderWithDefault")
def identity(input: Any) -> Any:
    return input


@lowers("StopGradient")
def stop_gradient(input: Any) -> Any:
    return lax.stop_gradient(input)


# -- measures


@lowers("Shape")
def shape(input: Any) -> Any:
    return symbolic.measured(np.shape(input))


@lowers("ShapeN")
def shape_n(input: Any) -> Any:
    return [symbolic.measured(np.shape(array)) for array in input]


@lowers("Rank")
def rank(input: Any) -> Any:
    return np.array(np.ndim(input), np.int32)


@lowers("Size")
def size(input: Any) -> Any:
    return symbolic.measured([math.prod(np.shape(input))]).reshape(())


# -- the same elements in another form


@lowers("Reshape")
def reshape(tensor: Any, shape: Static) -> Any:
    if shape.ndim != 1:
        raise ValueError(f"sizes input must be 1-D, not shape {text(shape.shape)}")
    return jnp.reshape(tensor, completed(shape.tolist(), np.size(tensor)))


def completed(sizes: list[int], count: int, one: str = "input size", whole: str = "tensor",
              values: str = "values") -> list[int]:
    """The sizes of a reshape of `count` elements, with the one that is -1 worked out; the rest is for messages."""
    unknown = [at for at, size in enumerate(sizes) if size == -1]
    if len(unknown) > 1:
        raise ValueError(f"only one {one} may be -1, not both {unknown[0]} and {unknown[1]}")
    for at, size in enumerate(sizes):
        if size < -1:
            raise ValueError(f"size {at} must be non-negative, not {size}")
    rest = math.prod(size for size in sizes if size != -1)
    if not unknown:
        if count != rest:
            raise ValueError(f"Input to reshape is a tensor with {count} {values}, but the requested shape has {rest}")
        return sizes
    if rest == 0:
        raise ValueError("reshape cannot infer the missing input size for an empty tensor unless all specified "
                         "input sizes are non-zero")
    if count % rest:
        raise ValueError(f"Input to reshape is a {whole} with {count} {values}, but the requested shape requires a "
                         f"multiple of {rest}")
    return [count // rest if size == -1 else size for size in sizes]


@lowers("ExpandDims")
def expand_dims(input: Any, dim: Static) -> Any:
    at, count = int(dim.flat[0]), np.ndim(input)
    if not -count - 1 <= at <= count:
        raise ValueError(f"Tried to expand dim index {at} for tensor with {count} dimensions.")
    return jnp.expand_dims(input, at)


@lowers("Squeeze")
def squeeze(input: Any, *, squeeze_dims: Any) -> Any:
    sizes, count = np.shape(input), np.ndim(input)
    for axis in squeeze_dims:
        if not -count <= axis < count:
            raise ValueError(f"Tried to squeeze dim index {axis} for tensor with {count} dimensions.")
    chosen = {axis % count for axis in squeeze_dims} or {axis for axis in range(count) if sizes[axis] == 1}
    for axis in sorted(chosen):
        if sizes[axis] != 1:
            raise ValueError(f"Tried to explicitly squeeze dimension {axis} but dimension was not 1: {sizes[axis]}")
    return jnp.squeeze(input, tuple(chosen))


@lowers("Transpose")
def transpose(x: Any, perm: Static) -> Any:
    count = np.ndim(x)
    if perm.ndim != 1:
        raise ValueError(f"perm must be a vector, not {text(perm.shape)}")
    if perm.size != count:
        raise ValueError(f"transpose expects a vector of size {count}. But input(1) is a vector of size {perm.size}")
    order = perm.tolist()
    for axis in order:
        if not 0 <= axis < count:
            raise ValueError(f"{axis} is out of range [0 .. {count})")
    for axis in range(count):
        if axis not in order:
            raise ValueError(f"{axis} is missing from {{{','.join(map(str, order))}}}.")
    return jnp.transpose(x, order)


@lowers("Bitcast")
def bitcast(input: Any, *, type: Any) -> Any:
    source, target = np.dtype(input.dtype), np.dtype(type.as_numpy_dtype)
    if source.itemsize < target.itemsize and (not input.ndim or input.shape[-1] != target.itemsize // source.itemsize):
        raise ValueError(f"Cannot bitcast from {source} to {target}: shape {text(input.shape)}")
    if "c" in (source.kind, target.kind):  # what XLA has no bitcast for: through the parts
        return _bitcast_complex(jnp.asarray(input), source, target)
    return lax.bitcast_convert_type(jnp.asarray(input), target)


def _bitcast_complex(input: Any, source: np.dtype, target: np.dtype) -> Any:
    if source == target:
        return input
    if source.kind == "c":
        parts = jnp.stack([input.real, input.imag], -1)
        if target.kind == "c":
            return _bitcast_complex(lax.bitcast_convert_type(parts, np.dtype(target.type(0).real)), parts.dtype, target)
        if target.itemsize == source.itemsize:
            return lax.bitcast_convert_type(lax.bitcast_convert_type(parts, np.uint32), target)
        parts = lax.bitcast_convert_type(parts, target)
        return parts if parts.ndim == input.ndim + 1 else parts.reshape((*input.shape, math.prod(parts.shape[input.ndim:])))
    half = np.dtype(target).type(0).real.dtype
    width = half.itemsize // source.itemsize
    if width >= 1:
        parts = input.reshape((*input.shape[:-1], 2, width) if width > 1 else (*input.shape[:-1], 2))
        parts = lax.bitcast_convert_type(parts, half)
    else:
        parts = lax.bitcast_convert_type(input, half)
    return lax.complex(parts[..., 0], parts[..., 1])


# -- joined and cut


@lowers("Concat")
def concat(concat_dim: Static, values: Any) -> Any:
    if concat_dim.ndim:
        raise ValueError(f"Concat dim tensor should be a scalar integer, but got shape {text(concat_dim.shape)}")
    axis, count = int(concat_dim), np.ndim(values[0])
    first = np.shape(values[0])
    if not 0 <= axis < count:
        raise ValueError(f"ConcatOp : Expected concatenating dimensions in the range [0, {count}), but got {axis}")
    for i, value in enumerate(values[1:], 1):
        sizes = np.shape(value)
        if len(sizes) != count:
            raise ValueError(f"ConcatOp : Ranks of all input tensors should match: shape[0] = {text(first)} vs. "
                             f"shape[{i}] = {text(sizes)}")
        if sizes[:axis] + sizes[axis + 1:] != first[:axis] + first[axis + 1:]:
            raise ValueError(f"ConcatOp : Dimensions of inputs should match: shape[0] = {text(first)} vs. "
                             f"shape[{i}] = {text(sizes)}")
    return jnp.concatenate(values, axis)


@lowers("ConcatOffset")
def concat_offset(concat_dim: Static, shape: Any, *, check: Any) -> Any:
    if concat_dim.ndim:
        raise ValueError(f"Concat dim tensor should be a scalar integer, but got shape {text(concat_dim.shape)}")
    for i, sizes in enumerate(shape):
        if np.ndim(sizes) != 1:
            raise ValueError(f"input {i} should be a vector, but got shape {text(np.shape(sizes))}")
    axis, count = int(concat_dim), np.shape(shape[0])[0]
    for i, sizes in enumerate(shape):
        if np.size(sizes) != count:
            raise ValueError(f"input {i} should contain {count} elements, but got{np.size(sizes)}")
    if not 0 <= axis < count:
        raise ValueError(f"Concat dim is out of range: {axis} vs. {count}")
    offsets, total = [], jnp.zeros((), jnp.int32)
    first = jnp.asarray(shape[0])
    for i, sizes in enumerate(shape):
        differs = (jnp.asarray(sizes) != first) & (np.arange(count) != axis)
        at = differs.argmax()
        check(~differs.any(), lambda at, a, b, i=i: f"input[{i},{at}] mismatch: {a} vs. {b}", at, first[at],
              jnp.asarray(sizes)[at])
        offsets.append(jnp.zeros(count, jnp.int32).at[axis].set(total))
        total = total + jnp.asarray(sizes)[axis]
    return offsets


@lowers("Split")
def split(split_dim: Static, value: Any, *, num_split: int) -> Any:
    axis, count = int(split_dim), np.ndim(value)
    if not 0 <= axis < count:
        raise ValueError(f"0 <= split_dim < number of input dimensions ({count}), but got {axis}")
    extent = np.shape(value)[axis]
    if extent % num_split:
        raise ValueError(f"Number of ways to split should evenly divide the split dimension, but got split_dim {axis} "
                         f"(size = {extent}) and num_split {num_split}")
    return jnp.split(value, num_split, axis)


def _slice_starts(op: Operation) -> list[Tensor]:
    """What must be known of `begin`: where the size is -1, or not known before the run, the start."""
    begin, size = op.inputs[1], _constants(op.inputs[2])
    if size is not None and -1 not in size and None not in size:
        return []
    if begin.op.type != "Pack" or size is None:
        return [begin]
    return [part for part, extent in zip(begin.op.inputs, size, strict=False) if extent in (-1, None)]


def _constants(vector: Tensor) -> list[int | None] | None:
    """The elements of a vector where they are constants."""
    if vector.op.type == "Const":
        return vector.op.attrs["value"].reshape(-1).tolist()
    if vector.op.type == "Pack":
        return [int(part.op.attrs["value"]) if part.op.type == "Const" else None for part in vector.op.inputs]
    return None


@lowers("Slice", wants=_slice_starts)
def slice_(input: Any, begin: Partly, size: Static, *, check: Any) -> Any:
    sizes = np.shape(input)
    given = (len(begin),) if isinstance(begin, list) else np.shape(begin)
    if given != (len(sizes),) or size.shape != (len(sizes),):
        raise ValueError(f"Expected begin and size arguments to be 1-D tensors of size {len(sizes)}, but got shapes "
                         f"{text(given)} and {text(size.shape)} instead.")
    extents = []
    for i, (whole, start, extent) in enumerate(zip(sizes, begin, size.tolist(), strict=True)):
        extents.append(extent if extent != -1 else max(whole - int(start), 0))
        _check_slice(i, whole, start, extents[i], check)
    if all(isinstance(start, (int, np.generic)) for start in begin):
        return input[tuple(slice(int(b), int(b) + n) for b, n in zip(begin, extents, strict=True))]
    return lax.dynamic_slice(input, [jnp.asarray(b, jnp.int64) for b in begin], extents)


def _check_slice(i: int, whole: int, start: Any, extent: int, check: Any) -> None:
    def begins(start: Any) -> str:
        return f"Expected begin[{i}] in [0, {whole}], but got {start}"

    def ends(start: Any) -> str:
        return f"Expected size[{i}] in [0, {whole - start}], but got {extent}"

    if whole == 0:
        check((start == 0) & (extent == 0), lambda start: f"Expected begin[{i}] == 0 (got {start}) and size[{i}] == 0 "
              f"(got {extent}) when input.dim_size({i}) == 0", start)
        return
    known: Any = start
    if isinstance(known, np.generic) or extent < 0 or extent > whole:
        check((0 <= start) & (start <= whole), begins, start)
        check((0 <= extent) & (extent <= whole - start), ends, start)
        return
    check((0 <= start) & (start <= whole - extent),
          lambda start: ends(start) if 0 <= start <= whole else begins(start), start)


@lowers("Pack")
def pack(values: Any, *, axis: int) -> Any:
    first = np.shape(values[0])
    for i, value in enumerate(values[1:], 1):
        if np.shape(value) != first:
            raise ValueError(f"Shapes of all inputs must match: values[0].shape = {text(first)} != values[{i}].shape = "
                             f"{text(np.shape(value))}")
    return jnp.stack(values, axis)


@lowers("Unpack")
def unpack(value: Any, *, num: int, axis: int) -> Any:
    sizes = np.shape(value)
    if not sizes or sizes[axis] != num:
        where = f"have size {num} along axis {axis}" if axis else f"start with {num}"
        raise ValueError(f"Input shape must {where}, got {text(sizes)}")
    return [jax.lax.index_in_dim(value, i, axis, keepdims=False) for i in range(num)]


def text(sizes: Any) -> str:
    """A shape as TensorFlow's kernels print it: `[2,3]`."""
    return f"[{','.join(map(str, sizes))}]"

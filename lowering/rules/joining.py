"""Tensors joined and cut."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from lowering.registry import Partly, Static, lowers
from lowering.rules.array import text
from tracer.ir import Operation, Tensor


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

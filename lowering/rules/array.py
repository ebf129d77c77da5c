"""Tensors named and measured, and the same elements in other forms."""

from __future__ import annotations

import math
from typing import Any

import jax.numpy as jnp
import numpy as np
from jax import lax

from lowering.batch import symbolic
from lowering.registry import Static, lowers


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
    source, target = np.dtype(input.dtype), np.dtype(type.array_dtype)
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


def text(sizes: Any) -> str:
    """A shape as TensorFlow's kernels print it: `[2,3]`."""
    return f"[{','.join(map(str, sizes))}]"

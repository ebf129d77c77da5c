"""Many elements to one: reductions, the place of the largest, sums of tensors."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numpy as np

from tracer import scopes, shapes
from tracer.convert import convert_n_to_tensor_or_indexed_slices
from tracer.declare import op
from tracer.ir import Tensor
from tracer.ops import array, constants, indexing, state
from tracer.ops.casting import to_int32
from tracer.static import constant_value


def _with_axis(function: Callable) -> Callable:
    """`function`, which takes its dimensions as `axis` too: so 0.12 calls them."""

    @functools.wraps(function)
    def reduce(*args: Any, **kwargs: Any) -> Any:
        if "axis" in kwargs:
            kwargs["reduction_indices"] = kwargs.pop("axis")
        return function(*args, **kwargs)

    return reduce


def _axes(x: Any, reduction_indices: Any) -> Any:
    """The dimensions to reduce: all of them, as operations say, when none are given."""
    return constants.range(0, array.rank(x)) if reduction_indices is None else reduction_indices


def _reduced(input: Tensor, reduction_indices: Tensor, keep_dims: bool) -> shapes.Sizes:
    if reduction_indices.sizes is not None and len(reduction_indices.sizes) > 1:
        # Axes may be a scalar or a vector; 0.8 flattened anything else without a word.
        raise ValueError(f"reduction_indices must be a scalar or a vector, not of shape {reduction_indices.get_shape()}")
    axes = constant_value(reduction_indices)
    if axes is None or input.sizes is None:
        return shapes.reduce(input.sizes, None, keep_dims)
    rank = len(input.sizes)
    counted = [int(axis) + rank if -rank <= axis < 0 else int(axis) for axis in np.reshape(axes, -1)]
    return shapes.reduce(input.sizes, counted, keep_dims)


def reduced_shape(input_shape: Any, axes: Any) -> Tensor:
    """The shape that a reduction over `axes` with `keep_dims` leaves, as an operation: for gradients that scripts write.

    >>> reduced_shape([2, 3, 5], [1]).eval()
    array([2, 1, 5], dtype=int32)
    """
    input_shape, axes = to_int32(input_shape), to_int32(axes)
    return indexing.dynamic_stitch([constants.range(array.size(input_shape)), axes],
                                   [input_shape, constants.fill(array.shape(axes), 1)])


@op("Sum")
def _sum(input: Tensor, reduction_indices: Tensor, keep_dims: bool = False, name: str | None = None) -> Any:
    return _reduced(input, reduction_indices, keep_dims)


@_with_axis
def reduce_sum(input_tensor: Any, reduction_indices: Any = None, keep_dims: bool = False,
               name: str | None = None) -> Tensor:
    """The sum over the dimensions `reduction_indices`.

    >>> tf.reduce_sum([[1, 1, 1], [1, 1, 1]], 1).eval()
    array([3, 3], dtype=int32)

    Args:
        input_tensor: the numbers.
        reduction_indices: one dimension or a list of them, negative ones counted from the end; all by default.
        keep_dims: whether the reduced dimensions stay, with size 1.
    """
    return _sum(input_tensor, _axes(input_tensor, reduction_indices), keep_dims, name=name)


@op("Mean")
def _mean(input: Tensor, reduction_indices: Tensor, keep_dims: bool = False, name: str | None = None) -> Any:
    return _reduced(input, reduction_indices, keep_dims)


@_with_axis
def reduce_mean(input_tensor: Any, reduction_indices: Any = None, keep_dims: bool = False,
                name: str | None = None) -> Tensor:
    """The mean over the dimensions `reduction_indices`; of whole numbers, a whole number. See `reduce_sum`.

    >>> tf.reduce_mean([[1., 1.], [2., 2.]]).eval()
    1.5
    """
    return _mean(input_tensor, _axes(input_tensor, reduction_indices), keep_dims, name=name)


@op("Prod")
def _prod(input: Tensor, reduction_indices: Tensor, keep_dims: bool = False, name: str | None = None) -> Any:
    return _reduced(input, reduction_indices, keep_dims)


@_with_axis
def reduce_prod(input_tensor: Any, reduction_indices: Any = None, keep_dims: bool = False,
                name: str | None = None) -> Tensor:
    """The product over the dimensions `reduction_indices`. See `reduce_sum`."""
    return _prod(input_tensor, _axes(input_tensor, reduction_indices), keep_dims, name=name)


@op("Max")
def _max(input: Tensor, reduction_indices: Tensor, keep_dims: bool = False, name: str | None = None) -> Any:
    return _reduced(input, reduction_indices, keep_dims)


@_with_axis
def reduce_max(input_tensor: Any, reduction_indices: Any = None, keep_dims: bool = False,
               name: str | None = None) -> Tensor:
    """The largest element over the dimensions `reduction_indices`. See `reduce_sum`."""
    return _max(input_tensor, _axes(input_tensor, reduction_indices), keep_dims, name=name)


@op("Min")
def _min(input: Tensor, reduction_indices: Tensor, keep_dims: bool = False, name: str | None = None) -> Any:
    return _reduced(input, reduction_indices, keep_dims)


@_with_axis
def reduce_min(input_tensor: Any, reduction_indices: Any = None, keep_dims: bool = False,
               name: str | None = None) -> Tensor:
    """The smallest element over the dimensions `reduction_indices`. See `reduce_sum`."""
    return _min(input_tensor, _axes(input_tensor, reduction_indices), keep_dims, name=name)


@op("All")
def _all(input: Tensor, reduction_indices: Tensor, keep_dims: bool = False, name: str | None = None) -> Any:
    return _reduced(input, reduction_indices, keep_dims)


@_with_axis
def reduce_all(input_tensor: Any, reduction_indices: Any = None, keep_dims: bool = False,
               name: str | None = None) -> Tensor:
    """Whether all elements over the dimensions `reduction_indices` are true. See `reduce_sum`."""
    return _all(input_tensor, _axes(input_tensor, reduction_indices), keep_dims, name=name)


@op("Any")
def _any(input: Tensor, reduction_indices: Tensor, keep_dims: bool = False, name: str | None = None) -> Any:
    return _reduced(input, reduction_indices, keep_dims)


@_with_axis
def reduce_any(input_tensor: Any, reduction_indices: Any = None, keep_dims: bool = False,
               name: str | None = None) -> Tensor:
    """Whether any element over the dimensions `reduction_indices` is true. See `reduce_sum`."""
    return _any(input_tensor, _axes(input_tensor, reduction_indices), keep_dims, name=name)


# -- places


@op("ArgMax")
def argmax(input: Tensor, dimension: Tensor, name: str | None = None) -> Any:
    """The place of the (first) largest element along `dimension`, as int64.

    >>> tf.argmax([[1, 5], [7, 2]], 1).eval()
    array([1, 0])
    """
    return _without(input, dimension)


@op("ArgMin")
def argmin(input: Tensor, dimension: Tensor, name: str | None = None) -> Any:
    """The place of the (first) smallest element along `dimension`, as int64.

    >>> tf.argmin([[1, 5], [7, 2]], 1).eval()
    array([0, 1])
    """
    return _without(input, dimension)


arg_max = argmax
arg_min = argmin


def _without(input: Tensor, dimension: Tensor) -> shapes.Sizes:
    shapes.rank(dimension.sizes, 0)
    if input.sizes is None:
        return None
    value = constant_value(dimension)
    rank = len(input.sizes)
    if value is None:
        return (None,) * (rank - 1)
    axis = int(value)
    if not 0 <= axis <= rank:  # one too many, which only a run refuses
        raise ValueError(f"dimension ({axis}) must be in the range [0, {rank}), where {rank} is the number of "
                         "dimensions in the input")
    return input.sizes[:axis] + input.sizes[axis + 1:]


# -- sums of tensors


@op("AddN")
def add_n(inputs: list[Tensor], name: str | None = None) -> Any:
    """The sum of a list of tensors of one type and shape.

    >>> tf.add_n([tf.constant([1, 2]), tf.constant([3, 4])]).eval()
    array([4, 6], dtype=int32)
    """
    common: shapes.Sizes = None
    for tensor in inputs:
        common = shapes.merge(common, tensor.sizes)
    return common


def accumulate_n(inputs: Any, shape: Any = None, tensor_dtype: Any = None, name: str | None = None) -> Tensor:
    """The sum of a list of tensors of one type and shape, added up in memory of its own. It has no gradient.

    >>> tf.accumulate_n([tf.constant([1, 2]), tf.constant([3, 4])]).eval()
    array([4, 6], dtype=int32)

    Args:
        inputs: the tensors.
        shape: their shape, where they do not tell it.
        tensor_dtype: their type, by default that of the first.
    """
    if tensor_dtype is None:
        if not isinstance(inputs, (list, tuple)) or not inputs:
            raise ValueError("inputs must be a list of at least one Tensor with the same dtype and shape")
        inputs = convert_n_to_tensor_or_indexed_slices(inputs)
        if not all(isinstance(x, Tensor) for x in inputs):
            raise ValueError("inputs must be a list of at least one Tensor with the same dtype and shape")
        if not all(x.dtype.base_dtype is inputs[0].dtype.base_dtype for x in inputs):
            raise ValueError("inputs must be a list of at least one Tensor with the same dtype and shape")
        tensor_dtype = inputs[0].dtype.base_dtype
    whole = shapes.as_shape(shape)
    for tensor in inputs:
        whole = whole.merge_with(tensor.get_shape())
    if not whole.is_fully_defined():
        raise ValueError("Cannot infer the shape of the accumulator for accumulate_n. Pass the shape argument, or set "
                         "the shape of at least one of the inputs.")
    with scopes.op_scope(inputs, name, "AccumulateN") as scope:
        memory = state._temporary_variable(whole, tensor_dtype)
        start = state.assign(memory, constants.zeros_like(inputs[0]))
        sums = [state.assign_add(start, tensor, use_locking=True).op for tensor in inputs]
        with scopes.control_dependencies(sums):
            return state._destroy_temporary_variable(start, var_name=memory.op.name, name=scope)

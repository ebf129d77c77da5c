"""Variables cut into slices along one dimension: how they are cut, filled and joined."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import Any

from tracer import dtypes, scopes
from tracer.convert import convert_to_tensor
from tracer.ir import Tensor
from tracer.ops import array
from tracer.shapes import TensorShape, as_shape


def checked(partitioning: Any, shape: TensorShape) -> tuple[int, ...]:
    """What a partitioner has returned for `shape`. ValueError when it cannot be."""
    if not isinstance(partitioning, (list, tuple)):
        raise ValueError(f"Partitioner must return a sequence, but saw: {partitioning}")
    if len(partitioning) != shape.ndims:
        raise ValueError(f"Partitioner returned a partition list that does not match the shape's rank: "
                         f"{partitioning} vs. {shape}")
    if any(count < 1 for count in partitioning):
        raise ValueError(f"Partitioner returned zero partitions for some axes: {partitioning}")
    if sum(count > 1 for count in partitioning) > 1:
        raise ValueError(f"Can only slice a variable along one dimension: shape: {shape}, "
                         f"partitioning: {partitioning}")
    for size, count in zip(shape.as_list(), partitioning, strict=True):
        if size is not None and count > max(size, 1):
            raise ValueError(f"Cannot slice a dimension of size {size} into {count}: shape: {shape}, "
                             f"partitioning: {partitioning}")
    return tuple(int(count) for count in partitioning)


def _axis(partitioning: tuple[int, ...]) -> int:
    """The dimension that is cut."""
    return next((axis for axis, count in enumerate(partitioning) if count > 1), 0)


def blocks(shape: TensorShape, partitioning: tuple[int, ...]) -> Iterator[tuple[list[int], list[int]]]:
    """Offset and sizes of each slice; what does not divide evenly goes to the first ones."""
    full: list[Any] = shape.as_list()
    if not full:
        yield [], []
        return
    axis = _axis(partitioning)
    least, more = divmod(full[axis], partitioning[axis])
    start = 0
    for i in range(partitioning[axis]):
        size = least + (i < more)
        offset, sizes = [0] * len(full), list(full)
        offset[axis], sizes[axis] = start, size
        yield offset, sizes
        start += size


def initializer_of(initializer: Any, offset: list[int], sizes: list[int], name: str,
                   dtype: dtypes.DType | None) -> tuple[Any, list[int] | None]:
    """What initializes the slice `name`, and the shape to give with it."""
    if callable(initializer):
        return initializer, sizes
    value = initializer if isinstance(initializer, Tensor) else convert_to_tensor(initializer, dtype)
    with scopes.name_scope(name + "/PartitionedInitializer/"):
        return array.slice(value, offset, sizes), None


def join(parts: list[Any], partitioning: tuple[int, ...], name: str) -> Tensor:
    """The slices as one tensor called `name`."""
    with scopes.name_scope(None):
        if len(parts) == 1:
            return array.identity(parts[0], name=name)
        with scopes.name_scope(name + "/ConcatPartitions/"):
            whole = array.concat(_axis(partitioning), parts)
        return array.identity(whole, name=name)


def create_partitioned_variables(
    shape: Any, slicing: Any, initializer: Any, dtype: Any = dtypes.float32, trainable: bool = True,
    collections: Any = None, name: str | None = None, reuse: bool | None = None,
) -> list[Any]:
    """The slices of one variable of `shape`, a list of variables.

    >>> [v.name for v in tf.create_partitioned_variables([4, 2], [2, 1], tf.zeros_initializer)]
    ['PartitionedVariable/part_0:0', 'PartitionedVariable/part_1:0']

    Args:
        shape: the shape of the whole.
        slicing: into how many slices each dimension is cut; only one dimension into more than 1.
        initializer: a function of (shape, dtype) called for each slice, or the initial value of the whole.
        dtype: their type, where the initializer is a function.
        trainable: whether optimizers change them.
        collections: where they are listed; by default `GraphKeys.VARIABLES`.
        name: the name of the whole; "PartitionedVariable" by default, made unique.
        reuse: True where they must be there already.
    """
    from tracer.variable_scope import get_variable, variable_op_scope
    from tracer.variables import Variable

    full = as_shape(shape)
    if len(slicing) != full.ndims:
        raise ValueError("Shape and slicing must have the same length: "
                         f"shape: {full.as_list()}, slicing: {slicing}")
    partitioning = checked(list(slicing), full)
    if not callable(initializer):
        initializer = convert_to_tensor(initializer, name="initial_value")
        initializer.get_shape().assert_is_compatible_with(full)
        dtype = initializer.dtype.base_dtype
    parts = []
    with variable_op_scope([], name, "PartitionedVariable", reuse=reuse) as scope:
        for i, (offset, sizes) in enumerate(blocks(full, partitioning)):
            value, part_shape = initializer_of(initializer, offset, sizes, f"{scope.name}/part_{i}", None)
            part = get_variable(f"part_{i}", part_shape, dtype, value, trainable=trainable, collections=collections)
            part._set_save_slice_info(Variable.SaveSliceInfo(scope.name, full.as_list(), offset, sizes))
            parts.append(part)
    return parts


def variable_axis_size_partitioner(
    max_shard_bytes: int, axis: int = 0, bytes_per_string_element: int = 16, max_shards: int | None = None,
) -> Callable[..., list[int]]:
    """A partitioner that cuts along `axis` the more often, the larger the variable's rows across it are.

    A variable whose index along `axis` takes n bytes is cut into n / `max_shard_bytes` slices, rounded up.

    Args:
        max_shard_bytes: the bytes of one row that make one slice.
        axis: the dimension that is cut.
        bytes_per_string_element: the assumed size of a string.
        max_shards: the most slices, if there is a most; from 0.11 on.
    """
    if max_shard_bytes < 1 or bytes_per_string_element < 1:
        raise ValueError("both max_shard_bytes and bytes_per_string_element must be positive.")
    if max_shards is not None and max_shards < 1:
        raise ValueError("max_shards must be positive.")

    def partitioner(shape: Any, dtype: Any) -> list[int]:
        sizes = as_shape(shape)
        if not sizes.is_fully_defined():
            raise ValueError(f"shape is not fully defined: {sizes}")
        full: list[Any] = sizes.as_list()
        counts = [1] * len(full)
        if full and 0 not in full:
            element = bytes_per_string_element if dtype.base_dtype == dtypes.string else dtype.size
            row = element * math.prod(full) // full[axis]
            counts[axis] = min(full[axis], max(1, math.ceil(row / max_shard_bytes)), max_shards or full[axis])
        return counts

    return partitioner

"""Elements picked out of tensors: by index, by mask, by value."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numpy as np

from tracer import dtypes, scopes, shapes
from tracer.convert import IndexedSlices, convert_to_tensor, internal_convert_to_tensor, is_tensor
from tracer.declare import declared_as, op
from tracer.ir import Tensor
from tracer.ops import array, casting
from tracer.static import constant_value


@op("Gather")
def gather(params: Tensor, indices: Tensor, validate_indices: bool = True, name: str | None = None) -> Any:
    """The rows of `params` at `indices`, in the shape of `indices`.

    >>> tf.gather([10, 20, 30], [2, 0]).eval()
    array([30, 10], dtype=int32)

    A run fails with InvalidArgumentError when an index is out of range.
    """
    rows = shapes.at_least(params.sizes, 1)
    if indices.sizes is None or rows is None:
        return None
    return indices.sizes + rows[1:]


@op("GatherNd")
def gather_nd(params: Tensor, indices: Tensor, name: str | None = None) -> Any:
    """The elements of `params` at the places that the last dimension of `indices` holds.

    >>> tf.gather_nd([[1, 2], [3, 4]], [[0, 1], [1, 0]]).eval()
    array([2, 3], dtype=int32)

    Places with fewer numbers than `params` has dimensions pick slices.
    """
    places, whole = shapes.at_least(indices.sizes, 1), shapes.at_least(params.sizes, 1)
    if places is None or whole is None or places[-1] is None:
        return None
    if places[-1] > len(whole):
        raise ValueError(f"indices have {places[-1]} numbers for the {len(whole)} dimensions of params")
    return places[:-1] + whole[places[-1]:]


def one_hot(indices: Any, depth: Any, on_value: Any = 1, off_value: Any = 0, axis: int | None = None,
            dtype: Any = dtypes.float32, name: str | None = None) -> Tensor:
    """`on_value` at the places that `indices` give along a new dimension of size `depth`, `off_value` elsewhere.

    >>> tf.one_hot([0, 2], 3).eval()
    array([[1., 0., 0.],
           [0., 0., 1.]], dtype=float32)

    Args:
        indices: whole numbers; one that is out of range gives a row of `off_value`.
        axis: where the new dimension goes; the end by default.
        dtype: the type of both values; of None, from 0.11 on, what they are, and float32 where they are None as well.
    """
    if dtype is None:
        dtype = next((convert_to_tensor(value).dtype for value in (on_value, off_value) if value is not None),
                     dtypes.float32)
    kind = dtypes.as_dtype(dtype).base_dtype
    on_value, off_value = 1 if on_value is None else on_value, 0 if off_value is None else off_value
    if kind is dtypes.string:
        raise TypeError("dtype must be a numeric type")
    with scopes.op_scope([indices, depth, on_value, off_value], name, "one_hot") as scope:
        on_value = internal_convert_to_tensor(on_value, kind, "on_value")
        off_value = internal_convert_to_tensor(off_value, kind, "off_value")
        if is_tensor(indices) and indices.dtype.base_dtype in (dtypes.int32, dtypes.uint8):
            indices = casting.cast(indices, dtypes.int64, name="ToInt64")  # 0.8 knew int64 only
        indices = internal_convert_to_tensor(indices, dtypes.int64, "indices")
        depth = internal_convert_to_tensor(depth, dtypes.int32, "depth")
        return _one_hot(indices, depth, on_value, off_value, axis, name=scope)


@op("OneHot")
def _one_hot(indices: Tensor, depth: Tensor, on_value: Tensor, off_value: Tensor, axis: int = -1,
             name: str | None = None) -> Any:
    if indices.sizes is None:
        return None
    count = len(indices.sizes)
    if not -1 <= axis <= count:
        raise ValueError(f"axis must be -1 or between [0, {count + 1})")
    at = count if axis == -1 else axis
    size = constant_value(depth)
    if size is not None and size < 0:
        raise ValueError("depth must be non-negative")
    return (*indices.sizes[:at], None if size is None else int(size), *indices.sizes[at:])


# -- where the number of elements follows from the values


@op("Where")
def _where(input: Tensor, name: str | None = None) -> Any:
    return (None, None if input.sizes is None else len(input.sizes))


@declared_as("input, name=None")
def where(input: Any = None, x: Any = None, y: Any = None, name: str | None = None, *, condition: Any = None) -> Tensor:
    """The places of the true elements of a bool tensor, one row each, as int64.

    >>> tf.where([[True, False], [True, True]]).eval()
    array([[0, 0],
           [1, 0],
           [1, 1]])

    From 0.12 on, with `x` and `y`, it is `tf.select`.
    """
    if isinstance(x, str) and y is None:
        x, name = None, x  # 0.8 had the name there
    input = condition if input is None else input
    if x is None and y is None:
        return _where(input, name=name)
    if x is None or y is None:
        raise ValueError("x and y must both be non-None or both be None.")
    from tracer.ops import logic

    return logic.select(input, x, y, name=name)


def boolean_mask(tensor: Any, mask: Any, name: str = "boolean_mask") -> Tensor:
    """The parts of `tensor` where `mask`, a bool tensor over its first dimensions, is true.

    >>> tf.boolean_mask([1, 2, 3], [True, False, True]).eval()
    array([1, 3], dtype=int32)
    """
    with scopes.op_scope([tensor, mask], name, "boolean_mask"):
        tensor = internal_convert_to_tensor(tensor, name="tensor")
        mask = internal_convert_to_tensor(mask, name="mask")
        whole, masked = tensor.get_shape(), mask.get_shape()
        count = masked.ndims
        if count == 0:
            raise ValueError("mask cannot be scalar.")
        if count is None:
            raise ValueError("mask dimensions must be specified, even if some dimensions are None.  E.g. shape=[None] "
                             "is ok, but shape=None is not.")
        whole[:count].assert_is_compatible_with(masked)
        rows = array.reshape(tensor, array.concat(0, [[-1], _from(array.shape(tensor), count)]))
        rows.set_shape(shapes.as_shape([whole[:count].num_elements()]).concatenate(whole[count:]))
        places = array.squeeze(where(array.reshape(mask, [-1])), squeeze_dims=[1])
        return gather(rows, places)


def _from(vector: Tensor, start: int) -> Tensor:
    """`vector[start:]`, as the operators of a tensor record it."""
    return array.slice(vector, [start], [-1])


def sparse_mask(a: IndexedSlices, mask_indices: Any, name: str | None = None) -> IndexedSlices:
    """The rows of `a` but for those at `mask_indices`.

    >>> tf.sparse_mask(slices, [12, 45])
    """
    with scopes.op_scope([a, mask_indices], name, "sparse_mask") as scope:
        left, places = listdiff(a.indices, mask_indices)
        return IndexedSlices(gather(a.values, places, name=scope), left, a.dense_shape)


def _numbered(function: Callable) -> Callable:
    """Lets the type of the numbers that an operation gives be asked for, from 0.12 on."""
    @functools.wraps(function)
    def call(*args: Any, out_idx: Any = dtypes.int32, index_dtype: Any = None, **kwargs: Any) -> Any:
        found = function(*args, **kwargs)
        kind = dtypes.as_dtype(index_dtype or out_idx)
        if kind is dtypes.int32:
            return found
        return type(found)(found[0], *(casting.cast(part, kind) for part in found[1:]))

    return call


@_numbered
@op("Unique")
def unique(x: Tensor, name: str | None = None) -> Any:
    """The distinct elements of a vector in the order of their first appearance, and for each element its number there.

    >>> sess.run(tf.unique([5, 5, 7]))
    [array([5, 7], dtype=int32), array([0, 0, 1], dtype=int32)]

    Returns:
        A pair `y`, `idx`.
    """
    shapes.rank(x.sizes, 1)
    return [(None,), x.sizes]


@_numbered
@op("UniqueWithCounts")
def unique_with_counts(x: Tensor, name: str | None = None) -> Any:
    """As `unique`, and how often each distinct element appears: `y`, `idx`, `count`.

    >>> sess.run(tf.unique_with_counts([5, 5, 7]).count)
    array([2, 1], dtype=int32)
    """
    shapes.rank(x.sizes, 1)
    return [(None,), x.sizes, (None,)]


@_numbered
@op("ListDiff")
def listdiff(x: Tensor, y: Tensor, name: str | None = None) -> Any:
    """The elements of the vector `x` that are not in the vector `y`, and their places in `x`.

    >>> sess.run(tf.listdiff([1, 2, 3, 4], [2, 4]))
    [array([1, 3], dtype=int32), array([0, 2], dtype=int32)]

    Returns:
        A pair `out`, `idx`.
    """
    shapes.rank(x.sizes, 1)
    shapes.rank(y.sizes, 1)
    return [(None,), (None,)]


list_diff = listdiff


# -- parts dealt out and put together again


@op("DynamicPartition")
def dynamic_partition(data: Tensor, partitions: Tensor, num_partitions: int, name: str | None = None) -> Any:
    """The rows of `data`, dealt out to `num_partitions` tensors by the numbers in `partitions`.

    >>> sess.run(tf.dynamic_partition([10, 20, 30], [1, 0, 1], 2))
    [array([20], dtype=int32), array([10, 30], dtype=int32)]
    """
    if data.sizes is None or partitions.sizes is None:
        return [None] * num_partitions
    count = len(partitions.sizes)
    shapes.at_least(data.sizes, count)
    shapes.merge(data.sizes[:count], partitions.sizes)
    return [(None, *data.sizes[count:])] * num_partitions


@op("DynamicStitch")
def _dynamic_stitch(indices: list[Tensor], data: list[Tensor], name: str | None = None) -> Any:
    tail: shapes.Sizes = None
    for places, part in zip(indices, data, strict=True):
        if places.sizes is None or part.sizes is None:
            continue
        count = len(places.sizes)
        if len(part.sizes) < count:
            raise ValueError(
                f"Shapes {shapes.text(part.sizes)} and {shapes.text(places.sizes)} must have the same rank")
        shapes.merge(part.sizes[:count], places.sizes)
        tail = shapes.merge(tail, part.sizes[count:])
    return None if tail is None else (None, *tail)


def dynamic_stitch(indices: Any, data: Any, name: str | None = None) -> Tensor:
    """One tensor whose row `indices[m][i]` is `data[m][i]`; of several for one row the last counts.

    >>> tf.dynamic_stitch([[1], [0, 2]], [[10], [20, 30]]).eval()
    array([20, 10, 30], dtype=int32)

    Args:
        indices: a list of int32 tensors.
        data: a list of tensors whose shapes begin with those of `indices`.
    """
    if isinstance(indices, (list, tuple)) and len(indices) == 1:
        # TensorFlow 0.8 wanted two lists at least; later ones did not.
        indices, data = [*indices, np.zeros(0, np.int32)], [*data, _no_rows(indices[0], data[0])]
    return _dynamic_stitch(indices, data, name=name)


def _no_rows(indices: Any, data: Any) -> Tensor:
    indices, data = internal_convert_to_tensor(indices), internal_convert_to_tensor(data)
    count = shapes.at_least(indices.sizes, 0)
    if count is None:
        raise ValueError("dynamic_stitch of one list needs indices of known rank")
    tail = _from(array.shape(data), len(count))
    return array.fill(array.concat(0, [[0], tail]), array.zeros([], data.dtype))


# -- reordered


@op("InvertPermutation")
def invert_permutation(x: Tensor, name: str | None = None) -> Any:
    """The permutation that undoes the permutation `x` of the numbers 0, 1 ...

    >>> tf.invert_permutation([2, 0, 1]).eval()
    array([1, 2, 0], dtype=int32)
    """
    return shapes.rank(x.sizes, 1)


@op("Reverse")
def reverse(tensor: Tensor, dims: Tensor, name: str | None = None) -> Any:
    """`tensor` with those dimensions reversed for which the bool vector `dims` holds True.

    >>> tf.reverse([[1, 2], [3, 4]], [False, True]).eval()
    array([[2, 1],
           [4, 3]], dtype=int32)
    """
    (count,) = shapes.rank(dims.sizes, 1)
    if tensor.sizes is None:
        return None if count is None else (None,) * count
    shapes.same(count, len(tensor.sizes))
    if len(tensor.sizes) > 8:
        raise ValueError("tf.reverse() does not work on tensors with more than 8 dimensions")
    return tensor.sizes


@op("ReverseSequence")
def _reverse_sequence(input: Tensor, seq_lengths: Tensor, seq_dim: int, batch_dim: int = 0,
                      name: str | None = None) -> Any:
    (count,) = shapes.rank(seq_lengths.sizes, 1)
    sizes = input.sizes
    if sizes is None:
        return None
    if batch_dim >= len(sizes):
        raise ValueError(f"batch_dim must be < input.dims() ({batch_dim} vs {len(sizes)})")
    if seq_dim >= len(sizes):
        raise ValueError(f"seq_dim must be < input.dims() ({seq_dim} vs {len(sizes)})")
    batch = shapes.same(sizes[batch_dim], count)
    return (*sizes[:batch_dim], batch, *sizes[batch_dim + 1:])


def reverse_sequence(input: Any, seq_lengths: Any, seq_dim: int, batch_dim: int | None = None,
                     name: str | None = None) -> Tensor:
    """`input` with the first `seq_lengths[i]` elements of dimension `seq_dim` reversed, for each i of `batch_dim`.

    >>> tf.reverse_sequence([[1, 2, 3], [4, 5, 6]], [2, 3], 1).eval()
    array([[2, 1, 3],
           [6, 5, 4]], dtype=int32)
    """
    if is_tensor(seq_lengths) and seq_lengths.dtype.base_dtype is dtypes.int32:
        seq_lengths = casting.cast(seq_lengths, dtypes.int64)  # 0.8 knew int64 only
    return _reverse_sequence(input, seq_lengths, seq_dim, 0 if batch_dim is None else batch_dim, name=name)

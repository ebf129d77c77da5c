"""Rows joined by the number of their segment."""

from __future__ import annotations

import math
import warnings
from typing import Any

from tracer import shapes
from tracer.convert import IndexedSlices, register_tensor_conversion_function
from tracer.declare import op
from tracer.ir import Tensor
from tracer.ops import array
from tracer.static import constant_value


def _segments(data: Tensor, segment_ids: Tensor) -> shapes.Sizes:
    shapes.rank(segment_ids.sizes, 1)
    rows = shapes.at_least(data.sizes, 1)
    return None if rows is None else (None, *rows[1:])


@op("SegmentSum")
def segment_sum(data: Tensor, segment_ids: Tensor, name: str | None = None) -> Any:
    """The sums of the rows of each segment.

    >>> tf.segment_sum([[1, 2], [3, 4], [5, 6]], [0, 0, 1]).eval()
    array([[4, 6],
           [5, 6]], dtype=int32)

    Args:
        data: the rows.
        segment_ids: the segment of each row: 0 first, then each the same as before or one more.
    """
    return _segments(data, segment_ids)


@op("SegmentMean")
def segment_mean(data: Tensor, segment_ids: Tensor, name: str | None = None) -> Any:
    """The means of the rows of each segment. See `segment_sum`."""
    return _segments(data, segment_ids)


@op("SegmentProd")
def segment_prod(data: Tensor, segment_ids: Tensor, name: str | None = None) -> Any:
    """The products of the rows of each segment. See `segment_sum`."""
    return _segments(data, segment_ids)


@op("SegmentMax")
def segment_max(data: Tensor, segment_ids: Tensor, name: str | None = None) -> Any:
    """The largest elements of the rows of each segment. See `segment_sum`."""
    return _segments(data, segment_ids)


@op("SegmentMin")
def segment_min(data: Tensor, segment_ids: Tensor, name: str | None = None) -> Any:
    """The smallest elements of the rows of each segment. See `segment_sum`."""
    return _segments(data, segment_ids)


@op("UnsortedSegmentSum")
def unsorted_segment_sum(data: Tensor, segment_ids: Tensor, num_segments: Tensor, name: str | None = None) -> Any:
    """The sums of the parts of `data` of each of `num_segments` segments, in any order.

    >>> tf.unsorted_segment_sum([1, 2, 3], [1, 0, 1], 3).eval()
    array([2, 4, 0], dtype=int32)

    Args:
        data: the parts, along the first dimensions, those of `segment_ids`.
        segment_ids: the segment of each part; segments without one are zeros.
        num_segments: how many segments there are.
    """
    shapes.rank(num_segments.sizes, 0)
    if data.sizes is None or segment_ids.sizes is None:
        return None
    count = len(segment_ids.sizes)
    shapes.at_least(data.sizes, count)
    shapes.merge(data.sizes[:count], segment_ids.sizes)
    segments = constant_value(num_segments)
    return (None if segments is None else int(segments), *data.sizes[count:])


def _sparse_segments(data: Tensor, indices: Tensor, segment_ids: Tensor) -> shapes.Sizes:
    shapes.merge(shapes.rank(indices.sizes, 1), shapes.rank(segment_ids.sizes, 1))
    return _segments(data, segment_ids)


@op("SparseSegmentSum")
def sparse_segment_sum(data: Tensor, indices: Tensor, segment_ids: Tensor, name: str | None = None) -> Any:
    """`segment_sum` of the rows of `data` at `indices`.

    >>> tf.sparse_segment_sum([[1, 2], [3, 4], [5, 6]], [0, 2], [0, 0]).eval()
    array([[6, 8]], dtype=int32)
    """
    return _sparse_segments(data, indices, segment_ids)


@op("SparseSegmentMean")
def sparse_segment_mean(data: Tensor, indices: Tensor, segment_ids: Tensor, name: str | None = None) -> Any:
    """`segment_mean` of the rows of `data` at `indices`."""
    return _sparse_segments(data, indices, segment_ids)


@op("SparseSegmentSqrtN")
def sparse_segment_sqrt_n(data: Tensor, indices: Tensor, segment_ids: Tensor, name: str | None = None) -> Any:
    """The sums of the rows of `data` at `indices`, divided by the square root of how many a segment has."""
    return _sparse_segments(data, indices, segment_ids)


def _spread(grad: Tensor, indices: Tensor, segment_ids: Tensor, output_dim0: Tensor) -> shapes.Sizes:
    shapes.rank(output_dim0.sizes, 0)
    shapes.merge(shapes.rank(indices.sizes, 1), shapes.rank(segment_ids.sizes, 1))
    rows = shapes.at_least(grad.sizes, 1)
    count = constant_value(output_dim0)
    return None if rows is None else (None if count is None else int(count), *rows[1:])


@op("SparseSegmentMeanGrad")
def sparse_segment_mean_grad(grad: Tensor, indices: Tensor, segment_ids: Tensor, output_dim0: Tensor,
                             name: str | None = None) -> Any:
    """The gradient by the `output_dim0` rows of the data, from that by the result of `sparse_segment_mean`."""
    return _spread(grad, indices, segment_ids, output_dim0)


@op("SparseSegmentSqrtNGrad")
def sparse_segment_sqrt_n_grad(grad: Tensor, indices: Tensor, segment_ids: Tensor, output_dim0: Tensor,
                               name: str | None = None) -> Any:
    """The gradient by the `output_dim0` rows of the data, from that by the result of `sparse_segment_sqrt_n`."""
    return _spread(grad, indices, segment_ids, output_dim0)


_LARGE = 100_000_000  # elements; TensorFlow's limit


def _slices_to_tensor(value: IndexedSlices, dtype: Any = None, name: str | None = None, as_ref: bool = False) -> Tensor:
    """`IndexedSlices` as the whole tensor: zeros, and the sum of the rows given for each place."""
    if dtype is not None and not dtype.is_compatible_with(value.dtype):
        raise ValueError(f"Tensor conversion requested dtype {dtype.name} for IndexedSlices with dtype {value.dtype.name}")
    if value.dense_shape is None:
        raise ValueError(f"Tensor conversion requested for IndexedSlices without dense_shape: {value!s}")
    rows = array.slice(value.dense_shape, [0], [1])
    result = unsorted_segment_sum(value.values, value.indices, array.squeeze(rows, [0]), name=name)
    known = constant_value(value.dense_shape)
    if known is not None:
        result.set_shape([int(size) for size in known])
    size = None if known is None else math.prod(int(size) for size in known)
    if size is None or size >= _LARGE:
        warnings.warn("Converting sparse IndexedSlices to a dense Tensor "
                      f"{'of unknown shape' if size is None else f'with {size} elements'}. "
                      "This may consume a large amount of memory.", stacklevel=2)
    return result


register_tensor_conversion_function(IndexedSlices, _slices_to_tensor)

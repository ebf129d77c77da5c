"""Shapes, parts and orders of arrays."""

from __future__ import annotations

from typing import Any

from tracer import dtypes
from tracer.convert import IndexedSlices
from tracer.derivatives.registry import UnsupportedError, attrs_of, derivative, raw
from tracer.ir import Operation, Tensor
from tracer.ops import array, casting, constants, indexing, reduction, segment, sparse
from tracer.static import constant_value

# -- the same elements in another shape


@derivative("Reshape", "ExpandDims", "Squeeze")
def _reshape(op: Operation, grad: Tensor) -> Any:
    return array.reshape(grad, array.shape(op.inputs[0]))


@derivative("Transpose")
def _transpose(op: Operation, grad: Tensor) -> Any:
    return array.transpose(grad, indexing.invert_permutation(op.inputs[1]))


# -- joined and cut


@derivative("Concat")
def _concat(op: Operation, grad: Tensor) -> Any:
    axis, *values = op.inputs
    shapes = [array.shape(value) for value in values]
    starts = raw("ConcatOffset", axis, shapes)
    return [None, *(array.slice(grad, start, shape) for start, shape in zip(starts, shapes, strict=True))]


@derivative("Split")
def _split(op: Operation, *grads: Tensor) -> Any:
    return None, array.concat(op.inputs[0], list(grads))


@derivative("SplitV")
def _split_v(op: Operation, *grads: Tensor) -> Any:
    return array.concat(op.inputs[2], list(grads))


@derivative("Pack")
def _pack(op: Operation, grad: Tensor) -> Any:
    return raw("Unpack", grad, len(op.inputs), name="unpack", **attrs_of(op, *(["axis"] * ("axis" in op.attrs))))


@derivative("Unpack")
def _unpack(op: Operation, *grads: Tensor) -> Any:
    return raw("Pack", list(grads), name="pack", **attrs_of(op, *(["axis"] * ("axis" in op.attrs))))


# -- parts


@derivative("Slice")
def _slice(op: Operation, grad: Tensor) -> Any:
    x, start = op.inputs[0], casting.cast(op.inputs[1], dtypes.int32)
    column = array.pack([array.rank(x), 1])
    before = array.reshape(start, column)
    after = array.reshape(array.shape(x) - array.shape(op.outputs[0]) - start, column)
    return raw("Pad", grad, array.concat(1, [before, after]))


@derivative("StridedSlice")
def _strided_slice(op: Operation, grad: Tensor) -> Any:
    masks = ("begin_mask", "end_mask", "ellipsis_mask", "new_axis_mask", "shrink_axis_mask")
    return raw("StridedSliceGrad", array.shape(op.inputs[0]), *op.inputs[1:], grad, **attrs_of(op, *masks))


@derivative("Gather")
def _gather(op: Operation, grad: Tensor) -> Any:
    params, indices = op.inputs
    return _rows(params, indices, grad)


def _rows(params: Tensor, indices: Tensor, grad: Tensor) -> IndexedSlices:
    shape = array.shape(params)
    count = array.expand_dims(array.size(indices), 0)
    values = array.reshape(grad, array.concat(0, [count, array.slice(shape, [1], [-1])]))
    return IndexedSlices(values, array.reshape(indices, count), shape)


def all_rows(grad: Tensor) -> IndexedSlices:
    """A gradient as rows, of which there is one for each of the tensor's."""
    count = array.squeeze(array.slice(array.shape(grad), [0], [1]), [0])
    return IndexedSlices(grad, constants.range(0, count), array.shape(grad))


@derivative("GatherV2")
def _gather_v2(op: Operation, grad: Tensor) -> Any:
    axis = constant_value(op.inputs[2])
    if axis is None or int(axis) != 0 or op.attrs.get("batch_dims", 0):
        raise UnsupportedError(op, "along another dimension than the first")
    return _rows(op.inputs[0], op.inputs[1], grad)


@derivative("GatherNd")
def _gather_nd(op: Operation, grad: Tensor) -> Any:
    """The slices that were taken, by their numbers among all, added up where they came from."""
    params, indices = op.inputs
    depth = None if indices.sizes is None else indices.sizes[-1]
    if depth is None:
        raise UnsupportedError(op, "whose indices are of unknown length")
    shape = array.shape(params)
    sizes = array.slice(shape, [0], [depth])
    rest = array.slice(shape, [depth], [-1])
    count = reduction.reduce_prod(sizes)
    strides = [reduction.reduce_prod(array.slice(shape, [i + 1], [depth - i - 1])) for i in range(depth)]
    steps = casting.cast(array.pack(strides), indices.dtype.base_dtype) if strides else []
    rows = array.reshape(reduction.reduce_sum(array.reshape(indices, [-1, depth]) * steps, 1), [-1])
    values = array.reshape(grad, array.concat(0, [array.expand_dims(array.size(rows), 0), rest]))
    return array.reshape(segment.unsorted_segment_sum(values, rows, count), shape)


@derivative("Pad")
def _pad(op: Operation, grad: Tensor) -> Any:
    x, paddings = op.inputs
    before = array.slice(paddings, [0, 0], array.pack([array.rank(x), 1]))
    return array.slice(grad, array.reshape(before, [-1]), array.shape(x))


@derivative("MirrorPad")
def _mirror_pad(op: Operation, grad: Tensor) -> Any:
    return raw("MirrorPadGrad", grad, op.inputs[1], **attrs_of(op, "mode"))


@derivative("MirrorPadGrad")
def _mirror_pad_grad(op: Operation, grad: Tensor) -> Any:
    return raw("MirrorPad", grad, op.inputs[1], **attrs_of(op, "mode"))


@derivative("Tile")
def _tile(op: Operation, grad: Tensor) -> Any:
    """Each dimension as two: how often it is repeated, and what is repeated."""
    x, multiples = op.inputs
    shape = array.shape(x)
    pairs = array.reshape(array.transpose(array.pack([multiples, shape])), [-1])
    axes = constants.range(0, array.size(pairs), 2)
    found = reduction.reduce_sum(array.reshape(grad, pairs), axes)
    found.set_shape(x.get_shape())
    return found


@derivative("Fill")
def _fill(op: Operation, grad: Tensor) -> Any:
    return None, reduction.reduce_sum(grad)


# -- orders


@derivative("Reverse", "ReverseV2")
def _reverse(op: Operation, grad: Tensor) -> Any:
    return raw(op.type, grad, op.inputs[1])


@derivative("ReverseSequence")
def _reverse_sequence(op: Operation, grad: Tensor) -> Any:
    return raw("ReverseSequence", grad, op.inputs[1], **attrs_of(op, "seq_dim", "batch_dim"))


@derivative("TopK", "TopKV2")
def _top_k(op: Operation, grad: Tensor, indices_grad: Any = None) -> Any:
    """Each value at its place in its row, all rows one after the other."""
    x, indices = op.inputs[0], op.outputs[1]
    shape, shape_out = array.shape(x), array.shape(indices)
    last = array.size(shape) - 1
    rows = array.reshape(indices, array.pack([-1, indexing.gather(shape_out, last)]))
    width = indexing.gather(shape, last)
    count = array.squeeze(array.slice(array.shape(rows), [0], [1]), [0])
    starts = array.expand_dims(constants.range(0, count) * width, -1)
    places = array.reshape(rows + starts, [-1])
    whole = sparse.sparse_to_dense(places, array.reshape(reduction.reduce_prod(shape), [1]), array.reshape(grad, [-1]),
                                   constants.constant(0, grad.dtype.base_dtype), validate_indices=False)
    return array.reshape(whole, shape)


# -- by numbers


@derivative("DynamicPartition")
def _dynamic_partition(op: Operation, *grads: Tensor) -> Any:
    data, partitions = op.inputs
    if len(grads) == 1:
        return array.reshape(grads[0], array.shape(data))
    shape = array.shape(partitions)
    numbers = array.reshape(constants.range(0, reduction.reduce_prod(shape)), shape)
    places = indexing.dynamic_partition(numbers, partitions, op.attrs["num_partitions"])
    return array.reshape(indexing.dynamic_stitch(places, list(grads)), array.shape(data))


@derivative("DynamicStitch")
def _dynamic_stitch(op: Operation, grad: Tensor) -> Any:
    """What was written last stands in the result."""
    count = op.attrs["N"]
    places = op.inputs[:count]
    found = [indexing.gather(grad, place) for place in places]
    return [*[None] * count, *found]

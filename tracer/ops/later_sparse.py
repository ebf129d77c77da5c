"""Sparse tensors: operations that TensorFlow had from 0.9 on."""

from __future__ import annotations

from typing import Any

import numpy as np

from tracer import scopes, shapes
from tracer.convert import convert_to_tensor
from tracer.declare import op
from tracer.ir import Tensor
from tracer.ops import array, check, constants, control_flow, indexing
from tracer.ops.sparse import SparseTensor, checked, sparse_reorder
from tracer.static import constant_value

_REAL = "T:type{float32,float64,int32,int64,uint8,int16,int8,uint16,float16}"


def sparse_reshape(sp_input: Any, shape: Any, name: str | None = None) -> SparseTensor:
    """The elements of `sp_input`, in order, in another shape; one size of -1 is worked out.

    >>> tf.sparse_reshape(tf.SparseTensor([[0, 0], [1, 1]], [1, 2], [2, 2]), [-1]).eval().indices
    array([[0],
           [3]])
    """
    sp_input = checked(sp_input)
    with scopes.op_scope([sp_input.indices, sp_input.values, sp_input.shape], name, "SparseReshape") as scope:
        indices, whole = _sparse_reshape(sp_input.indices, sp_input.shape, shape, name=scope)
        return SparseTensor(indices, array.identity(sp_input.values), whole)


@op("SparseReshape", inputs="input_indices:int64; input_shape:int64; new_shape:int64",
    outputs="output_indices:int64; output_shape:int64")
def _sparse_reshape(input_indices: Tensor, input_shape: Tensor, new_shape: Tensor, name: str | None = None) -> Any:
    (count, _), (rank,) = shapes.rank(input_indices.sizes, 2), shapes.rank(new_shape.sizes, 1)
    return [(count, rank), (rank,)]


def sparse_transpose(sp_input: Any, perm: Any = None, name: str | None = None) -> SparseTensor:
    """`sp_input` with its dimensions in the order `perm`; in the reverse order by default."""
    sp_input = checked(sp_input)
    with scopes.op_scope([sp_input.indices, sp_input.values, sp_input.shape], name, "SparseTranspose"):
        if perm is None:
            rank = array.rank(sp_input)
            perm = (rank - 1) - constants.range(0, rank, 1)  # type: ignore[operator]
        columns = array.transpose(indexing.gather(array.transpose(sp_input.indices), perm))
        moved = SparseTensor(columns, sp_input.values, indexing.gather(sp_input.shape, perm))
        return sparse_reorder(moved)


def sparse_reset_shape(sp_input: Any, new_shape: Any = None) -> SparseTensor:
    """The elements of `sp_input` in a tensor of a larger shape, or of the smallest that holds them all.

    Raises:
        ValueError: `new_shape` is known to have another number of dimensions.
        InvalidArgumentError: while running, it is smaller than the shape that `sp_input` has.
    """
    from tracer.ops import math, reduction

    sp_input = checked(sp_input)
    indices, values = array.identity(sp_input.indices), array.identity(sp_input.values)
    if new_shape is None:
        least = reduction.reduce_max(indices, 0)
        return SparseTensor(indices, values, math.add(least, np.array(1, np.int64)))
    whole = control_flow.with_dependencies(
        [check.assert_rank(convert_to_tensor(new_shape, np.int64), 1)], convert_to_tensor(new_shape, np.int64))
    whole.get_shape().assert_is_compatible_with(sp_input.shape.get_shape())
    fits = check.assert_less_equal(array.identity(sp_input.shape), whole)
    return SparseTensor(indices, values, control_flow.with_dependencies([fits], array.identity(whole)))


def sparse_softmax(sp_input: Any, name: str | None = None) -> SparseTensor:
    """The softmax of the elements that `sp_input` has, along its last dimension.

    >>> tf.sparse_softmax(tf.SparseTensor([[0, 0], [0, 2], [1, 1]], [1., 2., 3.], [2, 3])).values.eval()
    array([0.26894143, 0.7310586 , 1.        ], dtype=float32)
    """
    sp_input = checked(sp_input)
    with scopes.op_scope([sp_input.indices, sp_input.values], name, "SparseSoftmax"):
        values = _sparse_softmax(sp_input.indices, sp_input.values, sp_input.shape)
        return SparseTensor(sp_input.indices, values, sp_input.shape)


@op("SparseSoftmax", inputs="sp_indices:int64; sp_values:T; sp_shape:int64", outputs="output:T",
    attrs="T:type{float32,float64}")
def _sparse_softmax(sp_indices: Tensor, sp_values: Tensor, sp_shape: Tensor, name: str | None = None) -> Any:
    shapes.rank(sp_indices.sizes, 2)
    shapes.rank(sp_shape.sizes, 1)
    return shapes.merge(sp_values.sizes, (shapes.rank(sp_indices.sizes, 2)[0],))


def sparse_maximum(sp_a: Any, sp_b: Any, name: str | None = None) -> SparseTensor:
    """The larger of two sparse tensors at each place that one of them has; what it has not counts as 0."""
    return _of_both(_sparse_sparse_maximum, "SparseSparseMaximum", sp_a, sp_b, name)


def sparse_minimum(sp_a: Any, sp_b: Any, name: str | None = None) -> SparseTensor:
    """The smaller of two sparse tensors at each place that one of them has; what it has not counts as 0."""
    return _of_both(_sparse_sparse_minimum, "SparseSparseMinimum", sp_a, sp_b, name)


def _of_both(operation: Any, default: str, sp_a: Any, sp_b: Any, name: str | None) -> SparseTensor:
    sp_a, sp_b = checked(sp_a), checked(sp_b)
    with scopes.op_scope([sp_a.indices, sp_a.values, sp_b.indices, sp_b.values], name, default) as scope:
        indices, values = operation(sp_a.indices, sp_a.values, sp_a.shape, sp_b.indices, sp_b.values, sp_b.shape,
                                    name=scope)
        return SparseTensor(indices, values, sp_a.shape)


_BOTH = {"inputs": "a_indices:int64; a_values:T; a_shape:int64; b_indices:int64; b_values:T; b_shape:int64",
         "outputs": "output_indices:int64; output_values:T", "attrs": _REAL}


@op("SparseSparseMaximum", **_BOTH)
def _sparse_sparse_maximum(a_indices: Tensor, a_values: Tensor, a_shape: Tensor, b_indices: Tensor, b_values: Tensor,
                           b_shape: Tensor, name: str | None = None) -> Any:
    return [(None, shapes.rank(a_indices.sizes, 2)[1]), (None,)]


@op("SparseSparseMinimum", **_BOTH)
def _sparse_sparse_minimum(a_indices: Tensor, a_values: Tensor, a_shape: Tensor, b_indices: Tensor, b_values: Tensor,
                           b_shape: Tensor, name: str | None = None) -> Any:
    return [(None, shapes.rank(a_indices.sizes, 2)[1]), (None,)]


def sparse_reduce_sum_sparse(sp_input: Any, axis: Any = None, keep_dims: bool = False,
                             reduction_axes: Any = None) -> SparseTensor:
    """The sum over the dimensions `axis` (all by default) as a sparse tensor."""
    sp_input = checked(sp_input)
    axis = reduction_axes if axis is None else axis
    if axis is None:
        axis = constants.range(0, array.rank(sp_input))
    return SparseTensor(*_sparse_reduce_sum_sparse(sp_input.indices, sp_input.values, sp_input.shape, axis, keep_dims))


@op("SparseReduceSumSparse",
    inputs="input_indices:int64; input_values:T; input_shape:int64; reduction_axes:int32",
    outputs="output_indices:int64; output_values:T; output_shape:int64",
    attrs="keep_dims:bool=False; T:type{float32,float64,int64,int32,uint8,uint16,int16,int8,complex64,complex128,float16}")
def _sparse_reduce_sum_sparse(input_indices: Tensor, input_values: Tensor, input_shape: Tensor, reduction_axes: Tensor,
                              keep_dims: bool = False, name: str | None = None) -> Any:
    (rank,), axes = shapes.rank(input_shape.sizes, 1), constant_value(reduction_axes)
    if keep_dims:
        left = rank
    else:
        left = None if rank is None or axes is None else rank - len(set(np.reshape(axes % rank, -1).tolist()))
    return [(None, left), (None,), (left,)]


@op("SparseDenseCwiseAdd", inputs="sp_indices:int64; sp_values:T; sp_shape:int64; dense:T", outputs="output:T",
    attrs="T:type{float32,float64,int64,int32,uint8,uint16,int16,int8,complex64,complex128,qint8,quint8,qint32,float16}")
def _sparse_dense_cwise_add(sp_indices: Tensor, sp_values: Tensor, sp_shape: Tensor, dense: Tensor,
                            name: str | None = None) -> Any:
    return (shapes.rank(sp_indices.sizes, 2)[0],)

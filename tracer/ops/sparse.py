"""Sparse tensors: where a tensor is not zero, and what stands there."""

from __future__ import annotations

from typing import Any

from tracer import dtypes, scopes, shapes
from tracer.convert import internal_convert_to_tensor
from tracer.declare import op
from tracer.ir import Tensor
from tracer.ops import array, casting, indexing
from tracer.ops.sparse_tensor import SparseTensor as SparseTensor
from tracer.ops.sparse_tensor import SparseTensorValue as SparseTensorValue
from tracer.ops.sparse_tensor import checked as checked
from tracer.ops.sparse_tensor import sparse_placeholder as sparse_placeholder
from tracer.static import constant_sizes, constant_value

# -- to dense tensors


@op("SparseToDense")
def sparse_to_dense(sparse_indices: Tensor, output_shape: Tensor, sparse_values: Tensor, default_value: Any = 0,
                    validate_indices: bool = True, name: str | None = None) -> Any:
    """A tensor of shape `output_shape` with `sparse_values` at `sparse_indices` and `default_value` elsewhere.

    >>> tf.sparse_to_dense([1, 3], [5], [7, 8]).eval()
    array([0, 7, 0, 8, 0], dtype=int32)

    Args:
        sparse_indices: a scalar, a vector of places, or a matrix with a row for each place.
        sparse_values: a value for each place, or one for all.
        validate_indices: whether a run checks that the places are in order and no place is there twice.
    """
    if output_shape.sizes is not None and len(output_shape.sizes) != 1:
        raise ValueError("Input shape should be a vector")
    return constant_sizes(output_shape)


def sparse_tensor_to_dense(sp_input: Any, default_value: Any = 0, validate_indices: bool = True,
                           name: str | None = None) -> Tensor:
    """`sp_input` as a dense tensor, with `default_value` where it has no element."""
    sp_input = checked(sp_input)
    return sparse_to_dense(sp_input.indices, sp_input.shape, sp_input.values, default_value, validate_indices, name=name)


def sparse_to_indicator(sp_input: Any, vocab_size: Any, name: str | None = None) -> Tensor:
    """A bool tensor whose last dimension, of size `vocab_size`, is true where the values of `sp_input` say.

    The numbers in the last dimension of `sp_input` are replaced by its values.
    """
    sp_input = checked(sp_input)
    with scopes.op_scope([sp_input.indices, sp_input.values, sp_input.shape], name, "SparseToIndicator") as scope:
        count = array.slice(array.shape(sp_input.indices), [0], [1])
        present = SparseTensor(sp_input.indices, array.fill(count, True), sp_input.shape)
        merged = sparse_merge(sp_input, present, vocab_size)
        # The same number may be there several times.
        return sparse_tensor_to_dense(merged, default_value=False, validate_indices=False, name=scope)


# -- other places


def sparse_reorder(sp_input: Any, name: str | None = None) -> SparseTensor:
    """`sp_input` with its elements in row-major order."""
    sp_input = checked(sp_input)
    indices, values = _sparse_reorder(sp_input.indices, sp_input.values, sp_input.shape, name=name)
    return SparseTensor(indices, values, array.identity(sp_input.shape))


@op("SparseReorder")
def _sparse_reorder(input_indices: Tensor, input_values: Tensor, input_shape: Tensor, name: str | None = None) -> Any:
    return [shapes.rank(input_indices.sizes, 2), shapes.rank(input_values.sizes, 1)]


def sparse_merge(sp_ids: Any, sp_values: Any, vocab_size: Any, name: str | None = None,
                 already_sorted: bool = False) -> SparseTensor:
    """The values of `sp_values`, at places whose last number is the value of `sp_ids` there.

    Args:
        sp_ids: the numbers below `vocab_size`, int32 or int64.
        sp_values: the elements, at the same places.
        already_sorted: whether the places come in order then: they are not put into it; from 0.12 on.
    """
    sp_ids = checked(sp_ids, "sp_ids must be a SparseTensor")
    sp_values = checked(sp_values, "sp_values must be a SparseTensor")
    with scopes.op_scope([sp_ids.indices, sp_ids.values, sp_ids.shape], name, "SparseMerge"):
        from tracer.ops import math

        rank = array.squeeze(array.slice(array.shape(sp_ids.indices), [1], [1]), [0])
        kept = math.sub(rank, 1, name="sub")
        ids = casting.cast(sp_ids.values, dtypes.int64)
        before = array.slice(sp_ids.indices, [0, 0], array.pack([-1, kept]))
        indices = array.concat(1, [before, array.reshape(ids, [-1, 1])])
        size = casting.cast(internal_convert_to_tensor(vocab_size, name="vocab_size"), dtypes.int64)
        outer = array.slice(sp_ids.shape, [0], array.expand_dims(kept, 0))
        shape = array.concat(0, [outer, array.reshape(size, [1])])
        merged = SparseTensor(indices, sp_values.values, shape)
        return merged if already_sorted else sparse_reorder(merged)


def sparse_concat(concat_dim: int, sp_inputs: Any, name: str | None = None,
                  expand_nonconcat_dim: bool = False) -> SparseTensor:
    """The sparse tensors `sp_inputs`, of the same sizes but in `concat_dim`, joined along that dimension.

    With `expand_nonconcat_dim`, from 0.12 on, other sizes may differ: the joined one has the largest.
    """
    if not isinstance(sp_inputs, (list, tuple)):
        raise TypeError("Inputs must be a list")
    inputs = [checked(sp_input, "All inputs must be SparseTensors") for sp_input in sp_inputs]
    if len(inputs) == 1:
        return inputs[0]
    sizes = [t.shape for t in inputs]
    if expand_nonconcat_dim:
        from tracer.ops import reduction

        largest = reduction.reduce_max(array.pack(sizes), 0)
        after = [largest[concat_dim + 1:]] if concat_dim != -1 else []
        sizes = [array.concat(0, [largest[:concat_dim], size[concat_dim:][:1], *after]) for size in sizes]
    return SparseTensor(*_sparse_concat([t.indices for t in inputs], [t.values for t in inputs], sizes, concat_dim,
                                        name=name))


@op("SparseConcat")
def _sparse_concat(indices: list[Tensor], values: list[Tensor], shapes: list[Tensor], concat_dim: int,
                   name: str | None = None) -> Any:
    from tracer.shapes import merge, rank

    length: Any = (None,)
    total: int | None = 0
    for places, elements, whole in zip(indices, values, shapes, strict=True):
        length = merge(length, rank(whole.sizes, 1))
        count, columns = rank(places.sizes, 2)
        length = merge(length, (columns,))
        (count,) = merge((count,), rank(elements.sizes, 1))  # type: ignore[misc]
        total = None if total is None or count is None else total + count
    return [(total, *length), (total,), length]


def sparse_split(split_dim: Any, num_split: int, sp_input: Any, name: str | None = None) -> list[SparseTensor]:
    """`sp_input` cut into `num_split` parts along `split_dim`; the first ones are larger when it does not divide."""
    sp_input = checked(sp_input)
    indices, values, whole = _sparse_split(split_dim, sp_input.indices, sp_input.values, sp_input.shape, num_split,
                                           name=name)
    return [SparseTensor(*parts) for parts in zip(indices, values, whole, strict=True)]


@op("SparseSplit")
def _sparse_split(split_dim: Tensor, indices: Tensor, values: Tensor, shape: Tensor, num_split: int,
                  name: str | None = None) -> Any:
    columns = shapes.rank(indices.sizes, 2)[1]
    return [*[(None, columns)] * num_split, *[(None,)] * num_split, *[shapes.rank(shape.sizes, 1)] * num_split]


def sparse_retain(sp_input: Any, to_retain: Any) -> SparseTensor:
    """The elements of `sp_input` for which the bool vector `to_retain` holds True."""
    sp_input = checked(sp_input)
    to_retain = internal_convert_to_tensor(to_retain)
    shapes.merge(shapes.rank(sp_input.values.sizes, 1), shapes.rank(to_retain.sizes, 1))
    places = array.reshape(indexing.where(to_retain), [-1])
    return SparseTensor(indexing.gather(sp_input.indices, places), indexing.gather(sp_input.values, places),
                        array.identity(sp_input.shape))


def sparse_fill_empty_rows(sp_input: Any, default_value: Any, name: str | None = None) -> tuple[SparseTensor, Tensor]:
    """`sp_input`, of rank 2, with `default_value` at the start of each row without elements; and which rows those are.

    Returns:
        A pair: the sparse tensor, and a bool vector.
    """
    sp_input = checked(sp_input)
    with scopes.op_scope([sp_input.indices, sp_input.values, sp_input.shape], name, "SparseFillEmptyRows"):
        default_value = internal_convert_to_tensor(default_value, sp_input.values.dtype.base_dtype)
        rows = array.slice(sp_input.shape, [0], [1])
        count = casting.cast(array.squeeze(rows, [0]), dtypes.int32)
        every = casting.cast(array.range_(count), dtypes.int64)
        used = array.squeeze(array.slice(sp_input.indices, [0, 0], [-1, 1]), [1])
        empty, _ = indexing.listdiff(every, used)
        indicator = sparse_to_dense(empty, rows, True, False)
        column = array.reshape(empty, [-1, 1])
        added = array.concat(1, [column, array.zeros_like(column)])
        values = array.fill(array.shape(empty), default_value)
        filled = SparseTensor(array.concat(0, [sp_input.indices, added]), array.concat(0, [sp_input.values, values]),
                              sp_input.shape)
        return sparse_reorder(filled), indicator


# -- arithmetic


def sparse_add(a: Any, b: Any, thresh: Any = 0) -> Any:
    """The sum of two tensors of which at least one is sparse; of two sparse ones it is sparse.

    Args:
        thresh: elements whose magnitude is less vanish from a sparse sum, where both tensors had one.
    """
    kinds = (SparseTensor, SparseTensorValue)
    if not isinstance(a, kinds) and not isinstance(b, kinds):
        raise TypeError("At least one input should be SparseTensor; do you mean to use tf.add()?")
    if isinstance(a, kinds) and isinstance(b, kinds):
        a, b = checked(a), checked(b)
        thresh = internal_convert_to_tensor(thresh, a.values.dtype.real_dtype.base_dtype, "thresh")
        return SparseTensor(*_sparse_add(a.indices, a.values, a.shape, b.indices, b.values, b.shape, thresh))
    if isinstance(b, kinds):
        a, b = b, a
    a = checked(a)
    return _sparse_tensor_dense_add(a.indices, a.values, a.shape, b)


@op("SparseAdd")
def _sparse_add(a_indices: Tensor, a_values: Tensor, a_shape: Tensor, b_indices: Tensor, b_values: Tensor,
                b_shape: Tensor, thresh: Tensor, name: str | None = None) -> Any:
    length = shapes.merge(shapes.rank(a_shape.sizes, 1), shapes.rank(b_shape.sizes, 1))
    return [(None, *length), (None,), length]  # type: ignore[misc]


@op("SparseAddGrad")
def _sparse_add_grad(backprop_val_grad: Tensor, a_indices: Tensor, b_indices: Tensor, sum_indices: Tensor,
                     name: str | None = None) -> Any:
    return [(shapes.rank(a_indices.sizes, 2)[0],), (shapes.rank(b_indices.sizes, 2)[0],)]


@op("SparseTensorDenseAdd")
def _sparse_tensor_dense_add(a_indices: Tensor, a_values: Tensor, a_shape: Tensor, b: Tensor,
                             name: str | None = None) -> Any:
    return b.sizes


def sparse_tensor_dense_matmul(sp_a: Any, b: Any, adjoint_a: bool = False, adjoint_b: bool = False,
                               name: str | None = None) -> Tensor:
    """The matrix product of the sparse matrix `sp_a` and the dense matrix `b`, or of their adjoints."""
    sp_a = checked(sp_a)
    with scopes.op_scope([sp_a.indices, sp_a.values, b], name, "SparseTensorDenseMatMul") as scope:
        b = internal_convert_to_tensor(b, name="b")
        return _sparse_tensor_dense_matmul(sp_a.indices, sp_a.values, sp_a.shape, b, adjoint_a, adjoint_b, name=scope)


@op("SparseTensorDenseMatMul")
def _sparse_tensor_dense_matmul(a_indices: Tensor, a_values: Tensor, a_shape: Tensor, b: Tensor,
                                adjoint_a: bool = False, adjoint_b: bool = False, name: str | None = None) -> Any:
    rows, inner = shapes.rank(constant_sizes(a_shape), 2)[::-1 if adjoint_a else 1]
    inner_b, columns = shapes.rank(b.sizes, 2)[::-1 if adjoint_b else 1]
    shapes.same(inner, inner_b)
    return rows, columns


def sparse_reduce_sum(sp_input: Any, reduction_axes: Any = None, keep_dims: bool = False, axis: Any = None) -> Tensor:
    """The sum over the dimensions `reduction_axes` (all by default) as a dense tensor; `axis` from 0.12 on."""
    sp_input = checked(sp_input)
    reduction_axes = axis if reduction_axes is None else reduction_axes
    if reduction_axes is None:
        reduction_axes = array.range_(0, array.rank(sp_input))
    return _sparse_reduce_sum(sp_input.indices, sp_input.values, sp_input.shape, reduction_axes, keep_dims)


@op("SparseReduceSum")
def _sparse_reduce_sum(input_indices: Tensor, input_values: Tensor, input_shape: Tensor, reduction_axes: Tensor,
                       keep_dims: bool = False, name: str | None = None) -> Any:
    return None


# -- as strings


def serialize_sparse(sp_input: Any, name: str | None = None) -> Tensor:
    """`sp_input` as three strings."""
    sp_input = checked(sp_input)
    return _serialize_sparse(sp_input.indices, sp_input.values, sp_input.shape, name=name)


@op("SerializeSparse")
def _serialize_sparse(sparse_indices: Tensor, sparse_values: Tensor, sparse_shape: Tensor,
                      name: str | None = None) -> Any:
    _check_parts(sparse_indices, sparse_values, sparse_shape)
    return (3,)


def serialize_many_sparse(sp_input: Any, name: str | None = None) -> Tensor:
    """Each row of `sp_input`, of rank 2 or more, as three strings: a matrix with three columns."""
    sp_input = checked(sp_input)
    return _serialize_many_sparse(sp_input.indices, sp_input.values, sp_input.shape, name=name)


@op("SerializeManySparse")
def _serialize_many_sparse(sparse_indices: Tensor, sparse_values: Tensor, sparse_shape: Tensor,
                           name: str | None = None) -> Any:
    _check_parts(sparse_indices, sparse_values, sparse_shape)
    return (None, 3)


def _check_parts(indices: Tensor, values: Tensor, shape: Tensor) -> None:
    shapes.rank(indices.sizes, 2)
    shapes.rank(values.sizes, 1)
    shapes.rank(shape.sizes, 1)


def deserialize_many_sparse(serialized_sparse: Any, dtype: Any, rank: int | None = None,
                            name: str | None = None) -> SparseTensor:
    """Sparse tensors from the rows of a matrix of strings, stacked along a new first dimension.

    Args:
        serialized_sparse: what `serialize_sparse` gave, stacked, or `serialize_many_sparse`.
        dtype: the type of their values.
        rank: how many dimensions each of them has, when that is known.
    """
    indices, values, shape = _deserialize_many_sparse(serialized_sparse, dtype, name=name)
    whole = None if rank is None else rank + 1
    indices.set_shape([None, whole])
    shape.set_shape([whole])
    return SparseTensor(indices, values, shape)


@op("DeserializeManySparse")
def _deserialize_many_sparse(serialized_sparse: Tensor, dtype: Any, name: str | None = None) -> Any:
    columns = shapes.rank(serialized_sparse.sizes, 2)[1]
    shapes.same(columns, 3)
    return [(None, None), (None,), (None,)]


# -- compared


def edit_distance(hypothesis: Any, truth: Any, normalize: bool = True, name: str = "edit_distance") -> Tensor:
    """How many insertions, deletions and substitutions lead from each sequence of `hypothesis` to that of `truth`.

    The sequences lie along the last dimension of both.

    Args:
        normalize: whether to divide by the length of the true sequence.
    """
    hypothesis = checked(hypothesis, "Hypothesis must be a SparseTensor")
    truth = checked(truth, "Truth must be a SparseTensor")
    return _edit_distance(hypothesis.indices, hypothesis.values, hypothesis.shape, truth.indices, truth.values,
                          truth.shape, normalize, name=name)


@op("EditDistance")
def _edit_distance(hypothesis_indices: Tensor, hypothesis_values: Tensor, hypothesis_shape: Tensor,
                   truth_indices: Tensor, truth_values: Tensor, truth_shape: Tensor, normalize: bool = True,
                   name: str | None = None) -> Any:
    mine, theirs = constant_value(hypothesis_shape), constant_value(truth_shape)
    if mine is None or theirs is None:
        return None
    shapes.same(mine.size, theirs.size)
    return tuple(int(max(a, b)) for a, b in zip(mine[:-1], theirs[:-1], strict=True))

"""Rows of tables by number: `embedding_lookup`, from one table or from several that share the numbers."""

from __future__ import annotations

from typing import Any

from tracer import dtypes, scopes, shapes
from tracer.convert import convert_n_to_tensor_or_indexed_slices, convert_to_tensor
from tracer.ir import Tensor
from tracer.ops import array, casting, clip, constants, indexing, math, reduction, segment


def embedding_lookup(params: Any, ids: Any, partition_strategy: str = "mod", name: str | None = None,
                     validate_indices: bool = True, max_norm: float | None = None) -> Tensor:
    """The rows `ids` of `params`.

    Args:
        params: a table, or a list of tables that together are one.
        ids: an int32 or int64 tensor of any shape.
        partition_strategy: how several tables share the numbers: with "mod", number i is row `i // n` of table `i % n`;
            with "div", the tables hold consecutive ranges, the first ones one row more when they do not divide evenly.
        validate_indices: accepted; indices are always checked.
        max_norm: the L2 norm to which the result as a whole is scaled down, if it is; from 0.12 on.

    Returns:
        A tensor of shape `shape(ids) + shape(params)[1:]`.

    >>> tf.nn.embedding_lookup([[1.0, 2.0], [3.0, 4.0]], [1, 1]).eval()
    array([[3., 4.],
           [3., 4.]], dtype=float32)

    Raises:
        ValueError: there are no tables, or the strategy is another.
    """
    if params is None or (isinstance(params, (list, tuple)) and not params):
        raise ValueError("Need at least one param")
    tables = list(params) if isinstance(params, (list, tuple)) else [params]
    if max_norm is not None:
        return clip.clip_by_norm(embedding_lookup(params, ids, partition_strategy, name, validate_indices), max_norm)
    with scopes.op_scope([*tables, ids], name, "embedding_lookup") as scope:
        values = convert_n_to_tensor_or_indexed_slices(tables, name="params")
        if len(values) == 1:
            with scopes.colocate_with(values[0]):
                return indexing.gather(values[0], ids, validate_indices=validate_indices, name=scope)
        return _from_several(values, convert_to_tensor(ids, name="ids"), partition_strategy, validate_indices, scope)


def _from_several(tables: list[Any], ids: Tensor, strategy: str, validate_indices: bool, scope: str) -> Tensor:
    count = len(tables)
    flat = array.reshape(ids, [-1])
    places = constants.range(array.size(flat))
    if strategy == "mod":
        table, row = flat % count, flat // count
    elif strategy == "div":
        table, row = _ranges(tables, flat)
    else:
        raise ValueError("Unrecognized partition strategy: " + strategy)
    table = casting.cast(table, dtypes.int32)
    rows = indexing.dynamic_partition(row, table, count)
    origins = indexing.dynamic_partition(places, table, count)
    parts = []
    for values, chosen in zip(tables, rows, strict=True):
        with scopes.colocate_with(values):
            parts.append(indexing.gather(values, chosen, validate_indices=validate_indices))
    joined = indexing.dynamic_stitch(origins, parts, name=scope)
    tail = shapes.unknown_shape()
    for values in tables:
        tail = tail.merge_with(values.get_shape()[1:])
    with scopes.colocate_with(tables[0]):
        sizes = array.shape(tables[0])
    result = array.reshape(joined, array.concat(0, [array.shape(ids), array.slice(sizes, [1], [-1])]))
    result.set_shape(ids.get_shape().concatenate(tail))
    return result


def _ranges(tables: list[Any], flat: Tensor) -> tuple[Tensor, Tensor]:
    """Table and row of each number when the tables hold consecutive ranges, the first ones one row more."""
    count, kind = len(tables), flat.dtype.base_dtype
    known = [table.get_shape()[0].value for table in tables]
    if None not in known:
        total = constants.constant(sum(known), dtype=kind)  # type: ignore[arg-type]
    else:
        sizes = []
        for table in tables:
            with scopes.colocate_with(table):
                sizes.append(array.shape(table)[0])  # type: ignore[index]
        total = reduction.reduce_sum(casting.cast(array.pack(sizes), kind))
    each, longer = total // count, total % count
    table = math.maximum(flat // (each + 1), (flat - longer) // each)  # type: ignore[operator]
    first = casting.cast(table < longer, kind)
    row = first * (flat % (each + 1)) + (1 - first) * ((flat - longer) % each)  # type: ignore[operator]
    return table, row


def embedding_lookup_sparse(params: Any, sp_ids: Any, sp_weights: Any, partition_strategy: str = "mod",
                            name: str | None = None, combiner: str = "mean",
                            max_norm: float | None = None) -> Tensor:
    """For each row of `sp_ids`, the combination of the embeddings of its numbers.

    Args:
        params: a table, or a list of tables that together are one.
        sp_ids: a SparseTensor of int64 numbers, its rows in order.
        sp_weights: a SparseTensor of float weights at the same places, or None for ones.
        partition_strategy: as for `embedding_lookup`.
        combiner: "sum", "mean" (divided by the sum of the weights) or "sqrtn" (by the root of the sum of their squares).
        max_norm: as for `embedding_lookup`.

    Raises:
        ValueError: the combiner is another.
        TypeError: `sp_ids` or `sp_weights` is no SparseTensor.
    """
    from tracer.ops.sparse import SparseTensor

    if combiner not in ("mean", "sqrtn", "sum"):
        raise ValueError("combiner must be one of 'mean', 'sqrtn' or 'sum'")
    tables = list(params) if isinstance(params, (list, tuple)) else [params]
    if not isinstance(sp_ids, SparseTensor):
        raise TypeError("sp_ids must be SparseTensor")
    if sp_weights is not None and not isinstance(sp_weights, SparseTensor):
        raise TypeError("sp_weights must be either None or SparseTensor")
    weights = [] if sp_weights is None else [sp_weights.values]
    with scopes.op_scope([*tables, sp_ids.values, *weights], name, "embedding_lookup_sparse") as scope:
        segments = casting.cast(sp_ids.indices[:, 0], dtypes.int32)
        if sp_weights is not None:
            rows = embedding_lookup(tables, sp_ids.values, partition_strategy=partition_strategy, max_norm=max_norm)
            return _weighed(rows, segments, sp_weights.values, combiner, scope)
        ids, places = indexing.unique(sp_ids.values)
        rows = embedding_lookup(tables, ids, partition_strategy=partition_strategy, max_norm=max_norm)
        combine = {"sum": segment.sparse_segment_sum, "mean": segment.sparse_segment_mean,
                   "sqrtn": segment.sparse_segment_sqrt_n}[combiner]
        return combine(rows, places, segments, name=scope)


def _weighed(rows: Tensor, segments: Tensor, weights: Tensor, combiner: str, scope: str) -> Tensor:
    weights = casting.cast(weights, rows.dtype.base_dtype)
    ones = constants.fill(array.expand_dims(array.rank(rows) - 1, 0), 1)  # type: ignore[operator]
    count, rank = weights.get_shape(), rows.get_shape().ndims
    weights = array.reshape(weights, array.concat(0, [array.shape(weights), ones]))
    if rank is not None:
        weights.set_shape(count.concatenate([1] * (rank - 1)))
    rows = rows * weights  # type: ignore[operator]
    if combiner == "sum":
        return segment.segment_sum(rows, segments, name=scope)
    total = segment.segment_sum(rows, segments)
    if combiner == "mean":
        return math.div(total, segment.segment_sum(weights, segments), name=scope)
    return math.div(total, math.sqrt(segment.segment_sum(math.pow(weights, 2), segments)), name=scope)

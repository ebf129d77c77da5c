"""Rows of tables by number: `embedding_lookup`, from one table or from several that share the numbers."""

from __future__ import annotations

from typing import Any

from tracer import dtypes, scopes, shapes
from tracer.convert import convert_to_tensor
from tracer.ir import Tensor
from tracer.ops import array, casting, constants, indexing, math, reduction, segment
from tracer.variables import Variable


def embedding_lookup(params: Any, ids: Any, partition_strategy: str = "mod", name: str | None = None,
                     validate_indices: bool = True) -> Tensor:
    """The rows `ids` of `params`.

    Args:
        params: a table, or a list of tables that together are one.
        ids: an int32 or int64 tensor of any shape.
        partition_strategy: how several tables share the numbers: with "mod", number i is row `i // n` of table `i % n`;
            with "div", the tables hold consecutive ranges, the first ones one row more when they do not divide evenly.
        validate_indices: accepted; indices are always checked.

    Returns:
        A tensor of shape `shape(ids) + shape(params)[1:]`.

    Raises:
        ValueError: there are no tables, or the strategy is another.
    """
    if params is None or (isinstance(params, (list, tuple)) and not params):
        raise ValueError("Need at least one param")
    tables = list(params) if isinstance(params, (list, tuple)) else [params]
    with scopes.op_scope([*tables, ids], name, "embedding_lookup") as scope:
        ids = convert_to_tensor(ids, name="ids")
        tables = [table if isinstance(table, Variable) else convert_to_tensor(table, name=f"params_{i}")
                  for i, table in enumerate(tables)]
        if len(tables) == 1:
            return indexing.gather(_reference(tables[0]), ids, validate_indices=validate_indices, name=scope)
        return _from_several(tables, ids, partition_strategy, scope)


def _reference(table: Any) -> Any:
    """A variable is read where it lies, so that its gradient is the rows that were read."""
    return table.ref() if isinstance(table, Variable) else table


def _from_several(tables: list[Any], ids: Tensor, strategy: str, scope: str) -> Tensor:
    count = len(tables)
    flat = array.reshape(ids, [-1])
    places = constants.range(array.size(flat))
    if strategy == "mod":
        table, row = flat % count, math.div(flat, count)
    elif strategy == "div":
        table, row = _ranges(tables, flat)
    else:
        raise ValueError("Unrecognized partition strategy: " + strategy)
    table = casting.cast(table, dtypes.int32)
    rows = indexing.dynamic_partition(row, table, count)
    origins = indexing.dynamic_partition(places, table, count)
    parts = [indexing.gather(_reference(t), r) for t, r in zip(tables, rows, strict=True)]
    joined = indexing.dynamic_stitch(origins, parts, name=None)
    tail = tables[0].get_shape()[1:]
    result = array.reshape(joined, array.concat(0, [array.shape(ids), array.shape(tables[0])[1:]]), name=scope)
    result.set_shape(ids.get_shape().concatenate(tail))
    return result


def _ranges(tables: list[Any], flat: Tensor) -> tuple[Tensor, Tensor]:
    """Table and row of each number when the tables hold consecutive ranges."""
    count = len(tables)
    known = [t.get_shape()[0].value for t in tables]
    if all(size is not None for size in known):
        total = constants.constant(sum(known), dtype=flat.dtype.base_dtype)  # type: ignore[arg-type]
    else:
        sizes = array.pack([array.shape(t)[0] for t in tables])
        total = casting.cast(reduction.reduce_sum(sizes), flat.dtype.base_dtype)
    each, more = math.div(total, count), total % count
    border = more * (each + 1)
    table = math.maximum(math.div(flat, each + 1), math.div(flat - more, each))
    from tracer.ops import logic

    low = casting.cast(logic.less(flat, border), flat.dtype.base_dtype)
    row = low * (flat % (each + 1)) + (1 - low) * ((flat - more) % each)
    return table, row


def embedding_lookup_sparse(params: Any, sp_ids: Any, sp_weights: Any, partition_strategy: str = "mod",
                            name: str | None = None, combiner: str = "mean") -> Tensor:
    """For each row of `sp_ids`, the combination of the embeddings of its numbers.

    Args:
        params: a table, or a list of tables that together are one.
        sp_ids: a SparseTensor of int64 numbers, its rows in order.
        sp_weights: a SparseTensor of float weights at the same places, or None for ones.
        partition_strategy: as for `embedding_lookup`.
        combiner: "sum", "mean" (divided by the sum of the weights) or "sqrtn" (by the root of the sum of their squares).

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
    with scopes.op_scope([*tables, sp_ids.values], name, "embedding_lookup_sparse") as scope:
        segments = casting.cast(sp_ids.indices[:, 0], dtypes.int32)
        ids, places = indexing.unique(sp_ids.values)
        embeddings = embedding_lookup(tables, ids, partition_strategy=partition_strategy)
        if sp_weights is None:
            reduce = {"sum": segment.sparse_segment_sum, "mean": segment.sparse_segment_mean,
                      "sqrtn": segment.sparse_segment_sqrt_n}[combiner]
            return reduce(embeddings, places, segments, name=scope)
        return _weighted(embeddings, places, segments, sp_weights.values, combiner, scope)


def _weighted(embeddings: Tensor, places: Tensor, segments: Tensor, weights: Tensor, combiner: str,
              scope: str) -> Tensor:
    rows = indexing.gather(embeddings, places)
    if weights.dtype.base_dtype is not rows.dtype.base_dtype:
        weights = casting.cast(weights, rows.dtype.base_dtype)
    known = rows.get_shape().ndims
    ones = constants.fill(array.expand_dims(array.rank(rows) - 1, 0), 1)
    weights = array.reshape(weights, array.concat(0, [array.shape(weights), ones]))
    if known is not None:
        weights.set_shape(shapes.unknown_shape(known))
    rows = rows * weights
    if combiner == "sum":
        return segment.segment_sum(rows, segments, name=scope)
    total = segment.segment_sum(rows, segments)
    if combiner == "mean":
        return math.div(total, segment.segment_sum(weights, segments), name=scope)
    return math.div(total, math.sqrt(segment.segment_sum(weights * weights, segments)), name=scope)

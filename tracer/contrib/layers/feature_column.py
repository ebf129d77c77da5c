"""`tf.contrib.layers`: columns of features, as scripts make them; from TensorFlow 0.9 on."""

from __future__ import annotations

import math as numbers
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from tracer import dtypes, scopes
from tracer.contrib.layers.columns import (
    BucketizedColumn,
    CrossedColumn,
    EmbeddingColumn,
    Lookup,
    OneHotColumn,
    RealValuedColumn,
    SparseColumn,
    WeightedSparseColumn,
)
from tracer.contrib.layers.crossing import (
    SPARSE_FEATURE_CROSS_DEFAULT_HASH_KEY as SPARSE_FEATURE_CROSS_DEFAULT_HASH_KEY,
)
from tracer.initializers import truncated_normal_initializer
from tracer.ops import array
from tracer.ops.parsing import VarLenFeature


def _checked_sparse(column: Any, what: str) -> None:
    if not isinstance(column, SparseColumn | WeightedSparseColumn | CrossedColumn):
        raise TypeError(f"{what} needs a sparse column, not {type(column).__name__}: {getattr(column, 'name', column)}")


def sparse_column_with_hash_bucket(column_name: str, hash_bucket_size: int, combiner: str | None = None,
                                   dtype: Any = dtypes.string) -> SparseColumn:
    """Strings or integers, hashed to numbers below `hash_bucket_size`."""
    if hash_bucket_size is None:
        raise ValueError(f"hash_bucket_size must be set. column_name: {column_name}")
    if hash_bucket_size < 1:
        raise ValueError(f"hash_bucket_size must be at least 1. column_name: {column_name}")
    if dtype not in (dtypes.string, dtypes.int64):
        raise ValueError(f"dtype must be string or integer. dtype: {dtype}, column_name: {column_name}")
    return SparseColumn(column_name, False, hash_bucket_size, None, combiner or "sum", dtypes.as_dtype(dtype))


def sparse_column_with_keys(column_name: str, keys: Sequence[str], default_value: int = -1,
                            combiner: str | None = None) -> SparseColumn:
    """Strings out of `keys`, each as its place there; others are `default_value`."""
    config = Lookup(None, tuple(keys), 0, len(keys), default_value)
    return SparseColumn(column_name, False, None, config, combiner or "sum", dtypes.string)


def sparse_column_with_integerized_feature(column_name: str, bucket_size: int, combiner: str | None = None,
                                           dtype: Any = dtypes.int64) -> SparseColumn:
    """Integers, which are numbers of the vocabulary already: `number % bucket_size`."""
    if bucket_size <= 1:
        raise ValueError(f"bucket_size must be at least 1. bucket_size {bucket_size}, column_name {column_name}")
    if not dtypes.as_dtype(dtype).is_integer:
        raise ValueError(f"dtype must be an integer. dtype: {dtype}, column_name: {column_name}")
    return SparseColumn(column_name, True, bucket_size, None, combiner or "sum", dtypes.as_dtype(dtype))


def weighted_sparse_column(sparse_id_column: SparseColumn, weight_column_name: str,
                           dtype: Any = dtypes.float32) -> WeightedSparseColumn:
    """A sparse column with weights out of another feature."""
    if not (dtypes.as_dtype(dtype).is_integer or dtypes.as_dtype(dtype).is_floating):
        raise ValueError(f"dtype is not convertible to float. Given {dtype}")
    return WeightedSparseColumn(sparse_id_column, weight_column_name, dtypes.as_dtype(dtype))


def one_hot_column(sparse_id_column: Any) -> OneHotColumn:
    """A sparse column as how often each value is there, for networks."""
    return OneHotColumn(sparse_id_column)


def _default_initializer(length: int) -> Any:
    return truncated_normal_initializer(mean=0.0, stddev=1 / numbers.sqrt(length))


def embedding_column(sparse_id_column: Any, dimension: int, combiner: str | None = None, initializer: Any = None,
                     ckpt_to_load_from: str | None = None, tensor_name_in_ckpt: str | None = None) -> EmbeddingColumn:
    """A sparse column as vectors of `dimension` numbers, for networks.

    Args:
        combiner: "mean" (by default), "sum" or "sqrtn" of the vectors of an example.
        initializer: of the vectors; truncated normal numbers by default.
        ckpt_to_load_from, tensor_name_in_ckpt: a checkpoint, and the tensor there that they are initialized with.
    """
    _checked_sparse(sparse_id_column, "embedding_column")
    if initializer is not None and not callable(initializer):
        raise ValueError(f"initializer must be callable if specified. Embedding of column_name: {sparse_id_column.name}")
    if (ckpt_to_load_from is None) != (tensor_name_in_ckpt is None):
        raise ValueError("Must specify both `ckpt_to_load_from` and `tensor_name_in_ckpt` or none of them.")
    initializer = initializer or _default_initializer(sparse_id_column.length)
    return EmbeddingColumn(sparse_id_column, dimension, combiner or "mean", initializer, ckpt_to_load_from,
                           tensor_name_in_ckpt, None, None, None)


def shared_embedding_columns(sparse_id_columns: Sequence[Any], dimension: int, combiner: str | None = None,
                             shared_embedding_name: str | None = None, initializer: Any = None,
                             ckpt_to_load_from: str | None = None,
                             tensor_name_in_ckpt: str | None = None) -> list[EmbeddingColumn]:
    """Several sparse columns of the same vocabulary as the same vectors."""
    if not sparse_id_columns:
        raise ValueError("The input sparse_id_columns should have at least one element.")
    for column in sparse_id_columns:
        _checked_sparse(column, "shared_embedding_columns")
    if len({column.length for column in sparse_id_columns}) > 1:
        raise ValueError("The input sparse id columns are not compatible.")
    ordered = sorted(sparse_id_columns, key=lambda column: column.name)
    if shared_embedding_name is None:
        shared_embedding_name = "_".join(column.name for column in ordered[:3]) + "_shared_embedding"
        if len(ordered) > 3:
            shared_embedding_name = "_".join([column.name for column in ordered[:3]]) + \
                f"_plus_{len(ordered) - 3}_others_shared_embedding"
    length = sparse_id_columns[0].length
    initializer = initializer or _default_initializer(length)
    return [EmbeddingColumn(column, dimension, combiner or "mean", initializer, ckpt_to_load_from, tensor_name_in_ckpt,
                            shared_embedding_name, length, None) for column in sparse_id_columns]


def crossed_column(columns: Sequence[Any], hash_bucket_size: int, combiner: str | None = None,
                   ckpt_to_load_from: str | None = None, tensor_name_in_ckpt: str | None = None,
                   hash_key: int | None = None) -> CrossedColumn:
    """Every combination of values of columns (sparse, crossed or bucketized ones), hashed to numbers."""
    if len(columns) < 2:
        raise ValueError(f"columns must contain at least 2 elements. columns: {columns}")
    for column in columns:
        if not isinstance(column, SparseColumn | CrossedColumn | BucketizedColumn):
            raise TypeError("columns must be a set of _SparseColumn, _CrossedColumn, or _BucketizedColumn instances")
    ordered = tuple(sorted(columns, key=lambda column: column.name))
    return CrossedColumn(ordered, hash_bucket_size, hash_key, combiner or "sum", ckpt_to_load_from, tensor_name_in_ckpt)


def real_valued_column(column_name: str, dimension: int = 1, default_value: Any = None, dtype: Any = dtypes.float32,
                       normalizer: Callable[[Any], Any] | None = None) -> RealValuedColumn:
    """So many numbers for each example.

    Args:
        default_value: of examples that lack the feature: a number, or one for each.
        dtype: their type.
        normalizer: a function of the tensor that is used in its place.
    """
    if not isinstance(dimension, int):
        raise TypeError(f"dimension must be an integer. dimension: {dimension}, column_name: {column_name}")
    if dimension < 1:
        raise ValueError(f"dimension must be greater than 0. dimension: {dimension}, column_name: {column_name}")
    kind = dtypes.as_dtype(dtype)
    if not (kind.is_integer or kind.is_floating):
        raise ValueError(f"dtype must be convertible to float. dtype: {dtype}, column_name: {column_name}")
    if default_value is not None:
        values = list(np.reshape(default_value, -1).tolist()) if not isinstance(default_value, str) else [default_value]
        if not all(isinstance(value, int | float) for value in values):
            raise TypeError(f"default_value must be compatible with dtype. default_value: {default_value}, dtype: {dtype}, "
                            f"column_name: {column_name}")
        if len(values) == 1:
            values = values * dimension
        if len(values) != dimension:
            raise ValueError("The length of default_value must be equal to dimension. default_value: "
                             f"{default_value}, dimension: {dimension}, column_name: {column_name}")
        default_value = tuple(float(value) if kind.is_floating else int(value) for value in values)
    return RealValuedColumn(column_name, dimension, default_value, kind, normalizer)


def bucketized_column(source_column: Any, boundaries: Sequence[float]) -> BucketizedColumn:
    """The numbers of a column sorted into the buckets between `boundaries`, which are sorted."""
    if not isinstance(source_column, RealValuedColumn):
        raise TypeError("source_column must be an instance of _RealValuedColumn. source_column: "
                        f"{source_column}")
    if not isinstance(boundaries, list | tuple) or not boundaries:
        raise ValueError(f"boundaries must be a list and it should not be empty. boundaries: {boundaries}")
    kept = [one for one, following in zip(boundaries, [*boundaries[1:], None], strict=True) if one != following]
    if list(kept) != sorted(kept):
        raise ValueError(f"boundaries must be a sorted list. boundaries: {boundaries}")
    return BucketizedColumn(source_column, tuple(kept))


def create_feature_spec_for_parsing(feature_columns: Any) -> dict[str, Any]:
    """What `tf.parse_example` needs to read what columns are made of."""
    found: dict[str, Any] = {}
    for column in feature_columns:
        found.update(column.config)
    return found


def make_place_holder_tensors_for_base_features(feature_columns: Any) -> dict[str, Any]:
    """A placeholder for each feature that columns are made of."""
    from tracer.ops.sparse import sparse_placeholder

    found: dict[str, Any] = {}
    for name, feature in create_feature_spec_for_parsing(feature_columns).items():
        with scopes.name_scope(None):
            if isinstance(feature, VarLenFeature):
                found[name] = sparse_placeholder(feature.dtype, name=f"Placeholder_{name}")
            else:
                found[name] = array.placeholder(feature.dtype, [None, *feature.shape], name=f"Placeholder_{name}")
    return found

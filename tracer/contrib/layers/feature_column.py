"""`tf.contrib.layers`: columns of features, and how each becomes the input of a model; from TensorFlow 0.9 on."""

from __future__ import annotations

import collections
import math as numbers
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from tracer import dtypes, scopes
from tracer.contrib import lookup
from tracer.contrib.layers.crossing import (
    SPARSE_FEATURE_CROSS_DEFAULT_HASH_KEY as SPARSE_FEATURE_CROSS_DEFAULT_HASH_KEY,
)
from tracer.contrib.layers.crossing import bucketize, sparse_feature_cross
from tracer.convert import convert_to_tensor
from tracer.initializers import truncated_normal_initializer
from tracer.ops import array, blocks, casting, indexing, math, reduction
from tracer.ops.later_strings import string_to_hash_bucket_fast
from tracer.ops.parsing import FixedLenFeature, VarLenFeature
from tracer.ops.sparse import SparseTensor, sparse_tensor_to_dense
from tracer.younger.strings import as_string

_Lookup = collections.namedtuple("_SparseIdLookupConfig", ["vocabulary_file", "keys", "num_oov_buckets", "vocab_size",
                                                          "default_value"])


class FeatureColumn:
    """One feature, or what is made of some: a named tuple of what it was made of."""

    _fields: tuple[str, ...]

    def __repr__(self) -> str:
        return f"_{type(self).__name__}({', '.join(f'{name}={getattr(self, name)!r}' for name in self._fields)})"

    @property
    def name(self) -> str:
        """The name of the feature, or one made of those of the features."""
        raise NotImplementedError

    @property
    def key(self) -> str:
        """What columns are sorted by."""
        return repr(self)

    @property
    def config(self) -> dict[str, Any]:
        """What it reads of an Example message, by name."""
        raise NotImplementedError

    def transformed(self, features: Transformer) -> Any:
        """The column of a batch: a dense or a sparse tensor (with its weights, if it has some)."""
        raise NotImplementedError


class Transformer:
    """The features of a batch, and columns made of them, each once."""

    def __init__(self, features: Mapping[Any, Any]) -> None:
        self.features = features
        self._made = {key: value for key, value in features.items() if isinstance(key, FeatureColumn)}

    def raw(self, name: str) -> Any:
        """A feature as it was given."""
        if name not in self.features:
            raise ValueError(f"Feature {name} is not in features dictionary: {sorted(map(str, self.features))}")
        return self.features[name]

    def column(self, column: FeatureColumn) -> Any:
        """A column of the batch."""
        if column not in self._made:
            self._made[column] = column.transformed(self)
        return self._made[column]


def sparse(tensor: Any) -> SparseTensor:
    """A feature as a sparse tensor: where it is dense, without the empty strings and numbers below 0."""
    if isinstance(tensor, SparseTensor):
        return tensor
    from tracer.contrib.layers.sparse_ops import dense_to_sparse_tensor

    tensor = convert_to_tensor(tensor)
    if tensor.get_shape().ndims == 1:
        tensor = array.expand_dims(tensor, 1)
    return dense_to_sparse_tensor(tensor, "" if tensor.dtype.base_dtype == dtypes.string else -1)


class SparseColumn(FeatureColumn, collections.namedtuple(
        "_SparseColumn", ["column_name", "is_integerized", "bucket_size", "lookup_config", "combiner", "dtype"])):
    """A feature of which an example has any number of values out of a vocabulary."""

    @property
    def name(self) -> str:
        """The name of the feature."""
        return self.column_name

    @property
    def length(self) -> int:
        """How many different values there are."""
        return self.lookup_config.vocab_size if self.lookup_config else self.bucket_size

    @property
    def config(self) -> dict[str, Any]:
        return {self.column_name: VarLenFeature(self.dtype)}

    def transformed(self, features: Transformer) -> SparseTensor:
        given = sparse(features.raw(self.column_name))
        return SparseTensor(given.indices, self._numbers(given.values), given.shape)

    def _numbers(self, values: Any) -> Any:
        if self.lookup_config is not None:
            if values.dtype.base_dtype != dtypes.string:
                values = as_string(values)
            return lookup.string_to_index(values, list(self.lookup_config.keys), self.lookup_config.default_value,
                                          name="lookup")
        if self.is_integerized:
            if not values.dtype.base_dtype.is_integer:
                raise ValueError(f"{self.name}: dtype should be an integer, not {values.dtype.name}")
            return math.mod(casting.to_int64(values), self.bucket_size, name="mod")
        if values.dtype.base_dtype != dtypes.string:
            values = as_string(values)
        return string_to_hash_bucket_fast(values, self.bucket_size, name="lookup")


class WeightedSparseColumn(FeatureColumn, collections.namedtuple(
        "_WeightedSparseColumn", ["sparse_id_column", "weight_column_name", "dtype"])):
    """A sparse column whose values have weights, which are another feature."""

    @property
    def name(self) -> str:
        """Its name, of which variables are called."""
        return f"{self.sparse_id_column.name}_weighted_by_{self.weight_column_name}"

    @property
    def length(self) -> int:
        """How many different values there are."""
        return self.sparse_id_column.length

    @property
    def combiner(self) -> str:
        """How the values of an example are put together."""
        return self.sparse_id_column.combiner

    @property
    def config(self) -> dict[str, Any]:
        return {**self.sparse_id_column.config, self.weight_column_name: VarLenFeature(self.dtype)}

    def transformed(self, features: Transformer) -> tuple[SparseTensor, SparseTensor]:
        weights = features.raw(self.weight_column_name)
        if not isinstance(weights, SparseTensor):
            raise TypeError(f"weights of {self.name} must be sparse, as the values are")
        return features.column(self.sparse_id_column), SparseTensor(
            weights.indices, casting.to_float(weights.values), weights.shape)


class CrossedColumn(FeatureColumn, collections.namedtuple(
        "_CrossedColumn", ["columns", "hash_bucket_size", "hash_key", "combiner", "ckpt_to_load_from",
                           "tensor_name_in_ckpt"])):
    """Every combination of values of some columns, hashed."""

    @property
    def name(self) -> str:
        """Its name, of which variables are called."""
        return "_X_".join(sorted(column.name for column in self.columns))

    @property
    def length(self) -> int:
        """How many different values there are."""
        return self.hash_bucket_size

    @property
    def config(self) -> dict[str, Any]:
        return {name: feature for column in self.columns for name, feature in column.config.items()}

    def leaves(self) -> list[Any]:
        """The columns that are crossed, those of crossed ones among them in their place."""
        return [leaf for column in self.columns
                for leaf in (column.leaves() if isinstance(column, CrossedColumn) else [column])]

    def transformed(self, features: Transformer) -> SparseTensor:
        parts = [sparse(features.raw(column.column_name)) if isinstance(column, SparseColumn)
                 else column.sparse_ids(features.column(column)) for column in self.leaves()]
        return sparse_feature_cross(parts, hashed_output=True, num_buckets=self.hash_bucket_size, hash_key=self.hash_key,
                                    name="cross")


class RealValuedColumn(FeatureColumn, collections.namedtuple(
        "_RealValuedColumn", ["column_name", "dimension", "default_value", "dtype", "normalizer"])):
    """A feature of so many numbers for each example."""

    @property
    def name(self) -> str:
        """The name of the feature."""
        return self.column_name

    @property
    def key(self) -> str:
        return f"_RealValuedColumn(column_name={self.column_name}, dimension={self.dimension}, " \
               f"default_value={self.default_value}, dtype={self.dtype})"

    @property
    def config(self) -> dict[str, Any]:
        default = None if self.default_value is None else list(self.default_value)
        return {self.column_name: FixedLenFeature([self.dimension], self.dtype, default)}

    def transformed(self, features: Transformer) -> Any:
        given = features.raw(self.column_name)
        if isinstance(given, SparseTensor):
            given = sparse_tensor_to_dense(given)
        given = convert_to_tensor(given)
        return given if self.normalizer is None else self.normalizer(given)

    def matrix(self, given: Any) -> Any:
        """The numbers of each example as a row."""
        given = casting.to_float(given)
        return array.reshape(given, [-1, self.dimension], name="reshape")


class BucketizedColumn(FeatureColumn, collections.namedtuple("_BucketizedColumn", ["source_column", "boundaries"])):
    """Numbers sorted into buckets between boundaries."""

    @property
    def name(self) -> str:
        """Its name, of which variables are called."""
        return f"{self.source_column.name}_bucketized"

    @property
    def length(self) -> int:
        """How many buckets there are for one number."""
        return len(self.boundaries) + 1

    @property
    def config(self) -> dict[str, Any]:
        return self.source_column.config

    def transformed(self, features: Transformer) -> Any:
        return bucketize(features.column(self.source_column), boundaries=list(self.boundaries), name="bucketize")

    def sparse_ids(self, buckets: Any) -> SparseTensor:
        """The buckets of each example, those of its n-th number behind those of the numbers before."""
        size = self.source_column.dimension
        batch = array.shape(buckets)[0]  # type: ignore[index]
        rows = array.reshape(blocks.tile(array.expand_dims(array.range_(batch), 1), [1, size]), [-1])
        columns = blocks.tile(array.range_(size), array.reshape(batch, [1]))
        numbers_ = math.add(array.reshape(buckets, [-1]), math.mul(columns, self.length))
        places = casting.to_int64(array.transpose(array.pack([rows, columns])))
        return SparseTensor(places, casting.to_int64(numbers_), casting.to_int64(array.pack([batch, size])))


class EmbeddingColumn(FeatureColumn, collections.namedtuple(
        "_EmbeddingColumn", ["sparse_id_column", "dimension", "combiner", "initializer", "ckpt_to_load_from",
                             "tensor_name_in_ckpt", "shared_embedding_name", "shared_vocab_size", "max_norm"])):
    """A sparse column as the combination of trained vectors."""

    @property
    def name(self) -> str:
        """Its name, of which variables are called."""
        kind = "embedding" if self.shared_embedding_name is None else "shared_embedding"
        return f"{self.sparse_id_column.name}_{kind}"

    @property
    def key(self) -> str:
        return repr(self._replace(initializer=None))

    @property
    def length(self) -> int:
        """How many vectors there are."""
        return self.sparse_id_column.length if self.shared_vocab_size is None else self.shared_vocab_size

    @property
    def config(self) -> dict[str, Any]:
        return self.sparse_id_column.config

    def transformed(self, features: Transformer) -> Any:
        return features.column(self.sparse_id_column)


class OneHotColumn(FeatureColumn, collections.namedtuple("_OneHotColumn", ["sparse_id_column"])):
    """A sparse column as how often each value is there."""

    @property
    def name(self) -> str:
        """Its name, of which variables are called."""
        return f"{self.sparse_id_column.name}_one_hot"

    @property
    def length(self) -> int:
        """How many different values there are."""
        return self.sparse_id_column.length

    @property
    def config(self) -> dict[str, Any]:
        return self.sparse_id_column.config

    def transformed(self, features: Transformer) -> Any:
        return features.column(self.sparse_id_column)

    def matrix(self, given: Any) -> Any:
        """For each example, how often each value is there, or the sum of its weights."""
        if isinstance(given, tuple):
            raise ValueError(f"one_hot_column of a weighted column is not supported: {self.name}")
        dense = sparse_tensor_to_dense(SparseTensor(given.indices, casting.to_int64(given.values), given.shape), -1)
        return reduction.reduce_sum(indexing.one_hot(dense, self.length, 1.0, 0.0, name="one_hot"), 1, name="multi_hot")


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
    config = _Lookup(None, tuple(keys), 0, len(keys), default_value)
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

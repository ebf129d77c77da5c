"""Columns of features: what each reads of an example, and how it becomes the input of a model."""

from __future__ import annotations

import collections
from collections.abc import Mapping
from typing import Any

from tracer import dtypes
from tracer.contrib import lookup
from tracer.contrib.layers.crossing import (
    SPARSE_FEATURE_CROSS_DEFAULT_HASH_KEY as SPARSE_FEATURE_CROSS_DEFAULT_HASH_KEY,
)
from tracer.contrib.layers.crossing import bucketize, sparse_feature_cross
from tracer.convert import convert_to_tensor
from tracer.ops import array, blocks, casting, indexing, math, reduction
from tracer.ops.later_strings import string_to_hash_bucket_fast
from tracer.ops.parsing import FixedLenFeature, VarLenFeature
from tracer.ops.sparse import SparseTensor, sparse_tensor_to_dense
from tracer.younger.strings import as_string

Lookup = collections.namedtuple("_SparseIdLookupConfig", ["vocabulary_file", "keys", "num_oov_buckets", "vocab_size",
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
        """The numbers of each example as a row: as many as there are, where that is known, as from 0.10 on."""
        given = casting.to_float(given)
        each = given.get_shape()[1:]
        width = (each.num_elements() if each.ndims else None) or self.dimension
        return array.reshape(given, [-1, width], name="reshape")


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

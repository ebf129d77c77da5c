"""`tf.contrib.layers`: columns of features as the inputs of networks and of linear models; from TensorFlow 0.9 on."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from tracer import initializers, scopes, variables
from tracer.contrib.framework.variables import model_variable
from tracer.contrib.layers import feature_column as columns_
from tracer.contrib.layers.columns import (
    BucketizedColumn,
    CrossedColumn,
    EmbeddingColumn,
    FeatureColumn,
    OneHotColumn,
    RealValuedColumn,
    SparseColumn,
    Transformer,
    WeightedSparseColumn,
)
from tracer.contrib.layers.embedding_ops import safe_embedding_lookup_sparse
from tracer.ir import Tensor
from tracer.ops import array, casting, indexing, math, nn, parsing
from tracer.ops.sparse import SparseTensor, sparse_concat
from tracer.scopes import GraphKeys
from tracer.variable_scope import variable_op_scope, variable_scope


def check_feature_columns(feature_columns: Iterable[Any]) -> None:
    """Raises ValueError for what is no column, or where two have the same name."""
    seen = set()
    for column in feature_columns:
        if not isinstance(column, FeatureColumn):
            raise ValueError(f"Items of feature_columns must be columns, not {type(column).__name__}: {column}. Make them "
                             "by tf.contrib.layers.real_valued_column and the like.")
        if column.name in seen:
            raise ValueError(f"Duplicate feature column key found for column: {column.name}. This usually means that the "
                             "column is almost identical to another column, and one must be discarded.")
        seen.add(column.name)


def transform_features(features: Mapping[Any, Any], feature_columns: Iterable[Any]) -> dict[Any, Any]:
    """The columns of a batch, by column: dense or sparse tensors."""
    check_feature_columns(feature_columns)
    transformer = Transformer(features)
    found = {}
    for column in _sorted(feature_columns):
        with scopes.name_scope(_name(column)):
            found[column] = transformer.column(column)
    return found


def _sorted(feature_columns: Iterable[Any]) -> list[Any]:
    return sorted(set(feature_columns), key=lambda column: column.key)


def _name(column: Any) -> str:
    return "".join(c if c.isalnum() or c in "_.-/" else "_" for c in column.name) or "column"


def _values(features: Mapping[Any, Any], feature_columns: Iterable[Any]) -> list[tuple[Any, Any]]:
    transformer = Transformer(features)
    found = []
    for column in _sorted(feature_columns):
        with scopes.name_scope(_name(column)):
            found.append((column, transformer.column(column)))
    return found


def _collections(weight_collections: Any) -> list[str] | None:
    if weight_collections is None:
        return None
    return list(dict.fromkeys([*weight_collections, GraphKeys.VARIABLES]))


def input_from_feature_columns(columns_to_tensors: Mapping[Any, Any], feature_columns: Iterable[Any],
                               weight_collections: Any = None, trainable: bool = True, scope: Any = None) -> Tensor:
    """The columns of a batch side by side, as the input of a network.

    >>> columns = [tf.contrib.layers.real_valued_column("age"), tf.contrib.layers.embedding_column(occupation, 8)]
    >>> net = tf.contrib.layers.input_from_feature_columns(features, columns)

    Args:
        columns_to_tensors: the features by name.
        feature_columns: real-valued, bucketized, embedding and one-hot columns.
        weight_collections: collections that the variables of embeddings join.
        trainable: whether these are trained.
        scope: the variable scope.
    """
    feature_columns = list(feature_columns)
    check_feature_columns(feature_columns)
    with variable_op_scope(_tensors(columns_to_tensors), scope, "input_from_feature_columns"):
        parts = []
        for column, value in _values(columns_to_tensors, feature_columns):
            with variable_scope(_name(column)):
                parts.append(_input_of(column, value, weight_collections, trainable))
        return array.concat(1, parts)


def _input_of(column: Any, value: Any, weight_collections: Any, trainable: bool) -> Tensor:
    if isinstance(column, RealValuedColumn | OneHotColumn):
        return column.matrix(value)
    if isinstance(column, BucketizedColumn):
        hot = indexing.one_hot(value, column.length, 1.0, 0.0, name="one_hot")
        return array.reshape(hot, [-1, column.length * column.source_column.dimension], name="reshape")
    if isinstance(column, EmbeddingColumn):
        ids, weights = value if isinstance(value, tuple) and not isinstance(value, SparseTensor) else (value, None)
        table = _embeddings(column, weight_collections, trainable)
        return safe_embedding_lookup_sparse([table], ids, weights, combiner=column.combiner, max_norm=column.max_norm,
                                            name=f"{_name(column)}weights")
    raise ValueError(f"Error creating input layer for column: {column.name}.\nSparse columns are not supported as the "
                     "input of a network. Please use embedding_column or one_hot_column.")


def _embeddings(column: EmbeddingColumn, weight_collections: Any, trainable: bool) -> Any:
    from tracer.variable_scope import get_variable_scope

    shape = [column.length, column.dimension]
    initializer = column.initializer
    if column.ckpt_to_load_from is not None:
        from tracer.contrib.framework.checkpoint_utils import load_variable

        initializer = initializers.constant_initializer(load_variable(column.ckpt_to_load_from, column.tensor_name_in_ckpt))
    if column.shared_embedding_name is None:
        return model_variable("weights", shape=shape, initializer=initializer, trainable=trainable,
                              collections=_collections(weight_collections))
    name, outer = column.shared_embedding_name, get_variable_scope().name.rpartition("/")[0]
    for known in variables.all_variables():
        if known.op.name.startswith(outer) and known.op.name.endswith(f"/{name}"):
            return known
    return model_variable(name, shape=shape, initializer=initializer, trainable=trainable,
                          collections=_collections(weight_collections))


def _tensors(features: Mapping[Any, Any]) -> list[Any]:
    return [value.values if isinstance(value, SparseTensor) else value for value in features.values()
            if isinstance(value, SparseTensor | Tensor)]


def weighted_sum_from_feature_columns(
    columns_to_tensors: Mapping[Any, Any], feature_columns: Iterable[Any], num_outputs: int, weight_collections: Any = None,
    trainable: bool = True, scope: Any = None,
) -> tuple[Tensor, dict[Any, list[Any]], Any]:
    """A linear model of columns: its outputs, its variables by column, and the bias.

    Args:
        columns_to_tensors: the features by name.
        feature_columns: real-valued, bucketized, sparse, weighted and crossed columns.
        num_outputs: how many outputs there are for each example.
        weight_collections, trainable, scope: as for `input_from_feature_columns`.
    """
    feature_columns = list(feature_columns)
    check_feature_columns(feature_columns)
    with variable_op_scope(_tensors(columns_to_tensors), scope, "weighted_sum_from_feature_columns"):
        outputs, by_column = [], {}
        for column, value in _values(columns_to_tensors, feature_columns):
            with variable_scope(_name(column)):
                output, by_column[column] = _linear(column, value, num_outputs, weight_collections, trainable)
                outputs.append(output)
        return (*_with_bias(outputs, num_outputs, weight_collections, trainable, by_column),)  # type: ignore[return-value]


def _with_bias(outputs: list[Tensor], num_outputs: int, weight_collections: Any, trainable: bool, by_column: Any) -> tuple:
    whole = math.add_n(outputs)
    bias = model_variable("bias_weight", shape=[num_outputs], initializer=initializers.zeros_initializer,
                          trainable=trainable, collections=_collections(weight_collections))
    return nn.bias_add(whole, bias), by_column, bias


def _linear(column: Any, value: Any, outputs: int, weight_collections: Any, trainable: bool) -> tuple[Tensor, list[Any]]:
    def made(name: str, rows: int, initializer: Any = initializers.zeros_initializer) -> Any:
        return model_variable(name, shape=[rows, outputs], initializer=initializer, trainable=trainable,
                              collections=_collections(weight_collections))

    if isinstance(column, RealValuedColumn):
        numbers = column.matrix(value)
        weights = made("weight", numbers.get_shape()[1].value)
        return math.matmul(numbers, weights, name="matmul"), [weights]
    if isinstance(column, OneHotColumn):
        weights = made("weight", column.length)
        return math.matmul(column.matrix(value), weights, name="matmul"), [weights]
    ids, weighting, rows, combiner = sparse_ids(column, value)
    initializer: Any = initializers.zeros_initializer
    if getattr(column, "ckpt_to_load_from", None) is not None:
        from tracer.contrib.framework.checkpoint_utils import load_variable

        initializer = initializers.constant_initializer(load_variable(column.ckpt_to_load_from, column.tensor_name_in_ckpt))
    weights = made("weights", rows, initializer)
    found = safe_embedding_lookup_sparse([weights], ids, weighting, combiner=combiner, name=f"{_name(column)}weights")
    return found, [weights]


def sparse_ids(column: Any, value: Any) -> tuple[SparseTensor, Any, int, str]:
    """The numbers of a column's values, their weights, how many there are, and how they are put together."""
    if isinstance(column, BucketizedColumn):
        return column.sparse_ids(value), None, column.length * column.source_column.dimension, "sum"
    if isinstance(column, WeightedSparseColumn):
        return value[0], value[1], column.length, column.combiner
    if isinstance(column, SparseColumn | CrossedColumn):
        return value, None, column.length, column.combiner
    raise ValueError(f"Error creating weighted sum for column: {column.name}.\n{type(column).__name__} is not supported in "
                     "a linear model.")


def joint_weighted_sum_from_feature_columns(
    columns_to_tensors: Mapping[Any, Any], feature_columns: Iterable[Any], num_outputs: int, weight_collections: Any = None,
    trainable: bool = True, scope: Any = None,
) -> tuple[Tensor, dict[Any, list[Any]], Any]:
    """As `weighted_sum_from_feature_columns`, with one variable for all columns, which are sparse."""
    feature_columns = list(feature_columns)
    check_feature_columns(feature_columns)
    with variable_op_scope(_tensors(columns_to_tensors), scope, "joint_weighted_sum_from_feature_columns"):
        parts, rows = [], 0
        for column, value in _values(columns_to_tensors, feature_columns):
            ids, weighting, count, combiner = sparse_ids(column, value)
            if weighting is not None or combiner != "sum":
                raise NotImplementedError("a joint sum needs columns without weights whose combiner is 'sum'; use "
                                          f"weighted_sum_from_feature_columns for {column.name}")
            parts.append(SparseTensor(ids.indices, math.add(casting.to_int64(ids.values), rows), ids.shape))
            rows += count
        with variable_scope("linear_weights"):
            weights = model_variable("weights", shape=[rows, num_outputs], initializer=initializers.zeros_initializer,
                                     trainable=trainable, collections=_collections(weight_collections))
            whole = safe_embedding_lookup_sparse([weights], sparse_concat(1, parts) if len(parts) > 1 else parts[0],
                                                 combiner="sum", name="linear_weights")
        by_column = {column: [weights] for column in feature_columns}
        return (*_with_bias([whole], num_outputs, weight_collections, trainable, by_column),)  # type: ignore[return-value]


def parse_feature_columns_from_examples(serialized: Any, feature_columns: Iterable[Any], name: str | None = None,
                                        example_names: Any = None) -> dict[Any, Any]:
    """The columns of serialized Example messages."""
    feature_columns = list(feature_columns)
    check_feature_columns(feature_columns)
    spec = columns_.create_feature_spec_for_parsing(feature_columns)
    return transform_features(parsing.parse_example(serialized, spec, name=name, example_names=example_names),
                              feature_columns)


def infer_real_valued_columns(features: Any) -> list[RealValuedColumn]:
    """A column of numbers for a tensor, or for each of a dict of tensors."""
    if isinstance(features, Mapping):
        return [_inferred(name, features[name]) for name in sorted(features)]
    return [_inferred("", features)]


def _inferred(name: str, tensor: Any) -> RealValuedColumn:
    if isinstance(tensor, SparseTensor):
        raise ValueError(f"SparseTensor is not supported for auto detection. Please define corresponding FeatureColumn for "
                         f"tensor {name} {tensor}.")
    if not (tensor.dtype.is_integer or tensor.dtype.is_floating):
        raise ValueError(f"Non integer or non floating types are not supported for auto detection. Please define "
                         f"corresponding FeatureColumn for tensor {name} {tensor}.")
    sizes = tensor.get_shape().as_list()
    dimension = 1
    for size in sizes[1:]:
        dimension *= size
    return columns_.real_valued_column(name, dimension=dimension, dtype=tensor.dtype.base_dtype)



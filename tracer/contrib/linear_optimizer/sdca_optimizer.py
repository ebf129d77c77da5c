"""`SDCAOptimizer`: what trains the linear models of `tf.contrib.learn` by dual coordinate ascent; from 0.9 on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from tracer import dtypes
from tracer.contrib.layers.columns import OneHotColumn, RealValuedColumn, Transformer
from tracer.contrib.layers.feature_column_ops import sparse_ids
from tracer.contrib.linear_optimizer.sdca_model import SdcaModel
from tracer.convert import convert_to_tensor
from tracer.ir import Tensor
from tracer.ops import array, blocks, casting, logic
from tracer.ops.indexing import gather, where
from tracer.ops.sparse import SparseTensor


class SDCAOptimizer:
    """Trains a linear model by stochastic dual coordinate ascent: without a learning rate.

    >>> optimizer = tf.contrib.linear_optimizer.SDCAOptimizer(example_id_column="id", symmetric_l2_regularization=2.0)
    >>> learn.LinearClassifier(feature_columns=columns, optimizer=optimizer).fit(input_fn=input_fn, steps=50)

    What is known of the examples is kept for as long as one `fit` lasts; the next one finds the same solution anew.

    Args:
        example_id_column: the feature that tells examples apart: strings.
        num_loss_partitions, num_table_shards: how the work is shared out by several workers; it is not, here.
        symmetric_l1_regularization: added times the sizes of the weights.
        symmetric_l2_regularization: added times half their squares; at least 1.
    """

    def __init__(self, example_id_column: str, num_loss_partitions: int | None = 1, num_table_shards: int | None = None,
                 symmetric_l1_regularization: float = 0.0, symmetric_l2_regularization: float = 1.0) -> None:
        self.example_id_column = example_id_column
        self.num_loss_partitions, self.num_table_shards = num_loss_partitions, num_table_shards
        self.symmetric_l1_regularization = symmetric_l1_regularization
        self.symmetric_l2_regularization = symmetric_l2_regularization

    def get_name(self) -> str:
        """Its name."""
        return "SDCAOptimizer"

    def get_train_step(self, columns_to_variables: Mapping[Any, Sequence[Any]], weight_column_name: str | None,
                       loss_type: str, features: Mapping[Any, Any], targets: Any, global_step: Any) -> tuple[SdcaModel, Any]:
        """The model, and the operation that goes over a batch of examples and adds 1 to `global_step`.

        Args:
            columns_to_variables: for each column, a list of its one variable.
            weight_column_name: the feature that holds the weights of examples, if one does.
            loss_type: "logistic_loss", "squared_loss" or "hinge_loss".
            features: the features by name.
            targets: what the model is to say of the examples.
        """
        transformer = Transformer(features)
        columns = sorted(columns_to_variables, key=lambda column: column.key)
        labels = array.reshape(casting.to_float(convert_to_tensor(targets)), [-1])
        weights = array.ones_like(labels)
        if weight_column_name is not None:
            weights = array.reshape(casting.to_float(convert_to_tensor(features[weight_column_name])), [-1])
        ids = array.reshape(convert_to_tensor(features[self.example_id_column], dtypes.string), [-1])
        model = SdcaModel("", {
            "sparse_features": [_places(column, transformer.column(column)) for column in columns], "dense_features": [],
            "example_weights": weights, "example_ids": ids, "example_labels": labels,
        }, {"sparse_features_weights": [columns_to_variables[column][0] for column in columns],
            "dense_features_weights": []},
            {"symmetric_l1_regularization": self.symmetric_l1_regularization, "loss_type": loss_type,
             "symmetric_l2_regularization": max(self.symmetric_l2_regularization, 1.0), "from_zero": True})
        return model, model.minimize(global_step=global_step)


def _places(column: Any, value: Any) -> SparseTensor:
    """A column as numbers at (example, place among the column's weights)."""
    if isinstance(column, RealValuedColumn | OneHotColumn):
        return _all_of(column.matrix(value))
    found, weighting, rows = sparse_ids(column, value)[:3]
    numbers = array.ones_like(found.values, dtypes.float32) if weighting is None else casting.to_float(weighting.values)
    kept = array.reshape(where(logic.greater_equal(found.values, casting.cast(0, found.values.dtype))), [-1])
    examples, ids = gather(found.indices[:, 0], kept), casting.to_int64(gather(found.values, kept))
    return SparseTensor(array.transpose(array.pack([examples, ids])), gather(numbers, kept),
                        array.pack([found.shape[0], casting.cast(rows, dtypes.int64)]))


def _all_of(matrix: Tensor) -> SparseTensor:
    count, width = array.unpack(array.shape(matrix))
    examples = array.reshape(blocks.tile(array.expand_dims(array.range_(count), 1), array.pack([1, width])), [-1])
    places = blocks.tile(array.range_(width), array.reshape(count, [1]))
    return SparseTensor(casting.to_int64(array.transpose(array.pack([examples, places]))), array.reshape(matrix, [-1]),
                        casting.to_int64(array.shape(matrix)))

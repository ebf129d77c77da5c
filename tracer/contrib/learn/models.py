"""`tf.contrib.learn.models`: from features and targets to predictions and a loss."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from tracer import dtypes, initializers, scopes
from tracer.contrib.learn.ops import autoencoder_ops, dnn_ops, losses_ops
from tracer.ir import Tensor
from tracer.nn import recurrent, rnn_cell
from tracer.ops import array, summary
from tracer.variable_scope import get_variable, variable_scope

CELLS = {"rnn": rnn_cell.BasicRNNCell, "gru": rnn_cell.GRUCell, "lstm": rnn_cell.BasicLSTMCell}


def linear_regression(X: Any, y: Any, init_mean: float | None = None, init_stddev: float = 1.0) -> tuple[Tensor, Tensor]:
    """A linear function of the features, and the mean square of what it is off the targets by.

    Args:
        X: features, a matrix.
        y: targets, a vector or a matrix.
        init_mean: the mean of the normal numbers that weights and biases start with; None for uniform numbers.
        init_stddev: their deviation.
    """
    with variable_scope("linear_regression"):
        targets = 1 if len(y.get_shape()) == 1 else y.get_shape()[1]
        weights, bias = _weights("linear_regression", X, y, targets, init_mean, init_stddev)
        return losses_ops.mean_squared_error_regressor(X, y, weights, bias)


def linear_regression_zero_init(X: Any, y: Any) -> tuple[Tensor, Tensor]:
    """`linear_regression` whose weights and biases start with zero."""
    return linear_regression(X, y, init_mean=0.0, init_stddev=0.0)


def logistic_regression(X: Any, y: Any, class_weight: Any = None, init_mean: float | None = None,
                        init_stddev: float = 1.0) -> tuple[Tensor, Tensor]:
    """The softmax of a linear function of the features, and its cross entropy with the targets.

    Args:
        X: features, a matrix.
        y: targets, rows of probabilities of classes.
        class_weight: a factor for the logits of each class; by default the tensor `class_weight:0`, if there is one.
        init_mean: the mean of the normal numbers that weights and biases start with; None for uniform numbers.
        init_stddev: their deviation.
    """
    with variable_scope("logistic_regression"):
        weights, bias = _weights("logistic_regression", X, y, y.get_shape()[-1], init_mean, init_stddev)
        if class_weight is None:
            try:
                class_weight = scopes.get_default_graph().get_tensor_by_name("class_weight:0")
            except KeyError:
                pass
        return losses_ops.softmax_classifier(X, y, weights, bias, class_weight=class_weight)


def logistic_regression_zero_init(X: Any, y: Any) -> tuple[Tensor, Tensor]:
    """`logistic_regression` whose weights and biases start with zero."""
    return logistic_regression(X, y, init_mean=0.0, init_stddev=0.0)


def _weights(name: str, X: Any, y: Any, targets: Any, init_mean: float | None,
             init_stddev: float) -> tuple[Tensor, Tensor]:
    """The variables of a linear function; what goes in and what they are is summarized."""
    summary.histogram_summary(f"{name}.X", X)
    summary.histogram_summary(f"{name}.y", y)
    initializer = None
    if init_mean is not None:
        initializer = initializers.random_normal_initializer(init_mean, init_stddev)
    weights = get_variable("weights", [X.get_shape()[1], targets], initializer=initializer)
    bias = get_variable("bias", [targets], initializer=initializer)
    summary.histogram_summary(f"{name}.weights", weights)
    summary.histogram_summary(f"{name}.bias", bias)
    return weights, bias


def get_dnn_model(hidden_units: Sequence[int], target_predictor_fn: Callable, dropout: float | None = None) -> Callable:
    """A model: layers of `hidden_units`, and `target_predictor_fn` of the last one's output and the targets."""

    def dnn_estimator(X: Any, y: Any) -> Any:
        return target_predictor_fn(dnn_ops.dnn(X, hidden_units, dropout=dropout), y)

    return dnn_estimator


def get_autoencoder_model(hidden_units: Sequence[int], target_predictor_fn: Callable, activation: Callable | None,
                          add_noise: Callable | None = None, dropout: float | None = None) -> Callable:
    """A model: layers that narrow and widen again, and `target_predictor_fn` of features and the last one's output.

    It gives the encoder's and the decoder's output, and what `target_predictor_fn` gives.
    """

    def dnn_autoencoder_estimator(X: Any) -> Any:
        encoder, decoder = autoencoder_ops.dnn_autoencoder(
            X, hidden_units, activation=activation, add_noise=add_noise, dropout=dropout)
        return encoder, decoder, target_predictor_fn(X, decoder)

    return dnn_autoencoder_estimator


def bidirectional_rnn(cell_fw: Any, cell_bw: Any, inputs: Sequence[Any], initial_state_fw: Any = None,
                      initial_state_bw: Any = None, dtype: Any = None, sequence_length: Any = None,
                      scope: str | None = None) -> tuple[list[Tensor], Tensor]:
    """Two networks, one from the first step to the last, one from the last to the first.

    Args:
        cell_fw: the cell of the first.
        cell_bw: the cell of the second.
        inputs: a list of `[batch, features]`.
        initial_state_fw: where the first starts; zeros by default, then `dtype` is needed.
        initial_state_bw: where the second starts.
        dtype: the type of states.
        sequence_length: how many steps of each sequence count.
        scope: a name instead of `BiRNN`.

    Returns:
        The outputs of each step beside each other, and the last states of both beside each other.
    """
    outputs, state_fw, state_bw = recurrent.bidirectional_rnn(
        cell_fw, cell_bw, inputs, initial_state_fw, initial_state_bw, dtype, sequence_length, scope)
    return outputs, array.concat(1, [state_fw, state_bw])


def get_rnn_model(rnn_size: int, cell_type: str, num_layers: int, input_op_fn: Callable, bidirectional: bool,
                  target_predictor_fn: Callable, sequence_length: Any, initial_state: Any) -> Callable:
    """A model: a recurrent network over steps, and `target_predictor_fn` of its last state and the targets.

    Args:
        rnn_size: the number of units of a cell.
        cell_type: "rnn", "gru" or "lstm".
        num_layers: how many cells stand on each other.
        input_op_fn: from the features to a list of steps, `[batch, features]` each.
        bidirectional: whether another network runs from the last step to the first.
        target_predictor_fn: from a state and targets to predictions and a loss.
        sequence_length: how many steps of each sequence count.
        initial_state: where it starts; zeros by default.
    """

    def rnn_estimator(X: Any, y: Any) -> Any:
        steps = input_op_fn(X)
        if cell_type not in CELLS:
            raise ValueError(f"cell_type {cell_type} is not supported. ")

        def layers() -> Any:
            return rnn_cell.MultiRNNCell([CELLS[cell_type](rnn_size)] * num_layers)

        if bidirectional:
            _, encoding = bidirectional_rnn(layers(), layers(), steps, dtype=dtypes.float32,
                                            sequence_length=sequence_length, initial_state_fw=initial_state,
                                            initial_state_bw=initial_state)
        else:
            _, encoding = recurrent.rnn(layers(), steps, dtype=dtypes.float32, sequence_length=sequence_length,
                                        initial_state=initial_state)
        return target_predictor_fn(encoding, y)

    return rnn_estimator

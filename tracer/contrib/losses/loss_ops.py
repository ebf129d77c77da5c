"""Losses: the mean of what each prediction is off by, each counting by its weight.

The names of arguments are those of 0.8. Calls with the later ones, `labels` and `weights`, mean the same.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from tracer import dtypes, scopes
from tracer.contrib.framework.arg_scope import add_arg_scope
from tracer.convert import convert_to_tensor
from tracer.ir import Tensor
from tracer.nn.losses import sigmoid_cross_entropy_with_logits
from tracer.ops import array, casting, constants, logic, math, nn, reduction
from tracer.scopes import GraphKeys

__all__ = [
    "absolute_difference", "add_loss", "compute_weighted_loss", "cosine_distance", "get_losses",
    "get_regularization_losses", "get_total_loss", "hinge_loss", "log", "log_loss", "mean_pairwise_squared_error",
    "mean_squared_error", "sigmoid_cross_entropy", "softmax_cross_entropy", "sparse_softmax_cross_entropy",
    "sum_of_pairwise_squares", "sum_of_squares",
]

_LATER_NAMES = {"labels": "targets", "weights": "weight"}


def _loss(function: Callable[..., Tensor]) -> Callable[..., Tensor]:
    """Lets a loss be called by the later names of its arguments, and by the defaults of an `arg_scope`."""
    code = function.__code__
    own = code.co_varnames[:code.co_argcount]
    renamed = {later: name for later, name in _LATER_NAMES.items() if name in own and later not in own}

    @functools.wraps(function)
    def called(*args: Any, **kwargs: Any) -> Tensor:
        for later in renamed.keys() & kwargs.keys():
            if renamed[later] in kwargs:
                raise TypeError(f"{function.__name__}() got both '{renamed[later]}' and '{later}', which are the same")
            kwargs[renamed[later]] = kwargs.pop(later)
        return function(*args, **kwargs)

    return add_arg_scope(called)


def _weighted(losses: Tensor, weight: Any) -> tuple[Tensor, Tensor]:
    """The sum of weighted losses, and how many of them have a weight other than zero."""
    if weight is None:
        raise ValueError("`weights` cannot be None.")
    losses, weight = casting.to_float(losses), casting.to_float(convert_to_tensor(weight))
    rank, own = losses.get_shape().ndims, weight.get_shape().ndims
    if rank is None or own is None:
        raise ValueError(f"{'losses' if rank is None else 'weight'}.get_shape().ndims cannot be None")
    if own > 1 and weight.sizes[-1] == 1:  # type: ignore[index]
        weight, own = array.squeeze(weight, [-1]), own - 1
    if own > rank:
        raise ValueError(f"Weights of shape {weight.get_shape()} are too many for losses of shape {losses.get_shape()}.")
    sums = reduction.reduce_sum(losses, list(range(own, rank)))
    total = reduction.reduce_sum(math.mul(sums, weight))
    present = reduction.reduce_sum(math.mul(casting.to_float(logic.not_equal(weight, 0)), constants.ones_like(sums)))
    if own == rank:
        return total, present
    # Each weight counts for all losses that it stands for.
    return total, math.mul(present, reduction.reduce_prod(casting.to_float(array.shape(losses)[own:])))  # type: ignore[index]


def _mean(total: Tensor, count: Tensor, name: str) -> Tensor:
    """`total / count`; zero where nothing counts."""
    some = logic.greater(count, 0)
    divisor = logic.select(some, count, constants.ones_like(count))
    return logic.select(some, math.div(total, divisor), constants.zeros_like(total), name=name)


def compute_weighted_loss(losses: Any, weight: Any = 1.0) -> Tensor:
    """The mean of `losses`, each counting by its `weight`; the result joins the collection LOSSES.

    What has the weight zero does not count at all: the sum is divided by the number of the other losses.

    >>> tf.contrib.losses.compute_weighted_loss([[1.0, 2.0], [3.0, 4.0]], [2.0, 0.0]).eval()
    3.0

    Args:
        losses: a tensor.
        weight: a scalar, or a tensor for the first dimensions of `losses`.

    Raises ValueError when a rank is not known, or there are more weights than losses.
    """
    total, count = _weighted(convert_to_tensor(losses), weight)
    mean = _mean(total, count, "value")
    add_loss(mean)
    return mean


compute_weighted_loss = _loss(compute_weighted_loss)


@add_arg_scope
def add_loss(loss: Tensor, loss_collection: str | None = GraphKeys.LOSSES) -> None:
    """Adds a loss to the collection LOSSES; from 0.10 on to another one, or to none."""
    if loss_collection:
        scopes.add_to_collection(loss_collection, loss)


def get_losses(scope: str | None = None, loss_collection: str = GraphKeys.LOSSES) -> list[Tensor]:
    """The losses of the collection LOSSES (or another), of which `scope` matches the beginning of the name."""
    return scopes.get_collection(loss_collection, scope)


def get_regularization_losses(scope: str | None = None) -> list[Tensor]:
    """The losses of the collection REGULARIZATION_LOSSES, of which `scope` matches the beginning of the name."""
    return scopes.get_collection(GraphKeys.REGULARIZATION_LOSSES, scope)


def get_total_loss(add_regularization_losses: bool = True, name: str = "total_loss") -> Tensor:
    """The sum of all losses, with or without those of regularizers."""
    losses = get_losses()
    if add_regularization_losses:
        losses = losses + get_regularization_losses()
    return reduction.add_n(losses, name=name)


def _pair(first: Any, second: Any) -> tuple[Tensor, Tensor]:
    """Both as float32 tensors. Raises ValueError when their shapes differ."""
    one, other = convert_to_tensor(first), convert_to_tensor(second)
    one.get_shape().assert_is_compatible_with(other.get_shape())
    return casting.to_float(one), casting.to_float(other)


@_loss
def absolute_difference(predictions: Any, targets: Any, weight: Any = 1.0, scope: str | None = None) -> Tensor:
    """The mean of `abs(predictions - targets)`.

    Args:
        predictions, targets: tensors of one shape.
        weight: how much each counts: see `compute_weighted_loss`.
        scope: the name of the loss.
    """
    with scopes.op_scope([predictions, targets], scope, "absolute_difference"):
        predictions, targets = _pair(predictions, targets)
        return compute_weighted_loss(math.abs(math.sub(predictions, targets)), weight)


def _squares(predictions: Any, targets: Any, weight: Any, scope: str | None, default: str) -> Tensor:
    with scopes.op_scope([predictions, targets], scope, default):
        predictions, targets = _pair(predictions, targets)
        return compute_weighted_loss(math.square(math.sub(predictions, targets)), weight)


@_loss
def sum_of_squares(predictions: Any, targets: Any, weight: Any = 1.0, scope: str | None = None) -> Tensor:
    """The mean of `(predictions - targets) ** 2`; see `absolute_difference`."""
    return _squares(predictions, targets, weight, scope, "sum_of_squares_loss")


@_loss
def mean_squared_error(predictions: Any, targets: Any, weight: Any = 1.0, scope: str | None = None) -> Tensor:
    """The later name of `sum_of_squares`."""
    return _squares(predictions, targets, weight, scope, "mean_squared_error")


def _logs(predictions: Any, targets: Any, weight: Any, epsilon: float, scope: str | None) -> Tensor:
    with scopes.op_scope([predictions, targets], scope, "log_loss"):
        predictions, targets = _pair(predictions, targets)
        right = math.mul(targets, math.log(predictions + epsilon))
        wrong = math.mul(1 - targets, math.log(1 - predictions + epsilon))
        return compute_weighted_loss(-right - wrong, weight)


@_loss
def log(predictions: Any, targets: Any, weight: Any = 1.0, epsilon: float = 1e-7, scope: str | None = None) -> Tensor:
    """The mean of `-targets * log(predictions + epsilon) - (1 - targets) * log(1 - predictions + epsilon)`.

    See `absolute_difference` for the arguments.
    """
    return _logs(predictions, targets, weight, epsilon, scope)


@_loss
def log_loss(predictions: Any, targets: Any, weight: Any = 1.0, epsilon: float = 1e-7,
             scope: str | None = None) -> Tensor:
    """The later name of `log`."""
    return _logs(predictions, targets, weight, epsilon, scope)


def _pairwise(predictions: Any, targets: Any, weight: Any, scope: str | None, default: str) -> Tensor:
    with scopes.op_scope([predictions, targets], scope, default):
        predictions, targets = _pair(predictions, targets)
        difference = math.sub(predictions, targets)
        rank = difference.get_shape().ndims
        if rank is None:
            raise ValueError("losses.get_shape().ndims cannot be None")
        others = list(range(1, rank))
        count: Any = reduction.reduce_prod(casting.to_float(array.shape(difference)[1:]))  # type: ignore[index]
        squares = reduction.reduce_sum(math.square(difference), others)
        square_of_sum = math.square(reduction.reduce_sum(difference, others))
        each = 2.0 * squares / count - 2.0 * square_of_sum / math.square(count)
        total, _ = _weighted(each, weight)  # the sum over the batch, not the mean
        total = array.identity(total, name="value")
        add_loss(total)
        return total


@_loss
def sum_of_pairwise_squares(predictions: Any, targets: Any, weight: Any = 1.0, scope: str | None = None) -> Tensor:
    """How differences between elements differ: `((p[i] - p[j]) - (t[i] - t[j])) ** 2`, summed over the batch.

    For each example it is the mean over all pairs i, j of its elements.

    Args:
        predictions, targets: tensors of one shape, whose first dimension is the batch.
        weight: a scalar, or one for each example.
        scope: the name of the loss.
    """
    return _pairwise(predictions, targets, weight, scope, "sum_of_pairwise_squares_loss")


@_loss
def mean_pairwise_squared_error(predictions: Any, targets: Any, weight: Any = 1.0, scope: str | None = None) -> Tensor:
    """The later name of `sum_of_pairwise_squares`."""
    return _pairwise(predictions, targets, weight, scope, "mean_pairwise_squared_error")


@_loss
def cosine_distance(predictions: Any, targets: Any, dim: int | None = None, weight: Any = 1.0,
                    scope: str | None = None) -> Tensor:
    """The mean of `1 - sum(predictions * targets)`, the sum along dimension `dim`.

    Both are taken to be of unit length. See `absolute_difference` for the arguments.
    """
    if dim is None:
        raise ValueError("`dim` cannot be None.")
    with scopes.op_scope([predictions, targets], scope, "cosine_distance_loss"):
        predictions, targets = _pair(predictions, targets)
        product = reduction.reduce_sum(math.mul(predictions, targets), [dim])
        return compute_weighted_loss(1 - product, weight)


@_loss
def hinge_loss(logits: Any, target: Any = None, scope: str | None = None, labels: Any = None) -> Tensor:
    """`max(0, 1 - logits)` where the label is 1, and `max(0, 1 + logits)` where it is 0: a tensor of their shape.

    Args:
        logits: a tensor.
        target, labels: one of them: a tensor of the same shape, of 0.0 and 1.0.
        scope: the name of the loss.
    """
    labels = target if labels is None else labels
    with scopes.op_scope([logits, labels], scope, "hinge_loss"):
        logits, labels = _pair(logits, labels)
        signs = math.sub(2 * labels, constants.ones_like(labels))
        return nn.relu(math.sub(constants.ones_like(labels), math.mul(signs, logits)))


def _smoothed(labels: Any, label_smoothing: float) -> Any:
    if label_smoothing <= 0:
        return labels
    classes: Any = casting.cast(array.shape(labels)[1], labels.dtype.base_dtype)  # type: ignore[index]
    return labels * (1 - label_smoothing) + label_smoothing / classes


@_loss
def sigmoid_cross_entropy(logits: Any, multi_class_labels: Any, weight: Any = 1.0, label_smoothing: float = 0,
                          scope: str | None = None) -> Tensor:
    """The mean of `tf.nn.sigmoid_cross_entropy_with_logits`.

    Args:
        logits, multi_class_labels: tensors of one shape; labels between 0 and 1.
        weight: how much each counts: see `compute_weighted_loss`.
        label_smoothing: see `softmax_cross_entropy`. Later versions move labels towards 1/2 instead.
        scope: the name of the loss.
    """
    with scopes.op_scope([logits, multi_class_labels], scope, "sigmoid_cross_entropy_loss"):
        logits, labels = convert_to_tensor(logits), convert_to_tensor(multi_class_labels)
        logits.get_shape().assert_is_compatible_with(labels.get_shape())
        labels = _smoothed(casting.cast(labels, logits.dtype.base_dtype), label_smoothing)
        return compute_weighted_loss(sigmoid_cross_entropy_with_logits(logits, labels, name="xentropy"), weight)


@_loss
def softmax_cross_entropy(logits: Any, onehot_labels: Any, weight: Any = 1.0, label_smoothing: float = 0,
                          scope: str | None = None) -> Tensor:
    """The mean of `tf.nn.softmax_cross_entropy_with_logits`.

    Args:
        logits, onehot_labels: tensors of shape [batch, classes]; the labels of each example add up to 1.
        weight: a scalar, or one for each example.
        label_smoothing: moves labels towards equal ones: `labels * (1 - label_smoothing) + label_smoothing / classes`.
        scope: the name of the loss.
    """
    with scopes.op_scope([logits, onehot_labels], scope, "softmax_cross_entropy_loss"):
        logits, labels = convert_to_tensor(logits), convert_to_tensor(onehot_labels)
        logits.get_shape().assert_is_compatible_with(labels.get_shape())
        labels = _smoothed(casting.cast(labels, logits.dtype.base_dtype), label_smoothing)
        losses = nn.softmax_cross_entropy_with_logits(logits, labels, name="xentropy")
        return compute_weighted_loss(losses, weight)


@_loss
def sparse_softmax_cross_entropy(logits: Any, labels: Any, weight: Any = 1.0, scope: str | None = None) -> Tensor:
    """The mean of `tf.nn.sparse_softmax_cross_entropy_with_logits`.

    Args:
        logits: of shape [batch, classes].
        labels: a class for each example, of shape [batch] or [batch, 1].
        weight: a scalar, or one for each example.
        scope: the name of the loss.
    """
    with scopes.op_scope([logits, labels], scope, "sparse_softmax_cross_entropy_loss"):
        labels = array.reshape(labels, [-1])
        if labels.dtype.base_dtype not in (dtypes.int32, dtypes.int64):
            labels = casting.to_int64(labels)
        losses = nn.sparse_softmax_cross_entropy_with_logits(logits, labels, name="xentropy")
        return compute_weighted_loss(losses, weight)

"""Normalized exponentials, and the losses on them."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numpy as np

from tracer import scopes, shapes
from tracer.convert import convert_to_tensor, internal_convert_to_tensor, rank_of
from tracer.declare import op
from tracer.errors import InvalidArgumentError
from tracer.ir import Tensor
from tracer.ops import array


def _rows(sizes: shapes.Sizes) -> shapes.Sizes:
    # 0.8 takes matrices; later versions take more dimensions too, and normalize along the last one.
    return sizes if sizes is not None and len(sizes) > 2 else shapes.rank(sizes, 2)


@op("Softmax")
def _softmax(logits: Tensor, name: str | None = None) -> Any:
    return _rows(logits.sizes)


@op("LogSoftmax")
def _log_softmax(logits: Tensor, name: str | None = None) -> Any:
    return _rows(logits.sizes)


def _or_dim(function: Callable[..., Tensor]) -> Callable[..., Tensor]:
    """Lets `dim` stand where 0.8 has `name`, as it does from 0.9 on."""
    @functools.wraps(function)
    def either(*args: Any, **kwargs: Any) -> Tensor:
        if len(args) > 1 and isinstance(args[1], (int, np.integer)):
            args, kwargs["dim"] = args[:1] + args[2:], int(args[1])
        return function(*args, **kwargs)

    return either


def _along(function: Callable[..., Tensor], logits: Any, name: Any, dim: int) -> Tensor:
    """A softmax along a dimension."""
    if dim in (-1, 0) and rank_of(logits) == 1:  # from 0.9 on
        return array.reshape(function(array.expand_dims(logits, 0)), [-1], name=name or "Reshape")
    if dim == -1:
        return function(logits, name=name)
    logits = convert_to_tensor(logits)
    rank = logits.get_shape().ndims
    if rank is None:
        raise ValueError("a dimension other than the last needs logits of known rank")
    if not -rank <= dim < rank:
        raise InvalidArgumentError(None, None, f"Dimension ({dim}) must be in the range [{-rank}, {rank}).")
    order = list(range(rank))
    order[dim], order[-1] = order[-1], order[dim]
    return array.transpose(function(array.transpose(logits, order)), order, name=name or "transpose")


@_or_dim
def softmax(logits: Any, name: str | None = None, *, dim: int = -1) -> Tensor:
    """`exp(logits) / sum(exp(logits))` along the last dimension.

    >>> tf.nn.softmax([[0.0, 0.0], [0.0, 100.0]]).eval()
    array([[0.5, 0.5],
           [0. , 1. ]], dtype=float32)

    Args:
        logits: of shape [batch, classes]; from 0.9 on of any rank.
        dim: another dimension than the last (from 0.9 on).
    """
    return _along(_softmax, logits, name, dim)


@_or_dim
def log_softmax(logits: Any, name: str | None = None, *, dim: int = -1) -> Tensor:
    """`logits - log(sum(exp(logits)))` along the last dimension.

    >>> tf.nn.log_softmax([[0.0, 0.0]]).eval()
    array([[-0.6931472, -0.6931472]], dtype=float32)

    Args:
        logits: of shape [batch, classes]; from 0.9 on of any rank.
        dim: another dimension than the last (from 0.9 on).
    """
    return _along(_log_softmax, logits, name, dim)


@op("SoftmaxCrossEntropyWithLogits")
def _softmax_cross_entropy_with_logits(features: Tensor, labels: Tensor, name: str | None = None) -> Any:
    both = shapes.merge(shapes.rank(features.sizes, 2), shapes.rank(labels.sizes, 2))
    return [(both[0],), both]  # type: ignore[index]


def softmax_cross_entropy_with_logits(logits: Any, labels: Any, name: str | None = None, dim: int = -1) -> Tensor:
    """The cross entropy of each row of `labels` with the softmax of that of `logits`.

    >>> tf.nn.softmax_cross_entropy_with_logits([[0.0, 0.0]], [[1.0, 0.0]]).eval()
    array([0.6931472], dtype=float32)

    Args:
        logits: unscaled log probabilities, of shape [batch, classes]; not the result of a softmax.
        labels: of the same shape; each row a distribution. They get no gradient.
        dim: the dimension of the classes, the last by default; from 0.12 on.

    Returns:
        A vector of `batch` losses; from 0.10 on, one loss for each row of logits of more dimensions.
    """
    rank = rank_of(logits)
    if dim != -1 and rank is None:
        raise ValueError("softmax_cross_entropy_with_logits along another dimension than the last needs a known rank")
    if dim != -1 and rank is not None and dim % rank != rank - 1:
        order = [*(axis for axis in range(rank) if axis != dim % rank), dim % rank]
        logits, labels = array.transpose(logits, order), array.transpose(labels, order)
    if rank in (None, 0, 2):
        loss, _ = _softmax_cross_entropy_with_logits(logits, labels, name=name)
        return loss
    logits, labels = internal_convert_to_tensor(logits), internal_convert_to_tensor(labels)
    with scopes.op_scope([logits, labels], name, "softmax_cross_entropy") as scope:
        logits.get_shape().assert_is_compatible_with(labels.get_shape())
        loss, _ = _softmax_cross_entropy_with_logits(_as_rows(logits), _as_rows(labels))
        return _as_before_last(loss, logits, scope)


def _as_rows(values: Tensor) -> Tensor:
    """A matrix of the last dimension's vectors."""
    classes = values.get_shape()[-1].value
    last = array.slice(array.shape(values), [array.rank(values) - 1], [1]) if classes is None else [classes]
    return array.reshape(values, array.concat(0, [[-1], last]))


def _as_before_last(losses: Tensor, logits: Tensor, name: str) -> Tensor:
    """A vector in the shape of all but the last dimension of `logits`."""
    shape = logits.get_shape()[:-1]
    whole = array.slice(array.shape(logits), [0], [shape.ndims]) if None in shape.as_list() else shape.as_list()
    result = array.reshape(losses, whole, name=name)
    result.set_shape(shape)
    return result


@op("SparseSoftmaxCrossEntropyWithLogits")
def _sparse_softmax_cross_entropy_with_logits(features: Tensor, labels: Tensor, name: str | None = None) -> Any:
    rows = shapes.rank(features.sizes, 2)
    batch = shapes.merge(rows[:1], shapes.rank(labels.sizes, 1))
    return [batch, (*batch, rows[1])]  # type: ignore[misc]


def sparse_softmax_cross_entropy_with_logits(logits: Any, labels: Any, name: str | None = None) -> Tensor:
    """`softmax_cross_entropy_with_logits` with the number of the right class for each row.

    >>> tf.nn.sparse_softmax_cross_entropy_with_logits([[0.0, 0.0]], [1]).eval()
    array([0.6931472], dtype=float32)

    Args:
        logits: unscaled log probabilities, of shape [batch, classes]; not the result of a softmax.
        labels: `batch` numbers of classes, int32 or int64.

    Returns:
        A vector of `batch` losses. A run fails with InvalidArgumentError for a label that is no class. From 0.9 on,
        logits of more dimensions give as many losses as `labels`, which has one dimension less.
    """
    rank, of_labels = rank_of(logits), rank_of(labels)
    if rank == 0 or (rank in (None, 2) and of_labels in (None, 1)):
        loss, _ = _sparse_softmax_cross_entropy_with_logits(logits, labels, name=name)
        return loss
    logits, labels = internal_convert_to_tensor(logits), internal_convert_to_tensor(labels)
    with scopes.op_scope([logits, labels], name, "SparseSoftmaxCrossEntropyWithLogits") as scope:
        if rank is not None and of_labels not in (None, rank - 1):
            raise ValueError(f"Rank mismatch: Rank of labels (received {of_labels}) should equal rank of logits minus 1 "
                             f"(received {rank}). With labels of one dimension, logits must have rank 2.")
        loss, _ = _sparse_softmax_cross_entropy_with_logits(_as_rows(logits), array.reshape(labels, [-1]))
        if rank is None:
            return array.reshape(loss, array.shape(labels), name=scope)
        result = _as_before_last(loss, logits, scope)
        result.set_shape(labels.get_shape())
        return result

"""Normalized exponentials, and the losses on them."""

from __future__ import annotations

import functools
from typing import Any

import jax
import jax.numpy as jnp
from jax import lax

from lowering.registry import lowers
from lowering.rules.convolution import brackets


@lowers("Softmax")
def softmax(logits: Any, *, check: Any) -> Any:
    check(logits.ndim >= 2, "logits must be 2-dimensional")
    return jax.nn.softmax(logits, axis=-1)


@lowers("LogSoftmax")
def log_softmax(logits: Any, *, check: Any) -> Any:
    check(logits.ndim >= 2, "logits must be 2-dimensional")
    return jax.nn.log_softmax(logits, axis=-1)


def _unlikely(features: Any) -> Any:
    """Minus the logarithm of the softmax, rounded as TensorFlow's kernel rounds it."""
    shifted = features - features.max(-1, keepdims=True, initial=-jnp.inf)
    return jnp.log(jnp.exp(shifted).sum(-1, keepdims=True)) - shifted


@jax.custom_jvp
def cross_entropy(features: Any, labels: Any) -> Any:
    """The cross entropy of each row.

    TensorFlow's gradient is softmax - labels, also where the labels of a row do not sum to one; the labels get none.
    """
    return (labels * _unlikely(features)).sum(-1)


@cross_entropy.defjvp
def _cross_entropy_jvp(primals: tuple, tangents: tuple) -> tuple:
    (features, labels), (change, _) = primals, tangents
    return cross_entropy(features, labels), ((jax.nn.softmax(features, axis=-1) - labels) * change).sum(-1)


@jax.custom_jvp
def cross_entropy_of_class(features: Any, labels: Any) -> Any:
    """The cross entropy of each row with the class that its label names."""
    if not features.shape[1]:
        return jnp.zeros(labels.shape, features.dtype)
    top = features.max(-1)
    named = jnp.take_along_axis(features, labels[:, None], 1, mode="clip")[:, 0]
    return jnp.log(jnp.exp(features - top[:, None]).sum(-1)) - (named - top)


@cross_entropy_of_class.defjvp
def _cross_entropy_of_class_jvp(primals: tuple, tangents: tuple) -> tuple:
    (features, labels), (change, _) = primals, tangents
    slope = jax.nn.softmax(features, axis=-1) - of_class(features, labels).astype(features.dtype)
    return cross_entropy_of_class(features, labels), (slope * change).sum(-1)


def of_class(features: Any, labels: Any) -> Any:
    """Which of each row's features is that of its class."""
    return lax.broadcasted_iota(labels.dtype, features.shape, 1) == labels[:, None]


@lowers("SoftmaxCrossEntropyWithLogits")
def softmax_cross_entropy_with_logits(features: Any, labels: Any, *, check: Any) -> Any:
    check(features.shape == labels.shape, "logits and labels must be same size: "
          f"logits_size={brackets(features.shape)} labels_size={brackets(labels.shape)}")
    check(features.ndim == 2, "logits must be 2-dimensional")
    return cross_entropy(features, labels), jax.nn.softmax(features, axis=-1) - labels


@lowers("SparseSoftmaxCrossEntropyWithLogits")
def sparse_softmax_cross_entropy_with_logits(features: Any, labels: Any, *, check: Any) -> Any:
    check(features.ndim == 2, "logits must be 2-dimensional")
    check(labels.shape == features.shape[:1], "logits first dimension must match labels size.  "
          f"logits shape={brackets(features.shape)} labels shape={brackets(labels.shape)}")
    classes = features.shape[1]
    inside = (labels >= 0) & (labels < classes)
    check(inside.all(), functools.partial(_no_class, classes), labels)
    slope = jax.nn.softmax(features, axis=-1) - of_class(features, labels).astype(features.dtype)
    return cross_entropy_of_class(features, labels), slope


def _no_class(classes: int, labels: Any) -> str:
    """0.8 gave such a row the loss 0 without a word; later versions raise this, and so do we."""
    wrong = next(label for label in labels if not 0 <= label < classes)
    return (f"Received a label value of {wrong} which is outside the valid range of [0, {classes}).  "
            f"Label values: {' '.join(map(str, labels))}")

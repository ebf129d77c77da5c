"""What every layer does: variables with their collections, then bias or normalization, then the activation."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from typing import Any

from tracer.contrib.framework.arg_scope import add_arg_scope
from tracer.contrib.framework.variables import model_variable
from tracer.contrib.layers import utils
from tracer.ir import Tensor
from tracer.ops import nn
from tracer.variables import Variable


def made_variable(name: str, shape: Any, dtype: Any, initializer: Any, regularizer: Any, collections: Any,
                  trainable: bool) -> Variable:
    """A variable of a model."""
    return model_variable(name, shape=shape, dtype=dtype, initializer=initializer, regularizer=regularizer,
                          collections=utils.get_variable_collections(collections, name), trainable=trainable)


def normalized_or_biased(outputs: Tensor, count: int, normalizer_fn: Any, normalizer_params: Any, initializer: Any,
                         regularizer: Any, collections: Any, trainable: bool, data_format: str | None = None) -> Tensor:
    """`outputs` through `normalizer_fn`, or plus a bias where there is none; as they are without an initializer."""
    if normalizer_fn is not None:
        return normalizer_fn(outputs, **(normalizer_params or {}))
    if initializer is None:
        return outputs
    biases = made_variable("biases", [count], outputs.dtype.base_dtype, initializer, regularizer, collections,
                           trainable)
    return nn.bias_add(outputs, biases, data_format=data_format)


def activated(outputs: Tensor, activation_fn: Any, collections: Any, scope: Any) -> Tensor:
    """`outputs` through the activation, listed under the layer's name."""
    if activation_fn is not None:
        outputs = activation_fn(outputs)
    return utils.collect_named_outputs(collections, scope.name, outputs)


def of_either_age(legacy: Callable, younger: Callable, looks_younger: Callable[[tuple, dict[str, Any]], bool]) -> Callable:
    """A layer as 0.8 had it, which takes calls that 0.8 could not make as 0.9 does.

    They name an argument that only `younger` has, or `looks_younger`. `arg_scope` gives both the same defaults.
    """
    names = set(inspect.signature(younger).parameters) - set(inspect.signature(legacy).parameters)

    @functools.wraps(legacy)
    def layer(*args: Any, **kwargs: Any) -> Tensor:
        as_in_0_9 = not names.isdisjoint(kwargs) or looks_younger(args, kwargs)
        return (younger if as_in_0_9 else legacy)(*args, **kwargs)

    layer.__name__ = younger.__name__
    scoped = add_arg_scope(layer)
    scoped._key_op = younger._key_op  # type: ignore[attr-defined]
    return scoped

"""What metrics are made of: local variables that count, quotients, collections, weights."""

from __future__ import annotations

from typing import Any

from tracer import dtypes, scopes
from tracer.contrib.framework.tensor_util import remove_squeezable_dimensions
from tracer.convert import convert_to_tensor
from tracer.ir import Tensor
from tracer.ops import array, casting, constants, logic, math, reduction, state
from tracer.scopes import GraphKeys
from tracer.variables import Variable

Metric = tuple[Tensor, Any]


def local(name: str, shape: Any, dtype: Any = dtypes.float32) -> Variable:
    """A local variable that starts at zero."""
    return Variable(constants.zeros(shape, dtype), trainable=False, collections=[GraphKeys.LOCAL_VARIABLES], name=name)


def add(variable: Variable, value: Any) -> Tensor:
    """The variable after `value` has been added."""
    return state.assign_add(variable.ref(), value)


def quotient(numerator: Any, denominator: Any, name: str) -> Tensor:
    """`numerator / denominator`; 0 where nothing has been counted."""
    numerator, denominator = convert_to_tensor(numerator), convert_to_tensor(denominator)
    some = logic.greater(denominator, 0)
    return logic.select(some, math.div(numerator, denominator), constants.zeros_like(numerator), name=name)


def listed(value: Tensor, update: Any, metrics_collections: Any, updates_collections: Any) -> Metric:
    """Both in their collections."""
    if metrics_collections:
        scopes.add_to_collections(metrics_collections, value)
    if updates_collections:
        scopes.add_to_collections(updates_collections, update)
    return value, update


def matched(predictions: Any, labels: Any) -> tuple[Tensor, Tensor]:
    """Both as tensors of one shape: a last dimension of size 1 that only one has is left out.

    Raises ValueError when the shapes differ otherwise.
    """
    predictions, labels = remove_squeezable_dimensions(predictions, labels)
    predictions.get_shape().assert_is_compatible_with(labels.get_shape())
    return predictions, labels


def weights_of(ignore_mask: Any, weights: Any) -> Any:
    """The weights that a call means: those given, or zero where `ignore_mask` is true; None where all count once.

    Later versions have the weights in the place of the mask; a mask that is not bool is such.
    """
    if ignore_mask is None:
        return weights
    mask = convert_to_tensor(ignore_mask)
    if mask.dtype.base_dtype is not dtypes.bool:
        if weights is not None:
            raise ValueError(f"ignore_mask must be bool beside weights, got {mask.dtype.base_dtype}.")
        return mask
    kept = casting.to_float(logic.logical_not(mask))
    return kept if weights is None else math.mul(casting.to_float(weights), kept)


def weighted(values: Any, weights: Any) -> tuple[Tensor, Tensor]:
    """`values`, each times its weight; and the weights, one for each value."""
    values = casting.to_float(values)
    if weights is None:
        return values, constants.ones_like(values)
    weights = casting.to_float(convert_to_tensor(weights))
    mine, theirs = values.sizes, weights.sizes
    if mine is not None and theirs and len(mine) != len(theirs):
        if len(theirs) != len(mine) + 1 or theirs[-1] not in (1, None):
            raise ValueError(f"Weights of shape {weights.get_shape()} do not go with values of shape "
                             f"{values.get_shape()}.")
        weights = array.squeeze(weights, [-1])
    # A dimension of size 1 counts for all of the other's.
    product = math.mul(values, weights)
    product.get_shape().assert_is_compatible_with(values.get_shape())
    return product, math.mul(weights, constants.ones_like(values))


def total(values: Any) -> Tensor:
    """The sum of all elements."""
    return reduction.reduce_sum(values)

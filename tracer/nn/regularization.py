"""Dropout, and small compositions that layers are made of."""

from __future__ import annotations

from typing import Any

from tracer import dtypes, scopes
from tracer.convert import convert_to_tensor
from tracer.ir import Tensor
from tracer.ops import array, casting, constants, logic, math, nn, random, reduction


def dropout(x: Any, keep_prob: Any, noise_shape: Any = None, seed: int | None = None, name: str | None = None) -> Tensor:
    """Each element of `x`, divided by `keep_prob`, with the probability `keep_prob`; zero otherwise.

    Args:
        x: a float tensor.
        keep_prob: a number in (0, 1], or a scalar tensor.
        noise_shape: the shape in which elements are kept independently, broadcast against x's; x's own by default.
        seed: the operation seed.

    Raises:
        ValueError: `keep_prob` is a number outside of (0, 1].
    """
    with scopes.op_scope([x], name, "dropout"):
        x = convert_to_tensor(x, name="x")
        if isinstance(keep_prob, float) and not 0 < keep_prob <= 1:
            raise ValueError(f"keep_prob must be a scalar tensor or a float in the range (0, 1], got {keep_prob:g}")
        keep_prob = convert_to_tensor(keep_prob, dtype=x.dtype, name="keep_prob")
        keep_prob.get_shape().assert_is_compatible_with([])
        if noise_shape is None:
            noise_shape = array.shape(x)
        kept = math.floor(keep_prob + random.random_uniform(noise_shape, seed=seed, dtype=x.dtype))
        result = x * math.inv(keep_prob) * kept
        result.set_shape(x.get_shape())
        return result


def xw_plus_b(x: Any, weights: Any, biases: Any, name: str | None = None) -> Tensor:
    """`matmul(x, weights) + biases`."""
    with scopes.op_scope([x, weights, biases], name, "xw_plus_b") as scope:
        product = math.matmul(convert_to_tensor(x, name="x"), convert_to_tensor(weights, name="weights"))
        return nn.bias_add(product, convert_to_tensor(biases, name="biases"), name=scope)


def xw_plus_b_v1(x: Any, weights: Any, biases: Any, name: str | None = None) -> Tensor:
    """`xw_plus_b` through the older operation for biases."""
    with scopes.op_scope([x, weights, biases], name, "xw_plus_b_v1") as scope:
        product = math.matmul(convert_to_tensor(x, name="x"), convert_to_tensor(weights, name="weights"))
        return nn.bias_add_v1(product, convert_to_tensor(biases, name="biases"), name=scope)


def relu_layer(x: Any, weights: Any, biases: Any, name: str | None = None) -> Tensor:
    """`relu(matmul(x, weights) + biases)`."""
    with scopes.op_scope([x, weights, biases], name, "relu_layer") as scope:
        product = math.matmul(convert_to_tensor(x, name="x"), convert_to_tensor(weights, name="weights"))
        return nn.relu(nn.bias_add(product, convert_to_tensor(biases, name="biases")), name=scope)


def zero_fraction(value: Any, name: str | None = None) -> Tensor:
    """The share of the elements of `value` that are zero, as a float32."""
    with scopes.op_scope([value], name, "zero_fraction"):
        value = convert_to_tensor(value, name="value")
        zero = constants.constant(0, dtype=value.dtype.base_dtype, name="zero")
        return reduction.reduce_mean(casting.cast(logic.equal(value, zero), dtypes.float32))

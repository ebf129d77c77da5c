"""Layers as a person writes them in JAX: what an emitted module quotes in the place of rules written for speed."""

import math

import jax
import jax.numpy as jnp
import optax
from jax import lax


def conv2d(x, kernel, strides, padding):
    return lax.conv_general_dilated(x, kernel, strides, padding, dimension_numbers=("NHWC", "HWIO", "NHWC"))


def depthwise_conv2d(x, kernel, strides, padding):
    height, width, channels, multiplier = kernel.shape
    return lax.conv_general_dilated(
        x, kernel.reshape(height, width, 1, channels * multiplier), strides, padding,
        dimension_numbers=("NHWC", "HWIO", "NHWC"), feature_group_count=channels)


def max_pool(x, size, strides, padding):
    return lax.reduce_window(x, -jnp.inf, lax.max, (1, *size, 1), (1, *strides, 1), padding)


def avg_pool(x, size, strides):
    return lax.reduce_window(x, 0.0, lax.add, (1, *size, 1), (1, *strides, 1), "VALID") / math.prod(size)


def avg_pool_padded(x, size, strides):
    """The windows at the border hold fewer."""

    def total(x):
        return lax.reduce_window(x, 0.0, lax.add, (1, *size, 1), (1, *strides, 1), "SAME")

    return total(x) / total(jnp.ones_like(x))


def local_response_normalization(x, radius, bias, alpha, beta):
    window = (1, 1, 1, 2 * radius + 1)
    squares = lax.reduce_window(jnp.square(x), 0.0, lax.add, window, (1, 1, 1, 1), "SAME")
    return x * (bias + alpha * squares) ** -beta


@jax.custom_jvp
def softmax_cross_entropy(logits, labels):
    """Its gradient is softmax(logits) - labels, whatever the labels add up to, and the labels have none."""
    return optax.softmax_cross_entropy(logits, labels)


softmax_cross_entropy.defjvps(
    lambda t, _, logits, labels: jnp.sum((jax.nn.softmax(logits) - labels) * t, -1), None)


def rows_by_adagrad(table, squares, rate, grads, rows):
    """One row after the other: a row that is there twice is moved twice, as TensorFlow's kernel does it."""

    def move(state, row):
        (table, squares), (grad, at) = state, row
        squares = squares.at[at].add(grad**2)
        return (table.at[at].add(-rate * grad * lax.rsqrt(squares[at])), squares), None

    return lax.scan(move, (table, squares), (grads, rows))[0]


def rows_by_momentum(table, velocity, rate, grads, rows, momentum):
    """One row after the other: a row that is there twice is moved twice, as TensorFlow's kernel does it."""

    def move(state, row):
        (table, velocity), (grad, at) = state, row
        velocity = velocity.at[at].set(momentum * velocity[at] + grad)
        return (table.at[at].add(-rate * velocity[at]), velocity), None

    return lax.scan(move, (table, velocity), (grads, rows))[0]


def printed(x, message, values):
    jax.debug.print(message + "[{}]" * len(values), *values)
    return x


def bounded_while_loop(condition, body, limit, values):
    """`lax.while_loop` of at most `limit` trips: JAX differentiates it."""

    def trip(_, values):
        return lax.cond(condition(values), body, lambda values: values, values)

    return lax.fori_loop(0, limit, trip, values)

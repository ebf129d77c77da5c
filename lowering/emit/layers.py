"""Layers as a person writes them in JAX: what an emitted module quotes in the place of rules written for speed."""

import math

import jax
import jax.numpy as jnp
import numpy as np
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


def ctc_loss(logits, indices, values, lengths):
    """Of the steps of each example, and its labels, which are those of a sparse matrix; the last class is the blank."""
    time, batch, classes = logits.shape
    rows = indices[:, 0]
    places = jnp.arange(rows.size) - jnp.searchsorted(rows, rows)
    labels = jnp.zeros((batch, time), jnp.int32).at[rows, places].set(values)
    counts = jnp.zeros(batch, jnp.int32).at[rows].add(values < classes - 1)

    def is_padding(lengths):
        return (jnp.arange(time) >= lengths[:, None]).astype(logits.dtype)

    return optax.ctc_loss(logits.swapaxes(0, 1), is_padding(lengths), labels, is_padding(counts), blank_id=classes - 1)


def call_python(function, shapes, *arrays):
    """What a function of NumPy arrays gives; it has no gradient."""

    def call(*arrays):
        return function(*(np.array(array)[()] for array in arrays))

    return jax.pure_callback(call, shapes, *map(lax.stop_gradient, arrays), vmap_method="sequential")


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


def rows_by_rms_prop(table, squares, velocity, rate, decay, momentum, epsilon, grads, rows):
    """One row after the other: a row that is there twice is moved twice, as TensorFlow's kernel does it."""

    def move(state, row):
        (table, squares, velocity), (grad, at) = state, row
        squares = squares.at[at].set(decay * squares[at] + (1 - decay) * grad**2)
        step = rate * grad * lax.rsqrt(squares[at] + epsilon)
        velocity = velocity.at[at].set(momentum * velocity[at] + step)
        return (table.at[at].add(-velocity[at]), squares, velocity), None

    return lax.scan(move, (table, squares, velocity), (grads, rows))[0]


def rows_by_adadelta(table, squares, updates, rate, decay, epsilon, grads, rows):
    """One row after the other: a row that is there twice is moved twice, as TensorFlow's kernel does it."""

    def move(state, row):
        (table, squares, updates), (grad, at) = state, row
        squares = squares.at[at].set(decay * squares[at] + (1 - decay) * grad**2)
        scaled = grad * lax.rsqrt(squares[at] + epsilon)
        step = (updates[at] + epsilon) * scaled**2
        updates = updates.at[at].set(decay * updates[at] + (1 - decay) * step)
        # TensorFlow's kernel moves the row by what the updates are by then.
        return (table.at[at].add(-rate * jnp.sqrt(updates[at] + epsilon) * scaled), squares, updates), None

    return lax.scan(move, (table, squares, updates), (grads, rows))[0]


def rows_by_ftrl(table, squares, linear, grads, rows, rate, l1, l2, power):
    """One row after the other: a row that is there twice is moved twice, as TensorFlow's kernel does it."""

    def move(state, row):
        (table, squares, linear), (grad, at) = state, row
        total = squares[at] + grad**2
        shift = (total**-power - squares[at] ** -power) / rate * table[at]
        sums = linear[at] + (grad - shift)
        shrunk = (l1 * jnp.sign(sums) - sums) / (total**-power / rate + 2 * l2)
        values = jnp.where(jnp.abs(sums) > l1, shrunk, 0)
        return (table.at[at].set(values), squares.at[at].set(total), linear.at[at].set(sums)), None

    return lax.scan(move, (table, squares, linear), (grads, rows))[0]


def adam(learning_rate, b1=0.9, b2=0.999, eps=1e-8):
    """Adam as TensorFlow has it for tables: a gradient may be `(indices, rows)`, where equal rows are squared one by one."""
    b1, b2 = np.float32(b1), np.float32(b2)

    def moved(moment, grad, decay, order):
        if isinstance(grad, tuple):
            indices, rows = grad
            return (decay * moment).at[indices].add((1 - decay) * rows**order)
        return decay * moment + (1 - decay) * grad**order

    def init(params):
        return optax.tree.zeros_like(params), optax.tree.zeros_like(params), b1, b2

    def update(updates, state, params=None):
        m, v, b1_power, b2_power = state
        m = jax.tree.map(lambda m, grad: moved(m, grad, b1, 1), m, updates)
        v = jax.tree.map(lambda v, grad: moved(v, grad, b2, 2), v, updates)
        rate = learning_rate * jnp.sqrt(1 - b2_power) / (1 - b1_power)
        updates = jax.tree.map(lambda m, v: -rate * m / (jnp.sqrt(v) + eps), m, v)
        return updates, (m, v, b1_power * b1, b2_power * b2)

    return optax.GradientTransformation(init, update)


def printed(x, message, values):
    jax.debug.print(message + "[{}]" * len(values), *values)
    return x


def bounded_while_loop(condition, body, limit, values):
    """`lax.while_loop` of at most `limit` trips: JAX differentiates it."""

    def trip(_, values):
        return lax.cond(condition(values), body, lambda values: values, values)

    return lax.fori_loop(0, limit, trip, values)

"""Digits through two convolutions, a dense layer and dropout."""

import jax
import jax.numpy as jnp
import optax

SHAPES = [(5, 5, 1, 32), (5, 5, 32, 64), (3136, 1024), (1024, 10)]


def init(key):
    keys = jax.random.split(key, 4)
    return [
        (0.1 * jax.random.truncated_normal(k, -2.0, 2.0, s), jnp.full(s[-1], 0.1))
        for k, s in zip(keys, SHAPES, strict=True)
    ]


def conv2d(x, kernel):
    return jax.lax.conv_general_dilated(
        x, kernel, (1, 1), "SAME", dimension_numbers=("NHWC", "HWIO", "NHWC")
    )


def max_pool(x):
    window = (1, 2, 2, 1)
    return jax.lax.reduce_window(x, -jnp.inf, jax.lax.max, window, window, "SAME")


def apply(params, x, keep_prob, key):
    conv1, conv2, (w1, b1), (w2, b2) = params
    x = x.reshape(-1, 28, 28, 1)
    for w, b in (conv1, conv2):
        x = max_pool(jax.nn.relu(conv2d(x, w) + b))
    x = jax.nn.relu(x.reshape(len(x), -1) @ w1 + b1)
    kept = jnp.floor(keep_prob + jax.random.uniform(key, x.shape))
    return jax.nn.softmax(x / keep_prob * kept @ w2 + b2)


def loss(params, x, y_, keep_prob, key):
    return -jnp.sum(y_ * jnp.log(apply(params, x, keep_prob, key)))


optimizer = optax.adam(1e-4)


def train_step(params, opt_state, x, y_, keep_prob, key):
    value, grads = jax.value_and_grad(loss)(params, x, y_, keep_prob, key)
    updates, opt_state = optimizer.update(grads, opt_state, params)
    return optax.apply_updates(params, updates), opt_state, value

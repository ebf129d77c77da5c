"""A small residual network with batch normalization."""

import jax
import jax.numpy as jnp
import optax

BLOCKS = [(16, 1), (16, 1), (32, 2), (32, 1), (64, 2), (64, 1)]


def layer(key, inputs, outputs):
    kernel = jax.random.truncated_normal(key, -2.0, 2.0, (3, 3, inputs, outputs))
    return {
        "kernel": (2 / (9 * inputs)) ** 0.5 * kernel,
        "norm": {"beta": jnp.zeros(outputs), "gamma": jnp.ones(outputs)},
    }


def init(key):
    keys = iter(jax.random.split(key, 14))
    params = {"start": layer(next(keys), 3, 16)}
    depth = 16
    for i, (outputs, _) in enumerate(BLOCKS):
        params[f"block{i}"] = {
            "first": layer(next(keys), depth, outputs),
            "second": layer(next(keys), outputs, outputs),
        }
        depth = outputs
    weights = 0.1 * jax.random.truncated_normal(next(keys), -2.0, 2.0, (depth, 10))
    return {**params, "weights": weights}


def convolved(params, x, stride=1):
    x = jax.lax.conv_general_dilated(
        x,
        params["kernel"],
        (stride, stride),
        "SAME",
        dimension_numbers=("NHWC", "HWIO", "NHWC"),
    )
    mean = jnp.mean(x, (0, 1, 2))
    variance = jnp.mean(jnp.square(x - mean), (0, 1, 2))
    norm = params["norm"]
    return (x - mean) * jax.lax.rsqrt(variance + 1e-3) * norm["gamma"] + norm["beta"]


def block(params, x, stride):
    inside = jax.nn.relu(convolved(params["first"], x, stride))
    inside = convolved(params["second"], inside)
    if stride > 1:
        n, h, w, c = x.shape
        x = x.reshape(n, h // 2, 2, w // 2, 2, c).mean((2, 4))
        x = jnp.pad(x, [(0, 0)] * 3 + [(0, inside.shape[-1] - c)])
    return jax.nn.relu(x + inside)


def apply(params, x):
    x = jax.nn.relu(convolved(params["start"], x))
    for i, (_, stride) in enumerate(BLOCKS):
        x = block(params[f"block{i}"], x, stride)
    return jnp.mean(x, (1, 2)) @ params["weights"]


def loss(params, x, y):
    return optax.softmax_cross_entropy_with_integer_labels(apply(params, x), y).mean()


optimizer = optax.sgd(0.01, 0.9)


def train_step(params, opt_state, x, y):
    value, grads = jax.value_and_grad(loss)(params, x, y)
    updates, opt_state = optimizer.update(grads, opt_state, params)
    return optax.apply_updates(params, updates), opt_state, value

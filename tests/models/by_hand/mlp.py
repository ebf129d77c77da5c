"""Digits through two hidden layers."""

import jax
import jax.numpy as jnp
import optax


def layer(key, inputs, outputs):
    weights = 0.05 * jax.random.truncated_normal(key, -2.0, 2.0, (inputs, outputs))
    return {"weights": weights, "biases": jnp.full(outputs, 0.1)}


def init(key):
    keys = jax.random.split(key, 3)
    return {
        "layer1": layer(keys[0], 784, 256),
        "layer2": layer(keys[1], 256, 256),
        "readout": layer(keys[2], 256, 10),
    }


def dense(params, x):
    return x @ params["weights"] + params["biases"]


def apply(params, x):
    hidden = jax.nn.relu(dense(params["layer1"], x))
    hidden = jax.nn.relu(dense(params["layer2"], hidden))
    return dense(params["readout"], hidden)


def loss(params, x, y_):
    return jnp.mean(optax.softmax_cross_entropy(apply(params, x), y_))


optimizer = optax.adam(0.001)


def train_step(params, opt_state, x, y_):
    value, grads = jax.value_and_grad(loss)(params, x, y_)
    updates, opt_state = optimizer.update(grads, opt_state, params)
    return optax.apply_updates(params, updates), opt_state, value

"""char_lstm as JAX."""

import jax
import jax.numpy as jnp
import numpy as np
import optax


def adam(learning_rate, b1=0.9, b2=0.999, eps=1e-08):
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


def uniform(key, shape):
    return jax.random.uniform(key, shape, minval=-0.1, maxval=0.1)


def init_cell(key):
    linear = {"Matrix": uniform(key, (16, 32)), "Bias": jnp.zeros(32)}
    return {"BasicLSTMCell": {"Linear": linear}}


def init(key):
    """The variables as the program initializes them, from other random numbers."""
    keys = jax.random.split(key, 5)
    return {
        "writer": {
            "embedding": uniform(keys[0], (73, 8)),
            "cells": {
                "MultiRNNCell": {
                    "Cell0": init_cell(keys[1]),
                    "Cell1": init_cell(keys[2]),
                }
            },
            "weights": uniform(keys[3], (8, 73)),
            "biases": uniform(keys[4], (73,)),
        }
    }


def params_from_checkpoint(path):
    """The variables of an .npz file, by the names that they have in the script's checkpoints."""
    arrays = np.load(path)

    def read(keys, like):
        return jnp.asarray(arrays["/".join(key.key for key in keys)])

    params = jax.eval_shape(init, jax.random.key(0))
    return jax.tree.map_with_path(read, params)


def basic_lstm_cell(params, state, inputs):
    c, h = jnp.split(state, 2, 1)
    # char_lstm.py:46
    result = jnp.concatenate([inputs, h], 1) @ params["Matrix"]
    i, j, f, o = jnp.split(result + params["Bias"], 4, 1)
    new_c = c * jax.nn.sigmoid(f + 1.0) + jax.nn.sigmoid(i) * jnp.tanh(j)
    new_h = jnp.tanh(new_c) * jax.nn.sigmoid(o)
    return new_h, jnp.concatenate([new_c, new_h], 1)


def multi_rnn_cell(params, state, inputs):
    # char_lstm.py:46
    new_h, new_state = basic_lstm_cell(
        params["Cell0"]["BasicLSTMCell"]["Linear"], state[:, :16], inputs
    )
    new_h_2, new_state_2 = basic_lstm_cell(
        params["Cell1"]["BasicLSTMCell"]["Linear"], state[:, 16:], new_h
    )
    return new_h_2, jnp.concatenate([new_state, new_state_2], 1)


def loss(params, rows, initial_state, targets):
    """The loss (char_lstm.py:54)."""
    state = initial_state
    outputs = []
    # char_lstm.py:46
    for t in range(6):
        new_h, state = multi_rnn_cell(
            params["writer"]["cells"]["MultiRNNCell"], state, rows[:, t]
        )
        outputs.append(new_h)
    # char_lstm.py:52
    product = jnp.concatenate(outputs, 1).reshape(-1, 8) @ params["writer"]["weights"]
    logits = product + params["writer"]["biases"]
    # char_lstm.py:55
    labels = targets.reshape(-1)
    cross_entropy = optax.softmax_cross_entropy_with_integer_labels(logits, labels)
    return jnp.mean(cross_entropy), state


optimizer = adam(0.005)


def opt_state_from_checkpoint(path, params):
    """The optimizer's state of an .npz file, by the names that its slots have in the script's checkpoints."""
    arrays = np.load(path)

    def slots(name, tree):
        def read(keys, like):
            return jnp.asarray(arrays["/".join([*(key.key for key in keys), name])])

        return jax.tree.map_with_path(read, tree)

    return (
        slots("Adam", params),
        slots("Adam_1", params),
        jnp.asarray(arrays["beta1_power"]),
        jnp.asarray(arrays["beta2_power"]),
    )


def train_step(params, opt_state, initial_state, inputs, targets):
    """One step of training.

    Returns what it changes, and loss, writer/cells/concat_5:0.
    """
    # char_lstm.py:39
    rows = params["writer"]["embedding"][inputs]
    (loss_value, state), (grads, rows_grad) = jax.value_and_grad(
        loss, argnums=(0, 1), has_aux=True
    )(params, rows, initial_state, targets)
    # char_lstm.py:91
    scale = 5.0 / jnp.maximum(optax.tree.norm([rows_grad, grads]), 5.0)
    grads = optax.tree.scale(scale, grads)
    grads["writer"]["embedding"] = inputs, rows_grad * scale
    updates, opt_state = optimizer.update(grads, opt_state, params)
    return optax.apply_updates(params, updates), opt_state, loss_value, state

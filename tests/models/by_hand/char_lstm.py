"""The writer of `examples/char_lstm.py`: two LSTM layers, by `lax.scan`."""

import jax
import jax.numpy as jnp
import optax

HIDDEN, LETTERS = 8, 73


def uniform(key, *shape):
    return jax.random.uniform(key, shape, minval=-0.1, maxval=0.1)


def cell(key):
    linear = {
        "Matrix": uniform(key, 2 * HIDDEN, 4 * HIDDEN),
        "Bias": jnp.zeros(4 * HIDDEN),
    }
    return {"BasicLSTMCell": {"Linear": linear}}


def init(key):
    keys = jax.random.split(key, 5)
    params = {
        "embedding": uniform(keys[0], LETTERS, HIDDEN),
        "cells": {"MultiRNNCell": {"Cell0": cell(keys[1]), "Cell1": cell(keys[2])}},
        "weights": uniform(keys[3], HIDDEN, LETTERS),
        "biases": uniform(keys[4], LETTERS),
    }
    return {"writer": params}


def lstm_cell(params, state, x):
    c, h = jnp.split(state, 2, 1)
    linear = params["BasicLSTMCell"]["Linear"]
    gates = jnp.concatenate([x, h], 1) @ linear["Matrix"] + linear["Bias"]
    i, j, f, o = jnp.split(gates, 4, 1)
    c = c * jax.nn.sigmoid(f + 1.0) + jax.nn.sigmoid(i) * jnp.tanh(j)
    h = jnp.tanh(c) * jax.nn.sigmoid(o)
    return jnp.concatenate([c, h], 1), h


def loss(params, rows, state, targets):
    writer = params["writer"]
    cells = writer["cells"]["MultiRNNCell"]

    def step(state, x):
        below, above = jnp.split(state, 2, 1)
        below, x = lstm_cell(cells["Cell0"], below, x)
        above, x = lstm_cell(cells["Cell1"], above, x)
        return jnp.concatenate([below, above], 1), x

    state, outputs = jax.lax.scan(step, state, jnp.swapaxes(rows, 0, 1))
    outputs = jnp.swapaxes(outputs, 0, 1).reshape(-1, HIDDEN)
    logits = outputs @ writer["weights"] + writer["biases"]
    losses = optax.softmax_cross_entropy_with_integer_labels(
        logits, targets.reshape(-1)
    )
    return jnp.mean(losses), state


optimizer = optax.adam(0.005)


def train_step(params, opt_state, state, inputs, targets):
    # The norm is one of rows: a letter that is there twice counts twice.
    table = params["writer"]["embedding"]
    (value, state), (grads, rows) = jax.value_and_grad(
        loss, argnums=(0, 1), has_aux=True
    )(params, table[inputs], state, targets)
    scale = 5.0 / jnp.maximum(optax.tree.norm([grads, rows]), 5.0)
    grads["writer"]["embedding"] = jnp.zeros_like(table).at[inputs].add(rows)
    grads = optax.tree.scale(scale, grads)
    updates, opt_state = optimizer.update(grads, opt_state, params)
    return optax.apply_updates(params, updates), opt_state, value, state

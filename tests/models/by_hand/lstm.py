"""A language model of two LSTM layers, by `lax.scan`."""

import jax
import jax.numpy as jnp
import optax

HIDDEN, WORDS = 200, 10_000


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
        "embedding": uniform(keys[0], WORDS, HIDDEN),
        "RNN": {"MultiRNNCell": {"Cell0": cell(keys[1]), "Cell1": cell(keys[2])}},
        "softmax_w": uniform(keys[3], HIDDEN, WORDS),
        "softmax_b": uniform(keys[4], WORDS),
    }
    return {"model": params}


def lstm_cell(params, state, x):
    c, h = state
    linear = params["BasicLSTMCell"]["Linear"]
    gates = jnp.concatenate([x, h], 1) @ linear["Matrix"] + linear["Bias"]
    i, j, f, o = jnp.split(gates, 4, 1)
    c = c * jax.nn.sigmoid(f) + jax.nn.sigmoid(i) * jnp.tanh(j)
    h = jnp.tanh(c) * jax.nn.sigmoid(o)
    return (c, h), h


def loss(params, rows, targets):
    params = params["model"]
    cells = params["RNN"]["MultiRNNCell"]

    def step(states, x):
        first, x = lstm_cell(cells["Cell0"], states[0], x)
        second, x = lstm_cell(cells["Cell1"], states[1], x)
        return (first, second), x

    zeros = jnp.zeros((rows.shape[0], rows.shape[2]))
    states = ((zeros, zeros), (zeros, zeros))
    _, outputs = jax.lax.scan(step, states, jnp.swapaxes(rows, 0, 1))
    outputs = jnp.swapaxes(outputs, 0, 1).reshape(-1, rows.shape[2])
    logits = outputs @ params["softmax_w"] + params["softmax_b"]
    losses = optax.softmax_cross_entropy_with_integer_labels(
        logits, targets.reshape(-1)
    )
    return jnp.sum(losses) / len(targets)


optimizer = optax.sgd(1.0)


def train_step(params, opt_state, input_data, targets):
    # The norm is one of rows: a word that is there twice counts twice.
    table = params["model"]["embedding"]
    value, (grads, rows) = jax.value_and_grad(loss, argnums=(0, 1))(
        params, table[input_data], targets
    )
    scale = 5.0 / jnp.maximum(optax.tree.norm([grads, rows]), 5.0)
    grads["model"]["embedding"] = jnp.zeros_like(table).at[input_data].add(rows)
    grads = optax.tree.scale(scale, grads)
    updates, opt_state = optimizer.update(grads, opt_state, params)
    return optax.apply_updates(params, updates), opt_state, value

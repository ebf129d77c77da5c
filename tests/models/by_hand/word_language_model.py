"""The language model of `examples/word_language_model.py`: two LSTM layers with dropout, by `lax.scan`."""

import jax
import jax.numpy as jnp
import optax

HIDDEN, WORDS, KEEP = 8, 20, 0.8


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


def begin(params):
    return {"learning_rate": jnp.float32(0.0)}, optimizer.init(params)


def dropout(key, x):
    return x / KEEP * jnp.floor(KEEP + jax.random.uniform(key, x.shape))


def lstm_cell(params, state, x):
    c, h = jnp.split(state, 2, 1)
    linear = params["BasicLSTMCell"]["Linear"]
    gates = jnp.concatenate([x, h], 1) @ linear["Matrix"] + linear["Bias"]
    i, j, f, o = jnp.split(gates, 4, 1)
    c = c * jax.nn.sigmoid(f) + jax.nn.sigmoid(i) * jnp.tanh(j)
    h = jnp.tanh(c) * jax.nn.sigmoid(o)
    return jnp.concatenate([c, h], 1), h


def loss(params, inputs, state, following, key):
    model = params["model"]
    cells = model["RNN"]["MultiRNNCell"]
    first, *keys = jax.random.split(key, 1 + 2 * inputs.shape[1])

    def step(state, xs):
        x, keys = xs
        below, above = jnp.split(state, 2, 1)
        below, x = lstm_cell(cells["Cell0"], below, x)
        above, x = lstm_cell(cells["Cell1"], above, dropout(keys[0], x))
        return jnp.concatenate([below, above], 1), dropout(keys[1], x)

    inputs = jnp.swapaxes(dropout(first, inputs), 0, 1)
    keys = jnp.stack(keys).reshape(-1, 2)
    state, outputs = jax.lax.scan(step, state, (inputs, keys))
    outputs = jnp.swapaxes(outputs, 0, 1).reshape(-1, HIDDEN)
    logits = outputs @ model["softmax_w"] + model["softmax_b"]
    losses = optax.softmax_cross_entropy_with_integer_labels(
        logits, following.reshape(-1)
    )
    return jnp.sum(losses) / len(following), state


optimizer = optax.inject_hyperparams(optax.sgd)(learning_rate=0.0)


def train_step(params, settings, opt_state, state, words, following, key):
    # The norm is one of rows: a word that is there twice counts twice.
    table = params["model"]["embedding"]
    (value, state), (grads, rows) = jax.value_and_grad(
        loss, argnums=(0, 1), has_aux=True
    )(params, table[words], state, following, key)
    scale = 5.0 / jnp.maximum(optax.tree.norm([grads, rows]), 5.0)
    grads["model"]["embedding"] = jnp.zeros_like(table).at[words].add(rows)
    grads = optax.tree.scale(scale, grads)
    opt_state = optax.tree.set(opt_state, **settings)
    updates, opt_state = optimizer.update(grads, opt_state, params)
    return optax.apply_updates(params, updates), settings, opt_state, value, state

"""A language model of two LSTM layers."""

import jax
import jax.numpy as jnp
import numpy as np
import optax

BATCH, STEPS, SIZE, WORDS = 4, 6, 8, 20


def init(key):
    keys = jax.random.split(key, 5)

    def uniform(key, *shape):
        return jax.random.uniform(key, shape, minval=-0.1, maxval=0.1)

    def cell(key):
        linear = {
            "Matrix": uniform(key, 2 * SIZE, 4 * SIZE),
            "Bias": jnp.zeros(4 * SIZE),
        }
        return {"BasicLSTMCell": {"Linear": linear}}

    cells = {"Cell0": cell(keys[1]), "Cell1": cell(keys[2])}
    params = {
        "embedding": uniform(keys[0], WORDS, SIZE),
        "RNN": {"MultiRNNCell": cells},
        "softmax_w": uniform(keys[3], SIZE, WORDS),
        "softmax_b": uniform(keys[4], WORDS),
    }
    return {"model": params}, {"lr": jnp.float32(1.0)}


def load(path):
    arrays = np.load(path)

    def read(keys, like):
        return jnp.asarray(arrays["/".join(key.key for key in keys)])

    params, state = jax.eval_shape(init, jax.random.key(0))
    return jax.tree.map_with_path(read, params), jax.tree.map_with_path(read, state)


def lstm_cell(params, state, x):
    c, h = state
    gates = jnp.concatenate([x, h], 1) @ params["Matrix"] + params["Bias"]
    i, j, f, o = jnp.split(gates, 4, 1)
    c = c * jax.nn.sigmoid(f) + jax.nn.sigmoid(i) * jnp.tanh(j)
    h = jnp.tanh(c) * jax.nn.sigmoid(o)
    return (c, h), h


def loss(params, inputs, targets):
    params = params["model"]
    cells = params["RNN"]["MultiRNNCell"]
    zeros = jnp.zeros((BATCH, SIZE))
    first = second = (zeros, zeros)
    outputs = []
    for t in range(STEPS):
        first, x = lstm_cell(
            cells["Cell0"]["BasicLSTMCell"]["Linear"], first, inputs[:, t]
        )
        second, x = lstm_cell(cells["Cell1"]["BasicLSTMCell"]["Linear"], second, x)
        outputs.append(x)
    output = jnp.concatenate(outputs, 1).reshape(-1, SIZE)
    logits = output @ params["softmax_w"] + params["softmax_b"]
    losses = optax.softmax_cross_entropy_with_integer_labels(
        logits, targets.reshape(-1)
    )
    return jnp.sum(losses) / BATCH, jnp.concatenate([*first, *second], 1)


optimizer = optax.inject_hyperparams(optax.sgd)(0.0)


def train_step(params, state, opt_state, input_data, targets):
    # The norm is one of rows: a word that is there twice counts twice.
    table = params["model"]["embedding"]
    inputs = table[input_data]
    gradient = jax.value_and_grad(loss, argnums=(0, 1), has_aux=True)
    (value, final_state), (grads, rows) = gradient(params, inputs, targets)
    norm = optax.tree.norm([grads, rows])
    scale = 5.0 / jnp.maximum(norm, 5.0)
    grads = jax.tree.map(lambda grad: grad * scale, grads)
    grads["model"]["embedding"] = jnp.zeros_like(table).at[input_data].add(rows * scale)
    opt_state = optax.tree.set(opt_state, learning_rate=state["lr"])
    updates, opt_state = optimizer.update(grads, opt_state, params)
    params = optax.apply_updates(params, updates)
    return params, state, opt_state, value, final_state

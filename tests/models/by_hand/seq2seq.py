"""A GRU reads some words and another writes as many, by `lax.scan`."""

import jax
import jax.numpy as jnp
import optax

HIDDEN, WORDS = 128, 1000


def uniform(key, *shape):
    return jax.random.uniform(key, shape, minval=-0.1, maxval=0.1)


def gru(key):
    gates, candidate = jax.random.split(key)
    cell = {
        "Gates": {
            "Linear": {
                "Matrix": uniform(gates, 2 * HIDDEN, 2 * HIDDEN),
                "Bias": jnp.ones(2 * HIDDEN),
            }
        },
        "Candidate": {
            "Linear": {
                "Matrix": uniform(candidate, 2 * HIDDEN, HIDDEN),
                "Bias": jnp.zeros(HIDDEN),
            }
        },
    }
    return {"GRUCell": cell}


def init(key):
    keys = jax.random.split(key, 5)
    params = {
        "embedding": uniform(keys[0], WORDS, HIDDEN),
        "encoder": gru(keys[1]),
        "decoder": gru(keys[2]),
        "w": uniform(keys[3], HIDDEN, WORDS),
        "b": uniform(keys[4], WORDS),
    }
    return {"model": params}


def linear(params, *parts):
    params = params["Linear"]
    return jnp.concatenate(parts, 1) @ params["Matrix"] + params["Bias"]


def run(params, state, inputs):
    params = params["GRUCell"]

    def cell(state, x):
        gates = jax.nn.sigmoid(linear(params["Gates"], x, state))
        reset, update = jnp.split(gates, 2, 1)
        new = jnp.tanh(linear(params["Candidate"], x, reset * state))
        state = update * state + (1 - update) * new
        return state, state

    return jax.lax.scan(cell, state, jnp.swapaxes(inputs, 0, 1))


def loss(params, source, target):
    params = params["model"]
    inputs = params["embedding"][source]
    state, _ = run(params["encoder"], jnp.zeros_like(inputs[:, 0]), inputs)
    before = jnp.pad(target[:, :-1], [(0, 0), (1, 0)])
    _, outputs = run(params["decoder"], state, params["embedding"][before])
    outputs = jnp.swapaxes(outputs, 0, 1).reshape(-1, state.shape[1])
    logits = outputs @ params["w"] + params["b"]
    return optax.softmax_cross_entropy_with_integer_labels(
        logits, target.reshape(-1)
    ).mean()


optimizer = optax.adam(0.001)


def train_step(params, opt_state, source, target):
    value, grads = jax.value_and_grad(loss)(params, source, target)
    updates, opt_state = optimizer.update(grads, opt_state, params)
    return optax.apply_updates(params, updates), opt_state, value

"""A GRU reads ten words and another writes ten, by `lax.scan`."""

import jax
import jax.numpy as jnp
import numpy as np
import optax

from tests.benchmarks.by_hand import cross_entropy, training, uniform

BATCH, HIDDEN, WORDS, STEPS = 32, 128, 1000, 10


def run(p, state, inputs):
    def cell(state, x):
        reset, update = jnp.split(jax.nn.sigmoid(jnp.concatenate([x, state], 1) @ p["gates"] + 1.0), 2, 1)
        new = jnp.tanh(jnp.concatenate([x, reset * state], 1) @ p["candidate"])
        state = update * state + (1 - update) * new
        return state, state

    return jax.lax.scan(cell, state, inputs)


def loss_of(params, source, target):
    inputs = jnp.swapaxes(params["embedding"][source], 0, 1)
    state, _ = run(params["encoder"], jnp.zeros((BATCH, HIDDEN)), inputs)
    before = jnp.pad(target[:, :-1], [(0, 0), (1, 0)])
    _, outputs = run(params["decoder"], state, jnp.swapaxes(params["embedding"][before], 0, 1))
    logits = jnp.swapaxes(outputs, 0, 1).reshape(-1, HIDDEN) @ params["w"] + params["b"]
    return cross_entropy(logits, target.reshape(-1))


def build():
    fed = np.random.RandomState(0).randint(0, WORDS, (2, BATCH, STEPS)).astype(np.int32)

    def cell(key):
        return {"gates": uniform(key, (2 * HIDDEN, 2 * HIDDEN), 0.1), "candidate": uniform(key, (2 * HIDDEN, HIDDEN), 0.1)}

    params = {"embedding": uniform(0, (WORDS, HIDDEN), 0.1), "encoder": cell(1), "decoder": cell(2),
              "w": uniform(3, (HIDDEN, WORDS), 0.1), "b": uniform(4, (WORDS,), 0.1)}
    step = training(loss_of, params, optax.adam(0.001))
    return lambda: step(*fed)

"""A language model of two LSTM layers, by `lax.scan`."""

import functools
import os

import jax
import jax.numpy as jnp
import numpy as np
import optax

from tests.benchmarks.by_hand import training, uniform

STEPS = int(os.environ.get("BENCHMARK_STEPS", "20"))
BATCH, HIDDEN, WORDS, LAYERS = 20, 200, 10_000, 2


def cells(params, states, h):
    after = []
    for (c, before), (w, b) in zip(states, params["cells"], strict=True):
        taken, new, kept, shown = jnp.split(jnp.concatenate([h, before], 1) @ w + b, 4, 1)
        c = c * jax.nn.sigmoid(kept) + jax.nn.sigmoid(taken) * jnp.tanh(new)
        h = jnp.tanh(c) * jax.nn.sigmoid(shown)
        after.append((c, h))
    return after, h


def loss_of(params, x, y):
    inputs = jnp.swapaxes(params["embedding"][x], 0, 1)
    states = [(jnp.zeros((BATCH, HIDDEN)), jnp.zeros((BATCH, HIDDEN)))] * LAYERS
    _, outputs = jax.lax.scan(functools.partial(cells, params), states, inputs)
    logits = jnp.swapaxes(outputs, 0, 1).reshape(-1, HIDDEN) @ params["w"] + params["b"]
    return -jnp.take_along_axis(jax.nn.log_softmax(logits), y.reshape(-1, 1), 1).sum() / BATCH


def build():
    fed = np.random.RandomState(0).randint(0, WORDS, (2, BATCH, STEPS)).astype(np.int32)
    params = {"embedding": uniform(0, (WORDS, HIDDEN), 0.1), "w": uniform(1, (HIDDEN, WORDS), 0.1),
              "b": uniform(2, (WORDS,), 0.1),
              "cells": [(uniform(3, (2 * HIDDEN, 4 * HIDDEN), 0.1), jnp.zeros(4 * HIDDEN)) for _ in range(LAYERS)]}
    step = training(loss_of, params, optax.chain(optax.clip_by_global_norm(5.0), optax.sgd(1.0)))
    return lambda: step(*fed)

"""Word vectors by noise-contrastive estimation; the rows that a step touches are updated, not the tables."""

import math

import jax
import jax.numpy as jnp
import numpy as np

from tests.benchmarks.by_hand import normal, uniform

WORDS, SIZE, BATCH, NOISE = 50_000, 128, 128, 64


def expected(words):
    """How often log-uniform noise brings each word."""
    p = jnp.log((words + 2.0) / (words + 1.0)) / math.log(WORDS + 1)
    return -jnp.expm1(NOISE * jnp.log1p(-p))


def loss_of(rows, labels, noise):
    inputs, true_w, true_b, noise_w, noise_b = rows
    true = jnp.sum(inputs * true_w, 1) + true_b - jnp.log(expected(labels))
    false = inputs @ noise_w.T + noise_b - jnp.log(expected(noise))
    return jnp.mean(jax.nn.softplus(-true) + jax.nn.softplus(false).sum(1))


def update(tables, words, labels, key):
    embeddings, weights, biases = tables
    noise = jnp.floor(jnp.exp(jax.random.uniform(key, (NOISE,)) * math.log(WORDS + 1))).astype(jnp.int32) - 1
    rows = embeddings[words], weights[labels], biases[labels], weights[noise], biases[noise]
    loss, (d_in, d_tw, d_tb, d_nw, d_nb) = jax.value_and_grad(loss_of)(rows, labels, noise)
    return (embeddings.at[words].add(-d_in), weights.at[labels].add(-d_tw).at[noise].add(-d_nw),
            biases.at[labels].add(-d_tb).at[noise].add(-d_nb)), loss


def build():
    rng = np.random.RandomState(0)
    words = rng.randint(0, WORDS, BATCH).astype(np.int32)
    labels = rng.randint(0, WORDS, BATCH).astype(np.int32)
    jitted = jax.jit(update, donate_argnums=0)
    box = [(uniform(0, (WORDS, SIZE), 1.0), normal(1, (WORDS, SIZE), SIZE ** -0.5), jnp.zeros(WORDS))]
    keys = iter(jax.random.split(jax.random.key(0), 100_000))

    def step():
        box[0], loss = jitted(box[0], words, labels, next(keys))
        return float(loss)

    return step

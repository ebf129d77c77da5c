"""Word vectors by noise-contrastive estimation; the rows that a step touches are updated, not the tables."""

import math

import jax
import jax.numpy as jnp

WORDS, SIZE, NOISE = 50_000, 128, 64


def init(key):
    keys = jax.random.split(key)
    weights = jax.random.truncated_normal(keys[1], -2.0, 2.0, (WORDS, SIZE))
    return {
        "embeddings": jax.random.uniform(keys[0], (WORDS, SIZE), minval=-1.0),
        "nce_weights": weights / math.sqrt(SIZE),
        "nce_biases": jnp.zeros(WORDS),
    }


def begin(params):
    return ()


def expected(words, count):
    """How often log-uniform noise brings each word."""
    p = jnp.log((words + 2.0) / (words + 1.0)) / math.log(count + 1)
    return -jnp.expm1(NOISE * jnp.log1p(-p))


def loss(rows, labels, noise, count):
    inputs, true_w, true_b, noise_w, noise_b = rows
    true = jnp.sum(inputs * true_w, 1) + true_b - jnp.log(expected(labels, count))
    false = inputs @ noise_w.T + noise_b - jnp.log(expected(noise, count))
    return jnp.mean(jax.nn.softplus(-true) + jax.nn.softplus(false).sum(1))


def train_step(params, train_inputs, train_labels, key):
    table, weights, biases = (
        params["embeddings"],
        params["nce_weights"],
        params["nce_biases"],
    )
    count, labels = len(table), train_labels[:, 0]
    draws = jax.random.uniform(key, (NOISE,)) * math.log(count + 1)
    noise = jnp.floor(jnp.exp(draws)).astype(jnp.int32) - 1
    rows = (
        table[train_inputs],
        weights[labels],
        biases[labels],
        weights[noise],
        biases[noise],
    )
    value, (inputs, true_w, true_b, noise_w, noise_b) = jax.value_and_grad(loss)(
        rows, labels, noise, count
    )
    params = {
        "embeddings": table.at[train_inputs].add(-inputs),
        "nce_weights": weights.at[labels].add(-true_w).at[noise].add(-noise_w),
        "nce_biases": biases.at[labels].add(-true_b).at[noise].add(-noise_b),
    }
    return params, value

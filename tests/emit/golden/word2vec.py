"""word2vec as JAX."""

import math

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax


def distinct(key, count, draw):
    """The first `count` different classes that `draw` gives, and how many tries that took."""

    def unfinished(state):
        return state[1] < count

    def take(state):
        classes, found, tries, key = state
        key, now = jax.random.split(key)
        drawn = draw(now, ())
        new = ~jnp.any((classes == drawn) & (jnp.arange(count) < found))
        classes = classes.at[found].set(jnp.where(new, drawn, classes[found]))
        return classes, found + new, tries + 1, key

    classes, _, tries, _ = lax.while_loop(
        unfinished, take, (jnp.zeros(count, int), 0, 0, key)
    )
    return classes, tries


def log_uniform_candidates(key, labels):
    """Classes, small ones most often; and how often each of the labels, and of the classes, is to be expected."""
    span = math.log(31)

    def draw(key, shape):
        return jnp.exp(jax.random.uniform(key, shape) * span).astype(int) - 1

    def expected(classes):
        odds = jnp.log((classes + 2.0) / (classes + 1.0)) / span
        return -jnp.expm1(tries * jnp.log1p(-odds))

    drawn, tries = distinct(key, 4, draw)
    return drawn, expected(labels), expected(drawn)


def init(key):
    """The variables as the program initializes them, from other random numbers."""
    keys = jax.random.split(key, 2)
    return {
        "embeddings": jax.random.uniform(keys[0], (30, 8), minval=-1.0),
        "nce_weights": jax.random.truncated_normal(keys[1], -2.0, 2.0, (30, 8))
        * 0.35355338,
        "nce_biases": jnp.zeros(30),
    }


def params_from_checkpoint(path):
    """The variables of an .npz file, by the names that they have in the script's checkpoints."""
    arrays = np.load(path)

    def read(name):
        return jnp.asarray(arrays[name])

    return {
        "embeddings": read("embeddings"),
        "nce_weights": read("nce_weights"),
        "nce_biases": read("nce_biases"),
    }


def loss(embed, rows, offsets, train_labels, key):
    """The loss (word2vec.py:19)."""
    # word2vec.py:19
    labels = jnp.asarray(train_labels).astype(int)
    _, true_expected_count, sampled_expected_count = log_uniform_candidates(key, labels)
    flat = (jnp.expand_dims(embed, 1) * rows[:6].reshape(-1, 1, 8)).reshape(-1, 8)
    true_logits = jnp.sum(flat, 1).reshape(-1, 1) + offsets[:6].reshape(-1, 1)
    true_logits_2 = true_logits - jnp.log(true_expected_count)
    sampled_logits = embed @ rows[6:].T + offsets[6:] - jnp.log(sampled_expected_count)
    logits = jnp.concatenate([true_logits_2, sampled_logits], 1)
    joined = jnp.concatenate([jnp.ones((6, 1)), jnp.zeros((6, 4))], 1)
    difference = jax.nn.relu(logits) - logits * joined
    flat_2 = jnp.sum(difference + jnp.log(1.0 + jnp.exp(-jnp.abs(logits))), 1)
    return jnp.mean(flat_2)


def train_step(params, train_inputs, train_labels, key):
    """One step of training. Returns what it changes, and loss."""
    # word2vec.py:16
    embed = params["embeddings"][train_inputs]
    # word2vec.py:19
    labels = jnp.asarray(train_labels).astype(int)
    sampled_candidates, _, _ = log_uniform_candidates(key, labels)
    ids = jnp.concatenate([labels.reshape(-1), sampled_candidates])
    rows = params["nce_weights"][ids]
    offsets = params["nce_biases"][ids]
    loss_value, (embed_grad, rows_grad, offsets_grad) = jax.value_and_grad(
        loss, argnums=(0, 1, 2)
    )(embed, rows, offsets, train_labels, key)
    new_params = {
        "embeddings": params["embeddings"].at[train_inputs].add(-embed_grad),
        "nce_weights": params["nce_weights"].at[ids].add(-rows_grad),
        "nce_biases": params["nce_biases"].at[ids].add(-offsets_grad),
    }
    return new_params, loss_value

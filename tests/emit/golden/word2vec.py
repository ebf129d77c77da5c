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
        return (classes, found + new, tries + 1, key)

    classes, _, tries, _ = lax.while_loop(
        unfinished, take, (jnp.zeros(count, int), 0, 0, key)
    )
    return (classes, tries)


def log_uniform_candidates(key, labels, count, range_max, unique):
    """Classes, small ones most often; and how often each of the labels, and of the classes, is to be expected."""
    span = math.log(range_max + 1)

    def draw(key, shape):
        return jnp.exp(jax.random.uniform(key, shape) * span).astype(int) - 1

    def expected(classes):
        odds = jnp.log((classes + 2.0) / (classes + 1.0)) / span
        return -jnp.expm1(tries * jnp.log1p(-odds)) if unique else odds * count

    drawn, tries = (
        distinct(key, count, draw) if unique else (draw(key, (count,)), count)
    )
    return (drawn, expected(labels), expected(drawn))


def init(key):
    """The variables as the program initializes them, from other random numbers."""
    keys = jax.random.split(key, 2)
    return {
        "embeddings": jax.random.uniform(keys[0], (30, 8), minval=-1.0),
        "nce_weights": jax.random.truncated_normal(keys[1], -2.0, 2.0, (30, 8))
        * 0.35355338,
        "nce_biases": jnp.zeros((30,)),
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


def loss(embed, rows, rows_1, train_labels, key):
    """What is differentiated (word2vec.py:19)."""
    log_uniform_candidates_2 = log_uniform_candidates(
        key, jnp.asarray(train_labels).astype(int), 4, 30, True
    )
    # word2vec.py:19
    reshape_2 = jnp.reshape(
        jnp.expand_dims(embed, 1) * jnp.reshape(rows[:6], (6, 1, 8)), (6, 8)
    )
    sub = (
        reshape_2 @ jnp.ones((8, 1))
        + jnp.reshape(rows_1[:6], (6, 1))
        - jnp.log(log_uniform_candidates_2[1])
    )
    concat_3 = jnp.concatenate(
        [sub, embed @ rows[6:].T + rows_1[6:] - jnp.log(log_uniform_candidates_2[2])], 1
    )
    mul = concat_3 * jnp.concatenate([jnp.ones((6, 1)), jnp.zeros((6, 4))], 1)
    sampled_losses = (
        jax.nn.relu(concat_3) - mul + jnp.log(1.0 + jnp.exp(-jnp.abs(concat_3)))
    )
    return jnp.mean(jnp.reshape(sampled_losses @ jnp.ones((5, 1)), (6,)))


def train_step(params, train_inputs, train_labels, key):
    """One step of training. Returns what it changes, and loss."""
    # word2vec.py:16
    embed = params["embeddings"][train_inputs]
    # word2vec.py:19
    cast = jnp.asarray(train_labels).astype(int)
    log_uniform_candidates_2 = log_uniform_candidates(key, cast, 4, 30, True)
    concat = jnp.concatenate([jnp.reshape(cast, (6,)), log_uniform_candidates_2[0]])
    rows = params["nce_weights"][concat]
    rows_1 = params["nce_biases"][concat]
    loss_value, (embed_grad, rows_grad, rows_1_grad) = jax.value_and_grad(
        loss, argnums=(0, 1, 2)
    )(embed, rows, rows_1, train_labels, key)
    new_params = {
        "embeddings": params["embeddings"].at[train_inputs].add(-embed_grad),
        "nce_weights": params["nce_weights"].at[concat].add(-rows_grad),
        "nce_biases": params["nce_biases"].at[concat].add(-rows_1_grad),
    }
    return new_params, loss_value

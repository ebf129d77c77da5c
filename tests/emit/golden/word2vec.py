"""word2vec as JAX."""

import jax
import jax.numpy as jnp
import numpy as np


def init(key):
    """The variables as the program initializes them, from other random numbers."""
    keys = jax.random.split(key, 2)
    return {
        "embeddings": jax.random.uniform(keys[0], (30, 8)) * 2.0 + -1.0,
        "nce_weights": jax.random.truncated_normal(keys[1], -2.0, 2.0, (30, 8)) * 0.3,
        "nce_biases": jnp.zeros((30,)),
    }


def params_from_checkpoint(path):
    """The variables of an .npz file, by the names that they have in the script's checkpoints."""
    with np.load(path) as arrays:
        read = lambda name: jnp.asarray(arrays[name])  # noqa: E731
        return {
            "embeddings": read("embeddings"),
            "nce_weights": read("nce_weights"),
            "nce_biases": read("nce_biases"),
        }


def loss(embed, embedding_lookup, embedding_lookup_1):
    """What is differentiated (models.py:252)."""
    # models.py:252
    mul = jnp.expand_dims(embed, 1) * jnp.reshape(embedding_lookup[:6], (6, 1, 8))
    add = jnp.reshape(mul, (6, 8)) @ jnp.ones((8, 1)) + jnp.reshape(
        embedding_lookup_1[:6], (6, 1)
    )
    sub_1 = (
        embed @ embedding_lookup[6:].T
        + embedding_lookup_1[6:]
        - jnp.full((4,), -1.609438)
    )
    concat_3 = jnp.concatenate([add - jnp.full((6, 1), -1.609438), sub_1], 1)
    sampled_losses_mul = concat_3 * jnp.concatenate(
        [jnp.ones((6, 1)), jnp.zeros((6, 4))], 1
    )
    sampled_losses = (
        jax.nn.relu(concat_3)
        - sampled_losses_mul
        + jnp.log(1.0 + jnp.exp(-jnp.abs(concat_3)))
    )
    loss = jnp.mean(jnp.reshape(sampled_losses @ jnp.ones((5, 1)), (6,)))
    return loss


def train_step(params, train_inputs, train_labels, sampled):
    """One step of training. Returns what it was given, as it is afterwards, and loss, normalized_embeddings."""
    # models.py:248
    embed = params["embeddings"][train_inputs]
    # models.py:252
    concat = jnp.concatenate(
        [jnp.reshape(jnp.asarray(train_labels).astype(int), (6,)), sampled]
    )
    embedding_lookup = params["nce_weights"][concat]
    embedding_lookup_1 = params["nce_biases"][concat]
    loss_value, (embed_grad, embedding_lookup_grad, embedding_lookup_1_grad) = (
        jax.value_and_grad(loss, argnums=(0, 1, 2))(
            embed, embedding_lookup, embedding_lookup_1
        )
    )
    # models.py:255
    norm = jnp.sqrt(jnp.sum(params["embeddings"] ** 2, 1, keepdims=True))
    new_params = {
        "embeddings": params["embeddings"].at[train_inputs].add(-embed_grad),
        "nce_weights": params["nce_weights"].at[concat].add(-embedding_lookup_grad),
        "nce_biases": params["nce_biases"].at[concat].add(-embedding_lookup_1_grad),
    }
    return new_params, loss_value, params["embeddings"] / norm

"""pipeline as JAX."""

import jax
import jax.numpy as jnp
import numpy as np
import optax


def init(key=None):
    """The variables as the program initializes them, from other random numbers."""
    return {"Variable": jnp.zeros((784, 10)), "Variable_1": jnp.zeros(10)}


def params_from_checkpoint(path):
    """The variables of an .npz file, by the names that they have in the script's checkpoints."""
    arrays = np.load(path)

    def read(name):
        return jnp.asarray(arrays[name])

    return {"Variable": read("Variable"), "Variable_1": read("Variable_1")}


def apply(params, images):
    """The value of logits."""
    return images @ params["Variable"] + params["Variable_1"]


def loss(params, images, labels):
    """The loss (pipeline.py:38)."""
    logits = apply(params, images)
    return jnp.mean(optax.softmax_cross_entropy_with_integer_labels(logits, labels))


optimizer = optax.sgd(0.1)


def train_step(params, opt_state, images, labels):
    """One step of training. Returns what it changes, and loss."""
    loss_value, grads = jax.value_and_grad(loss)(params, images, labels)
    updates, opt_state = optimizer.update(grads, opt_state, params)
    return optax.apply_updates(params, updates), opt_state, loss_value

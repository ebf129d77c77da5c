"""hello_tensorflow as JAX."""

import jax
import jax.numpy as jnp
import numpy as np
import optax


def init(key=None):
    """The variables as the program initializes them, from other random numbers."""
    return {"weight": jnp.float32(0.8)}


def params_from_checkpoint(path):
    """The variables of an .npz file, by the names that they have in the script's checkpoints."""
    arrays = np.load(path)

    def read(name):
        return jnp.asarray(arrays[name])

    return {"weight": read("weight")}


def loss(params):
    """The loss (hello_tensorflow.py:15)."""
    return params["weight"] ** 2


optimizer = optax.sgd(0.025)


def train_step(params, opt_state):
    """One step of training. Returns what it changes, and loss."""
    loss_value, grads = jax.value_and_grad(loss)(params)
    updates, opt_state = optimizer.update(grads, opt_state, params)
    return optax.apply_updates(params, updates), opt_state, loss_value

"""q_network as JAX."""

import jax
import jax.numpy as jnp
import numpy as np
import optax


def init(key):
    """The variables as the program initializes them, from other random numbers."""
    keys = jax.random.split(key, 2)
    return {
        "Variable": jax.random.truncated_normal(keys[0], -2.0, 2.0, (4, 16)) * 0.3,
        "Variable_1": jnp.full((16,), 0.01),
        "Variable_2": jax.random.truncated_normal(keys[1], -2.0, 2.0, (16, 2)) * 0.3,
        "Variable_3": np.array([0.01, 0.01], np.float32),
    }


def params_from_checkpoint(path):
    """The variables of an .npz file, by the names that they have in the script's checkpoints."""
    with np.load(path) as arrays:
        read = lambda name: jnp.asarray(arrays[name])  # noqa: E731
        return {
            "Variable": read("Variable"),
            "Variable_1": read("Variable_1"),
            "Variable_2": read("Variable_2"),
            "Variable_3": read("Variable_3"),
        }


def loss(params, state, action, target):
    """What is differentiated, cost (models.py:338)."""
    # models.py:335
    h_layer = jax.nn.relu(state @ params["Variable"] + params["Variable_1"])
    # models.py:336
    Q_value = h_layer @ params["Variable_2"] + params["Variable_3"]
    # models.py:338
    cost = jnp.mean((target - jnp.sum(Q_value * action, 1)) ** 2)
    return cost, Q_value


optimizer = optax.rmsprop(0.00025, decay=0.99, eps=1e-06, initial_scale=1.0)


def train_step(params, opt_state, state, action, target):
    """One step of training. Returns what it was given, as it is afterwards, and Q_value."""
    grads, Q_value = jax.grad(loss, has_aux=True)(params, state, action, target)
    updates, opt_state = optimizer.update(grads, opt_state, params)
    new_params = optax.apply_updates(params, updates)
    return new_params, opt_state, Q_value

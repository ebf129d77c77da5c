"""qnetwork as JAX."""

import jax
import jax.numpy as jnp
import numpy as np
import optax


def truncated_normal(key, shape):
    return jax.random.truncated_normal(key, -2.0, 2.0, shape) * 0.1


def init(key):
    """The variables as the program initializes them, from other random numbers."""
    keys = jax.random.split(key, 3)
    return {
        "Variable": truncated_normal(keys[0], (4, 16)),
        "Variable_1": jnp.full(16, 0.01),
        "Variable_2": truncated_normal(keys[1], (16, 16)),
        "Variable_3": jnp.full(16, 0.01),
        "Variable_4": truncated_normal(keys[2], (16, 2)),
        "Variable_5": jnp.full(2, 0.01),
    }


def params_from_checkpoint(path):
    """The variables of an .npz file, by the names that they have in the script's checkpoints."""
    arrays = np.load(path)

    def read(keys, like):
        return jnp.asarray(arrays["/".join(key.key for key in keys)])

    params = jax.eval_shape(init, jax.random.key(0))
    return jax.tree.map_with_path(read, params)


def apply(params, state, action):
    """The value of Q_action."""
    # qnetwork.py:26
    h1 = jax.nn.relu(state @ params["Variable"] + params["Variable_1"])
    # qnetwork.py:27
    h2 = jax.nn.relu(h1 @ params["Variable_2"] + params["Variable_3"])
    return jnp.sum((h2 @ params["Variable_4"] + params["Variable_5"]) * action, 1)


def loss(params, state, action, target):
    """The loss, cost (qnetwork.py:31)."""
    Q_action = apply(params, state, action)
    return jnp.mean((target - Q_action) ** 2)


optimizer = optax.rmsprop(0.00025, decay=0.99, eps=1e-06, initial_scale=1.0)


def opt_state_from_checkpoint(path, params):
    """The optimizer's state of an .npz file, by the names that its slots have in the script's checkpoints."""
    arrays = np.load(path)

    def slots(name, tree):
        def read(keys, like):
            return jnp.asarray(arrays["/".join([*(key.key for key in keys), name])])

        return jax.tree.map_with_path(read, tree)

    return optax.tree.set(optimizer.init(params), nu=slots("RMSProp", params))


def train_step(params, opt_state, state, action, target):
    """One step of training. Returns what it changes, and cost."""
    loss_value, grads = jax.value_and_grad(loss)(params, state, action, target)
    updates, opt_state = optimizer.update(grads, opt_state, params)
    return optax.apply_updates(params, updates), opt_state, loss_value

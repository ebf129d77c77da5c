"""mnist_deep as JAX."""

import jax
import jax.numpy as jnp
import numpy as np
import optax
from jax import lax


def max_pool(x):
    return lax.reduce_window(x, -jnp.inf, lax.max, (1, 2, 2, 1), (1, 2, 2, 1), "SAME")


def conv2d(x, kernel):
    return lax.conv_general_dilated(
        x, kernel, (1, 1), "SAME", dimension_numbers=("NHWC", "HWIO", "NHWC")
    )


def truncated_normal(key, shape):
    return jax.random.truncated_normal(key, -2.0, 2.0, shape) * 0.1


def init(key):
    """The variables as the program initializes them, from other random numbers."""
    keys = jax.random.split(key, 4)
    return {
        "Variable": truncated_normal(keys[0], (5, 5, 1, 4)),
        "Variable_1": jnp.full(4, 0.1),
        "Variable_2": truncated_normal(keys[1], (5, 5, 4, 8)),
        "Variable_3": jnp.full(8, 0.1),
        "Variable_4": truncated_normal(keys[2], (392, 32)),
        "Variable_5": jnp.full(32, 0.1),
        "Variable_6": truncated_normal(keys[3], (32, 10)),
        "Variable_7": jnp.full(10, 0.1),
    }


def params_from_checkpoint(path):
    """The variables of an .npz file, by the names that they have in the script's checkpoints."""
    arrays = np.load(path)

    def read(keys, like):
        return jnp.asarray(arrays["/".join(key.key for key in keys)])

    params = jax.eval_shape(init, jax.random.key(0))
    return jax.tree.map_with_path(read, params)


def dropout(key, keep_prob, x):
    return x * (1 / keep_prob) * jnp.floor(keep_prob + jax.random.uniform(key, x.shape))


def apply(params, x, keep_prob, key):
    """The value of y_conv."""
    # mnist_deep.py:20
    convolved = conv2d(x.reshape(-1, 28, 28, 1), params["Variable"])
    # mnist_deep.py:35
    h_conv1 = jax.nn.relu(convolved + params["Variable_1"])
    # mnist_deep.py:24
    h_pool1 = max_pool(h_conv1)
    # mnist_deep.py:39
    total = conv2d(h_pool1, params["Variable_2"]) + params["Variable_3"]
    # mnist_deep.py:24
    h_pool2 = max_pool(jax.nn.relu(total))
    # mnist_deep.py:44
    total_2 = h_pool2.reshape(-1, 392) @ params["Variable_4"] + params["Variable_5"]
    # mnist_deep.py:45
    h_fc1_drop = dropout(key, keep_prob, jax.nn.relu(total_2))
    return jax.nn.softmax(h_fc1_drop @ params["Variable_6"] + params["Variable_7"])


def loss(params, x, y_, keep_prob, key):
    """The loss, cross_entropy (mnist_deep.py:49)."""
    y_conv = apply(params, x, keep_prob, key)
    return -jnp.sum(y_ * jnp.log(y_conv))


# TensorFlow adds epsilon before it corrects the second moment, optax after it.
optimizer = optax.inject_hyperparams(optax.adam)(
    0.0001, eps=lambda count: 1e-08 / jnp.sqrt(1 - 0.999 ** (count + 1))
)


def opt_state_from_checkpoint(path, params):
    """The optimizer's state of an .npz file, by the names that its slots have in the script's checkpoints."""
    arrays = np.load(path)

    def slots(name, tree):
        def read(keys, like):
            return jnp.asarray(arrays["/".join([*(key.key for key in keys), name])])

        return jax.tree.map_with_path(read, tree)

    count = jnp.int32(np.round(np.log(arrays["beta2_power"]) / np.log(0.999)) - 1)
    state = optimizer.init(params)
    return state._replace(
        count=count,
        hyperparams_states=optax.tree.set(state.hyperparams_states, count=count),
        inner_state=optax.tree.set(
            state.inner_state,
            count=count,
            mu=slots("Adam", params),
            nu=slots("Adam_1", params),
        ),
    )


def train_step(params, opt_state, x, y_, keep_prob, key):
    """One step of training. Returns what it changes, and cross_entropy."""
    loss_value, grads = jax.value_and_grad(loss)(params, x, y_, keep_prob, key)
    updates, opt_state = optimizer.update(grads, opt_state, params)
    return optax.apply_updates(params, updates), opt_state, loss_value

"""cifar as JAX."""

import jax
import jax.numpy as jnp
import numpy as np
import optax
from jax import lax


def conv2d(x, kernel):
    return lax.conv_general_dilated(
        x, kernel, (1, 1), "SAME", dimension_numbers=("NHWC", "HWIO", "NHWC")
    )


def max_pool(x):
    return lax.reduce_window(x, -jnp.inf, lax.max, (1, 3, 3, 1), (1, 2, 2, 1), "SAME")


def local_response_normalization(x):
    window = (1, 1, 1, 9)
    squares = lax.reduce_window(
        jnp.square(x), 0.0, lax.add, window, (1, 1, 1, 1), "SAME"
    )
    return x * (1.0 + 0.00011111111 * squares) ** (-0.75)


def truncated_normal(key, shape, n):
    return jax.random.truncated_normal(key, -2.0, 2.0, shape) * n


def init_local(key, n, m):
    return {"weights": truncated_normal(key, (n, m), 0.04), "biases": jnp.full(m, 0.1)}


def init(key):
    """The variables as the program initializes them, from other random numbers."""
    keys = jax.random.split(key, 5)
    params = {
        "conv1": {
            "weights": truncated_normal(keys[0], (5, 5, 3, 8), 0.05),
            "biases": jnp.zeros(8),
        },
        "conv2": {
            "weights": truncated_normal(keys[1], (5, 5, 8, 8), 0.05),
            "biases": jnp.full(8, 0.1),
        },
        "local3": init_local(keys[2], 128, 24),
        "local4": init_local(keys[3], 24, 12),
        "softmax_linear": {
            "weights": truncated_normal(keys[4], (12, 10), 0.083333336),
            "biases": jnp.zeros(10),
        },
    }
    state = {
        "global_step": jnp.int32(0),
        "local3": {"weight_loss": {"avg": jnp.float32(0.0)}},
        "local4": {"weight_loss": {"avg": jnp.float32(0.0)}},
        "cross_entropy": {"avg": jnp.float32(0.0)},
        "total_loss": {"avg": jnp.float32(0.0)},
        "ExponentialMovingAverage": params,
    }
    return params, state


def params_from_checkpoint(path):
    """The variables of an .npz file, by the names that they have in the script's checkpoints."""
    arrays = np.load(path)

    def read(keys, like):
        names = [key.key for key in keys]
        if names[0] == "ExponentialMovingAverage":
            names = [*names[1:], names[0]]
        return jnp.asarray(arrays["/".join(names)])

    params, state = jax.eval_shape(init, jax.random.key(0))
    return jax.tree.map_with_path(read, params), jax.tree.map_with_path(read, state)


def assign_moving_average(value, x):
    return value - (value - x) * 0.1


def local(params, x):
    # cifar.py:30
    local3 = jax.nn.relu(x @ params["weights"] + params["biases"])
    return jnp.sum(params["weights"] ** 2) / 2 * 0.004, local3


def convolution(params, x):
    # cifar.py:23
    conv = conv2d(x, params["weights"])
    return jax.nn.relu(conv + params["biases"])


def loss(params, images, labels):
    """The loss, total_loss (cifar.py:52)."""
    # cifar.py:24
    conv1 = convolution(params["conv1"], images)
    # cifar.py:39
    pool1 = max_pool(conv1)
    # cifar.py:40
    norm1 = local_response_normalization(pool1)
    # cifar.py:24
    conv2 = convolution(params["conv2"], norm1)
    # cifar.py:42
    norm2 = local_response_normalization(conv2)
    # cifar.py:43
    pool2 = max_pool(norm2)
    # cifar.py:30
    weight_loss, local3 = local(params["local3"], pool2.reshape(4, -1))
    local4_weight_loss, local4 = local(params["local4"], local3)
    # cifar.py:49
    product = local4 @ params["softmax_linear"]["weights"]
    logits = product + params["softmax_linear"]["biases"]
    # cifar.py:51
    cross_entropy = jnp.mean(
        optax.softmax_cross_entropy_with_integer_labels(logits, labels)
    )
    # cifar.py:52
    total_loss = weight_loss + local4_weight_loss + cross_entropy
    return total_loss, (weight_loss, local4_weight_loss, cross_entropy)


# train_step sets the learning rate.
optimizer = optax.inject_hyperparams(optax.sgd)(0.0)


def train_step(params, state, opt_state, images, labels):
    """One step of training. Returns what it changes, and total_loss."""
    (loss_value, (weight_loss, local4_weight_loss, cross_entropy)), grads = (
        jax.value_and_grad(loss, has_aux=True)(params, images, labels)
    )
    # cifar.py:54
    lr = 0.1 * 0.1 ** jnp.floor(state["global_step"].astype(jnp.float32) / 5.0)
    opt_state = optax.tree.set(opt_state, learning_rate=lr)
    updates, opt_state = optimizer.update(grads, opt_state, params)
    new_params = optax.apply_updates(params, updates)
    # cifar.py:59
    apply_gradient_op = state["global_step"] + 1
    # cifar.py:62
    count = apply_gradient_op.astype(jnp.float32)
    decay = jnp.minimum(0.9999, (1.0 + count) / (10.0 + count))
    new_state = {
        "global_step": apply_gradient_op,
        "local3": {
            "weight_loss": {
                "avg": assign_moving_average(
                    state["local3"]["weight_loss"]["avg"], weight_loss
                )
            }
        },
        "local4": {
            "weight_loss": {
                "avg": assign_moving_average(
                    state["local4"]["weight_loss"]["avg"], local4_weight_loss
                )
            }
        },
        "cross_entropy": {
            "avg": assign_moving_average(state["cross_entropy"]["avg"], cross_entropy)
        },
        "total_loss": {
            "avg": assign_moving_average(state["total_loss"]["avg"], loss_value)
        },
        "ExponentialMovingAverage": optax.incremental_update(
            new_params, state["ExponentialMovingAverage"], 1.0 - decay
        ),
    }
    return new_params, new_state, opt_state, loss_value

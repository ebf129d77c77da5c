"""cifar as JAX."""

import jax
import jax.numpy as jnp
import numpy as np
import optax
from jax import lax


def conv2d(x, kernel, strides, padding):
    return lax.conv_general_dilated(
        x, kernel, strides, padding, dimension_numbers=("NHWC", "HWIO", "NHWC")
    )


def max_pool(x, size, strides, padding):
    return lax.reduce_window(
        x, -jnp.inf, lax.max, (1, *size, 1), (1, *strides, 1), padding
    )


def local_response_normalization(x, radius, bias, alpha, beta):
    window = (1, 1, 1, 2 * radius + 1)
    squares = lax.reduce_window(
        jnp.square(x), 0.0, lax.add, window, (1, 1, 1, 1), "SAME"
    )
    return x * (bias + alpha * squares) ** (-beta)


def truncated_normal(key, shape, n):
    return jax.random.truncated_normal(key, -2.0, 2.0, shape) * n


def init_local(key, n, m):
    return {
        "weights": truncated_normal(key, (n, m), 0.04),
        "biases": jnp.full((m,), 0.1),
    }


def init(key):
    """The variables as the program initializes them, from other random numbers."""
    keys = jax.random.split(key, 5)
    params = {
        "conv1": {
            "weights": truncated_normal(keys[0], (5, 5, 3, 8), 0.05),
            "biases": jnp.zeros((8,)),
        },
        "conv2": {
            "weights": truncated_normal(keys[1], (5, 5, 8, 8), 0.05),
            "biases": jnp.full((8,), 0.1),
        },
        "local3": init_local(keys[2], 128, 24),
        "local4": init_local(keys[3], 24, 12),
        "softmax_linear": {
            "weights": truncated_normal(keys[4], (12, 10), 0.083333336),
            "biases": jnp.zeros((10,)),
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


def local(params, reshape):
    return jnp.sum(params["weights"] ** 2) / 2 * 0.004, jax.nn.relu(
        reshape @ params["weights"] + params["biases"]
    )


def conv(params, images):
    # cifar.py:23
    conv_2 = conv2d(images, params["weights"], (1, 1), "SAME")
    return jax.nn.relu(conv_2 + params["biases"])


def loss(params, images, labels):
    """What is differentiated, total_loss (cifar.py:52)."""
    # cifar.py:39
    pool1 = max_pool(conv(params["conv1"], images), (3, 3), (2, 2), "SAME")
    # cifar.py:40
    norm1 = local_response_normalization(pool1, 4, 1.0, 0.00011111111, 0.75)
    # cifar.py:42
    norm2 = local_response_normalization(
        conv(params["conv2"], norm1), 4, 1.0, 0.00011111111, 0.75
    )
    # cifar.py:43
    pool2 = max_pool(norm2, (3, 3), (2, 2), "SAME")
    # cifar.py:30
    weight_loss, local3 = local(params["local3"], jnp.reshape(pool2, (4, 128)))
    local4_weight_loss, local4 = local(params["local4"], local3)
    # cifar.py:49
    logits = (
        local4 @ params["softmax_linear"]["weights"]
        + params["softmax_linear"]["biases"]
    )
    # cifar.py:50
    cross_entropy = optax.softmax_cross_entropy_with_integer_labels(logits, labels)
    # cifar.py:51
    cross_entropy_2 = jnp.mean(cross_entropy)
    return weight_loss + local4_weight_loss + cross_entropy_2, (
        weight_loss,
        local4_weight_loss,
        cross_entropy_2,
    )


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
    num_updates = apply_gradient_op.astype(jnp.float32)
    truediv = (1.0 + num_updates) / (10.0 + num_updates)
    minimum = jnp.where(truediv < 0.9999, truediv, 0.9999)
    new_state = {
        "global_step": apply_gradient_op,
        "local3": {
            "weight_loss": {
                "avg": state["local3"]["weight_loss"]["avg"]
                - (state["local3"]["weight_loss"]["avg"] - weight_loss) * 0.100000024
            }
        },
        "local4": {
            "weight_loss": {
                "avg": state["local4"]["weight_loss"]["avg"]
                - (state["local4"]["weight_loss"]["avg"] - local4_weight_loss)
                * 0.100000024
            }
        },
        "cross_entropy": {
            "avg": state["cross_entropy"]["avg"]
            - (state["cross_entropy"]["avg"] - cross_entropy) * 0.100000024
        },
        "total_loss": {
            "avg": state["total_loss"]["avg"]
            - (state["total_loss"]["avg"] - loss_value) * 0.100000024
        },
        "ExponentialMovingAverage": jax.tree.map(
            lambda average, param: average - (average - param) * (1.0 - minimum),
            state["ExponentialMovingAverage"],
            new_params,
        ),
    }
    return new_params, new_state, opt_state, loss_value

"""cifar10 as JAX."""

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


def init_weights(key, shape, n):
    return jax.random.truncated_normal(key, -2.0, 2.0, shape) * n


def init(key):
    """The variables as the program initializes them, from other random numbers."""
    keys = jax.random.split(key, 4)
    params = {
        "conv1": {
            "weights": init_weights(keys[0], (5, 5, 3, 8), 0.05),
            "biases": jnp.zeros((8,)),
        },
        "conv2": {
            "weights": init_weights(keys[1], (5, 5, 8, 8), 0.05),
            "biases": jnp.full((8,), 0.1),
        },
        "local3": {
            "weights": init_weights(keys[2], (128, 24), 0.04),
            "biases": jnp.full((24,), 0.1),
        },
        "softmax_linear": {
            "weights": init_weights(keys[3], (24, 10), 0.041666668),
            "biases": jnp.zeros((10,)),
        },
    }
    return params, {
        "global_step": jnp.int32(0),
        "local3": {"weight_loss": {"avg": jnp.float32(0.0)}},
        "cross_entropy": {"avg": jnp.float32(0.0)},
        "total_loss": {"avg": jnp.float32(0.0)},
        "ExponentialMovingAverage": params,
    }


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


def conv(params, x):
    # models.py:119
    conv_2 = conv2d(x, params["weights"], (1, 1), "SAME")
    return jax.nn.relu(conv_2 + params["biases"])


def loss(params, x, labels):
    """What is differentiated, total_loss (models.py:142)."""
    # models.py:114
    weight_loss = jnp.sum(params["local3"]["weights"] ** 2) / 2 * 0.004
    # models.py:122
    pool1 = max_pool(conv(params["conv1"], x), (3, 3), (2, 2), "SAME")
    # models.py:123
    norm1 = local_response_normalization(pool1, 4, 1.0, 0.00011111111, 0.75)
    # models.py:129
    norm2 = local_response_normalization(
        conv(params["conv2"], norm1), 4, 1.0, 0.00011111111, 0.75
    )
    # models.py:130
    pool2 = max_pool(norm2, (3, 3), (2, 2), "SAME")
    # models.py:135
    add = (
        jnp.reshape(pool2, (4, 128)) @ params["local3"]["weights"]
        + params["local3"]["biases"]
    )
    # models.py:139
    logits = (
        jax.nn.relu(add) @ params["softmax_linear"]["weights"]
        + params["softmax_linear"]["biases"]
    )
    # models.py:140
    cross_entropy = optax.softmax_cross_entropy_with_integer_labels(logits, labels)
    # models.py:141
    cross_entropy_2 = jnp.mean(cross_entropy)
    return weight_loss + cross_entropy_2, (weight_loss, cross_entropy_2)


optimizer = optax.inject_hyperparams(optax.sgd)(0.0)


def train_step(params, state, opt_state, x, labels):
    """One step of training. Returns what it was given, as it is afterwards, and total_loss."""
    (loss_value, (weight_loss, cross_entropy)), grads = jax.value_and_grad(
        loss, has_aux=True
    )(params, x, labels)
    # models.py:144
    lr = 0.1 * 0.1 ** jnp.floor(state["global_step"].astype(jnp.float32) / 5.0)
    opt_state = optax.tree.set(opt_state, learning_rate=lr)
    updates, opt_state = optimizer.update(grads, opt_state, params)
    new_params = optax.apply_updates(params, updates)
    # models.py:151
    num_updates = state["global_step"].astype(jnp.float32)
    truediv = (1.0 + num_updates) / (10.0 + num_updates)
    minimum = jnp.where(truediv < 0.9999, truediv, 0.9999)
    new_state = {
        "global_step": state["global_step"] + 1,
        "local3": {
            "weight_loss": {
                "avg": state["local3"]["weight_loss"]["avg"]
                - (state["local3"]["weight_loss"]["avg"] - weight_loss) * 0.100000024
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
            params,
        ),
    }
    return new_params, new_state, opt_state, loss_value

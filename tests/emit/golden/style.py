"""style as JAX."""

from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import optax
from jax import lax

constants = dict(np.load(Path(__file__).with_name("style_jax.npz")))


def conv2d(x, kernel, strides, padding):
    return lax.conv_general_dilated(
        x, kernel, strides, padding, dimension_numbers=("NHWC", "HWIO", "NHWC")
    )


def avg_pool(x, size, strides, padding):
    total = lax.reduce_window(x, 0.0, lax.add, (1, *size, 1), (1, *strides, 1), padding)
    count = lax.reduce_window(
        jnp.ones_like(x), 0.0, lax.add, (1, *size, 1), (1, *strides, 1), padding
    )
    return total / count


def init(key):
    """The variables as the program initializes them, from other random numbers."""
    return {"image": jax.random.normal(key, (1, 16, 16, 3)) * 0.256}


def params_from_checkpoint(path):
    """The variables of an .npz file, by the names that they have in the script's checkpoints."""
    arrays = np.load(path)

    def read(name):
        return jnp.asarray(arrays[name])

    return {"image": read("image")}


def loss(params):
    """What is differentiated (style.py:34)."""
    # style.py:13
    relu = jax.nn.relu(conv2d(params["image"], constants["constant_0"], (1, 1), "SAME"))
    # style.py:21
    flat = jnp.reshape(relu, (256, 32))
    # style.py:13
    conv2d_10 = conv2d(constants["constant_1"], constants["constant_0"], (1, 1), "SAME")
    relu_10 = jax.nn.relu(conv2d_10)
    # style.py:21
    flat_2 = jnp.reshape(relu_10, (256, 32))
    # style.py:13
    image = jax.nn.relu(conv2d(relu, constants["constant_2"], (1, 1), "SAME"))
    # style.py:21
    flat_3 = jnp.reshape(image, (256, 32))
    # style.py:13
    image_2 = jax.nn.relu(conv2d(relu_10, constants["constant_2"], (1, 1), "SAME"))
    # style.py:21
    flat_4 = jnp.reshape(image_2, (256, 32))
    # style.py:16
    image_3 = avg_pool(image, (2, 2), (2, 2), "SAME")
    # style.py:13
    relu_2 = jax.nn.relu(conv2d(image_3, constants["constant_3"], (1, 1), "SAME"))
    # style.py:21
    flat_5 = jnp.reshape(relu_2, (64, 64))
    # style.py:16
    image_4 = avg_pool(image_2, (2, 2), (2, 2), "SAME")
    # style.py:13
    relu_12 = jax.nn.relu(conv2d(image_4, constants["constant_3"], (1, 1), "SAME"))
    # style.py:21
    flat_6 = jnp.reshape(relu_12, (64, 64))
    # style.py:13
    image_5 = jax.nn.relu(conv2d(relu_2, constants["constant_4"], (1, 1), "SAME"))
    # style.py:21
    flat_7 = jnp.reshape(image_5, (64, 64))
    # style.py:13
    image_6 = jax.nn.relu(conv2d(relu_12, constants["constant_4"], (1, 1), "SAME"))
    # style.py:21
    flat_8 = jnp.reshape(image_6, (64, 64))
    # style.py:16
    image_7 = avg_pool(image_5, (2, 2), (2, 2), "SAME")
    # style.py:21
    flat_9 = jnp.reshape(
        jax.nn.relu(conv2d(image_7, constants["constant_5"], (1, 1), "SAME")), (16, 128)
    )
    # style.py:16
    image_8 = avg_pool(image_6, (2, 2), (2, 2), "SAME")
    # style.py:13
    image_9 = jax.nn.relu(conv2d(image_8, constants["constant_5"], (1, 1), "SAME"))
    # style.py:21
    flat_10 = jnp.reshape(image_9, (16, 128))
    # style.py:33
    tv_loss = jnp.sum((params["image"][:, 1:] - params["image"][:, :15]) ** 2) / 2
    # style.py:32
    style_loss = (
        jnp.sum((flat.T @ flat / 8192.0 - flat_2.T @ flat_2 / 8192.0) ** 2) / 2
        + jnp.sum((flat_3.T @ flat_3 / 8192.0 - flat_4.T @ flat_4 / 8192.0) ** 2) / 2
    )
    style_loss_2 = (
        style_loss
        + jnp.sum((flat_5.T @ flat_5 / 4096.0 - flat_6.T @ flat_6 / 4096.0) ** 2) / 2
    )
    style_loss_3 = (
        style_loss_2
        + jnp.sum((flat_7.T @ flat_7 / 4096.0 - flat_8.T @ flat_8 / 4096.0) ** 2) / 2
    )
    style_loss_4 = (
        style_loss_3
        + jnp.sum((flat_9.T @ flat_9 / 2048.0 - flat_10.T @ flat_10 / 2048.0) ** 2) / 2
    )
    # style.py:13
    conv2d_5 = conv2d(constants["constant_6"], constants["constant_0"], (1, 1), "SAME")
    image_10 = jax.nn.relu(
        conv2d(jax.nn.relu(conv2d_5), constants["constant_2"], (1, 1), "SAME")
    )
    # style.py:16
    image_11 = avg_pool(image_10, (2, 2), (2, 2), "SAME")
    # style.py:13
    conv2d_8 = conv2d(
        jax.nn.relu(conv2d(image_11, constants["constant_3"], (1, 1), "SAME")),
        constants["constant_4"],
        (1, 1),
        "SAME",
    )
    # style.py:31
    content_loss = jnp.sum((image_5 - jax.nn.relu(conv2d_8)) ** 2) / 2
    return 5.0 * content_loss + 100.0 * style_loss_4 + tv_loss


# TensorFlow adds epsilon before it corrects the second moment, optax after it.
optimizer = optax.inject_hyperparams(optax.adam)(
    0.02, eps=lambda count: 1e-08 / jnp.sqrt(1 - 0.999 ** (count + 1))
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


def train_step(params, opt_state):
    """One step of training. Returns what it changes, and loss."""
    loss_value, grads = jax.value_and_grad(loss)(params)
    updates, opt_state = optimizer.update(grads, opt_state, params)
    new_params = optax.apply_updates(params, updates)
    return new_params, opt_state, loss_value

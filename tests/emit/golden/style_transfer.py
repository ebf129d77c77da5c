"""style_transfer as JAX."""

from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import optax
from jax import lax

constants = dict(np.load(Path(__file__).with_name("style_transfer_jax.npz")))


def conv2d(x, kernel, strides, padding):
    return lax.conv_general_dilated(
        x, kernel, strides, padding, dimension_numbers=("NHWC", "HWIO", "NHWC")
    )


def init(key):
    """The variables as the program initializes them, from other random numbers."""
    keys = jax.random.split(key, 1)
    return {"image": jax.random.normal(keys[0], (1, 8, 8, 3)) * 0.256}


def params_from_checkpoint(path):
    """The variables of an .npz file, by the names that they have in the script's checkpoints."""
    with np.load(path) as arrays:
        read = lambda name: jnp.asarray(arrays[name])  # noqa: E731
        return {"image": read("image")}


def loss(params, content, style):
    """What is differentiated (models.py:365)."""
    # models.py:352
    relu = jax.nn.relu(conv2d(params["image"], constants["constant_0"], (1, 1), "SAME"))
    # models.py:357
    flat = jnp.reshape(relu, (64, 4))
    # models.py:352
    relu_4 = jax.nn.relu(conv2d(style, constants["constant_0"], (1, 1), "SAME"))
    # models.py:357
    flat_2 = jnp.reshape(relu_4, (64, 4))
    # models.py:352
    relu_1 = jax.nn.relu(conv2d(relu, constants["constant_1"], (1, 1), "SAME"))
    # models.py:357
    flat_3 = jnp.reshape(relu_1, (64, 4))
    # models.py:352
    image = jax.nn.relu(conv2d(relu_4, constants["constant_1"], (1, 1), "SAME"))
    # models.py:357
    flat_4 = jnp.reshape(image, (64, 4))
    # models.py:352
    conv2d_3 = conv2d(
        jax.nn.relu(conv2d(content, constants["constant_0"], (1, 1), "SAME")),
        constants["constant_1"],
        (1, 1),
        "SAME",
    )
    # models.py:362
    content_loss = jnp.sum((relu_1 - jax.nn.relu(conv2d_3)) ** 2) / 2
    # models.py:363
    style_loss = (
        jnp.sum((flat.T @ flat / 64.0 - flat_2.T @ flat_2 / 64.0) ** 2) / 2
        + jnp.sum((flat_3.T @ flat_3 / 64.0 - flat_4.T @ flat_4 / 64.0) ** 2) / 2
    )
    # models.py:364
    tv_loss = jnp.sum((params["image"][:, 1:] - params["image"][:, :7]) ** 2) / 2
    return 5.0 * content_loss + 100.0 * style_loss + tv_loss


# TensorFlow adds epsilon before it corrects the second moment, optax after it.
optimizer = optax.inject_hyperparams(optax.adam)(
    0.1, b1=0.9, b2=0.999, eps=lambda count: 1e-08 / jnp.sqrt(1 - 0.999 ** (count + 1))
)


def train_step(params, opt_state, content, style):
    """One step of training. Returns what it was given, as it is afterwards, and loss."""
    loss_value, grads = jax.value_and_grad(loss)(params, content, style)
    updates, opt_state = optimizer.update(grads, opt_state, params)
    new_params = optax.apply_updates(params, updates)
    return new_params, opt_state, loss_value

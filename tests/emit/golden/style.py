"""style as JAX."""

from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import optax
from jax import lax

constants = dict(np.load(Path(__file__).with_name("style_jax.npz")))


def conv2d(x, kernel):
    return lax.conv_general_dilated(
        x, kernel, (1, 1), "SAME", dimension_numbers=("NHWC", "HWIO", "NHWC")
    )


def avg_pool(x):
    return lax.reduce_window(x, 0.0, lax.add, (1, 2, 2, 1), (1, 2, 2, 1), "VALID") / 4


def init(key):
    """The variables as the program initializes them, from other random numbers."""
    return {"image": jax.random.normal(key, (1, 16, 16, 3)) * 0.256}


def params_from_checkpoint(path):
    """The variables of an .npz file, by the names that they have in the script's checkpoints."""
    arrays = np.load(path)

    def read(name):
        return jnp.asarray(arrays[name])

    return {"image": read("image")}


def net(image):
    # style.py:13
    image_2 = jax.nn.relu(conv2d(image, constants["kernel_0"]))
    image_3 = jax.nn.relu(conv2d(image_2, constants["kernel_1"]))
    # style.py:16
    image_4 = avg_pool(image_3)
    # style.py:13
    image_5 = jax.nn.relu(conv2d(image_4, constants["kernel_2"]))
    image_6 = jax.nn.relu(conv2d(image_5, constants["kernel_3"]))
    # style.py:16
    image_7 = avg_pool(image_6)
    # style.py:13
    image_8 = jax.nn.relu(conv2d(image_7, constants["kernel_4"]))
    return image_2, image_3, image_5, image_6, image_8


def gram(features, shape, divisor):
    # style.py:21
    flat = jnp.reshape(features, shape)
    return flat.T @ flat / divisor


def loss(params):
    """The loss (style.py:34)."""
    # style.py:13
    image, image_2, image_3, image_4, image_5 = net(params["image"])
    image_6, image_7, image_8, image_9, image_10 = net(constants["style"])
    _, _, _, image_11, _ = net(constants["content"])
    # style.py:31
    content_loss = jnp.sum((image_4 - image_11) ** 2) / 2
    squares = (gram(image, (-1, 32), 8192.0) - gram(image_6, (-1, 32), 8192.0)) ** 2
    sum_2 = jnp.sum(squares)
    squares_2 = (gram(image_2, (-1, 32), 8192.0) - gram(image_7, (-1, 32), 8192.0)) ** 2
    squares_3 = (gram(image_3, (-1, 64), 4096.0) - gram(image_8, (-1, 64), 4096.0)) ** 2
    squares_4 = (gram(image_4, (-1, 64), 4096.0) - gram(image_9, (-1, 64), 4096.0)) ** 2
    # style.py:32
    style_loss = jnp.sum(squares_2) / 2
    total = sum_2 / 2 + style_loss + jnp.sum(squares_3) / 2 + jnp.sum(squares_4) / 2
    squares_5 = (
        gram(image_5, (-1, 128), 2048.0) - gram(image_10, (-1, 128), 2048.0)
    ) ** 2
    # style.py:33
    tv_loss = jnp.sum((params["image"][:, 1:] - params["image"][:, :15]) ** 2) / 2
    return 5.0 * content_loss + 100.0 * (total + jnp.sum(squares_5) / 2) + tv_loss


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
    return optax.apply_updates(params, updates), opt_state, loss_value

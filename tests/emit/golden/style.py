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
    relu = jax.nn.relu(conv2d(image, constants["constant_0"]))
    image_2 = jax.nn.relu(conv2d(relu, constants["constant_1"]))
    # style.py:16
    image_3 = avg_pool(image_2)
    # style.py:13
    relu_2 = jax.nn.relu(conv2d(image_3, constants["constant_2"]))
    image_4 = jax.nn.relu(conv2d(relu_2, constants["constant_3"]))
    # style.py:16
    image_5 = avg_pool(image_4)
    # style.py:13
    image_6 = jax.nn.relu(conv2d(image_5, constants["constant_4"]))
    return relu, image_2, relu_2, image_4, image_6


def gram(features, shape, divisor):
    # style.py:21
    flat = jnp.reshape(features, shape)
    return flat.T @ flat / divisor


def loss(params):
    """What is differentiated (style.py:34)."""
    # style.py:13
    relu, image, relu_2, image_2, image_3 = net(params["image"])
    relu_10, image_4, relu_12, image_5, image_6 = net(constants["constant_5"])
    _, _, _, image_7, _ = net(constants["constant_6"])
    # style.py:31
    content_loss = jnp.sum((image_2 - image_7) ** 2) / 2
    value = (gram(relu, (-1, 32), 8192.0) - gram(relu_10, (-1, 32), 8192.0)) ** 2
    sum_2 = jnp.sum(value)
    value_2 = (gram(image, (-1, 32), 8192.0) - gram(image_4, (-1, 32), 8192.0)) ** 2
    sum_3 = jnp.sum(value_2)
    value_3 = (gram(relu_2, (-1, 64), 4096.0) - gram(relu_12, (-1, 64), 4096.0)) ** 2
    sum_4 = jnp.sum(value_3)
    value_4 = (gram(image_2, (-1, 64), 4096.0) - gram(image_5, (-1, 64), 4096.0)) ** 2
    value_5 = (gram(image_3, (-1, 128), 2048.0) - gram(image_6, (-1, 128), 2048.0)) ** 2
    # style.py:32
    style_loss_2 = jnp.sum(value_4) / 2
    style_loss = sum_2 / 2 + sum_3 / 2 + sum_4 / 2 + style_loss_2 + jnp.sum(value_5) / 2
    # style.py:33
    tv_loss = jnp.sum((params["image"][:, 1:] - params["image"][:, :15]) ** 2) / 2
    return 5.0 * content_loss + 100.0 * style_loss + tv_loss


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

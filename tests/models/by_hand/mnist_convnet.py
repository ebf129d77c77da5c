"""The convolutional network of `examples/mnist_convnet.py`."""

import jax
import jax.numpy as jnp
import optax


def layer(key, *shape):
    weights = 0.1 * jax.random.truncated_normal(key, -2.0, 2.0, shape)
    return {"Variable": weights, "Variable_1": jnp.full(shape[-1], 0.1)}


def init(key):
    keys = jax.random.split(key, 4)
    return {
        "conv1": layer(keys[0], 5, 5, 1, 32),
        "conv2": layer(keys[1], 5, 5, 32, 64),
        "dense": layer(keys[2], 3136, 1024),
        "readout": layer(keys[3], 1024, 10),
    }


def convolution(params, x):
    x = jax.lax.conv_general_dilated(
        x,
        params["Variable"],
        (1, 1),
        "SAME",
        dimension_numbers=("NHWC", "HWIO", "NHWC"),
    )
    x = jax.nn.relu(x + params["Variable_1"])
    window = (1, 2, 2, 1)
    return jax.lax.reduce_window(x, -jnp.inf, jax.lax.max, window, window, "SAME")


def dense(params, x):
    return x @ params["Variable"] + params["Variable_1"]


def apply(params, x, keep_prob, key):
    x = convolution(params["conv1"], x.reshape(-1, 28, 28, 1))
    x = convolution(params["conv2"], x)
    x = jax.nn.relu(dense(params["dense"], x.reshape(-1, 3136)))
    kept = jnp.floor(keep_prob + jax.random.uniform(key, x.shape))
    return dense(params["readout"], x / keep_prob * kept)


def loss(params, x, y_, keep_prob, key):
    logits = apply(params, x, keep_prob, key)
    return jnp.mean(optax.softmax_cross_entropy(logits, y_)), logits


optimizer = optax.adam(1e-4)


def train_step(params, opt_state, x, y_, keep_prob, key):
    (value, logits), grads = jax.value_and_grad(loss, has_aux=True)(
        params, x, y_, keep_prob, key
    )
    updates, opt_state = optimizer.update(grads, opt_state, params)
    accuracy = jnp.mean(jnp.argmax(logits, 1) == jnp.argmax(y_, 1))
    return optax.apply_updates(params, updates), opt_state, value, accuracy

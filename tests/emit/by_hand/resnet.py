"""A small residual network with batch normalization."""

import jax
import jax.numpy as jnp
import numpy as np
import optax
from jax import lax


def conv_params(key, inputs, outputs):
    return {
        "w": 0.1 * jax.random.truncated_normal(key, -2.0, 2.0, (3, 3, inputs, outputs)),
        "gamma": jnp.ones(outputs),
        "beta": jnp.zeros(outputs),
    }


def block_params(key):
    keys = jax.random.split(key)
    return {"a": conv_params(keys[0], 8, 8), "b": conv_params(keys[1], 8, 8)}


def init(key):
    keys = jax.random.split(key, 6)
    return {
        "stem": conv_params(keys[0], 3, 8),
        **{f"block{i}": block_params(keys[i + 1]) for i in range(4)},
        "fc": {
            "w": 0.1 * jax.random.truncated_normal(keys[5], -2.0, 2.0, (8, 10)),
            "b": jnp.zeros(10),
        },
    }


def load(path):
    arrays = np.load(path)

    def read(keys, like):
        return jnp.asarray(arrays["/".join(key.key for key in keys)])

    return jax.tree.map_with_path(read, jax.eval_shape(init, jax.random.key(0)))


def conv_bn(params, x):
    x = lax.conv_general_dilated(
        x, params["w"], (1, 1), "SAME", dimension_numbers=("NHWC", "HWIO", "NHWC")
    )
    mean = jnp.mean(x, (0, 1, 2))
    variance = jnp.var(x, (0, 1, 2))
    x = (x - mean) * lax.rsqrt(variance + 1e-3)
    return x * params["gamma"] + params["beta"]


def block(params, x):
    hidden = jax.nn.relu(conv_bn(params["a"], x))
    return jax.nn.relu(x + conv_bn(params["b"], hidden))


def apply(params, x):
    x = jax.nn.relu(conv_bn(params["stem"], x))
    for i in range(4):
        x = block(params[f"block{i}"], x)
    x = jnp.mean(x, (1, 2))
    return x @ params["fc"]["w"] + params["fc"]["b"]


def loss(params, x, y):
    logits = apply(params, x)
    return jnp.mean(optax.softmax_cross_entropy_with_integer_labels(logits, y))


optimizer = optax.sgd(0.05, momentum=0.9)


def train_step(params, opt_state, x, y):
    value, grads = jax.value_and_grad(loss)(params, x, y)
    updates, opt_state = optimizer.update(grads, opt_state, params)
    return optax.apply_updates(params, updates), opt_state, value

"""A network of two hidden layers."""

import jax
import jax.numpy as jnp
import numpy as np
import optax


def dense(key, inputs, outputs):
    return {
        "weights": 0.1 * jax.random.truncated_normal(key, -2.0, 2.0, (inputs, outputs)),
        "biases": jnp.full((outputs,), 0.1),
    }


def init(key):
    keys = jax.random.split(key, 3)
    return {
        "layer1": dense(keys[0], 64, 32),
        "layer2": dense(keys[1], 32, 32),
        "readout": dense(keys[2], 32, 10),
    }


def load(path):
    arrays = np.load(path)

    def read(keys, like):
        return jnp.asarray(arrays["/".join(key.key for key in keys)])

    return jax.tree.map_with_path(read, jax.eval_shape(init, jax.random.key(0)))


def layer(params, x):
    return x @ params["weights"] + params["biases"]


def apply(params, x):
    hidden = jax.nn.relu(layer(params["layer1"], x))
    hidden = jax.nn.relu(layer(params["layer2"], hidden))
    return layer(params["readout"], hidden)


def loss(params, x, y_):
    logits = apply(params, x)
    return jnp.mean(optax.softmax_cross_entropy(logits, y_)), logits


optimizer = optax.adam(0.01)


def train_step(params, opt_state, x, y_):
    (value, logits), grads = jax.value_and_grad(loss, has_aux=True)(params, x, y_)
    updates, opt_state = optimizer.update(grads, opt_state, params)
    params = optax.apply_updates(params, updates)
    accuracy = jnp.mean(jnp.argmax(logits, 1) == jnp.argmax(y_, 1))
    return params, opt_state, value, accuracy

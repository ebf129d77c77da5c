"""mnist_softmax as JAX."""

import jax
import jax.numpy as jnp
import numpy as np
import optax


def init(key=None):
    """The variables as the program initializes them, from other random numbers."""
    return {"Variable": jnp.zeros((784, 10)), "Variable_1": jnp.zeros(10)}


def params_from_checkpoint(path):
    """The variables of an .npz file, by the names that they have in the script's checkpoints."""
    arrays = np.load(path)

    def read(name):
        return jnp.asarray(arrays[name])

    return {"Variable": read("Variable"), "Variable_1": read("Variable_1")}


def apply(params, x):
    """The value of y."""
    return jax.nn.softmax(x @ params["Variable"] + params["Variable_1"])


def loss(params, x, y_):
    """The loss, cross_entropy (mnist_softmax.py:28)."""
    y = apply(params, x)
    return jnp.mean(-jnp.sum(y_ * jnp.log(y), 1))


optimizer = optax.sgd(0.5)


def train_step(params, opt_state, x, y_):
    """One step of training. Returns what it changes, and cross_entropy, accuracy."""
    loss_value, grads = jax.value_and_grad(loss)(params, x, y_)
    y = apply(params, x)
    updates, opt_state = optimizer.update(grads, opt_state, params)
    # mnist_softmax.py:31
    correct_prediction = jnp.argmax(y, 1) == jnp.argmax(y_, 1)
    # mnist_softmax.py:32
    accuracy = jnp.mean(correct_prediction.astype(jnp.float32))
    return optax.apply_updates(params, updates), opt_state, loss_value, accuracy

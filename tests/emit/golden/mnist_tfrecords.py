"""mnist_tfrecords as JAX."""

import jax
import jax.numpy as jnp
import numpy as np
import optax


def init(key=None):
    """The variables as the program initializes them, from other random numbers."""
    params = {"softmax": {"weights": jnp.zeros((784, 10)), "biases": jnp.zeros((10,))}}
    state = {"global_step": jnp.int32(0), "ExponentialMovingAverage": params}
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


def apply(params, shuffle_batch):
    """The value of softmax/add."""
    return shuffle_batch @ params["softmax"]["weights"] + params["softmax"]["biases"]


def loss(params, shuffle_batch, shuffle_batch_2):
    """What is differentiated (mnist_tfrecords.py:62)."""
    add = apply(params, shuffle_batch)
    return jnp.mean(
        optax.softmax_cross_entropy_with_integer_labels(add, shuffle_batch_2)
    )


optimizer = optax.inject_hyperparams(optax.sgd)(0.0)


def train_step(params, state, opt_state, shuffle_batch, shuffle_batch_2):
    """One step of training. Returns what it changes, and loss."""
    loss_value, grads = jax.value_and_grad(loss)(params, shuffle_batch, shuffle_batch_2)
    # mnist_tfrecords.py:64
    rate = 0.5 * 0.9 ** jnp.floor(state["global_step"].astype(jnp.float32) / 500.0)
    opt_state = optax.tree.set(opt_state, learning_rate=rate)
    updates, opt_state = optimizer.update(grads, opt_state, params)
    new_params = optax.apply_updates(params, updates)
    # mnist_tfrecords.py:65
    step = state["global_step"] + 1
    # mnist_tfrecords.py:67
    num_updates = step.astype(jnp.float32)
    truediv = (1.0 + num_updates) / (10.0 + num_updates)
    minimum = jnp.where(truediv < 0.98, truediv, 0.98)
    new_state = {
        "global_step": step,
        "ExponentialMovingAverage": jax.tree.map(
            lambda average, param: average - (average - param) * (1.0 - minimum),
            state["ExponentialMovingAverage"],
            new_params,
        ),
    }
    return new_params, new_state, opt_state, loss_value

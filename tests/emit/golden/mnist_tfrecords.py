"""mnist_tfrecords as JAX."""

import jax
import jax.numpy as jnp
import numpy as np
import optax


def init(key=None):
    """The variables as the program initializes them, from other random numbers."""
    params = {"softmax": {"weights": jnp.zeros((784, 10)), "biases": jnp.zeros(10)}}
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


def apply(params, images):
    """The value of logits."""
    return images @ params["softmax"]["weights"] + params["softmax"]["biases"]


def loss(params, images, labels):
    """The loss (mnist_tfrecords.py:62)."""
    logits = apply(params, images)
    return jnp.mean(optax.softmax_cross_entropy_with_integer_labels(logits, labels))


# train_step sets the learning rate.
optimizer = optax.inject_hyperparams(optax.sgd)(0.0)


def train_step(params, state, opt_state, images, labels):
    """One step of training. Returns what it changes, and loss."""
    loss_value, grads = jax.value_and_grad(loss)(params, images, labels)
    # mnist_tfrecords.py:64
    rate = 0.5 * 0.9 ** jnp.floor(state["global_step"].astype(jnp.float32) / 500.0)
    opt_state = optax.tree.set(opt_state, learning_rate=rate)
    updates, opt_state = optimizer.update(grads, opt_state, params)
    new_params = optax.apply_updates(params, updates)
    # mnist_tfrecords.py:65
    step = state["global_step"] + 1
    # mnist_tfrecords.py:67
    count = step.astype(jnp.float32)
    decay = jnp.minimum(0.98, (1.0 + count) / (10.0 + count))
    new_state = {
        "global_step": step,
        "ExponentialMovingAverage": optax.incremental_update(
            new_params, state["ExponentialMovingAverage"], 1.0 - decay
        ),
    }
    return new_params, new_state, opt_state, loss_value

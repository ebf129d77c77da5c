"""mlp as JAX."""

import jax
import jax.numpy as jnp
import numpy as np
import optax


@jax.custom_jvp
def softmax_cross_entropy(logits, labels):
    return -jnp.sum(labels * jax.nn.log_softmax(logits), -1)


@softmax_cross_entropy.defjvp
def softmax_cross_entropy_jvp(primals, tangents):
    logits, labels = primals
    change = jnp.sum((jax.nn.softmax(logits) - labels) * tangents[0], -1)
    return (softmax_cross_entropy(logits, labels), change)


def init_layer(key, n, m):
    return {
        "weights": jax.random.truncated_normal(key, -2.0, 2.0, (n, m)) * 0.1,
        "biases": jnp.full((m,), 0.1),
    }


def init(key):
    """The variables as the program initializes them, from other random numbers."""
    keys = jax.random.split(key, 3)
    return {
        "layer1": init_layer(keys[0], 64, 32),
        "layer2": init_layer(keys[1], 32, 32),
        "readout": init_layer(keys[2], 32, 10),
    }


def params_from_checkpoint(path):
    """The variables of an .npz file, by the names that they have in the script's checkpoints."""
    arrays = np.load(path)

    def read(keys, like):
        return jnp.asarray(arrays["/".join(key.key for key in keys)])

    params = jax.eval_shape(init, jax.random.key(0))
    return jax.tree.map_with_path(read, params)


def layer(params, x):
    return jax.nn.relu(x @ params["weights"] + params["biases"])


def apply(params, x):
    """The value of preactivate."""
    # models.py:49
    matmul = (
        layer(params["layer2"], layer(params["layer1"], x))
        @ params["readout"]["weights"]
    )
    return matmul + params["readout"]["biases"]


def loss(params, x, y_):
    """What is differentiated, cross_entropy (models.py:55)."""
    preactivate = apply(params, x)
    # models.py:55
    cross_entropy = jnp.mean(softmax_cross_entropy(preactivate, y_))
    return cross_entropy, preactivate


# TensorFlow adds epsilon before it corrects the second moment, optax after it.
optimizer = optax.inject_hyperparams(optax.adam)(
    0.01, b1=0.9, b2=0.999, eps=lambda count: 1e-08 / jnp.sqrt(1 - 0.999 ** (count + 1))
)


def train_step(params, opt_state, x, y_):
    """One step of training. Returns what it was given, as it is afterwards, and cross_entropy, accuracy."""
    (loss_value, preactivate), grads = jax.value_and_grad(loss, has_aux=True)(
        params, x, y_
    )
    updates, opt_state = optimizer.update(grads, opt_state, params)
    new_params = optax.apply_updates(params, updates)
    # models.py:57
    correct_prediction = jnp.argmax(preactivate, 1) == jnp.argmax(y_, 1)
    # models.py:58
    accuracy = jnp.mean(correct_prediction.astype(jnp.float32))
    return new_params, opt_state, loss_value, accuracy

"""mnist_convnet as JAX."""

import jax
import jax.numpy as jnp
import numpy as np
import optax
from jax import lax


def max_pool(x):
    return lax.reduce_window(x, -jnp.inf, lax.max, (1, 2, 2, 1), (1, 2, 2, 1), "SAME")


def conv2d(x, kernel):
    return lax.conv_general_dilated(
        x, kernel, (1, 1), "SAME", dimension_numbers=("NHWC", "HWIO", "NHWC")
    )


@jax.custom_jvp
def softmax_cross_entropy(logits, labels):
    """Its gradient is softmax(logits) - labels, whatever the labels add up to, and the labels have none."""
    return optax.softmax_cross_entropy(logits, labels)


softmax_cross_entropy.defjvps(
    lambda t, _, logits, labels: jnp.sum((jax.nn.softmax(logits) - labels) * t, -1),
    None,
)


def truncated_normal(key, shape):
    return jax.random.truncated_normal(key, -2.0, 2.0, shape) * 0.1


def init_conv(key, n, m):
    return {
        "Variable": truncated_normal(key, (5, 5, n, m)),
        "Variable_1": jnp.full(m, 0.1),
    }


def init_weight_variable(key, n, m):
    return {"Variable": truncated_normal(key, (n, m)), "Variable_1": jnp.full(m, 0.1)}


def init(key):
    """The variables as the program initializes them, from other random numbers."""
    keys = jax.random.split(key, 4)
    return {
        "conv1": init_conv(keys[0], 1, 32),
        "conv2": init_conv(keys[1], 32, 64),
        "dense": init_weight_variable(keys[2], 3136, 1024),
        "readout": init_weight_variable(keys[3], 1024, 10),
    }


def params_from_checkpoint(path):
    """The variables of an .npz file, by the names that they have in the script's checkpoints."""
    arrays = np.load(path)

    def read(keys, like):
        return jnp.asarray(arrays["/".join(key.key for key in keys)])

    params = jax.eval_shape(init, jax.random.key(0))
    return jax.tree.map_with_path(read, params)


def dropout(key, keep_prob, x):
    return x * (1 / keep_prob) * jnp.floor(keep_prob + jax.random.uniform(key, x.shape))


def apply(params, x, keep_prob, key):
    """The value of logits."""
    # mnist_convnet.py:40
    reshaped = x.reshape(-1, 28, 28, 1)
    # mnist_convnet.py:29
    convolved = conv2d(reshaped, params["conv1"]["Variable"])
    # mnist_convnet.py:40
    relu = jax.nn.relu(convolved + params["conv1"]["Variable_1"])
    # mnist_convnet.py:33
    hidden = max_pool(relu)
    # mnist_convnet.py:29
    conv2_convolved = conv2d(hidden, params["conv2"]["Variable"])
    # mnist_convnet.py:44
    total = conv2_convolved + params["conv2"]["Variable_1"]
    # mnist_convnet.py:33
    hidden_2 = max_pool(jax.nn.relu(total))
    # mnist_convnet.py:48
    product = hidden_2.reshape(-1, 3136) @ params["dense"]["Variable"]
    dense_total = product + params["dense"]["Variable_1"]
    # mnist_convnet.py:49
    hidden_3 = dropout(key, keep_prob, jax.nn.relu(dense_total))
    return hidden_3 @ params["readout"]["Variable"] + params["readout"]["Variable_1"]


def loss(params, x, y_, keep_prob, key):
    """The loss, cross_entropy (mnist_convnet.py:65)."""
    logits = apply(params, x, keep_prob, key)
    # mnist_convnet.py:65
    cross_entropy = jnp.mean(softmax_cross_entropy(logits, y_))
    return cross_entropy, logits


# TensorFlow adds epsilon before it corrects the second moment, optax after it.
optimizer = optax.inject_hyperparams(optax.adam)(
    0.0001, eps=lambda count: 1e-08 / jnp.sqrt(1 - 0.999 ** (count + 1))
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


def train_step(params, opt_state, x, y_, keep_prob, key):
    """One step of training. Returns what it changes, and cross_entropy, accuracy."""
    (loss_value, logits), grads = jax.value_and_grad(loss, has_aux=True)(
        params, x, y_, keep_prob, key
    )
    updates, opt_state = optimizer.update(grads, opt_state, params)
    # mnist_convnet.py:67
    correct_prediction = jnp.argmax(logits, 1) == jnp.argmax(y_, 1)
    # mnist_convnet.py:68
    accuracy = jnp.mean(correct_prediction.astype(jnp.float32))
    return optax.apply_updates(params, updates), opt_state, loss_value, accuracy

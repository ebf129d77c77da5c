"""mnist_mlp_summaries as JAX."""

import jax
import jax.numpy as jnp
import numpy as np
import optax


@jax.custom_jvp
def softmax_cross_entropy(logits, labels):
    """Its gradient is softmax(logits) - labels, whatever the labels add up to, and the labels have none."""
    return optax.softmax_cross_entropy(logits, labels)


softmax_cross_entropy.defjvps(
    lambda t, _, logits, labels: jnp.sum((jax.nn.softmax(logits) - labels) * t, -1),
    None,
)


def init_layer(key, n, m):
    weights = {"Variable": jax.random.truncated_normal(key, -2.0, 2.0, (n, m)) * 0.1}
    return {"weights": weights, "biases": {"Variable": jnp.full(m, 0.1)}}


def init(key):
    """The variables as the program initializes them, from other random numbers."""
    keys = jax.random.split(key, 2)
    return {
        "layer1": init_layer(keys[0], 784, 500),
        "layer2": init_layer(keys[1], 500, 10),
    }


def params_from_checkpoint(path):
    """The variables of an .npz file, by the names that they have in the script's checkpoints."""
    arrays = np.load(path)

    def read(name):
        return jnp.asarray(arrays[name])

    return {
        "layer1": {
            "weights": {"Variable": read("layer1/weights/Variable")},
            "biases": {"Variable": read("layer1/biases/Variable")},
        },
        "layer2": {
            "weights": {"Variable": read("layer2/weights/Variable")},
            "biases": {"Variable": read("layer2/biases/Variable")},
        },
    }


def dropout(key, keep_prob, x):
    return x * (1 / keep_prob) * jnp.floor(keep_prob + jax.random.uniform(key, x.shape))


def apply(params, x, keep_prob, key):
    """The value of preactivate."""
    # mnist_mlp_summaries.py:45
    product = x @ params["layer1"]["weights"]["Variable"]
    preactivate = product + params["layer1"]["biases"]["Variable"]
    # mnist_mlp_summaries.py:64
    dropped = dropout(key, keep_prob, jax.nn.relu(preactivate))
    # mnist_mlp_summaries.py:45
    wx_plus_b_product = dropped @ params["layer2"]["weights"]["Variable"]
    return wx_plus_b_product + params["layer2"]["biases"]["Variable"]


def loss(params, x, y_, keep_prob, key):
    """The loss, cross_entropy (mnist_mlp_summaries.py:68)."""
    preactivate = apply(params, x, keep_prob, key)
    # mnist_mlp_summaries.py:68
    cross_entropy = jnp.mean(softmax_cross_entropy(preactivate, y_))
    return cross_entropy, preactivate


# TensorFlow adds epsilon before it corrects the second moment, optax after it.
optimizer = optax.inject_hyperparams(optax.adam)(
    0.001, eps=lambda count: 1e-08 / jnp.sqrt(1 - 0.999 ** (count + 1))
)


def opt_state_from_checkpoint(path, params):
    """The optimizer's state of an .npz file, by the names that its slots have in the script's checkpoints."""
    arrays = np.load(path)

    def slots(name, tree, *scope):
        def read(keys, like):
            return jnp.asarray(
                arrays["/".join([*scope, *(key.key for key in keys), name])]
            )

        return jax.tree.map_with_path(read, tree)

    count = jnp.int32(np.round(np.log(arrays["train/beta2_power"]) / np.log(0.999)) - 1)
    state = optimizer.init(params)
    return state._replace(
        count=count,
        hyperparams_states=optax.tree.set(state.hyperparams_states, count=count),
        inner_state=optax.tree.set(
            state.inner_state,
            count=count,
            mu=slots("Adam", params, "train"),
            nu=slots("Adam_1", params, "train"),
        ),
    )


def train_step(params, opt_state, x, y_, keep_prob, key):
    """One step of training. Returns what it changes, and cross_entropy, accuracy."""
    (loss_value, preactivate), grads = jax.value_and_grad(loss, has_aux=True)(
        params, x, y_, keep_prob, key
    )
    updates, opt_state = optimizer.update(grads, opt_state, params)
    # mnist_mlp_summaries.py:73
    correct_prediction = jnp.argmax(preactivate, 1) == jnp.argmax(y_, 1)
    # mnist_mlp_summaries.py:74
    accuracy = jnp.mean(correct_prediction.astype(jnp.float32))
    return optax.apply_updates(params, updates), opt_state, loss_value, accuracy

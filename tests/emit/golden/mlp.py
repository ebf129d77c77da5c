"""mlp as JAX."""

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
    weights = jax.random.truncated_normal(key, -2.0, 2.0, (n, m)) * 0.05
    return {"weights": weights, "biases": jnp.full(m, 0.1)}


def init(key):
    """The variables as the program initializes them, from other random numbers."""
    keys = jax.random.split(key, 3)
    return {
        "layer1": init_layer(keys[0], 784, 32),
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
    # mlp.py:14
    hidden2 = layer(params["layer2"], layer(params["layer1"], x))
    return hidden2 @ params["readout"]["weights"] + params["readout"]["biases"]


def loss(params, x, y_):
    """The loss, cross_entropy (mlp.py:24)."""
    preactivate = apply(params, x)
    return jnp.mean(softmax_cross_entropy(preactivate, y_))


# TensorFlow adds epsilon before it corrects the second moment, optax after it.
optimizer = optax.inject_hyperparams(optax.adam)(
    0.001, eps=lambda count: 1e-08 / jnp.sqrt(1 - 0.999 ** (count + 1))
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


def train_step(params, opt_state, x, y_):
    """One step of training. Returns what it changes, and cross_entropy."""
    loss_value, grads = jax.value_and_grad(loss)(params, x, y_)
    updates, opt_state = optimizer.update(grads, opt_state, params)
    return optax.apply_updates(params, updates), opt_state, loss_value

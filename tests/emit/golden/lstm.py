"""lstm as JAX."""

import jax
import jax.numpy as jnp
import numpy as np
import optax


def uniform(key, shape):
    return jax.random.uniform(key, shape, minval=-0.1, maxval=0.1)


def init_cell(key):
    linear = {"Matrix": uniform(key, (16, 32)), "Bias": jnp.zeros(32)}
    return {"BasicLSTMCell": {"Linear": linear}}


def init(key):
    """The variables as the program initializes them, from other random numbers."""
    keys = jax.random.split(key, 5)
    params = {
        "model": {
            "embedding": uniform(keys[0], (20, 8)),
            "RNN": {
                "MultiRNNCell": {
                    "Cell0": init_cell(keys[1]),
                    "Cell1": init_cell(keys[2]),
                }
            },
            "softmax_w": uniform(keys[3], (8, 20)),
            "softmax_b": uniform(keys[4], (20,)),
        }
    }
    state = {"lr": jnp.float32(1.0)}
    return params, state


def params_from_checkpoint(path):
    """The variables of an .npz file, by the names that they have in the script's checkpoints."""
    arrays = np.load(path)

    def read(keys, like):
        return jnp.asarray(arrays["/".join(key.key for key in keys)])

    params, state = jax.eval_shape(init, jax.random.key(0))
    return jax.tree.map_with_path(read, params), jax.tree.map_with_path(read, state)


def basic_lstm_cell(params, state, inputs):
    c, h = jnp.split(state, 2, 1)
    # lstm.py:24
    result = jnp.concatenate([inputs, h], 1) @ params["Matrix"]
    i, j, f, o = jnp.split(result + params["Bias"], 4, 1)
    new_c = c * jax.nn.sigmoid(f) + jax.nn.sigmoid(i) * jnp.tanh(j)
    new_h = jnp.tanh(new_c) * jax.nn.sigmoid(o)
    return new_h, jnp.concatenate([new_c, new_h], 1)


def multi_rnn_cell(params, state, inputs):
    # lstm.py:24
    new_h, new_state = basic_lstm_cell(
        params["Cell0"]["BasicLSTMCell"]["Linear"], state[:, :16], inputs
    )
    new_h_2, new_state_2 = basic_lstm_cell(
        params["Cell1"]["BasicLSTMCell"]["Linear"], state[:, 16:], new_h
    )
    return new_h_2, jnp.concatenate([new_state, new_state_2], 1)


def loss(params, inputs, targets):
    """The loss, cost (lstm.py:31)."""
    model = params["model"]
    state = jnp.zeros((4, 32))
    outputs = []
    # lstm.py:24
    for t in range(6):
        new_h, state = multi_rnn_cell(model["RNN"]["MultiRNNCell"], state, inputs[:, t])
        outputs.append(new_h)
    # lstm.py:26
    output = jnp.concatenate(outputs, 1).reshape(-1, 8)
    # lstm.py:29
    logits = output @ model["softmax_w"] + model["softmax_b"]
    # lstm.py:30
    labels = targets.reshape(-1)
    cross_entropy = optax.softmax_cross_entropy_with_integer_labels(logits, labels)
    return jnp.sum(cross_entropy) / 4.0


# train_step sets the learning rate.
optimizer = optax.inject_hyperparams(optax.sgd)(0.0)


def train_step(params, state, opt_state, input_data, targets):
    """One step of training. Returns what it changes, and cost."""
    # lstm.py:18
    inputs = params["model"]["embedding"][input_data]
    loss_value, (grads, inputs_grad) = jax.value_and_grad(loss, argnums=(0, 1))(
        params, inputs, targets
    )
    # lstm.py:33
    scale = 5.0 / jnp.maximum(optax.tree.norm([inputs_grad, grads]), 5.0)
    opt_state = optax.tree.set(opt_state, learning_rate=state["lr"])
    grads = optax.tree.scale(scale, grads)
    updates, opt_state = optimizer.update(grads, opt_state, params)
    new_params = optax.apply_updates(params, updates)
    new_params["model"]["embedding"] = (
        params["model"]["embedding"]
        .at[input_data]
        .add(-(inputs_grad * scale * state["lr"]))
    )
    return new_params, state, opt_state, loss_value

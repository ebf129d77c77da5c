"""lstm as JAX."""

import jax
import jax.numpy as jnp
import numpy as np
import optax


def uniform(key, shape):
    return jax.random.uniform(key, shape, minval=-0.1, maxval=0.1)


def init_cell(key):
    return {
        "BasicLSTMCell": {
            "Linear": {"Matrix": uniform(key, (16, 32)), "Bias": jnp.zeros((32,))}
        }
    }


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


def basic_lstm_cell(params, cell0_slice, squeeze):
    split = jnp.split(cell0_slice, 2, 1)
    # lstm.py:24
    add = jnp.concatenate([squeeze, split[1]], 1) @ params["Matrix"] + params["Bias"]
    split_2 = jnp.split(add, 4, 1)
    add_2 = split[0] * jax.nn.sigmoid(split_2[2]) + jax.nn.sigmoid(
        split_2[0]
    ) * jnp.tanh(split_2[1])
    mul_2 = jnp.tanh(add_2) * jax.nn.sigmoid(split_2[3])
    return mul_2, jnp.concatenate([add_2, mul_2], 1)


def multi_rnn_cell(params, state_2, squeeze):
    # lstm.py:24
    mul_2, concat = basic_lstm_cell(
        params["Cell0"]["BasicLSTMCell"]["Linear"], state_2[:, :16], squeeze
    )
    basic_lstm_cell_mul_2, basic_lstm_cell_concat = basic_lstm_cell(
        params["Cell1"]["BasicLSTMCell"]["Linear"], state_2[:, 16:], mul_2
    )
    return concat, basic_lstm_cell_mul_2, basic_lstm_cell_concat


def loss(params, inputs, targets):
    """What is differentiated, cost (lstm.py:31)."""
    state_2 = jnp.zeros((4, 32))
    outputs = []
    # lstm.py:24
    for t in range(6):
        concat, output, basic_lstm_cell_concat = multi_rnn_cell(
            params["model"]["RNN"]["MultiRNNCell"], state_2, inputs[:, t]
        )
        outputs.append(output)
        state_2 = jnp.concatenate([concat, basic_lstm_cell_concat], 1)
    # lstm.py:26
    output_2 = jnp.reshape(jnp.concatenate(outputs, 1), (24, 8))
    # lstm.py:30
    loss = optax.softmax_cross_entropy_with_integer_labels(
        output_2 @ params["model"]["softmax_w"] + params["model"]["softmax_b"],
        jnp.reshape(targets, (24,)),
    )
    return jnp.sum(loss) / 4.0


optimizer = optax.inject_hyperparams(optax.sgd)(0.0)


def train_step(params, state, opt_state, input_data, targets):
    """One step of training. Returns what it changes, and cost."""
    # lstm.py:18
    inputs = params["model"]["embedding"][input_data]
    loss_value, (grads, inputs_grad) = jax.value_and_grad(loss, argnums=(0, 1))(
        params, inputs, targets
    )
    reshape = inputs_grad.reshape((-1, 8))
    # lstm.py:33
    truediv = 1.0 / optax.tree.norm([reshape, grads])
    mul = 5.0 * jnp.where(truediv > 0.2, 0.2, truediv)
    opt_state = optax.tree.set(opt_state, learning_rate=state["lr"])
    updates, opt_state = optimizer.update(
        jax.tree.map(lambda grad: grad * mul, grads), opt_state, params
    )
    new_params = optax.apply_updates(params, updates)
    new_params = {
        "model": {
            **new_params["model"],
            "embedding": params["model"]["embedding"]
            .at[input_data.reshape(-1)]
            .add(-(reshape * mul * state["lr"])),
        }
    }
    return new_params, state, opt_state, loss_value

"""word_language_model as JAX."""

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
    state = {"model": {"Variable": jnp.float32(0.0)}}
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
    # word_language_model.py:80
    add = jnp.concatenate([squeeze, split[1]], 1) @ params["Matrix"] + params["Bias"]
    split_2 = jnp.split(add, 4, 1)
    add_2 = split[0] * jax.nn.sigmoid(split_2[2]) + jax.nn.sigmoid(
        split_2[0]
    ) * jnp.tanh(split_2[1])
    mul_2 = jnp.tanh(add_2) * jax.nn.sigmoid(split_2[3])
    return mul_2, jnp.concatenate([add_2, mul_2], 1)


def dropout(key, mul_2):
    return mul_2 * 1.25 * jnp.floor(0.8 + jax.random.uniform(key, (3, 8)))


def multi_rnn_cell(params, initial_state, squeeze, key, key_2):
    # word_language_model.py:80
    mul_2, concat = basic_lstm_cell(
        params["Cell0"]["BasicLSTMCell"]["Linear"], initial_state[:, :16], squeeze
    )
    basic_lstm_cell_mul_2, basic_lstm_cell_concat = basic_lstm_cell(
        params["Cell1"]["BasicLSTMCell"]["Linear"],
        initial_state[:, 16:],
        dropout(key, mul_2),
    )
    return concat, basic_lstm_cell_concat, dropout(key_2, basic_lstm_cell_mul_2)


def loss(params, inputs, initial_state, following, key):
    """What is differentiated, cost (word_language_model.py:86)."""
    keys = jax.random.split(key, 9)
    # word_language_model.py:78
    inputs_2 = inputs * 1.25 * jnp.floor(0.8 + jax.random.uniform(keys[0], (3, 4, 8)))
    split = jnp.split(inputs_2, 4, 1)
    carry = initial_state
    outputs = []
    # word_language_model.py:80
    for t in range(4):
        concat, basic_lstm_cell_concat, output = multi_rnn_cell(
            params["model"]["RNN"]["MultiRNNCell"],
            carry,
            jnp.squeeze(split[t], (1,)),
            keys[2 * t + 1],
            keys[2 * t + 2],
        )
        outputs.append(output)
        carry = jnp.concatenate([concat, basic_lstm_cell_concat], 1)
    # word_language_model.py:81
    output_2 = jnp.reshape(jnp.concatenate(outputs, 1), (12, 8))
    # word_language_model.py:84
    cross_entropy = optax.softmax_cross_entropy_with_integer_labels(
        output_2 @ params["model"]["softmax_w"] + params["model"]["softmax_b"],
        jnp.reshape(following, (12,)),
    )
    return jnp.sum(cross_entropy) / 3.0, carry


optimizer = optax.inject_hyperparams(optax.sgd)(0.0)


def train_step(params, state, opt_state, initial_state, words, following, key):
    """One step of training. Returns what it changes, and cost, model/RNN/concat_3:0."""
    # word_language_model.py:76
    inputs = params["model"]["embedding"][words]
    (loss_value, concat_3), (grads, inputs_grad) = jax.value_and_grad(
        loss, argnums=(0, 1), has_aux=True
    )(params, inputs, initial_state, following, key)
    reshape = inputs_grad.reshape((-1, 8))
    # word_language_model.py:93
    truediv = 1.0 / optax.tree.norm([reshape, grads])
    mul = 5.0 * jnp.where(truediv > 0.2, 0.2, truediv)
    opt_state = optax.tree.set(opt_state, learning_rate=state["model"]["Variable"])
    updates, opt_state = optimizer.update(
        jax.tree.map(lambda grad: grad * mul, grads), opt_state, params
    )
    new_params = optax.apply_updates(params, updates)
    new_params = {
        "model": {
            **new_params["model"],
            "embedding": params["model"]["embedding"]
            .at[words.reshape(-1)]
            .add(-(reshape * mul * state["model"]["Variable"])),
        }
    }
    return new_params, state, opt_state, loss_value, concat_3

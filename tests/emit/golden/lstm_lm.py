"""lstm_lm as JAX."""

import jax
import jax.numpy as jnp
import numpy as np
import optax


def init_lstm_lm(key, shape):
    return jax.random.uniform(key, shape) * 0.2 + -0.1


def init_cell(key):
    return {
        "BasicLSTMCell": {
            "Linear": {
                "Matrix": jax.random.uniform(key, (16, 32)) * 0.2 + -0.1,
                "Bias": jnp.zeros((32,)),
            }
        }
    }


def init(key):
    """The variables as the program initializes them, from other random numbers."""
    keys = jax.random.split(key, 5)
    return {
        "model": {
            "embedding": init_lstm_lm(keys[0], (20, 8)),
            "RNN": {
                "MultiRNNCell": {
                    "Cell0": init_cell(keys[1]),
                    "Cell1": init_cell(keys[2]),
                }
            },
            "softmax_w": init_lstm_lm(keys[3], (8, 20)),
            "softmax_b": init_lstm_lm(keys[4], (20,)),
        }
    }, {"lr": jnp.float32(1.0)}


def params_from_checkpoint(path):
    """The variables of an .npz file, by the names that they have in the script's checkpoints."""
    arrays = np.load(path)

    def read(keys, like):
        return jnp.asarray(arrays["/".join(key.key for key in keys)])

    params, state = jax.eval_shape(init, jax.random.key(0))
    return jax.tree.map_with_path(read, params), jax.tree.map_with_path(read, state)


def basic_lstm_cell(params, cell0_slice, squeeze):
    split = jnp.split(cell0_slice, 2, 1)
    # models.py:209
    add = jnp.concatenate([squeeze, split[1]], 1) @ params["Matrix"] + params["Bias"]
    split_2 = jnp.split(add, 4, 1)
    add_2 = split[0] * jax.nn.sigmoid(split_2[2]) + jax.nn.sigmoid(
        split_2[0]
    ) * jnp.tanh(split_2[1])
    mul_2 = jnp.tanh(add_2) * jax.nn.sigmoid(split_2[3])
    return mul_2, jnp.concatenate([add_2, mul_2], 1)


def multi_rnn_cell(params, initial_state, squeeze):
    # models.py:209
    mul_2, concat = basic_lstm_cell(
        params["Cell0"]["BasicLSTMCell"]["Linear"], initial_state[:, :16], squeeze
    )
    basiclstmcell_mul_2, basiclstmcell_concat = basic_lstm_cell(
        params["Cell1"]["BasicLSTMCell"]["Linear"], initial_state[:, 16:], mul_2
    )
    return concat, basiclstmcell_mul_2, basiclstmcell_concat


def loss(params, inputs, targets):
    """What is differentiated, cost (models.py:217)."""
    initial_state = jnp.full((4, 32), 0.0)
    outputs = []
    # models.py:209
    for t in range(6):
        concat, output, basiclstmcell_concat = multi_rnn_cell(
            params["model"]["RNN"]["MultiRNNCell"], initial_state, inputs[:, t]
        )
        outputs.append(output)
        initial_state = jnp.concatenate([concat, basiclstmcell_concat], 1)
    # models.py:211
    output_2 = jnp.reshape(jnp.concatenate(outputs, 1), (24, 8))
    # models.py:215
    sparse_softmax_cross_entropy_with_logits = (
        optax.softmax_cross_entropy_with_integer_labels(
            output_2 @ params["model"]["softmax_w"] + params["model"]["softmax_b"],
            jnp.reshape(targets, (24,)),
        )
    )
    loss = (
        sparse_softmax_cross_entropy_with_logits
        * jnp.ones((24,))
        / (jnp.ones((24,)) + 1e-12)
    )
    return jnp.sum(loss) / 4.0, initial_state


optimizer = optax.inject_hyperparams(optax.sgd)(0.0)


def train_step(params, state, opt_state, input_data, targets):
    """One step of training. Returns what it was given, as it is afterwards, and cost, model/RNN/concat_5:0."""
    # models.py:202
    inputs = params["model"]["embedding"][input_data]
    (loss_value, concat_5), (grads, inputs_grad) = jax.value_and_grad(
        loss, argnums=(0, 1), has_aux=True
    )(params, inputs, targets)
    reshape = inputs_grad.reshape((-1, 8))
    # models.py:219
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
    return new_params, state, opt_state, loss_value, concat_5

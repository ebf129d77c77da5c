"""char_lstm as JAX."""

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
        "writer": {
            "embedding": uniform(keys[0], (73, 8)),
            "cells": {
                "MultiRNNCell": {
                    "Cell0": init_cell(keys[1]),
                    "Cell1": init_cell(keys[2]),
                }
            },
            "weights": uniform(keys[3], (8, 73)),
            "biases": uniform(keys[4], (73,)),
        }
    }
    state = {
        "beta2_power": jnp.float32(0.999),
        "beta1_power": jnp.float32(0.9),
        "Adam": {"writer": {"embedding": jnp.zeros((73, 8))}},
        "Adam_1": {"writer": {"embedding": jnp.zeros((73, 8))}},
    }
    return params, state


def params_from_checkpoint(path):
    """The variables of an .npz file, by the names that they have in the script's checkpoints."""
    arrays = np.load(path)

    def read(keys, like):
        names = [key.key for key in keys]
        if names[0] in ("Adam", "Adam_1"):
            names = [*names[1:], names[0]]
        return jnp.asarray(arrays["/".join(names)])

    params, state = jax.eval_shape(init, jax.random.key(0))
    return jax.tree.map_with_path(read, params), jax.tree.map_with_path(read, state)


def apply_sparse(beta2_power, beta1_power, m, v, values, indices, var):
    # char_lstm.py:92
    m_t = (m * 0.9).at[indices].add(values * 0.100000024)
    v_t = (v * 0.999).at[indices].add(values * values * 0.0009999871)
    rate = 0.005 * jnp.sqrt(1.0 - beta2_power) / (1.0 - beta1_power)
    truediv_1 = rate * m_t / (jnp.sqrt(v_t) + 1e-08)
    return m_t, v_t, var - truediv_1


def basic_lstm_cell(params, state, inputs):
    c, h = jnp.split(state, 2, 1)
    # char_lstm.py:46
    result = jnp.concatenate([inputs, h], 1) @ params["Matrix"]
    i, j, f, o = jnp.split(result + params["Bias"], 4, 1)
    new_c = c * jax.nn.sigmoid(f + 1.0) + jax.nn.sigmoid(i) * jnp.tanh(j)
    new_h = jnp.tanh(new_c) * jax.nn.sigmoid(o)
    return new_h, jnp.concatenate([new_c, new_h], 1)


def multi_rnn_cell(params, input_, squeeze):
    # char_lstm.py:46
    new_h, new_state = basic_lstm_cell(
        params["Cell0"]["BasicLSTMCell"]["Linear"], input_[:, :16], squeeze
    )
    new_h_2, new_state_2 = basic_lstm_cell(
        params["Cell1"]["BasicLSTMCell"]["Linear"], input_[:, 16:], new_h
    )
    return new_h_2, jnp.concatenate([new_state, new_state_2], 1)


def loss(params, rows, initial_state, targets):
    """What is differentiated (char_lstm.py:54)."""
    carry = initial_state
    outputs = []
    # char_lstm.py:46
    for t in range(6):
        new_h, carry = multi_rnn_cell(
            params["writer"]["cells"]["MultiRNNCell"], carry, rows[:, t]
        )
        outputs.append(new_h)
    # char_lstm.py:52
    matmul = jnp.concatenate(outputs, 1).reshape(-1, 8) @ params["writer"]["weights"]
    logits = matmul + params["writer"]["biases"]
    # char_lstm.py:55
    reshape_1 = targets.reshape(-1)
    cross_entropy = optax.softmax_cross_entropy_with_integer_labels(logits, reshape_1)
    return jnp.mean(cross_entropy), carry


# TensorFlow adds epsilon before it corrects the second moment, optax after it.
optimizer = optax.inject_hyperparams(optax.adam)(
    0.005, eps=lambda count: 1e-08 / jnp.sqrt(1 - 0.999 ** (count + 1))
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


def train_step(params, state, opt_state, initial_state, inputs, targets):
    """One step of training.

    Returns what it changes, and writer/Mean:0, writer/cells/concat_5:0.
    """
    # char_lstm.py:39
    rows = params["writer"]["embedding"][inputs]
    (loss_value, concat_5), (grads, rows_grad) = jax.value_and_grad(
        loss, argnums=(0, 1), has_aux=True
    )(params, rows, initial_state, targets)
    # char_lstm.py:91
    row_grads = rows_grad.reshape(-1, 8)
    scale = 5.0 * jnp.minimum(1.0 / optax.tree.norm([row_grads, grads]), 0.2)
    new_grads = jax.tree.map(lambda grad: grad * scale, grads)
    updates, opt_state = optimizer.update(new_grads, opt_state, params)
    new_params = optax.apply_updates(params, updates)
    m = state["Adam"]["writer"]["embedding"]
    v = state["Adam_1"]["writer"]["embedding"]
    var = params["writer"]["embedding"]
    indices = inputs.reshape(-1)
    mul_1 = row_grads * scale
    # char_lstm.py:92
    m_t, v_t, update = apply_sparse(
        state["beta2_power"], state["beta1_power"], m, v, mul_1, indices, var
    )
    new_params = {"writer": {**new_params["writer"], "embedding": update}}
    new_state = {
        "beta2_power": state["beta2_power"] * 0.999,
        "beta1_power": state["beta1_power"] * 0.9,
        "Adam": {"writer": {"embedding": m_t}},
        "Adam_1": {"writer": {"embedding": v_t}},
    }
    return new_params, new_state, opt_state, loss_value, concat_5

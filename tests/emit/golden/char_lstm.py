"""char_lstm as JAX."""

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


def basic_lstm_cell(params, cell0_slice, squeeze):
    split = jnp.split(cell0_slice, 2, 1)
    # char_lstm.py:46
    add = jnp.concatenate([squeeze, split[1]], 1) @ params["Matrix"] + params["Bias"]
    split_2 = jnp.split(add, 4, 1)
    add_2 = split[0] * jax.nn.sigmoid(split_2[2] + 1.0) + jax.nn.sigmoid(
        split_2[0]
    ) * jnp.tanh(split_2[1])
    mul_2 = jnp.tanh(add_2) * jax.nn.sigmoid(split_2[3])
    return mul_2, jnp.concatenate([add_2, mul_2], 1)


def multi_rnn_cell(params, initial_state, squeeze):
    # char_lstm.py:46
    mul_2, concat = basic_lstm_cell(
        params["Cell0"]["BasicLSTMCell"]["Linear"], initial_state[:, :16], squeeze
    )
    basic_lstm_cell_mul_2, basic_lstm_cell_concat = basic_lstm_cell(
        params["Cell1"]["BasicLSTMCell"]["Linear"], initial_state[:, 16:], mul_2
    )
    return concat, basic_lstm_cell_mul_2, basic_lstm_cell_concat


def loss(params, rows, initial_state, targets):
    """What is differentiated (char_lstm.py:54)."""
    carry = initial_state
    outputs = []
    # char_lstm.py:46
    for t in range(6):
        concat, output, basic_lstm_cell_concat = multi_rnn_cell(
            params["writer"]["cells"]["MultiRNNCell"], carry, rows[:, t]
        )
        outputs.append(output)
        carry = jnp.concatenate([concat, basic_lstm_cell_concat], 1)
    # char_lstm.py:52
    matmul = (
        jnp.reshape(jnp.concatenate(outputs, 1), (18, 8)) @ params["writer"]["weights"]
    )
    # char_lstm.py:55
    cross_entropy = optax.softmax_cross_entropy_with_integer_labels(
        matmul + params["writer"]["biases"], jnp.reshape(targets, (18,))
    )
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

    Returns what it changes, and loss, writer/cells/concat_5:0.
    """
    # char_lstm.py:39
    rows = params["writer"]["embedding"][inputs]
    (loss_value, concat_5), (grads, rows_grad) = jax.value_and_grad(
        loss, argnums=(0, 1), has_aux=True
    )(params, rows, initial_state, targets)
    reshape = rows_grad.reshape((-1, 8))
    # char_lstm.py:91
    truediv = 1.0 / optax.tree.norm([reshape, grads])
    mul = 5.0 * jnp.where(truediv > 0.2, 0.2, truediv)
    updates, opt_state = optimizer.update(
        jax.tree.map(lambda grad: grad * mul, grads), opt_state, params
    )
    new_params = optax.apply_updates(params, updates)
    reshape_2 = inputs.reshape(-1)
    mul_1 = reshape * mul
    # char_lstm.py:92
    scatter_add = (
        (state["Adam"]["writer"]["embedding"] * 0.9)
        .at[reshape_2]
        .add(mul_1 * 0.100000024)
    )
    scatter_add_1 = (
        (state["Adam_1"]["writer"]["embedding"] * 0.999)
        .at[reshape_2]
        .add(mul_1 * mul_1 * 0.0009999871)
    )
    embedding_truediv = (
        0.005 * jnp.sqrt(1.0 - state["beta2_power"]) / (1.0 - state["beta1_power"])
    )
    new_params = {
        "writer": {
            **new_params["writer"],
            "embedding": params["writer"]["embedding"]
            - embedding_truediv * scatter_add / (jnp.sqrt(scatter_add_1) + 1e-08),
        }
    }
    new_state = {
        "beta2_power": state["beta2_power"] * 0.999,
        "beta1_power": state["beta1_power"] * 0.9,
        "Adam": {"writer": {"embedding": scatter_add}},
        "Adam_1": {"writer": {"embedding": scatter_add_1}},
    }
    return new_params, new_state, opt_state, loss_value, concat_5

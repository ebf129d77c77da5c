"""seq2seq as JAX."""

import jax
import jax.numpy as jnp
import numpy as np
import optax


def uniform(key, shape):
    return jax.random.uniform(key, shape, minval=-0.1, maxval=0.1)


def init_unrolled(keys):
    return {
        "GRUCell": {
            "Gates": {
                "Linear": {"Matrix": uniform(keys[0], (12, 12)), "Bias": jnp.ones(12)}
            },
            "Candidate": {
                "Linear": {"Matrix": uniform(keys[1], (12, 6)), "Bias": jnp.zeros(6)}
            },
        }
    }


def init(key):
    """The variables as the program initializes them, from other random numbers."""
    keys = jax.random.split(key, 7)
    params = {
        "model": {
            "embedding": uniform(keys[0], (12, 6)),
            "encoder": init_unrolled(keys[1:3]),
            "decoder": init_unrolled(keys[3:5]),
            "w": uniform(keys[5], (6, 12)),
            "b": uniform(keys[6], (12,)),
        }
    }
    state = {
        "beta2_power": jnp.float32(0.999),
        "beta1_power": jnp.float32(0.9),
        "Adam": {"model": {"embedding": jnp.zeros((12, 6))}},
        "Adam_1": {"model": {"embedding": jnp.zeros((12, 6))}},
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
    # seq2seq.py:34
    m_t = (m * 0.9).at[indices].add(values * 0.100000024)
    v_t = (v * 0.999).at[indices].add(values * values * 0.0009999871)
    rate = 0.001 * jnp.sqrt(1.0 - beta2_power) / (1.0 - beta1_power)
    truediv_1 = rate * m_t / (jnp.sqrt(v_t) + 1e-08)
    return m_t, v_t, var - truediv_1


def linear(params, args, new):
    return jnp.concatenate([args, new], 1) @ params["Matrix"] + params["Bias"]


def gru_cell(params, squeeze_1, new):
    reset, update = jnp.split(linear(params["Gates"]["Linear"], squeeze_1, new), 2, 1)
    # seq2seq.py:15
    update_2 = jax.nn.sigmoid(update)
    add = linear(params["Candidate"]["Linear"], squeeze_1, jax.nn.sigmoid(reset) * new)
    return update_2 * new + (1.0 - update_2) * jnp.tanh(add)


def loss(params, rows_1, rows, target):
    """What is differentiated (seq2seq.py:33)."""
    carry = jnp.zeros((3, 6))
    # seq2seq.py:15
    for t in range(4):
        carry = gru_cell(params["model"]["encoder"]["GRUCell"], rows[:, t], carry)
    outputs = []
    for t in range(4):
        carry = gru_cell(params["model"]["decoder"]["GRUCell"], rows_1[:, t], carry)
        outputs.append(carry)
    # seq2seq.py:31
    output = jnp.concatenate(outputs, 1).reshape(-1, 6)
    # seq2seq.py:32
    logits = output @ params["model"]["w"] + params["model"]["b"]
    # seq2seq.py:33
    reshape = target.reshape(-1)
    cross_entropy = optax.softmax_cross_entropy_with_integer_labels(logits, reshape)
    return jnp.mean(cross_entropy)


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


def train_step(params, state, opt_state, source, target):
    """One step of training. Returns what it changes, and loss."""
    # seq2seq.py:29
    before = jnp.concatenate([jnp.zeros((3, 1), jnp.int32), target[:, :3]], 1)
    # seq2seq.py:30
    rows_1 = params["model"]["embedding"][before]
    # seq2seq.py:28
    rows = params["model"]["embedding"][source]
    loss_value, (grads, rows_1_grad, rows_grad) = jax.value_and_grad(
        loss, argnums=(0, 1, 2)
    )(params, rows_1, rows, target)
    updates, opt_state = optimizer.update(grads, opt_state, params)
    new_params = optax.apply_updates(params, updates)
    # seq2seq.py:34
    row_grads_2 = rows_1_grad.reshape(-1, 6)
    row_grads = jnp.concatenate([row_grads_2, rows_grad.reshape(-1, 6)])
    m = state["Adam"]["model"]["embedding"]
    v = state["Adam_1"]["model"]["embedding"]
    var = params["model"]["embedding"]
    indices = jnp.concatenate([before.reshape(-1), source.reshape(-1)])
    m_t, v_t, update = apply_sparse(
        state["beta2_power"], state["beta1_power"], m, v, row_grads, indices, var
    )
    new_params = {"model": {**new_params["model"], "embedding": update}}
    new_state = {
        "beta2_power": state["beta2_power"] * 0.999,
        "beta1_power": state["beta1_power"] * 0.9,
        "Adam": {"model": {"embedding": m_t}},
        "Adam_1": {"model": {"embedding": v_t}},
    }
    return new_params, new_state, opt_state, loss_value

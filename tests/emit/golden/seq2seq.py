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
                "Linear": {
                    "Matrix": uniform(keys[0], (12, 12)),
                    "Bias": jnp.ones((12,)),
                }
            },
            "Candidate": {
                "Linear": {"Matrix": uniform(keys[1], (12, 6)), "Bias": jnp.zeros((6,))}
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


def gru_cell(params, squeeze_1, add):
    # seq2seq.py:15
    matmul = jnp.concatenate([squeeze_1, add], 1) @ params["Gates"]["Linear"]["Matrix"]
    split = jnp.split(matmul + params["Gates"]["Linear"]["Bias"], 2, 1)
    sigmoid_1 = jax.nn.sigmoid(split[1])
    linear_matmul = (
        jnp.concatenate([squeeze_1, jax.nn.sigmoid(split[0]) * add], 1)
        @ params["Candidate"]["Linear"]["Matrix"]
    )
    mul_1 = (1.0 - sigmoid_1) * jnp.tanh(
        linear_matmul + params["Candidate"]["Linear"]["Bias"]
    )
    return sigmoid_1 * add + mul_1


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
    output = jnp.reshape(jnp.concatenate(outputs, 1), (12, 6))
    # seq2seq.py:33
    cross_entropy = optax.softmax_cross_entropy_with_integer_labels(
        output @ params["model"]["w"] + params["model"]["b"], jnp.reshape(target, (12,))
    )
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
    concatenate = jnp.concatenate([before.reshape(-1), source.reshape(-1)])
    concatenate_2 = jnp.concatenate(
        [rows_1_grad.reshape((-1, 6)), rows_grad.reshape((-1, 6))]
    )
    # seq2seq.py:34
    scatter_add = (
        (state["Adam"]["model"]["embedding"] * 0.9)
        .at[concatenate]
        .add(concatenate_2 * 0.100000024)
    )
    scatter_add_1 = (
        (state["Adam_1"]["model"]["embedding"] * 0.999)
        .at[concatenate]
        .add(concatenate_2 * concatenate_2 * 0.0009999871)
    )
    truediv = (
        0.001 * jnp.sqrt(1.0 - state["beta2_power"]) / (1.0 - state["beta1_power"])
    )
    new_params = {
        "model": {
            **new_params["model"],
            "embedding": params["model"]["embedding"]
            - truediv * scatter_add / (jnp.sqrt(scatter_add_1) + 1e-08),
        }
    }
    new_state = {
        "beta2_power": state["beta2_power"] * 0.999,
        "beta1_power": state["beta1_power"] * 0.9,
        "Adam": {"model": {"embedding": scatter_add}},
        "Adam_1": {"model": {"embedding": scatter_add_1}},
    }
    return new_params, new_state, opt_state, loss_value

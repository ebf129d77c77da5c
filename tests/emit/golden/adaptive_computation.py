"""adaptive_computation as JAX."""

import jax
import jax.numpy as jnp
import numpy as np
import optax
from jax import lax


def bounded_while_loop(condition, body, values):
    """`lax.while_loop` of at most `limit` trips: JAX differentiates it."""

    def trip(_, values):
        return lax.cond(condition(values), body, lambda values: values, values)

    return lax.fori_loop(0, 4, trip, values)


def truncated_normal(key, shape):
    return jax.random.truncated_normal(key, -2.0, 2.0, shape) * 0.25


def init(key):
    """The variables as the program initializes them, from other random numbers."""
    keys = jax.random.split(key, 4)
    return {
        "thinker": {
            "step": {
                "GRUCell": {
                    "Gates": {
                        "Linear": {
                            "Matrix": truncated_normal(keys[0], (11, 16)),
                            "Bias": jnp.ones(16),
                        }
                    },
                    "Candidate": {
                        "Linear": {
                            "Matrix": truncated_normal(keys[1], (11, 8)),
                            "Bias": jnp.zeros(8),
                        }
                    },
                },
                "Variable": jnp.zeros((8, 1)),
                "Variable_1": jnp.float32(0.0),
            },
            "weights": truncated_normal(keys[2], (8, 2)),
            "biases": truncated_normal(keys[3], (2,)),
        }
    }


def params_from_checkpoint(path):
    """The variables of an .npz file, by the names that they have in the script's checkpoints."""
    arrays = np.load(path)

    def read(keys, like):
        return jnp.asarray(arrays["/".join(key.key for key in keys)])

    params = jax.eval_shape(init, jax.random.key(0))
    return jax.tree.map_with_path(read, params)


def loss(params, inputs, odd):
    """The loss, cost (adaptive_computation.py:75)."""
    batch = inputs.shape[0]
    gru_cell = params["thinker"]["step"]["GRUCell"]
    # adaptive_computation.py:33
    nothing = jnp.zeros(batch)

    def condition(values):
        step, _, total, _, _, _ = values
        return (step < 4) & jnp.any(total < 0.99)

    def body(values):
        step, state, total, mean, steps, remainder = values
        # adaptive_computation.py:39
        joined = jnp.concatenate([inputs, state], 1)
        result = joined @ gru_cell["Gates"]["Linear"]["Matrix"]
        gates_total = result + gru_cell["Gates"]["Linear"]["Bias"]
        reset, update = jnp.split(gates_total, 2, 1)
        update_2 = jax.nn.sigmoid(update)
        joined_2 = jnp.concatenate([inputs, jax.nn.sigmoid(reset) * state], 1)
        result_2 = joined_2 @ gru_cell["Candidate"]["Linear"]["Matrix"]
        candidate_total = result_2 + gru_cell["Candidate"]["Linear"]["Bias"]
        new = update_2 * state + (1.0 - update_2) * jnp.tanh(candidate_total)
        # adaptive_computation.py:41
        thinking = total < 0.99
        # adaptive_computation.py:40
        product = new @ params["thinker"]["step"]["Variable"]
        while_total = product + params["thinker"]["step"]["Variable_1"]
        chance = jax.nn.sigmoid(while_total).reshape(-1)
        # adaptive_computation.py:42
        last = (total + chance >= 0.99) | jnp.full(batch, step == 3)
        # adaptive_computation.py:44
        weight = jnp.where(thinking, jnp.where(last, 1.0 - total, chance), nothing)
        # adaptive_computation.py:45
        remainder_2 = jnp.where(thinking & last, weight, remainder)
        # adaptive_computation.py:46
        chosen = jnp.where(last, jnp.ones(batch), total + weight)
        # adaptive_computation.py:47
        step_while_total = mean + jnp.expand_dims(weight, 1) * new
        result_3 = steps + thinking.astype(jnp.float32)
        return step + 1, new, chosen, step_while_total, result_3, remainder_2

    # adaptive_computation.py:50
    _, _, _, mean, steps, remainder = bounded_while_loop(
        condition,
        body,
        (0, jnp.zeros((batch, 8)), nothing, jnp.zeros((batch, 8)), nothing, nothing),
    )
    # adaptive_computation.py:73
    logits = mean @ params["thinker"]["weights"] + params["thinker"]["biases"]
    # adaptive_computation.py:74
    loss = jnp.mean(optax.softmax_cross_entropy_with_integer_labels(logits, odd))
    # adaptive_computation.py:75
    cost = loss + 0.003 * jnp.mean(steps + remainder)
    return cost, (logits, loss)


# TensorFlow adds epsilon before it corrects the second moment, optax after it.
optimizer = optax.inject_hyperparams(optax.adam)(
    0.003, eps=lambda count: 1e-08 / jnp.sqrt(1 - 0.999 ** (count + 1))
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


def train_step(params, opt_state, inputs, odd):
    """One step of training. Returns what it changes, and loss, accuracy."""
    grads, (logits, loss_2) = jax.grad(loss, has_aux=True)(params, inputs, odd)
    # adaptive_computation.py:77
    scale = 1.0 / jnp.maximum(optax.tree.norm(grads), 1.0)
    grads = optax.tree.scale(scale, grads)
    updates, opt_state = optimizer.update(grads, opt_state, params)
    # adaptive_computation.py:79
    numbers = (jnp.argmax(logits, 1).astype(jnp.int32) == odd).astype(jnp.float32)
    accuracy = jnp.mean(numbers)
    return optax.apply_updates(params, updates), opt_state, loss_2, accuracy

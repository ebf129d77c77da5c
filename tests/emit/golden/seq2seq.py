"""seq2seq as JAX."""

import jax
import jax.numpy as jnp
import numpy as np
import optax


def adam(learning_rate, b1=0.9, b2=0.999, eps=1e-08):
    """Adam as TensorFlow has it for tables: a gradient may be `(indices, rows)`, where equal rows are squared one by one."""
    b1, b2 = np.float32(b1), np.float32(b2)

    def moved(moment, grad, decay, order):
        if isinstance(grad, tuple):
            indices, rows = grad
            return (decay * moment).at[indices].add((1 - decay) * rows**order)
        return decay * moment + (1 - decay) * grad**order

    def init(params):
        return optax.tree.zeros_like(params), optax.tree.zeros_like(params), b1, b2

    def update(updates, state, params=None):
        m, v, b1_power, b2_power = state
        m = jax.tree.map(lambda m, grad: moved(m, grad, b1, 1), m, updates)
        v = jax.tree.map(lambda v, grad: moved(v, grad, b2, 2), v, updates)
        rate = learning_rate * jnp.sqrt(1 - b2_power) / (1 - b1_power)
        updates = jax.tree.map(lambda m, v: -rate * m / (jnp.sqrt(v) + eps), m, v)
        return updates, (m, v, b1_power * b1, b2_power * b2)

    return optax.GradientTransformation(init, update)


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
    return {
        "model": {
            "embedding": uniform(keys[0], (12, 6)),
            "encoder": init_unrolled(keys[1:3]),
            "decoder": init_unrolled(keys[3:5]),
            "w": uniform(keys[5], (6, 12)),
            "b": uniform(keys[6], (12,)),
        }
    }


def params_from_checkpoint(path):
    """The variables of an .npz file, by the names that they have in the script's checkpoints."""
    arrays = np.load(path)

    def read(keys, like):
        return jnp.asarray(arrays["/".join(key.key for key in keys)])

    params = jax.eval_shape(init, jax.random.key(0))
    return jax.tree.map_with_path(read, params)


def linear(params, x, new):
    return jnp.concatenate([x, new], 1) @ params["Matrix"] + params["Bias"]


def gru_cell(params, inputs, state):
    reset, update = jnp.split(linear(params["Gates"]["Linear"], inputs, state), 2, 1)
    # seq2seq.py:15
    update_2 = jax.nn.sigmoid(update)
    total = linear(params["Candidate"]["Linear"], inputs, jax.nn.sigmoid(reset) * state)
    return update_2 * state + (1.0 - update_2) * jnp.tanh(total)


def loss(params, rows, rows_1, target):
    """The loss (seq2seq.py:33)."""
    state = jnp.zeros((3, 6))
    # seq2seq.py:15
    for t in range(4):
        state = gru_cell(params["model"]["encoder"]["GRUCell"], rows[:, t], state)
    states = []
    for t in range(4):
        state = gru_cell(params["model"]["decoder"]["GRUCell"], rows_1[:, t], state)
        states.append(state)
    # seq2seq.py:31
    output = jnp.concatenate(states, 1).reshape(-1, 6)
    # seq2seq.py:32
    logits = output @ params["model"]["w"] + params["model"]["b"]
    # seq2seq.py:33
    labels = target.reshape(-1)
    cross_entropy = optax.softmax_cross_entropy_with_integer_labels(logits, labels)
    return jnp.mean(cross_entropy)


optimizer = adam(0.001)


def opt_state_from_checkpoint(path, params):
    """The optimizer's state of an .npz file, by the names that its slots have in the script's checkpoints."""
    arrays = np.load(path)

    def slots(name, tree):
        def read(keys, like):
            return jnp.asarray(arrays["/".join([*(key.key for key in keys), name])])

        return jax.tree.map_with_path(read, tree)

    return (
        slots("Adam", params),
        slots("Adam_1", params),
        jnp.asarray(arrays["beta1_power"]),
        jnp.asarray(arrays["beta2_power"]),
    )


def train_step(params, opt_state, source, target):
    """One step of training. Returns what it changes, and loss."""
    # seq2seq.py:29
    before = jnp.concatenate([jnp.zeros((3, 1), jnp.int32), target[:, :3]], 1)
    # seq2seq.py:28
    rows = params["model"]["embedding"][source]
    # seq2seq.py:30
    rows_1 = params["model"]["embedding"][before]
    loss_value, (grads, rows_grad, rows_1_grad) = jax.value_and_grad(
        loss, argnums=(0, 1, 2)
    )(params, rows, rows_1, target)
    grads["model"]["embedding"] = (
        jnp.concatenate([source, before]),
        jnp.concatenate([rows_grad, rows_1_grad]),
    )
    updates, opt_state = optimizer.update(grads, opt_state, params)
    return optax.apply_updates(params, updates), opt_state, loss_value

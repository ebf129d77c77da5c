"""The network of `examples/adaptive_computation.py`, which thinks as long as it wants to."""

import jax
import jax.numpy as jnp
import optax

SIZE, HIDDEN, LIMIT, ENOUGH = 3, 8, 4, 0.99


def truncated_normal(key, *shape):
    return 0.25 * jax.random.truncated_normal(key, -2.0, 2.0, shape)


def linear(matrix, bias):
    return {"Linear": {"Matrix": matrix, "Bias": bias}}


def init(key):
    keys = jax.random.split(key, 4)
    gates = truncated_normal(keys[0], SIZE + HIDDEN, 2 * HIDDEN)
    candidate = truncated_normal(keys[1], SIZE + HIDDEN, HIDDEN)
    step = {
        "GRUCell": {
            "Gates": linear(gates, jnp.ones(2 * HIDDEN)),
            "Candidate": linear(candidate, jnp.zeros(HIDDEN)),
        },
        "Variable": jnp.zeros((HIDDEN, 1)),
        "Variable_1": jnp.float32(0.0),
    }
    weights = truncated_normal(keys[2], HIDDEN, 2)
    biases = truncated_normal(keys[3], 2)
    return {"thinker": {"step": step, "weights": weights, "biases": biases}}


def dense(params, *parts):
    params = params["Linear"]
    return jnp.concatenate(parts, 1) @ params["Matrix"] + params["Bias"]


def gru_cell(params, x, state):
    gates = jax.nn.sigmoid(dense(params["Gates"], x, state))
    reset, update = jnp.split(gates, 2, 1)
    new = jnp.tanh(dense(params["Candidate"], x, reset * state))
    return update * state + (1 - update) * new


def think(params, inputs):
    def again(values, step):
        state, total, mean, steps, remainder = values
        state = gru_cell(params["GRUCell"], inputs, state)
        chance = state @ params["Variable"] + params["Variable_1"]
        chance = jax.nn.sigmoid(chance)[:, 0]
        thinking = total < ENOUGH
        last = (total + chance >= ENOUGH) | (step == LIMIT - 1)
        weight = jnp.where(thinking, jnp.where(last, 1 - total, chance), 0.0)
        remainder = jnp.where(thinking & last, weight, remainder)
        total = jnp.where(last, 1.0, total + weight)
        mean = mean + weight[:, None] * state
        return (state, total, mean, steps + thinking, remainder), None

    nothing, state = jnp.zeros(len(inputs)), jnp.zeros((len(inputs), HIDDEN))
    values = (state, nothing, state, nothing, nothing)
    (_, _, mean, steps, remainder), _ = jax.lax.scan(again, values, jnp.arange(LIMIT))
    return mean, steps, remainder


def loss(params, inputs, odd):
    thinker = params["thinker"]
    mean, steps, remainder = think(thinker["step"], inputs)
    logits = mean @ thinker["weights"] + thinker["biases"]
    losses = optax.softmax_cross_entropy_with_integer_labels(logits, odd)
    cost = losses.mean() + 0.003 * jnp.mean(steps + remainder)
    return cost, (losses.mean(), logits)


optimizer = optax.chain(optax.clip_by_global_norm(1.0), optax.adam(0.003))


def train_step(params, opt_state, inputs, odd):
    grads, (value, logits) = jax.grad(loss, has_aux=True)(params, inputs, odd)
    updates, opt_state = optimizer.update(grads, opt_state, params)
    accuracy = jnp.mean(jnp.argmax(logits, 1) == odd)
    return optax.apply_updates(params, updates), opt_state, value, accuracy

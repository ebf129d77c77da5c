"""Q-learning with replay: one call for each of four moves, then one that learns from 32 remembered ones."""

import jax
import jax.numpy as jnp
import numpy as np
import optax

from tests.benchmarks.by_hand import layers


def network(params, x):
    for w, b in params[:-1]:
        x = jax.nn.relu(x @ w + b)
    return x @ params[-1][0] + params[-1][1]


def loss_of(params, state, action, reward):
    return jnp.mean(jnp.square(reward - jnp.sum(network(params, state) * action, 1)))


def build():
    rng = np.random.RandomState(0)
    memory = rng.rand(1000, 4).astype(np.float32)
    params, optimizer = layers([4, 64, 64, 2], 0.1), optax.rmsprop(0.00025, 0.99)
    box = [params, optimizer.init(params)]
    values, chosen = jax.jit(network), jax.jit(lambda params, x: jnp.argmax(network(params, x), 1))

    def update(params, state, *inputs):
        loss, gradients = jax.value_and_grad(loss_of)(params, *inputs)
        updates, state = optimizer.update(gradients, state)
        return optax.apply_updates(params, updates), state, loss

    learn = jax.jit(update, donate_argnums=(0, 1))

    def step():
        for _ in range(4):
            np.asarray(chosen(box[0], memory[rng.randint(1000)][None]))
        at = rng.randint(0, 1000, 32)
        best = np.asarray(values(box[0], memory[at])).max(1)
        moves = np.eye(2, dtype=np.float32)[rng.randint(0, 2, 32)]
        *box[:], loss = learn(*box, memory[at], moves, 1 + 0.99 * best)
        return float(loss)

    return step

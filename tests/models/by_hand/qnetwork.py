"""Q-learning: a network that says what each move is worth."""

import itertools

import jax
import jax.numpy as jnp
import optax

SIZES = [4, 64, 64, 2]


def init(key):
    keys = jax.random.split(key, 3)
    shapes = itertools.pairwise(SIZES)
    return [
        (0.1 * jax.random.truncated_normal(k, -2.0, 2.0, s), jnp.full(s[1], 0.01))
        for k, s in zip(keys, shapes, strict=True)
    ]


def apply(params, x):
    *hidden, (w, b) = params
    for weights, biases in hidden:
        x = jax.nn.relu(x @ weights + biases)
    return x @ w + b


def loss(params, state, action, target):
    chosen = jnp.sum(apply(params, state) * action, 1)
    return jnp.mean(jnp.square(target - chosen))


optimizer = optax.rmsprop(0.00025, 0.99, eps=1e-6, initial_scale=1.0)


def train_step(params, opt_state, state, action, target):
    value, grads = jax.value_and_grad(loss)(params, state, action, target)
    updates, opt_state = optimizer.update(grads, opt_state, params)
    return optax.apply_updates(params, updates), opt_state, value

"""Digits through two convolutions, a dense layer and dropout."""

import jax
import jax.numpy as jnp
import optax

from tests.benchmarks.by_hand import convolve, digits, max_pool, normal, training


def loss_of(params, x, y, key):
    x = x.reshape(-1, 28, 28, 1)
    for w, b in params[:2]:
        x = max_pool(jax.nn.relu(convolve(x, w) + b), 2, 2)
    x = jax.nn.relu(x.reshape(-1, 3136) @ params[2][0] + params[2][1])
    x = jnp.where(jax.random.bernoulli(key, 0.5, x.shape), x / 0.5, 0)
    return optax.softmax_cross_entropy(x @ params[3][0] + params[3][1], y).mean()


def build():
    fed = digits(50)
    shapes = [(5, 5, 1, 32), (5, 5, 32, 64), (3136, 1024), (1024, 10)]
    step = training(loss_of, [(normal(i, s, 0.1), jnp.full(s[-1], 0.1)) for i, s in enumerate(shapes)], optax.adam(1e-4))
    keys = iter(jax.random.split(jax.random.key(0), 100_000))
    return lambda: step(*fed, next(keys))

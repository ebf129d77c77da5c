"""Small pictures through convolutions, pooling and normalization of neighbours, with moving averages."""

import jax
import jax.numpy as jnp
import numpy as np
import optax

from tests.benchmarks.by_hand import convolve, cross_entropy, max_pool, normal

RATE = optax.exponential_decay(0.1, 10_000, 0.1, staircase=True)


def neighbours_normalized(x):
    squares = jnp.pad(jnp.square(x), [(0, 0)] * 3 + [(4, 4)])
    total = sum(squares[..., i:i + x.shape[-1]] for i in range(9))
    return x * (1.0 + 0.001 / 9.0 * total) ** -0.75


def loss_of(params, x, y):
    x = neighbours_normalized(max_pool(jax.nn.relu(convolve(x, params[0][0]) + params[0][1]), 3, 2))
    x = max_pool(neighbours_normalized(jax.nn.relu(convolve(x, params[1][0]) + params[1][1])), 3, 2)
    x = x.reshape(len(x), -1)
    for w, b in params[2:4]:
        x = jax.nn.relu(x @ w + b)
    decay = sum(jnp.sum(jnp.square(w)) for w, _ in params[2:])
    return cross_entropy(x @ params[4][0] + params[4][1], y) + 0.004 * decay / 2


@jax.jit
def update(params, averages, count, x, y):
    loss, gradients = jax.value_and_grad(loss_of)(params, x, y)
    params = jax.tree.map(lambda p, g: p - RATE(count) * g, params, gradients)
    decay = jnp.minimum(0.9999, (1.0 + count + 1) / (10.0 + count + 1))
    averages = jax.tree.map(lambda a, p: a - (1 - decay) * (a - p), averages, params)
    return params, averages, count + 1, loss


def build():
    rng = np.random.RandomState(0)
    fed = rng.rand(32, 24, 24, 3).astype(np.float32), rng.randint(0, 10, 32).astype(np.int32)
    shapes = [(5, 5, 3, 64), (5, 5, 64, 64), (2304, 384), (384, 192), (192, 10)]
    params = [(normal(i, s, 0.04), normal(i, s[-1:], 0.01)) for i, s in enumerate(shapes)]
    box = [params, jax.tree.map(jnp.copy, params), jnp.int32(0)]

    def step():
        *box[:], loss = update(*box, *fed)
        return float(loss)

    return step

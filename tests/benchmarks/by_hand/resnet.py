"""A small residual network with batch normalization."""

import itertools

import jax
import jax.numpy as jnp
import numpy as np
import optax

from tests.benchmarks.by_hand import convolve, cross_entropy, normal, training

BLOCKS = [(16, 1), (16, 1), (32, 2), (32, 1), (64, 2), (64, 1)]


def layer(inputs, outputs, key):
    return {"kernel": normal(key, (3, 3, inputs, outputs), (2 / (9 * inputs)) ** 0.5), "beta": jnp.zeros(outputs),
            "gamma": jnp.ones(outputs)}


def convolved(p, x, stride=1):
    x = convolve(x, p["kernel"], stride)
    mean = jnp.mean(x, (0, 1, 2))
    variance = jnp.mean(jnp.square(x - mean), (0, 1, 2))
    return (x - mean) * jax.lax.rsqrt(variance + 1e-3) * p["gamma"] + p["beta"]


def loss_of(params, x, y):
    x = jax.nn.relu(convolved(params["start"], x))
    for (first, second), (depth, stride) in zip(params["blocks"], BLOCKS, strict=True):
        inside = convolved(second, jax.nn.relu(convolved(first, x, stride)))
        if stride > 1:
            n, h, w, c = x.shape
            x = x.reshape(n, h // 2, 2, w // 2, 2, c).mean((2, 4))
            x = jnp.pad(x, [(0, 0)] * 3 + [(0, depth - c)])
        x = jax.nn.relu(x + inside)
    return cross_entropy(x.mean((1, 2)) @ params["weights"], y)


def build():
    rng = np.random.RandomState(0)
    fed = rng.rand(16, 32, 32, 3).astype(np.float32), rng.randint(0, 10, 16)
    depths = [16] + [depth for depth, _ in BLOCKS]
    params = {"start": layer(3, 16, 0), "weights": normal(1, (64, 10), 0.1),
              "blocks": [(layer(a, b, i), layer(b, b, i)) for i, (a, b) in enumerate(itertools.pairwise(depths))]}
    step = training(loss_of, params, optax.sgd(0.01, 0.9))
    return lambda: step(*fed)

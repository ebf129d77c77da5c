"""A picture that takes on the style of another: gradient by the input through fixed convolutions."""

import itertools

import jax
import jax.numpy as jnp
import numpy as np
import optax

from tests.benchmarks.by_hand import convolve, normal, training


def average_pool(x):
    n, h, w, c = x.shape
    return x.reshape(n, h // 2, 2, w // 2, 2, c).mean((2, 4))


def features(x, kernels):
    found = []
    for i, kernel in enumerate(kernels):
        x = jax.nn.relu(convolve(x, kernel))
        found.append(x)
        if i % 2:
            x = average_pool(x)
    return found


def gram(x):
    flat = x.reshape(-1, x.shape[-1])
    return flat.T @ flat / x.size


def build():
    rng = np.random.RandomState(0)
    depths = [3, 32, 32, 64, 64, 128]
    kernels = [(rng.randn(3, 3, a, b) * (2 / (9 * a)) ** 0.5).astype(np.float32)
               for a, b in itertools.pairwise(depths)]
    content, style = (jnp.asarray(rng.rand(1, 96, 96, 3).astype(np.float32)) for _ in range(2))
    wanted = features(content, kernels)[3]
    grams = [gram(x) for x in features(style, kernels)]

    def loss_of(image):
        found = features(image, kernels)
        loss = jnp.sum(jnp.square(found[3] - wanted)) / 2
        return loss + sum(100.0 * jnp.sum(jnp.square(gram(x) - g)) / 2 for x, g in zip(found, grams, strict=True))

    return training(loss_of, normal(0, (1, 96, 96, 3), 0.2), optax.adam(0.02))

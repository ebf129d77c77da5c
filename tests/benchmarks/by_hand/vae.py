"""A variational autoencoder of digits."""

import jax
import jax.numpy as jnp
import optax

from tests.benchmarks.by_hand import digits, layers, training


def dense(layer, x):
    return x @ layer[0] + layer[1]


def loss_of(params, x, key):
    h = x
    for layer in params["encoder"]:
        h = jax.nn.softplus(dense(layer, h))
    mean, log_variance = (dense(layer, h) for layer in params["latent"])
    h = mean + jnp.exp(log_variance / 2) * jax.random.normal(key, mean.shape)
    for layer in params["decoder"][:-1]:
        h = jax.nn.softplus(dense(layer, h))
    reconstruction = optax.sigmoid_binary_cross_entropy(dense(params["decoder"][-1], h), x).sum(1)
    latent = -0.5 * jnp.sum(1 + log_variance - jnp.square(mean) - jnp.exp(log_variance), 1)
    return jnp.mean(reconstruction + latent)


def build():
    x, _ = digits(100)
    params = {"encoder": layers([784, 500, 500], 0.04), "latent": layers([500, 20], 0.04) + layers([500, 20], 0.04),
              "decoder": layers([20, 500, 500, 784], 0.04)}
    step = training(loss_of, params, optax.adam(0.001))
    keys = iter(jax.random.split(jax.random.key(0), 100_000))
    return lambda: step(x, next(keys))

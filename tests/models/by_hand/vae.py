"""A variational autoencoder of digits."""

import jax
import jax.numpy as jnp
import optax


def layer(key, inputs, outputs):
    limit = (6 / (inputs + outputs)) ** 0.5
    weights = jax.random.uniform(key, (inputs, outputs), minval=-limit, maxval=limit)
    return {"w": weights, "b": jnp.zeros(outputs)}


def init(key):
    keys = jax.random.split(key, 7)
    return {
        "encoder": {
            "h1": layer(keys[0], 784, 500),
            "h2": layer(keys[1], 500, 500),
            "mean": layer(keys[2], 500, 20),
            "log_sigma_sq": layer(keys[3], 500, 20),
        },
        "decoder": {
            "h1": layer(keys[4], 20, 500),
            "h2": layer(keys[5], 500, 500),
            "mean": layer(keys[6], 500, 784),
        },
    }


def dense(params, x):
    return x @ params["w"] + params["b"]


def hidden(params, x):
    return jax.nn.softplus(dense(params["h2"], jax.nn.softplus(dense(params["h1"], x))))


def loss(params, x, key):
    h = hidden(params["encoder"], x)
    mean = dense(params["encoder"]["mean"], h)
    log_sigma_sq = dense(params["encoder"]["log_sigma_sq"], h)
    z = mean + jnp.exp(log_sigma_sq / 2) * jax.random.normal(key, mean.shape)
    decoder = params["decoder"]
    mine = jax.nn.sigmoid(dense(decoder["mean"], hidden(decoder, z)))
    reconstruction = -jnp.sum(
        x * jnp.log(1e-10 + mine) + (1 - x) * jnp.log(1e-10 + 1 - mine), 1
    )
    latent = -0.5 * jnp.sum(1 + log_sigma_sq - mean**2 - jnp.exp(log_sigma_sq), 1)
    return jnp.mean(reconstruction + latent)


optimizer = optax.adam(0.001)


def train_step(params, opt_state, x, key):
    value, grads = jax.value_and_grad(loss)(params, x, key)
    updates, opt_state = optimizer.update(grads, opt_state, params)
    return optax.apply_updates(params, updates), opt_state, value

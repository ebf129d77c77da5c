"""A variational autoencoder."""

import jax
import jax.numpy as jnp
import numpy as np
import optax


def dense_params(key, inputs, outputs):
    return {
        "w": 0.2 * jax.random.normal(key, (inputs, outputs)),
        "b": jnp.zeros(outputs),
    }


def init(key):
    keys = jax.random.split(key, 5)
    return {
        "encoder": {
            "hidden": dense_params(keys[0], 12, 8),
            "mean": dense_params(keys[1], 8, 3),
            "log_sigma_sq": dense_params(keys[2], 8, 3),
        },
        "decoder": {
            "hidden": dense_params(keys[3], 3, 8),
            "mean": dense_params(keys[4], 8, 12),
        },
    }


def load(path):
    arrays = np.load(path)

    def read(keys, like):
        return jnp.asarray(arrays["/".join(key.key for key in keys)])

    return jax.tree.map_with_path(read, jax.eval_shape(init, jax.random.key(0)))


def dense(params, x):
    return x @ params["w"] + params["b"]


def loss(params, x, eps):
    encoder, decoder = params["encoder"], params["decoder"]
    hidden = jax.nn.elu(dense(encoder["hidden"], x))
    mean = dense(encoder["mean"], hidden)
    log_sigma_sq = dense(encoder["log_sigma_sq"], hidden)
    z = mean + jnp.sqrt(jnp.exp(log_sigma_sq)) * eps
    hidden = jax.nn.elu(dense(decoder["hidden"], z))
    y = jax.nn.sigmoid(dense(decoder["mean"], hidden))
    reconstruction = -jnp.sum(
        x * jnp.log(1e-10 + y) + (1 - x) * jnp.log(1e-10 + 1 - y), 1
    )
    latent = -0.5 * jnp.sum(1 + log_sigma_sq - mean**2 - jnp.exp(log_sigma_sq), 1)
    return jnp.mean(reconstruction + latent)


optimizer = optax.adam(0.01)


def train_step(params, opt_state, x, eps):
    value, grads = jax.value_and_grad(loss)(params, x, eps)
    updates, opt_state = optimizer.update(grads, opt_state, params)
    return optax.apply_updates(params, updates), opt_state, value

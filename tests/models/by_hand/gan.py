"""A generative adversarial network, both sides of which take a step at once."""

import jax
import jax.numpy as jnp
import optax


def layer(key, inputs, outputs):
    weights = 0.02 * jax.random.normal(key, (inputs, outputs))
    return {"w": weights, "b": jnp.zeros(outputs)}


def init(key):
    keys = jax.random.split(key, 5)
    return {
        "G": {"g0": layer(keys[0], 100, 128), "g1": layer(keys[1], 128, 784)},
        "D": {
            "d0": layer(keys[2], 784, 128),
            "d1": layer(keys[3], 128, 128),
            "d2": layer(keys[4], 128, 1),
        },
    }


def linear(params, x):
    return x @ params["w"] + params["b"]


def generator(params, z):
    hidden = jax.nn.softplus(linear(params["g0"], z))
    return jax.nn.sigmoid(linear(params["g1"], hidden))


def discriminator(params, x):
    hidden = jnp.tanh(linear(params["d0"], x))
    hidden = jnp.tanh(linear(params["d1"], hidden))
    return jax.nn.sigmoid(linear(params["d2"], hidden))


def loss_d(d_params, g_params, x, z):
    real = discriminator(d_params, x)
    fake = discriminator(d_params, generator(g_params, z))
    return jnp.mean(-jnp.log(real) - jnp.log(1 - fake))


def loss_g(g_params, d_params, z):
    return jnp.mean(-jnp.log(discriminator(d_params, generator(g_params, z))))


opt_d = optax.sgd(0.05)
opt_g = optax.adam(2e-4, b1=0.5)


def begin(params):
    return ({"D": opt_d.init(params["D"]), "G": opt_g.init(params["G"])},)


def train_step(params, opt_state, x, z):
    d, g = params["D"], params["G"]
    d_value, d_grads = jax.value_and_grad(loss_d)(d, g, x, z)
    g_value, g_grads = jax.value_and_grad(loss_g)(g, d, z)
    d_updates, d_state = opt_d.update(d_grads, opt_state["D"], d)
    g_updates, g_state = opt_g.update(g_grads, opt_state["G"], g)
    params = {
        "D": optax.apply_updates(d, d_updates),
        "G": optax.apply_updates(g, g_updates),
    }
    return params, {"D": d_state, "G": g_state}, d_value, g_value

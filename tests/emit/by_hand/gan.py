"""A generative adversarial network, both sides of which take a step at once."""

import jax
import jax.numpy as jnp
import numpy as np
import optax


def linear_params(key, inputs, outputs):
    return {
        "w": 0.5 * jax.random.normal(key, (inputs, outputs)),
        "b": jnp.zeros(outputs),
    }


def init(key):
    keys = jax.random.split(key, 5)
    return {
        "G": {"g0": linear_params(keys[0], 4, 8), "g1": linear_params(keys[1], 8, 6)},
        "D": {
            "d0": linear_params(keys[2], 6, 8),
            "d1": linear_params(keys[3], 8, 8),
            "d2": linear_params(keys[4], 8, 1),
        },
    }


def load(path):
    arrays = np.load(path)

    def read(keys, like):
        return jnp.asarray(arrays["/".join(key.key for key in keys)])

    return jax.tree.map_with_path(read, jax.eval_shape(init, jax.random.key(0)))


def linear(params, x):
    return x @ params["w"] + params["b"]


def generator(params, z):
    hidden = jax.nn.softplus(linear(params["g0"], z))
    return linear(params["g1"], hidden)


def discriminator(params, x):
    hidden = jnp.tanh(linear(params["d0"], x))
    hidden = jnp.tanh(linear(params["d1"], hidden))
    return jax.nn.sigmoid(linear(params["d2"], hidden))


def loss_d(d_params, g_params, z, x):
    real = discriminator(d_params, x)
    fake = discriminator(d_params, generator(g_params, z))
    return jnp.mean(-jnp.log(real) - jnp.log(1 - fake))


def loss_g(g_params, d_params, z):
    return jnp.mean(-jnp.log(discriminator(d_params, generator(g_params, z))))


opt_d = optax.sgd(0.05)
opt_g = optax.adam(0.01, b1=0.5)


def init_optimizers(params):
    return {"opt_d": opt_d.init(params["D"]), "opt_g": opt_g.init(params["G"])}


def train_step(params, opt_state, z, x):
    d, g = params["D"], params["G"]
    d_value, d_grads = jax.value_and_grad(loss_d)(d, g, z, x)
    g_value, g_grads = jax.value_and_grad(loss_g)(g, d, z)
    d_updates, d_state = opt_d.update(d_grads, opt_state["opt_d"], d)
    g_updates, g_state = opt_g.update(g_grads, opt_state["opt_g"], g)
    params = {
        "D": optax.apply_updates(d, d_updates),
        "G": optax.apply_updates(g, g_updates),
    }
    opt_state = {"opt_d": d_state, "opt_g": g_state}
    return params, opt_state, d_value, g_value

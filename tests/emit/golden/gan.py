"""gan as JAX."""

import jax
import jax.numpy as jnp
import numpy as np
import optax


def init_linear(key, n, m):
    return {"w": jax.random.normal(key, (n, m)) * 0.02, "b": jnp.zeros(m)}


def init(key):
    """The variables as the program initializes them, from other random numbers."""
    keys = jax.random.split(key, 5)
    return {
        "G": {"g0": init_linear(keys[0], 100, 8), "g1": init_linear(keys[1], 8, 784)},
        "D": {
            "d0": init_linear(keys[2], 784, 8),
            "d1": init_linear(keys[3], 8, 8),
            "d2": init_linear(keys[4], 8, 1),
        },
    }


def params_from_checkpoint(path):
    """The variables of an .npz file, by the names that they have in the script's checkpoints."""
    arrays = np.load(path)

    def read(keys, like):
        return jnp.asarray(arrays["/".join(key.key for key in keys)])

    params = jax.eval_shape(init, jax.random.key(0))
    return jax.tree.map_with_path(read, params)


def linear(params, x):
    return x @ params["w"] + params["b"]


def discriminator(params, x):
    # gan.py:23
    h0 = jnp.tanh(linear(params["d0"], x))
    # gan.py:24
    h1 = jnp.tanh(linear(params["d1"], h0))
    return jax.nn.sigmoid(linear(params["d2"], h1))


def generator(params, x):
    # gan.py:18
    h0 = jax.nn.softplus(linear(params["g0"], x))
    return jax.nn.sigmoid(linear(params["g1"], h0))


def loss_d(params, x, z):
    """The loss (gan.py:38)."""
    # gan.py:25
    D2 = discriminator(params["D"], generator(params["G"], z))
    return jnp.mean(-jnp.log(discriminator(params["D"], x)) - jnp.log(1.0 - D2))


def loss_g(params, z):
    """The loss (gan.py:39)."""
    # gan.py:25
    D2 = discriminator(params["D"], generator(params["G"], z))
    return jnp.mean(-jnp.log(D2))


optimizer_1 = optax.sgd(0.05)


# TensorFlow adds epsilon before it corrects the second moment, optax after it.
opt_g = optax.inject_hyperparams(optax.adam)(
    0.0002, b1=0.5, eps=lambda count: 1e-08 / jnp.sqrt(1 - 0.999 ** (count + 1))
)


def init_optimizers(params):
    """The opt_state that train_step starts from."""
    return {
        "optimizer_1": optimizer_1.init(params["D"]),
        "opt_g": opt_g.init(params["G"]),
    }


def opt_state_from_checkpoint(path, params):
    """The optimizer's state of an .npz file, by the names that its slots have in the script's checkpoints."""
    arrays = np.load(path)

    def slots(name, tree, *scope):
        def read(keys, like):
            return jnp.asarray(
                arrays["/".join([*scope, *(key.key for key in keys), name])]
            )

        return jax.tree.map_with_path(read, tree)

    opt_g_count = jnp.int32(np.round(np.log(arrays["beta2_power"]) / np.log(0.999)) - 1)
    opt_g_state = opt_g.init(params["G"])
    return {
        "optimizer_1": optimizer_1.init(params["D"]),
        "opt_g": opt_g_state._replace(
            count=opt_g_count,
            hyperparams_states=optax.tree.set(
                opt_g_state.hyperparams_states, count=opt_g_count
            ),
            inner_state=optax.tree.set(
                opt_g_state.inner_state,
                count=opt_g_count,
                mu=slots("Adam", params["G"], "G"),
                nu=slots("Adam_1", params["G"], "G"),
            ),
        ),
    }


def train_step(params, opt_state, x, z):
    """One step of training. Returns what it changes, and loss_d, loss_g."""
    loss_d_value, loss_d_grads = jax.value_and_grad(loss_d)(params, x, z)
    loss_g_value, loss_g_grads = jax.value_and_grad(loss_g)(params, z)
    optimizer_1_updates, optimizer_1_state = optimizer_1.update(
        loss_d_grads["D"], opt_state["optimizer_1"], params["D"]
    )
    opt_g_updates, opt_g_state = opt_g.update(
        loss_g_grads["G"], opt_state["opt_g"], params["G"]
    )
    opt_state = {"optimizer_1": optimizer_1_state, "opt_g": opt_g_state}
    new_params = {
        "G": optax.apply_updates(params["G"], opt_g_updates),
        "D": optax.apply_updates(params["D"], optimizer_1_updates),
    }
    return new_params, opt_state, loss_d_value, loss_g_value

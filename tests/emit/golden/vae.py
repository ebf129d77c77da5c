"""vae as JAX."""

import jax
import jax.numpy as jnp
import numpy as np
import optax


def init_dense(key, n, m, k):
    return {
        "w": jax.random.uniform(key, (n, m), minval=-k, maxval=k),
        "b": jnp.zeros(m),
    }


def init(key):
    """The variables as the program initializes them, from other random numbers."""
    keys = jax.random.split(key, 7)
    return {
        "encoder": {
            "h1": init_dense(keys[0], 784, 16, 0.08660254),
            "h2": init_dense(keys[1], 16, 16, 0.4330127),
            "mean": init_dense(keys[2], 16, 3, 0.56195146),
            "log_sigma_sq": init_dense(keys[3], 16, 3, 0.56195146),
        },
        "decoder": {
            "h1": init_dense(keys[4], 3, 16, 0.56195146),
            "h2": init_dense(keys[5], 16, 16, 0.4330127),
            "mean": init_dense(keys[6], 16, 784, 0.08660254),
        },
    }


def params_from_checkpoint(path):
    """The variables of an .npz file, by the names that they have in the script's checkpoints."""
    arrays = np.load(path)

    def read(keys, like):
        return jnp.asarray(arrays["/".join(key.key for key in keys)])

    params = jax.eval_shape(init, jax.random.key(0))
    return jax.tree.map_with_path(read, params)


def dense(params, x):
    return x @ params["w"] + params["b"]


def loss(params, x, key):
    """The loss, cost (vae.py:36)."""
    # vae.py:22
    h1 = jax.nn.softplus(dense(params["encoder"]["h1"], x))
    # vae.py:23
    h2 = jax.nn.softplus(dense(params["encoder"]["h2"], h1))
    # vae.py:15
    z_mean = dense(params["encoder"]["mean"], h2)
    z_log_sigma_sq = dense(params["encoder"]["log_sigma_sq"], h2)
    # vae.py:27
    product = jnp.sqrt(jnp.exp(z_log_sigma_sq)) * jax.random.normal(key, z_mean.shape)
    # vae.py:30
    h1_2 = jax.nn.softplus(dense(params["decoder"]["h1"], z_mean + product))
    # vae.py:31
    h2_2 = jax.nn.softplus(dense(params["decoder"]["h2"], h1_2))
    # vae.py:32
    x_reconstr_mean = jax.nn.sigmoid(dense(params["decoder"]["mean"], h2_2))
    # vae.py:34
    product_2 = (1.0 - x) * jnp.log(1.0 - x_reconstr_mean)
    # vae.py:33
    total = x * jnp.log(1e-10 + x_reconstr_mean) + product_2
    # vae.py:35
    total_2 = jnp.sum(1.0 + z_log_sigma_sq - z_mean**2 - jnp.exp(z_log_sigma_sq), 1)
    return jnp.mean(-jnp.sum(total, 1) - 0.5 * total_2)


# TensorFlow adds epsilon before it corrects the second moment, optax after it.
optimizer = optax.inject_hyperparams(optax.adam)(
    0.001, eps=lambda count: 1e-08 / jnp.sqrt(1 - 0.999 ** (count + 1))
)


def opt_state_from_checkpoint(path, params):
    """The optimizer's state of an .npz file, by the names that its slots have in the script's checkpoints."""
    arrays = np.load(path)

    def slots(name, tree):
        def read(keys, like):
            return jnp.asarray(arrays["/".join([*(key.key for key in keys), name])])

        return jax.tree.map_with_path(read, tree)

    count = jnp.int32(np.round(np.log(arrays["beta2_power"]) / np.log(0.999)) - 1)
    state = optimizer.init(params)
    return state._replace(
        count=count,
        hyperparams_states=optax.tree.set(state.hyperparams_states, count=count),
        inner_state=optax.tree.set(
            state.inner_state,
            count=count,
            mu=slots("Adam", params),
            nu=slots("Adam_1", params),
        ),
    )


def train_step(params, opt_state, x, key):
    """One step of training. Returns what it changes, and cost."""
    loss_value, grads = jax.value_and_grad(loss)(params, x, key)
    updates, opt_state = optimizer.update(grads, opt_state, params)
    return optax.apply_updates(params, updates), opt_state, loss_value

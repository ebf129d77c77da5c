"""vae as JAX."""

import jax
import jax.numpy as jnp
import numpy as np
import optax


def init_dense(key, n, m):
    return {"w": jax.random.normal(key, (n, m)) * 0.2, "b": jnp.zeros((m,))}


def init(key):
    """The variables as the program initializes them, from other random numbers."""
    keys = jax.random.split(key, 5)
    return {
        "encoder": {
            "hidden": init_dense(keys[0], 12, 8),
            "mean": init_dense(keys[1], 8, 3),
            "log_sigma_sq": init_dense(keys[2], 8, 3),
        },
        "decoder": {
            "hidden": init_dense(keys[3], 3, 8),
            "mean": init_dense(keys[4], 8, 12),
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


def loss(params, x, eps):
    """What is differentiated, cost (models.py:319)."""
    # models.py:309
    hidden = jax.nn.elu(dense(params["encoder"]["hidden"], x))
    # models.py:306
    add = dense(params["encoder"]["mean"], hidden)
    log_sigma_sq_add = dense(params["encoder"]["log_sigma_sq"], hidden)
    # models.py:312
    z = add + jnp.sqrt(jnp.exp(log_sigma_sq_add)) * eps
    # models.py:314
    hidden_2 = jax.nn.elu(dense(params["decoder"]["hidden"], z))
    # models.py:315
    x_reconstr_mean = jax.nn.sigmoid(dense(params["decoder"]["mean"], hidden_2))
    # models.py:316
    reconstr_loss = x * jnp.log(1e-10 + x_reconstr_mean)
    reconstr_loss_2 = -jnp.sum(
        reconstr_loss + (1.0 - x) * jnp.log(1.0 - x_reconstr_mean), 1
    )
    # models.py:318
    sum_1 = jnp.sum(1.0 + log_sigma_sq_add - add**2 - jnp.exp(log_sigma_sq_add), 1)
    return jnp.mean(reconstr_loss_2 + -0.5 * sum_1)


# TensorFlow adds epsilon before it corrects the second moment, optax after it.
optimizer = optax.inject_hyperparams(optax.adam)(
    0.01, b1=0.9, b2=0.999, eps=lambda count: 1e-08 / jnp.sqrt(1 - 0.999 ** (count + 1))
)


def train_step(params, opt_state, x, eps):
    """One step of training. Returns what it was given, as it is afterwards, and cost."""
    loss_value, grads = jax.value_and_grad(loss)(params, x, eps)
    updates, opt_state = optimizer.update(grads, opt_state, params)
    new_params = optax.apply_updates(params, updates)
    return new_params, opt_state, loss_value

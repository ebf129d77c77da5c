"""gan as JAX."""

import jax
import jax.numpy as jnp
import numpy as np
import optax


def init_linear(key, n, m):
    return {"w": jax.random.normal(key, (n, m)) * 0.5, "b": jnp.zeros((m,))}


def init_w(key, shape):
    return jax.random.normal(key, shape) * 0.5


def init(key):
    """The variables as the program initializes them, from other random numbers."""
    keys = jax.random.split(key, 5)
    return {
        "G": {"g0": init_linear(keys[0], 4, 8), "g1": init_linear(keys[1], 8, 6)},
        "D": {
            "d0": init_linear(keys[2], 6, 8),
            "d1": init_linear(keys[3], 8, 8),
            "d2": {"w": init_w(keys[4], (8, 1)), "b": np.array([0.0], np.float32)},
        },
    }


def params_from_checkpoint(path):
    """The variables of an .npz file, by the names that they have in the script's checkpoints."""
    arrays = np.load(path)

    def read(keys, like):
        return jnp.asarray(arrays["/".join(key.key for key in keys)])

    params = jax.eval_shape(init, jax.random.key(0))
    return jax.tree.map_with_path(read, params)


def linear(params, z):
    return z @ params["w"] + params["b"]


def loss_d(params, z, x):
    """What is differentiated (models.py:289)."""
    # models.py:279
    h0 = jnp.tanh(linear(params["D"]["d0"], x))
    # models.py:280
    h1 = jnp.tanh(linear(params["D"]["d1"], h0))
    # models.py:275
    h0_2 = jax.nn.softplus(linear(params["G"]["g0"], z))
    # models.py:279
    h0_3 = jnp.tanh(linear(params["D"]["d0"], linear(params["G"]["g1"], h0_2)))
    # models.py:280
    h1_2 = jnp.tanh(linear(params["D"]["d1"], h0_3))
    # models.py:289
    sub_1 = -jnp.log(jax.nn.sigmoid(linear(params["D"]["d2"], h1))) - jnp.log(
        1.0 - jax.nn.sigmoid(linear(params["D"]["d2"], h1_2))
    )
    return jnp.mean(sub_1)


def loss_g(params, z):
    """What is differentiated (models.py:290)."""
    # models.py:275
    h0 = jax.nn.softplus(linear(params["G"]["g0"], z))
    # models.py:279
    h0_2 = jnp.tanh(linear(params["D"]["d0"], linear(params["G"]["g1"], h0)))
    # models.py:280
    h1 = jnp.tanh(linear(params["D"]["d1"], h0_2))
    # models.py:290
    loss_g = jnp.mean(-jnp.log(jax.nn.sigmoid(linear(params["D"]["d2"], h1))))
    return loss_g


opt_d = optax.sgd(0.05)


# TensorFlow adds epsilon before it corrects the second moment, optax after it.
opt_g = optax.inject_hyperparams(optax.adam)(
    0.01, b1=0.5, b2=0.999, eps=lambda count: 1e-08 / jnp.sqrt(1 - 0.999 ** (count + 1))
)


def init_optimizers(params):
    """The opt_state that train_step starts from."""
    return {"opt_d": opt_d.init(params["D"]), "opt_g": opt_g.init(params["G"])}


def train_step(params, opt_state, z, x):
    """One step of training. Returns what it was given, as it is afterwards, and loss_d, loss_g."""
    loss_d_value, loss_d_grads = jax.value_and_grad(loss_d)(params, z, x)
    loss_g_value, loss_g_grads = jax.value_and_grad(loss_g)(params, z)
    opt_d_updates, opt_d_state = opt_d.update(
        loss_d_grads["D"], opt_state["opt_d"], params["D"]
    )
    opt_g_updates, opt_g_state = opt_g.update(
        loss_g_grads["G"], opt_state["opt_g"], params["G"]
    )
    opt_state = {"opt_d": opt_d_state, "opt_g": opt_g_state}
    new_params = {
        "G": optax.apply_updates(params["G"], opt_g_updates),
        "D": optax.apply_updates(params["D"], opt_d_updates),
    }
    return new_params, opt_state, loss_d_value, loss_g_value

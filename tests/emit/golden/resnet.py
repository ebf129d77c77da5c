"""resnet as JAX."""

import jax
import jax.numpy as jnp
import numpy as np
import optax
from jax import lax


def conv2d(x, kernel, strides, padding):
    return lax.conv_general_dilated(
        x, kernel, strides, padding, dimension_numbers=("NHWC", "HWIO", "NHWC")
    )


def init_conv_bn(key, n):
    return {
        "w": jax.random.truncated_normal(key, -2.0, 2.0, (3, 3, n, 8)) * 0.1,
        "gamma": jnp.ones((8,)),
        "beta": jnp.zeros((8,)),
    }


def init_block(keys):
    return {"a": init_conv_bn(keys[0], 8), "b": init_conv_bn(keys[1], 8)}


def init_w(key, shape):
    return jax.random.truncated_normal(key, -2.0, 2.0, shape) * 0.1


def init(key):
    """The variables as the program initializes them, from other random numbers."""
    keys = jax.random.split(key, 10)
    return {
        "stem": init_conv_bn(keys[0], 3),
        "block0": init_block(keys[1:3]),
        "block1": init_block(keys[3:5]),
        "block2": init_block(keys[5:7]),
        "block3": init_block(keys[7:9]),
        "fc": {"w": init_w(keys[9], (8, 10)), "b": jnp.zeros((10,))},
    }


def params_from_checkpoint(path):
    """The variables of an .npz file, by the names that they have in the script's checkpoints."""
    arrays = np.load(path)

    def read(keys, like):
        return jnp.asarray(arrays["/".join(key.key for key in keys)])

    params = jax.eval_shape(init, jax.random.key(0))
    return jax.tree.map_with_path(read, params)


def conv_bn(params, net):
    batch = net.shape[0]
    # models.py:166
    conv = conv2d(net, params["w"], (1, 1), "SAME")
    # models.py:169
    moments_slice = conv[:1, :1, :1]
    shifted_mean = jnp.sum(conv - moments_slice, (0, 1, 2)) / (64 * batch)
    variance = (
        jnp.sum(jnp.square(conv - moments_slice), (0, 1, 2)) / (64 * batch)
        - shifted_mean**2
    )
    # models.py:170
    mul = lax.rsqrt(variance + 0.001) * params["gamma"]
    return conv * mul + (params["beta"] - (shifted_mean + conv[0, 0, 0]) * mul)


def block(params, net):
    # models.py:174
    h = jax.nn.relu(conv_bn(params["a"], net))
    return jax.nn.relu(net + conv_bn(params["b"], h))


def apply(params, x):
    """The value of logits."""
    net = jax.nn.relu(conv_bn(params["stem"], x))
    # models.py:176
    for t in range(4):
        net = block(params[f"block{t}"], net)
    return jnp.mean(net, (1, 2)) @ params["fc"]["w"] + params["fc"]["b"]


def loss(params, x, y):
    """What is differentiated (models.py:186)."""
    logits = apply(params, x)
    return jnp.mean(optax.softmax_cross_entropy_with_integer_labels(logits, y))


optimizer = optax.sgd(0.05, momentum=0.9)


def train_step(params, opt_state, x, y):
    """One step of training. Returns what it was given, as it is afterwards, and loss."""
    loss_value, grads = jax.value_and_grad(loss)(params, x, y)
    updates, opt_state = optimizer.update(grads, opt_state, params)
    new_params = optax.apply_updates(params, updates)
    return new_params, opt_state, loss_value

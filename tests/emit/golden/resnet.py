"""resnet as JAX."""

import jax
import jax.numpy as jnp
import numpy as np
import optax
from jax import lax


def conv2d(x, kernel, strides):
    return lax.conv_general_dilated(
        x, kernel, strides, "SAME", dimension_numbers=("NHWC", "HWIO", "NHWC")
    )


def avg_pool(x):
    return lax.reduce_window(x, 0.0, lax.add, (1, 2, 2, 1), (1, 2, 2, 1), "VALID") / 4


def truncated_normal(key, shape, n):
    return jax.random.truncated_normal(key, -2.0, 2.0, shape) * n


def init_convolved(key, n, m, k):
    norm = {"gamma": jnp.ones(m), "beta": jnp.zeros(m)}
    return {"kernel": truncated_normal(key, (3, 3, n, m), k), "norm": norm}


def init_block(keys, n, m, k, i):
    second = init_convolved(keys[1], m, m, i)
    return {"first": init_convolved(keys[0], n, m, k), "second": second}


def init(key):
    """The variables as the program initializes them, from other random numbers."""
    keys = jax.random.split(key, 14)
    return {
        "start": init_convolved(keys[0], 3, 4, 0.27216554),
        "block0": init_block(keys[1:3], 4, 4, 0.23570226, 0.23570226),
        "block1": init_block(keys[3:5], 4, 4, 0.23570226, 0.23570226),
        "block2": init_block(keys[5:7], 4, 8, 0.23570226, 0.16666667),
        "block3": init_block(keys[7:9], 8, 8, 0.16666667, 0.16666667),
        "block4": init_block(keys[9:11], 8, 16, 0.16666667, 0.11785113),
        "block5": init_block(keys[11:13], 16, 16, 0.11785113, 0.11785113),
        "weights": truncated_normal(keys[13], (16, 10), 0.1),
    }


def params_from_checkpoint(path):
    """The variables of an .npz file, by the names that they have in the script's checkpoints."""
    arrays = np.load(path)

    def read(keys, like):
        return jnp.asarray(arrays["/".join(key.key for key in keys)])

    params = jax.eval_shape(init, jax.random.key(0))
    return jax.tree.map_with_path(read, params)


def convolved(params, relu_1, strides):
    # resnet.py:25
    first_conv2d = conv2d(relu_1, params["kernel"], strides)
    # resnet.py:16
    start = first_conv2d[:1, :1, :1]
    shifted = jnp.mean(first_conv2d - start, (0, 1, 2))
    # resnet.py:17
    add = jnp.mean(jnp.square(first_conv2d - start), (0, 1, 2)) - shifted**2 + 0.001
    inverse = lax.rsqrt(add) * params["norm"]["gamma"]
    # resnet.py:16
    mean = shifted + first_conv2d[0, 0, 0]
    return first_conv2d * inverse + (params["norm"]["beta"] - mean * inverse)


def block(params, relu_1, pad_width):
    # resnet.py:33
    x = avg_pool(relu_1)
    # resnet.py:30
    relu = jax.nn.relu(convolved(params["first"], relu_1, (2, 2)))
    # resnet.py:17
    y = convolved(params["second"], relu, (1, 1))
    return jax.nn.relu(jnp.pad(x, pad_width) + y)


def block_2(params, hidden):
    # resnet.py:30
    relu = jax.nn.relu(convolved(params["first"], hidden, (1, 1)))
    # resnet.py:17
    y = convolved(params["second"], relu, (1, 1))
    return jax.nn.relu(hidden + y)


def apply(params, x):
    """The value of logits."""
    # resnet.py:42
    hidden = jax.nn.relu(convolved(params["start"], x, (1, 1)))
    # resnet.py:35
    block1_relu_1 = block_2(params["block1"], block_2(params["block0"], hidden))
    relu_1 = block(params["block2"], block1_relu_1, [(0, 0), (0, 0), (0, 0), (0, 4)])
    block3_relu_1 = block_2(params["block3"], relu_1)
    block4_relu_1 = block(
        params["block4"], block3_relu_1, [(0, 0), (0, 0), (0, 0), (0, 8)]
    )
    hidden_2 = block_2(params["block5"], block4_relu_1)
    return jnp.mean(hidden_2, (1, 2)) @ params["weights"]


def loss(params, x, y):
    """What is differentiated (resnet.py:48)."""
    logits = apply(params, x)
    return jnp.mean(optax.softmax_cross_entropy_with_integer_labels(logits, y))


optimizer = optax.sgd(0.01, momentum=0.9)


def opt_state_from_checkpoint(path, params):
    """The optimizer's state of an .npz file, by the names that its slots have in the script's checkpoints."""
    arrays = np.load(path)

    def slots(name, tree):
        def read(keys, like):
            return jnp.asarray(arrays["/".join([*(key.key for key in keys), name])])

        return jax.tree.map_with_path(read, tree)

    return optax.tree.set(optimizer.init(params), trace=slots("Momentum", params))


def train_step(params, opt_state, x, y):
    """One step of training. Returns what it changes, and loss."""
    loss_value, grads = jax.value_and_grad(loss)(params, x, y)
    updates, opt_state = optimizer.update(grads, opt_state, params)
    return optax.apply_updates(params, updates), opt_state, loss_value

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


def convolved(params, hidden, strides):
    # resnet.py:25
    first_convolved = conv2d(hidden, params["kernel"], strides)
    # resnet.py:16
    start = first_convolved[:1, :1, :1]
    shifted = jnp.mean(first_convolved - start, (0, 1, 2))
    squares = jnp.square(first_convolved - start)
    # resnet.py:17
    total = jnp.mean(squares, (0, 1, 2)) - shifted**2 + 0.001
    inverse = lax.rsqrt(total) * params["norm"]["gamma"]
    # resnet.py:16
    mean = shifted + first_convolved[0, 0, 0]
    return first_convolved * inverse + (params["norm"]["beta"] - mean * inverse)


def block(params, hidden, pad_width):
    # resnet.py:33
    x = avg_pool(hidden)
    # resnet.py:30
    hidden_2 = jax.nn.relu(convolved(params["first"], hidden, (2, 2)))
    # resnet.py:17
    y = convolved(params["second"], hidden_2, (1, 1))
    return jax.nn.relu(jnp.pad(x, pad_width) + y)


def block_2(params, hidden):
    # resnet.py:30
    hidden_2 = jax.nn.relu(convolved(params["first"], hidden, (1, 1)))
    # resnet.py:17
    y = convolved(params["second"], hidden_2, (1, 1))
    return jax.nn.relu(hidden + y)


def apply(params, x):
    """The value of logits."""
    # resnet.py:42
    hidden = jax.nn.relu(convolved(params["start"], x, (1, 1)))
    # resnet.py:35
    hidden_2 = block_2(params["block0"], hidden)
    hidden_3 = block_2(params["block1"], hidden_2)
    hidden_4 = block(params["block2"], hidden_3, [(0, 0), (0, 0), (0, 0), (0, 4)])
    hidden_5 = block_2(params["block3"], hidden_4)
    hidden_6 = block(params["block4"], hidden_5, [(0, 0), (0, 0), (0, 0), (0, 8)])
    hidden_7 = block_2(params["block5"], hidden_6)
    return jnp.mean(hidden_7, (1, 2)) @ params["weights"]


def loss(params, x, y):
    """The loss (resnet.py:48)."""
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

"""Small pictures through convolutions, pooling and normalization of neighbours, with moving averages."""

import jax
import jax.numpy as jnp
import optax


def init(key):
    keys = jax.random.split(key, 5)

    def layer(key, shape, stddev, bias):
        weights = stddev * jax.random.truncated_normal(key, -2.0, 2.0, shape)
        return {"weights": weights, "biases": jnp.full(shape[-1], bias)}

    return {
        "conv1": layer(keys[0], (5, 5, 3, 64), 0.05, 0.0),
        "conv2": layer(keys[1], (5, 5, 64, 64), 0.05, 0.1),
        "local3": layer(keys[2], (2304, 384), 0.04, 0.1),
        "local4": layer(keys[3], (384, 192), 0.04, 0.1),
        "softmax_linear": layer(keys[4], (192, 10), 2 / 384, 0.0),
    }


def begin(params):
    names = ["weight_loss_3", "weight_loss_4", "cross_entropy", "total_loss"]
    return {
        "step": jnp.int32(0),
        "averages": jax.tree.map(jnp.copy, params),
        "losses": {name: jnp.float32(0.0) for name in names},
    }, optimizer.init(params)


def convolution(params, x):
    y = jax.lax.conv_general_dilated(
        x,
        params["weights"],
        (1, 1),
        "SAME",
        dimension_numbers=("NHWC", "HWIO", "NHWC"),
    )
    return jax.nn.relu(y + params["biases"])


def dense(params, x):
    return x @ params["weights"] + params["biases"]


def max_pool(x):
    return jax.lax.reduce_window(
        x, -jnp.inf, jax.lax.max, (1, 3, 3, 1), (1, 2, 2, 1), "SAME"
    )


def normalized(x):
    squares = jnp.pad(jnp.square(x), [(0, 0)] * 3 + [(4, 4)])
    total = sum(squares[..., i : i + x.shape[-1]] for i in range(9))
    return x * (1.0 + 0.001 / 9.0 * total) ** -0.75


def apply(params, x):
    x = normalized(max_pool(convolution(params["conv1"], x)))
    x = max_pool(normalized(convolution(params["conv2"], x)))
    x = x.reshape(len(x), -1)
    x = jax.nn.relu(dense(params["local3"], x))
    x = jax.nn.relu(dense(params["local4"], x))
    return dense(params["softmax_linear"], x)


def loss(params, images, labels):
    logits = apply(params, images)
    entropy = optax.softmax_cross_entropy_with_integer_labels(logits, labels).mean()
    third, fourth = (
        0.004 * jnp.sum(params[name]["weights"] ** 2) / 2
        for name in ("local3", "local4")
    )
    total = third + fourth + entropy
    return total, {
        "weight_loss_3": third,
        "weight_loss_4": fourth,
        "cross_entropy": entropy,
        "total_loss": total,
    }


optimizer = optax.sgd(optax.exponential_decay(0.1, 5, 0.1, staircase=True))


def train_step(params, state, opt_state, images, labels):
    (value, losses), grads = jax.value_and_grad(loss, has_aux=True)(
        params, images, labels
    )
    updates, opt_state = optimizer.update(grads, opt_state, params)
    params = optax.apply_updates(params, updates)
    step = state["step"] + 1
    decay = jnp.minimum(0.9999, (1.0 + step) / (10.0 + step))
    state = {
        "step": step,
        "averages": optax.incremental_update(params, state["averages"], 1 - decay),
        "losses": optax.incremental_update(losses, state["losses"], 0.1),
    }
    return params, state, opt_state, value

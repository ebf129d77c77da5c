"""The network of `examples/mnist_mlp_summaries.py`, without its summaries."""

import jax
import jax.numpy as jnp
import optax


def layer(key, inputs, outputs):
    weights = 0.1 * jax.random.truncated_normal(key, -2.0, 2.0, (inputs, outputs))
    return {
        "weights": {"Variable": weights},
        "biases": {"Variable": jnp.full(outputs, 0.1)},
    }


def init(key):
    keys = jax.random.split(key)
    return {"layer1": layer(keys[0], 784, 500), "layer2": layer(keys[1], 500, 10)}


def dense(params, x):
    return x @ params["weights"]["Variable"] + params["biases"]["Variable"]


def apply(params, x, keep_prob, key):
    x = jax.nn.relu(dense(params["layer1"], x))
    kept = jnp.floor(keep_prob + jax.random.uniform(key, x.shape))
    return dense(params["layer2"], x / keep_prob * kept)


def loss(params, x, y_, keep_prob, key):
    logits = apply(params, x, keep_prob, key)
    return jnp.mean(optax.softmax_cross_entropy(logits, y_)), logits


optimizer = optax.adam(0.001)


def train_step(params, opt_state, x, y_, keep_prob, key):
    (value, logits), grads = jax.value_and_grad(loss, has_aux=True)(
        params, x, y_, keep_prob, key
    )
    updates, opt_state = optimizer.update(grads, opt_state, params)
    accuracy = jnp.mean(jnp.argmax(logits, 1) == jnp.argmax(y_, 1))
    return optax.apply_updates(params, updates), opt_state, value, accuracy

"""The softmax regression of `examples/mnist_tfrecords.py`, with averages of its parameters."""

import jax
import jax.numpy as jnp
import optax


def init(key):
    return {"softmax": {"weights": jnp.zeros((784, 10)), "biases": jnp.zeros(10)}}


def begin(params):
    state = {"step": jnp.int32(0), "averages": jax.tree.map(jnp.copy, params)}
    return state, optimizer.init(params)


def loss(params, images, labels):
    softmax = params["softmax"]
    logits = images @ softmax["weights"] + softmax["biases"]
    return optax.softmax_cross_entropy_with_integer_labels(logits, labels).mean()


optimizer = optax.sgd(optax.exponential_decay(0.5, 500, 0.9, staircase=True))


def train_step(params, state, opt_state, images, labels):
    value, grads = jax.value_and_grad(loss)(params, images, labels)
    updates, opt_state = optimizer.update(grads, opt_state, params)
    params = optax.apply_updates(params, updates)
    step = state["step"] + 1
    decay = jnp.minimum(0.98, (1.0 + step) / (10.0 + step))
    averages = optax.incremental_update(params, state["averages"], 1 - decay)
    return params, {"step": step, "averages": averages}, opt_state, value

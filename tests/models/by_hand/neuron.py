"""One neuron that learns to be silent."""

import jax
import jax.numpy as jnp
import optax


def init(key):
    return jnp.float32(0.8)


def loss(weight):
    return (weight * 1.0 - 0.0) ** 2


optimizer = optax.sgd(0.025)


def train_step(params, opt_state):
    value, grads = jax.value_and_grad(loss)(params)
    updates, opt_state = optimizer.update(grads, opt_state, params)
    return optax.apply_updates(params, updates), opt_state, value

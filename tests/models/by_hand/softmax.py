"""Softmax regression on digits."""

import jax
import jax.numpy as jnp
import optax


def init(key):
    return [jnp.zeros((784, 10)), jnp.zeros(10)]


def loss(params, x, y_):
    w, b = params
    y = jax.nn.softmax(x @ w + b)
    return jnp.mean(-jnp.sum(y_ * jnp.log(y), 1))


optimizer = optax.sgd(0.5)


def train_step(params, opt_state, x, y_):
    value, grads = jax.value_and_grad(loss)(params, x, y_)
    updates, opt_state = optimizer.update(grads, opt_state, params)
    return optax.apply_updates(params, updates), opt_state, value

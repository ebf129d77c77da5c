"""Softmax regression on digits."""

import jax
import jax.numpy as jnp
import optax

from tests.benchmarks.by_hand import digits, training


def loss_of(params, x, y):
    return jnp.mean(-jnp.sum(y * jnp.log(jax.nn.softmax(x @ params[0] + params[1])), 1))


def build():
    fed = digits(100)
    step = training(loss_of, (jnp.zeros((784, 10)), jnp.zeros(10)), optax.sgd(0.5))
    return lambda: step(*fed)

"""A generator and a discriminator of dense layers, an Adam for each: two updates a step."""

import jax
import jax.numpy as jnp
import numpy as np
import optax

from tests.benchmarks.by_hand import layers


def dense(params, x):
    (w, b), (v, c) = params
    return jax.nn.relu(x @ w + b) @ v + c


def entropy(logits, real):
    return optax.sigmoid_binary_cross_entropy(logits, jnp.full_like(logits, real)).mean()


def d_loss(d, g, x, z):
    return entropy(dense(d, x), 1.0) + entropy(dense(d, jax.nn.sigmoid(dense(g, z))), 0.0)


def g_loss(g, d, z):
    return entropy(dense(d, jax.nn.sigmoid(dense(g, z))), 1.0)


def build():
    rng = np.random.RandomState(0)
    x, z = rng.rand(64, 784).astype(np.float32), rng.uniform(-1, 1, (64, 100)).astype(np.float32)
    optimizer = optax.adam(2e-4, b1=0.5)

    def updating(loss_of):
        def update(params, state, *others):
            loss, gradients = jax.value_and_grad(loss_of)(params, *others)
            updates, state = optimizer.update(gradients, state)
            return optax.apply_updates(params, updates), state, loss

        return jax.jit(update, donate_argnums=(0, 1))

    d, g = layers([784, 128, 1], 0.02), layers([100, 128, 784], 0.02)
    d_box, g_box = [d, optimizer.init(d)], [g, optimizer.init(g)]
    d_update, g_update = updating(d_loss), updating(g_loss)

    def step():
        *d_box[:], loss = d_update(*d_box, g_box[0], x, z)
        float(loss)
        *g_box[:], loss = g_update(*g_box, d_box[0], z)
        return float(loss)

    return step

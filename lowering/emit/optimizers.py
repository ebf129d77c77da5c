"""TensorFlow 0.8's optimizers as optax transformations: what an emitted module quotes."""

import jax
import jax.numpy as jnp
import optax


def gradient_descent(learning_rate):
    return optax.sgd(learning_rate)


def momentum(learning_rate, decay):
    return optax.sgd(learning_rate, decay)


def adagrad(learning_rate, initial):
    # The sum of squares starts at a positive number, so there is nothing to add below the root.
    return optax.chain(optax.scale_by_rss(initial, eps=0.0), optax.scale_by_learning_rate(learning_rate))


def adam(learning_rate, beta1, beta2, epsilon):
    # TensorFlow corrects the rate instead of the moments, so that its epsilon weighs more in the first steps.
    def init(params):
        return optax.ScaleByAdamState(jnp.zeros((), jnp.int32), *(jax.tree.map(jnp.zeros_like, params) for _ in range(2)))

    def update(grads, state, params=None):
        count = state.count + 1
        mu = jax.tree.map(lambda m, g: beta1 * m + (1 - beta1) * g, state.mu, grads)
        nu = jax.tree.map(lambda v, g: beta2 * v + (1 - beta2) * g * g, state.nu, grads)
        rate = learning_rate * jnp.sqrt(1 - beta2**count) / (1 - beta1**count)
        updates = jax.tree.map(lambda m, v: -rate * m / (jnp.sqrt(v) + epsilon), mu, nu)
        return updates, optax.ScaleByAdamState(count, mu, nu)

    return optax.GradientTransformation(init, update)


def rms_prop(learning_rate, decay, momentum, epsilon):
    # The mean square starts at 1, epsilon is below the root, and the rate is inside of the momentum.
    return optax.chain(optax.scale_by_rms(decay, epsilon, initial_scale=1.0), optax.scale(learning_rate),
                       optax.trace(momentum), optax.scale(-1.0))

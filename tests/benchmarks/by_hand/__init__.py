"""The models of `tests.benchmarks.models` as one writes them in JAX today: `build()` gives a step that returns the loss."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax


def training(loss_of: Callable, params: Any, optimizer: optax.GradientTransformation) -> Callable[..., float]:
    """A step that updates `params` by the gradient of `loss_of(params, *inputs)` and returns the loss."""

    def update(params: Any, state: Any, *inputs: Any) -> tuple:
        loss, gradients = jax.value_and_grad(loss_of)(params, *inputs)
        updates, state = optimizer.update(gradients, state, params)
        return optax.apply_updates(params, updates), state, loss

    jitted = jax.jit(update, donate_argnums=(0, 1))
    box = [params, optimizer.init(params)]

    def step(*inputs: Any) -> float:
        *box[:], loss = jitted(*box, *inputs)
        return float(loss)

    return step


def normal(key: int, shape: tuple[int, ...], stddev: float) -> jax.Array:
    """Weights to start from."""
    return stddev * jax.random.normal(jax.random.key(key), shape)


def uniform(key: int, shape: tuple[int, ...], limit: float) -> jax.Array:
    """Weights to start from."""
    return jax.random.uniform(jax.random.key(key), shape, minval=-limit, maxval=limit)


def layers(sizes: list[int], stddev: float) -> list[tuple[jax.Array, jax.Array]]:
    """Weights and biases of dense layers."""
    return [(normal(i, (a, b), stddev), jnp.zeros(b)) for i, (a, b) in enumerate(itertools.pairwise(sizes))]


def convolve(x: jax.Array, kernel: jax.Array, stride: int = 1) -> jax.Array:
    """A convolution over pictures with channels last."""
    return jax.lax.conv_general_dilated(x, kernel, (stride, stride), "SAME", dimension_numbers=("NHWC", "HWIO", "NHWC"))


def max_pool(x: jax.Array, size: int, stride: int) -> jax.Array:
    """The largest value of each window."""
    return jax.lax.reduce_window(x, -jnp.inf, jax.lax.max, (1, size, size, 1), (1, stride, stride, 1), "SAME")


def cross_entropy(logits: jax.Array, classes: jax.Array) -> jax.Array:
    """Its mean over the examples."""
    return optax.softmax_cross_entropy_with_integer_labels(logits, classes).mean()


def digits(count: int) -> tuple[np.ndarray, np.ndarray]:
    """The pictures and one-hot labels that the models of digits are fed with."""
    rng = np.random.RandomState(0)
    return rng.rand(count, 784).astype(np.float32), np.eye(10, dtype=np.float32)[rng.randint(0, 10, count)]

"""Candidate samplers in a module: TensorFlow's odds and expected counts, on keys of JAX."""

import math

import jax
import jax.numpy as jnp
from jax import lax


def distinct(key, count, draw):
    """The first `count` different classes that `draw` gives, and how many tries that took."""

    def unfinished(state):
        return state[1] < count

    def take(state):
        classes, found, tries, key = state
        key, now = jax.random.split(key)
        drawn = draw(now, ())
        new = ~jnp.any((classes == drawn) & (jnp.arange(count) < found))
        classes = classes.at[found].set(jnp.where(new, drawn, classes[found]))
        return classes, found + new, tries + 1, key

    classes, _, tries, _ = lax.while_loop(unfinished, take, (jnp.zeros(count, int), 0, 0, key))
    return classes, tries


def log_uniform_candidates(key, labels, count, range_max, unique):
    """Classes, small ones most often; and how often each of the labels, and of the classes, is to be expected."""
    span = math.log(range_max + 1)

    def draw(key, shape):
        return jnp.exp(jax.random.uniform(key, shape) * span).astype(int) - 1

    def expected(classes):
        odds = jnp.log((classes + 2.0) / (classes + 1.0)) / span
        return -jnp.expm1(tries * jnp.log1p(-odds)) if unique else odds * count

    drawn, tries = distinct(key, count, draw) if unique else (draw(key, (count,)), count)
    return drawn, expected(labels), expected(drawn)


def uniform_candidates(key, labels, count, range_max, unique):
    """Classes, each as often as another; and how often each of the labels, and of the classes, is to be expected."""

    def draw(key, shape):
        return jax.random.randint(key, shape, 0, range_max)

    drawn, tries = distinct(key, count, draw) if unique else (draw(key, (count,)), count)
    expected = -jnp.expm1(tries * jnp.log1p(-1 / range_max)) if unique else count / range_max
    return drawn, jnp.full(labels.shape, expected), jnp.full(drawn.shape, expected)

"""Rules of the candidate samplers that run in a device program; those with a memory are in `lowering.host.sampling`."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import jax.numpy as jnp
import numpy as np
from jax import lax

from lowering.kernels import random
from lowering.registry import lowers

WORDS_RESERVED = 2048
"""How far a sampler's stream moves on in a run, for each class drawn, however many words it used."""


@lowers("UniformCandidateSampler")
def uniform_candidate_sampler(true_classes: Any, *, num_true: int, num_sampled: int, unique: bool, range_max: int,
                              stream: Any, check: Any) -> Any:
    _check_classes(true_classes, num_true, check)
    check_range(num_sampled, unique, range_max, check)

    def draw(bits: Any) -> Any:
        # TensorFlow draws again where the remainder would favour small classes: once in 2**64 / range_max draws.
        return lax.rem(bits, jnp.full(bits.shape, range_max, jnp.uint64)).astype(jnp.int64)

    def probability(classes: Any) -> Any:
        return jnp.full(classes.shape, 1.0 / range_max, jnp.float32)

    return _batch(true_classes, num_sampled, unique, draw, probability, stream)


@lowers("LogUniformCandidateSampler")
def log_uniform_candidate_sampler(true_classes: Any, *, num_true: int, num_sampled: int, unique: bool, range_max: int,
                                  stream: Any, check: Any) -> Any:
    _check_classes(true_classes, num_true, check)
    check_range(num_sampled, unique, range_max, check)
    span = math.log(range_max + 1)

    def draw(bits: Any) -> Any:
        # The double's mantissa: the first word is its high half.
        mantissa = (bits << jnp.uint64(32) | bits >> jnp.uint64(32)) & jnp.uint64((1 << 52) - 1)
        unit = lax.bitcast_convert_type(mantissa | jnp.uint64(1023 << 52), jnp.float64) - 1.0
        return lax.rem(jnp.exp(unit * span).astype(jnp.int64) - 1, jnp.full(bits.shape, range_max, jnp.int64))

    def probability(classes: Any) -> Any:
        classes = classes.astype(jnp.float64)
        return (jnp.log((classes + 2.0) / (classes + 1.0)) / span).astype(jnp.float32)

    return _batch(true_classes, num_sampled, unique, draw, probability, stream)


@lowers("AllCandidateSampler")
def all_candidate_sampler(true_classes: Any, *, num_true: int, num_sampled: int, check: Any) -> Any:
    _check_classes(true_classes, num_true, check)
    ones = jnp.ones(num_sampled, jnp.float32)
    return jnp.arange(num_sampled, dtype=jnp.int64), jnp.ones(true_classes.shape, jnp.float32), ones


def _check_classes(true_classes: Any, num_true: int, check: Any) -> None:
    check(true_classes.ndim == 2, "true_classes must be a matrix")
    check(true_classes.shape[1] == num_true, "true_classes must have num_true columns")


def check_range(num_sampled: int, unique: bool, range_max: int, check: Any) -> None:
    """Where TensorFlow aborts the process."""
    check(not unique or num_sampled <= range_max,
          f"{num_sampled} classes cannot be drawn from {range_max} without drawing one twice")


def _batch(true_classes: Any, count: int, unique: bool, draw: Callable, probability: Callable, stream: Any) -> Any:
    """The classes drawn, the expected counts, and the stream afterwards."""
    if unique:
        drawn, tries = _distinct(count, draw, stream)
    else:
        drawn, tries = draw(_doubles(stream, 0, count)), count
    expected = (_expected(probability(classes), count, tries) for classes in (true_classes, drawn))
    return (drawn, *expected), random.advance(stream, WORDS_RESERVED // 4 * count)


def _doubles(stream: Any, first: Any, count: int) -> Any:
    """64 bits for each of `count` tries from number `first` (an even one) on: the first word is the low half."""
    words = random.words(stream, 2 * jnp.asarray(first, jnp.uint64), 2 * count).astype(jnp.uint64).reshape(count, 2)
    return words[:, 0] | words[:, 1] << jnp.uint64(32)


def _distinct(count: int, draw: Callable, stream: Any) -> tuple[Any, Any]:
    """The first `count` different classes in the order of the tries, and how many tries that took.

    A turn draws twice as many as are wanted, and sorts them to find what came first.
    """
    turn = count * 2

    def unfinished(state: tuple) -> Any:
        return state[1] < count

    def take(state: tuple) -> tuple:
        drawn, found, tries, _ = state
        fresh = draw(_doubles(stream, tries, turn))
        # What is there already sorts before its like; empty places are classes that none is equal to.
        kept = jnp.where(jnp.arange(count) < found, drawn, -1 - jnp.arange(count))
        values, order = lax.sort((jnp.concatenate([kept, fresh]), jnp.arange(count + turn)), num_keys=2)
        first = jnp.concatenate([jnp.ones(1, bool), values[1:] != values[:-1]])
        new = jnp.zeros(count + turn, bool).at[order].set(first)[count:]
        places = found + jnp.cumsum(new) - 1
        drawn = drawn.at[jnp.where(new, places, count)].set(fresh, mode="drop")
        last = jnp.argmax(places == count - 1)  # the try that filled the last place, if one did
        return drawn, jnp.minimum(found + new.sum(), count), tries + turn, tries + last + 1

    start = (jnp.zeros(count, jnp.int64), jnp.int64(0), jnp.int64(0), jnp.int64(0))
    drawn, _, _, tries = lax.while_loop(unfinished, take, start)
    return drawn, tries


def _expected(probability: Any, count: int, tries: Any) -> Any:
    """How often a class is to be expected, if it always took that many tries."""
    every = (probability * np.float32(count)).astype(jnp.float32)
    once = -jnp.expm1(tries * jnp.log1p(-probability.astype(jnp.float64)))
    return jnp.where(tries == count, every, once.astype(jnp.float32))

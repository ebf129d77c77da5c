"""Recording and preparing large graphs."""

from __future__ import annotations

import gc
import statistics
import time
from collections.abc import Iterator

import jax
import numpy as np

import lowering
import tracer as tf
from tests.benchmarks.timing import Row


def _chain(length: int) -> tuple[tf.Tensor, tf.Tensor]:
    x = tf.placeholder(tf.float32, [])
    v = tf.Variable(1.0)
    y = x
    for _ in range(length):
        y = tf.add(y, v.value())
    return x, y


def recording() -> Iterator[Row]:
    """100,000 additions, half of them with a Python number that becomes a constant."""
    times = []
    for _ in range(5):
        with tf.Graph().as_default() as graph:
            x = tf.placeholder(tf.float32, [])
            y = x
            gc.collect()  # the graph of the round before, which a script does not have
            start = time.perf_counter()
            while graph.version < 100_000:
                y = tf.add(tf.add(y, x), 1.0)
            times.append(time.perf_counter() - start)
    yield Row("recording 100,000 operations", statistics.median(times), "s", budget="budget 2 s")


def scaling() -> Iterator[Row]:
    """Slice, stage and trace a graph of 5,000 operations, for each operation, against one of 500."""
    small, large = (statistics.median(_prepare(size) for _ in range(5)) / size for size in (500, 5000))
    yield Row("plan and trace 5,000 ops, per op", large * 1e6, "us", small * 1e6, "of 500 ops", "linear")


def _prepare(size: int) -> float:
    with tf.Graph().as_default(), tf.Session() as session:
        x, y = _chain(size)
        session.run(tf.initialize_all_variables())
        start = time.perf_counter()
        program = lowering.Executable([y], [], [x]).steps[0]
        with jax.enable_x64(True):
            jitted, _ = program.compiled({})
            jitted.trace(*program.arguments(session.state, {x: np.float32(1)}, {}))
        return time.perf_counter() - start

"""A language model of two LSTM layers, unrolled in Python as scripts of the period do it, against its peers.

`python -m tests.benchmarks.recurrent STEPS` prints how long the first training step takes.
"""

from __future__ import annotations

import functools
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from tests.benchmarks.timing import Row, interleaved

BATCH, HIDDEN, WORDS, LAYERS = 20, 200, 10_000, 2
CLIP, RATE, SCALE = 5.0, 1.0, 0.1


def language_model() -> Iterator[Row]:
    """A training step of 20 and of 35 words, and how long the first takes, with nothing and with all in the cache."""
    for steps in (20, 35):
        words = np.random.RandomState(0).randint(0, WORDS, (2, BATCH, steps)).astype(np.int32)
        peers = {"TensorFlow's v1 session": theirs(steps, *words), "JAX by hand, lax.scan": by_hand(True, *words),
                 "JAX by hand, unrolled": by_hand(False, *words)}
        there = {name: run for name, run in peers.items() if run is not None}
        mine, *others = interleaved(ours(steps, *words), *there.values(), rounds=9, repeats=3)
        for name, seconds in zip(there, others, strict=True):
            budget = "budget 1" if "TensorFlow" in name else ""
            yield Row(f"LSTM, {steps} words, a step", mine * 1e3, "ms", seconds * 1e3, name, budget)
        cold, warm = first_steps(steps)
        yield Row(f"LSTM, {steps} words, first step", cold, "s", None, "", "budget 2.5 s")
        yield Row("  with all in the cache", warm, "s", None, "", "budget 0.7 s")


def ours(steps: int, x: np.ndarray, y: np.ndarray) -> Callable[[], None]:
    """One step of ours."""
    import jax

    import tracer as tf

    with tf.Graph().as_default():
        words, targets = (tf.placeholder(tf.int32, [BATCH, steps]) for _ in range(2))
        with tf.variable_scope("model", initializer=tf.random_uniform_initializer(-SCALE, SCALE)):
            train = _minimized(tf, words, targets, steps)
        session = tf.Session()
        session.run(tf.initialize_all_variables())

    def step() -> None:
        session.run(train, {words: x, targets: y})
        jax.block_until_ready(list(session.state.variables.values()))

    return step


def _minimized(tf: Any, words: Any, targets: Any, steps: int) -> Any:
    cell = tf.nn.rnn_cell.MultiRNNCell([tf.nn.rnn_cell.BasicLSTMCell(HIDDEN, forget_bias=0.0)] * LAYERS)
    state, outputs = cell.zero_state(BATCH, tf.float32), []
    inputs = tf.nn.embedding_lookup(tf.get_variable("embedding", [WORDS, HIDDEN]), words)
    with tf.variable_scope("RNN"):
        for t in range(steps):
            if t > 0:
                tf.get_variable_scope().reuse_variables()
            output, state = cell(inputs[:, t, :], state)
            outputs.append(output)
    output = tf.reshape(tf.concat(1, outputs), [-1, HIDDEN])
    logits = tf.matmul(output, tf.get_variable("softmax_w", [HIDDEN, WORDS])) + tf.get_variable("softmax_b", [WORDS])
    losses = tf.nn.seq2seq.sequence_loss_by_example([logits], [tf.reshape(targets, [-1])], [tf.ones([BATCH * steps])])
    variables = tf.trainable_variables()
    gradients, _ = tf.clip_by_global_norm(tf.gradients(tf.reduce_sum(losses) / BATCH, variables), CLIP)
    return tf.train.GradientDescentOptimizer(RATE).apply_gradients(zip(gradients, variables, strict=True))


def theirs(steps: int, x: np.ndarray, y: np.ndarray) -> Callable[[], None] | None:
    """One step of today's TensorFlow, through its v1 API, or None where it is not installed."""
    from tests.benchmarks.steps import tensorflow

    tf = tensorflow()
    if tf is None:
        return None

    def variable(name: str, shape: list[int]) -> Any:
        return tf.get_variable(name, shape, use_resource=False, initializer=tf.random_uniform_initializer(-SCALE, SCALE))

    with tf.Graph().as_default():
        words, targets = (tf.placeholder(tf.int32, [BATCH, steps]) for _ in range(2))
        weights = [(variable(f"w{i}", [2 * HIDDEN, 4 * HIDDEN]), variable(f"b{i}", [4 * HIDDEN])) for i in range(LAYERS)]
        inputs, outputs = tf.nn.embedding_lookup(variable("embedding", [WORDS, HIDDEN]), words), []
        states = [(tf.zeros([BATCH, HIDDEN]), tf.zeros([BATCH, HIDDEN]))] * LAYERS
        for t in range(steps):
            h = inputs[:, t, :]
            for i, (w, b) in enumerate(weights):
                c, before = states[i]
                taken, new, kept, shown = tf.split(tf.matmul(tf.concat([h, before], 1), w) + b, 4, 1)
                c = c * tf.sigmoid(kept) + tf.sigmoid(taken) * tf.tanh(new)
                h = tf.tanh(c) * tf.sigmoid(shown)
                states[i] = c, h
            outputs.append(h)
        output = tf.reshape(tf.concat(outputs, 1), [-1, HIDDEN])
        logits = tf.matmul(output, variable("softmax_w", [HIDDEN, WORDS])) + variable("softmax_b", [WORDS])
        losses = tf.nn.sparse_softmax_cross_entropy_with_logits(logits=logits, labels=tf.reshape(targets, [-1]))
        variables = tf.trainable_variables()
        gradients, _ = tf.clip_by_global_norm(tf.gradients(tf.reduce_sum(losses) / BATCH, variables), CLIP)
        train = tf.train.GradientDescentOptimizer(RATE).apply_gradients(zip(gradients, variables, strict=True))
        session = tf.Session()
        session.run(tf.global_variables_initializer())
    return lambda: session.run(train, {words: x, targets: y})


def by_hand(scanned: bool, x: np.ndarray, y: np.ndarray) -> Callable[[], None]:
    """One step of the same model written in JAX."""
    import jax
    import jax.numpy as jnp

    def uniform(*shape: int) -> Any:
        return jax.random.uniform(jax.random.key(0), shape, minval=-SCALE, maxval=SCALE)

    def cells(params: dict, states: list, h: Any) -> tuple[list, Any]:
        after = []
        for (c, before), (w, b) in zip(states, params["cells"], strict=True):
            taken, new, kept, shown = jnp.split(jnp.concatenate([h, before], 1) @ w + b, 4, 1)
            c = c * jax.nn.sigmoid(kept) + jax.nn.sigmoid(taken) * jnp.tanh(new)
            h = jnp.tanh(c) * jax.nn.sigmoid(shown)
            after.append((c, h))
        return after, h

    def loss_of(params: dict, x: Any, y: Any) -> Any:
        inputs = jnp.swapaxes(params["embedding"][x], 0, 1)
        states = [(jnp.zeros((BATCH, HIDDEN)), jnp.zeros((BATCH, HIDDEN)))] * LAYERS
        if scanned:
            _, outputs = jax.lax.scan(functools.partial(cells, params), states, inputs)
        else:
            collected = []
            for h in inputs:
                states, output = cells(params, states, h)
                collected.append(output)
            outputs = jnp.stack(collected)
        logits = jnp.swapaxes(outputs, 0, 1).reshape(-1, HIDDEN) @ params["w"] + params["b"]
        return -jnp.take_along_axis(jax.nn.log_softmax(logits), y.reshape(-1, 1), 1).sum() / BATCH

    @functools.partial(jax.jit, donate_argnums=0)
    def train(params: dict, x: Any, y: Any) -> dict:
        gradients = jax.grad(loss_of)(params, x, y)
        norm = jnp.sqrt(sum(jnp.sum(jnp.square(g)) for g in jax.tree.leaves(gradients)))
        scale = RATE * CLIP / jnp.maximum(norm, CLIP)
        return jax.tree.map(lambda p, g: p - scale * g, params, gradients)

    box = [{"embedding": uniform(WORDS, HIDDEN), "w": uniform(HIDDEN, WORDS), "b": uniform(WORDS),
            "cells": [(uniform(2 * HIDDEN, 4 * HIDDEN), uniform(4 * HIDDEN)) for _ in range(LAYERS)]}]

    def step() -> None:
        box[0] = train(box[0], x, y)
        jax.block_until_ready(box)

    return step


def first_steps(steps: int) -> tuple[float, float]:
    """Seconds of the first training step of a process, with an empty cache and with that of the run before."""
    with tempfile.TemporaryDirectory() as folder:
        environment = {**os.environ, "JAX_COMPILATION_CACHE_DIR": folder,
                       "JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS": "0",
                       "JAX_PERSISTENT_CACHE_MIN_ENTRY_SIZE_BYTES": "0"}
        command = [sys.executable, "-m", "tests.benchmarks.recurrent", str(steps)]
        cold, warm = (float(subprocess.run(command, check=True, capture_output=True, text=True, env=environment).stdout)
                      for _ in range(2))
    return cold, warm


def _first_step(steps: int) -> None:
    words = np.random.RandomState(0).randint(0, WORDS, (2, BATCH, steps)).astype(np.int32)
    step = ours(steps, *words)
    start = time.perf_counter()
    step()
    print(time.perf_counter() - start)


if __name__ == "__main__":
    _first_step(int(sys.argv[1]))

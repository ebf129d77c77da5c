"""One training step, against the same model written by hand in JAX and in today's TensorFlow's v1 session."""

from __future__ import annotations

import functools
import importlib.util
from collections.abc import Callable, Iterator
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax

import tracer as tf
from tests.benchmarks.timing import Row, interleaved


def tensorflow() -> Any:
    """Today's TensorFlow through its v1 API, or None where it is not installed."""
    if importlib.util.find_spec("tensorflow") is None:
        return None
    import tensorflow

    v1 = tensorflow.compat.v1
    v1.disable_v2_behavior()
    return v1


def neuron() -> Iterator[Row]:
    """The one neuron of the first example: what a run costs beside the computation."""
    with tf.Graph().as_default():
        w = tf.Variable(0.8)
        loss = tf.pow(w * tf.constant(1.0) - tf.constant(0.0), 2)
        step = tf.train.GradientDescentOptimizer(0.025).minimize(loss)
        session = tf.Session()
        session.run(tf.initialize_all_variables())

    @functools.partial(jax.jit, donate_argnums=0)
    def bare(w: Any) -> Any:
        return w - 0.025 * jax.grad(lambda w: (w * 1.0 - 0.0) ** 2)(w)

    box = [jnp.float32(0.8)]

    def by_hand() -> None:
        box[0] = bare(box[0])

    ours, theirs = interleaved(lambda: session.run(step), by_hand, rounds=15, repeats=500)
    yield Row("one neuron, a step", ours * 1e6, "us", theirs * 1e6, "bare jitted JAX", "budget 2")
    v1 = tensorflow()  # not before: in its company everything else gets slower
    if v1 is None:
        return
    with v1.Graph().as_default():
        weight = v1.Variable(0.8, use_resource=False)
        their_step = v1.train.GradientDescentOptimizer(0.025).minimize((weight * 1.0 - 0.0) ** 2)
        their_session = v1.Session()
        their_session.run(v1.global_variables_initializer())
    ours, theirs = interleaved(lambda: session.run(step), lambda: their_session.run(their_step), rounds=15, repeats=500)
    yield Row("one neuron, a step", ours * 1e6, "us", theirs * 1e6, "TensorFlow's v1 session", "budget 1/8")


def softmax() -> Iterator[Row]:
    """MNIST softmax regression, batches of 100."""
    rng = np.random.RandomState(0)
    images = rng.rand(100, 784).astype(np.float32)
    labels = np.eye(10, dtype=np.float32)[rng.randint(0, 10, 100)]
    with tf.Graph().as_default():
        x, y_ = tf.placeholder(tf.float32, [None, 784]), tf.placeholder(tf.float32, [None, 10])
        y = tf.nn.softmax(tf.matmul(x, tf.Variable(tf.zeros([784, 10]))) + tf.Variable(tf.zeros([10])))
        loss = tf.reduce_mean(-tf.reduce_sum(y_ * tf.log(y), reduction_indices=[1]))
        step = tf.train.GradientDescentOptimizer(0.5).minimize(loss)
        session = tf.Session()
        session.run(tf.initialize_all_variables())

    def loss_of(params: tuple, images: Any, labels: Any) -> Any:
        y = jax.nn.softmax(images @ params[0] + params[1])
        return jnp.mean(-jnp.sum(labels * jnp.log(y), axis=1))

    @functools.partial(jax.jit, donate_argnums=0)
    def train(params: tuple, images: Any, labels: Any) -> tuple:
        return jax.tree.map(lambda p, g: p - 0.5 * g, params, jax.grad(loss_of)(params, images, labels))

    box = [(jnp.zeros((784, 10)), jnp.zeros(10))]

    def by_hand() -> None:
        for _ in range(50):
            box[0] = train(box[0], images, labels)
        jax.block_until_ready(box)

    def ours() -> None:
        for _ in range(50):
            session.run(step, {x: images, y_: labels})
        jax.block_until_ready(list(session.state.variables.values()))

    mine, theirs = interleaved(ours, by_hand, rounds=25, repeats=1)
    yield Row("MNIST softmax, a step of 100", mine / 50 * 1e6, "us", theirs / 50 * 1e6, "hand-written JAX", "budget 1")


def _convnet_ours(rate: float) -> tuple[tf.Session, Any, dict]:
    def layer(x: Any, size: int, depth: int, out: int) -> Any:
        w = tf.Variable(tf.truncated_normal([size, size, depth, out], stddev=0.1))
        b = tf.Variable(tf.constant(0.1, shape=[out]))
        hidden = tf.nn.relu(tf.nn.conv2d(x, w, [1, 1, 1, 1], "SAME") + b)
        return tf.nn.max_pool(hidden, [1, 2, 2, 1], [1, 2, 2, 1], "SAME")

    def dense(x: Any, size: int, out: int) -> Any:
        return tf.matmul(x, tf.Variable(tf.truncated_normal([size, out], stddev=0.1))) + tf.Variable(
            tf.constant(0.1, shape=[out]))

    with tf.Graph().as_default():
        x, y_ = tf.placeholder(tf.float32, [None, 784]), tf.placeholder(tf.float32, [None, 10])
        hidden = layer(layer(tf.reshape(x, [-1, 28, 28, 1]), 5, 1, 32), 5, 32, 64)
        logits = dense(tf.nn.relu(dense(tf.reshape(hidden, [-1, 3136]), 3136, 1024)), 1024, 10)
        loss = tf.reduce_mean(tf.nn.softmax_cross_entropy_with_logits(logits, y_))
        step = tf.train.AdamOptimizer(rate).minimize(loss)
        session = tf.Session()
        session.run(tf.initialize_all_variables())
    return session, step, {"x": x, "y_": y_}


def _convnet_by_hand(rate: float) -> tuple[Callable, list]:
    keys = jax.random.split(jax.random.key(0), 4)
    shapes = [(5, 5, 1, 32), (5, 5, 32, 64), (3136, 1024), (1024, 10)]
    params = [(jax.random.truncated_normal(k, -2.0, 2.0, s) * 0.1, jnp.full(s[-1:], 0.1))
              for k, s in zip(keys, shapes, strict=True)]

    def loss_of(params: list, images: Any, labels: Any) -> Any:
        x = images.reshape(-1, 28, 28, 1)
        for w, b in params[:2]:
            x = jax.lax.conv_general_dilated(x, w, (1, 1), "SAME", dimension_numbers=("NHWC", "HWIO", "NHWC"))
            x = jax.nn.relu(x + b)
            x = jax.lax.reduce_window(x, -jnp.inf, jax.lax.max, (1, 2, 2, 1), (1, 2, 2, 1), "SAME")
        x = jax.nn.relu(x.reshape(-1, 3136) @ params[2][0] + params[2][1])
        return optax.softmax_cross_entropy(x @ params[3][0] + params[3][1], labels).mean()

    optimizer = optax.adam(rate)

    @functools.partial(jax.jit, donate_argnums=(0, 1))
    def train(params: list, state: Any, images: Any, labels: Any) -> tuple:
        updates, state = optimizer.update(jax.grad(loss_of)(params, images, labels), state)
        return optax.apply_updates(params, updates), state

    return train, [params, optimizer.init(params)]


def convnet() -> Iterator[Row]:
    """The deep MNIST network, batches of 50, without dropout: time and memory of a step."""
    rng = np.random.RandomState(0)
    images = rng.rand(50, 784).astype(np.float32)
    labels = np.eye(10, dtype=np.float32)[rng.randint(0, 10, 50)]
    session, step, feeds = _convnet_ours(1e-4)
    train, box = _convnet_by_hand(1e-4)

    def ours() -> None:
        session.run(step, {feeds["x"]: images, feeds["y_"]: labels})
        jax.block_until_ready(list(session.state.variables.values()))

    def by_hand() -> None:
        box[:] = train(*box, images, labels)
        jax.block_until_ready(box)

    mine, theirs = interleaved(ours, by_hand, rounds=7, repeats=3)
    yield Row("deep MNIST, a step of 50", mine * 1e3, "ms", theirs * 1e3, "hand-written JAX", "budget 1")
    program = next(s for e in session.runs() for s in e.steps if e.targets == [step])
    with jax.enable_x64(True):
        jitted, _ = program.compiled({})
        arguments = program.arguments(session.state, {feeds["x"]: images, feeds["y_"]: labels}, {})
        mine = _peak(jitted.lower(*arguments).compile())
    theirs = _peak(train.lower(*box, images, labels).compile())
    yield Row("deep MNIST, memory of a step", mine / 2**20, "MiB", theirs / 2**20, "hand-written JAX", "budget 1.1")


def _peak(compiled: Any) -> float:
    """Bytes a program needs at once: arguments, results that are not written into them, and temporaries."""
    memory = compiled.memory_analysis()
    return (memory.argument_size_in_bytes + memory.output_size_in_bytes - memory.alias_size_in_bytes
            + memory.temp_size_in_bytes)

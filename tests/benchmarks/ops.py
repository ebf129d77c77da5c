"""The operations that dominate models, each with its gradient: against TensorFlow's kernel and against plain JAX."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax
from jax.experimental import checkify

import tracer as tf
from lowering.programs import options
from tests.benchmarks.steps import tensorflow
from tests.benchmarks.timing import Row, interleaved

RNG = np.random.RandomState(0)


class Entry(NamedTuple):
    """One measurement: `build(tf, *tensors)` and `plain(*arrays)` compute the same."""

    name: str
    arrays: tuple[np.ndarray, ...]
    build: Callable[..., Any]
    plain: Callable[..., Any]


def normal(*shape: int) -> np.ndarray:
    return np.asarray(RNG.standard_normal(shape), np.float32)


def whole(limit: int, *shape: int) -> np.ndarray:
    return RNG.randint(0, limit, shape).astype(np.int32)


def both(name: str, arrays: tuple, build: Callable, plain: Callable, by: tuple[int, ...] = (0,)) -> Iterator[Entry]:
    """The operation, and its gradients by some of its arguments, weighed by a constant."""
    yield Entry(name, arrays, build, plain)
    shape = jax.eval_shape(plain, *arrays).shape
    weight = normal(*shape)

    for i in by:
        def one(tf: Any, weight: Any, *tensors: Any, i: int = i) -> Any:
            return tf.gradients(build(tf, *tensors), [tensors[i]], weight)

        def one_by_hand(weight: Any, *arrays: Any, i: int = i) -> Any:
            return jax.vjp(lambda x: plain(*arrays[:i], x, *arrays[i + 1:]), arrays[i])[1](weight)

        which = f"gradient by {'xw'[i]}" if len(by) > 1 else "gradient"
        yield Entry(f"{name}, {which}", (weight, *arrays), one, one_by_hand)


def convolution(size: int, stride: int, depth: int, out: int, side: int) -> Iterator[Entry]:
    arrays = normal(32, side, side, depth), normal(size, size, depth, out)
    yield from both(
        f"conv2d {size}x{size}/{stride} {depth}>{out} at {side}", arrays,
        lambda tf, x, w: tf.nn.conv2d(x, w, [1, stride, stride, 1], "SAME"),
        lambda x, w: lax.conv_general_dilated(x, w, (stride, stride), "SAME", dimension_numbers=("NHWC", "HWIO", "NHWC")),
        (0, 1))


def networks() -> Iterator[Entry]:
    """Convolutions, pooling and normalization."""
    yield from convolution(1, 1, 64, 64, 28)
    yield from convolution(3, 1, 32, 64, 28)
    yield from convolution(5, 1, 32, 64, 14)
    yield from convolution(3, 2, 32, 64, 28)
    yield from convolution(5, 1, 1, 32, 28)
    image = normal(32, 28, 28, 32)
    yield from both(
        "depthwise_conv2d 3x3", (image, normal(3, 3, 32, 1)),
        lambda tf, x, w: tf.nn.depthwise_conv2d(x, w, [1, 1, 1, 1], "SAME"),
        lambda x, w: lax.conv_general_dilated(x, w.reshape(3, 3, 1, 32), (1, 1), "SAME", feature_group_count=32,
                                              dimension_numbers=("NHWC", "HWIO", "NHWC")), (0, 1))
    window = (1, 2, 2, 1)
    yield from both("max_pool 2x2/2", (image,), lambda tf, x: tf.nn.max_pool(x, window, window, "SAME"),
                    lambda x: lax.reduce_window(x, -jnp.inf, lax.max, window, window, "SAME"))
    yield from both("max_pool 3x3/2", (image,), lambda tf, x: tf.nn.max_pool(x, [1, 3, 3, 1], window, "SAME"),
                    lambda x: lax.reduce_window(x, -jnp.inf, lax.max, (1, 3, 3, 1), window, "SAME"))
    yield from both("avg_pool 2x2/2", (image,), lambda tf, x: tf.nn.avg_pool(x, window, window, "VALID"),
                    lambda x: lax.reduce_window(x, 0.0, lax.add, window, window, "VALID") / 4)
    yield from both("lrn", (image,), lambda tf, x: tf.nn.lrn(x, 4, bias=1.0, alpha=0.001 / 9.0, beta=0.75),
                    lambda x: x / (1 + 0.001 / 9 * lax.reduce_window(
                        x * x, 0.0, lax.add, (1, 1, 1, 9), (1, 1, 1, 1), "SAME")) ** 0.75)
    yield from both("bias_add", (image, normal(32)), lambda tf, x, b: tf.nn.bias_add(x, b), lambda x, b: x + b, (0, 1))

    def normalized(tf: Any, x: Any, scale: Any) -> Any:
        mean, variance = tf.nn.moments(x, [0, 1, 2])
        return tf.nn.batch_normalization(x, mean, variance, None, scale, 1e-3)

    yield from both("moments, batch_normalization", (image, normal(32)), normalized, lambda x, s: (
        (x - x.mean((0, 1, 2))) * lax.rsqrt(x.var((0, 1, 2)) + 1e-3) * s), (0, 1))


def products() -> Iterator[Entry]:
    """Matrix products, reductions and elementwise functions."""
    yield from both("matmul 512", (normal(512, 512), normal(512, 512)), lambda tf, x, w: tf.matmul(x, w), jnp.matmul, (0, 1))
    yield from both("matmul 100x784x10", (normal(100, 784), normal(784, 10)), lambda tf, x, w: tf.matmul(x, w),
                    jnp.matmul, (0, 1))
    batch = normal(32, 64, 64), normal(32, 64, 64)
    name = "batch_matmul"
    yield from both("batch_matmul 32x64", batch, lambda tf, x, w: getattr(tf, name, tf.matmul)(x, w), jnp.matmul, (0, 1))
    wide = normal(1024, 1024)
    for axis in (0, 1):
        yield from both(f"reduce_sum, axis {axis}", (wide,), lambda tf, x, axis=axis: tf.reduce_sum(x, axis),
                        lambda x, axis=axis: x.sum(axis))
    yield from both("reduce_mean, all", (wide,), lambda tf, x: tf.reduce_mean(x), jnp.mean)
    yield from both("reduce_max, axis 1", (wide,), lambda tf, x: tf.reduce_max(x, 1), lambda x: x.max(1))
    yield Entry("argmax", (wide,), lambda tf, x: tf.argmax(x, 1), lambda x: jnp.argmax(x, 1))
    yield Entry("top_k 5", (wide,), lambda tf, x: tf.nn.top_k(x, 5)[0], lambda x: lax.top_k(x, 5)[0])
    for function in ("tanh", "sigmoid", "exp", "sqrt"):
        plain = jax.nn.sigmoid if function == "sigmoid" else getattr(jnp, function)
        yield from both(function, (np.abs(wide),), lambda tf, x, function=function: getattr(tf, function)(x), plain)
    yield from both("relu", (wide,), lambda tf, x: tf.nn.relu(x), jax.nn.relu)
    yield from both("softmax", (wide,), lambda tf, x: tf.nn.softmax(x), lambda x: jax.nn.softmax(x, axis=-1))


def losses() -> Iterator[Entry]:
    """Losses over 128 rows of 10,000 classes."""
    logits, labels = normal(128, 10_000), whole(10_000, 128)
    dense = np.eye(10_000, dtype=np.float32)[labels]
    yield from both("softmax cross entropy", (logits, dense),
                    lambda tf, x, t: tf.nn.softmax_cross_entropy_with_logits(logits=x, labels=t),
                    lambda x, t: -(t * jax.nn.log_softmax(x)).sum(-1))
    yield from both("sparse softmax cross entropy", (logits, labels),
                    lambda tf, x, t: tf.nn.sparse_softmax_cross_entropy_with_logits(logits=x, labels=t),
                    lambda x, t: -jax.nn.log_softmax(x)[jnp.arange(x.shape[0]), t])
    yield from both("sigmoid cross entropy", (logits, dense),
                    lambda tf, x, t: tf.nn.sigmoid_cross_entropy_with_logits(
                        **{"logits": x, "targets" if hasattr(tf, "to_jax") else "labels": t}),
                    lambda x, t: jnp.maximum(x, 0) - x * t + jnp.log1p(jnp.exp(-jnp.abs(x))))


def arrangements() -> Iterator[Entry]:
    """What moves elements."""
    table, rows = normal(50_000, 128), whole(50_000, 2560)
    yield from both("gather 2,560 of 50,000 rows", (table, rows), lambda tf, x, i: tf.gather(x, i), lambda x, i: x[i])
    wide = normal(1024, 1024)
    yield from both("transpose", (wide,), lambda tf, x: tf.transpose(x), jnp.transpose)
    yield Entry("transpose NHWC to NCHW", (normal(32, 28, 28, 32),), lambda tf, x: tf.transpose(x, [0, 3, 1, 2]),
                lambda x: x.transpose(0, 3, 1, 2))
    yield from both("pad", (wide,), lambda tf, x: tf.pad(x, [[1, 1], [2, 2]]), lambda x: jnp.pad(x, ((1, 1), (2, 2))))
    yield from both("tile", (normal(256, 256),), lambda tf, x: tf.tile(x, [4, 4]), lambda x: jnp.tile(x, (4, 4)))
    yield from both("slice", (wide,), lambda tf, x: tf.slice(x, [10, 10], [900, 900]), lambda x: x[10:910, 10:910])
    yield from both("unsorted_segment_sum", (normal(4096, 128), whole(500, 4096)),
                    lambda tf, x, i: tf.unsorted_segment_sum(x, i, 500), lambda x, i: jax.ops.segment_sum(x, i, 500))
    yield Entry("one_hot", (whole(1000, 1024),), lambda tf, i: tf.one_hot(i, 1000, 1.0, 0.0),
                lambda i: jax.nn.one_hot(i, 1000, dtype=jnp.float32))
    square = wide @ wide.T / 1024 + np.eye(1024, dtype=np.float32)
    small = square[:256, :256].copy()
    yield Entry("cholesky 256", (small,), lambda tf, x: tf.cholesky(x), jnp.linalg.cholesky)
    yield Entry("matrix_inverse 256", (small,), lambda tf, x: tf.matrix_inverse(x), jnp.linalg.inv)


FAMILIES = (networks, products, losses, arrangements)


def operations() -> Iterator[Row]:
    """Each operation: ours, TensorFlow's kernel, plain JAX."""
    for family in FAMILIES:
        for entry in family():
            yield from measured(entry)


def measured(entry: Entry) -> Iterator[Row]:
    """The rows of one entry: first against TensorFlow, then against JAX."""
    run = ours(entry)
    plain = jax.jit(entry.plain)
    arrays = [jnp.asarray(array) for array in entry.arrays]
    functions: list[Callable] = [run, lambda: jax.block_until_ready(plain(*arrays))]
    theirs = _theirs(entry)
    if theirs is not None:
        functions.append(theirs)
    seconds = interleaved(*functions, rounds=9, repeats=_repeats(run))
    name = f"{entry.name}"
    yield Row(name, seconds[0] * 1e3, "ms", seconds[1] * 1e3, "plain JAX")
    if theirs is not None:
        yield Row(name, seconds[0] * 1e3, "ms", seconds[2] * 1e3, "TensorFlow's kernel")


def _repeats(function: Callable) -> int:
    import time

    function()
    start = time.perf_counter()
    function()
    return max(1, min(200, int(0.02 / (time.perf_counter() - start))))


def ours(entry: Entry) -> Callable:
    """The operation as a program of ours."""
    with tf.Graph().as_default() as graph, tf.Session():
        tensors = [tf.placeholder(tf.as_dtype(array.dtype), array.shape) for array in entry.arrays]
        function, state = tf.to_jax(entry.build(tf, *tensors), tensors)
    # As a session does: what is checked is a result. `jax.jit` alone drops it, and takes 0.1 ms longer to be called.
    jitted = jax.jit(checkify.checkify(function), compiler_options=options.compiler_options(graph.get_operations()))
    arrays = [jnp.asarray(array) for array in entry.arrays]

    def run() -> None:
        with jax.enable_x64(True):
            jax.block_until_ready(jitted(state, *arrays))

    return run


def _theirs(entry: Entry) -> Callable | None:
    v1 = tensorflow()
    if v1 is None:
        return None
    with v1.Graph().as_default():
        held = [v1.Variable(array, use_resource=False, trainable=False) for array in entry.arrays]
        result = entry.build(v1, *(v.read_value() for v in held))
        target = v1.group(*[r.op if hasattr(r, "op") else r for r in (result if isinstance(result, list) else [result])])
        # Its optimizer would drop what only a control edge asks for.
        config = v1.ConfigProto(graph_options=v1.GraphOptions(optimizer_options=v1.OptimizerOptions(opt_level=-1)))
        config.graph_options.rewrite_options.disable_meta_optimizer = True
        session = v1.Session(config=config)
        session.run(v1.global_variables_initializer())
    return lambda: session.run(target)

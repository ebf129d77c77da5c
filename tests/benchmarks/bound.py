"""What bounds a model's step: its convolutions and products, each alone in the best form that XLA has for it."""

from __future__ import annotations

import collections
import importlib
import sys
from collections.abc import Callable, Iterator
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

import tracer as tf
from lowering.plan import slice
from lowering.programs import options
from tests.benchmarks import ops
from tests.benchmarks.timing import Row, interleaved
from tracer.ir import Operation

MODELS = ("mnist_deep", "cifar", "resnet")
SIZE = 1024
"""The product of square matrices of this size shows XLA's best rate."""


def bound() -> Iterator[Row]:
    """A step of each model against the sum of its parts alone; and these against one product of as many operations."""
    square = jnp.asarray(ops.normal(SIZE, SIZE))
    product = jax.jit(jnp.matmul)
    for name in MODELS:
        step, parts, told = _model(name)
        counts = collections.Counter(entry.name for entry, _ in parts)
        parts = list({entry.name: (entry, flops) for entry, flops in parts}.values())
        forms = [list(_forms(entry, told)) for entry, _ in parts]
        seconds = interleaved(step, lambda: product(square, square).block_until_ready(),
                              *(form for some in forms for form in some), rounds=5, repeats=3)
        whole, plain, *rest = seconds
        each = iter(rest)
        best, ideal = 0.0, 0.0
        for (entry, flops), some in zip(parts, forms, strict=True):
            count = counts[entry.name]
            one, other = count * min(next(each) for _ in some), count * flops * plain / (2 * SIZE**3)
            best, ideal = best + one, ideal + other
            times = f", {count} times" if count > 1 else ""
            yield Row(f"{name}: {entry.name}{times}", one * 1e3, "ms", other * 1e3, "a plain product of as many operations")
        yield Row(f"{name}: these together", best * 1e3, "ms", ideal * 1e3, "plain products")
        yield Row(f"{name}: a step", whole * 1e3, "ms", best * 1e3, "these together", "budget 1.2")


def _model(name: str) -> tuple[Callable, list[tuple[ops.Entry, float]], Any]:
    """A step of the model, its heavy operations with how many operations each is, and what XLA is told for it."""
    sys.modules.setdefault("tensorflow", tf)
    made = importlib.import_module(f"tests.models.programs.{name}")
    with tf.Graph().as_default():
        model = made.build()
        session = tf.Session()
        session.run(tf.initialize_all_variables())
        session.run(model.fetches, model.feeds)
        nodes = [op for stage in session.runs()[-1].plan.stages for op in stage.nodes
                 if op.type in ("Conv2D", "MatMul") and "gradients" not in op.name]
        given = session.run([t for op in nodes for t in op.inputs], model.feeds)
    parts = [part for i, op in enumerate(nodes) for part in _parts(op, given[2 * i:2 * i + 2])]
    told = options.compiler_options(nodes)
    return lambda: session.run(model.fetches, model.feeds), parts, told


def _parts(op: Operation, arrays: list[np.ndarray]) -> Iterator[tuple[ops.Entry, float]]:
    """The operation, and its gradients by what depends on a variable."""
    by = tuple(i for i, t in enumerate(op.inputs) if any(o.type == "Variable" for o in slice.needed([t.op], frozenset())))
    taps = arrays[1].shape
    if op.type == "Conv2D":
        strides, padding = tuple(op.attrs["strides"]), op.attrs["padding"]
        name = f"conv2d {'x'.join(map(str, taps))}/{strides[1]} of {'x'.join(map(str, arrays[0].shape))}"

        def build(tf: Any, x: Any, w: Any) -> Any:
            return tf.nn.conv2d(x, w, list(strides), padding)

        def plain(x: Any, w: Any) -> Any:
            return lax.conv_general_dilated(x, w, strides[1:3], padding, dimension_numbers=("NHWC", "HWIO", "NHWC"))
    else:
        name = f"matmul {'x'.join(map(str, arrays[0].shape))} by {'x'.join(map(str, taps))}"

        def build(tf: Any, x: Any, w: Any) -> Any:
            return tf.matmul(x, w)

        plain = jnp.matmul
    flops = 2.0 * jax.eval_shape(plain, *arrays).size * np.prod(taps[:-1])
    for entry in ops.both(name, tuple(arrays), build, plain, by):
        yield entry, flops


def _forms(entry: ops.Entry, told: Any) -> Iterator[Callable]:
    """The operation as we compute it, and as plain JAX does, with what XLA is told for the model and without."""
    yield ops.ours(entry)
    arrays = [jnp.asarray(array) for array in entry.arrays]
    for said in [None] if told is None else [None, told]:
        jitted = jax.jit(entry.plain, compiler_options=said)
        yield lambda jitted=jitted: jax.block_until_ready(jitted(*arrays))

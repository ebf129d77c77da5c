"""Pooling over windows of random sizes, against what 0.12.1 draws and computes."""

from itertools import pairwise

import numpy as np
import pytest

import tracer as tf
from tests.parity import case, parity

rng = np.random.RandomState(7)
IMAGES = rng.randn(2, 13, 10, 3).astype(np.float32)
TIES = np.zeros([1, 7, 6, 1], np.float32)
KINDS = "max", "avg"
ROWS, COLUMNS = np.int64([0, 2, 4, 6, 7]), np.int64([0, 2, 4, 5, 6])
GRADIENT = rng.randn(1, 4, 4, 1).astype(np.float32)
PARTS = {"overlapping": True, "gradient": False}


@parity([
    *(case(f"nn.fractional_{kind}_pool", value, ratio, deterministic=True, seed=seed, seed2=2 * seed, **words)
      for kind in KINDS for words, value, ratio, seed in (
          ({}, IMAGES, [1, 1.44, 1.9, 1], 3), ({"overlapping": True}, TIES, [1, 1.5, 1.44, 1], 9),
          ({"pseudo_random": True}, IMAGES, [1, 1.44, 1.9, 1], 5),
          ({"pseudo_random": True, "overlapping": True}, np.float64(IMAGES[:1]), [1, 2.5, 1, 1], 11),
          ({}, np.int32(IMAGES * 9), [1, 1.44, 3, 1], 5))),
    case("nn.fractional_max_pool", IMAGES, [1, 1.2, 1.2], raises=True),
    case("raw.fractional_max_pool_grad", TIES + np.arange(6, dtype=np.float32)[:, None], GRADIENT, GRADIENT, ROWS, COLUMNS,
         **PARTS),
    case("raw.fractional_avg_pool_grad", np.int64([1, 7, 6, 1]), GRADIENT, ROWS, COLUMNS, **PARTS),
    case("raw.fractional_avg_pool_grad", np.int64([1, 7, 6, 1]), GRADIENT, ROWS, COLUMNS, gradient=False),
])
def test_fractional(case):
    case.check()


@pytest.mark.parametrize("pseudo_random", [False, True])
@pytest.mark.parametrize("kind", KINDS)
def test_windows_of_each_run(kind, pseudo_random):
    pool = getattr(tf.nn, f"fractional_{kind}_pool")
    x = tf.constant(IMAGES)
    same = pool(x, [1, 1.44, 1.44, 1], pseudo_random, deterministic=True)
    other = pool(x, [1, 1.44, 1.44, 1], pseudo_random, seed=1)
    gradient, = tf.gradients(other.output, x)
    with tf.Session() as session:
        runs = [session.run([same, other, gradient]) for _ in range(12)]
    assert len({run[0].row_pooling_sequence.tobytes() for run in runs}) == 1
    assert len({run[1].row_pooling_sequence.tobytes() for run in runs}) > 1
    reduce = {"max": np.max, "avg": np.mean}[kind]
    for _, (output, rows, columns), moved in runs:
        for starts, size in ((rows, 13), (columns, 10)):
            assert (starts[0], starts[-1]) == (0, size)
            assert set(np.diff(starts)) == {1, 2}
        windows = [[reduce(IMAGES[:, top:bottom, left:right], (1, 2)) for left, right in pairwise(columns)]
                   for top, bottom in pairwise(rows)]
        np.testing.assert_allclose(output, np.moveaxis(windows, 2, 0), rtol=1e-5)
        assert moved.sum() == pytest.approx(output.size, rel=1e-5)


@pytest.mark.parametrize(("ratio", "words"), [
    ([2, 1.5, 1.5, 1], "Fractional pooling is not yet supported on the batch nor channel dimension."),
    ([1, 0.5, 1, 1], "pooling_ratio must be at least 1 everywhere"), ([1, 20, 1, 1], "leaves nothing of a value"),
])
def test_ratios_that_do_not_go(ratio, words):
    with pytest.raises(ValueError, match=words):
        tf.nn.fractional_max_pool(IMAGES, ratio)


def test_a_graph_with_its_gradient_goes_both_ways():
    x = tf.placeholder(tf.float32, [2, 13, 10, 3], name="x")
    for kind in KINDS:
        pooled = getattr(tf.nn, f"fractional_{kind}_pool")(x, [1, 1.44, 1.9, 1], deterministic=True, seed=3, seed2=6)
        tf.identity(tf.gradients(pooled.output, x)[0], name=f"of_{kind}")
    names = ["of_max:0", "of_avg:0"]
    with tf.Session() as session:
        expected = session.run(names, {x: IMAGES})
    graph_def = tf.get_default_graph().as_graph_def()
    assert {"FractionalMaxPoolGrad", "FractionalAvgPoolGrad"} <= {node.op for node in graph_def.node}
    with tf.Graph().as_default(), tf.Session() as session:
        tf.import_graph_def(graph_def, name="")
        for got, want in zip(session.run(names, {"x:0": IMAGES}), expected, strict=True):
            np.testing.assert_allclose(got, want, rtol=1e-6)

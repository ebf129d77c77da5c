"""Programs that are fed two numbers of rows which have nothing to do with each other: emitted, and as artifacts."""

import itertools

import jax
import numpy as np
import pytest

import tracer as tf
from lowering.batch.batches import batches

RNG = np.random.RandomState(0)
WEIGHTS = np.float32([[1, 2], [3, 4], [5, 6]])


def similarities():
    """Each query with each entry of a gallery; the queries have labels."""
    query, gallery = (tf.placeholder(tf.float32, [None, 3], name=name) for name in ("query", "gallery"))
    labels = tf.placeholder(tf.float32, [None], name="labels")
    weights = tf.Variable(WEIGHTS, name="weights")
    table = tf.matmul(tf.matmul(query, weights), tf.matmul(gallery, weights), transpose_b=True)
    rows, columns = tf.shape(query)[0], tf.shape(gallery)[0]
    ones = tf.ones(tf.pack([rows, columns]))
    mean = tf.reduce_sum(table + ones, 1) / tf.to_float(columns) + labels / tf.to_float(rows)
    return [mean, ones], [query, gallery, labels]


def given(rows, columns):
    return [RNG.rand(rows, 3).astype(np.float32), RNG.rand(columns, 3).astype(np.float32), RNG.rand(rows).astype(np.float32)]


def wanted(query, gallery, labels):
    ones = np.ones([len(query), len(gallery)])
    return (query @ WEIGHTS @ (gallery @ WEIGHTS).T + ones).mean(1) + labels / len(query), ones


def compare(found, inputs):
    for value, want in zip(found, wanted(*inputs), strict=True):
        np.testing.assert_allclose(value, want, rtol=1e-5)


def test_an_emitted_module_takes_both_numbers(tmp_path):
    fetches, feeds = similarities()
    with tf.Session() as session:
        session.run(tf.initialize_all_variables())
        source = tf.emit(fetches, feeds, str(tmp_path / "net.py"), session)
    namespace = {}
    exec(source, namespace)
    for rows, columns in itertools.product((3, 5), (3, 4)):
        inputs = given(rows, columns)
        compare(jax.jit(namespace["apply"])({"weights": WEIGHTS}, *inputs), inputs)


def test_an_artifact_takes_both_numbers(tmp_path):
    fetches, feeds = similarities()
    path = tmp_path / "net.jax"
    with tf.Session() as session:
        session.run(tf.initialize_all_variables())
        tf.export(str(path), fetches, feeds, session)
    call = jax.export.deserialize(path.read_bytes()).call
    for rows, columns in itertools.product((3, 5), (3, 4)):
        inputs = given(rows, columns)
        with jax.enable_x64(True):
            compare(call(*inputs), inputs)
    with jax.enable_x64(True), pytest.raises(ValueError, match="b"):  # labels for other queries
        call(*given(3, 4)[:2], given(5, 4)[2])


@pytest.mark.parametrize("groups", [
    [[0, 1, 2]], [[0], [1], [2]], [[0, 2], [1]], [[2, 3], [0, 1]], [[0, 1, 3, 4], [2]], [[1, 3, 5], [0], [2, 4]],
    [[0, 1, 2, 3, 4, 5, 6, 7]], [[i] for i in range(8)],
])
def test_groups(groups):
    count = sum(map(len, groups))
    home = {i: number for number, group in enumerate(groups) for i in group}

    def fits(tried):
        size = {i: number for number, group in enumerate(tried) for i in group}
        return all(size[a] == size[b] for a, b in itertools.combinations(range(count), 2) if home[a] == home[b])

    found = batches(count, fits)
    assert sorted(found) == sorted(map(sorted, groups))

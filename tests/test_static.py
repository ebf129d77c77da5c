"""What is known of values while the graph is recorded."""

import numpy as np
import pytest

import tracer as tf
from tracer import static

VALUE = np.arange(6, dtype=np.float32).reshape(2, 3)


@pytest.mark.parametrize(("make", "value"), [
    (lambda: tf.constant(VALUE), VALUE),
    (lambda: tf.constant(b"text"), np.array(b"text", object)),
    (lambda: tf.shape(tf.placeholder(tf.float32, [1, 2, 3])), np.int32([1, 2, 3])),
    (lambda: tf.size(tf.zeros([1, 2, 3])), np.int32(6)),
    (lambda: tf.size(1.0), np.int32(1)),
    (lambda: tf.rank(tf.placeholder(tf.float32, [None, 2])), np.int32(2)),
    (lambda: tf.range(2, 9, 3), np.int32([2, 5, 8])),
    (lambda: tf.range(tf.rank(VALUE)), np.int32([0, 1])),
    (lambda: tf.cast(tf.constant(VALUE), tf.float64), VALUE.astype(np.float64)),
    (lambda: tf.concat(0, [VALUE[:1], VALUE[1:]]), VALUE),
    (lambda: tf.concat(0, [tf.shape(VALUE), [7]]), np.int32([2, 3, 7])),
])
def test_known(make, value):
    found = static.constant_value(make())
    assert found.dtype == value.dtype
    np.testing.assert_array_equal(found, value)


@pytest.mark.parametrize("make", [
    lambda: tf.placeholder(tf.float32),
    lambda: tf.shape(tf.placeholder(tf.float32, [None, 3])),
    lambda: tf.size(tf.placeholder(tf.float32, [None, 3])),
    lambda: tf.rank(tf.placeholder(tf.float32)),
    lambda: tf.range(tf.placeholder(tf.int32, [])),
    lambda: tf.cast(tf.placeholder(tf.int32), tf.int64),
    lambda: tf.concat(tf.placeholder(tf.int32), [VALUE, VALUE]),
    lambda: tf.concat(0, [VALUE, tf.placeholder(tf.float32)]),
    lambda: tf.pack([tf.constant(1), tf.constant(2)]),
    lambda: tf.identity(tf.constant(1)),
    lambda: tf.fill([2], 3),
    lambda: tf.add(1, 2),
    lambda: tf.Variable(1.0).ref(),
])
def test_unknown(make):
    assert static.constant_value(make()) is None


def test_sizes_of_a_shape_vector():
    assert static.constant_sizes(tf.constant([2, 3])) == (2, 3)
    assert static.constant_sizes(tf.placeholder(tf.int32, [2])) == (None, None)
    assert static.constant_sizes(tf.placeholder(tf.int32)) is None
    with pytest.raises(ValueError, match="must be >= 0"):
        static.constant_sizes(tf.constant([-1]))
    with pytest.raises(ValueError, match="must have rank 1"):
        static.constant_sizes(tf.constant(1))


@pytest.mark.parametrize(("make", "shape"), [  # as TensorFlow 0.12.1 says
    (lambda x, n, k: tf.reshape(x, tf.pack([n, 7, 7])), [None, 7, 7]),
    (lambda x, n, k: tf.reshape(x, [n, 7, -1]), [None, 7, None]),
    (lambda x, n, k: tf.reshape(x, tf.shape(x)), [None, 49]),
    (lambda x, n, k: tf.reshape(tf.ones([4, 6]), [k, 6]), [4, 6]),
    (lambda x, n, k: tf.reshape(tf.ones([4, 6]), [k, -1]), [None, None]),
    (lambda x, n, k: tf.reshape(x, tf.concat(0, [tf.shape(x)[:1], [7, 7]])), [None, 7, 7]),
    (lambda x, n, k: tf.reshape(x, tf.concat(0, [tf.expand_dims(n, 0), [7, -1]])), [None, 7, None]),
    (lambda x, n, k: tf.reshape(x, tf.cast(tf.pack([n, 49]), tf.int32)), [None, 49]),
    (lambda x, n, k: tf.reshape(x, tf.pack([n * 2, k])), [None, None]),
    (lambda x, n, k: tf.fill([n, 3], 1.0), [None, 3]),
    (lambda x, n, k: tf.zeros(tf.shape(x)), [None, 49]),
    (lambda x, n, k: tf.random_uniform([n, 3]), [None, 3]),
    (lambda x, n, k: tf.truncated_normal(tf.shape(x)), [None, 49]),
    (lambda x, n, k: tf.tile(x, [n, 2]), [None, 98]),
    (lambda x, n, k: tf.sparse_to_dense([[0, 0]], tf.pack([n, 3]), [1.0]), [None, 3]),
    (lambda x, n, k: tf.split(0, 2, tf.zeros([n, 4]))[0], [None, 4]),
    (lambda x, n, k: tf.slice(x, [k, 0], [1, -1]), [1, 49]),
    (lambda x, n, k: tf.slice(x, [k, 9], [-1, -1]), [None, 40]),
    (lambda x, n, k: tf.slice(tf.ones([4, 6]), tf.concat(0, [[1], [k]]), [-1, -1]), [3, None]),
    (lambda x, n, k: tf.slice(x, [0, 0], [n, 3]), [None, None]),
])
def test_shapes_from_vectors_known_in_part(make, shape):
    x, k = tf.placeholder(tf.float32, [None, 49]), tf.placeholder(tf.int32, [])
    assert make(x, tf.shape(x)[0], k).get_shape().as_list() == shape


def test_a_layer_upon_a_size_known_in_part():
    x = tf.placeholder(tf.float32, [None, 4])
    spread = tf.reshape(x, tf.pack([tf.shape(x)[0], 2, 2]))
    weights = tf.get_variable("w", [spread.get_shape()[2], 3], initializer=tf.constant_initializer(1.0))
    product = tf.matmul(tf.reshape(spread, [-1, 2]), weights)
    with tf.Session() as session:
        session.run(tf.initialize_all_variables())
        np.testing.assert_array_equal(session.run(product, {x: [[1, 2, 3, 4]]}), [[3] * 3, [7] * 3])


def test_what_shaped_another_tensor_is_not_fed():
    shape = tf.constant([3, 2])
    reshaped = tf.reshape(VALUE, shape)
    with tf.Session() as session, pytest.raises(ValueError, match="may not be fed"):
        session.run(reshaped, {shape: [6, 1]})


def test_what_shaped_nothing_is_fed():
    x = tf.constant([3, 2])
    with tf.Session() as session:
        assert session.run(tf.mul(x, 2), {x: [1, 5]}).tolist() == [2, 10]


def test_a_range_of_a_shape_as_a_number_of_copies():
    x = tf.placeholder(tf.float32, [2, 3])
    copies = tf.concat(0, [tf.shape(x)[:-1], [2]])
    np.testing.assert_array_equal(tf.Session().run(tf.tile([[7]], copies), {x: np.zeros([2, 3])}), np.full([2, 2], 7))


def test_a_shape_from_a_sparse_tensor():
    places, values, shape = tf.placeholder(tf.int64, [None, 1]), tf.placeholder(tf.int32), tf.placeholder(tf.int64, [1])
    y = tf.reshape([[0.0, 1.0, 2.0]], tf.sparse_tensor_to_dense(tf.SparseTensor(places, values, shape)))
    value = tf.Session().run(y, {places: [[0], [1]], values: [3, 1], shape: [2]})
    np.testing.assert_array_equal(value, [[0], [1], [2]])

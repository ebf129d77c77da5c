"""Decayed learning rates: their formulas."""

import math

import numpy as np
import pytest

import tracer as tf

CASES = [
    ("exponential_decay", (0.05, 5, 10, 0.96), {}, 0.05 * 0.96**0.5),
    ("exponential_decay", (0.1, 100, 3, 0.96), {"staircase": True}, 0.1 * 0.96**33),
    ("exponential_decay", (0.1, 2, 3, 0.96), {"staircase": True}, 0.1),
    ("natural_exp_decay", (0.1, 7, 2, 0.5), {}, 0.1 * math.exp(-0.5 * 3.5)),
    ("natural_exp_decay", (0.1, 7, 2, 0.5), {"staircase": True}, 0.1 * math.exp(-0.5 * 3)),
    ("inverse_time_decay", (0.1, 7, 2, 0.5), {}, 0.1 / (1 + 0.5 * 3.5)),
    ("inverse_time_decay", (0.1, 7, 2, 0.5), {"staircase": True}, 0.1 / (1 + 0.5 * 3)),
    ("polynomial_decay", (0.1, 4, 10, 0.01), {}, 0.09 * 0.6 + 0.01),
    ("polynomial_decay", (0.1, 4, 10, 0.01), {"power": 2.0}, 0.09 * 0.6**2 + 0.01),
    ("polynomial_decay", (0.1, 40, 10, 0.01), {}, 0.01),
    ("polynomial_decay", (0.1, 14, 10, 0.01), {"cycle": True}, 0.09 * 0.3 + 0.01),
]


@pytest.mark.parametrize(("name", "arguments", "options", "wanted"), CASES)
@pytest.mark.parametrize("kind", ["number", "variable", "int64"])
def test_decay(name, arguments, options, wanted, kind):
    rate, step, *rest = arguments
    with tf.Session() as session:
        if kind != "number":
            step = tf.Variable(tf.constant(step, tf.int64 if kind == "int64" else tf.int32))
        decayed = getattr(tf.train, name)(rate, step, *rest, **options)
        session.run(tf.initialize_all_variables())
        value = session.run(decayed)
    assert value.dtype == np.float32
    np.testing.assert_allclose(value, wanted, rtol=1e-5)


def test_the_rates_type_is_the_results():
    rate = tf.constant(0.1, tf.float64)
    with tf.Session() as session:
        value = session.run(tf.train.exponential_decay(rate, 5, 10, 0.96))
    assert value.dtype == np.float64
    np.testing.assert_allclose(value, 0.1 * 0.96**0.5, rtol=1e-7)


def test_the_names_of_the_results():
    names = [tf.train.exponential_decay(0.1, 1, 2, 0.5).name, tf.train.exponential_decay(0.1, 1, 2, 0.5, name="r").name,
             tf.train.polynomial_decay(0.1, 1, 2).name]
    assert names == ["ExponentialDecay:0", "r:0", "PolynomialDecay:0"]


@pytest.mark.parametrize("dtype", [tf.int32, tf.int64, tf.float32])
def test_piecewise_constant(dtype):
    """At a boundary the value before it still holds, as the real TensorFlow says."""
    x = tf.placeholder(dtype, [])
    limits = [10, 20] if dtype != tf.float32 else [10.0, 20.0]
    y = tf.train.piecewise_constant(x, limits, [0.5, 0.25, 0.125])
    with tf.Session() as session:
        assert [session.run(y, {x: at}) for at in (0, 10, 11, 20, 21, 100)] == [0.5, 0.5, 0.25, 0.25, 0.125, 0.125]


@pytest.mark.parametrize(("limits", "expected"), [(8, [0.0, 10.0, 10.0]), (10, [0.0, 9.0, 10.0]), (12, [0.0, 9.0, 0.0])])
def test_piecewise_constants_that_are_more_or_fewer(limits, expected):
    """Eleven values, as the real TensorFlow takes them: nothing is checked, and the last stands behind the last boundary."""
    x = tf.placeholder(tf.int32, [])
    y = tf.train.piecewise_constant(x, [10 * (i + 1) for i in range(limits)], [float(i) for i in range(11)])
    with tf.Session() as session:
        assert [session.run(y, {x: at}) for at in (5, 95, 105)] == expected


@pytest.mark.parametrize(("limits", "values", "words"), [
    ([1.0, 2.0], [0.1, 0.2, 0.3],
     r"Boundaries \(<dtype: 'float32'>\) must have the same dtype as x \(<dtype: 'int32'>\)\."),
    ([1, 2], [0.1, 0.2, 3],
     r"Values must have elements all with the same dtype \(<dtype: 'float32'> vs <dtype: 'int32'>\)\."),
])
def test_piecewise_constants_of_two_types(limits, values, words):
    with pytest.raises(ValueError, match=words):
        tf.train.piecewise_constant(tf.constant(1), limits, values)


def test_a_decayed_rate_trains():
    v, count = tf.Variable(0.0), tf.Variable(0, trainable=False)
    rate = tf.train.exponential_decay(1.0, count, 1, 0.5)
    step = tf.train.GradientDescentOptimizer(rate).minimize(-v, count)
    with tf.Session() as session:
        session.run(tf.initialize_all_variables())
        found = [session.run([step, v]) and session.run(v) for _ in range(4)]
    assert found == [1.0, 1.5, 1.75, 1.875]

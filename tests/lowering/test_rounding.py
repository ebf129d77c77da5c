"""Sums, products and quotients round after each operation, as TensorFlow's do, where XLA would join two of them."""

import jax
import numpy as np
import pytest

import tracer as tf

ONE, TINY = np.float32(1), np.float32(1e-9)
ENDS = np.array([0, 0.5, 1], np.float32)


def expected(far):
    """What rounding each time gives: `1 - y`, and 1e-9 with it."""
    return (ONE - far) + TINY


@pytest.fixture(autouse=True)
def compiled(monkeypatch):
    """NumPy joins nothing."""
    monkeypatch.setenv("TRACER_WITHOUT", "first")


SUMS = {
    "constant first": lambda y: TINY + (1.0 - y),
    "constant last": lambda y: (1.0 - y) + TINY,
    "ones like it": lambda y: (tf.ones_like(y) - y) + TINY,
    "filled": lambda y: (tf.fill(tf.shape(y), 1.0) - y) + TINY,
    "computed constants": lambda y: (tf.square(tf.constant(-1.0)) - y) + tf.neg(tf.constant(-TINY)),
    "reshaped": lambda y: tf.reshape(tf.reshape(1.0 - y, [3, 1]) + TINY, [3]),
    "with more rows": lambda y: (tf.tile(tf.expand_dims(1.0 - y, 0), [2, 1]) + TINY)[1],
    "of a stack": lambda y: tf.unpack(tf.pack([1.0 - y, y]))[0] + TINY,
    "in a loop": lambda y: tf.while_loop(lambda i, z: i < 1, lambda i, z: [i + 1, (1.0 - z) + TINY], [0, y])[1],
}


@pytest.mark.parametrize("form", SUMS.values(), ids=SUMS)
def test_a_tiny_number_is_added_to_the_rounded_difference(form):
    y = tf.placeholder(tf.float32, [3])
    with tf.Session() as session:
        np.testing.assert_array_equal(session.run(form(y), {y: ENDS}), expected(ENDS))


def test_the_logarithm_of_what_is_left_has_an_end_and_a_slope():
    logits = tf.placeholder(tf.float32, [3])
    left = tf.log(1.0 - tf.sigmoid(logits) + 1e-9)
    slope = tf.gradients(left, logits)[0]
    with tf.Session() as session:
        values, slopes = session.run([left, slope], {logits: np.array([0, 40, 1000], np.float32)})
    np.testing.assert_allclose(values, np.log([0.5, 1e-9, 1e-9]), rtol=1e-6)
    np.testing.assert_allclose(slopes, [-0.5, 0, 0], rtol=1e-6)


def test_products_and_quotients_stay_in_range():
    a, b = (tf.placeholder(tf.float32, []) for _ in range(2))
    forms = {  # what is divided or multiplied by first leads back into range
        (1e30, 1.0): [a * 1e-25 * 1e-25, a * 1e-25 / 1e25, 1e-25 * (a / 1e25)],
        (1e-30, 1e-25): [a / b / b, a / 1e-25 / 1e-25],
        (1e30, 1e20): [a / (b / 1e15)],
    }
    with tf.Session() as session:
        for (x, y), tensors in forms.items():
            wanted = {1.0: 1e-20, 1e-25: 1e20, 1e20: 1e25}[y]
            np.testing.assert_allclose(session.run(tensors, {a: x, b: y}), [wanted] * len(tensors), rtol=1e-5)


def test_the_emitted_module_rounds_so_too(tmp_path):
    y = tf.placeholder(tf.float32, [3], name="y")
    names = {"__file__": str(tmp_path / "model.py")}
    with tf.Session():
        exec(tf.emit([(1.0 - y) + TINY], path=str(tmp_path / "model.py")), names)
    np.testing.assert_array_equal(np.ravel(jax.jit(names["apply"])(ENDS)), expected(ENDS))

"""Random operations: the numbers that the real TensorFlow draws for the same seeds, names, seeds, errors."""

import numpy as np
import pytest

import tracer as tf
from tests.parity import case, parity
from tests.reference.recipes import drawing as recipes
from tracer.ops.random import get_seed

INTS = np.arange(12, dtype=np.int32).reshape(4, 3)


@parity([
    case(recipes.seeded, "random_uniform", [3]), case(recipes.seeded, "random_uniform", [2, 3], -2.0, 5.0),
    case(recipes.seeded, "random_uniform", [], dtype=tf.float64), case(recipes.seeded, "random_uniform", [0]),
    case(recipes.seeded, "random_uniform", [4], 1, 10, tf.int32),
    case(recipes.seeded, "random_uniform", [4], 1, 2**40, tf.int64),
    case(recipes.seeded, "random_normal", [5]), case(recipes.seeded, "random_normal", [2, 2], 3.0, 0.5, tf.float64),
    case(recipes.seeded, "truncated_normal", [7]), case(recipes.seeded, "truncated_normal", [3], 1.0, 2.0),
    case(recipes.seeded, "random_shuffle", INTS), case(recipes.seeded, "random_shuffle", np.float32([1])),
    case(recipes.seeded, "random_crop", INTS, [2, 2]), case(recipes.seeded, "random_crop", INTS, [4, 3]),
    case(recipes.runs_on, "random_uniform", [2]), case(recipes.runs_on, "random_normal", [3]),
    case(recipes.seeded, "random_uniform", np.int32([2, 2])), case(recipes.seeded, "random_uniform", np.int64([3])),
], )
def test_numbers(case):
    case.check()


@pytest.mark.parametrize(("call", "error", "message"), [
    (lambda: tf.random_uniform([2], dtype=tf.int32), ValueError, "Must specify maxval for integer dtype tf.int32"),
    (lambda: tf.random_uniform([2], 5, 5, tf.int32), tf.errors.InvalidArgumentError, "Need minval < maxval, got 5 >= 5"),
    (lambda: tf.random_crop(INTS, [5, 1]), tf.errors.InvalidArgumentError, r"Need value.shape >= size, got"),
    (lambda: tf.multinomial([1.0, 2.0], 3), ValueError, "must have rank 2"),
    (lambda: tf.multinomial([[1.0, 2.0]], 0), tf.errors.InvalidArgumentError, "should be a positive integer, got: 0"),
    (lambda: tf.random_uniform([-1]), ValueError, "Dimension -1 must be >= 0"),
])
def test_errors(call, error, message):
    with tf.Session() as session, pytest.raises(error, match=message):
        session.run(call())


def recorded():
    return [(op.name, op.type) for op in tf.get_default_graph().get_operations()]


def test_names_of_uniform():
    tf.random_uniform([2])
    assert recorded() == [
        ("random_uniform/shape", "Const"), ("random_uniform/min", "Const"), ("random_uniform/max", "Const"),
        ("random_uniform/RandomUniform", "RandomUniform"), ("random_uniform/sub", "Sub"),
        ("random_uniform/mul", "Mul"), ("random_uniform", "Add")]


def test_names_of_whole_numbers():
    tf.random_uniform([2], maxval=7, dtype=tf.int64)
    assert recorded()[3:] == [("random_uniform", "RandomUniformInt")]


@pytest.mark.parametrize(("function", "name", "type"), [
    (tf.random_normal, "random_normal", "RandomStandardNormal"),
    (tf.truncated_normal, "truncated_normal", "TruncatedNormal"),
])
def test_names_of_normal(function, name, type):
    function([2])
    assert recorded() == [(f"{name}/shape", "Const"), (f"{name}/mean", "Const"), (f"{name}/stddev", "Const"),
                          (f"{name}/{type}", type), (f"{name}/mul", "Mul"), (name, "Add")]


def test_names_of_the_others():
    tf.multinomial([[1.0]], 1)
    tf.random_shuffle([1])
    tf.random_crop(INTS, [1, 1])
    names = dict(recorded())
    assert names["multinomial/Multinomial"] == "Multinomial"
    assert names["RandomShuffle"] == "RandomShuffle"
    assert names["random_crop"] == "Slice"


def test_seeds():
    assert get_seed(None) == (None, None)
    assert get_seed(5) == (87654321, 5)
    tf.set_random_seed(1234)
    tf.random_normal([2])
    tf.random_uniform([2])
    seeds = {op.name: (op.attrs["seed"], op.attrs["seed2"]) for op in tf.get_default_graph().get_operations()
             if "seed2" in op.attrs}
    assert seeds == {"random_normal/RandomStandardNormal": (1234, 3), "random_uniform/RandomUniform": (1234, 9)}
    assert get_seed(5) == (1234, 5)


def test_a_new_session_starts_again():
    numbers = tf.random_uniform([4], seed=3)
    runs = []
    for _ in range(2):
        with tf.Session() as session:
            runs.append([session.run(numbers).tolist() for _ in range(2)])
    assert runs[0] == runs[1]
    assert runs[0][0] != runs[0][1]


def test_without_seeds_sessions_differ():
    numbers = tf.random_uniform([8])
    with tf.Session() as first, tf.Session() as second:
        assert first.run(numbers).tolist() != second.run(numbers).tolist()


def test_two_operations_differ():
    tf.set_random_seed(1)
    with tf.Session() as session:
        first, second = session.run([tf.random_normal([8]), tf.random_normal([8])])
    assert first.tolist() != second.tolist()


def test_shapes_from_tensors():
    assert tf.random_normal(tf.placeholder(tf.int32, [3])).get_shape().as_list() == [None, None, None]
    assert tf.truncated_normal(tf.placeholder(tf.int32)).get_shape().ndims is None
    sizes = tf.placeholder(tf.int32)
    with tf.Session() as session:
        assert session.run(tf.random_normal(sizes), {sizes: [2, 3]}).shape == (2, 3)


def test_frequencies_of_multinomial():
    draws = tf.multinomial(np.log([[.1, .2, .7], [.5, .5, 0.]], where=[[True] * 3, [True, True, False]],
                                  out=np.full((2, 3), -np.inf)), 20000, seed=3)
    with tf.Session() as session:
        values = session.run(draws)
    assert values.dtype == np.int64
    for row, wanted in zip(values, [[.1, .2, .7], [.5, .5, 0.]], strict=True):
        np.testing.assert_allclose(np.bincount(row, minlength=3) / 20000, wanted, atol=.02)


def test_the_largest_logit_is_certain():
    with tf.Session() as session:
        assert session.run(tf.multinomial([[-1e5, 1e5, -1e5], [-1e5, -1e5, 1e5]], 1)).tolist() == [[1], [2]]


def test_no_gradient_flows_through_random_numbers():
    low = tf.constant(1.0)
    numbers = tf.random_uniform([3], low, 2.0, seed=1)
    gradient = tf.gradients(numbers, low)[0]
    with tf.Session() as session:
        values, slope = session.run([numbers, gradient])
    assert slope == pytest.approx(3 - (values - 1).sum(), rel=1e-5)  # low + (2 - low) * u

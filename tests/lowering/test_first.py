"""What initializes a network is computed, not compiled."""

import os
from unittest import mock

import numpy as np
import pytest

import tracer as tf
from lowering.programs import first
from lowering.programs.program import Program
from tracer import errors

pytestmark = pytest.mark.usefixtures("fast_paths")
rng = np.random.RandomState(5)


@pytest.fixture
def compiled(monkeypatch):
    """The programs that were compiled."""
    found = []
    compile = Program.compiled

    def noted(self, *arguments):
        found.append(self)
        return compile(self, *arguments)

    monkeypatch.setattr(Program, "compiled", noted)
    return found


def layers(count):
    return [tf.Variable(0.5 * tf.truncated_normal([3, width + 1], seed=width) - 1.0) for width in range(count)]


def test_large_networks_are_initialized_without_a_compilation(compiled):
    variables = layers(400)
    session = tf.Session()
    session.run(tf.initialize_all_variables())
    assert len(tf.get_default_graph().get_operations()) > 3000
    assert not compiled
    widest = session.run(variables[-1])
    assert widest.shape == (3, 400)
    assert -2 < widest.min() < widest.max() < 0
    assert abs(widest.mean() + 1) < 0.1


def test_the_numbers_are_those_of_the_compiled_program():
    variables = [*layers(3), tf.Variable(tf.random_uniform([30000], -1.0, 3.0, seed=1)),
                 tf.Variable(tf.random_normal([200, 200], 2.0, 0.1, seed=2)),
                 tf.Variable(tf.concat(0, [tf.zeros([2, 4]), tf.fill([1, 4], 7.0)])),
                 tf.Variable(tf.cast(tf.transpose(np.arange(6).reshape(2, 3)), tf.float32))]
    computed, compiled = (_initialized(variables, without) for without in ("", "first"))
    for one, other in zip(computed, compiled, strict=True):
        np.testing.assert_allclose(one, other, rtol=3e-7)  # XLA rounds a product and a sum at once


def _initialized(variables, without):
    with mock.patch.dict(os.environ, TRACER_WITHOUT=without), tf.Session() as session:
        session.run(tf.initialize_all_variables())
        return session.run(variables)


def test_what_runs_again_and_again_is_compiled(compiled, monkeypatch):
    variable = tf.Variable(tf.random_normal([4]))
    monkeypatch.setattr(first, "COMPILING", 1.0)
    session = tf.Session()
    for _ in range(3):
        session.run(variable.initializer)
    assert not compiled
    seen = session.run(variable)
    session.runs()[0].single._patience = 0.0
    for _ in range(3):
        session.run(variable.initializer)
    assert [program.what for program in compiled[:1]] == ["Variable/Assign"]
    assert not np.array_equal(session.run(variable), seen)


def test_what_is_fed_is_computed_once():
    x = tf.placeholder(tf.float32, [2])
    session = tf.Session()
    for count in range(1, 4):
        np.testing.assert_array_equal(session.run(x * 2.0, {x: [count, 1]}), [2 * count, 2])


def test_a_few_other_operations_change_nothing_of_that(compiled):
    variables = layers(60)
    matrix = rng.rand(3, 3).astype(np.float32)
    product = tf.Variable(tf.matmul(tf.exp(matrix), matrix))
    powers = tf.Variable(tf.while_loop(lambda n: n < 100, lambda n: n * 2, [tf.constant(3)]))
    copy = tf.Variable(variables[0].initialized_value() + 1.0)
    session = tf.Session()
    session.run(tf.initialize_all_variables())
    assert not compiled
    np.testing.assert_allclose(session.run(product), np.exp(matrix) @ matrix, rtol=1e-6)
    assert session.run(powers) == 192
    np.testing.assert_array_equal(*session.run([copy, variables[0] + 1.0]))


def test_a_value_that_does_not_fit_leaves_all_as_it_was():
    good, bad = tf.Variable(tf.ones([2])), tf.Variable(tf.ones([2]))
    value = tf.placeholder(tf.float32)
    session = tf.Session()
    with pytest.raises(errors.InvalidArgumentError, match="Assign requires shapes of both tensors to match") as caught:
        session.run([good.initializer, tf.assign(bad, value, name="change")], {value: np.ones(3)})
    assert caught.value.op.name == "change"
    assert not session.run(tf.is_variable_initialized(good))

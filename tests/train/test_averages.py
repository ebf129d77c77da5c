"""Moving averages: their formula, names, and what checkpoints restore."""

import numpy as np
import pytest

import tracer as tf
from tracer.train import averages, slots


@pytest.fixture
def session():
    with tf.Session() as opened:
        yield opened


@pytest.mark.parametrize(("count", "decay"), [(None, 0.25), (1, 2 / 11), (100, 0.25)])
def test_averages(session, count, decay):
    v = tf.Variable([10.0, 11.0], name="v")
    total = tf.add(v, v, name="total")
    keeper = tf.train.ExponentialMovingAverage(0.25, num_updates=count)
    update = keeper.apply([v, total])
    of_v, of_total = keeper.average(v), keeper.average(total)
    assert (of_v.name, of_total.name) == ("v/ExponentialMovingAverage:0", "total/ExponentialMovingAverage:0")
    assert update.name == "ExponentialMovingAverage"
    assert tf.moving_average_variables() == [v]
    assert tf.trainable_variables() == [v]
    session.run(tf.initialize_all_variables())
    np.testing.assert_array_equal(session.run(of_v), [10.0, 11.0])
    np.testing.assert_array_equal(session.run(of_total), [0.0, 0.0])
    session.run(v.assign([1.0, 2.0]))
    wanted_v, wanted_total = np.array([10.0, 11.0]), np.zeros(2)
    for _ in range(3):
        session.run(update)
        wanted_v = wanted_v * decay + np.array([1.0, 2.0]) * (1 - decay)
        wanted_total = wanted_total * decay + np.array([2.0, 4.0]) * (1 - decay)
    np.testing.assert_allclose(session.run(of_v), wanted_v, rtol=1e-5)
    np.testing.assert_allclose(session.run(of_total), wanted_total, rtol=1e-5)


def test_the_trainable_variables_by_default():
    v, w = tf.Variable(1.0), tf.Variable(1.0, trainable=False)
    keeper = tf.train.ExponentialMovingAverage(0.9)
    keeper.apply()
    assert keeper.average(v) is not None
    assert keeper.average(w) is None


def test_averages_after_a_training_step(session):
    v = tf.Variable(1.0)
    step = tf.train.GradientDescentOptimizer(0.5).minimize(v)
    keeper = tf.train.ExponentialMovingAverage(0.5)
    with tf.control_dependencies([step]):
        train = keeper.apply([v])
    assert list(keeper.average(v).initializer.control_inputs) == []
    session.run(tf.initialize_all_variables())
    session.run(train)
    assert session.run([v, keeper.average(v)]) == [0.5, 0.75]


def test_what_has_no_average():
    keeper = tf.train.ExponentialMovingAverage(0.9)
    v = tf.Variable(1.0, name="v")
    with pytest.raises(TypeError, match="The variables must be float or double: Variable:0"):
        keeper.apply([tf.Variable(1)])
    keeper.apply([v])
    with pytest.raises(ValueError, match="Moving average already computed for: v:0"):
        keeper.apply([v])


def test_what_to_restore():
    v, w = tf.Variable(1.0, name="v"), tf.Variable(2.0, name="w", trainable=False)
    keeper = tf.train.ExponentialMovingAverage(0.9, name="mean")
    assert keeper.average_name(v) == "v/mean"
    keeper.apply([v])
    assert keeper.average_name(v) == "v/mean"
    assert keeper.average_name(w) == "w/mean"
    assert keeper.variables_to_restore() == {"v/mean": v, "w": w}
    assert keeper.variables_to_restore([w]) == {"w/mean": w, "v": v, "v/mean": keeper.average(v)}


def test_assign_moving_average(session):
    v = tf.Variable([10.0, 11.0], dtype=tf.float64)
    move = averages.assign_moving_average(v, tf.constant([1.0, 2.0], tf.float64), 0.25)
    session.run(v.initializer)
    np.testing.assert_allclose(session.run(move), [10 * 0.25 + 0.75, 11 * 0.25 + 2 * 0.75])


def test_weighted_moving_average(session):
    value, weight = tf.placeholder(tf.float32, []), tf.placeholder(tf.float32, [])
    mean = averages.weighted_moving_average(value, 0.5, weight)
    session.run(tf.initialize_all_variables())
    assert session.run(mean, {value: 3.0, weight: 4.0}) == 3.0
    found = session.run(mean, {value: 11.0, weight: 22.0})
    np.testing.assert_allclose(found, (6.0 * 0.5 + 11 * 22 * 0.5) / (2.0 * 0.5 + 22 * 0.5), rtol=1e-6)


def test_slots(session):
    with tf.device("/job:localhost"):
        v = tf.Variable([1.0, 2.5], name="v")
    one = slots.create_slot(v, v.initialized_value(), "one")
    zeros = slots.create_zeros_slot(v, "zeros", tf.float64)
    of_tensor = slots.create_zeros_slot(tf.constant([1, 2], name="c"), "zeros", colocate_with_primary=False)
    assert [s.op.name for s in (one, zeros, of_tensor)] == ["v/one", "v/zeros", "c/zeros"]
    assert [s.device for s in (one, zeros, of_tensor)] == ["/job:localhost", "/job:localhost", ""]
    assert one.op.colocation_groups() == [b"loc:@v"]
    session.run(tf.initialize_all_variables())
    np.testing.assert_array_equal(session.run(one), [1.0, 2.5])
    value = session.run(zeros)
    assert (value.dtype, value.tolist()) == (np.float64, [0.0, 0.0])
    assert session.run(of_tensor).dtype == np.int32


def test_an_average_without_its_start(session):
    """The values are TensorFlow 0.12.1's, which counts steps from 1."""
    average = tf.Variable([0.0, 0.0], name="average", trainable=False)
    update = averages.assign_moving_average(average, [1.0, 2.0], 0.9, zero_debias=True)
    session.run(tf.initialize_all_variables())
    for expected in ([0.5263156294822693, 1.0526312589645386], [0.7011067867279053, 1.4022135734558105]):
        np.testing.assert_allclose(session.run(update), expected, rtol=1e-6)
    assert {v.op.name for v in tf.all_variables()} == {"average", "average/biased", "average/local_step"}

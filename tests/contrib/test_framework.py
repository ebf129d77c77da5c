"""`tf.contrib.framework`: default arguments, variables, the step counter, checks of tensors, checkpoints."""

import logging
import re
import subprocess
import sys

import numpy as np
import pytest

import tracer as tf
from tracer.contrib import framework


def test_importing_tensorflow_loads_no_contrib():
    code = ("import sys, tracer; loaded = [name for name in sys.modules if name.startswith('tracer.contrib.')]; "
            "assert not loaded, loaded; assert tracer.contrib.framework.arg_scope; "
            "assert 'framework' in dir(tracer.contrib)")
    subprocess.run([sys.executable, "-c", code], check=True)


def test_a_package_that_is_not_there():
    with pytest.raises(AttributeError, match=r"tf\.contrib\.nonsense has no counterpart"):
        tf.contrib.nonsense  # noqa: B018


@framework.add_arg_scope
def scaled(x, by=1, plus=0):
    """x * by + plus."""
    return x * by + plus


def test_default_arguments_nest_and_come_back():
    with framework.arg_scope([scaled], by=3):
        with framework.arg_scope([scaled], plus=1) as scope:
            assert scaled(2) == 7
            assert scaled(2, by=1) == 3
        assert scaled(2) == 6
        with framework.arg_scope({}):
            assert scaled(2) == 2
    assert scaled(2) == 2
    with framework.arg_scope(scope):
        assert scaled(1) == 4


def test_what_a_decorated_function_is():
    assert (scaled.__name__, scaled.__doc__) == ("scaled", "x * by + plus.")
    assert [framework.has_arg_scope(scaled), framework.has_arg_scope(max)] == [True, False]
    assert framework.arg_scoped_arguments(scaled) == ("by", "plus")


def test_default_arguments_belong_to_their_thread():
    import threading

    seen = []
    with framework.arg_scope([scaled], by=3):
        thread = threading.Thread(target=lambda: seen.append(scaled(2)))
        thread.start()
        thread.join()
    assert seen == [2]


@pytest.mark.parametrize(("functions", "kwargs", "error", "message"), [
    ([max], {}, ValueError, "not decorated with @add_arg_scope"),
    (5, {}, TypeError, "must either be a list/tuple or reused scope"),
    ({}, {"by": 1}, ValueError, "kwargs must be empty"),
])
def test_what_an_arg_scope_refuses(functions, kwargs, error, message):
    with pytest.raises(error, match=message):
        with framework.arg_scope(functions, **kwargs):
            pass


# Variables


def names(variables):
    return [var.op.name for var in variables]


def test_variables_are_found_by_scope_suffix_and_name():
    for scope in ("a", "b"):
        with tf.variable_scope(scope):
            framework.model_variable("weights", [2])
            framework.variable("steps", [], trainable=False)
    framework.local_variable(3, name="local")
    assert names(framework.get_variables()) == ["a/weights", "a/steps", "b/weights", "b/steps"]
    assert names(framework.get_variables("b")) == ["b/weights", "b/steps"]
    with tf.variable_scope("b") as scope:
        assert names(framework.get_variables(scope, "weights")) == ["b/weights"]
    assert names(framework.get_variables_by_suffix("ps")) == ["a/steps", "b/steps"]
    assert names(framework.get_variables_by_name("steps", "a")) == ["a/steps"]
    assert framework.get_variables_by_name("ps") == []
    assert names(framework.get_model_variables()) == ["a/weights", "b/weights"]
    assert names(framework.get_local_variables()) == ["local"]
    assert names(tf.trainable_variables()) == ["a/weights", "b/weights"]
    assert framework.get_unique_variable("a/weights") is framework.get_model_variables()[0]
    with pytest.raises(ValueError, match="Couldnt find variable c"):
        framework.get_unique_variable("c")
    assert names(framework.get_variables_to_restore(["a"], ["a/steps"])) == ["a/weights"]
    assert names(framework.get_variables_to_restore(exclude=["a"])) == ["b/weights", "b/steps"]
    with pytest.raises(TypeError, match="include is provided but is not a list"):
        framework.get_variables_to_restore("a")


def test_a_variable_takes_device_collections_and_regularizer():
    var = framework.variable("v", [2], initializer=tf.constant_initializer(3.0), collections=["mine"], device="/cpu:0",
                             regularizer=lambda v: tf.reduce_sum(v, name="loss"))
    assert var.device == "/device:CPU:0"
    assert (tf.get_collection("mine"), tf.all_variables()) == ([var], [])
    assert [loss.op.name for loss in tf.get_collection("regularization_losses")] == ["v/Regularizer/loss"]


def test_variables_go_to_parameter_servers_in_turn():
    with framework.arg_scope([framework.model_variable], device=framework.VariableDeviceChooser(2)):
        devices = [framework.model_variable(f"v{i}", []).device for i in range(3)]
    assert devices == [f"/job:ps/task:{task}/device:CPU:0" for task in (0, 1, 0)]
    assert framework.VariableDeviceChooser(0, device_type="GPU", device_index=3)(None) == "/device:GPU:3"


def test_the_step_counter():
    assert framework.get_global_step() is None
    step = framework.get_or_create_global_step()
    assert (step.op.name, step.dtype.base_dtype, step.get_shape().as_list()) == ("global_step", tf.int64, [])
    assert framework.get_or_create_global_step() is framework.assert_or_get_global_step() is step
    assert step not in tf.trainable_variables()
    with pytest.raises(ValueError, match='"global_step" already exists'):
        framework.create_global_step()
    with tf.name_scope("inner"), tf.Graph().as_default() as graph:
        assert framework.create_global_step(graph).op.name == "global_step"
    with pytest.raises(TypeError, match="is not scalar"):
        framework.assert_or_get_global_step(None, tf.constant([1]))
    with pytest.raises(TypeError, match="must be a Variable or Tensor"):
        framework.assert_global_step(3)


def test_a_step_counter_is_found_by_name():
    tf.Variable(0, name="global_step")
    assert framework.get_global_step().name == "global_step:0"


def test_values_from_elsewhere():
    v, w = tf.Variable(tf.zeros([2]), name="v"), tf.Variable(tf.zeros([1, 2]), name="w")
    with tf.Session() as session:
        assign, feeds = framework.assign_from_values({"v": [1, 2]})
        session.run(assign, feeds)
        framework.assign_from_values_fn({"w": np.array([3, 4])})(session)
        np.testing.assert_array_equal(session.run(v), [1, 2])
        np.testing.assert_array_equal(session.run(w), [[3, 4]])
    with pytest.raises(ValueError, match="Variable u wasnt found"):
        framework.assign_from_values({"u": 1})


@pytest.fixture
def checkpoint(tmp_path):
    with tf.Graph().as_default(), tf.Session() as session:
        tf.Variable([1.0, 2.0], name="a/v")
        tf.Variable([[3.0, 4.0]], name="a/w")
        session.run(tf.initialize_all_variables())
        return tf.train.Saver().save(session, str(tmp_path / "model"), global_step=7)


def test_looking_into_a_checkpoint(checkpoint, tmp_path):
    assert framework.list_variables(checkpoint) == framework.list_variables(str(tmp_path)) == [
        ("a/v", [2]), ("a/w", [1, 2])]
    np.testing.assert_array_equal(framework.load_variable(str(tmp_path), "a/w:0"), [[3, 4]])
    assert framework.load_checkpoint(str(tmp_path)).has_tensor("a/v")
    (tmp_path / "empty").mkdir()
    with pytest.raises(ValueError, match="Couldn't find 'checkpoint' file"):
        framework.list_variables(str(tmp_path / "empty"))


def test_variables_given_what_a_checkpoint_holds(checkpoint):
    v, other = tf.Variable([0.0, 0.0], name="a/v"), tf.Variable([0.0], name="other")
    turned = tf.Variable([[0.0], [0.0]], name="turned")
    with tf.Session() as session:
        session.run(tf.initialize_all_variables())
        session.run(*framework.assign_from_checkpoint(checkpoint, {"a/v": v}))
        np.testing.assert_array_equal(session.run(v), [1, 2])
        framework.assign_from_checkpoint_fn(checkpoint, {"a/w": turned}, reshape_variables=True)(session)
        np.testing.assert_array_equal(session.run(turned), [[3], [4]])
        session.run(v.initializer)
        framework.assign_from_checkpoint_fn(checkpoint, [v, other], ignore_missing_vars=True)(session)
        np.testing.assert_array_equal(session.run([v])[0], [1, 2])
    with pytest.raises(ValueError, match=r"Checkpoint is missing variable \[other\]"):
        framework.assign_from_checkpoint(checkpoint, [other])


def test_variables_that_start_with_what_a_checkpoint_holds(checkpoint, tmp_path):
    with tf.variable_scope("b"):
        v = tf.get_variable("v", [2])
        w = tf.get_variable("w", [1, 2])
    again, fourth = tf.Variable([0.0, 0.0], name="again"), tf.Variable([0.0, 0.0], name="fourth")
    framework.init_from_checkpoint(str(tmp_path), {"a/": "b/", "a/v": again})
    framework.init_from_checkpoint(checkpoint, {"a/v": "fourth"})
    with tf.Session() as session:
        session.run(tf.initialize_all_variables())
        for value in session.run([v, again, fourth]):
            np.testing.assert_array_equal(value, [1, 2])
        np.testing.assert_array_equal(session.run(w), [[3, 4]])
    for mapping, message in (({"a/w": again}, "Shape of variable again"), ({"c": again}, "Tensor c is not found"),
                             ({"a/v": "nobody"}, "Variable nobody is not found"), ({"a/": "b"}, "scope only name b")):
        with pytest.raises(ValueError, match=message):
            framework.init_from_checkpoint(checkpoint, mapping)


def test_slices_start_with_their_part_of_a_checkpoint(checkpoint):
    with tf.variable_scope("a", partitioner=tf.variable_axis_size_partitioner(4)):
        joined = tf.get_variable("v", [2], initializer=tf.zeros_initializer)
    framework.init_from_checkpoint(checkpoint, {"a/": "a/"})
    with tf.Session() as session:
        session.run(tf.initialize_all_variables())
        np.testing.assert_array_equal(session.run(joined), [1, 2])


# Checks of tensors


def test_float_types():
    one, doubles = tf.constant(1.0), tf.constant(1.0, tf.float64)
    assert framework.assert_same_float_dtype([one, None]) is tf.float32
    with pytest.raises(ValueError, match=re.escape("must be of the same type (tf.float32) as Const:0")):
        framework.assert_same_float_dtype([one, doubles])
    with pytest.raises(ValueError, match=r"Expected float, got tf\.int32"):
        framework.assert_same_float_dtype([], tf.int32)


@pytest.mark.parametrize(("shapes", "wanted"), [
    (([3, 1], [3]), ([3], [3])), (([3], [3, 1]), ([3], [3])), (([3, 1], [3, 1]), ([3, 1], [3, 1])),
    (([3], [3]), ([3], [3])),
])
@pytest.mark.parametrize("known", [True, False])
def test_dimensions_that_can_go(shapes, wanted, known):
    given = [tf.placeholder(tf.float32, shape if known else None) for shape in shapes]
    results = framework.remove_squeezable_dimensions(*given)
    values = tf.Session().run(results, {p: np.zeros(shape) for p, shape in zip(given, shapes, strict=True)})
    assert [list(value.shape) for value in values] == list(map(list, wanted))


def test_a_shape_is_checked_when_it_runs():
    x = tf.placeholder(tf.float32)
    checked = framework.with_shape([2, 3], x)
    assert checked.get_shape().as_list() == [2, 3]
    with tf.Session() as session:
        np.testing.assert_array_equal(session.run(checked, {x: np.ones([2, 3])}), np.ones([2, 3]))
        with pytest.raises(tf.errors.InvalidArgumentError,
                           match=r"Wrong shape for Placeholder:0 \[expected\] \[actual\].\] \[2 3\] \[3 2\]"):
            session.run(checked, {x: np.ones([3, 2])})


def test_sums_and_conversions():
    sparse = tf.SparseTensorValue([[1]], [2.0], [3])
    assert isinstance(framework.convert_to_tensor_or_sparse_tensor(sparse), tf.SparseTensor)
    assert [framework.is_tensor(tf.Variable(1)), framework.is_tensor(3)] == [True, False]
    with pytest.raises(RuntimeError, match="Sparse dtype: requested = int32, actual = float32"):
        framework.convert_to_tensor_or_sparse_tensor(sparse, tf.int32)
    with pytest.raises(ValueError, match="No tensors provided"):
        framework.reduce_sum_n([])
    assert tf.Session().run(framework.reduce_sum_n([tf.constant([1, 2]), tf.constant(3)])) == 6


# Deprecation


@pytest.fixture
def logged(monkeypatch):
    messages = []
    monkeypatch.setattr(logging.getLogger("tensorflow"), "handle", lambda record: messages.append(record.getMessage()))
    return messages


def test_a_deprecated_function_says_so(logged):
    @framework.deprecated("2016-11-30", "Use another.")
    def old(x):
        """Does it."""
        return x

    assert old(3) == 3
    assert logged == [f"From {__file__}:{old.__wrapped__.__code__.co_firstlineno + 5} in "
                      f"test_a_deprecated_function_says_so.: old (from {__name__}) is deprecated and will be removed "
                      "after 2016-11-30.\nInstructions for updating:\nUse another."]
    assert old.__doc__.startswith("Does it. (deprecated)\n\nTHIS FUNCTION IS DEPRECATED.")


def test_deprecated_arguments_say_so(logged):
    @framework.deprecated_args("2016-11-30", "Use x.", "y")
    def by_name(x=1, y=2):
        return x + y

    @framework.deprecated_arg_values("2016-11-30", "Use x.", y=None)
    def by_value(x=1, y=2):
        return x, y

    assert (by_name(), by_value(y=3), logged) == (3, (1, 3), [])
    assert (by_name(1, 1), by_value(1, None)) == (2, (1, None))
    assert [message.partition(": ")[2].partition(" and will")[0] for message in logged] == [
        f"calling by_name (from {__name__}) with y is deprecated",
        f"calling by_value (from {__name__}) with y=None is deprecated"]


@pytest.mark.parametrize(("decorate", "message"), [
    (lambda: framework.deprecated("tomorrow", "x"), "Date must be YYYY-MM-DD"),
    (lambda: framework.deprecated("", "x"), "Tell us what date"),
    (lambda: framework.deprecated("2016-10-10", ""), "without conversion instructions"),
    (lambda: framework.deprecated("2016-10-10", "x")(3), "3 is not a function"),
    (lambda: framework.deprecated_args("2016-10-10", "x"), "Specify which argument is deprecated"),
    (lambda: framework.deprecated_args("2016-10-10", "x", "z")(lambda x: x), r"not present .*: \['z'\]"),
    (lambda: framework.deprecated_arg_values("2016-10-10", "x"), "Specify which argument values"),
])
def test_what_deprecation_refuses(decorate, message):
    with pytest.raises(ValueError, match=message):
        decorate()

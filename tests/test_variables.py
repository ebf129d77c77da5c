"""`Variable`: what it records, its attributes, methods, operators, and what is said of uninitialized ones."""

import operator

import numpy as np
import pytest

import tracer as tf
from tracer import errors


@pytest.fixture
def session():
    with tf.Session() as opened:
        yield opened


def names():
    return [(op.name, op.type) for op in tf.get_default_graph().get_operations()]


def test_the_operations_of_a_variable():
    v = tf.Variable(1.0)
    assert names() == [("Variable/initial_value", "Const"), ("Variable", "Variable"),
                       ("Variable/Assign", "Assign"), ("Variable/read", "Identity")]
    assert (v.name, v.op.name) == ("Variable:0", "Variable")
    assert v.initializer.name == "Variable/Assign"
    assert v.initial_value.name == "Variable/initial_value:0"
    assert (v.value().name, v.ref().name) == ("Variable/read:0", "Variable:0")
    assert (v.dtype, v.value().dtype) == (tf.float32_ref, tf.float32)
    assert tf.convert_to_tensor(v) is v.value()
    assert v.graph is tf.get_default_graph()
    assert v.get_shape() == []
    assert sorted(v.op.attrs) == ["container", "dtype", "shape", "shared_name"]


def test_a_tensor_as_the_initial_value_needs_no_constant():
    start = tf.zeros([2])
    v = tf.Variable(start, name="v")
    assert names()[1:] == [("v", "Variable"), ("v/Assign", "Assign"), ("v/read", "Identity")]
    assert v.initial_value is start


def test_the_second_of_a_name_is_numbered_and_scopes_count():
    assert [tf.Variable(0).name for _ in range(2)] == ["Variable:0", "Variable_1:0"]
    with tf.name_scope("scope"):
        assert tf.Variable(0).name == "scope/Variable:0"


def test_a_function_makes_the_initial_value(session):
    v = tf.Variable(lambda: tf.constant([[-42.0], [133.5]]), dtype=tf.float32, name="v")
    assert names() == [("v", "Variable"), ("v/Initializer/Const", "Const"), ("v/Assign", "Assign"),
                       ("v/read", "Identity")]
    assert v.get_shape() == [2, 1]
    assert v.op.attrs["shape"].as_list() == [2, 1]
    assert v.initial_value.op.colocation_groups() == [b"loc:@v"]
    session.run(v.initializer)
    np.testing.assert_array_equal(session.run(v), [[-42.0], [133.5]])


@pytest.mark.parametrize(("make", "kind", "words"), [
    (lambda: tf.Variable(), ValueError, "initial_value must be specified."),
    (lambda: tf.Variable(lambda: 1.0), ValueError, "dtype must also be specified when initial_value is callable."),
    (lambda: tf.Variable(tf.placeholder(tf.float32, name="x")), ValueError,
     'initial_value must have a shape specified: Tensor("x:0", dtype=float32)'),
    (lambda: tf.Variable(1.0, variable_def=object()), ValueError,
     "variable_def and initial_value are mutually exclusive."),
    (lambda: tf.Variable(1.0, collections="mine"), ValueError,
     "collections argument to Variable constructor must be a list, tuple, or set. Got mine of type <class 'str'>"),
    (lambda: list(tf.Variable([1.0])), TypeError, "'Variable' object is not iterable."),
    (lambda: tf.Variable([1.0]).scatter_sub(3), ValueError, "sparse_delta is not IndexedSlices: 3"),
    (lambda: tf.add(tf.Variable(1), tf.constant(1.0)), TypeError, None),
])
def test_misuse(make, kind, words):
    with pytest.raises(kind) as caught:
        make()
    if words is not None:
        assert str(caught.value) == words


def test_collections():
    x, y = tf.Variable(1.0), tf.Variable(1.0, trainable=False)
    z = tf.Variable(1.0, collections=["mine"])
    w = tf.Variable(1.0, trainable=False, collections=[tf.GraphKeys.LOCAL_VARIABLES])
    both = tf.Variable(1.0, collections=[tf.GraphKeys.TRAINABLE_VARIABLES, tf.GraphKeys.VARIABLES])
    assert tf.all_variables() == [x, y, both]
    assert tf.trainable_variables() == [x, z, both]
    assert tf.get_collection("mine") == [z]
    assert tf.local_variables() == [w]
    assert tf.moving_average_variables() == []


def test_initial_values_that_depend_on_each_other(session):
    first = tf.Variable(tf.random_uniform([3, 6]), name="first")
    second = tf.Variable(first.initialized_value(), name="second")
    third = tf.Variable(first.initialized_value() + second.initialized_value() + 2.0, name="third")
    session.run(tf.initialize_all_variables())
    a, b, c = session.run([first, second, third])
    np.testing.assert_array_equal(a, b)
    np.testing.assert_allclose(c, a + b + 2.0)


def test_control_dependencies_do_not_reach_a_variable():
    gate = tf.constant(1.0)
    with tf.control_dependencies([gate]):
        v = tf.Variable(2.0)
        start = v.initialized_value()
    for op in (v.op, v.initializer, v.value().op):
        assert list(op.control_inputs) == []
    assert list(start.op.control_inputs) == [v.initializer]


def test_a_variable_made_in_a_conditional_is_its_own(session):
    made = []

    def inside():
        made.append(tf.Variable(5.0))
        return made[0] + 1.0

    result = tf.cond(tf.constant(True), inside, lambda: tf.constant(0.0))
    session.run(made[0].initializer)
    assert session.run(result) == 6.0


def test_devices():
    with tf.device("/cpu:1"):
        v = tf.Variable(1.0)
    assert v.device == "/device:CPU:1"
    assert {op.device for op in tf.get_default_graph().get_operations()} == {"/device:CPU:1"}
    assert v.initialized_value().device == "/device:CPU:1"
    cached = tf.Variable(1.0, caching_device="/job:here")
    assert (cached.device, cached.value().device) == ("", "/job:here")
    assert cached.initialized_value().device == "/job:here"


def test_assignments_of_the_variable_itself(session):
    v = tf.Variable(1.0)
    session.run(v.initializer)
    assert session.run(v.assign_add(2.0)) == 3.0
    assert session.run(v.assign_sub(1.0)) == 2.0
    assert session.run(v.assign(7.0)) == 7.0
    assert v.eval() == 7.0
    assert v.eval(session) == 7.0
    rows = tf.Variable([[1.0, 2.0], [3.0, 4.0]])
    session.run(rows.initializer)
    slices = tf.IndexedSlices(tf.constant([[1.0, 1.0], [2.0, 2.0]]), tf.constant([1, 1]))
    np.testing.assert_array_equal(session.run(rows.scatter_sub(slices)), [[1.0, 2.0], [0.0, 1.0]])


def test_what_assign_records():
    v = tf.Variable([1.0], name="v")
    made = v.assign([2.0])
    assert (made.op.name, made.op.type, made.dtype) == ("Assign", "Assign", tf.float32_ref)
    assert made.op.inputs[1].name == "Assign/value:0"
    assert [v.assign_add([1.0]).op.name, v.assign_sub([1.0]).op.name] == ["AssignAdd", "AssignSub"]


@pytest.mark.parametrize(("value", "apply", "wanted"), [
    ([2.0], lambda v: v + 1.0, [3.0]), ([2.0], lambda v: 1.0 + v, [3.0]), ([2.0], lambda v: v - 1.0, [1.0]),
    ([2.0], lambda v: 1.0 - v, [-1.0]), ([2.0], lambda v: v * 3.0, [6.0]), ([2.0], lambda v: 3.0 * v, [6.0]),
    ([2.0], lambda v: v / 4.0, [0.5]), ([2.0], lambda v: 4.0 / v, [2.0]), ([20], lambda v: v % 7, [6]),
    ([20], lambda v: 103 % v, [3]), ([2.0], lambda v: v**3.0, [8.0]), ([2.0], lambda v: -v, [-2.0]),
    ([-2.0], abs, [2.0]), ([2.0], lambda v: v < 3.0, [True]), ([2.0], lambda v: v >= 3.0, [False]),
    ([True, False], lambda v: operator.and_(v, [True, True]), [True, False]),
    ([True, False], operator.invert, [False, True]), ([[1, 2], [3, 4]], lambda v: v[1, 0:2], [3, 4]),
    ([2.0], lambda v: np.float32([5.0]) + v, [7.0]),
])
def test_operators(session, value, apply, wanted):
    v = tf.Variable(value)
    result = apply(v)
    session.run(v.initializer)
    found = session.run(result)
    np.testing.assert_array_equal(found, wanted)


@pytest.mark.parametrize("fetch", [lambda v: v, lambda v: v.value(), lambda v: v + 1.0, lambda v: tf.shape(v.value())])
def test_an_uninitialized_variable_is_named(session, fetch):
    v = tf.Variable(1.0, name="weight")
    with pytest.raises(errors.FailedPreconditionError, match="Attempting to use uninitialized value weight"):
        session.run(fetch(v))


def test_values_of_unknown_shape(session):
    x = tf.placeholder(tf.float32)
    v = tf.Variable(x, validate_shape=False)
    assert v.get_shape().ndims is None
    session.run(v.initializer, {x: [[1.0, 2.0]]})
    np.testing.assert_array_equal(session.run(v), [[1.0, 2.0]])
    session.run(v.initializer, {x: 3.0})
    assert session.run(v) == 3.0


def test_a_variable_as_a_message():
    v = tf.Variable([1.0], name="v")
    v._set_save_slice_info(tf.Variable.SaveSliceInfo("whole", [4, 2], [1, 0], [1, 2]))
    message = v.to_proto()
    assert message.variable_name == "v:0"
    assert message.initializer_name == "v/Assign"
    assert message.snapshot_name == "v/read:0"
    again = tf.Variable.from_proto(message)
    assert (again.op, again.initializer, again.value()) == (v.op, v.initializer, v.value())
    assert again.initial_value is v.initial_value
    assert again._save_slice_info.spec == "4 2 1,1:0,2"


def test_initializing_some(session):
    v, w = tf.Variable(1.0), tf.Variable(2.0)
    session.run(tf.initialize_variables([w]))
    assert session.run(w) == 2.0
    with pytest.raises(errors.FailedPreconditionError):
        session.run(v)
    assert tf.initialize_variables([]).name == "init_1"
    assert tf.initialize_variables([]).type == "NoOp"
    assert tf.initialize_local_variables().type == "NoOp"


def test_report_uninitialized_variables(session):
    v = tf.Variable([1, 2], name="v")
    w = tf.Variable("text", name="w", collections=[tf.GraphKeys.LOCAL_VARIABLES])
    missing = tf.report_uninitialized_variables()
    assert missing.dtype == tf.string
    assert session.run(missing).tolist() == [b"v", b"w"]
    session.run(w.initializer)
    assert session.run(missing).tolist() == [b"v"]
    session.run(v.initializer)
    assert session.run(missing).shape == (0,)


def test_report_without_variables(session):
    missing = tf.report_uninitialized_variables()
    assert (missing.op.type, missing.op.name) == ("Const", "report_uninitialized_variables/Const")
    assert session.run(missing).shape == (0,)


def test_assert_variables_initialized(session):
    assert tf.assert_variables_initialized() is None
    v = tf.Variable([1, 2])
    alone = tf.assert_variables_initialized([v])
    assert alone.op.type == "Rank"
    w = tf.Variable([3, 4])
    both = tf.assert_variables_initialized()
    assert both.op.type == "Pack"
    session.run(v.initializer)
    session.run(alone.op)
    with pytest.raises(errors.FailedPreconditionError, match="Attempting to use uninitialized value"):
        session.run(both)
    session.run(w.initializer)
    np.testing.assert_array_equal(session.run(both), [1, 1])


def test_three_runs_of_one_alias(session):
    """As the real TensorFlow answered them."""
    v = tf.Variable(1.0)
    a = v.assign_add(1.0)
    with tf.control_dependencies([a]):
        r = tf.identity(v)
    later = v + 0.0
    session.run(v.initializer)
    assert session.run([r, v, a]) == [2.0, 2.0, 2.0]
    assert session.run([v, a]) == [3.0, 3.0]
    assert session.run([later, a, v]) == [3.0, 4.0, 4.0]

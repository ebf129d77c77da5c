"""Python's operators on tensors and variables: what they record, what they refuse, and what an index takes."""

import operator

import numpy as np
import pytest

import tracer as tf
from tests.parity import case, parity
from tests.reference.recipes import mathematics as recipes

CUBE = np.arange(24, dtype=np.float32).reshape(2, 3, 4)
ALL = slice(None)


def recorded():
    return [(op.name, op.type, [tensor.name for tensor in op.inputs])
            for op in tf.get_default_graph().get_operations()]


def names():
    return [op.name for op in tf.get_default_graph().get_operations()]


@pytest.mark.parametrize(("function", "name", "type"), [
    (operator.add, "add", "Add"), (operator.sub, "sub", "Sub"), (operator.mul, "mul", "Mul"),
    (operator.mod, "mod", "Mod"), (operator.pow, "pow", "Pow"), (operator.truediv, "truediv", "Div"),
])
def test_a_binary_operator_is_one_operation(function, name, type):
    x, y = tf.placeholder(tf.float32, name="x"), tf.placeholder(tf.float32, name="y")
    function(x, y)
    assert recorded()[2:] == [(name, type, ["x:0", "y:0"])]


@pytest.mark.parametrize(("function", "name"), [
    (operator.add, "add"), (operator.sub, "sub"), (operator.mul, "mul"), (operator.mod, "mod"), (operator.pow, "pow"),
    (operator.truediv, "truediv"),
])
def test_a_number_becomes_a_constant_below_the_operation(function, name):
    x = tf.placeholder(tf.float32, name="x")
    function(x, 2)
    function(3, x)
    assert names() == ["x", f"{name}/y", name, f"{name}_1/x", f"{name}_1"]


def test_division_of_floats_rounds_down():
    x = tf.placeholder(tf.float32, name="x")
    x // 2.0
    assert recorded()[1:] == [("floordiv/y", "Const", []), ("floordiv/Div", "Div", ["x:0", "floordiv/y:0"]),
                              ("floordiv", "Floor", ["floordiv/Div:0"])]


def test_division_of_whole_numbers():
    x = tf.placeholder(tf.int32, name="x")
    x // 2
    assert recorded()[1:] == [("floordiv/y", "Const", []), ("floordiv", "Div", ["x:0", "floordiv/y:0"])]
    assert (x / 2).dtype == tf.float64
    assert x.__div__(2).op.name == "div"
    assert x.__rdiv__(7).op.name == "div_1"


def test_logic():
    a, b = tf.placeholder(tf.bool, name="a"), tf.placeholder(tf.bool, name="b")
    a & b, a | b, a ^ b, ~a
    assert recorded()[2:] == [
        ("and", "LogicalAnd", ["a:0", "b:0"]), ("or", "LogicalOr", ["a:0", "b:0"]),
        ("xor/LogicalOr", "LogicalOr", ["a:0", "b:0"]), ("xor/LogicalAnd", "LogicalAnd", ["a:0", "b:0"]),
        ("xor/LogicalNot", "LogicalNot", ["xor/LogicalAnd:0"]),
        ("xor", "LogicalAnd", ["xor/LogicalOr:0", "xor/LogicalNot:0"]), ("LogicalNot", "LogicalNot", ["a:0"]),
    ]


def test_the_rest_is_named_like_the_operation():
    x = tf.placeholder(tf.float32, name="x")
    -x, abs(x), x < 1, x <= 1, x > 1, x >= 1, 1 < x  # noqa: B015, SIM300
    assert [name for name in names() if "/" not in name][1:] == [
        "Neg", "Abs", "Less", "LessEqual", "Greater", "GreaterEqual", "Greater_1"]


def test_equality_is_identity():
    x, y = tf.constant(1.0), tf.constant(1.0)
    assert (x == y) is False
    assert (x != y) is True
    assert {x: 1, y: 2}[x] == 1
    assert names() == ["Const", "Const_1"]


@pytest.mark.parametrize(("wrong", "kind", "message"), [
    (lambda: tf.constant(1) + 1.0, TypeError, r"Expected int32, got 1.0 of type 'float' instead\."),
    (lambda: 1.5 + tf.constant(1), TypeError, r"Expected int32, got 1.5 of type 'float' instead\."),
    (lambda: tf.constant(1.0) + tf.constant(1), ValueError,
     r"Tensor conversion requested dtype float32 for Tensor with dtype int32"),
    (lambda: tf.constant(1.0) % tf.Variable(1), ValueError,
     r"Incompatible type conversion requested to type 'float32' for variable of type 'int32_ref'"),
    (lambda: tf.constant(1.0) & tf.constant(2.0), TypeError, "Input 'x' of 'LogicalAnd' Op has type float32 that does"),
    (lambda: tf.constant([1.0]) + tf.constant([1.0, 2.0]) + tf.zeros([3]), ValueError, "Incompatible shapes"),
    (lambda: bool(tf.constant(1.0) < 2), TypeError, "Using a `tf.Tensor` as a Python `bool` is not allowed"),
])
def test_what_does_not_fit_is_refused(wrong, kind, message):
    with pytest.raises(kind, match=message):
        wrong()


def test_an_array_on_the_left_makes_one_operation():
    total = np.ones(3, np.float32) + tf.constant([1.0, 2.0, 3.0])
    assert isinstance(total, tf.Tensor)
    assert names() == ["Const", "add/x", "add"]


def test_variables_are_read():
    v = tf.Variable([1.0, 2.0])
    total = v + 1
    assert [tensor.name for tensor in total.op.inputs] == ["Variable/read:0", "add/y:0"]
    with tf.Session() as session:
        session.run(v.initializer)
        results = session.run([total, 2 - v, v * v, -v, abs(v), v[1], v > 1, v / 4, 4 / v, v ** 2])
    expected = [[2, 3], [1, 0], [1, 4], [-1, -2], [1, 2], 2, [False, True], [0.25, 0.5], [4, 2], [1, 4]]
    for result, value in zip(results, expected, strict=True):
        np.testing.assert_array_equal(result, value)


def test_operators_are_set_once():
    with pytest.raises(ValueError, match="operator __add__ cannot be overwritten again"):
        tf.Tensor._override_operator("__add__", lambda x, y: x)


# -- indices


@parity([
    *(case(recipes.index, CUBE, *items) for items in [
        (0,), (-1,), (1, 2), (1, 2, 3), (ALL, -1), (Ellipsis, 0), (0, Ellipsis, 1), (None,), (ALL, None, 1),
        (Ellipsis, None), (slice(1, None),), (slice(None, -1), slice(1, 3)), (ALL, ALL, slice(None, None, 2)),
        (ALL, slice(None, None, -1)), (ALL, ALL, slice(3, 0, -2)), (0, slice(0, 100), slice(-3, None)),
        (1, slice(2, 1), 0), (slice(0, 1), slice(1, 3), slice(2, 4)), (1, slice(0, 2), 3),
    ]),
    *(case(recipes.index_by_tensor, CUBE, np.int32(i)) for i in (0, 1, -1)),
    case(recipes.index_by_tensor, CUBE, np.int64(1), expect=(CUBE[1], CUBE[:, 1]), gradient=False),
    case(recipes.range_by_tensors, CUBE, np.int32(-2), np.int32(5)),
    case(recipes.index, CUBE, 2, raises=("ValueError", r"slice index 2 of dimension 0 out of bounds")),
    case(recipes.index, CUBE, 0, 0, 0, 0, raises=("ValueError", "Index out of range using input dim 3")),
    case(recipes.index, CUBE, Ellipsis, Ellipsis, raises=("ValueError", "Multiple ellipses")),
    case(recipes.index, CUBE, slice(None, None, 0), raises=("ValueError", r"strides\[0\] must be non-zero")),
    case(recipes.index, CUBE, "a", raises=("TypeError", "Bad slice index a of type")),
])
def test_index(case):
    case.check()


def test_a_full_index_is_a_slice():
    x = tf.placeholder(tf.float32, [2, 3], name="x")
    assert x[1, 0:2].get_shape().as_list() == [2]
    assert names()[1:] == ["Slice/begin", "Slice/size", "Slice", "Squeeze"]
    assert tf.shape(x)[0].op.type == "Squeeze"


def test_fractions_are_cut_off():
    with tf.Session() as session:
        assert session.run(tf.constant([1, 2, 3])[1.9]) == 2


def test_a_place_that_only_the_run_knows_is_checked():
    i = tf.placeholder(tf.int32, [])
    row = tf.Variable([1.0, 2.0])[i + 0]
    with tf.Session() as session:
        session.run(tf.initialize_all_variables())
        assert session.run(row, {i: -1}) == 2.0
        with pytest.raises(tf.errors.InvalidArgumentError, match="slice index 2 of dimension 0 out of bounds"):
            session.run(row, {i: 2})


def test_an_index_that_changes_compiles_nothing_anew():
    i = tf.placeholder(tf.int32, [])
    row = tf.constant(CUBE)[i]
    with tf.Session() as session:
        rows = [session.run(row, {i: at}) for at in range(2)]
        (prepared,) = session._prepared.values()
        assert len(prepared.executable.single.variants) == 1
    np.testing.assert_array_equal(rows, CUBE)


def test_an_index_in_a_loop():
    x = tf.constant([1.0, 2.0, 4.0])
    total = tf.while_loop(lambda i, total: i < 3, lambda i, total: [i + 1, total + x[i]], [0, 0.0])[1]
    with tf.Session() as session:
        assert session.run(total) == 7.0

"""Functions of a graph: defined, called, differentiated, written and read."""

import numpy as np
import pytest

import tracer as tf
from tracer import function
from tracer.ops.functional import _symbolic_gradient

FOUR = np.float32([1, 2, 3, 4])


def evaluate(fetches, feeds=None):
    with tf.Session() as session:
        if tf.all_variables():
            session.run(tf.initialize_all_variables())
        return session.run(fetches, feeds)


def reread(names, feeds):
    """The values of tensors after the graph was written and read, its placeholder `x` fed anew."""
    message = tf.get_default_graph().as_graph_def()
    with tf.Graph().as_default():
        found = tf.import_graph_def(message, return_elements=[*names, "x:0"], name="read")
        return evaluate(found[:-1], {found[-1]: feeds})


def parts(x, y):
    first, second = tf.split(0, 2, x, name="sp")
    values, indices = tf.nn.top_k(y, 2, name="tk")
    with tf.control_dependencies([tf.Assert(tf.reduce_all(tf.greater(x, 0.0)), [x], name="as")]):
        total = tf.add(first, second, name="c")
    with tf.name_scope("sc"):
        squared = tf.mul(total, total, name="d")
    return squared, indices, values, second


def test_several_results_and_their_gradients():
    x = tf.placeholder(tf.float32, name="x")
    results = function.Defun(tf.float32, tf.float32, func_name="Parts")(parts)(x, tf.constant([1.0, 5.0, 3.0]))
    assert [t.op.name for t in results] == ["Parts"] * 4
    wanted = ([16, 36], [1, 2], [5, 3], [3, 4])
    for values in (evaluate(list(results), {x: FOUR}), reread([f"Parts:{i}" for i in range(4)], FOUR)):
        for value, want in zip(values, wanted, strict=True):
            np.testing.assert_array_equal(value, want)
    gradient = tf.gradients(results[0], x)[0]
    np.testing.assert_array_equal(evaluate(gradient, {x: FOUR}), [8, 12, 8, 12])
    np.testing.assert_array_equal(evaluate(tf.gradients(gradient, x)[0], {x: FOUR}), [4, 4, 4, 4])
    with pytest.raises(tf.errors.InvalidArgumentError, match="assertion failed") as caught:
        evaluate(results[0], {x: -FOUR})
    assert caught.value.op.name == "Parts/as"


def test_the_message_is_tensorflows():
    # The form in which 0.12.1 writes this function.
    function.Defun(tf.float32, tf.float32, func_name="Parts")(parts)
    (message,) = tf.get_default_graph().as_graph_def().library.function
    arguments = [(arg.name, arg.type) for arg in message.signature.input_arg]
    assert (message.signature.name, arguments) == ("Parts", [("x", 1), ("y", 1)])
    assert [(arg.name, arg.type) for arg in message.signature.output_arg] == [
        ("sc/d", 1), ("tk_o1", 3), ("tk", 1), ("sp_o1", 1)]
    nodes = {(node.op, *node.ret): (list(node.arg), list(node.dep)) for node in message.node}
    assert nodes["Split", "sp_A2L_0"] == (["sp/split_dim", "x"], [])
    assert nodes["_ArrayToList", "sp_A2L_0_out"] == (["sp_A2L_0"], [])
    assert nodes["Identity", "sp_o1"] == (["sp_A2L_0_out:1"], [])
    assert nodes["TopKV2", "tk", "tk_o1"] == (["y", "tk/k"], [])
    assert nodes["Add", "c"] == (["sp", "sp_o1"], ["as"])
    assert nodes["Mul", "sc/d"] == (["c", "c"], [])
    array = next(node for node in message.node if node.op == "_ArrayToList")
    assert (array.attr["N"].i, array.attr["T"].type, list(array.attr["out_types"].list.type)) == (2, 1, [1, 1])


def test_a_function_by_its_message():
    body = tf.Graph()
    with body.as_default():
        a, b = tf.placeholder(tf.float32, name="a"), tf.placeholder(tf.float32, name="b")
        total = tf.add(a, b, name="total")
        message = function.graph_to_function_def(body, "foo", [a, b], [total, tf.square(total, name="squared"), a])
    graph = tf.get_default_graph()
    graph._add_function(message)
    call = graph.create_op("foo", [tf.constant(2.0), tf.constant(3.0)], [tf.float32] * 3, compute_shapes=False)
    assert evaluate(call.outputs) == [5, 25, 2]
    with body.as_default():
        other = function.graph_to_function_def(body, "foo", [a, b], [tf.neg(total), tf.neg(a), b])
    with pytest.raises(ValueError, match="Another function is already defined with that name: foo"):
        graph._add_function(other)
    with pytest.raises(tf.errors.InvalidArgumentError, match=r"foo takes \[float32, float32\], .* says \[int32\]"):
        graph.create_op("foo", [tf.constant(2)], [tf.float32] * 3, compute_shapes=False)


def test_a_function_that_0_12_was_not_to_inline():
    @function.Defun(tf.float32, tf.float32, func_name="apart", noinline=True)
    def scaled(x, y):
        return x * y

    with tf.Session() as session:
        assert session.run(scaled(tf.constant(2.0), tf.constant(3.0))) == 6.0


def test_names_of_results_and_of_calls():
    @function.Defun(x=tf.float32, out_names=["twice"])
    def Double(x):
        return x * 2

    x = tf.placeholder(tf.float32, name="x")
    assert Double(x).op.name == "Double"
    assert Double(x, name="mine", noinline=True).op.get_attr("_noinline") is True
    (message,) = tf.get_default_graph().as_graph_def().library.function
    assert message.signature.output_arg[0].name == "twice"
    assert reread(["mine:0"], 3.0) == [6]


def test_a_function_in_another_graph():
    @function.Defun(tf.float32)
    def Double(x):
        return x * 2

    @function.Defun(tf.float32)
    def Quadruple(x):
        return Double(Double(x))

    with tf.Graph().as_default() as other:
        assert evaluate(Quadruple(tf.constant(3.0))) == 12
        assert sorted(f.signature.name for f in other.as_graph_def().library.function) == ["Double", "Quadruple"]


def test_what_surrounds_stays_outside():
    outside = tf.constant(2.0)
    with pytest.raises(ValueError, match="must be from the same graph"):
        function.Defun(tf.float32)(lambda x: x * outside)


def test_control_flow_randomness_and_python():
    @function.Defun(tf.float32)
    def Inner(x):
        looped = tf.while_loop(lambda i, a: i < 3, lambda i, a: [i + 1, a * 2], [tf.constant(0), x])[1]
        drawn = tf.random_uniform([], seed=1)
        return tf.cond(tf.reduce_sum(x) > 0, lambda: looped + drawn, lambda: -looped), drawn

    x = tf.placeholder(tf.float32, name="x")
    (y, drawn), (_, other) = Inner(x), Inner(x)
    with tf.Session() as session:
        first, second = (session.run([y, drawn, other, tf.gradients(y, x)[0]], {x: FOUR}) for _ in range(2))
    np.testing.assert_allclose(first[0], FOUR * 8 + first[1])
    np.testing.assert_array_equal(first[3], [8, 8, 8, 8])
    assert first[1] == first[2] != second[1]  # each call has a stream of its own, which goes on
    np.testing.assert_array_equal(evaluate(y, {x: -FOUR}), FOUR * 8)

    @function.Defun(tf.float32)
    def Python(x):
        return tf.py_func(lambda a: a * 3, [x], [tf.float32])[0]

    np.testing.assert_array_equal(evaluate(Python(x), {x: FOUR}), FOUR * 3)


def test_a_shape_that_is_an_argument():
    @function.Defun(tf.int32, tf.float32)
    def Rows(count, x):
        return tf.reshape(x, tf.pack([count, -1]))

    x, count = tf.placeholder(tf.float32, name="x"), tf.placeholder(tf.int32, [])
    rows = Rows(count, x)
    for given in (1, 2, 4):
        value, gradient = evaluate([rows, tf.gradients(rows * rows, x)[0]], {x: FOUR, count: given})
        assert value.shape == (given, 4 // given)
        np.testing.assert_array_equal(gradient, 2 * FOUR)


def test_variables_are_arguments():
    @function.Defun(tf.float32, tf.int32)
    def Lookup(table, indices):
        rows = tf.gather(table, indices)
        return tf.reduce_sum(rows * rows)

    table = tf.Variable(tf.ones([3, 2]))
    total = Lookup(table, tf.constant([1, 1]))
    value, gradient = evaluate([total, tf.gradients(total, table.ref())[0]])
    assert value == 4
    np.testing.assert_array_equal(gradient, [[0, 0], [4, 4], [0, 0]])
    np.testing.assert_array_equal(evaluate(tf.assign_add(table, table * Lookup(table, [0]))), np.full((3, 2), 3))


def test_gradients_that_are_functions():
    @function.Defun(tf.float32, tf.float32)
    def Gradient(x, dy):
        return dy * 100

    @function.Defun(tf.float32, grad_func=Gradient)
    def Power(x):
        return x * x

    @function.Defun(tf.float32)
    def Around(x):
        return Power(x) + x

    x = tf.placeholder(tf.float32, name="x")
    direct, around = Power(x), Around(x)
    assert evaluate([tf.gradients(direct, x)[0], tf.gradients(around, x)[0]], {x: 3.0}) == [100, 101]
    (entry,) = tf.get_default_graph().as_graph_def().library.gradient
    assert (entry.function_name, entry.gradient_func) == ("Power", "Gradient")
    message = tf.get_default_graph().as_graph_def()
    with tf.Graph().as_default():
        y, x = tf.import_graph_def(message, return_elements=["Around:0", "x:0"])
        assert evaluate(tf.gradients(y, x)[0], {x: 3.0}) == 101


def test_a_gradient_in_python_and_one_by_override():
    @function.Defun(tf.float32, python_grad_func=lambda op, grad: grad * 7)
    def Power(x):
        return x * x

    tf.RegisterGradient("TwiceInFunction")(lambda op, grad: grad * 2)

    @function.Defun(tf.float32)
    def Override(x):
        with tf.get_default_graph().gradient_override_map({"Identity": "TwiceInFunction"}):
            return tf.identity(x) * x

    x = tf.constant(3.0)
    assert evaluate([tf.gradients(Power(x), x)[0], tf.gradients(Override(x), x)[0]]) == [7, 9]


def test_the_wrong_number_of_gradients():
    @function.Defun(tf.float32, tf.float32)
    def Gradient(x, dy):
        return x, dy

    x = tf.placeholder(tf.float32)
    gradient = tf.gradients(function.Defun(tf.float32, grad_func="Gradient", func_name="F")(lambda x: x * x)(x), x)[0]
    with pytest.raises(tf.errors.InvalidArgumentError,
                       match=r"SymGrad expects to return 1 tensor\(s\), but get 2 tensor\(s\) instead\."):
        evaluate(gradient, {x: 1.0})


def test_the_symbolic_gradient():
    function.define_function(lambda x, y: (x * x * y, y), {"x": tf.float32, "y": tf.float32}, func_name="F")
    inputs = [tf.constant(v) for v in (3.0, 5.0, 1.0, 10.0)]
    found = _symbolic_gradient(inputs, [tf.float32] * 2, "F")
    assert evaluate(found) == [30, 19]
    early = _symbolic_gradient([tf.constant(3.0), tf.constant(1.0)], [tf.float32], "Later")
    with pytest.raises(tf.errors.NotFoundError, match=r"Function Later is not defined\."):
        evaluate(early)
    function.define_function(lambda x: x * x, {"x": tf.float32}, func_name="Later")
    assert evaluate(early) == [6]


@pytest.mark.parametrize(("func", "types", "message"), [
    (lambda: None, {}, "must return at least one tensor"),
    (lambda: (), {}, "must return at least one tensor"),
    (lambda a=1: tf.constant(1), {}, "keyword arguments are not supported"),
    (lambda **words: tf.constant(1), {}, "keyword arguments are not supported"),
    (lambda a, b: a, {"a": tf.float32}, "the number of specified input types"),
    (lambda a, b: a, [tf.float32], "the number of specified input types"),
    (lambda a, b: a, [tf.float32] * 3, "the number of specified input types"),
    (lambda a, b: a, {"a": tf.float32, "c": tf.float32}, "Missing type for argument: b"),
    (tf.square, {"x": tf.float32}, "keyword arguments are not supported"),
])
def test_wrong_definitions(func, types, message):
    with pytest.raises(ValueError, match=message):
        function.define_function(func, types)


def test_a_name_that_an_operation_has():
    @function.Defun(tf.float32, grad_func="SquareGrad")
    def Square(x):
        return tf.square(x)

    function.define_function(lambda x, dy: dy * 10, {"x": tf.float32, "dy": tf.float32}, func_name="SquareGrad")
    x = tf.constant(3.0)
    y = Square(x)
    assert (y.op.name, y.op.type) == ("Square", "Square_")
    assert evaluate([y, tf.gradients(y, x)[0], tf.square(x)]) == [9, 10, 9]
    message = y.op.graph._get_function("Square_").message
    message.signature.name = "Square"
    with pytest.raises(ValueError, match="has the name of an operation"):
        y.op.graph._add_function(message)


def test_wrong_calls():
    add = function.define_function(lambda a, b: a + b, {"a": tf.float32, "b": tf.float32}, func_name="Sum")
    with pytest.raises(ValueError, match="Expected number of arguments: 2, received: 1"):
        function.call_function(add, tf.constant(1.0))
    with pytest.raises(ValueError, match=r"Unknown keyword arguments: \['device'\]"):
        function.call_function(add, tf.constant(1.0), tf.constant(1.0), device="/gpu:0")
    with pytest.raises(ValueError, match="Tensor conversion requested dtype float32"):
        function.call_function(add, tf.constant(1), tf.constant(1.0))
    assert evaluate(function.call_function(add, 1.0, 2)) == 3


def test_any_number_of_arguments():
    @function.Defun(*[tf.float32] * 3)
    def Sum(first, *rest):
        return tf.add_n([first, *rest])

    assert evaluate(Sum(1.0, 2.0, 3.0)) == 6

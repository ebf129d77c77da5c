"""`tf.gradients`: what is connected, rows beside dense gradients, gradients of a script's own. Numbers are 0.12.1's."""

import numpy as np
import pytest

import tracer as tf
from tracer.declare import raw_op
from tracer.gradients import get_gradient_function
from tracer.legacy import framework_ops, gradient_names

IDS = np.int32([1, 1])


def evaluate(fetches, feeds=None):
    with tf.Session() as session:
        if tf.all_variables():
            session.run(tf.initialize_all_variables())
        return session.run(fetches, feeds)


@pytest.mark.parametrize("source", [lambda v: v, lambda v: v.ref(), lambda v: v.value()], ids=["variable", "ref", "value"])
@pytest.mark.parametrize(("ys", "values", "rows"), [
    (lambda v: [tf.gather(v, IDS)], [0, 2, 0, 0], 2),
    (lambda v: [tf.reduce_sum(tf.gather(v, IDS)) + tf.nn.l2_loss(v)], [1, 3, 1, 1], 6),
    (lambda v: [tf.gather(v, IDS), v * 2], [2, 4, 2, 2], 6),
    (lambda v: [tf.gather(v, IDS), v.value()], [1, 3, 1, 1], 6),
    (lambda v: [tf.gather(v, IDS), tf.gather(v, [0]) * 3, tf.sin(v) * 0], [3, 2, 0, 0], 7),
])
def test_rows_beside_a_dense_gradient(ys, values, rows, source):
    v = tf.Variable(tf.ones([4, 2]))
    gradient = tf.gradients(ys(v), source(v))[0]
    assert isinstance(gradient, tf.IndexedSlices)
    dense, taken = evaluate([tf.convert_to_tensor(gradient), gradient.values])
    np.testing.assert_array_equal(dense, np.repeat(values, 2).reshape(4, 2))
    assert taken.shape == (rows, 2)


def test_rows_of_a_placeholder_and_of_two_losses():
    x = tf.placeholder(tf.float32, [4, 2])
    dense = tf.nn.l2_loss(x)
    both = tf.gradients(tf.reduce_sum(tf.gather(x, IDS)) + dense, x)[0]
    one = tf.gradients(dense, x)[0]
    found = evaluate([tf.convert_to_tensor(both), one], {x: np.ones((4, 2))})
    np.testing.assert_array_equal(found[0][:, 0], [1, 3, 1, 1])
    np.testing.assert_array_equal(found[1][:, 0], [1, 1, 1, 1])


def test_second_gradients_through_rows_and_dense():
    v = tf.placeholder(tf.float64, [4])
    loss = tf.reduce_sum(tf.gather(v, IDS) ** 3.0) + tf.reduce_sum(v ** 2.0)
    first = tf.convert_to_tensor(tf.gradients(loss, v)[0])
    second = tf.convert_to_tensor(tf.gradients(first, v)[0])
    np.testing.assert_allclose(evaluate(second, {v: [1.0, 2.0, 3.0, 4.0]}), [2, 2 + 2 * 6 * 2, 2, 2])


def test_a_step_on_a_table_that_is_also_decayed():
    v = tf.Variable(np.float32([[1], [2], [3]]))
    loss = tf.reduce_sum(tf.nn.embedding_lookup(v, [2, 2])) + tf.nn.l2_loss(v)
    train = tf.train.GradientDescentOptimizer(0.5).minimize(loss)
    with tf.Session() as session:
        session.run(tf.initialize_all_variables())
        session.run(train)
        np.testing.assert_allclose(session.run(v), [[0.5], [1], [0.5]])


def override(op_type, function):
    """A context in which operations of a type have this gradient."""
    name = f"{op_type}Of{id(function)}"
    tf.RegisterGradient(name)(function)
    return tf.get_default_graph().gradient_override_map({op_type: name})


def test_a_gradient_that_is_none_for_an_input():
    x, c = tf.constant([1.0, 2.0]), tf.constant([5.0, 6.0])
    with override("Mul", lambda op, grad: [grad * 3, None]):
        product = x * c
    assert tf.gradients(product, c) == [None]
    gradients_of_both = tf.gradients(product, [x, c])
    assert gradients_of_both[1] is None
    np.testing.assert_array_equal(evaluate(gradients_of_both[0]), [3, 3])


def test_the_wrong_number_of_gradients():
    with override("Mul", lambda op, grad: grad):
        product = tf.constant(1.0, name="x") * 2
    with pytest.raises(ValueError, match=r"(?s)Num gradients 1 generated for op name: \"mul\".*do not match num inputs 2"):
        tf.gradients(product, product.op.inputs[0])


def test_a_gradient_of_another_shape_names_the_operation():
    x = tf.placeholder(tf.float32, name="x")
    with override("Square", lambda op, grad: tf.transpose(grad)):
        gradient = tf.gradients(tf.square(x, name="square"), x)[0]
    assert evaluate(gradient, {x: np.zeros([2, 2])}).shape == (2, 2)
    message = r"The gradient .* registered for Square 'square' has the shape \(3, 0\) where its input 'x:0' has \(0, 3\)"
    with pytest.raises(tf.errors.InvalidArgumentError, match=message):
        evaluate(gradient, {x: np.zeros([0, 3])})


@pytest.mark.parametrize(("function", "kind"), [
    (tf.ceil, "Ceil"), (lambda y: tf.argmax(y, 0), "ArgMax"),
    (lambda y: tf.accumulate_n([tf.ones([3]), y]), "DestroyTemporaryVariable"),
])
def test_what_has_no_gradient_says_so_even_where_no_path_leads_to_it(function, kind):
    y = function(tf.placeholder(tf.float32, [3]))
    with pytest.raises(LookupError, match=f"No gradient defined for operation .* .op type: {kind}"):
        tf.gradients(y, tf.constant(1.0))
    assert tf.gradients(tf.exp(tf.ceil(tf.ones([2]))), tf.constant(1.0)) == [None]


def test_an_override_that_nobody_registered():
    x = tf.constant(1.0)
    with tf.get_default_graph().gradient_override_map({"Square": "NobodyHasRegisteredThis"}):
        y = tf.square(x)
    with pytest.raises(LookupError, match=r"No gradient defined for operation 'Square' \(op type: Square\)"):
        tf.gradients(y, x)
    with pytest.raises(LookupError, match="gradient registry has no entry for: NobodyHasRegisteredThis"):
        get_gradient_function(y.op)


@pytest.mark.parametrize("wrong", [3, {3: "a"}, {"a": 3}])
def test_a_wrong_override(wrong):
    with pytest.raises(TypeError, match="op_type_map must be a dictionary mapping strings to strings"):
        with tf.get_default_graph().gradient_override_map(wrong):
            pass


def test_a_wrong_aggregation_method():
    x = tf.constant(1.0)
    with pytest.raises(ValueError, match="Invalid aggregation_method specified 7"):
        tf.gradients(x * x, x, aggregation_method=7)


@pytest.mark.parametrize("options", [
    {"aggregation_method": method} for method in (None, tf.AggregationMethod.ADD_N, tf.AggregationMethod.EXPERIMENTAL_TREE,
                                                  tf.AggregationMethod.EXPERIMENTAL_ACCUMULATE_N)
] + [{"gate_gradients": True, "colocate_gradients_with_ops": True}])
def test_options_change_no_number(options):
    x = tf.constant([1.0, 2.0])
    np.testing.assert_allclose(evaluate(tf.gradients(x * x + x * 3 + tf.sin(x), x, **options)[0]),
                               [5.540302, 6.583853], rtol=1e-6)


def test_guided_backpropagation():
    # As visualizations of networks did it.
    registry = framework_ops._gradient_registry
    if "GuidedReluTest" not in registry._registry:
        @tf.RegisterGradient("GuidedReluTest")
        def _guided(op, grad):
            return tf.select(tf.less(0.0, grad), raw_op("relu_grad")(grad, op.outputs[0]), tf.zeros(tf.shape(grad)))
    x = tf.constant([2.0, 3.0])
    with tf.get_default_graph().gradient_override_map({"Relu": "GuidedReluTest"}):
        y = tf.nn.relu(x - 1.5)
    np.testing.assert_array_equal(evaluate(tf.gradients(y * [[1.0, -1.0]], x)[0]), [1, 0])
    assert "GuidedReluTest" in registry._registry


def test_the_gradient_function_of_our_own_operations():
    x = tf.constant([1.0, 3.0])
    y = tf.nn.relu(x - 1.5)
    (relu,) = get_gradient_function(y.op)(y.op, tf.constant([2.0, 3.0]))
    product = tf.matmul(tf.reshape(x, [1, 2]), tf.constant([[1.0], [2.0]]))
    left, right = get_gradient_function(product.op)(product.op, tf.constant([[1.0]]))
    squared = x * x
    first, second = get_gradient_function(squared.op)(squared.op, tf.ones([2]))
    wanted = ([0, 3], [[1, 2]], [[1], [3]], [1, 3], [1, 3])
    for value, want in zip(evaluate([relu, left, right, first, second]), wanted, strict=True):
        np.testing.assert_array_equal(value, want)
    assert get_gradient_function(tf.shape(x).op) is None
    assert get_gradient_function(x.op) is None
    with pytest.raises(LookupError, match="gradient registry has no entry for: ArgMax"):
        get_gradient_function(tf.argmax([[1.0]], 1).op)


def test_registering_twice():
    tf.NoGradient("RegisteredTwiceForTest")
    with pytest.raises(KeyError, match=r"Registering two gradient with name 'RegisteredTwiceForTest' !\(Previous "
                                       r"registration was in test_registering_twice .*test_gradients\.py"):
        tf.RegisterGradient("RegisteredTwiceForTest")(lambda op, grad: grad)
    for register in (tf.RegisterGradient, tf.NoGradient, tf.RegisterShape):
        with pytest.raises(TypeError, match="op_type must be a string"):
            register(3)


def test_to_start_from_rows():
    x = tf.placeholder(tf.float32, [3, 2])
    start = tf.IndexedSlices(tf.constant([[1.0, 2.0]]), tf.constant([1]))
    y = tf.identity(x)
    assert tf.gradients(y, x, grad_ys=start) == [start]
    assert tf.gradients(x, x, grad_ys=start) == [start]
    twice, mixed, through = (tf.gradients(ys, x, grad_ys=starts)[0] for ys, starts in (
        ([y, y], [start, start]), ([y, x * 2], [start, None]), ([x * 3], [start])))
    found = evaluate([twice, mixed, through], {x: np.zeros((3, 2))})
    np.testing.assert_array_equal(found[0], [[0, 0], [2, 4], [0, 0]])
    np.testing.assert_array_equal(found[1], [[2, 2], [3, 4], [2, 2]])
    np.testing.assert_array_equal(found[2], [[0, 0], [3, 6], [0, 0]])


def test_gradients_beside_their_operations():
    table, x = tf.Variable(tf.ones([4, 2])), tf.constant([[1.0, 2.0]])
    with tf.device("/cpu:0"):
        product = tf.matmul(tf.gather(table, [2]), x, transpose_b=True)
    rows, one = tf.gradients(product, [table, x], colocate_gradients_with_ops=True)
    several = tf.gradients(product + x, x, colocate_gradients_with_ops=True)[0]
    assert one.op.colocation_groups() == product.op.colocation_groups() == [b"loc:@MatMul"]
    assert one.device == "/device:CPU:0"
    assert several.op.colocation_groups() == x.op.colocation_groups()
    np.testing.assert_array_equal(evaluate([rows.values, one, several])[0], [[1, 2]])


def test_large_rows_made_whole():
    def rows(shape):
        return tf.IndexedSlices(tf.placeholder(tf.float32), tf.placeholder(tf.int32), shape)

    with pytest.warns(UserWarning, match="with 100000000 elements. This may consume a large amount of memory."):
        tf.convert_to_tensor(rows(tf.constant([10000, 10000])))
    with pytest.warns(UserWarning, match="of unknown shape. This may consume a large amount of memory."):
        tf.convert_to_tensor(rows(tf.placeholder(tf.int32)))


def test_the_product_with_a_hessian():
    x = tf.constant([1.0, 2.0])
    y = tf.reduce_sum(x ** 3.0) + x[0] * x[1]
    (product,) = gradient_names._hessian_vector_product(y, [x], [tf.constant([10.0, 1.0])])
    np.testing.assert_allclose(evaluate(product), [6 * 10 + 1, 10 + 12], rtol=1e-6)
    with pytest.raises(ValueError, match="xs and v must have the same length"):
        gradient_names._hessian_vector_product(y, [x], [])


def test_slices_of_one_index_type():
    whole = gradient_names._as_indexed_slices(tf.constant([[1.0], [2.0]]))
    np.testing.assert_array_equal(evaluate(tf.convert_to_tensor(whole)), [[1], [2]])
    wide = tf.IndexedSlices(whole.values, tf.constant([0, 0], tf.int64))
    assert [s.indices.dtype for s in gradient_names._as_indexed_slices_list([whole, wide])] == [tf.int64, tf.int64]
    assert gradient_names._as_indexed_slices_list([whole, whole]) == [whole, whole]
    with pytest.raises(TypeError, match="Expected a list or tuple, not a "):
        gradient_names._as_indexed_slices_list(3)
    with pytest.raises(TypeError, match="Not a Tensor or IndexedSlices: "):
        gradient_names._as_indexed_slices(3)


def test_operations_between():
    graph = tf.get_default_graph()
    a, b = tf.constant(1.0), tf.constant(2.0)
    y = tf.pack([a + b, a])
    for start, wanted in ((a, {"pack", "add", "Const"}), (b, {"pack", "add", "Const_1"})):
        reached = [False] * (graph._last_id + 1)
        reached[y.op._id] = True
        gradient_names._MarkReachedOps([start.op], reached)
        found = gradient_names._GatherInputs([y.op], reached)
        assert {op.name for op in found} == wanted


FED = np.array([0.25, -0.5], np.float32)


@pytest.mark.parametrize(("apply", "derivative"), [
    (lambda h: h * 3.0, 3.0),
    (lambda h: tf.reshape(tf.identity(h), [2]), 1.0),
    (tf.tanh, 1 - FED * FED),
    (tf.sigmoid, FED * (1 - FED)),
    (tf.exp, FED),
    (tf.inv, -FED * FED),
    (tf.nn.relu, [1.0, 0.0]),
    (tf.nn.elu, [1.0, 0.5]),
    (tf.stop_gradient, 0.0),
])
def test_a_gradient_goes_on_behind_what_is_fed(apply, derivative):
    x = tf.Variable([1.0, 2.0])
    h = apply(x * 2.0)
    loss = tf.reduce_sum(h * h)
    gradients = tf.gradients(loss, [x, h])
    with tf.Session() as session:
        session.run(tf.initialize_all_variables())
        value, by_x, by_h = session.run([loss, gradients[0] if gradients[0] is not None else tf.zeros([2]), gradients[1]],
                                        {h: FED})
        np.testing.assert_allclose(value, np.sum(FED * FED))
        np.testing.assert_allclose(by_h, 2 * FED)
        np.testing.assert_allclose(by_x, 2 * FED * derivative * 2, rtol=1e-6)


def test_training_goes_on_behind_what_is_fed():
    x, w = tf.placeholder(tf.float32, [None, 2]), tf.Variable([[1.0], [2.0]])
    product = tf.matmul(x, w)
    loss = tf.reduce_sum(product * product)
    step = tf.train.GradientDescentOptimizer(0.5).minimize(loss)
    with tf.Session() as session:
        session.run(tf.initialize_all_variables())
        session.run(step, {x: [[1, 2], [3, 4]], product: [[1], [0.5]]})
        np.testing.assert_allclose(session.run(w), [[1 - 1 - 1.5], [2 - 2 - 2]])
        with pytest.raises(tf.errors.InvalidArgumentError, match="You must feed a value for placeholder"):
            session.run(step, {product: [[1], [0.5]]})
        with pytest.raises(tf.errors.InvalidArgumentError, match="Incompatible shapes"):
            session.run(step, {x: [[1, 2]], product: [[1], [0.5]]})
        session.run([loss], {product: [[1], [0.5]]})


def test_integers_are_differentiated_among_themselves():
    """All as 0.12.1 has it; what goes through a real number has none."""
    x = tf.constant([2, 3])
    square, gathered = x * x, tf.gather(x, [0])
    column = tf.matmul([[1, 2]], tf.reshape(x, [2, 1]))
    stitched = tf.dynamic_stitch([[1], [0, 2]], [x[:1], x])
    with tf.Session() as session:
        for y, want in ((square, [4, 6]), (tf.reduce_sum(square), [4, 6]), (column, [1, 2]), (tf.nn.top_k(x, 1)[0], [0, 1]),
                        (x[:1], [1, 0]), (stitched, [2, 1])):
            gradient, = tf.gradients(y, x)
            assert gradient.dtype == tf.int32
            assert session.run(gradient).tolist() == want
        assert session.run(tf.gradients([x * 2, tf.cast(x, tf.float32)], x)[0]).tolist() == [2, 2]
        assert session.run(tf.gradients(square, x, tf.constant([1, 10]))[0]).tolist() == [4, 60]
    assert isinstance(tf.gradients(gathered, x)[0], tf.IndexedSlices)
    assert tf.gradients(tf.cast(x, tf.float32) * 2, x) == [None]
    real = tf.constant([2.0, 3.0])
    assert tf.gradients(tf.cast(tf.cast(real, tf.int32) * 2, tf.float32), real) == [None]
    with pytest.raises(ValueError, match="Gradient type float64 generated for op name"):
        tf.gradients(tf.reduce_mean(x), x)

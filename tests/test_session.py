"""`Session.run`: fetches, feeds, errors by TensorFlow's type and wording, order, transactions, threads."""

import re
import threading

import numpy as np
import pytest

import tracer as tf
from tracer import errors


def started(graph=None):
    session = tf.Session(graph=graph)
    session.run(tf.initialize_all_variables())
    return session


# -- what is fetched


def test_forms_of_fetches():
    a, b = tf.constant(1.0), tf.constant([2, 3])
    session = tf.Session()
    assert session.run(a) == 1.0
    with pytest.raises(errors.InvalidArgumentError, match="Must specify at least one target to fetch or execute"):
        session.run([])
    assert session.run([a.op]) == [None]
    assert session.run("Const:0") == 1.0
    assert session.run("Const") is None
    both = session.run((a, a))
    assert isinstance(both, list)
    nested = session.run({"x": a, "y": [b, (a, b)]})
    assert nested["x"] == 1.0
    assert nested["y"][1][1].tolist() == [2, 3]
    assert session.run([(a, [a]), (a,)]) == [(1.0, [1.0]), (1.0,)]  # as from 0.10 on


def test_scalars_are_numpy_scalars_and_strings_are_bytes():
    session = tf.Session()
    assert type(session.run(tf.constant(1.0))) is np.float32
    assert type(session.run(tf.constant(1, tf.int64))) is np.int64
    assert session.run(tf.constant("é")) == "é".encode()
    assert session.run(tf.constant(["a", "b"])).tolist() == [b"a", b"b"]


def test_fetched_arrays_belong_to_the_caller():
    v = tf.Variable([1.0, 2.0])
    c = tf.constant([1.0, 2.0])
    x = tf.placeholder(tf.float32, [2])
    session = started()
    for fetch in (v, c, tf.add(v, 0.0), x):
        fed = np.array([1, 2], np.float32)
        first = session.run(fetch, {x: fed})
        first[0] = 7
        assert session.run(fetch, {x: np.array([1, 2], np.float32)}).tolist() == [1.0, 2.0]
        assert fed.tolist() == [1.0, 2.0]


@pytest.mark.parametrize(("fetch", "kind", "words"), [
    (3, TypeError, "Fetch argument 3 of 3 has invalid type <class 'int'>, must be a string or Tensor. "
                   "(Can not convert a int into a Tensor or Operation.)"),
    (None, TypeError, "Fetch argument None of None has invalid type <class 'NoneType'>"),
    ("nope", ValueError, "Fetch argument 'nope' of 'nope' cannot be interpreted as a Tensor. "
                         "(\"The name 'nope' refers to an Operation not in the graph.\")"),
    ("nope:0", ValueError, "The name 'nope:0' refers to a Tensor which does not exist. The operation, 'nope', does not "
                           "exist in the graph."),
    ("Const:7", ValueError, "The operation, 'Const', exists but only has 1 outputs."),
])
def test_bad_fetches(fetch, kind, words):
    tf.constant(1.0)
    with pytest.raises(kind, match=re.escape(words)):
        tf.Session().run(fetch)


def test_fetch_from_another_graph():
    tf.constant(1.0)
    with tf.Graph().as_default():
        other = tf.constant(1.0, name="ot")
    words = 'Tensor Tensor("ot:0", shape=(), dtype=float32) is not an element of this graph.'
    with pytest.raises(ValueError, match=re.escape(words)):
        tf.Session().run(other)


def test_closed_and_empty():
    with pytest.raises(RuntimeError, match=re.escape("The Session graph is empty.  Add operations to the graph before "
                                                     "calling run().")):
        tf.Session().run([])
    c = tf.constant(1.0)
    session = tf.Session()
    session.run(c)
    session.close()
    with pytest.raises(RuntimeError, match=re.escape("Attempted to use a closed Session.")):
        session.run(c)


# -- what is fed


def test_any_tensor_can_be_fed():
    a = tf.constant(1.0)
    b = tf.add(a, 1.0)
    c = tf.mul(b, 2.0)
    session = tf.Session()
    assert session.run(c) == 4.0
    assert session.run(c, {b: 10.0}) == 20.0
    assert session.run(c, {a: 10.0}) == 22.0
    assert session.run([b, c], {"Add:0": 5}) == [5.0, 10.0]
    v = tf.Variable(3.0)
    assert session.run(tf.mul(v, 2.0), {v.value(): 4.0}) == 8.0


def test_feeds_are_converted_as_numpy_does():
    x = tf.placeholder(tf.int32, [None])
    session = tf.Session()
    assert session.run(tf.add(x, 0), {x: [1.9, -1.9]}).tolist() == [1, -1]


@pytest.mark.parametrize(("key", "value", "kind", "words"), [
    ("x:0", np.ones((3, 3)), ValueError,
     "Cannot feed value of shape (3, 3) for Tensor 'x:0', which has shape '(?, 2)'"),
    ("x:0", 1.0, ValueError, "Cannot feed value of shape () for Tensor 'x:0', which has shape '(?, 2)'"),
    ("x", np.ones((3, 2)), TypeError, "Cannot interpret feed_dict key as Tensor: The name 'x' refers to an Operation, "
     'not a Tensor. Tensor names must be of the form "<op_name>:<output_index>".'),
    ("nope:0", 1.0, TypeError, "Cannot interpret feed_dict key as Tensor: The name 'nope:0' refers to a Tensor which "
     "does not exist."),
    (7, 1.0, TypeError, "Cannot interpret feed_dict key as Tensor: Can not convert a int into a Tensor."),
    ("u:0", 300, TypeError, "Type of feed value 300 is not compatible with Tensor type <class 'numpy.uint8'>. Try "
     "explicitly setting the type of the feed tensor to a larger type (e.g. int64)."),
])
def test_bad_feeds(key, value, kind, words):
    tf.placeholder(tf.float32, [None, 2], name="x")
    tf.placeholder(tf.uint8, [], name="u")
    with pytest.raises(kind, match=re.escape(words)):
        tf.Session().run(tf.constant(1.0), {key: value})


def test_tensor_as_fed_value():
    x = tf.placeholder(tf.float32)
    with pytest.raises(TypeError, match=re.escape("The value of a feed cannot be a tf.Tensor object.")):
        tf.Session().run(x, {x: tf.constant(1.0)})


def test_value_that_no_array_of_that_type_holds():
    x = tf.placeholder(tf.float32)
    with pytest.raises(ValueError, match="could not convert"):
        tf.Session().run(tf.add(x, 1.0), {x: "word"})


def test_unfed_placeholder():
    x = tf.placeholder(tf.float32, [2], name="x")
    n = tf.placeholder(tf.int32, name="n")
    session = tf.Session()
    with pytest.raises(errors.InvalidArgumentError, match=re.escape(
            "You must feed a value for placeholder tensor 'x' with dtype float and shape [2]")):
        session.run(tf.add(x, 1.0))
    with pytest.raises(errors.InvalidArgumentError, match="placeholder tensor 'n' with dtype int32"):
        session.run(tf.add(n, 1))


def test_a_fed_variable_is_read_and_cannot_be_written():
    """As TensorFlow 0.12.1 says it."""
    v, w = tf.Variable(1.0, name="v"), tf.Variable([1, 2], name="w")
    again, doubled = tf.identity(tf.identity(v)), v * 2.0
    descend = tf.train.GradientDescentOptimizer(0.5).minimize(v * v)
    with tf.Session() as session:
        session.run(tf.initialize_all_variables())
        assert session.run([again, doubled], {v: 7.0}) == [7.0, 14.0]
        for written, fed, words in [
            (v.assign(3.0), {v: 7.0},
             "0 of node Assign was passed float from _recv_v_0:0 incompatible with expected float_ref."),
            (tf.scatter_add(w, [0], [5]), {w: [0, 0]},
             "0 of node ScatterAdd was passed int32 from _recv_w_0:0 incompatible with expected int32_ref."),
            (tf.is_variable_initialized(v), {v: 7.0},
             "0 of node IsVariableInitialized was passed float from _recv_v_0:0 incompatible with expected float_ref."),
            (descend, {v: 7.0}, "0 of node GradientDescent/update_v/ApplyGradientDescent was passed float from _recv_v_0:0 "
                                "incompatible with expected float_ref."),
        ]:
            with pytest.raises(errors.InvalidArgumentError, match=re.escape("Input " + words)):
                session.run(written, fed)
        session.run(descend, {v.value(): 4.0})
        assert session.run(v) == -3.0
        assert session.run(w).tolist() == [1, 2]


def test_unfeedable_and_unfetchable():
    a = tf.constant(1.0)
    tf.get_default_graph().prevent_feeding(a)
    with pytest.raises(ValueError, match="may not be fed"):
        tf.Session().run(a, {a: 2.0})
    tf.get_default_graph().prevent_fetching(a.op)
    with pytest.raises(ValueError, match="has been marked as not fetchable"):
        tf.Session().run(a)


# -- variables: order, aliases, transactions


def test_uninitialized_variable():
    v = tf.Variable(1.0, name="weight")
    session = tf.Session()
    for fetch in (v, tf.add(v, 1.0), v.assign_add(1.0)):
        with pytest.raises(errors.FailedPreconditionError,
                           match="Attempting to use uninitialized value weight") as caught:
            session.run(fetch)
        assert caught.value.op is not None
    assert session.run(v.assign(2.0)) == 2.0


def test_aliases_as_the_real_tensorflow_shows_them():
    v = tf.Variable(1.0)
    a = v.assign_add(1.0)
    with tf.control_dependencies([a]):
        r = tf.identity(v)
    session = started()
    assert session.run([r, v, a]) == [2, 2, 2]
    assert session.run([v, a]) == [3, 3]
    assert session.run([tf.add(v, 0.0), a, v]) == [3, 4, 4]


def test_two_sessions_hold_two_values():
    v = tf.Variable(1.0)
    one, two = started(), started()
    one.run(v.assign_add(1.0))
    assert (one.run(v), two.run(v)) == (2.0, 1.0)


def test_64_bits_stay_64_bits():
    v = tf.Variable(np.float64(0.1))
    n = tf.Variable(np.int64(2**40 + 1))
    session = started()
    assert session.run(tf.mul(v, 3.0)) == np.float64(0.1) * 3
    assert session.run(tf.add(n, 1)) == 2**40 + 2
    x = tf.placeholder(tf.float64)
    assert session.run(tf.add(x, 0.0), {x: 0.1}).dtype == np.float64


def test_mismatch_that_only_the_run_sees():
    x, y = tf.placeholder(tf.float32), tf.placeholder(tf.float32)
    v = tf.Variable(1.0)
    bad = tf.add(x, y, name="sum")
    session = started()
    with tf.control_dependencies([v.assign_add(1.0)]):
        both = tf.identity(bad)
    with pytest.raises(errors.InvalidArgumentError) as caught:
        session.run(both, {x: [1.0, 2.0], y: [1.0, 2.0, 3.0]})
    assert caught.value.op.name == "sum"
    assert session.run(v) == 1.0


# -- sessions and graphs around it


def test_default_session():
    c = tf.constant(1.0)
    with pytest.raises(ValueError, match=re.escape("Cannot evaluate tensor using eval(): No default session is "
                                                   "registered.")):
        c.eval()
    with pytest.raises(ValueError, match=re.escape("Cannot execute operation using Run(): No default session is "
                                                   "registered.")):
        c.op.run()
    with tf.Session() as session:
        assert c.eval() == 1.0
        assert tf.get_default_session() is session
    with tf.Graph().as_default(), tf.Session(), pytest.raises(ValueError, match="different from the session's graph"):
        c.eval()
    interactive = tf.InteractiveSession()
    assert c.eval() == 1.0
    interactive.close()
    assert tf.get_default_session() is None


def test_graph_grows_between_runs():
    a = tf.constant(1.0)
    session = tf.Session()
    assert session.run(a) == 1.0
    assert session.run(tf.add(a, 1.0)) == 2.0


def test_threads_share_variables():
    v = tf.Variable(0.0)
    add = v.assign_add(1.0)
    session = started()
    session.run(add.op)

    def work():
        for _ in range(200):
            session.run(add.op)
            session.run(v)

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert session.run(v) == 1601.0


def test_feed_may_change_after_the_run():
    x = tf.placeholder(tf.float32, [1000, 1000])
    v = tf.Variable(np.zeros((1000, 1000), np.float32))
    step = v.assign(tf.matmul(x, x)).op
    session = started()
    value = np.ones((1000, 1000), np.float32)
    session.run(step, {x: value})
    for _ in range(5):
        value[:] = 1
        session.run(step, {x: value})
        value[:] = 5
        assert session.run(v)[0, 0] == 1000.0


def test_partial_run():
    a, b, c = (tf.placeholder(tf.float32, []) for _ in range(3))
    first = a + b
    second = first * c
    session = tf.Session()
    handle = session.partial_run_setup([first, second], [a, b, c])
    value = session.partial_run(handle, first, {a: 1, b: 2})
    assert value == 3.0
    with pytest.raises(errors.InvalidArgumentError, match="The feed Placeholder:0 had already been fed"):
        session.partial_run(handle, second, {a: 1})
    with pytest.raises(errors.InvalidArgumentError, match="had already been fetched"):
        session.partial_run(handle, first)
    assert session.partial_run(handle, second, {c: value * 17}) == 153.0
    with pytest.raises(errors.InvalidArgumentError, match="Must run 'setup' before performing partial runs!"):
        session.partial_run("foo", first)


def test_targets():
    tf.constant(1.0)
    assert tf.Session("local").run("Const:0") == 1.0
    with pytest.raises(errors.NotFoundError, match="No session factory registered for the given session options"):
        tf.Session("http://elsewhere:2222")


def test_a_partial_run_draws_once_and_then_is_over():
    a, b = tf.placeholder(tf.float32, []), tf.placeholder(tf.float32, [], name="b")
    drawn = tf.random_uniform([])
    first, second = drawn + a, drawn * b
    with tf.Session() as session:
        handle = session.partial_run_setup([first, second], [a, b])
        with pytest.raises(tf.errors.InvalidArgumentError, match="Fetch b:0 can't be computed from the feeds that have"):
            session.partial_run(handle, second, {a: 1.0})
        handle = session.partial_run_setup([first, second], [a, b])
        one = session.partial_run(handle, first, {a: 1.0})
        assert session.partial_run(handle, second, {b: 2.0}) == pytest.approx(2 * (one - 1), rel=1e-5)
        with pytest.raises(tf.errors.InvalidArgumentError, match="Must run 'setup' before performing partial runs!"):
            session.partial_run(handle, first, {a: 1.0})


def test_a_partial_run_of_an_operation():
    a = tf.placeholder(tf.float32, [])
    with tf.Session() as session:
        handle = session.partial_run_setup([tf.neg(a).op], [a])
        with pytest.raises(RuntimeError, match=r"partial_run\(\) requires empty target_list\."):
            session.partial_run(handle, "Neg", {a: 1.0})


def test_a_configuration_of_another_kind():
    with pytest.raises(TypeError, match=r"config must be a tf\.ConfigProto, but got <class 'int'>"):
        tf.Session(config=3)


def test_two_operations_of_one_name():
    tf.constant(1.0, name="a/")
    with pytest.raises(ValueError, match="cannot add op with name a as that name is already used"):
        tf.constant(1.0, name="a/")


@pytest.mark.parametrize("value", [np.array([[0.5], [np.array([0.25])]], object), [[0.5], [np.array([[0.25]])]]], ids=str)
def test_an_array_of_one_is_fed_as_its_number(value):
    fed = tf.placeholder(tf.float32, [None, 1])
    with tf.Session() as session:
        assert session.run(fed * 2, {fed: value}).tolist() == [[1.0], [0.5]]
        with pytest.raises(ValueError, match=r"setting an array element|inhomogeneous"):
            session.run(fed, {fed: [[0.5], [np.array([1.0, 2.0])]]})


def test_a_fed_variable_needs_no_value():
    v = tf.Variable([1.0, 2.0], name="v")
    square = tf.reduce_sum(v * v)
    gradient = tf.gradients(square, v)[0]
    with tf.Session() as session:
        for key in (v, "v:0"):
            value, slope = session.run([square, gradient], {key: [3.0, 4.0]})
            np.testing.assert_array_equal(value, 25)
            np.testing.assert_array_equal(slope, [6, 8])
        np.testing.assert_array_equal(session.run(square, {"v/read:0": [3.0, 4.0]}), 25)
        with pytest.raises(errors.FailedPreconditionError, match="uninitialized value v"):
            session.run([square, v], {"v/read:0": [3.0, 4.0]})
        session.run(v.initializer)
        np.testing.assert_array_equal(session.run(gradient, {"v/read:0": [3.0, 4.0]}), [6, 8])

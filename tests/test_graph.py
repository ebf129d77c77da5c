"""Names, scopes, control edges, collections and look-ups of a graph, as TensorFlow 0.8 has them."""

import re
import threading

import pytest

import tracer as tf


def names():
    return [op.name for op in tf.get_default_graph().get_operations()]


def test_unique_names():
    graph = tf.get_default_graph()
    assert [graph.unique_name(n) for n in ("x_1", "x", "x", "x")] == ["x_1", "x", "x_2", "x_3"]
    assert graph.unique_name("x", mark_as_used=False) == graph.unique_name("x", mark_as_used=False) == "x_4"
    assert [graph.unique_name(n) for n in ("Add", "add")] == ["Add", "add"]


def test_operation_names():
    tf.constant(1.0)
    tf.constant(2.0)
    tf.constant(3.0, name="mine")
    tf.add(1.0, 2.0)
    assert names() == ["Const", "Const_1", "mine", "Add/x", "Add/y", "Add"]
    with pytest.raises(ValueError, match="'_x' is not a valid node name"):
        tf.constant(1.0, name="_x")
    with pytest.raises(ValueError, match="'_y' is not a valid node name"):
        tf.placeholder(tf.float32, name="_y")
    with tf.name_scope("in"):
        assert tf.constant(1.0, name="_x").name == "in/_x:0"
        assert tf.constant(1.0, name=None).name == "in/Const:0"


def test_name_scopes():
    with tf.name_scope("s") as outer:
        assert outer == "s/"
        tf.constant(1.0)
        with tf.name_scope("t") as inner:
            assert inner == "s/t/"
        with tf.name_scope(None) as root:
            assert root == ""
            tf.constant(1.0)
    with tf.name_scope("s") as again:
        assert again == "s_1/"
        tf.constant(1.0)
    with tf.name_scope("s/"):
        tf.constant(1.0)
    assert names() == ["s/Const", "Const", "s_1/Const", "s/Const_1"]


def test_scope_and_operation_share_one_space_of_names():
    with tf.name_scope("foo"):
        pass
    assert tf.constant(1.0, name="foo").op.name == "foo_1"
    tf.constant(1.0, name="bar")
    with tf.name_scope("bar") as scope:
        assert scope == "bar_1/"


def test_op_scope():
    a = tf.constant(1.0)
    with tf.op_scope([a], None, "default") as scope:
        assert scope == "default/"
    with tf.op_scope([a], "given", "default") as scope:
        assert scope == "given/"
    with pytest.raises(ValueError, match="Both `name` and `default_name` are None"), tf.op_scope([a], None, None):
        pass
    with tf.Graph().as_default():
        b = tf.constant(1.0)
    with pytest.raises(ValueError, match="must be from the same graph"), tf.op_scope([a, b], None, "x"):
        pass


def test_control_dependencies():
    a, b = tf.constant(1.0, name="a"), tf.constant(1.0, name="b")
    with tf.control_dependencies([a]):
        c = tf.constant(1.0)
        d = tf.identity(c)  # waits for a through c
        e = tf.add(a, b)  # a is an input
        with tf.control_dependencies([b.op]):
            f = tf.constant(1.0)
            with tf.control_dependencies(None):
                g = tf.constant(1.0)
    assert [list(t.op.control_inputs) for t in (c, d, e, f, g)] == [[a.op], [], [], [a.op, b.op], []]
    with pytest.raises(TypeError, match="Can not convert a int"), tf.control_dependencies([3]):
        pass


def test_devices():
    with tf.device("/gpu:0"):
        a = tf.constant(1.0)
    with tf.device("/job:ps/task:1"), tf.device("/cpu:0"):
        b = tf.constant(1.0)
        with tf.device(None):
            c = tf.constant(1.0)
    with tf.device(lambda op: f"/device:CPU:{len(op.name)}"):
        d = tf.constant(1.0, name="abc")
    assert [t.device for t in (a, b, c, d)] == [
        "/device:GPU:0", "/job:ps/task:1/device:CPU:0", "", "/device:CPU:3"]
    assert str(b) == 'Tensor("Const_1:0", shape=(), dtype=float32, device=/job:ps/task:1/device:CPU:0)'


def test_texts():
    assert repr(tf.constant([1, 2])) == "<tf.Tensor 'Const:0' shape=(2,) dtype=int32>"
    p = tf.placeholder(tf.float32)
    assert repr(p) == "<tf.Tensor 'Placeholder:0' shape=<unknown> dtype=float32>"
    assert str(p) == 'Tensor("Placeholder:0", dtype=float32)'
    q = tf.placeholder(tf.float32, [None, 3])
    assert repr(q) == "<tf.Tensor 'Placeholder_1:0' shape=(?, 3) dtype=float32>"
    assert re.fullmatch(r"<tensorflow\.python\.framework\.ops\.Operation object at 0x[0-9a-f]+>", repr(p.op))


def test_the_truth_of_a_gradient_is_that_there_is_one():
    """`if gradient:`, as the CIFAR-10 program of 0.5 has it."""
    used, unused = tf.Variable(0.0), tf.Variable(0.0)
    gradients = tf.gradients(used * 0.0, [used, unused])
    assert [bool(gradient) for gradient in gradients] == [True, False]
    assert tf.clip_by_norm(tf.reduce_mean(tf.pack([gradients[0]] * 2), 0), 1.0)
    with pytest.raises(TypeError, match="as a Python `bool`"):
        bool(gradients[0] > 0.0)


def test_a_tensor_is_no_bool_and_no_sequence():
    a = tf.constant([1.0])
    with pytest.raises(TypeError, match=r"^Using a `tf.Tensor` as a Python `bool` is not allowed\."):
        bool(a)
    with pytest.raises(TypeError, match=r"'Tensor' object is not iterable\."):
        iter(a)
    assert a == a
    assert a != tf.constant([1.0])
    assert {a: 1}[a] == 1


@pytest.mark.parametrize(("call", "kind", "words"), [
    (lambda g: g.get_tensor_by_name("x"), ValueError, "The name 'x' looks like an (invalid) Operation name, not a "
     'Tensor. Tensor names must be of the form "<op_name>:<output_index>".'),
    (lambda g: g.get_tensor_by_name("c"), ValueError, "The name 'c' refers to an Operation, not a Tensor."),
    (lambda g: g.get_tensor_by_name("x:0"), KeyError, "The operation, 'x', does not exist in the graph."),
    (lambda g: g.get_operation_by_name("x"), KeyError, "The name 'x' refers to an Operation not in the graph."),
    (lambda g: g.get_operation_by_name("c:0"), ValueError, "Name 'c:0' appears to refer to a Tensor, not a Operation."),
    (lambda g: g.as_graph_element(3), TypeError, "Can not convert a int into a Tensor or Operation."),
])
def test_look_ups_that_fail(call, kind, words):
    tf.constant(1.0, name="c")
    with pytest.raises(kind, match=re.escape(words)):
        call(tf.get_default_graph())


def test_finalized_graph():
    graph = tf.get_default_graph()
    tf.constant(1.0)
    graph.finalize()
    with pytest.raises(RuntimeError, match=re.escape("Graph is finalized and cannot be modified.")):
        tf.constant(1.0)
    assert graph.finalized


def test_collections():
    graph = tf.get_default_graph()
    a, b = tf.constant(1.0, name="a"), tf.constant(1.0, name="b")
    for item in (a, b, "text"):
        tf.add_to_collection("things", item)
    assert tf.get_collection("things") == [a, b, "text"]
    assert tf.get_collection("things", scope="a") == [a]
    assert tf.get_collection("none") == []
    tf.get_collection("things").clear()
    assert len(tf.get_collection("things")) == 3
    graph.get_collection_ref("things").clear()
    assert tf.get_collection("things") == []


def test_default_graph_belongs_to_the_thread():
    found = []
    main = tf.get_default_graph()
    thread = threading.Thread(target=lambda: found.append(tf.get_default_graph()))
    thread.start()
    thread.join()
    assert found[0] is not main
    with tf.Graph().as_default() as inner:
        assert tf.get_default_graph() is inner
    assert tf.get_default_graph() is main


def test_graphs_do_not_mix():
    a = tf.constant(1.0)
    with tf.Graph().as_default():
        b = tf.constant(2.0)
        in_graph_of_a = tf.add(a, 1.0)
    assert in_graph_of_a.graph is a.graph
    with pytest.raises(ValueError, match="must be from the same graph as"):
        tf.add(a, b)


def test_every_operation_knows_the_users_line():
    op = tf.constant(1.0).op
    assert op.where.file == __file__
    assert op.where.function == "test_every_operation_knows_the_users_line"
    assert (op.where.file, op.where.line) in [(f, line) for f, line, *_ in op.traceback]


def test_libraries_may_shorten_the_stack_and_keep_notes_on_an_operation():
    op = tf.constant(1.0).op
    assert [at[:3] for at in op._traceback] == [at[:3] for at in op.traceback]
    op._traceback = [(file, line, function, {}) for file, line, function, _ in op._traceback if file == __file__]
    assert [(file, text) for file, _, _, text in op.traceback] == [(__file__, "op = tf.constant(1.0).op")]
    op.note = "mine"
    assert op.note == "mine"

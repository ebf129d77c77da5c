"""`tf.contrib.copy_graph`, `tf.contrib.testing` and `tf.contrib.util`."""

import numpy as np
import pytest

import tracer as tf
from tracer.contrib import copy_graph, testing


def names(graph):
    return [op.name for op in graph.get_operations()]


@pytest.fixture
def other():
    return tf.Graph()


def test_a_copied_variable_keeps_value_name_and_collections(other):
    v = tf.Variable([1.0, 2.0], trainable=False, collections=["mine", tf.GraphKeys.VARIABLES], name="a/v")
    before = names(tf.get_default_graph())
    copied = copy_graph.copy_variable_to_graph(v, other, "s")
    plain = copy_graph.copy_variable_to_graph(v, other)
    assert names(tf.get_default_graph()) == before
    assert (copied.op.name, plain.op.name) == ("s/a/v", "a/v")
    assert other.get_collection("s/mine") == [copied]
    assert other.get_collection("mine") == [plain]
    assert other.get_collection(tf.GraphKeys.TRAINABLE_VARIABLES) == []
    with tf.Session(graph=other) as session, other.as_default():
        session.run(tf.initialize_all_variables())
        np.testing.assert_array_equal(session.run([copied, plain]), [[1, 2], [1, 2]])


@pytest.mark.parametrize("scope", ["", "s"])
def test_a_copied_tensor_computes_the_same(other, scope):
    v, x = tf.Variable(3.0, name="v"), tf.placeholder(tf.float32, [], name="x")
    with tf.control_dependencies([tf.no_op(name="first")]):
        y = tf.mul(v, x, name="y")
    tf.add_to_collection("results", y)
    copied_v = copy_graph.copy_variable_to_graph(v, other, scope)
    copied = copy_graph.copy_op_to_graph(y, other, [copied_v], scope)
    start = f"{scope}/" if scope else ""
    assert copied.op.name == start + "y"
    assert [op.name for op in copied.op.control_inputs] == [start + "first"]
    assert other.get_collection(start + "results") == [copied]
    assert copy_graph.copy_op_to_graph(y, other, [copied_v], scope) is copied
    copied_x = copy_graph.get_copied_op(x, other, scope)
    with tf.Session(graph=other) as session:
        session.run(copied_v.initializer)
        assert session.run(copied, {copied_x: 5.0}) == 15


def test_gradients_and_functions_are_copied(other):
    x = tf.placeholder(tf.float32, [2], name="x")
    table = tf.identity(tf.constant([[1.0], [2.0], [3.0]]), name="table")
    y = tf.py_func(lambda value: value + 1, [x], [tf.float32])[0]
    gradient = tf.gradients(tf.gather(table, [2, 0]) * 3.0, table)[0]
    copied_y = copy_graph.copy_op_to_graph(y, other, [], "s")
    copied = copy_graph.copy_op_to_graph(tf.convert_to_tensor(gradient), other, [], "s")
    with tf.Session(graph=other) as session:
        np.testing.assert_array_equal(session.run(copied_y, {"s/x:0": [1, 2]}), [2, 3])
        np.testing.assert_array_equal(session.run(copied), [[3], [0], [3]])


def test_what_cannot_be_copied(other):
    x = tf.constant(1.0)
    with pytest.raises(TypeError, match="is not a Variable"):
        copy_graph.copy_variable_to_graph(x, other)
    with pytest.raises(TypeError, match="Could not copy instance: 3"):
        copy_graph.copy_op_to_graph(3, other, [])
    with pytest.raises(KeyError, match="refers to"):
        copy_graph.get_copied_op(x, other)
    y = tf.cond(x > 0, lambda: x + 1, lambda: x)
    with pytest.raises(NotImplementedError, match="part of a conditional or a loop"):
        copy_graph.copy_op_to_graph(y, other, [])


def test_what_an_event_file_holds(tmp_path):
    folder = str(tmp_path)
    assert (testing.latest_event_file(folder), testing.latest_events(folder), testing.latest_summaries(folder)) == (
        None, [], [])
    writer = tf.train.SummaryWriter(folder)
    for step in (3, 4):
        writer.add_summary(tf.Summary(value=[tf.Summary.Value(tag="loss", simple_value=step / 2)]), step)
    writer.close()
    assert testing.latest_event_file(folder) == str(next(tmp_path.iterdir()))
    summaries = testing.latest_summaries(folder)
    assert [event.step for event in summaries] == [3, 4]
    assert testing.simple_values_from_events(testing.latest_events(folder), ["loss", "other"]) == {"loss": 2}


def test_assertions_about_a_summary():
    text = tf.Session().run(tf.scalar_summary("loss", 1.5))
    summary = testing.to_summary_proto(text)
    testing.assert_summary(["loss"], {"loss": 1.5}, summary)
    with pytest.raises(ValueError, match="Expected tags"):
        testing.assert_summary(["other"], {}, summary)
    with pytest.raises(ValueError, match="No simple value is tagged other"):
        testing.assert_summary(["loss"], {"other": 1}, summary)
    with pytest.raises(AssertionError, match="loss"):
        testing.assert_summary(["loss"], {"loss": 2.0}, summary)


def test_names_that_documentation_marks(monkeypatch):
    import sys
    import types

    module = types.ModuleType("documented", "Words.\n\n@@here\n@@gone\nnot @@this\n")
    module.here = module.this = 1
    monkeypatch.setitem(sys.modules, "documented", module)
    assert tf.contrib.util.make_all("documented") == tf.contrib.layers.make_all("documented", [module]) == ["here"]

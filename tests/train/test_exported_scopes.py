"""The part of a graph in one scope, exported and imported by itself, as 0.12 does."""

import pytest

import tracer as tf


@pytest.fixture
def message():
    """The scope `s` of a graph, which takes something from the scope `o`."""
    with tf.name_scope("o"):
        a = tf.constant(2.0, name="a")
    with tf.name_scope("s"):
        v = tf.Variable(1.0, name="v")
        y = tf.mul(v, a, name="mul")
        queue = tf.FIFOQueue(3, tf.float32, name="q")
        tf.train.add_queue_runner(tf.train.QueueRunner(queue, [queue.enqueue(y)]))
    tf.Variable(5.0, name="u")
    tf.add_to_collection("c", y)
    tf.add_to_collection("d", a)
    tf.add_to_collection("n", 7)
    return tf.train.export_meta_graph(export_scope="s")


def test_what_is_exported(message):
    nodes = {node.name: list(node.input) for node in message.graph_def.node}
    assert {"v", "v/Assign", "v/read", "mul", "q", "q_enqueue"} <= set(nodes)
    assert not [name for name in nodes if name.startswith(("o/", "s/", "u"))]
    assert nodes["mul"] == ["v/read", "$unbound_inputs_o/a"]
    found = message.collection_def
    assert set(found) == {"c", "n", "queue_runners", "trainable_variables", "unbound_inputs", "variables"}
    assert list(found["c"].node_list.value) == ["mul:0"]
    assert list(found["n"].int64_list.value) == [7]
    assert list(found["unbound_inputs"].bytes_list.value) == [b"$unbound_inputs_o/a"]
    assert [b"s/" in value for value in found["variables"].bytes_list.value] == [False]
    assign = next(node for node in message.graph_def.node if node.name == "v/Assign")
    assert list(assign.attr["_class"].list.s) == [b"loc:@v"]


def test_what_is_imported(message):
    with tf.Graph().as_default() as graph, tf.Session() as session:
        b = tf.constant(10.0, name="b")
        with pytest.raises(ValueError, match=r"Graph contains unbound inputs: \$unbound_inputs_o/a. Must provide these "):
            tf.train.import_meta_graph(message, import_scope="t", input_map={"x": b})
        tf.train.import_meta_graph(message, import_scope="t", input_map={"$unbound_inputs_o/a": b})
        assert [v.name for v in tf.all_variables()] == ["t/v:0"]
        assert [y.name for y in tf.get_collection("c")] == ["t/mul:0"]
        assert not graph.get_collection("unbound_inputs")
        assert [op.name for op in tf.get_collection(tf.GraphKeys.QUEUE_RUNNERS)[0].enqueue_ops] == ["t/q_enqueue"]
        session.run(tf.initialize_all_variables())
        assert session.run("t/mul:0") == 10.0


def test_messages_of_variables():
    with tf.name_scope("s"):
        v = tf.Variable(1.0, name="v")
    u = tf.Variable(1.0, name="u")
    assert v.to_proto(export_scope="s").variable_name == "v:0"
    assert v.to_proto().variable_name == "s/v:0"
    assert u.to_proto(export_scope="s") is None
    saved = tf.train.Saver([v]).export_meta_graph(export_scope="s")
    assert saved.saver_def.save_tensor_name.startswith("save/")
    assert {node.name for node in saved.graph_def.node} == {"v", "v/initial_value", "v/Assign", "v/read"}


def test_control_edges_from_elsewhere_find_nothing():
    a = tf.constant(2.0, name="a")
    with tf.name_scope("s"), tf.control_dependencies([a]):
        tf.constant(1.0, name="z")
    message = tf.train.export_meta_graph(export_scope="s")
    assert [list(node.input) for node in message.graph_def.node] == [["^$unbound_inputs_a"]]
    with tf.Graph().as_default(), pytest.raises(ValueError, match=r"Control input '\^\$unbound_inputs_a' not found"):
        tf.train.import_meta_graph(message, input_map={"$unbound_inputs_a": tf.constant(1.0)})

"""Arguments that TensorFlow 0.9 to 0.12 gave to functions of 0.8. What they do was asked of 0.12.1."""

import numpy as np
import pytest

import tracer as tf
from tests.naming import written

ROWS = np.arange(6, dtype=np.float32).reshape(3, 2)


@pytest.mark.parametrize(("build", "expected"), [
    (lambda: tf.range(3, dtype=tf.float32), np.float32([0, 1, 2])),
    (lambda: tf.range(0.0, 3, 1, dtype=tf.int64), np.int64([0, 1, 2])),
    (lambda: tf.size(ROWS, out_type=tf.int64), np.int64(6)),
    (lambda: tf.eye(2, batch_shape=[3]), np.broadcast_to(np.eye(2, dtype=np.float32), [3, 2, 2])),
    (lambda: tf.zeros_like(ROWS, optimize=False), np.zeros_like(ROWS)),
    (lambda: tf.constant([1, 2], shape=[2], verify_shape=True), np.int32([1, 2])),
    (lambda: tf.convert_to_tensor(1, preferred_dtype=tf.float32), np.float32(1)),
    (lambda: tf.convert_to_tensor(1.5, preferred_dtype=tf.int32), np.float32(1.5)),
    (lambda: tf.nn.embedding_lookup(ROWS, [[0, 2]], max_norm=1.5), [[[0, 0.23145502], [0.9258201, 1.1572751]]]),
    (lambda: tf.nn.softmax_cross_entropy_with_logits(ROWS, np.ones_like(ROWS), dim=0), [6.428795, 6.428795]),
    (lambda: tf.sparse_reduce_sum(tf.SparseTensor([[0, 1], [1, 1]], [1.0, 2.0], [2, 2]), axis=0), [0, 3]),
    (lambda: tf.nn.conv2d_transpose(tf.ones([1, 1, 2, 2]), tf.ones([2, 2, 1, 1]), [1, 1, 3, 3], [1, 1, 1, 1], "VALID",
                                    data_format="NCHW"), [[[[1, 2, 1], [2, 4, 2], [1, 2, 1]]]]),
], ids=written)
def test_functions(build, expected):
    with tf.Session() as session:
        value = session.run(build())
    np.testing.assert_allclose(value, expected, rtol=2e-6)
    if isinstance(expected, (np.ndarray, np.generic)):
        assert value.dtype == expected.dtype


def test_a_constant_of_another_shape_than_it_should_have():
    with pytest.raises(TypeError, match=r"Expected Tensor's shape: \(3,\), got \(2,\)."):
        tf.constant([1, 2], shape=[3], verify_shape=True)


def test_a_getter_of_ones_own():
    asked = []

    def outer(getter, name, *arguments, **keywords):
        asked.append(("outer", name, sorted(keywords)))
        return getter(name, *arguments, **keywords)

    def inner(getter, *arguments, **keywords):
        asked.append(("inner", keywords["name"], arguments))
        return getter(*arguments, **keywords) * 2.0

    with tf.variable_scope("a", custom_getter=outer):
        tf.get_variable("v", [2])
        with tf.variable_scope("b", custom_getter=inner, dtype=tf.float64):
            doubled = tf.get_variable("w", [2])
            with tf.variable_scope("c"):
                tf.get_variable("x", [2])
                assert tf.get_variable_scope().dtype == tf.float64
    assert doubled.op.type == "Mul"
    assert doubled.dtype == tf.float64
    assert asked[0] == ("outer", "a/v", ["caching_device", "collections", "dtype", "initializer", "partitioner",
                                         "regularizer", "reuse", "shape", "trainable", "validate_shape"])
    assert asked[1:] == [("inner", "a/b/w", ()), ("inner", "a/b/c/x", ())]
    assert [v.name for v in tf.all_variables()] == ["a/v:0", "a/b/w:0", "a/b/c/x:0"]


@pytest.mark.parametrize(("partitioner", "shape", "expected"), [
    (lambda: tf.min_max_variable_partitioner(5, 1, 1000), [10, 100], [1, 4]),
    (lambda: tf.min_max_variable_partitioner(5, 1, 1000), [1000, 3], [1, 3]),
    (lambda: tf.min_max_variable_partitioner(5, 1, 1000), [10, 10], [1, 1]),
    (lambda: tf.fixed_size_partitioner(3, 1), [10, 100], [1, 3]),
    (lambda: tf.fixed_size_partitioner(3, 1), [10, 2], [1, 2]),
    (lambda: tf.variable_axis_size_partitioner(10, max_shards=2), [100, 10], [2, 1]),
])
def test_partitioners(partitioner, shape, expected):
    assert partitioner()(shape=tf.TensorShape(shape), dtype=tf.float32) == expected


def test_a_graph_below_a_scope(tmp_path):
    variable = tf.Variable(3.0, name="v")
    tf.add_to_collection("results", tf.mul(variable, 2.0, name="y"))
    with tf.device("/cpu:0"):
        tf.constant(1, name="placed")
    with tf.Session() as session:
        session.run(tf.initialize_all_variables())
        path = tf.train.Saver().save(session, str(tmp_path / "model"))
    message = tf.train.export_meta_graph(graph=tf.get_default_graph(), clear_devices=True)
    assert {node.device for node in message.graph_def.node} == {""}
    with tf.Graph().as_default(), tf.Session() as session:
        saver = tf.train.import_meta_graph(path + ".meta", import_scope="imported")
        saver.restore(session, path)
        assert [v.name for v in tf.all_variables()] == ["imported/v:0"]
        assert session.run(tf.get_collection("results")) == [6.0]


def test_containers():
    with tf.container("mine"):
        variable, queue = tf.Variable(1.0), tf.FIFOQueue(3, [tf.float32])
    assert variable.op.node_def.attr["container"].s == queue.queue_ref.op.node_def.attr["container"].s == b"mine"
    assert tf.Variable(1.0).op.node_def.attr["container"].s == b""


def test_tasks_of_a_cluster():
    cluster = tf.train.ClusterSpec({"worker": {1: "b:2", 4: "e:2"}})
    assert cluster.num_tasks("worker") == 2
    assert cluster.task_indices("worker") == [1, 4]
    assert cluster.task_address("worker", 4) == "e:2"
    with pytest.raises(ValueError, match="No task with index 3 in job 'worker'"):
        cluster.task_address("worker", 3)
    with pytest.raises(ValueError, match="No such job in cluster: 'ps'"):
        cluster.num_tasks("ps")
    with tf.device(tf.train.replica_device_setter(ps_tasks=3, ps_strategy=lambda op: 2)):
        assert tf.Variable(1.0).device == "/job:ps/task:2"


def test_what_counts_as_a_clean_stop():
    coordinator = tf.train.Coordinator(clean_stop_exception_types=(KeyError,))
    coordinator.request_stop(KeyError("clean"))
    coordinator.join()
    assert coordinator.joined
    coordinator.raise_requested_exception()
    coordinator.clear_stop()
    coordinator.request_stop(ValueError("not clean"))
    with pytest.raises(ValueError, match="not clean"):
        coordinator.raise_requested_exception()


VALUES = {  # of the variables after 3 steps
    0.0: ([0.56721103, 1.4345676], [[1, 2], [1.8395096, 2.794146]]),
    0.9: ([0.18083483, 0.91544676], [[1, 2], [-0.2495982, 0.54630214]]),
}


@pytest.mark.parametrize("momentum", sorted(VALUES))
def test_centered_rms_prop(momentum):
    v, w = tf.Variable([1.0, 2.0], name="v"), tf.Variable([[1.0, 2.0], [3.0, 4.0]], name="w")
    optimizer = tf.train.RMSPropOptimizer(0.1, 0.8, momentum, 1e-3, centered=True)
    step = optimizer.minimize(tf.reduce_sum(v * v) + tf.reduce_sum(tf.gather(w, [1, 1]) ** 2))
    assert optimizer.get_slot_names() == ["mg", "momentum", "rms"]
    assert [one.name for one in tf.all_variables()[2:5]] == ["v/RMSProp:0", "v/RMSProp_1:0", "v/RMSProp_2:0"]
    with tf.Session() as session:
        session.run(tf.initialize_all_variables())
        for _ in range(3):
            session.run(step)
        found = session.run([v, w])
    for value, expected in zip(found, VALUES[momentum], strict=True):
        np.testing.assert_allclose(value, expected, rtol=1e-5)


STEPS = {  # today's TensorFlow says so for v; 0.12.1 lost the sign of weights that are shrunk
    "gradient descent": (lambda step: tf.train.ProximalGradientDescentOptimizer(0.1, 0.01, 0.02),
                         [0.5065093636512756, -1.0154495239257812, 0.0], [1, 2]),
    "adagrad": (lambda step: tf.train.ProximalAdagradOptimizer(0.3, 0.1, 0.01, 0.02),
                [0.4068845510482788, -1.3509145975112915, 0.0], [1, 2]),
    "dual averaging": (lambda step: tf.train.AdagradDAOptimizer(0.5, step, 0.1, 0.01, 0.02),
                       [-0.11852709949016571, 0.26726630330085754, 0.0], [1, 2]),
}


@pytest.mark.parametrize("name", sorted(STEPS))
def test_optimizers_that_shrink_weights(name):
    make, expected, untouched = STEPS[name]
    count = tf.Variable(0, dtype=tf.int64, trainable=False)
    v, w = tf.Variable([1.0, -2.0, 0.001]), tf.Variable([[1.0, 2.0], [3.0, -4.0]])
    rows = tf.Variable([3.0, -4.0])
    loss = tf.reduce_sum(v * v) + tf.reduce_sum(tf.gather(w, [1]) ** 2) + tf.reduce_sum(rows * rows)
    step = make(count).minimize(loss, global_step=count)
    with tf.Session() as session:
        session.run(tf.initialize_all_variables())
        for _ in range(3):
            session.run(step)
        weights, table, dense = session.run([v, w, rows])
    np.testing.assert_allclose(weights, expected, rtol=1e-5, atol=1e-8)
    np.testing.assert_allclose(table, [untouched, dense], rtol=1e-6)  # of rows: what is written to the same numbers

"""`RunOptions`: how long a run may take, and what each of its operations took."""

import json
import threading
import time

import numpy as np
import pytest

import tracer as tf
from tracer import timeline

LATE = tf.RunOptions(timeout_in_ms=50)


@pytest.mark.parametrize("config", [None, tf.ConfigProto(operation_timeout_in_ms=60_000)])
def test_a_queue_that_stays_empty(config):
    element = tf.FIFOQueue(1, tf.float32).dequeue()
    with tf.Session(config=config) as session, pytest.raises(tf.errors.DeadlineExceededError) as caught:
        session.run(element, options=LATE)
    assert (caught.value.message, caught.value.op) == ("Timed out waiting for notification", None)


def test_the_limit_of_a_session():
    element = tf.FIFOQueue(1, tf.float32).dequeue()
    with tf.Session(config=tf.ConfigProto(operation_timeout_in_ms=50)) as session:
        with pytest.raises(tf.errors.DeadlineExceededError):
            session.run(element)


def test_a_run_in_time():
    queue = tf.FIFOQueue(1, tf.float32)
    with tf.Session() as session:
        timer = threading.Timer(0.05, session.run, [queue.enqueue(3.0)])
        timer.start()
        assert session.run(tf.neg(queue.dequeue()), options=tf.RunOptions(timeout_in_ms=30_000)) == -3
        timer.join()


@pytest.mark.parametrize("slow", [
    lambda v: tf.py_func(lambda x: time.sleep(0.1) or x, [v.assign_add(1.0)], [tf.float32])[0],
    lambda v: tf.while_loop(lambda i, x: i < 1 << 25, lambda i, x: [i + 1, tf.sin(x)], [0, v + v.assign_add(1.0)])[1],
], ids=["python", "loop"])
def test_a_late_run_leaves_variables_as_they_were(slow):
    v = tf.Variable(1.0)
    late = slow(v)
    with tf.Session() as session:
        session.run(tf.initialize_all_variables())
        with pytest.raises(tf.errors.DeadlineExceededError):
            session.run(late, options=LATE)
        assert session.run(v) == 1


def traced(session, fetches, feeds=None):
    metadata = tf.RunMetadata()
    options = tf.RunOptions(trace_level=tf.RunOptions.FULL_TRACE)
    values = session.run(fetches, feeds, options=options, run_metadata=metadata)
    return values, metadata.step_stats


def training():
    x = tf.placeholder(tf.float32, [2, 3], name="x")
    w = tf.Variable(tf.ones([3, 2]), name="w")
    loss = tf.reduce_sum(tf.square(tf.matmul(x, w, name="product")), name="loss")
    return x, w, loss, tf.train.GradientDescentOptimizer(0.1).minimize(loss)


def test_every_operation_is_there():
    x, w, loss, train = training()
    looped = tf.while_loop(lambda i, a: i < 3, lambda i, a: [i + 1, a + tf.random_uniform([])], [0, loss])[1]
    queue = tf.FIFOQueue(1, tf.float32)
    with tf.Session() as session:
        session.run(tf.initialize_all_variables())
        (value, *_), stats = traced(session, [loss, train, looped, queue.enqueue(1.0)], {x: np.ones((2, 3))})
        assert value == 36
        np.testing.assert_allclose(session.run(w), 1 - 0.1 * 12, rtol=1e-6)
    by_device = {device.device: {node.node_name: node for node in device.node_stats} for device in stats.dev_stats}
    nodes = by_device["/job:localhost/replica:0/task:0/cpu:0"]
    assert {"w", "w/read", "product", "Square", "loss", "gradients/Gradients", "GradientDescent", "fifo_queue_enqueue",
            "while/While"} <= set(nodes)
    assert nodes["product"].timeline_label == "product = MatMul(x, w/read)"
    (output,) = nodes["product"].output
    assert [dim.size for dim in output.tensor_description.shape.dim] == [2, 2]
    assert output.tensor_description.dtype == 1
    assert output.tensor_description.allocation_description.requested_bytes == 16
    assert nodes["product"].memory[0].total_bytes == 16
    assert nodes["product"].all_end_rel_micros > 0
    assert all(node.all_start_micros > 1e15 for node in nodes.values())
    assert set(by_device) - {"/job:localhost/replica:0/task:0/cpu:0"} == {
        "/job:localhost/replica:0/task:0/cpu:0/stream:program"}


def test_tracing_changes_nothing():
    tf.set_random_seed(1)
    x = tf.random_uniform([3], seed=7)
    with tf.Session() as plain, tf.Session() as watched:
        for _ in range(2):
            np.testing.assert_array_equal(plain.run(x), traced(watched, x)[0])


def test_a_trace_of_a_host_loop_and_of_a_failure():
    queue = tf.FIFOQueue(3, tf.float32)
    total = tf.while_loop(lambda i, a: i < 3, lambda i, a: [i + 1, a + queue.dequeue()], [0, 0.0])[1]
    with tf.Session() as session:
        session.run(queue.enqueue_many([[1.0, 2.0, 3.0]]))
        value, stats = traced(session, total)
        assert value == 6
        assert [node.node_name for node in stats.dev_stats[0].node_stats].count("while/fifo_queue_Dequeue") == 3
        with pytest.raises(tf.errors.InvalidArgumentError, match="indices"):
            traced(session, tf.gather([1.0], tf.constant(3)))


def test_without_a_trace_there_are_no_statistics():
    x = tf.constant(1.0)
    with tf.Session() as session:
        for options in (None, tf.RunOptions(), LATE):
            metadata = tf.RunMetadata()
            session.run(x, options=options, run_metadata=metadata)
            assert not metadata.HasField("step_stats")
        session.run(x, options=tf.RunOptions(trace_level=tf.RunOptions.FULL_TRACE))


def test_the_timeline():
    x, _, loss, train = training()
    with tf.Session() as session:
        session.run(tf.initialize_all_variables())
        _, stats = traced(session, [loss, train], {x: np.ones((2, 3))})
    drawn = timeline.Timeline(stats)
    events = json.loads(drawn.generate_chrome_trace_format(show_memory=True))["traceEvents"]
    assert [e["args"]["name"] for e in events[:3]] == [
        "Allocators", "/job:localhost/replica:0/task:0/cpu:0 Compute", "/job:localhost/replica:0/task:0/cpu:0 Tensors"]
    (product,) = [e for e in events if e.get("args", {}).get("name") == "product"]
    assert (product["ph"], product["cat"], product["name"], product["pid"]) == ("X", "Op", "MatMul", 1)
    assert product["args"] == {"name": "product", "op": "MatMul", "input0": "x", "input1": "w/read"}
    assert {e["ph"] for e in events} >= {"M", "X", "N", "O", "D", "C"}
    most = drawn.analyze_step_stats().allocator_maximums["cpu"]
    assert most.num_bytes >= 24 + 24 + 16
    assert "w" in most.tensors


def test_the_timeline_of_stats_from_elsewhere():
    # What 0.12.1 draws of the same message.
    stats = tf.RunMetadata().step_stats
    for name, label, start, taken in (("a", "a = Const()", 5, 7), ("b", "b = Neg(a, ^c)", 6, 2), ("c", "c:Memcpy", 20, 1)):
        if not stats.dev_stats:
            stats.dev_stats.add(device="/cpu:0")
        stats.dev_stats[0].node_stats.add(node_name=name, timeline_label=label, all_start_micros=start,
                                          all_end_rel_micros=taken)
    events = json.loads(timeline.Timeline(stats).generate_chrome_trace_format())["traceEvents"]
    drawn = [(e["name"], e["tid"], e["ts"], e["dur"], e["args"]) for e in events if e["ph"] == "X"]
    assert drawn == [
        ("Const", 0, 5, 7, {"name": "a", "op": "Const"}),
        ("Neg", 1, 6, 2, {"name": "b", "op": "Neg", "input0": "a", "input1": "^c"}),
        ("unknown", 0, 20, 1, {"name": "c", "op": "unknown"})]
    assert [(e["ph"], e["name"], e["tid"]) for e in events if e.get("cat") == "DataFlow"] == [("s", "a", 0), ("t", "a", 1)]


def test_what_measures_is_compiled_once(monkeypatch):
    from lowering.run import watch

    made = []

    class Counted(watch.Timer):
        def __init__(self, *arguments):
            made.append(arguments)
            super().__init__(*arguments)

    monkeypatch.setattr(watch, "Timer", Counted)
    x = tf.placeholder(tf.float32, [None, 2])
    w = tf.Variable([[1.0], [2.0]])
    step = tf.train.GradientDescentOptimizer(0.1).minimize(tf.reduce_sum(tf.square(tf.matmul(x, w))))
    options, counts = tf.RunOptions(trace_level=tf.RunOptions.FULL_TRACE), []
    with tf.Session() as session:
        session.run(tf.initialize_all_variables())
        for rows in (1, 1, 3):
            metadata = tf.RunMetadata()
            session.run(step, {x: np.ones((rows, 2))}, options=options, run_metadata=metadata)
            counts.append((len(made), len(metadata.step_stats.dev_stats[0].node_stats)))
        np.testing.assert_allclose(session.run(w), [[-0.608], [0.392]], rtol=1e-5)  # by hand
    assert counts[0][0] > 0
    assert counts[0] == counts[1] == counts[2]
